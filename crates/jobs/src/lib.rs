//! The durable queue and the timetable, in PostgreSQL.
//!
//! - A [`Job`] is a struct of ids. [`Jobs`] adds it **in the caller's transaction**: it exists if
//!   and only if the change it is about does. A dedupe key lets at most one live job per queue
//!   and key exist; the second enqueue is told the first one's id.
//! - A [`Worker`] has one lane per queue with its own concurrency; publishing's lane also has
//!   its own database connections. A lane claims in batches under a lease, with the attempt
//!   counted at the claim, and a heartbeat renews the leases while handlers run.
//! - A [`Registry`] says which handler runs which kind, and holds the [`TimetableEntry`]s.
//! - Jobs run **at least once**. A failed run waits persisted in the row, twice as long each time;
//!   a job out of attempts is a dead letter that is kept and can be retried; a job that takes its
//!   worker down twice in a row is a dead letter too, as `stalled`.
//! - A future job is `scheduled`, a state that claims never look at.
//! - Notifications only wake ([`Jobs::wake`], after the commit); polling is the truth.
//! - All times are the injected clock's, bound as parameters: with a `FixedClock` and
//!   [`Worker::run_until_idle`] a test runs a week of jobs without sleeping.
//!
//! ```text
//!            enqueue_at            claim             Done, Discard
//!  ───────▶ scheduled ──promoter──▶ queued ─────▶ running ─────────▶ succeeded, cancelled
//!               ▲                     ▲              │ │ │
//!               └──── backoff, snooze ┼──────────────┘ │ └─ attempts used up, permanent ─▶ failed ─retry─▶ queued
//!                                     └── lost lease, released at a stop
//! ```
//!
//! The crate knows neither what the jobs do nor the audit log: who lets a person pause a queue
//! records that.

// The checked queries name our types by their full path; see sqlx.toml.
extern crate self as rookery_jobs;

pub mod admin;
mod backoff;
pub mod bench;
mod caretakers;
mod claim;
mod ending;
mod enqueue;
mod job;
mod lane;
mod notify;
mod registry;
mod run;
mod settings;
mod timetable;
mod worker;

pub use backoff::backoff;
pub use caretakers::{Cleaned, clean};
pub use enqueue::{Enqueued, Jobs, PAYLOAD_BYTES_MAX};
pub use job::{Job, JobError, JobState, Outcome, RunContext, queues};
pub use registry::Registry;
pub use timetable::TimetableEntry;
pub use worker::{Pulse, StopReport, Worker, WorkerConfig};
