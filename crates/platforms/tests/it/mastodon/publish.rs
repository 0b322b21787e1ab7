//! Statuses: out, found again, deleted.

use rookery_platforms::{Connector as _, Delivery, Draft, ErrorType, Found, Mastodon, Published, Search};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

fn draft(text: &str, link: Option<&str>) -> Draft {
    Draft { text: text.into(), link: link.map(Into::into), idempotency_key: "pub:p:a:1".into(), ..Draft::default() }
}

fn search(text: &str) -> Search {
    Search::of(Draft::of_text("pub:p:a:1", text), at("2026-03-02T08:58:00Z"))
}

#[tokio::test]
async fn a_status_goes_out_with_its_key() {
    let fake = Fake::start().await;
    fake.on("POST", "/api/v1/statuses", Reply::fixture("mastodon/status"));
    let mastodon = Mastodon::new(http());
    let draft = draft("Fresh bread & coffee", Some("https://a.example"));
    let out =
        mastodon.publish(&fake.access("110"), &draft, &Value::Null).await.expect("out").published().expect("at once");
    assert_eq!(out.external_id, "1130");
    assert_eq!(out.permalink.as_deref(), Some("https://social.example/@harbour/1130"));
    let asked = &fake.asked()[0];
    assert_eq!(asked.headers["idempotency-key"], "pub:p:a:1");
    assert_eq!(asked.form["status"], "Fresh bread & coffee\n\nhttps://a.example");
    assert_eq!(asked.form["status"], mastodon.composed_text(&draft));
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_not_sent() {
    let fake = Fake::start().await;
    let draft = Draft { idempotency_key: "a\nb".into(), ..draft("x", None) };
    let error = Mastodon::new(http()).publish(&fake.access("110"), &draft, &Value::Null).await.expect_err("no header");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_status_in_doubt_is_found_behind_the_servers_html() {
    let fake = Fake::start().await;
    let html = "<p>Hi <span class=\"h-card\"><a href=\"https://o.example/@ana\" class=\"u-url mention\">@<span>ana</span></a></span>, \
                look: <a href=\"https://a.example/b\"><span class=\"invisible\">https://</span><span class=\"\">a.example/b</span></a></p>\
                <p>Tom &amp; Ann&#39;s</p>";
    let body = json!([
        {"id": "2", "created_at": "2026-03-02T08:59:40.000Z", "content": "<p>Another</p>", "url": "https://s/2"},
        {"id": "1", "created_at": "2026-03-02T08:59:30.000Z", "content": html, "url": "https://s/1"},
    ]);
    fake.on("GET", "/api/v1/accounts/110/statuses", Reply::json(200, &body));
    let text = "Hi @ana@o.example, look: https://a.example/b\r\n\r\nTom & Ann's";
    let found = Mastodon::new(http()).look_up(&fake.access("110"), &search(text)).await.expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "1".into(), permalink: Some("https://s/1".into()) }));
    assert_eq!(fake.asked()[0].query["exclude_reblogs"], "true");
}

#[tokio::test]
async fn an_older_equal_status_is_not_it_and_ends_the_search() {
    let fake = Fake::start().await;
    let body = json!([{"id": "1", "created_at": "2026-03-02T08:00:00.000Z", "content": "<p>Same</p>"}]);
    let reply = Reply::json(200, &body).header("link", "<https://s/x?max_id=1>; rel=\"next\"");
    fake.on("GET", "/api/v1/accounts/110/statuses", reply);
    let found = Mastodon::new(http()).look_up(&fake.access("110"), &search("Same")).await.expect("looked");
    assert_eq!((found, fake.asked().len()), (Found::Absent, 1));
}

#[tokio::test]
async fn a_status_is_deleted_once() {
    let fake = Fake::start().await;
    fake.on("DELETE", "/api/v1/statuses/1130", Reply::fixture("mastodon/status")).on(
        "DELETE",
        "/api/v1/statuses/1130",
        Reply::json(404, &json!({"error": "Record not found"})),
    );
    let mastodon = Mastodon::new(http());
    mastodon.delete(&fake.access("110"), "1130").await.expect("deleted");
    let error = mastodon.delete(&fake.access("110"), "1130").await.expect_err("gone");
    assert_eq!((error.kind, error.message.as_str()), (ErrorType::NotFound, "Record not found"));
}
