//! All routes, and what every request passes through.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::app::App;
use crate::problem::Problem;
use crate::{api, health, ui};

/// Longest body of a request; media uploads have routes of their own.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest time a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Scripts, styles and pictures come from this server only; nothing may frame it. `forms` says where forms may end.
pub(crate) fn csp(forms: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; script-src 'self'; \
         object-src 'none'; base-uri 'self'; form-action {forms}; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is plain text")
}

#[derive(Clone)]
struct Ids(App);

impl MakeRequestId for Ids {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&self.0.ids.uuid().to_string()).ok().map(RequestId::new)
    }
}

/// The whole server.
pub fn router(app: App) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let (api, _document) = api::routes();
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .merge(api)
        .merge(ui::routes())
        .fallback(ui::not_found)
        .layer(middleware::from_fn(measure))
        .layer(middleware::from_fn(bound))
        // A part of a video must stay the bytes that were asked for.
        .layer(
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("video/"))),
        )
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, csp("'self'")))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong here",
                "The error was logged with this request's id.",
            )
            .into_response()
        }))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
            tracing::info_span!("request", method = %request.method(), path = path_to_log(request.uri().path()), request_id = id)
        }))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        // An id that a client sends is not believed: it would end up in the audit log.
        .layer(SetRequestIdLayer::new(request_id.clone(), Ids(app.clone())))
        .layer(middleware::from_fn(move |mut request: Request, next: Next| {
            request.headers_mut().remove(&request_id);
            next.run(request)
        }))
        .with_state(app)
}

/// A path as logs may hold it: the addresses of review links, calendar feeds and shared reports are secrets.
fn path_to_log(path: &str) -> &str {
    let secret = ["/review/", "/calendar/feed/", "/report/"].into_iter().find(|place| path.starts_with(place));
    secret.unwrap_or(path)
}

/// Whether a request brings a file: those have limits of their own, and take as long as their line needs.
fn brings_file(request: &Request) -> bool {
    let path = request.uri().path();
    match *request.method() {
        Method::POST => matches!(
            path,
            "/media"
                | "/api/v1/media"
                | "/imports"
                | "/api/v1/post-imports"
                | "/imports/metrics"
                | "/api/v1/metric-imports"
        ),
        Method::PATCH => path.starts_with("/api/v1/media/uploads/"),
        _ => false,
    }
}

/// Holds requests to their size and time.
async fn bound(request: Request, next: Next) -> Response {
    if brings_file(&request) {
        return next.run(request).await;
    }
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let request = request.map(|body| Body::new(http_body_util::Limited::new(body, BODY_BYTES_MAX)));
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<axum::extract::MatchedPath>().map_or("unmatched", |p| p.as_str()).to_owned();
    let started = tokio::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    metrics::counter!("rookery_http_requests_total", "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("rookery_http_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    use super::path_to_log;

    #[test]
    fn secret_addresses_are_not_logged() {
        assert_eq!(path_to_log("/review/abc/media/0"), "/review/");
        assert_eq!(path_to_log("/calendar/feed/abc.ics"), "/calendar/feed/");
        assert_eq!(path_to_log("/calendar/feed"), "/calendar/feed");
        assert_eq!((path_to_log("/report/abc"), path_to_log("/reports")), ("/report/", "/reports"));
        assert_eq!(path_to_log("/posts/1"), "/posts/1");
    }
}
