//! The run's server and the template in it.

use std::path::{Path, PathBuf};

use rookery_db::embedded::{Embedded, EmbeddedConfig, check_reachable, far_folder};
use rookery_db::{Endpoints, migrate, roles};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tokio::sync::OnceCell;

/// "testkit" in a number: the lock of whoever makes the template.
const LOCK: i64 = 0x0074_6573_746b_6974;

/// What every database of this process is cloned from.
#[derive(Debug, Clone)]
pub struct Template {
    pub superuser: PgConnectOptions,
    pub name: String,
}

/// The template, made if this is the run's first test.
pub async fn template() -> Template {
    // Not a connection but its address: each test has a run time of its own.
    static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
    TEMPLATE.get_or_init(make_template).await.clone()
}

async fn make_template() -> Template {
    let superuser = superuser().await;
    let digest = migrate::files::digest().expect("our migrations are well-formed");
    let name = format!("template_{}", &digest[..12]);
    let mut connection = superuser.connect().await.expect("the test server answers");
    // A session lock of this database: the first of the run's processes makes the template, the others wait.
    run(&mut connection, &format!("select pg_advisory_lock({LOCK})")).await;
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .expect("the catalog answers");
    if !there {
        build(&mut connection, &superuser, &name).await;
    }
    connection.close().await.expect("closed");
    Template { superuser, name }
}

async fn build(connection: &mut PgConnection, superuser: &PgConnectOptions, name: &str) {
    let old: Vec<String> =
        sqlx::query_scalar("select datname::text from pg_database where datname like 'template\\_%'")
            .fetch_all(&mut *connection)
            .await
            .expect("the catalog answers");
    for old in old {
        run(connection, &format!("drop database if exists {} with (force)", roles::identifier(&old))).await;
    }
    // Under another name until it is complete, so that an interrupted run leaves nothing half-made.
    run(connection, "drop database if exists unfinished_template with (force)").await;
    run(connection, "create database unfinished_template template template0 encoding 'UTF8'").await;
    let endpoints = Endpoints::from_login(&superuser.clone().database("unfinished_template"));
    roles::prepare(&endpoints).await.expect("a superuser may prepare a database");
    migrate::up(&endpoints.owner, &mut |_| {}).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    run(connection, &format!("alter database unfinished_template rename to {name}")).await;
}

/// An error with its causes, since a panic shows only what it is given.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

pub async fn run(connection: &mut PgConnection, sql: &str) {
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await {
        panic!("{sql}: {error}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the runner's word to its tests")]
async fn superuser() -> PgConnectOptions {
    match std::env::var("ROOKERY_TEST_DATABASE") {
        Ok(url) => url.parse().expect("ROOKERY_TEST_DATABASE is a PostgreSQL URL"),
        Err(_) => detached().await,
    }
}

async fn detached() -> PgConnectOptions {
    let data_dir = data_dir();
    let config = EmbeddedConfig::new(data_dir).for_tests();
    let detached = Embedded::detached(config).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    detached.endpoints.owner.database("postgres")
}

/// Where the server without a runner lives: below `target`, or, if its user cannot get there, below the
/// system's temporary folder.
pub fn data_dir() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the repository is there");
    let near = root.join("target/testkit");
    if check_reachable(&near).is_ok() { near } else { far_folder("testkit", &near) }
}
