//! Publishing, looking up, deleting: what is sent, and what becomes of the answers.

use std::time::Duration;

use bytes::Bytes;
use rookery_platforms::{
    Access, Bluesky, Connector as _, Delivery, Draft, ErrorType, Found, Handles, Media, MediaKind, Prepared, ReplyTo,
    Search,
};
use serde_json::{Value, json};

use super::DID;
use crate::fake::{Fake, Reply, at, http};

const PUT: &str = "/xrpc/com.atproto.repo.putRecord";
const GET: &str = "/xrpc/com.atproto.repo.getRecord";
const UPLOAD: &str = "/xrpc/com.atproto.repo.uploadBlob";
const KEY: &str = "pub:017f22e2-79b0-7cc3-98c4-dc0c0c07398f:017f22e2-79b0-7cc3-98c4-dc0c0c073990:0";

fn put_answer(rkey: &str) -> Value {
    json!({"uri": format!("at://{DID}/app.bsky.feed.post/{rkey}"), "cid": "bafyrei", "validationStatus": "valid"})
}

fn blob(name: &str) -> Value {
    json!({"$type": "blob", "ref": {"$link": name}, "mimeType": "image/png", "size": 1})
}

async fn ready(bluesky: &Bluesky, access: &Access, draft: &Draft) -> Handles {
    match bluesky.prepare(access, draft, &Value::Null).await.expect("prepared") {
        Prepared::Ready(handles) => handles,
        Prepared::Wait { .. } => panic!("nothing to wait for"),
    }
}

#[tokio::test]
async fn the_same_key_writes_the_same_record_again() {
    let fake = Fake::start().await;
    fake.on("POST", PUT, Reply::json(200, &put_answer("3l4jdrcuvpk2a")));
    let (bluesky, access) = (Bluesky::new(http()), fake.access(DID));
    let draft = Draft::of_text(KEY, "Hi https://a.example é #tag");
    let handles = ready(&bluesky, &access, &draft).await;
    let first = bluesky.publish(&access, &draft, &handles).await.expect("out").published().expect("an id");
    bluesky.publish(&access, &draft, &handles).await.expect("out again");
    let asked = fake.asked_for(PUT);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].json, asked[1].json, "key, time and text are those of the first call");
    assert_eq!(first.external_id, format!("at://{DID}/app.bsky.feed.post/3l4jdrcuvpk2a"));
    assert_eq!(first.permalink, Some(format!("{}/profile/{DID}/post/3l4jdrcuvpk2a", fake.url())));
    let sent = &asked[0].json;
    assert_eq!((&sent["repo"], &sent["collection"]), (&json!(DID), &json!("app.bsky.feed.post")));
    assert_eq!(sent["record"]["createdAt"], "2026-03-02T09:00:00.000Z");
    assert_eq!(sent["record"]["facets"].as_array().map(Vec::len), Some(2));
    assert_eq!(sent["record"]["facets"][1]["index"], json!({"byteStart": 24, "byteEnd": 28}));
    // Handles that were lost change nothing about the key.
    bluesky.publish(&access, &draft, &Value::Null).await.expect("out once more");
    assert_eq!(fake.asked_for(PUT)[2].json["rkey"], sent["rkey"]);
    assert_eq!(asked[0].headers["authorization"], "Bearer EAAsecret-token");
}

#[tokio::test]
async fn mentions_name_the_person_and_unknown_handles_stay_text() {
    let fake = Fake::start().await;
    let resolve = "/xrpc/com.atproto.identity.resolveHandle";
    fake.on("GET", resolve, Reply::json(200, &json!({"did": "did:plc:ana"})));
    fake.on(
        "GET",
        resolve,
        Reply::json(400, &json!({"error": "InvalidRequest", "message": "Unable to resolve handle"})),
    );
    let handles =
        ready(&Bluesky::new(http()), &fake.access(DID), &Draft::of_text(KEY, "@ana.example and @no.example")).await;
    let facets = handles["record"]["facets"].as_array().expect("facets").clone();
    assert_eq!(facets.len(), 1);
    assert_eq!(facets[0]["features"][0]["did"], "did:plc:ana");
    assert_eq!(fake.asked_for(resolve)[1].query["handle"], "no.example");
    // A server in trouble is no answer about a handle.
    let down = Fake::start().await;
    down.on("GET", resolve, Reply::json(502, &json!({"error": "UpstreamFailure"})));
    let draft = Draft::of_text(KEY, "@ana.example");
    let error = Bluesky::new(http()).prepare(&down.access(DID), &draft, &Value::Null).await.expect_err("trouble");
    assert_eq!(error.kind, ErrorType::Transient);
}

