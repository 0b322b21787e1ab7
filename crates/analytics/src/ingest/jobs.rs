//! Collecting as jobs: one per account and day, and the hourly look at the clocks.

use std::time::Duration;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{AccountId, Date, OrganizationId, Scope, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::backfill::BackfillProgress;
use super::day::Order;
use super::report::{RunReport, Verdict};
use super::session::Try;
use super::{IngestError, plan};
use crate::rollup::RollUp;
use crate::run::IngestTrigger;
use crate::tags::RetagContent;
use crate::{Analytics, tracking};

/// Collects one account's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestIntegration {
    /// The tenant, for the key.
    pub organization_id: OrganizationId,
    /// The account.
    pub integration_id: AccountId,
    /// The day.
    pub date: Date,
    /// Why.
    #[serde(default = "schedule")]
    pub trigger: IngestTrigger,
    /// Whether it overwrites: what the network does not tell any more becomes unknown.
    #[serde(default)]
    pub overwrites: bool,
}

const fn schedule() -> IngestTrigger {
    IngestTrigger::Schedule
}

impl Job for IngestIntegration {
    const KIND: &'static str = "analytics.ingest_integration";
    const QUEUE: &'static str = queues::ANALYTICS;
    const ATTEMPTS_MAX: Option<i32> = Some(5);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(1800));

    fn dedupe_key(&self) -> Option<String> {
        // One that overwrites is not done by one that does not, so both may wait.
        let how = if self.overwrites { ":overwrites" } else { "" };
        Some(format!("{}:{}:{}:{}{how}", Self::KIND, self.organization_id, self.integration_id, self.date))
    }
}

/// Collects a range of old days of one account; runs behind everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillIntegration {
    /// The tenant, for the key.
    pub organization_id: OrganizationId,
    /// The account.
    pub integration_id: AccountId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Job for BackfillIntegration {
    const KIND: &'static str = "analytics.backfill_integration";
    const QUEUE: &'static str = queues::ANALYTICS;
    const ATTEMPTS_MAX: Option<i32> = Some(5);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(3600));
    const PRIORITY: Option<i16> = Some(5);

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}:{}:{}", Self::KIND, self.organization_id, self.integration_id, self.from, self.to))
    }
}

/// Looks for organizations where it is past 02:00 and adds their accounts' jobs for yesterday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDailyIngest {}

impl Job for PlanDailyIngest {
    const KIND: &'static str = "analytics.plan_daily_ingest";
    const QUEUE: &'static str = queues::ANALYTICS;
    const PRIORITY: Option<i16> = Some(1);

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

impl Analytics {
    /// Adds this context's handlers and its timetable.
    #[must_use]
    pub fn register_jobs(&self, registry: Registry, identity: &Identity) -> Registry {
        let (ingest, backfill, planner, identity) = (self.clone(), self.clone(), self.clone(), identity.clone());
        let (sums, retag) = (self.clone(), self.clone());
        self.register_snapshots(self.register_reports(self.register_metric_imports(registry), &identity), &identity)
            .on(move |job: IngestIntegration, context: RunContext| {
                let analytics = ingest.clone();
                async move { analytics.run_ingest(job, context).await }
            })
            .on(move |job: BackfillIntegration, context: RunContext| {
                let analytics = backfill.clone();
                async move { analytics.run_backfill(job, context).await }
            })
            .on(move |job: RollUp, context: RunContext| {
                let analytics = sums.clone();
                async move { analytics.run_roll_up(job, context).await }
            })
            .on(move |job: RetagContent, context: RunContext| {
                let analytics = retag.clone();
                async move { analytics.run_retag(job, context).await }
            })
            .on(move |_: PlanDailyIngest, _: RunContext| {
                let (analytics, identity) = (planner.clone(), identity.clone());
                async move { analytics.run_plan(&identity).await }
            })
            .every(TimetableEntry::new("analytics.daily_ingest", "5 * * * *", &PlanDailyIngest {}))
    }

    async fn run_ingest(&self, job: IngestIntegration, context: RunContext) -> Result<Outcome, JobError> {
        let scope = scope(&context, job.organization_id);
        let IngestIntegration { integration_id: account, date, trigger, overwrites, .. } = job;
        let order = Order { account, date, trigger, overwrites };
        let result = self.collect(&scope, order, attempt(&context)).await;
        self.answer(result)
    }

