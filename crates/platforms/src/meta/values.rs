//! Reads the values in an insights answer.

use rookery_kernel::{Date, Timestamp};
use serde_json::Value;

use super::{rows, time};
use crate::count::{count, note};
use crate::types::OddField;

/// A value of a metric: its sum, and the object it was summed from if it was one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricValue {
    pub name: String,
    pub total: i64,
    /// Reactions by type, views paid and organic …
    pub split: Option<Value>,
    /// End of the period, for daily values.
    pub end_time: Option<Timestamp>,
}

/// Every value of every metric in the answer, in its order, and the metrics whose values are no numbers.
pub(crate) fn values(body: &Value) -> (Vec<MetricValue>, Vec<OddField>) {
    let mut odd = Vec::new();
    let values = rows(body).flat_map(|metric| of_metric(metric, &mut odd)).collect();
    (values, odd)
}

fn of_metric(metric: &Value, odd: &mut Vec<OddField>) -> Vec<MetricValue> {
    let Some(name) = metric.get("name").and_then(Value::as_str) else { return Vec::new() };
    let listed = metric.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let total = metric.get("total_value").map(std::slice::from_ref).unwrap_or_default();
    if let Some(links) = metric.get("link_total_values").and_then(Value::as_array) {
        // Clicks are told by link (Threads).
        let told = links.iter().filter_map(|l| sum(name, l.get("value")?, odd));
        let total = told.fold(0, i64::saturating_add);
        return vec![MetricValue { name: name.to_owned(), total, split: None, end_time: None }];
    }
    let mut read = |entry: &Value| {
        let value = entry.get("value")?;
        Some(MetricValue {
            name: name.to_owned(),
            total: sum(name, value, odd)?,
            split: value.is_object().then(|| value.clone()),
            end_time: entry.get("end_time").and_then(Value::as_str).and_then(time),
        })
    };
    if listed.is_empty() {
        total.iter().filter_map(&mut read).collect()
    } else {
        listed.iter().filter_map(&mut read).collect()
    }
}

/// A number, or the sum of an object of numbers. An empty object is zero: there were none.
fn sum(name: &str, value: &Value, odd: &mut Vec<OddField>) -> Option<i64> {
    if let Value::Object(parts) = value {
        let parts: Vec<i64> = parts.values().filter_map(|part| sum(name, part, odd)).collect();
        return Some(parts.into_iter().fold(0, i64::saturating_add));
    }
    let (read, kind) = count(value);
    if let Some(kind) = kind {
        note(odd, name, kind);
    }
    read
}

/// The calendar day of a daily value. Days end at midnight in California, which is 07:00 or 08:00
/// UTC of the following day.
pub(crate) fn day_of(end_time: Timestamp) -> Date {
    end_time.date_utc().plus_days(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_that_ends_at_midnight_in_california_belongs_to_the_day_before() {
        let day = |text: &str| day_of(time(text).expect("a time")).to_string();
        assert_eq!(day("2026-03-03T08:00:00+0000"), "2026-03-02"); // winter
        assert_eq!(day("2026-07-03T07:00:00+0000"), "2026-07-02"); // summer
        assert_eq!(day("2026-03-09T07:00:00+0000"), "2026-03-08"); // the night clocks change
        assert_eq!(day("2026-01-01T08:00:00+0000"), "2025-12-31");
    }

    #[test]
    fn numbers_objects_and_totals_are_read() {
        let body = json!({"data": [
            {"name": "a", "values": [{"value": 1}, {"value": 5_000_000_000_i64, "end_time": "2026-03-03T08:00:00+0000"}]},
            {"name": "b", "values": [{"value": {"like": 3, "love": 4, "deep": {"x": 1}}}]},
            {"name": "c", "total_value": {"value": 9.0}},
            {"name": "d", "values": [{"value": "seven"}]},
            {"name": "e", "values": [{"value": {}}]},
            {"name": "f", "values": []},
            {"name": "g", "link_total_values": [{"value": 2, "link_url": "https://a.example"}, {"value": 3}]},
        ]});
        let (read, odd) = values(&body);
        let read: Vec<(String, i64)> = read.into_iter().map(|v| (v.name, v.total)).collect();
        let expected = [("a", 1), ("a", 5_000_000_000), ("b", 8), ("c", 9), ("e", 0), ("g", 5)];
        assert_eq!(read, expected.map(|(name, total)| (name.to_owned(), total)));
        assert_eq!(odd, [OddField { name: "d".to_owned(), kind: crate::types::OddKind::Unreadable }]);
    }
}