#[tokio::test]
async fn images_are_uploaded_once_and_described() {
    let fake = Fake::start().await;
    fake.on("POST", UPLOAD, Reply::json(200, &json!({"blob": blob("one")})));
    fake.on("POST", UPLOAD, Reply::json(200, &json!({"blob": blob("two")})));
    fake.on("POST", PUT, Reply::json(200, &put_answer("3l4jdrcuvpk2a")));
    let image = |name: &str, alt: Option<&str>| Media {
        alt_text: alt.map(Into::into),
        width: Some(1024),
        height: Some(512),
        ..Media::of_bytes(MediaKind::Image, "image/png", name, Bytes::from_static(b"\x89PNG"))
    };
    let media = vec![image("a.png", Some("A harbour")), image("b.png", None)];
    let draft = Draft { media, link: Some("https://a.example".into()), ..Draft::of_text(KEY, "Two") };
    let (bluesky, access) = (Bluesky::new(http()), fake.access(DID));
    let handles = ready(&bluesky, &access, &draft).await;
    bluesky.publish(&access, &draft, &handles).await.expect("out");
    assert_eq!(bluesky.prepare(&access, &draft, &handles).await.expect("still ready"), Prepared::Ready(handles));
    assert_eq!(fake.asked_for(UPLOAD).len(), 2, "what stands is not sent again");
    assert_eq!(fake.asked_for(UPLOAD)[0].headers["content-type"], "image/png");
    let record = &fake.asked_for(PUT)[0].json["record"];
    assert_eq!(record["text"], "Two\n\nhttps://a.example");
    assert_eq!(
        record["embed"],
        json!({"$type": "app.bsky.embed.images", "images": [
            {"image": blob("one"), "alt": "A harbour", "aspectRatio": {"width": 1024, "height": 512}},
            {"image": blob("two"), "alt": "", "aspectRatio": {"width": 1024, "height": 512}},
        ]})
    );
}

#[tokio::test]
async fn a_refused_image_is_about_the_medium() {
    let fake = Fake::start().await;
    fake.on("POST", UPLOAD, Reply::json(400, &json!({"error": "BlobTooLarge", "message": "This file is too large"})));
    let media = vec![Media::of_bytes(MediaKind::Image, "image/png", "a.png", Bytes::from_static(b"x"))];
    let draft = Draft { media, ..Draft::of_text(KEY, "t") };
    let error = Bluesky::new(http()).prepare(&fake.access(DID), &draft, &Value::Null).await.expect_err("refused");
    assert!(error.media && error.message.starts_with("a.png: "), "{error:?}");
}

fn video() -> Draft {
    let video = Media::of_bytes(MediaKind::Video, "video/mp4", "v.mp4", Bytes::from_static(b"\0\0\0\x18ftypmp42"));
    Draft { media: vec![video], ..Draft::of_text(KEY, "Moving") }
}

fn job(state: &str, blob: &Value) -> Value {
    json!({"jobId": "j1", "did": DID, "state": state, "progress": 0, "blob": blob})
}

#[tokio::test]
async fn a_video_goes_through_the_video_service() {
    let fake = Fake::start().await;
    let (upload, status) = ("-video/xrpc/app.bsky.video.uploadVideo", "-video/xrpc/app.bsky.video.getJobStatus");
    let service_auth = "/xrpc/com.atproto.server.getServiceAuth";
    fake.on("GET", service_auth, Reply::json(200, &json!({"token": "service-token"})));
    fake.on("POST", upload, Reply::json(200, &job("JOB_STATE_CREATED", &Value::Null)));
    fake.on("GET", status, Reply::json(200, &json!({"jobStatus": job("JOB_STATE_ENCODING", &Value::Null)})));
    fake.on("GET", status, Reply::json(200, &json!({"jobStatus": job("JOB_STATE_COMPLETED", &blob("v"))})));
    let (bluesky, draft) = (Bluesky::new(http()), video());
    let access = Access { metadata: json!({"pds": "https://morel.example"}), ..fake.access(DID) };
    let mut handles = Value::Null;
    let mut pauses = Vec::new();
    loop {
        match bluesky.prepare(&access, &draft, &handles).await.expect("prepared") {
            Prepared::Ready(ready) => break handles = ready,
            Prepared::Wait { handles: waiting, pause } => {
                pauses.push(pause);
                handles = waiting;
            }
        }
    }
    assert_eq!(pauses, [Duration::from_millis(5000), Duration::from_millis(7500)]);
    assert_eq!(handles["record"]["embed"], json!({"$type": "app.bsky.embed.video", "video": blob("v")}));
    assert_eq!(fake.asked_for(upload).len(), 1);
    let (sent, auth) = (&fake.asked_for(upload)[0], &fake.asked_for(service_auth)[0].query);
    assert_eq!((sent.query["did"].as_str(), sent.headers["authorization"].as_str()), (DID, "Bearer service-token"));
    let expected = [("aud", "did:web:morel.example"), ("lxm", "com.atproto.repo.uploadBlob"), ("exp", "1772443800")];
    assert_eq!(expected.map(|(name, _)| auth[name].as_str()), expected.map(|(_, value)| value));
}

