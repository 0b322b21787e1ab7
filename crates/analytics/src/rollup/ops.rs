//! Computing what was marked, and everything.

use std::collections::BTreeSet;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Date, Scope};
use tracing::instrument;

use super::marks_store::{self as marks, Marks};
use super::periods_store as periods;
use super::store::{self, Slices};
use crate::kpi::Range;
use crate::{Analytics, daily, insights};

/// Most marks of one transaction.
const MARKS_MAX: i64 = 5_000;
/// Most days of one transaction: a month, so that a long history is worked off in short transactions.
const DAYS_MAX: usize = 31;
/// A rebuild takes more months together where they hold little: with so many items of content in all it is one, with a
/// twelfth of them a year. Each statement costs some 15 ms before it reads its first row.
const CONTENT_OF_A_MONTH: i64 = 5_000;
/// Lists of best content are kept for so many last days.
const TOP_DAYS: [i16; 4] = [7, 30, 90, 365];
/// Places of such a list: more than a page asks for, so that a range which begins a day later still finds enough.
pub(crate) const TOP_PLACES: i64 = 50;

/// What was computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RolledUp {
    /// Marks that were worked off.
    pub marks: u64,
    /// Rows of sums and totals that were written, but for the usual periods, which are always written anew.
    pub rows: u64,
}

impl Analytics {
    /// Computes what was marked since the last time. What did not change is not written.
    ///
    /// # Errors
    /// The database's; what was not computed stays marked.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn roll_up(&self, scope: &Scope) -> Result<RolledUp, Error> {
        let mut sum = RolledUp::default();
        let mut tx = self.db.org(scope).await?;
        let everything = marks::everything(&mut tx).await?;
        tx.commit().await?;
        if !everything.is_empty() {
            sum.rows += self.rebuild_rollups(scope, |_, _| {}).await?.rows;
            sum.marks += everything.len() as u64;
            let mut tx = self.db.org(scope).await?;
            marks::remove(&mut tx, &everything).await?;
            tx.commit().await?;
        }
        loop {
            let mut tx = self.db.org(scope).await?;
            store::alone(&mut tx).await?;
            let marks = marks::take(&mut tx, MARKS_MAX).await?;
            if marks.count == 0 {
                return Ok(sum);
            }
            sum.rows += self.compute(&mut tx, &marks).await?;
            sum.marks += marks.count.unsigned_abs();
            tx.commit().await?;
        }
    }

    async fn compute(&self, tx: &mut OrgTx, marks: &Marks) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut days: BTreeSet<Date> = marks.days.iter().chain(&marks.recount).copied().collect();
        // The days on which content stood before, too.
        days.extend(store::days_of_content(tx, &marks.content).await?);
        let days: Vec<Date> = days.into_iter().collect();
        let mut rows = store::totals(tx, &days, &marks.content, false).await?;
        for days in days.chunks(DAYS_MAX) {
            let slices = Slices { by_format: true, moving: false, tags: None };
            rows += store::days(tx, days, slices, now).await?;
        }
        let all = if marks.tags.is_empty() && marks.groups.is_empty() { Vec::new() } else { all_days(tx).await? };
        if !marks.tags.is_empty() {
            for days in all.chunks(DAYS_MAX) {
                let slices = Slices { by_format: false, moving: false, tags: Some(&marks.tags) };
                rows += store::days(tx, days, slices, now).await?;
            }
        }
        rows += store::tops(tx, &TOP_DAYS, TOP_PLACES).await?;
        // From here on writers of numbers wait.
        daily::lock(tx).await?;
        for days in marks.recount.chunks(DAYS_MAX) {
            let slices = Slices { by_format: true, moving: true, tags: None };
            rows += store::days(tx, days, slices, now).await?;
        }
        for days in days.chunks(DAYS_MAX) {
            rows += store::counts(tx, days, now).await?;
            rows += store::groups(tx, days, None, now).await?;
        }
        if !marks.groups.is_empty() {
            for days in all.chunks(DAYS_MAX) {
                rows += store::groups(tx, days, Some(&marks.groups), now).await?;
            }
        }
        let months = if all.is_empty() { &days } else { &all };
        for days in months.chunks(12 * DAYS_MAX) {
            rows += store::months(tx, days).await?;
        }
        // With the last mark goes what says that these do not hold.
        if !marks::is_any(tx).await? {
            self.compute_periods(tx).await?;
        }
        Ok(rows)
    }

    /// Sums the periods that pages ask for most: up to yesterday, and as many days before.
    async fn compute_periods(&self, tx: &mut OrgTx) -> Result<(), Error> {
        let yesterday = insights::zone(tx).await?.date(self.clock.now()).plus_days(-1);
        let usual =
            Range::USUAL_DAYS.map(|days| Range { from: yesterday.plus_days(1 - i64::from(days)), to: yesterday });
        periods::replace(tx, &usual).await?;
        periods::replace_hours(tx, &usual).await
    }

    /// Computes every sum and total of the organization anew, a month in a transaction (a year of a small one); `progress` is told after each how
    /// many of how many are done. The result is what [`Analytics::roll_up`] has kept all the while; only what stood there
    /// differently is written.
    ///
    /// # Errors
    /// The database's. What was computed stays; doing it again goes through all of it again.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn rebuild_rollups(
        &self,
        scope: &Scope,
        mut progress: impl FnMut(usize, usize) + Send,
    ) -> Result<RolledUp, Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::alone(&mut tx).await?;
        let mut rows = store::totals(&mut tx, &[], &[], true).await?;
        let days = all_days(&mut tx).await?;
        let months = months_together(store::content_count(&mut tx).await?);
        tx.commit().await?;
        let spans: Vec<&[Date]> = days.chunks(months * DAYS_MAX).collect();
        for (done, days) in spans.iter().enumerate() {
            let mut tx = self.db.org(scope).await?;
            store::alone(&mut tx).await?;
            daily::lock(&mut tx).await?;
            let slices = Slices { by_format: true, moving: true, tags: None };
            rows += store::days(&mut tx, days, slices, now).await?;
            rows += store::counts(&mut tx, days, now).await?;
            rows += store::groups(&mut tx, days, None, now).await?;
            rows += store::months(&mut tx, days).await?;
            tx.commit().await?;
            progress(done + 1, spans.len());
        }
        let mut tx = self.db.org(scope).await?;
        store::alone(&mut tx).await?;
        rows += store::tops(&mut tx, &TOP_DAYS, TOP_PLACES).await?;
        self.compute_periods(&mut tx).await?;
        tx.commit().await?;
        Ok(RolledUp { marks: 0, rows })
    }
}

/// How many months of an organization with so much content a rebuild takes in one transaction.
fn months_together(content: i64) -> usize {
    usize::try_from(CONTENT_OF_A_MONTH / content.max(1)).map_or(1, |months| months.clamp(1, 12))
}

/// Every day from the first to the last that anything is known of.
async fn all_days(tx: &mut OrgTx) -> Result<Vec<Date>, Error> {
    let Some((first, last)) = store::extent(tx).await? else { return Ok(Vec::new()) };
    Ok((0..=last.days_since(first)).map(|n| first.plus_days(n)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_organization_is_rebuilt_in_fewer_transactions() {
        let months = [0, 1, 416, 500, 2_500, 5_000, 5_000_000].map(months_together);
        assert_eq!(months, [12, 12, 12, 10, 2, 1, 1]);
    }
}
