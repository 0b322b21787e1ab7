//! The statements on the switch.

use rookery_db::Error;
use rookery_kernel::{Timestamp, UserId};
use sqlx::PgConnection;

use super::InstancePause;

/// The switch's name.
pub(crate) const PAUSED: &str = "publishing_paused";

type Row = (Timestamp, Option<UserId>, Option<String>);

fn read((since, set_by, reason): Row) -> InstancePause {
    InstancePause { since, set_by, reason }
}

/// Whether it is on.
pub(crate) async fn pause(conn: &mut PgConnection) -> Result<Option<InstancePause>, Error> {
    let row: Option<Row> =
        sqlx::query_as("select since, set_by, reason from publishing.instance_switches where name = $1")
            .bind(PAUSED)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(read))
}

/// Switches it on; the first moment stays.
pub(super) async fn set_pause(conn: &mut PgConnection, pause: &InstancePause) -> Result<InstancePause, Error> {
    let row: Row = sqlx::query_as(
        "insert into publishing.instance_switches as s (name, since, set_by, reason) values ($1, $2, $3, $4)
         on conflict (name) do update set reason = coalesce(excluded.reason, s.reason)
         returning since, set_by, reason",
    )
    .bind(PAUSED)
    .bind(pause.since)
    .bind(pause.set_by.map(UserId::uuid))
    .bind(pause.reason.as_deref())
    .fetch_one(conn)
    .await?;
    Ok(read(row))
}

/// Switches it off; what was on.
pub(super) async fn clear_pause(conn: &mut PgConnection) -> Result<Option<InstancePause>, Error> {
    let row: Option<Row> =
        sqlx::query_as("delete from publishing.instance_switches where name = $1 returning since, set_by, reason")
            .bind(PAUSED)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(read))
}
