//! Pictures, videos, reels, stories and comments.

use rookery_platforms::{
    Connector as _, Delivery, Draft, DraftKind, ErrorType, Facebook, Found, Media, MediaKind, Prepared, Published,
    ReplyTo, Search, Sent,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, at, http};

fn picture(name: &str) -> Media {
    Media::of_bytes(MediaKind::Image, "image/png", name, vec![1, 2, 3].into())
}

fn video(size: usize) -> Media {
    Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", vec![7; size].into())
}

fn draft(kind: DraftKind, media: Vec<Media>) -> Draft {
    Draft { kind, media, ..Draft::of_text("k", "Fresh bread") }
}

fn ok(body: &Value) -> Reply {
    Reply::json(200, body)
}

async fn ready(facebook: &Facebook, fake: &Fake, draft: &Draft) -> Value {
    match facebook.prepare(&fake.access("101"), draft, &Value::Null).await.expect("prepared") {
        Prepared::Ready(handles) => handles,
        Prepared::Wait { .. } => panic!("nothing to wait for"),
    }
}

#[tokio::test]
async fn pictures_go_up_unpublished_and_become_public_with_one_post() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/101/photos", ok(&json!({"id": "41"}))).on(
        "POST",
        "/v25.0/101/photos",
        ok(&json!({"id": "42"})),
    );
    fake.on("POST", "/v25.0/101/feed", Reply::fixture("facebook/published"));
    let facebook = Facebook::new(http());
    let draft = Draft {
        link: Some("https://a.example/".into()),
        ..draft(DraftKind::Carousel, vec![picture("a.png"), picture("b.png")])
    };
    let handles = ready(&facebook, &fake, &draft).await;
    let again = facebook.prepare(&fake.access("101"), &draft, &handles).await.expect("prepared");
    assert_eq!((again, fake.asked().len()), (Prepared::Ready(handles.clone()), 2), "what stands is used again");
    facebook.publish(&fake.access("101"), &draft, &handles).await.expect("out");
    let asked = &fake.asked_for("/v25.0/101/feed")[0].form;
    assert_eq!(asked["attached_media[0]"], r#"{"media_fbid":"41"}"#);
    assert_eq!(asked["attached_media[1]"], r#"{"media_fbid":"42"}"#);
    assert_eq!(asked["message"], "Fresh bread\n\nhttps://a.example/", "a link beside pictures is text");
    assert!(!asked.contains_key("link"));
    let bare = facebook.publish(&fake.access("101"), &draft, &Value::Null).await.expect_err("nothing was uploaded");
    assert_eq!((bare.delivery, bare.media), (Delivery::NotSent, true));
}

#[tokio::test]
async fn a_video_goes_up_in_the_pieces_that_are_asked_for() {
    let fake = Fake::start().await;
    let path = "-video/v25.0/101/videos";
    let begun = json!({"upload_session_id": "9", "video_id": "51", "start_offset": "0", "end_offset": "6"});
    fake.on("POST", path, ok(&begun))
        .on("POST", path, ok(&json!({"start_offset": "6", "end_offset": "10"})))
        .on("POST", path, ok(&json!({"start_offset": "10", "end_offset": "10"})))
        .on("POST", path, ok(&json!({"success": true})));
    let processing = json!({"id": "51", "status": {"video_status": "processing"}});
    let done = json!({"id": "51", "status": {"video_status": "ready"}, "post_id": "900", "permalink_url": "/reel/51/"});
    fake.on("GET", "/v25.0/51", ok(&processing)).on("GET", "/v25.0/51", ok(&processing)).on(
        "GET",
        "/v25.0/51",
        ok(&done),
    );
    let facebook = Facebook::new(http());
    let draft = Draft { title: Some("Bread".into()), ..draft(DraftKind::Post, vec![video(10)]) };
    let handles = ready(&facebook, &fake, &draft).await;
    let sent = facebook.publish(&fake.access("101"), &draft, &handles).await.expect("taken");
    let Sent::Accepted(handles) = sent else { panic!("the network still works on it: {sent:?}") };
    let asked = fake.asked_for(path);
    assert_eq!(asked[0].form["file_size"], "10");
    let finish = &asked[3].form;
    let told = ["upload_phase", "upload_session_id", "description", "title"].map(|name| finish[name].as_str());
    assert_eq!(told, ["finish", "9", "Fresh bread", "Bread"]);
    let search = Search { draft, handles, since: at("2026-03-02T08:00:00Z") };
    let look = async || facebook.look_up(&fake.access("101"), &search).await.expect("looked");
    assert_eq!(look().await, Found::Working);
    let permalink = Some("https://www.facebook.com/reel/51/".to_owned());
    assert_eq!(look().await, Found::Post(Published { external_id: "101_900".into(), permalink }));
}

#[tokio::test]
async fn a_reel_goes_to_the_address_that_is_given_if_it_is_a_known_one() {
    let fake = Fake::start().await;
    let upload = format!("{}-upload/video-upload/v25.0/61", fake.url());
    fake.on("POST", "/v25.0/101/video_reels", ok(&json!({"video_id": "61", "upload_url": upload}))).on(
        "POST",
        "/v25.0/101/video_reels",
        ok(&json!({"success": true})),
    );
    fake.on("POST", "-upload/video-upload/v25.0/61", ok(&json!({"success": true})));
    let broken = json!({"video_status": "error", "processing_phase": {"errors": [{"message": "Bad codec"}]}});
    fake.on("GET", "/v25.0/61", ok(&json!({"id": "61", "status": broken})));
    let facebook = Facebook::new(http());
    let draft = draft(DraftKind::Reel, vec![video(10)]);
    let handles = ready(&facebook, &fake, &draft).await;
    let sent = &fake.asked_for("-upload/video-upload/v25.0/61")[0];
    assert_eq!((sent.headers["offset"].as_str(), sent.headers["file_size"].as_str()), ("0", "10"));
    assert_eq!(sent.headers["authorization"], "OAuth EAAsecret-token");
    facebook.publish(&fake.access("101"), &draft, &handles).await.expect("taken");
    assert_eq!(fake.asked_for("/v25.0/101/video_reels")[1].form["video_state"], "PUBLISHED");
    let search = Search { draft: draft.clone(), handles, since: at("2026-03-02T08:00:00Z") };
    let found = facebook.look_up(&fake.access("101"), &search).await.expect("looked");
    let Found::Refused(error) = found else { panic!("the network refused it: {found:?}") };
    assert!(error.media && error.message.contains("Bad codec"), "{error:?}");

    let foreign = Fake::start().await;
    let body = json!({"video_id": "61", "upload_url": "https://evil.example/61"});
    foreign.on("POST", "/v25.0/101/video_reels", ok(&body));
    let error = facebook.prepare(&foreign.access("101"), &draft, &Value::Null).await.expect_err("not there");
    assert_eq!((error.delivery, foreign.asked().len()), (Delivery::NotSent, 1), "the token goes nowhere else");
}

#[tokio::test]
async fn a_story_is_found_again_by_its_picture() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/101/photos", ok(&json!({"id": "41"})));
    fake.on("POST", "/v25.0/101/photo_stories", ok(&json!({"success": true, "post_id": 77})));
    let story = json!({"post_id": "77", "media_id": "41", "url": "https://www.facebook.com/stories/77"});
    fake.on("GET", "/v25.0/101/stories", ok(&json!({"data": [{"post_id": "70", "media_id": "40"}, story]})));
    let facebook = Facebook::new(http());
    let draft = draft(DraftKind::Story, vec![picture("a.png")]);
    let handles = ready(&facebook, &fake, &draft).await;
    let out = facebook.publish(&fake.access("101"), &draft, &handles).await.expect("out").published();
    let permalink = Some("https://www.facebook.com/stories/77".to_owned());
    let expected = Published { external_id: "101_77".into(), permalink };
    assert_eq!(out, Some(expected.clone()));
    assert_eq!(fake.asked_for("/v25.0/101/photo_stories")[0].form["photo_id"], "41");
    let search = Search { draft, handles, since: at("2026-03-02T08:00:00Z") };
    let found = facebook.look_up(&fake.access("101"), &search).await.expect("looked");
    assert_eq!(found, Found::Post(expected));
}

