//! The statements on runs and failures.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Date, Limit, RunId, Timestamp};
use rookery_platforms::CallError;

use super::model::{
    FailureFilter, IngestErrorType, IngestFailure, IngestKind, IngestRun, IngestStatus, IngestTrigger, Tally, narrow,
};

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
    tally: &Tally,
    now: Timestamp,
) -> Result<(), Error> {
    progress(tx, id, tally, now).await?;
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.ingest_runs set status = $3, error_type = $4, finished_at = $5, updated_at = $5
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        status as IngestStatus,
        error as Option<IngestErrorType>,
        now as _,
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
                error_type, started_at, finished_at, created_at
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
                error_type, started_at, finished_at, created_at
         from analytics.ingest_runs where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
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
