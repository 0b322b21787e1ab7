//! Threads: the Graph API of `graph.threads.net`.
//!
//! A post is a container first: made, watched until it is ready, and then published by one call. The
//! network fetches media from this server.

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
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{HttpClient, Request};
use crate::meta::Caller;
use crate::meta::graph::Graph;
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// The only version there is.
const VERSION: &str = "v1.0";

/// Containers live a day; one that is about to end is not begun with.
const HANDLES_LIFE: Duration = Duration::from_hours(23);

/// Younger tokens are not renewed.
const TOKEN_AGE_MIN: Duration = Duration::from_hours(24);

/// Threads.
#[derive(Debug)]
pub struct Threads {
    graph: Graph,
}

impl Threads {
    /// With the version of the API that this build knows.
    pub fn new(http: HttpClient) -> Self {
        Self { graph: Graph::new(http, VERSION) }
    }
}

/// The proof that we hold the app's secret is unknown to this host: it is not sent.
fn caller(access: &Access) -> Caller<'_> {
    Caller { app: None, ..Caller::from(access) }
}

#[async_trait]
impl Connector for Threads {
    fn platform(&self) -> Platform {
        Platform::Threads
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // A container tells whether it was published.
            reliable_look_up: true,
            delete: true,
            refresh: true,
            past_days: true,
            day_zone: "America/Los_Angeles",
            metrics_batch_max: 50,
            options: &["reply_control", "topic_tag", "quote_post_id", "location_id"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Reply,
            ],
            fetches_media: true,
            handles_life: Some(HANDLES_LIFE),
            token_age_min: Some(TOKEN_AGE_MIN),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        format!("threads/1 {}", self.graph.version)
    }

    fn default_base_url(&self) -> Option<Url> {
        Some("https://graph.threads.net".parse().expect("a constant address"))
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
        Ok(vec![self.profile(&Caller { base_url, id: "me", token, app: None }).await?])
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.profile(&caller(access)).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.renew(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft, self.capabilities().publishes)
    }

    fn composed_text(&self, draft: &Draft) -> String {
        publish::text(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.containers(access).prepare(publish::plan(draft)?, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, _draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.containers(access).publish(handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        self.find_post(access, search).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.own_posts(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.post_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, %from, %to))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.daily_metrics(access, from, to).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        let request = Request::delete(self.graph.url(&access.base_url, &[external_id])?);
        let body = self.graph.call(request, &caller(access)).await?;
        if body.get("success").and_then(serde_json::Value::as_bool) == Some(false) {
            let message = "the network says that it did not delete the post";
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        Ok(())
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.graph.http.usage(&access.base_url, &access.platform_user_id)
    }
}
