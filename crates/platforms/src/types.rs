//! What goes into a connector and what comes out, the same for every network.

use std::time::Duration;

use rookery_kernel::{Date, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::error::CallError;

/// This installation's registration with a network.
#[derive(Debug, Clone)]
pub struct AppCredentials {
    /// Public id.
    pub client_id: String,
    /// Secret.
    pub client_secret: SecretString,
}

/// What a connector needs to act for one account.
#[derive(Debug, Clone)]
pub struct Access {
    /// Address of the API, with or without a slash at its end.
    pub base_url: Url,
    /// The account's id at the network.
    pub platform_user_id: String,
    /// The access token (Facebook: the page's).
    pub token: SecretString,
    /// What a renewal needs (Facebook: the person's token).
    pub refresh_token: Option<SecretString>,
    /// This installation's registration, where the network wants it in calls.
    pub app: Option<AppCredentials>,
    /// What [`Profile::metadata`] held when the account was connected.
    pub metadata: Value,
}

/// A request for the address to which a person is sent to give consent.
#[derive(Debug, Clone)]
pub struct AuthorizeRequest {
    /// Address of the API.
    pub base_url: Url,
    /// This installation's registration.
    pub app: AppCredentials,
    /// Where the network sends the person back to.
    pub redirect_uri: String,
    /// Single-use value that ties the answer to the session.
    pub state: String,
    /// Secret of the proof key (PKCE); the address carries only its SHA-256.
    pub code_verifier: Option<SecretString>,
    /// Rights to ask for; empty means the connector's own list.
    pub scopes: Vec<String>,
}

/// The code with which the person came back.
#[derive(Debug, Clone)]
pub struct ExchangeRequest {
    /// Address of the API.
    pub base_url: Url,
    /// This installation's registration.
    pub app: AppCredentials,
    /// The same as in the authorization request.
    pub redirect_uri: String,
    /// The code.
    pub code: SecretString,
    /// The same as in the authorization request.
    pub code_verifier: Option<SecretString>,
}

/// A request to register this installation with one server of a network of servers.
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// Address of the server.
    pub base_url: Url,
    /// The name people see when they give consent.
    pub client_name: String,
    /// Where the server may send people back to.
    pub redirect_uri: String,
    /// Home page of this installation.
    pub website: Option<String>,
    /// Rights to ask for; empty means the connector's own list.
    pub scopes: Vec<String>,
}

/// Tokens from an exchange or a renewal.
#[derive(Debug, Clone)]
pub struct TokenSet {
    /// The access token.
    pub access: SecretString,
    /// A new refresh token; `None` keeps the old one.
    pub refresh: Option<SecretString>,
    /// Life of the access token from now; `None` if the network states no end.
    pub expires_in: Option<Duration>,
    /// Granted rights; empty if the network does not tell.
    pub scopes: Vec<String>,
}

/// An account that a token may connect.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its id at the network.
    pub id: String,
    /// The handle without @, or the id where there is none.
    pub username: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Public page.
    pub profile_url: Option<String>,
    /// Followers now.
    pub followers_count: Option<i64>,
    /// A token of its own, where the network gives one (Facebook pages).
    pub token: Option<SecretString>,
    /// Facts the connector wants back in [`Access::metadata`]; an object.
    pub metadata: Value,
}

/// What a server of a network of servers allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceLimits {
    /// Longest text.
    pub characters_max: usize,
    /// What an address in the text counts.
    pub url_weight: u32,
    /// Most media of one post.
    pub media_max: usize,
}

/// A post to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// A link to attach.
    pub link: Option<String>,
    /// The same for every attempt of one publication.
    pub idempotency_key: String,
}

/// A post that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its id at the network: opaque, of any length.
    pub external_id: String,
    /// Its public address; some networks tell it later.
    pub permalink: Option<String>,
}

/// A post to look for after a doubtful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text as it was sent: [`crate::Connector::composed_text`] of the draft.
    pub text: String,
    /// The key it was sent with.
    pub idempotency_key: String,
    /// Posts older than this are not it.
    pub since: Timestamp,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is out.
    Post(Published),
    /// It is not among the account's posts.
    Absent,
}

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentFormat {
    /// Text with a picture, or anything that fits nowhere else.
    Post,
    /// A short upright video.
    Reel,
    /// A video.
    Video,
    /// A story.
    Story,
    /// Several pictures or videos.
    Carousel,
    /// Text alone.
    Text,
    /// A shared link.
    Link,
}

impl ContentFormat {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Reel => "reel",
            Self::Video => "video",
            Self::Story => "story",
            Self::Carousel => "carousel",
            Self::Text => "text",
            Self::Link => "link",
        }
    }
}

/// An item of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentItem {
    /// Its id at the network.
    pub external_id: String,
    /// The id of what wraps it or what it wraps, where a network lists one thing twice.
    pub external_parent_id: Option<String>,
    /// What kind of item.
    pub format: ContentFormat,
    /// The text, plain.
    pub caption: Option<String>,
    /// Hashtags of the text: lower case, without #, each once, in order.
    pub hashtags: Vec<String>,
    /// Language as the network states it.
    pub language: Option<String>,
    /// Public address.
    pub permalink: Option<String>,
    /// The first medium.
    pub media_url: Option<String>,
    /// A small picture.
    pub thumbnail_url: Option<String>,
    /// Length of a video.
    pub duration_ms: Option<i64>,
    /// When it went out.
    pub published_at: Timestamp,
    /// The network's own record; holds no token.
    pub raw: Value,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentPage {
    /// The items; a page may be empty and still have a next one.
    pub items: Vec<ContentItem>,
    /// Where the next page begins; `None` on the last. Not to be stored: cursors die soon.
    pub next: Option<String>,
}

