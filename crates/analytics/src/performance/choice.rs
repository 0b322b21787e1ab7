//! What menus offer, and everything that a filter lets through.

use std::collections::BTreeSet;

use rookery_accounts::Account;
use rookery_kernel::{AccountId, ContentId, Scope, Zone};
use tracing::instrument;
use uuid::Uuid;

use super::choice_queries;
use super::model::Filter;
use super::ops::{AskError, NamedGroup, NamedTag, cohort, narrowed};
use super::table::ContentQuery;
use crate::Analytics;
use crate::kpi::Range;

/// A tag of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuTag {
    /// The tag.
    pub tag: NamedTag,
    /// Whether rules hand it out.
    pub has_rules: bool,
}

/// Automatic words of a menu, and of a split by tag: more than that nobody reads. The others are found through what bears them, or among the tags.
pub const MENU_WORDS_MAX: i64 = 50;
/// Words are counted in content published in so many days.
const MENU_DAYS: i64 = 90;

/// What can be filtered by.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// Accounts that are or were tracked.
    pub accounts: Vec<Account>,
    /// Page groups.
    pub groups: Vec<NamedGroup>,
    /// Tags of people, tags with rules, and the [`MENU_WORDS_MAX`] words used most.
    pub tags: Vec<MenuTag>,
}

impl Analytics {
    /// What menus offer. `tag` is chosen already, and offered however rarely it is used.
    ///
    /// # Errors
    /// The database's.
    pub async fn choices(&self, scope: &Scope, tag: Option<Uuid>) -> Result<Choices, AskError> {
        let today = self.clock.now().date_utc();
        let days = Range { from: today.plus_days(-MENU_DAYS), to: today };
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, &Filter::default()).await?;
        let known: BTreeSet<AccountId> = place.tracked.iter().map(|account| account.id).collect();
        let accounts = place.accounts.into_iter().filter(|account| known.contains(&account.id)).collect();
        let (tags, _) = choice_queries::menu_tags(&mut tx, days, MENU_WORDS_MAX, tag).await?;
        Ok(Choices { accounts, groups: place.groups, tags })
    }

    /// All content that a query lets through, whatever its place and order; newest first, at most `most`.
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn matching_content(
        &self,
        scope: &Scope,
        zone: &Zone,
        query: &ContentQuery,
        most: usize,
    ) -> Result<Vec<ContentId>, AskError> {
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, &query.filter).await?;
        let (accounts, formats) = (narrowed(&place), query.filter.labels());
        let of = cohort(query.range, &query.filter, accounts.as_deref(), formats.as_deref());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(choice_queries::matching(&mut tx, query, &of, zone, most).await?)
    }

    /// How much content a query lets through, whatever its place; counted up to `most`.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn count_content(
        &self,
        scope: &Scope,
        zone: &Zone,
        query: &ContentQuery,
        most: usize,
    ) -> Result<usize, AskError> {
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, &query.filter).await?;
        let (accounts, formats) = (narrowed(&place), query.filter.labels());
        let of = cohort(query.range, &query.filter, accounts.as_deref(), formats.as_deref());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let count = choice_queries::count_matching(&mut tx, query, &of, zone, most).await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}
