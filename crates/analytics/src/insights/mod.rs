//! What deserves attention: figures that fell, content that spreads, topics that rise, and what follows for today.
//!
//! The formulas are pure and stand in `alert`, `trend` and `advice`; `brief` and `recommendation` say what a morning's brief
//! holds. `store`, `trend_queries` and `brief_store` are the statements, one for all accounts and groups where alerts are
//! raised; `ops` and `brief_ops` are what jobs, pages and the API call.

mod advice;
mod alert;
mod brief;
mod brief_ops;
mod brief_store;
mod ops;
mod recommendation;
mod store;
mod trend;
mod trend_queries;

use rookery_kernel::text::grouped;

pub use alert::{
    AlertDirection, AlertKind, AlertMetric, AlertRule, AlertScope, BadRule, Change, ClosedBecause, RULES_MAX, Reading,
    Severity, Verdict, judge_drop, judge_spike,
};
pub use brief::{BriefFigure, BriefHours, BriefParts, Completeness, DailyBrief, InsightFilter, MissingAccount};
pub use brief_ops::{BriefError, RecommendationError};
pub use ops::{Alert, AlertCursor, AlertError, AlertFilter, AlertPage, AlertsRaised};
pub use recommendation::{
    DISMISS_REASON_MAX, Evidence, Priority, Recommendation, RecommendationKind, RecommendationResult,
    RecommendationStatus, Suggestion,
};
pub(crate) use store::zone;
pub use trend::{
    Mentions, Speed, TRENDS_MAX, Trend, TrendDirection, TrendPost, TrendQuestion, TrendWindow, Trends, is_listed, speed,
};

/// A figure within a sentence: whole, with commas between thousands.
#[expect(clippy::cast_possible_truncation, reason = "counters are far below 2^53")]
fn figure(value: f64) -> String {
    grouped(value.round() as i64)
}
