//! The pages. They work without script; script improves them. Forms post, then redirect.

mod accounts;
mod assets;
pub(crate) mod banner;
mod calendar;
mod chart;
mod client_review;
mod collecting;
mod compose;
mod content;
mod delivery;
mod figures;
mod format;
mod groups;
mod imports;
mod insights;
mod media;
mod metric_imports;
mod organizations;
mod overview;
mod performance;
mod posts;
mod receipts;
mod recurring;
pub(crate) mod reports;
pub(crate) mod reviews;
mod shell;
mod sign_in;
mod tags;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::problem::Problem;

pub use reports::report_html;

/// All pages.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(overview::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/compose", get(compose::page).post(compose::submit))
        .route("/compose/check", post(compose::check))
        .route("/compose/draft", post(compose::keep))
        .route("/compose/choices/{id}", get(compose::choices))
        .route("/calendar", get(calendar::page))
        .route("/calendar/move", post(calendar::reschedule))
        .route("/calendar/slots", get(calendar::slots::page).post(calendar::slots::change))
        .route("/calendar/feed", get(calendar::feed::page).post(calendar::feed::renew))
        .route("/calendar/feed/end", post(calendar::feed::end))
        .route("/calendar/feed/{file}", get(calendar::feed::file))
        .route("/recurring", get(recurring::page))
        .route("/recurring/{id}", post(recurring::change))
        .route("/recurring/{id}/pause", post(recurring::pause))
        .route("/recurring/{id}/resume", post(recurring::resume))
        .route("/recurring/{id}/stop", post(recurring::stop))
        .route("/posts/{id}/repeat", post(recurring::create))
        .route("/imports", get(imports::page).post(imports::submit))
        .route("/imports/template.csv", get(imports::template))
        .route("/imports/metrics", get(metric_imports::page).post(metric_imports::submit))
        .route("/imports/metrics/{id}", get(metric_imports::preview).post(metric_imports::map))
        .route("/imports/metrics/{id}/apply", post(metric_imports::apply))
        .route("/imports/metrics/{id}/cancel", post(metric_imports::cancel))
        .route("/imports/{id}", get(imports::preview))
        .route("/imports/{id}/apply", post(imports::apply))
        .route("/imports/{id}/cancel", post(imports::cancel))
        .route("/imports/{id}/broken-rows.csv", get(imports::broken))
        .route("/reports", get(reports::page))
        .route("/reports/view", get(reports::view))
        .route("/reports/schedules", post(reports::create))
        .route("/reports/schedules/{id}/send", post(reports::send))
        .route("/reports/schedules/{id}/enable", post(reports::enable))
        .route("/reports/schedules/{id}/disable", post(reports::disable))
        .route("/reports/schedules/{id}/delete", post(reports::delete))
        .route("/reports/links", post(reports::create_link))
        .route("/reports/links/{id}/revoke", post(reports::revoke))
        .route("/report/{token}", get(reports::shared))
        .route("/export", get(imports::export_page))
        .route("/export/numbers", get(imports::numbers))
        .route("/export/{file}", get(imports::export))
        .route("/media", get(media::page).post(media::submit))
        .route("/media/picker", get(media::picker))
        .route("/media/{id}", get(media::original))
        .route("/media/{id}/{name}", get(media::part))
        .route("/media/{id}/describe", post(media::describe))
        .route("/media/{id}/delete", post(media::delete))
        .route("/media/{id}/restore", post(media::restore))
        .route("/posts/{id}", get(posts::page))
        .route("/posts/{id}/edit", post(compose::save))
        .route("/posts/{id}/schedule", post(posts::schedule))
        .route("/posts/{id}/publish-now", post(posts::publish_now))
        .route("/posts/{id}/queue", post(posts::queue))
        .route("/posts/{id}/approve", post(posts::approve))
        .route("/posts/{id}/submit", post(reviews::submit))
        .route("/posts/{id}/withdraw", post(reviews::withdraw))
        .route("/posts/{id}/review", post(reviews::judge))
        .route("/posts/{id}/review-links", post(reviews::create_link))
        .route("/review-links/{id}/revoke", post(reviews::revoke_link))
        .route("/approvals", get(reviews::page))
        .route("/approvals/approve", post(reviews::approve_many))
        .route("/review/{token}", get(client_review::page).post(client_review::decide))
        .route("/review/{token}/media/{place}", get(client_review::media))
        .route("/collecting", get(collecting::page))
        .route("/collecting/collect", post(collecting::collect))
        .route("/collecting/backfill", post(collecting::backfill))
        .route("/collecting/runs/{id}", get(collecting::run::page))
        .route("/collecting/overwrite", post(collecting::overwrite))
        .route("/delivery", get(delivery::page))
        .route("/delivery/pause", post(delivery::pause))
        .route("/delivery/resume", post(delivery::resume))
        .route("/delivery/pause-instance", post(delivery::pause_instance))
        .route("/delivery/resume-instance", post(delivery::resume_instance))
        .route("/posts/{id}/retry", post(posts::retry))
        .route("/posts/{id}/cancel", post(posts::cancel))
        .route("/posts/{id}/delete", post(posts::delete))
        .route("/publications/{id}", get(receipts::page))
        .route("/publications/{id}/retry", post(receipts::retry_publication))
        .route("/publications/{id}/cancel", post(receipts::cancel_publication))
        .route("/publications/{id}/mark-online", post(receipts::mark_online))
        .route("/publications/{id}/words", post(receipts::reword))
        .route("/publications/{id}/numbers", post(receipts::read_numbers))
        .route("/publications/{id}/publish-again", post(receipts::publish_again))
        .route("/insights", get(insights::page))
        .route("/insights/compute", post(insights::compute))
        .route("/insights/recommendations/{id}/accept", post(insights::accept))
        .route("/insights/recommendations/{id}/dismiss", post(insights::dismiss))
        .route("/insights/recommendations/{id}/restore", post(insights::restore))
        .route("/insights/alerts/{id}/read", post(insights::read))
        .route("/insights/alerts/read-all", post(insights::read_all))
        .route("/performance", get(performance::page))
        .route("/performance.csv", get(performance::csv))
        .route("/performance/notes", post(performance::add))
        .route("/performance/notes/{id}/delete", post(performance::remove))
        .route("/content", get(content::page))
        .route("/content.csv", get(content::csv))
        .route("/content/tags", post(content::tagging::ask))
        .route("/content/tags/apply", post(content::tagging::apply))
        .route("/content/tags/undo", post(content::tagging::undo))
        .route("/content/{id}", get(content::detail::page))
        .route("/accounts", get(accounts::page))
        .route("/accounts/connect-token", post(accounts::connect_token))
        .route("/accounts/connect-password", post(accounts::connect_password))
        .route("/accounts/connect/{platform}", post(accounts::start))
        .route("/accounts/callback", get(accounts::callback))
        .route("/accounts/choose", post(accounts::choose))
        .route("/accounts/{id}/check", post(accounts::check))
        .route("/accounts/{id}/disconnect", post(accounts::disconnect))
        .route("/groups", get(groups::page).post(groups::create))
        .route("/groups/stop-words", post(groups::stop_word))
        .route("/groups/{id}", post(groups::change))
        .route("/groups/{id}/delete", post(groups::delete))
        .route("/groups/{id}/accounts", post(groups::members))
        .route("/tags", post(groups::create_tag))
        .route("/tags/{id}", get(tags::page).post(tags::change))
        .route("/tags/{id}/delete", post(tags::delete))
        .route("/tags/{id}/rules", post(tags::save_rule))
        .route("/tags/{id}/preview", post(tags::preview))
        .route("/tags/{id}/rules/{rule}/delete", post(tags::delete_rule))
        .route("/organizations", get(organizations::page))
        .route("/organizations/{id}/look-at", post(organizations::look_at))
        .route("/assets/{*path}", get(assets::serve))
        .layer(axum::middleware::from_fn(banner::around))
}

