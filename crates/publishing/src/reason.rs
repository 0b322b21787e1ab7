//! "Why didn't it go out?" The answer is always one of these. Pure.

use rookery_accounts::Account;
use rookery_kernel::{Timestamp, Zone};

use crate::attempt::{Attempt, ErrorClass, next_look_up};
use crate::publication::{Publication, PublicationStatus};
use crate::receipt::words;
use crate::review::Hold;

/// Due for this long without an attempt means that something is wrong here (PUB-39).
pub(crate) const MISSED_AFTER: std::time::Duration = std::time::Duration::from_secs(300);

/// Codes that Rookery itself writes into `error_code`.
pub(crate) mod code {
    /// What a part of a thread or a comment answers has no id at the network.
    pub const NOTHING_TO_ANSWER: &str = "nothing_to_answer";
    /// The account's pace was reached.
    pub const PACED: &str = "paced";
    /// The account could not be used.
    pub const ACCOUNT_NOT_USABLE: &str = "account_not_usable";
    /// The worker ended before sending.
    pub const WORKER_LOST: &str = "worker_lost";
    /// The worker stopped and gave it back.
    pub const RELEASED: &str = "released";
    /// A person called it off.
    pub const CANCELLED: &str = "cancelled";
    /// The network took it and tells the post's id later.
    pub const ACCEPTED: &str = "accepted";
    /// Too late.
    pub const TOO_LATE: &str = "expired";
    /// No connector.
    pub const NO_CONNECTOR: &str = "no_connector";
    /// The look-ups ended without an answer.
    pub const UNKNOWN_OUTCOME: &str = "unknown_outcome";
    /// The worker ended after sending began.
    pub const INTERRUPTED: &str = "interrupted";
    /// The look-ups made certain that it is not there.
    pub const NOT_THERE: &str = "not_there";
    /// Not sent, because the earlier attempt turned out to have arrived.
    pub const FOUND_FIRST: &str = "found_first";
    /// The token could not be decrypted.
    pub const TOKEN_UNREADABLE: &str = "token_unreadable";
    /// All of them: a message beside one of these is Rookery's, not the network's.
    pub const OURS: [&str; 14] = [
        NOTHING_TO_ANSWER,
        PACED,
        ACCOUNT_NOT_USABLE,
        WORKER_LOST,
        RELEASED,
        CANCELLED,
        ACCEPTED,
        TOO_LATE,
        NO_CONNECTOR,
        UNKNOWN_OUTCOME,
        INTERRUPTED,
        NOT_THERE,
        FOUND_FIRST,
        TOKEN_UNREADABLE,
    ];
}