    async fn run_backfill(&self, job: BackfillIntegration, context: RunContext) -> Result<Outcome, JobError> {
        let scope = scope(&context, job.organization_id);
        let range = (job.from, job.to);
        let (tell, mut heard) = tokio::sync::watch::channel(None::<BackfillProgress>);
        let progress = move |progress| {
            tell.send_replace(Some(progress));
        };
        let work = self.backfill_attempt(&scope, job.integration_id, range, attempt(&context), progress);
        tokio::pin!(work);
        let result = loop {
            tokio::select! {
                biased;
                result = &mut work => break result,
                Ok(()) = heard.changed() => {
                    let now = *heard.borrow_and_update();
                    if let Some(BackfillProgress { done, of, rows_written }) = now {
                        let percent = u8::try_from(done * 100 / of.max(1)).unwrap_or(100);
                        // A courtesy: the work does not fail for it.
                        let _ = context.progress(percent, &format!("{rows_written} rows written")).await;
                    }
                }
            }
        };
        self.answer(result)
    }

    pub(super) fn answer(&self, result: Result<RunReport, IngestError>) -> Result<Outcome, JobError> {
        match result {
            Ok(report) => match report.verdict {
                Verdict::Done => Ok(Outcome::Done),
                Verdict::Retry { reason, at, .. } => Ok(Outcome::RetryAfter(at.since(self.clock.now()), reason)),
                Verdict::WaitUntil(at) => Ok(Outcome::SnoozeUntil(at)),
                Verdict::GiveUp { kind, reason, alarm: true } => Err(JobError::permanent(reason).class(kind.label())),
                Verdict::GiveUp { reason, alarm: false, .. } => Ok(Outcome::Discard(reason)),
            },
            Err(IngestError::Stopped) => Err(JobError::stopped()),
            Err(error @ IngestError::NotTracked(_)) => Ok(Outcome::Discard(error.to_string())),
            Err(IngestError::Db(error)) => Err(error.into()),
            Err(error @ IngestError::Account(_)) => Err(JobError::transient(error)),
            Err(
                error @ (IngestError::FutureDate(_) | IngestError::EmptyRange { .. } | IngestError::NoConnector(_)),
            ) => Err(JobError::permanent(error)),
        }
    }

    /// 30 s, doubled for each try, at most an hour, a fifth more or less.
    pub(super) fn pause(&self, attempt: i32) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(10);
        let base = Duration::from_secs(30).saturating_mul(1 << doublings).min(Duration::from_secs(3600));
        let mut chance = [0];
        self.ids.fill(&mut chance);
        base.mul_f64(0.8 + 0.4 * f64::from(chance[0]) / 255.0)
    }

    /// Each organization by itself: one that fails leaves the others their night.
    #[instrument(skip_all, err)]
    async fn run_plan(&self, identity: &Identity) -> Result<Outcome, JobError> {
        let mut failed = None;
        let organizations = identity.organization_ids().await.map_err(JobError::transient)?;
        for id in organizations {
            let scope = Scope::worker(id);
            let planned = match identity.organization(&scope).await {
                Ok(organization) => self.plan_for(&scope, &organization.timezone).await.map_err(JobError::from),
                Err(error) => Err(JobError::transient(error)),
            };
            if let Err(error) = self.resume_retagging(&scope).await {
                tracing::warn!(organizationId = %id, %error, "tagging anew could not be resumed");
            }
            if let Err(error) = planned {
                tracing::warn!(organizationId = %id, %error, "the day's collecting could not be planned");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Outcome::Done), Err)
    }

    /// Adds the jobs of one organization, if it is past 02:00 there; returns how many are new.
    /// A job whose day ends later where the network counts waits for that.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn plan_for(&self, scope: &Scope, zone: &Zone) -> Result<u64, rookery_db::Error> {
        let now = self.clock.now();
        let organization_id = scope.organization_id;
        let mut tx = self.db.org(scope).await?;
        // Whoever left marks and was stopped before he could say so.
        self.roll_up_if_marked(&mut tx).await?;
        let Some(date) = plan::day_to_collect(now, zone) else {
            tx.commit().await?;
            return Ok(0);
        };
        let jobs: Vec<(IngestIntegration, Timestamp)> = tracking::unplanned(&mut tx, date)
            .await?
            .into_iter()
            .map(|account| {
                let zone = account.metrics_timezone.and_then(|name| name.parse().ok()).unwrap_or_else(Zone::utc);
                let job = IngestIntegration {
                    organization_id,
                    integration_id: account.integration_id,
                    date,
                    trigger: IngestTrigger::Schedule,
                    overwrites: false,
                };
                (job, now.max(plan::end_of(date, &zone)))
            })
            .collect();
        let added = self.jobs.enqueue_many(tx.conn(), Some(organization_id), &jobs).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(added)
    }
}

pub(super) fn scope(context: &RunContext, organization: OrganizationId) -> Scope {
    context.scope().unwrap_or_else(|| Scope::worker(organization))
}

pub(super) fn attempt(context: &RunContext) -> Try {
    Try { number: context.attempt, max: context.attempts_max, stop: context.stop.clone() }
}
