//! The numbers of videos and of the channel.
//!
//! Counts of now come from the Data API, for 50 videos a call. Shares and watch time exist in
//! reports only; where the right to read reports is missing they stay away.

use std::collections::HashMap;

use rookery_kernel::Date;
use serde_json::{Map, Value};

use super::reports::ReportRow;
use super::{IDS_MAX, YouTube, address, oauth};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

/// Reports reach back to YouTube's beginning.
const FIRST_DAY: &str = "2005-02-14";

const OF_VIDEOS: &str = "shares,estimatedMinutesWatched,averageViewDuration,averageViewPercentage";
const OF_DAYS: &str = "views,estimatedMinutesWatched,likes,comments,shares,subscribersGained,subscribersLost";

impl YouTube {
    pub(super) async fn video_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut batch = MetricsBatch::default();
        for chunk in ids.chunks(IDS_MAX) {
            match self.counts(access, chunk).await {
                Ok(videos) => self.sort(access, chunk, &videos, &mut batch).await,
                Err(error) if batch.rows.is_empty() && batch.failures.is_empty() => return Err(error),
                Err(error) => batch.failures.extend(chunk.iter().map(|id| failure(id, error.clone()))),
            }
        }
        Ok(batch)
    }

    async fn counts(&self, access: &Access, ids: &[String]) -> Result<Vec<Value>, CallError> {
        let request =
            Request::get(address(&access.base_url, "videos")?).with("part", "statistics").with("id", ids.join(","));
        oauth::items(&self.call(request, access).await?)
    }

    /// Each id becomes a row or a failure.
    async fn sort(&self, access: &Access, ids: &[String], videos: &[Value], batch: &mut MetricsBatch) {
        let there: Vec<&str> = videos.iter().filter_map(|v| v.get("id").and_then(Value::as_str)).collect();
        let reports = self.reports_of(access, &there, batch).await;
        for id in ids {
            if let Some(video) = videos.iter().find(|v| v.get("id").and_then(Value::as_str) == Some(id.as_str())) {
                batch.rows.push(row(id, video, reports.get(id)));
            } else {
                let message = "YouTube shows this video no more: it is deleted or private";
                let gone = CallError::new(ErrorType::NotFound, Delivery::Refused, message);
                batch.failures.push(failure(id, gone));
            }
        }
    }

    /// What reports add. Without them the counts of now are still worth something.
    async fn reports_of(&self, access: &Access, ids: &[&str], batch: &mut MetricsBatch) -> HashMap<String, ReportRow> {
        let Ok(first) = FIRST_DAY.parse() else { return HashMap::new() };
        if ids.is_empty() {
            return HashMap::new();
        }
        let filter = format!("video=={}", ids.join(","));
        let days = (first, self.http.now().date_utc());
        match self.report(access, days, OF_VIDEOS, "video", &[("filters", &filter)]).await {
            Ok(rows) => rows.into_iter().filter_map(|r| Some((r.text("video")?.to_owned(), r))).collect(),
            Err(error) => {
                if matches!(error.kind, ErrorType::Permission | ErrorType::BadRequest) {
                    for name in OF_VIDEOS.split(',').map(ToOwned::to_owned) {
                        if !batch.unsupported.contains(&name) {
                            batch.unsupported.push(name);
                        }
                    }
                }
                HashMap::new()
            }
        }
    }

    /// The days that the reports have, then the numbers of now. A day without traffic is absent.
    pub(super) async fn channel_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        let today = self.channel_today(access).await?;
        let mut days: Vec<AccountMetrics> =
            match self.report(access, (from, to), OF_DAYS, "day", &[("sort", "day")]).await {
                Ok(rows) => rows.iter().filter_map(day).collect(),
                // The right to read reports was not given; what everybody sees is still there.
                Err(error) if error.kind == ErrorType::Permission => Vec::new(),
                Err(error) => return Err(error),
            };
        days.push(today);
        Ok(days)
    }

    async fn channel_today(&self, access: &Access) -> Result<AccountMetrics, CallError> {
        let answer = self.call(oauth::channels(&access.base_url, "statistics")?, access).await?;
        let channels = oauth::items(&answer)?;
        let own =
            channels.iter().find(|c| c.get("id").and_then(Value::as_str) == Some(access.platform_user_id.as_str()));
        let statistics = own.and_then(|c| c.get("statistics")).ok_or_else(|| answer.unstructured())?;
        let is_hidden = statistics.get("hiddenSubscriberCount").and_then(Value::as_bool) == Some(true);
        let mut today = AccountMetrics::empty(answer.received_at.date_utc(), Basis::Lifetime);
        let counts = Counts::of_texts(statistics);
        today.followers = counts.named("subscriberCount").filter(|_| !is_hidden);
        today.views = counts.named("viewCount");
        today.posts_count = counts.named("videoCount");
        today.odd = counts.into_odd();
        Ok(today)
    }
}

fn failure(id: &str, error: CallError) -> ItemFailure {
    ItemFailure { external_id: id.to_owned(), error }
}

fn row(id: &str, video: &Value, report: Option<&ReportRow>) -> ContentMetrics {
    let counts = Counts::of_texts(video);
    let counted = |name: &str| counts.at(&format!("/statistics/{name}"));
    let reported = |name: &str| report.and_then(|r| r.count(name));
    let mut extra = Map::new();
    // An average over all views, which says nothing about how many saw the end.
    if let Some(percent) = report.and_then(|r| r.number("averageViewPercentage")) {
        extra.insert("averageViewPercentage".to_owned(), percent.into());
    }
    ContentMetrics {
        external_id: id.to_owned(),
        views: counted("viewCount"),
        reactions: counted("likeCount"),
        comments: counted("commentCount"),
        shares: reported("shares"),
        watch_time_ms: reported("estimatedMinutesWatched").map(|m| m.saturating_mul(60_000)),
        avg_watch_time_ms: reported("averageViewDuration").map(|s| s.saturating_mul(1000)),
        extra: if extra.is_empty() { Value::Null } else { Value::Object(extra) },
        basis: Basis::Lifetime,
        odd: counts.into_odd().into_iter().chain(report.iter().flat_map(|r| r.odd(OF_VIDEOS))).collect(),
        ..ContentMetrics::default()
    }
}

fn day(row: &ReportRow) -> Option<AccountMetrics> {
    let mut day = AccountMetrics::empty(row.text("day")?.parse().ok()?, Basis::Day);
    day.odd = row.odd(OF_DAYS);
    day.views = row.count("views");
    day.followers_gained = row.count("subscribersGained");
    day.followers_lost = row.count("subscribersLost");
    let parts = ["likes", "comments", "shares"].map(|name| row.count(name));
    day.engagements = parts.iter().any(Option::is_some).then(|| parts.iter().flatten().sum());
    if let Some(minutes) = row.count("estimatedMinutesWatched") {
        day.extra = Value::Object(Map::from_iter([("estimatedMinutesWatched".to_owned(), minutes.into())]));
    }
    Some(day)
}
