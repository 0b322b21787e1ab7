//! Listing and numbers.

use rookery_platforms::{Basis, Connector as _, ContentFormat, ErrorType, YouTube};
use serde_json::json;

use crate::fake::{Fake, Reply, at, http};

const PLAYLIST: &str = "/youtube/v3/playlistItems";
const REPORTS: &str = "-analytics/v2/reports";

#[tokio::test]
async fn videos_are_listed_through_the_playlist_of_uploads() {
    let fake = Fake::start().await;
    fake.on("GET", "/youtube/v3/channels", Reply::fixture("youtube/channel"))
        .on("GET", PLAYLIST, Reply::fixture("youtube/playlist_empty"))
        .on("GET", PLAYLIST, Reply::fixture("youtube/playlist"))
        .on("GET", "/youtube/v3/videos", Reply::fixture("youtube/videos"));
    let since = at("2026-02-01T00:00:00Z");
    let items = YouTube::new(http()).all_content(&fake.access("UCabc"), since, 9).await.expect("videos");
    assert_eq!(fake.asked_for(PLAYLIST).len(), 2, "the old video ends the walk although there is more");
    assert_eq!(fake.asked_for(PLAYLIST)[1].query["pageToken"], "P2");
    assert_eq!(fake.asked_for(PLAYLIST)[0].query["playlistId"], "UUabc");
    assert_eq!(fake.asked_for("/youtube/v3/videos")[0].query["id"], "aaaaaaaaaa1,aaaaaaaaaa2,aaaaaaaaaa3");
    let ids: Vec<_> = items.iter().map(|i| i.external_id.as_str()).collect();
    assert_eq!(ids, ["aaaaaaaaaa2", "aaaaaaaaaa3"], "not the private one");
    assert_eq!((items[0].format, items[1].format), (ContentFormat::Video, ContentFormat::Reel));
    assert_eq!(items[0].caption.as_deref(), Some("Tour\n\nOur house"));
    assert_eq!(items[1].caption.as_deref(), Some("Baking #Bread"));
    assert_eq!((items[0].duration_ms, items[0].language.as_deref()), (Some(240_000), Some("de")));
}

#[tokio::test]
async fn a_channel_that_never_had_a_video_has_an_empty_list() {
    let fake = Fake::start().await;
    let gone = json!({"error": {"code": 404, "message": "no", "errors": [{"reason": "playlistNotFound"}]}});
    fake.on("GET", "/youtube/v3/channels", Reply::fixture("youtube/channel")).on(
        "GET",
        PLAYLIST,
        Reply::json(404, &gone),
    );
    let page = YouTube::new(http()).list_content(&fake.access("UCabc"), at("2026-02-01T00:00:00Z"), None, None).await;
    assert!(page.expect("a page").items.is_empty());
}

fn ids() -> Vec<String> {
    ["aaaaaaaaaa3", "aaaaaaaaaa2", "aaaaaaaaaa9"].iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn counts_are_texts_and_reports_add_what_they_know() {
    let fake = Fake::start().await;
    fake.on("GET", "/youtube/v3/videos", Reply::fixture("youtube/statistics")).on(
        "GET",
        REPORTS,
        Reply::fixture("youtube/report_videos"),
    );
    let today = "2026-03-02".parse().expect("a date");
    let batch = YouTube::new(http()).content_metrics(&fake.access("UCabc"), &ids(), today).await.expect("numbers");
    let full = &batch.rows[0];
    assert_eq!((full.views, full.reactions, full.comments), (Some(5_000_000_000), Some(0), Some(4)));
    assert_eq!((full.shares, full.watch_time_ms, full.avg_watch_time_ms), (Some(3), Some(7_200_000), Some(17_000)));
    assert_eq!((full.completion_rate, &full.extra["averageViewPercentage"]), (None, &json!(63.5)));
    let sparse = &batch.rows[1];
    assert_eq!((sparse.views, sparse.reactions, sparse.comments, sparse.shares), (Some(7), None, None, None));
    assert_eq!(
        (batch.failures[0].external_id.as_str(), batch.failures[0].error.kind),
        ("aaaaaaaaaa9", ErrorType::NotFound)
    );
    assert_eq!(fake.asked_for(REPORTS)[0].query["filters"], "video==aaaaaaaaaa3,aaaaaaaaaa2");
}

#[tokio::test]
async fn without_the_right_to_reports_the_counts_remain() {
    let fake = Fake::start().await;
    let forbidden = json!({"error": {"code": 403, "message": "no", "errors": [{"reason": "insufficientPermissions"}]}});
    fake.on("GET", "/youtube/v3/videos", Reply::fixture("youtube/statistics"))
        .on("GET", "/youtube/v3/channels", Reply::fixture("youtube/channel"))
        .on("GET", REPORTS, Reply::json(403, &forbidden));
    let today = "2026-03-02".parse().expect("a date");
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    let batch = youtube.content_metrics(&access, &ids(), today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.rows[0].shares), (2, None));
    assert!(batch.unsupported.contains(&"shares".to_owned()));
    let days = youtube.account_metrics(&access, today, today).await.expect("numbers");
    assert_eq!((days.len(), days[0].followers, days[0].basis), (1, Some(1200), Basis::Lifetime));
}

#[tokio::test]
async fn days_come_from_reports() {
    let fake = Fake::start().await;
    fake.on("GET", "/youtube/v3/channels", Reply::fixture("youtube/channel")).on(
        "GET",
        REPORTS,
        Reply::fixture("youtube/report_days"),
    );
    let (from, to) = ("2026-02-27".parse().expect("a date"), "2026-03-01".parse().expect("a date"));
    let days = YouTube::new(http()).account_metrics(&fake.access("UCabc"), from, to).await.expect("numbers");
    let asked = &fake.asked_for(REPORTS)[0].query;
    assert_eq!((asked["startDate"].as_str(), asked["endDate"].as_str()), ("2026-02-27", "2026-03-01"));
    assert_eq!(days.len(), 3, "two days of reports and the numbers of now");
    assert_eq!((days[0].views, days[0].engagements, days[0].followers_gained), (Some(100), Some(7), Some(3)));
    assert_eq!((days[1].views, days[1].engagements, days[1].followers_lost), (Some(90), None, Some(0)));
    assert_eq!((days[2].basis, days[2].followers, days[2].posts_count), (Basis::Lifetime, Some(1200), Some(45)));
}
