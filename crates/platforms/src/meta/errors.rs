//! The Graph API's error table, as data, and the reading of its answers.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;
use crate::types::Usage;

/// What a call was for: one code (100) means different things in different calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Metrics: an unknown parameter is an unknown metric.
    Insights,
    /// Anything else.
    Other,
}

/// A row of the table: codes, subcode, type.
type Row = (RangeInclusive<i64>, Option<i64>, ErrorType);

/// First match from the top. Verified 2026-09 against the documentation and recorded answers.
const TABLE: [Row; 71] = [
    // Publishing subcodes, whatever the code above them.
    (ANY, Some(1_366_046), ErrorType::BadRequest), // photo too big or of a wrong format
    (ANY, Some(1_366_051), ErrorType::BadRequest), // the same photo twice
    (ANY, Some(1_349_125), ErrorType::BadRequest), // wrong file format
    (ANY, Some(2_069_019), ErrorType::BadRequest), // invalid file
    (ANY, Some(2_061_006), ErrorType::BadRequest), // bad address
    (ANY, Some(1_609_008), ErrorType::BadRequest), // links to Facebook itself
    (ANY, Some(1_390_008), ErrorType::RateLimit),  // posting too fast
    (ANY, Some(1_346_003), ErrorType::PolicyBlock), // looks abusive
    (ANY, Some(1_404_102), ErrorType::PolicyBlock), // community standards
    (ANY, Some(1_404_112), ErrorType::PolicyBlock), // account limited
    (ANY, Some(1_404_006), ErrorType::Permission), // security check needed
    (ANY, Some(1_404_078), ErrorType::Permission), // page publishing authorization needed
    (ANY, Some(4_854_002), ErrorType::Permission), // identity confirmation
    (ANY, Some(1_363_042), ErrorType::Permission), // no right to upload a video here
    (ANY, Some(1_363_019), ErrorType::Transient),  // trouble with the upload
    (ANY, Some(1_363_030), ErrorType::Transient),  // the upload took too long
    (ANY, Some(1_363_033), ErrorType::Transient),  // only a part of the file arrived
    (ANY, Some(1_363_047), ErrorType::Transient),
    (ANY, Some(1_609_010), ErrorType::Transient),
    // Media of Instagram and Threads, whatever the code above them.
    (ANY, Some(2_207_003), ErrorType::Transient), // fetching the medium took too long
    (ANY, Some(2_207_008), ErrorType::Transient), // the container is unknown or expired
    (ANY, Some(2_207_020), ErrorType::Transient), // the medium expired
    (ANY, Some(2_207_027), ErrorType::Transient), // the container is not ready
    (ANY, Some(2_207_032), ErrorType::Transient), // could not be created
    (ANY, Some(2_207_053), ErrorType::Transient), // could not be uploaded
    (ANY, Some(2_207_077), ErrorType::Transient),
    (ANY, Some(2_207_082), ErrorType::Transient),
    (ANY, Some(2_207_042), ErrorType::RateLimit),   // posts of 24 hours
    (ANY, Some(2_207_001), ErrorType::PolicyBlock), // looks like spam
    (ANY, Some(2_207_050), ErrorType::PolicyBlock), // the account is restricted
    (ANY, Some(2_207_051), ErrorType::PolicyBlock), // the action is blocked
    (ANY, Some(4_279_013), ErrorType::PolicyBlock), // the same, on Threads
    // Codes.
    (-2..=-1, None, ErrorType::Transient),
    (1..=2, None, ErrorType::Transient),
    (3..=3, None, ErrorType::Permission),
    (4..=4, None, ErrorType::RateLimit),
    (9..=9, None, ErrorType::RateLimit), // posts of 24 hours
    (10..=10, None, ErrorType::Permission),
    (12..=12, None, ErrorType::BadRequest),
    (17..=17, None, ErrorType::RateLimit),
    (24..=24, None, ErrorType::BadRequest),  // the medium is missing
    (25..=25, None, ErrorType::PolicyBlock), // the account is restricted
    (32..=32, None, ErrorType::RateLimit),
    (33..=33, None, ErrorType::Permission), // the account cannot be reached any more
    (100..=100, Some(33), ErrorType::NotFound), // gone, or not visible to this token
    (100..=100, None, ErrorType::BadRequest),
    (102..=102, None, ErrorType::TokenExpired),
    (104..=104, None, ErrorType::BadRequest), // proof missing or wrong
    (190..=190, None, ErrorType::TokenExpired),
    (200..=299, None, ErrorType::Permission),
    (324..=324, None, ErrorType::BadRequest), // the picture is missing or cannot be read
    (341..=341, None, ErrorType::RateLimit),
    (352..=352, None, ErrorType::BadRequest), // video format
    (368..=368, None, ErrorType::PolicyBlock),
    (389..=389, None, ErrorType::BadRequest), // the video's address cannot be fetched
    (490..=490, None, ErrorType::TokenExpired),
    (506..=506, None, ErrorType::BadRequest), // an equal post exists
    (613..=613, None, ErrorType::RateLimit),
    (803..=803, None, ErrorType::NotFound),
    (2500..=2500, None, ErrorType::BadRequest),
    (3001..=3001, None, ErrorType::MetricUnsupported),
    (9_004..=9_004, None, ErrorType::BadRequest), // the medium's address cannot be fetched
    (9_007..=9_007, None, ErrorType::Transient),  // the container is not ready
    (36_000..=36_004, None, ErrorType::BadRequest), // picture, caption
    (80_000..=80_006, None, ErrorType::RateLimit),
    (80_008..=80_009, None, ErrorType::RateLimit),
    (80_014..=80_014, None, ErrorType::RateLimit),
    (1_609_005..=1_609_005, None, ErrorType::BadRequest), // link could not be read
    (2_207_051..=2_207_051, None, ErrorType::PolicyBlock),
    (4_279_013..=4_279_013, None, ErrorType::PolicyBlock),
    (ANY, Some(1_504_028), ErrorType::MetricUnsupported),
];

