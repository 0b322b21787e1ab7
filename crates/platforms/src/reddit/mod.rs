//! Reddit: posts in communities or on the own profile. Text and links answer with an id; a post with
//! media is processed first and told later, so it is looked up among the newest submissions.

mod content;
mod errors;
mod metrics;
mod oauth;
mod publish;
mod rules;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::USER_AGENT;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{HttpClient, Request};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// Uploaded files that no post names are kept for a while; nobody says how long, an hour has proved safe.
const UPLOAD_LIFE: Duration = Duration::from_hours(1);

/// Most things of one `/api/info`, and of one page of a listing.
const PAGE_MAX: usize = 100;

/// Reddit.
#[derive(Debug)]
pub struct Reddit {
    http: HttpClient,
}

/// The host for consent and tokens, beside the one of the API. The one place that knows it.
fn www(base: &Url) -> Result<Url, CallError> {
    let text = if base.host_str() == Some("oauth.reddit.com") {
        "https://www.reddit.com".to_owned()
    } else {
        format!("{}-www", base.as_str().trim_end_matches('/'))
    };
    text.parse().map_err(|_| CallError::not_sent("no web address"))
}

/// Reddit wants to know who calls, in this form: generic names are slowed down.
fn introduce(request: Request, client_id: Option<&str>, name: Option<&str>) -> Request {
    let id = client_id.unwrap_or("rookery");
    let by = name.map(|name| format!(" (by /u/{name})")).unwrap_or_default();
    request.header(USER_AGENT, format!("server:{id}:v{}{by}", env!("CARGO_PKG_VERSION")))
}

/// The name of the account, as its profile had it.
fn name(access: &Access) -> Result<&str, CallError> {
    let name = access.metadata.get("name").and_then(Value::as_str);
    name.ok_or_else(|| CallError::not_sent("the account's name is not known; connect the account again"))
}

impl Reddit {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http }
    }

    /// Sends as the account, notes the quota headers, and returns a body without an error in it.
    async fn call(&self, request: Request, access: &Access) -> Result<Value, CallError> {
        let client_id = access.app.as_ref().map(|app| app.client_id.as_str());
        let request = introduce(request, client_id, access.metadata.get("name").and_then(Value::as_str));
        let answer = self.http.send(request.bearer(&access.token)).await?;
        if let Some(usage) = errors::usage(&answer) {
            self.http.note_usage(&access.base_url, &access.platform_user_id, usage);
        }
        errors::judge(&answer)
    }
}

#[async_trait]
impl Connector for Reddit {
    fn platform(&self) -> Platform {
        Platform::Reddit
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reliable_look_up: true,
            delete: true,
            refresh: true,
            metrics_batch_max: PAGE_MAX,
            options: &["subreddit", "flair_id", "flair_text", "nsfw", "spoiler", "sendreplies"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Reply,
            ],
            handles_life: Some(UPLOAD_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "reddit/1 api".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://oauth.reddit.com".parse().ok()
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        oauth::consent_url(request)
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
        app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        Ok(vec![self.own_profile(base_url, token, app).await?])
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.own_profile(&access.base_url, &access.token, access.app.as_ref()).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.renew(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn revoke(&self, access: &Access) -> Result<(), CallError> {
        self.give_token_back(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        rules::objections(draft)
    }

    fn composed_text(&self, draft: &Draft) -> String {
        rules::words(draft).1
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.upload_media(access, draft, handles).await.map(Prepared::Ready)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.submit(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        self.find(access, search).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.submissions(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.post_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, _from: Date, _to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.profile_metrics(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.take_away(access, external_id).await
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}
