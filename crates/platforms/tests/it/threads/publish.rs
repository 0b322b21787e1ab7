//! Containers, the public call, and the look-up.

use rookery_platforms::{
    Connector as _, Draft, ErrorType, Found, MediaKind, Prepared, Published, ReplyTo, Search, Sent, Threads,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};
use crate::meta::{check_errors, medium, ok, page};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    check_errors(&Threads::new(http()), "threads/errors", |id| format!("/v1.0/{id}/threads_publish")).await;
}

#[tokio::test]
async fn a_text_with_a_link_goes_out_by_one_public_call() {
    let fake = Fake::start().await;
    fake.on("POST", "/v1.0/17/threads", ok(json!({"id": "c1"})))
        .on("GET", "/v1.0/c1", ok(json!({"status": "FINISHED", "id": "c1"})))
        .on("POST", "/v1.0/17/threads_publish", ok(json!({"id": "900"})))
        .on("GET", "/v1.0/900", ok(json!({"permalink": "https://www.threads.net/@a/post/9", "id": "900"})));
    let (threads, access) = (Threads::new(http()), fake.access("17"));
    let draft = Draft { link: Some("https://a.example/?b=c".into()), ..Draft::of_text("k", "Fresh bread & coffee") };
    let prepared = threads.prepare(&access, &draft, &Value::Null).await.expect("prepared");
    let Prepared::Ready(handles) = prepared else { panic!("{prepared:?}") };
    let sent = threads.publish(&access, &draft, &handles).await.expect("out");
    let permalink = Some("https://www.threads.net/@a/post/9".to_owned());
    assert_eq!(sent, Sent::Published(Published { external_id: "900".into(), permalink }));
    let form = &fake.asked_for("/v1.0/17/threads")[0].form;
    assert_eq!((form["media_type"].as_str(), form["text"].as_str()), ("TEXT", "Fresh bread & coffee"));
    assert_eq!(form["link_attachment"], "https://a.example/?b=c");
    assert_eq!(fake.asked_for("/v1.0/17/threads_publish")[0].form["creation_id"], "c1");
}

#[tokio::test]
async fn what_stands_is_waited_for_and_not_made_again() {
    let fake = Fake::start().await;
    fake.on("POST", "/v1.0/17/threads", ok(json!({"id": "c1"})))
        .on("POST", "/v1.0/17/threads", ok(json!({"id": "c2"})))
        .on("POST", "/v1.0/17/threads", ok(json!({"id": "c3"})))
        .on("GET", "/v1.0/c1", ok(json!({"status": "FINISHED"})))
        .on("GET", "/v1.0/c2", ok(json!({"status": "IN_PROGRESS"})))
        .on("GET", "/v1.0/c2", ok(json!({"status": "FINISHED"})))
        .on("GET", "/v1.0/c3", ok(json!({"status": "IN_PROGRESS"})))
        .on("GET", "/v1.0/c3", ok(json!({"status": "FINISHED"})));
    let (threads, access) = (Threads::new(http()), fake.access("17"));
    let media = vec![medium(MediaKind::Image, "a.jpg"), medium(MediaKind::Video, "b.mp4")];
    let draft = Draft { media, ..Draft::of_text("k", "Two") };
    let mut handles = Value::Null;
    let mut pauses = Vec::new();
    loop {
        match threads.prepare(&access, &draft, &handles).await.expect("no error") {
            Prepared::Ready(ready) => break assert_eq!(ready["container"], "c3"),
            Prepared::Wait { handles: kept, pause } => {
                pauses.push(pause.as_millis());
                handles = kept;
            }
        }
    }
    assert_eq!(pauses, [5_000, 7_500], "each look is later than the one before");
    let made = fake.asked_for("/v1.0/17/threads");
    assert_eq!(made.len(), 3);
    assert_eq!((made[1].form["is_carousel_item"].as_str(), made[2].form["children"].as_str()), ("true", "c1,c2"));
}

#[tokio::test]
async fn a_container_that_failed_or_expired_blames_the_media() {
    let fake = Fake::start().await;
    fake.on("GET", "/v1.0/c1", ok(json!({"status": "ERROR", "error_message": "INVALID_DURATION"}))).on(
        "GET",
        "/v1.0/c2",
        ok(json!({"status": "EXPIRED"})),
    );
    let (threads, access) = (Threads::new(http()), fake.access("17"));
    let draft = Draft { media: vec![medium(MediaKind::Video, "b.mp4")], ..Draft::default() };
    for (id, kind) in [("c1", ErrorType::BadRequest), ("c2", ErrorType::Transient)] {
        let error = threads.prepare(&access, &draft, &json!({"container": id})).await.expect_err("of no use");
        assert_eq!((error.kind, error.media), (kind, true), "{id}");
    }
    assert!(fake.asked_for("/v1.0/17/threads").is_empty(), "nothing new is made here");
}

