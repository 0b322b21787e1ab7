//! Instagram for professional accounts, by either of its two logins.
//!
//! A post is a container first: made, watched until it is ready, and then published by one call. The
//! network fetches media from this server. Comments are one call without a container.
//!
//! The base address decides about the login: `graph.instagram.com` (Instagram login, the usual one) or
//! `graph.facebook.com` (Facebook login: accounts behind the pages a person manages).

mod comment;
mod content;
mod metrics;
mod oauth;
mod publish;
mod rules;

use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::HttpClient;
use crate::meta::Caller;
use crate::meta::graph::Graph;
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// The version in use unless told otherwise.
const VERSION: &str = "v25.0";

/// Containers live a day; one that is about to end is not begun with.
const HANDLES_LIFE: Duration = Duration::from_hours(23);

/// Younger tokens are not renewed.
const TOKEN_AGE_MIN: Duration = Duration::from_hours(24);

/// Instagram.
#[derive(Debug)]
pub struct Instagram {
    graph: Graph,
}

impl Instagram {
    /// With the default version of the API.
    pub fn new(http: HttpClient) -> Self {
        Self { graph: Graph::new(http, VERSION) }
    }

    /// With another version, written `v25.0`.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.graph.version = version.into();
        self
    }
}

/// The proof that we hold the app's secret goes along with Facebook login only: the other host has
/// no such parameter.
fn caller(access: &Access) -> Caller<'_> {
    let by_facebook = oauth::Login::of(&access.base_url) == oauth::Login::Facebook;
    Caller { app: access.app.as_ref().filter(|_| by_facebook), ..Caller::from(access) }
}

#[async_trait]
impl Connector for Instagram {
    fn platform(&self) -> Platform {
        Platform::Instagram
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // A container tells whether it was published.
            reliable_look_up: true,
            refresh: true,
            past_days: true,
            day_zone: "America/Los_Angeles",
            metrics_batch_max: 50,
            options: &[
                "share_to_feed",
                "cover_url",
                "thumb_offset",
                "audio_name",
                "trial_params",
                "location_id",
                "collaborators",
                "user_tags",
            ],
            publishes: &[
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Story,
                Ability::Reel,
                Ability::Reply,
            ],
            fetches_media: true,
            handles_life: Some(HANDLES_LIFE),
            token_age_min: Some(TOKEN_AGE_MIN),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        format!("instagram/1 {}", self.graph.version)
    }

    fn default_base_url(&self) -> Option<Url> {
        Some("https://graph.instagram.com".parse().expect("a constant address"))
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        self.consent_url(request)
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
        self.accounts(base_url, token, app).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.own_profile(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.renew(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft, self.capabilities().publishes)
    }

    fn composed_text(&self, draft: &Draft) -> String {
        rules::caption(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        if draft.reply_to.is_some() {
            return Ok(Prepared::Ready(Handles::Null));
        }
        self.containers(access).prepare(publish::plan(draft)?, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        match &draft.reply_to {
            Some(target) => self.comment(access, draft, target).await,
            None => self.containers(access).publish(handles).await,
        }
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        match &search.draft.reply_to {
            Some(target) => self.find_comment(access, search, target).await,
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
        self.own_media(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.media_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, %from, %to))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.daily_metrics(access, from, to).await
    }

    async fn delete(&self, _access: &Access, _external_id: &str) -> Result<(), CallError> {
        Err(CallError::not_sent("Instagram has no deletion for apps; delete the post in Instagram itself"))
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.graph.http.usage(&access.base_url, &access.platform_user_id)
    }
}
