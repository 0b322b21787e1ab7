//! The daily brief, and what becomes of its recommendations.

use axum::Json;
use axum::extract::State;
use garde::Validate;
use rookery_analytics::DISMISS_REASON_MAX;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::briefs_view::{DailyBriefView, RecommendationView};
use super::idempotency::once;
use super::wire::AdviceState;
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Query};
use crate::insights::{self, BriefQuery};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(daily_brief, compute_daily_brief))
        .routes(routes!(recommendations))
        .routes(once!(accept))
        .routes(routes!(dismiss))
        .routes(routes!(restore))
}

/// Read a daily brief
///
/// Figures of the last seven days, topics that rise, the best hours of the day, the best content, the formats and what
/// follows from them; and which accounts are missing in it. The one that was made on that day, or one computed from what is
/// known now. One of today is at most an hour old.
#[utoipa::path(get, path = "/analytics/daily-brief", tag = "analytics", operation_id = "dailyBrief", params(BriefQuery),
    responses((status = 200, body = DailyBriefView)))]
async fn daily_brief(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<BriefQuery>,
) -> Result<Json<DailyBriefView>, Problem> {
    let brief = app.analytics.daily_brief(may.scope(), query.day()?, query.filter()?).await?;
    Ok(Json(brief.into()))
}

/// Compute a daily brief anew
///
/// Of today or an earlier day. Recommendations that people have decided about stay decided.
#[utoipa::path(post, path = "/analytics/daily-brief", tag = "analytics", operation_id = "computeDailyBrief",
    params(BriefQuery), responses((status = 200, body = DailyBriefView)))]
async fn compute_daily_brief(
    State(app): State<App>,
    may: May<Draft>,
    Query(query): Query<BriefQuery>,
) -> Result<Json<DailyBriefView>, Problem> {
    let brief = app.analytics.compute_brief(may.scope(), query.day()?, query.filter()?).await?;
    Ok(Json(brief.into()))
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatusQuery {
    /// Only in this state.
    #[param(inline)]
    status: Option<AdviceState>,
}

/// Recommendations of a day
///
/// High priority first; none if there is no brief of that day yet.
#[utoipa::path(get, path = "/analytics/recommendations", tag = "analytics", operation_id = "recommendations",
    params(BriefQuery, StatusQuery), responses((status = 200, body = [RecommendationView])))]
async fn recommendations(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<BriefQuery>,
    Query(StatusQuery { status }): Query<StatusQuery>,
) -> Result<Json<Vec<RecommendationView>>, Problem> {
    let status = status.map(Into::into);
    let found = app.analytics.recommendations(may.scope(), query.day()?, query.filter()?, status).await?;
    Ok(Json(found.into_iter().map(RecommendationView::from).collect()))
}

/// A recommendation that became a draft.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AcceptedView {
    recommendation: RecommendationView,
    /// The draft.
    post_id: Uuid,
    /// False: it was accepted before, and this is the draft of then.
    is_new: bool,
    /// The page on which the draft is written on, with the suggested time filled in.
    compose_path: String,
}

/// Accept a recommendation
///
/// Makes a draft with the suggested text, account and format, and keeps its id. Nothing is scheduled. 409
/// `recommendation_dismissed` or `recommendation_expired` if it is past deciding.
#[utoipa::path(post, path = "/analytics/recommendations/{id}/accept", tag = "analytics",
    operation_id = "acceptRecommendation", params(("id" = Uuid, Path, description = "The recommendation")),
    responses((status = 200, body = AcceptedView)))]
async fn accept(State(app): State<App>, may: May<Draft>, Path(id): Path<Uuid>) -> Result<Json<AcceptedView>, Problem> {
    let accepted = insights::accept(&app, &may.caller, id).await?;
    let compose_path = accepted.place(&may.caller.organization.timezone, &*app.clock);
    Ok(Json(AcceptedView {
        compose_path,
        post_id: accepted.post.uuid(),
        is_new: accepted.is_new,
        recommendation: accepted.recommendation.into(),
    }))
}

/// Why not.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DismissBody {
    /// At most 200 characters.
    #[serde(default)]
    #[garde(inner(length(chars, max = DISMISS_REASON_MAX)))]
    reason: Option<String>,
}

/// Dismiss a recommendation
///
/// It can be taken back with `restore`. One that is dismissed stays as it is.
#[utoipa::path(post, path = "/analytics/recommendations/{id}/dismiss", tag = "analytics",
    operation_id = "dismissRecommendation", request_body = DismissBody,
    params(("id" = Uuid, Path, description = "The recommendation")), responses((status = 200, body = RecommendationView)))]
async fn dismiss(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<Uuid>,
    Body(body): Body<DismissBody>,
) -> Result<Json<RecommendationView>, Problem> {
    let done = app.analytics.dismiss_recommendation(may.scope(), id, body.reason.as_deref()).await?;
    Ok(Json(done.into()))
}

/// Take a dismissal back
#[utoipa::path(post, path = "/analytics/recommendations/{id}/restore", tag = "analytics",
    operation_id = "restoreRecommendation", params(("id" = Uuid, Path, description = "The recommendation")),
    responses((status = 200, body = RecommendationView)))]
async fn restore(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<Uuid>,
) -> Result<Json<RecommendationView>, Problem> {
    Ok(Json(app.analytics.restore_recommendation(may.scope(), id).await?.into()))
}
