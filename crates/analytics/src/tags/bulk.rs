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
        let mut tx = self.db.org(scope).await?;
        let content = ContentSelection::Ids(content.to_vec());
        ops::check(&mut tx, tag, &content).await?;
        let changed = self.write_tag(&mut tx, scope, tag, &content, is_added).await?;
        if changed.is_empty() {
            return Ok(None);
        }
        let change = TagChange {
            id: TagChangeId::generate(&*self.ids),
            tag_id: tag,
            is_added,
            content: changed,
            created_at: self.clock.now(),
            undone_at: None,
        };
        bulk_store::keep(&mut tx, &change, scope.actor.user_id(), KEPT).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(Some(change))
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
