//! Numbers of posts and of the account.

use rookery_platforms::{Basis, Connector as _, ErrorType, Twitter};
use serde_json::json;

use crate::fake::{Fake, Reply, http};

/// A day, ten days and two months old; one that is gone.
const YOUNG: &str = "2028017393464246272";
const NOT_TOLD: &str = "2024755902673846272";
const OLD: &str = "2006636509393846272";
const GONE: &str = "2025118290539446272";

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn private_numbers_are_asked_for_where_they_are_told() {
    let fake = Fake::start().await;
    fake.on("GET", "/2/tweets", Reply::fixture("twitter/metrics_young")).on(
        "GET",
        "/2/tweets",
        Reply::fixture("twitter/metrics_old"),
    );
    let today = "2026-03-02".parse().expect("a date");
    let wanted = ids(&[OLD, YOUNG, GONE, NOT_TOLD]);
    let batch = Twitter::new(http()).content_metrics(&fake.access("22"), &wanted, today).await.expect("numbers");
    let asked = fake.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].query["ids"], [YOUNG, GONE, NOT_TOLD].join(","));
    assert!(asked[0].query["tweet.fields"].contains("non_public_metrics"));
    assert_eq!(asked[1].query["ids"], [OLD, NOT_TOLD].join(","));
    assert!(!asked[1].query["tweet.fields"].contains("non_public_metrics"));

    let row = |id: &str| batch.rows.iter().find(|r| r.external_id == id).expect("a row");
    let full = row(YOUNG);
    assert_eq!((full.impressions, full.reactions, full.comments), (Some(9000), Some(5_000_000_000), Some(2)));
    assert_eq!((full.shares, full.saves, full.clicks, full.views), (Some(7), Some(6), Some(17), Some(700)));
    assert_eq!((full.completion_rate, full.reach, full.basis), (Some(0.25), None, Basis::Lifetime));
    assert_eq!((&full.extra["retweet_count"], &full.extra["organic_impression_count"]), (&json!(3), &json!(8000)));
    let sparse = row(OLD);
    assert_eq!((sparse.reactions, sparse.impressions, sparse.shares, sparse.clicks), (Some(0), None, None, None));
    assert_eq!((row(NOT_TOLD).impressions, row(NOT_TOLD).clicks), (Some(50), None));
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(failed, [(GONE, ErrorType::NotFound)]);
}

#[tokio::test]
async fn a_batch_of_deleted_posts_is_no_error_of_the_account() {
    let fake = Fake::start().await;
    let problem = json!({"resource_id": OLD, "value": OLD, "title": "Not Found Error", "detail": "Could not find tweet",
        "type": "https://api.twitter.com/2/problems/resource-not-found"});
    fake.on("GET", "/2/tweets", Reply::json(200, &json!({ "errors": [problem] })));
    let today = "2026-03-02".parse().expect("a date");
    let batch = Twitter::new(http()).content_metrics(&fake.access("22"), &ids(&[OLD]), today).await.expect("a batch");
    assert_eq!((batch.rows.len(), batch.failures[0].error.kind), (0, ErrorType::NotFound));
    let dead = Fake::start().await;
    dead.on("GET", "/2/tweets", Reply::json(401, &json!({"title": "Unauthorized", "status": 401})));
    let error = Twitter::new(http()).content_metrics(&dead.access("22"), &ids(&[OLD, YOUNG]), today).await;
    assert_eq!((error.expect_err("the token").kind, dead.asked().len()), (ErrorType::TokenExpired, 1));
}

#[tokio::test]
async fn an_accounts_numbers_are_those_of_today() {
    let fake = Fake::start().await;
    fake.on("GET", "/2/users/me", Reply::fixture("twitter/me"));
    let (from, to) = ("2026-02-01".parse().expect("a date"), "2026-03-01".parse().expect("a date"));
    let days = Twitter::new(http()).account_metrics(&fake.access("22"), from, to).await.expect("numbers");
    assert_eq!((days.len(), days[0].date.to_string().as_str(), days[0].basis), (1, "2026-03-02", Basis::Lifetime));
    assert_eq!((days[0].followers, days[0].posts_count, days[0].reach), (Some(3_000_000_001), Some(450), None));
    assert_eq!(days[0].extra, json!({"following_count": 12, "listed_count": 3}));
}
