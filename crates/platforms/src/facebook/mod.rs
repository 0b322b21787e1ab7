//! Facebook Pages over the Graph API.
//!
//! Each call carries the API version in its path, the token in the `Authorization` header and,
//! where this installation's secret is known, the proof that we hold it.

mod content;
mod insights;
mod look_up;
mod oauth;
mod publish;
mod rules;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{HttpClient, Request, endpoint};
use crate::meta::errors::Asking;
use crate::meta::refused_metrics::RefusedMetrics;
use crate::meta::{self, Caller};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// The version in use unless told otherwise: the oldest with all metrics we ask for that is
/// certain to live for some time.
const VERSION: &str = "v25.0";

/// Unpublished media live about a day; an hour is kept for the way.
const MEDIA_LIFE: Duration = Duration::from_hours(23);

/// Facebook Pages.
#[derive(Debug)]
pub struct Facebook {
    http: HttpClient,
    version: String,
    refused: RefusedMetrics,
}

impl Facebook {
    /// With the default version of the API.
    pub fn new(http: HttpClient) -> Self {
        Self { http, version: VERSION.to_owned(), refused: RefusedMetrics::default() }
    }

    /// With another version, written `v25.0`.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: version.into(), ..self }
    }

    /// `{base}/{version}/{path…}`.
    fn url(&self, base: &Url, path: &[&str]) -> Result<Url, CallError> {
        let mut segments = vec![self.version.as_str()];
        segments.extend(path);
        endpoint(base, &segments)
    }

    /// Adds token and proof, sends, notes the usage headers, and returns a body that is no error.
    async fn call(&self, request: Request, caller: &Caller<'_>, asking: Asking) -> Result<Value, CallError> {
        meta::call(&self.http, request, caller, asking).await
    }
}

#[async_trait]
impl Connector for Facebook {
    fn platform(&self) -> Platform {
        Platform::Facebook
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            accepts_idempotency_key: false,
            idempotency_window: None,
            reliable_look_up: true,
            delete: true,
            refresh: true,
            own_servers: false,
            past_days: true,
            day_zone: "America/Los_Angeles",
            metrics_batch_max: 50,
            options: &["text_format_preset_id"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Story,
                Ability::Reel,
                Ability::Reply,
            ],
            handles_life: Some(MEDIA_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        format!("facebook/2 {}", self.version)
    }

    fn default_base_url(&self) -> Option<Url> {
        Some("https://graph.facebook.com".parse().expect("a constant address"))
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        self.dialog_url(request)
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
        app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        self.pages(&Caller { base_url, id: "me", token, app }).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.page(&access.into(), &access.platform_user_id).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.renew_page_token(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft, &self.capabilities())
    }

    fn composed_text(&self, draft: &Draft) -> String {
        rules::message(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.upload_media(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.make_public(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        self.find(access, search).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id))]
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.published_posts(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.post_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id, %from, %to))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.page_metrics(access, from, to).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(page = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.delete_post(access, external_id).await
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}
