//! X over HTTP: the shapes and refusals that its connector never asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use rookery_kernel::Platform;
use rookery_sandbox::{SandboxAccount, Topic};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::house::{Answer, House};
use crate::pictures::JPEG;

const BACK: &str = "http://127.0.0.1:9/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const AUTHORIZE: &str = "/twitter-www/i/oauth2/authorize";

fn me(house: &House) -> SandboxAccount {
    house.account(Platform::Twitter, "fieldwork", 2_400)
}

async fn send(house: &House, path: &str, token: &str, body: &Value) -> Answer {
    house.send(house.request(Method::POST, path, token).json(body)).await
}

async fn post(house: &House, me: &SandboxAccount, body: &Value) -> Answer {
    send(house, "/twitter/2/tweets", &me.access_token, body).await
}

/// The client proves itself in the header, as a confidential client does.
async fn token(house: &House, me: &SandboxAccount, form: &[(&str, &str)]) -> Answer {
    let request = house.request(Method::POST, "/twitter/2/oauth2/token", "").form(form);
    house.send(request.basic_auth(&me.client_id, Some(&me.client_secret))).await
}

/// The tokens of a consent to these rights.
async fn signed_in(house: &House, me: &SandboxAccount, scope: &str) -> Answer {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let query = [
        ("response_type", "code"),
        ("client_id", &me.client_id),
        ("redirect_uri", BACK),
        ("scope", scope),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let back = house.consent(me, AUTHORIZE, &query).await;
    assert_eq!(back["state"], "st");
    let plain = house.send(house.request(Method::GET, AUTHORIZE, "").query(&query[..5])).await;
    assert_eq!(plain.status, 400, "no consent without a proof key");
    let form = [("grant_type", "authorization_code"), ("code", &back["code"]), ("redirect_uri", BACK)];
    let without = token(house, me, &form).await;
    assert_eq!((without.status, without.str("/error")), (400, "invalid_request"));
    token(house, me, &[&form[..], &[("code_verifier", VERIFIER)]].concat()).await
}

#[tokio::test]
async fn tokens_last_two_hours_and_a_refresh_token_works_once() {
    let house = House::new().await;
    let me = me(&house);
    let scope = "tweet.read users.read offline.access";
    let tokens = signed_in(&house, &me, scope).await;
    assert_eq!((tokens.status, tokens.str("/token_type"), tokens.int("/expires_in")), (200, "bearer", 7_200));
    assert_eq!(tokens.str("/scope"), scope);
    let own = house.get("/twitter/2/users/me?user.fields=public_metrics", tokens.str("/access_token")).await;
    assert_eq!((own.str("/data/username"), own.int("/data/public_metrics/followers_count")), ("fieldwork", 2_400));
    let denied = send(&house, "/twitter/2/tweets", tokens.str("/access_token"), &json!({ "text": "x" })).await;
    assert_eq!((denied.status, denied.str("/title")), (403, "Forbidden"), "the right to write was not asked for");

    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.str("/refresh_token"))];
    let renewed = token(&house, &me, &form).await;
    assert_ne!(renewed.str("/refresh_token"), tokens.str("/refresh_token"));
    assert_eq!(token(&house, &me, &form).await.str("/error"), "invalid_request", "it was used");
    house.clock.advance(std::time::Duration::from_hours(2));
    let late = house.get("/twitter/2/users/me", renewed.str("/access_token")).await;
    assert_eq!((late.status, late.str("/title")), (401, "Unauthorized"));
    let short = signed_in(&house, &me, "tweet.read users.read").await;
    assert_eq!(short.body.get("refresh_token"), None, "without offline.access there is none");
}

