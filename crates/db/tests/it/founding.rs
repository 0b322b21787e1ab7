//! What the founding documents ask for is there; whatever is taken away is missed by name; docs/schema.md is fresh.

use std::collections::BTreeMap;

use rookery_db::catalog::founding::{self, Asked, Place};
use rookery_db::catalog::{Catalog, Table, docs};
use rookery_testkit::TestDb;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

fn list() -> Vec<Asked> {
    founding::list().expect("the list is well-formed")
}

async fn catalog(connection: &mut PgConnection) -> Catalog {
    Catalog::read(connection).await.expect("the catalog answers")
}

/// Rows that are missing, as the command prints them.
fn missing(catalog: &Catalog, list: &[Asked]) -> Vec<String> {
    let missing = founding::check(catalog, list).missing;
    missing.iter().map(|m| format!("{} {} {}: {}", m.asked.document, m.asked.what, m.asked.written, m.why)).collect()
}

fn names(catalog: &Catalog, list: &[Asked], row: &Asked) -> bool {
    founding::check(catalog, list).missing.iter().any(|missing| missing.asked == *row)
}

#[tokio::test]
async fn everything_that_the_founding_documents_ask_for_is_there() {
    let db = TestDb::new().await;
    let (catalog, list) = (catalog(&mut db.owner().await).await, list());
    assert!(list.len() > 1000, "{} rows", list.len());
    assert_eq!(missing(&catalog, &list), [""; 0]);
    let coverage = founding::check(&catalog, &list);
    assert_eq!(coverage.sums.iter().map(|sum| sum.asked).sum::<usize>(), list.len());
    assert_eq!(coverage.sums.iter().map(|sum| sum.there).sum::<usize>(), list.len());
    // The counts of the documents themselves: a row that gets lost from the list is noticed too.
    let count = |document: &str, what: &str, prefix: &str| {
        list.iter().filter(|a| a.document == document && a.what == what && a.founding.starts_with(prefix)).count()
    };
    assert_eq!(count("S1", "table", ""), 15 + 2, "its tables, and those that its retention needs");
    assert_eq!(count("S2", "table", ""), 6);
    assert_eq!(count("S2", "index", "idx_"), 37);
    assert_eq!(count("S3", "table", ""), 15);
    assert_eq!(count("S3", "queue", ""), 5);
    assert_eq!(count("S4", "nullable", ""), 7);
}

/// The one table that a place is in.
fn table<'a>(catalog: &'a mut Catalog, name: &str) -> &'a mut Table {
    catalog.tables.get_mut(name).expect("it was there before")
}

/// Takes away what a row asks for, and nothing else.
fn take_away(catalog: &mut Catalog, place: &Place) {
    match place {
        Place::Table(name) => drop(catalog.tables.remove(name)),
        Place::Enum(name) => drop(catalog.enums.remove(name)),
        Place::Queue(name) => assert!(catalog.queues.remove(name)),
        Place::Label { name, label } => {
            catalog.enums.get_mut(name).expect("it was there before").retain(|there| there != label);
        }
        Place::Column { table: t, column, .. } => table(catalog, t).columns.retain(|c| c.name != *column),
        Place::Nullable { table: t, column } => {
            table(catalog, t).columns.iter_mut().filter(|c| c.name == *column).for_each(|c| c.nullable = false);
        }
        Place::Default { table: t, column, .. } => {
            table(catalog, t).columns.iter_mut().filter(|c| c.name == *column).for_each(|c| c.default = None);
        }
        Place::Statistics { table: t, column, .. } => {
            table(catalog, t).columns.iter_mut().filter(|c| c.name == *column).for_each(|c| c.statistics = None);
        }
        Place::Unique { table: t, columns, predicate } => {
            let indexes = &mut table(catalog, t).indexes;
            let before = indexes.len();
            indexes.retain(|index| !Place::is_met_by_key(index, columns, predicate.as_deref()));
            assert_eq!(indexes.len() + 1, before, "{place:?}: one key and no more answers to a row");
        }
        Place::Index { table: t, name, .. } => table(catalog, t).indexes.retain(|index| index.name != *name),
        Place::ForeignKey { table: t, columns, to, .. } => {
            table(catalog, t).foreign_keys.retain(|key| key.to != *to || !key.columns.ends_with(columns));
        }
        Place::Trigger { table: t, name } => assert!(table(catalog, t).triggers.remove(name)),
        Place::Check { table: t, name, .. } => table(catalog, t).checks.retain(|check| check.name != *name),
        Place::Setting { table: t, option, .. } => drop(table(catalog, t).options.remove(option)),
    }
}

