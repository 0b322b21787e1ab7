//! Settling a doubt (PUB-32): look for the post on the account, and only then decide.

use rookery_jobs::Outcome;
use rookery_kernel::{PublicationId, Scope};
use rookery_platforms::{CallError, Delivery, Found, Published, Search};
use serde_json::{Value, json};
use tracing::instrument;

use super::EngineError;
use super::claim::change;
use super::settle::{SEARCH_MARGIN, code_of};
use crate::Publishing;
use crate::attempt::store::Ending;
use crate::attempt::{
    self, Attempt, AttemptPhase, ErrorClass, LookUp, LookUpResult, Verdict, judge, next_look_up, retry_delay,
};
use crate::post::{Held, store as posts};
use crate::publication::changes::Problem;
use crate::publication::{Event, Publication, PublicationStatus, store};
use crate::reason::code;

/// Between two looks there is at least this.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// What a look gave.
enum Look {
    Found(Published),
    Absent,
    Unclear,
    NoAnswer,
    Working,
    Refused(Box<CallError>),
}

impl Publishing {
    /// Looks for a publication of unknown fate and draws the conclusion, or plans the next look.
    ///
    /// # Errors
    /// [`EngineError`]: run it again.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub(super) async fn reconcile(&self, scope: &Scope, id: PublicationId) -> Result<Outcome, EngineError> {
        let mut tx = self.db.org(scope).await?;
        let Some(publication) = store::find(&mut tx, id).await? else {
            return Ok(Outcome::Discard("the publication is gone".to_owned()));
        };
        let newest = attempt::store::of_publication(&mut tx, id).await?.pop();
        let Some(attempt) = newest.filter(|_| is_in_doubt(&publication)) else { return Ok(Outcome::Done) };
        if publication.next_attempt_at.is_some_and(|at| at > self.clock.now()) {
            // Another look is planned, with a job of its own.
            return Ok(Outcome::Done);
        }
        let Some(post) = posts::find(&mut tx, publication.post_id).await? else { return Ok(Outcome::Done) };
        let account = publication.social_account_id;
        let sent = posts::text_of_revision(&mut tx, post.id, attempt.post_revision, account).await?;
        let draft = self.whole_draft(&mut tx, &post, &publication, sent.as_deref()).await?;
        drop(tx);
        let (look, is_reliable) = self.look(scope, &publication, &attempt, &draft).await?;
        self.conclude(scope, &publication, &attempt, look, is_reliable).await?;
        Ok(Outcome::Done)
    }

    async fn look(
        &self,
        scope: &Scope,
        publication: &Publication,
        attempt: &Attempt,
        draft: &rookery_platforms::Draft,
    ) -> Result<(Look, bool), EngineError> {
        let Some(connector) = self.connectors.get(publication.platform) else { return Ok((Look::NoAnswer, false)) };
        let is_reliable = connector.capabilities().reliable_look_up;
        let access = match self.accounts.access(scope, publication.social_account_id).await {
            Ok(access) => access,
            Err(rookery_accounts::AccessError::Db(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(%error, "the account cannot be looked at");
                return Ok((Look::NoAnswer, is_reliable));
            }
        };
        let search = Search {
            draft: draft.clone(),
            handles: attempt.handles().map_or(Value::Null, |h| h.handles),
            since: attempt.sent_at.unwrap_or(attempt.started_at) - SEARCH_MARGIN,
        };
        let look = match connector.look_up(&access, &search).await {
            Ok(Found::Post(published)) => Look::Found(published),
            Ok(Found::Absent) => Look::Absent,
            Ok(Found::Working) => Look::Working,
            Ok(Found::Refused(error)) => Look::Refused(Box::new(error)),
            Err(error) => {
                tracing::info!(%error, "the look-up had no answer");
                Look::NoAnswer
            }
        };
        Ok((look, is_reliable))
    }

    async fn conclude(
        &self,
        scope: &Scope,
        seen: &Publication,
        attempt: &Attempt,
        look: Look,
        is_reliable: bool,
    ) -> Result<(), EngineError> {
        let (id, now) = (seen.id, self.clock.now());
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(()) };
        let mut attempts = attempt::store::of_publication(&mut tx, id).await?;
        let newest = attempts.pop();
        let earlier_media_failure = attempts.iter().any(|a| a.error_class == Some(ErrorClass::Media));
        let is_same = newest.is_some_and(|a| a.id == attempt.id && a.look_ups().len() == attempt.look_ups().len());
        if !is_same || !held.publication(id).is_some_and(is_in_doubt) {
            return Ok(());
        }
        // A post with the same text may be another publication of ours. Ours may be there beside
        // it, so this is no proof of absence.
        let look = match look {
            Look::Found(p) if store::is_remote_taken(&mut tx, seen.social_account_id, &p.external_id, id).await? => {
                Look::Unclear
            }
            look => look,
        };
        let mut looks = attempt.look_ups();
        looks.push(LookUp { at: now, result: result(&look) });
        let mut response = attempt.response.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
        response["look_ups"] = json!(looks);
        attempt::store::write_response(&mut tx, attempt.id, &response).await?;
        let next = next_look_up(attempt.finished_at.unwrap_or(now), &looks);
        match (look, next) {
            (Look::Found(published), _) => {
                let at = attempt.sent_at.unwrap_or(attempt.started_at);
                self.confirm(&mut tx, &mut held, attempt.id, id, Event::Found, &published, at, now).await?;
            }
            (Look::Refused(error), _) => {
                let media_failed = error.media && earlier_media_failure;
                let error = CallError { delivery: Delivery::Refused, ..*error };
                let verdict = judge(&error, false, media_failed);
                self.record_refusal(&mut tx, &mut held, seen, attempt.id, &error, verdict, now).await?;
            }
            (_, Some(next)) => {
                // Later than now: the job of this moment is the one that runs.
                let next = next.max(now + PAUSE);
                change(&mut held, id, |p| {
                    p.look_again(next, now);
                    Ok::<_, EngineError>(())
                })?;
            }
            (Look::Absent, None) if is_reliable => {
                let message = "the network did not take it: it is not on the account";
                let problem = Problem::new(ErrorClass::Transient, code::NOT_THERE, message);
                let ending = Ending {
                    class: Some(problem.class),
                    code: Some(code::NOT_THERE),
                    message: Some(message),
                    ..Default::default()
                };
                attempt::store::close(&mut tx, attempt.id, AttemptPhase::Failed, &ending, now).await?;
                let delay = retry_delay(seen.attempt_count, None, self.chance());
                change(&mut held, id, |p| p.fail(Event::Absent, now + delay, problem, now))?;
            }
            (_, None) => {
                let message = "nobody could find out whether the network took it";
                let problem = Problem::new(ErrorClass::UnknownOutcome, code::UNKNOWN_OUTCOME, message);
                change(&mut held, id, |p| p.give_up(Event::ReconcileImpossible, problem, now))?;
            }
        }
        self.commit(tx, held).await
    }
}

