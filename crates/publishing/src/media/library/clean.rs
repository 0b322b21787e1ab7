//! Cleaning up: uploads that nobody went on with, files that were put away and that no post uses.

use std::time::Duration;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Outcome, queues};
use rookery_kernel::Scope;
use serde::{Deserialize, Serialize};

use super::{MediaError, MediaLibrary, folder_of, queries};

/// The bytes of a file that was put away stay this long (PUB-27).
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Removes what has had its time, in all organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanMedia {}

impl Job for CleanMedia {
    const KIND: &'static str = "publishing.clean_media";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some("clean_media".to_owned())
    }
}

impl MediaLibrary {
    pub(super) async fn run_clean(&self, identity: &Identity) -> Result<Outcome, JobError> {
        let (mut uploads, mut files) = (0, 0);
        for organization in identity.organization_ids().await? {
            // One organization that fails does not stop the others; the next night tries again.
            match self.clean(&Scope::worker(organization)).await {
                Ok((some_uploads, some_files)) => (uploads, files) = (uploads + some_uploads, files + some_files),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %organization, "media could not be cleaned up");
                }
            }
        }
        tracing::info!(uploads, files, "removed media that had their time");
        Ok(Outcome::Done)
    }

    /// Removes what has had its time in one organization: how many uploads, how many files.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn clean(&self, scope: &Scope) -> Result<(usize, usize), MediaError> {
        let now = self.clock.now();
        let mut tx = self.org(scope).await?;
        let uploads = queries::expired_uploads(&mut tx, now).await?;
        let files = queries::orphans(&mut tx, now - KEPT).await?;
        drop(tx);
        for id in &uploads {
            self.forget_upload(scope, *id).await?;
        }
        let mut removed = 0;
        for (id, key) in files {
            // The row first: a file without a row is waste, a row without a file is a lie.
            let mut tx = self.org(scope).await?;
            if queries::forget(&mut tx, id, now - KEPT).await? {
                tx.commit().await?;
                self.storage.delete(&key).await?;
                self.storage.delete_below(folder_of(&key)).await?;
                removed += 1;
            }
        }
        Ok((uploads.len(), removed))
    }
}
