//! TikTok's error tables, as data, and the reading of its answers.
//!
//! There are two: codes of calls, and reasons for which a post that had been taken failed afterwards.

use std::time::Duration;

use serde_json::Value;

use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Answer;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a code says beside its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Media,
    /// A cap whose window the documentation tells and the answer does not.
    Wait(Duration),
}

/// Codes of calls. Checked 2026-10 against the documentation.
const CODES: [(&str, ErrorType, Mark); 27] = [
    ("access_token_invalid", ErrorType::TokenExpired, Mark::None),
    ("access_token_has_been_revoked", ErrorType::TokenExpired, Mark::None),
    ("scope_not_authorized", ErrorType::Permission, Mark::None),
    ("scope_permission_missed", ErrorType::Permission, Mark::None),
    ("token_not_authorized_for_specified_scope", ErrorType::Permission, Mark::None),
    ("token_not_authorized_for_specified_publish_id", ErrorType::Permission, Mark::None),
    ("app_version_check_failed", ErrorType::Permission, Mark::None),
    ("user_not_authorized", ErrorType::Permission, Mark::None),
    ("rate_limit_exceeded", ErrorType::RateLimit, Mark::Wait(MINUTE)),
    ("spam_risk_too_many_posts", ErrorType::RateLimit, Mark::Wait(DAY)),
    ("spam_risk_too_many_pending_share", ErrorType::RateLimit, Mark::Wait(DAY)),
    ("reached_active_user_cap", ErrorType::RateLimit, Mark::Wait(DAY)),
    ("spam_risk", ErrorType::PolicyBlock, Mark::None),
    ("spam_risk_user_banned_from_posting", ErrorType::PolicyBlock, Mark::None),
    ("spam_risk_text", ErrorType::PolicyBlock, Mark::None),
    ("unaudited_client_can_only_post_to_private_accounts", ErrorType::BadRequest, Mark::None),
    ("url_ownership_unverified", ErrorType::BadRequest, Mark::Media),
    ("privacy_level_option_mismatch", ErrorType::BadRequest, Mark::None),
    ("invalid_params", ErrorType::BadRequest, Mark::None),
    ("invalid_param", ErrorType::BadRequest, Mark::None),
    ("invalid_file_upload", ErrorType::BadRequest, Mark::Media),
    ("file_format_check_failed", ErrorType::BadRequest, Mark::Media),
    ("duration_check_failed", ErrorType::BadRequest, Mark::Media),
    ("invalid_publish_id", ErrorType::NotFound, Mark::None),
    ("video_not_found", ErrorType::NotFound, Mark::None),
    ("internal_error", ErrorType::Transient, Mark::None),
    ("timeout", ErrorType::Transient, Mark::None),
];

/// Reasons for which a taken post failed. Checked 2026-10 against the documentation.
const REASONS: [(&str, ErrorType, Mark, &str); 14] = [
    ("file_format_check_failed", ErrorType::BadRequest, Mark::Media, "TikTok does not take this file format"),
    ("duration_check_failed", ErrorType::BadRequest, Mark::Media, "the video is too long or too short for TikTok"),
    ("frame_rate_check_failed", ErrorType::BadRequest, Mark::Media, "TikTok takes 23 to 60 frames a second"),
    ("picture_size_check_failed", ErrorType::BadRequest, Mark::Media, "TikTok does not take pictures of this size"),
    ("video_pull_failed", ErrorType::Transient, Mark::Media, "TikTok could not fetch the video"),
    ("photo_pull_failed", ErrorType::Transient, Mark::Media, "TikTok could not fetch a picture"),
    ("internal", ErrorType::Transient, Mark::None, "something went wrong at TikTok"),
    ("publish_cancelled", ErrorType::BadRequest, Mark::None, "the post was cancelled at TikTok"),
    ("auth_removed", ErrorType::TokenExpired, Mark::None, "the account took its consent back; connect it again"),
    ("spam_risk_too_many_posts", ErrorType::RateLimit, Mark::Wait(DAY), "the account has posted too much for a day"),
    (
        "spam_risk_user_banned_from_posting",
        ErrorType::PolicyBlock,
        Mark::None,
        "TikTok has banned the account from posting",
    ),
    ("spam_risk_text", ErrorType::PolicyBlock, Mark::None, "TikTok takes the text for spam"),
    ("spam_risk", ErrorType::PolicyBlock, Mark::None, "TikTok takes the post for spam"),
    ("publish_permission_denied", ErrorType::Permission, Mark::None, "the account may not publish"),
];

