//! A Mastodon server below `/mastodon/`.

mod accounts;
mod error;
mod html;
mod instance;
mod media;
mod oauth;
mod protocol;
mod statuses;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};

use self::error::ApiError;
pub(crate) use self::protocol::Mastodon;
use crate::call::{Call, Reply};
use crate::network::{Network, Quota};
use crate::world::{Account, Holder, Token, World};

/// The answer to a call, with the quota headers.
fn answer(net: &Network, call: &Call) -> Reply {
    let account = account_of_token(&net.world(), call);
    let quota = net.spend(call, account.as_deref().unwrap_or("address"));
    let mut reply = if quota.is_exhausted {
        ApiError::too_many().reply()
    } else {
        route(net, call).unwrap_or_else(|error| error.reply())
    };
    set_quota(&mut reply, &quota);
    reply.set_header("x-request-id", format!("sandbox-{}", call.serial));
    reply
}

fn route(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    match call.segments().as_slice() {
        [".well-known", "oauth-authorization-server"] if get => Ok(oauth::discovery(call)),
        ["oauth", "authorize"] if get || post => oauth::authorize(net, call),
        ["oauth", "token"] if post => oauth::token(net, call),
        ["oauth", "revoke"] if post => oauth::revoke(net, call),
        ["api", "v1", "apps"] if post => oauth::register(net, call),
        ["api", "v1", "apps", "verify_credentials"] if get => oauth::verify_app(net, call),
        ["api", "v1", "instance"] if get => Ok(instance::v1(net, call)),
        ["api", "v2", "instance"] if get => Ok(instance::v2(net, call)),
        ["api", "v1", "accounts", "verify_credentials"] if get => accounts::verify(net, call),
        ["api", "v1", "accounts", "lookup"] if get => accounts::look_up(net, call),
        ["api", "v1", "accounts", id] if get => accounts::show(net, call, id),
        ["api", "v1", "accounts", id, "statuses"] if get => statuses::list(net, call, id),
        ["api", "v2", "media"] if post => media::create(net, call, true),
        ["api", "v1", "media"] if post => media::create(net, call, false),
        ["api", "v1", "media", id] if get => media::show(net, call, id),
        ["api", "v1", "media", id] if call.method == Method::PUT => media::change(net, call, id),
        ["api", "v1", "statuses"] if post => statuses::create(net, call),
        ["api", "v1", "statuses"] if get => Ok(statuses::several(net, call)),
        ["api", "v1", "statuses", id] if get => statuses::show(net, call, id),
        ["api", "v1", "statuses", id] if call.method == Method::PUT => statuses::edit(net, call, id),
        ["api", "v1", "statuses", id] if call.method == Method::DELETE => statuses::delete(net, call, id),
        ["api", "v1", "statuses", id, "context"] if get => statuses::context(net, call, id),
        _ => Err(ApiError::new(404, "The page you are looking for isn't here.")),
    }
}

/// The account of a token that works and has the right; a wider right includes it.
fn caller(world: &World, call: &Call, scope: &str) -> Result<(Account, Token), ApiError> {
    let text = call.token.as_deref().ok_or_else(ApiError::needs_user)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Mastodon).ok_or_else(ApiError::bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(ApiError::ended_token(end));
    }
    let Holder::Account(id) = token.holder else { return Err(ApiError::needs_user()) };
    let account = world.accounts.get(&id).ok_or_else(ApiError::bad_token)?;
    if !has_scope(&token.scopes, scope) {
        return Err(ApiError::scope());
    }
    Ok((account.clone(), token.clone()))
}

/// `write` includes `write:statuses`; `profile` is enough to read the own account.
fn has_scope(granted: &[String], wanted: &str) -> bool {
    let wide = wanted.split(':').next().unwrap_or(wanted);
    granted.iter().any(|s| s == wanted || s == wide || (s == "profile" && wanted == "read:accounts"))
}

fn account_of_token(world: &World, call: &Call) -> Option<String> {
    match world.tokens.get(call.token.as_deref()?)?.holder {
        Holder::Account(id) => Some(id.to_string()),
        Holder::Person(_) | Holder::App => None,
    }
}

/// Writes the quota headers.
fn set_quota(reply: &mut Reply, quota: &Quota) {
    reply.set_header("x-ratelimit-limit", quota.limit.to_string());
    reply.set_header("x-ratelimit-remaining", quota.limit.saturating_sub(quota.used).to_string());
    reply.set_header("x-ratelimit-reset", time(quota.resets_at));
}

/// Servers write milliseconds always.
fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
