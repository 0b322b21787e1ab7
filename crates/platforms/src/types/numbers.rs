//! Numbers of items and accounts, and how much of a quota is used.

use std::time::Duration;

use rookery_kernel::{Date, Timestamp};
use serde_json::Value;

use crate::error::CallError;

/// What a number covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// Everything up to the moment of reading.
    #[default]
    Lifetime,
    /// One day.
    Day,
}

impl Basis {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Lifetime => "lifetime",
            Self::Day => "day",
        }
    }
}

/// A field of an answer that did not hold what the network's documentation says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OddField {
    /// As the network calls it.
    pub name: String,
    /// What stood there.
    pub kind: OddKind,
}

/// What stood where a count belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OddKind {
    /// A count written as text; it was read.
    Text,
    /// No count at all; the number stays unknown.
    Unreadable,
}

/// The numbers of one item. `None` is "not reported", `Some(0)` is zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContentMetrics {
    /// The item's id at the network.
    pub external_id: String,
    /// People who saw it.
    pub reach: Option<i64>,
    /// Times it was shown.
    pub impressions: Option<i64>,
    /// Plays or media views.
    pub views: Option<i64>,
    /// Reactions of all kinds.
    pub reactions: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Shares, reposts and quotes.
    pub shares: Option<i64>,
    /// Clicks.
    pub clicks: Option<i64>,
    /// Saves.
    pub saves: Option<i64>,
    /// Time watched by all, in milliseconds.
    pub watch_time_ms: Option<i64>,
    /// Time watched per view, in milliseconds.
    pub avg_watch_time_ms: Option<i64>,
    /// Share of the video that was watched, 0 to 1.
    pub completion_rate: Option<f32>,
    /// Splits and other numbers; an object, or null if there are none.
    pub extra: Value,
    /// What the numbers cover.
    pub basis: Basis,
    /// Fields that held something else than a count.
    pub odd: Vec<OddField>,
}

/// The numbers of an account for one day, or as of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountMetrics {
    /// The day. With [`Basis::Lifetime`] the UTC day on which the numbers were read.
    pub date: Date,
    /// Followers at the end of the day.
    pub followers: Option<i64>,
    /// Followers won.
    pub followers_gained: Option<i64>,
    /// Followers lost.
    pub followers_lost: Option<i64>,
    /// People reached.
    pub reach: Option<i64>,
    /// Times shown.
    pub impressions: Option<i64>,
    /// Media views.
    pub views: Option<i64>,
    /// Reactions, comments, shares and clicks together.
    pub engagements: Option<i64>,
    /// Visits of the profile.
    pub profile_views: Option<i64>,
    /// Clicks on the profile's buttons.
    pub clicks: Option<i64>,
    /// Posts.
    pub posts_count: Option<i64>,
    /// Splits and other numbers; an object, or null if there are none.
    pub extra: Value,
    /// What the numbers cover.
    pub basis: Basis,
    /// Fields that held something else than a count.
    pub odd: Vec<OddField>,
}

impl AccountMetrics {
    /// A day about which nothing is known yet.
    pub fn empty(date: Date, basis: Basis) -> Self {
        Self {
            date,
            followers: None,
            followers_gained: None,
            followers_lost: None,
            reach: None,
            impressions: None,
            views: None,
            engagements: None,
            profile_views: None,
            clicks: None,
            posts_count: None,
            extra: Value::Null,
            basis,
            odd: Vec::new(),
        }
    }
}

/// One item of a batch failed; the others are untouched by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFailure {
    /// The item's id at the network.
    pub external_id: String,
    /// What happened.
    pub error: CallError,
}

/// The numbers of several items: each id asked for is either a row or a failure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricsBatch {
    /// What was read.
    pub rows: Vec<ContentMetrics>,
    /// What was not.
    pub failures: Vec<ItemFailure>,
    /// Metrics the network refused in this batch or a few days ago; each once.
    pub unsupported: Vec<String>,
}

/// How much of a quota is used, as the network's last answer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Percent used; 100 and more is blocked.
    pub percent: u32,
    /// When the quota comes back, counted from `seen_at`.
    pub regain: Option<Duration>,
    /// When the answer came.
    pub seen_at: Timestamp,
}

/// How fast to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// As usual.
    Full,
    /// At half the speed.
    Half,
    /// Only what people wait for.
    PublishingOnly,
    /// Not at all until the quota is back.
    Wait,
}

impl Usage {
    /// How fast to go on: half above 80 %, only publishing above 95 %, nothing at 100 %.
    pub const fn pace(&self) -> Pace {
        match self.percent {
            0..=80 => Pace::Full,
            81..=95 => Pace::Half,
            96..=99 => Pace::PublishingOnly,
            _ => Pace::Wait,
        }
    }
}
