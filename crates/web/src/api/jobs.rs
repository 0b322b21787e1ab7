//! Background work, for those who look after it.

use axum::Json;
use axum::extract::State;
use rookery_governance::audit::{self, Entry};
use rookery_jobs::admin::{self, Filter, JobRow, QueueStats};
use rookery_kernel::{JobId, OrganizationId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::{InstanceAdmin, JobsAdmin};
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::Time;
use super::wire::{JobStanding, QueueHealth};
use crate::app::App;
use crate::extract::{Path, Query};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(stats)).routes(routes!(list)).routes(once!(retry))
}

/// A queue's figures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QueueView {
    queue: String,
    health: QueueHealth,
    paused: bool,
    /// Jobs at once per worker process.
    concurrency: i32,
    /// Due and waiting for a worker.
    waiting: i64,
    /// Waiting for their time.
    scheduled: i64,
    active: i64,
    succeeded: i64,
    /// Dead letters.
    failed: i64,
    failed_last_hour: i64,
    /// How long the oldest waiting job has been due.
    oldest_waiting_seconds: Option<f64>,
    runs_last_minute: i64,
    runs_last_hour: i64,
    /// Mean time of the last hour's runs.
    mean_run_ms: Option<f64>,
}

impl From<QueueStats> for QueueView {
    fn from(stats: QueueStats) -> Self {
        Self {
            queue: stats.queue,
            health: stats.health.into(),
            paused: stats.paused,
            concurrency: stats.concurrency,
            waiting: stats.waiting,
            scheduled: stats.scheduled,
            active: stats.active,
            succeeded: stats.succeeded,
            failed: stats.failed,
            failed_last_hour: stats.failed_last_hour,
            oldest_waiting_seconds: stats.oldest_waiting.map(|d| d.as_secs_f64()),
            runs_last_minute: stats.runs_last_minute,
            runs_last_hour: stats.runs_last_hour,
            mean_run_ms: stats.mean_run.map(|d| d.as_secs_f64() * 1000.0),
        }
    }
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobView {
    id: Uuid,
    queue: String,
    kind: String,
    organization_id: Option<Uuid>,
    state: JobStanding,
    /// 1 is first.
    priority: i16,
    /// Runs so far.
    attempt: i32,
    /// Runs before it is a dead letter.
    attempts_max: i32,
    /// 0 to 100.
    progress: i16,
    step: Option<String>,
    run_at: Time,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    error_class: Option<String>,
    error_message: Option<String>,
}

impl From<JobRow> for JobView {
    fn from(job: JobRow) -> Self {
        Self {
            id: job.id.uuid(),
            queue: job.queue,
            kind: job.kind,
            organization_id: job.organization.map(OrganizationId::uuid),
            state: job.state.into(),
            priority: job.priority,
            attempt: job.attempt,
            attempts_max: job.attempts_max,
            progress: job.progress,
            step: job.step,
            run_at: job.run_at.into(),
            created_at: job.created_at.into(),
            started_at: job.started_at.map(Time),
            finished_at: job.finished_at.map(Time),
            error_class: job.error_class,
            error_message: job.error_message,
        }
    }
}

/// The queues' figures
///
/// For people who run the server.
#[utoipa::path(get, path = "/jobs/stats", tag = "jobs", operation_id = "jobStats",
    responses((status = 200, body = Vec<QueueView>)))]
async fn stats(State(app): State<App>, _may: InstanceAdmin) -> Result<Json<Vec<QueueView>>, Problem> {
    let stats = admin::stats(&app.db, &*app.clock, None).await?;
    Ok(Json(stats.into_iter().map(QueueView::from).collect()))
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only of this queue.
    queue: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<JobStanding>,
    /// Only of this kind.
    kind: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List jobs
///
/// Newest first: those of the organization, or of the instance for people who run it.
#[utoipa::path(get, path = "/jobs", tag = "jobs", operation_id = "jobs", params(ListQuery),
    responses((status = 200, body = PageView<JobView>)))]
async fn list(
    State(app): State<App>,
    may: JobsAdmin,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageView<JobView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let filter = Filter {
        organization: may.organization,
        queue: query.queue,
        state: query.state.map(Into::into),
        kind: query.kind,
    };
    let jobs = admin::list(&app.db, &filter, after, limit).await?;
    Ok(Json(PageView::of(jobs, JobView::from)))
}

/// Try a job again
///
/// Puts a dead letter or a cancelled job back with all its attempts.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", operation_id = "retryJob",
    params(("id" = Uuid, Path, description = "The job")), responses((status = 200, body = JobView)))]
async fn retry(State(app): State<App>, may: JobsAdmin, Path(id): Path<JobId>) -> Result<Json<JobView>, Problem> {
    let before = admin::get(&app.db, may.organization, id).await?.job;
    admin::retry(&app.db, &*app.clock, may.organization, id).await?;
    // The queue knows no audit log; the action is noted where the person who did it looks.
    let mut tx = app.db.org(&may.caller.scope).await?;
    let entry = Entry {
        action: "update",
        resource: "jobs.jobs",
        resource_id: Some(id.to_string()),
        changes: json!({"state": [before.state.label(), "queued"], "attempt": [before.attempt, 0]}),
    };
    audit::record(&mut tx, &*app.clock, &[entry]).await?;
    tx.commit().await?;
    app.jobs.wake();
    Ok(Json(admin::get(&app.db, may.organization, id).await?.job.into()))
}
