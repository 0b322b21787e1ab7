//! Numbers of posts and of the page.

use std::time::Duration;

use rookery_kernel::Date;
use rookery_platforms::{Basis, Connector as _, ErrorType, Facebook, HttpConfig};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, clock, fixture, http, http_with};

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn gone() -> Reply {
    Reply::json(
        400,
        &json!({"error": {"message": "Object with ID '101_190' does not exist", "code": 100, "error_subcode": 33}}),
    )
}

#[tokio::test]
async fn a_posts_numbers_are_mapped_summed_and_wide() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_905", Reply::fixture("facebook/post_fields")).on(
        "GET",
        "/v25.0/101_905/insights",
        Reply::fixture("facebook/insights_post"),
    );
    let facebook = Facebook::new(http());
    let batch =
        facebook.content_metrics(&fake.access("101"), &ids(&["101_905"]), date("2026-03-01")).await.expect("numbers");
    let row = &batch.rows[0];
    assert_eq!(row.reach, Some(3_000_000_000), "above 2³¹");
    assert_eq!(row.views, Some(4_800_000_200), "an object is summed");
    assert_eq!(row.extra["post_media_view"], json!({"paid": 200, "organic": 4_800_000_000_u64}), "and kept");
    assert_eq!((row.reactions, row.comments, row.shares, row.clicks), (Some(58), Some(7), Some(12), Some(0)));
    assert_eq!((row.impressions, row.saves, row.watch_time_ms, row.completion_rate), (None, None, None, None));
    assert_eq!(row.basis, Basis::Lifetime);
    assert_eq!((batch.failures.len(), batch.unsupported.len()), (0, 0));
}

#[tokio::test]
async fn what_the_network_leaves_out_stays_unknown() {
    let fake = Fake::start().await;
    for id in ["101_905", "999_905"] {
        fake.on("GET", &format!("/v25.0/{id}"), Reply::fixture("facebook/post_fields_sparse")).on(
            "GET",
            &format!("/v25.0/{id}/insights"),
            Reply::fixture("facebook/insights_empty"),
        );
    }
    let facebook = Facebook::new(http());
    let wanted = ids(&["101_905", "999_905"]);
    let batch = facebook.content_metrics(&fake.access("101"), &wanted, date("2026-03-01")).await.expect("numbers");
    for row in &batch.rows {
        let known = [row.reach, row.views, row.reactions, row.comments, row.clicks, row.watch_time_ms];
        assert_eq!(known, [None; 6], "{}", row.external_id);
    }
    assert_eq!(batch.rows[0].shares, Some(0), "asked for, left out, and the post is ours: nobody shared it");
    assert_eq!(batch.rows[1].shares, None, "of others' posts the network tells nothing");
}

#[tokio::test]
async fn a_reels_plays_and_watch_time_come_from_its_video() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_904", Reply::fixture("facebook/post_fields_reel"))
        .on("GET", "/v25.0/101_904/insights", Reply::fixture("facebook/insights_empty"))
        .on("GET", "/v25.0/77/video_insights", Reply::fixture("facebook/insights_video"));
    let facebook = Facebook::new(http());
    let batch =
        facebook.content_metrics(&fake.access("101"), &ids(&["101_904"]), date("2026-03-01")).await.expect("numbers");
    let row = &batch.rows[0];
    assert_eq!((row.views, row.watch_time_ms, row.avg_watch_time_ms), (Some(880), Some(1_234_567), Some(4321)));
    assert_eq!(row.reactions, Some(9), "from the summary when the insights are silent");
}

