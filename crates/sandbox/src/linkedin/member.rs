//! Numbers of members: one kind per call.

use rookery_kernel::{Date, Timestamp};
use serde_json::{Value, json};

use super::error::LiError;
use super::statistics::by_day;
use super::{caller, find, number_in};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::network::Network;

fn of_kind(numbers: &PostNumbers, kind: &str) -> Option<i64> {
    Some(match kind {
        "IMPRESSION" => numbers.views,
        "MEMBERS_REACHED" => numbers.reach,
        "REACTION" => numbers.reactions_total(),
        "COMMENT" => numbers.comments,
        "RESHARE" => numbers.shares,
        "POST_SAVE" => numbers.shares / 2,
        _ => return None,
    })
}

fn told(elements: &[Value]) -> Reply {
    Reply::ok(json!({ "elements": elements, "paging": { "start": 0, "count": 10, "links": [] } }))
}

/// `GET /rest/memberCreatorPostAnalytics`.
pub(super) fn analytics(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    caller.need("r_member_postAnalytics")?;
    let me = caller.member(&world).ok_or_else(LiError::denied)?;
    let kind = call.text("queryType").ok_or_else(|| LiError::illegal("Parameter queryType is required"))?;
    of_kind(&PostNumbers::default(), kind).ok_or_else(|| LiError::illegal("The queryType is unknown"))?;
    let aggregation = call.text("aggregation").unwrap_or("TOTAL");
    match (call.text("q"), aggregation) {
        (Some("entity"), "TOTAL") => {
            let entity = call.text("entity").unwrap_or_default();
            let urn = ["(share:", "(ugc:"].iter().find_map(|start| entity.strip_prefix(start)?.strip_suffix(')'));
            let urn = urn.ok_or_else(|| LiError::illegal("Parameter entity is required"))?;
            let (author, post) = find(&world, call, urn)?;
            if author.id != me.id {
                return Err(LiError::denied());
            }
            let numbers = net.audience.post_exact(&author, &post, call.now);
            let target = if entity.starts_with("(ugc:") { "ugc" } else { "share" };
            let count = of_kind(&numbers, kind).unwrap_or_default();
            Ok(told(&[json!({ "count": count, "metricType": kind, "targetEntity": { target: urn } })]))
        }
        // People of different days may be the same.
        (Some("me"), "DAILY") if kind == "MEMBERS_REACHED" => {
            Err(LiError::illegal("MEMBERS_REACHED is not available by day"))
        }
        (Some("me"), "DAILY") => {
            let (first, count) = range(call)?;
            let days = by_day(net, &world, call, me, first, count);
            let elements: Vec<Value> = days
                .into_iter()
                .map(|(start, day)| {
                    let count = match kind {
                        "IMPRESSION" => day.views,
                        "REACTION" => day.engagements * 60 / 100,
                        "COMMENT" => day.engagements * 8 / 100,
                        _ => day.engagements * 6 / 100,
                    };
                    let date = Timestamp::from_millis(start).date_utc();
                    let range = json!({ "start": parts(date), "end": parts(date.plus_days(1)) });
                    json!({ "count": count, "metricType": kind, "dateRange": range })
                })
                .collect();
            Ok(told(&elements))
        }
        _ => Err(LiError::illegal("The finder or the aggregation is unknown")),
    }
}

fn parts(date: Date) -> Value {
    let date = date.to_jiff();
    json!({ "day": date.day(), "month": date.month(), "year": date.year() })
}

/// First day and number of days of `dateRange`, of those that have ended.
fn range(call: &Call) -> Result<(Date, i64), LiError> {
    let wrong = || LiError::illegal("dateRange is no range");
    let (start, end) = call.text("dateRange").and_then(|t| t.split_once("end:")).ok_or_else(wrong)?;
    let date = |text: &str| -> Option<Date> {
        let part = |name: &str| number_in(text, name);
        format!("{:04}-{:02}-{:02}", part("year")?, part("month")?, part("day")?).parse().ok()
    };
    let (start, end) = date(start).zip(date(end)).ok_or_else(wrong)?;
    let count = end.min(call.now.date_utc()).days_since(start);
    Ok((start, count.clamp(0, 366)))
}

/// `GET /rest/memberFollowersCount?q=me`.
pub(super) fn followers(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    caller.need("r_member_profileAnalytics")?;
    let me = caller.member(&world).ok_or_else(LiError::denied)?;
    if call.text("q") != Some("me") {
        return Err(LiError::illegal("Only the total is simulated: the finder must be me"));
    }
    Ok(told(&[json!({ "memberFollowersCount": net.audience.followers(me, call.now) })]))
}
