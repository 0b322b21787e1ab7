//! Collecting: one account, one day, four steps — what is there, its tags, its numbers, the account's numbers.

mod account;
mod backfill;
mod content;
mod day;
mod failure;
mod jobs;
mod metrics;
mod plan;
mod report;
mod session;
mod snapshot_jobs;
mod snapshots;
mod tagging;

pub use backfill::BackfillProgress;
pub use jobs::{BackfillIntegration, IngestIntegration, PlanDailyIngest};
pub use plan::next_night;
pub use report::{RunReport, StepReport, Verdict};
pub use snapshot_jobs::{PlanBestTimes, PlanSnapshots, SnapshotPublications};

use rookery_accounts::AccountsError;
use rookery_kernel::{AccountId, Date, Platform};

/// Collecting could not be begun or went no further. What the *network* answered is no such
/// error: it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The account is not tracked, or not any more.
    #[error("the account {0} is not tracked")]
    NotTracked(AccountId),
    /// The day has not begun.
    #[error("{0} has not begun yet")]
    FutureDate(Date),
    /// The range ends before it begins.
    #[error("the range from {from} to {to} has no days")]
    EmptyRange {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// No connector for this network in this build.
    #[error("Rookery cannot talk to {} yet", .0.name())]
    NoConnector(Platform),
    /// The account's row could not be read or written.
    #[error("the account could not be used")]
    Account(#[source] AccountsError),
    /// The worker stops; what was collected is stored.
    #[error("the worker is stopping")]
    Stopped,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl From<AccountsError> for IngestError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Db(error) => Self::Db(error),
            other => Self::Account(other),
        }
    }
}
