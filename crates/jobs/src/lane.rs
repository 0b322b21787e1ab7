//! A lane: the loop that claims and runs the jobs of one queue. Each queue has its own, so that
//! no queue waits for another; publishing's also has its own connections (STR-39).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rookery_db::Db;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::claim::Claimed;
use crate::ending::{self, Ending, RunOutcome};
use crate::job::{JobError, Outcome};
use crate::run::{Shared, panicked};
use crate::settings;
use crate::worker::StopReport;

/// Most endings in one statement.
const WRITE_BATCH: usize = 500;
/// Endings that may wait to be written before handlers' slots stay taken.
const UNWRITTEN_MAX: usize = 2_000;
/// How long an aborted handler may take to reach its next await.
const ABORT_GRACE: Duration = Duration::from_secs(1);
/// How long a stopping lane tries to write its last endings.
const WRITE_GRACE: Duration = Duration::from_secs(10);
/// Longest pause after failed statements.
const RETRY_CAP: Duration = Duration::from_secs(10);

type Finished = Result<(Id, Result<Outcome, JobError>), JoinError>;

/// Claims and runs jobs of one queue.
pub(crate) struct Lane {
    shared: Arc<Shared>,
    queue: &'static str,
    kinds: Vec<String>,
    db: Db,
    running: JoinSet<Result<Outcome, JobError>>,
    jobs: HashMap<Id, Claimed>,
    endings: mpsc::Sender<Ending>,
    ledger: tokio::task::JoinHandle<()>,
    report: StopReport,
    stop: CancellationToken,
}

impl Lane {
    pub(crate) fn new(shared: Arc<Shared>, queue: &'static str, db: Db, stop: CancellationToken) -> Self {
        let kinds = shared.kinds_of(queue);
        let (endings, written) = mpsc::channel(UNWRITTEN_MAX);
        let ledger = tokio::spawn(keep_ledger(Arc::clone(&shared), db.clone(), written));
        let (running, jobs) = (JoinSet::new(), HashMap::new());
        Self { shared, queue, kinds, db, running, jobs, endings, ledger, report: StopReport::default(), stop }
    }

    pub(crate) async fn run(mut self) -> StopReport {
        let mut rung = self.shared.jobs.wake.subscribe();
        let mut look = true;
        let mut next_look = Instant::now();
        let mut failures = 0;
        let stop = self.stop.clone();
        while !stop.is_cancelled() {
            let free = self.free();
            if look && free > 0 {
                // Registering interest before looking: a ring from here on is noticed.
                rung.borrow_and_update();
                match self.claim(free).await {
                    Ok(claimed) => {
                        failures = 0;
                        // A full batch means that more may wait.
                        look = claimed == free;
                        next_look = Instant::now() + self.shared.config.poll;
                    }
                    Err(error) => {
                        failures += 1;
                        look = false;
                        let pause = pause_after(failures);
                        next_look = Instant::now() + pause;
                        tracing::warn!(queue = self.queue, %error, failures, ?pause, "could not claim jobs; trying again");
                    }
                }
                while let Some(finished) = self.running.try_join_next_with_id() {
                    self.finish(finished).await;
                }
                if look && self.free() > 0 {
                    continue;
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(finished) = self.running.join_next_with_id() => {
                    self.finish(finished).await;
                    while let Some(finished) = self.running.try_join_next_with_id() {
                        self.finish(finished).await;
                    }
                }
                Ok(()) = rung.changed(), if failures == 0 => look = true,
                () = sleep_until(next_look) => {
                    look = true;
                    // Without a free slot the timer would be due for ever.
                    next_look = Instant::now() + self.shared.config.poll;
                }
            }
        }
        self.stop().await
    }

    fn free(&self) -> usize {
        let concurrency = self.shared.settings(self.queue).concurrency;
        concurrency.saturating_sub(self.running.len()).min(self.shared.config.claim_batch)
    }

    async fn claim(&mut self, rows_max: usize) -> Result<usize, rookery_db::Error> {
        let claimed = self.shared.claim(&self.db, self.queue, &self.kinds, rows_max, &self.stop).await?;
        let count = claimed.len();
        for (job, stop) in claimed {
            if self.stop.is_cancelled() {
                // The stop came while the database answered: nothing new begins.
                self.settle(Ending::released(&job, self.shared.now())).await;
                continue;
            }
            let run = self.shared.run(&self.db, &job, stop);
            let id = self.running.spawn(run).id();
            self.jobs.insert(id, job);
        }
        Ok(count)
    }

    /// The end of a run.
    async fn finish(&mut self, finished: Finished) {
        let (id, result) = match finished {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(if error.is_cancelled() { JobError::stopped() } else { panicked(error) })),
        };
        // Every spawned task was inserted under its id.
        let Some(job) = self.jobs.remove(&id) else { return };
        let ending = self.shared.conclude(self.queue, &job, result);
        self.settle(ending).await;
    }

    /// Counts an ending and hands it to the ledger.
    async fn settle(&mut self, ending: Ending) {
        if self.stop.is_cancelled() {
            match ending.outcome {
                RunOutcome::Released => self.report.released += 1,
                RunOutcome::Succeeded | RunOutcome::Failed => self.report.finished += 1,
            }
        }
        if self.endings.send(ending).await.is_err() {
            tracing::error!(queue = self.queue, "the ledger ended early; the job's lease will run out");
        }
    }

    /// Lets handlers finish within the grace, puts the rest back, writes everything down.
    async fn stop(mut self) -> StopReport {
        let grace = self.shared.config.grace.unwrap_or_else(|| settings::grace(self.queue));
        let deadline = Instant::now() + grace;
        while let Ok(Some(finished)) = timeout_at(deadline, self.running.join_next_with_id()).await {
            self.finish(finished).await;
        }
        self.running.abort_all();
        // A handler that blocks its thread cannot be aborted: putting its job back could run it
        // twice at the same time, so it keeps its lease, and recovery takes over.
        while let Ok(Some(finished)) = timeout(ABORT_GRACE, self.running.join_next_with_id()).await {
            self.finish(finished).await;
        }
        self.report.left += self.running.len();
        let Self { endings, ledger, report, .. } = self;
        drop(endings);
        if timeout(WRITE_GRACE, ledger).await.is_err() {
            tracing::error!("could not write the last endings; those jobs run again when their leases end");
        }
        report
    }
}

/// Writes endings as they come. While one statement runs the next batch gathers, so the batches
/// grow with the load and a lone job is written at once.
async fn keep_ledger(shared: Arc<Shared>, db: Db, mut endings: mpsc::Receiver<Ending>) {
    let mut batch = Vec::with_capacity(WRITE_BATCH);
    while endings.recv_many(&mut batch, WRITE_BATCH).await > 0 {
        let mut failures = 0;
        // The work is done, so writing it down is tried until it works; meanwhile the leases are
        // renewed as if the jobs still ran. If the process ends first, the leases end too.
        while let Err(error) = ending::write(&db, &shared.owner, &mut batch).await {
            failures += 1;
            tracing::warn!(%error, failures, endings = batch.len(), "could not write the ends of jobs; trying again");
            sleep(pause_after(failures)).await;
        }
        shared.held.remove(batch.drain(..).map(|ending| (ending.id, ending.attempt)));
    }
}

/// 100 ms, doubling, at most 10 s.
pub(crate) fn pause_after(failures: u32) -> Duration {
    crate::backoff::backoff(
        Duration::from_millis(100),
        RETRY_CAP,
        i32::try_from(failures).unwrap_or(i32::MAX),
        u32::MAX / 2,
    )
}
