//! The listing of the account's submissions, and the numbers.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, Reddit};
use serde_json::json;

use super::access;
use crate::fake::{Fake, Reply, at, http};

const LIST: &str = "/user/harbour_bakery/submitted";

#[tokio::test]
async fn pages_are_walked_through_an_empty_one_and_end_at_the_time() {
    let fake = Fake::start().await;
    fake.on("GET", LIST, Reply::json(200, &json!({"data": {"children": [], "after": "t3_x"}})));
    fake.on("GET", LIST, Reply::fixture("reddit/submitted"));
    fake.on("GET", LIST, Reply::json(200, &json!({"data": {"children": [], "after": null}})));
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    let items = reddit.all_content(&access, at("2026-03-01T00:00:00Z"), 10).await.expect("items");
    let found: Vec<_> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    assert_eq!(
        found,
        [
            ("t3_1aaaaa6", ContentFormat::Carousel),
            ("t3_1aaaaa5", ContentFormat::Text),
            ("t3_1aaaaa4", ContentFormat::Video),
            ("t3_1aaaaa3", ContentFormat::Link),
        ]
    );
    assert_eq!(items[1].caption.as_deref(), Some("Fresh bread\n\nAt **seven** #Größe"));
    assert_eq!((items[1].hashtags.as_slice(), items[1].thumbnail_url.as_deref()), (&["größe".to_owned()][..], None));
    assert_eq!((items[2].duration_ms, items[2].published_at), (Some(21_000), at("2026-03-02T08:56:40Z")));
    assert_eq!(
        items[3].permalink.as_deref(),
        Some("https://www.reddit.com/user/harbour_bakery/comments/1aaaaa3/read/")
    );
    assert_eq!((fake.asked()[1].query["after"].as_str(), fake.asked()[1].query["raw_json"].as_str()), ("t3_x", "1"));

    let short = Fake::start().await;
    short.on("GET", LIST, Reply::fixture("reddit/submitted"));
    let page =
        reddit.list_content(&super::access(&short), at("2026-03-02T08:58:00Z"), None, None).await.expect("a page");
    assert_eq!((page.items.len(), page.next), (2, None));
    let access = super::access(&short);
    let circle = reddit.list_content(&access, at("2026-01-01T00:00:00Z"), Some("t3_1aaaaa3".into()), None);
    assert_eq!(circle.await.expect_err("it does not advance").kind, ErrorType::Unknown);
}

#[tokio::test]
async fn missing_numbers_stay_missing_and_scores_may_be_below_zero() {
    let fake = Fake::start().await;
    let children = json!([
        {"data": {"name": "t3_a", "author": "harbour_bakery", "score": -3, "num_comments": 4, "num_crossposts": 0, "upvote_ratio": 0.4, "total_awards_received": 0, "view_count": null}},
        {"data": {"name": "t1_b", "author": "harbour_bakery", "score": 2}},
        {"data": {"name": "t3_c", "author": "[deleted]", "score": 9}},
    ]);
    fake.on("GET", "/api/info", Reply::json(200, &json!({"data": {"children": children}})));
    let ids = ["t3_a", "t1_b", "t3_c", "1"].map(ToOwned::to_owned);
    let today = "2026-03-02".parse().expect("a date");
    let batch = Reddit::new(http()).content_metrics(&access(&fake), &ids, today).await.expect("numbers");
    let [post, comment] = &batch.rows[..] else { panic!("{batch:?}") };
    assert_eq!((post.reactions, post.comments, post.shares, post.views), (Some(-3), Some(4), Some(0), None));
    assert_eq!(post.extra, json!({"upvote_ratio": 0.4, "total_awards_received": 0}));
    assert_eq!((comment.reactions, comment.comments, comment.shares), (Some(2), None, None));
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(failed, [("t3_c", ErrorType::NotFound), ("1", ErrorType::NotFound)]);
    assert_eq!(fake.asked()[0].query["id"], "t3_a,t1_b,t3_c");
}
