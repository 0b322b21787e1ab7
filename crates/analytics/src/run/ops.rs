//! Reading the diary; asking for a day to be collected.

use rookery_jobs::admin;
use rookery_jobs::{Enqueued, Job, JobState};
use rookery_kernel::{AccountId, Cursor, Date, Limit, Page, RunId, Scope, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use super::model::{FailureFilter, IngestFailure, IngestRun, IngestTrigger};
use super::store;
use crate::ingest::{BackfillIntegration, IngestIntegration};
use crate::{Analytics, tracking};

/// A run could not be asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No such run in this organization.
    #[error("no such run: {0}")]
    NoSuchRun(RunId),
    /// The account is not tracked.
    #[error("the account {0} is not tracked")]
    NotTracked(AccountId),
    /// The day has not begun.
    #[error("{0} has not begun yet")]
    FutureDate(Date),
    /// The range has no days, or is longer than networks remember.
    #[error("the range from {0} to {1} has no days or more than {max}", max = BACKFILL_DAYS_MAX)]
    BadRange(Date, Date),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// Networks keep an account's days for two years (spec/analytics.md §4.4).
const BACKFILL_DAYS_MAX: i64 = 731;
/// Backfills that are listed.
const BACKFILLS_MAX: u16 = 50;

/// A backfill that waits or runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// The account.
    pub integration_id: AccountId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Whether it has begun.
    pub is_running: bool,
    /// 0 to 100.
    pub percent: i16,
    /// What it has done so far, in words.
    pub step: Option<String>,
    /// When it began or begins.
    pub at: Timestamp,
}

impl Analytics {
    /// One page of the diary, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs(
        &self,
        scope: &Scope,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<IngestRun>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let rows = store::page(&mut tx, after, limit).await?;
        Ok(Page::from_probe(rows, limit, |run| (run.created_at, run.id.uuid())))
    }

    /// The steps of the way through an account's day that a run is part of, in their order.
    ///
    /// # Errors
    /// [`RequestError::NoSuchRun`], or the database's.
    pub async fn run_steps(&self, scope: &Scope, id: RunId) -> Result<Vec<IngestRun>, RequestError> {
        let mut tx = self.db.org(scope).await?;
        let steps = store::pass(&mut tx, id).await?;
        if steps.is_empty() { Err(RequestError::NoSuchRun(id)) } else { Ok(steps) }
    }

    /// One page of failures, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn errors(
        &self,
        scope: &Scope,
        filter: &FailureFilter,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<IngestFailure>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        // Failures count their rows, while a cursor carries a UUID: the number is its lower half.
        let after = after.map(|c| (c.at, c.id.as_u64_pair().1.cast_signed()));
        let rows = store::failures(&mut tx, filter, after, limit).await?;
        Ok(Page::from_probe(rows, limit, |f| (f.created_at, Uuid::from_u64_pair(0, f.id.cast_unsigned()))))
    }

    /// Collects the day of a run again, all steps of it. If a job for that account and day waits
    /// or runs already, that one is named.
    ///
    /// # Errors
    /// [`RequestError`].
    #[instrument(skip_all, err, fields(run = %id))]
    pub async fn retry_run(&self, scope: &Scope, id: RunId) -> Result<Enqueued, RequestError> {
        let mut tx = self.db.org(scope).await?;
        let run = store::find(&mut tx, id).await?.ok_or(RequestError::NoSuchRun(id))?;
        drop(tx);
        let account = run.integration_id.ok_or(RequestError::NoSuchRun(id))?;
        self.request_ingest(scope, account, run.date, IngestTrigger::Retry).await
    }

    /// Asks for one account's day to be collected now.
    ///
    /// # Errors
    /// [`RequestError`].
    #[instrument(skip_all, err, fields(account = %account, %date))]
    pub async fn request_ingest(
        &self,
        scope: &Scope,
        account: AccountId,
        date: Date,
        trigger: IngestTrigger,
    ) -> Result<Enqueued, RequestError> {
        let organization_id = scope.organization_id;
        let job = IngestIntegration { organization_id, integration_id: account, date, trigger, overwrites: false };
        self.request(scope, account, date, &job).await
    }

    /// Asks for one account's day to be collected once more and overwritten, see [`Analytics::overwrite_day`].
    ///
    /// # Errors
    /// [`RequestError`].
    #[instrument(skip_all, err, fields(account = %account, %date))]
    pub async fn request_overwrite(
        &self,
        scope: &Scope,
        account: AccountId,
        date: Date,
    ) -> Result<Enqueued, RequestError> {
        let (organization_id, trigger) = (scope.organization_id, IngestTrigger::Manual);
        let job = IngestIntegration { organization_id, integration_id: account, date, trigger, overwrites: true };
        self.request(scope, account, date, &job).await
    }

    /// Asks for a range of old days of one account to be collected, behind everything else.
    ///
    /// # Errors
    /// [`RequestError`].
    #[instrument(skip_all, err, fields(account = %account, %from, %to))]
    pub async fn request_backfill(
        &self,
        scope: &Scope,
        account: AccountId,
        from: Date,
        to: Date,
    ) -> Result<Enqueued, RequestError> {
        if !(0..BACKFILL_DAYS_MAX).contains(&to.days_since(from)) {
            return Err(RequestError::BadRange(from, to));
        }
        let job = BackfillIntegration { organization_id: scope.organization_id, integration_id: account, from, to };
        self.request(scope, account, to, &job).await
    }

    /// Adds a job about days of a tracked account, the last of which has begun there.
    async fn request<J: Job>(
        &self,
        scope: &Scope,
        account: AccountId,
        last: Date,
        job: &J,
    ) -> Result<Enqueued, RequestError> {
        let mut tx = self.db.org(scope).await?;
        let tracked = tracking::find(&mut tx, account).await?.filter(|t| t.enabled);
        let tracked = tracked.ok_or(RequestError::NotTracked(account))?;
        if last > tracked.zone().date(self.clock.now()) {
            return Err(RequestError::FutureDate(last));
        }
        let jobs = self.jobs.caused_by(scope);
        let enqueued = jobs.enqueue(tx.conn(), Some(scope.organization_id), job).await?;
        tx.commit().await?;
        jobs.wake();
        Ok(enqueued)
    }

    /// The backfills that wait or run, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn backfills(&self, scope: &Scope) -> Result<Vec<Backfill>, rookery_db::Error> {
        let organization = Some(scope.organization_id);
        let mut found = Vec::new();
        for state in [JobState::Running, JobState::Queued, JobState::Scheduled] {
            let filter = admin::Filter {
                organization,
                queue: None,
                state: Some(state),
                kind: Some(BackfillIntegration::KIND.to_owned()),
            };
            let jobs = admin::list(&self.db, &filter, None, Limit::new(BACKFILLS_MAX)).await?;
            for row in jobs.items {
                let Ok(job) = serde_json::from_value::<BackfillIntegration>(row.payload) else { continue };
                found.push(Backfill {
                    integration_id: job.integration_id,
                    from: job.from,
                    to: job.to,
                    is_running: state == JobState::Running,
                    percent: row.progress,
                    step: row.step,
                    at: row.started_at.unwrap_or(row.run_at),
                });
            }
        }
        Ok(found)
    }
}
