//! What is planned and what came out.

use axum::Json;
use axum::extract::State;
use garde::Validate;
use rookery_kernel::PublicationId;
use rookery_publishing::{CalendarEntry, CalendarFilter, CalendarState, Clash, Schedule};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::once;
use super::posts_view::PostView;
use super::time::{AtBody, Day, Time};
use super::wire::{Network, PublicationState, ReviewState};
use crate::app::App;
use crate::extract::{Body, May, Path, Publish, Query};
use crate::problem::Problem;

/// Longest view.
const DAYS_MAX: i64 = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(calendar)).routes(once!(reschedule))
}

/// A publication in the calendar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    publication_id: Uuid,
    post_id: Uuid,
    integration_id: Uuid,
    platform: Network,
    /// When it came out, or else when it is planned.
    at: Time,
    status: PublicationState,
    editorial_state: ReviewState,
    excerpt: String,
    /// Words to find the post by.
    labels: Vec<String>,
    /// It should have begun more than five minutes ago and has not.
    is_late: bool,
    /// What stands in its way among the organization's other posts; warnings only.
    clashes: Vec<ClashView>,
}

/// Posts that stand in each other's way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClashView {
    /// `daily_limit`, `crowded_hour`, `same_words` or `too_close`.
    code: &'static str,
    /// What is wrong.
    message: String,
    /// All publications of the clash.
    publication_ids: Vec<Uuid>,
}

impl From<&Clash> for ClashView {
    fn from(clash: &Clash) -> Self {
        Self {
            code: clash.kind.code(),
            message: clash.sentence.clone(),
            publication_ids: clash.publication_ids.iter().map(|id| id.uuid()).collect(),
        }
    }
}

impl EntryView {
    fn of(entry: CalendarEntry, clashes: &[Clash]) -> Self {
        let clashes = clashes.iter().filter(|c| c.publication_ids.contains(&entry.publication_id));
        Self {
            publication_id: entry.publication_id.uuid(),
            post_id: entry.post_id.uuid(),
            integration_id: entry.account_id.uuid(),
            platform: entry.platform.into(),
            at: entry.at.into(),
            status: entry.status.into(),
            editorial_state: entry.editorial_state.into(),
            excerpt: entry.excerpt,
            labels: entry.labels,
            is_late: entry.is_late,
            clashes: clashes.map(ClashView::from).collect(),
        }
    }
}

/// Which days, of the organization's zone.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
struct DaysQuery {
    /// First day.
    #[param(inline)]
    from: Day,
    /// Last day; at most 100 days.
    #[param(inline)]
    to: Day,
    /// Only this account.
    integration_id: Option<Uuid>,
    /// Only this network.
    #[param(inline)]
    platform: Option<Network>,
    /// Only `planned`, `late`, `published`, `failed` or `cancelled`.
    status: Option<String>,
    /// Only posts with this label.
    label: Option<String>,
}

/// Read the calendar
///
/// What came out or is planned on these days, in time's order.
#[utoipa::path(get, path = "/calendar", tag = "calendar", operation_id = "calendar", params(DaysQuery),
    responses((status = 200, body = Vec<EntryView>)))]
async fn calendar(
    State(app): State<App>,
    may: ReadPosts,
    Query(query): Query<DaysQuery>,
) -> Result<Json<Vec<EntryView>>, Problem> {
    let (first, last) = (query.from.0, query.to.0);
    match last.days_since(first) + 1 {
        ..=0 => return Err(Problem::field("to", "range_empty", "The last day lies before the first.")),
        1..=DAYS_MAX => {}
        _ => return Err(Problem::field("to", "range_too_long", format!("At most {DAYS_MAX} days are possible."))),
    }
    let state = query.status.as_deref().map(str::parse::<CalendarState>).transpose();
    let filter = CalendarFilter {
        account_id: query.integration_id.map(Into::into),
        platform: query.platform.map(Into::into),
        state: state.map_err(|e| Problem::field("status", "unknown", format!("{e}.")))?,
        label: query.label,
    };
    let view = app.publishing.calendar_view(may.scope(), (first, last), may.zone(), &filter).await?;
    Ok(Json(view.entries.into_iter().map(|entry| EntryView::of(entry, &view.clashes)).collect()))
}

/// Where a publication moves to.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MoveBody {
    /// The instant.
    #[garde(skip)]
    at: Option<Time>,
    /// A local time, `YYYY-MM-DDTHH:MM`.
    #[garde(skip)]
    local_time: Option<String>,
    /// The IANA zone of `localTime`; the organization's unless given.
    #[garde(skip)]
    time_zone: Option<String>,
    /// Move the post on all its accounts.
    #[serde(default)]
    #[garde(skip)]
    whole_post: bool,
}

/// Move a publication
///
/// To another time, if it still waits. What is out, on its way, failed or called off stays.
#[utoipa::path(post, path = "/publications/{id}/move", tag = "publications", operation_id = "movePublication",
    request_body = MoveBody, params(("id" = Uuid, Path, description = "The publication")),
    responses((status = 200, body = PostView)))]
async fn reschedule(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
    Body(body): Body<MoveBody>,
) -> Result<Json<PostView>, Problem> {
    let whole_post = body.whole_post;
    let at = AtBody { at: body.at, local_time: body.local_time, time_zone: body.time_zone };
    let plan = at.read(&may.caller.organization.timezone)?;
    let Schedule::At(at) = plan.schedule else { return Err(Problem::field("at", "time_missing", "Give a time.")) };
    let detail = if whole_post {
        let post = app.publishing.post_of(may.scope(), id).await?;
        app.publishing.reschedule(may.scope(), post, at).await?
    } else {
        app.publishing.move_publication(may.scope(), id, at).await?
    };
    Ok(Json(PostView::of(&app, may.scope(), detail).await?.noting(plan.note)))
}
