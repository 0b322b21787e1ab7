//! Taking jobs under a lease, and keeping the lease while they run.

use std::collections::{HashMap, HashSet};
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
    let mut tx = db.worker_pool().begin_with(include_str!("claim_begin.sql")).await?;
    let rows = sqlx::query_file!(
        "src/claim.sql",
        request.queue,
        request.kinds,
        request.owner,
        request.now as _,
        (request.now + request.lease) as _,
        i64::try_from(request.rows_max).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
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
    /// moment are skipped, so the two statements cannot wait for each other in a circle. Why there
    /// is no join is told at [`crate::ending::write`].
    pub(crate) async fn renew(&self, db: &Db, owner: &str, now: Timestamp) -> Result<(), Error> {
        let mut held: Vec<(JobId, i32, Timestamp)> =
            self.lock().iter().map(|(id, hold)| (*id, hold.attempt, now + hold.lease)).collect();
        if held.is_empty() {
            return Ok(());
        }
        held.sort_unstable();
        let ids: Vec<Uuid> = held.iter().map(|(id, ..)| id.uuid()).collect();
        let attempts: Vec<i32> = held.iter().map(|(_, attempt, _)| *attempt).collect();
        let until: Vec<Timestamp> = held.iter().map(|(.., until)| *until).collect();
        let ours = sqlx::query_scalar!(
            r#"with renewed as (
                   update jobs.jobs j set lease_expires_at = ($3::timestamptz[])[width_bucket(j.id, $1::uuid[])]
                   where j.id = any (array(
                       select o.id from jobs.jobs o
                       where o.id = any (array(select unnest($1::uuid[]))) and o.lease_owner = $4
                         and o.attempt = ($2::integer[])[width_bucket(o.id, $1::uuid[])]
                       for update skip locked))
               )
               select o.id as "id!: JobId" from jobs.jobs o
               where o.id = any (array(select unnest($1::uuid[]))) and o.lease_owner = $4
                 and o.attempt = ($2::integer[])[width_bucket(o.id, $1::uuid[])]"#,
            &ids,
            &attempts,
            &until as _,
            owner,
        )
        .fetch_all(db.worker_pool())
        .await?;
        let ours: HashSet<JobId> = ours.into_iter().collect();
        let mut now_held = self.lock();
        for (id, attempt, _) in held.into_iter().filter(|(id, ..)| !ours.contains(id)) {
            if now_held.get(&id).is_some_and(|hold| hold.attempt == attempt)
                && let Some(hold) = now_held.remove(&id)
            {
                hold.stop.cancel();
            }
        }
        Ok(())
    }
}
