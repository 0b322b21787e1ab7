//! Claiming (PUB-30): one transaction that decides, under the post's lock, whether this
//! publication is delivered now, and by whom. Nothing is sent before it commits.

use std::time::Duration;

use rookery_accounts::AccountStatus;
use rookery_db::{ConstraintKind, OrgTx};
use rookery_jobs::Outcome;
use rookery_kernel::{AccountId, AttemptId, PublicationId, Scope, Timestamp};

use super::{EngineError, pace};
use crate::Publishing;
use crate::attempt::{self, AttemptPhase, ErrorClass};
use crate::house::House;
use crate::post::{Held, Post};
use crate::publication::changes::Problem;
use crate::publication::{Publication, PublicationStatus, store};
use crate::reason::{MISSED_AFTER, code, moment};

/// Look again so soon when another delivery of the account is under way.
const BUSY: Duration = Duration::from_secs(3);
/// Look at an unusable account again after this (PUB-41).
pub(super) const ACCOUNT_WAIT: Duration = Duration::from_secs(15 * 60);
/// The index that allows one delivery per account.
const IN_FLIGHT: &str = "idx_post_publications_inflight";

/// A claimed publication.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub post: Post,
    pub publication: Publication,
    pub attempt_id: AttemptId,
    pub attempt_no: i32,
    pub owner: String,
    /// When the attempt began; earlier than the claim if it was parked.
    pub started_at: Timestamp,
}

/// What a claim decided.
pub(super) enum Claim {
    /// It is ours.
    Ours(Box<Work>),
    /// The account's token ended: renew it outside the transaction, then claim again.
    Renew(AccountId),
    /// Nothing to do now; the job's answer.
    Not(Outcome),
}

impl Publishing {
    /// Claims a publication if it is due and nothing holds it. `may_renew` is false once a renewal
    /// was tried: then an unusable account makes the publication wait.
    pub(super) async fn claim(&self, scope: &Scope, id: PublicationId, may_renew: bool) -> Result<Claim, EngineError> {
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        // Read after the lock: `now` must not be older than what others wrote while we waited.
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else {
            return Ok(Claim::Not(Outcome::Discard("the publication is gone".to_owned())));
        };
        let now = self.clock.now();
        let house = self.house_in(&mut tx).await?;
        let Some(publication) = held.publication(id).cloned() else {
            return Ok(Claim::Not(Outcome::Discard("the publication is gone".to_owned())));
        };
        match publication.status {
            PublicationStatus::Scheduled | PublicationStatus::Retrying => {}
            PublicationStatus::Publishing if publication.is_parked() => {
                return self.go_on(tx, held, publication, house, now).await;
            }
            PublicationStatus::Publishing if !publication.needs_reconciliation => {
                if publication.is_leased(now) {
                    let end = publication.lease_expires_at.unwrap_or(now);
                    return Ok(Claim::Not(Outcome::SnoozeUntil(end)));
                }
                self.adopt(&mut tx, &mut held, id, now).await?;
                tx.commit().await?;
                self.jobs.wake();
                return Ok(Claim::Not(Outcome::Done));
            }
            // Over, or the look-ups' business.
            _ => return Ok(Claim::Not(Outcome::Done)),
        }
        if let Some(message) = too_late(&held.post, &publication, house, now) {
            change(&mut held, id, |p| p.expire(message, now))?;
            return self.leave(tx, held).await;
        }
        if publication.next_attempt_at.is_some_and(|at| at > now) {
            // Who moved the moment enqueued a job for it.
            return Ok(Claim::Not(Outcome::Done));
        }
        if self.hold(&mut tx, &held.post, house).await?.is_some() {
            // Approving and resuming enqueue what is due; the sweeper finds what they miss.
            return Ok(Claim::Not(Outcome::Done));
        }
        if self.connectors.get(publication.platform).is_none() {
            let message = format!("this installation has no connector for {}", publication.platform.name());
            let problem = Problem::new(ErrorClass::Config, code::NO_CONNECTOR, message);
            change(&mut held, id, |p| p.refuse_unconfigured(problem, now))?;
            return self.leave(tx, held).await;
        }
        let accounts = self.accounts.list_in(&mut tx).await?;
        let account = accounts.iter().find(|a| a.id == publication.social_account_id);
        let status = account.map_or(AccountStatus::Revoked, |a| a.status);
        let has_ended = account.and_then(|a| a.token_expires_at).is_some_and(|end| end <= now);
        if may_renew && (status == AccountStatus::Expired || (status == AccountStatus::Active && has_ended)) {
            return Ok(Claim::Renew(publication.social_account_id));
        }
        if status != AccountStatus::Active {
            let message = format!("the account's connection is {}", status.label());
            let problem = Problem::new(ErrorClass::Auth, code::ACCOUNT_NOT_USABLE, message);
            change(&mut held, id, |p| p.wait_for_account(now + ACCOUNT_WAIT, problem, now))?;
            return self.leave(tx, held).await;
        }
        // A thread is one post to its readers: its parts do not wait for the next hour.
        if held.post.parent_post_id.is_none()
            && let Some(rules) = rules.iter().find(|r| r.platform == publication.platform)
            && let Some(until) = pace::until(&mut tx, &publication, rules, now).await?
        {
            change(&mut held, id, |p| p.postpone(until, now))?;
            return self.leave(tx, held).await;
        }
        if store::is_account_busy(&mut tx, publication.social_account_id, id).await? {
            return Ok(Claim::Not(Outcome::SnoozeUntil(now + BUSY)));
        }
        self.take(tx, held, id, now).await
    }

