//! The promoter.

use rookery_db::{Db, Error};
use rookery_kernel::Timestamp;

/// Most jobs in one statement.
const BATCH: i64 = 1_000;

/// Moves scheduled jobs whose time has come into the queue and says how many.
pub(crate) async fn promote(db: &Db, now: Timestamp) -> Result<u64, Error> {
    let mut promoted = 0;
    loop {
        let moved = sqlx::query!(
            "update jobs.jobs j set state = 'queued', updated_at = $1
             where j.id = any (array(
                 select d.id from jobs.jobs d
                 where d.state = 'scheduled' and d.run_at <= $1
                 order by d.run_at
                 limit $2
                 for update skip locked))",
            now as _,
            BATCH,
        )
        .execute(db.worker_pool())
        .await?
        .rows_affected();
        promoted += moved;
        if moved < BATCH.unsigned_abs() {
            return Ok(promoted);
        }
    }
}
