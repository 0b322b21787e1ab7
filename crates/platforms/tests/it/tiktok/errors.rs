//! The error table.

use rookery_platforms::{Connector as _, TikTok};

use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("tiktok/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let status = u16::try_from(row["status"].as_u64().expect("status")).expect("small");
        fake.on("GET", "/v2/user/info/", Reply::json(status, &row["body"]));
        let error = TikTok::new(http()).check(&fake.access("o-1")).await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.media, expect["media"] == true, "{name}: media");
        assert_eq!(error.trace_id.is_some(), error.code.is_some(), "{name}: trace");
    }
}
