//! A sandbox with a clock that stands until it is moved, and a client.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, redirect};
use rookery_kernel::{FixedClock, Platform, Timestamp};
use rookery_sandbox::{AccountOptions, Control, Sandbox, SandboxAccount, SandboxConfig};
use serde_json::Value;
use url::Url;

/// A Monday, 10:00 in Berlin.
pub const NOW: &str = "2026-03-02T09:00:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub struct House {
    pub sandbox: Sandbox,
    pub control: Control,
    pub clock: FixedClock,
    pub http: Client,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn str(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn int(&self, pointer: &str) -> i64 {
        self.body.pointer(pointer).and_then(Value::as_i64).unwrap_or(-1)
    }

    pub fn data(&self) -> &[Value] {
        self.body.get("data").and_then(Value::as_array).map(Vec::as_slice).expect("data")
    }

    /// Graph error: code and subcode.
    pub fn code(&self) -> (i64, i64) {
        (self.int("/error/code"), self.int("/error/error_subcode"))
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(7, None).await
    }

    pub async fn with(seed: u64, state_file: Option<PathBuf>) -> Self {
        let clock = FixedClock::at(at(NOW));
        let addr = ([127, 0, 0, 1], 0).into();
        let config = SandboxConfig { addr, seed, clock: Arc::new(clock.clone()), state_file };
        let sandbox = Sandbox::start(config).await.expect("starts");
        let http = Client::builder().timeout(Duration::from_secs(20)).redirect(redirect::Policy::none());
        Self { control: sandbox.control(), sandbox, clock, http: http.build().expect("a client") }
    }

    pub fn page(&self) -> SandboxAccount {
        self.account(Platform::Facebook, "fieldwork", 8_000)
    }

    pub fn masto(&self) -> SandboxAccount {
        self.account(Platform::Mastodon, "fieldwork", 2_400)
    }

    pub fn account(&self, platform: Platform, handle: &str, followers: i64) -> SandboxAccount {
        let options = AccountOptions { bio: "Notes & tools".into(), ..AccountOptions::default() };
        self.control.create_account(platform, handle, "Fieldwork Studio", followers, options).expect("an account")
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}{}", self.control.origin(), path.trim_start_matches('/'));
        let url = if path.starts_with("http") { path.to_owned() } else { url };
        let request = self.http.request(method, url);
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(self.request(Method::GET, path, token)).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(self.request(Method::DELETE, path, token)).await
    }

    pub async fn post(&self, path: &str, token: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path, token).form(form)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path, "").json(body)).await
    }

    /// Agrees to what a client asks for, as this account: the parameters of the way back.
    pub async fn consent(
        &self,
        account: &SandboxAccount,
        path: &str,
        query: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        self.control.change_settings(|s| {
            s.auto_consent = true;
            s.consent_as = Some(account.platform_user_id.clone());
        });
        let answer = self.send(self.request(Method::GET, path, "").query(query)).await;
        let back: Url = answer.header("location").parse().unwrap_or_else(|_| panic!("sent back: {}", answer.text));
        back.query_pairs().into_owned().collect()
    }

    /// Posts on a page and gives the post's id.
    pub async fn feed(&self, page: &SandboxAccount, text: &str) -> String {
        let path = format!("/facebook/v25.0/{}/feed", page.platform_user_id);
        let answer = self.post(&path, &page.access_token, &[("message", text)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.str("/id").to_owned()
    }

    /// Posts a status; the raw result, for faults that break the connection.
    pub fn status(&self, account: &SandboxAccount, text: &str, key: &str) -> RequestBuilder {
        let request = self.request(Method::POST, "/mastodon/api/v1/statuses", &account.access_token);
        let request = if key.is_empty() { request } else { request.header("Idempotency-Key", key) };
        request.form(&[("status", text)])
    }

    pub async fn toot(&self, account: &SandboxAccount, text: &str) -> String {
        let answer = self.send(self.status(account, text, "")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.str("/id").to_owned()
    }
}
