//! The statements on attempts.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AttemptId, PublicationId, Timestamp};
use serde_json::Value;

use super::model::{Attempt, AttemptPhase, ErrorClass, StoredHandles};

/// A new attempt in phase `claimed`, with the next free number.
pub(crate) async fn insert(
    tx: &mut OrgTx,
    id: AttemptId,
    publication: PublicationId,
    worker: &str,
    post_revision: i32,
    now: Timestamp,
) -> Result<i32, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "insert into publishing.publication_attempts
            (id, organization_id, publication_id, attempt_no, phase, worker, post_revision, started_at)
         select $1, $2, $3, coalesce(max(a.attempt_no), 0) + 1, 'claimed', $4, $5, $6
         from publishing.publication_attempts a where a.organization_id = $2 and a.publication_id = $3
         returning attempt_no",
        id.uuid(),
        organization.uuid(),
        publication.uuid(),
        worker,
        post_revision,
        now as _,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The attempts of a publication, oldest first.
pub(crate) async fn of_publication(tx: &mut OrgTx, publication: PublicationId) -> Result<Vec<Attempt>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Attempt,
        "select id, publication_id, attempt_no, phase, worker, post_revision, started_at, sent_at, finished_at,
                http_status, error_class, error_code, error_message, retry_after_seconds, response, remote_handles
         from publishing.publication_attempts where organization_id = $1 and publication_id = $2
         order by attempt_no",
        organization.uuid(),
        publication.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Token and content are being made ready, unless the attempt was ended meanwhile.
pub(crate) async fn set_preparing(tx: &mut OrgTx, id: AttemptId) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.publication_attempts set phase = 'preparing'
         where organization_id = $1 and id = $2 and phase = 'claimed'",
        organization.uuid(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What stands at the network so far.
pub(crate) async fn set_handles(tx: &mut OrgTx, id: AttemptId, handles: &StoredHandles) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.publication_attempts set remote_handles = $3 where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        serde_json::to_value(handles).expect("handles are plain data"),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The point of no return.
pub(crate) async fn set_sending(tx: &mut OrgTx, id: AttemptId, digest: &[u8], now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.publication_attempts set phase = 'sending', sent_at = $3, request_digest = $4
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        now as _,
        digest,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How an attempt ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending<'a> {
    pub http_status: Option<u16>,
    pub class: Option<ErrorClass>,
    pub code: Option<&'a str>,
    pub message: Option<&'a str>,
    pub retry_after_seconds: Option<i32>,
    pub response: Option<Value>,
}

/// Writes the end of an attempt, or what a look-up made of it. What was noted before stays.
pub(crate) async fn close(
    tx: &mut OrgTx,
    id: AttemptId,
    phase: AttemptPhase,
    ending: &Ending<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.publication_attempts set
             phase = $3, finished_at = coalesce(finished_at, $4), http_status = coalesce($5, http_status),
             error_class = $6, error_code = $7, error_message = $8,
             retry_after_seconds = coalesce($9, retry_after_seconds), response = coalesce($10, response)
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        phase as AttemptPhase,
        now as _,
        ending.http_status.map(i32::from),
        ending.class as Option<ErrorClass>,
        ending.code,
        ending.message,
        ending.retry_after_seconds,
        ending.response,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes the look-ups made for an attempt.
pub(crate) async fn write_response(tx: &mut OrgTx, id: AttemptId, response: &Value) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.publication_attempts set response = $3 where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        response,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
