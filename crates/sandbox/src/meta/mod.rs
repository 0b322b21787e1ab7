//! What Instagram and Threads have in common: tokens, accounts, containers, listings, insights. They
//! speak the Graph API with Facebook's errors and fields.

pub(crate) mod containers;
pub(crate) mod insights;
pub(crate) mod listing;
pub(crate) mod oauth;

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};
use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::facebook::error::{GraphError, trace_id};
use crate::facebook::fields::{parse, select};
use crate::network::{Network, Quota};
use crate::world::{Account, Holder, Post, Token, World};

/// What one of the two says in its own words.
pub(crate) struct Shape {
    pub platform: Platform,
    /// The container's fields for its state and for the reason of a failure.
    pub state: &'static str,
    pub reason: &'static str,
    /// Grant types that lengthen and renew a token.
    pub exchange: &'static str,
    pub refresh: &'static str,
    /// Rights.
    pub scopes: &'static [&'static str],
    pub publish_scope: &'static str,
    pub insights_scope: &'static str,
    /// Posts per account and day.
    pub posts_per_day: u32,
    /// Pictures that are taken.
    pub pictures: &'static [&'static str],
    pub carousel_max: usize,
    /// The wrong medium is told at once, or by the container.
    pub refuses_at_once: bool,
    /// Whether a path's first segment is a version.
    pub is_version: fn(&str) -> bool,
}

/// Calls per account and day.
const CALLS: u32 = 4_800;

pub(crate) const fn quota() -> (u32, Duration) {
    (CALLS, Duration::from_hours(24))
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub token: Token,
    pub account: Account,
}

impl Caller {
    pub fn need(&self, scope: &str) -> Result<(), GraphError> {
        if self.token.scopes.iter().any(|s| s == scope) {
            return Ok(());
        }
        let message = format!("(#10) Application does not have permission for this action: {scope}");
        Err(GraphError::new(10, message).status(403))
    }
}

/// The caller of a token that works.
pub(crate) fn caller(world: &World, call: &Call) -> Result<Caller, GraphError> {
    let text = call.token.as_deref().ok_or_else(GraphError::no_token)?;
    let token = world.tokens.get(text).filter(|t| t.platform == call.platform).ok_or_else(bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(GraphError::ended_token(end, token.expires_at, call.now).status(401));
    }
    let account = match token.holder {
        Holder::Account(id) => world.accounts.get(&id).cloned(),
        Holder::Person(_) | Holder::App => None,
    };
    Ok(Caller { token: token.clone(), account: account.ok_or_else(bad_token)? })
}

fn bad_token() -> GraphError {
    GraphError::bad_token().status(401)
}

/// The caller, if the edge is one of their own account: `me` or its id.
pub(crate) fn owner(world: &World, call: &Call, id: &str, verb: &str) -> Result<Caller, GraphError> {
    let caller = caller(world, call)?;
    if id == "me" || id == caller.account.network_id() {
        return Ok(caller);
    }
    Err(GraphError::unknown_object(id, verb))
}

/// A post of the caller that exists.
pub(crate) fn own_post(world: &World, call: &Call, id: &str, verb: &str) -> Result<(Caller, Post), GraphError> {
    let caller = caller(world, call)?;
    let found = id.parse().ok().and_then(|id| world.post(id, call.now));
    let post = found.filter(|p| p.account == caller.account.id).cloned();
    Ok((caller, post.ok_or_else(|| GraphError::unknown_object(id, verb))?))
}

/// Any post of the network that exists: others may be answered.
pub(crate) fn any_post(world: &World, call: &Call, id: &str) -> Option<Post> {
    let post = world.post(id.parse().ok()?, call.now)?;
    let author = world.accounts.get(&post.account)?;
    (author.platform == call.platform).then(|| post.clone())
}

/// The answer to a call, with the usage headers.
pub(crate) fn answer(
    net: &Network,
    call: &Call,
    shape: &Shape,
    route: fn(&Network, &Call) -> Result<Reply, GraphError>,
) -> Reply {
    let account = caller(&net.world(), call).ok().map(|c| c.account.network_id());
    let quota = net.spend(call, account.as_deref().unwrap_or("app"));
    let mut reply = if quota.is_exhausted {
        GraphError::rate_limit(4).reply(call)
    } else {
        route(net, call).unwrap_or_else(|error| error.reply(call))
    };
    let percent = (quota.used * 100).div_ceil(quota.limit.max(1));
    set_usage(shape, &mut reply, account.as_deref(), percent, regain_minutes(&quota, call));
    reply.set_header("x-fb-trace-id", trace_id(call));
    reply
}

fn regain_minutes(quota: &Quota, call: &Call) -> u64 {
    if quota.is_exhausted { quota.resets_at.since(call.now).as_secs().div_ceil(60) } else { 0 }
}

/// Writes the usage headers: per app always, per account with its token.
pub(crate) fn set_usage(shape: &Shape, reply: &mut Reply, account: Option<&str>, percent: u32, regain_minutes: u64) {
    let of_app =
        json!({ "call_count": if account.is_some() { 1 } else { percent }, "total_time": 1, "total_cputime": 1 });
    reply.set_header("x-app-usage", of_app.to_string());
    if let Some(account) = account {
        let entry = json!([{
            "type": shape.platform.label(),
            "call_count": percent,
            "total_cputime": percent * 7 / 10,
            "total_time": percent * 9 / 10,
            "estimated_time_to_regain_access": regain_minutes,
        }]);
        reply.set_header("x-business-use-case-usage", json!({ account: entry }).to_string());
    }
}

/// The path behind the version; a version that is none is an unknown path.
pub(crate) fn below<'a, 'b>(segments: &'a [&'b str], shape: &Shape) -> &'a [&'b str] {
    match segments.split_first() {
        Some((first, rest)) if (shape.is_version)(first) => rest,
        _ => segments,
    }
}

/// The fields that were asked for, of an object with all of them; null is left out, the id is always
/// there, and a field that does not exist is an error.
pub(crate) fn shaped(call: &Call, usual: &str, node: &Value, kind: &str) -> Result<Value, GraphError> {
    let fields = parse(call.text("fields").unwrap_or(usual))?;
    let mut shown = serde_json::Map::new();
    for field in &fields {
        let Some(value) = node.get(&field.name) else {
            let name = &field.name;
            let message = format!("Tried accessing nonexisting field ({name}) on node type ({kind})");
            return Err(GraphError::parameter(&message));
        };
        if !value.is_null() {
            shown.insert(field.name.clone(), select(value.clone(), &field.sub));
        }
    }
    shown.insert("id".into(), node.get("id").cloned().unwrap_or_default());
    Ok(Value::Object(shown))
}

/// The network writes offsets without a colon.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// A short name for addresses, made of the number.
pub(crate) fn shortcode(id: u64) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut rest = id;
    let mut code = Vec::new();
    while rest > 0 {
        code.push(char::from(SIGNS[usize::try_from(rest % 64).unwrap_or(0)]));
        rest /= 64;
    }
    code.into_iter().rev().collect()
}

/// Address of a picture of the post.
pub(crate) fn picture(call: &Call, post: &Post) -> String {
    format!("{}/media/post/{}.svg", call.origin, post.id)
}

/// A call that reads.
pub(crate) fn is_get(call: &Call) -> bool {
    call.method == Method::GET
}
