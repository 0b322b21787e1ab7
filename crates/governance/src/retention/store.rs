//! The SQL of retention. Names of tables and columns come from the rules, which are constants of our own.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;
use sqlx::AssertSqlSafe;

use super::Rule;

/// Entity, days kept and reason of a hold of every policy that the organization has made.
pub(super) async fn policies(tx: &mut OrgTx) -> Result<Vec<(String, Option<i32>, Option<String>)>, Error> {
    let sql = "select entity, keep_days, hold_reason from governance.retention_policies where organization_id = $1";
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(sql).bind(organization).fetch_all(tx.conn()).await?)
}

pub(super) async fn count(tx: &mut OrgTx, rule: &Rule, keep_days: i32, now: Timestamp) -> Result<i64, Error> {
    // Days of 24 hours: the answer does not depend on the session's time zone.
    let sql = format!(
        "select count(*) from {} where organization_id = $1 and {} and {} < $2 - $3 * interval '24 hours'",
        rule.entity, rule.only, rule.time
    );
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(organization).bind(now).bind(keep_days).fetch_one(tx.conn()).await?)
}
