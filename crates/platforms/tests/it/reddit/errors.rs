//! Every row of the error table, from recorded answers, and the quota headers.

use std::time::Duration;

use rookery_platforms::{Connector as _, Draft, Pace, Reddit};
use serde_json::{Value, json};

use super::access;
use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("reddit/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let status = u16::try_from(row["status"].as_u64().expect("status")).expect("small");
        let mut reply = Reply::json(status, &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", "/api/submit", reply);
        let error = Reddit::new(http())
            .publish(&access(&fake), &Draft::of_text("k", "Hi"), &Value::Null)
            .await
            .expect_err("an error");
        let (name, expect) = (row["name"].as_str().expect("name"), &row["expect"]);
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.http_status, Some(status), "{name}: status");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.media, expect["media"].as_bool() == Some(true), "{name}: media");
        assert_eq!(error.duplicate, expect["duplicate"].as_bool() == Some(true), "{name}: duplicate");
    }
}

#[tokio::test]
async fn quota_headers_set_the_pace() {
    let table = [
        ("100", "900.0", Pace::Full),
        ("850", "150.0", Pace::Half),
        ("970", "30.0", Pace::PublishingOnly),
        ("1000", "0.0", Pace::Wait),
    ];
    for (used, remaining, pace) in table {
        let fake = Fake::start().await;
        let reply = Reply::json(200, &json!({"data": {"children": [], "after": null}}))
            .header("x-ratelimit-used", used)
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", "120");
        fake.on("GET", "/api/info", reply);
        let (reddit, access) = (Reddit::new(http()), access(&fake));
        let today = "2026-03-02".parse().expect("a date");
        reddit.content_metrics(&access, &["t3_a".to_owned()], today).await.expect("a batch");
        let usage = reddit.usage(&access).expect("told");
        assert_eq!((usage.pace(), usage.regain), (pace, Some(Duration::from_secs(120))), "{used}");
    }
}
