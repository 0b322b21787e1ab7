//! Posts and comments: out, found again, deleted.

use rookery_platforms::{
    Connector as _, Delivery, Draft, ErrorType, Found, LinkedIn, Media, MediaKind, ReplyTo, Search,
};
use serde_json::{Value, json};

use super::PAGE;
use crate::fake::{Fake, NOW, Reply, at, http};

fn created(urn: &str) -> Reply {
    Reply::json(201, &Value::Null).body("").header("x-restli-id", urn)
}

fn media(kind: MediaKind, mime: &str, name: &str, alt: Option<&str>) -> Media {
    let media = Media::of_bytes(kind, mime, name, vec![1].into());
    Media { alt_text: alt.map(Into::into), ..media }
}

fn handles(urns: &[&str]) -> Value {
    let media: Vec<Value> =
        urns.iter().map(|u| json!({"urn": u, "at": "2026-03-02T08:59:00Z", "ready": true})).collect();
    json!({ "media": media, "polls": 0 })
}

#[tokio::test]
async fn each_kind_of_post_is_one_call_in_little_text() {
    let text = |t: &str| Draft::of_text("k", t);
    let image = || media(MediaKind::Image, "image/png", "a.png", Some("A harbour"));
    let table = [
        (text("Fresh (bread) #now"), handles(&[]), "Fresh \\(bread\\) {hashtag|\\#|now}", Value::Null),
        (
            Draft {
                link: Some("https://a.example/b".into()),
                title: Some("B".into()),
                options: json!({"description": "d"}),
                ..text("Read")
            },
            handles(&[]),
            "Read",
            json!({"article": {"source": "https://a.example/b", "title": "B", "description": "d"}}),
        ),
        (
            Draft { link: Some("https://a.example/b".into()), media: vec![image()], ..text("Look") },
            handles(&["urn:li:image:1"]),
            "Look\n\nhttps://a.example/b",
            json!({"media": {"id": "urn:li:image:1", "altText": "A harbour"}}),
        ),
        (
            Draft { media: vec![image(), media(MediaKind::Image, "image/png", "b.png", None)], ..text("Two") },
            handles(&["urn:li:image:1", "urn:li:image:2"]),
            "Two",
            json!({"multiImage": {"images": [{"id": "urn:li:image:1", "altText": "A harbour"}, {"id": "urn:li:image:2"}]}}),
        ),
        (
            Draft { media: vec![media(MediaKind::Image, "application/pdf", "plan.pdf", None)], ..text("Plan") },
            handles(&["urn:li:document:1"]),
            "Plan",
            json!({"media": {"id": "urn:li:document:1", "title": "plan.pdf"}}),
        ),
    ];
    for (draft, handles, commentary, content) in table {
        let fake = Fake::start().await;
        fake.on("POST", "/rest/posts", created("urn:li:share:77"));
        let linkedin = LinkedIn::new(http());
        let out =
            linkedin.publish(&fake.access(PAGE), &draft, &handles).await.expect("out").published().expect("at once");
        assert_eq!(out.external_id, "urn:li:share:77");
        assert!(out.permalink.expect("an address").ends_with("/net-www/feed/update/urn:li:share:77"));
        let body = &fake.asked()[0].json;
        assert_eq!((body["commentary"].as_str(), &body["content"]), (Some(commentary), &content));
        assert_eq!((body["author"].as_str(), body["visibility"].as_str()), (Some(PAGE), Some("PUBLIC")));
        assert_eq!((body["lifecycleState"].as_str(), fake.asked().len()), (Some("PUBLISHED"), 1));
    }
}

#[tokio::test]
async fn an_id_that_is_missing_is_doubt() {
    let fake = Fake::start().await;
    fake.on("POST", "/rest/posts", Reply::json(201, &Value::Null).body(""));
    let error = LinkedIn::new(http()).publish(&fake.access(PAGE), &Draft::of_text("k", "x"), &Value::Null).await;
    let error = error.expect_err("no id");
    assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::Unknown));
}

fn post(urn: &str, seconds: i64, text: &str) -> Value {
    json!({"id": urn, "commentary": text, "publishedAt": (NOW + seconds) * 1000, "lastModifiedAt": (NOW + seconds) * 1000})
}

#[tokio::test]
async fn a_post_in_doubt_is_found_by_text_and_media() {
    let fake = Fake::start().await;
    let mut with_picture = post("urn:li:share:3", -10, "Tom \\(and\\) Ann {hashtag|\\#|now}");
    with_picture["content"] = json!({"media": {"id": "urn:li:image:1"}});
    let wanted = post("urn:li:share:2", -20, "Tom \\(and\\) Ann {hashtag|\\#|now}");
    let empty = json!({"elements": [], "paging": {"start": 0, "count": 100, "links": [{"rel": "next", "href": "/rest/posts?start=100"}]}});
    let page = json!({"elements": [with_picture, wanted], "paging": {"start": 100, "count": 100, "links": []}});
    fake.on("GET", "/rest/posts", Reply::json(200, &empty)).on("GET", "/rest/posts", Reply::json(200, &page));
    let search = Search::of(Draft::of_text("k", "Tom (and) Ann #now"), at("2026-03-02T08:58:00Z"));
    let found = LinkedIn::new(http()).look_up(&fake.access(PAGE), &search).await.expect("looked");
    let Found::Post(found) = found else { panic!("it is there") };
    assert_eq!(found.external_id, "urn:li:share:2");
    let asked = &fake.asked()[1];
    assert_eq!((asked.query["start"].as_str(), asked.query["author"].as_str()), ("100", PAGE));
    assert_eq!(asked.headers["x-restli-method"], "FINDER");

    let past = Fake::start().await;
    let older = json!({"elements": [post("urn:li:share:1", -200, "Tom \\(and\\) Ann {hashtag|\\#|now}")],
        "paging": {"start": 0, "count": 100, "links": [{"rel": "next", "href": "/rest/posts?start=100"}]}});
    past.on("GET", "/rest/posts", Reply::json(200, &older));
    let found = LinkedIn::new(http()).look_up(&past.access(PAGE), &search).await.expect("looked");
    assert_eq!((found, past.asked().len()), (Found::Absent, 1), "an older equal post is not it and ends the search");
}

