//! Tagging: reads items, computes, writes the difference.

use std::time::Duration;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, Scope};
use uuid::Uuid;

use super::tagger::{AutoTag, Parts, Tagger, Wishes};
use super::tagging_store::{self, Row, Written};
use crate::{Analytics, rollup};

/// Items of one batch of an account's new content (spec: at most 100).
const BATCH: i64 = 100;
/// A change that was stamped before the last tagging began may have been committed after it looked.
const LATE: Duration = Duration::from_secs(3600);

/// The organization's wishes, compiled; compiled again only when they changed.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    wishes: Wishes,
    tagger: Tagger,
}

impl Prepared {
    /// Reads the wishes. Call it under the lock of tagging.
    pub async fn refresh(&mut self, tx: &mut OrgTx) -> Result<&Tagger, Error> {
        let wishes = tagging_store::wishes(tx).await?;
        if wishes != self.wishes {
            self.tagger = Tagger::new(&wishes);
            self.wishes = wishes;
        }
        Ok(&self.tagger)
    }
}

impl Analytics {
    /// Tags what is new or changed on an account since it was last tagged, batch by batch, until `stop` says so. `tell`
    /// is called with the items of each batch that was written.
    pub(crate) async fn tag_account(
        &self,
        scope: &Scope,
        account: AccountId,
        stop: impl Fn() -> bool,
        mut tell: impl FnMut(usize, u64),
    ) -> Result<(), Error> {
        let mut prepared = Prepared::default();
        let mut position = 0;
        let mut tx = self.db.org(scope).await?;
        let since = tagging_store::last_tagged(&mut tx, account).await?.map(|at| at - LATE);
        drop(tx);
        while !stop() {
            let mut tx = self.db.org(scope).await?;
            tagging_store::lock_tagging(&mut tx).await?;
            let rows = tagging_store::items_changed(&mut tx, account, since, position, BATCH).await?;
            let Some(last) = rows.last() else { break };
            position = last.content_key;
            let tagger = prepared.refresh(&mut tx).await?;
            let written = self.tag_batch(&mut tx, tagger, &rows).await?;
            tx.commit().await?;
            tell(rows.len(), written.added + written.changed + written.removed);
        }
        Ok(())
    }

    /// Computes the tags of these items and writes what differs, with the marks for sums.
    pub(super) async fn tag_batch(&self, tx: &mut OrgTx, tagger: &Tagger, rows: &[Row]) -> Result<Written, Error> {
        let items: Vec<ContentId> = rows.iter().map(|row| row.id).collect();
        let tags =
            |row: &Row| tagger.tags(&Parts::of(&row.item)).into_iter().map(|tag| (row.id, tag)).collect::<Vec<_>>();
        let wanted: Vec<(ContentId, AutoTag)> = rows.iter().flat_map(tags).collect();
        let new_ids: Vec<Uuid> = wanted.iter().map(|_| self.ids.uuid()).collect();
        let written = tagging_store::write(tx, &items, &wanted, &new_ids, self.clock.now()).await?;
        if !written.tags.is_empty() {
            rollup::mark_tags(tx, &written.tags).await?;
        }
        // Numbers that come later mark their days by themselves: a night of new items does not compute whole histories.
        if !written.unread.is_empty() {
            rollup::mark_content(tx, &written.unread).await?;
        }
        Ok(written)
    }
}
