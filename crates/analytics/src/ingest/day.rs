//! One account's day: the steps in order, and what is left behind.

use rookery_accounts::{AccountStatus, Call};
use rookery_jobs::Job as _;
use rookery_kernel::{AccountId, Date, RunId, Scope, Timestamp};
use rookery_platforms::{CallError, ErrorType};
use tracing::instrument;

use super::jobs::IngestIntegration;
use super::plan::{self, Snapshot};
use super::report::{RunReport, StepReport, Verdict};
use super::session::{Session, Step, Try, unusable};
use super::{IngestError, failure};
use crate::Analytics;
use crate::run::{self, IngestKind, IngestStatus, IngestTrigger};
use crate::tracking::{self, Outlook, OutlookError, Tracked, TrackingHealth};

/// Runs that have been open for longer were left by a crash.
const ABANDONED: std::time::Duration = std::time::Duration::from_secs(3600);

/// How long failures are kept.
const FAILURES_KEPT: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3600);

/// What to collect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub account: AccountId,
    pub date: Date,
    pub trigger: IngestTrigger,
    /// Whether numbers that the network no longer tells become unknown.
    pub overwrites: bool,
}

/// A session, or the report of a run that ended before it began.
pub(super) enum Begun<'a> {
    Session(Box<Session<'a>>),
    Over(RunReport),
}

impl Analytics {
    /// Collects one account's day now: lists new content, reads the numbers that are due, reads
    /// the account's own numbers. What the network answers is in the report and in the diary, not
    /// an error; running the same day again changes nothing that did not change there.
    ///
    /// Lifetime totals are stored as "total at the end of `date`". If that day is not over they
    /// are marked partial; if it is older than yesterday they are stored under yesterday.
    ///
    /// # Errors
    /// [`IngestError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, account = %account, %date, %trigger))]
    pub async fn ingest_day(
        &self,
        scope: &Scope,
        account: AccountId,
        date: Date,
        trigger: IngestTrigger,
    ) -> Result<RunReport, IngestError> {
        let order = Order { account, date, trigger, overwrites: false };
        self.collect(scope, order, Try::only()).await
    }

    /// Collects one account's day once more and overwrites what stands there: a number that the network does not tell any
    /// more becomes unknown, where [`Analytics::ingest_day`] keeps it. Totals stand where that puts them, so an older day is
    /// overwritten only where the network tells of its days one by one.
    ///
    /// # Errors
    /// [`IngestError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, account = %account, %date))]
    pub async fn overwrite_day(&self, scope: &Scope, account: AccountId, date: Date) -> Result<RunReport, IngestError> {
        let order = Order { account, date, trigger: IngestTrigger::Manual, overwrites: true };
        self.collect(scope, order, Try::only()).await
    }

    pub(super) async fn collect(&self, scope: &Scope, order: Order, attempt: Try) -> Result<RunReport, IngestError> {
        let mut session = match self.begin(scope, order, attempt).await? {
            Begun::Session(session) => session,
            Begun::Over(report) => return Ok(report),
        };
        let since = session.since();
        let mut steps = vec![session.content_step(since).await?];
        // Before their numbers come, so that these are summed by tag once.
        session.tagging_step(&mut steps).await;
        // A listing that failed for a reason of its own leaves the numbers of known items readable.
        match ended(&steps) {
            None => {
                let due = session.due().await?;
                steps.push(session.metrics_step(due).await?);
            }
            Some(error) => steps.push(session.skip(IngestKind::Metrics, session.snapshot.date, &error).await?),
        }
        match ended(&steps) {
            None => steps.push(session.account_step().await?),
            Some(error) => steps.push(session.skip(IngestKind::Account, session.date, &error).await?),
        }
        session.conclude(steps).await
    }