#[tokio::test]
async fn a_post_is_read_back_as_the_api_writes_it() {
    let house = House::new().await;
    let me = me(&house);
    let made = post(&house, &me, &json!({ "text": "Tom & Ann: https://a.example/a/long/path" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!((made.header("x-rate-limit-limit"), made.header("x-rate-limit-remaining")), ("100", "99"));
    let id = made.str("/data/id");
    assert!(id.len() == 19 && id.bytes().all(|b| b.is_ascii_digit()), "{id}");
    let fields = "tweet.fields=created_at,author_id,conversation_id,entities,public_metrics";
    let read = house.get(&format!("/twitter/2/tweets/{id}?{fields}"), &me.access_token).await;
    let short = read.str("/data/entities/urls/0/url");
    assert_eq!(read.str("/data/text"), format!("Tom &amp; Ann: {short}"));
    assert_eq!(read.str("/data/entities/urls/0/expanded_url"), "https://a.example/a/long/path");
    assert_eq!(read.str("/data/created_at"), "2026-03-02T09:00:00.000Z");
    assert_eq!((read.str("/data/author_id"), read.str("/data/conversation_id")), (me.platform_user_id.as_str(), id));
    assert!(read.int("/data/public_metrics/impression_count") >= 0, "{}", read.text);

    let both = house.get(&format!("/twitter/2/tweets?ids={id},17"), &me.access_token).await;
    assert_eq!((both.status, both.data().len(), both.str("/errors/0/resource_id")), (200, 1, "17"));
    let path = format!("/twitter/2/tweets/{id}");
    let wrong = house.get(&format!("{path}?tweet.fields=likes"), &me.access_token).await;
    assert_eq!((wrong.status, wrong.str("/title")), (400, "Invalid Request"));
    assert_eq!(house.delete(&path, &me.access_token).await.body, json!({ "data": { "deleted": true } }));
    let gone = house.get(&path, &me.access_token).await;
    assert_eq!((gone.status, gone.str("/errors/0/title"), gone.body.get("data")), (200, "Not Found Error", None));
}

#[tokio::test]
async fn what_is_missing_too_long_or_unknown_is_refused() {
    let house = House::new().await;
    let me = me(&house);
    let other = house.account(Platform::Twitter, "other", 10);
    let foreign = post(&house, &other, &json!({ "text": "Nobody is named" })).await;
    let naming = post(&house, &other, &json!({ "text": "What do you say, @fieldwork?" })).await;
    let answer = |to: &Answer| json!({ "text": "Hm", "reply": { "in_reply_to_tweet_id": to.str("/data/id") } });
    let poll = json!({ "options": ["a", "b"], "duration_minutes": 60 });
    let table = [
        ("nothing", json!({}), 400),
        ("281", json!({ "text": "x".repeat(281) }), 403),
        ("141 of double weight", json!({ "text": "日".repeat(141) }), 403),
        ("an unknown key", json!({ "text": "x", "status": "x" }), 400),
        ("unknown media", json!({ "text": "x", "media": { "media_ids": ["17"] } }), 400),
        ("a poll beside media", json!({ "text": "x", "media": { "media_ids": ["17"] }, "poll": poll }), 400),
        ("a reply to nothing", json!({ "text": "x", "reply": {} }), 400),
        ("a reply to what is gone", json!({ "text": "x", "reply": { "in_reply_to_tweet_id": "17" } }), 403),
        ("a reply to a stranger", answer(&foreign), 403),
    ];
    for (what, body, status) in table {
        let refused = post(&house, &me, &body).await;
        assert_eq!(refused.status, status, "{what}: {}", refused.text);
    }
    let form = house.post("/twitter/2/tweets", &me.access_token, &[("text", "x")]).await;
    assert_eq!(form.status, 400, "a form is no JSON");
    assert_eq!(send(&house, "/twitter/2/tweets", "", &json!({ "text": "x" })).await.status, 401);
    assert!(house.control.published(&me.platform_user_id).is_empty());
    assert_eq!(post(&house, &me, &answer(&naming)).await.status, 201, "who is named may answer");
}

#[tokio::test]
async fn media_come_in_pieces_that_add_up_and_are_what_they_say() {
    let house = House::new().await;
    let me = me(&house);
    let begin = async |mime: &str, category: &str| {
        let body = json!({ "media_type": mime, "media_category": category, "total_bytes": JPEG.len() });
        send(&house, "/twitter/2/media/upload/initialize", &me.access_token, &body).await
    };
    let append = async |id: &str, segment: &'static str, bytes: &'static [u8]| {
        let form = Form::new().text("segment_index", segment);
        let form = form.part("media", Part::bytes(bytes).file_name("blob"));
        let path = format!("/twitter/2/media/upload/{id}/append");
        house.send(house.request(Method::POST, &path, &me.access_token).multipart(form)).await
    };
    let finish = async |id: &str| {
        send(&house, &format!("/twitter/2/media/upload/{id}/finalize"), &me.access_token, &json!({})).await
    };
    assert_eq!(begin("image/bmp", "tweet_image").await.status, 400);
    assert_eq!(begin("image/jpeg", "tweet_video").await.status, 400);

    let begun = begin("image/jpeg", "tweet_image").await;
    let id = begun.str("/data/id");
    assert_eq!(begun.str("/data/media_key"), format!("3_{id}"));
    assert_eq!(append(id, "1", &JPEG[..8]).await.status, 400, "the first piece has number 0");
    assert_eq!(append(id, "0", &JPEG[..8]).await.status, 200);
    let unready = post(&house, &me, &json!({ "text": "x", "media": { "media_ids": [id] } })).await;
    assert_eq!(unready.status, 400, "it is not finished");
    assert_eq!(append(id, "1", &JPEG[8..]).await.status, 200);
    let done = finish(id).await;
    assert_eq!((done.status, done.int("/data/size"), done.body.pointer("/data/processing_info")), (200, 20, None));
    let alt = json!({ "id": id, "metadata": { "alt_text": { "text": "A harbour" } } });
    assert_eq!(send(&house, "/twitter/2/media/metadata", &me.access_token, &alt).await.status, 200);
    let made = post(&house, &me, &json!({ "media": { "media_ids": [id] } })).await;
    let query = "expansions=attachments.media_keys&media.fields=type,alt_text&tweet.fields=attachments";
    let read = house.get(&format!("/twitter/2/tweets/{}?{query}", made.str("/data/id")), &me.access_token).await;
    assert_eq!(read.body["data"]["attachments"]["media_keys"], json!([format!("3_{id}")]));
    assert_eq!(
        read.body["includes"]["media"],
        json!([{ "media_key": format!("3_{id}"), "type": "photo", "alt_text": "A harbour" }])
    );

    let short = begin("image/jpeg", "tweet_image").await;
    append(short.str("/data/id"), "0", &JPEG[..8]).await;
    assert_eq!(finish(short.str("/data/id")).await.status, 400, "bytes are missing");
    let lie = begin("video/mp4", "tweet_video").await;
    append(lie.str("/data/id"), "0", JPEG).await;
    assert_eq!(finish(lie.str("/data/id")).await.status, 400, "a picture is no video");
}

#[tokio::test]
async fn a_timeline_is_walked_by_its_tokens() {
    let house = House::new().await;
    let me = me(&house);
    house.control.seed_history(&me.platform_user_id, 30, 7, &[Topic::ALL[0]]).expect("known");
    let base = format!("/twitter/2/users/{}/tweets?max_results=5", me.platform_user_id);
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let path = token.map_or_else(|| base.clone(), |t: String| format!("{base}&pagination_token={t}"));
        let page = house.get(&path, &me.access_token).await;
        assert_eq!(page.int("/meta/result_count"), i64::try_from(page.data().len()).expect("few"));
        seen.extend(page.data().iter().map(|p| p["id"].as_str().expect("an id").to_owned()));
        token = page.body.pointer("/meta/next_token").and_then(Value::as_str).map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    let mut newest_first: Vec<String> =
        house.control.posts(&me.platform_user_id).into_iter().map(|p| p.external_id).collect();
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    let few = house.get(&base.replace("=5", "=4"), &me.access_token).await;
    assert_eq!((few.status, few.str("/title")), (400, "Invalid Request"));
    assert_eq!(house.get(&format!("{base}&pagination_token=x"), &me.access_token).await.status, 400);
}
