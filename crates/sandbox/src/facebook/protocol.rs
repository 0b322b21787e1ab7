//! Facebook among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};
use serde_json::json;
use url::Url;

use super::error::GraphError;
use super::insights::invalid_metric;
use super::oauth::{SCOPES, page_token};
use super::{FACEBOOK_APP_ID, FACEBOOK_APP_SECRET};
use crate::call::{Call, Reply};
use crate::credentials::{Secrets, lasting_token};
use crate::faults::Endpoint;
use crate::network::{Network, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, App, Holder, Post, TokenEnd, World};

/// Facebook Pages.
pub(crate) struct Facebook;

impl Protocol for Facebook {
    fn platform(&self) -> Platform {
        Platform::Facebook
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        let method = &call.method;
        if call.host_part.as_deref() == Some("upload") {
            return Endpoint::Upload;
        }
        let asks_status = || call.text("fields").is_some_and(|f| f.split(',').any(|name| name.starts_with("status")));
        match call.segments().get(1..).unwrap_or_default() {
            ["dialog" | "oauth", _] | ["debug_token"] | ["me", "permissions", ..] => Endpoint::Oauth,
            [_, "photos"] if method == Method::POST && call.text("published") == Some("false") => Endpoint::Upload,
            [_, "videos" | "video_reels" | "video_stories"]
                if method == Method::POST && matches!(call.text("upload_phase"), Some("start" | "transfer")) =>
            {
                Endpoint::Upload
            }
            [_, "feed" | "photos" | "videos" | "video_reels" | "video_stories" | "photo_stories" | "comments"]
                if method == Method::POST =>
            {
                Endpoint::Publish
            }
            [_, "feed" | "posts" | "published_posts"] => Endpoint::List,
            [_] if method == Method::GET && asks_status() => Endpoint::Upload,
            [_, "insights" | "video_insights"] => Endpoint::Metrics,
            ["me", "accounts" | "businesses"] | ["me"] => Endpoint::Account,
            [_] if method == Method::DELETE => Endpoint::Delete,
            [id] if method == Method::GET && id.contains('_') => Endpoint::Metrics,
            [_] if method == Method::GET => Endpoint::Account,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, settings: &Settings) -> (u32, Duration) {
        (settings.facebook_calls_per_day, Duration::from_hours(24))
    }

    fn trouble(&self, call: &Call) -> Reply {
        GraphError::new(2, "An unexpected error has occurred. Please retry your request later.")
            .status(500)
            .transient()
            .reply(call)
    }

    fn too_much(&self, call: &Call) -> Reply {
        GraphError::too_much().reply(call)
    }

    fn rate_limit(&self, call: &Call, account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = GraphError::rate_limit(used_up.code.unwrap_or(4)).reply(call);
        if used_up.headers {
            super::set_usage(&mut reply, account, 100, used_up.regain_secs.div_ceil(60));
            if account.is_none() {
                let usage = json!({ "call_count": 100, "total_time": 90, "total_cputime": 70 });
                reply.set_header("x-app-usage", usage.to_string());
            }
        }
        reply
    }

    fn ended_token(&self, call: &Call, end: TokenEnd) -> Reply {
        GraphError::ended_token(end, None, call.now).reply(call)
    }

    fn permission(&self, call: &Call) -> Reply {
        GraphError::new(10, "(#10) Application does not have permission for this action").status(403).reply(call)
    }

    fn unsupported_metric(&self, call: &Call, _name: &str) -> Reply {
        invalid_metric().reply(call)
    }

    fn set_usage(&self, _call: &Call, account: Option<&str>, percent: u32, reply: &mut Reply) {
        super::set_usage(reply, account, percent, if percent >= 100 { 5 } else { 0 });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.path.get(1).cloned()
    }

    fn wants_media(&self, call: &Call) -> Vec<Url> {
        let is_upload = call.host_part.as_deref() == Some("upload");
        let address = match call.segments().get(1..).unwrap_or_default() {
            _ if call.method != Method::POST => None,
            _ if is_upload => call.header("file_url"),
            [_, "photos"] => call.text("url"),
            [_, "videos"] => call.text("file_url"),
            _ => None,
        };
        address.and_then(|a| a.parse().ok()).into_iter().collect()
    }

    fn account_id_base(&self) -> u64 {
        100_000_000_000_000
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_' || c == '.'
    }

    fn external_id(&self, account: &Account, post: &Post) -> String {
        // Comments have the post's number before their own.
        post.native_id.clone().unwrap_or_else(|| format!("{}_{}", account.id, post.id))
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/facebook/pages/{}", account.id)
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("/facebook/pages/{}/posts/{}", account.id, post.id)
    }

    fn public_page(&self, _world: &World, call: &Call) -> Option<PublicPage> {
        match call.segments().as_slice() {
            _ if call.method != Method::GET => None,
            ["pages", page] => Some(PublicPage::Profile { account: page.parse().ok() }),
            ["pages", page, "posts", post] => {
                Some(PublicPage::Post { account: page.parse().ok(), post: post.parse().ok() })
            }
            _ => None,
        }
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed { client_id: FACEBOOK_APP_ID, client_secret: FACEBOOK_APP_SECRET, scopes: &SCOPES })
    }

    /// `EAA` and letters and digits.
    fn token_text(&self, world: &World) -> String {
        let (token, tail) = (world.new_secret("token", 32), world.new_secret("tail", 16));
        format!("EAA{}{}", token.replace(['-', '_'], "Z"), tail.replace(['-', '_'], "B"))
    }

    fn tokens(&self, world: &mut World, account: &Account, app: &App, now: Timestamp) -> Secrets {
        let scopes = SCOPES.map(ToOwned::to_owned);
        let user = lasting_token(world, Holder::Person(account.owner), app, &scopes, now);
        let access = page_token(world, account.id, FACEBOOK_APP_ID, &scopes, now);
        Secrets { access, user: Some(user), refresh: None }
    }

    fn end_tokens(&self, world: &mut World, account: &Account, end: TokenEnd) {
        world.end_tokens(Holder::Account(account.id), end);
        if end != TokenEnd::Expired {
            world.end_tokens(Holder::Person(account.owner), end);
        }
    }
}
