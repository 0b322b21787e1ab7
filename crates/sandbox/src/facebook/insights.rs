//! Numbers of posts, videos and pages.

use rookery_kernel::{Date, Timestamp};
use serde_json::{Value, json};

use super::error::GraphError;
use super::nodes::{visible_post, visible_video};
use super::{caller, page, time};
use crate::audience::{Audience, DayNumbers, PostNumbers};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Post};

/// The first version that knows media views.
const MEDIA_VIEWS_SINCE: u32 = 23;
/// Most days of one call.
const DAYS_MAX: i64 = 90;
/// Farther back nothing is told.
const YEARS_BACK_DAYS: i64 = 2 * 365;
/// Smaller pages are told nothing.
const FOLLOWERS_MIN: i64 = 100;

fn metric_names(call: &Call) -> Result<Vec<String>, GraphError> {
    let names: Vec<String> = call
        .text("metric")
        .unwrap_or_default()
        .split(',')
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty())
        .collect();
    if names.is_empty() {
        return Err(GraphError::new(3001, "(#3001) Please specify at least one metric").subcode(1_504_028));
    }
    Ok(names)
}

/// One wrong name spoils the whole call.
pub(crate) fn invalid_metric() -> GraphError {
    GraphError::parameter("The value must be a valid insights metric")
}

/// `/{post}/insights` and `/{page}/insights`.
pub(super) fn answer(net: &Network, call: &Call, id: &str, version: u32) -> Result<Reply, GraphError> {
    let names = metric_names(call)?;
    let world = net.world();
    let caller = caller(&world, call)?;
    if let Some(page) = page(&world, &caller, id).filter(|p| caller.may_see(p)) {
        caller.need("read_insights")?;
        let posts: Vec<Post> = world.posts_of(page.id, call.now).filter(|p| p.reply_to.is_none()).cloned().collect();
        drop(world);
        return of_page(net, call, &page, &posts, &names, version);
    }
    let (page, post) = visible_post(&world, &caller, call, id).ok_or_else(|| GraphError::unknown_object(id, "get"))?;
    caller.need("read_insights")?;
    drop(world);
    let numbers = net.audience.post_reported(&page, &post, call.now);
    let mut data = Vec::new();
    for name in &names {
        let value = post_metric(name, &numbers, version).ok_or_else(invalid_metric)?;
        data.push(entry(&page.external_id(&post), name, "lifetime", &json!([{ "value": value }])));
    }
    Ok(Reply::ok(with_paging(call, &data, None)))
}

fn post_metric(name: &str, numbers: &PostNumbers, version: u32) -> Option<Value> {
    let has_media_views = version >= MEDIA_VIEWS_SINCE;
    let of_kind = |kind: &str| numbers.reactions.iter().find(|(k, _)| *k == kind).map(|(_, n)| json!(n));
    Some(match name {
        "post_media_view" if has_media_views => json!(numbers.views),
        "post_total_media_view_unique" if has_media_views => json!(numbers.reach),
        "post_clicks" => json!(numbers.clicks),
        "post_clicks_by_type" => {
            let links = numbers.clicks * 6 / 10;
            json!({ "link clicks": links, "other clicks": numbers.clicks - links })
        }
        "post_reactions_by_type_total" => {
            let some = numbers.reactions.iter().filter(|(_, n)| *n > 0);
            Value::Object(some.map(|(kind, n)| ((*kind).to_owned(), json!(n))).collect())
        }
        "post_activity_by_action_type" | "post_activity_by_action_type_unique" => {
            json!({ "share": numbers.shares, "like": numbers.reactions_total(), "comment": numbers.comments })
        }
        "post_video_views" => json!(numbers.video_views),
        _ => of_kind(name.strip_prefix("post_reactions_")?.strip_suffix("_total")?)?,
    })
}

/// `/{video}/video_insights`.
pub(super) fn of_video(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let names = metric_names(call)?;
    let (page, post) = {
        let world = net.world();
        let caller = caller(&world, call)?;
        let found = visible_video(&world, &caller, call, id).ok_or_else(|| GraphError::unknown_object(id, "get"))?;
        caller.need("read_insights")?;
        found
    };
    let numbers = net.audience.post_reported(&page, &post, call.now);
    let mut data = Vec::new();
    for name in &names {
        let value = match name.as_str() {
            "total_video_views" | "blue_reels_play_count" | "fb_reels_total_plays" => numbers.video_views,
            "total_video_views_unique" => numbers.video_views * 8 / 10,
            "fb_reels_replay_count" => numbers.video_views / 10,
            "post_video_view_time" => numbers.watch_time_ms,
            "post_video_avg_time_watched" => numbers.watch_time_ms.checked_div(numbers.video_views).unwrap_or(0),
            _ => return Err(invalid_metric()),
        };
        data.push(entry(id, name, "lifetime", &json!([{ "value": value }])));
    }
    Ok(Reply::ok(with_paging(call, &data, None)))
}

