//! The statements on imports and their rows.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{PostId, PostImportId, Timestamp, UserId};
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{ImportRow, PostImport, RowCounts, RowFinding, RowState, RowSummary};

/// A file that was uploaded.
pub(super) struct NewImport<'a> {
    pub id: PostImportId,
    pub file_name: &'a str,
    pub file_hash: &'a [u8],
    pub file_size: usize,
    pub separator: &'static str,
    pub headings: &'a [String],
    pub time_zone: &'a str,
    pub expires_at: Timestamp,
}

/// A row that was looked at.
pub(super) struct NewRow {
    pub line: u32,
    pub cells: Vec<String>,
    pub summary: RowSummary,
    pub findings: Vec<RowFinding>,
    pub is_ready: bool,
    pub row_key: Vec<u8>,
    pub content_key: Vec<u8>,
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
        insert into publishing.post_imports
            (organization_id, id, file_name, file_hash, file_size, separator, headings, time_zone, created_by, expires_at,
             created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(new.id.uuid())
        .bind(new.file_name)
        .bind(new.file_hash)
        .bind(int(new.file_size))
        .bind(new.separator)
        .bind(json!(new.headings))
        .bind(new.time_zone)
        .bind(by)
        .bind(new.expires_at)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The rows of a file, in one statement.
pub(super) async fn insert_rows(tx: &mut OrgTx, import: PostImportId, rows: &[NewRow]) -> Result<(), Error> {
    let sql = "
        insert into publishing.post_import_rows
            (organization_id, import_id, line, cells, summary, findings, is_ready, row_key, content_key)
        select o.organization_id, $2, u.line, u.cells, u.summary, u.findings, u.is_ready, u.row_key, u.content_key
        from identity.organizations o
             cross join unnest($3::integer[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::boolean[], $8::bytea[], $9::bytea[])
                 as u (line, cells, summary, findings, is_ready, row_key, content_key)
        where o.organization_id = $1";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(import.uuid())
        .bind(rows.iter().map(|r| line_no(r.line)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.cells)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.summary)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.findings)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.is_ready).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.row_key.clone()).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.content_key.clone()).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes what a second look found, in one statement.
