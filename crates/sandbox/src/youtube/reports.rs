//! Reports: days of the channel, or videos. Days come two days late.

use rookery_kernel::Date;
use serde_json::{Value, json};

use super::error::Problem;
use super::{caller, read, videos};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::Post;

/// Days until a day is told.
const LATE: i64 = 2;

/// Most days of one report here.
const DAYS_MAX: i64 = 366;

const METRICS: [&str; 9] = [
    "views",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "averageViewPercentage",
    "likes",
    "comments",
    "shares",
    "subscribersGained",
    "subscribersLost",
];

/// `GET /v2/reports`.
pub(super) fn report(net: &Network, call: &Call) -> Result<Reply, Problem> {
    caller(&net.world(), call, &["yt-analytics.readonly"])?;
    let bad = |name: &str| Problem::new(400, "badRequest", format!("The query is not supported: {name}."));
    if call.text("ids") != Some("channel==MINE") {
        return Err(bad("ids"));
    }
    let day = |name: &str| call.text(name).and_then(|d| d.parse::<Date>().ok()).ok_or_else(|| bad(name));
    let (first, last) = (day("startDate")?, day("endDate")?);
    let metrics: Vec<&str> = call.text("metrics").unwrap_or_default().split(',').collect();
    if last < first || metrics.iter().any(|m| !METRICS.contains(m)) {
        return Err(bad("metrics"));
    }
    let dimension = call.text("dimensions").ok_or_else(|| bad("dimensions"))?;
    let rows = match dimension {
        "video" => of_videos(net, call, &metrics)?,
        "day" => of_days(net, call, first, last, &metrics)?,
        _ => return Err(bad("dimensions")),
    };
    let header = |name: &str| {
        let kind = if name == dimension { "DIMENSION" } else { "METRIC" };
        json!({ "name": name, "columnType": kind, "dataType": if kind == "DIMENSION" { "STRING" } else { "INTEGER" } })
    };
    let headers: Vec<Value> = std::iter::once(dimension).chain(metrics).map(header).collect();
    Ok(Reply::ok(json!({ "kind": "youtubeAnalytics#resultTable", "columnHeaders": headers, "rows": rows })))
}

fn of_videos(net: &Network, call: &Call, metrics: &[&str]) -> Result<Vec<Value>, Problem> {
    let world = net.world();
    let me = caller(&world, call, &["yt-analytics.readonly"])?;
    let ids = call.text("filters").and_then(|f| f.strip_prefix("video=="));
    let ids = ids.ok_or_else(|| Problem::new(400, "badRequest", "The query is not supported: filters."))?;
    let own = |id: &str| videos::find(&world, call, id).map(|(_, p)| p).filter(|p| p.account == me.id);
    let row = |post: &Post| {
        let numbers = net.audience.post_exact(&me, post, call.now);
        let length_ms = post.media.first().and_then(|i| i.duration_ms).unwrap_or(74_000);
        let average_ms = numbers.watch_time_ms.checked_div(numbers.video_views.max(1)).unwrap_or(0);
        let percent = 100.0 * average_ms as f64 / length_ms.max(1) as f64;
        let value = |metric: &&str| match *metric {
            "views" => json!(numbers.views),
            "estimatedMinutesWatched" => json!(numbers.watch_time_ms / 60_000),
            "averageViewDuration" => json!(average_ms / 1000),
            "averageViewPercentage" => json!(percent.min(100.0)),
            "likes" => json!(numbers.reactions_total()),
            "comments" => json!(numbers.comments),
            "shares" => json!(numbers.shares),
            _ => json!(0),
        };
        let mut row = vec![json!(me.external_id(post))];
        row.extend(metrics.iter().map(value));
        Value::Array(row)
    };
    Ok(ids.split(',').filter_map(own).map(row).collect())
}

fn of_days(net: &Network, call: &Call, first: Date, last: Date, metrics: &[&str]) -> Result<Vec<Value>, Problem> {
    let world = net.world();
    let me = caller(&world, call, &["yt-analytics.readonly"])?;
    let last = last.min(net.audience.pacific.date(call.now).plus_days(-LATE));
    let count = (last.days_since(first) + 1).clamp(0, DAYS_MAX);
    let posts: Vec<&Post> = world.posts_of(me.id, call.now).filter(|p| read::is_video(call, p)).collect();
    let days = net.audience.page_days(&me, posts.into_iter(), first, count, call.now);
    let rows = (0_i64..).zip(days).map(|(n, numbers)| {
        let value = |metric: &&str| match *metric {
            "views" => json!(numbers.views),
            "estimatedMinutesWatched" => json!(numbers.video_views / 2),
            "averageViewDuration" => json!(30),
            "averageViewPercentage" => json!(40.5),
            "likes" => json!(numbers.engagements / 2),
            "comments" => json!(numbers.engagements / 5),
            "shares" => json!(numbers.engagements / 10),
            "subscribersGained" => json!(numbers.gained),
            _ => json!(numbers.lost),
        };
        let mut row = vec![json!(first.plus_days(n).to_string())];
        row.extend(metrics.iter().map(value));
        Value::Array(row)
    });
    Ok(rows.collect())
}