/// One name is refused, together and alone; the others answer.
fn refuse_one(fake: &Fake, id: &str, times: usize) {
    let path = format!("/v25.0/{id}/insights");
    fake.on("GET", &format!("/v25.0/{id}"), Reply::fixture("facebook/post_fields"));
    for _ in 0..times {
        let value = |name: &str, n: i64| Reply::json(200, &json!({"data": [{"name": name, "values": [{"value": n}]}]}));
        fake.on("GET", &path, Reply::json(400, &fixture("facebook/metric_refused")))
            .on("GET", &path, value("post_total_media_view_unique", 10))
            .on("GET", &path, Reply::json(400, &fixture("facebook/metric_refused")))
            .on("GET", &path, value("post_clicks", 3))
            .on("GET", &path, value("post_reactions_by_type_total", 4));
    }
}

#[tokio::test]
async fn one_refused_metric_does_not_cost_the_others_and_is_not_asked_for_seven_days() {
    let fake = Fake::start().await;
    let clock = clock();
    let facebook = Facebook::new(http_with(HttpConfig::local(), clock.clone()));
    refuse_one(&fake, "101_1", 1);
    let batch =
        facebook.content_metrics(&fake.access("101"), &ids(&["101_1"]), date("2026-03-01")).await.expect("numbers");
    let row = &batch.rows[0];
    assert_eq!((row.reach, row.views, row.clicks, row.reactions), (Some(10), None, Some(3), Some(4)));
    assert_eq!(batch.unsupported, ["post_media_view"]);
    assert_eq!(fake.asked_for("/v25.0/101_1/insights").len(), 5);

    fake.on("GET", "/v25.0/101_2", Reply::fixture("facebook/post_fields")).on(
        "GET",
        "/v25.0/101_2/insights",
        Reply::fixture("facebook/insights_empty"),
    );
    let batch =
        facebook.content_metrics(&fake.access("101"), &ids(&["101_2"]), date("2026-03-01")).await.expect("numbers");
    assert_eq!(batch.unsupported, ["post_media_view"], "still told");
    let asked = fake.asked_for("/v25.0/101_2/insights");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query["metric"], "post_total_media_view_unique,post_clicks,post_reactions_by_type_total");

    clock.advance(Duration::from_secs(7 * 24 * 3600));
    let batch =
        facebook.content_metrics(&fake.access("101"), &ids(&["101_2"]), date("2026-03-08")).await.expect("numbers");
    assert!(batch.unsupported.is_empty());
    assert!(fake.asked_for("/v25.0/101_2/insights")[1].query["metric"].contains("post_media_view"));
}

#[tokio::test]
async fn an_object_that_refuses_every_metric_says_nothing_about_the_names() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_1", Reply::fixture("facebook/post_fields"))
        .on("GET", "/v25.0/101_1/insights", Reply::json(400, &fixture("facebook/metric_refused")))
        .on("GET", "/v25.0/101_2", Reply::fixture("facebook/post_fields"))
        .on("GET", "/v25.0/101_2/insights", Reply::fixture("facebook/insights_post"));
    let facebook = Facebook::new(http());
    let wanted = ids(&["101_1", "101_2"]);
    let batch = facebook.content_metrics(&fake.access("101"), &wanted, date("2026-03-01")).await.expect("numbers");
    assert_eq!((batch.rows[0].reach, batch.rows[0].comments), (None, Some(7)));
    assert_eq!(batch.rows[1].reach, Some(3_000_000_000));
}

#[tokio::test]
async fn a_deleted_post_fails_alone() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_190", gone()).on("GET", "/v25.0/101_905", Reply::fixture("facebook/post_fields")).on(
        "GET",
        "/v25.0/101_905/insights",
        Reply::fixture("facebook/insights_post"),
    );
    let wanted = ids(&["101_190", "101_905"]);
    let batch =
        Facebook::new(http()).content_metrics(&fake.access("101"), &wanted, date("2026-03-01")).await.expect("numbers");
    assert_eq!(batch.rows.len(), 1);
    assert_eq!(batch.failures[0].external_id, "101_190");
    assert_eq!(batch.failures[0].error.kind, ErrorType::NotFound);
}

