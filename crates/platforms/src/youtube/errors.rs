//! Google's error table, as data, and the reading of its answers.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use rookery_kernel::Timestamp;
use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

/// What a reason says beside its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Media,
    /// The project's quota of the day.
    UntilMidnight,
    /// A cap whose window the documentation tells and the answer does not.
    Wait(Duration),
}

/// By `error.errors[0].reason`. Checked 2026-10 against the documentation.
const REASONS: [(&str, ErrorType, Mark); 50] = [
    ("quotaExceeded", ErrorType::RateLimit, Mark::UntilMidnight),
    ("dailyLimitExceeded", ErrorType::RateLimit, Mark::UntilMidnight),
    ("dailyLimitExceededUnreg", ErrorType::RateLimit, Mark::UntilMidnight),
    ("rateLimitExceeded", ErrorType::RateLimit, Mark::Wait(MINUTE)),
    ("userRateLimitExceeded", ErrorType::RateLimit, Mark::Wait(MINUTE)),
    ("uploadRateLimitExceeded", ErrorType::RateLimit, Mark::Wait(MINUTE)),
    ("uploadLimitExceeded", ErrorType::RateLimit, Mark::Wait(DAY)),
    ("authError", ErrorType::TokenExpired, Mark::None),
    ("required", ErrorType::TokenExpired, Mark::None), // no token at all
    ("authorizationRequired", ErrorType::TokenExpired, Mark::None),
    ("insufficientPermissions", ErrorType::Permission, Mark::None),
    ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", ErrorType::Permission, Mark::None),
    ("forbidden", ErrorType::Permission, Mark::None),
    ("accessNotConfigured", ErrorType::Permission, Mark::None), // the API is off in the Google project
    ("forbiddenPrivacySetting", ErrorType::Permission, Mark::None),
    ("forbiddenLicenseSetting", ErrorType::Permission, Mark::None),
    ("forbiddenEmbedSetting", ErrorType::Permission, Mark::None),
    ("youtubeSignupRequired", ErrorType::Permission, Mark::None),
    ("channelClosed", ErrorType::Permission, Mark::None),
    ("channelSuspended", ErrorType::PolicyBlock, Mark::None),
    ("accountDelegationForbidden", ErrorType::Permission, Mark::None),
    ("ineligibleAccount", ErrorType::Permission, Mark::None),
    ("videoNotFound", ErrorType::NotFound, Mark::None),
    ("commentNotFound", ErrorType::NotFound, Mark::None),
    ("commentThreadNotFound", ErrorType::NotFound, Mark::None),
    ("parentCommentNotFound", ErrorType::NotFound, Mark::None),
    ("channelNotFound", ErrorType::NotFound, Mark::None),
    ("playlistNotFound", ErrorType::NotFound, Mark::None),
    ("notFound", ErrorType::NotFound, Mark::None),
    ("commentsDisabled", ErrorType::MetricUnsupported, Mark::None),
    ("commentTextRequired", ErrorType::BadRequest, Mark::None),
    ("commentTextTooLong", ErrorType::BadRequest, Mark::None),
    ("parentCommentIsPrivate", ErrorType::BadRequest, Mark::None),
    ("invalidTitle", ErrorType::BadRequest, Mark::None),
    ("invalidDescription", ErrorType::BadRequest, Mark::None),
    ("invalidTags", ErrorType::BadRequest, Mark::None),
    ("invalidCategoryId", ErrorType::BadRequest, Mark::None),
    ("invalidPublishAt", ErrorType::BadRequest, Mark::None),
    ("invalidVideoMetadata", ErrorType::BadRequest, Mark::None),
    ("invalidVideoGameRating", ErrorType::BadRequest, Mark::None),
    ("defaultLanguageNotSet", ErrorType::BadRequest, Mark::None),
    ("mediaBodyRequired", ErrorType::BadRequest, Mark::Media),
    ("invalidFilename", ErrorType::BadRequest, Mark::Media),
    ("badContent", ErrorType::BadRequest, Mark::Media),
    ("processingFailure", ErrorType::Transient, Mark::None),
    ("backendError", ErrorType::Transient, Mark::None),
    ("internalError", ErrorType::Transient, Mark::None),
    ("operationAborted", ErrorType::Transient, Mark::None),
    ("SERVICE_UNAVAILABLE", ErrorType::Transient, Mark::None),
    ("badRequest", ErrorType::BadRequest, Mark::None),
];

