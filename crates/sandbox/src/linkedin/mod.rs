//! LinkedIn: the versioned REST API below `/linkedin/rest/`, consent and pages for people below
//! `/linkedin-www/`, files below `/linkedin-upload/`.
//!
//! An account is a page (`urn:li:organization:…`), or a member (`urn:li:person:…`) if its handle
//! begins with `in-`. A token belongs to the person who manages the account: it acts for that
//! person's member account and for all pages of that person.

mod assets;
mod comments;
mod error;
mod little_text;
mod member;
mod oauth;
mod people;
mod posts;
mod protocol;
mod publish;
mod statistics;

use axum::http::Method;
use rookery_kernel::Platform;

use self::error::LiError;
pub(crate) use self::protocol::LinkedIn;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Holder, Post, Token, World};

/// Versions that answer: each lives a year.
const VERSIONS: std::ops::RangeInclusive<u32> = 202_511..=202_612;

/// What the handle of a member begins with.
const MEMBER: &str = "in-";

/// Who calls.
struct Caller {
    token: Token,
    /// The person behind the token.
    person: u64,
}

impl Caller {
    fn need(&self, scope: &str) -> Result<(), LiError> {
        if self.token.scopes.iter().any(|s| s == scope) { Ok(()) } else { Err(LiError::denied()) }
    }

    /// The account with this URN, if the person may act for it with this kind of right.
    fn acts_for(&self, world: &World, urn: &str, right: &str) -> Result<Account, LiError> {
        let found = world.account_by_network_id(Some(Platform::Linkedin), urn).filter(|a| a.owner == self.person);
        let account = found.cloned().ok_or_else(LiError::denied)?;
        self.need(&format!("{right}_{}_social", if is_member(&account) { "member" } else { "organization" }))?;
        Ok(account)
    }

    /// The page with this URN, if the person manages it.
    fn manages(&self, world: &World, urn: &str) -> Result<Account, LiError> {
        self.need("rw_organization_admin")?;
        let found = world.account_by_network_id(Some(Platform::Linkedin), urn);
        found.filter(|a| a.owner == self.person && !is_member(a)).cloned().ok_or_else(LiError::denied)
    }

    /// The person's own account.
    fn member<'a>(&self, world: &'a World) -> Option<&'a Account> {
        let mut own = world.accounts.values().filter(|a| a.platform == Platform::Linkedin && a.owner == self.person);
        own.find(|a| is_member(a))
    }
}

fn is_member(account: &Account) -> bool {
    account.handle.starts_with(MEMBER)
}

/// The answer to a call.
fn answer(net: &Network, call: &Call) -> Reply {
    let mut reply = match call.host_part.as_deref() {
        Some("www") => oauth::answer(net, call),
        Some("upload") => assets::receive(net, call).unwrap_or_else(LiError::reply),
        Some(_) => LiError::not_found("host").reply(),
        None => {
            let account = account_of_token(&net.world(), call);
            let quota = net.spend(call, account.as_deref().unwrap_or("app"));
            if quota.is_exhausted {
                LiError::too_many().reply()
            } else {
                route(net, call).unwrap_or_else(LiError::reply)
            }
        }
    };
    reply.set_header("x-li-uuid", format!("AAY{:013x}", call.serial));
    reply
}

