//! A reading of numbers, made fit for the database. Pure.

use rookery_kernel::{AccountId, Date};
use rookery_platforms::{AccountMetrics, Basis, ContentMetrics};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::kpi::Numbers;

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

/// One item's numbers of one day from elsewhere than a connector: an import, a test.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyReading {
    /// The account.
    pub account: AccountId,
    /// The item's id at the network; it has to be among the content.
    pub external_content_id: String,
    /// The day.
    pub date: Date,
    /// Total at the end of the day, or the day alone.
    pub basis: MetricBasis,
    /// What is known.
    pub numbers: Numbers,
}

impl From<DailyReading> for Reading {
    fn from(r: DailyReading) -> Self {
        let n = r.numbers;
        Self {
            external_id: r.external_content_id,
            reach: counter(n.reach),
            impressions: counter(n.impressions),
            views: counter(n.views),
            reactions: counter(n.reactions),
            comments: counter(n.comments),
            shares: counter(n.shares),
            clicks: counter(n.clicks),
            saves: counter(n.saves),
            watch_time_ms: None,
            avg_watch_time_ms: None,
            completion_rate: None,
            extra: object(Value::Null),
            basis: r.basis,
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

/// No network has counted that far; what is above is a fault of the answer, and would end the sums.
pub(crate) const COUNT_MAX: i64 = 1_000_000_000_000_000;

/// A count below zero or beyond all measure is no count; then nothing is known.
fn counter(value: Option<i64>) -> Option<i64> {
    value.filter(|n| (0..=COUNT_MAX).contains(n))
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
            impressions: Some(COUNT_MAX + 1),
            views: Some(0),
            completion_rate: Some(f32::NAN),
            extra: json!({"a\u{0}": ["b\u{0}"]}),
            ..ContentMetrics::default()
        });
        assert_eq!((reading.reach, reading.impressions, reading.views), (None, None, Some(0)));
        assert_eq!(reading.completion_rate, None);
        assert_eq!(reading.extra, json!({"a": ["b"]}));
        assert_eq!(object(json!("text")), json!({}));
    }
}
