//! The example data: complete, repeatable, and only in the organization that asked.

use rookery_testkit::{TestDb, TestOrg};

async fn seed(db: &TestDb, org: &TestOrg) -> u64 {
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    let made = rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");
    made
}

async fn rows(db: &TestDb, org: &TestOrg) -> Vec<(String, String)> {
    sqlx::query_as(
        "select id::text, xmin::text from engagement.competitors where organization_id = $1
         union all select id::text, xmin::text from engagement.authors where organization_id = $1 order by 1",
    )
    .bind(org.organization_id.uuid())
    .fetch_all(&mut db.owner().await)
    .await
    .expect("readable")
}

#[tokio::test]
async fn a_second_run_changes_nothing_and_another_organization_is_untouched() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.organization().await, db.organization().await);
    assert_eq!(seed(&db, &ours).await, 86);
    let first = rows(&db, &ours).await;
    assert_eq!(first.len(), 38);
    assert_eq!(seed(&db, &ours).await, 0);
    assert_eq!(rows(&db, &ours).await, first);
    assert!(rows(&db, &theirs).await.is_empty());
}
