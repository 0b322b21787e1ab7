//! Items of listings whose id or time cannot be read: left out and counted, at every network in the same way.

use rookery_platforms::{
    Access, Bluesky, Connector, Facebook, Instagram, LinkedIn, Mastodon, OddItem, Reddit, Threads, TikTok, Twitter,
    YouTube,
};
use serde_json::{Value, json};

use crate::bluesky::DID;
use crate::fake::{Fake, Reply, at, http};
use crate::meta::page;

/// A good item, one without a readable id, two without a readable time, and no item at all.
fn five(id: &str, ids: [&str; 3], time: &str, when: &Value) -> [Value; 5] {
    [
        json!({ id: ids[0], time: when }),
        json!({ id: { "number": 7 }, time: when }),
        json!({ id: ids[1] }),
        json!({ id: ids[2], time: { "at": when } }),
        Value::Null,
    ]
}

async fn check(connector: &dyn Connector, access: &Access, good: &str) {
    let name = connector.platform().name();
    let page = connector.list_content(access, at("2026-03-01T00:00:00Z"), None, None).await.expect(name);
    let ids: Vec<&str> = page.items.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!(ids, [good], "{name}");
    let count = |wanted| page.odd.iter().filter(|odd| **odd == wanted).count();
    assert_eq!((count(OddItem::NoId), count(OddItem::NoTime)), (2, 2), "{name}: {:?}", page.odd);
}

#[tokio::test]
async fn bluesky_in_a_feed_and_in_a_repository() {
    let uris = ["1", "2", "3"].map(|key| format!("at://{DID}/app.bsky.feed.post/{key}"));
    let records = five("uri", uris.each_ref().map(String::as_str), "createdAt", &json!("2026-03-02T08:00:00Z"));
    let of = |row: &Value| json!({ "createdAt": row["createdAt"] });
    let foreign = json!({ "uri": "at://did:plc:else/app.bsky.feed.post/9" });

    let fake = Fake::start().await;
    let mut feed: Vec<Value> =
        records.iter().map(|row| json!({ "post": { "uri": row["uri"], "record": of(row) } })).collect();
    feed[4] = Value::Null;
    feed.push(json!({ "post": foreign }));
    fake.on("GET", "/xrpc/app.bsky.feed.getAuthorFeed", Reply::json(200, &json!({ "feed": feed })));
    check(&Bluesky::new(http()), &fake.access(DID), &uris[0]).await;

    let alone = Fake::start().await;
    let refused = json!({ "error": "MethodNotImplemented", "message": "no feeds here" });
    alone.on("GET", "/xrpc/app.bsky.feed.getAuthorFeed", Reply::json(501, &refused));
    let mut own: Vec<Value> = records.iter().map(|row| json!({ "uri": row["uri"], "value": of(row) })).collect();
    own[4] = Value::Null;
    own.push(foreign);
    alone.on("GET", "/xrpc/com.atproto.repo.listRecords", Reply::json(200, &json!({ "records": own })));
    check(&Bluesky::new(http()), &alone.access(DID), &uris[0]).await;
}

#[tokio::test]
async fn facebook() {
    let fake = Fake::start().await;
    let rows = five("id", ["101_1", "101_2", "101_3"], "created_time", &json!("2026-03-02T08:00:00+0000"));
    fake.on("GET", "/v25.0/101/published_posts", page(json!(rows), None));
    check(&Facebook::new(http()), &fake.access("101"), "101_1").await;
}

#[tokio::test]
async fn instagram_with_its_stories() {
    let fake = Fake::start().await;
    let rows = five("id", ["1", "2", "3"], "timestamp", &json!("2026-03-02T08:00:00+0000"));
    fake.on("GET", "/v25.0/17/stories", page(json!(rows[3..]), None)).on(
        "GET",
        "/v25.0/17/media",
        page(json!(rows[..3]), None),
    );
    check(&Instagram::new(http()), &fake.access("17"), "1").await;
}

