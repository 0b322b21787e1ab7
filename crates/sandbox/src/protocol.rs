//! What a simulated network has to say for itself; everything else is shared.
//!
//! # How to add a network
//! 1. Make a folder `src/<label>/` (the label of [`Platform`]) with a unit struct, for example
//!    `pub(crate) struct Threads;`, and `impl Protocol for Threads` in `src/<label>/protocol.rs`.
//! 2. Add `mod <label>;` to `lib.rs` and `&crate::<label>::<Name>,` to the table in `protocols.rs`.
//!    From then on `/<label>/…` reaches [`Protocol::answer`], accounts can be created, the first page
//!    and `/_control/state` show the network. `/<label>-<part>/…` comes too, with `call.host_part` =
//!    `part`: for upload hosts and the like.
//! 3. Answer: match on `call.method` and `call.segments()` (the path below the prefix). Parameters of
//!    query, form, JSON and multipart are `call.param(…)`; nested JSON is `call.json`; files are
//!    `call.files`; a bare body is `call.body`. Spend the quota first: [`Network::spend`].
//! 4. Publish: fire the hooks `BeforeStore` and `AfterStore`, make the post with `Post::new`, commit
//!    `Event::Post`, and put a `ReceivedPublish` into `reply.published`; `facebook/publish.rs` shows it.
//!    Ids that are no number of ours go into `post.native_id`; then `external_id` is that text.
//! 5. Uploads and media containers: `Container::new`, collect bytes with `Network::append_upload`,
//!    then `container.process(…)` and commit `Event::Container`. Read with `World::container`, which
//!    tells the state at a time. Faults and `container_delay_secs` are dealt with there.
//! 6. Media that the network fetches itself: name the addresses in [`Protocol::wants_media`]; the
//!    results stand in `call.fetched`, in the same order, when `answer` is called.
//! 7. Tokens: `oauth.rs` has the consent page, codes with PKCE, tokens with a life, refresh tokens.
//!
//! Settings and faults of one network only do not go into shared files: narrow a [`FaultRule`] with
//! `on` and `endpoint`, and use `Settings::quotas`.
//!
//! [`FaultRule`]: crate::FaultRule

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};
use serde_json::Value;
use url::Url;

use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::credentials::{Secrets, lasting_token};
use crate::faults::Endpoint;
use crate::network::{Network, Settings};
use crate::world::{Account, App, Holder, Post, TokenEnd, World};

/// The client that a network knows from the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppSeed {
    pub client_id: &'static str,
    pub client_secret: &'static str,
    /// Rights of the tokens that the control makes.
    pub scopes: &'static [&'static str],
}

/// A quota that a fault says is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedUp {
    /// The network's own code, where it has several.
    pub code: Option<i64>,
    /// Whether headers tell the quota and its return.
    pub headers: bool,
    /// When it returns.
    pub regain_secs: u64,
}

/// The public page that a call asks for; `None` is an account or a post that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicPage {
    Profile { account: Option<u64> },
    Post { account: Option<u64>, post: Option<u64> },
}

/// A simulated network.
pub(crate) trait Protocol: Sync {
    fn platform(&self) -> Platform;

    /// The answer to a call. The world's lock is not held.
    fn answer(&self, net: &Network, call: &Call) -> Reply;

    /// What the call is for.
    fn endpoint(&self, call: &Call) -> Endpoint;

    /// How many calls an account has, and per which time. `Settings::quotas` goes before it.
    fn quota(&self, settings: &Settings) -> (u32, Duration);

    // ── refusals that faults ask for ────────────────────────────────────────────────────────────

    /// "Something went wrong", which says nothing about how far it got.
    fn trouble(&self, call: &Call) -> Reply;

    /// A quota is used up.
    fn rate_limit(&self, call: &Call, account: Option<&str>, used_up: UsedUp) -> Reply;

    /// The token does not work any more.
    fn ended_token(&self, call: &Call, end: TokenEnd) -> Reply;

    /// The right is missing.
    fn permission(&self, call: &Call) -> Reply;

