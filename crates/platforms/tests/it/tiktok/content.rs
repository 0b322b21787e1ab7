//! Listing and numbers.

use rookery_platforms::{Basis, Connector as _, ContentFormat, ErrorType, TikTok};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};

#[tokio::test]
async fn posts_are_listed_until_they_are_too_old() {
    let fake = Fake::start().await;
    fake.on("POST", "/v2/video/list/", Reply::fixture("tiktok/list_empty")).on(
        "POST",
        "/v2/video/list/",
        Reply::fixture("tiktok/list"),
    );
    let since = at("2026-03-01T00:00:00Z");
    let items = TikTok::new(http()).all_content(&fake.access("o-1"), since, 9).await.expect("posts");
    assert_eq!(fake.asked().len(), 2, "the old post ends the walk although there is more");
    assert_eq!(fake.asked()[1].json["cursor"], 1_772_440_000_000_i64);
    assert_eq!(items.len(), 2);
    assert_eq!((items[0].format, items[1].format), (ContentFormat::Video, ContentFormat::Carousel));
    assert_eq!(items[0].permalink.as_deref(), Some("https://www.tiktok.com/@harbour/video/7300000000000000003"));
    assert_eq!((items[0].hashtags.as_slice(), items[0].duration_ms), (["bread".to_owned()].as_slice(), Some(12_000)));
}

#[tokio::test]
async fn numbers_that_are_missing_stay_unknown() {
    let fake = Fake::start().await;
    fake.on("POST", "/v2/video/query/", Reply::fixture("tiktok/query"));
    fake.on("GET", "/v2/user/info/", Reply::fixture("tiktok/user"));
    let ids = ["7300000000000000003", "7300000000000000002", "7300000000000000001", "v_pub_file~v2-1.99"];
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let today = "2026-03-02".parse().expect("a date");
    let (tiktok, access) = (TikTok::new(http()), fake.access("o-1"));
    let batch = tiktok.content_metrics(&access, &ids, today).await.expect("numbers");
    let first = &batch.rows[0];
    assert_eq!((first.views, first.reactions, first.comments), (Some(5_000_000_000), Some(5), Some(0)));
    assert_eq!((first.shares, first.reach, batch.rows[1].views), (Some(2), None, None));
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(
        failed,
        [("v_pub_file~v2-1.99", ErrorType::MetricUnsupported), ("7300000000000000001", ErrorType::NotFound)]
    );
    assert_eq!(fake.asked()[0].json["filters"]["video_ids"].as_array().map(Vec::len), Some(3));
    let days = tiktok.account_metrics(&access, today, today).await.expect("numbers");
    assert_eq!((days[0].followers, days[0].basis), (Some(3_000_000_001), Basis::Lifetime));
    assert_eq!(days[0].extra, json!({"following_count": 12, "likes_count": 99}));
}
