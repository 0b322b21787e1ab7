//! One run of one job: from the claimed row to the handler's result.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rookery_db::Db;
use rookery_kernel::{Clock, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::claim::{Claimed, Held, Request, claim};
use crate::ending::{Ending, Facts};
use crate::enqueue::Jobs;
use crate::job::{JobError, Outcome, Progress, RunContext};
use crate::registry::Registry;
use crate::settings::{QueueSettings, Settings};
use crate::worker::WorkerConfig;

/// What all parts of a worker share.
pub(crate) struct Shared {
    pub(crate) db: Db,
    pub(crate) jobs: Jobs,
    pub(crate) registry: Registry,
    pub(crate) config: WorkerConfig,
    /// Unique for this start of this worker: the lease owner.
    pub(crate) owner: String,
    pub(crate) held: Held,
    pub(crate) settings: watch::Sender<Arc<Settings>>,
    /// Milliseconds of the last claim that the database answered; 0 = none yet.
    pub(crate) last_claim: Arc<AtomicI64>,
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        self.jobs.clock.now()
    }

    /// The last claim that the database answered.
    pub(crate) fn last_claim(&self) -> Option<Timestamp> {
        let millis = self.last_claim.load(Ordering::Relaxed);
        (millis > 0).then(|| Timestamp::from_millis(millis))
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.jobs.clock)
    }

    /// The numbers of a queue as configured for this worker.
    pub(crate) fn settings(&self, queue: &str) -> QueueSettings {
        let mut settings = self.settings.borrow().get(queue).cloned().unwrap_or(QueueSettings {
            concurrency: 1,
            backoff_base: Duration::from_secs(2),
            backoff_cap: Duration::from_secs(3_600),
            timeout: Duration::from_secs(300),
            lease: Duration::from_secs(60),
        });
        if let Some(lease) = self.config.lease {
            settings.lease = lease;
        }
        if let Some(concurrency) = self.config.concurrency {
            settings.concurrency = concurrency;
        }
        settings
    }

    /// Claims up to `rows_max` jobs of a queue and remembers them as ours.
    pub(crate) async fn claim(
        &self,
        db: &Db,
        queue: &str,
        kinds: &[String],
        rows_max: usize,
        stop: &CancellationToken,
    ) -> Result<Vec<(Claimed, CancellationToken)>, rookery_db::Error> {
        let lease = self.settings(queue).lease;
        let now = self.now();
        let request = Request { queue, kinds, owner: &self.owner, rows_max, now, lease };
        let claimed = claim(db, request).await?;
        self.last_claim.store(now.as_millis(), Ordering::Relaxed);
        let with_stop = claimed.into_iter().map(|job| {
            let token = stop.child_token();
            self.held.add(&job, lease, token.clone());
            (job, token)
        });
        Ok(with_stop.collect())
    }

    /// The handler's future, bounded in time. A panic goes through; the caller catches it with
    /// the task.
    pub(crate) fn run(
        &self,
        db: &Db,
        job: &Claimed,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<Outcome, JobError>> + Send + 'static {
        // Only registered kinds are claimed.
        let handler = self.registry.handlers.get(job.kind.as_str()).cloned();
        let limit = handler
            .as_ref()
            .and_then(|handler| handler.timeout)
            .unwrap_or_else(|| self.settings(handler.as_ref().map_or("", |handler| handler.queue)).timeout);
        let context = RunContext {
            job_id: job.id,
            organization: job.organization,
            attempt: job.attempt,
            attempts_max: job.attempts_max,
            stop,
            request_id: job.request_id,
            progress: Progress { db: db.clone(), clock: self.clock() },
        };
        let span = tracing::info_span!("job", job.id = %job.id, job.kind = %job.kind, job.attempt = job.attempt);
        if let Some(organization) = job.organization {
            tracing::trace!(parent: &span, organization_id = %organization, "claimed");
        }
        let payload = job.payload.clone();
        async move {
            let Some(handler) = handler else {
                return Err(JobError::transient("this process has no handler for the kind").class("unknown_kind"));
            };
            match tokio::time::timeout(limit, (handler.run)(payload, context)).await {
                Ok(result) => result,
                Err(_) => Err(JobError::transient(format!("took longer than {} s", limit.as_secs())).class("timeout")),
            }
        }
        .instrument(span)
    }

    /// What follows from a run, told to the log and the metrics.
    pub(crate) fn conclude(&self, queue: &str, job: &Claimed, result: Result<Outcome, JobError>) -> Ending {
        let settings = self.settings(queue);
        let mut chance = [0; 4];
        self.jobs.ids.fill(&mut chance);
        let facts = Facts {
            now: self.now(),
            backoff_base: settings.backoff_base,
            backoff_cap: settings.backoff_cap,
            chance: u32::from_le_bytes(chance),
        };
        let ending = Ending::of(job, result, facts);
        let took = ending.finished_at.since(ending.started_at);
        metrics::histogram!("rookery_job_seconds", "queue" => queue.to_owned(), "kind" => job.kind.clone())
            .record(took.as_secs_f64());
        if let Some((class, message)) = &ending.error {
            let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(
                job.id = %job.id, job.kind = %job.kind, job.attempt = job.attempt, job.queue = queue,
                job.state = %ending.state, error.class = class, duration_ms, "job did not succeed: {message}"
            );
        }
        ending
    }
}

/// The result of a run whose task panicked.
pub(crate) fn panicked(error: tokio::task::JoinError) -> JobError {
    let text = match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "the handler panicked".to_owned()),
        Err(error) => error.to_string(),
    };
    JobError::transient(text).class("panic")
}
