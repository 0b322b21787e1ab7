//! Bluesky's server, app view and video service over HTTP.

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::{BLUESKY_APP_PASSWORD, Effect, FaultRule, Format, SandboxAccount, Topic};
use serde_json::{Value, json};

use crate::house::{Answer, House};

const KEY: &str = "3mg3akcuvpk2a";

fn me(house: &House) -> SandboxAccount {
    house.account(Platform::Bluesky, "fieldwork", 2_400)
}

async fn call(house: &House, name: &str, token: &str, body: &Value) -> Answer {
    house.send(house.request(Method::POST, &format!("/bluesky/xrpc/{name}"), token).json(body)).await
}

async fn ask(house: &House, name: &str, token: &str, query: &[(&str, &str)]) -> Answer {
    house.send(house.request(Method::GET, &format!("/bluesky/xrpc/{name}"), token).query(query)).await
}

fn record(text: &str) -> Value {
    json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-03-02T09:00:00.000Z"})
}

async fn put(house: &House, me: &SandboxAccount, key: &str, record: &Value) -> Answer {
    let body = json!({
        "repo": me.platform_user_id, "collection": "app.bsky.feed.post", "rkey": key, "record": record,
    });
    call(house, "com.atproto.repo.putRecord", &me.access_token, &body).await
}

#[tokio::test]
async fn a_session_is_opened_renewed_once_and_ended() {
    let house = House::new().await;
    let me = me(&house);
    assert!(me.platform_user_id.starts_with("did:plc:"));
    let open = |name: &'static str, password: &'static str| {
        let body = json!({"identifier": name, "password": password});
        let house = &house;
        async move { call(house, "com.atproto.server.createSession", "", &body).await }
    };
    let wrong = open("fieldwork.sandbox.test", "guess").await;
    assert_eq!((wrong.status, wrong.str("/error")), (401, "AuthenticationRequired"));
    let session = open("fieldwork.sandbox.test", BLUESKY_APP_PASSWORD).await;
    assert_eq!((session.status, session.str("/did")), (200, me.platform_user_id.as_str()));
    let (access, refresh) = (session.str("/accessJwt").to_owned(), session.str("/refreshJwt").to_owned());
    let shown = ask(&house, "com.atproto.server.getSession", &access, &[]).await;
    assert_eq!(shown.str("/handle"), "fieldwork.sandbox.test");
    house.clock.advance(std::time::Duration::from_secs(7200));
    let late = ask(&house, "com.atproto.server.getSession", &access, &[]).await;
    assert_eq!((late.status, late.str("/error")), (400, "ExpiredToken"));
    let renew = |token: String| {
        let house = &house;
        async move {
            house.send(house.request(Method::POST, "/bluesky/xrpc/com.atproto.server.refreshSession", &token)).await
        }
    };
    let second = renew(refresh.clone()).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_eq!(renew(refresh).await.str("/error"), "ExpiredToken", "a refresh token works once");
    let newest = second.str("/refreshJwt").to_owned();
    let end = house.request(Method::POST, "/bluesky/xrpc/com.atproto.server.deleteSession", &newest);
    assert_eq!(house.send(end).await.status, 200);
    assert_eq!(renew(newest).await.status, 400);
    assert_eq!(ask(&house, "com.atproto.server.getSession", second.str("/accessJwt"), &[]).await.status, 400);
}

#[tokio::test]
async fn a_record_stands_once_under_its_key() {
    let house = House::new().await;
    let me = me(&house);
    let first = put(&house, &me, KEY, &record("Moss #HowTo")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.header("ratelimit-limit"), "3000");
    let again = put(&house, &me, KEY, &record("Moss #HowTo")).await;
    assert_eq!((again.str("/uri"), again.str("/cid")), (first.str("/uri"), first.str("/cid")));
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let changed = put(&house, &me, KEY, &record("Slate")).await;
    assert_ne!(changed.str("/cid"), first.str("/cid"));
    let posts = house.control.published(&me.platform_user_id);
    assert_eq!((posts.len(), posts[0].text.as_str(), posts[0].external_id.as_str()), (1, "Slate", first.str("/uri")));
    let place = [("repo", me.platform_user_id.as_str()), ("collection", "app.bsky.feed.post"), ("rkey", KEY)];
    let read = ask(&house, "com.atproto.repo.getRecord", "", &place).await;
    assert_eq!((read.str("/value/text"), read.str("/cid")), ("Slate", changed.str("/cid")));
    let page = house.get(&posts[0].permalink, "").await;
    assert!(page.status == 200 && page.text.contains("Slate"), "{}", page.text);
    let body = json!({"repo": me.platform_user_id, "collection": "app.bsky.feed.post", "rkey": KEY});
    for _ in 0..2 {
        assert_eq!(call(&house, "com.atproto.repo.deleteRecord", &me.access_token, &body).await.status, 200);
    }
    let gone = ask(&house, "com.atproto.repo.getRecord", "", &place).await;
    assert_eq!((gone.status, gone.str("/error")), (400, "RecordNotFound"));
}

