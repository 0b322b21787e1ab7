//! The Graph API's error answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::{Call, Reply};
use crate::chance::digest;
use crate::world::TokenEnd;

/// An error of the Graph API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphError {
    pub status: u16,
    pub kind: &'static str,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
    pub is_transient: bool,
    pub user: Option<(&'static str, &'static str)>,
}

impl GraphError {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "OAuthException",
            code,
            subcode: None,
            message: message.into(),
            is_transient: false,
            user: None,
        }
    }

    /// A parameter is wrong; the network writes the code before the message.
    pub fn parameter(message: &str) -> Self {
        Self::new(100, format!("(#100) {message}"))
    }

    pub fn subcode(self, subcode: i64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    pub fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub fn transient(self) -> Self {
        Self { is_transient: true, ..self }
    }

    /// The thing does not exist, or not for this token: the network does not say which.
    pub fn unknown_object(id: &str, verb: &str) -> Self {
        Self::new(
            100,
            format!(
                "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation. Please read the Graph API documentation at \
                 https://developers.facebook.com/docs/graph-api"
            ),
        )
        .subcode(33)
        .kind("GraphMethodException")
    }

    pub fn unknown_path(path: &str) -> Self {
        Self::new(2500, format!("Unknown path components: /{path}"))
    }

    pub fn no_token() -> Self {
        Self::new(104, "An access token is required to request this resource.")
    }

    pub fn bad_token() -> Self {
        Self::new(190, "Invalid OAuth access token - Cannot parse access token")
    }

    /// A token that worked once.
    pub fn ended_token(end: TokenEnd, ended_at: Option<Timestamp>, now: Timestamp) -> Self {
        let error =
            |subcode: i64, why: &str| Self::new(190, format!("Error validating access token: {why}")).subcode(subcode);
        match end {
            TokenEnd::Expired => {
                let at = ended_at.unwrap_or(now);
                error(463, &format!("Session has expired on {at}. The current time is {now}."))
            }
            TokenEnd::Revoked => error(458, "The user has not authorized application."),
            TokenEnd::PasswordChanged => error(
                460,
                "The session has been invalidated because the user changed their password or Facebook has changed the \
                 session for security reasons.",
            ),
            TokenEnd::RoleLost => error(
                492,
                "The user must be an administrator, editor, or moderator of the page in order to impersonate it.",
            ),
        }
    }

    pub fn permission(name: &str) -> Self {
        Self::new(200, format!("(#200) Requires {name} permission to manage the object")).status(403)
    }

    /// Less at once would go; the code is that of any trouble.
    pub fn too_much() -> Self {
        Self::new(1, "Please reduce the amount of data you're asking for, then retry your request").status(500)
    }

    /// The network's words for a used-up quota.
    pub fn rate_limit(code: i64) -> Self {
        let message = match code {
            17 => "(#17) User request limit reached",
            32 => "(#32) Page request limit reached",
            341 => "(#341) Feed action request limit reached",
            613 => "(#613) Calls to this api have exceeded the rate limit.",
            80_001 => {
                "(#80001) There have been too many calls to this Page account. Wait a bit and try again. For more info, \
                 please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
            }
            _ => "(#4) Application request limit reached",
        };
        let error = Self::new(code, message);
        // Two of them say "transient" at the real network as well.
        if matches!(code, 4 | 17) { error.status(403) } else { error }
    }

    pub fn body(&self, call: &Call) -> Value {
        let mut error = Map::new();
        error.insert("message".into(), json!(self.message));
        error.insert("type".into(), json!(self.kind));
        error.insert("code".into(), json!(self.code));
        if let Some(subcode) = self.subcode {
            error.insert("error_subcode".into(), json!(subcode));
        }
        error.insert("is_transient".into(), json!(self.is_transient));
        if let Some((title, message)) = self.user {
            error.insert("error_user_title".into(), json!(title));
            error.insert("error_user_msg".into(), json!(message));
        }
        error.insert("fbtrace_id".into(), json!(trace_id(call)));
        json!({ "error": error })
    }

    pub fn reply(&self, call: &Call) -> Reply {
        Reply::json(self.status, self.body(call))
    }
}

/// `A` and 22 characters; the same for the whole call.
pub(crate) fn trace_id(call: &Call) -> String {
    format!("A{}", &URL_SAFE_NO_PAD.encode(digest(call.serial, "trace", &[]))[..22])
}
