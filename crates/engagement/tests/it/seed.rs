//! The example data as the application reads it.

use std::fmt::Debug;
use std::sync::Arc;

use rookery_engagement::{
    Author, Champion, Competitor, Decision, DetectedPost, Engagement, Escalation, Handle, KpiMetric, Mention,
    PlatformPostId, Reply, ReplyInput, validate_reply,
};
use rookery_governance::table::Record;
use rookery_kernel::{Limit, Platform};
use rookery_testkit::{TestDb, TestOrg};

async fn seeded() -> (TestDb, TestOrg, Engagement) {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");
    let engagement = Engagement::new(db.db.clone(), Arc::new(rookery_testkit::clock()));
    (db, org, engagement)
}

/// Reads a page of a table, in which every row must hold to the rules.
async fn fine<T: Record + Debug>(engagement: &Engagement, org: &TestOrg) -> Vec<T> {
    let rows = engagement.list::<T>(&org.scope, None, Limit::new(100)).await.expect("readable").items;
    assert!(!rows.is_empty(), "{} is empty", T::TABLE.name);
    for row in &rows {
        assert_eq!(row.check(), [], "{row:?}");
    }
    rows
}

#[tokio::test]
async fn every_example_is_readable_and_holds_to_the_rules() {
    let (_db, org, engagement) = seeded().await;
    fine::<Author>(&engagement, &org).await;
    fine::<DetectedPost>(&engagement, &org).await;
    fine::<Decision>(&engagement, &org).await;
    fine::<Competitor>(&engagement, &org).await;
    fine::<Mention>(&engagement, &org).await;
    fine::<Champion>(&engagement, &org).await;
    fine::<KpiMetric>(&engagement, &org).await;
    fine::<Escalation>(&engagement, &org).await;
    fine::<Reply>(&engagement, &org).await;
}

#[tokio::test]
async fn no_example_reply_breaks_the_rules_of_the_example_brand() {
    let (_db, org, engagement) = seeded().await;
    let brand = engagement.brand_settings(&org.scope).await.expect("readable");
    assert_eq!(brand.version, 2);
    assert_eq!(brand.settings.check(), []);
    assert_eq!(brand.settings.keyword_taxonomy.len(), 9);
    let replies = fine::<Reply>(&engagement, &org).await;
    assert_eq!(replies.len(), 13);
    for reply in replies {
        let pushy = brand.settings.pushy_ctas.iter().chain(&brand.settings.banned_openers);
        assert!(!pushy.into_iter().any(|wording| reply.content.contains(wording)), "{}", reply.content);
        let input = ReplyInput { content: reply.content, utm_code: reply.utm_code };
        assert_eq!(validate_reply(&brand.settings, &input).err(), None, "{input:?}");
    }
}

/// Our own accounts and posts are spelled as the networks spell them.
#[tokio::test]
async fn handles_and_post_ids_are_those_of_their_networks() {
    let (db, _org, _engagement) = seeded().await;
    let owner = &mut db.owner().await;
    let handles: Vec<(Platform, String)> = sqlx::query_as("select platform, username from accounts.social_accounts")
        .fetch_all(&mut *owner)
        .await
        .expect("readable");
    assert_eq!(handles.len(), 10, "one account per network");
    for (platform, handle) in handles {
        assert!(Handle::new(Some(platform), &handle).is_ok(), "{platform}: {handle}");
    }
    let ids: Vec<(Platform, String)> = sqlx::query_as(
        "select platform, external_content_id from analytics.content
         union all select platform, platform_post_id from publishing.post_publications where platform_post_id is not null",
    )
    .fetch_all(&mut *owner)
    .await
    .expect("readable");
    assert!(ids.len() > 150);
    for (platform, id) in ids {
        assert!(PlatformPostId::new(Some(platform), &id).is_ok(), "{platform}: {id}");
    }
}