const ANY: RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// Subcodes that say that a medium could not be used, or that its container is of no use any more.
const MEDIA: [i64; 14] = [
    2_207_003, 2_207_004, 2_207_005, 2_207_008, 2_207_009, 2_207_020, 2_207_023, 2_207_026, 2_207_032, 2_207_052,
    2_207_053, 2_207_057, 2_207_077, 2_207_082,
];

/// Codes that say so without a subcode: format and size of pictures, format and address of videos.
const MEDIA_CODES: [i64; 7] = [324, 352, 389, 9_004, 36_000, 36_001, 36_003];

/// Something went wrong, or it was too much.
const TROUBLE: i64 = 1;

/// An equal post exists.
const DUPLICATE: i64 = 506;

/// What a subcode alone stands for: a failed container tells nothing else.
pub(crate) fn of_subcode(subcode: i64) -> Option<ErrorType> {
    let is_documented = (2_207_000..2_207_100).contains(&subcode);
    let row = TABLE.iter().find(|(_, sub, _)| *sub == Some(subcode)).map(|(_, _, kind)| *kind);
    row.or_else(|| is_documented.then_some(ErrorType::BadRequest))
}

fn by_table(code: i64, subcode: Option<i64>) -> Option<ErrorType> {
    let row = TABLE.iter().find(|(codes, sub, _)| codes.contains(&code) && (sub.is_none() || *sub == subcode));
    row.map(|(_, _, kind)| *kind)
}

/// Why a token ended, for people: these do not come back by renewing.
fn token_advice(subcode: Option<i64>) -> Option<&'static str> {
    Some(match subcode? {
        458 => "the app was removed from the account",
        459 => "Facebook wants the person to pass a checkpoint",
        460 => "the password was changed",
        463 => "the token has expired",
        464 => "the person is not confirmed",
        467 => "the token is invalid",
        492 => "the person no longer has a role on the page",
        _ => return None,
    })
}

