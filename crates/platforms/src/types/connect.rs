//! Accounts: how they are connected, what acting for one needs, what a network can do.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::post::Ability;

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

/// What an account may choose for a post right now, where the network wants this asked before every post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostingChoices {
    /// The name under which the post will stand.
    pub name: String,
    /// Values that an option may have; options that are not named are free.
    pub allowed: BTreeMap<&'static str, Vec<String>>,
    /// Options that the account has switched off at the network.
    pub closed: Vec<&'static str>,
    /// Longest video in seconds.
    pub video_secs_max: Option<u64>,
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

/// What a connector can do. Declarations only; callers read these instead of network names.
#[expect(clippy::struct_excessive_bools, reason = "independent abilities, not a state")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Publishing again with the same key returns the first result instead of posting again.
    pub accepts_idempotency_key: bool,
    /// For how long the network remembers a key, where it accepts one.
    pub idempotency_window: Option<Duration>,
    /// A post that exists is always found by `look_up`: "absent" means not posted. A look-up that cannot
    /// tell is an error, never "absent".
    pub reliable_look_up: bool,
    /// Posts can be deleted.
    pub delete: bool,
    /// `refresh` gives a new token.
    pub refresh: bool,
    /// The network is many servers: an account needs an address, and `register_app` works.
    pub own_servers: bool,
    /// Account numbers exist for past days too; otherwise only for today.
    pub past_days: bool,
    /// The IANA name of the zone whose midnight ends the days of those numbers.
    pub day_zone: &'static str,
    /// Most ids of one `content_metrics` call.
    pub metrics_batch_max: usize,
    /// What it can publish.
    pub publishes: &'static [Ability],
    /// Names of the options that it reads from [`super::post::Draft::options`]; others are ignored.
    pub options: &'static [&'static str],
    /// What an account may choose has to be asked for: [`crate::Connector::posting_choices`].
    pub asks_choices: bool,
    /// The network fetches media from an address of ours instead of taking the bytes.
    pub fetches_media: bool,
    /// For how long prepared handles live at the network.
    pub handles_life: Option<Duration>,
    /// A token younger than this is not renewed by the network.
    pub token_age_min: Option<Duration>,
    /// How an account is connected.
    pub sign_in: SignIn,
}

impl Default for Capabilities {
    /// A network about which nothing is known: text by consent, one item at a time, nothing found again.
    fn default() -> Self {
        Self {
            accepts_idempotency_key: false,
            idempotency_window: None,
            reliable_look_up: false,
            delete: false,
            refresh: false,
            own_servers: false,
            past_days: false,
            day_zone: "UTC",
            metrics_batch_max: 1,
            publishes: &[Ability::Text],
            options: &[],
            asks_choices: false,
            fetches_media: false,
            handles_life: None,
            token_age_min: None,
            sign_in: SignIn::Consent,
        }
    }
}

/// How an account is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignIn {
    /// The person agrees on a page of the network (OAuth).
    Consent,
    /// The person gives a handle and a password made for this app.
    AppPassword,
}
