//! X's error table, as data, and the reading of its answers.
//!
//! A problem's type ends in a word that names it. Refusals of a post have the type `about:blank`
//! and nothing but a fixed sentence that tells them apart: those sentences are part of the table.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

/// By the last word of the problem's type. Checked 2026-10 against the documentation.
const BY_TYPE: [(&str, ErrorType); 13] = [
    ("invalid-request", ErrorType::BadRequest),
    ("resource-not-found", ErrorType::NotFound),
    ("resource-unavailable", ErrorType::Transient),
    ("not-authorized-for-resource", ErrorType::Permission),
    ("not-authorized-for-field", ErrorType::Permission),
    ("client-forbidden", ErrorType::Permission),
    ("unsupported-authentication", ErrorType::Permission),
    ("disallowed-resource", ErrorType::PolicyBlock),
    ("conflict", ErrorType::BadRequest),
    ("duplicate-rules", ErrorType::BadRequest),
    ("usage-capped", ErrorType::RateLimit), // the month's cap: back when it resets or is raised
    ("credits", ErrorType::RateLimit),      // the credits are used up: back when they are bought
    ("rate-limit-exceeded", ErrorType::RateLimit),
];

/// What a sentence or an old code says beside its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Duplicate,
    Media,
}

/// Beginnings of the sentences that refuse a post.
const BY_SENTENCE: [(&str, ErrorType, Mark); 12] = [
    ("You are not allowed to create a Tweet with duplicate content", ErrorType::BadRequest, Mark::Duplicate),
    ("You are not allowed to create a Post with duplicate content", ErrorType::BadRequest, Mark::Duplicate),
    ("Your media IDs are invalid", ErrorType::BadRequest, Mark::Media),
    ("You attempted to reply to a Tweet that is deleted", ErrorType::NotFound, Mark::None),
    ("You attempted to reply to a Post that is deleted", ErrorType::NotFound, Mark::None),
    ("Your Tweet text is too long", ErrorType::BadRequest, Mark::None),
    ("Your Post text is too long", ErrorType::BadRequest, Mark::None),
    ("Reply to this conversation is not allowed", ErrorType::BadRequest, Mark::None),
    ("Your account is suspended", ErrorType::PolicyBlock, Mark::None),
    ("Your account is temporarily locked", ErrorType::PolicyBlock, Mark::None),
    ("This request looks like it might be automated", ErrorType::PolicyBlock, Mark::None),
    ("Value passed for the token was invalid", ErrorType::TokenExpired, Mark::None),
];

/// Codes of the first API, which some paths still answer.
const BY_CODE: [(i64, ErrorType, Mark); 16] = [
    (32, ErrorType::TokenExpired, Mark::None),
    (64, ErrorType::PolicyBlock, Mark::None), // suspended
    (88, ErrorType::RateLimit, Mark::None),
    (89, ErrorType::TokenExpired, Mark::None),
    (130, ErrorType::Transient, Mark::None), // over capacity
    (131, ErrorType::Transient, Mark::None),
    (144, ErrorType::NotFound, Mark::None),
    (179, ErrorType::Permission, Mark::None),
    (185, ErrorType::RateLimit, Mark::None),  // posts of a day
    (186, ErrorType::BadRequest, Mark::None), // too long
    (187, ErrorType::BadRequest, Mark::Duplicate),
    (226, ErrorType::PolicyBlock, Mark::None), // looks automated
    (324, ErrorType::BadRequest, Mark::Media),
    (326, ErrorType::PolicyBlock, Mark::None), // locked
    (385, ErrorType::NotFound, Mark::None),    // what is answered is gone
    (433, ErrorType::BadRequest, Mark::None),  // the author limits who may answer
];

/// The answer, if it is a success with data in it; else the error. Partial errors beside data are
/// the caller's business.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let Some(body) = body else {
        return if answer.is_success() && answer.body.is_empty() { Ok(answer) } else { Err(plain(&answer)) };
    };
    let has_data = body.get("data").is_some() || body.get("meta").is_some();
    match problem(&body) {
        Some(problem) if !answer.is_success() || !has_data => Err(structured(&answer, problem)),
        _ if answer.is_success() => Ok(answer),
        _ => Err(plain(&answer)),
    }
}

/// The answer of a token call, whose errors follow the OAuth standard.
pub(super) fn judge_token(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html()).unwrap_or_default();
    let Some(code) = body.get("error").and_then(Value::as_str) else { return judge(answer) };
    let description = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let kind = match code {
        "invalid_grant" => ErrorType::TokenExpired,
        "unauthorized_client" | "invalid_client" | "unsupported_grant_type" => ErrorType::BadRequest,
        "invalid_scope" | "access_denied" => ErrorType::Permission,
        "temporarily_unavailable" | "server_error" => ErrorType::Transient,
        // X says `invalid_request` of a used refresh token too.
        _ => by_sentence(description).map_or_else(|| ErrorType::of_status(answer.status), |(kind, _)| kind),
    };
    let mut error = answer.error(kind, Delivery::of_status(answer.status), &format!("{code}: {description}"));
    error.code = Some(code.to_owned());
    error.trace_id = trace(&answer);
    Err(error)
}