pub(super) async fn update_rows(tx: &mut OrgTx, import: PostImportId, rows: &[NewRow]) -> Result<(), Error> {
    let sql = "
        update publishing.post_import_rows r
        set summary = u.summary, findings = u.findings, is_ready = u.is_ready
        from unnest($3::integer[], $4::jsonb[], $5::jsonb[], $6::boolean[]) as u (line, summary, findings, is_ready)
        where r.organization_id = $1 and r.import_id = $2 and r.line = u.line and r.post_id is null";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(import.uuid())
        .bind(rows.iter().map(|r| line_no(r.line)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.summary)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| json!(r.findings)).collect::<Vec<_>>())
        .bind(rows.iter().map(|r| r.is_ready).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Says which rows became which posts, in one statement.
pub(super) async fn link_posts(tx: &mut OrgTx, import: PostImportId, made: &[(u32, PostId)]) -> Result<(), Error> {
    let sql = "
        update publishing.post_import_rows r set post_id = u.post_id
        from unnest($3::integer[], $4::uuid[]) as u (line, post_id)
        where r.organization_id = $1 and r.import_id = $2 and r.line = u.line";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(import.uuid())
        .bind(made.iter().map(|(line, _)| line_no(*line)).collect::<Vec<_>>())
        .bind(made.iter().map(|(_, post)| post.uuid()).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes that a preview was decided.
pub(super) async fn set_applied(
    tx: &mut OrgTx,
    id: PostImportId,
    imported: usize,
    now: Timestamp,
) -> Result<(), Error> {
    let by = tx.scope().actor.user_id().map(UserId::uuid);
    let sql = "
        update publishing.post_imports set imported_count = $3, applied_at = $4, applied_by = $5, updated_at = $4
        where organization_id = $1 and id = $2";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(int(imported))
        .bind(now)
        .bind(by)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Lets one import of the organization be decided at a time, until the transaction ends: two files may hold the same
/// rows.
pub(super) async fn lock_open(tx: &mut OrgTx) -> Result<(), Error> {
    let sql = "select id from publishing.post_imports
               where organization_id = $1 and applied_at is null order by id for update";
    sqlx::query(sql).bind(tx.organization_id().uuid()).execute(tx.conn()).await?;
    Ok(())
}

/// How many previews wait.
pub(super) async fn count_open(tx: &mut OrgTx, now: Timestamp) -> Result<i64, Error> {
    let sql = "select count(*) from publishing.post_imports
               where organization_id = $1 and applied_at is null and expires_at > $2";
    Ok(sqlx::query_scalar(sql).bind(tx.organization_id().uuid()).bind(now).fetch_one(tx.conn()).await?)
}

/// Takes away earlier previews of the same file that nobody decided.
pub(super) async fn delete_open_of_file(tx: &mut OrgTx, file_hash: &[u8]) -> Result<(), Error> {
    let sql = "delete from publishing.post_imports
               where organization_id = $1 and file_hash = $2 and applied_at is null";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(file_hash).execute(tx.conn()).await?;
    Ok(())
}

/// Takes a preview away. Whether there was one.
pub(super) async fn delete_open(tx: &mut OrgTx, id: PostImportId) -> Result<bool, Error> {
    let sql = "delete from publishing.post_imports where organization_id = $1 and id = $2 and applied_at is null";
    let done = sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}

/// After its time: the preview goes whole; of an import the rows that became no posts.
pub(super) async fn expire(tx: &mut OrgTx, id: PostImportId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id().uuid();
    let preview = "delete from publishing.post_imports
                   where organization_id = $1 and id = $2 and applied_at is null and expires_at <= $3";
    sqlx::query(preview).bind(organization).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    let rows =
        "delete from publishing.post_import_rows where organization_id = $1 and import_id = $2 and post_id is null";
    sqlx::query(rows).bind(organization).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ImportRecord {
    id: PostImportId,
    file_name: String,
    file_size: i32,
    separator: String,
    headings: Json<Vec<String>>,
    time_zone: String,
    created_by: Option<UserId>,
    imported_count: Option<i32>,
    applied_at: Option<Timestamp>,
    expires_at: Timestamp,
    created_at: Timestamp,
    total: i64,
    ready: i64,
    planned: i64,
    warned: i64,
    broken: i64,
    imported: i64,
}

impl From<ImportRecord> for PostImport {
    fn from(r: ImportRecord) -> Self {
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            id: r.id,
            file_name: r.file_name,
            file_size: usize::try_from(r.file_size).unwrap_or_default(),
            separator: r.separator,
            headings: r.headings.0,
            time_zone: r.time_zone,
            created_by: r.created_by,
            imported: r.imported_count.map(i32::unsigned_abs),
            applied_at: r.applied_at,
            expires_at: r.expires_at,
            created_at: r.created_at,
            counts: RowCounts {
                total: count(r.total),
                ready: count(r.ready),
                planned: count(r.planned),
                warned: count(r.warned),
                broken: count(r.broken),
                imported: count(r.imported),
            },
        }
    }
}

/// A row counts as imported if it, or a row that says the same, is a post.
const IMPORTS: &str = "
    select i.id, i.file_name, i.file_size, i.separator, i.headings, i.time_zone, i.created_by, i.imported_count,
           i.applied_at, i.expires_at, i.created_at, n.total, n.ready, n.planned, n.warned, n.broken, n.imported
    from (select * from publishing.post_imports
          where organization_id = $1 and ($2::uuid is null or id = $2) and (applied_at is not null or expires_at > $3)
          order by created_at desc, id desc limit $4) i
         cross join lateral (
             select count(*) as total,
                    count(*) filter (where s.state = 'ready') as ready,
                    count(*) filter (where s.state = 'ready' and s.at is not null) as planned,
                    count(*) filter (where s.state = 'ready' and s.warned) as warned,
                    count(*) filter (where s.state = 'broken') as broken,
                    count(*) filter (where s.state = 'imported') as imported
             from (select case when r.post_id is not null or exists (
                                    select from publishing.post_import_rows d
                                    where d.organization_id = $1 and d.content_key = r.content_key
                                      and d.post_id is not null) then 'imported'
                               when r.is_ready then 'ready' else 'broken' end as state,
                          r.summary ->> 'scheduledAt' as at, r.findings @> '[{\"severity\": \"warning\"}]' as warned
                   from publishing.post_import_rows r
                   where r.organization_id = $1 and r.import_id = i.id) s) n
    order by i.created_at desc, i.id desc";

/// One import, unless it is a preview whose time is over.
pub(super) async fn find(tx: &mut OrgTx, id: PostImportId, now: Timestamp) -> Result<Option<PostImport>, Error> {
    let query = sqlx::query_as::<_, ImportRecord>(IMPORTS);
    let query = query.bind(tx.organization_id().uuid()).bind(id.uuid()).bind(now).bind(1_i64);
    Ok(query.fetch_optional(tx.conn()).await?.map(PostImport::from))
}

/// The newest imports.
pub(super) async fn newest(tx: &mut OrgTx, limit: i64, now: Timestamp) -> Result<Vec<PostImport>, Error> {
    let query = sqlx::query_as::<_, ImportRecord>(IMPORTS);
    let query = query.bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(now).bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(PostImport::from).collect())
}

#[derive(sqlx::FromRow)]
struct RowRecord {
    line: i32,
    cells: Json<Vec<String>>,
    summary: Json<RowSummary>,
    findings: Json<Vec<RowFinding>>,
    is_ready: bool,
    post_id: Option<PostId>,
}

impl From<RowRecord> for ImportRow {
    fn from(r: RowRecord) -> Self {
        let state = match r.post_id {
            Some(post) => RowState::Imported(post),
            None if r.is_ready => RowState::Ready,
            None => RowState::Broken,
        };
        Self { line: r.line.unsigned_abs(), cells: r.cells.0, summary: r.summary.0, findings: r.findings.0, state }
    }
}

/// Rows of an import after a line, in order, all or those in one state (`ready`, `broken`, `imported`).
pub(super) async fn rows(
    tx: &mut OrgTx,
    import: PostImportId,
    state: Option<&str>,
    after: u32,
    limit: i64,
) -> Result<Vec<ImportRow>, Error> {
    let sql = "
        select s.line, s.cells, s.summary, s.findings, s.is_ready, s.post_id
        from (select r.line, r.cells, r.summary, r.findings, r.is_ready, coalesce(r.post_id, (
                         select d.post_id from publishing.post_import_rows d
                         where d.organization_id = $1 and d.content_key = r.content_key and d.post_id is not null
                         limit 1)) as post_id
              from publishing.post_import_rows r
              where r.organization_id = $1 and r.import_id = $2 and r.line > $3) s
        where $4::text is null
           or $4 = case when s.post_id is not null then 'imported' when s.is_ready then 'ready' else 'broken' end
        order by s.line limit $5";
    let query = sqlx::query_as::<_, RowRecord>(sql)
        .bind(tx.organization_id().uuid())
        .bind(import.uuid())
        .bind(line_no(after))
        .bind(state)
        .bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(ImportRow::from).collect())
}

/// The digest of an import's file.
pub(super) async fn file_hash(tx: &mut OrgTx, id: PostImportId) -> Result<Vec<u8>, Error> {
    let sql = "select file_hash from publishing.post_imports where organization_id = $1 and id = $2";
    Ok(sqlx::query_scalar(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).fetch_one(tx.conn()).await?)
}

/// What the log keeps of a decision.
pub(super) fn audit_changes(import: &PostImport, imported: usize, already: usize, left_out: usize) -> Value {
    json!({
        "file_name": [null, import.file_name], "imported": [null, imported], "already_imported": [null, already],
        "left_out": [null, left_out],
    })
}
