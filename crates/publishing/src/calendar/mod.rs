//! The calendar: what is planned and what came out, across posts.

mod clashes;
mod feed;
mod holes;
pub(crate) mod queries;
mod view;

use rookery_kernel::{AccountId, Cursor, Limit, Page, Platform, PostId, PublicationId, Scope, Timestamp};
use uuid::Uuid;

use crate::Publishing;
use crate::post::{EditorialState, PostError};
use crate::publication::PublicationStatus;
use crate::reason::MISSED_AFTER;

pub use clashes::{Clash, ClashKind, ClashSeverity};
pub use feed::{CalendarFeed, CalendarFeedContent, CalendarFeedError};
pub use view::{CalendarFilter, CalendarState, CalendarView};

/// A publication in the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarEntry {
    /// The publication.
    pub publication_id: PublicationId,
    /// Its post.
    pub post_id: PostId,
    /// Its account.
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// When it came out, or else when it is planned.
    pub at: Timestamp,
    /// Its state.
    pub status: PublicationStatus,
    /// State of the review.
    pub editorial_state: EditorialState,
    /// Title or first words.
    pub excerpt: String,
    /// The first five words of the text in small letters: posts that begin alike are found by it.
    pub opening: String,
    /// Words to find the post by.
    pub labels: Vec<String>,
    /// It should have begun more than five minutes ago and has not.
    pub is_late: bool,
    /// When the publication last changed.
    pub updated_at: Timestamp,
}

/// More than this in one view is no calendar any more (Q8: a month of up to 3,000 entries).
const ENTRIES_MAX: i64 = 3_000;

impl Publishing {
    /// What came out or is planned from `from` up to, not including, `to`, in time's order.
    ///
    /// # Errors
    /// The database's.
    pub async fn calendar(
        &self,
        scope: &Scope,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<CalendarEntry>, PostError> {
        let missed_before = self.clock.now() - MISSED_AFTER;
        let mut tx = self.db.org(scope).await?;
        Ok(queries::entries(&mut tx, from, to, missed_before, ENTRIES_MAX).await?)
    }

    /// What should have begun more than five minutes ago and has not, longest overdue first.
    ///
    /// # Errors
    /// The database's.
    pub async fn missed(
        &self,
        scope: &Scope,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<CalendarEntry>, PostError> {
        let before = self.clock.now() - MISSED_AFTER;
        // Nothing was ever planned before this.
        let after = after.unwrap_or_else(|| Cursor { at: Timestamp::from_millis(0), id: Uuid::nil() });
        let mut tx = self.db.org(scope).await?;
        Ok(queries::missed(&mut tx, before, after, limit).await?)
    }
}
