//! Up, down, up; nobody else's tables are touched; what was run cannot change.

use rookery_db::migrate::{self, Event, Guards, MigrateError, Migration, Runner, StandingState, Steps};
use rookery_testkit::TestDb;
use sqlx::PgConnection;

use crate::catalog::{OURS, facts};

fn silent() -> impl FnMut(Event<'_>) + Send {
    |_| {}
}

async fn run(connection: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.expect("the statement runs");
}

fn migration(version: i64, up: &str) -> Migration {
    Migration { version, name: "test".into(), up: up.into(), down: Some("drop table rookery.things".into()) }
}

#[tokio::test]
async fn up_down_up_gives_the_same_catalog_and_down_leaves_nothing() {
    let db = TestDb::empty().await;
    let (owner, mut connection) = (&db.endpoints().owner, db.owner().await);
    let empty = facts(&mut connection, "^").await;
    let report = migrate::up(owner, &mut silent()).await.expect("up");
    assert!(report.files.len() >= 8, "{report:?}");
    let first = facts(&mut connection, OURS).await;
    assert!(first.len() > 500, "the facts are many: {}", first.len());
    migrate::down(owner, Steps::All, &mut silent()).await.expect("down");
    similar(&empty, &facts(&mut connection, "^").await);
    migrate::up(owner, &mut silent()).await.expect("up again");
    similar(&first, &facts(&mut connection, OURS).await);
}

/// Compares and shows only what differs.
fn similar(before: &[String], after: &[String]) {
    let missing: Vec<_> = before.iter().filter(|fact| !after.contains(fact)).collect();
    let new: Vec<_> = after.iter().filter(|fact| !before.contains(fact)).collect();
    assert!(missing.is_empty() && new.is_empty(), "missing: {missing:#?}\nnew: {new:#?}");
}

#[tokio::test]
async fn each_migration_can_be_taken_back_alone() {
    let db = TestDb::empty().await;
    let (owner, mut connection) = (&db.endpoints().owner, db.owner().await);
    let all = migrate::files::embedded().expect("well-formed");
    // The runner's own table comes with its first run.
    Runner::new(vec![]).up(owner, &mut silent()).await.expect("nothing to do");
    for count in 1..=all.len() {
        let runner = Runner::new(all[..count].to_vec());
        let before = facts(&mut connection, OURS).await;
        runner.up(owner, &mut silent()).await.expect("up");
        // Rules that are rows change no catalog, and a function that is put in another's place adds no line to it; their
        // own tests read them.
        if !["media_rules", "renewal_guards"].contains(&all[count - 1].name.as_str()) {
            assert_ne!(facts(&mut connection, OURS).await.len(), before.len(), "{}", all[count - 1].name);
        }
        runner.down(owner, Steps::Last(1), &mut silent()).await.expect("down");
        similar(&before, &facts(&mut connection, OURS).await);
        runner.up(owner, &mut silent()).await.expect("up again");
    }
}

