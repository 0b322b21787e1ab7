//! Step 4: a file is worth its rows only after it was read back.

use std::path::PathBuf;

use rookery_kernel::Scope;
use tracing::instrument;
use uuid::Uuid;

use super::file;
use super::model::{Archive, ArchiveError};
use super::{Archives, store};
use crate::retention::Format;

/// An archive whose file was looked at.
#[derive(Debug)]
pub struct Checked {
    /// The archive.
    pub archive: Archive,
    /// What is wrong with its file.
    pub problem: Option<ArchiveError>,
}

impl Archives {
    /// Step 4: hashes the file, reads it back, counts its rows; if all agrees, sets `verified_at`.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] if the file is not what was recorded; `verified_at` stays as it is.
    #[instrument(skip_all, fields(archive = %id), err(level = "debug"))]
    pub async fn verify(&self, scope: &Scope, id: Uuid) -> Result<Archive, ArchiveError> {
        let archive = self.get(scope, id).await?;
        self.check_file(&archive).await?;
        let mut tx = self.db.org(scope).await?;
        store::set_verified(&mut tx, id, self.clock.now()).await?;
        let verified = store::one(&mut tx, id, false).await?;
        tx.commit().await?;
        verified.ok_or(ArchiveError::NotFound(id))
    }

    /// Looks at every file that rows depend on; changes nothing.
    ///
    /// # Errors
    /// As the database says; what is wrong with a file stands in its [`Checked::problem`].
    #[instrument(skip_all, err)]
    pub async fn check(&self, scope: &Scope) -> Result<Vec<Checked>, ArchiveError> {
        let mut all = Vec::new();
        for archive in self.list(scope).await?.into_iter().filter(|archive| archive.superseded_at.is_none()) {
            let problem = self.check_file(&archive).await.err();
            all.push(Checked { archive, problem });
        }
        Ok(all)
    }

    /// Hash and count of the file against the row.
    pub(super) async fn check_file(&self, archive: &Archive) -> Result<PathBuf, ArchiveError> {
        let path = self.checked_path(archive).await?;
        let (expected, label) = (archive.row_count, archive.format.clone());
        file::blocking(move || {
            let format = Format::from_label(&label)
                .ok_or_else(|| file::damaged(&path, format!("{label:?} is no format of this program")))?;
            let rows = file::count(&path, format)?;
            if rows == expected {
                Ok(path)
            } else {
                Err(file::damaged(&path, format!("it holds {rows} rows, recorded are {expected}")))
            }
        })
        .await
    }

    /// The path of a file whose hash is the recorded one.
    pub(super) async fn checked_path(&self, archive: &Archive) -> Result<PathBuf, ArchiveError> {
        let path = file::path_of(&self.dir, &archive.location)?;
        let expected = archive.sha256.clone();
        file::blocking(move || {
            file::check_hash(&path, &expected)?;
            Ok(path)
        })
        .await
    }
}
