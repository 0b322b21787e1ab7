//! The second transaction of a delivery: what came of an attempt, for the attempt, the
//! publication, the post, the account and the queue at once.

use std::time::Duration;

use rookery_accounts::Call;
use rookery_db::OrgTx;
use rookery_kernel::{PublicationId, Scope, Timestamp};
use rookery_platforms::{CallError, Handles, Published, Sent};
use serde_json::{Value, json};

use super::claim::{ACCOUNT_WAIT, Work, change};
use super::{EngineError, ReconcilePublication};
use crate::Publishing;
use crate::attempt::store::Ending;
use crate::attempt::{
    self, Attempt, AttemptPhase, ErrorClass, StoredHandles, Verdict, judge, next_look_up, retry_delay,
};
use crate::post::Held;
use crate::publication::changes::Problem;
use crate::publication::{Event, PublicationStatus};
use crate::reason::code;

/// What follows in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: the row and the queue know.
    Nothing,
    /// The token was refused: renew it and claim again.
    Renew,
}

impl Publishing {
    /// Records what the network said to an attempt.
    pub(super) async fn settle(
        &self,
        scope: &Scope,
        work: &Work,
        answer: Result<Sent, CallError>,
    ) -> Result<Next, EngineError> {
        let (id, now) = (work.publication.id, self.clock.now());
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(Next::Nothing) };
        let attempts = attempt::store::of_publication(&mut tx, id).await?;
        if !still_ours(&held, &attempts, work) {
            // The lease ended during the call and somebody looks after it already. What we know
            // is in the log; the look-ups find out the same.
            let answer = answer.as_ref().map_or_else(ToString::to_string, |sent| format!("{sent:?}"));
            tracing::error!(publication = %id, attempt = work.attempt_no, answer, "the answer came after the lease was lost");
            return Ok(Next::Nothing);
        }
        let mut next = Next::Nothing;
        let class;
        match answer {
            Ok(Sent::Accepted(handles)) => {
                class = "accepted";
                self.accounts.record_call_in(&mut tx, work.publication.social_account_id, Call::Ok).await?;
                self.record_acceptance(&mut tx, &mut held, work, &attempts, handles, now).await?;
            }
            Ok(Sent::Published(published)) => {
                class = "confirmed";
                self.accounts.record_call_in(&mut tx, work.publication.social_account_id, Call::Ok).await?;
                self.confirm(&mut tx, &mut held, work.attempt_id, id, Event::Confirm, &published, now, now).await?;
            }
            Err(error) => {
                self.accounts.record_call_in(&mut tx, work.publication.social_account_id, Call::Failed(&error)).await?;
                let was_doubtful = attempts.iter().any(is_doubtful);
                let media_failed = attempts.iter().any(|a| a.error_class == Some(ErrorClass::Media));
                let verdict = judge(&error, was_doubtful, media_failed);
                class = label(verdict);
                if verdict == Verdict::Auth {
                    next = Next::Renew;
                }
                self.record_failure(&mut tx, &mut held, work, &error, verdict, now).await?;
            }
        }
        self.commit(tx, held).await?;
        let platform = work.publication.platform.label();
        metrics::counter!("rookery_publish_attempts_total", "platform" => platform, "class" => class).increment(1);
        Ok(next)
    }

    /// The network took the post and tells its id later: the look-ups find it by what it left.
    async fn record_acceptance(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        work: &Work,
        attempts: &[Attempt],
        handles: Handles,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let stored = attempts.last().and_then(Attempt::handles);
        let mut stored =
            stored.unwrap_or(StoredHandles { handles: Handles::Null, digest: String::new(), made_at: now, silent: 0 });
        stored.handles = handles;
        attempt::store::set_handles(tx, work.attempt_id, &stored).await?;
        let message = "the network took the post and has not shown it yet";
        let problem = Problem::new(ErrorClass::UnknownOutcome, code::ACCEPTED, message);
        let ending = Ending {
            class: Some(problem.class),
            code: Some(code::ACCEPTED),
            message: Some(message),
            ..Default::default()
        };
        attempt::store::close(tx, work.attempt_id, AttemptPhase::Unknown, &ending, now).await?;
        let look = next_look_up(now, &[]).unwrap_or(now);
        change(held, work.publication.id, |p| p.doubt(look, problem, now))?;
        Ok(())
    }

    /// The attempt and the publication after a failed call.
    async fn record_failure(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        work: &Work,
        error: &CallError,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let id = work.publication.id;
        let problem = |class| Problem::new(class, code_of(error), error.message.clone());
        let delay = retry_delay(work.publication.attempt_count, error.retry_after, self.chance());
        let (phase, class) = match verdict {
            Verdict::Unknown => {
                let look = next_look_up(now, &[]).unwrap_or(now);
                change(held, id, |p| p.doubt(look, problem(ErrorClass::UnknownOutcome), now))?;
                (AttemptPhase::Unknown, ErrorClass::UnknownOutcome)
            }
            Verdict::Retry(class) => {
                change(held, id, |p| p.fail(Event::FailRetryable, now + delay, problem(class), now))?;
                (AttemptPhase::Failed, class)
            }
            Verdict::SlowDown => {
                change(held, id, |p| p.give_back(now + delay, problem(ErrorClass::RateLimited), now))?;
                (AttemptPhase::Failed, ErrorClass::RateLimited)
            }
            Verdict::Auth => {
                change(held, id, |p| p.give_back(now + ACCOUNT_WAIT, problem(ErrorClass::Auth), now))?;
                (AttemptPhase::Failed, ErrorClass::Auth)
            }
            Verdict::GiveUp(class) => {
                change(held, id, |p| p.give_up(Event::FailForGood, problem(class), now))?;
                (AttemptPhase::Failed, class)
            }
        };
        let ending = Ending {
            http_status: error.http_status,
            class: Some(class),
            code: Some(&code_of(error)),
            message: Some(&error.message),
            retry_after_seconds: error.retry_after.and_then(|d| i32::try_from(d.as_secs()).ok()),
            response: Some(trace_of(error)),
        };
        attempt::store::close(tx, work.attempt_id, phase, &ending, now).await?;
        Ok(())
    }

    /// It is out: attempt, publication and account say so, and metrics are planned.
    #[expect(clippy::too_many_arguments, reason = "one fact with all who must learn it")]
    pub(super) async fn confirm(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        attempt_id: rookery_kernel::AttemptId,
        id: PublicationId,
        event: Event,
        published: &Published,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        change(held, id, |p| p.confirm(event, published, at, now))?;
        attempt::store::close(tx, attempt_id, AttemptPhase::Confirmed, &Ending::default(), now).await?;
        if let Some(publication) = held.publication(id) {
            self.accounts.touch_posted_in(tx, publication.social_account_id, at).await?;
        }
        Ok(self.follow_up(tx, held, id, now).await?)
    }

    /// Closes an attempt before anything was sent, without counting it.
    pub(super) async fn hand_back(
        &self,
        scope: &Scope,
        work: &Work,
        problem: Option<(Problem, Timestamp)>,
    ) -> Result<(), EngineError> {
        let (id, now) = (work.publication.id, self.clock.now());
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(()) };
        let attempts = attempt::store::of_publication(&mut tx, id).await?;
        if !still_ours(&held, &attempts, work) {
            return Ok(());
        }
        let (class, code, message) = match &problem {
            Some((p, _)) => (Some(p.class), p.code.clone(), p.message.clone()),
            None => (None, code::RELEASED.to_owned(), "given back because the worker stops".to_owned()),
        };
        let ending = Ending { class, code: Some(&code), message: Some(&message), ..Default::default() };
        attempt::store::close(&mut tx, work.attempt_id, AttemptPhase::Failed, &ending, now).await?;
        match problem {
            Some((problem, next)) => change(&mut held, id, |p| p.give_back(next, problem, now))?,
            None => change(&mut held, id, |p| p.release(now))?,
        }
        self.commit(tx, held).await
    }

    /// A lease that ended tells that its worker did (PUB-32): how far the attempt got decides.
    pub(super) async fn adopt(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        id: PublicationId,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let newest = attempt::store::of_publication(tx, id).await?.pop();
        let count = held.publication(id).map_or(1, |p| p.attempt_count);
        match newest {
            Some(a) if a.phase == AttemptPhase::Sending => {
                let message = "the worker ended while the post was being sent";
                let problem = Problem::new(ErrorClass::UnknownOutcome, code::INTERRUPTED, message);
                let ending = Ending {
                    class: Some(problem.class),
                    code: Some(code::INTERRUPTED),
                    message: Some(message),
                    ..Default::default()
                };
                attempt::store::close(tx, a.id, AttemptPhase::Unknown, &ending, now).await?;
                let look = next_look_up(now, &[]).unwrap_or(now);
                change(held, id, |p| p.doubt(look, problem, now))?;
            }
            newest => {
                let message = "the worker ended before the post was sent";
                let problem = Problem::new(ErrorClass::Transient, code::WORKER_LOST, message);
                if let Some(a) = newest.filter(|a| a.phase.is_running()) {
                    let ending = Ending {
                        class: Some(problem.class),
                        code: Some(code::WORKER_LOST),
                        message: Some(message),
                        ..Default::default()
                    };
                    attempt::store::close(tx, a.id, AttemptPhase::Failed, &ending, now).await?;
                }
                let next = now + retry_delay(count, None, self.chance());
                change(held, id, |p| p.fail(Event::FailRetryable, next, problem, now))?;
            }
        }
        tracing::warn!(publication = %id, "a publication whose worker ended was taken over");
        held.save(tx, &*self.clock).await?;
        self.enqueue_next(tx, held).await
    }

    /// Saves, enqueues what follows, commits, wakes the workers.
    pub(super) async fn commit(&self, mut tx: OrgTx, mut held: Held) -> Result<(), EngineError> {
        held.save(&mut tx, &*self.clock).await?;
        self.enqueue_next(&mut tx, &held).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }

    /// The next delivery or look-up of each publication, at its moment.
    async fn enqueue_next(&self, tx: &mut OrgTx, held: &Held) -> Result<(), EngineError> {
        self.enqueue_deliveries(tx, &held.publications).await?;
        let looks: Vec<_> = held
            .publications
            .iter()
            .filter(|p| p.status == PublicationStatus::Publishing && p.needs_reconciliation)
            .filter_map(|p| p.next_attempt_at.map(|at| (ReconcilePublication { publication_id: p.id, due: at }, at)))
            .collect();
        if !looks.is_empty() {
            let organization = tx.organization_id();
            self.jobs.enqueue_many(tx.conn(), Some(organization), &looks).await?;
        }
        Ok(())
    }

    pub(super) fn chance(&self) -> u8 {
        let mut byte = [0];
        self.ids.fill(&mut byte);
        byte[0]
    }
}

