//! What operators see of a job.

use rookery_kernel::{JobId, OrganizationId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::job::JobState;

/// Which jobs to list; `None` means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One organization's.
    pub organization: Option<OrganizationId>,
    /// One queue's.
    pub queue: Option<String>,
    /// In one state.
    pub state: Option<JobState>,
    /// Of one kind.
    pub kind: Option<String>,
}

/// A job as operators see it.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its handler's name.
    pub kind: String,
    /// The tenant it is for.
    pub organization: Option<OrganizationId>,
    /// Where it stands.
    pub state: JobState,
    /// 1 = first.
    pub priority: i16,
    /// Runs so far.
    pub attempt: i32,
    /// Runs before it is a dead letter.
    pub attempts_max: i32,
    /// 0–100.
    pub progress: i16,
    /// What it does now, as its handler says.
    pub step: Option<String>,
    /// Its arguments: ids only.
    pub payload: Value,
    /// When it is or was due.
    pub run_at: Timestamp,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its last run began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The group of its last error.
    pub error_class: Option<String>,
    /// Its last error in a sentence.
    pub error_message: Option<String>,
}

/// One run of a job.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Which, from 1; a released run's number comes again.
    pub attempt: i32,
    /// Who ran it.
    pub worker: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// `succeeded`, `failed`, `lost` or `released`.
    pub outcome: Option<String>,
    /// The group of the error.
    pub error_class: Option<String>,
    /// The error in a sentence.
    pub error_message: Option<String>,
}

/// A job with everything known about it.
#[derive(Debug, Clone)]
pub struct JobDetail {
    /// The job.
    pub job: JobRow,
    /// At most one live job has it.
    pub dedupe_key: Option<String>,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_expires_at: Option<Timestamp>,
    /// The request that caused it.
    pub request_id: Option<Uuid>,
    /// Its runs, oldest first.
    pub runs: Vec<RunRow>,
}