    /// Writes the claim and its attempt.
    async fn take(
        &self,
        mut tx: OrgTx,
        mut held: Held,
        id: PublicationId,
        now: Timestamp,
    ) -> Result<Claim, EngineError> {
        let attempt_id = AttemptId::generate(&*self.ids);
        let owner = format!("{}/{attempt_id}", self.worker);
        change(&mut held, id, |p| p.claim(owner.clone(), now))?;
        match held.save(&mut tx, &*self.clock).await {
            Err(rookery_db::Error::Constraint(v)) if v.kind == ConstraintKind::Unique && v.name == IN_FLIGHT => {
                return Ok(Claim::Not(Outcome::SnoozeUntil(now + BUSY)));
            }
            other => other?,
        }
        let attempt_no = attempt::store::insert(&mut tx, attempt_id, id, &self.worker, held.post.revision, now).await?;
        tx.commit().await?;
        self.phase(AttemptPhase::Claimed, id);
        let publication = held.publication(id).cloned();
        Ok(match publication {
            Some(publication) => {
                let started_at = now;
                Claim::Ours(Box::new(Work { post: held.post, publication, attempt_id, attempt_no, owner, started_at }))
            }
            None => Claim::Not(Outcome::Done),
        })
    }

    /// Goes on with a parked attempt at its moment (PUB-37); a pause or a lost approval takes it back.
    async fn go_on(
        &self,
        mut tx: OrgTx,
        mut held: Held,
        publication: Publication,
        house: House,
        now: Timestamp,
    ) -> Result<Claim, EngineError> {
        let id = publication.id;
        if publication.next_attempt_at.is_some_and(|at| at > now) {
            return Ok(Claim::Not(Outcome::Done));
        }
        let newest = attempt::store::of_publication(&mut tx, id).await?.pop();
        let Some(attempt) = newest.filter(|a| a.phase == AttemptPhase::Preparing) else {
            self.adopt(&mut tx, &mut held, id, now).await?;
            tx.commit().await?;
            self.jobs.wake();
            return Ok(Claim::Not(Outcome::Done));
        };
        if let Some(hold) = self.hold(&mut tx, &held.post, house).await? {
            let ending = attempt::store::Ending {
                code: Some(code::RELEASED),
                message: Some(hold.message()),
                ..Default::default()
            };
            attempt::store::close(&mut tx, attempt.id, AttemptPhase::Failed, &ending, now).await?;
            change(&mut held, id, |p| p.release(now))?;
            return self.leave(tx, held).await;
        }
        let owner = format!("{}/{}", self.worker, attempt.id);
        change(&mut held, id, |p| {
            p.resume(owner.clone(), now);
            Ok::<_, EngineError>(())
        })?;
        held.save(&mut tx, &*self.clock).await?;
        tx.commit().await?;
        let Some(publication) = held.publication(id).cloned() else { return Ok(Claim::Not(Outcome::Done)) };
        let (attempt_id, attempt_no, started_at) = (attempt.id, attempt.attempt_no, attempt.started_at);
        Ok(Claim::Ours(Box::new(Work { post: held.post, publication, attempt_id, attempt_no, owner, started_at })))
    }

    /// Saves a change that ends this run.
    async fn leave(&self, mut tx: OrgTx, mut held: Held) -> Result<Claim, EngineError> {
        held.save(&mut tx, &*self.clock).await?;
        self.enqueue_deliveries(&mut tx, &held.publications).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(Claim::Not(Outcome::Done))
    }

    pub(super) fn phase(&self, phase: AttemptPhase, id: PublicationId) {
        if let Some(hook) = &self.phase_hook {
            hook(phase, id);
        }
    }
}

/// Changes one publication of a held post.
pub(super) fn change<E>(
    held: &mut Held,
    id: PublicationId,
    f: impl FnOnce(&mut Publication) -> Result<(), E>,
) -> Result<(), E> {
    match held.publication_mut(id) {
        Some(publication) => f(publication),
        None => Ok(()),
    }
}

/// Why it must not go out any more, if so (PUB-39). A short delay is forgiven even without grace:
/// the queue itself takes a moment.
fn too_late(post: &Post, publication: &Publication, house: House, now: Timestamp) -> Option<String> {
    let zone = post.timezone.parse().unwrap_or_else(|_| rookery_kernel::Zone::utc());
    if let Some(end) = post.expires_at.filter(|end| *end <= now) {
        return Some(format!("it was not to go out after {}", moment(end, &zone)));
    }
    let planned = publication.scheduled_for?;
    (now > planned + house.late_grace.max(MISSED_AFTER))
        .then(|| format!("it was planned for {} and could not go out in time", moment(planned, &zone)))
}