/// Why a publication is, or is not, out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No time was chosen.
    NotScheduled,
    /// Its time has not come.
    Scheduled {
        /// The planned moment.
        at: Timestamp,
    },
    /// Due; a worker takes it in a moment.
    Due,
    /// Due for a while and nobody took it.
    Missed {
        /// When it should have gone.
        since: Timestamp,
    },
    /// Publishing is stopped for the whole organization.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// Publishing is stopped for the whole installation.
    InstancePaused {
        /// Since when.
        since: Timestamp,
    },
    /// Nobody approved it yet.
    NeedsApproval,
    /// It was approved and then changed.
    ApprovalOutdated,
    /// Another post is on its way on the same account; they leave one after the other.
    AccountBusy {
        /// The account's name.
        account: String,
        /// Since when it is due.
        since: Timestamp,
    },
    /// A part of a thread or a comment: what it answers is not online.
    WaitingForAnswered {
        /// When we look again.
        next: Option<Timestamp>,
    },
    /// The network works on the media.
    Processing {
        /// Since when.
        since: Timestamp,
        /// When we ask again.
        next: Option<Timestamp>,
    },
    /// The account has to be connected again.
    WaitingForAccount {
        /// The account's name.
        account: String,
        /// When we look again.
        next: Option<Timestamp>,
    },
    /// The account has posted as much as is good for it.
    Paced {
        /// When there is room again.
        until: Timestamp,
    },
    /// The network asked us to slow down.
    SlowedDown {
        /// When we may again.
        until: Timestamp,
    },
    /// An attempt failed; another follows.
    Retrying {
        /// When.
        at: Timestamp,
        /// The number of the attempt that comes.
        attempt: i32,
        /// Attempts allowed.
        of: i32,
        /// What went wrong.
        message: String,
    },
    /// A worker is at it.
    BeingSent {
        /// Since when.
        since: Timestamp,
    },
    /// The network's answer is not known; we are looking at the account.
    Checking {
        /// Since when it is unknown.
        since: Timestamp,
        /// The next look.
        next: Option<Timestamp>,
    },
    /// It is out.
    Published {
        /// When.
        at: Timestamp,
    },
    /// It was out and is deleted at the network.
    Removed {
        /// When we noticed.
        at: Timestamp,
    },
    /// The network refused it, or every attempt failed.
    Failed {
        /// The class of the last problem.
        class: Option<ErrorClass>,
        /// What went wrong.
        message: String,
        /// Attempts made.
        attempts: i32,
    },
    /// Nobody could find out whether it came out; a person has to look.
    UnknownOutcome,
    /// A person called it off.
    Cancelled,
    /// It was too late to send it.
    Expired {
        /// The planned moment.
        planned: Option<Timestamp>,
    },
}

impl Reason {
    /// The stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotScheduled => "not_scheduled",
            Self::Scheduled { .. } => "scheduled",
            Self::Due => "due",
            Self::Missed { .. } => "missed",
            Self::Paused { .. } => "paused",
            Self::InstancePaused { .. } => "instance_paused",
            Self::NeedsApproval => "needs_approval",
            Self::ApprovalOutdated => "approval_outdated",
            Self::AccountBusy { .. } => "account_busy",
            Self::WaitingForAnswered { .. } => "waiting_for_answered",
            Self::Processing { .. } => "processing",
            Self::WaitingForAccount { .. } => "waiting_for_account",
            Self::Paced { .. } => "paced",
            Self::SlowedDown { .. } => "slowed_down",
            Self::Retrying { .. } => "retrying",
            Self::BeingSent { .. } => "being_sent",
            Self::Checking { .. } => "checking",
            Self::Published { .. } => "published",
            Self::Removed { .. } => "removed",
            Self::Failed { .. } => "failed",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Cancelled => "cancelled",
            Self::Expired { .. } => "expired",
        }
    }

    /// The answer in plain words, with times in `zone`.
    pub fn sentence(&self, zone: &Zone) -> String {
        let at = |at: &Timestamp| moment(*at, zone);
        match self {
            Self::NotScheduled => "It has no time yet: choose one, or publish it now.".to_owned(),
            Self::Scheduled { at: when } => format!("It goes out on {}.", at(when)),
            Self::Due => "It is due and goes out in a moment.".to_owned(),
            Self::Missed { since } => {
                format!("It should have gone out on {}, but no worker took it. Check that the server's workers run.", at(since))
            }
            Self::Paused { since } => {
                format!("Publishing is stopped for the whole organization since {}. It goes out when publishing is resumed.", at(since))
            }
            Self::InstancePaused { since } => {
                format!("Publishing is stopped for the whole installation since {}. It goes out when its operators resume it.", at(since))
            }
            Self::NeedsApproval => "It waits for an approval. It goes out as soon as somebody approves it.".to_owned(),
            Self::ApprovalOutdated => {
                "It was changed after it was approved, so the approval does not count any more. It goes out as soon as \
                 somebody approves it as it is now."
                    .to_owned()
            }
            Self::AccountBusy { account, since } => {
                format!("It is due since {}. Another post is on its way on {account}; this one follows right after it.", at(since))
            }
            Self::WaitingForAnswered { next } => {
                let look = next.as_ref().map(|next| format!(" We look again on {}.", at(next))).unwrap_or_default();
                format!("It answers a post that is not online, so it waits.{look}")
            }
            Self::Processing { since, next } => {
                let look = next.as_ref().map(|next| format!(" We ask again on {}.", at(next))).unwrap_or_default();
                format!("The network works on the media since {}.{look}", at(since))
            }
            Self::WaitingForAccount { account, next } => {
                let look = next.as_ref().map(|next| format!(" We look again on {}.", at(next))).unwrap_or_default();
                format!("The connection to {account} does not work. Reconnect the account and it goes out by itself.{look}")
            }
            Self::Paced { until } => {
                format!("The account has posted as much as the network allows for now. It goes out on {}.", at(until))
            }
            Self::SlowedDown { until } => format!("The network asked us to slow down. We try again on {}.", at(until)),
            Self::Retrying { at: when, attempt, of, message } => {
                format!("The last attempt failed: {} Attempt {attempt} of {of} follows on {}.", sentence_of(message), at(when))
            }
            Self::BeingSent { since } => format!("It is being sent since {}.", at(since)),
            Self::Checking { since, next } => {
                let look = next.as_ref().map(|next| format!(" The next look is on {}.", at(next))).unwrap_or_default();
                format!(
                    "The network did not say whether it took the post (since {}). We are looking at the account before anything is sent again.{look}",
                    at(since)
                )
            }
            Self::Published { at: when } => format!("It came out on {}.", at(when)),
            Self::Removed { at: when } => format!("It came out, and was deleted at the network (noticed on {}).", at(when)),
            Self::Failed { message, attempts, .. } => {
                let tries = if *attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") };
                format!("It did not go out after {tries}: {}", sentence_of(message))
            }
            Self::UnknownOutcome => {
                "We could not find out whether the network took it, so we do not send it again by ourselves. A person has to look."
                    .to_owned()
            }
            Self::Cancelled => "It was called off.".to_owned(),
            Self::Expired { planned } => match planned {
                Some(planned) => format!("It was planned for {} and then too late to go out, so it was called off.", at(planned)),
                None => "It was too late to go out, so it was called off.".to_owned(),
            },
        }
    }
}

