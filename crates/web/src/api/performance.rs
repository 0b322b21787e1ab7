//! Figures cut any way, formats and hours beside each other, content with its curve, notes on charts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_analytics::{ContentQuery, ContentSort, Question};
use rookery_kernel::{AnnotationId, ContentId, Limit};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::ReadNumbers;
use super::idempotency::once;
use super::page;
use super::performance_view::{
    AnnotationView, BestTimeView, ContentDetailView, ContentPageView, FormatBreakdownView, KpisView, TimeseriesView,
};
use super::time::Day;
use super::wire::{CountMode, CutBy, MetricName};
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Query};
use crate::lens::{Lens, said};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(kpis))
        .routes(routes!(timeseries))
        .routes(routes!(format_breakdown))
        .routes(routes!(best_time))
        .routes(routes!(content))
        .routes(routes!(content_detail))
        .routes(routes!(annotations))
        .routes(once!(annotate))
        .routes(routes!(remove_annotation))
}

/// What is counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ModeQuery {
    /// `activity`: what happened in the range, on content of any age; `cohort`: what was published in it, by its newest
    /// totals. `activity` unless told, or unless the question has a cohort answer only; the answer says which it is.
    #[param(inline)]
    mode: Option<CountMode>,
}

/// All figures
///
/// Of a range and a filter, beside as many days directly before.
#[utoipa::path(get, path = "/analytics/kpis", tag = "analytics", operation_id = "kpis", params(Lens, ModeQuery),
    responses((status = 200, body = KpisView)))]
async fn kpis(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
    Query(query): Query<ModeQuery>,
) -> Result<Json<KpisView>, Problem> {
    let range = lens.range(may.zone(), &*app.clock)?;
    let is_cohort = query.mode == Some(CountMode::Cohort);
    Ok(Json(app.analytics.figures(may.scope(), range, &lens.filter()?, is_cohort).await?.into()))
}

/// Which figure, cut by what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SeriesQuery {
    /// `reach` unless told.
    #[param(inline)]
    metric: Option<MetricName>,
    /// `none` unless told. `followers` are cut by `account`, `network` or `group` only.
    #[param(inline)]
    split: Option<CutBy>,
    /// As for the figures. Cuts by weekday and hour, `weekday`, `posts`, and tags together with another filter or cut
    /// are cohort.
    #[param(inline)]
    mode: Option<CountMode>,
}

/// A figure over time
///
/// Steps are days up to 92 days, weeks up to 273, else months; cuts by weekday and hour have one step. Null is a gap.
#[utoipa::path(get, path = "/analytics/timeseries", tag = "analytics", operation_id = "timeseries",
    params(Lens, SeriesQuery), responses((status = 200, body = TimeseriesView)))]
async fn timeseries(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<TimeseriesView>, Problem> {
    let question = Question {
        range: lens.range(may.zone(), &*app.clock)?,
        filter: lens.filter()?,
        measure: query.metric.unwrap_or(MetricName::Reach).into(),
        split: query.split.unwrap_or(CutBy::None).into(),
        is_cohort: query.mode == Some(CountMode::Cohort),
    };
    Ok(Json(app.analytics.performance(may.scope(), &question).await?.into()))
}

/// Which format works
///
/// What was published in the range, by format, best engagement rate first. A format without data never wins.
#[utoipa::path(get, path = "/analytics/format-breakdown", tag = "analytics", operation_id = "formatBreakdown",
    params(Lens), responses((status = 200, body = FormatBreakdownView)))]
async fn format_breakdown(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
) -> Result<Json<FormatBreakdownView>, Problem> {
    let range = lens.range(may.zone(), &*app.clock)?;
    let comparison = app.analytics.format_comparison(may.scope(), range, &lens.filter()?).await?;
    Ok(Json(FormatBreakdownView::new(range, comparison)))
}

/// When to post
///
/// Mean engagement of what was published in the range, by weekday and hour of the organization's time zone. Fewer than
/// ten items are not enough data, which is an answer and no error.
#[utoipa::path(get, path = "/analytics/best-time", tag = "analytics", operation_id = "bestTime", params(Lens),
    responses((status = 200, body = BestTimeView)))]
async fn best_time(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
) -> Result<Json<BestTimeView>, Problem> {
    let range = lens.range(may.zone(), &*app.clock)?;
    let best = app.analytics.best_time(may.scope(), range, &lens.filter()?).await?;
    Ok(Json(BestTimeView::new(range, may.zone(), best)))
}

