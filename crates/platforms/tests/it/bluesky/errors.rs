//! Every row of the error table, from recorded answers, and the quota headers.

use std::time::Duration;

use rookery_platforms::{Bluesky, Connector as _, Draft, Pace};
use serde_json::{Value, json};

use super::DID;
use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("bluesky/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let status = u16::try_from(row["status"].as_u64().expect("status")).expect("small");
        let mut reply = Reply::json(status, &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", "/xrpc/com.atproto.repo.putRecord", reply);
        let draft = Draft::of_text("k", "Hi");
        let error = Bluesky::new(http()).publish(&fake.access(DID), &draft, &Value::Null).await.expect_err("an error");
        let (name, expect) = (row["name"].as_str().expect("name"), &row["expect"]);
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.http_status, Some(status), "{name}: status");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.media, expect["media"].as_bool() == Some(true), "{name}: media");
        assert!(!error.duplicate, "{name}");
    }
}

#[tokio::test]
async fn quota_headers_set_the_pace() {
    let table = [("3000", Pace::Full), ("500", Pace::Half), ("60", Pace::PublishingOnly), ("0", Pace::Wait)];
    for (remaining, pace) in table {
        let fake = Fake::start().await;
        let reply = Reply::json(200, &json!({"feed": []}))
            .header("ratelimit-limit", "3000")
            .header("ratelimit-remaining", remaining)
            .header("ratelimit-reset", "1772442120")
            .header("ratelimit-policy", "3000;w=300");
        fake.on("GET", "/xrpc/app.bsky.feed.getAuthorFeed", reply);
        let (bluesky, access) = (Bluesky::new(http()), fake.access(DID));
        bluesky
            .list_content(&access, "2026-03-01T00:00:00Z".parse().expect("a time"), None, None)
            .await
            .expect("a page");
        let usage = bluesky.usage(&access).expect("told");
        assert_eq!((usage.pace(), usage.regain), (pace, Some(Duration::from_secs(120))), "{remaining}");
    }
}
