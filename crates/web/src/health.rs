//! `/healthz` (alive), `/readyz` (may take requests), `/health` (each part with its time), `/metrics`.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    version: &'static str,
    parts: Vec<Part>,
}

/// The process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether requests may be sent here: the database answers and the process is not stopping.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    answer(&app).await
}

/// Each part with its time.
pub(crate) async fn health(State(app): State<App>) -> Response {
    answer(&app).await
}

async fn answer(app: &App) -> Response {
    let serving = app.readiness.is_ready();
    let database = match app.db.ping().await {
        Ok(took) => Part { name: "database", ok: true, duration_ms: Some(took.as_secs_f64() * 1000.0), detail: None },
        Err(e) => {
            tracing::warn!(error = &e as &dyn std::error::Error, "the health check cannot reach the database");
            Part { name: "database", ok: false, duration_ms: None, detail: Some("does not answer".into()) }
        }
    };
    let server = Part {
        name: "server",
        ok: serving,
        duration_ms: None,
        detail: (!serving).then(|| "stopping; send requests elsewhere".into()),
    };
    let is_there = database.ok;
    let mut parts = vec![server, database];
    let ok = parts.iter().all(|p| p.ok);
    // Said and not held against it: pages and API work, and a balancer that took them away would mend nothing.
    if is_there {
        parts.push(publishing(app).await);
    }
    let body = Health { status: if ok { "ok" } else { "unavailable" }, version: env!("CARGO_PKG_VERSION"), parts };
    (if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

/// Whether something is due and nobody takes it, or publishing is stopped.
async fn publishing(app: &App) -> Part {
    let began = tokio::time::Instant::now();
    let detail = match (app.publishing.overdue().await, app.publishing.instance_pause().await) {
        (Ok(overdue), Ok(pause)) => match (overdue.sentence(app.clock.now()), pause) {
            (Some(words), _) => Err(words),
            (None, Some(_)) => Ok(Some("stopped for the whole installation".to_owned())),
            (None, None) => Ok(None),
        },
        (Err(error), _) => Err(error.to_string()),
        (_, Err(error)) => Err(error.to_string()),
    };
    let duration_ms = Some(began.elapsed().as_secs_f64() * 1000.0);
    match detail {
        Ok(detail) => Part { name: "publishing", ok: true, duration_ms, detail },
        Err(words) => Part { name: "publishing", ok: false, duration_ms, detail: Some(words) },
    }
}

/// Prometheus' text format.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    // The gauge of what is overdue must rise in this process even if no worker runs anywhere.
    if let Err(error) = app.publishing.overdue().await {
        tracing::warn!(%error, "the watchdog could not look");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], (app.render_metrics)()).into_response()
}
