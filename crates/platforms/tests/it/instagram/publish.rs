//! Containers, the public call, comments, and the look-up.

use rookery_platforms::{
    Access, Connector as _, Draft, DraftKind, ErrorType, Found, Instagram, MediaKind, Prepared, Published, ReplyTo,
    Search, Sent,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};
use crate::meta::{check_errors, medium, ok, page};

fn comment_on(target: &str, root: &str, text: &str) -> Draft {
    let to = ReplyTo { external_id: target.into(), root_id: root.into() };
    Draft { reply_to: Some(to), ..Draft::of_text("k", text) }
}

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    check_errors(&Instagram::new(http()), "instagram/errors", |id| format!("/v25.0/{id}/media_publish")).await;
}

#[tokio::test]
async fn a_reel_goes_out_when_the_network_is_done_with_it() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/17/media", ok(json!({"id": "c1"})))
        .on("GET", "/v25.0/c1", ok(json!({"status_code": "IN_PROGRESS", "id": "c1"})))
        .on("GET", "/v25.0/c1", ok(json!({"status_code": "FINISHED", "id": "c1"})))
        .on("POST", "/v25.0/17/media_publish", ok(json!({"id": "900"})))
        .on("GET", "/v25.0/900", Reply::html(500));
    let (instagram, access) = (Instagram::new(http()), fake.access("17"));
    let media = vec![medium(MediaKind::Video, "b.mp4")];
    let draft = Draft { media, kind: DraftKind::Reel, ..Draft::of_text("k", "Fresh bread") };
    let waiting = instagram.prepare(&access, &draft, &Value::Null).await.expect("prepared");
    let Prepared::Wait { handles, .. } = waiting else { panic!("{waiting:?}") };
    let ready = instagram.prepare(&access, &draft, &handles).await.expect("prepared");
    let Prepared::Ready(handles) = ready else { panic!("{ready:?}") };
    let sent = instagram.publish(&access, &draft, &handles).await.expect("out");
    assert_eq!(sent, Sent::Published(Published { external_id: "900".into(), permalink: None }), "the address may fail");
    let made = fake.asked_for("/v25.0/17/media");
    assert_eq!((made.len(), made[0].form["media_type"].as_str()), (1, "REELS"));
    assert_eq!(
        (made[0].form["video_url"].as_str(), made[0].form["caption"].as_str()),
        ("https://rookery.example/m/b.mp4", "Fresh bread")
    );
    assert_eq!(fake.asked_for("/v25.0/17/media_publish").len(), 1);
}

#[tokio::test]
async fn a_failed_container_is_judged_by_the_code_in_its_place() {
    let fake = Fake::start().await;
    let status = "Error: Media upload has failed with error code 2207026";
    fake.on("GET", "/v25.0/c1", ok(json!({"status_code": "ERROR", "status": status})));
    let draft = Draft { media: vec![medium(MediaKind::Image, "a.jpg")], ..Draft::default() };
    let error = Instagram::new(http())
        .prepare(&fake.access("17"), &draft, &json!({"container": "c1"}))
        .await
        .expect_err("of no use");
    assert_eq!((error.kind, error.media, error.subcode.as_deref()), (ErrorType::BadRequest, true, Some("2207026")));
}

#[tokio::test]
async fn a_first_comment_is_one_call_without_fields() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/900/comments", ok(json!({"id": "77"}))).on(
        "POST",
        "/v25.0/77/replies",
        ok(json!({"id": "78"})),
    );
    let (instagram, access) = (Instagram::new(http()), fake.access("17"));
    for (target, id) in [("900", "77"), ("77", "78")] {
        let draft = comment_on(target, "900", "First!");
        let prepared = instagram.prepare(&access, &draft, &Value::Null).await.expect("nothing to do");
        assert_eq!(prepared, Prepared::Ready(Value::Null));
        let sent = instagram.publish(&access, &draft, &Value::Null).await.expect("out").published().expect("at once");
        assert_eq!(sent.external_id, id);
    }
    let asked = fake.asked();
    assert!(asked.iter().all(|a| a.form["message"] == "First!" && !a.form.contains_key("fields")));
}

#[tokio::test]
async fn a_comment_in_doubt_is_ours_only_by_our_name() {
    let fake = Fake::start().await;
    let comment = |id: &str, name: &str| json!({"id": id, "text": "First!", "username": name, "timestamp": "2026-03-02T08:00:01+0000"});
    fake.on("GET", "/v25.0/900/comments", page(json!([comment("1", "guest"), comment("2", "harbourcafe")]), None));
    let access = Access { metadata: json!({"username": "harbourcafe"}), ..fake.access("17") };
    let search = Search::of(comment_on("900", "900", "First!"), at("2026-03-02T08:00:00Z"));
    let found = Instagram::new(http()).look_up(&access, &search).await.expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "2".into(), permalink: None }));
}

#[tokio::test]
async fn the_container_tells_whether_a_post_in_doubt_is_out() {
    let (instagram, since) = (Instagram::new(http()), at("2026-03-02T08:00:00Z"));
    let listed = json!([
        {"id": "8", "caption": "Fresh", "timestamp": "2026-03-02T08:10:00+0000", "media_type": "CAROUSEL_ALBUM", "children": {"data": [{"id": "1"}, {"id": "2"}]}},
        {"id": "9", "caption": "Fresh", "timestamp": "2026-03-02T08:05:00+0000", "media_type": "IMAGE"},
    ]);
    let table = [
        ("PUBLISHED", listed.clone(), Found::Post(Published { external_id: "9".into(), permalink: None })),
        ("PUBLISHED", json!([]), Found::Working),
        ("FINISHED", listed, Found::Absent),
    ];
    for (status, listed, expected) in table {
        let fake = Fake::start().await;
        fake.on("GET", "/v25.0/c1", ok(json!({"status_code": status}))).on(
            "GET",
            "/v25.0/17/media",
            page(listed, None),
        );
        let draft = Draft { media: vec![medium(MediaKind::Image, "a.jpg")], ..Draft::of_text("k", "Fresh") };
        let search = Search { handles: json!({"container": "c1"}), ..Search::of(draft, since) };
        assert_eq!(instagram.look_up(&fake.access("17"), &search).await.expect("looked"), expected, "{status}");
    }
}

#[tokio::test]
async fn a_story_is_looked_for_among_the_stories() {
    let fake = Fake::start().await;
    let story = json!([{"id": "9", "timestamp": "2026-03-02T08:05:00+0000", "media_type": "IMAGE"}]);
    fake.on("GET", "/v25.0/17/stories", page(story, None));
    let media = vec![medium(MediaKind::Image, "a.jpg")];
    let draft = Draft { kind: DraftKind::Story, media, ..Draft::of_text("k", "not shown") };
    let search = Search::of(draft, at("2026-03-02T08:00:00Z"));
    let found = Instagram::new(http()).look_up(&fake.access("17"), &search).await.expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "9".into(), permalink: None }));
}

#[tokio::test]
async fn deleting_is_refused_here() {
    let error = Instagram::new(http()).delete(&Fake::start().await.access("17"), "9").await.expect_err("not offered");
    assert_eq!(error.delivery.label(), "not_sent");
}
