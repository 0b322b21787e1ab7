//! Tenants never meet, in any table: not through a reference, not with another organization's setting.

use std::collections::BTreeSet;

use rookery_testkit::TestDb;
use sqlx::{AssertSqlSafe, PgConnection};

use super::rows::{Rows, begin, insert, refer, refused_by, run};
use super::shape::Table;
use crate::catalog::{OURS, manifest};

pub(super) const OURS_ID: &str = "00000000-0000-7000-a000-00000000000a";
pub(super) const THEIRS: &str = "00000000-0000-7000-a000-00000000000b";

/// A transaction with a row of both organizations in every tenant table, and those tables.
pub(super) async fn start(db: &TestDb) -> (PgConnection, Rows, Vec<Table>) {
    let mut connection = db.owner().await;
    let mut rows = Rows::read(&mut connection).await;
    begin(&mut connection).await;
    let manifest = manifest();
    let tenant = |t: &&Table| manifest.get(&t.name).is_some_and(|kind| *kind == "tenant");
    let tables: Vec<Table> = rows.tables.values().filter(tenant).cloned().collect();
    for organization in [OURS_ID, THEIRS] {
        for table in &tables {
            rows.base(&mut connection, &table.name, organization).await;
        }
    }
    (connection, rows, tables)
}

#[tokio::test]
async fn no_reference_crosses_to_another_organization() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let tenants: BTreeSet<String> = tables.iter().map(|t| t.name.clone()).collect();
    let (mut refused, mut to_itself, mut problems) = (0_i64, 0_i64, Vec::new());
    for table in &tables {
        for reference in table.references.iter().filter(|r| tenants.contains(&r.to)) {
            if reference.columns == ["organization_id"] {
                // The organization is the tenant: there is no other to refer to.
                to_itself += 1;
                continue;
            }
            run(&mut connection, "savepoint one").await;
            let theirs = rows.insert_fresh(&mut connection, &reference.to, THEIRS).await;
            let own = rows.insert_fresh(&mut connection, &reference.to, OURS_ID).await;
            let filled: BTreeSet<String> = reference.columns.iter().cloned().collect();
            rows.apart = true;
            let mut row = rows.fresh(&mut connection, &table.name, OURS_ID, &filled).await;
            rows.apart = false;
            refer(&mut row, reference, &own);
            if let Err(error) = insert(&mut connection, &table.name, &row).await {
                problems.push(format!("{}: a row that refers to its own organization: {error:?}", reference.name));
            }
            let mut row = rows.fresh(&mut connection, &table.name, OURS_ID, &filled).await;
            refer(&mut row, reference, &theirs);
            row.insert("organization_id".to_owned(), OURS_ID.into());
            match refused_by(&mut connection, table, &row, &reference.name).await {
                Ok(error) if error.sqlstate().as_deref() == Some("23503") => refused += 1,
                Ok(error) => problems.push(format!("{}: {error:?}", reference.name)),
                Err(problem) => problems.push(problem),
            }
            run(&mut connection, "rollback to savepoint one").await;
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // And those references that a trigger checks once for a statement.
    let all: i64 = sqlx::query_scalar(
        "select count(*) + (select count(*) from pg_trigger where tgname = 'content_is_there' and tgparentid = 0)
         from pg_constraint where contype = 'f' and conparentid = 0
             and conrelid = any ($1::regclass[]::oid[]) and confrelid = any ($1::regclass[]::oid[])",
    )
    .bind(tenants.iter().cloned().collect::<Vec<_>>())
    .fetch_one(&mut connection)
    .await
    .expect("the catalog answers");
    println!(
        "{} tenant tables, {all} foreign keys between them: {refused} crossings refused, {to_itself} name the organization",
        tables.len()
    );
    assert_eq!(refused + to_itself, all);
    assert!(refused > 50, "the catalog is read");
}

#[tokio::test]
async fn rows_of_another_organization_cannot_be_seen_changed_deleted_or_written() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let mut problems = Vec::new();
    for table in &tables {
        let name = &table.name;
        let fresh = rows.fresh(&mut connection, name, OURS_ID, &BTreeSet::new()).await;
        // With every right there is, so that it is the policy that refuses and not a missing grant.
        run(&mut connection, &format!("savepoint one; grant all on {name} to rookery_api; set local role rookery_api"))
            .await;
        let ours = format!("organization_id = '{OURS_ID}'");
        for (organization, expected) in [("", 0), (OURS_ID, 1), (THEIRS, 0)] {
            become_organization(&mut connection, organization).await;
            let statements = [
                format!("select from {name} where {ours}"),
                format!("update {name} set organization_id = organization_id where {ours}"),
                format!("delete from {name} where {ours}"),
            ];
            for statement in statements {
                // Whether a deletion succeeds for the owner is up to the rows that refer to it.
                if expected == 1 && statement.starts_with("delete") {
                    continue;
                }
                match sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut connection).await {
                    Ok(done) if (done.rows_affected() > 0) == (expected > 0) => {}
                    other => problems.push(format!("as {organization:?}: {statement}: {other:?}")),
                }
            }
        }
        become_organization(&mut connection, THEIRS).await;
        match insert(&mut connection, name, &fresh).await {
            Err(error)
                if error.sqlstate().as_deref() == Some("42501") && format!("{error:?}").contains("row-level") => {}
            other => problems.push(format!("{name}: a row of another organization: {other:?}")),
        }
        run(&mut connection, "rollback to savepoint one").await;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let secured: i64 = sqlx::query_scalar(
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and c.relrowsecurity and not c.relispartition",
    )
    .bind(OURS)
    .fetch_one(&mut connection)
    .await
    .expect("the catalog answers");
    println!(
        "{} of {secured} tables with row-level security: rows of others neither seen, changed, deleted nor written",
        tables.len()
    );
    assert_eq!(i64::try_from(tables.len()), Ok(secured));
    assert!(secured > 50, "the catalog is read");
}

