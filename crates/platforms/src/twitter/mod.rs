//! X, by its API v2. The label of the network is still `twitter`.

mod content;
mod errors;
mod metrics;
mod oauth;
mod publish;
mod reading;
mod rules;
mod upload;

use std::time::Duration;

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

/// Unused media are thrown away after a day.
const MEDIA_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Most ids of one read of posts.
const IDS_MAX: usize = 100;

/// X.
#[derive(Debug)]
pub struct Twitter {
    http: HttpClient,
}

impl Twitter {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http }
    }

    /// Sends as the account, notes the quota headers, and returns an answer that holds data.
    async fn call(&self, request: Request, access: &Access) -> Result<Answer, CallError> {
        let answer = self.http.send(request.bearer(&access.token)).await?;
        if let Some(usage) = errors::usage(&answer) {
            self.http.note_usage(&access.base_url, &access.platform_user_id, usage);
        }
        errors::judge(answer)
    }
}

/// Pages for people stand on another host than the API: beside a local server, `<base>-www`.
fn site(base: &Url) -> Url {
    if matches!(base.host_str(), Some("api.x.com" | "api.twitter.com")) {
        return "https://x.com/".parse().expect("an address");
    }
    let mut url = base.clone();
    url.set_path(&format!("{}-www", base.path().trim_end_matches('/')));
    url
}

#[async_trait]
impl Connector for Twitter {
    fn platform(&self) -> Platform {
        Platform::Twitter
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // The own timeline follows within seconds, and an equal text is refused for hours.
            reliable_look_up: true,
            delete: true,
            refresh: true,
            metrics_batch_max: IDS_MAX,
            options: &["reply_settings", "quote_tweet_id", "poll", "community_id", "made_with_ai", "paid_partnership"],
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
        "twitter/1 v2".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://api.x.com/".parse().ok()
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
        Ok(vec![self.own_profile(base_url, token).await?])
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.own_profile(&access.base_url, &access.token).await
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
        self.create_post(access, draft, handles).await.map(Sent::Published)
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
        self.posts(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.post_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, _from: Date, _to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.user_metrics(access).await.map(|today| vec![today])
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.delete_post(access, external_id).await
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_stands_beside_the_api() {
        let site = |base: &str| site(&base.parse().expect("an address")).to_string();
        assert_eq!(site("https://api.x.com/"), "https://x.com/");
        assert_eq!(site("http://127.0.0.1:1/twitter/"), "http://127.0.0.1:1/twitter-www");
    }
}
