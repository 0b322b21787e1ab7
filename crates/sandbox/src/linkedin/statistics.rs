//! Statistics of pages: of posts for life, of the page by day.

use rookery_kernel::{Date, Timestamp};
use serde_json::{Value, json};

use super::error::LiError;
use super::{caller, find, list, number_in};
use crate::audience::{DayNumbers, PostNumbers};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Post, World};

/// How far back days are told.
const DAYS_MAX: i64 = 366;

const DAY_MS: i64 = 24 * 3_600_000;

fn page(world: &World, call: &Call, finder: &str) -> Result<Account, LiError> {
    if call.text("q") != Some(finder) {
        return Err(LiError::illegal(&format!("The finder must be {finder}")));
    }
    let urn = call.text(finder).ok_or_else(|| LiError::illegal(&format!("Parameter {finder} is required")))?;
    caller(world, call)?.manages(world, urn)
}

fn told(elements: &[Value]) -> Reply {
    Reply::ok(json!({ "elements": elements, "paging": { "start": 0, "count": 10, "links": [] } }))
}

/// The days that a call asks for, in the page's own order; `None` if it asks for life.
fn days(
    net: &Network,
    world: &World,
    call: &Call,
    account: &Account,
) -> Result<Option<Vec<(i64, DayNumbers)>>, LiError> {
    let Some(intervals) = call.text("timeIntervals") else { return Ok(None) };
    let range = number_in(intervals, "start").zip(number_in(intervals, "end"));
    let (start, end) =
        range.filter(|(start, end)| start < end).ok_or_else(|| LiError::illegal("timeIntervals is no range"))?;
    let first = Timestamp::from_millis(start).date_utc();
    // A day is told when it has ended.
    let last = Timestamp::from_millis(end.min(call.now.as_millis())).date_utc();
    let count = last.days_since(first);
    if count > DAYS_MAX {
        return Err(LiError::illegal("timeIntervals reaches back more than twelve months"));
    }
    Ok(Some(by_day(net, world, call, account, first, count.max(0))))
}

/// Numbers of days, each with the milliseconds at which it begins.
pub(super) fn by_day(
    net: &Network,
    world: &World,
    call: &Call,
    account: &Account,
    first: Date,
    count: i64,
) -> Vec<(i64, DayNumbers)> {
    let posts: Vec<&Post> = world.posts_of(account.id, call.now).filter(|p| !p.is_deleted(call.now)).collect();
    let numbers = net.audience.page_days(account, posts.into_iter(), first, count, call.now);
    let start = first.start_utc().as_millis();
    numbers.into_iter().zip(0..).map(|(day, n)| (start + n * DAY_MS, day)).collect()
}

fn range(start: i64) -> Value {
    json!({ "start": start, "end": start + DAY_MS })
}

/// Shares of a day's engagements, in per cent: likes, comments, shares; the rest are clicks.
const PARTS: [i64; 3] = [60, 8, 6];

/// `GET /rest/organizationalEntityShareStatistics`.
pub(super) fn shares(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let account = page(&world, call, "organizationalEntity")?;
    if let Some(days) = days(net, &world, call, &account)? {
        let elements: Vec<Value> = days
            .into_iter()
            .map(|(start, day)| {
                let [likes, comments, shares] = PARTS.map(|percent| day.engagements * percent / 100);
                let clicks = day.engagements - likes - comments - shares;
                let statistics = total(day.views, day.reach, clicks, likes, comments, shares);
                json!({
                    "organizationalEntity": account.network_id(),
                    "timeRange": range(start),
                    "totalShareStatistics": statistics,
                })
            })
            .collect();
        return Ok(told(&elements));
    }
    let mut elements = Vec::new();
    let mut is_of_posts = false;
    for (parameter, member) in [("shares", "share"), ("ugcPosts", "ugcPost")] {
        let Some(urns) = call.text(parameter) else { continue };
        is_of_posts = true;
        for urn in list(urns) {
            let found = find(&world, call, urn).ok().filter(|(author, _)| author.id == account.id);
            let numbers = found.map(|(author, post)| net.audience.post_reported(&author, &post, call.now));
            // Posts without traffic are left out.
            if let Some(numbers) = numbers.filter(|n| n.views > 0) {
                elements.push(json!({
                    "organizationalEntity": account.network_id(),
                    member: urn,
                    "totalShareStatistics": of_post(&numbers),
                }));
            }
        }
    }
    if !is_of_posts {
        let posts = world.posts_of(account.id, call.now).filter(|p| !p.is_deleted(call.now));
        let all: Vec<PostNumbers> = posts.map(|p| net.audience.post_reported(&account, p, call.now)).collect();
        let sum = |of: fn(&PostNumbers) -> i64| all.iter().map(of).sum();
        let statistics = total(
            sum(|n| n.views),
            sum(|n| n.reach),
            sum(|n| n.clicks),
            sum(PostNumbers::reactions_total),
            sum(|n| n.comments),
            sum(|n| n.shares),
        );
        elements.push(json!({ "organizationalEntity": account.network_id(), "totalShareStatistics": statistics }));
    }
    Ok(told(&elements))
}

fn of_post(numbers: &PostNumbers) -> Value {
    total(numbers.views, numbers.reach, numbers.clicks, numbers.reactions_total(), numbers.comments, numbers.shares)
}

fn total(impressions: i64, unique: i64, clicks: i64, likes: i64, comments: i64, shares: i64) -> Value {
    let engagement =
        if impressions > 0 { (clicks + likes + comments + shares) as f64 / impressions as f64 } else { 0.0 };
    json!({
        "impressionCount": impressions,
        "uniqueImpressionsCount": unique,
        "clickCount": clicks,
        "likeCount": likes,
        "commentCount": comments,
        "shareCount": shares,
        "engagement": engagement,
    })
}

/// `GET /rest/organizationalEntityFollowerStatistics`.
pub(super) fn followers(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let account = page(&world, call, "organizationalEntity")?;
    let days = days(net, &world, call, &account)?;
    let days = days.ok_or_else(|| LiError::illegal("Only followers by day are simulated: give timeIntervals"))?;
    let elements: Vec<Value> = days
        .into_iter()
        .map(|(start, day)| {
            json!({
                "organizationalEntity": account.network_id(),
                "timeRange": range(start),
                "followerGains": { "organicFollowerGain": day.gained - day.lost, "paidFollowerGain": 0 },
            })
        })
        .collect();
    Ok(told(&elements))
}

/// `GET /rest/organizationPageStatistics`.
pub(super) fn visits(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let account = page(&world, call, "organization")?;
    let days = days(net, &world, call, &account)?;
    let days = days.ok_or_else(|| LiError::illegal("Only visits by day are simulated: give timeIntervals"))?;
    let elements: Vec<Value> = days
        .into_iter()
        .map(|(start, day)| {
            let views = json!({ "allPageViews": { "pageViews": day.profile_views } });
            json!({
                "organization": account.network_id(),
                "timeRange": range(start),
                "totalPageStatistics": { "views": views, "clicks": {} },
            })
        })
        .collect();
    Ok(told(&elements))
}
