//! One try to deliver: how far it got, what the network said, and what follows (PUB-31 … PUB-34). Pure.

use std::time::Duration;

use rookery_kernel::{AttemptId, PublicationId, Timestamp};
use rookery_platforms::{CallError, Delivery, ErrorType};
use serde::{Deserialize, Serialize};

/// How far an attempt got. Decides what a recovery may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.attempt_phase", rename_all = "snake_case")]
pub enum AttemptPhase {
    /// A worker took the publication.
    Claimed,
    /// Token and content are being made ready; harmless to repeat.
    Preparing,
    /// Committed right before the call that makes the post public.
    Sending,
    /// The network confirmed.
    Confirmed,
    /// It certainly did not come out.
    Failed,
    /// Nobody knows yet.
    Unknown,
}

impl AttemptPhase {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Preparing => "preparing",
            Self::Sending => "sending",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a worker is (or was) in the middle of it.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Claimed | Self::Preparing | Self::Sending)
    }
}

/// Class of a problem; the class decides, never the message (PUB-34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.error_class", rename_all = "snake_case")]
pub enum ErrorClass {
    /// The network or the way to it failed; try again.
    Transient,
    /// Too fast; try again at the reset.
    RateLimited,
    /// The token is invalid or withdrawn; wait for the account.
    Auth,
    /// The media was not accepted.
    Media,
    /// Duplicate, spam, forbidden content.
    Policy,
    /// Invalid text, missing right.
    Permanent,
    /// Too late.
    Expired,
    /// This installation has no connector for the network.
    Config,
    /// Nobody can tell whether it came out.
    UnknownOutcome,
}

impl ErrorClass {
    /// All classes, in the order of the database enum.
    pub const ALL: [Self; 9] = [
        Self::Transient,
        Self::RateLimited,
        Self::Auth,
        Self::Media,
        Self::Policy,
        Self::Permanent,
        Self::Expired,
        Self::Config,
        Self::UnknownOutcome,
    ];

    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::RateLimited => "rate_limited",
            Self::Auth => "auth",
            Self::Media => "media",
            Self::Policy => "policy",
            Self::Permanent => "permanent",
            Self::Expired => "expired",
            Self::Config => "config",
            Self::UnknownOutcome => "unknown_outcome",
        }
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// What was tried.
    pub publication_id: PublicationId,
    /// 1, 2, 3 …; attempts that did not count are numbered too.
    pub attempt_no: i32,
    /// How far it got.
    pub phase: AttemptPhase,
    /// The worker.
    pub worker: String,
    /// The revision of the post that was sent.
    pub post_revision: i32,
    /// When it began.
    pub started_at: Timestamp,
    /// The moment before the call.
    pub sent_at: Option<Timestamp>,
    /// When its end was recorded.
    pub finished_at: Option<Timestamp>,
    /// The network's status code.
    pub http_status: Option<i32>,
    /// Class of the problem.
    pub error_class: Option<ErrorClass>,
    /// Its code.
    pub error_code: Option<String>,
    /// Its words, without secrets.
    pub error_message: Option<String>,
    /// What the network asked us to wait.
    pub retry_after_seconds: Option<i32>,
    /// Trace id of the network and the look-ups made since, redacted.
    pub response: Option<serde_json::Value>,
    /// What was made at the network before the public call; see [`Attempt::handles`].
    pub remote_handles: serde_json::Value,
}

/// What was made at the network before the public call, with what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredHandles {
    /// The connector's own record.
    pub handles: serde_json::Value,
    /// Digest of what was prepared, in hexadecimal: other content needs other handles.
    pub digest: String,
    /// When the first of them was made.
    pub made_at: Timestamp,
    /// Questions in a row that had no answer while the network worked.
    #[serde(default)]
    pub silent: u32,
}

/// A look at the account for a post whose fate is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    /// When.
    pub at: Timestamp,
    /// What it gave.
    pub result: LookUpResult,
}

/// What a look-up gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookUpResult {
    /// The post is there.
    Found,
    /// The post is not there (yet).
    Absent,
    /// A post like it is there, but it belongs to another publication of ours.
    Unclear,
    /// The network did not answer.
    NoAnswer,
    /// The network took it and still works on it.
    Working,
    /// The network took it and then refused it.
    Refused,
}

impl LookUpResult {
    /// Whether it says nothing about where the post is: then it is no look, and is repeated.
    const fn is_no_look(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Working)
    }
}

