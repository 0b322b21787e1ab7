//! What a transaction tells PostgreSQL, and what is left of it afterwards.

use rookery_db::PoolSizes;
use rookery_kernel::{IdGen as _, Scope};
use rookery_testkit::{TestDb, ids};
use sqlx::PgConnection;
use sqlx::error::DatabaseError;

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select coalesce(current_setting($1, true), '')")
        .bind(name)
        .fetch_one(connection)
        .await
        .expect("readable")
}

#[tokio::test]
async fn the_guards_learn_who_acts_and_nothing_stays_for_the_next_user_of_the_connection() {
    let db = TestDb::with_pools(PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await;
    let org = db.organization().await;
    let request = ids().uuid();
    let scope = Scope { request_id: Some(request), ip: Some([192, 0, 2, 7].into()), ..org.scope.clone() };
    let mut tx = db.db.org(&scope).await.expect("begun");
    assert_eq!(setting(tx.conn(), "app.organization_id").await, org.organization_id.to_string());
    assert_eq!(setting(tx.conn(), "app.actor_user_id").await, org.user_id.to_string());
    assert_eq!(setting(tx.conn(), "app.actor_kind").await, "user");
    assert_eq!(setting(tx.conn(), "app.request_id").await, request.to_string());
    assert_eq!(setting(tx.conn(), "app.ip").await, "192.0.2.7");
    assert_eq!(setting(tx.conn(), "app.audited").await, "on");
    assert_eq!(setting(tx.conn(), "search_path").await, "pg_catalog");
    assert_eq!(tx.organization_id(), org.organization_id);
    tx.commit().await.expect("committed");

    // The pool has one connection: this is the same one.
    let mut tx = db.db.org(&Scope::new(ids().uuid().into(), scope.actor)).await.expect("begun");
    assert_eq!(setting(tx.conn(), "app.ip").await, "");
    tx.rollback().await;
    let mut tx = db.db.system("look at the settings").await.expect("begun");
    assert_eq!(setting(tx.conn(), "app.organization_id").await, "");
    assert_eq!(setting(tx.conn(), "app.actor_kind").await, "system");
}

#[tokio::test]
async fn one_that_reads_knows_who_asks_plans_once_and_writes_nothing() {
    let db = TestDb::with_pools(PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await;
    let org = db.organization().await;
    let mut tx = db.db.reading(&org.scope).await.expect("begun");
    assert_eq!(setting(tx.conn(), "app.organization_id").await, org.organization_id.to_string());
    assert_eq!(setting(tx.conn(), "plan_cache_mode").await, "force_generic_plan");
    let seen: i64 =
        sqlx::query_scalar("select count(*) from identity.organizations").fetch_one(tx.conn()).await.expect("readable");
    assert_eq!(seen, 1, "it sees its own organization only");
    let write = "update identity.organizations set name = 'x' where organization_id is not null";
    let refused = sqlx::query(write).execute(tx.conn()).await.expect_err("it only reads");
    assert_eq!(refused.as_database_error().and_then(DatabaseError::code).as_deref(), Some("25006"), "{refused}");
    drop(tx);
    // The pool has one connection: this is the same one.
    let mut tx = db.db.reading(&Scope::worker(ids().uuid().into())).await.expect("begun");
    let seen: i64 =
        sqlx::query_scalar("select count(*) from identity.organizations").fetch_one(tx.conn()).await.expect("readable");
    assert_eq!(seen, 0, "the next organization sees nothing of it");
    let role: String = sqlx::query_scalar("select current_user::text").fetch_one(tx.conn()).await.expect("readable");
    assert_eq!(role, "rookery_api", "jobs that read may no more than people");
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    assert_eq!(setting(tx.conn(), "plan_cache_mode").await, "auto", "others plan as usual");
}

#[tokio::test]
async fn people_and_jobs_work_under_different_roles_and_publishing_has_its_own_connections() {
    let db = TestDb::with_pools(PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await;
    let org = db.organization().await;
    let role = async |connection: &mut PgConnection| -> String {
        sqlx::query_scalar("select current_user::text").fetch_one(connection).await.expect("readable")
    };
    let mut person = db.db.org(&org.scope).await.expect("begun");
    let mut job = db.db.org(&org.worker()).await.expect("begun");
    // Both ordinary pools are used up now.
    let mut reserved = db.db.reserved_for_publishing().org(&org.worker()).await.expect("begun");
    assert_eq!(role(person.conn()).await, "rookery_api");
    assert_eq!(role(job.conn()).await, "rookery_worker");
    assert_eq!(role(reserved.conn()).await, "rookery_worker");
}

#[tokio::test]
async fn what_is_dropped_is_rolled_back_and_what_is_committed_stays() {
    let db = TestDb::with_pools(PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await;
    let org = db.organization().await;
    for (name, keep) in [("dropped", false), ("kept", true)] {
        let mut tx = db.db.org(&org.scope).await.expect("begun");
        sqlx::query("update identity.organizations set name = $2 where organization_id = $1")
            .bind(org.organization_id.uuid())
            .bind(name)
            .execute(tx.conn())
            .await
            .expect("written");
        if keep {
            tx.commit().await.expect("committed");
        }
    }
    let name: String = sqlx::query_scalar("select name from identity.organizations")
        .fetch_one(&mut db.owner().await)
        .await
        .expect("readable");
    assert_eq!(name, "kept");
}

#[tokio::test]
async fn a_failed_beginning_does_not_spoil_the_connection() {
    let db = TestDb::with_pools(PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 }).await;
    let org = db.organization().await;
    let mut superuser = db.owner().await;
    let rename = async |connection: &mut PgConnection, sql: &'static str| {
        sqlx::raw_sql(sql).execute(connection).await.expect("renamed");
    };
    rename(&mut superuser, "alter function identity.set_organization rename to gone").await;
    db.db.org(&org.scope).await.expect_err("the function is gone");
    rename(&mut superuser, "alter function identity.gone rename to set_organization").await;
    let tx = db.db.org(&org.scope).await.expect("the pool's only connection is sound");
    tx.commit().await.expect("committed");
    db.db.ping().await.expect("answers");
}
