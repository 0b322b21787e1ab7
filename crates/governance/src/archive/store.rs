//! The SQL of archives. Names of tables and columns come from the rules, which are constants of our own, and from
//! the catalog, quoted.

use rookery_db::roles::{API, WORKER, identifier};
use rookery_db::{Error, OrgTx};
use rookery_kernel::{OrganizationId, Timestamp};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::file::{JSON_NULLS, ROWS};
use super::model::{Archive, Column};
use super::write::Month;
use crate::retention::{Format, Rule};

/// All of a row of the list.
const COLUMNS: &str = "id, source_table, range_start, range_end, part, row_count, location, format, sha256, manifest,
     verified_at, dropped_at, superseded_at, created_at";

/// One run at a time; the lock goes with the connection.
pub(super) async fn try_lock(conn: &mut PgConnection) -> Result<bool, Error> {
    let sql = "select pg_try_advisory_lock(hashtext('governance.archive'))";
    Ok(sqlx::query_scalar(sql).fetch_one(conn).await?)
}

pub(super) async fn unlock(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query("select pg_advisory_unlock(hashtext('governance.archive'))").execute(conn).await?;
    Ok(())
}

/// A row's text is the same in every session, and a month of rows gets the time it needs.
pub(super) async fn settle(conn: &mut PgConnection) -> Result<(), Error> {
    let sql = "select set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),
         set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true),
         set_config('bytea_output', 'hex', true), set_config('statement_timeout', '15min', true)";
    sqlx::query(sql).execute(conn).await?;
    Ok(())
}

/// The columns of a table in order.
pub(super) async fn columns(tx: &mut OrgTx, entity: &str) -> Result<Vec<Column>, Error> {
    let sql = "select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
         where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum";
    Ok(sqlx::query_as(sql).bind(entity).fetch_all(tx.conn()).await?)
}

/// The rows of a rule that go into archives: of the organization `$1`, between two moments.
fn rows_of(rule: &Rule, start: &str, end: &str) -> String {
    format!(
        "{} t where t.organization_id = $1 and {} and not ({}) and {} >= {start} and {} < {end}",
        rule.entity, rule.only, rule.waits, rule.time, rule.time
    )
}

/// The months with rows before `cutoff`, oldest first.
pub(super) async fn months(tx: &mut OrgTx, rule: &Rule, cutoff: Timestamp) -> Result<Vec<Month>, Error> {
    let sql = format!(
        "select month at time zone 'UTC' as range_start,
             least((month + interval '1 month') at time zone 'UTC', $2) as range_end, count(*) as rows
         from (select date_trunc('month', {} at time zone 'UTC') as month from {}) due
         group by month order by month",
        rule.time,
        rows_of(rule, "'-infinity'", "$2")
    );
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(organization).bind(cutoff).fetch_all(tx.conn()).await?)
}

/// Opens a cursor over the rows of a month: the row's text, then the cells of its line.
pub(super) async fn open_rows(
    tx: &mut OrgTx,
    rule: &Rule,
    columns: &[Column],
    format: Format,
    month: &Month,
) -> Result<(), Error> {
    let cells = match format {
        Format::Csv => {
            let all: Vec<_> = columns.iter().map(|c| format!("t.{}::text", identifier(&c.name))).collect();
            format!("array[{}]", all.join(", "))
        }
        Format::JsonLines => {
            let nulls: Vec<_> = columns
                .iter()
                .filter(|c| c.sql_type == "jsonb")
                .map(|c| {
                    let name = identifier(&c.name);
                    format!("case when t.{name} = 'null'::jsonb then '{}' end", c.name.replace('\'', "''"))
                })
                .collect();
            format!("row_to_json(t)::text || array_remove(array[{}]::text[], null)", nulls.join(", "))
        }
    };
    // A cursor takes no parameters; ids and times hold no quote.
    let (start, end) = (format!("'{}'", month.range_start), format!("'{}'", month.range_end));
    let sql = format!(
        "declare archived no scroll cursor for select t::text, {cells} from {} order by {}",
        rows_of(rule, &start, &end).replace("$1", &format!("'{}'", tx.organization_id())),
        order(rule)
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(tx.conn()).await?;
    Ok(())
}

/// The file's order: by moment, then by key.
fn order(rule: &Rule) -> String {
    let keys: Vec<_> = rule.key.iter().map(|key| format!("t.{key}")).collect();
    format!("{}, {}", rule.time, keys.join(", "))
}

/// The next rows of the cursor.
pub(super) async fn next_rows(tx: &mut OrgTx) -> Result<Vec<(String, Vec<Option<String>>)>, Error> {
    let sql = AssertSqlSafe(format!("fetch {ROWS} from archived"));
    Ok(sqlx::query_as(sql).persistent(false).fetch_all(tx.conn()).await?)
}

/// The number of the next part of a range.
pub(super) async fn next_part(tx: &mut OrgTx, entity: &str, month: &Month) -> Result<i32, Error> {
    let sql = "select coalesce(max(part), 0) + 1 from governance.archives
         where organization_id = $1 and source_table = $2 and range_start = $3 and range_end = $4";
    let organization = tx.organization_id().uuid();
    let query = sqlx::query_scalar(sql).bind(organization).bind(entity).bind(month.range_start).bind(month.range_end);
    Ok(query.fetch_one(tx.conn()).await?)
}

pub(super) async fn insert(tx: &mut OrgTx, archive: &Archive) -> Result<(), Error> {
    let sql = "insert into governance.archives (id, organization_id, entity, source_table, range_start, range_end,
             part, row_count, location, format, sha256, manifest, created_at)
         values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let organization = tx.organization_id().uuid();
    sqlx::query(sql)
        .bind(archive.id)
        .bind(organization)
        .bind(&archive.source_table)
        .bind(archive.range_start)
        .bind(archive.range_end)
        .bind(archive.part)
        .bind(archive.row_count)
        .bind(&archive.location)
        .bind(&archive.format)
        .bind(&archive.sha256)
        .bind(Json(&archive.manifest.0))
        .bind(archive.created_at)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn all(tx: &mut OrgTx) -> Result<Vec<Archive>, Error> {
    let sql = format!(
        "select {COLUMNS} from governance.archives where organization_id = $1
         order by source_table, range_start, range_end, part"
    );
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(organization).fetch_all(tx.conn()).await?)
}

