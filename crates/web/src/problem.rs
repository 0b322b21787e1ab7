//! Errors as RFC 9457 problem documents. One `match` without `_` per domain error, so that a new
//! variant has to be decided here.

mod accounts;
mod analytics;
mod identity;
mod imports;
mod media;
mod publishing;
mod reviews;
mod tags;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rookery_jobs::admin::AdminError;
use rookery_kernel::{CursorError, TimeError, ZoneError};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use publishing::{ConflictView, FindingView};

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
    /// Everything found in a post that cannot be queued, warnings too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
    /// Both texts, if somebody else changed the post meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictView>,
    /// The request, as in the header `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
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
            findings: Vec::new(),
            conflict: None,
            request_id: None,
            retry_after: None,
        }
    }

    /// 404: not there, or not in this organization; the answer is the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            format!("There is no such {what} in this organization."),
        )
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

    /// A finer word for programs; the kind follows it.
    pub(crate) fn rename(&mut self, code: &'static str) {
        self.code = code;
        self.kind = format!("urn:rookery:problem:{code}");
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
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Something has to be corrected", detail);
        problem.errors = errors;
        problem
    }

    /// 422 with one fault.
    pub fn field(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            field: field.into(),
            code: code.into(),
            message: message.into(),
            suggestion: None,
        }])
    }

    /// 429, with the seconds to wait.
    pub fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many attempts", detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    /// 503 if the database is out of reach, 409 or 422 if a rule of the data refused the change, else 500. The cause
    /// is logged, never shown.
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
        if let rookery_db::Error::Constraint(broken) = error {
            return Self::refused_by(broken);
        }
        Self::internal(error)
    }

    /// The database holds every rule that the operations check first, so this is a race between two requests or a
    /// check that is missing here: worth a warning, and for the caller a refusal like any other.
    fn refused_by(broken: &rookery_db::ConstraintViolation) -> Self {
        use rookery_db::ConstraintKind::{Check, Exclusion, ForeignKey, NotNull, Unique};
        tracing::warn!(constraint = %broken.name, kind = %broken.kind, "the database refused what no check had found");
        let conflict = |detail| Self::new(StatusCode::CONFLICT, "conflict", "Something else stands in the way", detail);
        match broken.kind {
            Unique | Exclusion => {
                conflict(format!("There is one like this already ({}). Nothing was changed.", broken.name))
            }
            ForeignKey => conflict(format!(
                "It names something that is not there, or others still refer to it ({}). Nothing was changed.",
                broken.name
            )),
            Check | NotNull => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "Something has to be corrected",
                format!("A value breaks the rule {}. Nothing was changed.", broken.name),
            ),
        }
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
        let mut response = (status, Json(&self)).into_response();
        // The API's outermost layer writes the request's id into it.
        response.extensions_mut().insert(self);
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

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        Self::bad_request(format!("after: {error}; use the `next` of an earlier page."))
    }
}

impl From<TimeError> for Problem {
    fn from(error: TimeError) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<ZoneError> for Problem {
    fn from(error: ZoneError) -> Self {
        let field = match &error {
            ZoneError::Unknown(_) => "timeZone",
            ZoneError::NotLocal(_) => "localTime",
        };
        Self::field(field, "invalid", format!("{error}."))
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match &error {
            AdminError::NotFound(_) => Self::not_found("job"),
            AdminError::NoQueue(_) => Self::not_found("queue"),
            AdminError::NoEntry(_) => Self::not_found("timetable entry"),
            AdminError::State { .. } => Self::conflict("job_state", format!("It cannot be retried: {error}.")),
            AdminError::Live(_) => Self::conflict("job_live", format!("It need not be retried: {error}.")),
            AdminError::Db(e) => Self::database(e),
        }
    }
}
