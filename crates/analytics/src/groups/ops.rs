//! Make, change, delete and compare groups.

use std::collections::BTreeMap;

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, PageGroupId, Scope, Zone};
use tracing::instrument;
use uuid::Uuid;

use super::model::{GROUPS_MAX, GroupDraft, GroupFault, GroupFigures, PageGroup};
use super::store;
use crate::kpi::{self, PeriodSums, Range, Rate};
use crate::{Analytics, rollup};

/// A group was not changed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// No such group in this organization.
    #[error("there is no such group")]
    NotFound,
    /// Another group is called so.
    #[error("there is a group called {0:?} already")]
    NameTaken(String),
    /// As many groups as there may be.
    #[error("an organization has at most {GROUPS_MAX} groups")]
    TooMany,
    /// What was written does not fit.
    #[error(transparent)]
    Fault(#[from] GroupFault),
    /// These accounts are not followed in this organization.
    #[error("not followed: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    AccountNotFound(Vec<AccountId>),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

const GROUPS: &str = "analytics.page_groups";
const MEMBERS: &str = "analytics.page_group_members";

impl Analytics {
    /// All groups with their accounts, by name.
    ///
    /// # Errors
    /// [`GroupError::Db`].
    pub async fn groups(&self, scope: &Scope) -> Result<Vec<PageGroup>, GroupError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::list(&mut tx, None).await?)
    }

    /// One group.
    ///
    /// # Errors
    /// [`GroupError::NotFound`].
    pub async fn group(&self, scope: &Scope, id: PageGroupId) -> Result<PageGroup, GroupError> {
        let mut tx = self.db.org(scope).await?;
        one(&mut tx, id).await
    }

    /// The niches in use, in order.
    ///
    /// # Errors
    /// [`GroupError::Db`].
    pub async fn niches(&self, scope: &Scope) -> Result<Vec<String>, GroupError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::niches(&mut tx).await?)
    }

    /// Makes a group without accounts.
    ///
    /// # Errors
    /// [`GroupError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn create_group(&self, scope: &Scope, draft: GroupDraft) -> Result<PageGroup, GroupError> {
        let draft = draft.checked()?;
        let id = PageGroupId::generate(&*self.ids);
        let mut tx = self.db.org(scope).await?;
        store::lock_list(&mut tx).await?;
        if store::list(&mut tx, None).await?.len() >= GROUPS_MAX {
            return Err(GroupError::TooMany);
        }
        store::insert(&mut tx, id, &draft, scope.actor.user_id(), self.clock.now())
            .await
            .map_err(|e| taken(e, &draft.name))?;
        let changes = Changes::new()
            .new_value("name", &draft.name)
            .new_value("niche", &draft.niche)
            .new_value("description", &draft.description);
        self.note_group(&mut tx, GROUPS, "insert", id, changes).await?;
        finish(tx, id).await
    }

    /// Gives a group other words.
    ///
    /// # Errors
    /// [`GroupError`].
    #[instrument(skip_all, err, fields(group = %id))]
    pub async fn change_group(
        &self,
        scope: &Scope,
        id: PageGroupId,
        draft: GroupDraft,
    ) -> Result<PageGroup, GroupError> {
        let draft = draft.checked()?;
        let mut tx = self.db.org(scope).await?;
        let before = one(&mut tx, id).await?;
        let changes = Changes::new()
            .set("name", &before.name, &draft.name)
            .set("niche", &before.niche, &draft.niche)
            .set("description", &before.description, &draft.description);
        if changes.is_empty() {
            return Ok(before);
        }
        store::update(&mut tx, id, &draft, scope.actor.user_id(), self.clock.now())
            .await
            .map_err(|e| taken(e, &draft.name))?;
        self.note_group(&mut tx, GROUPS, "update", id, changes).await?;
        finish(tx, id).await
    }

    /// Deletes a group. Its accounts stay followed; its name is free again.
    ///
    /// # Errors
    /// [`GroupError::NotFound`].
    #[instrument(skip_all, err, fields(group = %id))]
    pub async fn delete_group(&self, scope: &Scope, id: PageGroupId) -> Result<(), GroupError> {
        let mut tx = self.db.org(scope).await?;
        let before = one(&mut tx, id).await?;
        store::delete(&mut tx, id, scope.actor.user_id(), self.clock.now()).await?;
        rollup::mark_groups(&mut tx, &[id.uuid()]).await?;
        self.roll_up_soon(&mut tx).await?;
        let changes = Changes::new()
            .set("name", &before.name, None::<&str>)
            .note("accounts", before.accounts.iter().map(ToString::to_string).collect::<Vec<_>>());
        self.note_group(&mut tx, GROUPS, "delete", id, changes).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Puts followed accounts into a group; those that are in it already stay as they are.
    ///
    /// # Errors
    /// [`GroupError`]; nothing is changed then.
    #[instrument(skip_all, err, fields(group = %id, accounts = accounts.len()))]
    pub async fn assign_accounts(
        &self,
        scope: &Scope,
        id: PageGroupId,
        accounts: &[AccountId],
    ) -> Result<PageGroup, GroupError> {
        let mut tx = self.db.org(scope).await?;
        one(&mut tx, id).await?;
        let rows = followed(&mut tx, accounts).await?;
        let tracked: Vec<Uuid> = rows.values().copied().collect();
        let added = store::add_members(&mut tx, id, &tracked, self.clock.now()).await?;
        self.moved(&mut tx, id, "insert", &rows, &added).await?;
        finish(tx, id).await
    }

    /// Takes an account out of a group; one that is not in it changes nothing.
    ///
    /// # Errors
    /// [`GroupError`].
    #[instrument(skip_all, err, fields(group = %id, account = %account))]
    pub async fn remove_account(
        &self,
        scope: &Scope,
        id: PageGroupId,
        account: AccountId,
    ) -> Result<PageGroup, GroupError> {
        let mut tx = self.db.org(scope).await?;
        one(&mut tx, id).await?;
        let rows = followed(&mut tx, &[account]).await?;
        let tracked: Vec<Uuid> = rows.values().copied().collect();
        let removed = store::remove_members(&mut tx, id, &tracked).await?;
        self.moved(&mut tx, id, "delete", &rows, &removed).await?;
        finish(tx, id).await
    }

    /// What the groups reached in `range`, side by side. Figures are sums of daily changes; posts are counted by days of
    /// `zone`.
    ///
    /// # Errors
    /// [`GroupError::Db`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn compare_groups(
        &self,
        scope: &Scope,
        zone: &Zone,
        range: Range,
    ) -> Result<Vec<GroupFigures>, GroupError> {
        let mut tx = self.db.org(scope).await?;
        let groups = store::list(&mut tx, None).await?;
        let ids: Vec<Uuid> = groups.iter().map(|group| group.id.uuid()).collect();
        let sums: BTreeMap<Uuid, PeriodSums> = kpi::period_sums(&mut tx, &ids, range).await?.into_iter().collect();
        let posts: BTreeMap<PageGroupId, i64> = store::posts(&mut tx, &ids, range, zone).await?.into_iter().collect();
        let figures = groups.into_iter().map(|group| {
            let sums = sums.get(&group.id.uuid());
            GroupFigures {
                posts: posts.get(&group.id).copied().unwrap_or(0),
                is_computed: sums.is_some(),
                reach: sums.and_then(|s| s.numbers.reach),
                engagement: sums.and_then(|s| s.engagement),
                rate: sums.map_or(Rate::unknown(), PeriodSums::engagement_rate),
                group,
            }
        });
        Ok(figures.collect())
    }

    /// Notes who came or went, and that the group's sums are others now.
    async fn moved(
        &self,
        tx: &mut OrgTx,
        id: PageGroupId,
        action: &str,
        rows: &BTreeMap<AccountId, Uuid>,
        moved: &[Uuid],
    ) -> Result<(), GroupError> {
        if moved.is_empty() {
            return Ok(());
        }
        rollup::mark_groups(tx, &[id.uuid()]).await?;
        self.roll_up_soon(tx).await?;
        let accounts: Vec<String> = rows
            .iter()
            .filter(|(_, tracked)| moved.contains(tracked))
            .map(|(account, _)| account.to_string())
            .collect();
        self.note_group(tx, MEMBERS, action, id, Changes::new().note("accounts", accounts)).await
    }

    async fn note_group(
        &self,
        tx: &mut OrgTx,
        resource: &str,
        action: &str,
        id: PageGroupId,
        changes: Changes,
    ) -> Result<(), GroupError> {
        let entry = audit::Entry { action, resource, resource_id: Some(id.to_string()), changes: changes.into() };
        Ok(audit::record(tx, &*self.clock, &[entry]).await?)
    }
}

async fn one(tx: &mut OrgTx, id: PageGroupId) -> Result<PageGroup, GroupError> {
    store::list(tx, Some(id)).await?.pop().ok_or(GroupError::NotFound)
}

async fn finish(mut tx: OrgTx, id: PageGroupId) -> Result<PageGroup, GroupError> {
    let group = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(group)
}

/// The followed rows of these accounts; an account without one is named.
async fn followed(tx: &mut OrgTx, accounts: &[AccountId]) -> Result<BTreeMap<AccountId, Uuid>, GroupError> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let rows: BTreeMap<AccountId, Uuid> = store::followed(tx, &ids).await?.into_iter().collect();
    let unknown: Vec<AccountId> = accounts.iter().copied().filter(|account| !rows.contains_key(account)).collect();
    if unknown.is_empty() { Ok(rows) } else { Err(GroupError::AccountNotFound(unknown)) }
}

fn taken(error: rookery_db::Error, name: &str) -> GroupError {
    match error.constraint() {
        Some("idx_page_groups_name") => GroupError::NameTaken(name.to_owned()),
        _ => error.into(),
    }
}
