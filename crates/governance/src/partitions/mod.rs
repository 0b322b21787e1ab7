//! Tables by month, whose months are made ahead.

mod store;

use rookery_db::{Db, Error};
use rookery_kernel::Clock;
use tracing::instrument;

/// Months made ahead of the current one. The job runs daily, so three survive a long outage.
const MONTHS_AHEAD: i32 = 3;

/// Makes the current month's partition of every partitioned table and those of the months ahead, as far as
/// they are missing; how many were made. Idempotent, and safe to run from several processes at once.
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err)]
pub async fn ensure(db: &Db, clock: &dyn Clock) -> Result<i32, Error> {
    let today = clock.now().date_utc();
    let mut tx = db.system("partitions ahead").await?;
    let made = store::ensure_partitions(tx.conn(), today, MONTHS_AHEAD + 1).await?;
    tx.commit().await?;
    if made > 0 {
        tracing::info!(made, "partitions made ahead");
    }
    Ok(made)
}
