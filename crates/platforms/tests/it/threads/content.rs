//! Listing and numbers.

use rookery_platforms::{Basis, Connector as _, ContentFormat, ErrorType, Threads};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};
use crate::meta::{ok, page};

#[tokio::test]
async fn three_pages_are_read_although_one_is_empty() {
    let fake = Fake::start().await;
    let post = |id: &str, kind: &str, time: &str| json!({"id": id, "media_type": kind, "text": "Bread #Fresh", "timestamp": time});
    let path = "/v1.0/17/threads";
    fake.on(
        "GET",
        path,
        page(
            json!([
                post("5", "CAROUSEL_ALBUM", "2026-03-02T08:00:00+0000"),
                post("4", "REPOST_FACADE", "2026-03-02T07:00:00+0000")
            ]),
            Some("a1"),
        ),
    )
    .on("GET", path, page(json!([]), Some("a2")))
    .on("GET", path, page(json!([post("3", "TEXT_POST", "2026-03-01T08:00:00+0000")]), None));
    let items =
        Threads::new(http()).all_content(&fake.access("17"), at("2026-02-01T00:00:00Z"), 9).await.expect("listed");
    let read: Vec<_> = items.iter().map(|i| (i.external_id.as_str(), i.format)).collect();
    assert_eq!(read, [("5", ContentFormat::Carousel), ("3", ContentFormat::Text)]);
    assert_eq!(items[0].hashtags, ["fresh"]);
    let asked = fake.asked_for(path);
    assert_eq!((asked[0].query["limit"].as_str(), asked[2].query["after"].as_str()), ("100", "a2"));
    assert!(asked.iter().all(|a| !a.query.contains_key("access_token")), "tokens in links do not travel");
}

#[tokio::test]
async fn a_listing_that_runs_in_a_circle_is_left() {
    let fake = Fake::start().await;
    fake.on("GET", "/v1.0/17/threads", page(json!([]), Some("same")));
    let error = Threads::new(http())
        .all_content(&fake.access("17"), at("2026-02-01T00:00:00Z"), 99)
        .await
        .expect_err("a circle");
    assert_eq!((error.kind, fake.asked().len()), (ErrorType::Unknown, 2));
}

#[tokio::test]
async fn what_is_not_reported_stays_unknown() {
    let fake = Fake::start().await;
    let told = json!({"data": [
        {"name": "views", "period": "lifetime", "values": [{"value": 3_000_000_000_i64}]},
        {"name": "likes", "values": [{"value": 0}]},
        {"name": "reposts", "values": [{"value": 2}]},
        {"name": "quotes", "values": [{"value": 3}]},
    ]});
    let gone = json!({"error": {"message": "gone", "code": 100, "error_subcode": 33}});
    fake.on("GET", "/v1.0/1/insights", ok(told)).on("GET", "/v1.0/2/insights", ok(json!({"data": []}))).on(
        "GET",
        "/v1.0/3/insights",
        Reply::json(400, &gone),
    );
    let ids = ["1", "2", "3"].map(ToOwned::to_owned);
    let date = "2026-03-02".parse().expect("a day");
    let batch = Threads::new(http()).content_metrics(&fake.access("17"), &ids, date).await.expect("read");
    let (one, two) = (&batch.rows[0], &batch.rows[1]);
    assert_eq!((one.views, one.reactions, one.comments, one.shares), (Some(3_000_000_000), Some(0), None, Some(5)));
    assert_eq!((one.reach, one.impressions, one.saves, one.clicks), (None, None, None, None));
    assert_eq!(one.extra, json!({"reposts": 2, "quotes": 3}));
    assert_eq!((two.views, two.shares), (None, None));
    assert_eq!((batch.failures[0].external_id.as_str(), batch.failures[0].error.kind), ("3", ErrorType::NotFound));
}

#[tokio::test]
async fn each_day_of_the_account_is_asked_for_alone() {
    let fake = Fake::start().await;
    let told = json!({"data": [
        {"name": "views", "period": "day", "values": [{"value": 7, "end_time": "2026-03-02T08:00:00+0000"}, {"value": 9, "end_time": "2026-03-03T08:00:00+0000"}]},
        {"name": "likes", "period": "day", "total_value": {"value": 4}},
        {"name": "clicks", "link_total_values": [{"value": 2, "link_url": "https://a.example"}, {"value": 1, "link_url": "https://b.example"}]},
    ]});
    fake.on("GET", "/v1.0/17/threads_insights", ok(told));
    let days = Threads::new(http())
        .account_metrics(&fake.access("17"), "2026-03-01".parse().expect("a day"), "2026-03-09".parse().expect("a day"))
        .await
        .expect("read");
    // The clock stands at 01:00 of the second in California: later days have not begun.
    let read: Vec<_> = days.iter().map(|d| (d.date.to_string(), d.views, d.clicks, d.basis)).collect();
    assert_eq!(
        read,
        [
            ("2026-03-01".to_owned(), Some(7), Some(3), Basis::Day),
            ("2026-03-02".to_owned(), Some(9), Some(3), Basis::Day)
        ]
    );
    let asked = fake.asked_for("/v1.0/17/threads_insights");
    assert_eq!((asked[0].query["since"].as_str(), asked[0].query["until"].as_str()), ("1772352000", "1772438400"));
    assert_eq!(asked[2].query["metric"], "followers_count");
}
