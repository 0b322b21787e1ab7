//! What a receipt shows of the publications around its own.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{PostId, PublicationId, Timestamp};

use crate::publication::{Publication, PublicationStatus};

/// How a part of a post stands on an account.
pub(super) struct PartState {
    /// Its place in the post, from 1.
    pub place: i32,
    pub id: PublicationId,
    pub status: PublicationStatus,
    pub in_doubt: bool,
    pub url: Option<String>,
    pub at: Option<Timestamp>,
}

/// The parts of a post that stand, or wait, on the account of `root`.
pub(super) async fn parts(tx: &mut OrgTx, root: &Publication) -> Result<Vec<PartState>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        PartState,
        r#"select coalesce(p.sequence_no, 0) as "place!", u.id, u.status, u.needs_reconciliation as in_doubt,
                  u.platform_post_url as url, coalesce(u.published_at, u.scheduled_for) as "at: Timestamp"
           from publishing.posts p
                join publishing.post_publications u on u.organization_id = $1 and u.post_id = p.id
           where p.organization_id = $1 and p.parent_post_id = $2 and u.social_account_id = $3 and u.occurrence = $4
           order by 1"#,
        organization.uuid(),
        root.post_id.uuid(),
        root.social_account_id.uuid(),
        root.occurrence,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The publication that a part of a post belongs to on the same account.
pub(super) async fn root_of(tx: &mut OrgTx, part: &Publication, root: PostId) -> Result<Option<PublicationId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select id as "id: PublicationId" from publishing.post_publications
         where organization_id = $1 and post_id = $2 and social_account_id = $3 and occurrence = $4"#,
        organization.uuid(),
        root.uuid(),
        part.social_account_id.uuid(),
        part.occurrence,
    )
    .fetch_optional(tx.conn())
    .await?)
}
