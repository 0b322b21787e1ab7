//! The form of insights.

use rookery_kernel::Date;
use serde_json::{Value, json};

use super::Caller;
use crate::audience::DayNumbers;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::facebook::listing::instant;
use crate::network::Network;
use crate::world::Post;

/// The metrics that were asked for; one wrong name spoils the whole call.
pub(crate) fn names(call: &Call, known: &[&str]) -> Result<Vec<String>, GraphError> {
    let names: Vec<String> = call
        .text("metric")
        .unwrap_or_default()
        .split(',')
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty())
        .collect();
    if names.is_empty() {
        return Err(GraphError::parameter("The parameter metric is required."));
    }
    match names.iter().position(|n| !known.contains(&n.as_str())) {
        Some(at) => Err(invalid(at, known)),
        None => Ok(names),
    }
}

fn invalid(at: usize, known: &[&str]) -> GraphError {
    GraphError::parameter(&format!("metric[{at}] must be one of the following values: {}", known.join(", ")))
}

/// What a fault says about a metric.
pub(crate) fn unsupported(name: &str) -> GraphError {
    GraphError::parameter(&format!("metric[0] must be one of the following values: all but {name}"))
}

/// A metric in an answer; `value` has the member that its kind needs.
pub(crate) fn entry(id: &str, name: &str, period: &str, value: (&str, Value)) -> Value {
    let title = name.replace('_', " ");
    let mut entry = json!({
        "id": format!("{id}/insights/{name}/{period}"),
        "name": name,
        "period": period,
        "title": title,
        "description": format!("{title} ({period})"),
    });
    entry[value.0] = value.1;
    entry
}

/// One value for the whole life.
pub(crate) fn lifetime(id: &str, name: &str, value: i64) -> Value {
    entry(id, name, "lifetime", ("values", json!([{ "value": value }])))
}

/// The Pacific days of the window with their numbers; only days that are over or have begun. Without a
/// window it is yesterday.
pub(crate) fn days(
    net: &Network,
    call: &Call,
    caller: &Caller,
    days_max: i64,
) -> Result<Vec<(Date, DayNumbers)>, GraphError> {
    let zone = &net.audience.pacific;
    let today = zone.date(call.now);
    let until = instant(call, "until")?.map_or(today, |at| zone.date(at));
    let since = instant(call, "since")?.map_or_else(|| until.plus_days(-1), |at| zone.date(at));
    if until.days_since(since) > days_max {
        let message = format!("There cannot be more than {days_max} days between since and until");
        return Err(GraphError::parameter(&message));
    }
    if until < since {
        return Err(GraphError::parameter("since must be before until"));
    }
    let count = until.min(today.plus_days(1)).days_since(since).max(0);
    let posts: Vec<Post> = net.world().posts_of(caller.account.id, call.now).cloned().collect();
    let numbers = net.audience.page_days(&caller.account, posts.iter(), since, count, call.now);
    Ok(numbers.into_iter().zip(0..).map(|(day, n)| (since.plus_days(n), day)).collect())
}

/// A series: one value per day, each at the end of its day.
pub(crate) fn series(
    net: &Network,
    id: &str,
    name: &str,
    days: &[(Date, DayNumbers)],
    of: impl Fn(&DayNumbers) -> i64,
) -> Value {
    let end = |date: Date| super::time(net.audience.pacific.start_of(date.plus_days(1)));
    let values: Vec<Value> =
        days.iter().map(|(date, day)| json!({ "value": of(day), "end_time": end(*date) })).collect();
    entry(id, name, "day", ("values", json!(values)))
}

/// The sum of the window.
pub(crate) fn total(id: &str, name: &str, value: i64) -> Value {
    entry(id, name, "day", ("total_value", json!({ "value": value })))
}

pub(crate) fn reply(data: &[Value]) -> Reply {
    Reply::ok(json!({ "data": data }))
}
