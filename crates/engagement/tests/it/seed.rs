//! The example data as the application reads it.

use std::sync::Arc;

use rookery_engagement::Engagement;
use rookery_testkit::TestDb;

#[tokio::test]
async fn the_example_brand_is_readable_and_no_example_reply_breaks_its_rules() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");

    let engagement = Engagement::new(db.db.clone(), Arc::new(rookery_testkit::clock()));
    let brand = engagement.brand_settings(&org.scope).await.expect("readable");
    assert_eq!(brand.version, 2);
    assert_eq!(brand.settings.check(), []);
    assert_eq!(brand.settings.keyword_taxonomy.len(), 9);
    let replies: Vec<String> = sqlx::query_scalar("select content from engagement.replies")
        .fetch_all(&mut db.owner().await)
        .await
        .expect("readable");
    assert_eq!(replies.len(), 13);
    for text in &replies {
        assert_eq!(brand.settings.prohibited_in(text), Vec::<&rookery_engagement::ProhibitedTerm>::new(), "{text}");
        let pushy = brand.settings.pushy_ctas.iter().chain(&brand.settings.banned_openers);
        assert!(!pushy.into_iter().any(|wording| text.contains(wording)), "{text}");
    }
}
