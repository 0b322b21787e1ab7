//! The statements on imports of numbers and their rows.

use std::collections::HashMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, MetricImportId, Timestamp, UserId};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::columns::Source;
use super::model::{
    ImportCounts, ImportState, Mapping, MetricFinding, MetricImport, MetricRow, MetricRowState, PlannedReading,
};

/// A file that was uploaded.
pub(super) struct NewImport<'a> {
    pub id: MetricImportId,
    pub file_name: &'a str,
    pub file_hash: &'a [u8],
    pub file_size: usize,
    pub separator: &'static str,
    pub source: Source,
    pub headings: &'a [String],
    pub mapping: &'a Mapping,
    pub account: Option<AccountId>,
    pub expires_at: Timestamp,
}

/// What was found in a row.
pub(super) struct Examined {
    pub line: u32,
    pub state: MetricRowState,
    pub reading: Option<PlannedReading>,
    pub findings: Vec<MetricFinding>,
}

/// Counters and sizes of a file fit by its limits.
fn int(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn line_no(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

pub(super) async fn insert(tx: &mut OrgTx, new: &NewImport<'_>, now: Timestamp) -> Result<(), Error> {
    let by = tx.scope().actor.user_id().map(UserId::uuid);
    let sql = "
        insert into analytics.metric_imports
            (organization_id, id, file_name, file_hash, file_size, separator, source, headings, mapping, integration_id,
             state, rows_total, created_by, expires_at, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'reading', 0, $11, $12, $13, $13)";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(new.id.uuid())
        .bind(new.file_name)
        .bind(new.file_hash)
        .bind(int(new.file_size))
        .bind(new.separator)
        .bind(new.source.label())
        .bind(json!(new.headings))
        .bind(json!(new.mapping))
        .bind(new.account.map(AccountId::uuid))
        .bind(by)
        .bind(new.expires_at)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes how many rows a file has, once they were counted by storing them.
pub(super) async fn set_total(tx: &mut OrgTx, id: MetricImportId, rows: usize) -> Result<(), Error> {
    let sql = "update analytics.metric_imports set rows_total = $3 where organization_id = $1 and id = $2";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(int(rows)).execute(tx.conn()).await?;
    Ok(())
}

/// Rows as they were written, in one statement.
pub(super) async fn insert_rows(tx: &mut OrgTx, id: MetricImportId, rows: &[(u32, Vec<String>)]) -> Result<(), Error> {
    let sql = "
        insert into analytics.metric_import_rows (organization_id, import_id, line, cells)
        select o.organization_id, $2, u.line, u.cells
        from identity.organizations o cross join unnest($3::integer[], $4::jsonb[]) as u (line, cells)
        where o.organization_id = $1";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(rows.iter().map(|(line, _)| line_no(*line)).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, cells)| json!(cells)).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes what was found in rows, in one statement.
pub(super) async fn write_examined(tx: &mut OrgTx, id: MetricImportId, rows: &[Examined]) -> Result<(), Error> {
    let sql = "
        update analytics.metric_import_rows r
        set state = u.state, external_content_id = u.item, date = u.date, reading = u.reading, findings = u.findings
        from unnest($3::integer[], $4::text[], $5::text[], $6::date[], $7::jsonb[], $8::jsonb[])
            as u (line, state, item, date, reading, findings)
        where r.organization_id = $1 and r.import_id = $2 and r.line = u.line";
    let reading = |r: &Examined| r.reading.as_ref().map(|reading| json!(reading));
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(rows.iter().map(|r| line_no(r.line)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.state.label()).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.reading.as_ref().map(|x| x.external_id.clone())).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.reading.as_ref().map(|x| x.date)).collect::<Vec<_>>())
        .bind(rows.iter().map(reading).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.findings)).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Takes the later ones of rows about the same item and day out, in one statement: only one of them could be stored.
pub(super) async fn break_twins(tx: &mut OrgTx, id: MetricImportId) -> Result<(), Error> {
    let sql = "
        update analytics.metric_import_rows r
        set state = 'broken', findings = r.findings || jsonb_build_array(jsonb_build_object(
                'column', null, 'code', 'twice', 'message',
                'Line ' || twin.first || ' is about the same item and day; that one is stored.'))
        from (select line, first_value(line) over same as first
              from analytics.metric_import_rows
              where organization_id = $1 and import_id = $2 and state = 'ready'
              window same as (partition by external_content_id, date order by line)) twin
        where r.organization_id = $1 and r.import_id = $2 and r.line = twin.line and twin.first < twin.line";
    // The server knows nothing yet of the rows of an import that has just come. It takes them for one, and would number all of
    // them again for each (a hundred thousand rows: never done). Without nested loops both sides are read once.
    sqlx::query("select set_config('enable_nestloop', 'off', true)").execute(tx.conn()).await?;
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).execute(tx.conn()).await?;
    sqlx::query("select set_config('enable_nestloop', 'on', true)").execute(tx.conn()).await?;
    Ok(())
}

/// Begins to examine anew, by another mapping or for another account.
pub(super) async fn set_mapping(
    tx: &mut OrgTx,
    id: MetricImportId,
    mapping: &Mapping,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "
        update analytics.metric_imports
        set mapping = $3, integration_id = $4, state = 'reading', rows_done = 0, last_line = 0, ready_count = 0, broken_count = 0,
            skipped_count = 0, updated_at = $5
        where organization_id = $1 and id = $2";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(json!(mapping))
        .bind(account.map(AccountId::uuid))
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes how far a state is.
pub(super) async fn set_done(
    tx: &mut OrgTx,
    id: MetricImportId,
    more: usize,
    last_line: u32,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "update analytics.metric_imports set rows_done = rows_done + $3, last_line = $5, updated_at = $4
               where organization_id = $1 and id = $2";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(int(more))
        .bind(now)
        .bind(line_no(last_line))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// All rows are examined: counts them, and lets somebody decide.
pub(super) async fn set_ready(tx: &mut OrgTx, id: MetricImportId, now: Timestamp) -> Result<(), Error> {
    let sql = "
        update analytics.metric_imports i
        set state = 'ready', rows_done = n.total, rows_total = n.total, ready_count = n.ready, broken_count = n.broken,
            skipped_count = n.skipped, updated_at = $3
        from (select count(*) as total, count(*) filter (where state = 'ready') as ready,
                     count(*) filter (where state = 'broken') as broken,
                     count(*) filter (where state = 'skipped') as skipped
              from analytics.metric_import_rows where organization_id = $1 and import_id = $2) n
        where i.organization_id = $1 and i.id = $2";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Begins to store.
pub(super) async fn set_applying(tx: &mut OrgTx, id: MetricImportId, now: Timestamp) -> Result<(), Error> {
    let by = tx.scope().actor.user_id().map(UserId::uuid);
    let sql = "update analytics.metric_imports set state = 'applying', rows_done = 0, applied_by = $3, updated_at = $4
               where organization_id = $1 and id = $2";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(by).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Notes rows that were stored, and those that could not be.
pub(super) async fn set_stored(
    tx: &mut OrgTx,
    id: MetricImportId,
    lines: &[u32],
    of_other_basis: &[String],
    (content, written): (u64, u64),
    now: Timestamp,
) -> Result<(), Error> {
    let lines: Vec<i32> = lines.iter().map(|line| line_no(*line)).collect();
    let rows = "
        update analytics.metric_import_rows
        set state = case when external_content_id = any($4) then 'broken' else 'applied' end,
            findings = case when external_content_id = any($4)
                then findings || jsonb_build_array(jsonb_build_object('column', null, 'code', 'other_basis', 'message',
                     'Numbers of another kind stand under this day already: totals and numbers of a day do not mix.'))
                else findings end
        where organization_id = $1 and import_id = $2 and line = any($3)";
    sqlx::query(rows)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(&lines)
        .bind(of_other_basis)
        .execute(tx.conn())
        .await?;
    let sql = "
        update analytics.metric_imports
        set rows_done = rows_done + $3, content_count = content_count + $4, written_count = written_count + $5,
            updated_at = $6
        where organization_id = $1 and id = $2";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(int(lines.len()))
        .bind(i32::try_from(content).unwrap_or(i32::MAX))
        .bind(i32::try_from(written).unwrap_or(i32::MAX))
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// All that could be is stored.
pub(super) async fn set_applied(tx: &mut OrgTx, id: MetricImportId, now: Timestamp) -> Result<(), Error> {
    let sql = "
        update analytics.metric_imports i
        set state = 'applied', applied_at = $3, updated_at = $3, broken_count = n.broken
        from (select count(*) filter (where state = 'broken') as broken
              from analytics.metric_import_rows where organization_id = $1 and import_id = $2) n
        where i.organization_id = $1 and i.id = $2";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ImportRecord {
    id: MetricImportId,
    file_name: String,
    file_size: i32,
    separator: String,
    source: String,
    headings: Json<Vec<String>>,
    mapping: Json<Mapping>,
    integration_id: Option<AccountId>,
    state: String,
    rows_total: i32,
    rows_done: i32,
    last_line: i32,
    ready_count: i32,
    broken_count: i32,
    skipped_count: i32,
    content_count: i32,
    written_count: i32,
    applied_at: Option<Timestamp>,
    expires_at: Timestamp,
    created_at: Timestamp,
}

impl From<ImportRecord> for MetricImport {
    fn from(r: ImportRecord) -> Self {
        Self {
            id: r.id,
            file_name: r.file_name,
            file_size: usize::try_from(r.file_size).unwrap_or_default(),
            separator: r.separator,
            source: Source::of_label(&r.source),
            headings: r.headings.0,
            mapping: r.mapping.0,
            account: r.integration_id,
            state: ImportState::of_label(&r.state),
            counts: ImportCounts {
                total: r.rows_total.unsigned_abs(),
                done: r.rows_done.unsigned_abs(),
                ready: r.ready_count.unsigned_abs(),
                broken: r.broken_count.unsigned_abs(),
                skipped: r.skipped_count.unsigned_abs(),
                content: r.content_count.unsigned_abs(),
                written: r.written_count.unsigned_abs(),
            },
            last_line: r.last_line.unsigned_abs(),
            applied_at: r.applied_at,
            expires_at: r.expires_at,
            created_at: r.created_at,
        }
    }
}

const IMPORTS: &str = "
    select id, file_name, file_size, separator, source, headings, mapping, integration_id, state, rows_total, rows_done,
           last_line, ready_count, broken_count, skipped_count, content_count, written_count, applied_at, expires_at, created_at
    from analytics.metric_imports
    where organization_id = $1 and ($2::uuid is null or id = $2) and (applied_at is not null or expires_at > $3)
    order by created_at desc, id desc limit $4";

/// One import, unless it is a preview whose time is over.
pub(super) async fn find(tx: &mut OrgTx, id: MetricImportId, now: Timestamp) -> Result<Option<MetricImport>, Error> {
    let query = sqlx::query_as::<_, ImportRecord>(IMPORTS);
    let query = query.bind(tx.organization_id().uuid()).bind(id.uuid()).bind(now).bind(1_i64);
    Ok(query.fetch_optional(tx.conn()).await?.map(MetricImport::from))
}

/// Holds an import until the end of the transaction: one step at a time.
pub(super) async fn lock(tx: &mut OrgTx, id: MetricImportId) -> Result<(), Error> {
    let sql = "select id from analytics.metric_imports where organization_id = $1 and id = $2 for update";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(())
}

/// The newest imports.
pub(super) async fn newest(tx: &mut OrgTx, limit: i64, now: Timestamp) -> Result<Vec<MetricImport>, Error> {
    let query = sqlx::query_as::<_, ImportRecord>(IMPORTS);
    let query = query.bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(now).bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(MetricImport::from).collect())
}

/// How many previews wait.
pub(super) async fn count_open(tx: &mut OrgTx, now: Timestamp) -> Result<i64, Error> {
    let sql = "select count(*) from analytics.metric_imports
               where organization_id = $1 and applied_at is null and expires_at > $2";
    Ok(sqlx::query_scalar(sql).bind(tx.organization_id().uuid()).bind(now).fetch_one(tx.conn()).await?)
}

/// Takes earlier previews of the same file that nobody decided away.
pub(super) async fn delete_open_of_file(tx: &mut OrgTx, file_hash: &[u8]) -> Result<(), Error> {
    let sql = "delete from analytics.metric_imports
               where organization_id = $1 and file_hash = $2 and state in ('reading', 'ready')";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(file_hash).execute(tx.conn()).await?;
    Ok(())
}

/// Takes a preview away. Whether there was one.
pub(super) async fn delete_open(tx: &mut OrgTx, id: MetricImportId) -> Result<bool, Error> {
    let sql = "delete from analytics.metric_imports
               where organization_id = $1 and id = $2 and state in ('reading', 'ready')";
    let done = sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}

/// After its time: the preview goes whole, of an import the rows.
pub(super) async fn expire(tx: &mut OrgTx, id: MetricImportId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id().uuid();
    let preview = "delete from analytics.metric_imports
                   where organization_id = $1 and id = $2 and applied_at is null and expires_at <= $3";
    sqlx::query(preview).bind(organization).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    let rows = "delete from analytics.metric_import_rows where organization_id = $1 and import_id = $2";
    sqlx::query(rows).bind(organization).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RowRecord {
    line: i32,
    cells: Json<Vec<String>>,
    state: String,
    reading: Option<Json<PlannedReading>>,
    findings: Json<Vec<MetricFinding>>,
}

impl From<RowRecord> for MetricRow {
    fn from(r: RowRecord) -> Self {
        Self {
            line: r.line.unsigned_abs(),
            cells: r.cells.0,
            state: MetricRowState::of_label(&r.state).unwrap_or(MetricRowState::New),
            reading: r.reading.map(|json| json.0),
            findings: r.findings.0,
        }
    }
}

/// Rows after a line, in order, all or those in one state.
pub(super) async fn rows(
    tx: &mut OrgTx,
    id: MetricImportId,
    state: Option<MetricRowState>,
    after: u32,
    limit: i64,
) -> Result<Vec<MetricRow>, Error> {
    let sql = "
        select line, cells, state, reading, findings from analytics.metric_import_rows
        where organization_id = $1 and import_id = $2 and line > $3 and ($4::text is null or state = $4)
        order by line limit $5";
    let query = sqlx::query_as::<_, RowRecord>(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(line_no(after))
        .bind(state.map(MetricRowState::label))
        .bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(MetricRow::from).collect())
}

/// The rows after a line, in order.
pub(super) async fn rows_from(
    tx: &mut OrgTx,
    id: MetricImportId,
    after: u32,
    limit: i64,
) -> Result<Vec<(u32, Vec<String>)>, Error> {
    let sql = "
        select line, cells from analytics.metric_import_rows
        where organization_id = $1 and import_id = $2 and line > $3
        order by line limit $4";
    let rows: Vec<(i32, Json<Vec<String>>)> = sqlx::query_as(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(line_no(after))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(line, cells)| (line.unsigned_abs(), cells.0)).collect())
}

/// The next rows to store, day by day.
pub(super) async fn next_ready(
    tx: &mut OrgTx,
    id: MetricImportId,
    limit: i64,
) -> Result<Vec<(u32, PlannedReading)>, Error> {
    let sql = "
        select line, reading from analytics.metric_import_rows
        where organization_id = $1 and import_id = $2 and state = 'ready' order by date, line limit $3";
    let rows: Vec<(i32, Json<PlannedReading>)> =
        sqlx::query_as(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(limit).fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|(line, reading)| (line.unsigned_abs(), reading.0)).collect())
}

/// Known items of an account by any of these ids or addresses: both lead to the item's id.
pub(super) async fn known(
    tx: &mut OrgTx,
    account: AccountId,
    ids: &[String],
    links: &[String],
) -> Result<HashMap<String, String>, Error> {
    let organization = tx.organization_id().uuid();
    let by_id = "select external_content_id from analytics.content
                 where organization_id = $1 and integration_id = $2 and external_content_id = any($3)";
    let found: Vec<String> =
        sqlx::query_scalar(by_id).bind(organization).bind(account.uuid()).bind(ids).fetch_all(tx.conn()).await?;
    let mut known: HashMap<String, String> = found.into_iter().map(|id| (id.clone(), id)).collect();
    let by_link = "select permalink, external_content_id from analytics.content
                   where organization_id = $1 and integration_id = $2 and permalink = any($3)";
    let found: Vec<(String, String)> =
        sqlx::query_as(by_link).bind(organization).bind(account.uuid()).bind(links).fetch_all(tx.conn()).await?;
    known.extend(found);
    Ok(known)
}
