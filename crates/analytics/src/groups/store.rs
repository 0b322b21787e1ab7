//! The statements on page groups.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PageGroupId, Timestamp, UserId, Zone};
use uuid::Uuid;

use super::model::{GroupDraft, PageGroup};
use crate::kpi::Range;

/// Names the list of groups among the advisory locks.
const LIST_LOCK: i32 = 0x726b_6772;

/// Two changes of one organization's groups wait for each other, so that the cap holds.
pub(super) async fn lock_list(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        r#"select pg_advisory_xact_lock($1, hashtext($2::text)) as "lock: ()""#,
        LIST_LOCK,
        organization.to_string(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The living groups by name, or one of them.
pub(super) async fn list(tx: &mut OrgTx, only: Option<PageGroupId>) -> Result<Vec<PageGroup>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select g.id, g.name, g.niche, g.description, g.created_at, g.updated_at,
                  coalesce(array_agg(t.integration_id order by m.assigned_at, t.integration_id)
                               filter (where t.id is not null), '{}') as "accounts!: Vec<Uuid>"
           from analytics.page_groups g
                left join analytics.page_group_members m on m.organization_id = $1 and m.group_id = g.id
                left join analytics.tracked_integrations t
                    on t.organization_id = $1 and t.id = m.tracked_integration_id
           where g.organization_id = $1 and g.deleted_at is null and ($2::uuid is null or g.id = $2)
           group by g.id, g.name, g.niche, g.description, g.created_at, g.updated_at
           order by lower(g.name), g.id"#,
        organization.uuid(),
        only.map(PageGroupId::uuid),
    )
    .fetch_all(tx.conn())
    .await?;
    let group = rows.into_iter().map(|row| PageGroup {
        id: PageGroupId::from_uuid(row.id),
        name: row.name,
        niche: row.niche,
        description: row.description,
        accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(group.collect())
}

/// The niches in use.
pub(super) async fn niches(tx: &mut OrgTx) -> Result<Vec<String>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select distinct niche as "niche!" from analytics.page_groups
           where organization_id = $1 and deleted_at is null and niche is not null order by 1"#,
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A new group.
pub(super) async fn insert(
    tx: &mut OrgTx,
    id: PageGroupId,
    draft: &GroupDraft,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.page_groups
             (id, organization_id, name, niche, description, created_by, updated_by, created_at, updated_at)
         values ($2, $1, $3, $4, $5, $6, $6, $7, $7)",
        organization.uuid(),
        id.uuid(),
        draft.name,
        draft.niche,
        draft.description,
        by.map(UserId::uuid),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a group other words.
pub(super) async fn update(
    tx: &mut OrgTx,
    id: PageGroupId,
    draft: &GroupDraft,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.page_groups
         set name = $3, niche = $4, description = $5, updated_by = $6, updated_at = $7
         where organization_id = $1 and id = $2 and deleted_at is null",
        organization.uuid(),
        id.uuid(),
        draft.name,
        draft.niche,
        draft.description,
        by.map(UserId::uuid),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a group; its name is free again, its members go.
pub(super) async fn delete(tx: &mut OrgTx, id: PageGroupId, by: Option<UserId>, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "with members as (
             delete from analytics.page_group_members m where m.organization_id = $1 and m.group_id = $2)
         update analytics.page_groups g set deleted_at = $4, updated_by = $3, updated_at = $4
         where g.organization_id = $1 and g.id = $2 and g.deleted_at is null",
        organization.uuid(),
        id.uuid(),
        by.map(UserId::uuid),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The row that groups hang on, for each of these accounts that was ever followed.
pub(super) async fn followed(tx: &mut OrgTx, accounts: &[Uuid]) -> Result<Vec<(AccountId, Uuid)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        "select t.integration_id, t.id from analytics.tracked_integrations t
         where t.organization_id = $1 and t.integration_id = any($2)",
        organization.uuid(),
        accounts,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.integration_id, row.id.uuid())).collect())
}

/// Puts accounts into a group; returns those that were not in it.
pub(super) async fn add_members(
    tx: &mut OrgTx,
    id: PageGroupId,
    tracked: &[Uuid],
    now: Timestamp,
) -> Result<Vec<Uuid>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "insert into analytics.page_group_members as m (organization_id, group_id, tracked_integration_id, assigned_at)
         select o.organization_id, $2, u.id, $4
         from identity.organizations o cross join unnest($3::uuid[]) as u (id)
         where o.organization_id = $1
         on conflict (organization_id, group_id, tracked_integration_id) do nothing
         returning m.tracked_integration_id",
        organization.uuid(),
        id.uuid(),
        tracked,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Takes accounts out of a group; returns those that were in it.
pub(super) async fn remove_members(tx: &mut OrgTx, id: PageGroupId, tracked: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "delete from analytics.page_group_members m
         where m.organization_id = $1 and m.group_id = $2 and m.tracked_integration_id = any($3)
         returning m.tracked_integration_id",
        organization.uuid(),
        id.uuid(),
        tracked,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// How many items the accounts of each group published in a range of days of `zone`; groups without any are left out.
pub(super) async fn posts(
    tx: &mut OrgTx,
    groups: &[Uuid],
    range: Range,
    zone: &Zone,
) -> Result<Vec<(PageGroupId, i64)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select m.group_id, count(*) as "posts!"
           from analytics.page_group_members m
                join analytics.tracked_integrations t
                    on t.organization_id = $1 and t.id = m.tracked_integration_id
                join analytics.content c on c.organization_id = $1 and c.integration_id = t.integration_id
           where m.organization_id = $1 and m.group_id = any($2) and c.published_at >= $3 and c.published_at < $4
           group by m.group_id"#,
        organization.uuid(),
        groups,
        zone.start_of(range.from) as _,
        zone.start_of(range.to.plus_days(1)) as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (PageGroupId::from_uuid(row.group_id), row.posts)).collect())
}
