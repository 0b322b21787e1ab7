//! Taking numbers along, page by page.

use std::collections::BTreeMap;

use rookery_governance::audit;
use rookery_kernel::{Date, Scope, Zone};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::model::{Dataset, DatasetPage, DatasetPlace, DatasetWish, Day, Item};
use super::store;
use crate::Analytics;
use crate::report::ReadError;

/// Items of a page: a group of rows of a Parquet file.
const PAGE_ROWS: i64 = 2_000;

impl Analytics {
    /// The rows of an export at a place. Days are those of `zone`. Items that appear while an export runs may or may
    /// not be in it.
    ///
    /// # Errors
    /// The database's, or that the accounts could not be read.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, dataset = wish.dataset.label()))]
    pub async fn dataset_page(
        &self,
        scope: &Scope,
        zone: &Zone,
        wish: &DatasetWish,
        place: DatasetPlace,
    ) -> Result<DatasetPage, ReadError> {
        let accounts: Option<Vec<Uuid>> = wish.accounts.as_ref().map(|ids| ids.iter().map(|id| id.uuid()).collect());
        let span = (zone.start_of(wish.range.from), zone.start_of(wish.range.to.plus_days(1)));
        let mut tx = self.db.org(scope).await?;
        match wish.dataset {
            Dataset::Detailed => {
                let known = self.accounts.list_in(&mut tx).await?;
                let rows = store::items(&mut tx, span, accounts.as_deref(), place.0, PAGE_ROWS).await?;
                let is_full = i64::try_from(rows.len()) == Ok(PAGE_ROWS);
                let next = rows.last().filter(|_| is_full).map(|row| DatasetPlace(Some((row.published_at, row.id))));
                let item = |row: store::ItemRow| {
                    let account = known.iter().find(|account| account.id == row.integration_id);
                    let numbers = row.numbers;
                    Vec::from(Item {
                        id: row.id,
                        account: account.map(|a| a.name().to_owned()).unwrap_or_default(),
                        network: account.map_or("", |a| a.platform.label()),
                        external_content_id: row.external_content_id,
                        format: row.format,
                        published_at: row.published_at,
                        caption: row.caption,
                        hashtags: row.hashtags,
                        tags: row.tags,
                        permalink: row.permalink,
                        numbers_date: row.date,
                        numbers,
                    })
                };
                Ok(DatasetPage { rows: rows.into_iter().map(item).collect(), next })
            }
            Dataset::Summary => {
                let scopes = accounts.clone().unwrap_or_else(|| vec![scope.organization_id.uuid()]);
                let sums: BTreeMap<Date, _> = store::days(&mut tx, &scopes, wish.range).await?.into_iter().collect();
                let published: BTreeMap<Date, i64> =
                    store::published(&mut tx, zone, span, accounts.as_deref()).await?.into_iter().collect();
                let day = |date| {
                    let published = published.get(&date).copied().unwrap_or(0);
                    Vec::from(Day { date, published, sums: sums.get(&date).copied() })
                };
                Ok(DatasetPage { rows: wish.range.dates().map(day).collect(), next: None })
            }
        }
    }

    /// Notes in the organization's log that somebody takes numbers along (PUB-54). Before the first byte: an export that
    /// breaks off was one too.
    ///
    /// # Errors
    /// The database's.
    pub async fn record_dataset(&self, scope: &Scope, wish: &DatasetWish, format: &str) -> Result<(), ReadError> {
        let mut tx = self.db.org(scope).await?;
        let changes = json!({
            "dataset": [null, wish.dataset.label()], "format": [null, format],
            "from": [null, wish.range.from], "to": [null, wish.range.to],
        });
        let entry = audit::Entry { action: "export", resource: "identity.organizations", resource_id: None, changes };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        Ok(tx.commit().await?)
    }
}
