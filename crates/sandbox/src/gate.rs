//! The way every call to a network takes: recorded, hit by faults, answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use rookery_kernel::Platform;
use serde_json::{Value, json};

use crate::call::{Call, Content, Reply};
use crate::calls::{CallOutcome, CallRecord};
use crate::facebook::{self, GraphError};
use crate::faults::{Effect, Endpoint, Garbling, Silence};
use crate::hooks::When;
use crate::mastodon::{self, ApiError};
use crate::network::{Network, Quota};
use crate::pages;
use crate::world::{DeletedBy, Event, TokenEnd};

/// Largest body that is read.
const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated network broke off")]
pub(crate) struct BreakOff;

/// What a call ends in.
enum Ending {
    Answer(Reply),
    Silence(Silence),
}

pub(crate) async fn facebook(State(net): State<Arc<Network>>, request: Request) -> Response<Body> {
    pass(&net, Platform::Facebook, request).await
}

pub(crate) async fn mastodon(State(net): State<Arc<Network>>, request: Request) -> Response<Body> {
    pass(&net, Platform::Mastodon, request).await
}

async fn pass(net: &Network, platform: Platform, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX_BYTES).await else {
        return Reply::new(413, Content::Empty).into_response();
    };
    let mut call = Call::new(platform, parts.method, &parts.uri, parts.headers, &body, &net.origin);
    call.now = net.now();
    if let Some(page) = pages::public(net, &call) {
        return page.into_response();
    }
    call.serial = net.calls.next_serial();
    let endpoint = Endpoint::of(&call);
    let account = account_of(net, &call);
    let effects = net.faults.hit(&call, endpoint, account.as_deref());
    net.calls.begin(CallRecord {
        serial: call.serial,
        at: call.now,
        method: call.method.to_string(),
        path: parts.uri.path().to_owned(),
        platform,
        endpoint,
        account: account.clone(),
        idempotency_key: call.header("idempotency-key").map(ToOwned::to_owned),
        status: None,
        outcome: CallOutcome::Open,
        faults: effects.len(),
    });
    for effect in &effects {
        if let Effect::Slow { ms } = effect {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    match carry_out(net, &mut call, endpoint, account.as_deref(), &effects) {
        Ending::Answer(reply) => {
            net.calls.end(call.serial, Some(reply.status), CallOutcome::Answered);
            reply.into_response()
        }
        Ending::Silence(Silence::Drop) => {
            net.calls.end(call.serial, None, CallOutcome::Dropped);
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(BreakOff);
            response
        }
        Ending::Silence(Silence::Hang) => {
            net.calls.end(call.serial, None, CallOutcome::Silent);
            // Ends when the client closes the connection, or with the sandbox.
            std::future::pending().await
        }
    }
}

fn account_of(net: &Network, call: &Call) -> Option<String> {
    facebook::page_of_token(&net.world(), call)
}

/// Faults that stop the call, the call itself, faults that spoil its answer: in this order.
fn carry_out(net: &Network, call: &mut Call, endpoint: Endpoint, account: Option<&str>, effects: &[Effect]) -> Ending {
    for effect in effects {
        if let Effect::LoseRequest { silence } = effect {
            return Ending::Silence(*silence);
        }
        if let Some(reply) = refusal(call, account, effect) {
            return Ending::Answer(reply);
        }
        prepare(net, call, endpoint, effect);
    }
    let mut reply = match call.platform {
        Platform::Facebook => facebook::answer(net, call),
        _ => mastodon::answer(net, call),
    };
    if let Some(published) = &reply.published {
        if effects.contains(&Effect::DeletedByModerator) {
            take_away(net, call, published.external_id.as_deref().unwrap_or_default());
        }
        net.hooks.fire(published, When::BeforeAnswer);
    }
    for effect in effects {
        if let Effect::AcceptThenTimeout { silence } = effect {
            return Ending::Silence(*silence);
        }
        spoil(call, account, effect, &mut reply);
    }
    Ending::Answer(reply)
}

/// The answer of a fault that lets nothing happen.
fn refusal(call: &Call, account: Option<&str>, effect: &Effect) -> Option<Reply> {
    let is_facebook = call.platform == Platform::Facebook;
    let ended = |end: TokenEnd| {
        if is_facebook {
            GraphError::ended_token(end, None, call.now).reply(call)
        } else {
            ApiError::ended_token(end).reply()
        }
    };
    Some(match effect {
        Effect::Refuse500 => trouble(call),
        Effect::Status { code, body: Value::String(text) } => Reply::html(*code, text.clone()),
        Effect::Status { code, body } => Reply::json(*code, body.clone()),
        Effect::RateLimit { code, headers, regain_secs } => rate_limit(call, account, *code, *headers, *regain_secs),
        Effect::TokenExpired => ended(TokenEnd::Expired),
        Effect::TokenRevoked => ended(TokenEnd::Revoked),
        Effect::Permission if is_facebook => {
            GraphError::new(10, "(#10) Application does not have permission for this action").status(403).reply(call)
        }
        Effect::Permission => ApiError::scope().reply(),
        Effect::UnsupportedMetric { .. } => facebook::invalid_metric().reply(call),
        _ => return None,
    })
}

/// "Something went wrong", which says nothing about how far it got.
fn trouble(call: &Call) -> Reply {
    if call.platform == Platform::Facebook {
        return GraphError::new(2, "An unexpected error has occurred. Please retry your request later.")
            .status(500)
            .transient()
            .reply(call);
    }
    ApiError::new(500, "We're sorry, but something went wrong on our end").reply()
}

fn rate_limit(call: &Call, account: Option<&str>, code: Option<i64>, headers: bool, regain_secs: u64) -> Reply {
    if call.platform == Platform::Facebook {
        let mut reply = GraphError::rate_limit(code.unwrap_or(4)).reply(call);
        if headers {
            facebook::set_usage(&mut reply, account, 100, regain_secs.div_ceil(60));
            if account.is_none() {
                reply.set_header(
                    "x-app-usage",
                    json!({ "call_count": 100, "total_time": 90, "total_cputime": 70 }).to_string(),
                );
            }
        }
        return reply;
    }
    let mut reply = ApiError::too_many().reply();
    if headers {
        let resets_at = call.now + Duration::from_secs(regain_secs);
        mastodon::set_quota(&mut reply, &Quota { limit: 300, used: 300, resets_at, is_exhausted: true });
    }
    reply
}

/// Faults that change what the call will find.
fn prepare(net: &Network, call: &mut Call, endpoint: Endpoint, effect: &Effect) {
    match effect {
        Effect::StaleListing { seconds } => call.listing_lag_secs = *seconds,
        Effect::EmptyPage => call.empty_page = true,
        Effect::DeletedByModerator if endpoint == Endpoint::Metrics || endpoint == Endpoint::Delete => {
            let at = if call.platform == Platform::Facebook { 1 } else { 3 };
            let id = call.path.get(at).cloned().unwrap_or_default();
            take_away(net, call, &id);
        }
        _ => {}
    }
}

/// A moderator deletes the post with this id of the network.
fn take_away(net: &Network, call: &Call, external_id: &str) {
    let id = external_id.rsplit('_').next().and_then(|id| id.parse().ok());
    let mut world = net.world();
    if let Some(id) = id.filter(|id| world.post(*id, call.now).is_some()) {
        world.commit(Event::Deleted { id, at: call.now, by: DeletedBy::Moderator });
    }
}

/// Faults that spoil an answer.
fn spoil(call: &Call, account: Option<&str>, effect: &Effect, reply: &mut Reply) {
    match effect {
        Effect::AcceptThen500 => *reply = trouble(call),
        Effect::UsagePercent { percent } if call.platform == Platform::Facebook => {
            facebook::set_usage(reply, account, *percent, if *percent >= 100 { 5 } else { 0 });
        }
        Effect::UsagePercent { percent } => {
            let resets_at = call.now + Duration::from_mins(5);
            let used = 300 * percent / 100;
            mastodon::set_quota(reply, &Quota { limit: 300, used, resets_at, is_exhausted: false });
        }
        Effect::Malformed { garbling: Garbling::Html } => {
            let page = pages::message("One moment", "Checking your browser before you go on.");
            *reply = Reply::html(200, page);
        }
        Effect::Malformed { garbling: Garbling::Truncated } => {
            if let Content::Json(value) = &reply.content {
                let text = value.to_string();
                let mut cut = text.len() / 2;
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                reply.content = Content::Raw("application/json; charset=utf-8", text[..cut].to_owned());
            }
        }
        Effect::MissingFields { fields } => {
            if let Content::Json(value) = &mut reply.content {
                leave_out(value, fields);
            }
        }
        Effect::DuplicateListing => {
            if let Content::Json(value) = &mut reply.content {
                repeat_first(value);
            }
        }
        _ => {}
    }
}

fn leave_out(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !names.contains(name));
            for value in object.values_mut() {
                leave_out(value, names);
            }
        }
        Value::Array(items) => {
            // A metric is an entry with its name in it.
            items
                .retain(|item| !item.get("name").and_then(Value::as_str).is_some_and(|n| names.iter().any(|m| m == n)));
            for item in items {
                leave_out(item, names);
            }
        }
        _ => {}
    }
}

fn repeat_first(body: &mut Value) {
    let list = if body.is_array() { Some(body) } else { body.get_mut("data") };
    if let Some(items) = list.and_then(Value::as_array_mut)
        && let Some(first) = items.first().cloned()
    {
        items.push(first);
    }
}
