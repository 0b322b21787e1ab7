//! The worker: one lane per queue, the heartbeat, the caretakers and the wake-up lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rookery_db::Db;
use rookery_kernel::{Clock, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::instrument;

use crate::caretakers;
use crate::claim::Held;
use crate::ending;
use crate::enqueue::Jobs;
use crate::job::queues;
use crate::lane::{Lane, pause_after};
use crate::registry::Registry;
use crate::run::{Shared, panicked};
use crate::settings::{self, Settings};

/// How a worker works. The queues' own numbers are rows of `jobs.queues`.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// The process's name for people, such as the host's; a suffix makes it unique.
    pub name: String,
    /// Only these queues; all that have a handler if `None`.
    pub queues: Option<Vec<String>>,
    /// How often to look without being woken.
    pub poll: Duration,
    /// Lease of all queues instead of their own.
    pub lease: Option<Duration>,
    /// Jobs at once per queue instead of the queues' own.
    pub concurrency: Option<usize>,
    /// Most jobs in one claim.
    pub claim_batch: usize,
    /// Time for running handlers at a stop instead of 60 s for publishing and 30 s for the rest.
    pub grace: Option<Duration>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            name: "worker".into(),
            queues: None,
            poll: Duration::from_secs(1),
            lease: None,
            concurrency: None,
            claim_batch: 500,
            grace: None,
        }
    }
}

/// What became of the jobs that ran when the worker was told to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Ended by themselves within the grace.
    pub finished: usize,
    /// Put back; the attempt was not counted.
    pub released: usize,
    /// Could not be interrupted; their leases end by themselves and they are rescued.
    pub left: usize,
}

/// When this worker last heard from the database (STR-44's self-check). Clones share the figure.
#[derive(Debug, Clone)]
pub struct Pulse {
    last_claim: Arc<AtomicI64>,
    clock: Arc<dyn Clock>,
}

impl Pulse {
    /// The last claim that the database answered, with jobs or without.
    pub fn last_claim(&self) -> Option<Timestamp> {
        let millis = self.last_claim.load(Ordering::Relaxed);
        (millis > 0).then(|| Timestamp::from_millis(millis))
    }

    /// Whether the last claim was answered within 30 s.
    pub fn is_healthy(&self) -> bool {
        self.last_claim().is_some_and(|at| self.clock.now().since(at) < Duration::from_secs(30))
    }
}

/// Runs jobs.
pub struct Worker {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("owner", &self.shared.owner).field("registry", &self.shared.registry).finish()
    }
}