async fn become_organization(connection: &mut PgConnection, organization: &str) {
    if organization.is_empty() {
        return run(connection, "set local app.organization_id = ''").await;
    }
    run(connection, &format!("select identity.set_organization('{organization}')")).await;
}

#[tokio::test]
async fn the_roles_own_nothing_and_reach_no_partition() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let odd: Vec<String> = sqlx::query_scalar(
        "select 'owned: ' || pg_describe_object(classid, objid, objsubid) from pg_shdepend
             where deptype = 'o' and refobjid in ('rookery_api'::regrole, 'rookery_worker'::regrole)
                 and dbid = (select oid from pg_database where datname = current_database())
         union all
         select 'reached: ' || c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname ~ $1 and c.relispartition and c.relkind in ('r', 'p') and exists (
                 select from unnest(array['rookery_api', 'rookery_worker']) r
                 where has_any_column_privilege(r, c.oid, 'select, insert, update, references')
                     or has_table_privilege(r, c.oid, 'delete, truncate, trigger'))
         union all
         select 'may: ' || r || ' truncates or alters ' || c.oid::regclass from pg_class c
             join pg_namespace n on n.oid = c.relnamespace, unnest(array['rookery_api', 'rookery_worker']) r
             where n.nspname ~ $1 and c.relkind in ('r', 'p') and has_table_privilege(r, c.oid, 'truncate, trigger, references')",
    )
    .bind(OURS)
    .fetch_all(&mut connection)
    .await
    .expect("the catalog answers");
    assert_eq!(odd, [""; 0]);
    let partitions: i64 = sqlx::query_scalar(
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and c.relispartition and c.relkind = 'r'",
    )
    .bind(OURS)
    .fetch_one(&mut connection)
    .await
    .expect("the catalog answers");
    println!("{partitions} partitions out of reach");
    assert!(partitions > 2, "the catalog is read");
}
