//! Error table and quota headers of XRPC, as data.

use serde_json::Value;
use std::time::Duration;

use rookery_kernel::Timestamp;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

/// By the name in `error`. Checked 2026-10 against the lexicons and the reference server.
const TABLE: [(&str, ErrorType); 37] = [
    ("ExpiredToken", ErrorType::TokenExpired),
    ("InvalidToken", ErrorType::TokenExpired),
    ("AuthMissing", ErrorType::TokenExpired),
    ("AuthenticationRequired", ErrorType::TokenExpired),
    ("AuthRequiredError", ErrorType::TokenExpired),
    ("AuthFactorTokenRequired", ErrorType::TokenExpired),
    ("AccountDeactivated", ErrorType::TokenExpired),
    ("RepoDeactivated", ErrorType::TokenExpired),
    ("AccountTakedown", ErrorType::PolicyBlock),
    ("AccountSuspended", ErrorType::PolicyBlock),
    ("RepoTakendown", ErrorType::PolicyBlock),
    ("RepoSuspended", ErrorType::PolicyBlock),
    ("BadJwtLexiconMethod", ErrorType::Permission),
    ("InsufficientScope", ErrorType::Permission),
    ("ScopeMissingError", ErrorType::Permission),
    ("Forbidden", ErrorType::Permission),
    ("unconfirmed_email", ErrorType::Permission), // the video service wants a confirmed address
    ("RateLimitExceeded", ErrorType::RateLimit),
    ("TooManyRequests", ErrorType::RateLimit),
    ("InvalidRequest", ErrorType::BadRequest),
    ("InvalidRecord", ErrorType::BadRequest),
    ("InvalidSwap", ErrorType::BadRequest),
    ("InvalidMimeType", ErrorType::BadRequest),
    ("BlobTooLarge", ErrorType::BadRequest),
    ("PayloadTooLarge", ErrorType::BadRequest),
    ("BlobNotFound", ErrorType::BadRequest), // thrown away before the post named it
    ("NotFound", ErrorType::NotFound),
    ("RecordNotFound", ErrorType::NotFound),
    ("RepoNotFound", ErrorType::NotFound),
    ("ActorNotFound", ErrorType::NotFound),
    ("HandleNotFound", ErrorType::NotFound),
    ("UpstreamFailure", ErrorType::Transient),
    ("UpstreamTimeout", ErrorType::Transient),
    ("InternalServerError", ErrorType::Transient),
    ("NotEnoughResources", ErrorType::Transient),
    ("ServiceUnavailable", ErrorType::Transient),
    ("MethodNotImplemented", ErrorType::BadRequest),
];

/// Names that speak of a medium.
const ABOUT_MEDIA: [&str; 4] = ["InvalidMimeType", "BlobTooLarge", "PayloadTooLarge", "BlobNotFound"];

/// The record is not there.
pub(super) const RECORD_NOT_FOUND: &str = "RecordNotFound";

/// The answer, if it is a success with JSON in it or nothing at all; else the error.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let code = body.as_ref().and_then(|b| b.get("error")).and_then(Value::as_str);
    match (&body, code) {
        _ if answer.is_success() && answer.body.is_empty() => Ok(answer),
        (Some(_), _) if answer.is_success() => Ok(answer),
        (Some(body), Some(code)) => Err(structured(&answer, code, body)),
        _ => {
            let mut error = answer.unstructured();
            if error.kind == ErrorType::RateLimit {
                error.retry_after = error.retry_after.or_else(|| wait(&answer));
            }
            Err(error)
        }
    }
}

fn structured(answer: &Answer, code: &str, body: &Value) -> CallError {
    let by_code = TABLE.iter().find(|(name, _)| *name == code).map(|(_, kind)| *kind);
    let kind = by_code.unwrap_or_else(|| ErrorType::of_status(answer.status));
    // A server that does not know the method has not done it.
    let delivery = if answer.status == 501 { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let message = match (code, body.get("message").and_then(Value::as_str)) {
        ("AuthFactorTokenRequired", _) => {
            "this is the account's own password, and it wants a code by e-mail; make an app password under Settings, Privacy and security"
        }
        (_, Some(message)) if !message.is_empty() => message,
        _ => code,
    };
    let mut error = answer.error(kind, delivery, message);
    error.code = Some(answer.redactor.clean(code));
    error.trace_id = answer.header("atproto-request-id").or_else(|| answer.header("x-request-id")).map(Into::into);
    if kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| wait(answer));
    }
    if ABOUT_MEDIA.contains(&code) { error.about_media() } else { error }
}

/// Time until the quota is back; the header tells the moment in seconds since 1970.
fn wait(answer: &Answer) -> Option<Duration> {
    let at = answer.header("ratelimit-reset")?.parse().ok().map(Timestamp::from_secs)?;
    Some(at.since(answer.received_at))
}

/// What the quota headers say.
pub(super) fn usage(answer: &Answer) -> Option<Usage> {
    let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
    let limit = number("ratelimit-limit").filter(|l| *l > 0)?;
    let used = limit.saturating_sub(number("ratelimit-remaining")?);
    let percent = u32::try_from(used.saturating_mul(100).div_ceil(limit)).unwrap_or(u32::MAX);
    Some(Usage { percent, regain: wait(answer), seen_at: answer.received_at })
}
