//! How long each kind of row is kept, and how many rows of an organization are past that time.
//!
//! Nothing here changes a row.

mod store;

use rookery_db::{Db, Error};
use rookery_kernel::{Clock, Scope};
use tracing::instrument;

/// One kind of row that is not kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `schema.table`, as in `governance.retention_policies.entity`.
    pub entity: &'static str,
    /// The SQL expression of the moment that the days are counted from.
    time: &'static str,
    /// What else a row must fulfil, as SQL.
    only: &'static str,
    /// Days kept when the organization has no policy of its own.
    pub keep_days: i32,
}

const fn rule(entity: &'static str, time: &'static str, only: &'static str, keep_days: i32) -> Rule {
    Rule { entity, time, only, keep_days }
}

/// The built-in times. A table that is not named here is kept for ever.
pub const RULES: [Rule; 13] = [
    rule("engagement.posts", "detected_at", "archived_at is null", 90),
    rule("engagement.decisions", "created_at", "archived_at is null", 90),
    rule("engagement.competitive_mentions", "created_at", "true", 90),
    rule("engagement.kpi_metrics", "(date::timestamp at time zone 'UTC')", "true", 730),
    // An open escalation has no end to count from.
    rule("engagement.escalations", "resolved_at", "status in ('resolved', 'dismissed')", 1095),
    rule("governance.audit_logs", "occurred_at", "true", 1095),
    rule("learning.weight_adjustment_logs", "date", "true", 365),
    rule("learning.learning_events", "date", "true", 183),
    rule("learning.randomized_experiments", "created_at", "true", 92),
    rule("analytics.publication_snapshots", "recorded_at", "true", 183),
    // An attempt under way has no end yet.
    rule("publishing.publication_attempts", "finished_at", "true", 90),
    rule("accounts.account_events", "occurred_at", "true", 365),
    rule("analytics.ingest_errors", "created_at", "true", 90),
];

/// What holds for one kind of row in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// `schema.table`.
    pub entity: &'static str,
    /// Days kept; `None` is for ever.
    pub keep_days: Option<i32>,
    /// Why nothing of this kind may leave, if so.
    pub hold_reason: Option<String>,
    /// Rows past their time; 0 while they are held or kept for ever.
    pub rows: i64,
}

/// Counts the organization's rows past their time, one element per rule in the order of [`RULES`].
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err)]
pub async fn due(db: &Db, clock: &dyn Clock, scope: &Scope) -> Result<Vec<Due>, Error> {
    let mut tx = db.org(scope).await?;
    let policies = store::policies(&mut tx).await?;
    let mut all: Vec<Due> = RULES
        .iter()
        .map(|rule| match policies.iter().find(|policy| policy.0 == rule.entity) {
            Some((_, keep_days, hold_reason)) => {
                Due { entity: rule.entity, keep_days: *keep_days, hold_reason: hold_reason.clone(), rows: 0 }
            }
            None => Due { entity: rule.entity, keep_days: Some(rule.keep_days), hold_reason: None, rows: 0 },
        })
        .collect();
    for (rule, due) in RULES.iter().zip(&mut all) {
        if let (Some(days), None) = (due.keep_days, &due.hold_reason) {
            due.rows = store::count(&mut tx, rule, days, clock.now()).await?;
        }
    }
    tx.commit().await?;
    Ok(all)
}