#[tokio::test]
async fn linkedin() {
    let fake = Fake::start().await;
    let ids = ["urn:li:share:1", "urn:li:share:2", "urn:li:share:3"];
    let mut rows = five("id", ids, "publishedAt", &json!(1_772_438_400_000_i64)).to_vec();
    rows.push(json!({ "lifecycleState": "DRAFT" }));
    fake.on("GET", "/rest/posts", Reply::json(200, &json!({ "elements": rows })));
    check(&LinkedIn::new(http()), &fake.access("urn:li:organization:5515715"), ids[0]).await;
}

#[tokio::test]
async fn mastodon() {
    let fake = Fake::start().await;
    let rows = five("id", ["1", "2", "3"], "created_at", &json!("2026-03-02T08:00:00.000Z"));
    fake.on("GET", "/api/v1/accounts/110/statuses", Reply::json(200, &json!(rows)));
    check(&Mastodon::new(http()), &fake.access("110"), "1").await;
}

#[tokio::test]
async fn reddit() {
    let fake = Fake::start().await;
    let rows = five("name", ["t3_1", "t3_2", "t3_3"], "created_utc", &json!(1_772_438_400.0));
    let mut children: Vec<Value> = rows.iter().map(|row| json!({ "data": row })).collect();
    children[4] = json!({ "kind": "t3" });
    let listing = json!({ "data": { "children": children, "after": null } });
    fake.on("GET", "/user/harbour_bakery/submitted", Reply::json(200, &listing));
    check(&Reddit::new(http()), &crate::reddit::access(&fake), "t3_1").await;
}

#[tokio::test]
async fn threads() {
    let fake = Fake::start().await;
    let mut rows = five("id", ["1", "2", "3"], "timestamp", &json!("2026-03-02T08:00:00+0000")).to_vec();
    rows.push(json!({ "media_type": "REPOST_FACADE" }));
    fake.on("GET", "/v1.0/17/threads", page(json!(rows), None));
    check(&Threads::new(http()), &fake.access("17"), "1").await;
}

#[tokio::test]
async fn tiktok() {
    let fake = Fake::start().await;
    let rows = five("id", ["1", "2", "3"], "create_time", &json!(1_772_438_400));
    let listing = json!({ "data": { "videos": rows, "has_more": false }, "error": { "code": "ok" } });
    fake.on("POST", "/v2/video/list/", Reply::json(200, &listing));
    check(&TikTok::new(http()), &fake.access("o-1"), "1").await;
}

#[tokio::test]
async fn twitter() {
    let fake = Fake::start().await;
    let mut rows = five("id", ["1", "2", "3"], "created_at", &json!("2026-03-02T08:00:00.000Z")).to_vec();
    rows.push(json!({ "in_reply_to_user_id": "5" }));
    let listing = json!({ "data": rows, "meta": { "result_count": 6 } });
    fake.on("GET", "/2/users/2244994945/tweets", Reply::json(200, &listing));
    check(&Twitter::new(http()), &fake.access("2244994945"), "1").await;
}

#[tokio::test]
async fn youtube_in_the_playlist_and_among_the_videos() {
    let fake = Fake::start().await;
    let ids = ["aaaaaaaaaa1", "aaaaaaaaaa2", "aaaaaaaaaa3"];
    let rows = five("videoId", ids, "time", &json!("2026-03-02T08:00:00Z"));
    let entry = |row: &Value| json!({ "contentDetails": { "videoId": row["videoId"] } });
    let video = |row: &Value| json!({ "id": row["videoId"], "snippet": { "publishedAt": row["time"] } });
    let listed: Vec<Value> = [&rows[0], &rows[1], &rows[2], &rows[3]].map(entry).to_vec();
    let private = json!({ "id": "aaaaaaaaaa3", "status": { "privacyStatus": "private" } });
    let mut videos: Vec<Value> = [&rows[0], &rows[2], &rows[3]].map(video).to_vec();
    videos.extend([Value::Null, private]);
    fake.on("GET", "/youtube/v3/channels", Reply::fixture("youtube/channel"))
        .on("GET", "/youtube/v3/playlistItems", Reply::json(200, &json!({ "items": listed })))
        .on("GET", "/youtube/v3/videos", Reply::json(200, &json!({ "items": videos })));
    check(&YouTube::new(http()), &fake.access("UCabc"), ids[0]).await;
    assert_eq!(fake.asked_for("/youtube/v3/videos")[0].query["id"], ids.join(","), "and the walk goes on");
}
