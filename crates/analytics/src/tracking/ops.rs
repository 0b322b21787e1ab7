//! Track, untrack, list.

use std::collections::BTreeSet;

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, Scope, Zone};
use tracing::instrument;
use uuid::Uuid;

use super::model::{TRACKED_MAX, Tracked};
use super::store;
use crate::{Analytics, rollup};

/// The tracked list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// No such accounts in this organization.
    #[error("no such account: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    NotFound(Vec<AccountId>),
    /// More accounts than an organization may track.
    #[error("{asked} accounts would be tracked; {max} are possible")]
    TooMany {
        /// Accounts that would be tracked.
        asked: usize,
        /// Accounts that may be.
        max: usize,
    },
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

const TABLE: &str = "analytics.tracked_integrations";

impl Analytics {
    /// Tracks these accounts too. Tracking one that is tracked already changes nothing.
    ///
    /// # Errors
    /// [`TrackError`]; nothing is changed then.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, accounts = accounts.len()))]
    pub async fn track(&self, scope: &Scope, accounts: &[AccountId]) -> Result<Vec<Tracked>, TrackError> {
        let wanted: BTreeSet<AccountId> = accounts.iter().copied().collect();
        let mut tx = self.db.org(scope).await?;
        store::lock_list(&mut tx).await?;
        self.enable(&mut tx, &wanted).await?;
        self.finish(tx).await
    }

    /// Stops collecting from these accounts. Their numbers and their place in groups stay.
    ///
    /// # Errors
    /// [`TrackError::Db`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, accounts = accounts.len()))]
    pub async fn untrack(&self, scope: &Scope, accounts: &[AccountId]) -> Result<Vec<Tracked>, TrackError> {
        let unwanted: BTreeSet<AccountId> = accounts.iter().copied().collect();
        let mut tx = self.db.org(scope).await?;
        store::lock_list(&mut tx).await?;
        self.disable(&mut tx, &unwanted).await?;
        self.finish(tx).await
    }

    /// Tracks exactly these accounts, in one transaction.
    ///
    /// # Errors
    /// [`TrackError`]; nothing is changed then.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, accounts = accounts.len()))]
    pub async fn replace_tracked(&self, scope: &Scope, accounts: &[AccountId]) -> Result<Vec<Tracked>, TrackError> {
        let wanted: BTreeSet<AccountId> = accounts.iter().copied().collect();
        let mut tx = self.db.org(scope).await?;
        store::lock_list(&mut tx).await?;
        let now: BTreeSet<AccountId> = store::enabled_ids(&mut tx).await?.into_iter().collect();
        self.disable(&mut tx, &(&now - &wanted)).await?;
        self.enable(&mut tx, &wanted).await?;
        self.finish(tx).await
    }

    /// Sets the zone whose days end the network's days for this account; `None` is UTC.
    ///
    /// # Errors
    /// [`TrackError::NotFound`] if the account was never tracked.
    #[instrument(skip_all, err, fields(account = %account))]
    pub async fn set_metrics_zone(
        &self,
        scope: &Scope,
        account: AccountId,
        zone: Option<&Zone>,
    ) -> Result<(), TrackError> {
        let mut tx = self.db.org(scope).await?;
        let before = store::find(&mut tx, account).await?.ok_or_else(|| TrackError::NotFound(vec![account]))?;
        let name = zone.map(Zone::name);
        store::set_zone(&mut tx, account, name, self.clock.now()).await?;
        let changes = Changes::new().set("metrics_timezone", before.metrics_timezone.as_deref(), name);
        self.note(&mut tx, &[(before.id.uuid(), "update", changes)]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// All accounts that are or were tracked, oldest first.
    ///
    /// # Errors
    /// [`TrackError::Db`].
    pub async fn tracked(&self, scope: &Scope) -> Result<Vec<Tracked>, TrackError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::list(&mut tx).await?)
    }

    async fn enable(&self, tx: &mut OrgTx, wanted: &BTreeSet<AccountId>) -> Result<(), TrackError> {
        let known: BTreeSet<AccountId> = self.accounts.list_in(tx).await?.iter().map(|a| a.id).collect();
        let foreign: Vec<AccountId> = wanted.difference(&known).copied().collect();
        if !foreign.is_empty() {
            return Err(TrackError::NotFound(foreign));
        }
        let enabled: BTreeSet<AccountId> = store::enabled_ids(tx).await?.into_iter().collect();
        let asked = enabled.union(wanted).count();
        if asked > TRACKED_MAX {
            return Err(TrackError::TooMany { asked, max: TRACKED_MAX });
        }
        let rows: Vec<(Uuid, Uuid)> =
            wanted.difference(&enabled).map(|account| (self.ids.uuid(), account.uuid())).collect();
        let enabled = store::enable(tx, &rows, self.clock.now()).await?;
        let changes = enabled.into_iter().map(|(id, is_new)| {
            let action = if is_new { "insert" } else { "update" };
            (id.uuid(), action, Changes::new().set("enabled", (!is_new).then_some(false), true))
        });
        Ok(self.note(tx, &changes.collect::<Vec<_>>()).await?)
    }

    async fn disable(&self, tx: &mut OrgTx, unwanted: &BTreeSet<AccountId>) -> Result<(), TrackError> {
        let accounts: Vec<Uuid> = unwanted.iter().map(|a| a.uuid()).collect();
        let disabled = store::disable(tx, &accounts, self.clock.now()).await?;
        let changes = disabled.into_iter().map(|id| (id.uuid(), "update", Changes::new().set("enabled", true, false)));
        Ok(self.note(tx, &changes.collect::<Vec<_>>()).await?)
    }

    async fn finish(&self, mut tx: OrgTx) -> Result<Vec<Tracked>, TrackError> {
        let list = store::list(&mut tx).await?;
        tx.commit().await?;
        Ok(list)
    }

    async fn note(&self, tx: &mut OrgTx, changes: &[(Uuid, &str, Changes)]) -> Result<(), rookery_db::Error> {
        let entries: Vec<audit::Entry<'_>> = changes
            .iter()
            .map(|(id, action, changes)| audit::Entry {
                action,
                resource: TABLE,
                resource_id: Some(id.to_string()),
                changes: changes.clone().into(),
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        // Sums say how many accounts should have reported.
        rollup::mark_all(tx).await?;
        audit::record(tx, &*self.clock, &entries).await
    }
}
