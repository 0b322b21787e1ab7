//! Step 5: the rows leave their table, if they are those in the file.

use rookery_kernel::Scope;
use serde_json::json;
use std::time::Duration;
use tracing::instrument;
use uuid::Uuid;

use super::model::{Archive, ArchiveError};
use super::{Archives, store};
use crate::audit::{self, Entry};
use crate::retention::{self, Due, Rule};

/// What became of archived rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Rows deleted.
    pub rows: i64,
    /// Rows reduced to tombstones.
    pub tombstones: i64,
}

/// A day of retention has 24 hours.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The first moment that is still kept; `None` while the rows are held or kept for ever.
pub(super) fn cutoff(due: &Due, now: rookery_kernel::Timestamp) -> Option<rookery_kernel::Timestamp> {
    match (due.keep_days, &due.hold_reason) {
        (Some(days), None) => Some(now - DAY * days.unsigned_abs()),
        _ => None,
    }
}

impl Archives {
    /// Step 5: in one transaction locks the rows of the archive's range, deletes or reduces them, compares count
    /// and digest of what was taken with the manifest, and sets `dropped_at`. Anything else than agreement
    /// takes everything back. The file is hashed once more before.
    ///
    /// # Errors
    /// [`ArchiveError::NotVerified`], [`ArchiveError::Damaged`], [`ArchiveError::Changed`], [`ArchiveError::Held`],
    /// [`ArchiveError::Kept`], [`ArchiveError::Finished`].
    #[instrument(skip_all, fields(archive = %id))]
    pub async fn delete(&self, scope: &Scope, id: Uuid) -> Result<Deleted, ArchiveError> {
        let archive = self.get(scope, id).await?;
        let rule = deletable(&archive)?;
        self.checked_path(&archive).await?;

        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::settle(tx.conn()).await?;
        // Another process may have been faster.
        let archive = store::one(&mut tx, id, true).await?.ok_or(ArchiveError::NotFound(id))?;
        deletable(&archive)?;
        let policies = retention::store::policies(&mut tx).await?;
        let due = retention::in_force(rule, &policies);
        if cutoff(&due, now).is_none_or(|cutoff| archive.range_end > cutoff) {
            return Err(ArchiveError::Held(archive.source_table));
        }
        store::lock_rows(&mut tx, rule, &archive).await?;
        let taken = store::take_rows(&mut tx, rule, &archive, now).await?;
        let all_taken = taken.deleted + taken.tombstones == taken.found;
        if taken.found != archive.row_count || taken.digest != archive.manifest.rows_sha256 || !all_taken {
            tx.rollback().await;
            return Err(ArchiveError::Changed { archive: id, table: archive.source_table });
        }
        store::set_dropped(&mut tx, id, now).await?;
        let changes = json!({
            "archive": id, "range_start": archive.range_start, "range_end": archive.range_end,
            "deleted": taken.deleted, "tombstones": taken.tombstones,
        });
        let entry =
            Entry { action: "archive", resource: &archive.source_table, resource_id: Some(id.to_string()), changes };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        Ok(Deleted { rows: taken.deleted, tombstones: taken.tombstones })
    }
}

/// The rule of an archive whose rows may be deleted.
fn deletable(archive: &Archive) -> Result<&'static Rule, ArchiveError> {
    if archive.dropped_at.is_some() || archive.superseded_at.is_some() {
        return Err(ArchiveError::Finished(archive.id));
    }
    let rule = Rule::of(&archive.source_table).filter(|rule| rule.leaves);
    let rule = rule.ok_or_else(|| ArchiveError::Kept(archive.source_table.clone()))?;
    if archive.verified_at.is_none() {
        return Err(ArchiveError::NotVerified(archive.id));
    }
    Ok(rule)
}
