//! Every row of the error table, from recorded answers, and the quota headers.

use std::time::Duration;

use rookery_platforms::{Connector as _, Draft, Mastodon, Pace};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("mastodon/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let mut reply =
            Reply::json(u16::try_from(row["status"].as_u64().expect("status")).expect("small"), &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", "/api/v1/statuses", reply);
        let draft = Draft { text: "Hi".into(), link: None, idempotency_key: "k".into(), ..Draft::default() };
        let error =
            Mastodon::new(http()).publish(&fake.access("110"), &draft, &Value::Null).await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.http_status.map(u64::from), row["status"].as_u64(), "{name}: status");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert!(!error.duplicate, "{name}");
    }
}

#[tokio::test]
async fn quota_headers_set_the_pace() {
    let table = [
        ("300", "Full", Pace::Full),
        ("50", "Half", Pace::Half),
        ("6", "98 %", Pace::PublishingOnly),
        ("0", "all", Pace::Wait),
    ];
    for (remaining, what, pace) in table {
        let fake = Fake::start().await;
        let reply = Reply::fixture("mastodon/status")
            .header("x-ratelimit-limit", "300")
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", "2026-03-02T09:02:00.000Z");
        fake.on("GET", "/api/v1/statuses/1130", reply);
        let (mastodon, access) = (Mastodon::new(http()), fake.access("110"));
        let today = "2026-03-02".parse().expect("a date");
        mastodon.content_metrics(&access, &["1130".to_owned()], today).await.expect("numbers");
        let usage = mastodon.usage(&access).expect("told");
        assert_eq!((usage.pace(), usage.regain), (pace, Some(Duration::from_secs(120))), "{what}");
    }
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/statuses/1", Reply::json(200, &json!({"id": "1"})));
    assert_eq!(Mastodon::new(http()).usage(&fake.access("110")), None);
}
