//! Publishing each kind, looking up, deleting.

use bytes::Bytes;
use rookery_platforms::{
    Connector as _, Delivery, Draft, ErrorType, Found, Media, MediaKind, Prepared, Reddit, ReplyTo, Search, Sent,
};
use serde_json::{Value, json};

use super::access;
use crate::fake::{Asked, Fake, Reply, at, http};

fn submitted() -> Value {
    json!({"json": {"errors": [], "data": {"url": "https://www.reddit.com/r/bakers/comments/1aaaaa5/fresh_bread/", "drafts_count": 0, "id": "1aaaaa5", "name": "t3_1aaaaa5"}}})
}

fn form<'a>(asked: &'a Asked, names: &[&str]) -> Vec<Option<&'a str>> {
    names.iter().map(|name| asked.form.get(*name).map(String::as_str)).collect()
}

fn draft(text: &str) -> Draft {
    Draft {
        title: Some("Fresh bread".into()),
        options: json!({"subreddit": "r/bakers", "flair_id": "f1", "spoiler": true}),
        ..Draft::of_text("k", text)
    }
}

#[tokio::test]
async fn text_and_links_answer_with_their_id() {
    let fake = Fake::start().await;
    fake.on("POST", "/api/submit", Reply::json(200, &submitted()));
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    let out = reddit.publish(&access, &draft("At **seven**"), &Value::Null).await.expect("out");
    let out = out.published().expect("an id");
    assert_eq!(out.external_id, "t3_1aaaaa5");
    assert_eq!(out.permalink.as_deref(), Some("https://www.reddit.com/r/bakers/comments/1aaaaa5/fresh_bread/"));
    let link = Draft { link: Some("https://a.example/menu".into()), ..draft("") };
    reddit.publish(&access, &link, &Value::Null).await.expect("out");
    // Without a community it goes to the own profile, without a title the first line is it.
    reddit.publish(&access, &Draft::of_text("k", "One\nTwo"), &Value::Null).await.expect("out");
    let asked = fake.asked();
    let names = ["kind", "sr", "title", "text", "url", "flair_id", "spoiler"];
    let expected: [[Option<&str>; 7]; 3] = [
        [Some("self"), Some("bakers"), Some("Fresh bread"), Some("At **seven**"), None, Some("f1"), Some("true")],
        [
            Some("link"),
            Some("bakers"),
            Some("Fresh bread"),
            None,
            Some("https://a.example/menu"),
            Some("f1"),
            Some("true"),
        ],
        [Some("self"), Some("u_harbour_bakery"), Some("One"), Some("Two"), None, None, None],
    ];
    for (asked, expected) in asked.iter().zip(expected) {
        assert_eq!(form(asked, &names), expected);
        assert_eq!(asked.form["api_type"], "json");
    }
}

#[tokio::test]
async fn a_comment_names_what_it_answers() {
    let fake = Fake::start().await;
    let body = json!({"json": {"errors": [], "data": {"things": [{"kind": "t1", "data": {"id": "kx1", "name": "t1_kx1", "permalink": "/r/bakers/comments/1aaaaa5/_/kx1/"}}]}}});
    fake.on("POST", "/api/comment", Reply::json(200, &body));
    let reply_to = Some(ReplyTo { external_id: "t3_1aaaaa5".into(), root_id: "t3_1aaaaa5".into() });
    let comment = Draft { reply_to, ..Draft::of_text("k", "Thanks") };
    let out = Reddit::new(http()).publish(&access(&fake), &comment, &Value::Null).await.expect("out");
    let out = out.published().expect("an id");
    assert_eq!(out.external_id, "t1_kx1");
    assert_eq!(out.permalink.as_deref(), Some("https://www.reddit.com/r/bakers/comments/1aaaaa5/_/kx1/"));
    assert_eq!(form(&fake.asked()[0], &["thing_id", "text"]), [Some("t3_1aaaaa5"), Some("Thanks")]);
}

fn lease(fake: &Fake, key: &str, asset: &str) -> Value {
    let action = format!("{}-upload", fake.url()).replace("http:", "");
    json!({
        "args": {"action": action, "fields": [{"name": "acl", "value": "public-read"}, {"name": "key", "value": key}, {"name": "x-amz-signature", "value": "s"}]},
        "asset": {"asset_id": asset, "processing_state": "incomplete", "payload": {"filepath": "a.png"}},
    })
}

