//! Many items at once, as somebody chose them in the list of content: counted first, and undone if it was a mistake.

use rookery_kernel::{ContentId, Limit, Scope, TagChangeId, TagId, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use super::bulk_store;
use super::model::{ContentSelection, Tag, TagDraft, TagFilter, TagOrder};
use super::ops::{self, TagError};
use crate::Analytics;
use crate::kinds::TagType;

/// Most items of one change: what is to be undone is kept by name.
pub const TAG_CHANGE_ITEMS_MAX: usize = 10_000;
/// Changes of an organization that are kept for undoing.
const KEPT: i64 = 20;

/// A tag that was put on items or taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// Its id.
    pub id: TagChangeId,
    /// The tag.
    pub tag_id: TagId,
    /// Put on, or else taken off.
    pub is_added: bool,
    /// The items that changed.
    pub content: Vec<ContentId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// What a change of a selection did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// Items that got the tag, or lost it.
    pub changed: u64,
    /// By which it can be undone; `None` if nothing changed, or more than [`TAG_CHANGE_ITEMS_MAX`] items did.
    pub change: Option<TagChangeId>,
}

impl Analytics {
    /// How many of these items there are, and how many of them bear the tag.
    ///
    /// # Errors
    /// [`TagError::Db`].
    pub async fn count_tagged(
        &self,
        scope: &Scope,
        tag: Option<TagId>,
        content: &[ContentId],
    ) -> Result<(u64, u64), TagError> {
        let mut tx = self.db.org(scope).await?;
        Ok(bulk_store::count(&mut tx, tag, &uuids(content)).await?)
    }

    /// The manual tag that is called so, made if there is none.
    ///
    /// # Errors
    /// [`TagError`].
    pub async fn manual_tag(&self, scope: &Scope, label: &str) -> Result<Tag, TagError> {
        let draft = TagDraft { label: label.to_owned(), ..TagDraft::default() };
        match self.create_tag(scope, TagType::Manual, draft).await {
            Err(TagError::NameTaken(key)) => {
                let filter =
                    TagFilter { tag_type: Some(TagType::Manual), search: Some(key.clone()), ..TagFilter::default() };
                let found = self.tags(scope, &filter, TagOrder::Newest, None, Limit::new(ops::MADE_MAX)).await?;
                found.items.into_iter().find(|tag| tag.key == key).ok_or(TagError::NotFound)
            }
            made => made,
        }
    }

    /// Puts a manual tag on items or takes it off, in one statement, and keeps what changed so that it can be undone.
    /// `None` if nothing changed.
    ///
    /// # Errors
    /// [`TagError`]; nothing is changed then.
    #[instrument(skip_all, err(level = "debug"), fields(tag = %tag, items = content.len(), is_added))]
    pub async fn change_tag_of(
        &self,
        scope: &Scope,
        tag: TagId,
        content: &[ContentId],
        is_added: bool,
    ) -> Result<Option<TagChange>, TagError> {
        if content.len() > TAG_CHANGE_ITEMS_MAX {
            return Err(TagError::TooManyItems(content.len()));
        }
        let (_, change) = self.change(scope, tag, &ContentSelection::Ids(content.to_vec()), is_added).await?;
        Ok(change)
    }

    /// Puts a manual tag on all items of a selection or takes it off, in one statement. Up to [`TAG_CHANGE_ITEMS_MAX`]
    /// changes are kept so that they can be undone; more are made all the same.
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
        let (changed, change) = self.change(scope, tag, selection, is_added).await?;
        Ok(Tagged { changed, change: change.map(|change| change.id) })
    }

    /// How many items changed, and the change if it can be undone.
    async fn change(
        &self,
        scope: &Scope,
        tag: TagId,
        selection: &ContentSelection,
        is_added: bool,
    ) -> Result<(u64, Option<TagChange>), TagError> {
        let mut tx = self.db.org(scope).await?;
        ops::check(&mut tx, tag, selection).await?;
        let content = self.write_tag(&mut tx, scope, tag, selection, is_added).await?;
        let changed = ops::count(&content);
        let is_kept = (1..=TAG_CHANGE_ITEMS_MAX).contains(&content.len());
        let change = is_kept.then(|| TagChange {
            id: TagChangeId::generate(&*self.ids),
            tag_id: tag,
            is_added,
            content,
            created_at: self.clock.now(),
            undone_at: None,
        });
        if let Some(change) = &change {
            bulk_store::keep(&mut tx, change, scope.actor.user_id(), KEPT).await?;
        }
        tx.commit().await?;
        self.jobs.wake();
        Ok((changed, change))
    }

    /// A change that can be undone.
    ///
    /// # Errors
    /// [`TagError::NoSuchChange`].
    pub async fn tag_change(&self, scope: &Scope, id: TagChangeId) -> Result<TagChange, TagError> {
        let mut tx = self.db.org(scope).await?;
        bulk_store::find(&mut tx, id).await?.ok_or(TagError::NoSuchChange)
    }

    /// Undoes a change: items that got the tag lose it, items that lost it get it back. What others changed since stays.
    /// How many items changed back.
    ///
    /// # Errors
    /// [`TagError::NoSuchChange`] also if it was undone already; [`TagError::NotFound`] if the tag is deleted.
    #[instrument(skip_all, err(level = "debug"), fields(change = %id))]
    pub async fn undo_tag_change(&self, scope: &Scope, id: TagChangeId) -> Result<u64, TagError> {
        let mut tx = self.db.org(scope).await?;
        let change = bulk_store::find(&mut tx, id).await?.ok_or(TagError::NoSuchChange)?;
        ops::living(&mut tx, change.tag_id).await?;
        if !bulk_store::set_undone(&mut tx, id, self.clock.now()).await? {
            return Err(TagError::NoSuchChange);
        }
        let content = ContentSelection::Ids(change.content);
        let changed = self.write_tag(&mut tx, scope, change.tag_id, &content, !change.is_added).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(ops::count(&changed))
    }
}

fn uuids(content: &[ContentId]) -> Vec<Uuid> {
    content.iter().map(|id| id.uuid()).collect()
}
