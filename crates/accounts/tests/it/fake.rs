//! A network that answers what the test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use rookery_platforms::{
    Access, AccountMetrics, AppCredentials, AuthorizeRequest, CallError, Capabilities, Connector, ContentPage,
    Delivery, Draft, ErrorType, ExchangeRequest, Found, Handles, InstanceLimits, MetricsBatch, Profile,
    RegisterRequest, Search, Sent, SignIn, TokenSet, Usage,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::sync::Barrier;
use url::Url;

/// A profile's id and the token of its own, if it has one.
type Listed = (&'static str, Option<&'static str>);

/// What the fake answers. Clones share it.
#[derive(Clone)]
pub struct Fake {
    pub profiles: Arc<Mutex<Vec<Listed>>>,
    pub refuses: Arc<Mutex<Option<ErrorType>>>,
    pub renewals: Arc<AtomicUsize>,
    pub meet: Arc<Mutex<Option<Arc<Barrier>>>>,
    pub brings: Arc<Mutex<Brought>>,
    pub signs_in: Arc<Mutex<SignIn>>,
    pub limits: Arc<Mutex<Option<InstanceLimits>>>,
    asked_for_limits: Arc<AtomicUsize>,
}

/// What a renewal brings besides the access token `renewed-<n>`.
#[derive(Clone, Copy)]
pub struct Brought {
    pub life: Duration,
    pub refresh: Option<&'static str>,
    pub is_blank: bool,
}

impl Default for Brought {
    fn default() -> Self {
        Self { life: Duration::from_secs(3600), refresh: None, is_blank: false }
    }
}

impl Fake {
    pub fn new() -> Self {
        Self {
            profiles: Arc::new(Mutex::new(vec![("100", None)])),
            refuses: Arc::default(),
            renewals: Arc::default(),
            meet: Arc::default(),
            brings: Arc::default(),
            signs_in: Arc::new(Mutex::new(SignIn::Consent)),
            limits: Arc::default(),
            asked_for_limits: Arc::default(),
        }
    }

    /// How often somebody asked what the server allows.
    pub fn asked_for_limits(&self) -> usize {
        self.asked_for_limits.load(Ordering::SeqCst)
    }

    fn refusal(&self) -> Result<(), CallError> {
        let kind = *self.refuses.lock().expect("not poisoned");
        kind.map_or(Ok(()), |kind| Err(CallError::new(kind, Delivery::Refused, "the fake says no")))
    }
}

fn unused() -> CallError {
    CallError::new(ErrorType::BadRequest, Delivery::NotSent, "not part of this test")
}

#[async_trait]
impl Connector for Fake {
    fn platform(&self) -> Platform {
        Platform::Mastodon
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            accepts_idempotency_key: false,
            idempotency_window: None,
            reliable_look_up: true,
            delete: true,
            refresh: true,
            own_servers: true,
            past_days: false,
            metrics_batch_max: 10,
            sign_in: *self.signs_in.lock().expect("not poisoned"),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "fake/1".into()
    }

    fn default_base_url(&self) -> Option<Url> {
        None
    }

    fn authorize_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        let mut url = request.base_url.join("/oauth/authorize").map_err(|_| unused())?;
        url.query_pairs_mut().append_pair("state", &request.state).append_pair("client_id", &request.app.client_id);
        Ok(url)
    }

    async fn register_app(&self, _: &RegisterRequest) -> Result<Option<AppCredentials>, CallError> {
        Ok(Some(AppCredentials { client_id: "app".into(), client_secret: "app-secret".into() }))
    }

    async fn exchange_code(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        self.refusal()?;
        assert_eq!(request.app.client_id, "app");
        assert!(request.code_verifier.is_some(), "the proof key travels with the code");
        let token = format!("tok-{}", request.code.expose_secret());
        Ok(TokenSet {
            access: token.into(),
            refresh: Some("ref".into()),
            expires_in: None,
            scopes: vec!["read".into()],
        })
    }

    async fn profiles(&self, _: &Url, _: &SecretString, _: Option<&AppCredentials>) -> Result<Vec<Profile>, CallError> {
        self.refusal()?;
        let listed = self.profiles.lock().expect("not poisoned").clone();
        Ok(listed.into_iter().map(|(id, token)| profile(id, token)).collect())
    }

    async fn sign_in(
        &self,
        _: &Url,
        identifier: &str,
        password: &SecretString,
    ) -> Result<(TokenSet, Profile), CallError> {
        self.refusal()?;
        if password.expose_secret() != "right" {
            return Err(CallError::new(ErrorType::TokenExpired, Delivery::Refused, "Invalid identifier or password"));
        }
        let access = format!("session-of-{identifier}").into();
        let tokens = TokenSet {
            access,
            refresh: Some("refresh-1".into()),
            expires_in: Some(Duration::from_secs(7200)),
            scopes: Vec::new(),
        };
        Ok((tokens, profile("100", None)))
    }

    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        self.refusal()?;
        Ok(Profile { followers_count: Some(77), ..profile(&access.platform_user_id, None) })
    }

    async fn instance_limits(&self, _: &Url) -> Result<Option<InstanceLimits>, CallError> {
        self.asked_for_limits.fetch_add(1, Ordering::SeqCst);
        self.refusal()?;
        Ok(*self.limits.lock().expect("not poisoned"))
    }

    async fn refresh(&self, _: &Access) -> Result<TokenSet, CallError> {
        let number = self.renewals.fetch_add(1, Ordering::SeqCst);
        let meet = self.meet.lock().expect("not poisoned").clone();
        if let Some(barrier) = meet {
            // Somebody is let in, and then the answer.
            barrier.wait().await;
            barrier.wait().await;
        }
        self.refusal()?;
        let brought = *self.brings.lock().expect("not poisoned");
        let access = if brought.is_blank { String::new() } else { format!("renewed-{number}") };
        Ok(TokenSet {
            access: access.into(),
            refresh: brought.refresh.map(Into::into),
            expires_in: Some(brought.life),
            scopes: Vec::new(),
        })
    }

    async fn publish(&self, _: &Access, _: &Draft, _: &Handles) -> Result<Sent, CallError> {
        Err(unused())
    }

    async fn look_up(&self, _: &Access, _: &Search) -> Result<Found, CallError> {
        Err(unused())
    }

    async fn list_content(
        &self,
        _: &Access,
        _: Timestamp,
        _: Option<String>,
        _: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        Err(unused())
    }

    async fn content_metrics(&self, _: &Access, _: &[String], _: Date) -> Result<MetricsBatch, CallError> {
        Err(unused())
    }

    async fn account_metrics(&self, _: &Access, _: Date, _: Date) -> Result<Vec<AccountMetrics>, CallError> {
        Err(unused())
    }

    async fn delete(&self, _: &Access, _: &str) -> Result<(), CallError> {
        Err(unused())
    }

    fn usage(&self, _: &Access) -> Option<Usage> {
        None
    }
}

fn profile(id: &str, token: Option<&'static str>) -> Profile {
    Profile {
        id: id.to_owned(),
        username: format!("user{id}"),
        display_name: Some(format!("User {id}")),
        avatar_url: None,
        profile_url: None,
        followers_count: Some(10),
        token: token.map(Into::into),
        metadata: json!({}),
    }
}
