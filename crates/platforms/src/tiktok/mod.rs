//! TikTok, by its Content Posting, Display and Login Kit APIs (v2).
//!
//! An answer with status 200 may be a refusal: every answer carries `error.code`, and `ok` is the only
//! good one. A post gets its id after the network has looked through it, so the public call brings a
//! `publish_id`, and the look-up with it brings the post.

mod chunks;
mod content;
mod creator;
mod errors;
mod metrics;
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
use crate::http::{Answer, HttpClient, Request, endpoint};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, PostingChoices, Prepared, Profile, Search, Sent, TokenSet, Usage,
};

/// An upload address lives one hour; what was prepared is used for a little less.
const UPLOAD_LIFE: Duration = Duration::from_secs(55 * 60);

/// Most ids of one query of videos, and most videos of one page.
const VIDEOS_MAX: usize = 20;

/// TikTok.
#[derive(Debug)]
pub struct TikTok {
    http: HttpClient,
}

impl TikTok {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http }
    }

    /// Sends as the account; the answer is one whose code is `ok`.
    async fn call(&self, request: Request, access: &Access) -> Result<Answer, CallError> {
        errors::judge(self.http.send(request.bearer(&access.token)).await?)
    }

    /// A JSON call as the account, by the path below `/v2/`.
    async fn post(&self, access: &Access, path: &[&str], body: Value) -> Result<Answer, CallError> {
        self.call(Request::post_json(address(&access.base_url, path)?, body), access).await
    }
}

/// A path below `/v2/`. All of them end in a slash; without it the network answers "not found".
fn address(base: &Url, path: &[&str]) -> Result<Url, CallError> {
    let whole: Vec<&str> = std::iter::once("v2").chain(path.iter().copied()).chain(std::iter::once("")).collect();
    endpoint(base, &whole)
}

/// Pages for people stand on another host than the API: beside a local server, `<base>-www`.
fn site(base: &Url) -> Url {
    if base.host_str() == Some("open.tiktokapis.com") {
        return "https://www.tiktok.com/".parse().expect("an address");
    }
    let mut url = base.clone();
    url.set_path(&format!("{}-www", base.path().trim_end_matches('/')));
    url
}

/// Whether bytes may go to an upload address that the network gave: the configured server, or one of
/// the network's own upload hosts (`open-upload.tiktokapis.com` and its regions).
fn may_upload_to(base: &Url, upload: &Url) -> bool {
    let is_own = |host: &str| host.starts_with("open-upload") && host.ends_with(".tiktokapis.com");
    let is_same = upload.origin() == base.origin();
    is_same || (upload.scheme() == "https" && upload.host_str().is_some_and(is_own))
}

#[async_trait]
impl Connector for TikTok {
    fn platform(&self) -> Platform {
        Platform::Tiktok
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // By the publish id. Where that is unknown the look-up says so instead of "absent".
            reliable_look_up: true,
            refresh: true,
            metrics_batch_max: VIDEOS_MAX,
            options: &[
                "privacy_level",
                "allow_comment",
                "allow_duet",
                "allow_stitch",
                "brand_organic_toggle",
                "brand_content_toggle",
                "is_aigc",
                "video_cover_timestamp_ms",
                "auto_add_music",
                "photo_cover_index",
            ],
            asks_choices: true,
            publishes: &[Ability::Image, Ability::Video, Ability::Carousel],
            // Pictures; videos are sent.
            fetches_media: true,
            handles_life: Some(UPLOAD_LIFE),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "tiktok/1 v2".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://open.tiktokapis.com/".parse().ok()
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

    fn missing_choices(&self, draft: &Draft) -> Vec<String> {
        rules::missing_choices(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn posting_choices(&self, access: &Access) -> Result<Option<PostingChoices>, CallError> {
        self.creator(access).await.map(|creator| Some(creator.choices()))
    }

    fn composed_text(&self, draft: &Draft) -> String {
        draft.text_with_link()
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.make_ready(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.make_public(access, draft, handles).await
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
        self.video_metrics(access, ids).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn account_metrics(&self, access: &Access, _from: Date, _to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.user_metrics(access).await.map(|today| vec![today])
    }

    async fn delete(&self, _access: &Access, _external_id: &str) -> Result<(), CallError> {
        Err(CallError::not_sent("TikTok lets no app delete a post; delete it in TikTok itself"))
    }

    /// TikTok's answers tell no quota.
    fn usage(&self, _access: &Access) -> Option<Usage> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_to_the_networks_upload_hosts_only() {
        let url = |text: &str| text.parse::<Url>().expect("an address");
        let (real, local) = (url("https://open.tiktokapis.com/"), url("http://127.0.0.1:9/tiktok"));
        for (base, upload, may) in [
            (&real, "https://open-upload.tiktokapis.com/video/?upload_id=1", true),
            (&real, "https://open-upload-i18n.tiktokapis.com/upload/?upload_id=1", true),
            (&real, "http://open-upload.tiktokapis.com/video/", false),
            (&real, "https://open-upload.tiktokapis.com.evil.example/", false),
            (&real, "http://127.0.0.1:9/tiktok-upload/", false),
            (&local, "http://127.0.0.1:9/tiktok-upload/video/?upload_id=1", true),
            (&local, "http://127.0.0.1:10/tiktok-upload/", false),
        ] {
            assert_eq!(may_upload_to(base, &url(upload)), may, "{upload}");
        }
        assert_eq!(site(&real).as_str(), "https://www.tiktok.com/");
        assert_eq!(site(&local).as_str(), "http://127.0.0.1:9/tiktok-www");
    }

    #[test]
    fn paths_end_in_a_slash() {
        let base = "https://open.tiktokapis.com/".parse().expect("an address");
        let url = address(&base, &["video", "list"]).expect("joins");
        assert_eq!(url.as_str(), "https://open.tiktokapis.com/v2/video/list/");
    }
}
