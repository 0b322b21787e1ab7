//! Snapshots as jobs: one per account that has publications due, the look for them, and the weekly best times.

use std::time::Duration;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{AccountId, OrganizationId, Scope};
use rookery_publishing::numbers;
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::jobs::{attempt, scope};
use crate::Analytics;

/// Reads the numbers of one account's publications that are due. One at a time for an account: while it waits for a quota
/// nothing else is asked of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPublications {
    /// The tenant, for the key.
    pub organization_id: OrganizationId,
    /// The account.
    pub integration_id: AccountId,
}

impl Job for SnapshotPublications {
    const KIND: &'static str = "analytics.snapshot_publications";
    const QUEUE: &'static str = queues::ANALYTICS;
    const ATTEMPTS_MAX: Option<i32> = Some(5);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(1800));

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}", Self::KIND, self.organization_id, self.integration_id))
    }
}

/// Looks for accounts with publications that are due and adds their jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSnapshots {}

impl Job for PlanSnapshots {
    const KIND: &'static str = "analytics.plan_snapshots";
    const QUEUE: &'static str = queues::ANALYTICS;
    const PRIORITY: Option<i16> = Some(1);

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Computes every organization's best times to publish from its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanBestTimes {}

impl Job for PlanBestTimes {
    const KIND: &'static str = "analytics.plan_best_times";
    const QUEUE: &'static str = queues::ANALYTICS;
    const PRIORITY: Option<i16> = Some(5);

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

impl Analytics {
    pub(super) fn register_snapshots(&self, registry: Registry, identity: &Identity) -> Registry {
        let (reader, planner, times) = (self.clone(), self.clone(), self.clone());
        let (of_planner, of_times) = (identity.clone(), identity.clone());
        registry
            .on(move |job: SnapshotPublications, context: RunContext| {
                let analytics = reader.clone();
                async move { analytics.run_snapshots(job, context).await }
            })
            .on(move |_: PlanSnapshots, _: RunContext| {
                let (analytics, identity) = (planner.clone(), of_planner.clone());
                async move { analytics.run_snapshot_plan(&identity).await }
            })
            .on(move |_: PlanBestTimes, _: RunContext| {
                let (analytics, identity) = (times.clone(), of_times.clone());
                async move { analytics.run_best_times(&identity).await }
            })
            .every(TimetableEntry::new("analytics.publication_snapshots", "*/10 * * * *", &PlanSnapshots {}))
            .every(TimetableEntry::new("analytics.best_times", "40 3 * * 1", &PlanBestTimes {}))
    }

    async fn run_snapshots(&self, job: SnapshotPublications, context: RunContext) -> Result<Outcome, JobError> {
        let scope = scope(&context, job.organization_id);
        let result = self.read_publications_attempt(&scope, job.integration_id, attempt(&context)).await;
        self.answer(result)
    }

    /// Each organization by itself: one that fails leaves the others their hour.
    #[instrument(skip_all, err)]
    async fn run_snapshot_plan(&self, identity: &Identity) -> Result<Outcome, JobError> {
        let mut failed = None;
        for id in identity.organization_ids().await.map_err(JobError::transient)? {
            if let Err(error) = self.plan_snapshots_for(&Scope::worker(id)).await {
                tracing::warn!(organizationId = %id, %error, "the reading of publications could not be planned");
                failed = Some(JobError::from(error));
            }
        }
        failed.map_or(Ok(Outcome::Done), Err)
    }

    /// Adds the jobs of one organization's accounts that have publications due; returns how many are new. Accounts that
    /// cannot be used are left out until they are connected again.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan_snapshots_for(&self, scope: &Scope) -> Result<u64, rookery_db::Error> {
        let now = self.clock.now();
        let organization_id = scope.organization_id;
        let mut tx = self.db.org(scope).await?;
        let accounts = numbers::accounts_due(&mut tx, now).await?;
        if accounts.is_empty() {
            return Ok(0);
        }
        let job = |integration_id| (SnapshotPublications { organization_id, integration_id }, now);
        let jobs: Vec<_> = accounts.into_iter().map(job).collect();
        let added = self.jobs.enqueue_many(tx.conn(), Some(organization_id), &jobs).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(added)
    }

    #[instrument(skip_all, err)]
    async fn run_best_times(&self, identity: &Identity) -> Result<Outcome, JobError> {
        let mut failed = None;
        for id in identity.organization_ids().await.map_err(JobError::transient)? {
            let scope = Scope::worker(id);
            let computed = match identity.organization(&scope).await {
                Ok(organization) => {
                    self.compute_best_times(&scope, &organization.timezone).await.map_err(JobError::from)
                }
                Err(error) => Err(JobError::transient(error)),
            };
            if let Err(error) = computed {
                tracing::warn!(organizationId = %id, %error, "best times could not be computed");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Outcome::Done), Err)
    }
}
