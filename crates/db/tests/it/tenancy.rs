//! Tenants never meet: not by a forgotten setting, not through the doors of [`rookery_db::Db`]. Every table and
//! reference is tried in [`crate::generated`].

use rookery_db::Error;
use rookery_testkit::TestDb;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalog::manifest;

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(connection)
        .await
        .unwrap_or_else(|error| panic!("{table}: {error}"))
}

#[tokio::test]
async fn a_raw_connection_sees_no_row_of_any_tenant_table() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    sqlx::query(
        "insert into accounts.social_accounts (organization_id, platform, platform_user_id, username)
         values ($1, 'mastodon', '42', 'fieldwork')",
    )
    .bind(org.organization_id.uuid())
    .execute(tx.conn())
    .await
    .expect("written");
    tx.commit().await.expect("committed");

    let tenants: Vec<String> = manifest().into_iter().filter(|(_, k)| *k == "tenant").map(|(table, _)| table).collect();
    assert!(tenants.len() > 10, "the manifest is read");
    let mut superuser = db.owner().await;
    assert_eq!(count(&mut superuser, "accounts.social_accounts").await, 1);
    assert_eq!(count(&mut superuser, "identity.organizations").await, 1);
    for mut connection in [db.as_api().await, db.as_worker().await] {
        for table in &tenants {
            assert_eq!(count(&mut connection, table).await, 0, "{table}");
        }
    }
}

#[tokio::test]
async fn an_organization_sees_its_own_rows_only_and_cannot_write_anothers() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.organization().await, db.organization().await);
    let mut tx = db.db.org(&ours.scope).await.expect("begun");
    let seen: Vec<uuid::Uuid> = sqlx::query_scalar("select organization_id from identity.organizations")
        .fetch_all(tx.conn())
        .await
        .expect("readable");
    assert_eq!(seen, [ours.organization_id.uuid()]);
    let changed = sqlx::query("update identity.organizations set name = 'taken' where organization_id = $1")
        .bind(theirs.organization_id.uuid())
        .execute(tx.conn())
        .await
        .expect("finds nothing to change");
    assert_eq!(changed.rows_affected(), 0);
    let refused = sqlx::query(
        "insert into accounts.social_accounts (organization_id, platform, platform_user_id, username)
         values ($1, 'mastodon', '42', 'intruder')",
    )
    .bind(theirs.organization_id.uuid())
    .execute(tx.conn())
    .await
    .map_err(Error::from)
    .expect_err("not ours");
    assert_eq!(refused.sqlstate().as_deref(), Some("42501"), "{refused}");
}

#[tokio::test]
async fn the_roles_may_not_make_or_alter_anything() {
    let db = TestDb::new().await;
    for mut connection in [db.as_api().await, db.as_worker().await] {
        let error = sqlx::raw_sql("create table identity.mine (x int)").execute(&mut connection).await;
        assert_eq!(Error::from(error.expect_err("refused")).sqlstate().as_deref(), Some("42501"));
        let error = sqlx::raw_sql("alter table identity.organizations disable row level security")
            .execute(&mut connection)
            .await;
        assert_eq!(Error::from(error.expect_err("refused")).sqlstate().as_deref(), Some("42501"));
    }
}

#[tokio::test]
async fn a_login_that_could_bypass_the_rules_is_refused() {
    let db = TestDb::new().await;
    let mut endpoints = db.endpoints().clone();
    endpoints.worker = endpoints.owner.clone();
    let error = rookery_db::Db::connect(&endpoints, rookery_db::PoolSizes::default()).await.expect_err("refused");
    assert!(error.to_string().contains("is a superuser"), "{error}");
}
