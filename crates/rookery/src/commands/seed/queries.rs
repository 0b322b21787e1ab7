//! What has to be known before examples are made.

use rookery_db::{Error, SystemTx};

/// How many people have none of these addresses.
pub(super) async fn strangers(tx: &mut SystemTx, emails: &[&str]) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("select count(*) from identity.users where email <> all($1)")
        .bind(emails)
        .fetch_one(tx.conn())
        .await?)
}
