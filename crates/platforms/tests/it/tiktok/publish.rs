//! Posts: prepared, out, found again.

use bytes::Bytes;
use rookery_platforms::{
    Access, Connector as _, Delivery, Draft, ErrorType, Found, Media, MediaKind, Prepared, Search, Sent, TikTok,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

const CREATOR: &str = "/v2/post/publish/creator_info/query/";
const INIT: &str = "/v2/post/publish/video/init/";
const PHOTOS: &str = "/v2/post/publish/content/init/";
const STATUS: &str = "/v2/post/publish/status/fetch/";
const UPLOAD: &str = "-upload/video/";

fn access(fake: &Fake) -> Access {
    Access { metadata: json!({"username": "harbour"}), ..fake.access("o-1") }
}

fn ok(data: &Value) -> Reply {
    Reply::json(200, &json!({"data": data, "error": {"code": "ok", "message": "", "log_id": "l"}}))
}

fn for_all() -> Value {
    json!({"privacy_level": "PUBLIC_TO_EVERYONE", "allow_duet": true, "allow_stitch": true})
}

/// Larger than two chunks, by a little.
fn film(size: usize) -> Draft {
    let media = Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", Bytes::from(vec![0; size]));
    Draft { media: vec![media], options: for_all(), ..Draft::of_text("k", "Fresh bread") }
}

fn begun(fake: &Fake) -> Reply {
    ok(&json!({"publish_id": "v_pub_file~v2-1.7", "upload_url": format!("{}{UPLOAD}?upload_id=7", fake.url())}))
}

async fn ready(fake: &Fake, draft: &Draft) -> Value {
    let mut handles = Value::Null;
    for _ in 0..9 {
        match TikTok::new(http()).prepare(&access(fake), draft, &handles).await.expect("prepared") {
            Prepared::Ready(done) => return done,
            Prepared::Wait { handles: next, .. } => handles = next,
        }
    }
    panic!("never ready")
}

#[tokio::test]
async fn the_last_chunk_is_the_public_call() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator")).on("POST", INIT, begun(&fake));
    fake.on("PUT", UPLOAD, Reply::json(206, &Value::Null)).on("PUT", UPLOAD, Reply::json(201, &Value::Null));
    let draft = film(20_000_123);
    let handles = ready(&fake, &draft).await;
    let init = &fake.asked_for(INIT)[0].json;
    assert_eq!(
        init["source_info"],
        json!({"source": "FILE_UPLOAD", "video_size": 20_000_123, "chunk_size": 10_000_000, "total_chunk_count": 2})
    );
    assert_eq!(
        (&init["post_info"]["title"], &init["post_info"]["disable_duet"], &init["post_info"]["disable_stitch"]),
        (&json!("Fresh bread"), &json!(true), &json!(false)),
        "the account has switched duets off; stitches were allowed"
    );
    assert_eq!(init["post_info"]["disable_comment"], true, "nobody allowed comments");
    assert_eq!(init["post_info"]["privacy_level"], "PUBLIC_TO_EVERYONE");
    assert_eq!(fake.asked_for(UPLOAD).len(), 1, "the last one is kept back");

    let sent = TikTok::new(http()).publish(&access(&fake), &draft, &handles).await.expect("taken");
    assert!(matches!(sent, Sent::Accepted(_)));
    let chunks = fake.asked_for(UPLOAD);
    assert_eq!(chunks[0].headers["content-range"], "bytes 0-9999999/20000123");
    assert_eq!(chunks[1].headers["content-range"], "bytes 10000000-20000122/20000123");
    assert!(!chunks[1].headers.contains_key("authorization"), "the address is the proof");
}

#[tokio::test]
async fn a_small_video_goes_whole_and_what_stands_is_not_begun_again() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator")).on("POST", INIT, begun(&fake));
    fake.on("POST", STATUS, ok(&json!({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0})));
    let draft = film(5);
    let handles = ready(&fake, &draft).await;
    let again = TikTok::new(http()).prepare(&access(&fake), &draft, &handles).await.expect("prepared");
    assert_eq!(again, Prepared::Ready(handles));
    assert_eq!((fake.asked_for(INIT).len(), fake.asked_for(UPLOAD).len()), (1, 0));
}

