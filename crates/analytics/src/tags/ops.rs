//! Make, change, delete, list tags; hand out those of people.

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{ContentId, Cursor, Limit, Page, Scope, TagId};
use tracing::instrument;
use uuid::Uuid;

use super::model::{ContentSelection, Tag, TagDraft, TagFault, TagFilter, TagLink, TagOrder};
use super::rule::RuleFault;
use super::{store, tagging_store};
use crate::kinds::TagType;
use crate::{Analytics, rollup};

/// Most manual tags, and most tags with rules, of an organization: people look at them as a whole.
pub(super) const MADE_MAX: u16 = 100;

/// A tag, a rule or a link was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// No such tag in this organization, or it is deleted.
    #[error("there is no such tag")]
    NotFound,
    /// No such rule in this organization.
    #[error("there is no such rule")]
    NoSuchRule,
    /// Some of these items are not there.
    #[error("there is no such content")]
    NoSuchContent,
    /// Another living tag of its type is called so.
    #[error("there is a tag {0:?} already")]
    NameTaken(String),
    /// The tag has such a rule already.
    #[error("the tag has this rule already")]
    RuleTaken,
    /// Only people's tags are given by hand.
    #[error("automatic tags follow from the text; only manual tags are assigned by hand")]
    Automatic,
    /// Rules hand out automatic tags only.
    #[error("only automatic tags have rules")]
    Manual,
    /// As many as there may be.
    #[error("there are {0} already, which is as many as there may be")]
    TooMany(usize),
    /// No such change, or it was undone, or others came after it.
    #[error("there is nothing to undo any more")]
    NoSuchChange,
    /// More items than are changed at once.
    #[error("{0} items are too many at once; choose at most {max}", max = super::bulk::TAG_CHANGE_ITEMS_MAX)]
    TooManyItems(usize),
    /// What was written does not fit.
    #[error(transparent)]
    Fault(#[from] TagFault),
    /// The rule does not fit.
    #[error(transparent)]
    Rule(#[from] RuleFault),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

const TAGS: &str = "analytics.tags";
const LINKS: &str = "analytics.content_tags";

impl Analytics {
    /// One page of tags. Ordered by use there is one page only.
    ///
    /// # Errors
    /// [`TagError::Db`].
    pub async fn tags(
        &self,
        scope: &Scope,
        filter: &TagFilter,
        order: TagOrder,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Tag>, TagError> {
        let mut tx = self.db.org(scope).await?;
        let rows = store::page(&mut tx, filter, order, after, limit).await?;
        Ok(Page::from_probe(rows, limit, |tag| (tag.created_at, tag.id.uuid())))
    }

    /// One tag, also a deleted one.
    ///
    /// # Errors
    /// [`TagError::NotFound`].
    pub async fn tag(&self, scope: &Scope, id: TagId) -> Result<Tag, TagError> {
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id).await?.ok_or(TagError::NotFound)
    }

    /// Makes a tag: a manual one for people to hand out, or an automatic one for rules.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn create_tag(&self, scope: &Scope, tag_type: TagType, draft: TagDraft) -> Result<Tag, TagError> {
        let (key, draft) = draft.checked()?;
        let id = TagId::generate(&*self.ids);
        let mut tx = self.db.org(scope).await?;
        tagging_store::lock_tagging(&mut tx).await?;
        if tag_type == TagType::Manual {
            let filter = TagFilter { tag_type: Some(tag_type), ..TagFilter::default() };
            let there = store::page(&mut tx, &filter, TagOrder::Newest, None, Limit::new(MADE_MAX)).await?;
            if there.len() >= usize::from(MADE_MAX) {
                return Err(TagError::TooMany(there.len()));
            }
        }
        store::insert(&mut tx, id, tag_type, &key, &draft, self.clock.now()).await.map_err(|e| taken(e, &key))?;
        let changes = Changes::new()
            .new_value("label", &draft.label)
            .new_value("type", tag_type)
            .new_value("color", &draft.color)
            .new_value("description", &draft.description);
        self.note_tag(&mut tx, TAGS, "insert", id.uuid(), changes).await?;
        if tag_type == TagType::Auto {
            // A word that was deleted as a tag may come back.
            self.request_retagging_in(&mut tx).await?;
        }
        let tag = store::find(&mut tx, id).await?.ok_or(TagError::NotFound)?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(tag)
    }

    /// Gives a tag another name, colour or description. An automatic tag keeps its key: it is the word in the texts.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(tag = %id))]
    pub async fn change_tag(&self, scope: &Scope, id: TagId, draft: TagDraft) -> Result<Tag, TagError> {
        let (key, draft) = draft.checked()?;
        let mut tx = self.db.org(scope).await?;
        let before = living(&mut tx, id).await?;
        let changes = Changes::new()
            .set("label", &before.label, &draft.label)
            .set("color", &before.color, &draft.color)
            .set("description", &before.description, &draft.description);
        if changes.is_empty() {
            return Ok(before);
        }
        let key = if before.tag_type == TagType::Manual { key } else { before.key };
        store::update(&mut tx, id, &key, &draft, self.clock.now()).await.map_err(|e| taken(e, &key))?;
        self.note_tag(&mut tx, TAGS, "update", id.uuid(), changes).await?;
        let tag = living(&mut tx, id).await?;
        tx.commit().await?;
        Ok(tag)
    }

    /// Deletes a tag. What bears it goes on bearing it and shows it as deleted; an automatic one is not made again by
    /// words or hashtags.
    ///
    /// # Errors
    /// [`TagError::NotFound`].
    #[instrument(skip_all, err, fields(tag = %id))]
    pub async fn delete_tag(&self, scope: &Scope, id: TagId) -> Result<(), TagError> {
        let mut tx = self.db.org(scope).await?;
        let before = living(&mut tx, id).await?;
        store::delete(&mut tx, id, self.clock.now()).await?;
        rollup::mark_tags(&mut tx, &[id.uuid()]).await?;
        self.roll_up_soon(&mut tx).await?;
        if before.tag_type == TagType::Auto {
            self.request_retagging_in(&mut tx).await?;
        }
        let changes = Changes::new().set("label", &before.label, None::<&str>).note("uses", before.uses);
        self.note_tag(&mut tx, TAGS, "delete", id.uuid(), changes).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }

    /// The tags of these items, those of people first.
    ///
    /// # Errors
    /// [`TagError::Db`].
    pub async fn tags_of(&self, scope: &Scope, content: &[ContentId]) -> Result<Vec<TagLink>, TagError> {
        let ids: Vec<Uuid> = content.iter().map(|id| id.uuid()).collect();
        let mut tx = self.db.org(scope).await?;
        Ok(store::links(&mut tx, &ids).await?)
    }

    /// The tags of one item.
    ///
    /// # Errors
    /// [`TagError::NoSuchContent`].
    pub async fn content_tags(&self, scope: &Scope, content: ContentId) -> Result<Vec<TagLink>, TagError> {
        let mut tx = self.db.org(scope).await?;
        if store::count_known(&mut tx, &[content.uuid()]).await? == 0 {
            return Err(TagError::NoSuchContent);
        }
        Ok(store::links(&mut tx, &[content.uuid()]).await?)
    }

    /// Puts a manual tag on items, in one statement; those that bear it already stay as they are. Returns how many are new.
    ///
    /// # Errors
    /// [`TagError`]; nothing is changed then.
    #[instrument(skip_all, err, fields(tag = %tag))]
    pub async fn assign_tag(&self, scope: &Scope, tag: TagId, selection: &ContentSelection) -> Result<u64, TagError> {
        let mut tx = self.db.org(scope).await?;
        check(&mut tx, tag, selection).await?;
        let changed = self.write_tag(&mut tx, scope, tag, selection, true).await?;
        tx.commit().await?;
        Ok(count(&changed))
    }

    /// Takes a manual tag off items, in one statement. Returns how many bore it.
    ///
    /// # Errors
    /// [`TagError`]; nothing is changed then.
    #[instrument(skip_all, err, fields(tag = %tag))]
    pub async fn unassign_tag(&self, scope: &Scope, tag: TagId, selection: &ContentSelection) -> Result<u64, TagError> {
        let mut tx = self.db.org(scope).await?;
        check(&mut tx, tag, selection).await?;
        let changed = self.write_tag(&mut tx, scope, tag, selection, false).await?;
        tx.commit().await?;
        Ok(count(&changed))
    }

    /// Writes the links in one statement, the marks for sums and one line in the log; which items changed.
    pub(super) async fn write_tag(
        &self,
        tx: &mut OrgTx,
        scope: &Scope,
        tag: TagId,
        content: &ContentSelection,
        is_added: bool,
    ) -> Result<Vec<ContentId>, TagError> {
        let changed = if is_added {
            store::assign(tx, tag, content, scope.actor.user_id(), self.clock.now()).await?
        } else {
            store::unassign(tx, tag, content).await?
        };
        if !changed.is_empty() {
            rollup::mark_tags(tx, &[tag.uuid()]).await?;
            self.roll_up_soon(tx).await?;
            let action = if is_added { "insert" } else { "delete" };
            self.note_tag(tx, LINKS, action, tag.uuid(), Changes::new().note("items", changed.len())).await?;
        }
        Ok(changed)
    }

    pub(super) async fn note_tag(
        &self,
        tx: &mut OrgTx,
        resource: &str,
        action: &str,
        id: Uuid,
        changes: Changes,
    ) -> Result<(), TagError> {
        let entry = audit::Entry { action, resource, resource_id: Some(id.to_string()), changes: changes.into() };
        Ok(audit::record(tx, &*self.clock, &[entry]).await?)
    }
}

/// How many items changed.
pub(super) fn count(changed: &[ContentId]) -> u64 {
    u64::try_from(changed.len()).unwrap_or(u64::MAX)
}

/// A tag that is not deleted.
pub(super) async fn living(tx: &mut OrgTx, id: TagId) -> Result<Tag, TagError> {
    store::find(tx, id).await?.filter(|tag| tag.deleted_at.is_none()).ok_or(TagError::NotFound)
}

/// The tag is there and manual, and every named item is there.
pub(super) async fn check(tx: &mut OrgTx, tag: TagId, selection: &ContentSelection) -> Result<(), TagError> {
    if living(tx, tag).await?.tag_type != TagType::Manual {
        return Err(TagError::Automatic);
    }
    if let ContentSelection::Ids(ids) = selection {
        let mut ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        ids.sort_unstable();
        ids.dedup();
        if usize::try_from(store::count_known(tx, &ids).await?).unwrap_or(0) < ids.len() {
            return Err(TagError::NoSuchContent);
        }
    }
    Ok(())
}

fn taken(error: rookery_db::Error, key: &str) -> TagError {
    match error.constraint() {
        Some("idx_tags_key_type") => TagError::NameTaken(key.to_owned()),
        _ => error.into(),
    }
}
