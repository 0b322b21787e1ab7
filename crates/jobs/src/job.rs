//! What a job is, what a run of it may answer, and what it is told.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use rookery_db::Db;
use rookery_kernel::{JobId, OrganizationId, Scope, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The queues that migrations create. Their numbers (concurrency, attempts, time limits) are
/// rows of `jobs.queues`.
pub mod queues {
    /// Texts from language models.
    pub const CONTENT_GENERATION: &str = "content-generation";
    /// Deliveries to networks. Has its own workers and its own database connections, so that
    /// no other work delays it.
    pub const PUBLISHING: &str = "publishing";
    /// Collecting metrics.
    pub const ANALYTICS: &str = "analytics";
    /// Strategies and weekly summaries.
    pub const STRATEGY_GENERATION: &str = "strategy-generation";
    /// Outgoing mail.
    pub const EMAIL: &str = "email";
    /// Everything the installation does for itself.
    pub const SYSTEM: &str = "system";
}

/// A piece of work that survives a restart: a struct of ids, never of secrets or content.
///
/// Jobs run **at least once**; a handler loads the state and stops if the work is done. Fields
/// are only ever added, with a default, because old rows are still read.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The handler's name, unique in the product.
    const KIND: &'static str;
    /// One of [`queues`].
    const QUEUE: &'static str;
    /// Runs before it is a dead letter; the queue's number if `None`.
    const ATTEMPTS_MAX: Option<i32> = None;
    /// Time for one run; the queue's number if `None`.
    const TIMEOUT: Option<Duration> = None;
    /// Order inside the queue, 1 = first; the queue's number if `None`.
    const PRIORITY: Option<i16> = None;

    /// Two waiting or running jobs of one queue never share a key; the second enqueue is told
    /// the first one's id.
    fn dedupe_key(&self) -> Option<String> {
        None
    }

    /// Order inside the queue where jobs of one kind differ (urgent mail).
    fn priority(&self) -> Option<i16> {
        Self::PRIORITY
    }
}

/// What a run answers when nothing went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done.
    Done,
    /// Did not work; the next try comes after this time instead of the usual delay. Counts as
    /// an attempt.
    RetryAfter(Duration, String),
    /// Not yet (a rate limit, an unfinished upload). The attempt is given back, so this may
    /// happen any number of times. A time less than a second ahead means in one second.
    SnoozeUntil(Timestamp),
    /// Nothing to do any more; the reason is kept.
    Discard(String),
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct JobError {
    /// A short stable word to group by.
    pub class: &'static str,
    /// One sentence for the operator, without secrets.
    pub message: String,
    /// Trying again cannot help: the job becomes a dead letter at once.
    pub permanent: bool,
}

/// Class of a run that ended early because the worker stops; see [`JobError::stopped`].
const STOPPED: &str = "stopped";

impl JobError {
    /// A failure that another try may cure.
    pub fn transient(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { class: "error", message: chain(error.into().as_ref()), permanent: false }
    }

    /// A failure that no other try cures.
    pub fn permanent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { class: "error", message: chain(error.into().as_ref()), permanent: true }
    }

    /// The answer of a handler that saw [`RunContext::stop`] and left at a safe place: the job
    /// is put back at once and the attempt is not counted.
    pub fn stopped() -> Self {
        Self { class: STOPPED, message: "the worker is stopping".into(), permanent: false }
    }

    /// The same error under another class.
    #[must_use]
    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.class == STOPPED
    }
}

impl From<rookery_db::Error> for JobError {
    fn from(error: rookery_db::Error) -> Self {
        Self::transient(error).class("database")
    }
}

/// The error and its causes in one line; causes that repeat what was said are left out.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// Where a job stands. Labels are those of the database enum `jobs.job_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "jobs.job_state", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a free worker.
    Queued,
    /// Waits for its time; costs a claim nothing.
    Scheduled,
    /// Leased to a worker.
    Running,
    /// Done.
    Succeeded,
    /// A dead letter: attempts used up or no hope. Kept, and can be retried by hand.
    Failed,
    /// Taken back by a person, or found to have nothing to do.
    Cancelled,
}

impl JobState {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing more will happen to it by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What a handler is told about its run.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The job.
    pub job_id: JobId,
    /// The tenant it is for; `None` for work of the installation.
    pub organization: Option<OrganizationId>,
    /// Which run this is, from 1.
    pub attempt: i32,
    /// Runs before it is a dead letter.
    pub attempts_max: i32,
    /// Ends when the handler should leave at the next safe place: the worker stops, the job was
    /// cancelled, or its lease was lost.
    pub stop: CancellationToken,
    /// The request that caused the job, if one did.
    pub request_id: Option<Uuid>,
    pub(crate) progress: Progress,
}

/// How a handler reports how far it is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) db: Db,
    pub(crate) clock: std::sync::Arc<dyn rookery_kernel::Clock>,
}

impl RunContext {
    /// The scope of the organization the job is for, acting as a worker.
    pub fn scope(&self) -> Option<Scope> {
        self.organization.map(|id| Scope { request_id: self.request_id, ..Scope::worker(id) })
    }

    /// Whether a failure now makes the job a dead letter.
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.attempts_max
    }

    /// Tells how far the run is: 0–100, and what it does now, for people who watch.
    ///
    /// # Errors
    /// The database's. A handler may ignore them: progress is a courtesy.
    pub async fn progress(&self, percent: u8, step: &str) -> Result<(), rookery_db::Error> {
        let now = self.progress.clock.now();
        sqlx::query!(
            "update jobs.jobs set progress = $3, result = jsonb_build_object('step', $4::text), updated_at = $5
             where id = $1 and state = 'running' and attempt = $2",
            self.job_id.uuid(),
            self.attempt,
            i16::from(percent.min(100)),
            step,
            now as _,
        )
        .execute(self.progress.db.worker_pool())
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not read the feed")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn an_error_brings_its_causes_along_once() {
        let error = JobError::transient(Outer(std::io::Error::other("connection reset")));
        assert_eq!(error.message, "could not read the feed: connection reset");
        assert!(!error.permanent && !error.is_stopped());
        assert_eq!(JobError::permanent("no such page").class("not_found").to_string(), "not_found: no such page");
    }
}