/// The object that tells what is wrong: the answer itself, or the first of its `errors`.
fn problem(body: &Value) -> Option<&Value> {
    if body.get("title").is_some() || body.get("detail").is_some() {
        return Some(body);
    }
    body.pointer("/errors/0")
}

/// The error of one item among others that were answered.
pub(super) fn of_item(answer: &Answer, problem: &Value) -> CallError {
    let mut error = structured(answer, problem);
    error.delivery = Delivery::Refused;
    error
}

fn structured(answer: &Answer, problem: &Value) -> CallError {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = text("type").rsplit('/').next().unwrap_or_default();
    let sentence = [text("detail"), text("message"), text("title")].into_iter().find(|t| !t.is_empty()).unwrap_or("");
    let number = problem.get("code").and_then(Value::as_i64);
    let by_code =
        number.and_then(|n| BY_CODE.iter().find(|(code, ..)| *code == n)).map(|(_, kind, mark)| (*kind, *mark));
    let by_type = BY_TYPE.iter().find(|(known, _)| *known == name).map(|(_, kind)| (*kind, Mark::None));
    let (kind, mark) = by_sentence(sentence).or(by_code).or(by_type).unwrap_or_else(|| {
        let status = problem.get("status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok());
        (ErrorType::of_status(status.filter(|_| answer.is_success()).unwrap_or(answer.status)), Mark::None)
    });
    // A success that carries nothing but an error was refused; otherwise the status tells.
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    // `errors` of an invalid request say which parameter it was.
    let detail = problem.pointer("/errors/0/message").and_then(Value::as_str);
    let message = detail.map_or_else(|| sentence.to_owned(), |more| format!("{sentence} ({more})"));
    let mut error = answer.error(kind, delivery, &message);
    error.code = match (name, number) {
        ("" | "about:blank", number) => number.map(|n| n.to_string()),
        (name, _) => Some(name.to_owned()),
    };
    error.duplicate = mark == Mark::Duplicate;
    error.media = mark == Mark::Media || detail.is_some_and(|d| d.contains("media_ids") || d.contains("media IDs"));
    error.trace_id = trace(answer);
    if kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| fullest(answer).and_then(|q| q.wait(answer)));
    }
    error
}

fn by_sentence(sentence: &str) -> Option<(ErrorType, Mark)> {
    BY_SENTENCE.iter().find(|(start, ..)| sentence.starts_with(start)).map(|(_, kind, mark)| (*kind, *mark))
}

fn plain(answer: &Answer) -> CallError {
    let mut error = answer.unstructured();
    error.trace_id = trace(answer);
    if error.kind == ErrorType::RateLimit {
        error.retry_after = error.retry_after.or_else(|| fullest(answer).and_then(|q| q.wait(answer)));
    }
    error
}

fn trace(answer: &Answer) -> Option<String> {
    answer.header("x-transaction-id").map(ToOwned::to_owned)
}

/// A quota as three headers tell it.
#[derive(Debug, Clone, Copy)]
struct Quota {
    percent: u32,
    resets_at: Option<Timestamp>,
}

impl Quota {
    fn wait(&self, answer: &Answer) -> Option<Duration> {
        self.resets_at.map(|at| at.since(answer.received_at))
    }
}

/// The path's quota of 15 minutes and the user's and app's quotas of a day: whichever is used most.
fn fullest(answer: &Answer) -> Option<Quota> {
    let number = |name: String| answer.header(&name).and_then(|v| v.parse::<u64>().ok());
    let quotas = ["x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"].into_iter().filter_map(|name| {
        let limit = number(format!("{name}-limit")).filter(|l| *l > 0)?;
        let used = limit.saturating_sub(number(format!("{name}-remaining"))?);
        let percent = u32::try_from(used.saturating_mul(100).div_ceil(limit)).unwrap_or(u32::MAX);
        let resets_at = answer.header(&format!("{name}-reset")).and_then(|v| v.parse().ok()).map(Timestamp::from_secs);
        Some(Quota { percent, resets_at })
    });
    // The later reset among equally full ones: waiting for the earlier would only fail again.
    quotas.max_by_key(|q| (q.percent, q.resets_at))
}

/// What the quota headers say.
pub(super) fn usage(answer: &Answer) -> Option<Usage> {
    let quota = fullest(answer)?;
    Some(Usage { percent: quota.percent, regain: quota.wait(answer), seen_at: answer.received_at })
}