#[tokio::test]
async fn if_nothing_is_visible_the_page_tells_whether_it_is_a_right_that_is_missing() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_190", gone()).on("GET", "/v25.0/101", gone());
    let facebook = Facebook::new(http());
    let wanted = ids(&["101_190"]);
    let error = facebook.content_metrics(&fake.access("101"), &wanted, date("2026-03-01")).await.expect_err("hidden");
    assert_eq!(error.kind, ErrorType::Permission);

    let visible = Fake::start().await;
    visible.on("GET", "/v25.0/101_190", gone()).on("GET", "/v25.0/101", Reply::fixture("facebook/page"));
    let batch = facebook.content_metrics(&visible.access("101"), &wanted, date("2026-03-01")).await.expect("a batch");
    assert_eq!(batch.failures[0].error.kind, ErrorType::NotFound);
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_ends_the_batch_and_loses_no_id() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101_1", Reply::fixture("facebook/post_fields"))
        .on("GET", "/v25.0/101_1/insights", Reply::fixture("facebook/insights_post"))
        .on("GET", "/v25.0/101_2", Reply::json(400, &json!({"error": {"message": "expired", "code": 190}})));
    let facebook = Facebook::new(http());
    let wanted = ids(&["101_1", "101_2", "101_3"]);
    let batch = facebook.content_metrics(&fake.access("101"), &wanted, date("2026-03-01")).await.expect("a batch");
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(batch.rows.len(), 1);
    assert_eq!(failed, [("101_2", ErrorType::TokenExpired), ("101_3", ErrorType::TokenExpired)]);
    assert!(fake.asked_for("/v25.0/101_3").is_empty());
    let error =
        facebook.content_metrics(&fake.access("101"), &wanted[1..], date("2026-03-01")).await.expect_err("at once");
    assert_eq!(error.kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn a_pages_days_end_in_california() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101/insights", Reply::fixture("facebook/insights_page"));
    let facebook = Facebook::new(http());
    let days =
        facebook.account_metrics(&fake.access("101"), date("2026-03-01"), date("2026-03-02")).await.expect("days");
    assert_eq!(days.len(), 2);
    let (first, second) = (&days[0], &days[1]);
    assert_eq!((first.date, first.views, first.reach), (date("2026-03-01"), Some(57), Some(40)));
    assert_eq!((second.date, second.views, second.followers), (date("2026-03-02"), Some(61), Some(4821)));
    assert_eq!((second.followers_gained, second.followers_lost, second.clicks), (Some(3), Some(2), Some(5)));
    assert_eq!(second.extra, json!({"page_total_actions": {"website": 4, "phone": 1}}));
    assert_eq!((first.followers_gained, first.engagements, first.extra.clone()), (None, None, Value::Null));
    let asked = &fake.asked()[0].query;
    let window = ["period", "since", "until"].map(|name| asked[name].as_str());
    assert_eq!(window, ["day", "2026-03-01", "2026-03-03"]);
    let only =
        facebook.account_metrics(&fake.access("101"), date("2026-03-02"), date("2026-03-02")).await.expect("a day");
    assert_eq!(only.len(), 1, "days outside the range are left out");
}

#[tokio::test]
async fn long_ranges_are_asked_for_in_windows_of_ninety_days() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/101/insights", Reply::fixture("facebook/insights_empty"));
    let facebook = Facebook::new(http());
    let days =
        facebook.account_metrics(&fake.access("101"), date("2025-11-01"), date("2026-03-02")).await.expect("none");
    assert!(days.is_empty());
    let asked = fake.asked();
    let windows: Vec<(&str, &str)> =
        asked.iter().map(|a| (a.query["since"].as_str(), a.query["until"].as_str())).collect();
    assert_eq!(windows, [("2025-11-01", "2026-01-30"), ("2026-01-30", "2026-03-03")]);
    let error = facebook.account_metrics(&fake.access("101"), date("2026-03-02"), date("2026-03-01")).await;
    assert_eq!(error.expect_err("backwards").kind, ErrorType::BadRequest);
}
