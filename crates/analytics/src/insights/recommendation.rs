//! What a brief recommends, and what became of it. Pure; the rules stand in `advice`.

use std::collections::BTreeMap;

use rookery_kernel::{AccountId, ContentId, Date, PostId, Timestamp, UserId, labelled};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::brief::InsightFilter;
use crate::content::ContentFormat;

/// Longest reason for a dismissal, in characters; the column's length.
pub const DISMISS_REASON_MAX: usize = 200;

labelled! {
    /// The rule that a recommendation follows from.
    RecommendationKind, "text", "kind of recommendation" {
        /// The topic that rises most.
        Trend = "trend",
        /// The next good hour of the day.
        Timing = "timing",
        /// The format that is a percentage point or more ahead.
        Format = "format",
        /// The best post of the last seven days, to build on.
        Template = "template",
    }
}

labelled! {
    /// How much a recommendation matters.
    Priority, "text", "priority" {
        /// Look at it first.
        High = "high",
        /// Worth doing today.
        Medium = "medium",
        /// If there is time.
        Low = "low",
    }
}

labelled! {
    /// What became of a recommendation. The database keeps the first three; that time is up is seen when one is read.
    RecommendationStatus, "text", "state of a recommendation" {
        /// Nobody has decided, and there is still time.
        Open = "open",
        /// It became a draft.
        Accepted = "accepted",
        /// Somebody decided against it.
        Dismissed = "dismissed",
        /// Nobody decided, and its day or hour is past or its numbers went.
        Expired = "expired",
    }
}

/// The numbers behind a recommendation, and what they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Numbers by name; rates are ratios.
    pub numbers: BTreeMap<String, f64>,
    /// First of their days.
    pub from: Date,
    /// Last of their days.
    pub to: Date,
    /// The tag that they are of.
    pub tag_id: Option<Uuid>,
    /// Content behind them.
    pub content_ids: Vec<ContentId>,
}

/// What the draft of a recommendation begins with; what does not follow from the numbers is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// The text to go on from.
    pub text: String,
    /// The account.
    pub integration_id: Option<AccountId>,
    /// The time.
    pub at: Option<Timestamp>,
    /// The format.
    pub format: Option<ContentFormat>,
}

/// What became of the posts of a recommendation's draft, by their newest numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecommendationResult {
    /// Accounts on which it came out and was seen again.
    pub items: i64,
    /// Sum of their reach; `None` is unknown.
    pub reach: Option<i64>,
    /// Sum of their engagement.
    pub engagement: Option<i64>,
}

/// Something worth doing, with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Its id.
    pub id: Uuid,
    /// The day of its brief.
    pub date: Date,
    /// What its brief is about.
    pub filter: InsightFilter,
    /// The rule that it follows from.
    pub kind: RecommendationKind,
    /// How much it matters.
    pub priority: Priority,
    /// What to do, in one line.
    pub title: String,
    /// Why, with the numbers.
    pub reason: String,
    /// The numbers, and what they come from.
    pub evidence: Evidence,
    /// What its draft begins with.
    pub action: Suggestion,
    /// What became of it.
    pub status: RecommendationStatus,
    /// Why it was dismissed, if somebody said so.
    pub dismiss_reason: Option<String>,
    /// Who accepted or dismissed it.
    pub acted_by: Option<UserId>,
    /// When.
    pub acted_at: Option<Timestamp>,
    /// The draft that it became. It may have been deleted since.
    pub post_id: Option<PostId>,
    /// From when on it is no longer worth doing.
    pub expires_at: Timestamp,
    /// When it was first made.
    pub created_at: Timestamp,
    /// What the post reached; `None`: nothing was seen of it yet.
    pub result: Option<RecommendationResult>,
}

/// A recommendation to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposal {
    pub kind: RecommendationKind,
    pub priority: Priority,
    /// What it is about: the same subject of the same kind is recommended once a day.
    pub subject: String,
    pub title: String,
    pub reason: String,
    pub evidence: Evidence,
    pub action: Suggestion,
    pub expires_at: Timestamp,
}
