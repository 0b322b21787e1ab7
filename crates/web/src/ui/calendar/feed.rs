//! The calendar feed: its page, and the file behind its secret address.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::ics;
use super::{Choice, Wish, accounts_of, networks_of, states_of};
use crate::app::App;
use crate::extract::{May, Path, Query, Read, Visitor, client_ip};
use crate::problem::Problem;
use crate::ui::format::moment;
use crate::ui::shell::{Flash, Shell};
use crate::ui::{PageResult, back, render};

#[derive(Template)]
#[template(path = "calendar_feed.html")]
struct Page {
    shell: Shell,
    /// Shown once, right after it was made.
    address: Option<String>,
    since: Option<String>,
    accounts: Vec<Choice>,
    networks: Vec<Choice>,
    states: Vec<Choice>,
    label: String,
}

async fn shown(app: &App, may: &May<Read>, flash: &Flash, address: Option<String>) -> PageResult {
    let feed = app.publishing.calendar_feed(may.scope()).await?;
    let accounts = app.accounts.list(may.scope()).await?;
    let filter = feed.as_ref().map(|feed| feed.filter.clone()).unwrap_or_default();
    Ok(render(&Page {
        shell: Shell::new("calendar", &may.caller, &accounts, flash),
        address,
        since: feed.map(|feed| moment(feed.since, &may.caller.organization.timezone)),
        accounts: accounts_of(&accounts, &filter),
        networks: networks_of(&accounts, &filter),
        states: states_of(&filter),
        label: filter.label.unwrap_or_default(),
    }))
}

/// The caller's feed.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    shown(&app, &may, &flash, None).await
}

/// Makes the feed or gives it a new address, which the page shows this once.
pub(crate) async fn renew(State(app): State<App>, Visitor(may): Visitor<Read>, Form(wish): Form<Wish>) -> PageResult {
    let token = app.publishing.renew_calendar_feed(may.scope(), &wish.filter()).await?;
    let base = app.public_url.as_str().trim_end_matches('/');
    let address = format!("{base}/calendar/feed/{}.ics", token.expose_secret());
    shown(&app, &may, &Flash::default(), Some(address)).await
}

/// Ends the feed.
pub(crate) async fn end(State(app): State<App>, Visitor(may): Visitor<Read>) -> Response {
    let done = app.publishing.end_calendar_feed(may.scope()).await;
    back("/calendar/feed", done.map(|_| "The address no longer works.").map_err(Problem::from))
}

/// The file, for a program that knows the address.
pub(crate) async fn file(State(app): State<App>, Path(name): Path<String>, asked: HeaderMap, parts: Parts) -> Response {
    if !app.may_visit_feeds(client_ip(&parts)) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")]).into_response();
    }
    match read(&app, &name, &asked).await {
        Ok(response) => response,
        Err(problem) => (problem.status(), problem.detail).into_response(),
    }
}

async fn read(app: &App, name: &str, asked: &HeaderMap) -> Result<Response, Problem> {
    let token = name.strip_suffix(".ics").ok_or_else(|| Problem::not_found("calendar feed"))?;
    let content = app.publishing.read_calendar_feed(&SecretString::from(token.to_owned())).await?;
    let organization = app.identity.organization(&content.scope).await?;
    let accounts = app.accounts.list_with_revoked(&content.scope).await?;
    let around = ics::Around { name: &organization.name, base: app.public_url.as_str().trim_end_matches('/') };
    let body = ics::calendar(&around, &content.entries, |entry| {
        accounts.iter().find(|a| a.id == entry.account_id).map_or("", |a| a.name()).to_owned()
    });
    let etag = format!("\"{}\"", hex::encode(Sha256::digest(body.as_bytes())));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let is_known = known
        .is_some_and(|all| all.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag));
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let modified = content.changed_at.to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = response.headers_mut();
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    headers.insert(header::ETAG, text(etag));
    headers.insert(header::LAST_MODIFIED, text(modified));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"calendar.ics\""));
    Ok(response)
}
