//! The error table, and the quota of the project.

use rookery_platforms::{Connector as _, Pace, YouTube};

use crate::fake::{Fake, Reply, fixture, http};

#[tokio::test]
async fn each_row_of_the_table_has_its_type() {
    for row in fixture("youtube/errors").as_array().expect("rows") {
        let fake = Fake::start().await;
        let status = u16::try_from(row["status"].as_u64().expect("status")).expect("small");
        fake.on("DELETE", "/youtube/v3/videos", Reply::json(status, &row["body"]));
        let youtube = YouTube::new(http());
        let error = youtube.delete(&fake.access("UCabc"), "aaaaaaaaaa1").await.expect_err("an error");
        let name = row["name"].as_str().expect("name");
        let expect = &row["expect"];
        assert_eq!(error.kind.label(), expect["kind"], "{name}: type");
        assert_eq!(error.delivery.label(), expect["delivery"], "{name}: delivery");
        assert_eq!(error.code.as_deref(), expect["code"].as_str(), "{name}: code");
        assert_eq!(error.retry_after.map(|w| w.as_secs()), expect["retryAfter"].as_u64(), "{name}: wait");
        assert_eq!(error.media, expect["media"] == true, "{name}: media");
        // Only the quota of the day stops everything else of the account.
        let is_used_up = youtube.usage(&fake.access("UCabc")).is_some_and(|u| u.pace() == Pace::Wait);
        assert_eq!(is_used_up, name == "quota of the day", "{name}: usage");
    }
}
