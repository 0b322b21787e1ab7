//! Every key, check, reference and required column is broken once, and each time the error says which.

use std::collections::BTreeSet;

use rookery_db::{ConstraintKind, Error};
use rookery_testkit::TestDb;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::rows::{Rows, begin, insert, refer, refused_by, run};
use super::shape::{Reference, Row, Table};
use crate::catalog::OURS;

const ORGANIZATION: &str = "00000000-0000-7000-a000-000000000001";

/// How many of a kind the catalog has, partitions not counted: they repeat their parent's.
async fn in_catalog(connection: &mut PgConnection, from: &str) -> i64 {
    let sql = format!(
        "select count(*) from {from} join pg_class c on c.oid = rel join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and n.nspname <> 'rookery' and c.relkind in ('r', 'p') and not c.relispartition"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(OURS).fetch_one(connection).await.expect("the catalog answers")
}

/// The error is one that operations can turn into an answer: its kind, and no retry or internal error.
fn is_domain_error(error: &Error, kind: ConstraintKind) -> bool {
    matches!(error, Error::Constraint(v) if v.kind == kind && !v.name.is_empty()) && !error.is_retryable()
}

/// Collects what each attempt says.
#[derive(Default)]
struct Outcome {
    broken: i64,
    problems: Vec<String>,
}

impl Outcome {
    fn note(&mut self, what: &str, kind: ConstraintKind, result: Result<Error, String>) {
        match result {
            Ok(error) if is_domain_error(&error, kind) => self.broken += 1,
            Ok(error) => self.problems.push(format!("{what}: not a {kind} violation but {error:?}")),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn close(self, what: &str, tables: usize, in_catalog: i64) {
        println!("{tables} tables, {} of {in_catalog} {what} broken, each refused by name", self.broken);
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
        assert_eq!(self.broken, in_catalog, "{what} that were skipped");
        assert!(self.broken > 50, "the catalog is read");
    }
}

async fn start(db: &TestDb) -> (PgConnection, Rows, Vec<Table>) {
    let mut connection = db.owner().await;
    let mut rows = Rows::read(&mut connection).await;
    let tables: Vec<Table> = rows.tables.values().cloned().collect();
    begin(&mut connection).await;
    // All parents stand before the first savepoint, which takes back what is written after it.
    for table in &tables {
        rows.base(&mut connection, &table.name, ORGANIZATION).await;
    }
    (connection, rows, tables)
}

#[tokio::test]
async fn every_table_takes_a_valid_row() {
    let db = TestDb::new().await;
    let (mut connection, _, tables) = start(&db).await;
    let mut hold = 0;
    for table in &tables {
        let sql = format!("select exists (select from {})", table.name);
        let any: bool =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("readable");
        hold += i64::from(any);
    }
    let all = in_catalog(&mut connection, "(select oid as rel from pg_class) k").await;
    println!("{hold} of {all} tables hold a row");
    assert_eq!(hold, all);
}

#[tokio::test]
async fn every_unique_key_is_broken_once() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let mut outcome = Outcome::default();
    for table in &tables {
        for key in &table.keys {
            run(&mut connection, "savepoint one").await;
            let result = break_key(&mut connection, &mut rows, table, &key.name, &key.columns).await;
            outcome.note(&key.name, ConstraintKind::Unique, result);
            run(&mut connection, "rollback to savepoint one").await;
        }
    }
    let all = in_catalog(&mut connection, "(select indrelid as rel from pg_index where indisunique) k").await;
    outcome.close("unique keys", tables.len(), all);
}

async fn break_key(
    connection: &mut PgConnection,
    rows: &mut Rows,
    table: &Table,
    name: &str,
    columns: &BTreeSet<String>,
) -> Result<Error, String> {
    let predicate: Option<String> = sqlx::query_scalar(
        "select pg_get_expr(indpred, indrelid) from pg_index join pg_class c on c.oid = indexrelid
         where indrelid = $1::regclass and c.relname = $2",
    )
    .bind(&table.name)
    .bind(name)
    .fetch_one(&mut *connection)
    .await
    .expect("the catalog answers");
    // The columns that the key compares have a value; those of its predicate what the predicate wants.
    let empty = |c: &String| predicate.as_ref().is_some_and(|p| p.contains(&format!("{c} IS NULL")));
    let filled: BTreeSet<String> = columns.iter().filter(|c| !empty(c)).cloned().collect();
    rows.apart = true;
    let mut first = rows.fresh(connection, &table.name, ORGANIZATION, &filled).await;
    rows.apart = false;
    if let Some(predicate) = &predicate {
        first = rows.fitting(connection, table, first, predicate).await?;
    }
    let stored = match insert(connection, &table.name, &first).await {
        Ok(row) => row,
        // The table takes one row of an organization: it is there already.
        Err(Error::Constraint(v)) if v.kind == ConstraintKind::Unique => {
            rows.base(connection, &table.name, ORGANIZATION).await
        }
        Err(error) => return Err(format!("{}: no first row for {name}: {error:?}", table.name)),
    };
    let mut second = rows.fresh(connection, &table.name, ORGANIZATION, &filled).await;
    // Whatever the checks wanted of the first row, they want of the second.
    let keyed: BTreeSet<&String> = table.keys.iter().flat_map(|k| &k.columns).collect();
    for (column, value) in &first {
        if columns.contains(column) {
            second.insert(column.clone(), stored.get(column).cloned().unwrap_or(Value::Null));
        } else if !keyed.contains(column) {
            second.insert(column.clone(), value.clone());
        }
    }
    // A key may hold a number that the database gave.
    for column in columns.iter().filter(|c| !table.column(c).generated) {
        second.insert(column.clone(), stored.get(column).cloned().unwrap_or(Value::Null));
    }
    refused_by(connection, table, &second, name).await
}

#[tokio::test]
async fn every_check_is_broken_once() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let mut outcome = Outcome::default();
    for table in &tables {
        for check in &table.checks {
            run(&mut connection, "savepoint one").await;
            let result = match rows.breaking(&mut connection, table, check, ORGANIZATION).await {
                Some(row) => refused_by(&mut connection, table, &row, &check.name).await,
                None => Err(format!("{}: no value breaks {}: {}", table.name, check.name, check.expression)),
            };
            outcome.note(&check.name, ConstraintKind::Check, result);
            run(&mut connection, "rollback to savepoint one").await;
        }
    }
    let all = in_catalog(&mut connection, "(select conrelid as rel from pg_constraint where contype = 'c') k").await;
    outcome.close("checks", tables.len(), all);
}

#[tokio::test]
async fn every_required_column_is_left_empty_once() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let mut outcome = Outcome::default();
    for table in &tables {
        let row = rows.fresh(&mut connection, &table.name, ORGANIZATION, &BTreeSet::new()).await;
        for column in table.columns.iter().filter(|c| c.required && !c.generated) {
            let mut row = row.clone();
            row.insert(column.name.clone(), Value::Null);
            let what = format!("{}.{}", table.name, column.name);
            let result = match insert(&mut connection, &table.name, &row).await {
                Ok(_) => Err(format!("{what} may be empty")),
                Err(error) if error.constraint() == Some(&column.name) => Ok(error),
                Err(error) => Err(format!("{what}: {error:?}")),
            };
            outcome.note(&what, ConstraintKind::NotNull, result);
        }
    }
    let columns = "(select attrelid as rel from pg_attribute
        where attnotnull and attgenerated = '' and attnum > 0 and not attisdropped) k";
    let all = in_catalog(&mut connection, columns).await;
    outcome.close("required columns", tables.len(), all);
}