    /// Checks what can be checked without the network and opens the account.
    pub(super) async fn begin<'a>(
        &'a self,
        scope: &'a Scope,
        order: Order,
        attempt: Try,
    ) -> Result<Begun<'a>, IngestError> {
        let Order { account, date, trigger, overwrites } = order;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let tracked = tracking::find(&mut tx, account).await?.filter(|t| t.enabled);
        let tracked = tracked.ok_or(IngestError::NotTracked(account))?;
        run::close_abandoned(&mut tx, account, now - ABANDONED, now).await?;
        run::forget_failures(&mut tx, account, now - FAILURES_KEPT).await?;
        tx.commit().await?;
        let snapshot = plan::snapshot(date, now, &tracked.zone()).ok_or(IngestError::FutureDate(date))?;
        if let Some(until) = tracked.next_attempt_at.filter(|at| *at > now) {
            return Ok(Begun::Over(wait(order, snapshot.date, until)));
        }
        let organization_id = scope.organization_id;
        let key = IngestIntegration { organization_id, integration_id: account, date, trigger, overwrites }
            .dedupe_key()
            .expect("every such job has a key");
        let (session, trouble) = self.open_session(scope, order, tracked, snapshot, attempt, key).await?;
        match trouble {
            None => Ok(Begun::Session(Box::new(session))),
            Some(Trouble { error, revoked }) => session.refuse(error, revoked).await.map(Begun::Over),
        }
    }

    /// Opens the account: whom to ask and with which token, or why it cannot be asked.
    pub(super) async fn open_session<'a>(
        &'a self,
        scope: &'a Scope,
        order: Order,
        tracked: Tracked,
        snapshot: Snapshot,
        attempt: Try,
        key: String,
    ) -> Result<(Session<'a>, Option<Trouble>), IngestError> {
        let Order { account, date, trigger, overwrites } = order;
        let platform = self.accounts.get(scope, account).await?.platform;
        let connector = self.connectors.get(platform).ok_or(IngestError::NoConnector(platform))?;
        let (access, trouble) = match self.accounts.access(scope, account).await {
            Ok(access) => (access, None),
            Err(error) => {
                let revoked = matches!(error, rookery_accounts::AccessError::NotUsable(AccountStatus::Revoked));
                (no_access(), Some(Trouble { error: unusable(error)?, revoked }))
            }
        };
        let session = Session {
            analytics: self,
            scope,
            tracked,
            platform,
            connector,
            access,
            date,
            snapshot,
            trigger,
            attempt,
            key,
            renewed: false,
            overwrites,
            page_max: None,
            batch_max: None,
        };
        Ok((session, trouble))
    }
}

/// Why an account cannot be asked.
pub(super) struct Trouble {
    pub error: CallError,
    pub revoked: bool,
}

/// The report of a run on an account that is closed until then.
pub(super) fn wait(order: Order, snapshot_date: Date, until: Timestamp) -> RunReport {
    let (integration_id, verdict) = (order.account, Verdict::WaitUntil(until));
    RunReport { integration_id, date: order.date, snapshot_date, steps: Vec::new(), verdict }
}

/// Stands where an account has no usable token; no call is made with it.
fn no_access() -> rookery_platforms::Access {
    rookery_platforms::Access {
        base_url: "http://localhost".parse().expect("a constant address"),
        platform_user_id: String::new(),
        token: String::new().into(),
        refresh_token: None,
        app: None,
        metadata: serde_json::Value::Null,
    }
}

/// The failure that leaves no sense in the next step.
fn ended(steps: &[StepReport]) -> Option<CallError> {
    steps.iter().filter(|step| step.ended_early || step.status == IngestStatus::Skipped).find_map(|step| {
        let error = step.error.as_ref()?;
        let blocks = match step.status {
            // Some of it came through: only what concerns the whole account stops here.
            IngestStatus::Partial => error.ends_the_run(),
            // An account that is not found has no numbers either, and its items are not gone one by one.
            _ => failure::ends_run(error.kind) || error.kind == ErrorType::NotFound,
        };
        blocks.then(|| error.clone())
    })
}

