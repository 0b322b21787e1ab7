//! The diary of collecting: runs, failures, and asking for a run again.

mod model;
mod oddity;
mod ops;
mod store;

pub use model::{FailureFilter, IngestErrorType, IngestFailure, IngestKind, IngestRun, IngestStatus, IngestTrigger};
pub(crate) use model::{Tally, narrow};
pub(crate) use oddity::Reported;
pub use oddity::{Oddities, Oddity};
pub use ops::{Backfill, RequestError};
pub(crate) use store::{
    NewFailure, NewRun, close, close_abandoned, forget_failures, insert_failures, is_running, open, progress,
    promise_retry, reopen, usual_numbers,
};
