//! The SQL of partitions: one function of the database, because only the owner may make tables.

use rookery_db::Error;
use rookery_kernel::Date;
use sqlx::PgConnection;

pub(super) async fn ensure_partitions(conn: &mut PgConnection, from: Date, months: i32) -> Result<i32, Error> {
    Ok(sqlx::query_scalar!(r#"select governance.ensure_partitions($1, $2) as "made!""#, from as _, months)
        .fetch_one(conn)
        .await?)
}
