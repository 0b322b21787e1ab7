//! The JSON API under `/api/v1`.
//!
//! A handler extracts (the extractor names the right), acts through a context, answers with a `*View`. What
//! creates something or reaches the outside world is registered with [`once!`], which gives it the
//! `Idempotency-Key`. The OpenAPI document is made from the handlers; [`spec`] adds what holds for all of them.

mod access;
mod accounts;
mod analytics;
mod analytics_view;
mod api_keys;
mod audit;
mod briefs;
mod briefs_view;
mod bulk;
mod calendar;
mod composition;
mod docs;
mod envelope;
pub(crate) mod exports;
mod groups;
mod holds;
mod idempotency;
pub(crate) mod imports;
pub(crate) mod insights;
mod insights_view;
mod jobs;
pub(crate) mod media;
pub(crate) mod metric_imports;
mod page;
mod performance;
mod performance_view;
mod posts;
mod posts_view;
mod publication_numbers;
mod publications;
mod recurring;
mod reports;
mod reviews;
mod session;
mod slots;
mod spec;
mod tags;
mod time;
mod wire;

use axum::{Router, middleware};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Where all of it lies.
pub(crate) const PREFIX: &str = "/api/v1";

/// The API's routes, and the document that describes them.
pub fn routes() -> (Router<App>, OpenApi) {
    let (router, document) = described().split_for_parts();
    let document = spec::complete(document);
    let router = router.merge(docs::routes(&document)).layer(middleware::from_fn(envelope::seal));
    (router, document)
}

/// The OpenAPI document as text, in a stable order.
pub fn document_json() -> String {
    let document = spec::complete(described().into_openapi());
    let mut text = serde_json::to_string_pretty(&document).expect("a document of strings and maps is JSON");
    text.push('\n');
    text
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(spec::frame()).nest(
        PREFIX,
        OpenApiRouter::default()
            .merge(session::routes())
            .merge(api_keys::routes())
            .merge(accounts::routes())
            .merge(posts::routes())
            .merge(publication_numbers::routes())
            .merge(bulk::routes())
            .merge(imports::routes())
            .merge(exports::routes())
            .merge(metric_imports::routes())
            .merge(publications::routes())
            .merge(reviews::routes())
            .merge(holds::routes())
            .merge(calendar::routes())
            .merge(slots::routes())
            .merge(recurring::routes())
            .merge(media::routes())
            .merge(analytics::routes())
            .merge(performance::routes())
            .merge(reports::routes())
            .merge(groups::routes())
            .merge(tags::routes())
            .merge(insights::routes())
            .merge(briefs::routes())
            .merge(jobs::routes())
            .merge(audit::routes()),
    )
}
