//! What every answer of the API has in common: errors are problem documents with the request's id, and nothing
//! is kept by caches unless a handler says so.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::request_id::RequestId;
use uuid::Uuid;

use crate::problem::Problem;

/// The outermost layer of the API.
pub(crate) async fn seal(request: Request, next: Next) -> Response {
    let id =
        request.extensions().get::<RequestId>().and_then(|id| Uuid::parse_str(id.header_value().to_str().ok()?).ok());
    let mut response = next.run(request).await;
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = id;
        let headers = std::mem::take(response.headers_mut());
        response = problem.into_response();
        for (name, value) in &headers {
            if !response.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                response.headers_mut().append(name, value.clone());
            }
        }
    } else if response.status().is_client_error() || response.status().is_server_error() {
        response = translated(&response, id);
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The router's own refusals, which know nothing of problem documents.
fn translated(refusal: &Response, id: Option<Uuid>) -> Response {
    let status = refusal.status();
    let mut problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "method_not_allowed",
            "Not possible here",
            "This address does not know the method; the header Allow names those it knows.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(status, "refused", "The request was refused", "The server did not accept the request."),
    };
    problem.request_id = id;
    let mut response = problem.into_response();
    if let Some(allow) = refusal.headers().get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

/// 413.
pub(crate) fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "The request is too large",
        "A body may have at most one megabyte.",
    )
}
