//! YouTube among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::Platform;
use serde_json::Value;

use super::error::Problem;
use super::native;
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, Post, TokenEnd, World};

/// YouTube.
pub(crate) struct YouTube;

/// Rights that a client can ask for and that the control's tokens have.
pub(super) const SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/youtube.upload",
    "https://www.googleapis.com/auth/youtube.readonly",
    "https://www.googleapis.com/auth/youtube.force-ssl",
    "https://www.googleapis.com/auth/yt-analytics.readonly",
];

impl Protocol for YouTube {
    fn platform(&self) -> Platform {
        Platform::Youtube
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        match call.host_part.as_deref() {
            Some("accounts" | "oauth2") => return Endpoint::Oauth,
            Some("analytics") => return Endpoint::Metrics,
            Some(_) => return Endpoint::Other,
            None => {}
        }
        let method = &call.method;
        match call.segments().as_slice() {
            ["upload", ..] => Endpoint::Upload,
            ["youtube", "v3", "videos"] if method == Method::PUT => Endpoint::Publish,
            ["youtube", "v3", "comments" | "commentThreads"] if method == Method::POST => Endpoint::Publish,
            ["youtube", "v3", ..] if method == Method::DELETE => Endpoint::Delete,
            ["youtube", "v3", "channels"] => Endpoint::Account,
            ["youtube", "v3", "playlistItems" | "comments" | "commentThreads"] => Endpoint::List,
            // A look at how far the processing is.
            ["youtube", "v3", "videos"] if call.text("part") == Some("status") => Endpoint::Upload,
            ["youtube", "v3", "videos"] => Endpoint::Metrics,
            _ => Endpoint::Other,
        }
    }

    /// Units of the project and day; every call counts one here.
    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (10_000, Duration::from_hours(24))
    }

    fn trouble(&self, _call: &Call) -> Reply {
        Problem::trouble().reply()
    }

    /// YouTube tells no quota in headers.
    fn rate_limit(&self, _call: &Call, _account: Option<&str>, _used_up: UsedUp) -> Reply {
        Problem::quota().reply()
    }

    fn ended_token(&self, _call: &Call, _end: TokenEnd) -> Reply {
        Problem::token().reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        Problem::scope().reply()
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.text("id")?.split(',').next().map(ToOwned::to_owned)
    }

    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("items").and_then(Value::as_array_mut)
    }

    /// Channel ids are `UC` and 22 characters.
    fn native_account_id(&self, id: u64, _handle: &str) -> Option<String> {
        let half = id.to_be_bytes();
        Some(format!("UC{}", URL_SAFE_NO_PAD.encode([half, half].concat())))
    }

    fn native_post_id(&self, _account: &Account, id: u64) -> Option<String> {
        Some(native(id))
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/youtube-www/channel/{}", account.network_id())
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("/youtube-www/watch?v={}", self.external_id(account, post))
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        if call.method != Method::GET || call.host_part.as_deref() != Some("www") {
            return None;
        }
        match call.segments().as_slice() {
            ["channel", id] => {
                let account = world.account_by_network_id(Some(Platform::Youtube), id).map(|a| a.id);
                Some(PublicPage::Profile { account })
            }
            ["watch"] => {
                // A comment has its address on the page of the video.
                let id = call.text("lc").or_else(|| call.text("v")).unwrap_or_default().to_owned();
                let post = world.native_posts.get(&(Platform::Youtube, id)).copied();
                let account = post.and_then(|p| world.posts.get(&p)).map(|p| p.account);
                Some(PublicPage::Post { account, post })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![("views", numbers.views), ("likes", numbers.reactions_total()), ("comments", numbers.comments)]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed {
            client_id: "1066-sandbox.apps.googleusercontent.com",
            client_secret: "GOCSPX-sandbox-7hK2pQ9s",
            scopes: &SCOPES,
        })
    }
}
