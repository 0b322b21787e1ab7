//! LinkedIn's error table, as data, and the reading of its answers.

use std::time::Duration;

use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;

/// By the code; first match from the top. Checked 2026-10 against the documentation and recorded answers.
const BY_CODE: [(&str, ErrorType); 18] = [
    ("DUPLICATE_POST", ErrorType::BadRequest),
    ("EMPTY_ACCESS_TOKEN", ErrorType::TokenExpired),
    ("INVALID_ACCESS_TOKEN", ErrorType::TokenExpired),
    ("EXPIRED_ACCESS_TOKEN", ErrorType::TokenExpired),
    ("REVOKED_ACCESS_TOKEN", ErrorType::TokenExpired),
    ("UNAUTHORIZED", ErrorType::TokenExpired),
    ("ACCESS_DENIED", ErrorType::Permission),
    ("UNPERMITTED_FIELDS_IN_INPUT", ErrorType::Permission),
    ("RESOURCE_NOT_FOUND", ErrorType::NotFound), // a restricted resource is not found either
    ("NOT_FOUND", ErrorType::NotFound),
    ("TOO_MANY_REQUESTS", ErrorType::RateLimit),
    ("QUOTA_EXCEEDED", ErrorType::RateLimit),
    ("NONEXISTENT_VERSION", ErrorType::BadRequest), // the version's year is over
    ("VERSION_MISSING", ErrorType::BadRequest),
    ("ILLEGAL_ARGUMENT", ErrorType::BadRequest),
    ("FIELD_LENGTH_TOO_LONG", ErrorType::BadRequest),
    ("MISSING_REQUIRED_FIELD_VALUES", ErrorType::BadRequest),
    ("INVALID_VALUE_FOR_FIELD", ErrorType::BadRequest),
];

/// By the number, where the code is missing or says only the status.
const BY_NUMBER: [(i64, ErrorType); 6] = [
    (100, ErrorType::Permission),
    (101, ErrorType::RateLimit),
    (65_600, ErrorType::TokenExpired),
    (65_601, ErrorType::TokenExpired),
    (65_602, ErrorType::TokenExpired),
    (65_604, ErrorType::TokenExpired),
];

/// Codes of the OAuth standard, which come with statuses that say something else.
const BY_OAUTH_CODE: [(&str, ErrorType); 8] = [
    ("invalid_grant", ErrorType::TokenExpired),
    ("invalid_token", ErrorType::TokenExpired),
    ("invalid_refresh_token", ErrorType::TokenExpired),
    ("invalid_client", ErrorType::BadRequest),
    ("invalid_request", ErrorType::BadRequest),
    ("invalid_redirect_uri", ErrorType::BadRequest),
    ("unauthorized_scope_error", ErrorType::Permission),
    ("access_denied", ErrorType::Permission),
];

const DUPLICATE: &str = "DUPLICATE_POST";

/// Codes after which somebody has to set another version.
const VERSION_CODES: [&str; 2] = ["NONEXISTENT_VERSION", "VERSION_MISSING"];

/// A day, after which quotas are full again, at midnight UTC.
const DAY_SECS: i64 = 24 * 3600;

/// The answer, if it is a success; else the error. Creates, deletes and actions answer without a body:
/// who needs one looks for what should stand in it.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    if answer.is_success() {
        let is_empty = answer.body.trim_ascii().is_empty();
        return if body.is_some() || is_empty { Ok(answer) } else { Err(plain(&answer)) };
    }
    match body.as_ref().filter(|b| b.get("message").is_some() || b.get("error").is_some() || b.get("code").is_some()) {
        Some(body) => Err(structured(&answer, body)),
        None => Err(plain(&answer)),
    }
}

/// The answer of an upload: files go to a host that speaks plain HTTP.
pub(super) fn judge_upload(answer: Answer) -> Result<Answer, CallError> {
    if answer.is_success() { Ok(answer) } else { Err(plain(&answer)) }
}

fn structured(answer: &Answer, body: &Value) -> CallError {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let number = body.get("serviceErrorCode").and_then(Value::as_i64);
    // The input's code is finer than the answer's.
    let codes = [text("/errorDetails/inputErrors/0/code"), text("/code")];
    let by_code = codes.into_iter().flatten().find_map(|c| BY_CODE.iter().find(|(known, _)| *known == c));
    let by_oauth = text("/error").and_then(|c| BY_OAUTH_CODE.iter().find(|(known, _)| *known == c));
    let by_number = number.and_then(|n| BY_NUMBER.iter().find(|(known, _)| *known == n));
    let kind = by_code
        .or(by_oauth)
        .map(|(_, kind)| *kind)
        .or_else(|| by_number.map(|(_, kind)| *kind))
        .unwrap_or_else(|| ErrorType::of_status(answer.status));
    let code = by_code.or(by_oauth).map(|(code, _)| *code).or_else(|| text("/code")).or_else(|| text("/error"));
    let detail = text("/errorDetails/inputErrors/0/description").or_else(|| text("/error_description"));
    let said = text("/message").or_else(|| text("/error")).unwrap_or_default();
    let mut message = detail.map_or_else(|| said.to_owned(), |more| format!("{said} ({more})"));
    if code.is_some_and(|c| VERSION_CODES.contains(&c)) {
        message.push_str("; this version of LinkedIn's API has ended: update Rookery");
    }
    let mut error = answer.error(kind, Delivery::of_status(answer.status), &message);
    error.code = code.map(ToOwned::to_owned).or_else(|| number.map(|n| n.to_string()));
    error.subcode = number.map(|n| n.to_string());
    if code == Some(DUPLICATE) {
        error.duplicate = true;
        // The post that stands already.
        error.subcode = urn_in(said).map(ToOwned::to_owned);
    }
    finish(answer, error)
}

/// The first URN of a post in a sentence.
fn urn_in(sentence: &str) -> Option<&str> {
    let urn = &sentence[sentence.find("urn:li:")?..];
    let end = urn.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_'))).unwrap_or(urn.len());
    Some(urn[..end].trim_end_matches(':'))
}

fn plain(answer: &Answer) -> CallError {
    finish(answer, answer.unstructured())
}

fn finish(answer: &Answer, mut error: CallError) -> CallError {
    error.trace_id = answer.header("x-li-uuid").map(ToOwned::to_owned);
    if error.kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| Some(until_midnight(answer)));
    }
    error
}

/// Quotas count calendar days in UTC.
fn until_midnight(answer: &Answer) -> Duration {
    let passed = answer.received_at.as_secs().rem_euclid(DAY_SECS);
    Duration::from_secs(u64::try_from(DAY_SECS - passed).unwrap_or_default())
}