#[tokio::test]
async fn an_upload_that_the_network_forgot_is_begun_anew() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator")).on("POST", INIT, begun(&fake));
    fake.on("PUT", UPLOAD, Reply::json(404, &Value::Null)).on("PUT", UPLOAD, Reply::json(206, &Value::Null));
    ready(&fake, &film(20_000_000)).await;
    assert_eq!((fake.asked_for(INIT).len(), fake.asked_for(UPLOAD).len()), (2, 2));
}

#[tokio::test]
async fn what_the_account_may_not_do_is_told_before_anything_is_sent() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator"));
    let mut draft = film(5);
    draft.options = json!({"privacy_level": "FOLLOWER_OF_CREATOR"});
    let error = TikTok::new(http()).prepare(&access(&fake), &draft, &Value::Null).await.expect_err("not offered");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent));
    assert!(error.message.contains("SELF_ONLY"), "{}", error.message);
    draft.options = Value::Null;
    let error = TikTok::new(http()).prepare(&access(&fake), &draft, &Value::Null).await.expect_err("nobody chose");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent));
    draft.options = for_all();
    draft.media[0].duration_ms = Some(300_001);
    let error = TikTok::new(http()).prepare(&access(&fake), &draft, &Value::Null).await.expect_err("too long");
    assert!(error.media && fake.asked_for(INIT).is_empty());
}

#[tokio::test]
async fn bytes_do_not_go_to_a_foreign_host() {
    let fake = Fake::start().await;
    let foreign = json!({"publish_id": "v_pub_file~v2-1.7", "upload_url": "https://evil.example/?upload_id=7"});
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator")).on("POST", INIT, ok(&foreign));
    let error = TikTok::new(http()).prepare(&access(&fake), &film(5), &Value::Null).await.expect_err("foreign");
    assert!(error.message.contains("evil.example"), "{}", error.message);
}

fn pictures() -> Draft {
    let mut media = Media::of_bytes(MediaKind::Image, "image/jpeg", "a.jpg", vec![1].into());
    media.public_url = Some("https://me.example/a.jpg".parse().expect("an address"));
    Draft {
        media: vec![media.clone(), media],
        title: Some("Rolls".into()),
        options: for_all(),
        ..Draft::of_text("k", "Fresh bread")
    }
}

#[tokio::test]
async fn pictures_are_fetched_from_us_and_their_answer_has_no_id_yet() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator"));
    fake.on("POST", PHOTOS, ok(&json!({"publish_id": "p_pub_url~v2.8"}))).on("POST", PHOTOS, ok(&json!({})));
    let draft = pictures();
    let handles = ready(&fake, &draft).await;
    assert!(fake.asked_for(PHOTOS).is_empty(), "nothing is public before the public call");
    let tiktok = TikTok::new(http());
    let sent = tiktok.publish(&access(&fake), &draft, &handles).await.expect("taken");
    let Sent::Accepted(told) = sent else { panic!("no id yet") };
    assert_eq!(told["publish_id"], "p_pub_url~v2.8");
    let body = &fake.asked_for(PHOTOS)[0].json;
    assert_eq!((&body["media_type"], &body["post_mode"]), (&json!("PHOTO"), &json!("DIRECT_POST")));
    assert_eq!(body["source_info"]["photo_images"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&body["post_info"]["title"], &body["post_info"]["description"]),
        (&json!("Rolls"), &json!("Fresh bread"))
    );
    let error = tiktok.publish(&access(&fake), &draft, &handles).await.expect_err("no id");
    assert_eq!(error.delivery, Delivery::Unknown);
}

