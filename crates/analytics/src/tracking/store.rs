//! The statements on tracked accounts.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp, TrackedIntegrationId};
use uuid::Uuid;

use super::model::{Tracked, TrackingHealth};
use crate::run::IngestErrorType;

/// Names the list of tracked accounts among the advisory locks.
const LIST_LOCK: i32 = 0x726b_7472;

/// Two changes of one organization's list wait for each other, so that the cap holds.
pub(crate) async fn lock_list(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        r#"select pg_advisory_xact_lock($1, hashtext($2::text)) as "lock: ()""#,
        LIST_LOCK,
        organization.to_string(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// One account's tracking.
pub(crate) async fn find(tx: &mut OrgTx, account: AccountId) -> Result<Option<Tracked>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Tracked,
        "select id, organization_id, integration_id, enabled, tracking_since, metrics_timezone, last_content_at,
                last_metrics_at, health, last_error_type, last_error_code, last_error_message, next_attempt_at
         from analytics.tracked_integrations where organization_id = $1 and integration_id = $2",
        organization.uuid(),
        account.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// All of them, oldest first.
pub(crate) async fn list(tx: &mut OrgTx) -> Result<Vec<Tracked>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Tracked,
        "select id, organization_id, integration_id, enabled, tracking_since, metrics_timezone, last_content_at,
                last_metrics_at, health, last_error_type, last_error_code, last_error_message, next_attempt_at
         from analytics.tracked_integrations where organization_id = $1 order by created_at, id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The accounts that are collected from.
pub(crate) async fn enabled_ids(tx: &mut OrgTx) -> Result<Vec<AccountId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select integration_id from analytics.tracked_integrations where organization_id = $1 and enabled",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Turns tracking on for accounts that are not tracked, given as (new id, account); says which
/// rows are new.
pub(crate) async fn enable(
    tx: &mut OrgTx,
    rows: &[(Uuid, Uuid)],
    now: Timestamp,
) -> Result<Vec<(TrackedIntegrationId, bool)>, Error> {
    let organization = tx.organization_id();
    let (ids, accounts): (Vec<Uuid>, Vec<Uuid>) = rows.iter().copied().unzip();
    let enabled = sqlx::query_scalar!(
        "insert into analytics.tracked_integrations as t
               (id, organization_id, integration_id, enabled, tracking_since, created_at, updated_at)
           select u.id, o.organization_id, u.account_id, true, $4, $5, $5
           from identity.organizations o
                cross join unnest($2::uuid[], $3::uuid[]) as u (id, account_id)
           where o.organization_id = $1
           order by u.account_id
           on conflict (organization_id, integration_id) do update
               set enabled = true, health = 'ok', next_attempt_at = null, updated_at = excluded.updated_at
           returning t.id",
        organization.uuid(),
        &ids,
        &accounts,
        now.date_utc() as _,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(enabled.into_iter().map(|id| (id, ids.contains(&id.uuid()))).collect())
}

/// Turns tracking off where it is on.
pub(crate) async fn disable(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    now: Timestamp,
) -> Result<Vec<TrackedIntegrationId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "update analytics.tracked_integrations set enabled = false, health = 'disabled', updated_at = $3
         where organization_id = $1 and integration_id = any($2) and enabled
         returning id",
        organization.uuid(),
        accounts,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Sets the zone of the network's days.
pub(crate) async fn set_zone(
    tx: &mut OrgTx,
    account: AccountId,
    zone: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.tracked_integrations set metrics_timezone = $3, updated_at = $4
         where organization_id = $1 and integration_id = $2",
        organization.uuid(),
        account.uuid(),
        zone,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An enabled account for which the timetable has not collected a day yet, and its zone.
pub(crate) struct Unplanned {
    pub integration_id: AccountId,
    pub metrics_timezone: Option<String>,
}

/// The enabled accounts without a scheduled run for `date`.
pub(crate) async fn unplanned(tx: &mut OrgTx, date: Date) -> Result<Vec<Unplanned>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Unplanned,
        "select t.integration_id, t.metrics_timezone
         from analytics.tracked_integrations t
         where t.organization_id = $1 and t.enabled
           and not exists (select from analytics.ingest_runs r
                           where r.organization_id = $1 and r.integration_id = t.integration_id
                             and r.date = $2 and r.trigger = 'schedule' and r.kind <> 'snapshots')
         order by t.integration_id",
        organization.uuid(),
        date as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// What a run leaves behind on its account's tracking.
pub(crate) struct Outlook<'a> {
    pub account: AccountId,
    /// `None` leaves it as it is: a failure that is tried again soon.
    pub health: Option<TrackingHealth>,
    pub error: Option<OutlookError<'a>>,
    pub next_attempt_at: Option<Timestamp>,
    pub content_complete: bool,
    pub metrics_complete: bool,
    pub now: Timestamp,
}

/// The failure to remember.
pub(crate) struct OutlookError<'a> {
    pub kind: IngestErrorType,
    pub code: Option<&'a str>,
    pub message: &'a str,
}

/// Writes it.
pub(crate) async fn record_outlook(tx: &mut OrgTx, outlook: &Outlook<'_>) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.tracked_integrations set
             health = case when enabled then coalesce($3, health) else health end,
             last_error_type = $4, last_error_code = $5, last_error_message = $6, next_attempt_at = $7,
             last_content_at = case when $8 then $10 else last_content_at end,
             last_metrics_at = case when $9 then $10 else last_metrics_at end,
             updated_at = $10
         where organization_id = $1 and integration_id = $2",
        organization.uuid(),
        outlook.account.uuid(),
        outlook.health as Option<TrackingHealth>,
        outlook.error.as_ref().map(|e| e.kind) as Option<IngestErrorType>,
        outlook.error.as_ref().and_then(|e| e.code),
        outlook.error.as_ref().map(|e| e.message),
        outlook.next_attempt_at as _,
        outlook.content_complete,
        outlook.metrics_complete,
        outlook.now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
