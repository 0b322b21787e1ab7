//! Reading lists of posts.

use std::time::Duration;

use rookery_accounts::Account;
use rookery_kernel::{Cursor, Limit, Page, PostId, Scope, UserId};
use uuid::Uuid;

use super::model::PostSummary;
use super::ops::PostError;
use super::{queries, store};
use crate::Publishing;
use crate::publication::{self, Publication};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A publication with its account.
#[derive(Debug, Clone, PartialEq)]
pub struct PostOnAccount {
    /// The post on this account.
    pub publication: Publication,
    /// The account, disconnected ones too.
    pub account: Account,
}

impl Publishing {
    /// What a person planned and is still to come, the next one first.
    ///
    /// # Errors
    /// The database's.
    pub async fn upcoming(
        &self,
        scope: &Scope,
        author: UserId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<PostSummary>, PostError> {
        // No id is greater: the first page begins behind this moment.
        let after = after.unwrap_or_else(|| Cursor { at: self.clock.now(), id: Uuid::max() });
        let mut tx = self.db.org(scope).await?;
        Ok(queries::upcoming(&mut tx, author, after, limit).await?)
    }

    /// Posts with a hashtag, spelled like this, with or without its sign; newest first, without the archived ones.
    ///
    /// # Errors
    /// The database's.
    pub async fn with_hashtag(
        &self,
        scope: &Scope,
        tag: &str,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<PostSummary>, PostError> {
        // Nothing is younger, not even if another process's clock is fast.
        let after = after.unwrap_or_else(|| Cursor { at: self.clock.now() + DAY, id: Uuid::max() });
        let mut tx = self.db.org(scope).await?;
        Ok(queries::with_hashtag(&mut tx, tag.trim().trim_start_matches(['#', '＃']), after, limit).await?)
    }

    /// The posts that answer a search best, without the archived ones. The search is written as people write one:
    /// words that must all occur, `"in this order"`, `or`, `-without`. Title and hashtags weigh more than the text.
    ///
    /// An order by relevance has no next page; a narrower search finds the rest.
    ///
    /// # Errors
    /// The database's.
    pub async fn search(&self, scope: &Scope, wanted: &str, limit: Limit) -> Result<Vec<PostSummary>, PostError> {
        let mut tx = self.db.org(scope).await?;
        Ok(queries::search(&mut tx, wanted, limit).await?)
    }

    /// One post across its accounts: what is out, newest first, then what is not.
    ///
    /// # Errors
    /// [`PostError::NotFound`].
    pub async fn across_accounts(&self, scope: &Scope, id: PostId) -> Result<Vec<PostOnAccount>, PostError> {
        let mut tx = self.db.org(scope).await?;
        let mut publications = publication::store::of_post(&mut tx, id).await?;
        if publications.is_empty() && store::find(&mut tx, id).await?.is_none() {
            return Err(PostError::NotFound(id));
        }
        // `None` is the least: what is not out comes last. The sort keeps the order of those.
        publications.sort_by_key(|p| std::cmp::Reverse(p.published_at));
        let accounts = self.accounts.list_in(&mut tx).await?;
        let with_account = |publication: Publication| {
            let account = accounts.iter().find(|a| a.id == publication.social_account_id)?.clone();
            Some(PostOnAccount { publication, account })
        };
        Ok(publications.into_iter().filter_map(with_account).collect())
    }
}
