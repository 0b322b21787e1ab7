//! Reading snapshots.

use rookery_kernel::{PublicationId, Scope};

use super::model::{LatestReading, SnapshotPoint};
use super::store;
use crate::kinds::Period;
use crate::{Analytics, ReadError};

impl Analytics {
    /// The newest numbers of a publication; `None` before its first reading.
    ///
    /// # Errors
    /// The database's.
    pub async fn latest_reading(
        &self,
        scope: &Scope,
        publication: PublicationId,
    ) -> Result<Option<LatestReading>, ReadError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::latest(&mut tx, publication).await?)
    }

    /// The newest snapshots of a publication in buckets of one size, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn publication_snapshots(
        &self,
        scope: &Scope,
        publication: PublicationId,
        period: Period,
        limit: u16,
    ) -> Result<Vec<SnapshotPoint>, ReadError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::of_publication(&mut tx, publication, period, i64::from(limit)).await?)
    }
}