fn media(kind: MediaKind, mime: &str, name: &str) -> Media {
    Media { alt_text: Some("A loaf".into()), ..Media::of_bytes(kind, mime, name, Bytes::from_static(b"bytes")) }
}

async fn storage() -> Fake {
    let fake = Fake::start().await;
    for (key, asset) in [("rte/one", "one"), ("rte/two", "two")] {
        fake.on("POST", "/api/media/asset.json", Reply::json(200, &lease(&fake, key, asset)));
    }
    let created = "<?xml version=\"1.0\"?><PostResponse><Location>x</Location></PostResponse>";
    fake.on("POST", "-upload", Reply::json(201, &Value::Null).body(created));
    fake
}

#[tokio::test]
async fn an_image_is_uploaded_once_and_its_id_comes_later() {
    let fake = storage().await;
    let taken = json!({"json": {"errors": [], "data": {"user_submitted_page": "https://www.reddit.com/user/harbour_bakery/submitted/", "websocket_url": "wss://ws.example"}}});
    fake.on("POST", "/api/submit", Reply::json(200, &taken));
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    let image = Draft { media: vec![media(MediaKind::Image, "image/png", "a.png")], ..draft("") };
    let Prepared::Ready(handles) = reddit.prepare(&access, &image, &Value::Null).await.expect("prepared") else {
        panic!("nothing to wait for")
    };
    let url = format!("{}-upload/rte/one", fake.url());
    assert_eq!(handles, json!({"media": [{"asset_id": "one", "url": url}]}));
    assert_eq!(reddit.prepare(&access, &image, &handles).await, Ok(Prepared::Ready(handles.clone())));
    assert_eq!(fake.asked_for("-upload").len(), 1, "what stands is not sent again");
    assert!(!fake.asked_for("-upload")[0].headers.contains_key("authorization"), "the token stays with Reddit");
    let Sent::Accepted(accepted) = reddit.publish(&access, &image, &handles).await.expect("taken") else {
        panic!("the id comes later")
    };
    assert_eq!(accepted["accepted_at"], "2026-03-02T09:00:00Z");
    assert_eq!(form(&fake.asked_for("/api/submit")[0], &["kind", "url"]), [Some("image"), Some(url.as_str())]);

    // Not listed yet: Reddit works on it; then it is there.
    let list = "/user/harbour_bakery/submitted";
    fake.on("GET", list, Reply::json(200, &json!({"data": {"children": [], "after": null}})));
    let post = json!({"name": "t3_z", "title": "Fresh bread", "subreddit": "Bakers", "is_self": false, "created_utc": 1_772_442_001.0, "permalink": "/r/bakers/comments/z/"});
    fake.on("GET", list, Reply::json(200, &json!({"data": {"children": [{"data": post}], "after": null}})));
    let search = Search { draft: image, handles: accepted, since: at("2026-03-02T08:59:00Z") };
    assert_eq!(reddit.look_up(&access, &search).await, Ok(Found::Working));
    let Ok(Found::Post(found)) = reddit.look_up(&access, &search).await else { panic!("it is listed") };
    assert_eq!(
        (found.external_id.as_str(), found.permalink.as_deref()),
        ("t3_z", Some("https://www.reddit.com/r/bakers/comments/z/"))
    );
}

#[tokio::test]
async fn a_video_has_a_poster_and_a_gallery_its_captions() {
    let fake = storage().await;
    fake.on(
        "POST",
        "/api/submit",
        Reply::json(200, &json!({"json": {"errors": [], "data": {"websocket_url": "wss://x"}}})),
    );
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    let video = Draft { media: vec![media(MediaKind::Video, "video/mp4", "v.mp4")], ..draft("") };
    let Ok(Prepared::Ready(handles)) = reddit.prepare(&access, &video, &Value::Null).await else { panic!("prepared") };
    assert!(matches!(reddit.publish(&access, &video, &handles).await, Ok(Sent::Accepted(_))));
    let poster = format!("{}-upload/rte/two", fake.url());
    assert_eq!(
        form(&fake.asked_for("/api/submit")[0], &["kind", "video_poster_url"]),
        [Some("video"), Some(poster.as_str())]
    );

    let fake = storage().await;
    let answer =
        json!({"json": {"errors": [], "data": {"url": "https://www.reddit.com/r/bakers/comments/1g/", "id": "t3_1g"}}});
    fake.on("POST", "/api/submit_gallery_post.json", Reply::json(200, &answer));
    let access = super::access(&fake);
    let loaf = || media(MediaKind::Image, "image/png", "a.png");
    let two = Draft { media: vec![loaf(), loaf()], ..draft("Words") };
    let Ok(Prepared::Ready(handles)) = reddit.prepare(&access, &two, &Value::Null).await else { panic!("prepared") };
    let out = reddit.publish(&access, &two, &handles).await.expect("out").published().expect("an id");
    assert_eq!(out.external_id, "t3_1g");
    let sent = &fake.asked_for("/api/submit_gallery_post.json")[0].json;
    assert_eq!((&sent["items"][1]["media_id"], &sent["items"][0]["caption"]), (&json!("two"), &json!("A loaf")));
    assert_eq!((&sent["sr"], &sent["spoiler"], &sent["flair_id"]), (&json!("bakers"), &json!(true), &json!("f1")));
}

