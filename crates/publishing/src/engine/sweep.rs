//! The sweeper: once a minute it finds due work that has lost its job, dead leases, late
//! publications and accounts that work again. It only enqueues; the jobs decide.

use std::time::Duration;

use rookery_kernel::{AccountId, PublicationId, Scope, Timestamp};
use tracing::instrument;

use super::{EngineError, PublishPublication, ReconcilePublication};
use crate::Publishing;
use crate::publication::store;
use crate::reason::MISSED_AFTER;
use crate::watchdog::{self, OverdueSummary};

/// Work that is due for less than this still has its own job.
const SETTLED: Duration = Duration::from_secs(30);
/// In delivery for longer than this means that something hangs (PUB-32).
const STUCK_AFTER: Duration = Duration::from_secs(30 * 60);
/// Most rows of one organization in one sweep; the next sweep takes the others.
const BATCH: i64 = 500;

impl Publishing {
    /// Sweeps all organizations. One that fails does not keep the others from being swept.
    ///
    /// # Errors
    /// If the organizations cannot be listed.
    #[instrument(skip_all, err)]
    pub(super) async fn sweep(&self) -> Result<(), EngineError> {
        let mut all = store::Health::default();
        let mut overdue = OverdueSummary::default();
        for organization in self.identity.organization_ids().await? {
            match self.sweep_organization(&Scope::worker(organization)).await {
                Ok((health, (count, oldest))) => {
                    overdue.add(count, oldest);
                    all.missed += health.missed;
                    all.stuck += health.stuck;
                }
                Err(error) => tracing::error!(%organization, %error, "an organization could not be swept"),
            }
        }
        metrics::gauge!("rookery_publications_missed").set(all.missed as f64);
        metrics::gauge!("rookery_publications_stuck").set(all.stuck as f64);
        watchdog::set_gauge(overdue.count);
        Ok(())
    }

    async fn sweep_organization(
        &self,
        scope: &Scope,
    ) -> Result<(store::Health, (u64, Option<Timestamp>)), EngineError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let overdue = watchdog::overdue_in(&mut tx, house, now).await?;
        let mut enqueued = self.enqueue_overdue(&mut tx, now - SETTLED, house.late_grace).await?;
        let waiting = self.waiting_for_usable_accounts(&mut tx, now).await?;
        let health = store::health(&mut tx, now - MISSED_AFTER, now - STUCK_AFTER).await?;
        tx.commit().await?;
        for id in waiting {
            self.bring_forward(scope, id).await?;
            enqueued += 1;
        }
        if enqueued > 0 {
            tracing::info!(organization = %scope.organization_id, enqueued, "due publications without a job were queued");
            self.jobs.wake();
        }
        Ok((health, overdue))
    }

    /// Enqueues what is due since `before` and may have lost its job, what is too late, and what a dead lease
    /// holds. Work that still has its job is left alone by the job's key.
    pub(crate) async fn enqueue_overdue(
        &self,
        tx: &mut rookery_db::OrgTx,
        before: Timestamp,
        late_grace: Duration,
    ) -> Result<u64, rookery_db::Error> {
        let (now, organization) = (self.clock.now(), tx.organization_id());
        let late = now - late_grace.max(MISSED_AFTER);
        let due = store::due(tx, before, late, now, BATCH).await?;
        let (looks, deliveries): (Vec<_>, Vec<_>) = due.into_iter().partition(|d| d.is_doubtful);
        let looks: Vec<_> =
            looks.into_iter().map(|d| (ReconcilePublication { publication_id: d.id, due: d.at }, now)).collect();
        let deliveries: Vec<_> =
            deliveries.into_iter().map(|d| (PublishPublication { publication_id: d.id, due: d.at }, now)).collect();
        let mut enqueued = 0;
        if !looks.is_empty() {
            enqueued += self.jobs.enqueue_many(tx.conn(), Some(organization), &looks).await?;
        }
        if !deliveries.is_empty() {
            enqueued += self.jobs.enqueue_many(tx.conn(), Some(organization), &deliveries).await?;
        }
        Ok(enqueued)
    }

    /// What waits for an account that is connected again (PUB-41).
    async fn waiting_for_usable_accounts(
        &self,
        tx: &mut rookery_db::OrgTx,
        now: Timestamp,
    ) -> Result<Vec<PublicationId>, EngineError> {
        let accounts = self.accounts.list_in(tx).await?;
        let usable: Vec<AccountId> = accounts.iter().filter(|a| a.may_publish()).map(|a| a.id).collect();
        Ok(store::waiting_for(tx, &usable, now).await?)
    }
}
