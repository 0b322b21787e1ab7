//! The listing of the account's own posts, and the numbers.

use rookery_platforms::{Bluesky, Connector as _, ContentFormat, ErrorType};
use serde_json::json;

use super::DID;
use crate::fake::{Fake, Reply, at, fixture, http};

const FEED: &str = "/xrpc/app.bsky.feed.getAuthorFeed";
const RECORDS: &str = "/xrpc/com.atproto.repo.listRecords";
const POSTS: &str = "/xrpc/app.bsky.feed.getPosts";

fn id(key: &str) -> String {
    format!("at://{DID}/app.bsky.feed.post/{key}")
}

#[tokio::test]
async fn pages_are_walked_through_an_empty_one_and_end_at_the_time() {
    let fake = Fake::start().await;
    fake.on("GET", FEED, Reply::json(200, &json!({"feed": [], "cursor": "c1"})));
    fake.on("GET", FEED, Reply::fixture("bluesky/feed"));
    fake.on("GET", FEED, Reply::json(200, &json!({"feed": []})));
    let (bluesky, access) = (Bluesky::new(http()), fake.access(DID));
    let items = bluesky.all_content(&access, at("2026-02-01T00:00:00Z"), 10).await.expect("items");
    let found: Vec<_> = items.iter().map(|i| (i.external_id.clone(), i.format)).collect();
    assert_eq!(
        found,
        [(id("3mfabc2222222"), ContentFormat::Carousel), (id("3mfabb2222222"), ContentFormat::Link)],
        "what was only passed on is not ours"
    );
    assert_eq!((items[0].hashtags.as_slice(), items[0].language.as_deref()), (&["größe".to_owned()][..], Some("de")));
    assert_eq!(items[0].thumbnail_url.as_deref(), Some("https://cdn.bsky.app/t.jpg"));
    assert_eq!(fake.asked()[1].query["cursor"], "c1");

    let short = Fake::start().await;
    short.on("GET", FEED, Reply::fixture("bluesky/feed"));
    let page = bluesky.list_content(&short.access(DID), at("2026-03-02T00:00:00Z"), None, None).await.expect("a page");
    assert_eq!((page.items.len(), page.next), (1, None), "behind the last one there are only older ones");
    let access = short.access(DID);
    let circle = bluesky.list_content(&access, at("2026-01-01T00:00:00Z"), Some("2026-03-01T08:00:00Z".into()), None);
    assert_eq!(circle.await.expect_err("it does not advance").kind, ErrorType::Unknown);
}

#[tokio::test]
async fn a_server_that_stands_alone_lists_its_own_records() {
    let fake = Fake::start().await;
    let alone = json!({"error": "InvalidRequest", "message": "No service configured for app.bsky.feed.getAuthorFeed"});
    fake.on("GET", FEED, Reply::json(400, &alone));
    let record = |key: &str, value| json!({"uri": id(key), "cid": "b", "value": value});
    let first = record("3b", json!({"text": "New", "createdAt": "2026-03-02T08:00:00Z"}));
    let old = record("3a", json!({"text": "Old", "createdAt": "2025-03-02T08:00:00Z"}));
    let reply = record("39", json!({"text": "Re", "createdAt": "2026-03-02T08:00:00Z", "reply": {}}));
    fake.on("GET", RECORDS, Reply::json(200, &json!({"records": [old, reply], "cursor": "3a"})));
    fake.on("GET", RECORDS, Reply::json(200, &json!({"records": [first]})));
    let items =
        Bluesky::new(http()).all_content(&fake.access(DID), at("2026-03-01T00:00:00Z"), 10).await.expect("items");
    assert_eq!(items.iter().map(|i| i.external_id.as_str()).collect::<Vec<_>>(), [id("3b")]);
    assert_eq!((fake.asked_for(FEED).len(), fake.asked_for(RECORDS)[1].query["cursor"].as_str()), (1, "3a"));
}

#[tokio::test]
async fn missing_numbers_stay_missing_and_missing_posts_fail_alone() {
    let fake = Fake::start().await;
    let entries = fixture("bluesky/feed");
    let posts = json!({"posts": [entries["feed"][0]["post"], entries["feed"][2]["post"]]});
    fake.on("GET", POSTS, Reply::json(200, &posts));
    let ids = [id("3mfabc2222222"), id("3mfabb2222222"), id("gone"), "1".to_owned()];
    let today = "2026-03-02".parse().expect("a date");
    let batch = Bluesky::new(http()).content_metrics(&fake.access(DID), &ids, today).await.expect("numbers");
    let [full, bare] = &batch.rows[..] else { panic!("{batch:?}") };
    assert_eq!((full.reactions, full.comments, full.shares, full.saves), (Some(3), Some(1), Some(6), None));
    assert_eq!(full.extra, json!({"repost_count": 2, "quote_count": 4}));
    assert_eq!((bare.reactions, bare.comments, bare.shares), (Some(0), None, None), "not told is not zero");
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(failed, [(ids[2].as_str(), ErrorType::NotFound), ("1", ErrorType::NotFound)]);
    // 26 posts are two questions; if the second fails, the first 25 are kept.
    let many = Fake::start().await;
    many.on("GET", POSTS, Reply::json(200, &json!({"posts": []})));
    many.on("GET", POSTS, Reply::json(429, &json!({"error": "RateLimitExceeded"})));
    let ids: Vec<String> = (0..26).map(|n| id(&n.to_string())).collect();
    let batch = Bluesky::new(http()).content_metrics(&many.access(DID), &ids, today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (0, 26));
    assert_eq!(batch.failures[25].error.kind, ErrorType::RateLimit);
}

#[tokio::test]
async fn the_account_has_numbers_of_now() {
    let fake = Fake::start().await;
    fake.on("GET", "/xrpc/app.bsky.actor.getProfile", Reply::fixture("bluesky/profile"));
    let day = "2026-03-02".parse().expect("a date");
    let days = Bluesky::new(http()).account_metrics(&fake.access(DID), day, day).await.expect("numbers");
    assert_eq!((days[0].followers, days[0].posts_count, days[0].reach), (Some(321), Some(48), None));
}
