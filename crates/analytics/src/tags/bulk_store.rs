//! The statements on tags of many items at once.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{ContentId, TagChangeId, TagId, Timestamp, UserId};
use uuid::Uuid;

use super::bulk::TagChange;

/// How many of these items there are, and how many of them bear the tag.
pub(super) async fn count(tx: &mut OrgTx, tag: Option<TagId>, ids: &[Uuid]) -> Result<(u64, u64), Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        r#"select (select count(*) from analytics.content c where c.organization_id = $1 and c.id = any($3)) as "items!",
                  (select count(*) from analytics.content_tags l
                   where l.organization_id = $1 and l.tag_id = $2 and l.content_id = any($3)) as "bearing!""#,
        organization.uuid(),
        tag.map(TagId::uuid),
        ids,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.items.unsigned_abs(), row.bearing.unsigned_abs()))
}

/// Keeps a change and forgets all but the newest.
pub(super) async fn keep(tx: &mut OrgTx, change: &TagChange, by: Option<UserId>, kept: i64) -> Result<(), Error> {
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = change.content.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "delete from analytics.tag_changes
         where organization_id = $1 and id in (select id from analytics.tag_changes where organization_id = $1
                                               order by created_at desc, id desc offset $2)",
        organization.uuid(),
        kept - 1,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into analytics.tag_changes (organization_id, id, tag_id, is_added, content_ids, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        organization.uuid(),
        change.id.uuid(),
        change.tag_id.uuid(),
        change.is_added,
        &ids,
        by.map(UserId::uuid),
        change.created_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One change.
pub(super) async fn find(tx: &mut OrgTx, id: TagChangeId) -> Result<Option<TagChange>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        "select id, tag_id, is_added, content_ids, created_at, undone_at from analytics.tag_changes
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| TagChange {
        id: row.id,
        tag_id: row.tag_id,
        is_added: row.is_added,
        content: row.content_ids.into_iter().map(ContentId::from_uuid).collect(),
        created_at: row.created_at,
        undone_at: row.undone_at,
    }))
}

/// Notes that a change was undone; whether it was not before.
pub(super) async fn set_undone(tx: &mut OrgTx, id: TagChangeId, now: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update analytics.tag_changes set undone_at = $3
         where organization_id = $1 and id = $2 and undone_at is null",
        organization.uuid(),
        id.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
