//! TikTok: the APIs below `/tiktok/v2/`, the place for videos below `/tiktok-upload/`, pages for
//! people and the consent below `/tiktok-www/`.

mod error;
mod oauth;
mod protocol;
mod publish;
mod upload;
mod videos;

use axum::http::Method;
use rookery_kernel::Platform;

use self::error::Problem;
pub(crate) use self::protocol::TikTok;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Holder, World};

/// TikTok's id of a post with this number of ours: seconds in the upper half, so that ids sort by time.
fn native(number: u64) -> String {
    let ms = number >> 16;
    (((ms / 1000) << 32) | ((ms % 1000) << 16) | (number & 0xffff)).to_string()
}

fn answer(net: &Network, call: &Call) -> Reply {
    match call.host_part.as_deref() {
        Some("www") => match call.segments().as_slice() {
            ["v2", "auth", "authorize"] => return oauth::authorize(net, call),
            _ => return Problem::path().reply(call),
        },
        Some("upload") => return upload::receive(net, call),
        _ => {}
    }
    if call.segments().get(1) == Some(&"oauth") {
        return oauth::answer(net, call);
    }
    let bucket = format!("{} {}", call.token.as_deref().unwrap_or_default(), call.segments().join("/"));
    if net.spend(call, &bucket).is_exhausted {
        return Problem::too_many().reply(call);
    }
    route(net, call).unwrap_or_else(|problem| problem.reply(call))
}

fn route(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let post = call.method == Method::POST;
    match call.segments().as_slice() {
        ["v2", "user", "info"] if call.method == Method::GET => videos::user(net, call),
        ["v2", "video", "list"] if post => videos::list(net, call),
        ["v2", "video", "query"] if post => videos::query(net, call),
        ["v2", "post", "publish", "creator_info", "query"] if post => publish::creator(net, call),
        ["v2", "post", "publish", "video", "init"] if post => publish::video(net, call),
        ["v2", "post", "publish", "content", "init"] if post => publish::photos(net, call),
        ["v2", "post", "publish", "status", "fetch"] if post => publish::status(net, call),
        _ => Err(Problem::path()),
    }
}

/// The account of a token that works and has the right.
fn caller(world: &World, call: &Call, scope: &str) -> Result<Account, Problem> {
    let text = call.token.as_deref().ok_or_else(Problem::token)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Tiktok).ok_or_else(Problem::token)?;
    if token.end(call.now).is_some() {
        return Err(Problem::token());
    }
    let Holder::Account(id) = token.holder else { return Err(Problem::token()) };
    if !token.scopes.iter().any(|s| s == scope) {
        return Err(Problem::scope());
    }
    world.accounts.get(&id).cloned().ok_or_else(Problem::token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_have_nineteen_digits() {
        let number = (1_772_442_000_123_u64 << 16) | 7;
        let id = native(number);
        assert_eq!(id.len(), 19);
        assert!(native(number + 1) > id && native(((1_772_442_001_000) << 16) | 1) > id);
    }
}
