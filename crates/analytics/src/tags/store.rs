//! The statements on tags and their links.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{ContentId, Cursor, Limit, TagId, Timestamp, UserId};
use uuid::Uuid;

use super::model::{ContentSelection, Tag, TagDraft, TagFilter, TagLink, TagOrder};
use crate::content::{ContentFilter, ContentFormat};
use crate::kinds::TagType;

/// One page of tags.
pub(super) async fn page(
    tx: &mut OrgTx,
    filter: &TagFilter,
    order: TagOrder,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Tag>, Error> {
    match order {
        TagOrder::Newest => newest(tx, filter, after, limit).await,
        TagOrder::MostUsed => most_used(tx, filter, limit).await,
    }
}

async fn newest(tx: &mut OrgTx, filter: &TagFilter, after: Option<Cursor>, limit: Limit) -> Result<Vec<Tag>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Tag,
        r#"select t.id, t.key, coalesce(t.label, t.key) as "label!", t.type as tag_type, t.color, t.description,
                  t.deleted_at, t.created_at,
                  (select count(*) from analytics.content_tags l
                   where l.organization_id = $1 and l.tag_id = t.id) as "uses!",
                  (select count(*) from analytics.tag_rules r
                   where r.organization_id = $1 and r.tag_id = t.id) as "rules!"
           from analytics.tags t
           where t.organization_id = $1 and ($2::analytics.tag_type is null or t.type = $2)
             and ($3::text is null or t.key like $3) and ($4 or t.deleted_at is null)
             and ($5::boolean is null
                  or $5 = exists (select from analytics.tag_rules r where r.organization_id = $1 and r.tag_id = t.id))
             and ($6::timestamptz is null or (t.created_at, t.id) < ($6, $7))
           order by t.created_at desc, t.id desc
           limit $8"#,
        organization.uuid(),
        filter.tag_type as Option<TagType>,
        filter.pattern(),
        filter.with_deleted,
        filter.has_rules,
        after.map(|c| c.at) as _,
        after.map(|c| c.id),
        limit.probe(),
    )
    .fetch_all(tx.conn())
    .await?)
}

async fn most_used(tx: &mut OrgTx, filter: &TagFilter, limit: Limit) -> Result<Vec<Tag>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Tag,
        r#"select t.id, t.key, coalesce(t.label, t.key) as "label!", t.type as tag_type, t.color, t.description,
                  t.deleted_at, t.created_at, coalesce(used.uses, 0) as "uses!",
                  (select count(*) from analytics.tag_rules r
                   where r.organization_id = $1 and r.tag_id = t.id) as "rules!"
           from analytics.tags t
                left join (select l.tag_id, count(*) as uses from analytics.content_tags l
                           where l.organization_id = $1 group by l.tag_id) used on used.tag_id = t.id
           where t.organization_id = $1 and ($2::analytics.tag_type is null or t.type = $2)
             and ($3::text is null or t.key like $3) and ($4 or t.deleted_at is null)
             and ($5::boolean is null
                  or $5 = exists (select from analytics.tag_rules r where r.organization_id = $1 and r.tag_id = t.id))
           order by coalesce(used.uses, 0) desc, t.key, t.id
           limit $6"#,
        organization.uuid(),
        filter.tag_type as Option<TagType>,
        filter.pattern(),
        filter.with_deleted,
        filter.has_rules,
        i64::try_from(limit.rows()).unwrap_or(i64::MAX),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// One tag, deleted or not.
