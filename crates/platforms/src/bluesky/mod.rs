//! Bluesky and every other server of the AT Protocol. An account lives in a repository on its own
//! server (PDS); a post is a record in it, under a key that we choose.

mod content;
mod errors;
mod facets;
mod metrics;
mod publish;
mod record;
mod record_key;
mod session;
mod upload;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use secrecy::SecretString;
use std::time::Duration;
use tracing::instrument;
use url::Url;

use crate::connector::Connector;
use crate::error::CallError;
use crate::http::{Answer, HttpClient, Request, endpoint};
use crate::types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Capabilities, ContentPage, Draft,
    ExchangeRequest, Found, Handles, MetricsBatch, Prepared, Profile, Search, Sent, SignIn, TokenSet, Usage,
};

/// The collection in which posts stand.
const POSTS: &str = "app.bsky.feed.post";

/// A blob that no record names may be thrown away after an hour (atproto.com, blob specification).
const BLOB_LIFE: Duration = Duration::from_hours(1);

/// Most posts of one `getPosts`.
const METRICS_BATCH_MAX: usize = 25;

/// Bluesky.
#[derive(Debug)]
pub struct Bluesky {
    http: HttpClient,
}

/// The hosts beside an account's own server.
struct Hosts {
    /// Processes videos before they are posted; without one the video goes to the own server as it is.
    video: Option<Url>,
    /// Shows posts to people.
    web: Url,
}

/// The one place that knows them. Servers of Bluesky itself share its video host; a base with a
/// path is a simulated network, whose hosts stand beside it.
fn hosts(base: &Url) -> Result<Hosts, CallError> {
    let known = |text: &str| text.parse::<Url>().map_err(|_| CallError::not_sent("no web address"));
    let own = base.as_str().trim_end_matches('/');
    let host = base.host_str().unwrap_or_default();
    Ok(if !matches!(base.path(), "" | "/") {
        Hosts { video: Some(known(&format!("{own}-video"))?), web: base.clone() }
    } else if host == "bsky.social" || host.ends_with(".bsky.network") {
        Hosts { video: Some(known("https://video.bsky.app")?), web: known("https://bsky.app")? }
    } else {
        Hosts { video: None, web: known("https://bsky.app")? }
    })
}

/// The address of a method.
fn method(base: &Url, name: &str) -> Result<Url, CallError> {
    endpoint(base, &["xrpc", name])
}

impl Bluesky {
    /// A connector over this client.
    pub fn new(http: HttpClient) -> Self {
        Self { http }
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
impl Connector for Bluesky {
    fn platform(&self) -> Platform {
        Platform::Bluesky
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // The record key is made from ours: writing again writes the same record.
            accepts_idempotency_key: true,
            idempotency_window: None,
            reliable_look_up: true,
            delete: true,
            refresh: true,
            past_days: false,
            metrics_batch_max: METRICS_BATCH_MAX,
            options: &["languages", "link_title", "link_description"],
            publishes: &[
                Ability::Text,
                Ability::Link,
                Ability::Image,
                Ability::Video,
                Ability::Carousel,
                Ability::Reply,
            ],
            handles_life: Some(BLOB_LIFE),
            sign_in: SignIn::AppPassword,
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "bluesky/1 xrpc".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        "https://bsky.social".parse().ok()
    }

    fn authorize_url(&self, _request: &AuthorizeRequest) -> Result<Url, CallError> {
        Err(CallError::not_sent("accounts of Bluesky are connected with a handle and an app password"))
    }

    async fn exchange_code(&self, _request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        Err(CallError::not_sent("accounts of Bluesky are connected with a handle and an app password"))
    }

    #[instrument(skip_all, err(level = "warn"), fields(server = %base_url))]
    async fn sign_in(
        &self,
        base_url: &Url,
        identifier: &str,
        password: &SecretString,
    ) -> Result<(TokenSet, Profile), CallError> {
        self.create_session(base_url, identifier, password).await
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

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        self.refresh_session(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn revoke(&self, access: &Access) -> Result<(), CallError> {
        self.delete_session(access).await
    }

    fn objections(&self, draft: &Draft) -> Vec<String> {
        record::objections(draft)
    }

    fn composed_text(&self, draft: &Draft) -> String {
        record::text(draft)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn prepare(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        self.make_record(access, draft, handles).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        self.put_record(access, draft, handles).await.map(Sent::Published)
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id))]
    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        self.find_record(access, search).await
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
        self.profile_metrics(access).await
    }

    #[instrument(skip_all, err(level = "warn"), fields(account = %access.platform_user_id, id = external_id))]
    async fn delete(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        self.delete_record(access, external_id).await
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.http.usage(&access.base_url, &access.platform_user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_beside_a_server_follow_from_its_address() {
        let table = [
            ("https://bsky.social", Some("https://video.bsky.app/"), "https://bsky.app/"),
            ("https://morel.us-east.host.bsky.network/", Some("https://video.bsky.app/"), "https://bsky.app/"),
            ("https://pds.example.org", None, "https://bsky.app/"),
            (
                "http://127.0.0.1:4000/bluesky/",
                Some("http://127.0.0.1:4000/bluesky-video"),
                "http://127.0.0.1:4000/bluesky/",
            ),
        ];
        for (base, video, web) in table {
            let hosts = hosts(&base.parse().expect("url")).expect("hosts");
            assert_eq!((hosts.video.as_ref().map(Url::as_str), hosts.web.as_str()), (video, web), "{base}");
        }
    }
}
