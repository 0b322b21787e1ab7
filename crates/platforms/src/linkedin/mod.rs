//! LinkedIn: pages of organizations and members, by the versioned REST API.
//!
//! An account's id is its URN (`urn:li:organization:…`, `urn:li:person:…`): it says what the account
//! is and is what every call wants.

mod comments;
mod content;
mod errors;
mod little_text;
mod member_metrics;
mod oauth;
mod page_metrics;
mod publish;
mod rest;
mod rules;
mod upload;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{Answer, HttpClient, Request};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// The version of the API. Each lives about a year; checked 2026-10.
const VERSION: &str = "202607";

/// LinkedIn.
#[derive(Debug)]
pub struct LinkedIn {
    http: HttpClient,
    version: String,
}

impl LinkedIn {
    /// A connector over this client, for version 202607 of the API.
    pub fn new(http: HttpClient) -> Self {
        Self { http, version: VERSION.to_owned() }
    }

    /// Another version, as `YYYYMM`.
    #[must_use]
    pub fn with_version(self, version: impl Into<String>) -> Self {
        Self { version: version.into(), ..self }
    }

    /// Sends with a token and the headers that every call needs, and returns an answer that is a success.
    async fn call(&self, request: Request, token: &SecretString) -> Result<Answer, CallError> {
        let request = request
            .bearer(token)
            .header(rest::VERSION_HEADER, &self.version)
            .header(rest::PROTOCOL_HEADER, rest::PROTOCOL);
        errors::judge(self.http.send(request).await?)
    }
}

/// Whether the account is a page.
fn is_page(urn: &str) -> bool {
    urn.starts_with("urn:li:organization:")
}

#[async_trait]
impl Connector for LinkedIn {
    fn platform(&self) -> Platform {
        Platform::Linkedin
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Of pages the newest posts can be read; of members reading is refused, which is an error and
            // never "absent". An equal post is refused for a day besides.
            reliable_look_up: true,
            delete: true,
            refresh: true,
            past_days: true,
            metrics_batch_max: 50,
            options: &["visibility", "is_reshare_disabled", "poll", "description", "thumbnail"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Reply,
            ],
            handles_life: Some(upload::HANDLES_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        format!("linkedin/1 {}", self.version)
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://api.linkedin.com/".parse().ok()
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        oauth::consent_url(request)
    }

    #[instrument(skip_all, err(level = "warn"))]
    async fn exchange_code(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        self.exchange(request).await
    }

    #[instrument(skip_all, err(level = "warn"))]
    async fn profiles(
        &self,
        base_url: &Url,
        token: &SecretString,
        _app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        self.all_profiles(base_url, token).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.current_profile(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.renew(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft, &self.capabilities())
    }

    fn composed_text(&self, draft: &Draft) -> String {
        publish::text_of(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.upload_media(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        let published = match &draft.reply_to {
            Some(reply_to) => self.create_comment(access, draft, reply_to, handles).await,
            None => self.create_post(access, draft, handles).await,
        };
        published.map(Sent::Published)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        match &search.draft.reply_to {
            Some(reply_to) => self.find_comment(access, search, reply_to).await,
            None => self.find_post(access, search).await,
        }
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.posts(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        if is_page(&access.platform_user_id) {
            self.page_post_metrics(access, ids).await
        } else {
            self.member_post_metrics(access, ids).await
        }
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        if is_page(&access.platform_user_id) {
            self.page_metrics(access, from, to).await
        } else {
            self.member_metrics(access, from, to).await
        }
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.delete_by_urn(access, external_id).await
    }

    /// The network tells no quota before it is used up.
    fn usage(&self, _access: &Access) -> Option<Usage> {
        None
    }
}
