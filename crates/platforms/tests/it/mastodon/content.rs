//! The listing of the account's own statuses.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, Mastodon};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};

const PATH: &str = "/api/v1/accounts/110/statuses";

fn next(max_id: &str) -> String {
    format!(
        "<https://elsewhere.example{PATH}?limit=40&max_id={max_id}>; rel=\"next\", <https://elsewhere.example{PATH}?min_id=9>; rel=\"prev\""
    )
}

#[tokio::test]
async fn pages_are_walked_by_the_link_header_through_an_empty_one() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::fixture("mastodon/statuses_1").header("link", &next("1134")))
        .on("GET", PATH, Reply::json(200, &json!([])).header("link", &next("1133")))
        .on("GET", PATH, Reply::fixture("mastodon/statuses_2").header("link", &next("1131")));
    let items = Mastodon::new(http())
        .all_content(&fake.access("110"), at("2026-02-01T00:00:00Z"), 10)
        .await
        .expect("all pages");
    let seen: Vec<(&str, ContentFormat)> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    let expected = [("1135", ContentFormat::Text), ("1134", ContentFormat::Video), ("1132", ContentFormat::Carousel)];
    assert_eq!(seen, expected, "and nothing older than asked for");
    assert_eq!(items[0].caption.as_deref(), Some("Guten Morgen #Hafen"));
    assert_eq!((items[0].hashtags.as_slice(), items[0].language.as_deref()), (&["hafen".to_owned()][..], Some("de")));
    assert_eq!(items[1].duration_ms, Some(12_500));
    let asked = fake.asked();
    assert_eq!(asked.len(), 3, "the walk ends behind what is too old");
    assert_eq!((asked[1].query["max_id"].as_str(), asked[2].query["max_id"].as_str()), ("1134", "1133"));
}

#[tokio::test]
async fn places_in_a_circle_end_in_an_error() {
    let fake = Fake::start().await;
    for max_id in ["5", "4", "5"] {
        fake.on("GET", PATH, Reply::json(200, &json!([])).header("link", &next(max_id)));
    }
    let error = Mastodon::new(http())
        .all_content(&fake.access("110"), at("2026-02-01T00:00:00Z"), 50)
        .await
        .expect_err("a circle");
    assert_eq!((error.kind, fake.asked().len()), (ErrorType::Unknown, 3));
}

#[tokio::test]
async fn an_object_instead_of_a_list_is_no_empty_list() {
    let fake = Fake::start().await;
    fake.on("GET", PATH, Reply::json(200, &json!({"statuses": []})));
    let result = Mastodon::new(http()).list_content(&fake.access("110"), at("2026-02-01T00:00:00Z"), None, None).await;
    assert_eq!(result.expect_err("no list").kind, ErrorType::Unknown);
}