#[tokio::test]
async fn the_status_tells_what_became_of_it() {
    let upload = json!({"url": "http://127.0.0.1/", "plan": {"size": 20, "chunk_size": 20, "count": 1}, "sent": 0,
        "expires_at": "2026-03-02T09:30:00Z"});
    let handles = |level: &str| json!({"publish_id": "v_pub_file~v2-1.7", "post_info": {"privacy_level": level}, "upload": upload});
    let public = handles("PUBLIC_TO_EVERYONE");
    let id = 7_300_000_000_000_000_009_u64;
    let table = [
        (&public, json!({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [id]}), "7300000000000000009"),
        (&public, json!({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": []}), "working"),
        (&handles("SELF_ONLY"), json!({"status": "PUBLISH_COMPLETE"}), "v_pub_file~v2-1.7"),
        (&public, json!({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 19}), "absent"),
        (&public, json!({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 20}), "working"),
        (&public, json!({"status": "PROCESSING_DOWNLOAD"}), "working"),
        (&public, json!({"status": "FAILED", "fail_reason": "frame_rate_check_failed"}), "bad_request media"),
        (&public, json!({"status": "FAILED", "fail_reason": "auth_removed"}), "token_expired"),
        (&public, json!({"status": "FAILED", "fail_reason": "photo_pull_failed"}), "transient media"),
        (&public, json!({"status": "SOMETHING_NEW"}), "error"),
    ];
    for (handles, data, expected) in table {
        let fake = Fake::start().await;
        fake.on("POST", STATUS, ok(&data));
        let search = Search { draft: film(20), handles: handles.clone(), since: at("2026-03-02T08:58:00Z") };
        let told = match TikTok::new(http()).look_up(&access(&fake), &search).await {
            Ok(Found::Post(post)) => post.external_id,
            Ok(Found::Absent) => "absent".to_owned(),
            Ok(Found::Working) => "working".to_owned(),
            Ok(Found::Refused(e)) => format!("{}{}", e.kind, if e.media { " media" } else { "" }),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(told, expected, "{data}");
    }
}

#[tokio::test]
async fn without_a_publish_id_pictures_are_looked_for_and_never_said_to_be_absent() {
    let fake = Fake::start().await;
    fake.on("POST", "/v2/video/list/", Reply::fixture("tiktok/list"));
    let tiktok = TikTok::new(http());
    let mut draft = pictures();
    (draft.text, draft.title) = ("Two".to_owned(), None);
    let since = at("2026-03-02T08:00:00Z");
    let found = tiktok.look_up(&access(&fake), &Search::of(draft.clone(), since)).await.expect("found");
    assert!(matches!(found, Found::Post(post) if post.external_id == "7300000000000000002"));
    draft.text = "Three".to_owned();
    assert!(tiktok.look_up(&access(&fake), &Search::of(draft, since)).await.is_err());
    let video = tiktok.look_up(&access(&fake), &Search::of(film(5), since)).await.expect("never begun");
    assert_eq!(video, Found::Absent);
}

#[test]
fn the_networks_rules_are_told_before_anything_is_sent() {
    let mut long = pictures();
    long.title = Some("👍".repeat(46));
    let mut png = pictures();
    png.media[0].mime_type = "image/png".into();
    let mut mixed = film(5);
    mixed.media.extend(pictures().media);
    let table = [(film(5), 0), (pictures(), 0), (Draft::of_text("k", "x"), 1), (long, 1), (png, 1), (mixed, 1)];
    for (draft, count) in table {
        let found = TikTok::new(http()).objections(&draft);
        assert_eq!(found.len(), count, "{found:?}");
    }
}

#[tokio::test]
async fn the_choices_of_an_account_are_those_that_the_network_tells() {
    let fake = Fake::start().await;
    fake.on("POST", CREATOR, Reply::fixture("tiktok/creator"));
    let choices = TikTok::new(http()).posting_choices(&access(&fake)).await.expect("told").expect("some");
    assert_eq!(choices.name, "Harbour Bakery");
    assert_eq!(choices.allowed["privacy_level"], ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]);
    assert_eq!((choices.closed, choices.video_secs_max), (vec!["allow_duet"], Some(300)));
}

#[test]
fn a_person_chooses_who_sees_it_and_advertising_is_not_hidden() {
    let of = |options: Value| TikTok::new(http()).missing_choices(&Draft { options, ..film(5) });
    assert!(of(for_all()).is_empty());
    assert!(of(Value::Null)[0].contains("choose who can see"));
    assert!(of(json!({"privacy_level": ""}))[0].contains("choose who can see"));
    assert!(of(json!({"privacy_level": "MY_AUNT"}))[0].contains("MUTUAL_FOLLOW_FRIENDS"));
    assert_eq!(of(json!({"privacy_level": "SELF_ONLY"})).len(), 0);
    assert_eq!(of(json!({"privacy_level": "SELF_ONLY", "brand_content_toggle": true})).len(), 1);
    assert_eq!(of(json!({"privacy_level": "SELF_ONLY", "brand_organic_toggle": true})).len(), 0);
}