impl Reason {
    /// What follows by itself, or what a person can do about it, in plain words.
    pub fn next_step(&self, network: &str) -> String {
        match self {
            Self::NotScheduled => "Choose a time, or publish it now.".to_owned(),
            Self::Scheduled { .. } | Self::Due | Self::BeingSent { .. } | Self::Processing { .. } => {
                "Nothing to do: it goes on by itself.".to_owned()
            }
            Self::Missed { .. } => {
                "Start a worker on the server, or ask whoever runs it to. It leaves by itself then.".to_owned()
            }
            Self::Paused { .. } => {
                "An owner or admin of the organization lets posts leave again on the page Delivery.".to_owned()
            }
            Self::InstancePaused { .. } => "The people who run the server let posts leave again.".to_owned(),
            Self::NeedsApproval | Self::ApprovalOutdated => {
                "Ask somebody who may approve it; it leaves right after that.".to_owned()
            }
            Self::AccountBusy { .. } => "Nothing to do: posts of one account leave one after the other.".to_owned(),
            Self::WaitingForAnswered { .. } => {
                "Look at the post that it answers: when that is online, this one follows.".to_owned()
            }
            Self::WaitingForAccount { .. } => "Reconnect the account and it goes out by itself.".to_owned(),
            Self::Paced { .. } => {
                "Nothing to do. If it must not wait, publish less on this account or move other posts.".to_owned()
            }
            Self::SlowedDown { .. } => format!("Nothing to do: it is tried again when {network} allows it."),
            Self::Retrying { .. } => "Nothing to do: it is tried again by itself. You can call it off.".to_owned(),
            Self::Checking { .. } => {
                "Nothing to do: we look at the account before anything is sent again. If we cannot tell, you are asked."
                    .to_owned()
            }
            Self::Published { .. } => "Nothing to do.".to_owned(),
            Self::Removed { .. } => format!("If it should be on {network} again, publish it again."),
            Self::Failed { class, .. } => words::to_do(*class, network),
            Self::UnknownOutcome => words::to_do(Some(ErrorClass::UnknownOutcome), network),
            Self::Cancelled => "Nothing follows. Choose a time if it should go out after all.".to_owned(),
            Self::Expired { .. } => words::to_do(Some(ErrorClass::Expired), network),
        }
    }
}