    /// So much at once is too much; less would go.
    fn too_much(&self, call: &Call) -> Reply {
        let mut reply = self.trouble(call);
        reply.status = 413;
        reply
    }

    /// The metric is unknown.
    fn unsupported_metric(&self, call: &Call, name: &str) -> Reply {
        let _ = name;
        self.permission(call)
    }

    /// Writes headers that say how much of the quota is used; nothing, if the network has none.
    fn set_usage(&self, _call: &Call, _account: Option<&str>, _percent: u32, _reply: &mut Reply) {}

    // ── what a call names ───────────────────────────────────────────────────────────────────────

    /// Id of the acting account, as the network writes it.
    fn account_of(&self, net: &Network, call: &Call) -> Option<String> {
        let world = net.world();
        match world.tokens.get(call.token.as_deref()?)?.holder {
            Holder::Account(id) => Some(world.accounts.get(&id).map_or_else(|| id.to_string(), Account::network_id)),
            Holder::Person(_) | Holder::App => None,
        }
    }

    /// Id of the post that a call reads or takes away, as the network writes it.
    fn post_id_in(&self, call: &Call) -> Option<String>;

    /// Addresses of media that the network fetches before it answers.
    fn wants_media(&self, _call: &Call) -> Vec<Url> {
        Vec::new()
    }

    /// The posts of a listing, for a fault that repeats the first.
    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        let list = if body.is_array() { Some(body) } else { body.get_mut("data") };
        list.and_then(Value::as_array_mut)
    }

    // ── ids and addresses ───────────────────────────────────────────────────────────────────────

    /// Smallest account id; ids are below its double.
    fn account_id_base(&self) -> u64 {
        1_000_000_000_000_000
    }

    /// The account's id at the network, where that is not our number.
    fn native_account_id(&self, _id: u64, _handle: &str) -> Option<String> {
        None
    }

    /// The id of a post of the invented past, where that is not our number.
    fn native_post_id(&self, _account: &Account, _id: u64) -> Option<String> {
        None
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
    }

    /// A post's id as the network writes it.
    fn external_id(&self, _account: &Account, post: &Post) -> String {
        post.native_id.clone().unwrap_or_else(|| post.id.to_string())
    }

    /// Path of the account's public page.
    fn profile_path(&self, account: &Account) -> String {
        format!("/{}/@{}", self.platform().label(), account.handle)
    }

    /// Path of a post's public page.
    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("{}/{}", self.profile_path(account), post.id)
    }

    /// The public page that a call asks for; `None` is the API. Must fit the two paths above.
    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        let by_handle = |name: &str| world.account_by_handle(self.platform(), name).map(|a| a.id);
        match call.segments().as_slice() {
            _ if call.method != Method::GET || call.host_part.is_some() => None,
            [name] => Some(PublicPage::Profile { account: by_handle(name.strip_prefix('@')?) }),
            [name, post] => {
                Some(PublicPage::Post { account: by_handle(name.strip_prefix('@')?), post: post.parse().ok() })
            }
            _ => None,
        }
    }

    /// The numbers that the public page shows.
    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("reactions", numbers.reactions_total()),
            ("comments", numbers.comments),
            ("shares", numbers.shares),
            ("views", numbers.views),
        ]
    }

    // ── clients and tokens ──────────────────────────────────────────────────────────────────────

    /// The client that is known from the start; `None` where clients register themselves.
    fn app(&self) -> Option<AppSeed> {
        None
    }

    /// The text of a new token.
    fn token_text(&self, world: &World) -> String {
        world.new_secret("token", 32)
    }

    /// Working tokens: the account's, and where there are such that of the person who manages it and the one for renewal.
    fn tokens(&self, world: &mut World, account: &Account, app: &App, now: Timestamp) -> Secrets {
        let access = lasting_token(world, Holder::Account(account.id), app, &app.scopes, now);
        Secrets { access, user: None, refresh: None }
    }

    /// Ends the tokens of an account.
    fn end_tokens(&self, world: &mut World, account: &Account, end: TokenEnd) {
        world.end_tokens(Holder::Account(account.id), end);
    }
}
