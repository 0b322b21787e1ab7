//! Error answers of XRPC.

use serde_json::json;

use crate::call::Reply;
use crate::world::TokenEnd;

/// An error with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct XrpcError {
    pub status: u16,
    pub error: &'static str,
    pub message: String,
}

impl XrpcError {
    pub fn new(status: u16, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequest", message)
    }

    pub fn auth_missing() -> Self {
        Self::new(401, "AuthMissing", "Authentication Required")
    }

    pub fn bad_token() -> Self {
        Self::new(400, "InvalidToken", "Token could not be verified")
    }

    pub fn ended_token(end: TokenEnd) -> Self {
        match end {
            TokenEnd::Expired => Self::new(400, "ExpiredToken", "Token has expired"),
            _ => Self::new(400, "ExpiredToken", "Token has been revoked"),
        }
    }

    pub fn no_profile() -> Self {
        Self::invalid("Profile not found")
    }

    pub fn too_many() -> Self {
        Self::new(429, "RateLimitExceeded", "Rate Limit Exceeded")
    }

    pub fn reply(&self) -> Reply {
        Reply::json(self.status, json!({ "error": self.error, "message": self.message }))
    }
}