/// A moment as people read it: `Mon 2 Mar 2026, 09:00`.
pub(crate) fn moment(at: Timestamp, zone: &Zone) -> String {
    zone.local(at).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// A message as a sentence of its own.
pub(crate) fn sentence_of(message: &str) -> String {
    let trimmed = message.trim();
    if trimmed.is_empty() {
        return "the network gave no reason.".to_owned();
    }
    if trimmed.ends_with(['.', '!', '?']) { trimmed.to_owned() } else { format!("{trimmed}.") }
}

/// What stands in the way of a publication that is not in its own row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Around {
    /// A pause, or a missing approval.
    pub hold: Option<Hold>,
    /// Another publication of the account is on its way.
    pub is_busy: bool,
}

/// Why this publication is, or is not, out at `now`.
pub(crate) fn why(
    publication: &Publication,
    account: &Account,
    newest: Option<&Attempt>,
    around: Around,
    now: Timestamp,
) -> Reason {
    let message =
        || words::plain(publication.error_message.as_deref().unwrap_or_default(), publication.platform.name());
    match publication.status {
        PublicationStatus::Draft => Reason::NotScheduled,
        PublicationStatus::Published => match publication.removed_at {
            Some(at) => Reason::Removed { at },
            None => Reason::Published { at: publication.published_at.unwrap_or(publication.updated_at) },
        },
        PublicationStatus::Cancelled if publication.error_class == Some(ErrorClass::Expired) => {
            Reason::Expired { planned: publication.scheduled_for }
        }
        PublicationStatus::Cancelled => Reason::Cancelled,
        PublicationStatus::Failed if publication.error_class == Some(ErrorClass::UnknownOutcome) => {
            Reason::UnknownOutcome
        }
        PublicationStatus::Failed => {
            Reason::Failed { class: publication.error_class, message: message(), attempts: publication.attempt_count }
        }
        PublicationStatus::Publishing if publication.needs_reconciliation => {
            let since = newest.and_then(|a| a.finished_at).unwrap_or(publication.updated_at);
            let next = newest.and_then(|a| next_look_up(since, &a.look_ups()));
            Reason::Checking { since, next: next.filter(|n| *n > now) }
        }
        PublicationStatus::Publishing if publication.is_parked() => Reason::Processing {
            since: publication.last_attempt_at.unwrap_or(publication.updated_at),
            next: publication.next_attempt_at.filter(|next| *next > now),
        },
        PublicationStatus::Publishing => {
            Reason::BeingSent { since: publication.last_attempt_at.unwrap_or(publication.updated_at) }
        }
        PublicationStatus::Scheduled | PublicationStatus::Retrying => waiting(publication, account, around, now),
    }
}

