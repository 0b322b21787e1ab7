//! How long each kind of row is kept, and how many rows of an organization are past that time.
//!
//! Nothing here changes a row; [`crate::archive`] does.

mod queries;
pub(crate) mod store;

use rookery_db::{Db, Error, OrgTx};
use rookery_kernel::{Clock, Scope};
use tracing::instrument;

pub use queries::{Format, RULES, Rule};

/// What holds for one kind of row in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// `schema.table`.
    pub entity: &'static str,
    /// Days kept; `None` is for ever.
    pub keep_days: Option<i32>,
    /// Why nothing of this kind may leave, if so.
    pub hold_reason: Option<String>,
    /// How it is archived.
    pub format: Format,
    /// Rows past their time that are archived and leave (of the audit log: that are archived and stay); 0 while
    /// they are held or kept for ever.
    pub rows: i64,
    /// Rows past their time that others refer to: they are archived and then reduced instead of deleted.
    pub tombstones: i64,
    /// Rows past their time that stay until rows that refer to them have left.
    pub waiting: i64,
}

/// Counts the organization's rows past their time, one element per rule in the order of [`RULES`].
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err)]
pub async fn due(db: &Db, clock: &dyn Clock, scope: &Scope) -> Result<Vec<Due>, Error> {
    let mut tx = db.org(scope).await?;
    let mut all = Vec::with_capacity(RULES.len());
    for rule in &RULES {
        all.push(due_of(&mut tx, clock, rule).await?);
    }
    tx.commit().await?;
    Ok(all)
}

/// As [`due`] for one rule, within a transaction.
pub(crate) async fn due_of(tx: &mut OrgTx, clock: &dyn Clock, rule: &Rule) -> Result<Due, Error> {
    let mut due = in_force(rule, &store::policies(tx).await?);
    if let (Some(days), None) = (due.keep_days, &due.hold_reason) {
        (due.rows, due.tombstones, due.waiting) = store::count(tx, rule, days, clock.now()).await?;
    }
    Ok(due)
}

/// The organization's own policy, else the built-in time; nothing counted yet.
pub(crate) fn in_force(rule: &Rule, policies: &[store::Policy]) -> Due {
    let built_in = Due {
        entity: rule.entity,
        keep_days: Some(rule.keep_days),
        hold_reason: None,
        format: rule.format,
        rows: 0,
        tombstones: 0,
        waiting: 0,
    };
    match policies.iter().find(|policy| policy.entity == rule.entity) {
        Some(policy) => Due {
            keep_days: policy.keep_days,
            hold_reason: policy.hold_reason.clone(),
            format: Format::from_label(&policy.format).unwrap_or(rule.format),
            ..built_in
        },
        None => built_in,
    }
}
