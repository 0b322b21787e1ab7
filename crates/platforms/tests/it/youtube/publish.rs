//! Videos and comments: prepared, out, found again, deleted.

use bytes::Bytes;
use rookery_platforms::{
    Connector as _, Delivery, Draft, DraftKind, ErrorType, Found, Media, MediaKind, Prepared, ReplyTo, Search, YouTube,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

const BEGIN: &str = "/upload/youtube/v3/videos";
const SESSION: &str = "/session";
const VIDEOS: &str = "/youtube/v3/videos";
const ID: &str = "dQw4w9WgXcQ";

fn film(size: usize) -> Draft {
    let media = Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", Bytes::from(vec![0; size]));
    Draft { media: vec![media], ..Draft::of_text("k", "Fresh bread\nBaked today") }
}

fn begun(fake: &Fake) -> Reply {
    Reply::json(200, &Value::Null).body("").header("location", &format!("{}{SESSION}?upload_id=7", fake.url()))
}

fn video(upload: &str, privacy: &str) -> Value {
    json!({"kind": "youtube#video", "id": ID, "status": {"uploadStatus": upload, "privacyStatus": privacy}})
}

fn list(video: &Value) -> Reply {
    Reply::json(200, &json!({ "items": [video] }))
}

fn more(range: Option<&str>) -> Reply {
    let reply = Reply::json(308, &Value::Null).body("");
    range.map_or(reply.clone(), |range| reply.header("range", range))
}

async fn ready(fake: &Fake, draft: &Draft) -> Value {
    let mut handles = Value::Null;
    for _ in 0..9 {
        match YouTube::new(http()).prepare(&fake.access("UCabc"), draft, &handles).await.expect("prepared") {
            Prepared::Ready(done) => return done,
            Prepared::Wait { handles: next, .. } => handles = next,
        }
    }
    panic!("never ready")
}

#[tokio::test]
async fn a_video_is_private_until_the_public_call() {
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun(&fake))
        .on("PUT", SESSION, more(None))
        .on("PUT", SESSION, more(Some("bytes=0-8388607")))
        .on("PUT", SESSION, Reply::json(200, &video("uploaded", "private")))
        .on("GET", VIDEOS, list(&video("uploaded", "private")))
        .on("GET", VIDEOS, list(&video("processed", "private")))
        .on("PUT", VIDEOS, Reply::json(200, &video("processed", "public")));
    let draft = film(8 * 1024 * 1024 + 5);
    let handles = ready(&fake, &draft).await;
    let begin = &fake.asked_for(BEGIN)[0];
    assert_eq!((begin.query["uploadType"].as_str(), begin.query["part"].as_str()), ("resumable", "snippet,status"));
    assert_eq!(begin.headers["x-upload-content-length"], "8388613");
    assert_eq!(
        (&begin.json["status"]["privacyStatus"], &begin.json["snippet"]["title"]),
        (&json!("private"), &json!("Fresh bread"))
    );
    let ranges: Vec<_> = fake.asked_for(SESSION).iter().map(|a| a.headers["content-range"].clone()).collect();
    assert_eq!(ranges, ["bytes */8388613", "bytes 0-8388607/8388613", "bytes 8388608-8388612/8388613"]);
    assert!(fake.asked_for(VIDEOS).iter().all(|a| a.method == "GET"), "nothing is public yet");

    let sent = YouTube::new(http()).publish(&fake.access("UCabc"), &draft, &handles).await.expect("out");
    let out = sent.published().expect("at once");
    assert_eq!(out.external_id, ID);
    assert!(out.permalink.expect("a page").ends_with("/net-www/watch?v=dQw4w9WgXcQ"));
    let update = fake.asked_for(VIDEOS).pop().expect("asked");
    assert_eq!((update.query["part"].as_str(), &update.json["id"]), ("status", &json!(ID)));
    assert_eq!(update.json["status"]["selfDeclaredMadeForKids"], false, "an update names every setting");
}

