//! Google's errors: a status, a reason, a domain.

use serde_json::json;

use crate::call::Reply;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    reason: &'static str,
    message: String,
}

impl Problem {
    pub fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, reason, message: message.into() }
    }

    pub fn token() -> Self {
        Self::new(401, "authError", "Request had invalid authentication credentials.")
    }

    pub fn scope() -> Self {
        Self::new(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
    }

    pub fn quota() -> Self {
        Self::new(403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.")
    }

    pub fn trouble() -> Self {
        Self::new(500, "backendError", "Internal error encountered.")
    }

    pub fn missing(name: &str) -> Self {
        Self::new(400, "missingRequiredParameter", format!("Required parameter: {name}"))
    }

    pub fn video() -> Self {
        Self::new(404, "videoNotFound", "The video that you are trying to use cannot be found.")
    }

    pub fn comment() -> Self {
        Self::new(404, "commentNotFound", "The specified comment could not be found.")
    }

    pub fn path() -> Self {
        Self::new(404, "notFound", "The requested URL was not found on this server.")
    }

    pub fn reply(self) -> Reply {
        let status = match self.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            500.. => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        };
        let domain = if self.reason == "quotaExceeded" { "youtube.quota" } else { "youtube.api" };
        let each = json!({ "message": self.message, "domain": domain, "reason": self.reason });
        let error = json!({ "code": self.status, "message": self.message, "errors": [each], "status": status });
        Reply::json(self.status, json!({ "error": error }))
    }
}
