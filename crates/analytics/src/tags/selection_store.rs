//! The statement on what a selection would change.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, TagId};
use uuid::Uuid;

use crate::content::{ContentFilter, ContentFormat};

/// The items of a filter that bear the tag, or if it is to be added those that do not: newest first, at most so many.
pub(super) async fn changing(
    tx: &mut OrgTx,
    tag: TagId,
    filter: &ContentFilter,
    is_added: bool,
    most: i64,
) -> Result<Vec<ContentId>, Error> {
    let organization = tx.organization_id();
    let accounts: Option<Vec<Uuid>> =
        filter.accounts.as_ref().map(|accounts| accounts.iter().copied().map(AccountId::uuid).collect());
    Ok(sqlx::query_scalar!(
        r#"select c.id as "id: ContentId" from analytics.content c
           where c.organization_id = $1 and ($4::uuid[] is null or c.integration_id = any($4))
             and ($5::analytics.content_format is null or c.format = $5)
             and ($6::timestamptz is null or c.published_at >= $6)
             and ($7::timestamptz is null or c.published_at < $7)
             and $3 <> exists (select from analytics.content_tags l
                               where l.organization_id = $1 and l.content_id = c.id and l.tag_id = $2)
           order by c.published_at desc, c.content_key desc
           limit $8"#,
        organization.uuid(),
        tag.uuid(),
        is_added,
        accounts.as_deref(),
        filter.format as Option<ContentFormat>,
        filter.from as _,
        filter.before as _,
        most,
    )
    .fetch_all(tx.conn())
    .await?)
}
