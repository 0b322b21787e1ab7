//! The figures of each queue and what they mean (STR-44).

use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::{Clock, OrganizationId, Timestamp};
use serde::Serialize;

use crate::job::{JobState, queues};

/// How a queue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nothing to do for anybody.
    Ok,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now.
    Critical,
}

/// One queue's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueStats {
    /// Its name.
    pub queue: String,
    /// No claims for now.
    pub paused: bool,
    /// Jobs at once per worker process.
    pub concurrency: i32,
    /// Due and waiting for a worker.
    pub waiting: i64,
    /// Waiting for their time.
    pub scheduled: i64,
    /// Running.
    pub active: i64,
    /// Ended well and still kept.
    pub succeeded: i64,
    /// Dead letters.
    pub failed: i64,
    /// Dead letters of the last hour.
    pub failed_last_hour: i64,
    /// How long the oldest waiting job has been due.
    pub oldest_waiting: Option<Duration>,
    /// Runs that ended in the last minute.
    pub runs_last_minute: i64,
    /// Runs that ended in the last hour.
    pub runs_last_hour: i64,
    /// Mean time of the last hour's runs.
    pub mean_run: Option<Duration>,
    /// What this means.
    pub health: Health,
}

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// Failed in the last hour: warning, critical.
const FAILED_LIMITS: (i64, i64) = (10, 50);

/// Age of the oldest waiting job: warning, critical.
fn waiting_limits(queue: &str) -> (Duration, Duration) {
    let (warning, critical) = match queue {
        queues::PUBLISHING => (60, 300),
        queues::EMAIL => (300, 1_800),
        _ => (900, 3_600),
    };
    (Duration::from_secs(warning), Duration::from_secs(critical))
}

fn health(queue: &str, failed_last_hour: i64, oldest_waiting: Option<Duration>) -> Health {
    let (warning, critical) = waiting_limits(queue);
    let age = oldest_waiting.unwrap_or_default();
    if failed_last_hour >= FAILED_LIMITS.1 || age >= critical {
        Health::Critical
    } else if failed_last_hour >= FAILED_LIMITS.0 || age >= warning {
        Health::Warning
    } else {
        Health::Ok
    }
}

/// The figures of all queues, of all jobs or of one organization's. A job of a kind that no
/// worker knows is never claimed; it shows here as waiting, and ages.
///
/// # Errors
/// The database's.
pub async fn stats(db: &Db, clock: &dyn Clock, organization: Option<OrganizationId>) -> Result<Vec<QueueStats>, Error> {
    let now = clock.now();
    let rows = sqlx::query!(
        r#"select q.name, q.paused, q.concurrency,
                  coalesce(j.waiting, 0) as "waiting!", coalesce(j.scheduled, 0) as "scheduled!",
                  coalesce(j.active, 0) as "active!", coalesce(j.succeeded, 0) as "succeeded!",
                  coalesce(j.failed, 0) as "failed!", coalesce(j.failed_last_hour, 0) as "failed_last_hour!",
                  j.oldest as "oldest: Timestamp",
                  coalesce(r.last_minute, 0) as "last_minute!", coalesce(r.last_hour, 0) as "last_hour!",
                  r.mean_seconds
           from jobs.queues q
           left join (
               select queue,
                      count(*) filter (where state = 'queued') as waiting,
                      count(*) filter (where state = 'scheduled') as scheduled,
                      count(*) filter (where state = 'running') as active,
                      count(*) filter (where state = 'succeeded') as succeeded,
                      count(*) filter (where state = 'failed') as failed,
                      count(*) filter (where state = 'failed' and finished_at > $2) as failed_last_hour,
                      min(run_at) filter (where state = 'queued' and run_at <= $1) as oldest
               from jobs.jobs
               where $4::uuid is null or organization_id = $4
               group by queue) as j on j.queue = q.name
           left join (
               select b.queue,
                      count(*) filter (where n.finished_at > $3) as last_minute,
                      count(*) as last_hour,
                      avg(extract(epoch from n.finished_at - n.started_at))::float8 as mean_seconds
               from jobs.job_runs n join jobs.jobs b on b.id = n.job_id
               where n.finished_at > $2 and ($4::uuid is null or b.organization_id = $4)
               group by b.queue) as r on r.queue = q.name
           order by q.name"#,
        now as _,
        (now - HOUR) as _,
        (now - MINUTE) as _,
        organization.map(OrganizationId::uuid),
    )
    .fetch_all(db.worker_pool())
    .await?;
    let read = rows.into_iter().map(|row| {
        let oldest_waiting = row.oldest.map(|due| now.since(due));
        QueueStats {
            health: health(&row.name, row.failed_last_hour, oldest_waiting),
            queue: row.name,
            paused: row.paused,
            concurrency: row.concurrency,
            waiting: row.waiting,
            scheduled: row.scheduled,
            active: row.active,
            succeeded: row.succeeded,
            failed: row.failed,
            failed_last_hour: row.failed_last_hour,
            oldest_waiting,
            runs_last_minute: row.last_minute,
            runs_last_hour: row.last_hour,
            mean_run: row.mean_seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    });
    Ok(read.collect())
}

/// Shows the figures to the metrics.
pub(crate) fn set_gauges(stats: &[QueueStats]) {
    for queue in stats {
        let name = &queue.queue;
        for (state, count) in [
            (JobState::Queued, queue.waiting),
            (JobState::Scheduled, queue.scheduled),
            (JobState::Running, queue.active),
            (JobState::Succeeded, queue.succeeded),
            (JobState::Failed, queue.failed),
        ] {
            metrics::gauge!("rookery_jobs", "queue" => name.clone(), "state" => state.label()).set(count as f64);
        }
        let age = queue.oldest_waiting.unwrap_or_default();
        metrics::gauge!("rookery_job_oldest_seconds", "queue" => name.clone()).set(age.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_the_queue() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(health(queues::PUBLISHING, 0, seconds(59)), Health::Ok);
        assert_eq!(health(queues::PUBLISHING, 0, seconds(60)), Health::Warning);
        assert_eq!(health(queues::PUBLISHING, 0, seconds(300)), Health::Critical);
        assert_eq!(health(queues::EMAIL, 0, seconds(299)), Health::Ok);
        assert_eq!(health(queues::SYSTEM, 0, seconds(899)), Health::Ok);
        assert_eq!(health(queues::SYSTEM, 10, None), Health::Warning);
        assert_eq!(health(queues::SYSTEM, 50, None), Health::Critical);
    }
}