#[tokio::test]
async fn a_known_video_and_a_failed_one() {
    let upload = "-video/xrpc/app.bsky.video.uploadVideo";
    let auth = ("/xrpc/com.atproto.server.getServiceAuth", json!({"token": "service-token"}));
    let known = Fake::start().await;
    known.on("GET", auth.0, Reply::json(200, &auth.1));
    let mut body = job("JOB_STATE_COMPLETED", &blob("v"));
    body["error"] = json!("already_exists");
    known.on("POST", upload, Reply::json(409, &body));
    let handles = ready(&Bluesky::new(http()), &known.access(DID), &video()).await;
    assert_eq!(handles["record"]["embed"]["video"], blob("v"));

    let failed = Fake::start().await;
    failed.on("GET", auth.0, Reply::json(200, &auth.1));
    let mut body = job("JOB_STATE_FAILED", &Value::Null);
    body["error"] = json!("InvalidVideo");
    body["message"] = json!("unsupported codec");
    failed.on("POST", upload, Reply::json(200, &body));
    let error = Bluesky::new(http()).prepare(&failed.access(DID), &video(), &Value::Null).await.expect_err("failed");
    assert!(error.media && error.message.contains("unsupported codec"), "{error:?}");
}

#[tokio::test]
async fn a_reply_names_its_parent_and_the_root_that_the_parent_knows() {
    let fake = Fake::start().await;
    let uri = |key: &str| format!("at://did:plc:other/app.bsky.feed.post/{key}");
    let root = json!({"uri": uri("root"), "cid": "bafyroot"});
    fake.on(
        "GET",
        GET,
        Reply::json(200, &json!({"uri": uri("parent"), "cid": "bafyparent", "value": {"reply": {"root": root}}})),
    );
    let reply_to = Some(ReplyTo { external_id: uri("parent"), root_id: uri("parent") });
    let draft = Draft { reply_to, ..Draft::of_text(KEY, "Yes") };
    let handles = ready(&Bluesky::new(http()), &fake.access(DID), &draft).await;
    assert_eq!(
        handles["record"]["reply"],
        json!({"root": root, "parent": {"uri": uri("parent"), "cid": "bafyparent"}})
    );
    let asked = &fake.asked_for(GET)[0].query;
    assert_eq!((asked["repo"].as_str(), asked["rkey"].as_str()), ("did:plc:other", "parent"));
}

#[tokio::test]
async fn the_record_is_there_or_it_is_not_and_anything_else_is_an_error() {
    let look = |reply: Reply| async move {
        let fake = Fake::start().await;
        fake.on("GET", GET, reply);
        let search = Search::of(Draft::of_text(KEY, "Hi"), at("2026-03-02T08:00:00Z"));
        let found = Bluesky::new(http()).look_up(&fake.access(DID), &search).await;
        (found, fake.asked()[0].query["rkey"].clone())
    };
    let record = json!({"uri": "at://x", "cid": "b", "value": {}});
    let (found, rkey) = look(Reply::json(200, &record)).await;
    let Ok(Found::Post(post)) = found else { panic!("{found:?}") };
    assert_eq!(post.external_id, format!("at://{DID}/app.bsky.feed.post/{rkey}"));
    let missing = json!({"error": "RecordNotFound", "message": "Could not locate record"});
    assert_eq!(look(Reply::json(400, &missing)).await.0, Ok(Found::Absent));
    let unclear = [
        Reply::json(400, &json!({"error": "InvalidRequest", "message": "Could not find repo"})),
        Reply::json(500, &json!({"error": "InternalServerError"})),
        Reply::json(200, &json!({})),
        Reply::html(200),
    ];
    for reply in unclear {
        let (found, _) = look(reply).await;
        assert!(found.is_err(), "{found:?}");
    }
}

#[tokio::test]
async fn an_answer_without_address_is_in_doubt() {
    let fake = Fake::start().await;
    fake.on("POST", PUT, Reply::json(200, &json!({"cid": "bafyrei"})));
    let error = Bluesky::new(http())
        .publish(&fake.access(DID), &Draft::of_text(KEY, "Hi"), &Value::Null)
        .await
        .expect_err("no address");
    assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::Unknown));
}

#[tokio::test]
async fn a_post_is_deleted_once() {
    let fake = Fake::start().await;
    let uri = format!("at://{DID}/app.bsky.feed.post/3l4jdrcuvpk2a");
    fake.on("GET", GET, Reply::json(200, &json!({"uri": uri, "cid": "b", "value": {}})));
    fake.on("GET", GET, Reply::json(400, &json!({"error": "RecordNotFound"})));
    fake.on("POST", "/xrpc/com.atproto.repo.deleteRecord", Reply::json(200, &json!({})));
    let (bluesky, access) = (Bluesky::new(http()), fake.access(DID));
    bluesky.delete(&access, &uri).await.expect("gone");
    assert_eq!(bluesky.delete(&access, &uri).await.expect_err("gone already").kind, ErrorType::NotFound);
    let foreign = "at://did:plc:other/app.bsky.feed.post/3l4jdrcuvpk2a";
    assert_eq!(bluesky.delete(&access, foreign).await.expect_err("not ours").kind, ErrorType::Permission);
    assert_eq!(bluesky.delete(&access, "1").await.expect_err("no id").kind, ErrorType::NotFound);
}
