//! The jobs that renew tokens: a scan every five minutes, and one job per token.

use std::time::Duration;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Jobs, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{AccountId, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Accounts;

/// Renewals that are found together are spread over this time.
const SPREAD: Duration = Duration::from_mins(5);

/// Finds the tokens of all organizations that end soon (PUB-13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTokens {}

impl Job for ScanTokens {
    const KIND: &'static str = "accounts.scan_tokens";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some("scan-tokens".to_owned())
    }
}

/// Renews the token of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewToken {
    /// Which account.
    pub account_id: AccountId,
}

impl Job for RenewToken {
    const KIND: &'static str = "accounts.renew_token";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("renew:{}", self.account_id))
    }
}

impl Accounts {
    /// Adds the renewal of tokens and the reading of servers' limits, and their places in the timetable.
    #[must_use]
    pub fn register_jobs(&self, registry: Registry, identity: &Identity, jobs: &Jobs) -> Registry {
        let (scan, renew) = (self.clone(), self.clone());
        let registry = self.register_server_limits(registry, identity);
        let (identity, jobs) = (identity.clone(), jobs.clone());
        registry
            .on(move |_: ScanTokens, _: RunContext| {
                let (accounts, identity, jobs) = (scan.clone(), identity.clone(), jobs.clone());
                async move { accounts.scan_tokens(&identity, &jobs).await }
            })
            .on(move |job: RenewToken, context: RunContext| {
                let accounts = renew.clone();
                async move {
                    let scope =
                        context.scope().ok_or_else(|| JobError::permanent("a renewal without an organization"))?;
                    // A refusal stands on the account, with the moment of the next try.
                    accounts.renew(&scope, job.account_id).await.map_err(JobError::transient)?;
                    Ok(Outcome::Done)
                }
            })
            .every(TimetableEntry::new("accounts.scan_tokens", "*/5 * * * *", &ScanTokens {}))
    }

    /// One organization's trouble does not keep the others' tokens from being renewed.
    async fn scan_tokens(&self, identity: &Identity, jobs: &Jobs) -> Result<Outcome, JobError> {
        let mut failed = None;
        for organization in identity.organization_ids().await? {
            if let Err(error) = self.enqueue_renewals(&Scope::worker(organization), jobs).await {
                tracing::warn!(%organization, %error, "the ends of tokens could not be read");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Outcome::Done), |error| Err(JobError::transient(error)))
    }

    async fn enqueue_renewals(&self, scope: &Scope, jobs: &Jobs) -> Result<(), rookery_db::Error> {
        let now = self.clock.now();
        let due = self.due_for_renewal(scope).await?;
        let renewals: Vec<_> = due
            .into_iter()
            .map(|ending| (RenewToken { account_id: ending.id }, now + self.delay(ending.expires_at, now)))
            .collect();
        if !renewals.is_empty() {
            let mut tx = self.db.org(scope).await?;
            jobs.enqueue_many(tx.conn(), Some(scope.organization_id), &renewals).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// By chance, so that many accounts do not ask at once; never later than half of what is left.
    fn delay(&self, end: Timestamp, now: Timestamp) -> Duration {
        let mut chance = [0; 4];
        self.ids.fill(&mut chance);
        let longest = if end > now { SPREAD.min(end.since(now) / 2) } else { Duration::ZERO };
        longest.mul_f64(f64::from(u32::from_be_bytes(chance)) / f64::from(u32::MAX))
    }
}
