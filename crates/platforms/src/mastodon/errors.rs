//! Mastodon's error table and quota headers.

use std::ops::RangeInclusive;

use rookery_kernel::Timestamp;
use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

/// First match from the top. The API has no codes of its own: the status is the code.
const BY_STATUS: [(RangeInclusive<u16>, ErrorType); 9] = [
    (401..=401, ErrorType::TokenExpired),
    (403..=403, ErrorType::Permission), // right missing, or account suspended
    (404..=404, ErrorType::NotFound),
    (410..=410, ErrorType::NotFound),
    (408..=408, ErrorType::Transient),
    (425..=425, ErrorType::Transient),
    (429..=429, ErrorType::RateLimit),
    (400..=499, ErrorType::BadRequest), // 422 is a text the server refuses
    (500..=599, ErrorType::Transient),
];

/// Codes of the OAuth standard, which come with statuses that say something else.
const BY_OAUTH_CODE: [(&str, ErrorType); 6] = [
    ("invalid_grant", ErrorType::TokenExpired),
    ("invalid_token", ErrorType::TokenExpired),
    ("invalid_client", ErrorType::BadRequest),
    ("invalid_scope", ErrorType::Permission),
    ("access_denied", ErrorType::Permission),
    ("temporarily_unavailable", ErrorType::Transient),
];

/// The answer, if it is a success with JSON in it; else the error.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let reason = body.as_ref().and_then(|b| b.get("error")).and_then(Value::as_str);
    match (&body, reason) {
        (_, Some(reason)) => Err(structured(&answer, reason, body.as_ref())),
        (Some(_), None) if answer.is_success() => Ok(answer),
        _ => {
            let mut error = answer.unstructured();
            error.retry_after = error.retry_after.or_else(|| wait(&answer));
            Err(error)
        }
    }
}

fn structured(answer: &Answer, reason: &str, body: Option<&Value>) -> CallError {
    let by_code = BY_OAUTH_CODE.iter().find(|(code, _)| *code == reason).map(|(_, kind)| *kind);
    let by_status = BY_STATUS.iter().find(|(statuses, _)| statuses.contains(&answer.status)).map(|(_, kind)| *kind);
    let kind = by_code.or(by_status).unwrap_or(ErrorType::Unknown);
    let description = body.and_then(|b| b.get("error_description")).and_then(Value::as_str);
    let message = description.map_or_else(|| reason.to_owned(), |more| format!("{reason}: {more}"));
    // A success that carries an error was refused; otherwise the status tells.
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let mut error = answer.error(kind, delivery, &message);
    error.code = by_code.map(|_| reason.to_owned());
    error.trace_id = answer.header("x-request-id").map(ToOwned::to_owned);
    if kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| wait(answer));
    }
    error
}

/// Time until the quota is back: the header holds a time, from some servers in seconds.
fn wait(answer: &Answer) -> Option<std::time::Duration> {
    let text = answer.header("x-ratelimit-reset")?;
    let at: Timestamp = text.parse().ok().or_else(|| text.parse().ok().map(Timestamp::from_secs))?;
    Some(at.since(answer.received_at))
}

/// What the quota headers say.
pub(super) fn usage(answer: &Answer) -> Option<Usage> {
    let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
    let limit = number("x-ratelimit-limit").filter(|l| *l > 0)?;
    let used = limit.saturating_sub(number("x-ratelimit-remaining")?);
    let percent = u32::try_from(used.saturating_mul(100).div_ceil(limit)).unwrap_or(u32::MAX);
    Some(Usage { percent, regain: wait(answer), seen_at: answer.received_at })
}
