//! What deserves attention: figures that fell and content that spreads.
//!
//! The formulas are pure and stand in `alert` and `trend`; `store` brings the figures of all accounts and groups in one
//! statement and writes what was found in another, `trend_queries` reads tags; `ops` is what jobs, pages and the API call.

mod alert;
mod ops;
mod store;
mod trend;
mod trend_queries;

pub use alert::{
    AlertDirection, AlertKind, AlertMetric, AlertRule, AlertScope, BadRule, Change, RULES_MAX, Reading, Severity,
    Verdict, judge_drop, judge_spike,
};
pub use ops::{Alert, AlertCursor, AlertError, AlertPage, AlertsRaised};
pub use trend::{Mentions, Speed, TRENDS_MAX, Trend, TrendDirection, TrendPost, TrendWindow, Trends, is_listed, speed};
