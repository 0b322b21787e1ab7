//! What operators see and do. Organization administrators do the same with their organization
//! named: they see and touch their own jobs only.
//!
//! Nothing here writes the audit log, which lies above this crate: the caller records the action.

mod rows;
mod stats;

use rookery_db::{Db, Error};
use rookery_kernel::{Clock, Cursor, JobId, Limit, OrganizationId, Page, Timestamp};
use tracing::instrument;

use crate::job::JobState;

pub use rows::{Filter, JobDetail, JobRow, RunRow};
pub(crate) use stats::set_gauges;
pub use stats::{Health, QueueStats, stats};

/// Most dead letters revived in one statement.
const RETRY_BATCH: i64 = 1_000;

/// Why an action did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No such job, or not this organization's.
    #[error("there is no job {0}")]
    NotFound(JobId),
    /// The job's state forbids it.
    #[error("the job {id} is {state}")]
    State {
        /// The job.
        id: JobId,
        /// Where it stands.
        state: JobState,
    },
    /// Another job with the same key waits or runs already.
    #[error("the job {0} does the same work already")]
    Live(JobId),
    /// There is no such queue.
    #[error("there is no queue {0:?}")]
    NoQueue(String),
    /// There is no such line in the timetable.
    #[error("there is no timetable entry {0:?}")]
    NoEntry(String),
    /// The database's.
    #[error(transparent)]
    Db(#[from] Error),
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// The organizations with a job of this kind that should have begun before `before` and waits still, at most `limit` of
/// them. The indexes of waiting jobs answer it, however many jobs there are.
///
/// # Errors
/// The database's.
pub async fn organizations_waiting(
    db: &Db,
    kind: &str,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<OrganizationId>, Error> {
    Ok(sqlx::query_scalar(
        "select distinct organization_id from jobs.jobs
         where kind = $1 and organization_id is not null and state in ('scheduled', 'queued') and run_at < $2
         limit $3",
    )
    .bind(kind)
    .bind(before)
    .bind(limit)
    .fetch_all(db.worker_pool())
    .await?)
}

/// Jobs, newest first.
///
/// # Errors
/// The database's.
pub async fn list(db: &Db, filter: &Filter, after: Option<Cursor>, limit: Limit) -> Result<Page<JobRow>, Error> {
    let rows = sqlx::query_as!(
        JobRow,
        r#"select id as "id: JobId", queue, kind, organization_id as "organization: OrganizationId",
                  state as "state: JobState", priority, attempt, max_attempts as attempts_max, progress,
                  result->>'step' as step, payload, run_at, created_at, started_at, finished_at, error_class, error_message
           from jobs.jobs
           where ($1::uuid is null or organization_id = $1)
             and ($2::text is null or queue = $2)
             and ($3::text is null or state = $3::jobs.job_state)
             and ($4::text is null or kind = $4)
             and ($5::timestamptz is null or (created_at, id) < ($5, $6::uuid))
           order by created_at desc, id desc
           limit $7"#,
        filter.organization.map(OrganizationId::uuid),
        filter.queue.as_deref(),
        filter.state.map(JobState::label),
        filter.kind.as_deref(),
        after.map(|cursor| cursor.at) as _,
        after.map(|cursor| cursor.id),
        limit.probe(),
    )
    .fetch_all(db.worker_pool())
    .await?;
    Ok(Page::from_probe(rows, limit, |row| (row.created_at, row.id.uuid())))
}

/// One job with its runs; `NotFound` if it is another organization's than the one named.
///
/// # Errors
/// [`AdminError::NotFound`], or the database's.
pub async fn get(db: &Db, organization: Option<OrganizationId>, id: JobId) -> Result<JobDetail, AdminError> {
    let job = sqlx::query_as!(
        JobRow,
        r#"select id as "id: JobId", queue, kind, organization_id as "organization: OrganizationId",
                  state as "state: JobState", priority, attempt, max_attempts as attempts_max, progress,
                  result->>'step' as step, payload, run_at, created_at, started_at, finished_at, error_class, error_message
           from jobs.jobs where id = $1 and ($2::uuid is null or organization_id = $2)"#,
        id.uuid(),
        organization.map(OrganizationId::uuid),
    )
    .fetch_optional(db.worker_pool())
    .await?
    .ok_or(AdminError::NotFound(id))?;
    let rest = sqlx::query!(
        "select dedupe_key, lease_owner, lease_expires_at, request_id from jobs.jobs where id = $1",
        id.uuid()
    )
    .fetch_optional(db.worker_pool())
    .await?
    .ok_or(AdminError::NotFound(id))?;
    let runs = sqlx::query_as!(
        RunRow,
        "select attempt, worker, started_at, finished_at, outcome, error_class, error_message
         from jobs.job_runs where job_id = $1 order by id limit 200",
        id.uuid()
    )
    .fetch_all(db.worker_pool())
    .await?;
    Ok(JobDetail {
        job,
        dedupe_key: rest.dedupe_key,
        lease_owner: rest.lease_owner,
        lease_expires_at: rest.lease_expires_at,
        request_id: rest.request_id,
        runs,
    })
}

/// Puts a dead letter or a cancelled job back with all its attempts. Wake the workers after it.
///
/// # Errors
/// [`AdminError::State`] if it is neither, [`AdminError::Live`] if the same work waits already.
#[instrument(skip_all, err, fields(job.id = %id))]
pub async fn retry(
    db: &Db,
    clock: &dyn Clock,
    organization: Option<OrganizationId>,
    id: JobId,
) -> Result<(), AdminError> {
    let now = clock.now();
    let done = sqlx::query!(
        "update jobs.jobs
         set state = 'queued', run_at = $2, attempt = 0, lost_count = 0, progress = 0, finished_at = null,
             error_class = null, error_message = null, updated_at = $2
         where id = $1 and state in ('failed', 'cancelled') and ($3::uuid is null or organization_id = $3)",
        id.uuid(),
        now as _,
        organization.map(OrganizationId::uuid),
    )
    .execute(db.worker_pool())
    .await
    .map_err(Error::from);
    match done {
        Ok(done) if done.rows_affected() > 0 => Ok(()),
        Ok(_) => Err(refused(db, organization, id).await?),
        Err(error) if error.constraint() == Some("idx_jobs_dedupe") => Err(AdminError::Live(live(db, id).await?)),
        Err(error) => Err(error.into()),
    }
}

/// Puts all dead letters back that failed at or after `since`, of one queue or of all, and says
/// how many. Of several with one key the newest comes back; none whose work waits already.
///
/// # Errors
/// The database's.
#[instrument(skip_all, err)]
pub async fn retry_all(
    db: &Db,
    clock: &dyn Clock,
    organization: Option<OrganizationId>,
    queue: Option<&str>,
    since: Timestamp,
) -> Result<u64, Error> {
    let now = clock.now();
    let mut retried = 0;
    let mut clashes = 0;
    loop {
        let done = sqlx::query!(
            "update jobs.jobs j
             set state = 'queued', run_at = $1, attempt = 0, lost_count = 0, progress = 0, finished_at = null,
                 error_class = null, error_message = null, updated_at = $1
             where j.state = 'failed' and j.id = any (array(
                 select one.id from (
                     select distinct on (f.queue, coalesce(f.dedupe_key, f.id::text)) f.id
                     from jobs.jobs f
                     where f.state = 'failed' and f.finished_at >= $2
                       and ($3::text is null or f.queue = $3)
                       and ($4::uuid is null or f.organization_id = $4)
                       and (f.dedupe_key is null or not exists (
                           select from jobs.jobs l
                           where l.queue = f.queue and l.dedupe_key = f.dedupe_key
                             and l.state in ('queued', 'scheduled', 'running')))
                     order by f.queue, coalesce(f.dedupe_key, f.id::text), f.finished_at desc) as one
                 limit $5))",
            now as _,
            since as _,
            queue,
            organization.map(OrganizationId::uuid),
            RETRY_BATCH,
        )
        .execute(db.worker_pool())
        .await
        .map_err(Error::from);
        match done {
            Ok(done) => {
                retried += done.rows_affected();
                if done.rows_affected() < RETRY_BATCH.unsigned_abs() {
                    return Ok(retried);
                }
            }
            // Somebody enqueued one of the keys between our look and our write: look again.
            Err(error) if error.constraint() == Some("idx_jobs_dedupe") && clashes < 5 => clashes += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Takes a job back. One that runs is told at its worker's next heartbeat; what it did until then
/// stays done.
///
/// # Errors
/// [`AdminError::State`] if it ended already.
#[instrument(skip_all, err, fields(job.id = %id))]
pub async fn cancel(
    db: &Db,
    clock: &dyn Clock,
    organization: Option<OrganizationId>,
    id: JobId,
) -> Result<(), AdminError> {
    let done = sqlx::query!(
        "update jobs.jobs
         set state = 'cancelled', lease_owner = null, lease_expires_at = null, finished_at = $2, updated_at = $2,
             error_class = 'cancelled', error_message = 'cancelled by a person'
         where id = $1 and state in ('queued', 'scheduled', 'running') and ($3::uuid is null or organization_id = $3)",
        id.uuid(),
        clock.now() as _,
        organization.map(OrganizationId::uuid),
    )
    .execute(db.worker_pool())
    .await?;
    if done.rows_affected() == 0 {
        return Err(refused(db, organization, id).await?);
    }
    Ok(())
}

/// Stops claims from a queue; running jobs go on.
///
/// # Errors
/// [`AdminError::NoQueue`].
pub async fn pause(db: &Db, clock: &dyn Clock, queue: &str) -> Result<(), AdminError> {
    set_paused(db, clock, queue, true).await
}

/// Allows claims again. Wake the workers after it.
///
/// # Errors
/// [`AdminError::NoQueue`].
pub async fn resume(db: &Db, clock: &dyn Clock, queue: &str) -> Result<(), AdminError> {
    set_paused(db, clock, queue, false).await
}

/// Lets an entry of the timetable fire at the workers' next round.
///
/// # Errors
/// [`AdminError::NoEntry`].
#[instrument(skip_all, err, fields(entry = name))]
pub async fn run_now(db: &Db, clock: &dyn Clock, name: &str) -> Result<(), AdminError> {
    let done =
        sqlx::query!("update jobs.timetables set next_run_at = $2 where name = $1 and enabled", name, clock.now() as _)
            .execute(db.worker_pool())
            .await?;
    if done.rows_affected() == 0 {
        return Err(AdminError::NoEntry(name.to_owned()));
    }
    Ok(())
}

#[instrument(skip_all, err, fields(job.queue = queue, paused))]
async fn set_paused(db: &Db, clock: &dyn Clock, queue: &str, paused: bool) -> Result<(), AdminError> {
    let done = sqlx::query!(
        "update jobs.queues set paused = $2, updated_at = $3 where name = $1",
        queue,
        paused,
        clock.now() as _
    )
    .execute(db.worker_pool())
    .await?;
    if done.rows_affected() == 0 {
        return Err(AdminError::NoQueue(queue.to_owned()));
    }
    Ok(())
}

/// Why a conditional update touched nothing.
async fn refused(db: &Db, organization: Option<OrganizationId>, id: JobId) -> Result<AdminError, Error> {
    let state = sqlx::query_scalar!(
        r#"select state as "state: JobState" from jobs.jobs
           where id = $1 and ($2::uuid is null or organization_id = $2)"#,
        id.uuid(),
        organization.map(OrganizationId::uuid),
    )
    .fetch_optional(db.worker_pool())
    .await?;
    Ok(state.map_or(AdminError::NotFound(id), |state| AdminError::State { id, state }))
}

/// The live job with the same key as `id`; `id` itself if it just ended.
async fn live(db: &Db, id: JobId) -> Result<JobId, Error> {
    let live = sqlx::query_scalar!(
        r#"select l.id as "id: JobId" from jobs.jobs j join jobs.jobs l on l.queue = j.queue and l.dedupe_key = j.dedupe_key
           where j.id = $1 and l.state in ('queued', 'scheduled', 'running')"#,
        id.uuid(),
    )
    .fetch_optional(db.worker_pool())
    .await?;
    Ok(live.unwrap_or(id))
}
