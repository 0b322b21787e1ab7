//! Media before the status, and the options of a draft.

use std::time::Duration;

use rookery_platforms::{
    Connector as _, Delivery, Draft, ErrorType, Found, Mastodon, Media, MediaKind, Prepared, ReplyTo, Search,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

const MEDIA: &str = "/api/v2/media";

fn picture(name: &str) -> Media {
    Media::of_bytes(MediaKind::Image, "image/png", name, vec![1, 2, 3].into())
}

fn draft(media: Vec<Media>) -> Draft {
    Draft { media, ..Draft::of_text("pub:p:a:1", "Fresh bread") }
}

/// A server that takes small PNGs and MP4s.
fn describe(fake: &Fake) {
    let media =
        json!({"supported_mime_types": ["image/png", "video/mp4"], "image_size_limit": 10, "description_limit": 5});
    let body = json!({"configuration": {"statuses": {"max_media_attachments": 2}, "media_attachments": media}});
    fake.on("GET", "/api/v2/instance", Reply::json(200, &body));
}

fn medium(status: u16, id: &str) -> Reply {
    let url = (status == 200).then(|| format!("https://files.example/{id}.mp4"));
    Reply::json(status, &json!({"id": id, "type": "video", "url": url}))
}

#[tokio::test]
async fn a_video_is_sent_once_waited_for_and_attached() {
    let fake = Fake::start().await;
    describe(&fake);
    fake.on("POST", MEDIA, medium(202, "31"));
    fake.on("GET", "/api/v1/media/31", medium(206, "31")).on("GET", "/api/v1/media/31", medium(200, "31"));
    fake.on("POST", "/api/v1/statuses", Reply::fixture("mastodon/status"));
    let (mastodon, access) = (Mastodon::new(http()), fake.access("110"));
    let draft = draft(vec![Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![0; 64].into())]);
    let (mut handles, mut pauses) = (Value::Null, Vec::new());
    let ready = loop {
        match mastodon.prepare(&access, &draft, &handles).await.expect("prepared") {
            Prepared::Ready(ready) => break ready,
            Prepared::Wait { handles: so_far, pause } => {
                pauses.push(pause);
                handles = so_far;
            }
        }
    };
    assert_eq!(pauses, [Duration::from_millis(5_000), Duration::from_millis(7_500)]);
    assert_eq!(fake.asked_for(MEDIA).len(), 1, "what stands is not sent again");
    let before = fake.asked().len();
    let again = mastodon.prepare(&access, &draft, &ready).await.expect("prepared");
    assert_eq!((again, fake.asked().len()), (Prepared::Ready(ready.clone()), before));
    mastodon.publish(&access, &draft, &ready).await.expect("out");
    assert_eq!(fake.asked_for("/api/v1/statuses")[0].form["media_ids[]"], "31");
    let bare = mastodon.publish(&access, &draft, &Value::Null).await.expect_err("nothing was uploaded");
    assert_eq!((bare.delivery, bare.media), (Delivery::NotSent, true));
}

#[tokio::test]
async fn what_this_server_would_refuse_is_not_sent() {
    let fake = Fake::start().await;
    describe(&fake);
    let (mastodon, access) = (Mastodon::new(http()), fake.access("110"));
    let table: [(Vec<Media>, &str); 4] = [
        (vec![Media { mime_type: "image/webp".into(), ..picture("a.webp") }], "takes no image/webp"),
        (vec![Media { size: 11, ..picture("a.png") }], "11 bytes; this server takes 10"),
        (vec![Media { alt_text: Some("A harbour".into()), ..picture("a.png") }], "longer than 5 characters"),
        (vec![picture("a.png"), picture("b.png"), picture("c.png")], "at most 2 media"),
    ];
    for (media, expected) in table {
        let error = mastodon.prepare(&access, &draft(media), &Value::Null).await.expect_err(expected);
        assert!(error.message.contains(expected), "{error}");
        assert_eq!((error.kind, error.delivery, error.media), (ErrorType::BadRequest, Delivery::NotSent, true));
    }
    assert_eq!(fake.asked().len(), 1, "the server is asked once a day what it takes");
}