#[tokio::test]
async fn trouble_while_asking_for_a_new_container_keeps_it() {
    let fake = Fake::start().await;
    fake.on("POST", "/v1.0/17/threads", ok(json!({"id": "c1"}))).on("GET", "/v1.0/c1", Reply::html(502));
    let (threads, access) = (Threads::new(http()), fake.access("17"));
    let prepared = threads.prepare(&access, &Draft::of_text("k", "Hi"), &Value::Null).await.expect("kept");
    let Prepared::Wait { handles, .. } = prepared else { panic!("{prepared:?}") };
    assert_eq!(handles["container"], "c1");
}

#[tokio::test]
async fn the_container_tells_whether_a_post_in_doubt_is_out() {
    let (threads, since) = (Threads::new(http()), at("2026-03-02T08:00:00.500Z"));
    let post = json!([
        {"id": "8", "text": "Other", "timestamp": "2026-03-02T08:10:00+0000", "media_type": "TEXT_POST"},
        {"id": "9", "text": "Fresh bread", "timestamp": "2026-03-02T08:00:00+0000", "media_type": "TEXT_POST", "permalink": "https://x/9"},
    ]);
    let is_out = Found::Post(Published { external_id: "9".into(), permalink: Some("https://x/9".into()) });
    let table = [
        ("PUBLISHED", post.clone(), is_out),
        ("PUBLISHED", json!([]), Found::Working),
        ("FINISHED", post.clone(), Found::Absent),
        ("ERROR", post, Found::Absent),
    ];
    for (status, listed, expected) in table {
        let fake = Fake::start().await;
        fake.on("GET", "/v1.0/c1", ok(json!({"status": status}))).on("GET", "/v1.0/17/threads", page(listed, None));
        let handles = json!({"container": "c1"});
        let search = Search { handles, ..Search::of(Draft::of_text("k", "Fresh bread"), since) };
        assert_eq!(threads.look_up(&fake.access("17"), &search).await.expect("looked"), expected, "{status}");
    }
}

#[tokio::test]
async fn without_a_container_the_listing_decides_if_it_was_seen_whole() {
    let (threads, since) = (Threads::new(http()), at("2026-03-02T08:00:00Z"));
    let fake = Fake::start().await;
    let old = json!([{"id": "1", "text": "Fresh bread", "timestamp": "2026-03-01T08:00:00+0000"}]);
    fake.on("GET", "/v1.0/17/threads", page(old, Some("a1")));
    let search = Search::of(Draft::of_text("k", "Fresh bread"), since);
    assert_eq!(threads.look_up(&fake.access("17"), &search).await.expect("looked"), Found::Absent);
    let busy = Fake::start().await;
    for n in 0..9 {
        busy.on("GET", "/v1.0/17/threads", page(json!([]), Some(&format!("a{n}"))));
    }
    let error = threads.look_up(&busy.access("17"), &search).await.expect_err("too many");
    assert_eq!((error.kind, busy.asked().len()), (ErrorType::Unknown, 5));
}

#[tokio::test]
async fn a_reply_is_looked_for_among_the_replies_to_its_post() {
    let fake = Fake::start().await;
    let reply = |id: &str, to: &str| json!({"id": id, "text": "Next", "timestamp": "2026-03-02T08:00:00+0000", "media_type": "TEXT_POST", "replied_to": {"id": to}});
    fake.on("GET", "/v1.0/17/replies", page(json!([reply("1", "other"), reply("2", "900")]), None));
    let to = ReplyTo { external_id: "900".into(), root_id: "900".into() };
    let draft = Draft { reply_to: Some(to), ..Draft::of_text("k", "Next") };
    let found = Threads::new(http())
        .look_up(&fake.access("17"), &Search::of(draft, at("2026-03-02T08:00:00Z")))
        .await
        .expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "2".into(), permalink: None }));
}

#[tokio::test]
async fn an_answer_without_an_id_is_looked_up_and_gone_posts_say_so() {
    let fake = Fake::start().await;
    let gone = json!({"error": {"message": "Object does not exist", "code": 100, "error_subcode": 33}});
    fake.on("POST", "/v1.0/17/threads_publish", ok(json!({}))).on("DELETE", "/v1.0/9", Reply::json(400, &gone));
    let (threads, access) = (Threads::new(http()), fake.access("17"));
    let handles = json!({"container": "c1"});
    let sent = threads.publish(&access, &Draft::of_text("k", "Hi"), &handles).await.expect("taken");
    assert_eq!(sent, Sent::Accepted(handles));
    assert_eq!(threads.delete(&access, "9").await.expect_err("gone").kind, ErrorType::NotFound);
    let unprepared = threads.publish(&access, &Draft::of_text("k", "Hi"), &Value::Null).await.expect_err("nothing");
    assert_eq!(unprepared.delivery.label(), "not_sent");
}
