//! Every row of the error table, from recorded answers, and the quota headers.

use std::time::Duration;

use rookery_platforms::{Connector as _, Draft, Pace, Twitter};
use serde_json::Value;

use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("twitter/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let mut reply =
            Reply::json(u16::try_from(row["status"].as_u64().expect("status")).expect("small"), &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", "/2/tweets", reply.header("x-transaction-id", "f00"));
        let draft = Draft::of_text("k", "Hi");
        let result = Twitter::new(http()).publish(&fake.access("2244994945"), &draft, &Value::Null).await;
        let error = result.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.duplicate, expect["duplicate"] == true, "{name}: duplicate");
        assert_eq!(error.media, expect["media"] == true, "{name}: media");
        assert_eq!(error.trace_id.as_deref(), Some("f00"), "{name}: trace");
    }
}

#[tokio::test]
async fn the_fullest_quota_sets_the_pace() {
    let table = [
        ("60", "100", Pace::Full),
        ("10", "100", Pace::Half),
        ("60", "2", Pace::PublishingOnly),
        ("0", "9", Pace::Wait),
    ];
    for (remaining, of_the_day, pace) in table {
        let fake = Fake::start().await;
        let reply = Reply::fixture("twitter/me")
            .header("x-rate-limit-limit", "75")
            .header("x-rate-limit-remaining", remaining)
            .header("x-rate-limit-reset", "1772442120")
            .header("x-user-limit-24hour-limit", "100")
            .header("x-user-limit-24hour-remaining", of_the_day)
            .header("x-user-limit-24hour-reset", "1772445600");
        fake.on("GET", "/2/users/me", reply);
        let (twitter, access) = (Twitter::new(http()), fake.access("2244994945"));
        let today = "2026-03-02".parse().expect("a date");
        twitter.account_metrics(&access, today, today).await.expect("numbers");
        let usage = twitter.usage(&access).expect("told");
        assert_eq!(usage.pace(), pace, "{remaining} and {of_the_day}");
        let regain = if pace == Pace::PublishingOnly { 3600 } else { 120 };
        assert!(pace == Pace::Full || usage.regain == Some(Duration::from_secs(regain)), "{:?}", usage.regain);
    }
}
