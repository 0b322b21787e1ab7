//! Between the nights: the numbers of our publications, as often as their age asks for (PUB-48).

use rookery_accounts::Call;
use rookery_jobs::Job as _;
use rookery_kernel::{AccountId, PublicationId, Scope, Timestamp};
use rookery_platforms::CallError;
use rookery_publishing::numbers;
use tracing::instrument;

use super::day::{Order, Trouble, wait, weightiest};
use super::plan::Snapshot;
use super::report::{RunReport, StepReport, Verdict};
use super::session::{Session, Try};
use super::snapshot_jobs::SnapshotPublications;
use super::{IngestError, failure};
use crate::Analytics;
use crate::run::{IngestKind, IngestStatus, IngestTrigger};
use crate::tracking::{self, Outlook, OutlookError, Tracked};

/// Most publications of one run; the others are the first of the next.
const ITEMS_MAX: i64 = 1_000;

impl Analytics {
    /// Reads the numbers of one account's publications that are due, longest overdue first. What the network answers is in
    /// the report and in the diary. A failure writes no numbers.
    ///
    /// # Errors
    /// [`IngestError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, account = %account))]
    pub async fn read_publications(&self, scope: &Scope, account: AccountId) -> Result<RunReport, IngestError> {
        self.read_publications_attempt(scope, account, Try::only()).await
    }

    pub(super) async fn read_publications_attempt(
        &self,
        scope: &Scope,
        account: AccountId,
        attempt: Try,
    ) -> Result<RunReport, IngestError> {
        let now = self.clock.now();
        let organization_id = scope.organization_id;
        let mut tx = self.db.org(scope).await?;
        let tracked = tracking::find(&mut tx, account).await?;
        let due = numbers::due(&mut tx, account, now, ITEMS_MAX).await?;
        tx.commit().await?;
        let tracked = tracked.unwrap_or_else(|| Tracked::never(organization_id, account, now.date_utc()));
        let date = tracked.zone().date(now);
        let order = Order { account, date, trigger: IngestTrigger::Schedule, overwrites: false };
        if due.is_empty() {
            let (steps, verdict) = (Vec::new(), Verdict::Done);
            return Ok(RunReport { integration_id: account, date, snapshot_date: date, steps, verdict });
        }
        // The gate of the account's nightly collecting holds here too.
        if let Some(until) = tracked.next_attempt_at.filter(|at| *at > now) {
            return Ok(wait(order, date, until));
        }
        let snapshot = Snapshot { date, is_partial: true };
        let key = SnapshotPublications { organization_id, integration_id: account }.dedupe_key();
        let key = key.expect("every such job has a key");
        let (mut session, trouble) = self.open_session(scope, order, tracked, snapshot, attempt, key).await?;
        let mut step = session.open_again(IngestKind::Snapshots, date).await?;
        let report = match trouble {
            None => {
                let ids = due.into_iter().map(|publication| publication.external_id).collect();
                session.read_numbers(step, ids).await?
            }
            Some(Trouble { error, .. }) => {
                step.tally.total = due.len();
                step.end = Some((error, false));
                session.close(step).await?
            }
        };
        session.conclude_snapshots(vec![report]).await
    }

    /// Asks for a publication to be read now, with whatever else of its account is due. `false` if it was read within the
    /// hour, or cannot be read: not out, or gone from the network.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(publication = %publication))]
    pub async fn request_reading(&self, scope: &Scope, publication: PublicationId) -> Result<bool, rookery_db::Error> {
        let organization_id = scope.organization_id;
        let mut tx = self.db.org(scope).await?;
        let Some(integration_id) = numbers::hurry(&mut tx, publication, self.clock.now()).await? else {
            return Ok(false);
        };
        let job = SnapshotPublications { organization_id, integration_id };
        let jobs = self.jobs.caused_by(scope);
        jobs.enqueue(tx.conn(), Some(organization_id), &job).await?;
        tx.commit().await?;
        jobs.wake();
        Ok(true)
    }
}

impl Session<'_> {
    /// Decides what comes next. A failure of the account is its tracking's too; a success says nothing about the nightly
    /// collecting and leaves its state alone.
    async fn conclude_snapshots(&self, steps: Vec<StepReport>) -> Result<RunReport, IngestError> {
        let now = self.now();
        let of_account = weightiest(&steps, |step| step.ended_early);
        let of_items = weightiest(&steps, |step| !step.ended_early);
        let verdict = self.verdict(of_account, of_items, now);
        let came_through = steps.iter().any(|s| matches!(s.status, IngestStatus::Success | IngestStatus::Partial));
        let call = match of_account.filter(|e| e.kind.blames_account() && !was_unusable(&steps)) {
            Some(error) => Some(Call::Failed(error)),
            None => came_through.then_some(Call::Ok),
        };
        let mut tx = self.tx().await?;
        if let Some(error) = of_account.filter(|_| self.tracked.enabled) {
            tracking::record_outlook(&mut tx, &outlook(self.account(), &verdict, error, now)).await?;
        }
        if let Some(call) = call {
            self.analytics.accounts.record_call_in(&mut tx, self.account(), call).await?;
        }
        if came_through && self.tracked.enabled {
            self.analytics.roll_up_soon(&mut tx).await?;
        }
        match &verdict {
            // Nobody tries again before the publications' next turn.
            Verdict::GiveUp { .. } => numbers::postpone_account(&mut tx, self.account(), now).await?,
            Verdict::Retry { at, .. } => {
                let runs: Vec<_> = steps.iter().map(|step| step.run_id).collect();
                crate::run::promise_retry(&mut tx, &runs, *at).await?;
            }
            Verdict::Done | Verdict::WaitUntil(_) => {}
        }
        tx.commit().await?;
        Ok(self.report(steps, verdict))
    }
}

/// The network was not asked at all, because the account has no usable token.
fn was_unusable(steps: &[StepReport]) -> bool {
    steps.iter().all(|step| step.api_calls == 0)
}

fn outlook<'a>(account: AccountId, verdict: &Verdict, error: &'a CallError, now: Timestamp) -> Outlook<'a> {
    Outlook {
        account,
        health: failure::health(verdict),
        error: Some(OutlookError { kind: error.kind.into(), code: error.code.as_deref(), message: &error.message }),
        next_attempt_at: failure::gate(error, now),
        content_complete: false,
        metrics_complete: false,
        now,
    }
}
