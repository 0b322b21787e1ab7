//! Reddit: the API below `/reddit/`, consent, tokens and pages for people below `/reddit-www/`, the
//! storage for files below `/reddit-upload/`.

mod error;
mod listing;
mod media;
mod oauth;
mod protocol;
mod submit;
mod things;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;

use self::error::ApiError;
pub(crate) use self::protocol::Reddit;
use crate::call::{Call, Reply};
use crate::network::{Network, Quota};
use crate::world::{Account, Holder, World};

/// The answer to a call, with the quota headers where the API has them.
fn answer(net: &Network, call: &Call) -> Reply {
    match call.host_part.as_deref() {
        Some("upload") => return media::receive(net, call),
        Some("www") if !introduces_itself(call) => return ApiError::too_many().reply(),
        Some("www") => return oauth::answer(net, call),
        Some(_) => return ApiError::not_found().reply(),
        None => {}
    }
    let account = account_of_token(&net.world(), call).map(|a| a.network_id());
    let quota = net.spend(call, account.as_deref().unwrap_or("address"));
    let mut reply = if quota.is_exhausted || !introduces_itself(call) {
        ApiError::too_many().reply()
    } else {
        route(net, call).unwrap_or_else(|error| error.reply())
    };
    set_quota(&mut reply, call, &quota);
    reply
}

fn route(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let (is_get, is_post) = (call.method == Method::GET, call.method == Method::POST);
    match call.segments().as_slice() {
        ["api", "v1", "me"] if is_get => things::me(net, call),
        ["api", "submit"] if is_post => submit::submit(net, call),
        ["api", "submit_gallery_post.json"] if is_post => submit::gallery(net, call),
        ["api", "comment"] if is_post => submit::comment(net, call),
        ["api", "media", "asset.json"] if is_post => media::lease(net, call),
        ["api", "del"] if is_post => submit::delete(net, call),
        ["api", "info"] if is_get => listing::info(net, call),
        ["user", name, kind @ ("submitted" | "comments")] if is_get => listing::of_user(net, call, name, kind),
        _ => Err(ApiError::not_found()),
    }
}

/// Callers name themselves as `platform:app:version`; generic names are slowed down, here to a stop. The
/// consent page is opened by people.
fn introduces_itself(call: &Call) -> bool {
    let is_consent = call.segments() == ["api", "v1", "authorize"];
    is_consent || call.header("user-agent").is_some_and(|agent| agent.matches(':').count() >= 2)
}

fn account_of_token(world: &World, call: &Call) -> Option<Account> {
    let token = world.tokens.get(call.token.as_deref()?).filter(|t| t.platform == Platform::Reddit)?;
    match token.holder {
        Holder::Account(id) => world.accounts.get(&id).cloned(),
        Holder::Person(_) | Holder::App => None,
    }
}

/// The account of a token that works and has the right.
fn caller(world: &World, call: &Call, scope: &str) -> Result<Account, ApiError> {
    let token = call.token.as_deref().and_then(|t| world.tokens.get(t)).filter(|t| t.platform == Platform::Reddit);
    let token = token.filter(|t| t.end(call.now).is_none()).ok_or_else(ApiError::unauthorized)?;
    let account = account_of_token(world, call).ok_or_else(ApiError::unauthorized)?;
    if token.scopes.iter().any(|s| s == scope || s == "*") { Ok(account) } else { Err(ApiError::forbidden()) }
}

/// Writes the quota headers: used, left with a decimal, seconds until it comes back.
fn set_quota(reply: &mut Reply, call: &Call, quota: &Quota) {
    reply.set_header("x-ratelimit-used", quota.used.to_string());
    reply.set_header("x-ratelimit-remaining", format!("{}.0", quota.limit.saturating_sub(quota.used)));
    reply.set_header("x-ratelimit-reset", quota.resets_at.since(call.now).as_secs().to_string());
}

/// A success of a form call.
fn accepted(data: &serde_json::Value) -> Reply {
    Reply::ok(json!({ "json": { "errors": [], "data": data } }))
}
