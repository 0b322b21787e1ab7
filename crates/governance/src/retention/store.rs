//! The SQL of retention. Names of tables and columns come from the rules, which are constants of our own.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;
use sqlx::AssertSqlSafe;

use super::Rule;

/// A policy that the organization has made.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Policy {
    /// `schema.table`.
    pub entity: String,
    /// Days kept; `None` is for ever.
    pub keep_days: Option<i32>,
    /// The label of a format.
    pub format: String,
    /// Why nothing may leave, if so.
    pub hold_reason: Option<String>,
}

pub(crate) async fn policies(tx: &mut OrgTx) -> Result<Vec<Policy>, Error> {
    let sql = "select entity, keep_days, format, hold_reason from governance.retention_policies
         where organization_id = $1";
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(sql).bind(organization).fetch_all(tx.conn()).await?)
}

/// Rows that leave, that are reduced, that wait.
pub(super) async fn count(
    tx: &mut OrgTx,
    rule: &Rule,
    keep_days: i32,
    now: Timestamp,
) -> Result<(i64, i64, i64), Error> {
    // Days of 24 hours: the answer does not depend on the session's time zone.
    let sql = format!(
        "select count(*) filter (where not waits and not stone), count(*) filter (where not waits and stone),
             count(*) filter (where waits)
         from (select {} as waits, {} as stone from {} t
             where t.organization_id = $1 and {} and {} < $2 - $3 * interval '24 hours') past",
        rule.waits,
        rule.stone(),
        rule.entity,
        rule.only,
        rule.time
    );
    let organization = tx.organization_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(organization).bind(now).bind(keep_days).fetch_one(tx.conn()).await?)
}
