//! Presence: a row per worker that is alive.

use rookery_db::Error;

use crate::run::Shared;

/// Writes or freshens the worker's row.
pub(crate) async fn show(shared: &Shared) -> Result<(), Error> {
    let queues: Vec<String> = shared.queues().into_iter().map(str::to_owned).collect();
    sqlx::query!(
        "insert into jobs.workers (name, queues, started_at, last_seen_at) values ($1, $2, $3, $3)
         on conflict (name) do update set queues = excluded.queues, last_seen_at = excluded.last_seen_at",
        shared.owner,
        &queues,
        shared.now() as _,
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