impl Publishing {
    /// The network took a post and refused it afterwards: certainly nothing is public.
    #[expect(clippy::too_many_arguments, reason = "one fact with all who must learn it")]
    async fn record_refusal(
        &self,
        tx: &mut rookery_db::OrgTx,
        held: &mut Held,
        seen: &Publication,
        attempt_id: rookery_kernel::AttemptId,
        error: &CallError,
        verdict: Verdict,
        now: rookery_kernel::Timestamp,
    ) -> Result<(), EngineError> {
        let class = match verdict {
            Verdict::Retry(class) | Verdict::GiveUp(class) => class,
            Verdict::SlowDown => ErrorClass::RateLimited,
            Verdict::Auth => ErrorClass::Auth,
            Verdict::Unknown => ErrorClass::UnknownOutcome,
        };
        let code = code_of(error);
        let problem = Problem::new(class, code.clone(), error.message.clone());
        let ending = Ending {
            http_status: error.http_status,
            class: Some(class),
            code: Some(&code),
            message: Some(&error.message),
            ..Default::default()
        };
        attempt::store::close(tx, attempt_id, AttemptPhase::Failed, &ending, now).await?;
        if matches!(verdict, Verdict::GiveUp(_) | Verdict::Unknown) {
            change(held, seen.id, |p| p.give_up(Event::ReconcileImpossible, problem, now))?;
        } else {
            let delay = retry_delay(seen.attempt_count, error.retry_after, self.chance());
            change(held, seen.id, |p| p.fail(Event::Absent, now + delay, problem, now))?;
        }
        Ok(())
    }
}

fn is_in_doubt(publication: &Publication) -> bool {
    publication.status == PublicationStatus::Publishing && publication.needs_reconciliation
}

const fn result(look: &Look) -> LookUpResult {
    match look {
        Look::Found(_) => LookUpResult::Found,
        Look::Absent => LookUpResult::Absent,
        Look::Unclear => LookUpResult::Unclear,
        Look::NoAnswer => LookUpResult::NoAnswer,
        Look::Working => LookUpResult::Working,
        Look::Refused(_) => LookUpResult::Refused,
    }
}
