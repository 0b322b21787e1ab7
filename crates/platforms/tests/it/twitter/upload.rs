//! Media before the post.

use std::time::Duration;

use rookery_platforms::{Connector as _, Delivery, Draft, ErrorType, Media, MediaKind, Prepared, Twitter};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, http};

const BEGIN: &str = "/2/media/upload/initialize";
const STATUS: &str = "/2/media/upload";

fn begun(id: &str) -> Reply {
    Reply::json(200, &json!({"data": {"id": id, "media_key": format!("3_{id}"), "expires_after_secs": 86_399}}))
}

fn state(id: &str, info: &Value) -> Reply {
    let mut data = json!({"id": id, "media_key": format!("3_{id}"), "size": 3});
    if !info.is_null() {
        data["processing_info"] = info.clone();
    }
    Reply::json(200, &json!({ "data": data }))
}

fn draft(media: Vec<Media>) -> Draft {
    Draft { media, ..Draft::of_text("k", "x") }
}

#[tokio::test]
async fn pictures_are_ready_at_once_with_their_descriptions() {
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun("1")).on("POST", BEGIN, begun("2"));
    for id in ["1", "2"] {
        fake.on("POST", &format!("/2/media/upload/{id}/append"), Reply::json(200, &json!({"data": {"expires_at": 1}})))
            .on("POST", &format!("/2/media/upload/{id}/finalize"), state(id, &Value::Null));
    }
    fake.on("POST", "/2/media/metadata", Reply::json(200, &json!({"data": {"id": "1"}})));
    let mut first = Media::of_bytes(MediaKind::Image, "image/png", "a.png", vec![1, 2, 3].into());
    first.alt_text = Some("A harbour".into());
    let draft = draft(vec![first, Media::of_bytes(MediaKind::Image, "image/jpeg", "b.jpg", vec![4].into())]);
    let (twitter, access) = (Twitter::new(http()), fake.access("22"));
    let Prepared::Ready(handles) = twitter.prepare(&access, &draft, &Value::Null).await.expect("ready") else {
        panic!("nothing to wait for")
    };
    let asked = fake.asked_for(BEGIN);
    assert_eq!(asked[0].json, json!({"media_type": "image/png", "total_bytes": 3, "media_category": "tweet_image"}));
    let described = fake.asked_for("/2/media/metadata");
    assert_eq!(described.len(), 1);
    assert_eq!(described[0].json, json!({"id": "1", "metadata": {"alt_text": {"text": "A harbour"}}}));
    let before = fake.asked().len();
    let again = twitter.prepare(&access, &draft, &handles).await.expect("ready");
    assert_eq!((again, fake.asked().len()), (Prepared::Ready(handles.clone()), before), "what stands is used again");
    fake.on("POST", "/2/tweets", Reply::json(201, &json!({"data": {"id": "77"}})));
    twitter.publish(&access, &draft, &handles).await.expect("out");
    assert_eq!(fake.asked_for("/2/tweets")[0].json["media"]["media_ids"], json!(["1", "2"]));
}

#[tokio::test]
async fn a_video_is_waited_for_and_a_failure_is_the_mediums() {
    let fake = Fake::start().await;
    let pending = json!({"state": "pending", "check_after_secs": 1});
    let working = json!({"state": "in_progress", "check_after_secs": 25, "progress_percent": 8});
    fake.on("POST", BEGIN, begun("1"))
        .on("POST", "/2/media/upload/1/append", Reply::json(204, &Value::Null).body(""))
        .on("POST", "/2/media/upload/1/finalize", state("1", &pending))
        .on("GET", STATUS, state("1", &working))
        .on("GET", STATUS, state("1", &json!({"state": "succeeded", "progress_percent": 100})));
    let video = Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![0; 9].into());
    let draft = draft(vec![video]);
    let (twitter, access) = (Twitter::new(http()), fake.access("22"));
    let mut handles = Value::Null;
    let mut pauses = Vec::new();
    loop {
        match twitter.prepare(&access, &draft, &handles).await.expect("works") {
            Prepared::Ready(_) => break,
            Prepared::Wait { handles: kept, pause } => {
                handles = kept;
                pauses.push(pause);
            }
        }
    }
    assert_eq!(pauses, [Duration::from_secs(5), Duration::from_secs(25)], "the network may ask for more");
    assert_eq!(fake.asked_for(BEGIN).len(), 1, "nothing is uploaded twice");
    let status = &fake.asked_for(STATUS)[0].query;
    assert_eq!((status["command"].as_str(), status["media_id"].as_str()), ("STATUS", "1"));

    let failed =
        json!({"state": "failed", "error": {"code": 1, "name": "InvalidMedia", "message": "Unsupported codec"}});
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun("1"))
        .on("POST", "/2/media/upload/1/append", Reply::json(200, &json!({"data": {}})))
        .on("POST", "/2/media/upload/1/finalize", state("1", &failed));
    let error = twitter.prepare(&fake.access("22"), &draft, &Value::Null).await.expect_err("failed");
    assert_eq!((error.kind, error.delivery, error.media), (ErrorType::BadRequest, Delivery::Refused, true));
    assert!(error.message.contains("Unsupported codec"), "{error}");
}

#[tokio::test]
async fn large_files_go_in_pieces_and_expired_media_are_sent_again() {
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun("1"))
        .on("POST", "/2/media/upload/1/append", Reply::json(200, &json!({"data": {}})))
        .on("POST", "/2/media/upload/1/finalize", state("1", &Value::Null));
    // Seventeen pieces: one more than a call sends.
    let video = Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![0; 16 * 4 * 1024 * 1024 + 1].into());
    let draft = draft(vec![video]);
    let (twitter, access) = (Twitter::new(http()), fake.access("22"));
    let first = twitter.prepare(&access, &draft, &Value::Null).await.expect("works");
    let Prepared::Wait { handles, .. } = first else { panic!("a piece is left") };
    assert_eq!(fake.asked_for("/2/media/upload/1/append").len(), 16);
    assert!(matches!(twitter.prepare(&access, &draft, &handles).await.expect("works"), Prepared::Ready(_)));
    assert_eq!((fake.asked_for("/2/media/upload/1/append").len(), fake.asked_for(BEGIN).len()), (17, 1));

    let old = json!({"media": [{"id": "1", "expires_at": "2026-03-02T08:59:59Z", "sent": 1, "state": "ready", "alt": false}]});
    let small = Draft { media: vec![Media::of_bytes(MediaKind::Image, "image/png", "a.png", vec![1].into())], ..draft };
    twitter.prepare(&access, &small, &old).await.expect("ready");
    assert_eq!(fake.asked_for(BEGIN).len(), 2);
}

#[tokio::test]
async fn a_file_that_is_refused_is_the_mediums_fault_and_a_dead_token_is_not() {
    let draft = draft(vec![Media::of_bytes(MediaKind::Image, "image/png", "a.png", vec![1].into())]);
    let invalid = json!({"title": "Invalid Request", "detail": "media type unrecognized.", "type": "https://api.x.com/2/problems/invalid-request"});
    for (status, body, kind, media) in [
        (400, invalid, ErrorType::BadRequest, true),
        (401, json!({"title": "Unauthorized", "type": "about:blank", "status": 401}), ErrorType::TokenExpired, false),
    ] {
        let fake = Fake::start().await;
        fake.on("POST", BEGIN, Reply::json(status, &body));
        let error = Twitter::new(http()).prepare(&fake.access("22"), &draft, &Value::Null).await.expect_err("refused");
        assert_eq!((error.kind, error.media), (kind, media), "{status}");
    }
}
