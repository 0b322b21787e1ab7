//! The cleaner.

use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::Timestamp;

/// Most rows in one statement, so that no lock is held long.
const BATCH: i64 = 1_000;

/// The counts (newest 10 completed, newest 50 failed) only remove jobs older than this: the
/// health figures look back an hour, and a person needs a day to retry what one bad night left.
const COMPLETED_AT_LEAST: Duration = Duration::from_secs(3_600);
const FAILED_AT_LEAST: Duration = Duration::from_secs(24 * 3_600);

/// A worker that was not seen for this long is gone.
const WORKER_GONE: Duration = Duration::from_secs(24 * 3_600);

/// What one cleaning removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Finished jobs with their runs.
    pub jobs: u64,
    /// Rows of vanished workers.
    pub workers: u64,
}

/// Removes finished jobs that are older than their queue's time to live, or beyond the newest
/// that the queue keeps. Cancelled ones count as completed.
///
/// # Errors
/// The database's.
pub async fn clean(db: &Db, now: Timestamp) -> Result<Cleaned, Error> {
    let mut cleaned = Cleaned::default();
    loop {
        let removed = sqlx::query!(
            "delete from jobs.jobs j
             where j.id = any (array(
                 select f.id
                 from jobs.queues q
                 cross join (values ('succeeded'::jobs.job_state), ('cancelled'), ('failed')) as s (state)
                 cross join lateral (
                     select case when s.state = 'failed' then q.keep_failed else q.keep_completed end as newest,
                            $1::timestamptz - case when s.state = 'failed' then q.failed_ttl else q.completed_ttl end as too_old,
                            case when s.state = 'failed' then $4::timestamptz else $3::timestamptz end as old_enough
                 ) as k
                 cross join lateral (
                     select d.id from jobs.jobs d
                     where d.queue = q.name and d.state = s.state
                       and d.finished_at < greatest(
                           k.too_old,
                           least(k.old_enough,
                                 -- least() passes over NULL, which would mean: fewer rows than are kept
                                 coalesce((select n.finished_at from jobs.jobs n
                                           where n.queue = q.name and n.state = s.state
                                           order by n.finished_at desc
                                           offset greatest(k.newest, 1) - 1 limit 1), '-infinity')))
                     order by d.finished_at
                     limit $2
                 ) as f
                 limit $2))
               and j.state in ('succeeded', 'cancelled', 'failed')",
            now as _,
            BATCH,
            (now - COMPLETED_AT_LEAST) as _,
            (now - FAILED_AT_LEAST) as _,
        )
        .execute(db.worker_pool())
        .await?
        .rows_affected();
        cleaned.jobs += removed;
        if removed < BATCH.unsigned_abs() {
            break;
        }
    }
    cleaned.workers = sqlx::query!("delete from jobs.workers where last_seen_at < $1", (now - WORKER_GONE) as _)
        .execute(db.worker_pool())
        .await?
        .rows_affected();
    Ok(cleaned)
}
