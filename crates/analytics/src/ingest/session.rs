//! One run on one account: whom to ask, with which token, and the diary it writes.

use std::sync::Arc;

use rookery_accounts::{AccessError, AccountStatus};
use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Date, Platform, RunId, Scope, Timestamp};
use rookery_platforms::{Access, CallError, Connector, Delivery, ErrorType, Pace};
use tokio_util::sync::CancellationToken;

use super::plan::Snapshot;
use super::report::StepReport;
use super::{IngestError, failure};
use crate::Analytics;
use crate::run::{self, IngestKind, IngestStatus, IngestTrigger, NewFailure, NewRun, Oddities, Tally};
use crate::tracking::Tracked;

/// A usage figure older than this says nothing about now.
const USAGE_MEMORY: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// A network that is slow by itself is not waited for longer.
const PAUSE_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Which try this is, and how it is told to stop.
#[derive(Debug, Clone)]
pub(super) struct Try {
    pub number: i32,
    pub max: i32,
    pub stop: CancellationToken,
}

impl Try {
    /// The only one: a person or the command line waits for it.
    pub fn only() -> Self {
        Self { number: 1, max: 1, stop: CancellationToken::new() }
    }
}

/// One run on one account.
pub(super) struct Session<'a> {
    pub analytics: &'a Analytics,
    pub scope: &'a Scope,
    pub tracked: Tracked,
    pub platform: Platform,
    pub connector: Arc<dyn Connector>,
    pub access: Access,
    pub date: Date,
    pub snapshot: Snapshot,
    pub trigger: IngestTrigger,
    pub attempt: Try,
    pub key: String,
    pub renewed: bool,
    /// What is read takes the place of what stands there, also where the network says less than before.
    pub overwrites: bool,
    /// The size of pages that a listing came down to, because the network found larger ones too much.
    pub page_max: Option<usize>,
    /// The same for batches of numbers.
    pub batch_max: Option<usize>,
}

/// A step that has begun.
pub(super) struct Step {
    pub run: RunId,
    pub kind: IngestKind,
    /// The day its rows stand under.
    pub date: Date,
    pub tally: Tally,
    /// What arrived otherwise than it should.
    pub odd: Oddities,
    /// The weightiest failure of an item so far.
    pub worst: Option<CallError>,
    /// What ended it early, and whether that is in the diary already.
    pub end: Option<(CallError, bool)>,
}

impl Step {
    pub fn remember(&mut self, error: &CallError) {
        if self.worst.as_ref().is_none_or(|worst| failure::weight(error.kind) > failure::weight(worst.kind)) {
            self.worst = Some(error.clone());
        }
    }
}