#[tokio::test]
async fn a_foreign_schema_in_public_is_left_alone() {
    let db = TestDb::empty().await;
    let (owner, mut connection) = (&db.endpoints().owner, db.owner().await);
    run(
        &mut connection,
        r#"create type public."State" as enum ('QUEUE', 'PUBLISHED', 'ERROR', 'DRAFT');
           create table public."Organization" (id text primary key, name text not null, "createdAt" timestamp(3) not null);
           create table public."Integration" (id text primary key, "organizationId" text not null
               references public."Organization" (id), "providerIdentifier" text not null, token text not null);
           create table public."Post" (id text primary key, state public."State" not null default 'QUEUE',
               "publishDate" timestamp(3) not null, "organizationId" text not null references public."Organization" (id),
               "integrationId" text not null references public."Integration" (id), content text not null);
           create table public.users (id int primary key);
           create table public._prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null);
           insert into public."Organization" values ('o1', 'Theirs', '2026-01-01')"#,
    )
    .await;
    let before = facts(&mut connection, "^public$").await;
    assert!(before.len() > 20);
    migrate::up(owner, &mut silent()).await.expect("up");
    similar(&before, &facts(&mut connection, "^public$").await);
    migrate::down(owner, Steps::All, &mut silent()).await.expect("down");
    similar(&before, &facts(&mut connection, "^public$").await);
    let rows: i64 = sqlx::query_scalar(r#"select count(*) from public."Organization""#)
        .fetch_one(&mut connection)
        .await
        .expect("still there");
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_changed_migration_is_refused_and_named() {
    let db = TestDb::empty().await;
    let owner = &db.endpoints().owner;
    Runner::new(vec![migration(1, "create table rookery.things (x int)")]).up(owner, &mut silent()).await.expect("up");
    let changed = Runner::new(vec![migration(1, "create table rookery.things (x bigint)")]);
    let error = changed.up(owner, &mut silent()).await.expect_err("refused");
    assert!(matches!(&error, MigrateError::Changed { file, .. } if file == "0001_test.up.sql"), "{error}");
    let standing = changed.status(owner).await.expect("known");
    assert_eq!(standing[0].state, StandingState::Changed);
    let error = Runner::new(vec![]).up(owner, &mut silent()).await.expect_err("refused");
    assert!(matches!(error, MigrateError::FromTheFuture { version: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_failing_statement_is_named_and_its_migration_taken_back() {
    let db = TestDb::empty().await;
    let owner = &db.endpoints().owner;
    let text = "-- why\ncreate table rookery.things (x int);\n\nselect 1 / 0; -- fails\n";
    let runner = Runner::new(vec![migration(1, text)]);
    let error = runner.up(owner, &mut silent()).await.expect_err("fails");
    let text = error.to_string();
    assert!(text.contains("0001_test.up.sql, line 4: statement 2 failed: select 1 / 0"), "{text}");
    let there: bool = sqlx::query_scalar("select to_regclass('rookery.things') is not null")
        .fetch_one(&mut db.owner().await)
        .await
        .expect("the catalog answers");
    assert!(!there, "nothing half-made");
    assert_eq!(runner.status(owner).await.expect("known")[0].state, StandingState::Pending);
}

#[tokio::test]
async fn some_migrations_run_outside_a_transaction() {
    let db = TestDb::empty().await;
    let owner = &db.endpoints().owner;
    let mut index = migration(2, "-- no transaction\ncreate index concurrently things_x on rookery.things (x)");
    index.down = Some("-- no transaction\ndrop index concurrently rookery.things_x".into());
    let runner = Runner::new(vec![migration(1, "create table rookery.things (x int)"), index]);
    runner.up(owner, &mut silent()).await.expect("up");
    runner.down(owner, Steps::All, &mut silent()).await.expect("down");
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_does_nothing() {
    let db = TestDb::empty().await;
    let owner = &db.endpoints().owner;
    let plan = migrate::plan_up(owner).await.expect("planned");
    assert!(plan.len() >= 8 && plan.iter().all(|p| !p.statements.is_empty()));
    assert!(migrate::status(owner).await.expect("known").iter().all(|s| s.state == StandingState::Pending));
    migrate::up(owner, &mut silent()).await.expect("up");
    assert!(migrate::plan_up(owner).await.expect("planned").is_empty());
    assert_eq!(migrate::plan_down(owner, Steps::Last(1)).await.expect("planned").len(), 1);
}

#[tokio::test]
async fn two_runners_at_once_take_turns() {
    let db = TestDb::empty().await;
    let owner = db.endpoints().owner.clone();
    let (mut first, mut second) = (silent(), silent());
    let (a, b) = tokio::join!(migrate::up(&owner, &mut first), migrate::up(&owner, &mut second));
    let (a, b) = (a.expect("up").files.len(), b.expect("up").files.len());
    assert!(a.min(b) == 0 && a.max(b) >= 8, "one does it all, the other finds it done: {a} and {b}");
}

#[tokio::test]
async fn the_guards_can_be_left_out() {
    let db = TestDb::empty().await;
    let owner = &db.endpoints().owner;
    let runner = Runner::new(migrate::files::embedded().expect("well-formed")).guards(Guards::Never);
    runner.up(owner, &mut silent()).await.expect("up");
    // What stands in for a key on the largest table, and what marks sums, is no guard.
    let triggers: i64 = sqlx::query_scalar(
        "select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid
         join pg_namespace n on n.oid = c.relnamespace where not t.tgisinternal and n.nspname ~ $1
             and t.tgname not in ('content_is_there', 'forget_numbers', 'clocks_changed')",
    )
    .bind(OURS)
    .fetch_one(&mut db.owner().await)
    .await
    .expect("the catalog answers");
    assert_eq!(triggers, 0);
    runner.down(owner, Steps::All, &mut silent()).await.expect("down");
}

#[tokio::test]
async fn a_table_that_somebody_holds_is_waited_for_again_and_again() {
    let db = TestDb::empty().await;
    let owner = db.endpoints().owner.clone();
    Runner::new(vec![migration(1, "create table rookery.things (x int)")]).up(&owner, &mut silent()).await.expect("up");
    let mut holder = db.owner().await;
    run(&mut holder, "begin; lock table rookery.things").await;
    let both = vec![
        migration(1, "create table rookery.things (x int)"),
        // A short patience of its own, so that the test need not have the runner's.
        migration(2, "set local lock_timeout = '50ms'; alter table rookery.things add column y int"),
    ];
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut progress = move |event: Event<'_>| {
        if matches!(event, Event::Retry { .. }) {
            tell.send(()).ok();
        }
    };
    let runner = Runner::new(both);
    let migrating = runner.up(&owner, &mut progress);
    let letting_go = async {
        told.recv().await.expect("a first try failed");
        run(&mut holder, "commit").await;
    };
    let (report, ()) = tokio::join!(migrating, letting_go);
    assert_eq!(report.expect("the second try works").files, ["0002_test.up.sql"]);
}