/// The answer, if its code is `ok`; else the error.
pub(super) fn judge(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html());
    let code = body.as_ref().and_then(|b| b.pointer("/error/code")).and_then(Value::as_str);
    match code {
        Some("ok") if answer.is_success() => Ok(answer),
        Some(code) if code != "ok" => {
            let text = |name: &str| body.as_ref().and_then(|b| b.pointer(name)).and_then(Value::as_str);
            Err(structured(&answer, code, text("/error/message").unwrap_or_default(), text("/error/log_id")))
        }
        _ => Err(answer.unstructured()),
    }
}

/// The answer of a token call: its errors follow the OAuth standard, with any status.
pub(super) fn judge_token(answer: Answer) -> Result<Answer, CallError> {
    let body = answer.json().filter(|_| !answer.is_html()).unwrap_or_default();
    let Some(code) = body.get("error").and_then(Value::as_str) else {
        let has_no_error = body.get("error").is_none() && (answer.body.is_empty() || body.is_object());
        return if answer.is_success() && has_no_error { Ok(answer) } else { judge(answer) };
    };
    let description = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let kind = match code {
        "invalid_grant" | "access_token_invalid" => ErrorType::TokenExpired,
        "access_denied" | "invalid_scope" | "unauthorized_client" => ErrorType::Permission,
        "server_error" | "temporarily_unavailable" => ErrorType::Transient,
        "rate_limit_exceeded" => ErrorType::RateLimit,
        _ => ErrorType::BadRequest,
    };
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let mut error = answer.error(kind, delivery, &format!("{code}: {description}"));
    error.code = Some(code.to_owned());
    error.trace_id = body.get("log_id").and_then(Value::as_str).map(ToOwned::to_owned);
    Err(error)
}

fn structured(answer: &Answer, code: &str, message: &str, log_id: Option<&str>) -> CallError {
    let row = CODES.iter().find(|(known, ..)| *known == code);
    let (kind, mark) =
        row.map_or_else(|| (ErrorType::of_status(answer.status), Mark::None), |(_, kind, mark)| (*kind, *mark));
    // A success with a code other than `ok` was refused; otherwise the status tells.
    let delivery = if answer.is_success() { Delivery::Refused } else { Delivery::of_status(answer.status) };
    let message = if message.is_empty() { code } else { message };
    let mut error = answer.error(kind, delivery, message);
    error.code = Some(code.to_owned());
    error.trace_id = log_id.map(ToOwned::to_owned);
    error.media = mark == Mark::Media;
    if let Mark::Wait(window) = mark {
        error.retry_after = error.retry_after.or(Some(window));
    }
    error
}

/// Why a post that had been taken failed.
pub(super) fn of_reason(reason: &str, log_id: Option<&str>) -> CallError {
    let row = REASONS.iter().find(|(known, ..)| *known == reason);
    let mut error = match row {
        Some((_, kind, _, message)) => CallError::new(*kind, Delivery::Refused, *message),
        None => {
            CallError::new(ErrorType::BadRequest, Delivery::Refused, format!("TikTok did not publish it: {reason}"))
        }
    };
    error.code = Some(reason.to_owned());
    error.trace_id = log_id.map(ToOwned::to_owned);
    match row.map(|(_, _, mark, _)| *mark) {
        Some(Mark::Media) => error.media = true,
        Some(Mark::Wait(window)) => error.retry_after = Some(window),
        Some(Mark::None) | None => {}
    }
    error
}
