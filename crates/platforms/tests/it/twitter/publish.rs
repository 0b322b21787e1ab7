//! Posts: out, found again, deleted.

use rookery_platforms::{
    Access, Connector as _, Delivery, Draft, ErrorType, Found, Media, MediaKind, ReplyTo, Search, Twitter,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

const TIMELINE: &str = "/2/users/22/tweets";

fn access(fake: &Fake) -> Access {
    Access { metadata: json!({"username": "harbour"}), ..fake.access("22") }
}

fn picture(kind: MediaKind, mime: &str) -> Media {
    Media::of_bytes(kind, mime, "a.bin", vec![1, 2, 3].into())
}

fn created() -> Reply {
    Reply::json(201, &json!({"data": {"id": "77", "text": "x", "edit_history_tweet_ids": ["77"]}}))
}

#[tokio::test]
async fn each_kind_of_post_is_one_call() {
    let reply_to = Some(ReplyTo { external_id: "70".into(), root_id: "60".into() });
    let handles = json!({"media": [{"id": "m1", "expires_at": "2026-03-03T09:00:00Z", "sent": 1, "state": "ready", "alt": false}]});
    let text = Draft::of_text("k", "Fresh bread & coffee");
    let table = [
        (text.clone(), Value::Null, json!({"text": "Fresh bread & coffee"})),
        (
            Draft { link: Some("https://a.example".into()), ..text.clone() },
            Value::Null,
            json!({"text": "Fresh bread & coffee\n\nhttps://a.example"}),
        ),
        (
            Draft { text: String::new(), media: vec![picture(MediaKind::Image, "image/png")], ..text.clone() },
            handles,
            json!({"media": {"media_ids": ["m1"]}}),
        ),
        (
            Draft { reply_to, options: json!({"reply_settings": "following", "unknown": 1}), ..text.clone() },
            Value::Null,
            json!({"text": "Fresh bread & coffee", "reply": {"in_reply_to_tweet_id": "70"}, "reply_settings": "following"}),
        ),
    ];
    for (draft, handles, body) in table {
        let fake = Fake::start().await;
        fake.on("POST", "/2/tweets", created());
        let sent = Twitter::new(http()).publish(&access(&fake), &draft, &handles).await.expect("out");
        let out = sent.published().expect("at once");
        assert_eq!(out.external_id, "77");
        assert!(out.permalink.expect("an address").ends_with("/net-www/harbour/status/77"));
        assert_eq!((fake.asked().len(), &fake.asked()[0].json), (1, &body));
    }
}

#[tokio::test]
async fn media_that_were_not_uploaded_stop_the_post_and_an_id_that_is_missing_is_doubt() {
    let fake = Fake::start().await;
    fake.on("POST", "/2/tweets", Reply::json(201, &json!({"data": {"text": "x"}})));
    let mut draft = Draft::of_text("k", "x");
    let error = Twitter::new(http()).publish(&access(&fake), &draft, &Value::Null).await.expect_err("no id");
    assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::Unknown));
    draft.media = vec![picture(MediaKind::Image, "image/png")];
    let error = Twitter::new(http()).publish(&access(&fake), &draft, &Value::Null).await.expect_err("no media");
    assert_eq!((error.delivery, error.media, fake.asked().len()), (Delivery::NotSent, true, 1));
}

fn search(text: &str) -> Search {
    Search::of(Draft::of_text("k", text), at("2026-03-02T08:58:00.400Z"))
}

fn post(id: &str, at: &str, text: &str) -> Value {
    json!({"id": id, "created_at": at, "text": text})
}

#[tokio::test]
async fn a_post_in_doubt_is_found_behind_short_addresses() {
    let fake = Fake::start().await;
    let mut wanted = post("3", "2026-03-02T08:58:00.000Z", "Tom &amp; Ann https://t.co/x");
    wanted["entities"] = json!({"urls": [{"url": "https://t.co/x", "expanded_url": "https://a.example/b?c=1&d=2"}]});
    let mut other = wanted.clone();
    other["id"] = json!("4");
    other["referenced_tweets"] = json!([{"type": "replied_to", "id": "1"}]);
    let mut with_picture = wanted.clone();
    with_picture["id"] = json!("5");
    with_picture["attachments"] = json!({"media_keys": ["3_1"]});
    let older = post("2", "2026-03-02T08:57:59.000Z", "Tom &amp; Ann https://a.example/b?c=1&amp;d=2");
    let empty = json!({"meta": {"result_count": 0, "next_token": "n"}});
    let page = json!({"data": [with_picture, other, wanted, older], "meta": {"result_count": 4}});
    fake.on("GET", TIMELINE, Reply::json(200, &empty)).on("GET", TIMELINE, Reply::json(200, &page));
    let found = Twitter::new(http()).look_up(&access(&fake), &search("Tom & Ann https://a.example/b?c=1&d=2")).await;
    let Found::Post(found) = found.expect("looked") else { panic!("it is there") };
    assert_eq!(found.external_id, "3", "not the answer, not the one with a picture, not the older one");
    assert_eq!(fake.asked()[0].query["start_time"], "2026-03-02T08:58:00Z");
    assert_eq!(fake.asked()[1].query["pagination_token"], "n");
}

