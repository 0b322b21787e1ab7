//! The statements on calendar feeds.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{OrganizationId, Timestamp, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A feed as stored.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub id: Uuid,
    pub user_id: UserId,
    pub token_hash: Vec<u8>,
    pub filter: Value,
    pub updated_at: Timestamp,
}

/// A person's feed, locked.
pub(super) async fn find(tx: &mut OrgTx, user: UserId) -> Result<Option<Row>, Error> {
    Ok(sqlx::query_as(
        "select id, user_id, token_hash, filter, updated_at from publishing.calendar_feeds
         where organization_id = $1 and user_id = $2 for update",
    )
    .bind(tx.organization_id().uuid())
    .bind(user.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// One feed.
pub(super) async fn by_id(tx: &mut OrgTx, id: Uuid) -> Result<Option<Row>, Error> {
    Ok(sqlx::query_as(
        "select id, user_id, token_hash, filter, updated_at from publishing.calendar_feeds
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}

/// A new feed, or a new address and filter for one.
pub(super) async fn write(
    tx: &mut OrgTx,
    id: Uuid,
    user: UserId,
    digest: &[u8; 32],
    filter: &Value,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.calendar_feeds (organization_id, id, user_id, token_hash, filter, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (organization_id, id)
            do update set token_hash = excluded.token_hash, filter = excluded.filter, updated_at = excluded.updated_at",
    )
    .bind(tx.organization_id().uuid())
    .bind(id)
    .bind(user.uuid())
    .bind(digest.as_slice())
    .bind(filter)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a feed away.
pub(super) async fn delete(tx: &mut OrgTx, id: Uuid) -> Result<(), Error> {
    sqlx::query("delete from publishing.calendar_feeds where organization_id = $1 and id = $2")
        .bind(tx.organization_id().uuid())
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Lets a token be found.
pub(super) async fn enter_directory(tx: &mut OrgTx, digest: &[u8; 32], id: Uuid) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.calendar_feed_directory (token_hash, organization_id, feed_id) values ($1, $2, $3)",
    )
    .bind(digest.as_slice())
    .bind(tx.organization_id().uuid())
    .bind(id)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a token be found no more.
pub(super) async fn leave_directory(tx: &mut OrgTx, digest: &[u8]) -> Result<(), Error> {
    sqlx::query("delete from publishing.calendar_feed_directory where token_hash = $1")
        .bind(digest)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Whose feed a token is.
pub(super) async fn directory(
    conn: &mut PgConnection,
    digest: &[u8; 32],
) -> Result<Option<(OrganizationId, Uuid)>, Error> {
    let found: Option<(Uuid, Uuid)> =
        sqlx::query_as("select organization_id, feed_id from publishing.calendar_feed_directory where token_hash = $1")
            .bind(digest.as_slice())
            .fetch_optional(conn)
            .await?;
    Ok(found.map(|(organization, id)| (OrganizationId::from_uuid(organization), id)))
}
