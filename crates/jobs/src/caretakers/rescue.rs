//! The rescuer: jobs whose worker vanished.

use rookery_db::Error;
use rookery_kernel::JobId;

use crate::job::JobState;
use crate::run::Shared;

/// Most jobs in one statement; its work may grow with the square.
const BATCH: i64 = 100;

/// Losses in a row after which a job is suspected of killing its worker (STR-41).
const LOSSES_MAX: i32 = 2;

/// Frees jobs whose lease ended: back into the queue, the attempt stays counted. A job lost twice
/// without a run in between that ended by itself becomes a dead letter as `stalled`, so that a
/// poison job cannot kill workers for ever.
pub(crate) async fn rescue(shared: &Shared) -> Result<usize, Error> {
    let db = shared.db.reserved_for_publishing();
    let mut rescued = 0;
    loop {
        let lost = sqlx::query!(
            r#"with dead as materialized (
                   select id, attempt, lease_owner, started_at from jobs.jobs
                   where state = 'running' and lease_expires_at < $1
                   order by lease_expires_at
                   limit $2
                   for update skip locked
               ), moved as (
                   update jobs.jobs j
                   set lost_count = j.lost_count + 1,
                       state = case when j.lost_count + 1 >= $3 or j.attempt >= j.max_attempts
                                    then 'failed' else 'queued' end::jobs.job_state,
                       error_class = case when j.lost_count + 1 >= $3 then 'stalled' else 'lost' end,
                       error_message = case when j.lost_count + 1 >= $3
                           then 'the worker vanished ' || (j.lost_count + 1) || ' times in a row while this job ran'
                           else 'the worker vanished while this job ran' end,
                       run_at = $1, lease_owner = null, lease_expires_at = null,
                       finished_at = case when j.lost_count + 1 >= $3 or j.attempt >= j.max_attempts then $1 end,
                       updated_at = $1
                   from dead d where j.id = any (array(select id from dead)) and j.id = d.id
                   returning j.id, j.queue, j.kind, j.state, j.error_class, j.error_message,
                             d.attempt, d.lease_owner, d.started_at
               ), recorded as (
                   insert into jobs.job_runs
                       (job_id, attempt, worker, started_at, finished_at, outcome, error_class, error_message)
                   select id, attempt, coalesce(lease_owner, ''), coalesce(started_at, $1), $1, 'lost',
                          error_class, error_message
                   from moved
               )
               select id as "id!: JobId", queue as "queue!", kind as "kind!", state as "state!: JobState",
                      attempt as "attempt!" from moved"#,
            shared.now() as _,
            BATCH,
            LOSSES_MAX,
        )
        .fetch_all(db.worker_pool())
        .await?;
        for job in &lost {
            tracing::warn!(
                job.id = %job.id, job.queue = job.queue, job.kind = job.kind, job.attempt, job.state = %job.state,
                "the lease of a running job ended"
            );
        }
        rescued += lost.len();
        if lost.len() < usize::try_from(BATCH).unwrap_or_default() {
            break;
        }
    }
    if rescued > 0 {
        shared.jobs.wake();
    }
    Ok(rescued)
}
