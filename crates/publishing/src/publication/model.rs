//! A post on one account: its states and the only changes between them (PUB-28). Pure.

use rookery_kernel::{AccountId, OrganizationId, Platform, PostId, PublicationId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attempt::ErrorClass;

/// State of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.publication_status", rename_all = "snake_case")]
pub enum PublicationStatus {
    /// Not planned.
    Draft,
    /// Planned; nothing was tried since.
    Scheduled,
    /// A worker holds it, or we are finding out what became of it.
    Publishing,
    /// Tried or postponed; will be tried again.
    Retrying,
    /// On the network, with its id there.
    Published,
    /// Given up.
    Failed,
    /// Called off, by a person or because it was too late.
    Cancelled,
}

impl PublicationStatus {
    /// All states, in the order of the database enum.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Scheduled,
        Self::Publishing,
        Self::Retrying,
        Self::Published,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Publishing => "publishing",
            Self::Retrying => "retrying",
            Self::Published => "published",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether something may still happen by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Publishing | Self::Retrying)
    }

    /// The state after `event`, or `None` if the event is not allowed here. This is the table of
    /// the specification, §12.1; guards that need more than the state stand where the event is made.
    pub const fn after(self, event: Event) -> Option<Self> {
        use PublicationStatus::{Cancelled, Draft, Failed, Published, Publishing, Retrying, Scheduled};
        Some(match (self, event) {
            (Draft | Failed | Cancelled, Event::Schedule)
            | (Draft | Scheduled | Failed | Cancelled, Event::PublishNow)
            | (Failed, Event::RetryByPerson)
            | (Publishing, Event::Release) => Scheduled,
            (Scheduled | Retrying, Event::Reschedule | Event::Postpone) => self,
            (Scheduled | Retrying, Event::AccountUnusable)
            | (Publishing, Event::FailRetryable | Event::ReleaseAfterFailure | Event::Absent) => Retrying,
            (Scheduled | Retrying, Event::Claim) | (Publishing, Event::OutcomeUnknown) => Publishing,
            (Publishing, Event::Confirm | Event::Found)
            | (Failed, Event::MarkOnline)
            | (Published, Event::FoundDeleted) => Published,
            (Publishing, Event::FailForGood | Event::ReconcileImpossible)
            | (Scheduled | Retrying, Event::Unconfigured) => Failed,
            (Draft | Scheduled | Retrying | Publishing, Event::Cancel) | (Scheduled | Retrying, Event::Expire) => {
                Cancelled
            }
            _ => return None,
        })
    }
}

/// What happens to a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A person plans it.
    Schedule,
    /// A person wants it out now.
    PublishNow,
    /// A person moves it.
    Reschedule,
    /// The account's pace is reached.
    Postpone,
    /// The account cannot be used now.
    AccountUnusable,
    /// No connector for the network in this installation (class config).
    Unconfigured,
    /// A worker takes it.
    Claim,
    /// The network confirmed it.
    Confirm,
    /// A definite failure that may be repeated, attempts left.
    FailRetryable,
    /// A definite failure that may not, or no attempts left.
    FailForGood,
    /// Given back before sending, on the first attempt.
    Release,
    /// Given back before sending, on a later attempt.
    ReleaseAfterFailure,
    /// Nobody knows whether the network took it.
    OutcomeUnknown,
    /// A look-up found it.
    Found,
    /// A look-up made certain that it is not there.
    Absent,
    /// No look-up can tell.
    ReconcileImpossible,
    /// A person calls it off.
    Cancel,
    /// Too late.
    Expire,
    /// A person wants another try.
    RetryByPerson,
    /// A person says where it is.
    MarkOnline,
    /// It was deleted at the network.
    FoundDeleted,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 21] = [
        Self::Schedule,
        Self::PublishNow,
        Self::Reschedule,
        Self::Postpone,
        Self::AccountUnusable,
        Self::Unconfigured,
        Self::Claim,
        Self::Confirm,
        Self::FailRetryable,
        Self::FailForGood,
        Self::Release,
        Self::ReleaseAfterFailure,
        Self::OutcomeUnknown,
        Self::Found,
        Self::Absent,
        Self::ReconcileImpossible,
        Self::Cancel,
        Self::Expire,
        Self::RetryByPerson,
        Self::MarkOnline,
        Self::FoundDeleted,
    ];
}

/// The event is not allowed in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {} publication does not allow {event:?}", status.label())]
pub struct NotAllowed {
    /// The state it is in.
    pub status: PublicationStatus,
    /// What was wanted.
    pub event: Event,
}

