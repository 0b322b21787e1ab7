//! What the control takes and gives.

use std::collections::BTreeMap;

use rookery_kernel::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::faults::FaultState;
use crate::media::MediaItem;
use crate::network::Settings;
use crate::protocols::labels;
use crate::world::{Account, DeletedBy, Format, Post, World};

/// The control was asked for something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The network is not simulated.
    #[error("{0} is not simulated; these are: {simulated}", simulated = labels())]
    NotSimulated(Platform),
    /// No account has this id.
    #[error("no account has the id {0:?}")]
    UnknownAccount(String),
    /// No post has this id.
    #[error("no post has the id {0:?}")]
    UnknownPost(String),
    /// The zone is in no table.
    #[error("unknown time zone {0:?}; use an IANA name such as Europe/Berlin")]
    UnknownZone(String),
    /// A handle has letters, digits, underscores and dots; most networks allow hyphens too.
    #[error("{0:?} is no handle: use letters, digits and underscores")]
    BadHandle(String),
}

/// What an account may have beside its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountOptions {
    /// IANA zone in which the audience lives.
    pub zone: String,
    /// What the account says about itself.
    pub bio: String,
    /// Facebook's category.
    pub category: String,
    /// Share of the followers that an ordinary post reaches.
    pub reach_rate: f64,
    /// Facebook: name of the person who manages the page. Pages with the same name share the person.
    pub owner: String,
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self {
            zone: "Europe/Berlin".to_owned(),
            bio: String::new(),
            category: "Product/service".to_owned(),
            reach_rate: 0.25,
            owner: "Ada Field".to_owned(),
        }
    }
}

/// An account with all that is needed to act for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxAccount {
    /// The network.
    pub platform: Platform,
    /// The account's id at the network.
    pub platform_user_id: String,
    /// The handle without @.
    pub handle: String,
    /// The name people read.
    pub name: String,
    /// Public page.
    pub profile_url: String,
    /// The account's token (Facebook: the page's).
    pub access_token: String,
    /// Facebook: the long-lived token of the person who manages the page.
    pub user_token: Option<String>,
    /// Reddit: what a new token is fetched with.
    pub refresh_token: Option<String>,
    /// Id of the app that the tokens were made for.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// A post as it is held, for assertions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SandboxPost {
    /// The id at the network.
    pub external_id: String,
    /// The account's id at the network.
    pub platform_user_id: String,
    /// The text.
    pub text: String,
    /// The attached link.
    pub link: Option<String>,
    /// The kind.
    pub format: Format,
    /// The network's word for the kind: story, reel, short, carousel, poll.
    pub kind: Option<String>,
    /// The title, where the network has one.
    pub title: Option<String>,
    /// Pictures and videos, in their order.
    pub media: Vec<MediaItem>,
    /// The id at the network of the post it answers.
    pub reply_to: Option<String>,
    /// Whatever else the network keeps.
    pub extra: Value,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The key it came with.
    pub idempotency_key: Option<String>,
    /// Part of the invented past.
    pub is_history: bool,
    /// Who took it away.
    pub deleted: Option<DeletedBy>,
    /// Public address.
    pub permalink: String,
}

impl SandboxPost {
    pub(crate) fn new(world: &World, account: &Account, post: &Post, origin: &str) -> Self {
        let reply_to = post.reply_to.and_then(|id| world.posts.get(&id));
        let author = reply_to.and_then(|p| world.accounts.get(&p.account));
        Self {
            external_id: account.external_id(post),
            platform_user_id: account.network_id(),
            text: post.text.clone(),
            link: post.link.clone(),
            format: post.format,
            kind: post.kind.clone(),
            title: post.title.clone(),
            media: post.media.clone(),
            reply_to: author.zip(reply_to).map(|(author, post)| author.external_id(post)),
            extra: post.extra.clone(),
            created_at: post.created_at,
            idempotency_key: post.key.clone(),
            is_history: post.is_history,
            deleted: post.deleted.map(|(_, by)| by),
            permalink: format!("{origin}{}", account.permalink_path(post)),
        }
    }
}

/// A glance at everything.
#[derive(Debug, Clone, Serialize)]
pub struct StateView {
    /// The sandbox's time.
    pub now: Timestamp,
    /// Whether its clock was moved.
    pub is_away: bool,
    /// Base address of each network's API.
    pub base_urls: BTreeMap<Platform, Url>,
    /// Accounts with working tokens.
    pub accounts: Vec<SandboxAccount>,
    /// Posts that exist, per account.
    pub posts: BTreeMap<String, usize>,
    /// Calls so far, per network and kind.
    pub calls: BTreeMap<String, u64>,
    /// Fault rules.
    pub faults: Vec<FaultState>,
    /// Switches.
    pub settings: Settings,
}
