//! Posts: out, found again, deleted.

use rookery_platforms::{Connector as _, Draft, ErrorType, Facebook, Found, Published, Search};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

fn draft(link: Option<&str>) -> Draft {
    Draft {
        text: "Fresh bread & coffee".into(),
        link: link.map(Into::into),
        idempotency_key: "k".into(),
        ..Draft::default()
    }
}

fn search(text: &str) -> Search {
    Search::of(Draft::of_text("k", text), at("2026-03-02T08:00:00.500Z"))
}

#[tokio::test]
async fn a_post_goes_out_with_its_link_and_the_proof() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/101/feed", Reply::fixture("facebook/published"));
    let out = Facebook::new(http())
        .publish(&fake.access("101"), &draft(Some("https://a.example/?b=c")), &Value::Null)
        .await
        .expect("out")
        .published()
        .expect("at once");
    assert_eq!(out.external_id, "101_900");
    assert_eq!(out.permalink.as_deref(), Some("https://www.facebook.com/harbourcafe/posts/900"));
    let asked = &fake.asked()[0];
    assert_eq!(asked.form["message"], "Fresh bread & coffee");
    assert_eq!(asked.form["link"], "https://a.example/?b=c");
    // printf %s EAAsecret-token | openssl dgst -sha256 -hmac app-secret
    assert_eq!(asked.form["appsecret_proof"], "e12bb3d8b6ee3a3f11d6670180c73df8ab88072bab932eee211bd96949c0b269");
    assert!(asked.query.is_empty());
}

#[tokio::test]
async fn an_address_that_cannot_be_learnt_does_not_unpublish() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/101/feed", Reply::json(200, &json!({"id": "101_900"}))).on(
        "GET",
        "/v25.0/101_900",
        Reply::html(500),
    );
    let out = Facebook::new(http())
        .publish(&fake.access("101"), &draft(None), &Value::Null)
        .await
        .expect("out")
        .published()
        .expect("at once");
    assert_eq!(out, Published { external_id: "101_900".into(), permalink: None });
    assert_eq!(fake.asked_for("/v25.0/101/feed").len(), 1);
}

#[tokio::test]
async fn a_very_long_id_that_is_no_number_is_kept_whole() {
    let fake = Fake::start().await;
    let id = format!("{}/a?b#c", "pfbid0".repeat(20));
    fake.on("POST", "/v25.0/101/feed", Reply::json(200, &json!({"id": id, "permalink_url": "https://x"})));
    let facebook = Facebook::new(http());
    assert_eq!(
        facebook
            .publish(&fake.access("101"), &draft(None), &Value::Null)
            .await
            .expect("out")
            .published()
            .expect("at once")
            .external_id,
        id
    );
    let path = format!("/v25.0/{}%2Fa%3Fb%23c", "pfbid0".repeat(20));
    fake.on("DELETE", &path, Reply::json(200, &json!({"success": true})));
    facebook.delete(&fake.access("101"), &id).await.expect("deleted");
}

#[tokio::test]
async fn a_post_in_doubt_is_found_by_its_text_on_any_page() {
    let fake = Fake::start().await;
    let page = |text: &str, time: &str, next: bool, after: &str| {
        let mut body = json!({
            "data": [{"id": "101_1", "message": text, "created_time": time, "permalink_url": "https://x/1"}],
            "paging": {"cursors": {"after": after}}
        });
        if next {
            body["paging"]["next"] = json!("https://graph.facebook.com/next");
        }
        Reply::json(200, &body)
    };
    let path = "/v25.0/101/published_posts";
    fake.on("GET", path, page("Something else", "2026-03-02T08:10:00+0000", true, "a1")).on(
        "GET",
        path,
        page("Fresh bread\r\n & coffee ", "2026-03-02T08:00:00+0000", false, "a2"),
    );
    let found =
        Facebook::new(http()).look_up(&fake.access("101"), &search("Fresh bread\n& coffee")).await.expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "101_1".into(), permalink: Some("https://x/1".into()) }));
    let asked = fake.asked_for(path);
    assert_eq!(asked[0].query["since"], "1772438400");
    assert_eq!(asked[1].query["after"], "a1");
}

#[tokio::test]
async fn an_older_equal_post_is_not_it() {
    let fake = Fake::start().await;
    let body = json!({"data": [{"id": "101_1", "message": "Fresh bread", "created_time": "2026-03-01T08:00:00+0000"}]});
    fake.on("GET", "/v25.0/101/published_posts", Reply::json(200, &body));
    let found = Facebook::new(http()).look_up(&fake.access("101"), &search("Fresh bread")).await.expect("looked");
    assert_eq!(found, Found::Absent);
}

#[tokio::test]
async fn a_look_up_that_could_not_see_everything_does_not_say_absent() {
    let fake = Fake::start().await;
    for n in 0..9 {
        let body = json!({"data": [], "paging": {"next": "https://x", "cursors": {"after": format!("a{n}")}}});
        fake.on("GET", "/v25.0/101/published_posts", Reply::json(200, &body));
    }
    let error = Facebook::new(http()).look_up(&fake.access("101"), &search("x")).await.expect_err("too many");
    assert_eq!(error.kind, ErrorType::Unknown);
    let stuck = Fake::start().await;
    let body = json!({"data": [], "paging": {"next": "https://x", "cursors": {"after": "same"}}});
    stuck.on("GET", "/v25.0/101/published_posts", Reply::json(200, &body));
    let error = Facebook::new(http()).look_up(&stuck.access("101"), &search("x")).await.expect_err("a circle");
    assert_eq!((error.kind, stuck.asked().len()), (ErrorType::Unknown, 2));
}

#[tokio::test]
async fn deleting_what_is_gone_says_so() {
    let fake = Fake::start().await;
    let gone = json!({"error": {"message": "Object does not exist", "code": 100, "error_subcode": 33}});
    fake.on("DELETE", "/v25.0/101_1", Reply::json(400, &gone)).on(
        "DELETE",
        "/v25.0/101_2",
        Reply::json(200, &json!({"success": false})),
    );
    let facebook = Facebook::new(http());
    assert_eq!(facebook.delete(&fake.access("101"), "101_1").await.expect_err("gone").kind, ErrorType::NotFound);
    assert_eq!(facebook.delete(&fake.access("101"), "101_2").await.expect_err("not done").kind, ErrorType::Unknown);
}
