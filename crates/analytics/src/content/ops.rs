//! Listing content.

use rookery_kernel::{Cursor, Limit, Page, Scope};

use super::model::{ContentFilter, ContentRow};
use super::store;
use crate::Analytics;

impl Analytics {
    /// One page of content with its newest numbers, newest content first.
    ///
    /// # Errors
    /// The database's.
    pub async fn content_list(
        &self,
        scope: &Scope,
        filter: &ContentFilter,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<ContentRow>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let rows = store::page(&mut tx, filter, after, limit).await?;
        Ok(Page::from_probe(rows, limit, |row| (row.published_at, row.id.uuid())))
    }
}
