//! The engine: claim, deliver, settle doubts, sweep. Driven by jobs, because the queue already is
//! the list of due work across organizations. Everything runs at least once and looks at the state
//! of the rows before it acts.

mod claim;
mod deliver;
mod follow_up;
mod jobs;
mod pace;
mod reconcile;
mod settle;
mod sweep;

use std::sync::Arc;

use rookery_accounts::{AccessError, AccountsError};
use rookery_jobs::JobError;
use rookery_kernel::PublicationId;

use crate::attempt::AttemptPhase;
use crate::house::HouseError;
use crate::publication::NotAllowed;

pub(crate) use deliver::draft;
pub use jobs::{PublishPublication, ReconcilePublication, SweepDue};
pub(crate) use settle::SEARCH_MARGIN;

/// Called right after a phase of an attempt is committed; see [`crate::Publishing::with_phase_hook`].
pub type PhaseHook = Arc<dyn Fn(AttemptPhase, PublicationId) + Send + Sync>;

/// A step of the engine could not be taken; the job is repeated and finds out where things stand.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
    /// The account could not be read or written.
    #[error("the account could not be read or written")]
    Accounts(#[from] AccountsError),
    /// The organization could not be read.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The account's token could not be read.
    #[error("the account's token could not be read")]
    Access(#[from] AccessError),
    /// A change outside the table of states was asked for: a mistake in this program.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The worker stops; the publication was given back.
    #[error("the worker stops")]
    Stopped,
}

impl From<EngineError> for JobError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Stopped => Self::stopped(),
            EngineError::Db(error) => error.into(),
            other => Self::transient(other).class("publishing"),
        }
    }
}
