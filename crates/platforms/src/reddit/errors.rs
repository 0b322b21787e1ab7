//! Reddit's error table and quota headers. A refusal often comes as a success with `json.errors`.

use std::time::Duration;

use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

/// By the first word of an entry of `json.errors`, or by `reason`. First match; a word that ends in `_`
/// stands for all that begin so. Checked 2026-10.
const TABLE: [(&str, ErrorType); 44] = [
    ("RATELIMIT", ErrorType::RateLimit),
    ("QUOTA_FILLED", ErrorType::RateLimit),
    ("SUBREDDIT_NOEXIST", ErrorType::NotFound),
    ("SUBREDDIT_NOTALLOWED", ErrorType::Permission),
    ("SUBREDDIT_REQUIRED", ErrorType::BadRequest),
    ("SUBREDDIT_DISABLED_FOR_", ErrorType::Permission),
    ("DELETED_COMMENT", ErrorType::NotFound),
    ("DELETED_LINK", ErrorType::NotFound),
    ("PARENT_NOT_FOUND", ErrorType::NotFound),
    ("THREAD_LOCKED", ErrorType::NotFound),
    ("TOO_OLD", ErrorType::NotFound),
    ("NO_THING_ID", ErrorType::NotFound),
    ("USER_REQUIRED", ErrorType::TokenExpired),
    ("USER_BLOCKED", ErrorType::Permission),
    ("USER_DOESNT_EXIST", ErrorType::NotFound),
    ("USER_MUTED", ErrorType::Permission),
    ("BANNED_FROM_SUBREDDIT", ErrorType::Permission),
    ("NOT_AUTHOR", ErrorType::Permission),
    ("VERIFIED_USER_REQUIRED", ErrorType::Permission),
    ("SOMETHING_IS_BROKEN", ErrorType::Permission),
    ("DOMAIN_BANNED", ErrorType::PolicyBlock),
    ("ALREADY_SUB", ErrorType::BadRequest),
    ("NO_SELFS", ErrorType::BadRequest),
    ("NO_LINKS", ErrorType::BadRequest),
    ("NO_IMAGES", ErrorType::BadRequest),
    ("NO_VIDEOS", ErrorType::BadRequest),
    ("NO_GALLERIES", ErrorType::BadRequest),
    ("NO_TEXT", ErrorType::BadRequest),
    ("NO_URL", ErrorType::BadRequest),
    ("TOO_LONG", ErrorType::BadRequest),
    ("TOO_SHORT", ErrorType::BadRequest),
    ("BAD_URL", ErrorType::BadRequest),
    ("BAD_FLAIR_TEMPLATE_ID", ErrorType::BadRequest),
    ("SUBMIT_VALIDATION_", ErrorType::BadRequest),
    ("INVALID_OPTION", ErrorType::BadRequest),
    ("IMAGE_ERROR", ErrorType::BadRequest),
    ("BAD_IMAGE", ErrorType::BadRequest),
    ("MISSING_VIDEO_URLS", ErrorType::BadRequest),
    ("VIDEO_ERROR", ErrorType::BadRequest),
    // Reasons of a 403 or 404.
    ("private", ErrorType::Permission),
    ("banned", ErrorType::NotFound),
    ("quarantined", ErrorType::Permission),
    ("gold_only", ErrorType::Permission),
    // OAuth.
    ("invalid_grant", ErrorType::TokenExpired),
];

/// An equal link was submitted.
const DUPLICATE: &str = "ALREADY_SUB";

/// Codes that speak of a medium.
const ABOUT_MEDIA: [&str; 4] = ["IMAGE_ERROR", "BAD_IMAGE", "MISSING_VIDEO_URLS", "VIDEO_ERROR"];

fn by_table(code: &str) -> Option<ErrorType> {
    let fits = |name: &str| name == code || (name.ends_with('_') && code.starts_with(name));
    TABLE.iter().find(|(name, _)| fits(name)).map(|(_, kind)| *kind)
}

/// The body, if it is JSON and no error; else the error.
pub(super) fn judge(answer: &Answer) -> Result<Value, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let refusal = body.as_ref().and_then(|b| b.pointer("/json/errors/0")).and_then(Value::as_array);
    if let (Some(refusal), Some(body)) = (refusal, &body) {
        return Err(refused(answer, refusal, body));
    }
    match body {
        Some(body) if answer.is_success() && body.get("error").is_none() => Ok(body),
        Some(body) => Err(failed(answer, &body)),
        None => {
            let mut error = answer.unstructured();
            error.retry_after = error.retry_after.or_else(|| wait(answer).filter(|_| answer.status == 429));
            Err(error)
        }
    }
}

/// `["RATELIMIT", "Take a break for 9 minutes before trying again.", "ratelimit"]`: certainly not carried out.
fn refused(answer: &Answer, refusal: &[Value], body: &Value) -> CallError {
    let text = |at: usize| refusal.get(at).and_then(Value::as_str).unwrap_or_default();
    let (code, message, field) = (text(0), text(1), text(2));
    let kind = by_table(code).unwrap_or(ErrorType::BadRequest);
    let said = if message.is_empty() { code } else { message };
    let words = if field.is_empty() { said.to_owned() } else { format!("{said} ({field})") };
    let mut error = answer.error(kind, Delivery::Refused, &words);
    error.code = Some(code.to_owned());
    if kind == ErrorType::RateLimit {
        // In seconds; the text says the same in minutes, for people.
        let seconds = body.pointer("/json/ratelimit").and_then(Value::as_f64).filter(|s| s.is_finite() && *s > 0.0);
        let told = seconds.and_then(|s| Duration::try_from_secs_f64(s.ceil()).ok());
        error.retry_after = told.or(error.retry_after).or_else(|| wait(answer));
    }
    error.duplicate = code == DUPLICATE;
    if ABOUT_MEDIA.contains(&code) { error.about_media() } else { error }
}

/// `{"message": "Forbidden", "error": 403, "reason": "private"}`, or a word of the OAuth standard.
fn failed(answer: &Answer, body: &Value) -> CallError {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let code = text("reason").or_else(|| text("error"));
    // Some errors come with status 200 and the real one inside.
    let inner = body.get("error").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
    let status = inner.filter(|n| *n >= 400 && answer.is_success()).unwrap_or(answer.status);
    let kind = code.and_then(by_table).unwrap_or_else(|| ErrorType::of_status(status));
    let delivery = if answer.is_success() && code.is_some() { Delivery::Refused } else { Delivery::of_status(status) };
    let message = text("message").or_else(|| text("explanation")).or(code).unwrap_or("the network gave no reason");
    let mut error = answer.error(kind, delivery, message);
    error.code = code.map(ToOwned::to_owned);
    if kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| wait(answer));
    }
    error
}

fn number(answer: &Answer, name: &str) -> Option<f64> {
    answer.header(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0)
}

/// Seconds until the quota is back.
fn wait(answer: &Answer) -> Option<Duration> {
    Duration::try_from_secs_f64(number(answer, "x-ratelimit-reset")?).ok()
}

/// What the quota headers say; the numbers have decimals at times.
pub(super) fn usage(answer: &Answer) -> Option<Usage> {
    let used = number(answer, "x-ratelimit-used")?;
    let all = used + number(answer, "x-ratelimit-remaining")?;
    if all <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let percent = (used * 100.0 / all).ceil().clamp(0.0, 100.0) as u32;
    Some(Usage { percent, regain: wait(answer), seen_at: answer.received_at })
}
