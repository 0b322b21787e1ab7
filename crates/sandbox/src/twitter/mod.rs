//! X: API v2 below `/twitter/2/`, pages for people and the consent below `/twitter-www/`.

mod error;
mod media;
mod oauth;
mod posts;
mod protocol;
mod publish;
mod text;
mod users;

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};

use self::error::Problem;
pub(crate) use self::protocol::Twitter;
use crate::call::{Call, Reply};
use crate::network::{Network, Quota};
use crate::world::{Account, Holder, World};

/// Quotas are counted per user, path and this time.
const WINDOW: Duration = Duration::from_mins(15);

/// Milliseconds at which ids begin: 2010-11-04.
const EPOCH_MS: u64 = 1_288_834_974_657;

/// X's id of something with this number of ours: the time in the upper bits, so that ids sort by it.
fn native(number: u64) -> String {
    (((number >> 16).saturating_sub(EPOCH_MS) << 22) | (number & 0xffff)).to_string()
}

/// The answer to a call, with the quota headers.
fn answer(net: &Network, call: &Call) -> Reply {
    if call.host_part.as_deref() == Some("www") {
        return match call.segments().as_slice() {
            ["i", "oauth2", "authorize"] => oauth::authorize(net, call),
            _ => Problem::path().reply(),
        };
    }
    if call.segments().get(1) == Some(&"oauth2") {
        return oauth::answer(net, call);
    }
    let account = account_of_token(&net.world(), call);
    let (class, usual) = quota_of(call);
    let limit = net.settings().quotas.get(&call.platform).copied().unwrap_or(usual);
    let bucket = format!("{} {class}", account.as_deref().unwrap_or("app"));
    let quota = net.spend_from(call, &bucket, limit, WINDOW);
    let mut reply =
        if quota.is_exhausted { Problem::too_many().reply() } else { route(net, call).unwrap_or_else(Problem::reply) };
    set_quota(&mut reply, &quota);
    reply.set_header("x-transaction-id", format!("{:016x}", call.serial));
    reply.set_header("api-version", "2.150");
    reply
}

/// The path's class and how many calls of it a user has.
fn quota_of(call: &Call) -> (&'static str, u32) {
    let get = call.method == Method::GET;
    match call.segments().get(1..).unwrap_or_default() {
        ["tweets"] if !get => ("create", 100),
        ["tweets", _] if call.method == Method::DELETE => ("delete", 50),
        ["tweets", ..] => ("read", 5_000),
        ["users", _, "tweets"] => ("timeline", 900),
        ["users", ..] => ("users", 75),
        ["media", "upload", _, "append"] => ("append", 1_875),
        ["media", ..] => ("media", 500),
        _ => ("other", 300),
    }
}

fn route(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    match call.segments().as_slice() {
        ["2", "users", "me"] if get => users::me(net, call),
        ["2", "users", "by", "username", name] if get => users::by_name(net, call, name),
        ["2", "users", id] if get => users::by_id(net, call, id),
        ["2", "users", id, "tweets"] if get => posts::timeline(net, call, id),
        ["2", "tweets"] if get => posts::several(net, call),
        ["2", "tweets"] if post => publish::create(net, call),
        ["2", "tweets", id] if get => posts::one(net, call, id),
        ["2", "tweets", id] if call.method == Method::DELETE => publish::delete(net, call, id),
        ["2", "media", "upload"] if get => media::status(net, call),
        ["2", "media", "upload", "initialize"] if post => media::begin(net, call),
        ["2", "media", "upload", id, "append"] if post => media::append(net, call, id),
        ["2", "media", "upload", id, "finalize"] if post => media::finish(net, call, id),
        ["2", "media", "metadata"] if post => media::describe(net, call),
        _ => Err(Problem::path()),
    }
}

/// The account of a token that works and has the right.
fn caller(world: &World, call: &Call, scope: &str) -> Result<Account, Problem> {
    let text = call.token.as_deref().ok_or_else(Problem::unauthorized)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Twitter).ok_or_else(Problem::unauthorized)?;
    if token.end(call.now).is_some() {
        return Err(Problem::unauthorized());
    }
    let Holder::Account(id) = token.holder else { return Err(Problem::unauthorized()) };
    if !token.scopes.iter().any(|s| s == scope) {
        return Err(Problem::not_permitted());
    }
    world.accounts.get(&id).cloned().ok_or_else(Problem::unauthorized)
}

fn account_of_token(world: &World, call: &Call) -> Option<String> {
    match world.tokens.get(call.token.as_deref()?)?.holder {
        Holder::Account(id) => Some(id.to_string()),
        Holder::Person(_) | Holder::App => None,
    }
}

/// Writes the quota headers.
fn set_quota(reply: &mut Reply, quota: &Quota) {
    reply.set_header("x-rate-limit-limit", quota.limit.to_string());
    reply.set_header("x-rate-limit-remaining", quota.limit.saturating_sub(quota.used).to_string());
    reply.set_header("x-rate-limit-reset", quota.resets_at.as_secs().to_string());
}

/// Times have whole seconds, and milliseconds all the same.
fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hold_their_time() {
        let number = (1_577_820_376_771_u64 << 16) | 7;
        let id: u64 = native(number).parse().expect("a number");
        assert_eq!((id >> 22) + EPOCH_MS, 1_577_820_376_771);
        assert!(native(number + 1) > native(number));
    }
}
