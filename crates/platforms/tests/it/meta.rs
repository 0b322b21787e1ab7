//! What the tests of Instagram and Threads share.

use rookery_platforms::{Connector, Draft, Media, MediaKind};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, fixture};

/// A medium that the network could fetch.
pub fn medium(kind: MediaKind, name: &str) -> Media {
    let mime = if kind == MediaKind::Video { "video/mp4" } else { "image/jpeg" };
    let public_url = format!("https://rookery.example/m/{name}").parse().ok();
    Media { public_url, ..Media::of_bytes(kind, mime, name, b"bytes".as_slice().into()) }
}

/// Every row of the error table, as the answer to the public call at `{path}`.
pub async fn check_errors(connector: &dyn Connector, table: &str, path: impl Fn(&str) -> String) {
    let fake = Fake::start().await;
    for (n, row) in fixture(table).as_array().expect("rows").iter().enumerate() {
        // An account per row, so that the script of one does not meet the next.
        let account = format!("{}", 101_000 + n);
        let mut reply =
            Reply::json(u16::try_from(row["status"].as_u64().expect("status")).expect("small"), &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, &value.as_str().expect("text").replace('*', &account));
        }
        fake.on("POST", &path(&account), reply);
        let handles = json!({"container": "c1"});
        let draft = Draft::of_text("k", "Hi");
        let error = connector.publish(&fake.access(&account), &draft, &handles).await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.media, expect["media"] == json!(true), "{name}: media");
        assert_eq!(error.duplicate, expect["duplicate"] == json!(true), "{name}: duplicate");
        assert_eq!(error.code, row.pointer("/body/error/code").map(ToString::to_string), "{name}: code");
        assert_eq!(error.subcode, row.pointer("/body/error/error_subcode").map(ToString::to_string), "{name}: subcode");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.trace_id.as_deref(), Some("AbC"), "{name}: trace");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
pub fn ok(body: Value) -> Reply {
    Reply::json(200, &body)
}

/// A page of a listing; `next` is the cursor behind it.
#[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
pub fn page(data: Value, next: Option<&str>) -> Reply {
    let mut body = json!({ "data": data });
    if let Some(after) = next {
        body["paging"] = json!({
            "cursors": {"after": after},
            "next": format!("https://evil.example/x?access_token=EAA&limit=100&after={after}"),
        });
    }
    ok(body)
}