/// Which content, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContentListQuery {
    /// Words that all occur in the text, in any letter case.
    search: Option<String>,
    /// Only our own posts.
    #[serde(default)]
    ours: bool,
    /// `published_at` (newest first, unless told), `reach`, `views`, `impressions`, `engagement`, `engagement_rate` (below
    /// a reach of 100 last). What lacks the number comes last.
    sort: Option<String>,
    /// The `next` of the page before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List content
///
/// What was published in the range, ours and other, with its newest numbers.
#[utoipa::path(get, path = "/analytics/content", tag = "analytics", operation_id = "content",
    params(Lens, ContentListQuery), responses((status = 200, body = ContentPageView)))]
async fn content(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
    Query(query): Query<ContentListQuery>,
) -> Result<Json<ContentPageView>, Problem> {
    let sort = said(query.sort.as_ref()).map(|text| {
        let known = || ContentSort::ALL.iter().map(|sort| sort.label()).collect::<Vec<_>>().join(", ");
        ContentSort::named(text).ok_or_else(|| Problem::bad_request(format!("sort: {text:?} is none of {}.", known())))
    });
    let after = said(query.cursor.as_ref())
        .map(|text| text.parse().map_err(|error| Problem::bad_request(format!("cursor: {error}."))));
    let sort = sort.transpose()?.unwrap_or(ContentSort::PublishedAt);
    let after: Option<rookery_analytics::ContentCursor> = after.transpose()?;
    if after.is_some_and(|cursor| cursor.sort() != sort) {
        return Err(Problem::bad_request("cursor: it belongs to another order."));
    }
    let content = ContentQuery {
        filter: lens.filter()?,
        search: said(query.search.as_ref()).map(str::to_owned),
        is_ours: query.ours,
        sort,
        after,
        limit: query.limit.map_or_else(Limit::default, Limit::new),
        ..ContentQuery::new(lens.range(may.zone(), &*app.clock)?)
    };
    Ok(Json(app.analytics.content_table(may.scope(), may.zone(), &content).await?.into()))
}

/// Which curve.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CurveQuery {
    /// Unless told, the first that is reported of: reach, impressions, views, engagement, reactions, comments, shares,
    /// clicks, saves. Rates, followers and posts have no curve.
    #[param(inline)]
    metric: Option<MetricName>,
}

/// Read content
///
/// With its numbers, its tags, and how it grew beside what is usual on its account: the median of what the account
/// published in the 90 days before, at the same age; null below five items.
#[utoipa::path(get, path = "/analytics/content/{id}", tag = "analytics", operation_id = "contentDetail",
    params(("id" = Uuid, Path, description = "The content"), CurveQuery),
    responses((status = 200, body = ContentDetailView)))]
async fn content_detail(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<ContentId>,
    Query(query): Query<CurveQuery>,
) -> Result<Json<ContentDetailView>, Problem> {
    let measure = query.metric.map(Into::into);
    Ok(Json(app.analytics.content_detail(may.scope(), may.zone(), id, measure).await?.into()))
}

/// Notes on charts
///
/// Of a range, oldest first; at most 500.
#[utoipa::path(get, path = "/analytics/annotations", tag = "analytics", operation_id = "annotations", params(Lens),
    responses((status = 200, body = [AnnotationView])))]
async fn annotations(
    State(app): State<App>,
    may: ReadNumbers,
    Query(lens): Query<Lens>,
) -> Result<Json<Vec<AnnotationView>>, Problem> {
    let range = lens.range(may.zone(), &*app.clock)?;
    let notes = app.analytics.annotations(may.scope(), range).await?;
    Ok(Json(notes.into_iter().map(AnnotationView::from).collect()))
}

/// A note on a day.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnnotationBody {
    #[garde(skip)]
    date: Day,
    /// At most 200 characters.
    #[garde(skip)]
    text: String,
}

/// Write a note on a day
#[utoipa::path(post, path = "/analytics/annotations", tag = "analytics", operation_id = "annotate",
    request_body = AnnotationBody, responses((status = 201, body = AnnotationView)))]
async fn annotate(
    State(app): State<App>,
    may: May<Draft>,
    Body(body): Body<AnnotationBody>,
) -> Result<Response, Problem> {
    let note = app.analytics.annotate(may.scope(), body.date.0, &body.text).await?;
    Ok(page::created(AnnotationView::from(note)))
}

/// Delete a note
#[utoipa::path(delete, path = "/analytics/annotations/{id}", tag = "analytics", operation_id = "removeAnnotation",
    params(("id" = Uuid, Path, description = "The note")), responses((status = 204)))]
async fn remove_annotation(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<AnnotationId>,
) -> Result<StatusCode, Problem> {
    app.analytics.remove_annotation(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