#[tokio::test]
async fn an_answer_is_found_by_what_it_answers_and_absence_needs_the_whole_list() {
    let fake = Fake::start().await;
    let mut answer = post("9", "2026-03-02T08:59:00.000Z", "part two");
    answer["referenced_tweets"] = json!([{"type": "quoted", "id": "8"}, {"type": "replied_to", "id": "70"}]);
    fake.on("GET", TIMELINE, Reply::json(200, &json!({"data": [answer], "meta": {"result_count": 1}})));
    let mut wanted = search("part two");
    let twitter = Twitter::new(http());
    assert_eq!(twitter.look_up(&access(&fake), &wanted).await.expect("looked"), Found::Absent);
    wanted.draft.reply_to = Some(ReplyTo { external_id: "70".into(), root_id: "60".into() });
    assert!(matches!(twitter.look_up(&access(&fake), &wanted).await.expect("looked"), Found::Post(_)));

    let busy = Fake::start().await;
    for n in 0..6 {
        busy.on(
            "GET",
            TIMELINE,
            Reply::json(200, &json!({"meta": {"result_count": 0, "next_token": format!("n{n}")}})),
        );
    }
    let error = twitter.look_up(&access(&busy), &wanted).await.expect_err("not all was seen");
    assert_eq!((error.kind, busy.asked().len()), (ErrorType::Unknown, 5));
}

#[tokio::test]
async fn a_post_is_deleted() {
    let fake = Fake::start().await;
    fake.on("DELETE", "/2/tweets/77", Reply::json(200, &json!({"data": {"deleted": true}}))).on(
        "DELETE",
        "/2/tweets/77",
        Reply::json(200, &json!({"data": {"deleted": false}})),
    );
    let twitter = Twitter::new(http());
    twitter.delete(&access(&fake), "77").await.expect("deleted");
    assert_eq!(twitter.delete(&access(&fake), "77").await.expect_err("not deleted").kind, ErrorType::Unknown);
}

#[test]
fn the_networks_rules_are_told_before_anything_is_sent() {
    let (image, gif, video) = (
        picture(MediaKind::Image, "image/png"),
        picture(MediaKind::Gif, "image/gif"),
        picture(MediaKind::Video, "video/mp4"),
    );
    let with = |media: Vec<Media>| Draft { media, ..Draft::of_text("k", "x") };
    let poll = |minutes: u64| json!({"poll": {"options": ["a", "b"], "duration_minutes": minutes}});
    let table = [
        (with(vec![image.clone(); 4]), 0),
        (with(vec![image.clone(); 5]), 1),
        (with(vec![gif, image.clone()]), 1),
        (with(vec![video]), 0),
        (with(vec![picture(MediaKind::Image, "image/heic")]), 1),
        (with(vec![Media { alt_text: Some("x".repeat(1001)), ..image.clone() }]), 1),
        (with(vec![Media { size: 6 * 1024 * 1024, ..image.clone() }]), 1),
        (Draft::of_text("k", "$ABC and $XYZ"), 1),
        (Draft::of_text("k", "  "), 1),
        (Draft { options: poll(60), ..Draft::of_text("k", "x") }, 0),
        (Draft { options: poll(1), ..Draft::of_text("k", "x") }, 1),
        (Draft { options: poll(60), ..with(vec![image]) }, 1),
        (Draft { kind: rookery_platforms::DraftKind::Story, ..Draft::of_text("k", "x") }, 1),
    ];
    let twitter = Twitter::new(http());
    for (n, (draft, count)) in table.into_iter().enumerate() {
        let found = twitter.objections(&draft);
        assert_eq!(found.len(), count, "row {n}: {found:?}");
    }
}
