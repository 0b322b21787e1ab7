//! Media before the post.

use std::time::Duration;

use rookery_platforms::{Connector as _, Delivery, Draft, ErrorType, LinkedIn, Media, MediaKind, Prepared};
use serde_json::{Value, json};

use super::PAGE;
use crate::fake::{Fake, Reply, http};

fn status(urn: &str, status: &str) -> Reply {
    Reply::json(200, &json!({"id": urn, "status": status, "processingFailureReason": "bad codec"}))
}

fn draft(media: Media) -> Draft {
    Draft { media: vec![media], ..Draft::of_text("k", "x") }
}

#[tokio::test]
async fn a_picture_goes_to_the_address_that_was_given() {
    let fake = Fake::start().await;
    let to = format!("{}-upload/image/1?sig=a", fake.url());
    fake.on("POST", "/rest/images", Reply::json(200, &json!({"value": {"uploadUrl": to, "image": "urn:li:image:1"}})))
        .on("PUT", "-upload/image/1", Reply::json(201, &Value::Null).body(""))
        .on("GET", "/rest/images/urn%3Ali%3Aimage%3A1", status("urn:li:image:1", "AVAILABLE"));
    let draft = draft(Media::of_bytes(MediaKind::Image, "image/png", "a.png", vec![1, 2].into()));
    let (linkedin, access) = (LinkedIn::new(http()), fake.access(PAGE));
    let Prepared::Ready(handles) = linkedin.prepare(&access, &draft, &Value::Null).await.expect("ready") else {
        panic!("nothing to wait for")
    };
    let begun = &fake.asked_for("/rest/images")[0];
    assert_eq!(begun.json, json!({"initializeUploadRequest": {"owner": PAGE}}));
    assert_eq!(begun.query["action"], "initializeUpload");
    assert_eq!(fake.asked_for("-upload/image/1")[0].query["sig"], "a");
    assert!(!handles.to_string().contains("sig"), "addresses are secrets");
    let before = fake.asked().len();
    assert_eq!(linkedin.prepare(&access, &draft, &handles).await.expect("ready"), Prepared::Ready(handles));
    assert_eq!(fake.asked().len(), before, "what stands is used again");
}

#[tokio::test]
async fn a_video_goes_in_the_parts_that_were_named_and_is_waited_for() {
    let fake = Fake::start().await;
    let part = |n: u64, first: u64, last: u64| json!({"uploadUrl": format!("{}-upload/video/{n}", fake.url()), "firstByte": first, "lastByte": last});
    let value =
        json!({"video": "urn:li:video:1", "uploadToken": "ut", "uploadInstructions": [part(0, 0, 3), part(1, 4, 7)]});
    let place = "/rest/videos/urn%3Ali%3Avideo%3A1";
    fake.on("POST", "/rest/videos", Reply::json(200, &json!({ "value": value })))
        .on("POST", "/rest/videos", Reply::json(200, &Value::Null).body(""))
        .on("PUT", "-upload/video/0", Reply::json(200, &Value::Null).body("").header("etag", "\"tag-0\""))
        .on("PUT", "-upload/video/1", Reply::json(200, &Value::Null).body("").header("etag", "tag-1"))
        .on("GET", place, status("urn:li:video:1", "PROCESSING"))
        .on("GET", place, status("urn:li:video:1", "PROCESSING"))
        .on("GET", place, status("urn:li:video:1", "AVAILABLE"));
    let draft = draft(Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![0; 6].into()));
    let (linkedin, access) = (LinkedIn::new(http()), fake.access(PAGE));
    let mut handles = Value::Null;
    let mut pauses = Vec::new();
    while let Prepared::Wait { handles: kept, pause } =
        linkedin.prepare(&access, &draft, &handles).await.expect("works")
    {
        handles = kept;
        pauses.push(pause);
    }
    assert_eq!(pauses, [Duration::from_millis(5_000), Duration::from_millis(7_500)]);
    let finished = &fake.asked_for("/rest/videos")[1];
    assert_eq!(finished.query["action"], "finalizeUpload");
    let request = &finished.json["finalizeUploadRequest"];
    assert_eq!(
        request,
        &json!({"video": "urn:li:video:1", "uploadToken": "ut", "uploadedPartIds": ["tag-0", "tag-1"]})
    );
    assert_eq!(
        fake.asked_for("-upload/video/1")[0].headers["content-length"],
        "2",
        "the file ends before the part does"
    );
}

#[tokio::test]
async fn failures_of_a_medium_are_its_own_and_bytes_go_nowhere_else() {
    let draft = draft(Media::of_bytes(MediaKind::Image, "image/png", "a.png", vec![1].into()));
    let linkedin = LinkedIn::new(http());
    let failed = Fake::start().await;
    let to = format!("{}-upload/image/1", failed.url());
    failed
        .on("POST", "/rest/images", Reply::json(200, &json!({"value": {"uploadUrl": to, "image": "urn:li:image:1"}})))
        .on("PUT", "-upload/image/1", Reply::json(201, &Value::Null).body(""))
        .on("GET", "/rest/images/urn%3Ali%3Aimage%3A1", status("urn:li:image:1", "PROCESSING_FAILED"));
    let error = linkedin.prepare(&failed.access(PAGE), &draft, &Value::Null).await.expect_err("failed");
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
    assert!(error.message.contains("bad codec"), "{error}");

    let elsewhere = Fake::start().await;
    let value = json!({"value": {"uploadUrl": "https://evil.example/x", "image": "urn:li:image:1"}});
    elsewhere.on("POST", "/rest/images", Reply::json(200, &value));
    let error = linkedin.prepare(&elsewhere.access(PAGE), &draft, &Value::Null).await.expect_err("not theirs");
    assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::NotSent));
}