/// The answer, if it is a success or asks for more of an upload (308); else the error.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    if answer.status == 308 {
        return Ok(answer);
    }
    let body = answer.json().filter(|_| !answer.is_html());
    let problem = body.as_ref().and_then(|b| b.get("error")).filter(|e| !e.is_null());
    match problem {
        Some(problem) if problem.is_object() => Err(structured(&answer, problem)),
        // The tokens' host and some proxies write it the short way.
        Some(_) => judge_token(answer),
        None if answer.is_success() && !answer.is_html() => Ok(answer),
        None => Err(answer.unstructured()),
    }
}

/// The answer of a token call, whose errors follow the OAuth standard.
pub(super) fn judge_token(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html()).unwrap_or_default();
    let Some(code) = body.get("error").and_then(Value::as_str) else {
        return if answer.is_success() && !answer.is_html() { Ok(answer) } else { Err(answer.unstructured()) };
    };
    let description = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let kind = match code {
        "invalid_grant" | "invalid_token" => ErrorType::TokenExpired,
        "invalid_scope" | "access_denied" | "admin_policy_enforced" | "org_internal" => ErrorType::Permission,
        "rate_limit_exceeded" | "slow_down" => ErrorType::RateLimit,
        "internal_failure" | "server_error" | "temporarily_unavailable" => ErrorType::Transient,
        _ => ErrorType::BadRequest,
    };
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let mut error = answer.error(kind, delivery, &format!("{code}: {description}"));
    error.code = Some(code.to_owned());
    Err(error)
}

fn structured(answer: &Answer, problem: &Value) -> CallError {
    let text = |pointer: &str| problem.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let reason = text("/errors/0/reason").or_else(|| text("/details/0/reason")).or_else(|| text("/status"));
    // The finer word in `details` is about the token; the old list says only `forbidden` then.
    let reason = text("/details/0/reason").filter(|r| known(r).is_some()).or(reason);
    let (kind, mark) = reason.and_then(known).unwrap_or_else(|| (ErrorType::of_status(answer.status), Mark::None));
    let kind = if answer.status == 401 { ErrorType::TokenExpired } else { kind };
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let message = text("/message").or_else(|| text("/errors/0/message")).or(reason).unwrap_or("no reason given");
    let mut error = answer.error(kind, delivery, message);
    error.code = reason.map(ToOwned::to_owned);
    error.subcode = text("/status").map(ToOwned::to_owned).filter(|s| Some(s) != error.code.as_ref());
    error.media = mark == Mark::Media;
    let wait = match mark {
        Mark::UntilMidnight => Some(until_midnight(answer.received_at)),
        Mark::Wait(window) => Some(window),
        Mark::None | Mark::Media => None,
    };
    error.retry_after = error.retry_after.or(wait);
    error
}

fn known(reason: &str) -> Option<(ErrorType, Mark)> {
    REASONS.iter().find(|(known, ..)| *known == reason).map(|(_, kind, mark)| (*kind, *mark))
}

/// How long until the quota of the day comes back: at midnight in Los Angeles.
fn until_midnight(now: Timestamp) -> Duration {
    let midnight = TimeZone::get("America/Los_Angeles").ok().and_then(|zone| {
        let tomorrow = now.to_jiff().to_zoned(zone.clone()).date().checked_add(1.day()).ok()?;
        Some(Timestamp::from_jiff(tomorrow.to_zoned(zone).ok()?.timestamp()))
    });
    midnight.map_or(DAY, |at| at.since(now))
}

/// Google tells nothing of the quota until it is gone.
pub(super) fn usage(answer: &Answer) -> Option<Usage> {
    if answer.status != 403 && answer.status != 429 {
        return None;
    }
    let body = answer.json()?;
    let reason = body.pointer("/error/errors/0/reason")?.as_str()?;
    let is_of_the_day = known(reason).is_some_and(|(_, mark)| mark == Mark::UntilMidnight);
    let regain = is_of_the_day.then(|| until_midnight(answer.received_at));
    regain.map(|regain| Usage { percent: 100, regain: Some(regain), seen_at: answer.received_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_ends_at_midnight_in_los_angeles() {
        for (now, hours) in [
            ("2026-03-02T09:00:00Z", 23), // one o'clock there
            ("2026-07-02T06:00:00Z", 1),  // summer: eleven at night
            ("2026-03-08T08:30:00Z", 22), // the day of 23 hours, half past midnight
        ] {
            let left = until_midnight(now.parse().expect("a time"));
            assert_eq!(left.as_secs() / 3600, hours, "{now}");
        }
    }
}
