//! A server of the AT Protocol with the app view behind it, below `/bluesky/`, and the video service
//! below `/bluesky-video/`.

mod blobs;
mod error;
mod feed;
mod ids;
mod protocol;
mod records;
mod sessions;
mod validate;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};
use serde_json::{Value, json};

use self::error::XrpcError;
pub(crate) use self::protocol::Bluesky;
pub use self::sessions::BLUESKY_APP_PASSWORD;
use crate::call::{Call, Reply};
use crate::network::{Network, Quota};
use crate::world::{Account, Holder, World};

/// The collection of posts; the only one that is simulated.
const POSTS: &str = "app.bsky.feed.post";

/// The answer to a call, with the quota headers.
fn answer(net: &Network, call: &Call) -> Reply {
    let account = account_of_token(&net.world(), call).map(|a| a.network_id());
    let quota = net.spend(call, account.as_deref().unwrap_or("address"));
    let mut reply = if quota.is_exhausted {
        XrpcError::too_many().reply()
    } else {
        route(net, call).unwrap_or_else(|error| error.reply())
    };
    set_quota(&mut reply, &quota);
    reply
}

fn route(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let segments = call.segments();
    let (["xrpc", name], host) = (segments.as_slice(), call.host_part.as_deref()) else {
        return Ok(Reply::json(404, json!({ "error": "NotFound", "message": "Not found" })));
    };
    let is_get = call.method == Method::GET;
    match (host, *name, is_get) {
        (None, "com.atproto.server.describeServer", true) => Ok(sessions::describe(call)),
        (None, "com.atproto.server.createSession", false) => sessions::create(net, call),
        (None, "com.atproto.server.refreshSession", false) => sessions::refresh(net, call),
        (None, "com.atproto.server.deleteSession", false) => sessions::delete(net, call),
        (None, "com.atproto.server.getSession", true) => sessions::show(net, call),
        (None, "com.atproto.server.getServiceAuth", true) => sessions::service_auth(net, call),
        (None, "com.atproto.identity.resolveHandle", true) => feed::resolve_handle(net, call),
        (None, "com.atproto.repo.uploadBlob", false) => blobs::upload(net, call),
        (None, "com.atproto.repo.putRecord", false) => records::put(net, call),
        (None, "com.atproto.repo.createRecord", false) => records::create(net, call),
        (None, "com.atproto.repo.getRecord", true) => records::get(net, call),
        (None, "com.atproto.repo.listRecords", true) => records::list(net, call),
        (None, "com.atproto.repo.deleteRecord", false) => records::delete(net, call),
        (None, "app.bsky.actor.getProfile", true) => feed::profile(net, call),
        (None, "app.bsky.feed.getAuthorFeed", true) => feed::author_feed(net, call),
        (None, "app.bsky.feed.getPosts", true) => feed::posts(net, call),
        (Some("video"), "app.bsky.video.uploadVideo", false) => blobs::upload_video(net, call),
        (Some("video"), "app.bsky.video.getJobStatus", true) => blobs::job_status(net, call),
        _ => Err(XrpcError::new(501, "MethodNotImplemented", "Method Not Implemented")),
    }
}

fn account_of_token(world: &World, call: &Call) -> Option<Account> {
    let token = world.tokens.get(call.token.as_deref()?).filter(|t| t.platform == Platform::Bluesky)?;
    match token.holder {
        Holder::Account(id) => world.accounts.get(&id).cloned(),
        Holder::Person(_) | Holder::App => None,
    }
}

/// The account of an access token that works.
fn caller(world: &World, call: &Call) -> Result<Account, XrpcError> {
    let text = call.token.as_deref().ok_or_else(XrpcError::auth_missing)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Bluesky).ok_or_else(XrpcError::bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(XrpcError::ended_token(end));
    }
    if token.client_id == sessions::SERVICE {
        return Err(XrpcError::bad_token());
    }
    account_of_token(world, call).ok_or_else(XrpcError::bad_token)
}

/// The account with this DID or handle.
fn actor<'a>(world: &'a World, name: &str) -> Option<&'a Account> {
    let of_us = |a: &&Account| a.platform == Platform::Bluesky;
    world.accounts.values().filter(of_us).find(|a| a.network_id() == name || handle(a).eq_ignore_ascii_case(name))
}

/// A handle is a host name; short ones live below the server's own.
fn handle(account: &Account) -> String {
    if account.handle.contains('.') { account.handle.clone() } else { format!("{}.sandbox.test", account.handle) }
}

/// Writes the quota headers.
fn set_quota(reply: &mut Reply, quota: &Quota) {
    reply.set_header("ratelimit-limit", quota.limit.to_string());
    reply.set_header("ratelimit-remaining", quota.limit.saturating_sub(quota.used).to_string());
    reply.set_header("ratelimit-reset", quota.resets_at.as_secs().to_string());
    reply.set_header("ratelimit-policy", format!("{};w=300", quota.limit));
}

/// With milliseconds always.
fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A parameter that must be there.
fn needed<'a>(call: &'a Call, name: &str) -> Result<&'a str, XrpcError> {
    call.text(name).ok_or_else(|| XrpcError::invalid(format!("Error: Params must have the property \"{name}\"")))
}

/// `limit` between 1 and `max`.
fn limit(call: &Call, usual: usize, max: usize) -> Result<usize, XrpcError> {
    let Some(text) = call.text("limit") else { return Ok(usual) };
    let number = text.parse().ok().filter(|n| (1..=max).contains(n));
    number.ok_or_else(|| XrpcError::invalid(format!("Error: limit can not be greater than {max} or less than 1")))
}

/// An empty success.
fn done() -> Reply {
    Reply::new(200, crate::call::Content::Empty)
}

/// A blob as records name it.
fn blob_ref(cid: &str, mime: &str, size: u64) -> Value {
    json!({ "$type": "blob", "ref": { "$link": cid }, "mimeType": mime, "size": size })
}
