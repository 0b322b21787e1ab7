//! The statements on runs and failures.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Date, Limit, RunId, Timestamp};
use rookery_platforms::CallError;

use super::model::{
    FailureFilter, IngestErrorType, IngestFailure, IngestKind, IngestRun, IngestStatus, IngestTrigger, Tally, narrow,
};
use super::oddity::Oddities;

/// Longest message of a failure, in characters.
const MESSAGE_MAX: usize = 500;

/// A run to begin.
pub(crate) struct NewRun<'a> {
    pub id: RunId,
    pub account: AccountId,
    pub kind: IngestKind,
    pub date: Date,
    pub trigger: IngestTrigger,
    pub status: IngestStatus,
    pub attempt: i32,
    pub key: &'a str,
    pub error: Option<IngestErrorType>,
    pub now: Timestamp,
}

/// Notes that a step begins, or that it was skipped.
pub(crate) async fn open(tx: &mut OrgTx, run: &NewRun<'_>) -> Result<(), Error> {
    let organization = tx.organization_id();
    let is_over = run.status != IngestStatus::Running;
    sqlx::query!(
        "insert into analytics.ingest_runs (id, organization_id, integration_id, kind, date, trigger, status, attempt,
                                            job_id, error_type, started_at, finished_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $11)",
        run.id.uuid(),
        organization.uuid(),
        run.account.uuid(),
        run.kind as IngestKind,
        run.date as _,
        run.trigger as IngestTrigger,
        run.status as IngestStatus,
        run.attempt,
        run.key,
        run.error as Option<IngestErrorType>,
        run.now as _,
        is_over.then_some(run.now) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Opens the account's row of the day again, for a step that runs many times a day: the row tells of the last of them, the
/// failures of all stay with it. `None` if there is no such row yet.
pub(crate) async fn reopen(tx: &mut OrgTx, run: &NewRun<'_>) -> Result<Option<RunId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "update analytics.ingest_runs set status = 'running', attempt = $5, error_type = null, started_at = $6,
                finished_at = null, updated_at = $6
         where organization_id = $1
           and id = (select r.id from analytics.ingest_runs r
                     where r.organization_id = $1 and r.integration_id = $2 and r.date = $3 and r.kind = $4
                     order by r.created_at, r.id
                     limit 1)
         returning id",
        organization.uuid(),
        run.account.uuid(),
        run.date as _,
        run.kind as IngestKind,
        run.attempt,
        run.now as _,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Writes how far a run is.
pub(crate) async fn progress(tx: &mut OrgTx, id: RunId, tally: &Tally, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.ingest_runs
         set items_total = $3, items_ok = $4, items_failed = $5, api_calls = $6, updated_at = $7
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        narrow(tally.total),
        narrow(tally.ok),
        narrow(tally.failed),
        narrow(tally.api_calls),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes how a step ended.
pub(crate) async fn close(
    tx: &mut OrgTx,
    id: RunId,
    status: IngestStatus,
    error: Option<IngestErrorType>,
    (tally, oddities): (&Tally, &Oddities),
    now: Timestamp,
) -> Result<(), Error> {
    progress(tx, id, tally, now).await?;
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.ingest_runs
         set status = $3, error_type = $4, oddities = $6, finished_at = $5, updated_at = $5
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        status as IngestStatus,
        error as Option<IngestErrorType>,
        now as _,
        oddities as &Oddities,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends runs of this account that a crash left open: those that began before `before`.
pub(crate) async fn close_abandoned(
    tx: &mut OrgTx,
    account: AccountId,
    before: Timestamp,
    now: Timestamp,
) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update analytics.ingest_runs set status = 'failed', error_type = 'transient', finished_at = $4, updated_at = $4
         where organization_id = $1 and integration_id = $2 and status = 'running' and started_at <= $3",
        organization.uuid(),
        account.uuid(),
        before as _,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Says of the failures of these runs when they are tried again; a network's own word stands.
pub(crate) async fn promise_retry(tx: &mut OrgTx, runs: &[RunId], at: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    let runs: Vec<uuid::Uuid> = runs.iter().map(|run| run.uuid()).collect();
    sqlx::query!(
        "update analytics.ingest_errors set retry_at = $3
         where organization_id = $1 and run_id = any($2) and retry_at is null and error_type in ('transient', 'unknown')",
        organization.uuid(),
        &runs,
        at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether an account of the organization is being collected since after `after`.
pub(crate) async fn is_running(tx: &mut OrgTx, after: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from analytics.ingest_runs
                          where organization_id = $1 and status = 'running' and started_at > $2) as "is_running!""#,
        organization.uuid(),
        after as _,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Forgets an account's failures of before `before`.
pub(crate) async fn forget_failures(tx: &mut OrgTx, account: AccountId, before: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "delete from analytics.ingest_errors where organization_id = $1 and integration_id = $2 and created_at < $3",
        organization.uuid(),
        account.uuid(),
        before as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// A failure to note.
pub(crate) struct NewFailure<'a> {
    pub external_id: Option<&'a str>,
    pub error: &'a CallError,
    pub retry_at: Option<Timestamp>,
}

/// Notes the failures of a run in one statement.
pub(crate) async fn insert_failures(
    tx: &mut OrgTx,
    run: RunId,
    account: AccountId,
    date: Date,
    failures: &[NewFailure<'_>],
    now: Timestamp,
) -> Result<(), Error> {
    if failures.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let column = |f: fn(&CallError) -> Option<&String>| -> Vec<Option<String>> {
        failures.iter().map(|failure| f(failure.error).map(|text| clean(text))).collect()
    };
    let items: Vec<Option<String>> = failures.iter().map(|f| f.external_id.map(ToOwned::to_owned)).collect();
    let kinds: Vec<String> = failures.iter().map(|f| f.error.kind.label().to_owned()).collect();
    let statuses: Vec<Option<i32>> = failures.iter().map(|f| f.error.http_status.map(i32::from)).collect();
    let codes = column(|e| e.code.as_ref());
    let subcodes = column(|e| e.subcode.as_ref());
    let traces = column(|e| e.trace_id.as_ref());
    let messages: Vec<String> = failures.iter().map(|f| clean(&f.error.message)).collect();
    let retries: Vec<Option<Timestamp>> = failures.iter().map(|f| f.retry_at).collect();
    sqlx::query!(
        "insert into analytics.ingest_errors (run_id, organization_id, integration_id, external_content_id, date,
                                              error_type, http_status, platform_code, platform_subcode, trace_id,
                                              message, retry_at, created_at)
         select $2, o.organization_id, $3, u.item, $4, u.kind::analytics.ingest_error_type, u.status, u.code, u.subcode,
                u.trace, u.message, u.retry_at, $13
         from identity.organizations o
              cross join unnest($5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::text[], $11::text[],
                                $12::timestamptz[])
                  as u (item, kind, status, code, subcode, trace, message, retry_at)
         where o.organization_id = $1",
        organization.uuid(),
        run.uuid(),
        account.uuid(),
        date as _,
        &items as &[Option<String>],
        &kinds,
        &statuses as &[Option<i32>],
        &codes as &[Option<String>],
        &subcodes as &[Option<String>],
        &traces as &[Option<String>],
        &messages,
        &retries as _,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Fits the column and holds no NUL, which PostgreSQL's text cannot.
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(MESSAGE_MAX).collect()
}

/// One page of runs, newest first.
pub(crate) async fn page(tx: &mut OrgTx, after: Option<Cursor>, limit: Limit) -> Result<Vec<IngestRun>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        IngestRun,
        "select id, integration_id, kind, date, trigger, status, attempt, items_total, items_ok, items_failed, api_calls,
                error_type, oddities, started_at, finished_at, created_at
         from analytics.ingest_runs
         where organization_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
         order by created_at desc, id desc
         limit $4",
        organization.uuid(),
        after.map(|c| c.at) as _,
        after.map(|c| c.id),
        limit.probe(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// One run.
pub(crate) async fn find(tx: &mut OrgTx, id: RunId) -> Result<Option<IngestRun>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        IngestRun,
        "select id, integration_id, kind, date, trigger, status, attempt, items_total, items_ok, items_failed, api_calls,
                error_type, oddities, started_at, finished_at, created_at
         from analytics.ingest_runs where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The steps of one way through an account's day, in order: all that began with the same listing as this run.
pub(crate) async fn pass(tx: &mut OrgTx, id: RunId) -> Result<Vec<IngestRun>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        IngestRun,
        "with span as (
             select a.integration_id,
                    coalesce((select max(r.created_at) from analytics.ingest_runs r
                              where r.organization_id = $1 and r.integration_id = a.integration_id
                                and r.kind = 'content' and r.created_at <= a.created_at), a.created_at) as since,
                    (select min(r.created_at) from analytics.ingest_runs r
                     where r.organization_id = $1 and r.integration_id = a.integration_id
                       and r.kind = 'content' and r.created_at > a.created_at) as until
             from analytics.ingest_runs a
             where a.organization_id = $1 and a.id = $2
         )
         select r.id, r.integration_id, r.kind, r.date, r.trigger, r.status, r.attempt, r.items_total, r.items_ok,
                r.items_failed, r.api_calls, r.error_type, r.oddities, r.started_at, r.finished_at, r.created_at
         from span s
              join analytics.ingest_runs r on r.organization_id = $1 and r.integration_id = s.integration_id
         where r.created_at >= s.since and (s.until is null or r.created_at < s.until)
         order by r.created_at, r.kind, r.id
         limit 50",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Which numbers the account's content had in the weeks before, in the order of the columns of the sums.
pub(crate) async fn usual_numbers(tx: &mut OrgTx, account: AccountId, since: Date) -> Result<[bool; 8], Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        r#"select coalesce(bool_or(reach_items > 0), false) as "reach!",
                  coalesce(bool_or(impressions_items > 0), false) as "impressions!",
                  coalesce(bool_or(views_items > 0), false) as "views!",
                  coalesce(bool_or(reactions_items > 0), false) as "reactions!",
                  coalesce(bool_or(comments_items > 0), false) as "comments!",
                  coalesce(bool_or(shares_items > 0), false) as "shares!",
                  coalesce(bool_or(clicks_items > 0), false) as "clicks!",
                  coalesce(bool_or(saves_items > 0), false) as "saves!"
           from analytics.daily_rollups
           where organization_id = $1 and scope_id = $2 and format = 'all' and date >= $3"#,
        organization.uuid(),
        account.uuid(),
        since as Date,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok([row.reach, row.impressions, row.views, row.reactions, row.comments, row.shares, row.clicks, row.saves])
}

/// One page of failures, newest first. The cursor is (time, number).
pub(crate) async fn failures(
    tx: &mut OrgTx,
    filter: &FailureFilter,
    after: Option<(Timestamp, i64)>,
    limit: Limit,
) -> Result<Vec<IngestFailure>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        IngestFailure,
        "select id, run_id, integration_id, external_content_id, date, error_type, http_status, platform_code,
                platform_subcode, trace_id, message, retry_at, created_at
         from analytics.ingest_errors
         where organization_id = $1
           and ($2::uuid is null or integration_id = $2) and ($3::date is null or date = $3)
           and ($4::uuid is null or run_id = $4)
           and ($5::timestamptz is null or (created_at, id) < ($5, $6))
         order by created_at desc, id desc
         limit $7",
        organization.uuid(),
        filter.integration_id.map(AccountId::uuid),
        filter.date as _,
        filter.run_id.map(RunId::uuid),
        after.map(|(at, _)| at) as _,
        after.map(|(_, number)| number),
        limit.probe(),
    )
    .fetch_all(tx.conn())
    .await?)
}
