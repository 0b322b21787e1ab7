//! Brings the tables up to date and back: one statement at a time, under one lock, each migration in its own
//! transaction, with a checksum so that a released migration cannot change unnoticed.

pub mod files;
mod run;
pub mod split;

use std::time::Duration;

use rookery_kernel::Timestamp;
use sqlx::postgres::PgConnectOptions;
use tracing::instrument;

pub use files::Migration;
pub use run::{Guards, Runner};

use crate::error::Error;

/// What keeps the migrations from running.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be asked.
    #[error("migrations could not be run")]
    Db(#[from] Error),
    /// A statement failed; its migration was taken back as a whole.
    #[error("{file}, line {line}: statement {number} failed: {statement}")]
    Statement {
        /// The file.
        file: String,
        /// Line of the statement in the file.
        line: usize,
        /// Which statement of the file, from 1.
        number: usize,
        /// Its beginning.
        statement: String,
        /// What the server said.
        #[source]
        source: sqlx::Error,
    },
    /// A migration that was run is not the one in this program.
    #[error("{file} was changed after it had been run here (checksum {recorded} then, {now} now)")]
    Changed {
        /// The file.
        file: String,
        /// When it ran.
        recorded: String,
        /// Today.
        now: String,
    },
    /// The database is ahead of this program.
    #[error("the database knows migration {version} ({name}), this program does not; start a newer one")]
    FromTheFuture {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration lies below one that has been run already.
    #[error("{file} has not been run, but the later migration {later} has")]
    OutOfOrder {
        /// The file that was skipped.
        file: String,
        /// The one after it.
        later: i64,
    },
    /// A migration without a way back.
    #[error("{file} does not exist: the migration cannot be taken back")]
    Irreversible {
        /// The missing file.
        file: String,
    },
    /// A file that is no migration.
    #[error("migration file {file} {problem}")]
    BadFile {
        /// The file.
        file: String,
        /// Why.
        problem: &'static str,
    },
    /// The login may not become the owner of the tables.
    #[error("the login may not become rookery_owner; prepare the database first")]
    NotTheOwner(#[source] sqlx::Error),
}

/// Progress, for a person who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Another process is migrating; waiting for its end.
    Waiting,
    /// A file begins.
    Started {
        /// The file.
        file: &'a str,
        /// Its number of statements.
        statements: usize,
    },
    /// Somebody held a table; the file is tried again.
    Retry {
        /// The file.
        file: &'a str,
        /// Which try failed, from 1.
        attempt: u32,
    },
    /// A file is done.
    Finished {
        /// The file.
        file: &'a str,
        /// How long it took.
        took: Duration,
    },
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// The last so many.
    Last(usize),
    /// To an empty database.
    All,
}

/// What was run, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files run.
    pub files: Vec<String>,
}

/// Where one migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// Run, waiting, …
    pub state: StandingState,
}

/// See [`Standing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingState {
    /// Has been run.
    Applied {
        /// When.
        at: Timestamp,
    },
    /// Waits.
    Pending,
    /// Has been run, but its file is another one now.
    Changed,
    /// Has been run by a newer program.
    Unknown,
}

/// What a run would send, for `--dry-run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The file.
    pub file: String,
    /// Its statements.
    pub statements: Vec<String>,
}

/// Receives progress.
pub type Progress<'a> = &'a mut (dyn FnMut(Event<'_>) + Send);

/// Runs what is missing.
///
/// # Errors
/// [`MigrateError`]; everything before the failed migration lasts.
#[instrument(skip_all, err(level = "debug"))]
pub async fn up(owner: &PgConnectOptions, progress: Progress<'_>) -> Result<Report, MigrateError> {
    Runner::new(files::embedded()?).up(owner, progress).await
}

/// Takes migrations back, the last first.
///
/// # Errors
/// [`MigrateError`]; everything before the failed migration lasts.
#[instrument(skip_all, err(level = "debug"))]
pub async fn down(owner: &PgConnectOptions, steps: Steps, progress: Progress<'_>) -> Result<Report, MigrateError> {
    Runner::new(files::embedded()?).down(owner, steps, progress).await
}

/// Where every migration stands, ours and those only the database knows.
///
/// # Errors
/// [`MigrateError::Db`] if the database cannot be asked.
pub async fn status(owner: &PgConnectOptions) -> Result<Vec<Standing>, MigrateError> {
    Runner::new(files::embedded()?).status(owner).await
}

/// What [`up`] would do now.
///
/// # Errors
/// As [`up`], without its effects.
pub async fn plan_up(owner: &PgConnectOptions) -> Result<Vec<Planned>, MigrateError> {
    Runner::new(files::embedded()?).plan_up(owner).await
}

/// What [`down`] would do now.
///
/// # Errors
/// As [`down`], without its effects.
pub async fn plan_down(owner: &PgConnectOptions, steps: Steps) -> Result<Vec<Planned>, MigrateError> {
    Runner::new(files::embedded()?).plan_down(owner, steps).await
}
