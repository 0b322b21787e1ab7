//! Error answers of a Mastodon server.

use serde_json::json;

use crate::call::Reply;
use crate::world::TokenEnd;

/// An error with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub status: u16,
    pub error: String,
    pub description: Option<&'static str>,
}

impl ApiError {
    pub fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), description: None }
    }

    pub fn not_found() -> Self {
        Self::new(404, "Record not found")
    }

    pub fn needs_user() -> Self {
        Self::new(401, "This method requires an authenticated user")
    }

    pub fn bad_token() -> Self {
        Self::new(401, "The access token is invalid")
    }

    pub fn ended_token(end: TokenEnd) -> Self {
        match end {
            TokenEnd::Expired => Self::new(401, "The access token expired"),
            _ => Self::new(401, "The access token was revoked"),
        }
    }

    pub fn scope() -> Self {
        Self::new(403, "This action is outside the authorized scopes")
    }

    pub fn validation(what: &str) -> Self {
        Self::new(422, format!("Validation failed: {what}"))
    }

    pub fn too_many() -> Self {
        Self::new(429, "Too many requests")
    }

    /// Errors of the OAuth standard.
    pub fn oauth(status: u16, code: &str, description: &'static str) -> Self {
        Self { status, error: code.to_owned(), description: Some(description) }
    }

    pub fn invalid_client() -> Self {
        Self::oauth(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or unsupported \
             authentication method.",
        )
    }

    pub fn invalid_grant() -> Self {
        Self::oauth(
            400,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in \
             the authorization request, or was issued to another client.",
        )
    }

    pub fn reply(&self) -> Reply {
        let mut body = json!({ "error": self.error });
        if let Some(description) = self.description {
            body["error_description"] = json!(description);
        }
        Reply::json(self.status, body)
    }
}
