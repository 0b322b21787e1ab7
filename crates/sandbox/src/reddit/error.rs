//! Error answers of Reddit: a status with few words, or a success with `json.errors` in it.

use serde_json::json;

use crate::call::Reply;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiError {
    Status(u16, &'static str),
    Form { code: &'static str, message: String, field: &'static str },
}

impl ApiError {
    pub fn unauthorized() -> Self {
        Self::Status(401, "Unauthorized")
    }

    pub fn forbidden() -> Self {
        Self::Status(403, "Forbidden")
    }

    pub fn not_found() -> Self {
        Self::Status(404, "Not Found")
    }

    pub fn too_many() -> Self {
        Self::Status(429, "Too Many Requests")
    }

    pub fn form(code: &'static str, message: impl Into<String>, field: &'static str) -> Self {
        Self::Form { code, message: message.into(), field }
    }

    pub fn reply(&self) -> Reply {
        match self {
            Self::Status(status, message) => Reply::json(*status, json!({ "message": message, "error": status })),
            Self::Form { code, message, field } => Reply::ok(json!({ "json": { "errors": [[code, message, field]] } })),
        }
    }
}
