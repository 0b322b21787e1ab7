//! Example data for an organization. Every id is derived from the organization, so a second run finds its own
//! rows and changes nothing.

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
];

/// Runs every file in the caller's transaction and returns the number of rows that were made; 0 means that all
/// were there. `day` is the current day in UTC as `YYYY-MM-DD`, by the caller's clock; all times count from it.
///
/// # Errors
/// As the server says; the caller then drops the transaction and nothing is left.
pub async fn run(tx: &mut OrgTx, day: &str) -> Result<u64, Error> {
    sqlx::query("select set_config('app.seed_now', $1::date::text || ' 00:00:00+00', true)")
        .bind(day)
        .execute(tx.conn())
        .await?;
    let mut made = 0;
    for statement in FILES.iter().flat_map(|file| statements(file)) {
        made += sqlx::query(AssertSqlSafe(statement.sql.to_owned())).execute(tx.conn()).await?.rows_affected();
    }
    Ok(made)
}
