//! The switch of the whole installation: while it is on, nothing leaves, of no organization. It is read in the
//! transaction that claims and in the one that commits `sending`, so it holds from the moment it is committed; what is
//! being sent right then still arrives.

pub(crate) mod store;

use rookery_governance::audit::{self, Entry, Origin};
use rookery_kernel::{Scope, Timestamp, UserId};
use serde_json::json;
use tracing::instrument;

use crate::Publishing;

/// Publishing is stopped for the whole installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstancePause {
    /// Since when.
    pub since: Timestamp,
    /// The person; `None` for the command line.
    pub set_by: Option<UserId>,
    /// Why, shown to everybody.
    pub reason: Option<String>,
}

const TABLE: &str = "publishing.instance_switches";
/// Longest reason.
const REASON_MAX: usize = 500;

impl Publishing {
    /// Whether publishing is stopped for the whole installation.
    ///
    /// # Errors
    /// The database's.
    pub async fn instance_pause(&self) -> Result<Option<InstancePause>, rookery_db::Error> {
        let mut tx = self.db.system("whether publishing is stopped").await?;
        let pause = store::pause(tx.conn()).await?;
        tx.rollback().await;
        Ok(pause)
    }

    /// Stops publishing for the whole installation. Asking twice keeps the first moment and takes the newer reason.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err)]
    pub async fn pause_instance(
        &self,
        by: &Origin,
        reason: Option<String>,
    ) -> Result<InstancePause, rookery_db::Error> {
        let reason = reason.map(|r| r.trim().chars().take(REASON_MAX).collect::<String>()).filter(|r| !r.is_empty());
        let mut tx = self.db.system("publishing is stopped").await?;
        let pause = InstancePause { since: self.clock.now(), set_by: by.actor.user_id(), reason };
        let stored = store::set_pause(tx.conn(), &pause).await?;
        let changes = json!({"since": [null, stored.since.to_string()], "reason": [null, stored.reason]});
        let entry = Entry { action: "pause", resource: TABLE, resource_id: Some(store::PAUSED.to_owned()), changes };
        audit::record_instance(tx.conn(), &*self.clock, by, &[entry]).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Lets everything leave again; what became due meanwhile goes at once. False if it was not stopped.
    ///
    /// # Errors
    /// The database's; an organization whose list cannot be read is left to the sweeper.
    #[instrument(skip_all, err)]
    pub async fn resume_instance(&self, by: &Origin) -> Result<bool, rookery_db::Error> {
        let mut tx = self.db.system("publishing goes on").await?;
        let Some(pause) = store::clear_pause(tx.conn()).await? else { return Ok(false) };
        let changes = json!({"since": [pause.since.to_string(), null]});
        let entry = Entry { action: "resume", resource: TABLE, resource_id: Some(store::PAUSED.to_owned()), changes };
        audit::record_instance(tx.conn(), &*self.clock, by, &[entry]).await?;
        tx.commit().await?;
        for organization in self.identity.organization_ids().await? {
            if let Err(error) = self.enqueue_after_pause(&Scope::worker(organization)).await {
                tracing::warn!(%organization, %error, "what is due could not be queued; the sweeper finds it");
            }
        }
        self.jobs.wake();
        Ok(true)
    }

    async fn enqueue_after_pause(&self, scope: &Scope) -> Result<(), crate::HouseError> {
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        self.enqueue_overdue(&mut tx, self.clock.now(), house.late_grace).await?;
        tx.commit().await?;
        Ok(())
    }
}
