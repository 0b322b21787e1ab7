//! What was read of a publication. Pure.

use rookery_kernel::Timestamp;
use rookery_publishing::numbers::{LatestNumbers, OnNetwork, next_reading};
use serde_json::{Map, Value};

use crate::daily::Reading;
use crate::kinds::Period;
use crate::kpi::Numbers;

/// One reading of one publication: totals since it came out.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub publication: OnNetwork,
    pub reading: Reading,
    pub read_at: Timestamp,
}

impl Taken {
    /// What the publication's row keeps of it.
    pub fn latest(&self) -> LatestNumbers {
        let r = &self.reading;
        let mut others = match &r.extra {
            Value::Object(extra) => extra.clone(),
            _ => Map::new(),
        };
        let named = [
            ("views", r.views),
            ("clicks", r.clicks),
            ("saves", r.saves),
            ("watchTimeMs", r.watch_time_ms),
            ("avgWatchTimeMs", r.avg_watch_time_ms),
        ];
        others.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
        LatestNumbers {
            publication_id: self.publication.publication_id,
            likes: r.reactions,
            comments: r.comments,
            shares: r.shares,
            impressions: r.impressions,
            reach: r.reach,
            others: Value::Object(others),
            read_at: self.read_at,
            next: next_reading(self.publication.published_at, self.read_at),
        }
    }
}

/// The newest numbers of a publication.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestReading {
    /// Totals since it came out.
    pub numbers: Numbers,
    /// When the network was asked last.
    pub as_of: Timestamp,
    /// When it is asked again; `None` is never, because it is old or gone.
    pub next: Option<Timestamp>,
}

/// A snapshot of a publication.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotPoint {
    /// The bucket's size.
    pub period: Period,
    /// The bucket's beginning, UTC.
    pub recorded_at: Timestamp,
    /// The moment from which the numbers stood so.
    pub period_end: Timestamp,
    /// Totals since the publication came out.
    pub numbers: Numbers,
    /// Engagement rate in percent, by the one definition (PUB-49).
    pub engagement_rate: Option<f64>,
}
