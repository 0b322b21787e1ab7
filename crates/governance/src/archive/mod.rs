//! Rows past their time go into files, and only then out of the tables.
//!
//! One archive is one file: rows of one organization and table within one month, with a manifest beside it and a
//! row in `governance.archives`. Five steps, each complete in itself, so that a process may be killed between any
//! two of them and the next [`Archives::run`] goes on:
//!
//! 1. [`Archives::prepare`] writes a temporary file and syncs it. Left alone, it is swept away.
//! 2. [`Archives::record`] writes the row, not verified.
//! 3. [`Archives::place`] gives the file its name and puts the manifest beside it.
//! 4. [`Archives::verify`] reads the file back, counts and hashes. Only agreement sets `verified_at`.
//! 5. [`Archives::delete`] takes the rows out in one transaction, which is given up unless they are, one by one,
//!    those that were archived.

mod delete;
mod file;
mod model;
mod restore;
mod run;
mod store;
mod verify;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rookery_db::{Db, Error};
use rookery_kernel::{Clock, IdGen, Scope};
use tracing::instrument;
use uuid::Uuid;

pub use delete::Deleted;
pub use model::{Archive, ArchiveError, Column, Manifest};
pub use restore::Restored;
pub use run::Report;
pub use verify::Checked;
pub use write::{Month, Prepared};

/// The archives of an installation: its folder and its list.
#[derive(Debug, Clone)]
pub struct Archives {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    dir: PathBuf,
}

impl Archives {
    /// Archives in the folder `dir`, which is made when the first file is written.
    pub const fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn IdGen>, dir: PathBuf) -> Self {
        Self { db, clock, ids, dir }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All archives of an organization, by table and range.
    ///
    /// # Errors
    /// As the database says.
    #[instrument(skip_all, err)]
    pub async fn list(&self, scope: &Scope) -> Result<Vec<Archive>, Error> {
        let mut tx = self.db.org(scope).await?;
        let all = store::all(&mut tx).await?;
        tx.commit().await?;
        Ok(all)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], also for another organization's.
    pub async fn get(&self, scope: &Scope, id: Uuid) -> Result<Archive, ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        let found = store::one(&mut tx, id, false).await?;
        tx.commit().await?;
        found.ok_or(ArchiveError::NotFound(id))
    }
}