#[tokio::test]
async fn records_that_break_the_lexicon_are_refused() {
    let house = House::new().await;
    let me = me(&house);
    let with = |name: &str, value: Value| {
        let mut record = record("Hello");
        record[name] = value;
        record
    };
    let facet = |start: u64, end: u64| json!([{"index": {"byteStart": start, "byteEnd": end}, "features": []}]);
    let blob = json!({"$type": "blob", "ref": {"$link": "bafkreinone"}, "mimeType": "image/png", "size": 1});
    let image = json!({"image": blob, "alt": ""});
    let embed = |images: Vec<Value>| json!({"$type": "app.bsky.embed.images", "images": images});
    let table = [
        ("no time", with("createdAt", Value::Null), "InvalidRequest"),
        ("another type", with("$type", json!("app.bsky.feed.like")), "InvalidRequest"),
        ("301 graphemes", record(&"a".repeat(301)), "InvalidRequest"),
        ("3025 bytes", record(&"👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(121)), "InvalidRequest"),
        ("a facet behind the end", with("facets", facet(0, 6)), "InvalidRequest"),
        ("five images", with("embed", embed(vec![image.clone(); 5])), "InvalidRequest"),
        ("an image without a description", with("embed", embed(vec![json!({"image": blob})])), "InvalidRequest"),
        ("an unknown blob", with("embed", embed(vec![image])), "BlobNotFound"),
        ("a reply to nothing", with("reply", json!({"parent": {"uri": "at://x"}})), "InvalidRequest"),
    ];
    for (what, record, error) in table {
        let answer = put(&house, &me, KEY, &record).await;
        assert_eq!((answer.status, answer.str("/error")), (400, error), "{what}: {}", answer.text);
    }
    assert_eq!(put(&house, &me, "no-tid", &record("Hello")).await.status, 400);
    let other = house.account(Platform::Bluesky, "other", 10);
    let body = json!({
        "repo": other.platform_user_id, "collection": "app.bsky.feed.post", "rkey": KEY, "record": record("Hello"),
    });
    assert_eq!(call(&house, "com.atproto.repo.putRecord", &me.access_token, &body).await.status, 403);
    assert_eq!(call(&house, "com.atproto.repo.putRecord", "", &body).await.str("/error"), "AuthMissing");
    assert!(house.control.published(&me.platform_user_id).is_empty());
}

#[tokio::test]
async fn feeds_are_paged_and_posts_have_numbers() {
    let house = House::new().await;
    let me = me(&house);
    house.control.seed_history(&me.platform_user_id, 60, 14, &[Topic::ALL[0]]).expect("known");
    let all = house.control.posts(&me.platform_user_id).len();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..50 {
        let mut query = vec![("actor", me.platform_user_id.as_str()), ("limit", "10")];
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let page = ask(&house, "app.bsky.feed.getAuthorFeed", &me.access_token, &query).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let feed = page.body["feed"].as_array().expect("a feed").clone();
        seen.extend(feed.iter().map(|e| e["post"]["uri"].as_str().expect("an address").to_owned()));
        match page.body["cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), all);
    let query: Vec<(&str, &str)> = seen.iter().take(25).map(|uri| ("uris", uri.as_str())).collect();
    let posts = ask(&house, "app.bsky.feed.getPosts", &me.access_token, &query).await;
    assert_eq!(posts.body["posts"].as_array().map(Vec::len), Some(query.len()));
    assert!(posts.body["posts"].as_array().expect("posts").iter().any(|p| p["likeCount"].as_i64() > Some(0)));
    let many: Vec<(&str, &str)> = seen.iter().cycle().take(26).map(|uri| ("uris", uri.as_str())).collect();
    assert_eq!(ask(&house, "app.bsky.feed.getPosts", &me.access_token, &many).await.status, 400);
    house.control.add_fault(FaultRule::new(Effect::EmptyPage).once());
    let query = [("actor", me.platform_user_id.as_str())];
    let empty = ask(&house, "app.bsky.feed.getAuthorFeed", &me.access_token, &query).await;
    assert!(empty.body["feed"].as_array().is_some_and(Vec::is_empty) && empty.body["cursor"].is_string());
}

#[tokio::test]
async fn a_blob_is_what_its_bytes_are() {
    let house = House::new().await;
    let me = me(&house);
    let upload = async |kind: &str, bytes: &'static [u8]| {
        let request = house.request(Method::POST, "/bluesky/xrpc/com.atproto.repo.uploadBlob", &me.access_token);
        house.send(request.header("content-type", kind).body(bytes)).await
    };
    let gif = upload("image/png", b"GIF89a\x03\x00\x02\x00\x00\x00\x00").await;
    assert_eq!((gif.status, gif.str("/blob/mimeType")), (200, "image/gif"));
    let embed =
        json!({"$type": "app.bsky.embed.images", "images": [{"alt": "Three by two", "image": gif.body["blob"]}]});
    let mut with = record("Look");
    with["embed"] = embed.clone();
    assert_eq!(put(&house, &me, KEY, &with).await.status, 200);
    let post = &house.control.published(&me.platform_user_id)[0];
    assert_eq!((post.format, post.media[0].alt.as_deref()), (Format::Photo, Some("Three by two")));
    let text = upload("image/png", b"this is no picture").await;
    with["embed"]["images"][0]["image"] = text.body["blob"].clone();
    assert_eq!(put(&house, &me, KEY, &with).await.str("/error"), "InvalidMimeType");
    assert_eq!(upload("image/png", b"").await.status, 400);
}
