//! YouTube, by its Data API v3 and Analytics API v2.
//!
//! How a video becomes public: it is uploaded as private, and the one public call is a
//! `videos.update` that sets who may see it. The other way, to upload it as public so that the last
//! bytes are the public call, was turned down. A video that is private first has an id before it is
//! public, so a doubtful answer is settled by reading that one video; the update may arrive twice
//! and there is still one video; a file that YouTube cannot process, or refuses as a copy, is found
//! out before anybody sees it; and an upload that broke off can be asked for what it has without any
//! risk. The price is one more call of 50 units.
//!
//! Units of the project's quota (10 000 a day, the day of Los Angeles): a read 1; an update, a
//! comment, a deletion 50; uploads have a quota of their own, 100 a day. Checked 2026-10.

mod comments;
mod content;
mod errors;
mod hosts;
mod metrics;
mod oauth;
mod publish;
mod reading;
mod reports;
mod rules;
mod session;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{Answer, HttpClient, Request, endpoint};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// An upload session lives a week, the private video that came of it for ever; a day less for safety.
const HANDLES_LIFE: Duration = Duration::from_secs(6 * 24 * 3600);

/// Most ids of one read of videos, and most items of one page of a playlist.
const IDS_MAX: usize = 50;

/// YouTube.
#[derive(Debug)]
pub struct YouTube {
    http: HttpClient,
}

impl YouTube {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http }
    }

    /// Sends as the account.
    async fn call(&self, request: Request, access: &Access) -> Result<Answer, CallError> {
        let answer = self.http.send(request.bearer(&access.token)).await?;
        if let Some(usage) = errors::usage(&answer) {
            self.http.note_usage(&access.base_url, &access.platform_user_id, usage);
        }
        errors::judge(answer)
    }
}

/// A path below `/youtube/v3/`.
fn address(base: &Url, resource: &str) -> Result<Url, CallError> {
    endpoint(base, &["youtube", "v3", resource])
}

#[async_trait]
impl Connector for YouTube {
    fn platform(&self) -> Platform {
        Platform::Youtube
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reliable_look_up: true,
            delete: true,
            refresh: true,
            past_days: true,
            day_zone: "America/Los_Angeles",
            metrics_batch_max: IDS_MAX,
            options: &[
                "privacy_status",
                "made_for_kids",
                "embeddable",
                "public_stats_viewable",
                "license",
                "contains_synthetic_media",
                "category_id",
                "tags",
                "default_language",
                "notify_subscribers",
            ],
            publishes: &[Ability::Video, Ability::Short, Ability::Reply],
            handles_life: Some(HANDLES_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "youtube/1 v3".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://www.googleapis.com/".parse().ok()
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
        self.own_channels(base_url, token).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.own_channel(access).await
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

    /// The description; a comment's whole text.
    fn composed_text(&self, draft: &Draft) -> String {
        draft.text_with_link()
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.make_ready(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        let published = match &draft.reply_to {
            Some(reply) => self.comment(access, draft, reply).await?,
            None => self.make_public(access, draft, handles).await?,
        };
        Ok(Sent::Published(published))
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        match &search.draft.reply_to {
            Some(reply) => self.find_comment(access, search, reply).await,
            None => self.find_video(access, search).await,
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
        self.uploads(access, since, cursor, items_max).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, items = ids.len()))]
    async fn content_metrics(&self, access: &Access, ids: &[String], _date: Date) -> Result<MetricsBatch, CallError> {
        self.video_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.channel_metrics(access, from, to).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        let resource = if reading::is_video_id(external_id) { "videos" } else { "comments" };
        let request = Request::delete(address(&access.base_url, resource)?).with("id", external_id);
        self.call(request, access).await.map(drop)
    }

    /// Answers tell no quota until it is used up.
    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}
