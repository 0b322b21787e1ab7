//! Taking jobs under a lease, and keeping the lease while they run.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::{JobId, OrganizationId, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A job that this worker holds.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: JobId,
    pub(crate) kind: String,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) payload: Value,
    pub(crate) attempt: i32,
    pub(crate) attempts_max: i32,
    pub(crate) backoff_base: Option<Duration>,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) started_at: Timestamp,
}

/// What a claim asks for.
pub(crate) struct Request<'a> {
    pub(crate) queue: &'a str,
    pub(crate) kinds: &'a [String],
    pub(crate) owner: &'a str,
    pub(crate) rows_max: usize,
    pub(crate) now: Timestamp,
    pub(crate) lease: Duration,
}

/// Leases up to `rows_max` due jobs and counts the attempt. A million scheduled jobs cost it
/// nothing: they are not in the index it walks.
pub(crate) async fn claim(db: &Db, request: Request<'_>) -> Result<Vec<Claimed>, Error> {
    let rows = sqlx::query_file!(
        "src/claim.sql",
        request.queue,
        request.kinds,
        request.owner,
        request.now as _,
        (request.now + request.lease) as _,
        i64::try_from(request.rows_max).unwrap_or(i64::MAX),
    )
    .fetch_all(db.worker_pool())
    .await?;
    let mut claimed: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let backoff_base = row.backoff_base_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
            let job = Claimed {
                id: row.id,
                kind: row.kind,
                organization: row.organization,
                payload: row.payload,
                attempt: row.attempt,
                attempts_max: row.max_attempts,
                backoff_base,
                request_id: row.request_id,
                started_at: request.now,
            };
            ((row.priority, row.run_at, row.id), job)
        })
        .collect();
    // RETURNING has no order of its own.
    claimed.sort_by_key(|(order, _)| *order);
    Ok(claimed.into_iter().map(|(_, job)| job).collect())
}

/// What this process runs now: whose leases to renew, and how to tell a handler that it lost its.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<HashMap<JobId, Hold>>);

#[derive(Debug)]
struct Hold {
    attempt: i32,
    lease: Duration,
    stop: CancellationToken,
}

impl Held {
    /// Remembers a claimed job. If an earlier run of it is still here, that one lost its lease.
    pub(crate) fn add(&self, job: &Claimed, lease: Duration, stop: CancellationToken) {
        let hold = Hold { attempt: job.attempt, lease, stop };
        if let Some(earlier) = self.lock().insert(job.id, hold) {
            earlier.stop.cancel();
        }
    }

    /// Forgets runs whose end is written.
    pub(crate) fn remove(&self, ended: impl IntoIterator<Item = (JobId, i32)>) {
        let mut held = self.lock();
        for (id, attempt) in ended {
            if held.get(&id).is_some_and(|hold| hold.attempt == attempt) {
                held.remove(&id);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Hold>> {
        self.0.lock().expect("no holder of this lock panics")
    }

    /// Renews all leases in one statement and stops the handlers of jobs that are no longer ours
    /// (rescued after a long pause, or cancelled by a person).
    ///
    /// Renews what this process knows it runs, not what bears its name: a job whose claim was
    /// committed while the answer got lost must run out. Rows that are being finished at the same
    /// moment are skipped, so the two statements cannot wait for each other in a circle.
    pub(crate) async fn renew(&self, db: &Db, owner: &str, now: Timestamp) -> Result<(), Error> {
        let (ids, attempts, until): (Vec<Uuid>, Vec<i32>, Vec<Timestamp>) = {
            let held = self.lock();
            let row = |(id, hold): (&JobId, &Hold)| (id.uuid(), hold.attempt, now + hold.lease);
            held.iter().map(row).collect()
        };
        if ids.is_empty() {
            return Ok(());
        }
        let lost = sqlx::query!(
            r#"with held as materialized (
                   select * from unnest($1::uuid[], $2::integer[], $3::timestamptz[]) as h (id, attempt, until)
               ), ours as materialized (
                   select j.id, h.until from held h join jobs.jobs j
                       on j.id = h.id and j.attempt = h.attempt and j.state = 'running' and j.lease_owner = $4
                   for update of j skip locked
               ), renewed as (
                   update jobs.jobs j set lease_expires_at = o.until from ours o where j.id = o.id
               )
               select h.id as "id!: JobId", h.attempt as "attempt!"
               from held h left join jobs.jobs j on j.id = h.id
               where j.id is null or j.attempt <> h.attempt or j.state <> 'running' or j.lease_owner <> $4"#,
            &ids,
            &attempts,
            &until as _,
            owner,
        )
        .fetch_all(db.worker_pool())
        .await?;
        let mut held = self.lock();
        for row in lost {
            if held.get(&row.id).is_some_and(|hold| hold.attempt == row.attempt)
                && let Some(hold) = held.remove(&row.id)
            {
                hold.stop.cancel();
            }
        }
        Ok(())
    }
}