#[tokio::test]
async fn every_foreign_key_is_broken_once() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let mut outcome = Outcome::default();
    for table in &tables {
        for reference in &table.references {
            run(&mut connection, "savepoint one").await;
            let result = break_reference(&mut connection, &mut rows, table, reference).await;
            outcome.note(&reference.name, ConstraintKind::ForeignKey, result);
            run(&mut connection, "rollback to savepoint one").await;
        }
    }
    // And those references that a trigger checks once for a statement.
    let keys = "(select conrelid as rel from pg_constraint where contype = 'f' and conparentid = 0
                 union all select tgrelid from pg_trigger where tgname = 'content_is_there' and tgparentid = 0) k";
    let all = in_catalog(&mut connection, keys).await;
    outcome.close("foreign keys", tables.len(), all);
}

/// A row that refers to a parent which was there a moment ago.
async fn break_reference(
    connection: &mut PgConnection,
    rows: &mut Rows,
    table: &Table,
    reference: &Reference,
) -> Result<Error, String> {
    let filled: BTreeSet<String> = reference.columns.iter().cloned().collect();
    let mut row: Row = rows.fresh(connection, &table.name, ORGANIZATION, &filled).await;
    let parents = rows.table(&reference.to);
    let mut nowhere = rows.fresh(connection, &reference.to, ORGANIZATION, &BTreeSet::new()).await;
    if reference.to_columns == ["organization_id"] {
        nowhere.insert("organization_id".to_owned(), json!(rows.uuid()));
    }
    // Where the parents are a fixed list, one of them leaves it.
    if reference.to_columns.iter().any(|c| nowhere.get(c).is_none_or(Value::is_null)) {
        return Err(format!("{}: {} refers to a column without a value", table.name, reference.name));
    }
    let same: Vec<String> =
        reference.to_columns.iter().map(|c| format!("\"{c}\"::text = '{}'", text(&nowhere[c]))).collect();
    run(connection, "set local session_replication_role = replica").await;
    run(connection, &format!("delete from {} where {}", parents.name, same.join(" and "))).await;
    run(connection, "set local session_replication_role = origin").await;
    refer(&mut row, reference, &nowhere);
    refused_by(connection, table, &row, &reference.name).await
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace('\'', "''")
}
