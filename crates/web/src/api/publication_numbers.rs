//! The numbers of publications over time, and asking for them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use rookery_analytics::{LatestReading, SnapshotPoint};
use rookery_kernel::PublicationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::ReadNumbers;
use super::analytics_view::NumbersView;
use super::idempotency::once;
use super::time::Time;
use super::wire::SnapshotPeriod;
use crate::app::App;
use crate::extract::{May, Path, Publish, Query};
use crate::problem::Problem;

/// Snapshots at a time unless told.
const ROWS: u16 = 50;
/// Snapshots at a time at most.
const ROWS_MAX: u16 = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(snapshots)).routes(once!(read_numbers))
}

/// The newest numbers of a publication: totals since it came out; null is "not reported".
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LatestReadingView {
    numbers: NumbersView,
    /// When the network was asked last.
    as_of: Time,
    /// When it is asked again; null is never.
    next_reading_at: Option<Time>,
}

impl From<LatestReading> for LatestReadingView {
    fn from(reading: LatestReading) -> Self {
        Self { numbers: reading.numbers.into(), as_of: Time(reading.as_of), next_reading_at: reading.next.map(Time) }
    }
}

/// A publication's numbers at the end of a bucket of time: totals since it came out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SnapshotView {
    period: SnapshotPeriod,
    /// The bucket's beginning, UTC.
    recorded_at: Time,
    /// The moment from which the numbers stood so.
    period_end: Time,
    numbers: NumbersView,
}

impl From<SnapshotPoint> for SnapshotView {
    fn from(point: SnapshotPoint) -> Self {
        Self {
            period: point.period.into(),
            recorded_at: Time(point.recorded_at),
            period_end: Time(point.period_end),
            numbers: point.numbers.into(),
        }
    }
}

/// Which snapshots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct SnapshotsQuery {
    /// The buckets' size; days unless told. By the hour there are those of the first seven days.
    #[param(inline)]
    period: Option<SnapshotPeriod>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// Read a publication's snapshots
///
/// Totals as the network told them, newest first. What a bucket brought is the difference to the one before; totals are
/// never added up.
#[utoipa::path(get, path = "/publications/{id}/snapshots", tag = "publications", operation_id = "publicationSnapshots",
    params(("id" = Uuid, Path, description = "The publication"), SnapshotsQuery),
    responses((status = 200, body = Vec<SnapshotView>)))]
async fn snapshots(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<PublicationId>,
    Query(query): Query<SnapshotsQuery>,
) -> Result<Json<Vec<SnapshotView>>, Problem> {
    // One that is not the organization's is not found.
    app.publishing.publication(may.scope(), id).await?;
    let period = query.period.unwrap_or(SnapshotPeriod::Daily).into();
    let limit = query.limit.unwrap_or(ROWS).clamp(1, ROWS_MAX);
    let points = app.analytics.publication_snapshots(may.scope(), id, period, limit).await?;
    Ok(Json(points.into_iter().map(SnapshotView::from).collect()))
}

/// Whether the network is asked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReadingView {
    /// False if it was asked within the hour, or the publication is not out or gone.
    is_asked: bool,
}

/// Read a publication's numbers now
///
/// Queues the reading, with whatever else of its account is due. At most once an hour.
#[utoipa::path(post, path = "/publications/{id}/read-numbers", tag = "publications", operation_id = "readPublicationNumbers",
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 202, body = ReadingView)))]
async fn read_numbers(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
) -> Result<Response, Problem> {
    app.publishing.publication(may.scope(), id).await?;
    let asked = app.analytics.request_reading(may.scope(), id).await;
    let is_asked = asked.map_err(|e| Problem::database(&e))?;
    Ok((StatusCode::ACCEPTED, Json(ReadingView { is_asked })).into_response())
}
