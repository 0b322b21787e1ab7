//! The changes of a publication, each through the table of states. Pure: the caller holds the
//! row's lock and writes what comes out.

use std::time::Duration;

use rookery_kernel::Timestamp;
use rookery_platforms::Published;

use super::model::{Event, NotAllowed, Publication, PublicationStatus};
use crate::attempt::ErrorClass;
use crate::reason::code;

/// A claim holds this long unless it is renewed (PUB-30).
pub(crate) const LEASE: Duration = Duration::from_secs(60);
/// A held claim is renewed this often.
pub(crate) const LEASE_RENEWAL: Duration = Duration::from_secs(15);
/// Metrics are first collected so long after the publication (PUB-40).
const FIRST_SYNC: Duration = Duration::from_secs(3600);
/// Longest public address that is kept.
const ADDRESS_MAX: usize = 2048;
/// A retry by a person allows so many attempts more.
const EXTRA_ATTEMPTS: i32 = 3;

/// What went wrong, in the words of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub class: ErrorClass,
    pub code: String,
    pub message: String,
}

impl Problem {
    pub fn new(class: ErrorClass, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { class, code: code.into(), message: message.into() }
    }
}

impl Publication {
    fn step(&mut self, event: Event, now: Timestamp) -> Result<(), NotAllowed> {
        self.status = self.after(event)?;
        self.updated_at = now;
        if self.status != PublicationStatus::Publishing {
            self.lease_owner = None;
            self.lease_expires_at = None;
            self.needs_reconciliation = false;
        }
        Ok(())
    }

    fn note(&mut self, problem: Option<Problem>) {
        let (class, code, message) = match problem {
            Some(p) => (Some(p.class), Some(p.code), Some(p.message)),
            None => (None, None, None),
        };
        (self.error_class, self.error_code, self.error_message) = (class, code, message);
    }

    /// A person plans, moves or hurries it: the event follows from the state.
    pub(crate) fn plan(&mut self, at: Timestamp, now: Timestamp) -> Result<(), NotAllowed> {
        let is_waiting = matches!(self.status, PublicationStatus::Scheduled | PublicationStatus::Retrying);
        let event = if is_waiting { Event::Reschedule } else { Event::Schedule };
        self.step(event, now)?;
        if event == Event::Schedule {
            self.note(None);
            self.failed_at = None;
            self.cancel_requested_at = None;
            // What a given-up delivery used up is not held against a new plan.
            self.max_attempts = self.max_attempts.max(self.attempt_count + EXTRA_ATTEMPTS);
        } else if self.error_code.as_deref() == Some(code::PACED) {
            self.note(None);
        }
        self.scheduled_for = Some(at);
        self.next_attempt_at = Some(at);
        Ok(())
    }

