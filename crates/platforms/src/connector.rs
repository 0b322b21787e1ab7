//! The one trait behind which every network stands, and the registry of those in this build.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::bluesky::Bluesky;
use crate::error::{CallError, Delivery, ErrorType};
use crate::facebook::Facebook;
use crate::http::HttpClient;
use crate::instagram::Instagram;
use crate::linkedin::LinkedIn;
use crate::mastodon::Mastodon;
use crate::reddit::Reddit;
use crate::threads::Threads;
use crate::tiktok::TikTok;
use crate::twitter::Twitter;
use crate::types::{
    Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentItem, ContentPage, Draft,
    ExchangeRequest, Found, Handles, InstanceLimits, MetricsBatch, PostingChoices, Prepared, Profile, RegisterRequest,
    Search, Sent, TokenSet, Usage,
};
use crate::youtube::YouTube;

/// A network. Callers read [`Connector::capabilities`] and never ask for the network's name.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Which network.
    fn platform(&self) -> Platform;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Connector and API version, stored beside the numbers it brought.
    fn source_version(&self) -> String;

    /// The network's own API address; `None` if every account has its own server.
    fn default_base_url(&self) -> Option<Url>;

    /// Where to send a person for consent.
    ///
    /// # Errors
    /// `BadRequest`, not sent: the request makes no address.
    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError>;

    /// Registers this installation with one server; `None` where registration is done by hand.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn register_app(&self, _request: &RegisterRequest) -> Result<Option<AppCredentials>, CallError> {
        Ok(None)
    }

    /// Turns the code into tokens.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn exchange_code(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError>;

    /// Signs in with a handle and a password made for this app, where [`Capabilities::sign_in`] says so.
    ///
    /// # Errors
    /// [`CallError`] by the network's table; `BadRequest`, not sent, where accounts are connected by consent.
    async fn sign_in(
        &self,
        _base_url: &Url,
        _identifier: &str,
        _password: &SecretString,
    ) -> Result<(TokenSet, Profile), CallError> {
        Err(CallError::not_sent("accounts of this network are connected by consent"))
    }

    /// The accounts that a token may connect.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn profiles(
        &self,
        base_url: &Url,
        token: &SecretString,
        app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError>;

    /// The connected account as it is now: the cheapest proof that its token works.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn check(&self, access: &Access) -> Result<Profile, CallError>;

    /// A new token.
    ///
    /// # Errors
    /// [`CallError`] by the network's table; `BadRequest`, not sent, if the network has no renewal.
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError>;

    /// Gives the token back to the network. Where that would end other accounts too it does nothing.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn revoke(&self, _access: &Access) -> Result<(), CallError> {
        Ok(())
    }

    /// What one server allows, where servers differ.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn instance_limits(&self, _base_url: &Url) -> Result<Option<InstanceLimits>, CallError> {
        Ok(None)
    }

    /// What the network itself says about a draft before anything is sent; pure. Empty is good.
    fn objections(&self, draft: &Draft) -> Vec<String> {
        let needed = draft.needs();
        if self.capabilities().publishes.contains(&needed) {
            return Vec::new();
        }
        vec![format!("{} takes no {}", self.platform().name(), needed.label())]
    }

    /// What the network wants a person to choose and nobody chose, each as the beginning of a sentence; pure.
    fn missing_choices(&self, _draft: &Draft) -> Vec<String> {
        Vec::new()
    }

    /// What the account may choose for a post right now; `None` where the network leaves everything free.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn posting_choices(&self, _access: &Access) -> Result<Option<PostingChoices>, CallError> {
        Ok(None)
    }

    /// The text that a draft becomes on the network.
    fn composed_text(&self, draft: &Draft) -> String {
        draft.text.clone()
    }

    /// Everything before the public call: uploads, containers. Harmless to repeat; `handles` is what an
    /// earlier call or attempt left (null at first), and is used again while it lives.
    ///
    /// # Errors
    /// [`CallError`] by the network's table. A doubtful delivery is no doubt here: nothing is public yet.
    async fn prepare(&self, _access: &Access, _draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        Ok(Prepared::Ready(handles.clone()))
    }

    /// The one call that makes a post public. An error whose delivery is unknown must be
    /// followed by [`Connector::look_up`], never by a second call.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError>;

    /// Looks among the account's newest posts for one that we may have sent.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError>;

    /// One page of the account's own items, newest first; as large as the network allows, or of at most `items_max`. A cursor
    /// holds for pages of any size.
    ///
    /// # Errors
    /// [`CallError`] by the network's table; `Unknown` if the listing does not advance. [`CallError::too_much`] asks for a
    /// smaller page.
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError>;

    /// All pages of [`Connector::list_content`], at most `pages_max` of them.
    ///
    /// # Errors
    /// [`CallError`] by the network's table; `Unknown` if the cursors run in a circle.
    async fn all_content(
        &self,
        access: &Access,
        since: Timestamp,
        pages_max: usize,
    ) -> Result<Vec<ContentItem>, CallError> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut cursor = None;
        for _ in 0..pages_max {
            let page = self.list_content(access, since, cursor, None).await?;
            items.extend(page.items);
            match page.next {
                None => break,
                Some(next) if !seen.insert(next.clone()) => return Err(circle()),
                next => cursor = next,
            }
        }
        Ok(items)
    }

    /// The numbers of some items. A failure of one item leaves the others alone; a failure of the
    /// token or the quota ends the batch, and the ids not asked for come back as failures.
    ///
    /// # Errors
    /// [`CallError`] if nothing at all could be read for a reason that concerns the account.
    async fn content_metrics(&self, access: &Access, ids: &[String], date: Date) -> Result<MetricsBatch, CallError>;

    /// The numbers of the account for each day from `from` to `to`, as far as the network keeps them.
    ///
    /// # Errors
    /// [`CallError`] by the network's table.
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError>;

    /// Deletes a post.
    ///
    /// # Errors
    /// [`CallError`] by the network's table; `NotFound` if it is gone already.
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError>;

    /// How much of the account's quota is used, if an answer said so.
    fn usage(&self, access: &Access) -> Option<Usage>;
}

