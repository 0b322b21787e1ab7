//! The SQL of API keys, and of the directory that is read before the organization is known.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{ApiKeyId, OrganizationId, Timestamp, UserId};
use sqlx::PgConnection;

use super::model::{ApiKey, KeyScope};
use crate::token::Digest;

/// A row as stored; the scopes are still words.
struct Row {
    id: ApiKeyId,
    created_by: Option<UserId>,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Row> for ApiKey {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            created_by: r.created_by,
            name: r.name,
            prefix: r.prefix,
            // A scope of a newer version grants nothing in this one.
            scopes: r.scopes.iter().filter_map(|scope| scope.parse::<KeyScope>().ok()).collect(),
            last_used_at: r.last_used_at,
            expires_at: r.expires_at,
            revoked_at: r.revoked_at,
            created_at: r.created_at,
        }
    }
}

pub(super) async fn insert(tx: &mut OrgTx, key: &ApiKey, digest: &Digest) -> Result<(), Error> {
    let organization = tx.organization_id();
    let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "insert into identity.api_keys (organization_id, id, created_by, name, prefix, key_hash, scopes, expires_at,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        organization.uuid(),
        key.id.uuid(),
        key.created_by.map(UserId::uuid),
        key.name,
        key.prefix,
        digest.as_slice(),
        &scopes,
        key.expires_at as _,
        key.created_at as _,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into identity.api_key_directory (key_hash, organization_id, api_key_id) values ($1, $2, $3)",
        digest.as_slice(),
        organization.uuid(),
        key.id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn list(tx: &mut OrgTx) -> Result<Vec<ApiKey>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        Row,
        "select id, created_by, name, prefix, scopes, last_used_at, expires_at, revoked_at, created_at
         from identity.api_keys where organization_id = $1
         order by revoked_at is not null, created_at desc, id desc",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(super) async fn find(tx: &mut OrgTx, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query_as!(
        Row,
        "select id, created_by, name, prefix, scopes, last_used_at, expires_at, revoked_at, created_at
         from identity.api_keys where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Into::into))
}

/// Ends a key; false if there is none to end. Its digest stays in the directory, so that its holder is told that
/// it was revoked.
pub(super) async fn revoke(tx: &mut OrgTx, id: ApiKeyId, now: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update identity.api_keys set revoked_at = $3 where organization_id = $1 and id = $2 and revoked_at is null",
        organization.uuid(),
        id.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn write_used(tx: &mut OrgTx, id: ApiKeyId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update identity.api_keys set last_used_at = $3 where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn directory(
    conn: &mut PgConnection,
    digest: &Digest,
) -> Result<Option<(OrganizationId, ApiKeyId)>, Error> {
    let row = sqlx::query!(
        "select organization_id, api_key_id from identity.api_key_directory where key_hash = $1",
        digest.as_slice(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (r.organization_id, r.api_key_id)))
}
