//! Presence: a row per worker that is alive.

use rookery_db::Error;

use crate::run::Shared;

/// Writes or freshens the worker's row.
pub(crate) async fn show(shared: &Shared) -> Result<(), Error> {
    sqlx::query!(
        "insert into jobs.workers (name, roles, started_at, last_seen_at, last_claim_at) values ($1, $2, $3, $3, $4)
         on conflict (name) do update set last_seen_at = excluded.last_seen_at, last_claim_at = excluded.last_claim_at",
        shared.owner,
        shared.queues().join(", "),
        shared.now() as _,
        shared.last_claim() as _,
    )
    .execute(shared.db.worker_pool())
    .await?;
    Ok(())
}

/// Takes the worker's row away.
pub(crate) async fn leave(shared: &Shared) -> Result<(), Error> {
    sqlx::query!("delete from jobs.workers where name = $1", shared.owner).execute(shared.db.worker_pool()).await?;
    Ok(())
}