#[tokio::test]
async fn a_file_that_the_storage_refuses_is_about_the_medium() {
    let fake = Fake::start().await;
    fake.on("POST", "/api/media/asset.json", Reply::json(200, &lease(&fake, "k", "a")));
    let refused =
        "<Error><Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum</Message></Error>";
    fake.on("POST", "-upload", Reply::json(400, &Value::Null).body(refused));
    let image = Draft { media: vec![media(MediaKind::Image, "image/png", "a.png")], ..draft("") };
    let error = Reddit::new(http()).prepare(&access(&fake), &image, &Value::Null).await.expect_err("refused");
    assert_eq!((error.kind, error.code.as_deref(), error.media), (ErrorType::BadRequest, Some("EntityTooLarge"), true));
    assert!(error.message.starts_with("a.png: Your proposed upload"), "{}", error.message);
    // A lease that leads elsewhere is not followed.
    let astray = Fake::start().await;
    let mut body = lease(&astray, "k", "a");
    body["args"]["action"] = json!("//evil.example/upload");
    astray.on("POST", "/api/media/asset.json", Reply::json(200, &body));
    let error = Reddit::new(http()).prepare(&access(&astray), &image, &Value::Null).await.expect_err("not followed");
    assert_eq!((error.delivery, astray.asked().len()), (Delivery::NotSent, 1));
}

#[tokio::test]
async fn look_ups_compare_words_community_and_kind() {
    let fake = Fake::start().await;
    fake.on("GET", "/user/harbour_bakery/submitted", Reply::fixture("reddit/submitted"));
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    let look = async |draft: Draft| {
        let found = reddit.look_up(&access, &Search::of(draft, at("2026-03-02T08:56:00Z"))).await.expect("looked");
        match found {
            Found::Post(post) => Some(post.external_id),
            _ => None,
        }
    };
    assert_eq!(look(draft("At **seven** #Größe")).await.as_deref(), Some("t3_1aaaaa5"));
    assert_eq!(look(draft("At eight")).await, None);
    let elsewhere = Draft { options: json!({"subreddit": "cooks"}), ..draft("At **seven** #Größe") };
    assert_eq!(look(elsewhere).await, None, "another community");
    let gallery = Draft {
        title: Some("A gallery".into()),
        media: vec![media(MediaKind::Image, "image/png", "a.png"), media(MediaKind::Image, "image/png", "b.png")],
        ..draft("")
    };
    assert_eq!(look(gallery).await.as_deref(), Some("t3_1aaaaa6"));
    let old = Draft { title: Some("Read".into()), link: Some("https://a.example/menu".into()), ..draft("") };
    assert_eq!(look(old).await, None, "older than the attempt");
}

#[tokio::test]
async fn a_post_is_deleted_once() {
    let fake = Fake::start().await;
    let info = |author: &str| json!({"data": {"children": [{"data": {"name": "t3_a", "author": author}}]}});
    fake.on("GET", "/api/info", Reply::json(200, &info("harbour_bakery")));
    fake.on("GET", "/api/info", Reply::json(200, &info("[deleted]")));
    fake.on("POST", "/api/del", Reply::json(200, &json!({})));
    let (reddit, access) = (Reddit::new(http()), access(&fake));
    reddit.delete(&access, "t3_a").await.expect("gone");
    assert_eq!(reddit.delete(&access, "t3_a").await.expect_err("gone already").kind, ErrorType::NotFound);
    assert_eq!(fake.asked_for("/api/del").len(), 1);
}
