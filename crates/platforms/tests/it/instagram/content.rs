//! Listing and numbers.

use rookery_platforms::{Connector as _, ContentFormat, ErrorType, Instagram};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};
use crate::meta::{ok, page};

#[tokio::test]
async fn posts_and_the_stories_of_the_day_are_listed() {
    let fake = Fake::start().await;
    let media = |id: &str, product: &str, kind: &str, time: &str| json!({"id": id, "media_product_type": product, "media_type": kind, "caption": "Bread #Fresh", "timestamp": time});
    let path = "/v25.0/17/media";
    fake.on("GET", "/v25.0/17/stories", page(json!([media("9", "STORY", "IMAGE", "2026-03-02T07:00:00+0000")]), None))
        .on("GET", path, page(json!([media("8", "REELS", "VIDEO", "2026-03-02T08:00:00+0000")]), Some("a1")))
        .on("GET", path, page(json!([]), Some("a2")))
        .on("GET", path, page(json!([media("7", "FEED", "CAROUSEL_ALBUM", "2026-03-01T08:00:00+0000")]), None));
    let items =
        Instagram::new(http()).all_content(&fake.access("17"), at("2026-02-01T00:00:00Z"), 9).await.expect("listed");
    let read: Vec<_> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    assert_eq!(read, [("8", ContentFormat::Reel), ("9", ContentFormat::Story), ("7", ContentFormat::Carousel)]);
    assert_eq!((fake.asked_for("/v25.0/17/stories").len(), fake.asked_for(path).len()), (1, 3));
}

#[tokio::test]
async fn each_kind_of_post_is_asked_for_its_numbers() {
    let fake = Fake::start().await;
    let value = |name: &str, n: i64| json!({"name": name, "period": "lifetime", "values": [{"value": n}]});
    fake.on("GET", "/v25.0/1", ok(json!({"id": "1", "media_product_type": "REELS", "media_type": "VIDEO", "like_count": 7})))
        .on(
            "GET",
            "/v25.0/1/insights",
            ok(json!({"data": [value("reach", 90), value("saved", 0), value("ig_reels_avg_watch_time", 4_200)]})),
        )
        .on("GET", "/v25.0/2", ok(json!({"id": "2", "media_product_type": "FEED", "media_type": "IMAGE", "like_count": 3, "comments_count": 1})))
        .on("GET", "/v25.0/2/insights", Reply::json(403, &json!({"error": {"message": "no right", "code": 10}})));
    let ids = ["1", "2"].map(ToOwned::to_owned);
    let date = "2026-03-02".parse().expect("a day");
    let batch = Instagram::new(http()).content_metrics(&fake.access("17"), &ids, date).await.expect("read");
    let (reel, post) = (&batch.rows[0], &batch.rows[1]);
    assert_eq!(
        (reel.reach, reel.saves, reel.avg_watch_time_ms, reel.reactions),
        (Some(90), Some(0), Some(4_200), Some(7))
    );
    assert_eq!((reel.views, reel.impressions, reel.clicks), (None, None, None));
    assert_eq!(
        (post.reactions, post.comments, post.reach),
        (Some(3), Some(1), None),
        "counts need no right to insights"
    );
    assert!(fake.asked_for("/v25.0/1/insights")[0].query["metric"].contains("ig_reels_video_view_total_time"));
}

#[tokio::test]
async fn one_refused_metric_does_not_cost_the_others() {
    let fake = Fake::start().await;
    let refused = json!({"error": {"message": "(#100) metric must be one of the following values", "code": 100}});
    let path = "/v25.0/1/insights";
    fake.on("GET", "/v25.0/1", ok(json!({"id": "1", "media_product_type": "STORY", "media_type": "IMAGE"})))
        .on("GET", path, Reply::json(400, &refused))
        .on("GET", path, ok(json!({"data": [{"name": "views", "values": [{"value": 5}]}]})))
        .on("GET", path, Reply::json(400, &refused))
        .on("GET", path, ok(json!({"data": []})));
    let date = "2026-03-02".parse().expect("a day");
    let batch =
        Instagram::new(http()).content_metrics(&fake.access("17"), &["1".to_owned()], date).await.expect("read");
    assert_eq!((batch.rows[0].views, batch.unsupported.as_slice()), (Some(5), &["reach".to_owned()][..]));
}

#[tokio::test]
async fn days_come_from_series_and_from_sums_of_single_days() {
    let fake = Fake::start().await;
    let path = "/v25.0/17/insights";
    let series = json!({"data": [
        {"name": "reach", "period": "day", "values": [{"value": 40, "end_time": "2026-03-01T08:00:00+0000"}]},
        {"name": "follower_count", "period": "day", "values": [{"value": 3, "end_time": "2026-03-01T08:00:00+0000"}]},
    ]});
    let totals = json!({"data": [{"name": "views", "period": "day", "total_value": {"value": 88}}, {"name": "total_interactions", "total_value": {"value": 9}}]});
    fake.on("GET", path, ok(series)).on("GET", path, ok(totals));
    let day = "2026-02-28".parse().expect("a day");
    let days = Instagram::new(http()).account_metrics(&fake.access("17"), day, day).await.expect("read");
    assert_eq!(days.len(), 1);
    assert_eq!(
        (days[0].reach, days[0].followers_gained, days[0].views, days[0].engagements),
        (Some(40), Some(3), Some(88), Some(9))
    );
    assert_eq!((days[0].followers, days[0].impressions), (None, None));
    let asked = fake.asked_for(path);
    assert_eq!((asked[1].query["metric_type"].as_str(), asked.len()), ("total_value", 2));
    let error = Instagram::new(http())
        .account_metrics(&fake.access("17"), day, "2026-02-27".parse().expect("a day"))
        .await
        .expect_err("backwards");
    assert_eq!(error.kind, ErrorType::BadRequest);
}
