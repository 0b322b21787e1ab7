//! Example data for an organization. Every id is derived from the organization, so a second run finds its own
//! rows and changes nothing.

use serde::Serialize;
use sqlx::AssertSqlSafe;

use crate::error::Error;
use crate::migrate::split::statements;
use crate::org::OrgTx;

/// In this order: later files refer to rows of earlier ones.
const FILES: &[&str] = &[
    include_str!("../seed/02_engagement.sql"),
    include_str!("../seed/02_brand.sql"),
    include_str!("../seed/02_posts.sql"),
    include_str!("../seed/05_learning.sql"),
    include_str!("../seed/06_decisions.sql"),
    include_str!("../seed/07_replies.sql"),
    include_str!("../seed/08_figures.sql"),
    include_str!("../seed/09_strategy.sql"),
    include_str!("../seed/10_publishing.sql"),
    include_str!("../seed/11_analytics.sql"),
    include_str!("../seed/12_billing.sql"),
    include_str!("../seed/13_reports.sql"),
];

/// What a run did to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// `schema.table`
    pub table: String,
    /// Rows that were made.
    pub made: u64,
    /// Rows that the organization, or its people, had already.
    pub there: u64,
}

/// Runs every file in the caller's transaction and returns the number of rows that were made; 0 means that all
/// were there. `day` is the current day in UTC as `YYYY-MM-DD`, by the caller's clock; all times count from it.
///
/// # Errors
/// As the server says; the caller then drops the transaction and nothing is left.
pub async fn run(tx: &mut OrgTx, day: &str) -> Result<u64, Error> {
    Ok(run_counted(tx, day).await?.iter().map(|t| t.made).sum())
}

/// As [`run`], told apart by table, in the order in which the tables are filled.
///
/// # Errors
/// As [`run`].
pub async fn run_counted(tx: &mut OrgTx, day: &str) -> Result<Vec<Filled>, Error> {
    sqlx::query("select set_config('app.seed_now', $1::date::text || ' 00:00:00+00', true)")
        .bind(day)
        .execute(tx.conn())
        .await?;
    let mut filled: Vec<Filled> = Vec::new();
    for statement in FILES.iter().flat_map(|file| statements(file)) {
        let made = sqlx::query(AssertSqlSafe(statement.sql.to_owned())).execute(tx.conn()).await?.rows_affected();
        let table = target(statement.sql);
        match filled.iter_mut().find(|f| f.table == table) {
            Some(known) => known.made += made,
            None => filled.push(Filled { table: table.to_owned(), made, there: 0 }),
        }
    }
    for table in &mut filled {
        table.there = u64::try_from(count(tx, &table.table).await?).unwrap_or(0).saturating_sub(table.made);
    }
    Ok(filled)
}

/// The table that a statement fills.
fn target(sql: &str) -> &str {
    let rest = sql.strip_prefix("INSERT INTO ").unwrap_or(sql);
    rest.split([' ', '\n', '(']).next().unwrap_or(rest)
}

/// The rows of the organization. What is billed belongs to people: those of the organization count.
async fn count(tx: &mut OrgTx, table: &str) -> Result<i64, Error> {
    let people = if table.starts_with("billing.") {
        " where user_id in (select owner_user_id from identity.organizations
                            union select user_id from identity.memberships)"
    } else {
        ""
    };
    Ok(sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}{people}"))).fetch_one(tx.conn()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_fills_a_table_and_makes_no_row_twice() {
        for statement in FILES.iter().flat_map(|file| statements(file)) {
            let table = target(statement.sql);
            assert!(statement.sql.starts_with("INSERT INTO ") && table.contains('.'), "{}", statement.sql);
            let guarded = statement.sql.ends_with("ON CONFLICT DO NOTHING") || statement.sql.contains("NOT EXISTS");
            assert!(guarded, "line {}: {table}", statement.line);
        }
    }
}