/// Renders a page; a template that fails is a bug and is logged.
pub(crate) fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(e) => error_page(&Problem::internal(&e)),
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    detail: &'a str,
}

/// A problem as a page with a way back.
pub(crate) fn error_page(problem: &Problem) -> Response {
    let page = ErrorPage { title: problem.title, detail: &problem.detail };
    let body = page.render().unwrap_or_else(|_| problem.detail.clone());
    (problem.status(), Html(body)).into_response()
}

/// Whatever is asked for is not there: a problem for programs, a page for people.
pub(crate) async fn not_found(request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "Not found", "There is no such address.")
            .into_response();
    }
    let problem =
        Problem::new(StatusCode::NOT_FOUND, "not_found", "Page not found", "There is nothing at this address.");
    error_page(&problem)
}

/// A page's failure: shown as a page.
pub(crate) struct PageError(pub Problem);

impl<E: Into<Problem>> From<E> for PageError {
    fn from(e: E) -> Self {
        Self(e.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        error_page(&self.0)
    }
}

/// What a page's handler gives.
pub(crate) type PageResult = Result<Response, PageError>;

/// After a form: back to a page with a notice, or with what went wrong. The notice travels in the
/// address and is shown as text only.
#[expect(clippy::needless_pass_by_value, reason = "an outcome ends here")]
pub(crate) fn back(to: &str, outcome: Result<&str, Problem>) -> Response {
    let (key, text) = match &outcome {
        Ok(text) => ("done", (*text).to_owned()),
        Err(problem) => ("failed", problem.detail.clone()),
    };
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(key, &text).finish();
    let join = if to.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{to}{join}{query}")).into_response()
}
