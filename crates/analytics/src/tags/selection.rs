//! A tag for all that a selection names: changed, counted, and kept for undoing where that is possible.

use rookery_kernel::{Scope, TagChangeId, TagId};
use tracing::instrument;

use super::bulk::TAG_CHANGE_ITEMS_MAX;
use super::model::ContentSelection;
use super::ops::TagError;
use super::selection_store;
use crate::Analytics;

/// What a change of a selection did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// Items that got the tag, or lost it.
    pub changed: u64,
    /// By which it can be undone; `None` if nothing changed, or more than [`TAG_CHANGE_ITEMS_MAX`] items did.
    pub change: Option<TagChangeId>,
}

impl Analytics {
    /// Puts a manual tag on all items of a selection or takes it off. Up to [`TAG_CHANGE_ITEMS_MAX`] changes are kept so that
    /// they can be undone; more are made all the same.
    ///
    /// # Errors
    /// [`TagError`]; nothing is changed then.
    #[instrument(skip_all, err(level = "debug"), fields(tag = %tag, is_added))]
    pub async fn tag_selection(
        &self,
        scope: &Scope,
        tag: TagId,
        selection: &ContentSelection,
        is_added: bool,
    ) -> Result<Tagged, TagError> {
        let items = match selection {
            ContentSelection::Ids(ids) => ids.clone(),
            ContentSelection::Filter(filter) => {
                let most = i64::try_from(TAG_CHANGE_ITEMS_MAX).unwrap_or(i64::MAX).saturating_add(1);
                let mut tx = self.db.org(scope).await?;
                selection_store::changing(&mut tx, tag, filter, is_added, most).await?
            }
        };
        if items.len() > TAG_CHANGE_ITEMS_MAX {
            let changed = if is_added {
                self.assign_tag(scope, tag, selection).await?
            } else {
                self.unassign_tag(scope, tag, selection).await?
            };
            return Ok(Tagged { changed, change: None });
        }
        let change = self.change_tag_of(scope, tag, &items, is_added).await?;
        Ok(Tagged {
            changed: change.as_ref().map_or(0, |change| u64::try_from(change.content.len()).unwrap_or(u64::MAX)),
            change: change.map(|change| change.id),
        })
    }
}