#[tokio::test]
async fn a_medium_that_fails_is_the_reason_and_one_that_is_gone_is_sent_anew() {
    let fake = Fake::start().await;
    describe(&fake);
    fake.on("POST", MEDIA, medium(202, "31"))
        .on("POST", MEDIA, medium(202, "32"))
        .on("GET", "/api/v1/media/31", Reply::json(404, &json!({"error": "Record not found"})))
        .on("GET", "/api/v1/media/32", Reply::json(422, &json!({"error": "Error processing thumbnail"})));
    let (mastodon, access) = (Mastodon::new(http()), fake.access("110"));
    let draft = draft(vec![Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![0; 64].into())]);
    let mut handles = Value::Null;
    for _ in 0..2 {
        let Prepared::Wait { handles: so_far, .. } = mastodon.prepare(&access, &draft, &handles).await.expect("sent")
        else {
            panic!("the server works on it")
        };
        handles = so_far;
    }
    assert_eq!(fake.asked_for(MEDIA).len(), 2);
    let error = mastodon.prepare(&access, &draft, &handles).await.expect_err("broken");
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
}

#[tokio::test]
async fn options_and_what_it_answers_go_along() {
    let fake = Fake::start().await;
    fake.on("POST", "/api/v1/statuses", Reply::fixture("mastodon/status"));
    let draft = Draft {
        options: json!({"visibility": "unlisted", "sensitive": true, "spoiler_text": "Bread", "language": "de"}),
        reply_to: Some(ReplyTo { external_id: "7".into(), root_id: "1".into() }),
        ..draft(Vec::new())
    };
    Mastodon::new(http()).publish(&fake.access("110"), &draft, &Value::Null).await.expect("out");
    let form = &fake.asked()[0].form;
    let told =
        ["visibility", "sensitive", "spoiler_text", "language", "in_reply_to_id"].map(|name| form[name].as_str());
    assert_eq!(told, ["unlisted", "true", "Bread", "de", "7"]);
}

#[tokio::test]
async fn pictures_in_doubt_are_found_by_their_ids_and_replies_by_what_they_answer() {
    let fake = Fake::start().await;
    let status = |id: &str, content: &str, media: &[&str], answers: Option<&str>| {
        let media: Vec<Value> = media.iter().map(|id| json!({"id": id})).collect();
        json!({"id": id, "created_at": "2026-03-02T08:59:40.000Z", "content": content, "url": null,
               "media_attachments": media, "in_reply_to_id": answers})
    };
    let body = json!([
        status("4", "", &["99"], None),
        status("3", "<p>Fresh bread</p>", &[], Some("8")),
        status("2", "<p>Fresh bread</p>", &[], Some("7")),
        status("1", "<p>Changed by the server</p>", &["31"], None),
    ]);
    fake.on("GET", "/api/v1/accounts/110/statuses", Reply::json(200, &body));
    let handles = json!({"media": [{"id": "31", "expires_at": "2026-03-03T08:00:00Z", "ready": true}]});
    let reply_to = |id: &str| Some(ReplyTo { external_id: id.into(), root_id: id.into() });
    let silent = Draft { text: String::new(), ..draft(vec![picture("a.png")]) };
    let table = [
        (draft(vec![picture("a.png")]), handles.clone(), Some("1")),
        (silent.clone(), handles, Some("1")),
        (silent, json!({"media": [{"id": "5", "expires_at": "2026-03-03T08:00:00Z", "ready": true}]}), None),
        (Draft { reply_to: reply_to("7"), ..draft(Vec::new()) }, Value::Null, Some("2")),
        (draft(Vec::new()), Value::Null, None),
    ];
    let mastodon = Mastodon::new(http());
    for (draft, handles, expected) in table {
        let search = Search { draft, handles, since: at("2026-03-02T08:58:00Z") };
        let found = mastodon.look_up(&fake.access("110"), &search).await.expect("looked");
        let id = match found {
            Found::Post(post) => Some(post.external_id),
            other => {
                assert_eq!(other, Found::Absent);
                None
            }
        };
        assert_eq!(id.as_deref(), expected, "{search:?}");
    }
}