fn route(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let (get, post, delete) = (call.method == Method::GET, call.method == Method::POST, call.method == Method::DELETE);
    let segments = call.segments();
    if segments == ["v2", "userinfo"] && get {
        return people::userinfo(net, call);
    }
    if segments.first() != Some(&"rest") {
        return Err(LiError::not_found(&segments.join("/")));
    }
    check_version(call)?;
    match segments.get(1..).unwrap_or_default() {
        ["organizationAcls"] if get => people::roles(net, call),
        ["organizations"] if get => people::organizations(net, call),
        ["networkSizes", urn] if get => people::size(net, call, urn),
        ["posts"] if get => posts::list(net, call),
        ["posts"] if post => publish::create(net, call),
        ["posts", urn] if get => posts::show(net, call, urn),
        ["posts", urn] if post => publish::edit(net, call, urn),
        ["posts", urn] if delete => publish::delete(net, call, urn),
        ["images" | "videos" | "documents"] if post => assets::act(net, call, segments[1]),
        ["images" | "videos" | "documents", urn] if get => assets::show(net, call, urn),
        ["socialActions", urn] if get => comments::summary(net, call, urn),
        ["socialActions", urn, "comments"] if get => comments::list(net, call, urn),
        ["socialActions", urn, "comments"] if post => comments::create(net, call, urn),
        ["socialActions", urn, "comments", id] if delete => comments::delete(net, call, urn, id),
        ["organizationalEntityShareStatistics"] if get => statistics::shares(net, call),
        ["organizationalEntityFollowerStatistics"] if get => statistics::followers(net, call),
        ["organizationPageStatistics"] if get => statistics::visits(net, call),
        ["memberCreatorPostAnalytics"] if get => member::analytics(net, call),
        ["memberFollowersCount"] if get => member::followers(net, call),
        _ => Err(LiError::not_found(&segments.join("/"))),
    }
}

/// Both headers are needed on every path below `rest`.
fn check_version(call: &Call) -> Result<(), LiError> {
    let version = call.header("linkedin-version").ok_or_else(LiError::version_missing)?;
    let is_active = version.len() == 6 && version.parse().is_ok_and(|v| VERSIONS.contains(&v));
    if !is_active {
        return Err(LiError::nonexistent_version(version));
    }
    if call.header("x-restli-protocol-version") != Some("2.0.0") {
        return Err(LiError::illegal("X-RestLi-Protocol-Version must be 2.0.0"));
    }
    Ok(())
}

/// The caller of a token that works.
fn caller(world: &World, call: &Call) -> Result<Caller, LiError> {
    let text = call.token.as_deref().ok_or_else(LiError::no_token)?;
    let token = world.tokens.get(text).filter(|t| t.platform == Platform::Linkedin).ok_or_else(LiError::bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(LiError::ended_token(end));
    }
    let person = match token.holder {
        Holder::Account(id) => world.accounts.get(&id).map(|a| a.owner),
        Holder::Person(id) => Some(id),
        Holder::App => None,
    };
    Ok(Caller { token: token.clone(), person: person.ok_or_else(LiError::bad_token)? })
}

fn account_of_token(world: &World, call: &Call) -> Option<String> {
    match world.tokens.get(call.token.as_deref()?)?.holder {
        Holder::Account(id) | Holder::Person(id) => Some(id.to_string()),
        Holder::App => None,
    }
}

/// The post or comment with this URN, deleted ones too, and its author. Posts have an activity besides.
fn find_any(world: &World, urn: &str) -> Option<(Account, Post)> {
    let by_native = || world.native_posts.get(&(Platform::Linkedin, urn.to_owned())).copied();
    let number = by_native().or_else(|| urn.strip_prefix("urn:li:activity:")?.parse().ok());
    let post = world.posts.get(&number?)?;
    let account = world.accounts.get(&post.account).filter(|a| a.platform == Platform::Linkedin)?;
    Some((account.clone(), post.clone()))
}

/// The same, if it exists now.
fn find(world: &World, call: &Call, urn: &str) -> Result<(Account, Post), LiError> {
    find_any(world, urn).filter(|(_, p)| p.is_visible(call.now)).ok_or_else(|| LiError::not_found(urn))
}

/// The values of `List(a,b)`.
fn list(text: &str) -> Vec<&str> {
    let inside = text.strip_prefix("List(").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    inside.split(',').filter(|v| !v.is_empty()).collect()
}

/// The number behind a name in a Rest.li value: `start` of `(start:1,end:2)`.
fn number_in(text: &str, name: &str) -> Option<i64> {
    let after = &text[text.find(&format!("{name}:"))? + name.len() + 1..];
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..end].parse().ok()
}
