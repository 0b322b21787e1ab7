//! X among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;

use super::error::Problem;
use super::{WINDOW, native};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Quota, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, Post, TokenEnd, World};

/// X.
pub(crate) struct Twitter;

/// Reads per user and time, where nothing narrower holds.
const CALLS: u32 = 900;

/// Rights that a client can ask for and that the control's tokens have.
pub(super) const SCOPES: [&str; 7] =
    ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access", "like.read", "tweet.moderate.write"];

impl Protocol for Twitter {
    fn platform(&self) -> Platform {
        Platform::Twitter
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        let method = &call.method;
        match call.segments().get(1..).unwrap_or_default() {
            ["oauth2", ..] => Endpoint::Oauth,
            ["tweets"] if method == Method::POST => Endpoint::Publish,
            ["tweets", _] if method == Method::DELETE => Endpoint::Delete,
            ["tweets", ..] => Endpoint::Metrics,
            ["users", _, "tweets"] => Endpoint::List,
            ["users", ..] => Endpoint::Account,
            ["media", ..] => Endpoint::Upload,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (CALLS, WINDOW)
    }

    fn trouble(&self, _call: &Call) -> Reply {
        Problem::trouble().reply()
    }

    fn rate_limit(&self, call: &Call, _account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = Problem::too_many().reply();
        if used_up.headers {
            let resets_at = call.now + Duration::from_secs(used_up.regain_secs);
            super::set_quota(&mut reply, &Quota { limit: CALLS, used: CALLS, resets_at, is_exhausted: true });
        }
        reply
    }

    fn ended_token(&self, _call: &Call, _end: TokenEnd) -> Reply {
        Problem::unauthorized().reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        Problem::not_permitted().reply()
    }

    fn set_usage(&self, call: &Call, _account: Option<&str>, percent: u32, reply: &mut Reply) {
        let used = CALLS * percent / 100;
        super::set_quota(reply, &Quota { limit: CALLS, used, resets_at: call.now + WINDOW, is_exhausted: false });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        let first = call.text("ids").and_then(|ids| ids.split(',').next()).map(ToOwned::to_owned);
        call.path.get(2).cloned().or(first)
    }

    fn native_post_id(&self, _account: &Account, id: u64) -> Option<String> {
        Some(native(id))
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_'
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/twitter-www/{}", account.handle)
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("{}/status/{}", self.profile_path(account), self.external_id(account, post))
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        if call.method != Method::GET || call.host_part.as_deref() != Some("www") {
            return None;
        }
        let by_handle = |name: &str| world.account_by_handle(Platform::Twitter, name).map(|a| a.id);
        match call.segments().as_slice() {
            [name] => Some(PublicPage::Profile { account: by_handle(name) }),
            [name, "status", id] => {
                let post = world.native_posts.get(&(Platform::Twitter, (*id).to_owned())).copied();
                // `i` stands for every name.
                let author = || world.posts.get(&post?).map(|p| p.account);
                let account = if *name == "i" { author() } else { by_handle(name) };
                Some(PublicPage::Post { account, post })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("replies", numbers.comments),
            ("reposts", numbers.shares),
            ("likes", numbers.reactions_total()),
            ("views", numbers.views),
        ]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed {
            client_id: "c2FuZGJveC14LWFwcDoxOmNp",
            client_secret: "sandbox-x-3Vb8kQ0dWm2pLs5nYt7r",
            scopes: &SCOPES,
        })
    }
}
