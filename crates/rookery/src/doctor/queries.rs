//! What the doctor asks the server itself, before any of our tables is there.

use rookery_kernel::Timestamp;
use sqlx::PgConnection;

/// The version as text and as a number (150003 is 15.3), and the server's time.
pub(super) async fn version_and_time(connection: &mut PgConnection) -> Result<(String, i32, Timestamp), sqlx::Error> {
    sqlx::query_as(
        "select current_setting('server_version'), current_setting('server_version_num')::int, clock_timestamp()",
    )
    .fetch_one(connection)
    .await
}