#[tokio::test]
async fn the_session_is_kept_before_the_first_byte_and_a_lost_last_answer_is_asked_for() {
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun(&fake)).on("PUT", SESSION, Reply::json(201, &video("processed", "private")));
    let (youtube, access, draft) = (YouTube::new(http()), fake.access("UCabc"), film(5));
    let Prepared::Wait { handles, .. } = youtube.prepare(&access, &draft, &Value::Null).await.expect("begun") else {
        panic!("the session must be kept first")
    };
    assert!(fake.asked_for(SESSION).is_empty());
    let done = youtube.prepare(&access, &draft, &handles).await.expect("there already");
    assert!(matches!(done, Prepared::Ready(h) if h["video_id"] == ID));
    assert_eq!(fake.asked_for(SESSION).len(), 1, "asked, not sent again");
}

#[tokio::test]
async fn a_forgotten_session_is_begun_anew_and_a_refused_file_is_an_error_about_media() {
    let fake = Fake::start().await;
    fake.on("POST", BEGIN, begun(&fake)).on("PUT", SESSION, Reply::json(404, &Value::Null)).on(
        "PUT",
        SESSION,
        Reply::json(200, &video("processed", "private")),
    );
    ready(&fake, &film(5)).await;
    assert_eq!(fake.asked_for(BEGIN).len(), 2);

    let mut rejected = video("rejected", "private");
    rejected["status"]["rejectionReason"] = json!("duplicate");
    fake.on("GET", VIDEOS, list(&rejected));
    let error = YouTube::new(http())
        .prepare(&fake.access("UCabc"), &film(5), &json!({"video_id": ID}))
        .await
        .expect_err("a copy");
    assert_eq!((error.kind, error.media, error.duplicate), (ErrorType::BadRequest, true, true));
}

#[tokio::test]
async fn a_project_without_audit_is_told_and_not_taken_for_published() {
    let fake = Fake::start().await;
    fake.on("PUT", VIDEOS, Reply::json(200, &video("processed", "private"))).on(
        "PUT",
        VIDEOS,
        Reply::json(200, &json!({"id": ID})),
    );
    let (youtube, handles) = (YouTube::new(http()), json!({"video_id": ID}));
    let error = youtube.publish(&fake.access("UCabc"), &film(5), &handles).await.expect_err("stays private");
    assert_eq!((error.kind, error.delivery), (ErrorType::Permission, Delivery::Refused));
    let error = youtube.publish(&fake.access("UCabc"), &film(5), &handles).await.expect_err("no word of it");
    assert_eq!(error.delivery, Delivery::Unknown);
    let error = youtube.publish(&fake.access("UCabc"), &film(5), &Value::Null).await.expect_err("no video");
    assert_eq!((error.delivery, fake.asked().len()), (Delivery::NotSent, 2));
}

#[tokio::test]
async fn the_video_itself_says_whether_it_is_out() {
    let mut failed = video("failed", "private");
    failed["status"]["failureReason"] = json!("codec");
    let table = [
        (json!({"items": [video("processed", "public")]}), "post"),
        (json!({"items": [video("uploaded", "public")]}), "post"),
        (json!({"items": [video("processed", "private")]}), "absent"),
        (json!({"items": [failed]}), "bad_request"),
        (json!({}), "not_found"),
    ];
    for (body, expected) in table {
        let fake = Fake::start().await;
        fake.on("GET", VIDEOS, Reply::json(200, &body));
        let search = Search { draft: film(5), handles: json!({"video_id": ID}), since: at("2026-03-02T08:58:00Z") };
        let told = match YouTube::new(http()).look_up(&fake.access("UCabc"), &search).await.expect("looked") {
            Found::Post(_) => "post",
            Found::Absent => "absent",
            Found::Working => "working",
            Found::Refused(e) => e.kind.label(),
        };
        assert_eq!(told, expected, "{body}");
    }
}

fn answer_to(id: &str) -> Draft {
    let reply_to = Some(ReplyTo { external_id: id.to_owned(), root_id: ID.to_owned() });
    Draft { reply_to, ..Draft::of_text("k", "Thank you & see you") }
}