/// What a number covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// Everything up to the moment of reading.
    #[default]
    Lifetime,
    /// One day.
    Day,
}

impl Basis {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Lifetime => "lifetime",
            Self::Day => "day",
        }
    }
}

/// The numbers of one item. `None` is "not reported", `Some(0)` is zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContentMetrics {
    /// The item's id at the network.
    pub external_id: String,
    /// People who saw it.
    pub reach: Option<i64>,
    /// Times it was shown.
    pub impressions: Option<i64>,
    /// Plays or media views.
    pub views: Option<i64>,
    /// Reactions of all kinds.
    pub reactions: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Shares, reposts and quotes.
    pub shares: Option<i64>,
    /// Clicks.
    pub clicks: Option<i64>,
    /// Saves.
    pub saves: Option<i64>,
    /// Time watched by all, in milliseconds.
    pub watch_time_ms: Option<i64>,
    /// Time watched per view, in milliseconds.
    pub avg_watch_time_ms: Option<i64>,
    /// Share of the video that was watched, 0 to 1.
    pub completion_rate: Option<f32>,
    /// Splits and other numbers; an object, or null if there are none.
    pub extra: Value,
    /// What the numbers cover.
    pub basis: Basis,
}

/// The numbers of an account for one day, or as of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountMetrics {
    /// The day. With [`Basis::Lifetime`] the UTC day on which the numbers were read.
    pub date: Date,
    /// Followers at the end of the day.
    pub followers: Option<i64>,
    /// Followers won.
    pub followers_gained: Option<i64>,
    /// Followers lost.
    pub followers_lost: Option<i64>,
    /// People reached.
    pub reach: Option<i64>,
    /// Times shown.
    pub impressions: Option<i64>,
    /// Media views.
    pub views: Option<i64>,
    /// Reactions, comments, shares and clicks together.
    pub engagements: Option<i64>,
    /// Visits of the profile.
    pub profile_views: Option<i64>,
    /// Clicks on the profile's buttons.
    pub clicks: Option<i64>,
    /// Posts.
    pub posts_count: Option<i64>,
    /// Splits and other numbers; an object, or null if there are none.
    pub extra: Value,
    /// What the numbers cover.
    pub basis: Basis,
}

impl AccountMetrics {
    /// A day about which nothing is known yet.
    pub fn empty(date: Date, basis: Basis) -> Self {
        Self {
            date,
            followers: None,
            followers_gained: None,
            followers_lost: None,
            reach: None,
            impressions: None,
            views: None,
            engagements: None,
            profile_views: None,
            clicks: None,
            posts_count: None,
            extra: Value::Null,
            basis,
        }
    }
}

/// One item of a batch failed; the others are untouched by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFailure {
    /// The item's id at the network.
    pub external_id: String,
    /// What happened.
    pub error: CallError,
}

/// The numbers of several items: each id asked for is either a row or a failure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricsBatch {
    /// What was read.
    pub rows: Vec<ContentMetrics>,
    /// What was not.
    pub failures: Vec<ItemFailure>,
    /// Metrics the network refused in this batch or a few days ago; each once.
    pub unsupported: Vec<String>,
}

/// How much of a quota is used, as the network's last answer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Percent used; 100 and more is blocked.
    pub percent: u32,
    /// When the quota comes back, counted from `seen_at`.
    pub regain: Option<Duration>,
    /// When the answer came.
    pub seen_at: Timestamp,
}

/// How fast to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// As usual.
    Full,
    /// At half the speed.
    Half,
    /// Only what people wait for.
    PublishingOnly,
    /// Not at all until the quota is back.
    Wait,
}

impl Usage {
    /// How fast to go on: half above 80 %, only publishing above 95 %, nothing at 100 %.
    pub const fn pace(&self) -> Pace {
        match self.percent {
            0..=80 => Pace::Full,
            81..=95 => Pace::Half,
            96..=99 => Pace::PublishingOnly,
            _ => Pace::Wait,
        }
    }
}

/// What a connector can do. Declarations only; callers read these instead of network names.
#[expect(clippy::struct_excessive_bools, reason = "independent abilities, not a state")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Publishing again with the same key returns the first result instead of posting again.
    pub accepts_idempotency_key: bool,
    /// For how long the network remembers a key, where it accepts one.
    pub idempotency_window: Option<Duration>,
    /// A post that exists is always found by `look_up`: not found means not posted.
    pub reliable_look_up: bool,
    /// Posts can be deleted.
    pub delete: bool,
    /// `refresh` gives a new token.
    pub refresh: bool,
    /// The network is many servers: an account needs an address, and `register_app` works.
    pub own_servers: bool,
    /// Account numbers exist for past days too; otherwise only for today.
    pub past_days: bool,
    /// Most ids of one `content_metrics` call.
    pub metrics_batch_max: usize,
}
