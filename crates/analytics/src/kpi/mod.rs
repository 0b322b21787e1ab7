//! What numbers mean: formulas, and the sums behind them.

mod model;
mod queries;

pub use model::{
    BadRange, Coverage, Kpi, KpiName, Metric, Mode, Numbers, PeriodSums, Range, Rate, RateBasis, Unit, change_percent,
    engagement,
};
pub(crate) use model::{Day, Rated, rate_of_set, total};
pub(crate) use queries::{AccountFacts, accounts, days, period_sums};