impl Attempt {
    /// What stands at the network from this attempt, and the network's answer if it took the post
    /// without telling its id.
    pub fn handles(&self) -> Option<StoredHandles> {
        serde_json::from_value(self.remote_handles.clone()).ok()
    }

    /// The network's id for the call, for its support.
    pub fn trace_id(&self) -> Option<String> {
        self.response.as_ref()?.get("trace_id")?.as_str().map(str::to_owned)
    }

    /// The look-ups made for this attempt, oldest first.
    pub fn look_ups(&self) -> Vec<LookUp> {
        let noted = self.response.as_ref().and_then(|r| r.get("look_ups")).cloned();
        noted.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
    }
}

/// Look-ups happen so long after the outcome became unknown (PUB-32).
pub const LOOK_UPS: [Duration; 4] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(1800)];

/// A network that does not answer look-ups is asked for this long; then a person is.
const LOOK_UPS_END: Duration = Duration::from_secs(24 * 3600);

/// The moment of the next look-up after those in `done`; `None` after the last. A look without an
/// answer is no look: it is repeated with a growing pause.
pub fn next_look_up(unknown_since: Timestamp, done: &[LookUp]) -> Option<Timestamp> {
    let answered = done.iter().filter(|l| !l.result.is_no_look()).count();
    let planned = unknown_since + *LOOK_UPS.get(answered)?;
    let Some(last) = done.last().filter(|l| l.result.is_no_look()) else { return Some(planned) };
    let unanswered = u32::try_from(done.len() - answered).unwrap_or(u32::MAX).min(6);
    let next = planned.max(last.at + DELAY_MAX.min(Duration::from_secs(60) * 2_u32.pow(unanswered)));
    (next <= unknown_since + LOOK_UPS_END).then_some(next)
}

/// Never wait longer than this before a retry, unless the network asks for it.
const DELAY_MAX: Duration = Duration::from_secs(3600);

/// How long to wait after attempt number `attempt` (from 1) failed: 60 s × 2ⁿ, at most an hour,
/// ±10 % by `chance` (0 is −10 %, 255 is +10 %); a later wish of the network wins (PUB-33).
pub fn retry_delay(attempt: i32, wish: Option<Duration>, chance: u8) -> Duration {
    let doublings = u32::try_from(attempt).unwrap_or(0).min(6);
    let plain = DELAY_MAX.min(Duration::from_secs(60) * 2_u32.pow(doublings));
    let jitter = f64::from(chance) / 255.0 * 0.2 - 0.1;
    let delay = plain.mul_f64(1.0 + jitter).min(DELAY_MAX);
    wish.map_or(delay, |wish| wish.max(delay))
}

/// What a failed call means for the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may have come out: look before anything else.
    Unknown,
    /// It did not come out; the attempt counts and may be repeated.
    Retry(ErrorClass),
    /// It did not come out because we are too fast; the attempt is given back.
    SlowDown,
    /// It did not come out because of the token; the attempt is given back.
    Auth,
    /// It did not come out and will not.
    GiveUp(ErrorClass),
}

