//! Other people's posts: who wrote them, what we decided about them, what we answered, and what is known about
//! competitors and champions.
//!
//! Invariants
//! - What comes from outside is checked before it is stored, and all faults are told at once ([`validate_post`],
//!   [`validate_reply`], [`validate_author`]).
//! - A reply never holds a prohibited term and always holds the brand's signature ([`BrandSettings`]).
//! - Decisions do not change after they were made.
//! - Every row that comes, changes or goes leaves an audit entry in the same transaction. What people wrote or are
//!   called never enters the log.

mod brand;
mod kinds;
mod records;
mod validation;
mod values;

use std::sync::Arc;

use rookery_db::Db;
use rookery_governance::table::{self, Record, SaveError};
use rookery_kernel::{Clock, Cursor, Limit, Page, Scope};
use tracing::instrument;
use uuid::Uuid;

pub use brand::{
    ApprovedPhrase, BrandError, BrandSettings, BrandVersion, Community, Keyword, KeywordCategory, Myth, ProhibitedTerm,
    TermMatch, Testimonial,
};
pub use kinds::{
    AdvocateStatus, ApprovalStatus, Archetype, ChampionTier, CompetitorCategory, DeleteReason, DeliveryStatus,
    DmResponseStatus, EscalationPriority, EscalationReason, EscalationStatus, KpiType, OperationalMode, PowerTier,
    PricePoint, ReplyType, Sentiment, UserSatisfaction,
};
pub use records::{Author, Champion, Competitor, Decision, DetectedPost, Escalation, KpiMetric, Mention, Reply};
pub use validation::{
    AuthorInput, PostInput, ReplyInput, ValidAuthor, ValidPost, ValidReply, validate_author, validate_post,
    validate_reply,
};
pub use values::{
    FollowerCount, Handle, KeywordMatches, PlatformPostId, PostContent, Ratio, ReplyContent, Score, UtmCode,
};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Engagement {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Engagement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engagement")
    }
}

impl Engagement {
    /// Operations on `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }

    /// The same operations on another pool, for work with reserved connections.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        Self { db, ..self.clone() }
    }

    /// Adds rows, or takes what is new about rows that are known by their key: authors and posts by the network's
    /// id, competitors by name, mentions by post and competitor, champions by author, figures by day, network and
    /// name, all others by id. Returns them as they are stored. Replies go through [`Engagement::save_replies`].
    ///
    /// # Errors
    /// Nothing is stored if one of them is not valid.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn save<T: Stored>(&self, scope: &Scope, rows: &[T]) -> Result<Vec<T>, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let saved = table::save(&mut tx, &*self.clock, rows).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Adds drafted replies. Each must hold to the brand settings.
    ///
    /// # Errors
    /// Nothing is stored if one of them is not valid, or its decision is not there.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn save_replies(
        &self,
        scope: &Scope,
        settings: &BrandSettings,
        rows: &[Reply],
    ) -> Result<Vec<Reply>, SaveError> {
        records::check_replies(settings, rows)?;
        let mut tx = self.db.org(scope).await?;
        let saved = table::save(&mut tx, &*self.clock, rows).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Changes a reply that was read at the version it carries; it is stored with the next one.
    ///
    /// # Errors
    /// Nothing is stored if it is not valid, may not change so, or was changed by somebody else meanwhile.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn update_reply(
        &self,
        scope: &Scope,
        settings: &BrandSettings,
        reply: &Reply,
    ) -> Result<Reply, SaveError> {
        let next = Reply { version: reply.version.saturating_add(1), updated_at: self.clock.now(), ..reply.clone() };
        records::check_replies(settings, std::slice::from_ref(&next))?;
        let mut tx = self.db.org(scope).await?;
        table::update(&mut tx, &*self.clock, std::slice::from_ref(&next)).await?;
        tx.commit().await?;
        Ok(next)
    }

    /// Replaces rows by id.
    ///
    /// # Errors
    /// Nothing is stored if one of them is not in this organization, is not valid, or may not change so.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn update<T: Stored>(&self, scope: &Scope, rows: &[T]) -> Result<(), SaveError> {
        let mut tx = self.db.org(scope).await?;
        table::update(&mut tx, &*self.clock, rows).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes rows; unknown ids are passed over. Returns how many went.
    ///
    /// # Errors
    /// Nothing is removed if other rows still need one of them.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn remove<T: Stored>(&self, scope: &Scope, ids: &[Uuid]) -> Result<usize, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let removed = table::remove::<T>(&mut tx, &*self.clock, ids).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// One row.
    ///
    /// # Errors
    /// [`SaveError::NotFound`] if this organization has no such row.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn get<T: Record>(&self, scope: &Scope, id: Uuid) -> Result<T, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let row = table::get(&mut tx, id).await?;
        tx.commit().await?;
        row.ok_or(SaveError::NotFound(id, T::TABLE.name))
    }

    /// One page, newest first.
    ///
    /// # Errors
    /// As the database says.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn list<T: Record>(
        &self,
        scope: &Scope,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<T>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let page = table::list(&mut tx, after, limit).await?;
        tx.commit().await?;
        Ok(page)
    }
}

/// A row that may be written without the brand settings.
pub trait Stored: Record {}
