//! The listing of the page's own posts.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, Facebook};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};

const PATH: &str = "/v25.0/101/published_posts";

#[tokio::test]
async fn three_pages_are_walked_through_an_empty_one() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::fixture("facebook/posts_1"))
        .on("GET", PATH, Reply::fixture("facebook/posts_2_empty"))
        .on("GET", PATH, Reply::fixture("facebook/posts_3"));
    let items = Facebook::new(http())
        .all_content(&fake.access("101"), at("2026-02-22T00:00:00Z"), 10)
        .await
        .expect("all pages");
    let seen: Vec<(&str, ContentFormat)> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    assert_eq!(
        seen,
        [
            ("101_905", ContentFormat::Text),
            ("101_904", ContentFormat::Reel),
            ("101_903", ContentFormat::Link),
            ("101_902", ContentFormat::Carousel),
            ("101_901", ContentFormat::Post),
        ]
    );
    assert_eq!(items[0].hashtags, ["größe"]);
    assert_eq!(items[0].published_at.to_string(), "2026-03-02T08:30:00Z");
    assert_eq!(items[1].external_parent_id.as_deref(), Some("77"));
    assert_eq!(items[1].media_url.as_deref(), Some("https://video.example/904.mp4"));
    assert_eq!(items[3].caption, None);
    let asked = fake.asked_for(PATH);
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].query["since"], "1771718400");
    assert_eq!((asked[1].query["after"].as_str(), asked[2].query["after"].as_str()), ("a1", "a2"));
    // The token stands in the network's links and must not be taken from there.
    assert!(asked.iter().all(|a| !a.query.contains_key("access_token") && a.query["fields"].contains("attachments")));
}

#[tokio::test]
async fn what_is_too_old_is_left_out_and_ends_the_walk() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::fixture("facebook/posts_1"));
    let page = Facebook::new(http())
        .list_content(&fake.access("101"), at("2026-03-02T08:15:00Z"), None, None)
        .await
        .expect("a page");
    assert_eq!((page.items.len(), page.next), (1, None));
}

#[tokio::test]
async fn cursors_in_a_circle_end_in_an_error() {
    let linking = |after: &str| {
        Reply::json(
            200,
            &json!({"data": [], "paging": {"next": format!("https://graph.facebook.com/x?after={after}")}}),
        )
    };
    let fake = Fake::start().await;
    fake.on("GET", PATH, linking("a")).on("GET", PATH, linking("b")).on("GET", PATH, linking("a"));
    let facebook = Facebook::new(http());
    let error = facebook.all_content(&fake.access("101"), at("2026-03-01T00:00:00Z"), 50).await.expect_err("a circle");
    assert_eq!((error.kind, fake.asked().len()), (ErrorType::Unknown, 3));
    let again =
        facebook.list_content(&fake.access("101"), at("2026-03-01T00:00:00Z"), Some("after=a".into()), None).await;
    assert!(again.is_err(), "a page that is its own next");
}

#[tokio::test]
async fn a_next_link_without_a_place_is_no_end() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::json(200, &json!({"data": [], "paging": {"next": "https://graph.facebook.com/x"}})));
    let result = Facebook::new(http()).list_content(&fake.access("101"), at("2026-03-01T00:00:00Z"), None, None).await;
    assert!(result.is_err());
}
