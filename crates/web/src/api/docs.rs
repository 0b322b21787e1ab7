//! The document itself, and a page that shows it. Both are for everybody: they name no data.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use utoipa::openapi::OpenApi;

use super::PREFIX;
use crate::app::App;

/// The page is a frame; the script fills it from the document.
const PAGE: &str = include_str!("docs.html");

/// `/api/v1/openapi.json` and `/api/docs`.
pub(super) fn routes(document: &OpenApi) -> Router<App> {
    let text: axum::body::Bytes = serde_json::to_vec(document).expect("a document of strings and maps is JSON").into();
    let json = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    Router::new()
        .route(&format!("{PREFIX}/openapi.json"), get(async move || (json, text.clone())))
        .route("/api/docs", get(async || Html(PAGE)))
}
