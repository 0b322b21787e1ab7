//! Putting jobs in the queue, inside the caller's transaction.

use std::sync::Arc;

use rookery_db::{Db, Error};
use rookery_kernel::{Clock, IdGen, JobId, OrganizationId, Scope, Timestamp, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tracing::instrument;
use uuid::Uuid;

use crate::job::{Job, JobState};
use crate::notify::Wake;

/// A payload is a few ids; more than this is content that belongs in a table.
pub const PAYLOAD_BYTES_MAX: usize = 8 * 1024;

/// Looks for a live job with the same key this often before giving up. Each round needs another
/// process to finish and re-enqueue the same key in between, so two are already rare.
const ROUNDS_MAX: usize = 5;

/// The door to the queue. Clones share their wake-up line.
#[derive(Debug, Clone)]
pub struct Jobs {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGen>,
    pub(crate) wake: Arc<Wake>,
    request_id: Option<Uuid>,
    created_by: Option<UserId>,
}

/// What became of an enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// The job; the earlier one if there was one with the same key.
    pub id: JobId,
    /// Whether this call made it.
    pub is_new: bool,
}

/// A row to be.
pub(crate) struct NewRow {
    pub(crate) queue: String,
    pub(crate) kind: String,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) payload: Value,
    pub(crate) priority: Option<i16>,
    pub(crate) attempts_max: Option<i32>,
    pub(crate) dedupe_key: Option<String>,
    pub(crate) run_at: Timestamp,
}

impl NewRow {
    pub(crate) fn of<J: Job>(job: &J, organization: Option<OrganizationId>, at: Timestamp) -> Result<Self, Error> {
        let payload = serde_json::to_value(job).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        let size = payload.to_string().len();
        if size > PAYLOAD_BYTES_MAX {
            let message = format!("the payload of {} has {size} bytes; at most {PAYLOAD_BYTES_MAX}", J::KIND);
            return Err(sqlx::Error::Encode(message.into()).into());
        }
        Ok(Self {
            queue: J::QUEUE.to_owned(),
            kind: J::KIND.to_owned(),
            organization,
            payload,
            priority: job.priority(),
            attempts_max: J::ATTEMPTS_MAX,
            dedupe_key: job.dedupe_key(),
            run_at: at,
        })
    }
}