fn waiting(publication: &Publication, account: &Account, around: Around, now: Timestamp) -> Reason {
    let due = publication.next_attempt_at.or(publication.scheduled_for).unwrap_or(now);
    let is_first = publication.status == PublicationStatus::Scheduled;
    // Holds are shown ahead of time too: a reader wants to know before the moment passes.
    match around.hold {
        Some(Hold::InstancePaused(since)) => return Reason::InstancePaused { since },
        Some(Hold::Paused(since)) => return Reason::Paused { since },
        Some(Hold::NeedsApproval) => return Reason::NeedsApproval,
        Some(Hold::ApprovalOutdated) => return Reason::ApprovalOutdated,
        None => {}
    }
    if publication.error_code.as_deref() == Some(code::NOTHING_TO_ANSWER) {
        return Reason::WaitingForAnswered { next: Some(due).filter(|due| *due > now) };
    }
    if !account.may_publish() && (due <= now || publication.error_class == Some(ErrorClass::Auth)) {
        return Reason::WaitingForAccount { account: account.name().to_owned(), next: Some(due).filter(|d| *d > now) };
    }
    if due > now {
        return match (publication.error_code.as_deref(), publication.error_class) {
            (Some(code::PACED), _) => Reason::Paced { until: due },
            (_, Some(ErrorClass::RateLimited)) => Reason::SlowedDown { until: due },
            (_, Some(ErrorClass::Auth)) => {
                Reason::WaitingForAccount { account: account.name().to_owned(), next: Some(due) }
            }
            (_, Some(_)) if !is_first => Reason::Retrying {
                at: due,
                attempt: publication.attempt_count + 1,
                of: publication.max_attempts,
                message: words::plain(
                    publication.error_message.as_deref().unwrap_or_default(),
                    publication.platform.name(),
                ),
            },
            _ => Reason::Scheduled { at: due },
        };
    }
    if around.is_busy {
        return Reason::AccountBusy { account: account.name().to_owned(), since: due };
    }
    if due + MISSED_AFTER < now { Reason::Missed { since: due } } else { Reason::Due }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_time_in_the_readers_zone() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let at: Timestamp = "2026-03-02T08:00:00Z".parse().expect("valid");
        assert_eq!(Reason::Scheduled { at }.sentence(&berlin), "It goes out on Mon 2 Mar 2026, 09:00.");
        let retry = Reason::Retrying { at, attempt: 2, of: 3, message: "the network answered 503".to_owned() };
        assert_eq!(
            retry.sentence(&Zone::utc()),
            "The last attempt failed: the network answered 503. Attempt 2 of 3 follows on Mon 2 Mar 2026, 08:00."
        );
        let failed = Reason::Failed { class: None, message: String::new(), attempts: 1 };
        assert_eq!(failed.sentence(&Zone::utc()), "It did not go out after 1 attempt: the network gave no reason.");
    }

    /// The closed list, with every class where there is one.
    fn all() -> Vec<Reason> {
        let at: Timestamp = "2026-03-02T08:00:00Z".parse().expect("valid");
        let (since, next, until) = (at, Some(at), at);
        let (account, message) = ("Fieldwork".to_owned(), String::new());
        let classes = ErrorClass::ALL.into_iter().map(Some).chain([None]);
        let mut all = vec![
            Reason::NotScheduled,
            Reason::Scheduled { at },
            Reason::Due,
            Reason::Missed { since },
            Reason::Paused { since },
            Reason::InstancePaused { since },
            Reason::NeedsApproval,
            Reason::ApprovalOutdated,
            Reason::AccountBusy { account: account.clone(), since },
            Reason::WaitingForAnswered { next },
            Reason::Processing { since, next },
            Reason::WaitingForAccount { account, next: None },
            Reason::Paced { until },
            Reason::SlowedDown { until },
            Reason::Retrying { at, attempt: 2, of: 3, message: message.clone() },
            Reason::BeingSent { since },
            Reason::Checking { since, next },
            Reason::Published { at },
            Reason::Removed { at },
            Reason::UnknownOutcome,
            Reason::Cancelled,
            Reason::Expired { planned: next },
        ];
        all.extend(classes.map(|class| Reason::Failed { class, message: message.clone(), attempts: 3 }));
        all
    }

    #[test]
    fn every_reason_is_said_in_words_with_the_next_step() {
        for reason in all() {
            for text in [reason.sentence(&Zone::utc()), reason.next_step("Mastodon")] {
                assert!(text.len() > 10 && text.ends_with('.'), "{reason:?}: {text:?}");
                assert!(!text.contains(['_', '{', '<']) && !text.contains(".."), "{reason:?}: {text:?}");
            }
        }
        let codes: std::collections::BTreeSet<_> = all().iter().map(Reason::code).collect();
        assert_eq!(codes.len(), 23, "one word each");
    }
}