/// A day's numbers, or the sum of several that end with it.
fn page_metric(name: &str, days: &[DayNumbers], page: &Account, version: u32) -> Option<i64> {
    let sum = |f: fn(&DayNumbers) -> i64| days.iter().map(f).sum::<i64>();
    let last = days.last()?;
    Some(match name {
        "page_media_view" if version >= MEDIA_VIEWS_SINCE => sum(|d| d.views),
        "page_total_media_view_unique" if version >= MEDIA_VIEWS_SINCE => {
            if days.len() == 1 {
                last.reach
            } else {
                Audience::reach_of(page, sum(|d| d.views))
            }
        }
        "page_post_engagements" => sum(|d| d.engagements),
        "page_follows" => last.followers,
        "page_daily_follows" | "page_daily_follows_unique" => sum(|d| d.gained),
        "page_daily_unfollows_unique" => sum(|d| d.lost),
        "page_views_total" => sum(|d| d.profile_views),
        "page_total_actions" => sum(|d| d.actions),
        "page_video_views" => sum(|d| d.video_views),
        _ => return None,
    })
}

/// A day: seconds (the Pacific day they fall in), a date, or a time.
fn day(net: &Network, call: &Call, name: &str) -> Result<Option<Date>, GraphError> {
    let Some(text) = call.text(name) else { return Ok(None) };
    if let Ok(date) = text.parse::<Date>() {
        return Ok(Some(date));
    }
    Ok(super::listing::instant(call, name)?.map(|at| net.audience.pacific.date(at)))
}

fn of_page(
    net: &Network,
    call: &Call,
    page: &Account,
    posts: &[Post],
    names: &[String],
    version: u32,
) -> Result<Reply, GraphError> {
    let (period, span) = match call.text("period").unwrap_or("day") {
        "day" => ("day", 1),
        "week" => ("week", 7),
        "days_28" => ("days_28", 28),
        _ => return Err(GraphError::parameter("period must be one of the following values: day, week, days_28")),
    };
    let probe = [DayNumbers::default()];
    if names.iter().any(|n| page_metric(n, &probe, page, version).is_none()) {
        return Err(invalid_metric());
    }
    let today = net.audience.pacific.date(call.now);
    // `since` is included, `until` is not; without them the last two whole days.
    let until = day(net, call, "until")?.unwrap_or(today);
    let since = day(net, call, "since")?.unwrap_or(until.plus_days(-2));
    if until.days_since(since) > DAYS_MAX {
        return Err(GraphError::parameter("There cannot be more than 90 days (7776000 s) between since and until"));
    }
    if until < since {
        return Err(GraphError::parameter("since must be before until"));
    }
    let first = since.max(today.plus_days(-YEARS_BACK_DAYS));
    // Only days that are over.
    let count = until.min(today).days_since(first).max(0);
    let is_told = net.audience.followers(page, call.now) >= FOLLOWERS_MIN;
    let all = net.audience.page_days(page, posts.iter(), first.plus_days(1 - span), count + span - 1, call.now);
    let width = usize::try_from(span).unwrap_or(1);
    let mut data = Vec::new();
    for name in names.iter().filter(|_| is_told && count > 0) {
        let values: Vec<Value> = all
            .windows(width)
            .zip(0..)
            .filter_map(|(days, n)| {
                let end = net.audience.pacific.start_of(first.plus_days(n + 1));
                Some(json!({ "value": page_metric(name, days, page, version)?, "end_time": time(end) }))
            })
            .collect();
        data.push(entry(&page.id.to_string(), name, period, &json!(values)));
    }
    let width_days = until.days_since(since).max(1);
    let start = |d: Date| net.audience.pacific.start_of(d);
    let windows =
        [(start(since.plus_days(-width_days)), start(since)), (start(until), start(until.plus_days(width_days)))];
    Ok(Reply::ok(with_paging(call, &data, Some(windows))))
}

fn entry(id: &str, name: &str, period: &str, values: &Value) -> Value {
    let title: String = name.replace('_', " ");
    json!({
        "id": format!("{id}/insights/{name}/{period}"),
        "name": name,
        "period": period,
        "values": values,
        "title": title,
        "description": format!("{title} ({period})"),
    })
}

/// Insights are paged by time: the windows before and after.
fn with_paging(call: &Call, data: &[Value], windows: Option<[(Timestamp, Timestamp); 2]>) -> Value {
    let mut body = json!({ "data": data });
    if let Some([previous, next]) = windows {
        let to = |(since, until): (Timestamp, Timestamp)| {
            let (since, until) = (since.as_secs().to_string(), until.as_secs().to_string());
            super::listing::link(call, &[("since", &since), ("until", &until)])
        };
        body["paging"] = json!({ "previous": to(previous), "next": to(next) });
    }
    body
}
