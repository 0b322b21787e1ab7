//! YouTube: the Data API and uploads below `/youtube/`; consent, tokens, reports and pages for people
//! below `/youtube-accounts/`, `/youtube-oauth2/`, `/youtube-analytics/` and `/youtube-www/`.

mod comments;
mod error;
mod oauth;
mod protocol;
mod read;
mod reports;
mod upload;
mod videos;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{Platform, Timestamp};

use self::error::Problem;
pub(crate) use self::protocol::YouTube;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Holder, World};

/// YouTube's id of something with this number of ours: eight bytes are eleven characters.
fn native(number: u64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

fn answer(net: &Network, call: &Call) -> Reply {
    match call.host_part.as_deref() {
        Some("accounts") if call.segments().as_slice() == ["o", "oauth2", "v2", "auth"] => oauth::authorize(net, call),
        Some("oauth2") => oauth::answer(net, call),
        Some("analytics") => reports::report(net, call).unwrap_or_else(Problem::reply),
        Some(_) => Problem::path().reply(),
        None => {
            // The quota is the project's; a bucket per token keeps accounts of tests apart.
            if net.spend(call, call.token.as_deref().unwrap_or_default()).is_exhausted {
                return Problem::quota().reply();
            }
            route(net, call).unwrap_or_else(Problem::reply)
        }
    }
}

fn route(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let segments = call.segments();
    let m = |method: Method| call.method == method;
    match segments.as_slice() {
        ["upload", "youtube", "v3", "videos"] if m(Method::POST) => upload::begin(net, call),
        ["upload", "youtube", "v3", "videos"] if m(Method::PUT) => upload::receive(net, call),
        ["youtube", "v3", "channels"] if m(Method::GET) => read::channels(net, call),
        ["youtube", "v3", "playlistItems"] if m(Method::GET) => read::playlist(net, call),
        ["youtube", "v3", "videos"] if m(Method::GET) => videos::list(net, call),
        ["youtube", "v3", "videos"] if m(Method::PUT) => videos::update(net, call),
        ["youtube", "v3", "videos"] if m(Method::DELETE) => videos::delete(net, call),
        ["youtube", "v3", "commentThreads"] if m(Method::GET) => comments::threads(net, call),
        ["youtube", "v3", "commentThreads"] if m(Method::POST) => comments::begin(net, call),
        ["youtube", "v3", "comments"] if m(Method::GET) => comments::answers(net, call),
        ["youtube", "v3", "comments"] if m(Method::POST) => comments::answer(net, call),
        ["youtube", "v3", "comments"] if m(Method::DELETE) => comments::delete(net, call),
        _ => Err(Problem::path()),
    }
}

const PREFIX: &str = "https://www.googleapis.com/auth/";

/// The account of a token that works and has one of the rights, named without their prefix.
fn caller(world: &World, call: &Call, rights: &[&str]) -> Result<Account, Problem> {
    let text = call.token.as_deref().ok_or_else(Problem::token)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Youtube).ok_or_else(Problem::token)?;
    if token.end(call.now).is_some() {
        return Err(Problem::token());
    }
    let Holder::Account(id) = token.holder else { return Err(Problem::token()) };
    if !token.scopes.iter().any(|s| rights.iter().any(|r| s.strip_prefix(PREFIX) == Some(r))) {
        return Err(Problem::scope());
    }
    world.accounts.get(&id).cloned().ok_or_else(Problem::token)
}

/// Times have whole seconds.
fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_eleven_characters() {
        assert_eq!(native(1_772_442_000_123 << 16).len(), 11);
        assert_ne!(native(1), native(2));
    }
}
