//! The listing of a page's own posts.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, LinkedIn};
use serde_json::json;

use super::{MEMBER, PAGE};
use crate::fake::{Fake, Reply, at, http};

#[tokio::test]
async fn pages_are_walked_through_an_empty_one() {
    let fake = Fake::start().await;
    let empty = json!({"elements": [], "paging": {"start": 100, "count": 100, "links": [{"rel": "next", "href": "/rest/posts?start=200&count=100"}]}});
    fake.on("GET", "/rest/posts", Reply::fixture("linkedin/posts_1"))
        .on("GET", "/rest/posts", Reply::json(200, &empty))
        .on("GET", "/rest/posts", Reply::fixture("linkedin/posts_3"));
    let items =
        LinkedIn::new(http()).all_content(&fake.access(PAGE), at("2026-02-01T00:00:00Z"), 10).await.expect("all");
    let seen: Vec<(&str, ContentFormat)> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    let expected = [
        ("urn:li:share:7001", ContentFormat::Text),
        ("urn:li:ugcPost:7002", ContentFormat::Video),
        ("urn:li:ugcPost:7004", ContentFormat::Carousel),
        ("urn:li:share:7005", ContentFormat::Link),
    ];
    assert_eq!(seen, expected, "no drafts, and nothing that is older however late it was changed");
    assert_eq!(items[0].caption.as_deref(), Some("Guten Morgen #Hafen (neu)"));
    assert_eq!(items[0].hashtags, ["hafen"]);
    let starts: Vec<String> = fake.asked().iter().map(|a| a.query["start"].clone()).collect();
    assert_eq!(starts, ["0", "100", "200"]);
}

#[tokio::test]
async fn circles_missing_lists_and_closed_members_are_errors() {
    let since = at("2026-02-01T00:00:00Z");
    let denied = json!({"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions"});
    let circle = json!({"elements": [], "paging": {"start": 0, "count": 100, "links": [{"rel": "next", "href": "/rest/posts?start=0"}]}});
    for (reply, account, kind) in [
        (Reply::json(200, &circle), PAGE, ErrorType::Unknown),
        (Reply::json(200, &json!({"posts": []})), PAGE, ErrorType::Unknown),
        (Reply::json(403, &denied), MEMBER, ErrorType::Permission),
    ] {
        let fake = Fake::start().await;
        fake.on("GET", "/rest/posts", reply);
        let error =
            LinkedIn::new(http()).list_content(&fake.access(account), since, None, None).await.expect_err("no list");
        assert_eq!((error.kind, fake.asked().len()), (kind, 1));
    }
}
