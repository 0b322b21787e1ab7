//! Somebody else's server: one login that takes the roles on, and what it must be allowed.

use rookery_db::migrate;
use rookery_db::roles::{self, PrepareError};
use rookery_db::{Db, Endpoints, PoolSizes};
use rookery_kernel::{IdGen as _, Scope};
use rookery_testkit::{TestDb, ids};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("the statement runs");
}

#[tokio::test]
async fn an_ordinary_login_is_told_what_to_ask_for_and_then_suffices() {
    let db = TestDb::empty().await;
    let mut superuser = db.owner().await;
    let login = format!("login_{}", ids().uuid().simple());
    run(&mut superuser, format!("create role {login} login password 'secret'")).await;
    run(&mut superuser, format!("alter database {} owner to {login}", db.name())).await;
    let options = db.endpoints().owner.clone().username(&login).password("secret");
    let endpoints = Endpoints::from_login(&options);

    let error = roles::prepare(&endpoints).await.expect_err("it is a member of nothing");
    let PrepareError::NotAllowed { sql, login: named, .. } = error else { panic!("{error}") };
    assert_eq!(named, login);
    assert!(sql.contains(&format!("grant rookery_api to \"{login}\"")), "{sql}");

    run(&mut superuser, sql).await;
    roles::prepare(&endpoints).await.expect("nothing is missing now");
    migrate::up(&endpoints.owner, &mut |_| {}).await.expect("it may become the owner");
    let pools =
        Db::connect(&endpoints, PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await.expect("safe roles");
    let mut tx = pools.org(&Scope::worker(ids().uuid().into())).await.expect("begun");
    let role: String = sqlx::query_scalar("select current_user::text").fetch_one(tx.conn()).await.expect("readable");
    assert_eq!(role, "rookery_worker");
    tx.rollback().await;
    pools.close().await;
    run(&mut superuser, format!("reassign owned by {login} to current_user; drop owned by {login}")).await;
    run(&mut superuser, format!("drop role {login}")).await;
    superuser.close().await.expect("closed");
}

#[test]
fn an_address_that_is_none_is_refused() {
    assert!(Endpoints::from_url("mysql://x").is_err());
    assert!(Endpoints::from_url("postgres://user@host/database").is_ok());
}