/// How many items a page may have: what is wanted, and never more than the network gives.
pub(crate) fn page_size(wanted: Option<usize>, most: usize) -> usize {
    wanted.unwrap_or(most).clamp(1, most)
}

/// A listing whose cursors repeat would be walked for ever.
pub(crate) fn circle() -> CallError {
    CallError::new(ErrorType::Unknown, Delivery::Refused, "the network's listing runs in a circle")
}

/// The connectors of this build.
#[derive(Clone, Default)]
pub struct Connectors {
    by_platform: BTreeMap<Platform, Arc<dyn Connector>>,
}

impl Connectors {
    /// All networks this build can talk to, with their default versions.
    pub fn standard(http: HttpClient) -> Self {
        Self::default()
            .with(Bluesky::new(http.clone()))
            .with(Facebook::new(http.clone()))
            .with(LinkedIn::new(http.clone()))
            .with(Instagram::new(http.clone()))
            .with(Mastodon::new(http.clone()))
            .with(Reddit::new(http.clone()))
            .with(Threads::new(http.clone()))
            .with(TikTok::new(http.clone()))
            .with(Twitter::new(http.clone()))
            .with(YouTube::new(http))
    }

    /// Adds a connector, or replaces the one of its network.
    #[must_use]
    pub fn with(mut self, connector: impl Connector + 'static) -> Self {
        self.by_platform.insert(connector.platform(), Arc::new(connector));
        self
    }

    /// The connector of a network.
    pub fn get(&self, platform: Platform) -> Option<Arc<dyn Connector>> {
        self.by_platform.get(&platform).cloned()
    }

    /// The networks there is a connector for.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> + '_ {
        self.by_platform.keys().copied()
    }
}

impl std::fmt::Debug for Connectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_platform.keys()).finish()
    }
}