    /// A person wants another try of what failed.
    pub(crate) fn retry(&mut self, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::RetryByPerson, now)?;
        self.max_attempts += EXTRA_ATTEMPTS;
        self.failed_at = None;
        self.note(None);
        // Lateness counts from the person's wish, not from the first plan.
        self.scheduled_for = Some(now);
        self.next_attempt_at = Some(now);
        Ok(())
    }

    /// A person calls it off. Whether it is already being sent is the caller's question.
    pub(crate) fn cancel(&mut self, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Cancel, now)?;
        self.cancel_requested_at = Some(now);
        self.next_attempt_at = None;
        Ok(())
    }

    /// Too late.
    pub(crate) fn expire(&mut self, message: String, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Expire, now)?;
        self.next_attempt_at = None;
        self.note(Some(Problem::new(ErrorClass::Expired, code::TOO_LATE, message)));
        Ok(())
    }

    /// The account's pace is reached.
    pub(crate) fn postpone(&mut self, until: Timestamp, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Postpone, now)?;
        self.next_attempt_at = Some(until);
        // No class: nothing went wrong.
        self.error_class = None;
        self.error_code = Some(code::PACED.to_owned());
        self.error_message = None;
        Ok(())
    }

    /// The account cannot be used; nothing was tried.
    pub(crate) fn wait_for_account(
        &mut self,
        until: Timestamp,
        problem: Problem,
        now: Timestamp,
    ) -> Result<(), NotAllowed> {
        self.step(Event::AccountUnusable, now)?;
        self.next_attempt_at = Some(until);
        self.note(Some(problem));
        Ok(())
    }

    /// The account works again: no need to wait for the next look.
    pub(crate) fn bring_forward(&mut self, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Reschedule, now)?;
        self.next_attempt_at = Some(now);
        Ok(())
    }

    /// No connector: waiting would not help.
    pub(crate) fn refuse_unconfigured(&mut self, problem: Problem, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Unconfigured, now)?;
        self.end_in_failure(problem, now);
        Ok(())
    }

    /// A worker takes it.
    pub(crate) fn claim(&mut self, owner: String, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::Claim, now)?;
        self.attempt_count += 1;
        self.last_attempt_at = Some(now);
        self.lease_owner = Some(owner);
        self.lease_expires_at = Some(now + LEASE);
        self.note(None);
        Ok(())
    }

    /// The network works on what was prepared: nobody holds it until `until`, then the same attempt goes on.
    pub(crate) fn park(&mut self, until: Timestamp, now: Timestamp) {
        self.lease_owner = None;
        self.lease_expires_at = Some(until + LEASE);
        self.next_attempt_at = Some(until);
        self.updated_at = now;
    }

    /// A worker goes on with a parked attempt.
    pub(crate) fn resume(&mut self, owner: String, now: Timestamp) {
        self.lease_owner = Some(owner);
        self.lease_expires_at = Some(now + LEASE);
        self.next_attempt_at = None;
        self.updated_at = now;
    }

    /// It is out: the network said so, or a look-up showed it.
    pub(crate) fn confirm(
        &mut self,
        event: Event,
        published: &Published,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), NotAllowed> {
        self.step(event, now)?;
        self.platform_post_id = Some(published.external_id.clone());
        // An address that is too long for the column is one too long to show; the id is what counts.
        self.platform_post_url = published.permalink.clone().filter(|url| url.chars().count() <= ADDRESS_MAX);
        self.published_at = Some(at);
        self.failed_at = None;
        self.next_attempt_at = None;
        self.next_sync_at = Some(now + FIRST_SYNC);
        self.note(None);
        Ok(())
    }

    /// It certainly did not come out; another attempt follows at `next`, or none is left.
    pub(crate) fn fail(
        &mut self,
        event: Event,
        next: Timestamp,
        problem: Problem,
        now: Timestamp,
    ) -> Result<(), NotAllowed> {
        if self.attempt_count >= self.max_attempts {
            self.step(Event::FailForGood, now)?;
            self.end_in_failure(problem, now);
        } else {
            self.step(event, now)?;
            self.next_attempt_at = Some(next);
            self.note(Some(problem));
        }
        Ok(())
    }

    /// It certainly did not come out and will not.
    pub(crate) fn give_up(&mut self, event: Event, problem: Problem, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(event, now)?;
        self.end_in_failure(problem, now);
        Ok(())
    }

    fn end_in_failure(&mut self, problem: Problem, now: Timestamp) {
        self.failed_at = Some(now);
        self.next_attempt_at = None;
        self.note(Some(problem));
    }

    /// It certainly did not come out, and not by its own fault: the attempt is given back.
    pub(crate) fn give_back(&mut self, next: Timestamp, problem: Problem, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::FailRetryable, now)?;
        self.attempt_count -= 1;
        self.next_attempt_at = Some(next);
        self.note(Some(problem));
        Ok(())
    }

    /// The worker stops before sending: as if it had not been claimed.
    pub(crate) fn release(&mut self, now: Timestamp) -> Result<(), NotAllowed> {
        let event = if self.attempt_count > 1 { Event::ReleaseAfterFailure } else { Event::Release };
        self.step(event, now)?;
        self.attempt_count -= 1;
        self.next_attempt_at = Some(now);
        Ok(())
    }

    /// Nobody knows whether it came out: we look at `next_look`.
    pub(crate) fn doubt(&mut self, next_look: Timestamp, problem: Problem, now: Timestamp) -> Result<(), NotAllowed> {
        self.step(Event::OutcomeUnknown, now)?;
        self.needs_reconciliation = true;
        self.lease_owner = None;
        self.lease_expires_at = None;
        self.next_attempt_at = Some(next_look);
        self.note(Some(problem));
        Ok(())
    }

    /// A look-up gave nothing certain; the next follows.
    pub(crate) fn look_again(&mut self, next_look: Timestamp, now: Timestamp) {
        self.next_attempt_at = Some(next_look);
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::{AccountId, OrganizationId, Platform, PostId, PublicationId};
    use uuid::Uuid;

    use super::super::model::NewPublication;
    use super::*;

    fn draft() -> Publication {
        Publication::draft(NewPublication {
            id: PublicationId::from_uuid(Uuid::from_u128(3)),
            organization_id: OrganizationId::from_uuid(Uuid::from_u128(4)),
            post_id: PostId::from_uuid(Uuid::from_u128(1)),
            account_id: AccountId::from_uuid(Uuid::from_u128(2)),
            platform: Platform::ALL[0],
            now: Timestamp::from_secs(1_000),
        })
    }

    fn problem() -> Problem {
        Problem::new(ErrorClass::Transient, "503", "no")
    }

    #[test]
    fn three_failures_end_it_and_a_person_may_start_again() {
        let now = Timestamp::from_secs(2_000);
        let mut p = draft();
        p.plan(now, now).expect("a draft can be planned");
        for _ in 0..3 {
            p.claim("w".to_owned(), now).expect("due");
            p.fail(Event::FailRetryable, now, problem(), now).expect("held");
        }
        assert_eq!((p.status, p.attempt_count, p.failed_at), (PublicationStatus::Failed, 3, Some(now)));
        assert!(p.claim("w".to_owned(), now).is_err());
        p.retry(now).expect("a person may");
        assert_eq!((p.status, p.max_attempts, p.error_class), (PublicationStatus::Scheduled, 6, None));
    }

    #[test]
    fn a_rate_limit_gives_the_attempt_back() {
        let now = Timestamp::from_secs(2_000);
        let mut p = draft();
        p.plan(now, now).expect("a draft can be planned");
        p.claim("w".to_owned(), now).expect("due");
        p.give_back(now + Duration::from_secs(9), problem(), now).expect("held");
        assert_eq!((p.status, p.attempt_count), (PublicationStatus::Retrying, 0));
        assert!(p.lease_owner.is_none() && p.lease_expires_at.is_none());
    }

    #[test]
    fn a_release_leaves_no_trace_in_the_count() {
        let now = Timestamp::from_secs(2_000);
        let mut p = draft();
        p.plan(now, now).expect("a draft can be planned");
        p.claim("w".to_owned(), now).expect("due");
        p.release(now).expect("held");
        assert_eq!((p.status, p.attempt_count), (PublicationStatus::Scheduled, 0));
    }

    #[test]
    fn a_doubtful_one_holds_no_lease_and_cannot_be_claimed() {
        let now = Timestamp::from_secs(2_000);
        let mut p = draft();
        p.plan(now, now).expect("a draft can be planned");
        p.claim("w".to_owned(), now).expect("due");
        p.doubt(now, problem(), now).expect("held");
        assert!(p.needs_reconciliation && p.lease_expires_at.is_none() && !p.is_leased(now));
        assert!(p.claim("w".to_owned(), now).is_err());
    }
}