/// The body, if it is JSON and no error; else the error.
pub(crate) fn judge(answer: &Answer, asking: Asking, usage: Option<Usage>) -> Result<Value, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let error = body.as_ref().and_then(|b| b.get("error")).filter(|e| e.is_object());
    match (error, body.as_ref()) {
        // A 200 may carry an error, so the body is read before the status.
        (Some(error), _) => Err(structured(answer, error, asking, usage)),
        (None, Some(_)) if answer.is_success() => Ok(body.unwrap_or_default()),
        _ => Err(answer.unstructured()),
    }
}

fn structured(answer: &Answer, error: &Value, asking: Asking, usage: Option<Usage>) -> CallError {
    let number = |name: &str| error.get(name).and_then(Value::as_i64);
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let (code, subcode) = (number("code"), number("error_subcode").filter(|s| *s != 0));
    let is_transient = error.get("is_transient").and_then(Value::as_bool) == Some(true);
    let by_code = code.and_then(|c| by_table(c, subcode));
    let kind = match by_code {
        _ if is_transient => ErrorType::Transient,
        Some(ErrorType::BadRequest) if asking == Asking::Insights && code == Some(100) => ErrorType::MetricUnsupported,
        Some(kind) => kind,
        None if answer.status >= 400 => ErrorType::of_status(answer.status),
        None => ErrorType::Unknown,
    };
    // "Something went wrong" says nothing about how far it got before it did.
    let is_trouble = answer.status >= 500 || matches!(code, Some(1 | 2)) || code.is_none() && answer.is_success();
    let delivery = if is_trouble { Delivery::Unknown } else { Delivery::Refused };
    let message = match (kind, token_advice(subcode)) {
        (ErrorType::TokenExpired, Some(advice)) => format!("{advice}: {}", text("message").unwrap_or_default()),
        _ => text("message").unwrap_or("the network gave no reason").to_owned(),
    };
    let mut result = answer.error(kind, delivery, &message);
    result.code = code.map(|c| c.to_string());
    result.subcode = subcode.map(|s| s.to_string());
    result.trace_id = text("fbtrace_id").map(|t| answer.redactor.clean(t));
    result.duplicate = code == Some(DUPLICATE);
    result.media = subcode.is_some_and(|s| MEDIA.contains(&s)) || code.is_some_and(|c| MEDIA_CODES.contains(&c));
    // "Please reduce the amount of data you're asking for" comes under the code of any trouble, with no other sign.
    result.too_much |= code == Some(TROUBLE) && answer.status >= 500;
    if kind == ErrorType::RateLimit {
        result.retry_after = result.retry_after.or(usage.and_then(|u| u.regain));
    }
    result
}

/// The highest of all percentages in the usage headers, and the wait they name. The header per
/// business lists pages by id; entries of other pages say nothing about this one.
pub(crate) fn usage(answer: &Answer, page: &str) -> Option<Usage> {
    let header = |name: &str| answer.header(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let app = header("x-app-usage");
    let business = header("x-business-use-case-usage");
    let of_page = business.as_ref().and_then(Value::as_object).map(|by_id| {
        let own = by_id.get(page).and_then(Value::as_array);
        own.map_or_else(|| by_id.values().filter_map(Value::as_array).flatten().collect(), |list| list.iter().collect())
    });
    let entries: Vec<&Value> = app.iter().chain(of_page.unwrap_or_else(Vec::new)).collect();
    let percents = entries.iter().flat_map(|e| {
        ["call_count", "total_time", "total_cputime"].into_iter().filter_map(|name| e.get(name).and_then(Value::as_f64))
    });
    let percent = percents.fold(None, |most: Option<f64>, p| Some(most.map_or(p, |m| m.max(p))))?;
    let minutes = entries.iter().filter_map(|e| e.get("estimated_time_to_regain_access")?.as_u64()).max();
    let regain = minutes.filter(|m| *m > 0).map(|m| Duration::from_secs(m.saturating_mul(60)));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    let percent = percent.clamp(0.0, 10_000.0).ceil() as u32;
    Some(Usage { percent, regain, seen_at: answer.received_at })
}