impl Worker {
    /// A worker that does nothing yet.
    pub fn new(db: Db, jobs: Jobs, registry: Registry, config: WorkerConfig) -> Self {
        let mut suffix = [0; 4];
        jobs.ids.fill(&mut suffix);
        let owner = format!("{}-{:08x}", config.name, u32::from_be_bytes(suffix));
        let shared = Shared {
            db,
            jobs,
            registry,
            config,
            owner,
            held: Held::default(),
            settings: watch::Sender::new(Arc::new(Settings::new())),
            last_claim: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The figure behind the self-check.
    pub fn pulse(&self) -> Pulse {
        Pulse { last_claim: Arc::clone(&self.shared.last_claim), clock: self.shared.clock() }
    }

    /// Works until `stop`; then claims nothing more, tells the handlers, waits for them within
    /// the grace, puts the others back and reports. Database errors never end it.
    #[instrument(skip_all, fields(worker = %self.shared.owner))]
    pub async fn run(self, stop: CancellationToken) -> StopReport {
        let shared = self.shared;
        if !begin(&shared, &stop).await {
            return StopReport::default();
        }
        tracing::info!(queues = ?shared.queues(), "the worker takes jobs");
        // The caretakers end with the stop; heartbeats go on until the last handler ended.
        let settled = CancellationToken::new();
        let mut helpers = JoinSet::new();
        helpers.spawn(caretakers::punctual(Arc::clone(&shared), stop.clone()));
        helpers.spawn(caretakers::housekeeping(Arc::clone(&shared), stop.clone()));
        helpers.spawn(heartbeat(Arc::clone(&shared), settled.clone()));
        let line = Arc::clone(&shared);
        let stopped = stop.clone();
        helpers.spawn(async move { line.jobs.wake.listen(&line.db, stopped).await });
        let line = Arc::clone(&shared);
        let stopped = settled.clone();
        helpers.spawn(async move { line.jobs.wake.notify_others(&line.db, stopped).await });

        let mut lanes = JoinSet::new();
        for queue in shared.queues() {
            let lane = Lane::new(Arc::clone(&shared), queue, shared.db_for(queue), stop.clone());
            lanes.spawn(lane.run());
        }
        // A process without handlers still keeps the timetable and rescues.
        stop.cancelled().await;
        let mut report = StopReport::default();
        while let Some(lane) = lanes.join_next().await {
            match lane {
                Ok(lane) => {
                    report.finished += lane.finished;
                    report.released += lane.released;
                    report.left += lane.left;
                }
                Err(error) => tracing::error!(%error, "a lane ended badly; its jobs are rescued when their leases end"),
            }
        }
        if report.released > 0 {
            shared.jobs.wake();
        }
        settled.cancel();
        while helpers.join_next().await.is_some() {}
        if let Err(error) = caretakers::sign_off(&shared).await {
            tracing::debug!(%error, "could not sign off");
        }
        tracing::info!(report.finished, report.released, report.left, "the worker stopped");
        report
    }

    /// For tests: runs everything that is due by the injected clock, one job after the other,
    /// until nothing is, and says how many runs that took. Promotes, rescues and keeps the
    /// timetable as the caretakers would; never sleeps.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn run_until_idle(&self) -> usize {
        let shared = &self.shared;
        let loaded = settings::load(&shared.db).await.expect("the test database answers");
        shared.settings.send_replace(Arc::new(loaded));
        caretakers::sign_on(shared).await.expect("the test database answers");
        let mut runs = 0;
        loop {
            caretakers::tend(shared).await.expect("the test database answers");
            let before = runs;
            for queue in shared.queues() {
                runs += self.run_due(queue).await.expect("the test database answers");
            }
            if runs == before {
                return runs;
            }
        }
    }

    /// Claims and runs the next job of a queue until there is none.
    async fn run_due(&self, queue: &'static str) -> Result<usize, rookery_db::Error> {
        let shared = &self.shared;
        let (db, kinds, stop) = (shared.db_for(queue), shared.kinds_of(queue), CancellationToken::new());
        let mut runs = 0;
        while let Some((job, token)) = shared.claim(&db, queue, &kinds, 1, &stop).await?.into_iter().next() {
            let result = tokio::spawn(shared.run(&db, &job, token)).await;
            let result = result.unwrap_or_else(|error| Err(panicked(error)));
            let mut ending = shared.conclude(queue, &job, result);
            ending::write(&db, &shared.owner, std::slice::from_mut(&mut ending)).await?;
            shared.held.remove([(ending.id, ending.attempt)]);
            runs += 1;
        }
        Ok(runs)
    }
}

impl Shared {
    /// The queues of this worker: those with a handler that the configuration allows.
    pub(crate) fn queues(&self) -> Vec<&'static str> {
        let allowed =
            |queue: &str| self.config.queues.as_ref().is_none_or(|only| only.iter().any(|name| name == queue));
        let mut names: Vec<_> =
            self.registry.handlers.values().map(|handler| handler.queue).filter(|queue| allowed(queue)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(crate) fn kinds_of(&self, queue: &str) -> Vec<String> {
        let handlers = self.registry.handlers.values().filter(|handler| handler.queue == queue);
        handlers.map(|handler| handler.kind.to_owned()).collect()
    }

    /// Publishing has connections of its own.
    pub(crate) fn db_for(&self, queue: &str) -> Db {
        if queue == queues::PUBLISHING { self.db.reserved_for_publishing() } else { self.db.clone() }
    }
}

/// Reads the settings and writes the timetable, as often as it takes. `false` if stopped first.
async fn begin(shared: &Shared, stop: &CancellationToken) -> bool {
    let mut failures = 0;
    loop {
        let ready = async {
            let loaded = settings::load(&shared.db).await?;
            shared.settings.send_replace(Arc::new(loaded));
            caretakers::sign_on(shared).await
        };
        let error = tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            ready = ready => match ready {
                Ok(()) => return true,
                Err(error) => error,
            },
        };
        failures += 1;
        tracing::warn!(%error, failures, "the worker cannot begin; trying again");
        tokio::select! {
            () = stop.cancelled() => return false,
            () = sleep(pause_after(failures)) => {}
        }
    }
}

/// Renews the leases of all running jobs, four times per lease, through the reserved connections:
/// a busy pool must not cost anybody a lease.
async fn heartbeat(shared: Arc<Shared>, settled: CancellationToken) {
    let db = shared.db.reserved_for_publishing();
    let mut failures = 0;
    loop {
        let shortest = shared.queues().into_iter().map(|queue| shared.settings(queue).lease).min();
        let beat = shortest.unwrap_or(Duration::from_secs(60)) / 4;
        let next = Instant::now() + if failures == 0 { beat } else { pause_after(failures).min(beat) };
        tokio::select! {
            biased;
            () = settled.cancelled() => return,
            () = tokio::time::sleep_until(next) => {}
        }
        match shared.held.renew(&db, &shared.owner, shared.now()).await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "could not renew the leases; trying again");
            }
        }
    }
}
