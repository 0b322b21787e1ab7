//! The jobs of the engine and their places in the registry.

use std::time::Duration;

use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{PublicationId, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::Publishing;
use crate::recurring::PlanRecurring;

/// Runs before a job is a dead letter. The publication alone decides about attempts to send
/// (PUB-33); this only bounds how often a run may end in the middle.
const RUNS_MAX: i32 = 20;
/// Longer than the upload of a large video may take; the publication's lease is renewed meanwhile.
const RUN_TIMEOUT: Duration = Duration::from_secs(45 * 60);

/// Delivers a publication, if it is due and nothing holds it.
///
/// The key holds the moment: the job that is running now never swallows the one for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishPublication {
    /// Which.
    pub publication_id: PublicationId,
    /// The moment it was queued for.
    pub due: Timestamp,
}

impl Job for PublishPublication {
    const KIND: &'static str = "publishing.publish_publication";
    const QUEUE: &'static str = queues::PUBLISHING;
    const ATTEMPTS_MAX: Option<i32> = Some(RUNS_MAX);
    const TIMEOUT: Option<Duration> = Some(RUN_TIMEOUT);

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("publish:{}:{}", self.publication_id, self.due.to_jiff().as_microsecond()))
    }
}

/// Looks for a publication whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcilePublication {
    /// Which.
    pub publication_id: PublicationId,
    /// The moment of this look-up.
    pub due: Timestamp,
}

impl Job for ReconcilePublication {
    const KIND: &'static str = "publishing.reconcile_publication";
    const QUEUE: &'static str = queues::PUBLISHING;
    const ATTEMPTS_MAX: Option<i32> = Some(RUNS_MAX);
    const TIMEOUT: Option<Duration> = Some(RUN_TIMEOUT);

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("reconcile:{}:{}", self.publication_id, self.due.to_jiff().as_microsecond()))
    }
}

/// Finds due work that has lost its job, in all organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepDue {}

impl Job for SweepDue {
    const KIND: &'static str = "publishing.sweep_due";
    const QUEUE: &'static str = queues::PUBLISHING;

    fn dedupe_key(&self) -> Option<String> {
        Some("sweep".to_owned())
    }
}

impl Publishing {
    /// Adds the engine's jobs and its place in the timetable.
    #[must_use]
    pub fn register_jobs(&self, registry: Registry) -> Registry {
        // Deliveries have database connections of their own: no other work delays them.
        let engine = self.on(self.db.reserved_for_publishing());
        let (publish, reconcile, sweep) = (engine.clone(), engine.clone(), engine);
        let recurring = self.clone();
        self.register_imports(registry)
            .on(move |job: PublishPublication, context: RunContext| {
                let engine = publish.clone();
                async move { engine.run_publish(scope_of(&context)?, job.publication_id, context.stop).await }
            })
            .on(move |job: ReconcilePublication, context: RunContext| {
                let engine = reconcile.clone();
                async move { engine.run_reconcile(scope_of(&context)?, job.publication_id).await }
            })
            .on(move |_: SweepDue, _: RunContext| {
                let engine = sweep.clone();
                async move { engine.run_sweep().await }
            })
            .on(move |_: PlanRecurring, _: RunContext| {
                let publishing = recurring.clone();
                async move { publishing.run_recurring().await }
            })
            .every(TimetableEntry::new("publishing.plan_recurring", "11 * * * *", &PlanRecurring {}))
            .every(TimetableEntry::new("publishing.sweep_due", "* * * * *", &SweepDue {}))
    }

    async fn run_publish(&self, scope: Scope, id: PublicationId, stop: CancellationToken) -> Result<Outcome, JobError> {
        Ok(self.deliver(&scope, id, &stop).await?)
    }

    async fn run_reconcile(&self, scope: Scope, id: PublicationId) -> Result<Outcome, JobError> {
        Ok(self.reconcile(&scope, id).await?)
    }

    async fn run_sweep(&self) -> Result<Outcome, JobError> {
        self.sweep().await?;
        Ok(Outcome::Done)
    }
}

fn scope_of(context: &RunContext) -> Result<Scope, JobError> {
    context.scope().ok_or_else(|| JobError::permanent("a delivery without an organization"))
}
