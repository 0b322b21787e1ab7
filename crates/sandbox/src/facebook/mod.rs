//! Facebook Pages: the Graph API below `/facebook/{version}/`.

mod batch;
mod comments;
pub(crate) mod error;
pub(crate) mod fields;
mod insights;
pub(crate) mod listing;
mod media;
mod nodes;
mod oauth;
mod protocol;
mod publish;

use axum::http::Method;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rookery_kernel::Platform;
use serde_json::{Value, json};
use sha2::Sha256;

use self::error::GraphError;
pub(crate) use self::protocol::Facebook;
use crate::call::{Call, Reply};
use crate::network::{Network, Quota};
use crate::world::{Account, App, Holder, Person, Token, World};

/// Id of the app that the sandbox knows from the start.
pub const FACEBOOK_APP_ID: &str = "734012345678901";
/// Its secret.
pub const FACEBOOK_APP_SECRET: &str = "5a6e64626f78206661636562";

/// Oldest and newest version that answer.
const VERSIONS: std::ops::RangeInclusive<u32> = 20..=26;

/// Who calls.
#[derive(Debug, Clone)]
struct Caller {
    token: Token,
    who: Who,
}

#[derive(Debug, Clone)]
enum Who {
    Page(Account),
    Person(Person),
}

/// The answer to a call, with the usage headers.
fn answer(net: &Network, call: &Call) -> Reply {
    let page = page_of_token(&net.world(), call);
    let quota = net.spend(call, page.as_deref().unwrap_or("app"));
    let mut reply = if quota.is_exhausted {
        GraphError::rate_limit(if page.is_some() { 80_001 } else { 4 }).reply(call)
    } else {
        respond(net, call)
    };
    let percent = (quota.used * 100).div_ceil(quota.limit.max(1));
    set_usage(&mut reply, page.as_deref(), percent, regain_minutes(&quota, call));
    let version = call.path.first().filter(|v| version_of(v).is_some());
    reply.set_header("facebook-api-version", version.map_or("v20.0", String::as_str));
    reply.set_header("x-fb-trace-id", error::trace_id(call));
    reply
}

/// The answer without quota: items of a batch come here too.
fn respond(net: &Network, call: &Call) -> Reply {
    route(net, call).unwrap_or_else(|error| error.reply(call))
}

fn route(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let segments = call.segments();
    let (version, path) = match segments.split_first() {
        Some((first, rest)) if version_of(first).is_some() => (version_of(first).unwrap_or_default(), rest),
        // Without a version the oldest one answers.
        _ => (*VERSIONS.start(), segments.as_slice()),
    };
    let is_upload = call.host_part.as_deref() == Some("upload");
    if !VERSIONS.contains(&version) && !is_upload {
        return Err(GraphError::unknown_path(&segments.join("/")));
    }
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    let delete = call.method == Method::DELETE;
    if is_upload {
        return match segments.as_slice() {
            ["video-upload", _, id] if post => media::upload(net, call, id),
            _ => Err(GraphError::unknown_path(&segments.join("/"))),
        };
    }
    match path {
        [] if post && call.param("batch").is_some() => batch::run(net, call),
        ["dialog", "oauth"] if get || post => oauth::dialog(net, call),
        ["oauth", "access_token"] if get || post => oauth::access_token(net, call),
        ["debug_token"] if get => oauth::debug_token(net, call),
        ["me", "permissions", ..] if get => oauth::permissions(net, call),
        ["me", "permissions", ..] if delete => oauth::remove_app(net, call),
        ["me", "accounts"] if get => nodes::accounts(net, call),
        ["me", "businesses"] if get => caller(&net.world(), call).map(|_| Reply::ok(json!({ "data": [] }))),
        [page, "feed"] if post => publish::feed(net, call, page),
        [page, "feed" | "posts" | "published_posts"] if get => listing::posts(net, call, page),
        [page, "photos"] if post => media::photos(net, call, page),
        [page, "videos"] if post => media::videos(net, call, page),
        [page, "video_reels"] if post => media::reels(net, call, page, "reel"),
        [page, "video_stories"] if post => media::reels(net, call, page, "story"),
        [page, "photo_stories"] if post => media::photo_story(net, call, page),
        [page, "stories"] if get => media::stories(net, call, page),
        [object, "comments"] if post => comments::create(net, call, object),
        [object, "comments"] if get => comments::list(net, call, object),
        [id, "insights"] if get => insights::answer(net, call, id, version),
        [video, "video_insights"] if get => insights::of_video(net, call, video),
        [post_id, "reactions" | "likes"] if get => nodes::edge(net, call, post_id, path[1]),
        [id] if get => nodes::node(net, call, id),
        [id] if post => publish::edit(net, call, id),
        [id] if delete => publish::delete(net, call, id),
        _ => Err(GraphError::unknown_path(&path.join("/"))),
    }
}