/// Judges a failed publishing call. `was_doubtful` tells whether an earlier attempt of the same
/// publication ended without a known outcome: then "duplicate" means that one arrived.
/// `media_failed` tells whether an earlier attempt failed by its media: they are prepared anew once.
pub fn judge(error: &CallError, was_doubtful: bool, media_failed: bool) -> Verdict {
    if error.delivery == Delivery::Unknown || (error.duplicate && was_doubtful) {
        return Verdict::Unknown;
    }
    if error.duplicate {
        return Verdict::GiveUp(ErrorClass::Policy);
    }
    if error.media {
        let class = ErrorClass::Media;
        return if media_failed { Verdict::GiveUp(class) } else { Verdict::Retry(class) };
    }
    match error.kind {
        ErrorType::Transient | ErrorType::Unknown => Verdict::Retry(ErrorClass::Transient),
        ErrorType::RateLimit => Verdict::SlowDown,
        ErrorType::TokenExpired => Verdict::Auth,
        ErrorType::PolicyBlock => Verdict::GiveUp(ErrorClass::Policy),
        ErrorType::Permission | ErrorType::NotFound | ErrorType::MetricUnsupported | ErrorType::BadRequest => {
            Verdict::GiveUp(ErrorClass::Permanent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorType, delivery: Delivery) -> CallError {
        CallError::new(kind, delivery, "no")
    }

    #[test]
    fn delays_double_from_two_minutes_and_stop_at_an_hour() {
        let minutes = |n| retry_delay(n, None, 127).as_secs_f64() / 60.0;
        let expected = [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0];
        for (n, expected) in (1..).zip(expected) {
            assert!((minutes(n) - expected).abs() < 0.2, "attempt {n}: {}", minutes(n));
        }
        assert_eq!(retry_delay(1, None, 0), Duration::from_secs(108));
        assert_eq!(retry_delay(1, None, 255), Duration::from_secs(132));
        assert_eq!(retry_delay(i32::MAX, None, 255), DELAY_MAX);
    }

    #[test]
    fn the_networks_wish_wins_only_if_later() {
        let wish = |secs| retry_delay(1, Some(Duration::from_secs(secs)), 0).as_secs();
        assert_eq!((wish(5), wish(7200)), (108, 7200));
    }

    #[test]
    fn a_doubt_wins_over_every_kind() {
        for kind in ErrorType::ALL {
            assert_eq!(judge(&error(kind, Delivery::Unknown), false, false), Verdict::Unknown, "{kind:?}");
        }
    }

    #[test]
    fn duplicate_means_found_only_after_a_doubt() {
        let duplicate = CallError { duplicate: true, ..error(ErrorType::PolicyBlock, Delivery::Refused) };
        assert_eq!(judge(&duplicate, true, false), Verdict::Unknown);
        assert_eq!(judge(&duplicate, false, false), Verdict::GiveUp(ErrorClass::Policy));
    }

    #[test]
    fn each_kind_that_certainly_did_not_arrive_has_its_class() {
        let table = [
            (ErrorType::Transient, Verdict::Retry(ErrorClass::Transient)),
            (ErrorType::RateLimit, Verdict::SlowDown),
            (ErrorType::TokenExpired, Verdict::Auth),
            (ErrorType::Permission, Verdict::GiveUp(ErrorClass::Permanent)),
            (ErrorType::NotFound, Verdict::GiveUp(ErrorClass::Permanent)),
            (ErrorType::MetricUnsupported, Verdict::GiveUp(ErrorClass::Permanent)),
            (ErrorType::BadRequest, Verdict::GiveUp(ErrorClass::Permanent)),
            (ErrorType::PolicyBlock, Verdict::GiveUp(ErrorClass::Policy)),
            (ErrorType::Unknown, Verdict::Retry(ErrorClass::Transient)),
        ];
        for (kind, expected) in table {
            for delivery in [Delivery::NotSent, Delivery::Refused] {
                assert_eq!(judge(&error(kind, delivery), false, false), expected, "{kind:?} {delivery:?}");
            }
        }
    }

    #[test]
    fn media_are_prepared_anew_once() {
        let broken = error(ErrorType::BadRequest, Delivery::Refused).about_media();
        assert_eq!(judge(&broken, false, false), Verdict::Retry(ErrorClass::Media));
        assert_eq!(judge(&broken, false, true), Verdict::GiveUp(ErrorClass::Media));
    }

    #[test]
    fn four_look_ups_and_then_none() {
        let since = Timestamp::from_secs(0);
        let mut done = Vec::new();
        let mut planned = Vec::new();
        while let Some(at) = next_look_up(since, &done) {
            planned.push(at.as_secs());
            done.push(LookUp { at, result: LookUpResult::Absent });
        }
        assert_eq!(planned, [10, 60, 300, 1800]);
    }

    #[test]
    fn a_look_without_an_answer_is_repeated_for_a_day() {
        let since = Timestamp::from_secs(0);
        let mut done = Vec::new();
        while let Some(at) = next_look_up(since, &done) {
            done.push(LookUp { at, result: LookUpResult::NoAnswer });
        }
        let planned: Vec<_> = done.iter().take(4).map(|l| l.at.as_secs()).collect();
        assert_eq!(planned, [10, 130, 370, 850]);
        let last = done.last().expect("some").at.as_secs();
        assert!((82_800..=86_400).contains(&last) && done.len() < 40, "{} looks until {last}", done.len());
        // An answer goes on where the answered looks stopped.
        let at = Timestamp::from_secs(9_000);
        done = vec![LookUp { at, result: LookUpResult::NoAnswer }, LookUp { at, result: LookUpResult::Absent }];
        assert_eq!(next_look_up(since, &done), Some(Timestamp::from_secs(60)), "due at once");
    }
}