/// Whether nobody took the publication from us since the claim.
pub(super) fn still_ours(held: &Held, attempts: &[Attempt], work: &Work) -> bool {
    let is_held = held
        .publication(work.publication.id)
        .is_some_and(|p| p.status == PublicationStatus::Publishing && !p.needs_reconciliation);
    is_held && attempts.last().is_some_and(|a| a.id == work.attempt_id && a.phase.is_running())
}

/// Whether an attempt may have left a post behind: then look before sending again.
pub(super) fn is_doubtful(attempt: &Attempt) -> bool {
    let was = attempt.error_code.as_deref() == Some(code::NOT_THERE);
    attempt.sent_at.is_some() && (attempt.phase == AttemptPhase::Unknown || was)
}

/// The network's own code, else the status, else the kind.
pub(super) fn code_of(error: &CallError) -> String {
    match (&error.code, &error.subcode, error.http_status) {
        (Some(code), Some(subcode), _) => format!("{code}/{subcode}"),
        (Some(code), None, _) => code.clone(),
        (None, _, Some(status)) => status.to_string(),
        (None, _, None) => error.kind.label().to_owned(),
    }
}

fn trace_of(error: &CallError) -> Value {
    json!({"kind": error.kind.label(), "delivery": error.delivery.label(), "trace_id": error.trace_id})
}

const fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unknown => ErrorClass::UnknownOutcome.label(),
        Verdict::Retry(class) | Verdict::GiveUp(class) => class.label(),
        Verdict::SlowDown => ErrorClass::RateLimited.label(),
        Verdict::Auth => ErrorClass::Auth.label(),
    }
}

/// The margin by which a network's clock may differ from ours, for look-ups.
pub(crate) const SEARCH_MARGIN: Duration = Duration::from_secs(120);