/// `v25.0` is 25.
fn version_of(segment: &str) -> Option<u32> {
    let (major, minor) = segment.strip_prefix('v')?.split_once('.')?;
    minor.parse::<u32>().ok()?;
    major.parse().ok()
}

/// The caller of a token that works, with the proof checked where one is sent.
fn caller(world: &World, call: &Call) -> Result<Caller, GraphError> {
    let text = call.token.as_deref().ok_or_else(GraphError::no_token)?;
    let token =
        world.tokens.get(text).filter(|t| t.platform == Platform::Facebook).ok_or_else(GraphError::bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(GraphError::ended_token(end, token.expires_at, call.now));
    }
    check_proof(world, call, token)?;
    let who = match token.holder {
        Holder::Account(id) => world.accounts.get(&id).cloned().map(Who::Page),
        Holder::Person(id) => world.people.get(&id).cloned().map(Who::Person),
        Holder::App => None,
    };
    Ok(Caller { token: token.clone(), who: who.ok_or_else(GraphError::bad_token)? })
}

fn check_proof(world: &World, call: &Call, token: &Token) -> Result<(), GraphError> {
    let (Some(sent), Some(app)) = (call.param("appsecret_proof"), world.apps.get(&token.client_id)) else {
        return Ok(());
    };
    if sent == proof(app, &token.secret) {
        return Ok(());
    }
    Err(GraphError::new(100, "Invalid appsecret_proof provided in the API argument").kind("GraphMethodException"))
}

fn proof(app: &App, token: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app.client_secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

impl Caller {
    fn need(&self, scope: &str) -> Result<(), GraphError> {
        if self.token.scopes.iter().any(|s| s == scope) { Ok(()) } else { Err(GraphError::permission(scope)) }
    }

    /// Whether this token may see the page's inside.
    fn may_see(&self, page: &Account) -> bool {
        match &self.who {
            Who::Page(own) => own.id == page.id,
            Who::Person(person) => person.id == page.owner,
        }
    }
}

/// A page by its id, its name, or `me` with its own token.
fn page(world: &World, caller: &Caller, id: &str) -> Option<Account> {
    if let ("me", Who::Page(page)) = (id, &caller.who) {
        return Some(page.clone());
    }
    let by_id = id.parse().ok().and_then(|id: u64| world.accounts.get(&id));
    let found = by_id.or_else(|| world.account_by_handle(Platform::Facebook, id));
    found.filter(|a| a.platform == Platform::Facebook).cloned()
}

/// The page's id, if the token is a page's.
fn page_of_token(world: &World, call: &Call) -> Option<String> {
    match world.tokens.get(call.token.as_deref()?)?.holder {
        Holder::Account(id) => Some(id.to_string()),
        Holder::Person(_) | Holder::App => None,
    }
}

fn regain_minutes(quota: &Quota, call: &Call) -> u64 {
    if quota.is_exhausted { quota.resets_at.since(call.now).as_secs().div_ceil(60) } else { 0 }
}

/// Writes the usage headers: per app always, per page with a page's token.
fn set_usage(reply: &mut Reply, page: Option<&str>, percent: u32, regain_minutes: u64) {
    let (total, cpu) = (percent * 9 / 10, percent * 7 / 10);
    let of_app = json!({ "call_count": if page.is_some() { 1 } else { percent }, "total_time": 1, "total_cputime": 1 });
    reply.set_header("x-app-usage", of_app.to_string());
    if let Some(page) = page {
        let entry = json!([{
            "type": "pages",
            "call_count": percent,
            "total_cputime": cpu,
            "total_time": total,
            "estimated_time_to_regain_access": regain_minutes,
        }]);
        let by_page: Value = json!({ page: entry });
        reply.set_header("x-business-use-case-usage", by_page.to_string());
    }
}

/// The network writes offsets without a colon.
fn time(at: rookery_kernel::Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}
