//! Every row of the error table, from recorded answers.

use rookery_platforms::{Connector as _, Draft, LinkedIn};
use serde_json::Value;

use super::PAGE;
use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("linkedin/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let mut reply =
            Reply::json(u16::try_from(row["status"].as_u64().expect("status")).expect("small"), &row["body"]);
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            reply = reply.header(name, value.as_str().expect("text"));
        }
        fake.on("POST", "/rest/posts", reply.header("x-li-uuid", "AAY"));
        let draft = Draft::of_text("k", "Hi");
        let error =
            LinkedIn::new(http()).publish(&fake.access(PAGE), &draft, &Value::Null).await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.duplicate, expect["duplicate"] == true, "{name}: duplicate");
        assert!(
            expect["subcode"].is_null() || expect["subcode"] == error.subcode.as_deref().unwrap_or_default(),
            "{name}"
        );
        assert_eq!((error.media, error.trace_id.as_deref()), (false, Some("AAY")), "{name}");
    }
}
