//! TikTok among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::Value;
use url::Url;

use super::error::Problem;
use super::{native, publish, upload};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, Format, Holder, Post, TokenEnd, World};

/// TikTok.
pub(crate) struct TikTok;

/// Rights that a client can ask for and that the control's tokens have.
pub(super) const SCOPES: [&str; 6] =
    ["user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish", "video.upload"];

impl Protocol for TikTok {
    fn platform(&self) -> Platform {
        Platform::Tiktok
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        if call.host_part.as_deref() == Some("upload") {
            // The last chunk makes the video public.
            let is_last = upload::range(call).is_some_and(|(_, end, total)| end == total);
            return if is_last { Endpoint::Publish } else { Endpoint::Upload };
        }
        match call.segments().get(1..).unwrap_or_default() {
            ["oauth" | "auth", ..] => Endpoint::Oauth,
            ["post", "publish", "content", "init"] => Endpoint::Publish,
            ["post", ..] => Endpoint::Upload,
            ["video", "list"] => Endpoint::List,
            ["video", "query"] => Endpoint::Metrics,
            ["user", ..] => Endpoint::Account,
            _ => Endpoint::Other,
        }
    }

    /// Per path and token.
    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (600, Duration::from_mins(1))
    }

    fn trouble(&self, call: &Call) -> Reply {
        Problem::trouble().reply(call)
    }

    /// TikTok tells no quota in headers.
    fn rate_limit(&self, call: &Call, _account: Option<&str>, _used_up: UsedUp) -> Reply {
        Problem::too_many().reply(call)
    }

    fn ended_token(&self, call: &Call, _end: TokenEnd) -> Reply {
        Problem::token().reply(call)
    }

    fn permission(&self, call: &Call) -> Reply {
        Problem::scope().reply(call)
    }

    fn account_of(&self, net: &Network, call: &Call) -> Option<String> {
        let world = net.world();
        let id = if call.host_part.as_deref() == Some("upload") {
            upload::container(&world, call)?.account
        } else {
            match world.tokens.get(call.token.as_deref()?)?.holder {
                Holder::Account(id) => id,
                Holder::Person(_) | Holder::App => return None,
            }
        };
        world.accounts.get(&id).map(Account::network_id)
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.json.as_ref()?.pointer("/filters/video_ids/0")?.as_str().map(ToOwned::to_owned)
    }

    fn wants_media(&self, call: &Call) -> Vec<Url> {
        if call.segments().as_slice() != ["v2", "post", "publish", "content", "init"] {
            return Vec::new();
        }
        publish::picture_urls(call).into_iter().filter_map(|url| url.parse().ok()).collect()
    }

    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.pointer_mut("/data/videos").and_then(Value::as_array_mut)
    }

    fn native_account_id(&self, id: u64, _handle: &str) -> Option<String> {
        Some(format!("-000{id:016x}"))
    }

    fn native_post_id(&self, _account: &Account, id: u64) -> Option<String> {
        Some(native(id))
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
    }

    fn profile_path(&self, account: &Account) -> String {
        format!("/tiktok-www/@{}", account.handle)
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        let kind = if post.format == Format::Photo { "photo" } else { "video" };
        format!("{}/{kind}/{}", self.profile_path(account), self.external_id(account, post))
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        if call.method != Method::GET || call.host_part.as_deref() != Some("www") {
            return None;
        }
        let by_handle = |name: &str| world.account_by_handle(Platform::Tiktok, name.strip_prefix('@')?).map(|a| a.id);
        match call.segments().as_slice() {
            [name] if name.starts_with('@') => Some(PublicPage::Profile { account: by_handle(name) }),
            [name, "video" | "photo", id] => {
                let post = world.native_posts.get(&(Platform::Tiktok, (*id).to_owned())).copied();
                Some(PublicPage::Post { account: by_handle(name), post })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("likes", numbers.reactions_total()),
            ("comments", numbers.comments),
            ("shares", numbers.shares),
            ("views", numbers.views),
        ]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed { client_id: "awsandboxtiktok01", client_secret: "sandbox-tiktok-9pQ4rT7uW2xZ", scopes: &SCOPES })
    }
}