pub(super) async fn one(tx: &mut OrgTx, id: Uuid, lock: bool) -> Result<Option<Archive>, Error> {
    let end = if lock { "for update" } else { "" };
    let sql = format!("select {COLUMNS} from governance.archives where organization_id = $1 and id = $2 {end}");
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(organization).bind(id).fetch_optional(tx.conn()).await?)
}

pub(super) async fn set_verified(tx: &mut OrgTx, id: Uuid, now: Timestamp) -> Result<(), Error> {
    let sql = "update governance.archives set verified_at = $3
         where organization_id = $1 and id = $2 and verified_at is null and superseded_at is null";
    let organization = tx.organization_id().uuid();
    sqlx::query(sql).bind(organization).bind(id).bind(now).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn set_dropped(tx: &mut OrgTx, id: Uuid, now: Timestamp) -> Result<(), Error> {
    let sql = "update governance.archives set dropped_at = $3 where organization_id = $1 and id = $2";
    let organization = tx.organization_id().uuid();
    sqlx::query(sql).bind(organization).bind(id).bind(now).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn set_superseded(tx: &mut OrgTx, id: Uuid, now: Timestamp) -> Result<(), Error> {
    let sql = "update governance.archives set superseded_at = $3
         where organization_id = $1 and id = $2 and dropped_at is null and superseded_at is null";
    let organization = tx.organization_id().uuid();
    sqlx::query(sql).bind(organization).bind(id).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Takes an archive off the list that was never verified: its rows are all in their table.
pub(super) async fn forget(tx: &mut OrgTx, id: Uuid) -> Result<bool, Error> {
    let sql = "delete from governance.archives where organization_id = $1 and id = $2 and verified_at is null";
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query(sql).bind(organization).bind(id).execute(tx.conn()).await?.rows_affected() > 0)
}

/// What became of the rows of a range.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Taken {
    /// Rows in the range.
    pub found: i64,
    /// Their digest, as in the manifest.
    pub digest: String,
    /// Deleted ones.
    pub deleted: i64,
    /// Reduced ones.
    pub tombstones: i64,
}

/// Locks the rows of the range: until the transaction ends none of them changes, and no row that refers to one of
/// them arrives.
pub(super) async fn lock_rows(tx: &mut OrgTx, rule: &Rule, archive: &Archive) -> Result<(), Error> {
    let sql = format!("select count(*) from (select from {} for update of t) locked", rows_of(rule, "$2", "$3"));
    let organization = tx.organization_id().uuid();
    sqlx::query(AssertSqlSafe(sql))
        .bind(organization)
        .bind(archive.range_start)
        .bind(archive.range_end)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Deletes or reduces the rows of the range in one statement, and says which rows these were. The caller compares
/// that with the manifest before it commits.
pub(super) async fn take_rows(tx: &mut OrgTx, rule: &Rule, archive: &Archive, now: Timestamp) -> Result<Taken, Error> {
    let keys = rule.key.iter().map(|key| format!("t.{key}")).collect::<Vec<_>>().join(", ");
    let same = rule.key.iter().map(|key| format!("t.{key} = a.{key}")).collect::<Vec<_>>().join(" and ");
    let reduced = rule.tombstone.map_or_else(
        || "select where false".to_owned(),
        |tombstone| {
            format!(
                "update {} t set {} from archived a where t.organization_id = $1 and {same} and a.stone returning 1",
                rule.entity, tombstone.set
            )
        },
    );
    let sql = format!(
        "with archived as materialized (
             select {keys}, {time} as moment, sha256(convert_to(t::text, 'UTF8')) as digest, {stone} as stone
             from {rows} and $2::timestamptz is not null),
         gone as (delete from {entity} t using archived a
             where t.organization_id = $1 and {same} and not a.stone returning 1),
         reduced as ({reduced})
         select count(*) as found, (select count(*) from gone) as deleted, (select count(*) from reduced) as tombstones,
             encode(sha256(coalesce(string_agg(t.digest, ''::bytea order by t.moment, {keys}), ''::bytea)), 'hex')
                 as digest
         from archived t",
        time = rule.time,
        stone = rule.stone(),
        rows = rows_of(rule, "$3", "$4"),
        entity = rule.entity,
    );
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql))
        .bind(organization)
        .bind(now)
        .bind(archive.range_start)
        .bind(archive.range_end)
        .fetch_one(tx.conn())
        .await?)
}

