//! The listing of the account's own posts.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, Twitter};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};

const PATH: &str = "/2/users/2244994945/tweets";

#[tokio::test]
async fn pages_are_walked_through_an_empty_one() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::fixture("twitter/tweets_1"))
        .on("GET", PATH, Reply::json(200, &json!({"meta": {"result_count": 0, "next_token": "n2"}})))
        .on("GET", PATH, Reply::fixture("twitter/tweets_3"));
    let items = Twitter::new(http())
        .all_content(&fake.access("2244994945"), at("2026-02-01T00:00:00Z"), 10)
        .await
        .expect("all pages");
    let seen: Vec<(Option<&str>, ContentFormat)> = items.iter().map(|i| (i.caption.as_deref(), i.format)).collect();
    let expected = [
        (Some("Guten Morgen #Hafen"), ContentFormat::Text),
        (Some("Schiff & Meer"), ContentFormat::Video),
        (Some("Zwei Bilder"), ContentFormat::Carousel),
        (Some("Lies https://a.example/b"), ContentFormat::Link),
    ];
    assert_eq!(seen, expected, "answers to other people are not ours to count");
    assert_eq!((items[0].hashtags.as_slice(), items[0].language.as_deref()), (&["hafen".to_owned()][..], Some("de")));
    assert_eq!(
        (items[1].duration_ms, items[1].thumbnail_url.as_deref()),
        (Some(12_500), Some("https://pbs.example/v.jpg"))
    );
    assert_eq!(
        (items[2].language.as_deref(), items[2].media_url.as_deref()),
        (None, Some("https://pbs.example/1.jpg"))
    );
    let asked = fake.asked();
    assert_eq!(
        (asked[1].query["pagination_token"].as_str(), asked[2].query["pagination_token"].as_str()),
        ("n1", "n2")
    );
    assert_eq!(
        (asked[0].query["exclude"].as_str(), asked[0].query["start_time"].as_str()),
        ("retweets", "2026-02-01T00:00:00Z")
    );
}

#[tokio::test]
async fn a_circle_and_an_answer_without_a_list_are_errors() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::json(200, &json!({"meta": {"result_count": 0, "next_token": "n"}})));
    let since = at("2026-02-01T00:00:00Z");
    let error = Twitter::new(http()).all_content(&fake.access("2244994945"), since, 50).await.expect_err("a circle");
    assert_eq!((error.kind, fake.asked().len()), (ErrorType::Unknown, 2));
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::json(200, &json!({"data": []})));
    let result = Twitter::new(http()).list_content(&fake.access("2244994945"), since, None, None).await;
    assert_eq!(result.expect_err("no list").kind, ErrorType::Unknown);
}