/// A post on one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Its id.
    pub id: PublicationId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The post.
    pub post_id: PostId,
    /// The account (`integrationId` in the API).
    pub social_account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// Its state.
    pub status: PublicationStatus,
    /// Other words for this account, or `None` for the post's.
    pub content_override: Option<serde_json::Value>,
    /// 0, or 1, 2 … for a deliberate repetition.
    pub occurrence: i32,
    /// The same for every attempt (PUB-29).
    pub idempotency_key: String,
    /// The planned moment.
    pub scheduled_for: Option<Timestamp>,
    /// When something happens to it next: the next attempt, or the next look-up while it is being checked.
    pub next_attempt_at: Option<Timestamp>,
    /// Attempts that counted.
    pub attempt_count: i32,
    /// Attempts allowed.
    pub max_attempts: i32,
    /// Start of the newest attempt.
    pub last_attempt_at: Option<Timestamp>,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_expires_at: Option<Timestamp>,
    /// The network's answer is not known; we are looking.
    pub needs_reconciliation: bool,
    /// When a person called it off.
    pub cancel_requested_at: Option<Timestamp>,
    /// The id at the network.
    pub platform_post_id: Option<String>,
    /// The public address.
    pub platform_post_url: Option<String>,
    /// When it came out.
    pub published_at: Option<Timestamp>,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
    /// Class of the last problem.
    pub error_class: Option<ErrorClass>,
    /// Its code.
    pub error_code: Option<String>,
    /// Its words, without secrets.
    pub error_message: Option<String>,
    /// When its metrics are collected next.
    pub next_sync_at: Option<Timestamp>,
    /// When it was found deleted at the network.
    pub removed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Publication {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`NotAllowed`] here.
    pub fn after(&self, event: Event) -> Result<PublicationStatus, NotAllowed> {
        self.status.after(event).ok_or(NotAllowed { status: self.status, event })
    }

    /// The text for this account.
    pub fn text<'a>(&'a self, post_content: &'a str) -> &'a str {
        self.own("text").unwrap_or(post_content)
    }

    /// A word of its own for this account, by its name in `content_override`.
    pub fn own(&self, name: &str) -> Option<&str> {
        self.content_override.as_ref()?.get(name)?.as_str()
    }

    /// Whether nobody knows if the network took it: we are looking, or gave up looking.
    pub fn is_fate_unknown(&self) -> bool {
        let was_given_up =
            self.status == PublicationStatus::Failed && self.error_class == Some(ErrorClass::UnknownOutcome);
        self.needs_reconciliation || was_given_up
    }

    /// Whether an attempt waits for the network to finish what was prepared.
    pub fn is_parked(&self) -> bool {
        self.status == PublicationStatus::Publishing
            && !self.needs_reconciliation
            && self.lease_owner.is_none()
            && self.next_attempt_at.is_some()
    }

    /// Whether a worker's claim is still good at `now`.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.status == PublicationStatus::Publishing
            && !self.needs_reconciliation
            && self.lease_expires_at.is_some_and(|end| end > now)
    }
}

/// A post that is to go to one more account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewPublication {
    pub id: PublicationId,
    pub organization_id: OrganizationId,
    pub post_id: PostId,
    pub account_id: AccountId,
    pub platform: Platform,
    pub now: Timestamp,
}

/// Attempts allowed unless a person allows more (PUB-33).
const ATTEMPTS_MAX: i32 = 3;

impl Publication {
    /// A publication without a time.
    pub(crate) fn draft(new: NewPublication) -> Self {
        Self {
            id: new.id,
            organization_id: new.organization_id,
            post_id: new.post_id,
            social_account_id: new.account_id,
            platform: new.platform,
            status: PublicationStatus::Draft,
            content_override: None,
            occurrence: 0,
            idempotency_key: idempotency_key(new.post_id, new.account_id, 0),
            scheduled_for: None,
            next_attempt_at: None,
            attempt_count: 0,
            max_attempts: ATTEMPTS_MAX,
            last_attempt_at: None,
            lease_owner: None,
            lease_expires_at: None,
            needs_reconciliation: false,
            cancel_requested_at: None,
            platform_post_id: None,
            platform_post_url: None,
            published_at: None,
            failed_at: None,
            error_class: None,
            error_code: None,
            error_message: None,
            next_sync_at: None,
            removed_at: None,
            created_at: new.now,
            updated_at: new.now,
        }
    }

    /// The same as a deliberate repetition, with a key of its own.
    pub(crate) fn repeated(self, occurrence: i32) -> Self {
        let idempotency_key = idempotency_key(self.post_id, self.social_account_id, occurrence);
        Self { occurrence, idempotency_key, ..self }
    }
}

/// The idempotency key of a post on an account (PUB-29). No clock in it: two clicks make one key.
pub fn idempotency_key(post: PostId, account: AccountId, occurrence: i32) -> String {
    format!("pub:{post}:{account}:{occurrence}")
}

#[cfg(test)]
mod tests {
    use super::PublicationStatus::{Cancelled, Draft, Failed, Published, Publishing, Retrying, Scheduled};
    use super::*;

    #[test]
    fn nothing_leaves_published() {
        for event in Event::ALL {
            let after = Published.after(event);
            assert!(matches!(after, None | Some(Published)), "{event:?} leads to {after:?}");
        }
    }

    #[test]
    fn only_what_was_held_or_given_up_comes_out() {
        for status in PublicationStatus::ALL {
            for event in Event::ALL {
                if status != Published && status.after(event) == Some(Published) {
                    assert!(matches!(
                        (status, event),
                        (Publishing, Event::Confirm | Event::Found) | (Failed, Event::MarkOnline)
                    ));
                }
            }
        }
    }

    #[test]
    fn a_claim_comes_only_from_waiting() {
        let from: Vec<_> = PublicationStatus::ALL.into_iter().filter(|s| s.after(Event::Claim).is_some()).collect();
        assert_eq!(from, [Scheduled, Retrying]);
    }

    #[test]
    fn a_failed_one_moves_only_by_a_person() {
        let events: Vec<_> = Event::ALL.into_iter().filter(|e| Failed.after(*e).is_some()).collect();
        assert_eq!(events, [Event::Schedule, Event::PublishNow, Event::RetryByPerson, Event::MarkOnline]);
    }

    #[test]
    fn a_cancelled_one_can_be_planned_again_and_a_draft_cannot_be_sent() {
        assert_eq!(Cancelled.after(Event::Schedule), Some(Scheduled));
        assert_eq!(Draft.after(Event::Claim), None);
    }

    #[test]
    fn the_key_holds_no_clock() {
        let (post, account) =
            (PostId::from_uuid(uuid::Uuid::from_u128(1)), AccountId::from_uuid(uuid::Uuid::from_u128(2)));
        assert_eq!(
            idempotency_key(post, account, 0),
            "pub:00000000-0000-0000-0000-000000000001:00000000-0000-0000-0000-000000000002:0"
        );
    }
}
