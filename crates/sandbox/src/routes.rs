//! The HTTP routes: pages for people, the networks, and the control.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{Response, StatusCode};
use axum::response::{Html, IntoResponse};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use rookery_kernel::{Platform, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::Content;
use crate::control::Control;
use crate::faults::FaultRule;
use crate::gate;
use crate::network::{Network, Settings};
use crate::pages;
use crate::texts::Topic;
use crate::views::{AccountOptions, ControlError};
use crate::world::TokenEnd;

/// Everything that the listener serves.
pub(crate) fn router(net: Arc<Network>) -> Router {
    let control = Router::new()
        .route("/state", get(state))
        .route("/accounts", post(create_account))
        .route("/accounts/{id}", get(account))
        .route("/accounts/{id}/history", post(seed_history))
        .route("/accounts/{id}/end-tokens", post(end_tokens))
        .route("/accounts/{id}/posts", get(posts))
        .route("/posts/{id}", delete(delete_post))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/clock", get(clock).post(set_clock))
        .route("/calls", get(calls).delete(clear_calls))
        .route("/settings", get(settings).post(set_settings))
        .route("/truth", get(truth))
        .with_state(Control::new(Arc::clone(&net)));
    Router::new()
        .route("/", get(home))
        .route("/media/{kind}/{name}", get(media))
        .fallback(gate::network)
        .with_state(net)
        .nest("/_control", control)
}

async fn home(State(net): State<Arc<Network>>) -> Html<String> {
    Html(pages::home(&net))
}

/// The answer for a path that leads nowhere.
pub(crate) fn not_here() -> Response<Body> {
    crate::call::Reply::html(404, pages::message("Not here", "The sandbox has no such page.")).into_response()
}

async fn media(Path((kind, name)): Path<(String, String)>) -> Response<Body> {
    let drawn = pages::drawing(&kind, &name);
    drawn.unwrap_or_else(|| crate::call::Reply::new(404, Content::Empty)).into_response()
}

/// An error of the control as JSON.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        let status = match &error {
            ControlError::UnknownAccount(_) | ControlError::UnknownPost(_) => StatusCode::NOT_FOUND,
            ControlError::NotSimulated(_) | ControlError::UnknownZone(_) | ControlError::BadHandle(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self(status, error.to_string())
    }
}

async fn state(State(control): State<Control>) -> impl IntoResponse {
    Json(control.state())
}

#[derive(Debug, Deserialize)]
struct NewAccount {
    platform: Platform,
    handle: String,
    name: String,
    #[serde(default)]
    followers: i64,
    #[serde(flatten)]
    options: AccountOptions,
}

async fn create_account(
    State(control): State<Control>,
    Json(new): Json<NewAccount>,
) -> Result<impl IntoResponse, Refusal> {
    let account = control.create_account(new.platform, &new.handle, &new.name, new.followers, new.options)?;
    Ok((StatusCode::CREATED, Json(account)))
}

async fn account(State(control): State<Control>, Path(id): Path<String>) -> Result<impl IntoResponse, Refusal> {
    Ok(Json(control.account(&id)?))
}

#[derive(Debug, Deserialize)]
struct History {
    days: u32,
    posts_per_week: u32,
    #[serde(default)]
    topics: Vec<Topic>,
}

async fn seed_history(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(history): Json<History>,
) -> Result<Json<Value>, Refusal> {
    let count = control.seed_history(&id, history.days, history.posts_per_week, &history.topics)?;
    Ok(Json(json!({ "posts": count })))
}

#[derive(Debug, Deserialize)]
struct End {
    reason: TokenEnd,
}

async fn end_tokens(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(end): Json<End>,
) -> Result<StatusCode, Refusal> {
    control.end_tokens(&id, end.reason)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn posts(State(control): State<Control>, Path(id): Path<String>) -> Result<impl IntoResponse, Refusal> {
    control.account(&id)?;
    Ok(Json(control.posts(&id)))
}

async fn delete_post(State(control): State<Control>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    control.delete_post(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn faults(State(control): State<Control>) -> impl IntoResponse {
    Json(control.faults())
}

async fn add_fault(State(control): State<Control>, Json(rule): Json<FaultRule>) -> impl IntoResponse {
    (StatusCode::CREATED, Json(json!({ "id": control.add_fault(rule) })))
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(control): State<Control>, Path(id): Path<u64>) -> Result<StatusCode, Refusal> {
    if control.remove_fault(id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal(StatusCode::NOT_FOUND, format!("no fault has the number {id}")))
}

#[derive(Debug, Deserialize)]
struct ClockBody {
    /// Stand there; null comes back.
    now: Option<Timestamp>,
    /// Or run so many seconds off.
    offset_seconds: Option<i64>,
}

async fn clock(State(control): State<Control>) -> Json<Value> {
    use rookery_kernel::Clock as _;
    Json(json!({ "now": control.clock().now(), "is_away": control.clock().is_away() }))
}

async fn set_clock(state: State<Control>, Json(body): Json<ClockBody>) -> Json<Value> {
    match (body.now, body.offset_seconds) {
        (Some(at), _) => state.clock().stand_at(at),
        (None, seconds) => state.set_clock_offset(seconds.unwrap_or(0)),
    }
    clock(state).await
}

#[derive(Debug, Deserialize)]
struct CallFilter {
    account: Option<String>,
}

async fn calls(State(control): State<Control>, Query(filter): Query<CallFilter>) -> impl IntoResponse {
    let mut calls = control.calls();
    calls.retain(|c| filter.account.is_none() || c.account == filter.account);
    Json(calls)
}

async fn clear_calls(State(control): State<Control>) -> StatusCode {
    control.clear_calls();
    StatusCode::NO_CONTENT
}

async fn settings(State(control): State<Control>) -> Json<Settings> {
    Json(control.settings())
}

/// Changes the switches that are named and leaves the others.
async fn set_settings(State(control): State<Control>, Json(changes): Json<Value>) -> Result<Json<Settings>, Refusal> {
    let mut all = serde_json::to_value(control.settings()).expect("settings are plain data");
    for (name, value) in changes.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    let settings: Settings =
        serde_json::from_value(all).map_err(|e| Refusal(StatusCode::UNPROCESSABLE_ENTITY, e.to_string()))?;
    control.change_settings(|s| *s = settings.clone());
    Ok(Json(settings))
}

async fn truth(State(control): State<Control>) -> impl IntoResponse {
    Json(control.truth())
}
