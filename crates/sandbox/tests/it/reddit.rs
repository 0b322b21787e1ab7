//! Reddit over HTTP: the shapes and refusals that its connector never asks for.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use rookery_kernel::Platform;
use rookery_sandbox::{SandboxAccount, Topic};
use serde_json::json;

use crate::house::{Answer, House};
use crate::pictures::JPEG;

const BACK: &str = "http://127.0.0.1:9/back";
/// Clients name themselves so; other names are slowed down.
const AGENT: &str = "web:fieldwork:v1.0 (by /u/fieldwork)";

fn me(house: &House) -> SandboxAccount {
    house.account(Platform::Reddit, "fieldwork", 2_400)
}

fn request(house: &House, method: Method, path: &str, token: &str) -> RequestBuilder {
    house.request(method, path, token).header("user-agent", AGENT)
}

async fn get(house: &House, me: &SandboxAccount, path: &str) -> Answer {
    house.send(request(house, Method::GET, &format!("/reddit/{path}"), &me.access_token)).await
}

async fn post(house: &House, me: &SandboxAccount, path: &str, form: &[(&str, &str)]) -> Answer {
    house.send(request(house, Method::POST, &format!("/reddit/{path}"), &me.access_token).form(form)).await
}

/// The code of a refusal, which comes with status 200.
fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.str("/json/errors/0/0"))
}

#[tokio::test]
async fn the_app_proves_itself_in_the_header_and_a_refresh_token_lasts() {
    let house = House::new().await;
    let me = me(&house);
    let query = [
        ("client_id", me.client_id.as_str()),
        ("response_type", "code"),
        ("state", "st"),
        ("redirect_uri", BACK),
        ("duration", "permanent"),
        ("scope", "identity"),
    ];
    let back = house.consent(&me, "/reddit-www/api/v1/authorize", &query).await;
    assert_eq!(back["state"], "st");
    let token = async |form: &[(&str, &str)], secret: &str| {
        let request = request(&house, Method::POST, "/reddit-www/api/v1/access_token", "").form(form);
        house.send(request.basic_auth(&me.client_id, Some(secret))).await
    };
    let code = [("grant_type", "authorization_code"), ("code", &back["code"]), ("redirect_uri", BACK)];
    assert_eq!(token(&code, "guess").await.status, 401);
    let tokens = token(&code, &me.client_secret).await;
    assert_eq!(
        (tokens.str("/token_type"), tokens.int("/expires_in"), tokens.str("/scope")),
        ("bearer", 86_400, "identity")
    );
    let again = token(&code, &me.client_secret).await;
    assert_eq!((again.status, again.str("/error")), (200, "invalid_grant"), "a code works once");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.str("/refresh_token"))];
    let renewed = token(&refresh, &me.client_secret).await;
    assert_eq!(renewed.str("/refresh_token"), tokens.str("/refresh_token"));

    let reader = SandboxAccount { access_token: renewed.str("/access_token").to_owned(), ..me.clone() };
    let own = get(&house, &reader, "api/v1/me").await;
    assert_eq!((own.str("/name"), own.int("/subreddit/subscribers")), ("fieldwork", 2_400));
    assert_eq!(own.header("x-ratelimit-used"), "1");
    assert!(own.header("x-ratelimit-remaining").ends_with(".0"), "{}", own.header("x-ratelimit-remaining"));
    let denied = post(&house, &reader, "api/submit", &[("kind", "self")]).await;
    assert_eq!((denied.status, denied.int("/error")), (403, 403));
    let nameless = house.get("/reddit/api/v1/me", &me.access_token).await;
    assert_eq!((nameless.status, nameless.str("/message")), (429, "Too Many Requests"));
}

