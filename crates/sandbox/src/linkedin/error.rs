//! Errors as LinkedIn tells them.

use serde_json::{Value, json};

use crate::call::Reply;
use crate::world::TokenEnd;

/// An error with its status.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LiError {
    status: u16,
    body: Value,
}

impl LiError {
    fn new(status: u16, number: Option<i64>, code: &str, message: &str) -> Self {
        let mut body = json!({ "status": status, "code": code, "message": message });
        if let Some(number) = number {
            body["serviceErrorCode"] = json!(number);
        }
        Self { status, body }
    }

    pub fn no_token() -> Self {
        Self::new(401, Some(65_604), "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")
    }

    pub fn bad_token() -> Self {
        Self::new(401, Some(65_600), "INVALID_ACCESS_TOKEN", "Invalid access token")
    }

    pub fn ended_token(end: TokenEnd) -> Self {
        match end {
            TokenEnd::Expired => {
                Self::new(401, Some(65_602), "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
            }
            _ => Self::new(
                401,
                Some(65_601),
                "REVOKED_ACCESS_TOKEN",
                "The token used in the request has been revoked by the user",
            ),
        }
    }

    pub fn denied() -> Self {
        Self::new(403, Some(100), "ACCESS_DENIED", "Not enough permissions to access: this resource")
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(404, None, "RESOURCE_NOT_FOUND", &format!("No virtual resource or entity found: {what}"))
    }

    pub fn too_many() -> Self {
        let message = "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.";
        Self::new(429, Some(101), "TOO_MANY_REQUESTS", message)
    }

    pub fn trouble() -> Self {
        Self { status: 500, body: json!({ "status": 500, "message": "Internal Server Error" }) }
    }

    pub fn version_missing() -> Self {
        let message = "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
        Self::new(400, None, "VERSION_MISSING", message)
    }

    pub fn nonexistent_version(version: &str) -> Self {
        Self::new(426, None, "NONEXISTENT_VERSION", &format!("Requested version {version} is not active"))
    }

    pub fn illegal(message: &str) -> Self {
        Self::new(400, None, "ILLEGAL_ARGUMENT", message)
    }

    /// A field of the input is wrong.
    pub fn input(field: &str, code: &str, description: &str) -> Self {
        let message = format!("ERROR :: {field} :: {description}");
        Self::with_details(400, &message, code, description)
    }

    /// An equal post stands already.
    pub fn duplicate(urn: &str) -> Self {
        let message = format!(
            "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {urn}"
        );
        Self::with_details(422, &message, "DUPLICATE_POST", "Duplicate post is detected")
    }

    fn with_details(status: u16, message: &str, code: &str, description: &str) -> Self {
        let body = json!({
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": message,
            "errorDetails": { "inputErrors": [{ "description": description, "input": {}, "code": code }] },
            "status": status,
        });
        Self { status, body }
    }

    pub fn reply(self) -> Reply {
        Reply::json(self.status, self.body)
    }
}