/// Becomes the owner of the tables at work for one organization.
pub(super) async fn as_owner(conn: &mut PgConnection, organization: OrganizationId) -> Result<(), Error> {
    sqlx::raw_sql("set local role rookery_owner; set local search_path = pg_catalog").execute(&mut *conn).await?;
    let sql = "select set_config('app.organization_id', $1, true), set_config('app.audited', 'on', true)";
    sqlx::query(sql).bind(organization.to_string()).execute(&mut *conn).await?;
    settle(conn).await
}

/// Which of the types the database does not know.
pub(super) async fn unknown_type(conn: &mut PgConnection, columns: &[Column]) -> Result<Option<String>, Error> {
    let types: Vec<&str> = columns.iter().map(|c| c.sql_type.as_str()).collect();
    let sql = "select name from unnest($1::text[]) as given (name) where to_regtype(name) is null limit 1";
    Ok(sqlx::query_scalar(sql).bind(types).fetch_optional(conn).await?)
}

pub(super) async fn exists(conn: &mut PgConnection, table: &str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("select to_regclass($1) is not null").bind(table).fetch_one(conn).await?)
}

/// Makes the empty copy. The types were looked up before: a text that is no type's name never comes here.
pub(super) async fn create_copy(
    conn: &mut PgConnection,
    table: &str,
    columns: &[Column],
    comment: &str,
) -> Result<(), Error> {
    let all: Vec<_> = columns.iter().map(|c| format!("{} {}", identifier(&c.name), c.sql_type)).collect();
    let sql = format!(
        "create table {table} ({}); comment on table {table} is '{}'",
        all.join(", "),
        comment.replace('\'', "''")
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// Adds lines of a JSON file.
pub(super) async fn load_json(
    conn: &mut PgConnection,
    table: &str,
    columns: &[Column],
    lines: &[String],
) -> Result<(), Error> {
    let values: Vec<_> = columns
        .iter()
        .map(|c| {
            let name = identifier(&c.name);
            if c.sql_type == "jsonb" {
                let text = c.name.replace('\'', "''");
                format!("case when n.names ? '{text}' then 'null'::jsonb else r.{name} end")
            } else {
                format!("r.{name}")
            }
        })
        .collect();
    let sql = format!(
        "insert into {table} select {} from unnest($1::text[]) with ordinality as l (line, n),
             lateral (select l.line::jsonb -> '{JSON_NULLS}') as n (names),
             lateral json_populate_record(null::{table}, l.line::json) as r order by l.n",
        values.join(", ")
    );
    sqlx::query(AssertSqlSafe(sql)).bind(lines).execute(conn).await?;
    Ok(())
}

/// The statement that takes the bytes of a CSV file.
pub(super) fn copy_csv(table: &str) -> String {
    format!("copy {table} from stdin (format csv, header true)")
}

/// Rows and digest of a copy, as in the manifest.
pub(super) async fn digest(conn: &mut PgConnection, rule: &Rule, table: &str) -> Result<(i64, String), Error> {
    let sql = format!(
        "select count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(t::text, 'UTF8')), ''::bytea
             order by {}), ''::bytea)), 'hex') from {table} t",
        order(rule)
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).fetch_one(conn).await?)
}

/// Only its organization reads the copy, and nobody writes it.
pub(super) async fn protect(conn: &mut PgConnection, table: &str) -> Result<(), Error> {
    let sql = format!(
        "alter table {table} enable row level security; alter table {table} force row level security;
         create policy tenant on {table}
             using (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
             with check (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
         grant select on {table} to {API}, {WORKER}"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}