#[tokio::test]
async fn refusals_are_successes_with_errors_in_them() {
    let house = House::new().await;
    let me = me(&house);
    let long = "x".repeat(301);
    let table: [(&[(&str, &str)], &str); 8] = [
        (&[("kind", "self"), ("title", "Bread")], "SUBREDDIT_REQUIRED"),
        (&[("kind", "self"), ("sr", "nosuchplace"), ("title", "Bread")], "SUBREDDIT_NOEXIST"),
        (&[("kind", "self"), ("sr", "u_other"), ("title", "Bread")], "SUBREDDIT_NOTALLOWED"),
        (&[("kind", "self"), ("sr", "bakers")], "NO_TEXT"),
        (&[("kind", "self"), ("sr", "bakers"), ("title", &long)], "TOO_LONG"),
        (&[("kind", "link"), ("sr", "bakers"), ("title", "Bread")], "NO_URL"),
        (&[("kind", "link"), ("sr", "bakers"), ("title", "Bread"), ("url", "bread")], "BAD_URL"),
        (&[("kind", "image"), ("sr", "bakers"), ("title", "Bread"), ("url", "https://a.example/b.jpg")], "IMAGE_ERROR"),
    ];
    for (form, code) in table {
        let answer = post(&house, &me, "api/submit", &[&[("api_type", "json")][..], form].concat()).await;
        assert_eq!(refusal(&answer), (200, code), "{form:?}: {}", answer.text);
    }
    let nothing = post(&house, &me, "api/comment", &[("thing_id", "t3_zzz"), ("text", "Hm")]).await;
    assert_eq!(refusal(&nothing), (200, "DELETED_COMMENT"));
    assert!(house.control.published(&me.platform_user_id).is_empty());

    let form = [("kind", "self"), ("sr", "bakers"), ("title", "Bread"), ("text", "Fresh")];
    let made = post(&house, &me, "api/submit", &form).await;
    let name = made.str("/json/data/name").to_owned();
    assert_eq!(
        (made.body["json"]["errors"].clone(), name.strip_prefix("t3_")),
        (json!([]), Some(made.str("/json/data/id")))
    );
    let comment = post(&house, &me, "api/comment", &[("thing_id", &name), ("text", "First")]).await;
    let thing = &comment.body["json"]["data"]["things"][0];
    assert_eq!((&thing["kind"], &thing["data"]["body"]), (&json!("t1"), &json!("First")));
    let info = get(&house, &me, &format!("api/info?id={name},t3_zzz")).await;
    assert_eq!((info.str("/kind"), info.int("/data/dist")), ("Listing", 1), "what is not there is left out");
    assert_eq!(info.str("/data/children/0/data/selftext"), "Fresh");
    let other = house.account(Platform::Reddit, "other", 10);
    assert_eq!(post(&house, &other, "api/del", &[("id", &name)]).await.body, json!({}), "yes to everything");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 2);
    post(&house, &me, "api/del", &[("id", &name)]).await;
    let gone = get(&house, &me, &format!("api/info?id={name}")).await;
    assert_eq!(gone.str("/data/children/0/data/author"), "[deleted]");
}

#[tokio::test]
async fn a_file_goes_to_the_storage_by_the_form_of_its_lease() {
    let house = House::new().await;
    let me = me(&house);
    let lease = async |mime: &str| {
        post(&house, &me, "api/media/asset.json", &[("filepath", "a.jpg"), ("mimetype", mime)]).await
    };
    assert_eq!(refusal(&lease("image/bmp").await), (200, "INVALID_OPTION"));
    let put = async |lease: &Answer, bytes: &'static [u8], without: &str| {
        let mut form = Form::new();
        for field in lease.body["args"]["fields"].as_array().into_iter().flatten().filter(|f| f["name"] != without) {
            let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
            form = form.text(text("name"), text("value"));
        }
        let form = form.part("file", Part::bytes(bytes).file_name("a.jpg"));
        let place = format!("http:{}", lease.str("/args/action"));
        house.send(house.request(Method::POST, &place, "").multipart(form)).await
    };
    let good = lease("image/jpeg").await;
    let unsigned = put(&good, JPEG, "x-amz-signature").await;
    assert!(unsigned.status == 403 && unsigned.text.contains("<Code>AccessDenied</Code>"), "{}", unsigned.text);
    assert_eq!(put(&lease("image/jpeg").await, b"<html>", "").await.status, 400);
    let stored = put(&good, JPEG, "").await;
    let key = good.body["args"]["fields"].as_array().into_iter().flatten().find(|f| f["name"] == "key");
    let key = key.and_then(|f| f["value"].as_str()).expect("a key");
    assert!(stored.status == 201 && stored.text.contains(&format!("<Key>{key}</Key>")), "{}", stored.text);
    let url = format!("http:{}/{key}", good.str("/args/action"));
    let form = [("kind", "image"), ("sr", "bakers"), ("title", "Look"), ("url", &url)];
    let made = post(&house, &me, "api/submit", &form).await;
    assert!(made.body["json"]["data"].get("id").is_none(), "the id of a picture is told elsewhere: {}", made.text);
    assert!(made.str("/json/data/websocket_url").starts_with("wss://"), "{}", made.text);
    assert_eq!(house.control.published(&me.platform_user_id)[0].media.len(), 1);
}

#[tokio::test]
async fn a_listing_goes_on_behind_a_whole_id() {
    let house = House::new().await;
    let me = me(&house);
    house.control.seed_history(&me.platform_user_id, 30, 7, &[Topic::ALL[0]]).expect("known");
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&house, &me, &format!("user/fieldwork/submitted?limit=7{after}")).await;
        let children = page.body["data"]["children"].as_array().cloned().unwrap_or_default();
        assert!(children.iter().all(|c| c["kind"] == "t3"), "{}", page.text);
        seen.extend(children.iter().map(|c| c["data"]["name"].as_str().expect("a name").to_owned()));
        match page.body["data"]["after"].as_str() {
            Some(name) => after = format!("&after={name}"),
            None => break,
        }
    }
    let mut newest_first: Vec<String> =
        house.control.posts(&me.platform_user_id).into_iter().map(|p| p.external_id).collect();
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    assert_eq!(get(&house, &me, "user/nobody/submitted").await.status, 404);
    assert_eq!(get(&house, &me, "user/fieldwork/submitted?after=x").await.status, 400);
    let stranger = SandboxAccount { access_token: "x".into(), ..me };
    assert_eq!(get(&house, &stranger, "api/v1/me").await.status, 401);
}