impl Session<'_> {
    /// Notes a run on an account that cannot be used.
    async fn refuse(self, error: CallError, revoked: bool) -> Result<RunReport, IngestError> {
        let mut step: Step = self.open(IngestKind::Content, self.date).await?;
        step.end = Some((error.clone(), false));
        let mut steps = vec![self.close(step).await?];
        steps.push(self.skip(IngestKind::Metrics, self.snapshot.date, &error).await?);
        steps.push(self.skip(IngestKind::Account, self.date, &error).await?);
        let now = self.now();
        let verdict = self.judge(&error, now);
        let health = if revoked { Some(TrackingHealth::Disabled) } else { failure::health(&verdict) };
        let mut tx = self.tx().await?;
        let outlook = Outlook {
            account: self.account(),
            health,
            error: Some(OutlookError { kind: error.kind.into(), code: None, message: &error.message }),
            next_attempt_at: None,
            content_complete: false,
            metrics_complete: false,
            now,
        };
        tracking::record_outlook(&mut tx, &outlook).await?;
        tx.commit().await?;
        Ok(self.report(steps, verdict))
    }

    fn judge(&self, error: &CallError, now: Timestamp) -> Verdict {
        let pause = self.analytics.pause(self.attempt.number);
        failure::verdict(error, self.attempt.number, self.attempt.max, now, pause)
    }

    /// What comes next, after the weightiest failure of the account and that of its items.
    pub(super) fn verdict(
        &self,
        of_account: Option<&CallError>,
        of_items: Option<&CallError>,
        now: Timestamp,
    ) -> Verdict {
        let judge = |error: &CallError| self.judge(error, now);
        match (of_account, of_items.map(judge)) {
            // The account itself, not one of its items: the next night asks again.
            (Some(error), _) if error.kind == ErrorType::NotFound => {
                Verdict::GiveUp { kind: error.kind, reason: error.message.clone(), alarm: false }
            }
            (Some(error), _) => judge(error),
            (None, Some(retry @ Verdict::Retry { .. })) => retry,
            // Items that fail for good are in the diary; the account is well.
            (None, _) => Verdict::Done,
        }
    }

    /// Decides what comes next and leaves it on the account and its tracking.
    pub(super) async fn conclude(&self, steps: Vec<StepReport>) -> Result<RunReport, IngestError> {
        let now = self.now();
        let of_account = weightiest(&steps, |step| step.ended_early);
        let of_items = weightiest(&steps, |step| !step.ended_early && step.status != IngestStatus::Skipped);
        let verdict = self.verdict(of_account, of_items, now);
        let worst = of_account.or(of_items);
        let health = match (&verdict, worst) {
            (Verdict::Done, Some(_)) => Some(TrackingHealth::Degraded),
            _ => failure::health(&verdict),
        };
        let complete = |kind| steps.iter().any(|s| s.kind == kind && s.status == IngestStatus::Success);
        let outlook = Outlook {
            account: self.account(),
            health,
            error: worst.map(|e| OutlookError { kind: e.kind.into(), code: e.code.as_deref(), message: &e.message }),
            next_attempt_at: of_account.and_then(|error| failure::gate(error, now)),
            content_complete: complete(IngestKind::Content),
            metrics_complete: complete(IngestKind::Metrics),
            now,
        };
        let came_through = steps.iter().any(|s| matches!(s.status, IngestStatus::Success | IngestStatus::Partial));
        let call = match of_account.filter(|e| e.kind.blames_account()) {
            Some(error) => Some(Call::Failed(error)),
            None => came_through.then_some(Call::Ok),
        };
        let mut tx = self.tx().await?;
        tracking::record_outlook(&mut tx, &outlook).await?;
        if let Some(call) = call {
            self.analytics.accounts.record_call_in(&mut tx, self.account(), call).await?;
        }
        if came_through {
            self.analytics.roll_up_soon(&mut tx).await?;
        }
        if let Verdict::Retry { at, .. } = &verdict {
            let runs: Vec<RunId> = steps.iter().map(|step| step.run_id).collect();
            run::promise_retry(&mut tx, &runs, *at).await?;
        }
        tx.commit().await?;
        if let Verdict::GiveUp { kind, reason, alarm: true } = &verdict {
            tracing::error!(
                organizationId = %self.scope.organization_id, integrationId = %self.account(), date = %self.date,
                errorType = kind.label(), attempt = self.attempt.number, "collecting gave up: {reason}"
            );
        }
        Ok(self.report(steps, verdict))
    }

    pub(super) fn report(&self, steps: Vec<StepReport>, verdict: Verdict) -> RunReport {
        RunReport { integration_id: self.account(), date: self.date, snapshot_date: self.snapshot.date, steps, verdict }
    }
}

/// The weightiest failure of the steps that `which` names.
pub(super) fn weightiest(steps: &[StepReport], which: impl Fn(&StepReport) -> bool) -> Option<&CallError> {
    let errors = steps.iter().filter(|step| which(step)).filter_map(|step| step.error.as_ref());
    errors.max_by_key(|error| failure::weight(error.kind))
}