#[tokio::test]
async fn a_comment_in_doubt_is_ours_and_not_somebody_elses() {
    let fake = Fake::start().await;
    fake.on("POST", "/v25.0/101_900/comments", ok(&json!({"id": "900_3", "permalink_url": "https://x/3"})));
    let comment = |id: &str, author: &str| json!({"id": id, "message": "Fresh bread", "created_time": "2026-03-02T08:59:00+0000", "from": {"id": author}});
    fake.on("GET", "/v25.0/101_900/comments", ok(&json!({"data": [comment("900_2", "555"), comment("900_3", "101")]})));
    let facebook = Facebook::new(http());
    let reply_to = Some(ReplyTo { external_id: "101_900".into(), root_id: "101_900".into() });
    let draft = Draft { reply_to, ..draft(DraftKind::Post, Vec::new()) };
    let out = facebook.publish(&fake.access("101"), &draft, &Value::Null).await.expect("out").published();
    assert_eq!(out.map(|p| p.external_id).as_deref(), Some("900_3"));
    let search = Search::of(draft, at("2026-03-02T08:00:00Z"));
    let found = facebook.look_up(&fake.access("101"), &search).await.expect("looked");
    assert_eq!(found, Found::Post(Published { external_id: "900_3".into(), permalink: None }));
    let asked = &fake.asked_for("/v25.0/101_900/comments")[1].query;
    assert_eq!((asked["filter"].as_str(), asked["order"].as_str()), ("stream", "reverse_chronological"));
}

#[tokio::test]
async fn a_picture_that_is_refused_is_the_reason() {
    let fake = Fake::start().await;
    let error = json!({"error": {"message": "Missing or invalid image file", "code": 100, "error_subcode": 1_366_046}});
    fake.on("POST", "/v25.0/101/photos", Reply::json(400, &error));
    let draft = draft(DraftKind::Post, vec![picture("a.png")]);
    let error = Facebook::new(http()).prepare(&fake.access("101"), &draft, &Value::Null).await.expect_err("refused");
    assert_eq!((error.kind, error.delivery, error.media), (ErrorType::BadRequest, Delivery::Refused, true));
}
