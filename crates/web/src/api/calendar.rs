//! What is planned and what came out.

use axum::Json;
use axum::extract::State;
use rookery_publishing::CalendarEntry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::time::{Day, Time};
use super::wire::{Network, PublicationState, ReviewState};
use crate::app::App;
use crate::extract::Query;
use crate::problem::Problem;

/// Longest view.
const DAYS_MAX: i64 = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(calendar))
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
}

impl From<CalendarEntry> for EntryView {
    fn from(entry: CalendarEntry) -> Self {
        Self {
            publication_id: entry.publication_id.uuid(),
            post_id: entry.post_id.uuid(),
            integration_id: entry.account_id.uuid(),
            platform: entry.platform.into(),
            at: entry.at.into(),
            status: entry.status.into(),
            editorial_state: entry.editorial_state.into(),
            excerpt: entry.excerpt,
        }
    }
}

/// Which days, of the organization's zone.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DaysQuery {
    /// First day.
    #[param(inline)]
    from: Day,
    /// Last day; at most 100 days.
    #[param(inline)]
    to: Day,
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
    let zone = may.zone();
    let (from, to) = (zone.start_of(first), zone.start_of(last.plus_days(1)));
    let entries = app.publishing.calendar(may.scope(), from, to).await?;
    Ok(Json(entries.into_iter().map(EntryView::from).collect()))
}
