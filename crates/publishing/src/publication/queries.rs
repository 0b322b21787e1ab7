//! Work lists of publications (PUB-50).

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Platform, PublicationId, Timestamp};

/// A publication whose numbers are to be read again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SyncDue {
    /// The publication.
    #[sqlx(rename = "id")]
    pub publication_id: PublicationId,
    /// Its account.
    #[sqlx(rename = "social_account_id")]
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// Its id at the network.
    pub platform_post_id: String,
    /// Since when.
    #[sqlx(rename = "next_sync_at")]
    pub due: Timestamp,
}

const TO_COLLECT: &str = "select id, social_account_id, platform, platform_post_id, next_sync_at
     from publishing.post_publications
     where organization_id = $1 and status = 'published' and removed_at is null and next_sync_at is not null
       and next_sync_at <= $2
     order by next_sync_at, id
     limit $3";

/// What is out and due for reading, longest overdue first (Q7).
pub(crate) async fn to_collect(tx: &mut OrgTx, now: Timestamp, limit: i64) -> Result<Vec<SyncDue>, Error> {
    Ok(sqlx::query_as(TO_COLLECT).bind(tx.organization_id().uuid()).bind(now).bind(limit).fetch_all(tx.conn()).await?)
}
