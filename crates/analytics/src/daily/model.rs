//! A reading of numbers, made fit for the database. Pure.

use rookery_kernel::Date;
use rookery_platforms::{AccountMetrics, Basis, ContentMetrics};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a number covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "analytics.metric_basis", rename_all = "snake_case")]
pub enum MetricBasis {
    /// Everything up to the end of the day.
    Lifetime,
    /// That day alone.
    Day,
}

impl MetricBasis {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Lifetime => "lifetime",
            Self::Day => "day",
        }
    }
}

impl From<Basis> for MetricBasis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Lifetime => Self::Lifetime,
            Basis::Day => Self::Day,
        }
    }
}

/// The numbers of one item as they are stored. `None` is "not reported".
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub external_id: String,
    pub reach: Option<i64>,
    pub impressions: Option<i64>,
    pub views: Option<i64>,
    pub reactions: Option<i64>,
    pub comments: Option<i64>,
    pub shares: Option<i64>,
    pub clicks: Option<i64>,
    pub saves: Option<i64>,
    pub watch_time_ms: Option<i64>,
    pub avg_watch_time_ms: Option<i64>,
    pub completion_rate: Option<f32>,
    pub extra: Value,
    pub basis: MetricBasis,
}

impl From<ContentMetrics> for Reading {
    fn from(m: ContentMetrics) -> Self {
        Self {
            external_id: m.external_id,
            reach: counter(m.reach),
            impressions: counter(m.impressions),
            views: counter(m.views),
            reactions: counter(m.reactions),
            comments: counter(m.comments),
            shares: counter(m.shares),
            clicks: counter(m.clicks),
            saves: counter(m.saves),
            watch_time_ms: counter(m.watch_time_ms),
            avg_watch_time_ms: counter(m.avg_watch_time_ms),
            completion_rate: m.completion_rate.filter(|rate| (0.0..=1.0).contains(rate)),
            extra: object(m.extra),
            basis: m.basis.into(),
        }
    }
}

/// The numbers of the account as they are stored, for one day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccountReading {
    pub date: Date,
    pub followers: Option<i64>,
    pub followers_gained: Option<i64>,
    pub followers_lost: Option<i64>,
    pub reach: Option<i64>,
    pub impressions: Option<i64>,
    pub views: Option<i64>,
    pub engagements: Option<i64>,
    pub profile_views: Option<i64>,
    pub clicks: Option<i64>,
    pub posts_count: Option<i64>,
    pub extra: Value,
    pub basis: MetricBasis,
    pub is_partial: bool,
}

impl AccountReading {
    /// A reading that stands under `date`.
    pub fn of(m: AccountMetrics, date: Date, is_partial: bool) -> Self {
        Self {
            date,
            followers: counter(m.followers),
            followers_gained: counter(m.followers_gained),
            followers_lost: counter(m.followers_lost),
            reach: counter(m.reach),
            impressions: counter(m.impressions),
            views: counter(m.views),
            engagements: counter(m.engagements),
            profile_views: counter(m.profile_views),
            clicks: counter(m.clicks),
            posts_count: counter(m.posts_count),
            extra: object(m.extra),
            basis: m.basis.into(),
            is_partial,
        }
    }
}

/// A count below zero is no count; then nothing is known.
fn counter(value: Option<i64>) -> Option<i64> {
    value.filter(|n| *n >= 0)
}

fn object(extra: Value) -> Value {
    match clean_json(extra) {
        extra @ Value::Object(_) => extra,
        _ => Value::Object(Map::new()),
    }
}

/// The same without NUL characters, which PostgreSQL's jsonb refuses.
pub(crate) fn clean_json(value: Value) -> Value {
    let strip = |text: String| if text.contains('\0') { text.replace('\0', "") } else { text };
    match value {
        Value::String(text) => Value::String(strip(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_json).collect()),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (strip(name), clean_json(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn impossible_numbers_become_unknown_and_zero_stays_zero() {
        let reading = Reading::from(ContentMetrics {
            external_id: "1".to_owned(),
            reach: Some(-1),
            views: Some(0),
            completion_rate: Some(f32::NAN),
            extra: json!({"a\u{0}": ["b\u{0}"]}),
            ..ContentMetrics::default()
        });
        assert_eq!((reading.reach, reading.views, reading.completion_rate), (None, Some(0), None));
        assert_eq!(reading.extra, json!({"a": ["b"]}));
        assert_eq!(object(json!("text")), json!({}));
    }
}