#[tokio::test]
async fn a_comment_goes_below_what_it_answers() {
    let fake = Fake::start().await;
    let share = "urn:li:share:70";
    let comment = "urn:li:comment:(urn:li:activity:70,8)";
    let nested = "/rest/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A70%2C8%29/comments";
    let answer = json!({"commentUrn": "urn:li:comment:(urn:li:activity:70,9)", "id": "9"});
    fake.on("POST", "/rest/socialActions/urn%3Ali%3Ashare%3A70/comments", created("8"))
        .on("POST", nested, Reply::json(201, &answer))
        .on("GET", nested, Reply::json(200, &json!({"elements": [
            {"actor": "urn:li:person:other", "commentUrn": "a", "message": {"text": "Part (three)"}, "created": {"time": NOW * 1000}},
            {"actor": PAGE, "commentUrn": "urn:li:comment:(urn:li:activity:70,9)", "message": {"text": "Part (three)"}, "created": {"time": NOW * 1000}},
        ]})))
        .on("DELETE", "/rest/socialActions/urn%3Ali%3Aactivity%3A70/comments/9", Reply::json(204, &Value::Null).body(""));
    let linkedin = LinkedIn::new(http());
    let access = fake.access(PAGE);
    let first = Draft {
        reply_to: Some(ReplyTo { external_id: share.into(), root_id: share.into() }),
        ..Draft::of_text("k", "Part (two)")
    };
    let out = linkedin.publish(&access, &first, &Value::Null).await.expect("out").published().expect("at once");
    assert_eq!(
        out.external_id, "urn:li:comment:(urn:li:share:70,8)",
        "made of what is known where the answer has no URN"
    );
    assert_eq!(fake.asked()[0].json, json!({"actor": PAGE, "object": share, "message": {"text": "Part (two)"}}));

    let second = Draft {
        reply_to: Some(ReplyTo { external_id: comment.into(), root_id: share.into() }),
        ..Draft::of_text("k", "Part (three)")
    };
    let out = linkedin.publish(&access, &second, &Value::Null).await.expect("out").published().expect("at once");
    assert_eq!(fake.asked()[1].json["parentComment"], comment);
    let search = Search::of(second, at("2026-03-02T08:58:00Z"));
    assert_eq!(linkedin.look_up(&access, &search).await.expect("looked"), Found::Post(out.clone()));
    linkedin.delete(&access, &out.external_id).await.expect("deleted");
    assert_eq!(fake.asked()[3].query["actor"], PAGE);
}

#[test]
fn the_networks_rules_are_told_before_anything_is_sent() {
    let image = media(MediaKind::Image, "image/png", "a.png", None);
    let clip = Media { size: 80 * 1024, ..media(MediaKind::Video, "video/mp4", "a.mp4", None) };
    let with = |media: Vec<Media>| Draft { media, ..Draft::of_text("k", "x") };
    let reply =
        |draft: Draft| Draft { reply_to: Some(ReplyTo { external_id: "a".into(), root_id: "a".into() }), ..draft };
    let table = [
        (with(vec![image.clone(); 20]), 0),
        (with(vec![image.clone(); 21]), 1),
        (with(vec![clip.clone()]), 0),
        (with(vec![clip.clone(), image.clone()]), 1),
        (with(vec![Media { size: 10, ..clip.clone() }]), 1),
        (with(vec![Media { duration_ms: Some(2_000), ..clip }]), 1),
        (with(vec![media(MediaKind::Image, "image/webp", "a.webp", None)]), 1),
        (with(vec![Media { width: Some(10_000), height: Some(10_000), ..image.clone() }]), 1),
        (with(vec![media(MediaKind::Image, "application/pdf", "a.pdf", None)]), 0),
        (reply(with(vec![image.clone()])), 0),
        (reply(with(vec![image.clone(), image])), 1),
        (reply(Draft::of_text("k", "x".repeat(1_251))), 1),
        (Draft::of_text("k", " "), 1),
        (Draft { kind: rookery_platforms::DraftKind::Reel, ..Draft::of_text("k", "x") }, 1),
    ];
    let linkedin = LinkedIn::new(http());
    for (n, (draft, count)) in table.into_iter().enumerate() {
        let found = linkedin.objections(&draft);
        assert_eq!(found.len(), count, "row {n}: {found:?}");
    }
}
