//! What an organization decided about its publishing: pause, reviews, lateness.

pub(crate) mod store;

use std::time::Duration;

use rookery_governance::audit;
use rookery_kernel::{Scope, Timestamp};
use serde_json::{Value, json};
use tracing::instrument;

use crate::Publishing;

/// So late a post may still go out, unless the organization says otherwise (PUB-39).
const LATE_GRACE_HOURS: u64 = 24;

/// What the organization decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct House {
    /// "Stop everything" is on since then.
    pub paused_at: Option<Timestamp>,
    /// Posts need an approval.
    pub review_required: bool,
    /// So late it may still go out.
    pub late_grace: Duration,
}

impl House {
    /// From the organization's settings; what makes no sense there is as if it were absent.
    fn from_settings(review_required: bool, settings: &Value) -> Self {
        let paused_at = settings.get(PAUSED_AT).and_then(Value::as_str).and_then(|at| at.parse().ok());
        let hours = settings.get(GRACE).and_then(Value::as_u64).filter(|h| *h <= LATE_GRACE_HOURS);
        let late_grace = Duration::from_secs(3600 * hours.unwrap_or(LATE_GRACE_HOURS));
        Self { paused_at, review_required, late_grace }
    }
}

/// When publishing was stopped; absent while it runs.
pub(crate) const PAUSED_AT: &str = "publishing_paused_at";
/// Hours, 0–24.
const GRACE: &str = "late_grace_hours";

impl Publishing {
    /// What the organization decided.
    ///
    /// # Errors
    /// The database's.
    pub async fn house(&self, scope: &Scope) -> Result<House, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        store::read(&mut tx).await
    }

    /// "Stop everything": nothing of the organization leaves until [`Publishing::resume`] (PUB-45).
    /// What is being sent right now still arrives.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn pause(&self, scope: &Scope) -> Result<House, rookery_db::Error> {
        let now = self.clock.now();
        self.switch(scope, Some(now)).await
    }

    /// Lets everything leave again; what is due goes at once.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn resume(&self, scope: &Scope) -> Result<House, rookery_db::Error> {
        self.switch(scope, None).await
    }

    async fn switch(&self, scope: &Scope, paused_at: Option<Timestamp>) -> Result<House, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let before = store::read(&mut tx).await?;
        if before.paused_at.is_some() == paused_at.is_some() {
            return Ok(before);
        }
        store::write_paused(&mut tx, paused_at, now).await?;
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let entry = audit::Entry {
            action: "update",
            resource: "identity.organizations",
            resource_id: Some(scope.organization_id.to_string()),
            changes: json!({"settings.publishing_paused_at": [text(before.paused_at), text(paused_at)]}),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        if paused_at.is_none() {
            self.enqueue_overdue(&mut tx, before.late_grace).await?;
        }
        tx.commit().await?;
        self.jobs.wake();
        Ok(House { paused_at, ..before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_as_if_absent() {
        let house = |settings: Value| House::from_settings(false, &settings);
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(house(json!({})), House { paused_at: None, review_required: false, late_grace: day });
        assert_eq!(house(json!({"late_grace_hours": 0})).late_grace, Duration::ZERO);
        assert_eq!(house(json!({"late_grace_hours": 99, "publishing_paused_at": 7})), house(json!({})));
        let paused = house(json!({"publishing_paused_at": "2026-03-02T09:00:00Z"})).paused_at;
        assert_eq!(paused.map(|at| at.to_string()), Some("2026-03-02T09:00:00Z".to_owned()));
    }
}
