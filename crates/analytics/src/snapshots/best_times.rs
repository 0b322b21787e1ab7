//! Best times to publish, from the snapshots of an organization's own publications (PUB-44).

use std::time::Duration;

use rookery_db::Error;
use rookery_kernel::{Scope, Zone};
use rookery_publishing::best_times::{self, WINDOW_DAYS};
use tracing::instrument;

use super::store;
use crate::Analytics;

/// Younger ones have not been seen by most of their people yet.
const AGE_MIN: Duration = Duration::from_secs(24 * 3600);

/// What computing best times brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestTimesComputed {
    /// Publications of the last 30 days with numbers.
    pub publications: usize,
    /// Hours of the week, over all networks, that have a score.
    pub hours: usize,
}

impl Analytics {
    /// Computes the organization's best times anew, by the clock of a zone, from what it published in the last 30 days and at
    /// least a day ago. The table before is replaced.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn compute_best_times(&self, scope: &Scope, zone: &Zone) -> Result<BestTimesComputed, Error> {
        let now = self.clock.now();
        let since = now - Duration::from_secs(WINDOW_DAYS.unsigned_abs() * 24 * 3600);
        let mut tx = self.db.org(scope).await?;
        let samples = store::samples(&mut tx, since, now - AGE_MIN).await?;
        let times = best_times::compute(&samples, zone);
        let hours = best_times::replace(&mut tx, &*self.ids, zone, &times, now).await?;
        tx.commit().await?;
        Ok(BestTimesComputed { publications: samples.len(), hours })
    }
}
