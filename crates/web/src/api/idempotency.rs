//! `Idempotency-Key`: a repeated request gets the first answer instead of a second effect.
//!
//! - A success is kept for 24 hours and replayed with `Idempotency-Replayed: true`.
//! - A refusal (4xx, and 502: the network said no) had no effect, so it gives the key back.
//! - After any other failure nobody knows the effect: the key stays taken, and a repetition is told to look first.
//! - Work goes on when the client goes away: that is when clients repeat.

use std::future::Future;
use std::pin::Pin;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, OriginalUri, Request};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rookery_governance::idempotency::{self, Begin};
use rookery_kernel::Scope;
use serde_json::Value;
use tracing::Instrument as _;

use super::envelope;
use crate::app::App;
use crate::extract::Known;
use crate::problem::Problem;

/// The request's header.
pub(crate) const KEY: &str = "idempotency-key";
/// The answer's header.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key.
const KEY_MAX: usize = 255;
/// As much as the server reads of any body, and more than an answer to a write ever has.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Registers a `POST` that creates something or reaches the outside world.
macro_rules! once {
    ($handler:path) => {{
        let (schemas, mut paths, _) = utoipa_axum::routes!($handler);
        $crate::api::spec::accept_key(&mut paths);
        (schemas, paths, axum::routing::post($crate::api::idempotency::Once($handler)))
    }};
}
pub(crate) use once;

/// A handler that honours `Idempotency-Key`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Once<H>(pub H);

/// A field of the answer that is shown once and never stored: a replay has null there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShownOnce(pub &'static str);

impl<H, T> Handler<T, App> for Once<H>
where
    H: Handler<T, App>,
    T: 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(async move { run_once(self.0, request, app).await.unwrap_or_else(IntoResponse::into_response) })
    }
}

async fn run_once<H, T>(handler: H, request: Request, app: App) -> Result<Response, Problem>
where
    H: Handler<T, App>,
    T: 'static,
{
    let Some(key) = key(request.headers())? else { return Ok(handler.call(request, app).await) };
    let (mut parts, body) = request.into_parts();
    let Known(caller) = Known::from_request_parts(&mut parts, &app).await?;
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| envelope::too_large())?;
    let path = parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.0.path()).to_owned();
    let asked = idempotency::Request { key: &key, method: parts.method.as_str(), path: &path, body: &body };
    match idempotency::begin(&app.db, &*app.clock, &caller.scope, &asked).await? {
        Begin::New => {}
        Begin::Replay { status, body } => return Ok(replay(status, body)),
        Begin::InProgress => {
            let mut problem = Problem::conflict(
                "request_in_progress",
                "The first request with this Idempotency-Key has no answer yet. Wait a moment and repeat; if this goes \
                 on, the first one broke off: look whether it had its effect before you use another key.",
            );
            problem.retry_after = Some(1);
            return Err(problem);
        }
        Begin::Mismatch => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The key means another request",
                "This Idempotency-Key was used for another request within the last 24 hours. Use a new key.",
            ));
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    let work = async move {
        let response = handler.call(request, app.clone()).await;
        keep(&app, &caller.scope, &key, response).await
    };
    let work = tokio::spawn(work.in_current_span());
    work.await.map_err(|e| Problem::internal(&e))
}

/// The key, if there is one and it can be one.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= KEY_MAX);
    let key = key.ok_or_else(|| {
        Problem::bad_request(format!("Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters; a UUID is good."))
    })?;
    Ok(Some(key.to_owned()))
}

/// Remembers the answer, or gives the key back. The answer goes out in any case: its effect is committed.
async fn keep(app: &App, scope: &Scope, key: &str, response: Response) -> Response {
    let status = response.status();
    let refused = status.is_client_error() || status == StatusCode::BAD_GATEWAY;
    if !status.is_success() {
        if refused && let Err(error) = idempotency::abandon(&app.db, scope, key).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "an idempotency key could not be given back");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return Problem::internal(&std::io::Error::other("an answer is too long")).into_response();
    };
    let mut kept: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if let Some(ShownOnce(field)) = parts.extensions.get::<ShownOnce>()
        && let Some(secret) = kept.get_mut(*field)
    {
        *secret = Value::Null;
    }
    if let Err(error) = idempotency::finish(&app.db, scope, key, status.as_u16(), &kept).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "an answer could not be kept for repetitions");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [(REPLAYED, HeaderValue::from_static("true"))];
    if body.is_null() { (status, headers).into_response() } else { (status, headers, Json(body)).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_printable_and_not_empty() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(KEY, HeaderValue::from_str(value).expect("a header"));
            key(&headers)
        };
        assert_eq!(key(&HeaderMap::new()).expect("none is fine"), None);
        assert_eq!(read(" a-1 ").expect("a key"), Some("a-1".to_owned()));
        for bad in [String::new(), " ".to_owned(), "a".repeat(256), "ü".to_owned()] {
            assert_eq!(read(&bad).expect_err("no key").status, 400, "{bad}");
        }
    }
}
