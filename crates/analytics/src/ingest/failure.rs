//! What follows from a failure: the table of error types and actions. Pure, and the one event.

use std::time::Duration;

use rookery_kernel::Timestamp;
use rookery_platforms::{CallError, ErrorType};

use super::report::Verdict;
use crate::tracking::TrackingHealth;

/// How long to wait for a quota when the network does not say.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How long a blocked account is left alone at least.
const POLICY_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Tries for a failure that nobody understands.
const UNKNOWN_ATTEMPTS_MAX: i32 = 2;

/// Whether every further call for this account would fail alike.
pub(super) const fn ends_run(kind: ErrorType) -> bool {
    matches!(
        kind,
        ErrorType::TokenExpired
            | ErrorType::Permission
            | ErrorType::RateLimit
            | ErrorType::PolicyBlock
            | ErrorType::Transient
    )
}

/// Whether no other try would bring this item.
pub(super) const fn is_hopeless(kind: ErrorType) -> bool {
    matches!(kind, ErrorType::NotFound | ErrorType::MetricUnsupported)
}

/// When the account may be asked again, if the failure closes it for a time.
pub(super) fn gate(error: &CallError, now: Timestamp) -> Option<Timestamp> {
    match error.kind {
        ErrorType::RateLimit => Some(now + error.retry_after.unwrap_or(RATE_LIMIT_PAUSE)),
        ErrorType::PolicyBlock => Some(now + error.retry_after.unwrap_or_default().max(POLICY_PAUSE)),
        _ => None,
    }
}

/// What to do after a run whose worst failure is this; `pause` is what a retry waits.
pub(super) fn verdict(error: &CallError, attempt: i32, attempts_max: i32, now: Timestamp, pause: Duration) -> Verdict {
    let reason = format!("{}: {}", error.kind, error.message);
    let give_up = |alarm| Verdict::GiveUp { kind: error.kind, reason: reason.clone(), alarm };
    match error.kind {
        ErrorType::RateLimit => Verdict::WaitUntil(now + error.retry_after.unwrap_or(RATE_LIMIT_PAUSE)),
        ErrorType::TokenExpired | ErrorType::Permission | ErrorType::PolicyBlock => give_up(false),
        ErrorType::BadRequest => give_up(true),
        ErrorType::NotFound | ErrorType::MetricUnsupported => Verdict::Done,
        ErrorType::Unknown if attempt >= UNKNOWN_ATTEMPTS_MAX => give_up(true),
        ErrorType::Transient | ErrorType::Unknown if attempt >= attempts_max => give_up(true),
        ErrorType::Transient | ErrorType::Unknown => Verdict::Retry { kind: error.kind, reason, at: now + pause },
    }
}

/// What the verdict makes of the account's health; `None` leaves it as it is.
pub(super) fn health(verdict: &Verdict) -> Option<TrackingHealth> {
    match verdict {
        Verdict::Done => Some(TrackingHealth::Ok),
        Verdict::Retry { .. } => None,
        Verdict::WaitUntil(_) => Some(TrackingHealth::RateLimited),
        Verdict::GiveUp { kind, .. } => Some(TrackingHealth::after(*kind)),
    }
}

/// How much a failure decides: the run's verdict follows its weightiest.
pub(super) const fn weight(kind: ErrorType) -> u8 {
    match kind {
        ErrorType::NotFound | ErrorType::MetricUnsupported => 0,
        ErrorType::BadRequest => 1,
        ErrorType::Unknown => 2,
        ErrorType::Transient => 3,
        ErrorType::RateLimit => 4,
        ErrorType::PolicyBlock => 5,
        ErrorType::Permission => 6,
        ErrorType::TokenExpired => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_platforms::Delivery;

    #[test]
    fn each_type_has_its_action() {
        let now = Timestamp::from_secs(1_772_442_000);
        let mut error = CallError::new(ErrorType::RateLimit, Delivery::Refused, "slow down");
        error.retry_after = Some(Duration::from_secs(60));
        let act =
            |kind, attempt| verdict(&CallError { kind, ..error.clone() }, attempt, 5, now, Duration::from_secs(30));
        assert_eq!(act(ErrorType::RateLimit, 5), Verdict::WaitUntil(now + Duration::from_secs(60)));
        assert!(matches!(act(ErrorType::Transient, 4), Verdict::Retry { .. }));
        assert!(matches!(act(ErrorType::Transient, 5), Verdict::GiveUp { alarm: true, .. }));
        assert!(matches!(act(ErrorType::Unknown, 1), Verdict::Retry { .. }));
        assert!(matches!(act(ErrorType::Unknown, 2), Verdict::GiveUp { alarm: true, .. }));
        for kind in [ErrorType::TokenExpired, ErrorType::Permission, ErrorType::PolicyBlock] {
            assert!(matches!(act(kind, 1), Verdict::GiveUp { alarm: false, .. }), "{kind}");
        }
        assert!(matches!(act(ErrorType::BadRequest, 1), Verdict::GiveUp { alarm: true, .. }));
        assert_eq!(act(ErrorType::NotFound, 1), Verdict::Done);
        let blocked = CallError { kind: ErrorType::PolicyBlock, ..error };
        assert_eq!(gate(&blocked, now), Some(now + POLICY_PAUSE), "never less than a day");
    }
}
