//! Reading for pages.

use std::time::Duration;

use rookery_kernel::{AccountId, Scope, Zone};
use tracing::instrument;

use super::model::{AccountSummary, Heatmap, PublicationNumbers, TopContent};
use super::queries;
use crate::Analytics;
use crate::kpi::{Metric, Range};
use crate::overview::in_scope;

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

impl Analytics {
    /// What was published in `range` (days of `zone`), best first by its latest numbers; at most
    /// 100. Items whose number is unknown are left out.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, metric = metric.label()))]
    pub async fn top_content(
        &self,
        scope: &Scope,
        zone: &Zone,
        range: Range,
        metric: Metric,
        accounts: Option<&[AccountId]>,
        limit: u16,
    ) -> Result<Vec<TopContent>, ReadError> {
        let mut tx = self.db.org(scope).await?;
        let ids = in_scope(&mut tx, accounts).await?;
        Ok(queries::top(&mut tx, &ids, zone, range, metric, i64::from(limit.min(TOP_MAX))).await?)
    }

    /// How answers depend on the hour of publishing, over the content of the last `days` days.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, days))]
    pub async fn heatmap(
        &self,
        scope: &Scope,
        zone: &Zone,
        days: u16,
        accounts: Option<&[AccountId]>,
    ) -> Result<Heatmap, ReadError> {
        let since = self.clock.now() - Duration::from_secs(u64::from(days) * 24 * 3600);
        let mut tx = self.db.org(scope).await?;
        let ids = in_scope(&mut tx, accounts).await?;
        Ok(Heatmap::of(&queries::by_hour(&mut tx, &ids, zone, since).await?))
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
