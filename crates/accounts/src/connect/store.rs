//! The SQL of sign-ins at networks. A local table: the state is looked up by its digest.

use rookery_db::{Error, SystemTx};
use rookery_kernel::{OrganizationId, Platform, Timestamp, UserId};

/// What was remembered.
pub(super) struct Remembered {
    pub platform: Platform,
    pub sealed: Vec<u8>,
}

#[expect(clippy::too_many_arguments, reason = "one column each")]
pub(super) async fn insert(
    tx: &mut SystemTx,
    state_hash: &[u8],
    organization: OrganizationId,
    user: UserId,
    platform: Platform,
    sealed: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.oauth_states
            (state_hash, organization_id, user_id, platform, code_verifier_enc, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        state_hash,
        organization.uuid(),
        user.uuid(),
        platform as Platform,
        sealed,
        now,
        expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The row of a state that is alive and belongs to this person and organization; `once` uses it up.
pub(super) async fn take(
    tx: &mut SystemTx,
    state_hash: &[u8],
    organization: OrganizationId,
    user: UserId,
    once: bool,
    now: Timestamp,
) -> Result<Option<Remembered>, Error> {
    Ok(sqlx::query_as!(
        Remembered,
        "update accounts.oauth_states set consumed_at = case when $4 then $5 else consumed_at end
         where state_hash = $1 and organization_id = $2 and user_id = $3 and consumed_at is null and expires_at > $5
         returning platform, code_verifier_enc as \"sealed!\"",
        state_hash,
        organization.uuid(),
        user.uuid(),
        once,
        now,
    )
    .fetch_optional(tx.conn())
    .await?)
}

pub(super) async fn purge(tx: &mut SystemTx, now: Timestamp) -> Result<u64, Error> {
    let done = sqlx::query!("delete from accounts.oauth_states where expires_at < $1", now).execute(tx.conn()).await?;
    Ok(done.rows_affected())
}
