//! The numbers of posts and of the account.

use std::collections::BTreeMap;

use rookery_kernel::{Date, Zone};
use serde_json::{Map, Value, json};

use super::content::format;
use super::{Instagram, caller};
use crate::batch::BatchRun;
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::meta::insights::Insights;
use crate::meta::values::day_of;
use crate::types::{Access, AccountMetrics, Basis, ContentFormat, ContentMetrics, MetricsBatch};

const POST_FIELDS: &str = "id,media_type,media_product_type,like_count,comments_count";

/// Asked of every post in the feed.
const FEED: [&str; 9] =
    ["views", "reach", "likes", "comments", "saved", "shares", "total_interactions", "profile_visits", "follows"];

/// Asked of a reel.
const REEL: [&str; 9] = [
    "views",
    "reach",
    "likes",
    "comments",
    "saved",
    "shares",
    "total_interactions",
    "ig_reels_avg_watch_time",
    "ig_reels_video_view_total_time",
];

/// Asked of a story.
const STORY: [&str; 6] = ["views", "reach", "replies", "shares", "follows", "navigation"];

/// Asked of the account as a series of days.
const SERIES: [&str; 2] = ["reach", "follower_count"];

/// Asked of the account as the sum of one day.
const TOTALS: [&str; 9] = [
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "replies",
    "accounts_engaged",
    "total_interactions",
    "profile_links_taps",
];

/// Most days of one call.
const DAYS_MAX: i64 = 30;

impl Instagram {
    pub(super) async fn media_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut run = BatchRun::new(ids);
        while let Some(id) = run.next_id() {
            let mut unsupported = Vec::new();
            let result = self.one(access, id, &mut unsupported).await;
            run.unsupported(unsupported);
            run.record(result)?;
        }
        Ok(run.finish())
    }

    /// Without the right to insights the counts of likes and comments are all there is.
    async fn one(&self, access: &Access, id: &str, unsupported: &mut Vec<String>) -> Result<ContentMetrics, CallError> {
        let caller = caller(access);
        let media = self.graph.fields(&caller, id, POST_FIELDS).await?;
        let (names, kind): (&[&str], _) = match format(&media) {
            ContentFormat::Reel => (&REEL, "instagram reel"),
            ContentFormat::Story => (&STORY, "instagram story"),
            _ => (&FEED, "instagram post"),
        };
        let mut insights = match self.graph.insights(&caller, &[id, "insights"], kind, names, &[]).await {
            Err(e) if e.kind == ErrorType::Permission => Insights::default(),
            told => told?,
        };
        unsupported.append(&mut insights.unsupported);
        Ok(row(id, &media, &insights))
    }

    /// Reach and new followers are told as series, the rest as the sum of a window: each day is asked
    /// for alone. Followers are told as they are now.
    pub(super) async fn daily_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        if to < from {
            return Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, "the range ends before it begins"));
        }
        let zone: Zone = "America/Los_Angeles".parse().expect("a zone of every database of zones");
        let today = zone.date(self.graph.http.now());
        let last = to.min(today);
        let start = |date: Date| zone.start_of(date).as_secs().to_string();
        let path = [access.platform_user_id.as_str(), "insights"];
        let caller = caller(access);
        let mut days: BTreeMap<Date, AccountMetrics> = BTreeMap::new();
        let mut odd = Vec::new();
        let mut first = from;
        while first <= last {
            let end = last.min(first.plus_days(DAYS_MAX - 1));
            let window = [("period", "day".to_owned()), ("since", start(first)), ("until", start(end.plus_days(1)))];
            let series = self.graph.insights(&caller, &path, "instagram account", &SERIES, &window).await?;
            odd.extend(series.odd);
            for value in series.values {
                let Some(date) = value.end_time.map(day_of).filter(|d| (first..=end).contains(d)) else { continue };
                let day = days.entry(date).or_insert_with(|| AccountMetrics::empty(date, Basis::Day));
                match value.name.as_str() {
                    "reach" => day.reach = Some(value.total),
                    // New ones, whatever the name says.
                    _ => day.followers_gained = Some(value.total),
                }
            }
            first = end.plus_days(1);
        }
        let mut date = from;
        while date <= last {
            let window = [
                ("period", "day".to_owned()),
                ("metric_type", "total_value".to_owned()),
                ("since", start(date)),
                ("until", start(date.plus_days(1))),
            ];
            let totals = self.graph.insights(&caller, &path, "instagram account day", &TOTALS, &window).await?;
            let day = days.entry(date).or_insert_with(|| AccountMetrics::empty(date, Basis::Day));
            fill(day, &totals);
            date = date.plus_days(1);
        }
        if let Some(mut last) = days.last_entry() {
            last.get_mut().odd.extend(odd);
        }
        if let Some(day) = days.get_mut(&today) {
            let body = self.own_profile(access).await?;
            day.followers = body.followers_count;
        }
        Ok(days.into_values().collect())
    }
}

fn row(id: &str, media: &Value, insights: &Insights) -> ContentMetrics {
    let total = |name: &str| insights.total(name);
    let counts = Counts::of(media);
    let field = |name: &str| counts.named(name);
    let others = ["total_interactions", "profile_visits", "follows", "replies", "navigation"];
    let extra: Map<String, Value> = others.iter().filter_map(|n| Some(((*n).to_owned(), json!(total(n)?)))).collect();
    let mut row = ContentMetrics {
        external_id: id.to_owned(),
        reach: total("reach"),
        views: total("views"),
        reactions: total("likes").or_else(|| field("like_count")),
        comments: total("comments").or_else(|| field("comments_count")),
        shares: total("shares"),
        saves: total("saved"),
        watch_time_ms: total("ig_reels_video_view_total_time"),
        avg_watch_time_ms: total("ig_reels_avg_watch_time"),
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        odd: insights.odd.clone(),
        ..ContentMetrics::default()
    };
    row.odd.extend(counts.into_odd());
    row
}

fn fill(day: &mut AccountMetrics, totals: &Insights) {
    day.odd.extend(totals.odd.iter().cloned());
    day.views = totals.total("views");
    day.engagements = totals.total("total_interactions");
    day.clicks = totals.total("profile_links_taps");
    let parts = ["likes", "comments", "shares", "saves", "replies", "accounts_engaged"];
    let extra: Map<String, Value> =
        parts.iter().filter_map(|n| Some(((*n).to_owned(), json!(totals.total(n)?)))).collect();
    if !extra.is_empty() {
        day.extra = Value::Object(extra);
    }
}