impl Session<'_> {
    pub fn account(&self) -> AccountId {
        self.tracked.integration_id
    }

    pub fn now(&self) -> Timestamp {
        self.analytics.clock.now()
    }

    pub async fn tx(&self) -> Result<OrgTx, IngestError> {
        Ok(self.analytics.db.org(self.scope).await?)
    }

    /// Leaves at a safe place if the worker stops.
    pub fn check_stop(&self) -> Result<(), IngestError> {
        if self.attempt.stop.is_cancelled() { Err(IngestError::Stopped) } else { Ok(()) }
    }

    /// The rest of the quota belongs to people who publish.
    pub fn quota(&self) -> Result<(), CallError> {
        let Some(usage) = self.connector.usage(&self.access) else { return Ok(()) };
        let until = usage.seen_at + usage.regain.unwrap_or(USAGE_MEMORY);
        let now = self.now();
        if usage.pace() < Pace::PublishingOnly || until <= now {
            return Ok(());
        }
        let message = format!("{} % of the network's quota is used; the rest is kept for publishing", usage.percent);
        let mut error = CallError::new(ErrorType::RateLimit, Delivery::NotSent, message);
        error.retry_after = Some(until.since(now));
        Err(error)
    }

    /// Above 80 % of a quota a call is followed by a pause as long as it took (spec/platforms.md, limits): half the speed.
    pub async fn slow_down(&self, took: std::time::Duration) -> Result<(), IngestError> {
        let pace = self.connector.usage(&self.access).map_or(Pace::Full, |usage| usage.pace());
        let pause = pause_after(pace, took);
        if pause.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.attempt.stop.cancelled() => Err(IngestError::Stopped),
        }
    }

    /// Renews the token, once per run. Says whether a call is worth repeating.
    pub async fn renew(&mut self, error: &CallError) -> Result<bool, IngestError> {
        if error.kind != ErrorType::TokenExpired || self.renewed {
            return Ok(false);
        }
        self.renewed = true;
        let accounts = &self.analytics.accounts;
        let account = self.tracked.integration_id;
        match accounts.renew(self.scope, account).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => return unusable(error).map(|_| false),
        }
        match accounts.access(self.scope, account).await {
            Ok(access) => {
                self.access = access;
                Ok(true)
            }
            Err(error) => unusable(error).map(|_| false),
        }
    }

    pub async fn open(&self, kind: IngestKind, date: Date) -> Result<Step, IngestError> {
        let step = self.new_step(kind, date);
        let mut tx = self.tx().await?;
        run::open(&mut tx, &self.new_run(&step, IngestStatus::Running, None)).await?;
        tx.commit().await?;
        tracing::info!(
            organizationId = %self.scope.organization_id, integrationId = %self.account(), date = %date,
            runId = %step.run, kind = %kind, attempt = self.attempt.number, "collecting"
        );
        Ok(step)
    }

    /// Opens a step that runs many times a day, in the one row that the account has for it on the day.
    pub async fn open_again(&self, kind: IngestKind, date: Date) -> Result<Step, IngestError> {
        let mut step = self.new_step(kind, date);
        let mut tx = self.tx().await?;
        let run = self.new_run(&step, IngestStatus::Running, None);
        match run::reopen(&mut tx, &run).await? {
            Some(id) => step.run = id,
            None => run::open(&mut tx, &run).await?,
        }
        tx.commit().await?;
        Ok(step)
    }

    /// Notes that a step was not tried because of `error`.
    pub async fn skip(&self, kind: IngestKind, date: Date, error: &CallError) -> Result<StepReport, IngestError> {
        let step = self.new_step(kind, date);
        let mut tx = self.tx().await?;
        run::open(&mut tx, &self.new_run(&step, IngestStatus::Skipped, Some(error.kind))).await?;
        tx.commit().await?;
        Ok(StepReport::new(step.run, kind, IngestStatus::Skipped, &step.tally, Some(error.clone())))
    }

    fn new_step(&self, kind: IngestKind, date: Date) -> Step {
        let run = RunId::generate(&*self.analytics.ids);
        Step { run, kind, date, tally: Tally::default(), odd: Oddities::default(), worst: None, end: None }
    }

    fn new_run(&self, step: &Step, status: IngestStatus, error: Option<ErrorType>) -> NewRun<'_> {
        NewRun {
            id: step.run,
            account: self.account(),
            kind: step.kind,
            date: step.date,
            trigger: self.trigger,
            status,
            attempt: self.attempt.number,
            key: &self.key,
            error: error.map(Into::into),
            now: self.now(),
        }
    }

    /// Ends a step: its row in the diary, what ended it early as a failure, and one event each.
    pub async fn close(&self, step: Step) -> Result<StepReport, IngestError> {
        let now = self.now();
        let status = step.tally.status(step.end.is_some());
        let ended_early = step.end.is_some();
        let error = match (&step.end, status) {
            (Some((error, _)), _) => Some(error.clone()),
            (None, IngestStatus::Success) => None,
            (None, _) => step.worst.clone(),
        };
        let mut tx = self.tx().await?;
        if let Some((error, false)) = &step.end {
            let failure = NewFailure { external_id: None, error, retry_at: failure::gate(error, now) };
            run::insert_failures(&mut tx, step.run, self.account(), step.date, &[failure], now).await?;
        }
        run::close(&mut tx, step.run, status, error.as_ref().map(|e| e.kind.into()), (&step.tally, &step.odd), now)
            .await?;
        tx.commit().await?;
        if let Some((error, false)) = &step.end {
            self.tell(&step, None, error, now);
        }
        tracing::info!(
            organizationId = %self.scope.organization_id, integrationId = %self.account(), date = %step.date,
            runId = %step.run, kind = %step.kind, status = %status, items_total = step.tally.total,
            items_ok = step.tally.ok, items_failed = step.tally.failed, rows_written = step.tally.written, odd = step.odd.total(), "collected"
        );
        Ok(StepReport {
            ended_early,
            odd: step.odd,
            ..StepReport::new(step.run, step.kind, status, &step.tally, error)
        })
    }

    /// The one structured event of a failure.
    pub fn tell(&self, step: &Step, external_id: Option<&str>, error: &CallError, now: Timestamp) {
        tracing::warn!(
            organizationId = %self.scope.organization_id,
            integrationId = %self.account(),
            date = %step.date,
            errorType = error.kind.label(),
            runId = %step.run,
            externalContentId = external_id,
            httpStatus = error.http_status,
            platformCode = error.code.as_deref(),
            platformSubcode = error.subcode.as_deref(),
            traceId = error.trace_id.as_deref(),
            attempt = self.attempt.number,
            retryAt = failure::gate(error, now).map(tracing::field::display),
            "collecting failed: {}",
            error.message
        );
    }
}

/// What a call that took so long is followed by. From 95 % on nothing more is asked at all, see [`Session::quota`].
fn pause_after(pace: Pace, took: std::time::Duration) -> std::time::Duration {
    if pace == Pace::Half { took.min(PAUSE_MAX) } else { std::time::Duration::ZERO }
}

/// An account that cannot be used, in the words of a failed call; other trouble goes up.
pub(super) fn unusable(error: AccessError) -> Result<CallError, IngestError> {
    let kind = match &error {
        AccessError::Db(_) => ErrorType::Transient,
        AccessError::NotUsable(AccountStatus::Expired | AccountStatus::Revoked) => ErrorType::TokenExpired,
        AccessError::NotUsable(_) => ErrorType::Permission,
        // A missing key is the installation's fault and every account's trouble.
        AccessError::NotFound(_) | AccessError::NoConnector(_) | AccessError::Vault(_) => ErrorType::BadRequest,
    };
    match error {
        AccessError::Db(error) => Err(IngestError::Db(error)),
        other => Ok(CallError::new(kind, Delivery::NotSent, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn half_the_speed_is_a_pause_as_long_as_the_call() {
        let took = Duration::from_millis(300);
        assert_eq!(pause_after(Pace::Full, took), Duration::ZERO);
        assert_eq!(pause_after(Pace::Half, took), took);
        assert_eq!(pause_after(Pace::Half, Duration::from_secs(60)), PAUSE_MAX);
        assert_eq!(pause_after(Pace::PublishingOnly, took), Duration::ZERO, "nothing is asked at all then");
    }
}
