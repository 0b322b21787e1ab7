//! Numbers of statuses and of the account.

use rookery_platforms::{Basis, Connector as _, ErrorType, Mastodon};
use serde_json::json;

use crate::fake::{Fake, Reply, http};

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_statuses_numbers_are_mapped_and_the_rest_stays_unknown() {
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/statuses/1130", Reply::fixture("mastodon/status")).on(
        "GET",
        "/api/v1/statuses/1131",
        Reply::fixture("mastodon/status_sparse"),
    );
    let today = "2026-03-02".parse().expect("a date");
    let mastodon = Mastodon::new(http());
    let batch = mastodon.content_metrics(&fake.access("110"), &ids(&["1130", "1131"]), today).await.expect("numbers");
    let full = &batch.rows[0];
    assert_eq!((full.reactions, full.comments, full.shares), (Some(5_000_000_000), Some(2), Some(7)));
    assert_eq!(full.extra, json!({"reblogs_count": 3, "quotes_count": 4}));
    for row in &batch.rows {
        assert_eq!([row.reach, row.impressions, row.views, row.clicks, row.saves, row.watch_time_ms], [None; 6]);
        assert_eq!(row.basis, Basis::Lifetime);
    }
    let sparse = &batch.rows[1];
    assert_eq!((sparse.reactions, sparse.comments, sparse.shares), (Some(0), None, None));
}

#[tokio::test]
async fn deleted_statuses_fail_alone() {
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/statuses/404", Reply::json(404, &json!({"error": "Record not found"})))
        .on("GET", "/api/v1/statuses/1130", Reply::fixture("mastodon/status"))
        .on("GET", "/api/v1/statuses/410", Reply::json(410, &json!({"error": "Gone"})));
    let today = "2026-03-02".parse().expect("a date");
    let wanted = ids(&["404", "1130", "410"]);
    let batch = Mastodon::new(http()).content_metrics(&fake.access("110"), &wanted, today).await.expect("numbers");
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    assert_eq!(batch.rows.len(), 1);
    assert_eq!(failed, [("404", ErrorType::NotFound), ("410", ErrorType::NotFound)]);
}

#[tokio::test]
async fn a_server_that_stopped_answering_is_not_asked_for_every_status() {
    let fake = Fake::start().await;
    for id in 0..9 {
        fake.on("GET", &format!("/api/v1/statuses/{id}"), Reply::html(502));
    }
    let wanted: Vec<String> = (0..9).map(|n| n.to_string()).collect();
    let today = "2026-03-02".parse().expect("a date");
    let batch = Mastodon::new(http()).content_metrics(&fake.access("110"), &wanted, today).await.expect("a batch");
    assert_eq!((batch.rows.len(), batch.failures.len(), fake.asked().len()), (0, 9, 3));
}

#[tokio::test]
async fn an_accounts_numbers_are_those_of_today() {
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/accounts/verify_credentials", Reply::fixture("mastodon/account"));
    let (from, to) = ("2026-02-01".parse().expect("a date"), "2026-03-01".parse().expect("a date"));
    let days = Mastodon::new(http()).account_metrics(&fake.access("110"), from, to).await.expect("numbers");
    assert_eq!(days.len(), 1, "past days are not invented");
    assert_eq!((days[0].date.to_string().as_str(), days[0].basis), ("2026-03-02", Basis::Lifetime));
    assert_eq!((days[0].followers, days[0].posts_count, days[0].reach), (Some(321), Some(45), None));
}
