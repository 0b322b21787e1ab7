//! The job that computes what was marked.

use std::time::Duration;

use rookery_db::{Error, OrgTx};
use rookery_jobs::{Job, JobError, Outcome, RunContext, queues};
use rookery_kernel::{OrganizationId, Scope};
use serde::{Deserialize, Serialize};

use super::marks_store as marks;
use crate::insights::BriefError;
use crate::performance::AskError;
use crate::{Analytics, run};

/// After a fetch the job waits so long for those of the other accounts.
const AFTER_FETCH: Duration = Duration::from_secs(60);
/// A fetch that takes longer is not waited for (spec/analytics.md §4.1).
const CUT_OFF: Duration = Duration::from_secs(6 * 3600);

/// Computes the sums of what changed in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUp {
    /// The tenant, for the key.
    pub organization_id: OrganizationId,
}

impl Job for RollUp {
    const KIND: &'static str = "analytics.roll_up";
    const QUEUE: &'static str = queues::ANALYTICS;
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(3600));

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.organization_id))
    }
}

impl Analytics {
    /// Has the sums computed as soon as the fetches that run are over. In the transaction of what changed.
    pub(crate) async fn roll_up_soon(&self, tx: &mut OrgTx) -> Result<(), Error> {
        let organization_id = tx.organization_id();
        let at = self.clock.now() + AFTER_FETCH;
        self.jobs.enqueue_at(tx.conn(), Some(organization_id), &RollUp { organization_id }, at).await?;
        Ok(())
    }

    /// Has the sums computed in a minute, or when the fetches that run then are over. Done anyway every hour.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan_roll_up(&self, scope: &Scope) -> Result<(), Error> {
        let mut tx = self.db.org(scope).await?;
        self.roll_up_soon(&mut tx).await?;
        tx.commit().await
    }

    /// Has the sums computed if something is marked.
    pub(crate) async fn roll_up_if_marked(&self, tx: &mut OrgTx) -> Result<(), Error> {
        if marks::is_any(tx).await? {
            let organization_id = tx.organization_id();
            self.jobs.enqueue(tx.conn(), Some(organization_id), &RollUp { organization_id }).await?;
        }
        Ok(())
    }

    pub(crate) async fn run_roll_up(&self, job: RollUp, context: RunContext) -> Result<Outcome, JobError> {
        let scope = context.scope().unwrap_or_else(|| Scope::worker(job.organization_id));
        let now = self.clock.now();
        let mut tx = self.db.org(&scope).await?;
        let is_collecting = run::is_running(&mut tx, now - CUT_OFF).await?;
        tx.commit().await?;
        if is_collecting {
            return Ok(Outcome::SnoozeUntil(now + AFTER_FETCH));
        }
        let done = self.roll_up(&scope).await?;
        tracing::info!(organizationId = %scope.organization_id, marks = done.marks, rows = done.rows, "sums are up to date");
        let alerts = self.raise_alerts(&scope).await?;
        tracing::info!(organizationId = %scope.organization_id, raised = alerts.raised, resolved = alerts.resolved, closed = alerts.closed, "alerts are up to date");
        match self.make_briefs(&scope).await {
            Ok(briefs) => tracing::info!(organizationId = %scope.organization_id, briefs, "briefs are up to date"),
            Err(BriefError::Db(error) | BriefError::Ask(AskError::Db(error))) => return Err(error.into()),
            // A group that was deleted in this moment; whoever reads a brief of it is told so.
            Err(error) => tracing::warn!(organizationId = %scope.organization_id, %error, "a brief was not made"),
        }
        Ok(Outcome::Done)
    }
}
