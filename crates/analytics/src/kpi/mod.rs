//! What numbers mean: formulas, and the sums behind them.

/// The [`Numbers`] of a checked statement's row, which has them under their names.
macro_rules! numbers {
    ($row:expr) => {
        $crate::kpi::Numbers {
            reach: $row.reach,
            impressions: $row.impressions,
            views: $row.views,
            reactions: $row.reactions,
            comments: $row.comments,
            shares: $row.shares,
            clicks: $row.clicks,
            saves: $row.saves,
        }
    };
}

/// The [`Rated`] of a checked statement's row, which has its parts under the names of the rollups' columns.
macro_rules! rated {
    ($row:expr) => {
        $crate::kpi::Rated {
            engagement: $row.rated_engagement,
            by_reach: $row.rated_by_reach,
            by_views: $row.rated_by_views,
            by_impressions: $row.rated_by_impressions,
        }
    };
}

/// The [`PeriodSums`] of a checked statement's row.
macro_rules! period {
    ($row:expr) => {
        $crate::kpi::PeriodSums {
            posts: $row.posts,
            numbers: numbers!($row),
            watch_time_ms: $row.watch_time_ms,
            engagement: $row.engagement,
            rated: rated!($row),
        }
    };
}
pub(crate) use numbers;

mod coverage;
mod model;
mod queries;
mod usual_queries;

pub(crate) use coverage::{AccountFacts, Followers, Reporting, together};
pub use model::{
    BadRange, Coverage, Kpi, KpiName, Metric, Mode, Numbers, PeriodSums, Range, Rate, RateBasis, Unit, change_percent,
    engagement,
};
pub(crate) use model::{Day, Rated, total};
pub(crate) use queries::{accounts, days, period_sums, sums_beside};
pub(crate) use usual_queries::{
    HourOfWeek, UsualOrganization, accounts as accounts_of_usual, hours as hours_of_usual,
    organization as organization_of_usual,
};
