//! The numbers of posts and of the page.

use std::collections::BTreeMap;

use rookery_kernel::Date;
use serde_json::{Map, Value, json};

use super::Facebook;
use super::content::{is_video, media_type};
use crate::batch::BatchRun;
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::Caller;
use crate::meta::errors::Asking;
use crate::meta::insights::{self, Asked, Insights};
use crate::meta::values::{MetricValue, day_of};
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, MetricsBatch};

const POST_FIELDS: &str = "id,shares,comments.limit(0).summary(true),reactions.limit(0).summary(true),\
                           attachments{media_type,target}";

/// Asked of every post.
const POST: [&str; 4] =
    ["post_total_media_view_unique", "post_media_view", "post_clicks", "post_reactions_by_type_total"];

/// Asked of a video inside a post.
const VIDEO: [&str; 5] = [
    "total_video_views",
    "blue_reels_play_count",
    "fb_reels_total_plays",
    "post_video_view_time",
    "post_video_avg_time_watched",
];

/// Asked of the page, per day.
const PAGE: [&str; 8] = [
    "page_media_view",
    "page_total_media_view_unique",
    "page_post_engagements",
    "page_follows",
    "page_daily_follows",
    "page_daily_unfollows_unique",
    "page_views_total",
    "page_total_actions",
];

/// Most days of one insights call.
const DAYS_MAX: i64 = 90;

impl Facebook {
    pub(super) async fn post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut run = BatchRun::new(ids);
        while let Some(id) = run.next_id() {
            let mut unsupported = Vec::new();
            let result = self.one_post(access, id, &mut unsupported).await;
            run.unsupported(unsupported);
            run.record(result)?;
        }
        let batch = run.finish();
        self.tell_gone_from_hidden(access, &batch).await?;
        Ok(batch)
    }

    /// "Not found" and "not visible to this token" share a code. If no post at all was found, the
    /// page itself tells which it is.
    async fn tell_gone_from_hidden(&self, access: &Access, batch: &MetricsBatch) -> Result<(), CallError> {
        let is_hidden = |e: &CallError| e.kind == ErrorType::NotFound;
        if !batch.rows.is_empty() || batch.failures.is_empty() || !batch.failures.iter().all(|f| is_hidden(&f.error)) {
            return Ok(());
        }
        match self.page(&access.into(), &access.platform_user_id).await {
            Err(e) if is_hidden(&e) => Err(CallError { kind: ErrorType::Permission, ..e }),
            _ => Ok(()),
        }
    }

    async fn one_post(
        &self,
        access: &Access,
        id: &str,
        unsupported: &mut Vec<String>,
    ) -> Result<ContentMetrics, CallError> {
        let caller = Caller::from(access);
        let fields = Request::get(self.url(&access.base_url, &[id])?).with("fields", POST_FIELDS);
        let post = self.call(fields, &caller, Asking::Other).await?;
        let media = media_type(&post);
        let kind = format!("{} post {media}", self.version);
        let mut insights = self.ask(&caller, &[id, "insights"], &kind, &POST, &[]).await?;
        if let Some(video) =
            post.pointer("/attachments/data/0/target/id").and_then(Value::as_str).filter(|_| is_video(&post))
        {
            let kind = format!("{} video", self.version);
            let of_video = self.ask(&caller, &[video, "video_insights"], &kind, &VIDEO, &[]).await?;
            insights.values.extend(of_video.values);
            insights.odd.extend(of_video.odd);
            insights.unsupported.extend(of_video.unsupported);
        }
        unsupported.append(&mut insights.unsupported);
        let is_ours = id.split('_').next() == Some(&access.platform_user_id);
        Ok(row(id, &post, &insights, is_ours))
    }

    async fn ask(
        &self,
        caller: &Caller<'_>,
        path: &[&str],
        kind: &str,
        names: &[&str],
        window: &[(&str, String)],
    ) -> Result<Insights, CallError> {
        let asked = Asked { url: self.url(caller.base_url, path)?, kind, names, window };
        insights::ask(&self.http, &self.refused, caller, asked).await
    }

    /// Daily numbers, in windows of the longest length the API takes.
    pub(super) async fn page_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        if to < from {
            return Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, "the range ends before it begins"));
        }
        let caller = Caller::from(access);
        let kind = format!("{} page", self.version);
        let mut days: BTreeMap<Date, AccountMetrics> = BTreeMap::new();
        let mut odd = Vec::new();
        let mut start = from;
        while start <= to {
            let end = to.min(start.plus_days(DAYS_MAX - 1));
            // The day named by `since` is included, the one named by `until` is not.
            let window =
                [("period", "day".to_owned()), ("since", start.to_string()), ("until", end.plus_days(1).to_string())];
            let insights = self.ask(&caller, &[&access.platform_user_id, "insights"], &kind, &PAGE, &window).await?;
            odd.extend(insights.odd);
            for value in insights.values {
                let Some(date) = value.end_time.map(day_of).filter(|d| (start..=end).contains(d)) else { continue };
                put(days.entry(date).or_insert_with(|| AccountMetrics::empty(date, Basis::Day)), value);
            }
            start = end.plus_days(1);
        }
        // What cannot be read bears no day: it is told with the last.
        if let Some(mut last) = days.last_entry() {
            last.get_mut().odd = odd;
        }
        Ok(days.into_values().collect())
    }
}

/// The mapping of §2.4 for a post.
fn row(id: &str, post: &Value, insights: &Insights, is_ours: bool) -> ContentMetrics {
    let counts = Counts::of(post);
    let summary = |edge: &str| counts.at(&format!("/{edge}/summary/total_count"));
    let shares = match post.get("shares") {
        Some(_) => counts.at("/shares/count"),
        // The network leaves the field out where nobody shared, if the post is ours to see.
        None => is_ours.then_some(0),
    };
    let views = ["post_media_view", "total_video_views", "blue_reels_play_count", "fb_reels_total_plays"];
    let splits: Map<String, Value> =
        insights.values.iter().filter_map(|v| Some((v.name.clone(), v.split.clone()?))).collect();
    let mut row = ContentMetrics {
        external_id: id.to_owned(),
        reach: insights.total("post_total_media_view_unique"),
        views: views.into_iter().find_map(|name| insights.total(name)),
        reactions: insights.total("post_reactions_by_type_total").or_else(|| summary("reactions")),
        comments: summary("comments"),
        shares,
        clicks: insights.total("post_clicks"),
        watch_time_ms: insights.total("post_video_view_time"),
        avg_watch_time_ms: insights.total("post_video_avg_time_watched"),
        extra: Value::Object(splits),
        basis: Basis::Lifetime,
        // Posts have neither on this network.
        impressions: None,
        saves: None,
        completion_rate: None,
        odd: insights.odd.clone(),
    };
    row.odd.extend(counts.into_odd());
    row
}

/// The mapping of §2.4 for the page.
fn put(day: &mut AccountMetrics, value: MetricValue) {
    let total = Some(value.total);
    match value.name.as_str() {
        "page_media_view" => day.views = total,
        "page_total_media_view_unique" => day.reach = total,
        "page_post_engagements" => day.engagements = total,
        "page_follows" => day.followers = total,
        "page_daily_follows" => day.followers_gained = total,
        "page_daily_unfollows_unique" => day.followers_lost = total,
        "page_views_total" => day.profile_views = total,
        "page_total_actions" => day.clicks = total,
        _ => {}
    }
    if let Some(split) = value.split {
        match &mut day.extra {
            Value::Object(extra) => drop(extra.insert(value.name, split)),
            none => *none = json!({ value.name: split }),
        }
    }
}
