//! Reading for pages.

use std::collections::BTreeMap;
use std::time::Duration;

use rookery_kernel::{AccountId, Date, Platform, PublicationId, Scope};
use tracing::instrument;
use uuid::Uuid;

use super::model::{AccountSummary, Heatmap, PlatformTotals, PublicationNumbers, TopContent, TrendPoint};
use super::queries;
use crate::kpi::{self, Metric, Numbers, PeriodSums, Range};
use crate::overview::in_scope;
use crate::{Analytics, performance};

/// Nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// Most rows of a ranking.
const TOP_MAX: u16 = 100;
/// Published this recently counts as recent.
const RECENT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A trend shows a week.
const TREND: Duration = Duration::from_secs(7 * 24 * 3600);

impl Analytics {
    /// What happened in `range`, network by network, from the daily sums; networks without any are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn platform_totals(&self, scope: &Scope, range: Range) -> Result<Vec<PlatformTotals>, ReadError> {
        let mut tx = self.db.org(scope).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let ids: Vec<Uuid> = accounts.iter().map(|a| a.id.uuid()).collect();
        let by_account = kpi::period_sums(&mut tx, &ids, range).await?;
        let mut by_platform: BTreeMap<Platform, Numbers> = BTreeMap::new();
        for (id, sums) in by_account {
            if let Some(account) = accounts.iter().find(|a| a.id.uuid() == id) {
                let numbers = by_platform.entry(account.platform).or_default();
                *numbers = numbers.plus(&sums.numbers);
            }
        }
        let sums = by_platform.into_iter().map(|(platform, numbers)| PlatformTotals { platform, numbers });
        Ok(sums.collect())
    }

    /// The daily readings of a publication in the last seven days, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn trend(&self, scope: &Scope, publication: PublicationId) -> Result<Vec<TrendPoint>, ReadError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        Ok(queries::trend(&mut tx, publication, now - TREND, now).await?)
    }

    /// What happened in `range` on each of these accounts, page groups or tags; those without anything are left out.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, scopes = scopes.len()))]
    pub async fn sums(
        &self,
        scope: &Scope,
        scopes: &[Uuid],
        range: Range,
    ) -> Result<Vec<(Uuid, PeriodSums)>, ReadError> {
        let mut tx = self.db.reading(scope).await?;
        let sums = kpi::period_sums(&mut tx, scopes, range).await?;
        tx.commit().await?;
        Ok(sums)
    }

    /// What was published in `range` (the organization's days), best first by its newest numbers up to the range's end; at
    /// most 100. Items whose number is unknown are left out.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, metric = metric.label()))]
    pub async fn top_content(
        &self,
        scope: &Scope,
        range: Range,
        metric: Metric,
        accounts: Option<&[AccountId]>,
        limit: u16,
    ) -> Result<Vec<TopContent>, ReadError> {
        let mut tx = self.db.reading(scope).await?;
        let top = queries::top(&mut tx, accounts, range, metric, i64::from(limit.min(TOP_MAX))).await?;
        tx.commit().await?;
        Ok(top)
    }

    /// How answers depend on the hour of publishing by the organization's clocks, over the content of the `days` days up to
    /// `until`.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, days))]
    pub async fn heatmap(
        &self,
        scope: &Scope,
        until: Date,
        days: u16,
        accounts: Option<&[AccountId]>,
    ) -> Result<Heatmap, ReadError> {
        let range = Range { from: until.plus_days(1 - i64::from(days)), to: until };
        let mut tx = self.db.reading(scope).await?;
        let ids = in_scope(&mut tx, accounts).await?;
        let hours = performance::hours_of(&mut tx, &ids, range).await?;
        tx.commit().await?;
        Ok(Heatmap::of(&hours))
    }

    /// How collecting goes, account by account, those no longer tracked too.
    ///
    /// # Errors
    /// The database's.
    pub async fn account_summary(&self, scope: &Scope) -> Result<Vec<AccountSummary>, ReadError> {
        let since = self.clock.now() - RECENT;
        let mut tx = self.db.org(scope).await?;
        Ok(queries::account_summaries(&mut tx, since).await?)
    }

    /// The newest numbers of items of one account by their ids at the network; none for items
    /// without numbers yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn publication_numbers(
        &self,
        scope: &Scope,
        account: AccountId,
        external_ids: &[String],
    ) -> Result<Vec<PublicationNumbers>, ReadError> {
        let mut tx = self.db.org(scope).await?;
        Ok(queries::newest(&mut tx, account, external_ids).await?)
    }
}
