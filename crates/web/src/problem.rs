//! Errors as RFC 9457 problem documents. One `match` without `_` per domain error, so that a new
//! variant has to be decided here.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rookery_accounts::AccountsError;
use serde::Serialize;
use utoipa::ToSchema;

/// One fault of one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The field's path in the body.
    pub field: String,
    /// A stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// A problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Names the kind of problem: `urn:rookery:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in words, and what to do.
    pub detail: String,
    /// Faults of fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:rookery:problem:{code}"),
            code,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// 404: not there, or not in this organization; the answer is the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", format!("There is no such {what} in this organization."))
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Sign in first",
            "Send an API key as `Authorization: Bearer rk_…`, or sign in.",
        )
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// 400: the request could not be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "The request cannot be read", detail)
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "Not possible in this state", detail)
    }

    /// 422 with the faults.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join(" ");
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Something has to be corrected", detail);
        problem.errors = errors;
        problem
    }

    /// 500, or 503 if the database is out of reach. The cause is logged, never shown.
    pub fn database(error: &rookery_db::Error) -> Self {
        if error.is_unavailable() {
            tracing::warn!(error = error as &dyn std::error::Error, "the database did not answer");
            let mut problem = Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "The database does not answer",
                "Nothing was changed. Try again in a moment.",
            );
            problem.retry_after = Some(5);
            return problem;
        }
        Self::internal(error)
    }

    /// 500. The cause is logged, never shown.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here",
            "The error was logged with this request's id.",
        )
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status(), self.retry_after);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<rookery_db::Error> for Problem {
    fn from(error: rookery_db::Error) -> Self {
        Self::database(&error)
    }
}

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        match &error {
            AccountsError::NotFound(_) => Self::not_found("account"),
            AccountsError::NoConnector(_) | AccountsError::AddressNeeded(_) => Self::invalid(vec![FieldError {
                field: "platform".into(),
                code: "platform_not_available".into(),
                message: format!("{error}."),
                suggestion: None,
            }]),
            AccountsError::ChooseProfile(profiles) => Self::invalid(vec![FieldError {
                field: "profileId".into(),
                code: "choose_profile".into(),
                message: "The token allows several profiles; name one of them.".into(),
                suggestion: Some(profiles.iter().map(|p| format!("{} ({})", p.id, p.username)).collect::<Vec<_>>().join(", ")),
            }]),
            AccountsError::Network(call) => {
                Self::new(StatusCode::BAD_GATEWAY, "network_refused", "The network did not accept it", call.message.clone())
            }
            AccountsError::Db(e) => Self::database(e),
        }
    }
}
