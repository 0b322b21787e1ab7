//! Marks: what changed since sums were last computed.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Date;
use uuid::Uuid;

use crate::kinds::RollupMark;

/// Tags that other content bears now: all their days are computed anew.
pub(crate) async fn mark_tags(tx: &mut OrgTx, tags: &[Uuid]) -> Result<(), Error> {
    mark_scopes(tx, RollupMark::Tag, tags).await
}

/// Page groups that have other members now: all their days are computed anew.
pub(crate) async fn mark_groups(tx: &mut OrgTx, groups: &[Uuid]) -> Result<(), Error> {
    mark_scopes(tx, RollupMark::Group, groups).await
}

async fn mark_scopes(tx: &mut OrgTx, kind: RollupMark, scopes: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.rollup_marks (organization_id, kind, scope_id)
         select $1, $3, scope from unnest($2::uuid[]) as scope",
        organization.uuid(),
        scopes,
        kind as RollupMark,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Content without numbers whose tags are others now: what was published on its day is counted anew.
pub(crate) async fn mark_content(tx: &mut OrgTx, keys: &[i64]) -> Result<(), Error> {
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

/// Everything: the organization's clocks changed, or somebody asks for it.
pub(crate) async fn mark_all(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!("insert into analytics.rollup_marks (organization_id, kind) values ($1, 'all')", organization.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What some marks say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// How many marks.
    pub count: i64,
    /// Days whose numbers changed; the sums of accounts have moved already.
    pub days: Vec<Date>,
    /// Days that lost numbers: everything of them is summed anew.
    pub recount: Vec<Date>,
    pub content: Vec<i64>,
    pub tags: Vec<Uuid>,
    pub groups: Vec<Uuid>,
}

/// Takes the oldest marks away, but those that stand for everything.
pub(super) async fn take(tx: &mut OrgTx, limit: i64) -> Result<Marks, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Marks,
        r#"with taken as (
               delete from analytics.rollup_marks m
               where m.organization_id = $1
                 and m.id in (select n.id from analytics.rollup_marks n
                              where n.organization_id = $1 and n.kind <> 'all' order by n.id limit $2)
               returning m.kind, m.date, m.scope_id, m.content_keys)
           select count(*) as "count!",
                  array(select distinct t.date from taken t where t.kind = 'day' order by 1) as "days!: Vec<Date>",
                  array(select distinct t.date from taken t where t.kind = 'recount' order by 1) as "recount!: Vec<Date>",
                  array(select distinct unnest(t.content_keys) from taken t order by 1) as "content!",
                  array(select distinct t.scope_id from taken t where t.kind = 'tag' order by 1) as "tags!",
                  array(select distinct t.scope_id from taken t where t.kind = 'group' order by 1) as "groups!"
           from taken"#,
        organization.uuid(),
        limit,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The marks that stand for everything.
pub(super) async fn everything(tx: &mut OrgTx) -> Result<Vec<i64>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select id from analytics.rollup_marks where organization_id = $1 and kind = 'all' order by id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Takes these marks away.
pub(super) async fn remove(tx: &mut OrgTx, ids: &[i64]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from analytics.rollup_marks where organization_id = $1 and id = any($2)",
        organization.uuid(),
        ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether something is marked.
pub(super) async fn is_any(tx: &mut OrgTx) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from analytics.rollup_marks where organization_id = $1) as "is_any!""#,
        organization.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}
