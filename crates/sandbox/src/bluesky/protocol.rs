//! Bluesky among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::Value;

use super::error::XrpcError;
use super::ids;
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Quota, Settings};
use crate::protocol::{Protocol, PublicPage, UsedUp};
use crate::world::{Account, Post, TokenEnd, World};

/// A server of Bluesky.
pub(crate) struct Bluesky;

/// Calls per account and [`WINDOW`], as servers have it unless told otherwise.
const CALLS: u32 = 3_000;
const WINDOW: Duration = Duration::from_mins(5);

impl Protocol for Bluesky {
    fn platform(&self) -> Platform {
        Platform::Bluesky
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        match call.path.get(1).map(String::as_str).unwrap_or_default() {
            "com.atproto.server.createSession"
            | "com.atproto.server.refreshSession"
            | "com.atproto.server.deleteSession" => Endpoint::Oauth,
            "com.atproto.repo.putRecord" | "com.atproto.repo.createRecord" => Endpoint::Publish,
            "com.atproto.repo.deleteRecord" => Endpoint::Delete,
            "com.atproto.repo.listRecords" | "app.bsky.feed.getAuthorFeed" => Endpoint::List,
            "com.atproto.repo.getRecord" | "app.bsky.feed.getPosts" => Endpoint::Metrics,
            "com.atproto.server.getSession" | "app.bsky.actor.getProfile" => Endpoint::Account,
            "com.atproto.repo.uploadBlob"
            | "com.atproto.server.getServiceAuth"
            | "app.bsky.video.uploadVideo"
            | "app.bsky.video.getJobStatus" => Endpoint::Upload,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (CALLS, WINDOW)
    }

    fn trouble(&self, _call: &Call) -> Reply {
        XrpcError::new(500, "InternalServerError", "Internal Server Error").reply()
    }

    fn rate_limit(&self, call: &Call, _account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = XrpcError::too_many().reply();
        if used_up.headers {
            let resets_at = call.now + Duration::from_secs(used_up.regain_secs);
            super::set_quota(&mut reply, &Quota { limit: CALLS, used: CALLS, resets_at, is_exhausted: true });
        }
        reply
    }

    fn ended_token(&self, _call: &Call, end: TokenEnd) -> Reply {
        XrpcError::ended_token(end).reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        XrpcError::new(403, "ScopeMissingError", "Missing required scope").reply()
    }

    fn set_usage(&self, call: &Call, _account: Option<&str>, percent: u32, reply: &mut Reply) {
        let used = CALLS * percent / 100;
        super::set_quota(reply, &Quota { limit: CALLS, used, resets_at: call.now + WINDOW, is_exhausted: false });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.list("uris").first().map(|uri| (*uri).to_owned()).or_else(|| {
            let (repo, key) = (call.text("repo")?, call.text("rkey")?);
            Some(ids::uri(repo, key))
        })
    }

    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        let name = if body.get("feed").is_some() { "feed" } else { "records" };
        body.get_mut(name).and_then(Value::as_array_mut)
    }

    fn native_account_id(&self, id: u64, _handle: &str) -> Option<String> {
        Some(ids::did(id))
    }

    fn native_post_id(&self, account: &Account, id: u64) -> Option<String> {
        Some(ids::uri(&account.network_id(), &ids::record_key(id)))
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.')
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/bluesky/profile/{}", account.network_id())
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        let id = account.external_id(post);
        format!("{}/post/{}", self.profile_path(account), id.rsplit('/').next().unwrap_or_default())
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        let account = |name: &str| super::actor(world, name).map(|a| a.id);
        match call.segments().as_slice() {
            _ if call.method != Method::GET || call.host_part.is_some() => None,
            ["profile", name] => Some(PublicPage::Profile { account: account(name) }),
            ["profile", name, "post", key] => {
                let did = super::actor(world, name).map(Account::network_id);
                let post = did.and_then(|did| world.post_number(Platform::Bluesky, &ids::uri(&did, key)));
                Some(PublicPage::Post { account: account(name), post })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("likes", numbers.reactions_total()),
            ("reposts", numbers.shares),
            ("replies", numbers.comments),
            ("quotes", numbers.quotes),
        ]
    }
}
