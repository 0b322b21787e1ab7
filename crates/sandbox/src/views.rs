//! What the control takes and gives.

use std::collections::BTreeMap;

use rookery_kernel::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::faults::FaultState;
use crate::network::Settings;
use crate::world::{Account, DeletedBy, Format, Post};

/// The control was asked for something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The network is not simulated.
    #[error("{0} is not simulated; facebook and mastodon are")]
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
    /// A handle has letters, digits and underscores (Facebook: dots too).
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
    pub(crate) fn new(account: &Account, post: &Post, origin: &str) -> Self {
        Self {
            external_id: account.external_id(post.id),
            platform_user_id: account.id.to_string(),
            text: post.text.clone(),
            link: post.link.clone(),
            format: post.format,
            created_at: post.created_at,
            idempotency_key: post.key.clone(),
            is_history: post.is_history,
            deleted: post.deleted.map(|(_, by)| by),
            permalink: format!("{origin}{}", account.permalink_path(post.id)),
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