impl Jobs {
    /// A door whose jobs take their times from `clock` and their ids from `ids`.
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn IdGen>) -> Self {
        let wake = Arc::new(Wake::new(ids.uuid()));
        Self { clock, ids, wake, request_id: None, created_by: None }
    }

    /// The same door; its jobs remember who caused them and under which request.
    #[must_use]
    pub fn caused_by(&self, scope: &Scope) -> Self {
        Self { request_id: scope.request_id, created_by: scope.actor.user_id(), ..self.clone() }
    }

    /// Adds a job that is due now. It exists if and only if the caller's transaction commits.
    ///
    /// # Errors
    /// The database's; a payload over [`PAYLOAD_BYTES_MAX`].
    pub async fn enqueue<J: Job>(
        &self,
        conn: &mut PgConnection,
        organization: Option<OrganizationId>,
        job: &J,
    ) -> Result<Enqueued, Error> {
        self.enqueue_at(conn, organization, job, self.clock.now()).await
    }

    /// Adds a job that is due at `at`. A future job waits as `scheduled`, where it costs the
    /// workers nothing. If a job with the same key is alive it stays as it is, its time too;
    /// [`Jobs::withdraw`] it first to give it another.
    ///
    /// # Errors
    /// As [`Jobs::enqueue`].
    #[instrument(skip_all, err, fields(job.kind = J::KIND))]
    pub async fn enqueue_at<J: Job>(
        &self,
        conn: &mut PgConnection,
        organization: Option<OrganizationId>,
        job: &J,
        at: Timestamp,
    ) -> Result<Enqueued, Error> {
        let row = NewRow::of(job, organization, at)?;
        let id = JobId::generate(self.ids.as_ref());
        let now = self.clock.now();
        for _ in 0..ROUNDS_MAX {
            // The second branch reads with the statement's own snapshot, which does not yet hold
            // a row that another transaction committed while ours waited for it: then neither
            // branch has a row, and the next round, with a new snapshot, finds it.
            let found = sqlx::query!(
                r#"with fresh as (
                       insert into jobs.jobs (id, queue, kind, organization_id, payload, priority, state, run_at,
                                              max_attempts, dedupe_key, created_by, request_id, created_at, updated_at)
                       select $1, $2::text, $3, $4, $5, coalesce($6::smallint, q.default_priority, 3::smallint),
                              case when $7::timestamptz > $8::timestamptz then 'scheduled' else 'queued' end::jobs.job_state,
                              $7, coalesce($9::integer, q.max_attempts, 3), $10, $11, $12, $8, $8
                       from (values (1)) as one left join jobs.queues q on q.name = $2
                       on conflict (queue, dedupe_key)
                           where dedupe_key is not null and state in ('queued', 'scheduled', 'running')
                           do nothing
                       returning id)
                   select f.id as "id!: JobId", true as "is_new!" from fresh f
                   union all
                   select j.id, false from jobs.jobs j
                   where j.queue = $2 and j.dedupe_key = $10 and j.state in ('queued', 'scheduled', 'running')
                     and not exists (select from fresh)"#,
                id.uuid(),
                row.queue,
                row.kind,
                row.organization.map(OrganizationId::uuid),
                row.payload,
                row.priority,
                at as _,
                now as _,
                row.attempts_max,
                row.dedupe_key,
                self.created_by.map(UserId::uuid),
                self.request_id,
            )
            .fetch_optional(&mut *conn)
            .await?;
            if let Some(found) = found {
                return Ok(Enqueued { id: found.id, is_new: found.is_new });
            }
        }
        Err(sqlx::Error::Protocol(format!("a job of kind {} with the same key appears and vanishes", J::KIND)).into())
    }

    /// Adds many jobs in one statement and says how many were new. Jobs whose key is already
    /// alive, or came earlier in the same list, are left out.
    ///
    /// # Errors
    /// As [`Jobs::enqueue`].
    #[instrument(skip_all, err, fields(job.kind = J::KIND, jobs = jobs.len()))]
    pub async fn enqueue_many<J: Job>(
        &self,
        conn: &mut PgConnection,
        organization: Option<OrganizationId>,
        jobs: &[(J, Timestamp)],
    ) -> Result<u64, Error> {
        let rows: Vec<_> = jobs.iter().map(|(job, at)| NewRow::of(job, organization, *at)).collect::<Result<_, _>>()?;
        self.insert(conn, rows).await
    }

    /// Takes a job that has not begun back, found by its key, for example to give it another
    /// time. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn withdraw<J: Job>(&self, conn: &mut PgConnection, job: &J) -> Result<bool, Error> {
        let Some(key) = job.dedupe_key() else { return Ok(false) };
        let done = sqlx::query!(
            "update jobs.jobs set state = 'cancelled', finished_at = $3, updated_at = $3, error_class = 'withdrawn'
             where queue = $1 and dedupe_key = $2 and state in ('queued', 'scheduled')",
            J::QUEUE,
            key,
            self.clock.now() as _,
        )
        .execute(conn)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Wakes workers, here and in other processes. Call it after the commit; forgetting it costs
    /// at most one poll interval (a second).
    pub fn wake(&self) {
        self.wake.ring();
    }

    /// Hands wake-ups on to other processes until stopped. A process without a [`crate::Worker`]
    /// (which does it by itself) spawns this once.
    pub async fn notify_others(&self, db: &Db, stop: CancellationToken) {
        self.wake.notify_others(db, stop).await;
    }

    pub(crate) async fn insert(&self, conn: &mut PgConnection, rows: Vec<NewRow>) -> Result<u64, Error> {
        let count = rows.len();
        let now = self.clock.now();
        let ids: Vec<Uuid> = rows.iter().map(|_| self.ids.uuid()).collect();
        let mut queues = Vec::with_capacity(count);
        let mut kinds = Vec::with_capacity(count);
        let mut organizations = Vec::with_capacity(count);
        let mut payloads = Vec::with_capacity(count);
        let mut priorities = Vec::with_capacity(count);
        let mut attempts = Vec::with_capacity(count);
        let mut keys = Vec::with_capacity(count);
        let mut times = Vec::with_capacity(count);
        let mut states = Vec::with_capacity(count);
        for row in rows {
            queues.push(row.queue);
            kinds.push(row.kind);
            organizations.push(row.organization.map(OrganizationId::uuid));
            payloads.push(row.payload);
            priorities.push(row.priority);
            attempts.push(row.attempts_max);
            keys.push(row.dedupe_key);
            times.push(row.run_at);
            states.push(if row.run_at > now { JobState::Scheduled } else { JobState::Queued }.label().to_owned());
        }
        let done = sqlx::query!(
            "insert into jobs.jobs (id, queue, kind, organization_id, payload, priority, state, run_at,
                                    max_attempts, dedupe_key, created_by, request_id, created_at, updated_at)
             select u.id, u.queue, u.kind, u.organization_id, u.payload, coalesce(u.priority, q.default_priority, 3::smallint),
                    u.state::jobs.job_state, u.run_at, coalesce(u.attempts, q.max_attempts, 3), u.dedupe_key,
                    $10, $11, $12, $12
             from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::text[],
                         $8::timestamptz[], $9::integer[], $13::text[])
                  as u (id, queue, kind, organization_id, payload, priority, state, run_at, attempts, dedupe_key)
                  left join jobs.queues q on q.name = u.queue
             on conflict (queue, dedupe_key)
                 where dedupe_key is not null and state in ('queued', 'scheduled', 'running')
                 do nothing",
            &ids,
            &queues,
            &kinds,
            &organizations as &[Option<Uuid>],
            &payloads,
            &priorities as &[Option<i16>],
            &states,
            &times as _,
            &attempts as &[Option<i32>],
            self.created_by.map(UserId::uuid),
            self.request_id,
            now as _,
            &keys as &[Option<String>],
        )
        .execute(conn)
        .await?;
        Ok(done.rows_affected())
    }
}
