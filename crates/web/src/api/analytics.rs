//! Numbers, and how they were collected.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use rookery_analytics::{FailureFilter, IngestTrigger};
use rookery_kernel::{AccountId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::analytics_view::{FailureView, OverviewView, RunView};
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::{self, Day};
use crate::app::App;
use crate::extract::{Body, ManageAccounts, May, Query};
use crate::problem::Problem;

/// Days of a report if none are named.
const DAYS: i64 = 28;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(overview))
        .routes(routes!(runs))
        .routes(routes!(errors))
        .routes(once!(ingest))
        .routes(once!(backfill))
        .routes(routes!(backfills))
}

/// `a,b,c`; nothing is all.
pub(super) fn named(ids: Option<&str>) -> Result<Option<Vec<AccountId>>, Problem> {
    let Some(ids) = ids.filter(|ids| !ids.is_empty()) else { return Ok(None) };
    let read = |id: &str| {
        let wrong = || Problem::bad_request(format!("integrationIds: {id:?} is no id."));
        id.trim().parse().map_err(|_| wrong())
    };
    ids.split(',').map(read).collect::<Result<_, _>>().map(Some)
}

/// Which days and accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OverviewQuery {
    /// First day; 28 days before `to` unless told.
    #[param(inline)]
    from: Option<Day>,
    /// Last day; yesterday unless told.
    #[param(inline)]
    to: Option<Day>,
    /// Only these accounts, separated by commas.
    integration_ids: Option<String>,
    /// `false`: the figures alone, for a screen on the wall or a program that asks often. Lists are empty then, and `asOf`
    /// and `fetchedAt` null.
    lines: Option<bool>,
}

/// The figures of a period
///
/// Beside as many days directly before. The last 30, 90 and 365 days up to yesterday are summed beforehand.
#[utoipa::path(get, path = "/analytics/overview", tag = "analytics", operation_id = "overview", params(OverviewQuery),
    responses((status = 200, body = OverviewView)))]
async fn overview(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<OverviewView>, Problem> {
    let zone = may.zone();
    let range = time::range(query.from, query.to, DAYS, zone, &*app.clock)?;
    let accounts = named(query.integration_ids.as_deref())?;
    if query.lines == Some(false) {
        let kpis = app.analytics.kpis(may.scope(), range, accounts.as_deref()).await?;
        return Ok(Json(OverviewView::without_lines(range, kpis)));
    }
    let overview = app.analytics.overview(may.scope(), range, accounts.as_deref()).await?;
    Ok(Json(overview.into()))
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// How collecting went
///
/// Steps of runs, newest first.
#[utoipa::path(get, path = "/analytics/runs", tag = "analytics", operation_id = "ingestRuns", params(RunsQuery),
    responses((status = 200, body = PageView<RunView>)))]
async fn runs(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<RunsQuery>,
) -> Result<Json<PageView<RunView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let runs = app.analytics.runs(may.scope(), after, limit).await?;
    Ok(Json(PageView::of(runs, RunView::from)))
}

/// Which failures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ErrorsQuery {
    /// Of one account.
    #[param(value_type = Option<Uuid>)]
    integration_id: Option<AccountId>,
    /// Of one day.
    #[param(inline)]
    date: Option<Day>,
    /// Of one run.
    #[param(value_type = Option<Uuid>)]
    run_id: Option<RunId>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// What failed in collecting
///
/// Newest first.
#[utoipa::path(get, path = "/analytics/errors", tag = "analytics", operation_id = "ingestErrors", params(ErrorsQuery),
    responses((status = 200, body = PageView<FailureView>)))]
async fn errors(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<ErrorsQuery>,
) -> Result<Json<PageView<FailureView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let filter =
        FailureFilter { integration_id: query.integration_id, date: query.date.map(|day| day.0), run_id: query.run_id };
    let failures = app.analytics.errors(may.scope(), &filter, after, limit).await?;
    Ok(Json(PageView::of(failures, FailureView::from)))
}

/// One account's day.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IngestBody {
    #[garde(skip)]
    #[schema(value_type = Uuid)]
    integration_id: AccountId,
    #[garde(skip)]
    date: Day,
    /// Overwrites what stands there: a number that the network does not tell any more becomes null. Otherwise it is kept.
    #[garde(skip)]
    #[serde(default)]
    overwrite: bool,
}

/// The job that collects.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EnqueuedView {
    job_id: Uuid,
    /// False if a job for that account and day waits or runs already.
    is_new: bool,
}

/// Collect a day now
///
/// Queues the work; `GET /analytics/runs` tells how it went.
#[utoipa::path(post, path = "/analytics/ingest", tag = "analytics", operation_id = "ingest", request_body = IngestBody,
    responses((status = 202, body = EnqueuedView)))]
async fn ingest(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<IngestBody>,
) -> Result<Response, Problem> {
    let (account, date) = (body.integration_id, body.date.0);
    let job = if body.overwrite {
        app.analytics.request_overwrite(may.scope(), account, date).await?
    } else {
        app.analytics.request_ingest(may.scope(), account, date, IngestTrigger::Manual).await?
    };
    app.jobs.wake();
    let view = EnqueuedView { job_id: job.id.uuid(), is_new: job.is_new };
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// A range of one account's days.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BackfillBody {
    #[garde(skip)]
    #[schema(value_type = Uuid)]
    integration_id: AccountId,
    /// First day.
    #[garde(skip)]
    from: Day,
    /// Last day; at most 731 days after `from`.
    #[garde(skip)]
    to: Day,
}

/// Collect old days
///
/// Queues the work behind everything else; `GET /analytics/ingest/backfill` tells how far it is. Lifetime totals of today
/// are never written under old days.
#[utoipa::path(post, path = "/analytics/ingest/backfill", tag = "analytics", operation_id = "backfill",
    request_body = BackfillBody, responses((status = 202, body = EnqueuedView)))]
async fn backfill(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<BackfillBody>,
) -> Result<Response, Problem> {
    let job = app.analytics.request_backfill(may.scope(), body.integration_id, body.from.0, body.to.0).await?;
    let view = EnqueuedView { job_id: job.id.uuid(), is_new: job.is_new };
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// A backfill that waits or runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackfillView {
    #[schema(value_type = Uuid)]
    integration_id: AccountId,
    from: Day,
    to: Day,
    is_running: bool,
    /// 0 to 100.
    percent: i16,
    /// What it has done so far, in words.
    step: Option<String>,
}

/// Backfills that wait or run
#[utoipa::path(get, path = "/analytics/ingest/backfill", tag = "analytics", operation_id = "backfills",
    responses((status = 200, body = Vec<BackfillView>)))]
async fn backfills(State(app): State<App>, may: ReadNumbers) -> Result<Json<Vec<BackfillView>>, Problem> {
    let found = app.analytics.backfills(may.scope()).await.map_err(|e| Problem::database(&e))?;
    let view = |b: rookery_analytics::Backfill| BackfillView {
        integration_id: b.integration_id,
        from: Day(b.from),
        to: Day(b.to),
        is_running: b.is_running,
        percent: b.percent,
        step: b.step,
    };
    Ok(Json(found.into_iter().map(view).collect()))
}
