//! What a run brought, and what is to be done next. Pure.

use rookery_kernel::{AccountId, Date, RunId, Timestamp};
use rookery_platforms::{CallError, ErrorType};

use crate::run::{IngestKind, IngestStatus, Oddities, Tally};

/// What to do after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing more.
    Done,
    /// Try again after the usual pause; what was collected is kept and not asked for again.
    Retry {
        /// The failure's type.
        kind: ErrorType,
        /// What happened.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// The network asks us to wait until then. No try is used up.
    WaitUntil(Timestamp),
    /// Trying again does not help until a person acts, or the next day comes.
    GiveUp {
        /// The failure's type.
        kind: ErrorType,
        /// What happened.
        reason: String,
        /// An operator must look: the failure is ours, not the account's.
        alarm: bool,
    },
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// Its row in the diary.
    pub run_id: RunId,
    /// Which step.
    pub kind: IngestKind,
    /// How it ended.
    pub status: IngestStatus,
    /// Items in scope.
    pub items_total: usize,
    /// Items read.
    pub items_ok: usize,
    /// Items that failed.
    pub items_failed: usize,
    /// Rows that were new or changed.
    pub rows_written: u64,
    /// Calls of the connector.
    pub api_calls: usize,
    /// What arrived otherwise than it should and failed nothing.
    pub odd: Oddities,
    /// What ended the step early, or the weightiest failure of an item in it.
    pub error: Option<CallError>,
    /// The failure concerns the account or the listing as a whole and ended the step.
    pub ended_early: bool,
}

impl StepReport {
    pub(super) fn new(
        run_id: RunId,
        kind: IngestKind,
        status: IngestStatus,
        tally: &Tally,
        error: Option<CallError>,
    ) -> Self {
        Self {
            run_id,
            kind,
            status,
            items_total: tally.total,
            items_ok: tally.ok,
            items_failed: tally.failed,
            rows_written: tally.written,
            api_calls: tally.api_calls,
            odd: Oddities::default(),
            error,
            ended_early: false,
        }
    }
}

/// One account's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    /// The account.
    pub integration_id: AccountId,
    /// The day asked for.
    pub date: Date,
    /// The day that lifetime totals were stored under: the day asked for, or yesterday if that
    /// day is older.
    pub snapshot_date: Date,
    /// The steps in order; none if the account has to wait.
    pub steps: Vec<StepReport>,
    /// What to do next.
    pub verdict: Verdict,
}

impl RunReport {
    /// All steps together: success if all succeeded, failed if none brought anything.
    pub fn status(&self) -> IngestStatus {
        let all = |status| self.steps.iter().all(|step| step.status == status);
        if self.steps.is_empty() {
            IngestStatus::Skipped
        } else if all(IngestStatus::Success) {
            IngestStatus::Success
        } else if self.steps.iter().all(|s| matches!(s.status, IngestStatus::Failed | IngestStatus::Skipped)) {
            IngestStatus::Failed
        } else {
            IngestStatus::Partial
        }
    }

    /// Rows that were new or changed, in all steps.
    pub fn rows_written(&self) -> u64 {
        self.steps.iter().map(|step| step.rows_written).sum()
    }

    /// The step of a kind.
    pub fn step(&self, kind: IngestKind) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.kind == kind)
    }
}
