//! Reddit among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::Value;

use super::error::ApiError;
use super::things::{base36, number, whole_id};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::credentials::{Secrets, lasting_token};
use crate::faults::Endpoint;
use crate::network::{Network, Quota, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, App, Event, Holder, Post, Token, TokenEnd, World};
use rookery_kernel::Timestamp;

/// Reddit.
pub(crate) struct Reddit;

/// Calls per account and ten minutes.
const CALLS: u32 = 1_000;
const WINDOW: Duration = Duration::from_mins(10);

/// Rights that a client can ask for and that the control's tokens have.
pub(super) const SCOPES: [&str; 7] = ["identity", "read", "history", "submit", "edit", "flair", "privatemessages"];

impl Protocol for Reddit {
    fn platform(&self) -> Platform {
        Platform::Reddit
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        match (call.host_part.as_deref(), call.segments().as_slice()) {
            (Some("www"), _) => Endpoint::Oauth,
            (Some("upload"), _) | (None, ["api", "media", ..]) => Endpoint::Upload,
            (None, ["api", "submit" | "submit_gallery_post.json" | "comment"]) => Endpoint::Publish,
            (None, ["api", "del"]) => Endpoint::Delete,
            (None, ["api", "info"]) => Endpoint::Metrics,
            (None, ["api", "v1", "me"]) => Endpoint::Account,
            (None, ["user", ..]) => Endpoint::List,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (CALLS, WINDOW)
    }

    fn trouble(&self, _call: &Call) -> Reply {
        ApiError::Status(500, "Internal Server Error").reply()
    }

    fn rate_limit(&self, call: &Call, _account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = ApiError::too_many().reply();
        if used_up.headers {
            let resets_at = call.now + Duration::from_secs(used_up.regain_secs);
            super::set_quota(&mut reply, call, &Quota { limit: CALLS, used: CALLS, resets_at, is_exhausted: true });
        }
        reply
    }

    fn ended_token(&self, _call: &Call, _end: TokenEnd) -> Reply {
        ApiError::unauthorized().reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        ApiError::forbidden().reply()
    }

    fn set_usage(&self, call: &Call, _account: Option<&str>, percent: u32, reply: &mut Reply) {
        let used = CALLS * percent / 100;
        let resets_at = call.now + WINDOW;
        super::set_quota(reply, call, &Quota { limit: CALLS, used, resets_at, is_exhausted: false });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.text("id").and_then(|ids| ids.split(',').next()).map(ToOwned::to_owned)
    }

    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.pointer_mut("/data/children").and_then(Value::as_array_mut)
    }

    fn native_account_id(&self, id: u64, _handle: &str) -> Option<String> {
        Some(base36(id))
    }

    fn native_post_id(&self, _account: &Account, id: u64) -> Option<String> {
        Some(format!("t3_{}", base36(id)))
    }

    fn external_id(&self, _account: &Account, post: &Post) -> String {
        whole_id(post)
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/reddit-www/user/{}", account.handle)
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("/reddit-www/r/{}/comments/{}/post/", super::things::community(account, post), base36(post.id))
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        if call.method != Method::GET || call.host_part.as_deref() != Some("www") {
            return None;
        }
        match call.segments().as_slice() {
            ["user", name] => {
                let account = world.account_by_handle(Platform::Reddit, name).map(|a| a.id);
                Some(PublicPage::Profile { account })
            }
            ["r", _, "comments", id, ..] => {
                let post = number(&format!("t3_{id}")).filter(|id| world.posts.contains_key(id));
                let account = post.and_then(|id| world.posts.get(&id)).map(|p| p.account);
                Some(PublicPage::Post { account, post })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![("points", numbers.reactions_total()), ("comments", numbers.comments), ("crossposts", numbers.shares)]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed { client_id: "sandbox-reddit-app", client_secret: "sandbox-reddit-4fK9", scopes: &SCOPES })
    }

    /// A lasting token, and the refresh token that came with it.
    fn tokens(&self, world: &mut World, account: &Account, app: &App, now: Timestamp) -> Secrets {
        let secret = lasting_token(world, Holder::Account(account.id), app, &app.scopes, now);
        let token = world.tokens.get(&secret).cloned();
        let Some(token) = token.filter(|t| t.refresh.is_none()) else {
            let refresh = world.tokens.get(&secret).and_then(|t| t.refresh.clone());
            return Secrets { access: secret, user: None, refresh };
        };
        let refresh = world.new_secret("refresh", 32);
        world.commit(Event::Token(Token { refresh: Some(refresh.clone()), ..token }));
        Secrets { access: secret, user: None, refresh: Some(refresh) }
    }
}