#[tokio::test]
async fn each_single_thing_of_the_list_is_missed_when_it_is_gone() {
    let db = TestDb::new().await;
    let (catalog, list) = (catalog(&mut db.owner().await).await, list());
    for row in &list {
        let mut without = catalog.clone();
        take_away(&mut without, &row.place);
        assert_ne!(without, catalog, "{row:?}: there was nothing to take away");
        assert!(names(&without, &list, row), "{row:?} is gone and nobody notices");
    }
}

/// The statement that takes away what a row asks for.
fn statement(catalog: &Catalog, place: &Place) -> String {
    let key = |t: &str, columns: &[String], predicate: Option<&str>| {
        let there = catalog.tables[t].indexes.iter();
        there.clone().find(|index| Place::is_met_by_key(index, columns, predicate)).expect("complete").clone()
    };
    let schema = |t: &str| t.split('.').next().unwrap_or_default().to_owned();
    match place {
        Place::Table(name) => format!("drop table {name} cascade"),
        Place::Enum(name) => format!("drop type {name} cascade"),
        // A value of an enum cannot be dropped.
        Place::Label { name, label } => format!("alter type {name} rename value '{label}' to 'gone'"),
        Place::Queue(name) => {
            format!("delete from jobs.timetables where queue = '{name}'; delete from jobs.queues where name = '{name}'")
        }
        // Nor can a column that rows are divided by.
        Place::Column { table, column, .. }
            if catalog.tables[table].partitioned_by.as_ref().is_some_and(|key| key.contains(column.as_str())) =>
        {
            format!("alter table {table} rename column {column} to gone")
        }
        Place::Column { table, column, .. } => format!("alter table {table} drop column {column} cascade"),
        Place::Nullable { table, column } => format!("alter table {table} alter column {column} set not null"),
        Place::Default { table, column, .. } => format!("alter table {table} alter column {column} drop default"),
        Place::Statistics { table, column, .. } => {
            format!("alter table {table} alter column {column} set statistics -1")
        }
        Place::Unique { table, columns, predicate } => {
            let index = key(table, columns, predicate.as_deref());
            if index.key.is_some() {
                format!("alter table {table} drop constraint {} cascade", index.name)
            } else {
                format!("drop index {}.{}", schema(table), index.name)
            }
        }
        Place::Index { table, name, .. } => {
            let is_key = catalog.tables[table].indexes.iter().any(|index| index.name == *name && index.key.is_some());
            if is_key {
                format!("alter table {table} drop constraint {name} cascade")
            } else {
                format!("drop index {}.{name}", schema(table))
            }
        }
        Place::ForeignKey { table, columns, to, .. } => {
            let mut keys = catalog.tables[table].foreign_keys.iter();
            let key = keys.find(|key| key.to == *to && key.columns.ends_with(columns)).expect("complete");
            format!("alter table {table} drop constraint {}", key.name)
        }
        Place::Trigger { table, name } => format!("drop trigger {name} on {table}"),
        Place::Check { table, name, .. } => format!("alter table {table} drop constraint {name}"),
        Place::Setting { table, option, .. } => format!("alter table {table} reset ({option})"),
    }
}

#[tokio::test]
async fn what_is_dropped_from_a_database_is_missed_by_name() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let (whole, list) = (catalog(&mut connection).await, list());
    let mut kinds: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for row in &list {
        kinds.entry(&row.what).or_default().push(row);
    }
    assert_eq!(kinds.len(), 13, "every kind of thing");
    let mut transaction = connection.begin().await.expect("begun");
    for rows in kinds.values() {
        for at in [0, rows.len() / 2, rows.len() - 1] {
            let (row, mut savepoint) = (rows[at], transaction.begin().await.expect("a savepoint"));
            let sql = statement(&whole, &row.place);
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *savepoint).await.expect(&sql);
            let left = catalog(&mut savepoint).await;
            assert!(names(&left, &list, row), "{sql}: nobody notices");
            savepoint.rollback().await.expect("back");
        }
    }
    assert_eq!(catalog(&mut transaction).await, whole, "everything was put back");
}

#[tokio::test]
async fn docs_schema_md_is_fresh_and_names_every_field() {
    let db = TestDb::new().await;
    let list = list();
    let text = docs::markdown(&catalog(&mut db.owner().await).await, &list);
    for asked in &list {
        if let Place::Column { table, column, .. } = &asked.place {
            let heading = format!("[{table}](#{}).{column}", table.replace('.', ""));
            let row = format!("| {} | {} | {heading} |", asked.founding, asked.document);
            assert!(text.contains(&row), "{row}");
            assert!(text.contains(&format!("\n### {table}\n")), "{table} has no heading to go to");
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.md");
    let there = std::fs::read_to_string(file).expect("docs/schema.md is there");
    let stale = there.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(there == text, "docs/schema.md is stale, run `rookery schema docs`; first difference: {stale:?}");
}
