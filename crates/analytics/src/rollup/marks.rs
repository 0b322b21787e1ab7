//! Marks: what changed since sums were last computed.

use rookery_db::{Error, OrgTx};
use uuid::Uuid;

/// Content that is new, or whose publishing time, format or tags changed. Its totals, and the sums of its days by format
/// and group, are computed anew.
pub(crate) async fn mark_content(tx: &mut OrgTx, keys: &[i64]) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.rollup_marks (organization_id, kind, content_keys) values ($1, 'content', $2)",
        organization.uuid(),
        keys,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tags that other content bears now: all their days are computed anew.
pub(crate) async fn mark_tags(tx: &mut OrgTx, tags: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.rollup_marks (organization_id, kind, scope_id)
         select $1, 'tag', tag from unnest($2::uuid[]) as tag",
        organization.uuid(),
        tags,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Page groups that have other members now: all their days are computed anew.
pub(crate) async fn mark_groups(tx: &mut OrgTx, groups: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.rollup_marks (organization_id, kind, scope_id)
         select $1, 'group', page_group from unnest($2::uuid[]) as page_group",
        organization.uuid(),
        groups,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Everything: the organization's clocks changed, or somebody asks for it.
pub(crate) async fn mark_all(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!("insert into analytics.rollup_marks (organization_id, kind) values ($1, 'all')", organization.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
