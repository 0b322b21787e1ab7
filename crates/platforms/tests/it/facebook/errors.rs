//! Every row of the error table, from recorded answers, and the usage headers.

use std::time::Duration;

use rookery_platforms::{Connector as _, Draft, Facebook, Pace};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, fixture, http};

/// Percent, pace, minutes to wait.
type Told = Option<(u32, Pace, Option<u64>)>;

fn draft() -> Draft {
    Draft { text: "Hi".into(), link: None, idempotency_key: "k".into(), ..Draft::default() }
}

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    let fake = Fake::start().await;
    let facebook = Facebook::new(http());
    for (n, row) in fixture("facebook/errors").as_array().expect("rows").iter().enumerate() {
        // A page per row, so that the script of one does not meet the next.
        let page = format!("{}", 101_000 + n);
        let mut reply =
            Reply::json(u16::try_from(row["status"].as_u64().expect("status")).expect("small"), &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", &format!("/v25.0/{page}/feed"), reply);
        let error = facebook.publish(&fake.access(&page), &draft(), &Value::Null).await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.duplicate, expect["duplicate"] == json!(true), "{name}: duplicate");
        assert!(error.media || expect["media"] != json!(true), "{name}: media");
        assert_eq!(error.http_status.map(u64::from), row["status"].as_u64(), "{name}: status");
        assert_eq!(error.code, row.pointer("/body/error/code").map(ToString::to_string), "{name}: code");
        assert_eq!(error.subcode, row.pointer("/body/error/error_subcode").map(ToString::to_string), "{name}: subcode");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
    }
}

#[tokio::test]
async fn the_trace_id_is_kept_and_a_lost_password_is_told() {
    let fake = Fake::start().await;
    let body = json!({"error": {"message": "Error validating access token", "code": 190, "error_subcode": 460, "fbtrace_id": "AbC"}});
    fake.on("POST", "/v25.0/101/feed", Reply::json(400, &body));
    let error = Facebook::new(http()).publish(&fake.access("101"), &draft(), &Value::Null).await.expect_err("an error");
    assert_eq!(error.trace_id.as_deref(), Some("AbC"));
    assert_eq!(error.message, "the password was changed: Error validating access token");
}

#[tokio::test]
async fn usage_headers_set_the_pace() {
    let app = |n: u32| json!({"call_count": n, "total_time": 25, "total_cputime": 12}).to_string();
    let business = |n: u32, minutes: u32| {
        let entry = |n, m| json!([{"type": "pages", "call_count": n, "total_cputime": 5, "total_time": 7, "estimated_time_to_regain_access": m}]);
        json!({"101": entry(n, minutes), "555": entry(100, 60)}).to_string()
    };
    let table: [(Option<String>, Option<String>, Told); 6] = [
        (None, None, None),
        (Some(app(28)), None, Some((28, Pace::Full, None))),
        (Some(app(85)), None, Some((85, Pace::Half, None))),
        (Some(app(10)), Some(business(97, 0)), Some((97, Pace::PublishingOnly, None))),
        (Some(app(10)), Some(business(100, 19)), Some((100, Pace::Wait, Some(19)))),
        (Some("no JSON".into()), Some("[]".into()), None),
    ];
    for (app, business, expected) in table {
        let fake = Fake::start().await;
        let mut reply = Reply::fixture("facebook/page");
        for (name, value) in [("x-app-usage", &app), ("x-business-use-case-usage", &business)] {
            if let Some(value) = value {
                reply = reply.header(name, value);
            }
        }
        fake.on("GET", "/v25.0/101", reply);
        let (facebook, access) = (Facebook::new(http()), fake.access("101"));
        facebook.check(&access).await.expect("a page");
        let usage = facebook.usage(&access).map(|u| (u.percent, u.pace(), u.regain));
        let minutes = |m: u64| Duration::from_secs(m * 60);
        assert_eq!(usage, expected.map(|(p, pace, m)| (p, pace, m.map(minutes))), "{app:?} {business:?}");
        assert_eq!(facebook.usage(&fake.access("102")), None, "another page's usage");
    }
}

#[tokio::test]
async fn a_limit_without_any_header_names_no_wait() {
    let fake = Fake::start().await;
    let body: Value = json!({"error": {"message": "limit", "code": 32}});
    fake.on("POST", "/v25.0/101/feed", Reply::json(429, &body));
    let error = Facebook::new(http()).publish(&fake.access("101"), &draft(), &Value::Null).await.expect_err("an error");
    assert_eq!((error.kind.label(), error.retry_after), ("rate_limit", None));
}
