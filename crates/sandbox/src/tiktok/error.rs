//! TikTok's answers: data and an error that may be "ok".

use serde_json::{Value, json};

use crate::call::{Call, Reply};

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn params(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_params", message)
    }

    pub fn token() -> Self {
        let message = "The access token is invalid or not found in the request.";
        Self::new(401, "access_token_invalid", message)
    }

    pub fn scope() -> Self {
        Self::new(
            401,
            "scope_not_authorized",
            "The user did not authorize the scope required for completing this request.",
        )
    }

    pub fn too_many() -> Self {
        Self::new(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")
    }

    pub fn trouble() -> Self {
        Self::new(500, "internal_error", "Something went wrong. Please try again later.")
    }

    pub fn path() -> Self {
        Self::new(404, "invalid_params", "Unsupported path(Janus)")
    }

    pub fn reply(self, call: &Call) -> Reply {
        Reply::json(self.status, json!({ "data": {}, "error": error(call, self.code, &self.message) }))
    }
}

/// A good answer.
pub(super) fn ok(call: &Call, data: &Value) -> Reply {
    Reply::ok(json!({ "data": data, "error": error(call, "ok", "") }))
}

fn error(call: &Call, code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message, "log_id": log_id(call) })
}

/// TikTok's name for a call: its time and its number.
pub(super) fn log_id(call: &Call) -> String {
    format!("{}{:020X}", call.now.to_jiff().strftime("%Y%m%d%H%M%S"), call.serial)
}