pub(super) async fn find(tx: &mut OrgTx, id: TagId) -> Result<Option<Tag>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Tag,
        r#"select t.id, t.key, coalesce(t.label, t.key) as "label!", t.type as tag_type, t.color, t.description,
                  t.deleted_at, t.created_at,
                  (select count(*) from analytics.content_tags l
                   where l.organization_id = $1 and l.tag_id = t.id) as "uses!",
                  (select count(*) from analytics.tag_rules r
                   where r.organization_id = $1 and r.tag_id = t.id) as "rules!"
           from analytics.tags t where t.organization_id = $1 and t.id = $2"#,
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// A new tag.
pub(super) async fn insert(
    tx: &mut OrgTx,
    id: TagId,
    tag_type: TagType,
    key: &str,
    draft: &TagDraft,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.tags (id, organization_id, key, label, type, color, description, created_at, updated_at)
         values ($2, $1, $3, $4, $5, $6, $7, $8, $8)",
        organization.uuid(),
        id.uuid(),
        key,
        draft.label,
        tag_type as TagType,
        draft.color,
        draft.description,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a tag another name, colour or description.
pub(super) async fn update(
    tx: &mut OrgTx,
    id: TagId,
    key: &str,
    draft: &TagDraft,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.tags set key = $3, label = $4, color = $5, description = $6, updated_at = $7
         where organization_id = $1 and id = $2 and deleted_at is null",
        organization.uuid(),
        id.uuid(),
        key,
        draft.label,
        draft.color,
        draft.description,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a tag; what bears it goes on bearing it.
pub(super) async fn delete(tx: &mut OrgTx, id: TagId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.tags set deleted_at = $3, updated_at = $3
         where organization_id = $1 and id = $2 and deleted_at is null",
        organization.uuid(),
        id.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A selection as parameters of a statement.
struct Chosen {
    ids: Option<Vec<Uuid>>,
    accounts: Option<Vec<Uuid>>,
    format: Option<ContentFormat>,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Chosen {
    fn of(selection: &ContentSelection) -> Self {
        match selection {
            ContentSelection::Ids(ids) => Self {
                ids: Some(ids.iter().map(|id| id.uuid()).collect()),
                accounts: None,
                format: None,
                from: None,
                before: None,
            },
            ContentSelection::Filter(ContentFilter { accounts, format, from, before }) => Self {
                ids: None,
                accounts: accounts.as_ref().map(|a| a.iter().map(|id| id.uuid()).collect()),
                format: *format,
                from: *from,
                before: *before,
            },
        }
    }
}

/// How many of these items are there.
pub(super) async fn count_known(tx: &mut OrgTx, ids: &[Uuid]) -> Result<i64, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "known!" from analytics.content c where c.organization_id = $1 and c.id = any($2)"#,
        organization.uuid(),
        ids,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Puts a manual tag on items; those that did not bear it.
pub(super) async fn assign(
    tx: &mut OrgTx,
    tag: TagId,
    selection: &ContentSelection,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<Vec<ContentId>, Error> {
    let organization = tx.organization_id();
    let chosen = Chosen::of(selection);
    Ok(sqlx::query_scalar!(
        r#"insert into analytics.content_tags
             (organization_id, content_id, tag_id, tag_type, source, confidence, assigned_by, created_at)
         select c.organization_id, c.id, $2, 'manual', 'user', 1.0, $3, $9
         from analytics.content c
         where c.organization_id = $1 and ($4::uuid[] is null or c.id = any($4))
           and ($5::uuid[] is null or c.integration_id = any($5))
           and ($6::analytics.content_format is null or c.format = $6)
           and ($7::timestamptz is null or c.published_at >= $7)
           and ($8::timestamptz is null or c.published_at < $8)
         order by c.id
         on conflict (organization_id, content_id, tag_id) do nothing
         returning content_id as "content_id: ContentId""#,
        organization.uuid(),
        tag.uuid(),
        by.map(UserId::uuid),
        chosen.ids.as_deref(),
        chosen.accounts.as_deref(),
        chosen.format as Option<ContentFormat>,
        chosen.from as _,
        chosen.before as _,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Takes a manual tag off items; those that bore it.
pub(super) async fn unassign(
    tx: &mut OrgTx,
    tag: TagId,
    selection: &ContentSelection,
) -> Result<Vec<ContentId>, Error> {
    let organization = tx.organization_id();
    let chosen = Chosen::of(selection);
    Ok(sqlx::query_scalar!(
        r#"delete from analytics.content_tags l using analytics.content c
         where l.organization_id = $1 and l.tag_id = $2 and l.source = 'user'
           and c.organization_id = $1 and c.id = l.content_id
           and ($3::uuid[] is null or c.id = any($3))
           and ($4::uuid[] is null or c.integration_id = any($4))
           and ($5::analytics.content_format is null or c.format = $5)
           and ($6::timestamptz is null or c.published_at >= $6)
           and ($7::timestamptz is null or c.published_at < $7)
         returning l.content_id as "content_id: ContentId""#,
        organization.uuid(),
        tag.uuid(),
        chosen.ids.as_deref(),
        chosen.accounts.as_deref(),
        chosen.format as Option<ContentFormat>,
        chosen.from as _,
        chosen.before as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The tags of these items: those of people first, then the surest.
pub(super) async fn links(tx: &mut OrgTx, ids: &[Uuid]) -> Result<Vec<TagLink>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        TagLink,
        r#"select l.content_id, l.tag_id, coalesce(t.label, t.key) as "label!", t.color, l.tag_type, l.source,
                  l.confidence, t.deleted_at is not null as "is_deleted!"
           from analytics.content_tags l
                join analytics.tags t on t.organization_id = $1 and t.id = l.tag_id
           where l.organization_id = $1 and l.content_id = any($2)
           order by l.content_id, l.tag_type desc, l.confidence desc, t.key"#,
        organization.uuid(),
        ids,
    )
    .fetch_all(tx.conn())
    .await?)
}
