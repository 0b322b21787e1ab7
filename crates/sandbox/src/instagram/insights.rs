//! Numbers of posts and of the account.

use serde_json::Value;

use super::SHAPE;
use crate::audience::{Audience, DayNumbers};
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::meta::insights::{days, lifetime, names, reply, series, total};
use crate::meta::{Caller, caller, own_post};
use crate::network::Network;
use crate::world::{Format, Post};

const FEED: [&str; 10] = [
    "views",
    "reach",
    "likes",
    "comments",
    "saved",
    "shares",
    "total_interactions",
    "profile_visits",
    "profile_activity",
    "follows",
];
const REEL: [&str; 11] = [
    "views",
    "reach",
    "likes",
    "comments",
    "saved",
    "shares",
    "total_interactions",
    "ig_reels_avg_watch_time",
    "ig_reels_video_view_total_time",
    "reels_skip_rate",
    "reposts",
];
const STORY: [&str; 7] = ["views", "reach", "replies", "shares", "follows", "navigation", "total_interactions"];

/// Told as series, and as the sum of a window.
const SERIES: [&str; 2] = ["reach", "follower_count"];
const TOTALS: [&str; 12] = [
    "reach",
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "replies",
    "accounts_engaged",
    "total_interactions",
    "profile_links_taps",
    "profile_views",
    "website_clicks",
];
/// Most days of one call.
const DAYS_MAX: i64 = 30;
/// Smaller accounts are not told their new followers.
const FOLLOWERS_MIN: i64 = 100;

/// `/{post}/insights` and `/{account}/insights`.
pub(super) fn answer(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let caller = caller(&net.world(), call)?;
    caller.need(SHAPE.insights_scope)?;
    if id == "me" || id == caller.account.network_id() {
        of_account(net, call, &caller)
    } else {
        of_post(net, call, id)
    }
}

fn of_post(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let (caller, post) = own_post(&net.world(), call, id, "get")?;
    let names = names(call, known(&post))?;
    let numbers = net.audience.post_reported(&caller.account, &post, call.now);
    let interactions = numbers.reactions_total() + numbers.comments + numbers.shares;
    let data: Vec<Value> = names
        .iter()
        .map(|name| {
            let value = match name.as_str() {
                "views" => numbers.views,
                "reach" => numbers.reach,
                "likes" => numbers.reactions_total(),
                "comments" | "replies" => numbers.comments,
                "shares" => numbers.shares,
                "saved" => numbers.reactions_total() / 6,
                "total_interactions" => interactions,
                "ig_reels_avg_watch_time" => numbers.watch_time_ms.checked_div(numbers.video_views).unwrap_or(0),
                "ig_reels_video_view_total_time" => numbers.watch_time_ms,
                "reposts" => numbers.quotes,
                "profile_visits" | "profile_activity" => numbers.clicks,
                "navigation" => numbers.views / 2,
                "reels_skip_rate" => 31,
                _ => numbers.clicks / 20,
            };
            lifetime(id, name, value)
        })
        .collect();
    Ok(reply(&data))
}

fn known(post: &Post) -> &'static [&'static str] {
    match (post.kind.as_deref(), post.format) {
        (Some("story"), _) => &STORY,
        (Some("carousel"), _) => &FEED,
        (_, Format::Video) => &REEL,
        _ => &FEED,
    }
}

fn of_account(net: &Network, call: &Call, caller: &Caller) -> Result<Reply, GraphError> {
    if call.text("period") != Some("day") {
        return Err(GraphError::parameter("period must be one of the following values: day"));
    }
    let is_total = call.text("metric_type") == Some("total_value");
    let names = names(call, if is_total { &TOTALS } else { &SERIES })?;
    let days = days(net, call, caller, DAYS_MAX)?;
    if !is_total && names.iter().any(|n| n == "follower_count") && is_small(net, call, caller) {
        let message = "(#10) Not enough followers for this metric";
        return Err(GraphError::new(10, message).status(403));
    }
    let sum = |of: fn(&DayNumbers) -> i64| days.iter().map(|(_, day)| of(day)).sum::<i64>();
    let id = caller.account.network_id();
    let data: Vec<Value> = names
        .iter()
        .map(|name| match (name.as_str(), is_total) {
            ("reach", false) => series(net, &id, name, &days, |d| d.reach),
            (_, false) => series(net, &id, name, &days, |d| d.gained),
            ("reach", true) => total(&id, name, Audience::reach_of(&caller.account, sum(|d| d.views))),
            ("views", true) => total(&id, name, sum(|d| d.views)),
            ("likes", true) => total(&id, name, sum(|d| d.engagements * 7 / 10)),
            ("accounts_engaged", true) => total(&id, name, sum(|d| d.engagements * 8 / 10)),
            ("total_interactions", true) => total(&id, name, sum(|d| d.engagements)),
            ("profile_links_taps" | "website_clicks", true) => total(&id, name, sum(|d| d.actions)),
            ("profile_views", true) => total(&id, name, sum(|d| d.profile_views)),
            (_, true) => total(&id, name, sum(|d| d.engagements / 12)),
        })
        .collect();
    Ok(reply(&data))
}

fn is_small(net: &Network, call: &Call, caller: &Caller) -> bool {
    net.audience.followers(&caller.account, call.now) < FOLLOWERS_MIN
}
