//! Mastodon and servers that speak its API. Every account has its own server.

mod content;
mod errors;
mod instance;
mod metrics;
mod oauth;
mod publish;
mod rules;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use tracing::instrument;
use url::Url;

use self::instance::KnownLimits;
use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{Answer, HttpClient, Request};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, InstanceLimits, MetricsBatch, Prepared, Profile, RegisterRequest, Search, Sent,
    TokenSet, Usage,
};

/// Servers remember an `Idempotency-Key` for about an hour.
const KEY_MEMORY: Duration = Duration::from_secs(3600);

/// Servers delete media that belong to no status after a day; an hour is kept for the way.
const MEDIA_LIFE: Duration = Duration::from_hours(23);

/// Mastodon.
#[derive(Debug)]
pub struct Mastodon {
    http: HttpClient,
    limits: KnownLimits,
}

impl Mastodon {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http, limits: KnownLimits::default() }
    }

    /// Sends as the account, notes the quota headers, and returns an answer that is a success.
    async fn call(&self, request: Request, access: &Access) -> Result<Answer, CallError> {
        let answer = self.http.send(request.bearer(&access.token)).await?;
        if let Some(usage) = errors::usage(&answer) {
            self.http.note_usage(&access.base_url, &access.platform_user_id, usage);
        }
        errors::judge(answer)
    }
}

#[async_trait]
impl Connector for Mastodon {
    fn platform(&self) -> Platform {
        Platform::Mastodon
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            accepts_idempotency_key: true,
            idempotency_window: Some(KEY_MEMORY),
            reliable_look_up: true,
            delete: true,
            refresh: false,
            own_servers: true,
            past_days: false,
            metrics_batch_max: 50,
            options: &["visibility", "sensitive", "spoiler_text", "language", "focus"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Reply,
            ],
            handles_life: Some(MEDIA_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "mastodon/2 v1".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        None
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        oauth::consent_url(request)
    }

    #[instrument(skip_all, err(level = "warn"), fields(server = %request.base_url))]
    async fn register_app(&self, request: &RegisterRequest) -> Result<Option<AppCredentials>, CallError> {
        self.register(request).await.map(Some)
    }

    #[instrument(skip_all, err(level = "warn"), fields(server = %request.base_url))]
    async fn exchange_code(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        self.exchange(request).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(server = %base_url))]
    async fn profiles(
        &self,
        base_url: &Url,
        token: &SecretString,
        _app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        Ok(vec![self.own_profile(base_url, token).await?])
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.own_profile(&access.base_url, &access.token).await
    }

    async fn refresh(&self, _access: &Access) -> Result<TokenSet, CallError> {
        Err(CallError::not_sent("tokens of Mastodon do not end and are not renewed"))
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn revoke(&self, access: &Access) -> Result<(), CallError> {
        self.give_token_back(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(server = %base_url))]
    async fn instance_limits(&self, base_url: &Url) -> Result<Option<InstanceLimits>, CallError> {
        self.limits(base_url).await.map(Some)
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft, &self.capabilities())
    }

    fn composed_text(&self, draft: &Draft) -> String {
        draft.text_with_link()
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.upload_media(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.post_status(access, draft, handles).await.map(Sent::Published)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        self.find_status(access, search).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.statuses(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.status_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.profile_metrics(access, from, to).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.delete_status(access, external_id).await
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}
