//! The numbers of each queue, read from `jobs.queues` and read again while the worker runs.

use std::collections::BTreeMap;
use std::time::Duration;

use rookery_db::{Db, Error};

use crate::job::queues;

/// How long handlers of a queue may go on after the stop signal (STR-45).
pub(crate) fn grace(queue: &str) -> Duration {
    if queue == queues::PUBLISHING { Duration::from_secs(60) } else { Duration::from_secs(30) }
}

/// One queue's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueSettings {
    pub(crate) concurrency: usize,
    pub(crate) backoff_base: Duration,
    pub(crate) backoff_cap: Duration,
    pub(crate) timeout: Duration,
    pub(crate) lease: Duration,
}

/// All queues' numbers by name.
pub(crate) type Settings = BTreeMap<String, QueueSettings>;

pub(crate) async fn load(db: &Db) -> Result<Settings, Error> {
    let rows = sqlx::query!(
        "select name, concurrency, backoff_base_ms, backoff_cap_ms, timeout_seconds, lease_seconds from jobs.queues"
    )
    .fetch_all(db.worker_pool())
    .await?;
    let millis = |n: i32| Duration::from_millis(u64::try_from(n).unwrap_or_default());
    let seconds = |n: i32| Duration::from_secs(u64::try_from(n).unwrap_or_default());
    let read = rows.into_iter().map(|row| {
        let settings = QueueSettings {
            concurrency: usize::try_from(row.concurrency).unwrap_or_default(),
            backoff_base: millis(row.backoff_base_ms),
            backoff_cap: millis(row.backoff_cap_ms),
            timeout: seconds(row.timeout_seconds),
            lease: seconds(row.lease_seconds),
        };
        (row.name, settings)
    });
    Ok(read.collect())
}
