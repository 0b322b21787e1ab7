//! One step of collecting one account's day, and what failed in it. Pure.

use rookery_kernel::{AccountId, Date, RunId, Timestamp};
use rookery_platforms::ErrorType;
use serde::{Deserialize, Serialize};

use super::oddity::Oddities;

macro_rules! labelled {
    ($(#[$doc:meta])* $name:ident, $sql:literal { $($(#[$variant_doc:meta])* $variant:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(rename_all = "snake_case")]
        #[sqlx(type_name = $sql, rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The stored label.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.label())
            }
        }
    };
}

labelled! {
    /// Which step.
    IngestKind, "analytics.ingest_kind" {
        /// Listing what is on the account.
        Content = "content",
        /// Reading the items' numbers.
        Metrics = "metrics",
        /// Reading the account's own numbers.
        Account = "account",
        /// Tagging new items.
        Tagging = "tagging",
        /// Adding up.
        Rollup = "rollup",
        /// Reading the numbers of our publications between the nights; one row for an account and day, about its last look.
        Snapshots = "snapshots",
    }
}

labelled! {
    /// Why it ran.
    IngestTrigger, "analytics.ingest_trigger" {
        /// The timetable.
        Schedule = "schedule",
        /// A range of old days.
        Backfill = "backfill",
        /// A person asked.
        Manual = "manual",
        /// A person asked for a failed run again.
        Retry = "retry",
    }
}

labelled! {
    /// How it stands.
    IngestStatus, "analytics.ingest_status" {
        /// Waits.
        Queued = "queued",
        /// Runs.
        Running = "running",
        /// Brought everything there is.
        Success = "success",
        /// Brought a part.
        Partial = "partial",
        /// Brought nothing.
        Failed = "failed",
        /// Was not tried, because an earlier step ended the run.
        Skipped = "skipped",
    }
}

labelled! {
    /// What kind of failure; the same words as [`ErrorType`].
    IngestErrorType, "analytics.ingest_error_type" {
        /// Network trouble, 5xx, "try again".
        Transient = "transient",
        /// A quota is used up.
        RateLimit = "rate_limit",
        /// The token ended or was withdrawn.
        TokenExpired = "token_expired",
        /// A right or a role is missing.
        Permission = "permission",
        /// The item is gone.
        NotFound = "not_found",
        /// The network does not know the metric for this item.
        MetricUnsupported = "metric_unsupported",
        /// Our request was wrong.
        BadRequest = "bad_request",
        /// The account is blocked for a time.
        PolicyBlock = "policy_block",
        /// Anything else.
        Unknown = "unknown",
    }
}

impl From<ErrorType> for IngestErrorType {
    fn from(kind: ErrorType) -> Self {
        match kind {
            ErrorType::Transient => Self::Transient,
            ErrorType::RateLimit => Self::RateLimit,
            ErrorType::TokenExpired => Self::TokenExpired,
            ErrorType::Permission => Self::Permission,
            ErrorType::NotFound => Self::NotFound,
            ErrorType::MetricUnsupported => Self::MetricUnsupported,
            ErrorType::BadRequest => Self::BadRequest,
            ErrorType::PolicyBlock => Self::PolicyBlock,
            ErrorType::Unknown => Self::Unknown,
        }
    }
}

/// One step of collecting one account's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestRun {
    /// Its id.
    pub id: RunId,
    /// The account; `None` for work of the whole organization.
    pub integration_id: Option<AccountId>,
    /// Which step.
    pub kind: IngestKind,
    /// The day.
    pub date: Date,
    /// Why it ran.
    pub trigger: IngestTrigger,
    /// How it stands.
    pub status: IngestStatus,
    /// Which try, from 1.
    pub attempt: i32,
    /// Items in scope.
    pub items_total: i32,
    /// Items read.
    pub items_ok: i32,
    /// Items that failed.
    pub items_failed: i32,
    /// Calls of a connector.
    pub api_calls: i32,
    /// What ended it.
    pub error_type: Option<IngestErrorType>,
    /// What arrived otherwise than it should and failed nothing.
    pub oddities: Oddities,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// A failure of collecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestFailure {
    /// Order of writing.
    pub id: i64,
    /// The run.
    pub run_id: RunId,
    /// The account.
    pub integration_id: AccountId,
    /// The item, if it concerns one.
    pub external_content_id: Option<String>,
    /// The day.
    pub date: Date,
    /// What kind.
    pub error_type: IngestErrorType,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<i32>,
    /// The network's own code.
    pub platform_code: Option<String>,
    /// Its finer code.
    pub platform_subcode: Option<String>,
    /// The network's name for the request.
    pub trace_id: Option<String>,
    /// In words, without secrets.
    pub message: String,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Which failures to list; `None` is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureFilter {
    /// Of one account.
    pub integration_id: Option<AccountId>,
    /// Of one day.
    pub date: Option<Date>,
    /// Of one run.
    pub run_id: Option<RunId>,
}

/// What a step has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Items in scope.
    pub total: usize,
    /// Items read.
    pub ok: usize,
    /// Items that failed.
    pub failed: usize,
    /// Of the failed ones, those that no other try would bring: gone, or without such numbers.
    pub hopeless: usize,
    /// Rows that were new or changed.
    pub written: u64,
    /// Calls of the connector.
    pub api_calls: usize,
}

impl Tally {
    /// How the step ended, given what cut it short.
    pub fn status(&self, cut_short: bool) -> IngestStatus {
        match (cut_short, self.failed > self.hopeless) {
            (false, false) => IngestStatus::Success,
            (true, _) if self.ok == 0 => IngestStatus::Failed,
            (false, true) if self.ok == 0 && self.hopeless == 0 => IngestStatus::Failed,
            _ => IngestStatus::Partial,
        }
    }
}

/// Counters in the diary are 32 bits wide.
pub(crate) fn narrow(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_connectors() {
        for kind in ErrorType::ALL {
            assert_eq!(IngestErrorType::from(kind).label(), kind.label());
        }
    }

    #[test]
    fn an_item_that_is_gone_does_not_spoil_the_run() {
        let tally = Tally { total: 3, ok: 2, failed: 1, hopeless: 1, ..Tally::default() };
        assert_eq!(tally.status(false), IngestStatus::Success);
        assert_eq!(Tally { hopeless: 0, ..tally }.status(false), IngestStatus::Partial);
        assert_eq!(Tally { hopeless: 0, ..tally }.status(true), IngestStatus::Partial);
        assert_eq!(Tally { ok: 0, failed: 3, hopeless: 0, ..tally }.status(false), IngestStatus::Failed);
        assert_eq!(Tally { ok: 0, failed: 0, hopeless: 0, ..tally }.status(true), IngestStatus::Failed);
        assert_eq!(Tally::default().status(false), IngestStatus::Success);
    }
}
