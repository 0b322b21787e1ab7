//! The SQL of idempotent requests.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;
use serde_json::Value;

use super::{Remembered, Request};

/// Writes the key, or takes over one that has expired; whether it is ours now. Waits for another transaction
/// that is writing the same key.
pub(super) async fn claim(
    tx: &mut OrgTx,
    request: &Request<'_>,
    digest: &[u8],
    sender: &str,
    now: Timestamp,
    expired_before: Timestamp,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "insert into governance.idempotent_requests as r (organization_id, key, method, path, request_hash, created_by,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (organization_id, key) do update
             set method = excluded.method, path = excluded.path, request_hash = excluded.request_hash,
                 created_by = excluded.created_by, created_at = excluded.created_at, response_status = null,
                 response_body = null
             where r.created_at < $8",
        organization.uuid(),
        request.key,
        request.method,
        request.path,
        digest,
        sender,
        now as _,
        expired_before as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(tx: &mut OrgTx, key: &str) -> Result<Option<Remembered>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Remembered,
        "select method, path, request_hash, created_by, response_status, response_body
         from governance.idempotent_requests
         where organization_id = $1 and key = $2",
        organization.uuid(),
        key,
    )
    .fetch_optional(tx.conn())
    .await?)
}

pub(super) async fn finish(tx: &mut OrgTx, key: &str, status: u16, body: &Value) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update governance.idempotent_requests set response_status = $3, response_body = $4
         where organization_id = $1 and key = $2",
        organization.uuid(),
        key,
        i32::from(status),
        body,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn delete_running(tx: &mut OrgTx, key: &str) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from governance.idempotent_requests
         where organization_id = $1 and key = $2 and response_status is null",
        organization.uuid(),
        key,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn delete_older_than(tx: &mut OrgTx, expired_before: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "delete from governance.idempotent_requests where organization_id = $1 and created_at < $2",
        organization.uuid(),
        expired_before as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