#[tokio::test]
async fn comments_go_below_a_video_or_the_first_comment_of_a_thread() {
    let fake = Fake::start().await;
    fake.on("POST", "/youtube/v3/commentThreads", Reply::json(200, &json!({"id": "UgxAAAAAAAAAAAAAAAAB"}))).on(
        "POST",
        "/youtube/v3/comments",
        Reply::json(200, &json!({"id": "UgxAAAAAAAAAAAAAAAAB.9x"})),
    );
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    let first = youtube.publish(&access, &answer_to(ID), &Value::Null).await.expect("out").published().expect("an id");
    assert_eq!(first.external_id, "UgxAAAAAAAAAAAAAAAAB");
    assert!(first.permalink.expect("a page").ends_with("watch?v=dQw4w9WgXcQ&lc=UgxAAAAAAAAAAAAAAAAB"));
    let body = &fake.asked()[0].json["snippet"];
    assert_eq!(body["topLevelComment"]["snippet"]["textOriginal"], "Thank you & see you");
    youtube.publish(&access, &answer_to("UgxAAAAAAAAAAAAAAAAB.8z"), &Value::Null).await.expect("out");
    assert_eq!(fake.asked()[1].json["snippet"]["parentId"], "UgxAAAAAAAAAAAAAAAAB");
}

#[tokio::test]
async fn a_comment_in_doubt_is_found_by_author_text_and_time() {
    let comment = |id: &str, author: &str, at: &str, text: &str| {
        json!({"id": id, "snippet": {"topLevelComment": {"id": id, "snippet": {
            "authorChannelId": {"value": author}, "publishedAt": at, "textDisplay": text}}}})
    };
    let fake = Fake::start().await;
    let page = json!({"items": [
        comment("other", "UCother", "2026-03-02T08:59:00Z", "Thank you & see you"),
        comment("ours", "UCabc", "2026-03-02T08:58:00Z", "Thank you & see you"),
        comment("old", "UCabc", "2026-03-02T07:00:00Z", "Something else"),
    ], "nextPageToken": "P2"});
    fake.on("GET", "/youtube/v3/commentThreads", Reply::json(200, &page));
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    let mut search = Search::of(answer_to(ID), at("2026-03-02T08:58:00.400Z"));
    let found = youtube.look_up(&access, &search).await.expect("looked");
    assert!(matches!(found, Found::Post(post) if post.external_id == "ours"));
    search.draft.text = "Not there".into();
    assert_eq!(youtube.look_up(&access, &search).await.expect("looked"), Found::Absent);
    assert_eq!(fake.asked().len(), 2, "older comments end the walk");
}

#[tokio::test]
async fn videos_and_comments_are_deleted() {
    let fake = Fake::start().await;
    let none = Reply::json(204, &Value::Null).body("");
    fake.on("DELETE", VIDEOS, none.clone()).on("DELETE", "/youtube/v3/comments", none);
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    youtube.delete(&access, ID).await.expect("deleted");
    youtube.delete(&access, "UgxAAAAAAAAAAAAAAAAB").await.expect("deleted");
    assert_eq!(fake.asked()[1].query["id"], "UgxAAAAAAAAAAAAAAAAB");
}

#[test]
fn the_networks_rules_are_told_before_anything_is_sent() {
    let with = |change: fn(&mut Draft)| {
        let mut draft = film(5);
        change(&mut draft);
        draft
    };
    let table = [
        (film(5), 0),
        (answer_to(ID), 0),
        (Draft::of_text("k", "x"), 1),
        (with(|d| d.title = Some("é".repeat(101))), 1),
        (with(|d| d.text = "a < b".into()), 1),
        (with(|d| d.text = String::new()), 1),
        (with(|d| d.options = json!({"tags": ["x".repeat(501)]})), 1),
        (with(|d| (d.kind, d.media[0].width, d.media[0].height) = (DraftKind::Short, Some(1920), Some(1080))), 1),
        (with(|d| (d.kind, d.media[0].duration_ms) = (DraftKind::Short, Some(180_001))), 1),
        (with(|d| d.options = json!({"privacy_status": "secret"})), 1),
    ];
    for (draft, count) in table {
        let found = YouTube::new(http()).objections(&draft);
        assert_eq!(found.len(), count, "{found:?}");
    }
}
