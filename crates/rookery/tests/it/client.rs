//! The API from outside.

use serde_json::Value;

use crate::program::PATIENCE;

/// What `curl` would do.
pub struct Client {
    http: reqwest::Client,
    address: String,
    key: String,
}

impl Client {
    pub fn new(address: &str, key: &str) -> Self {
        // The binary installs its provider for itself; this process is another one.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { http, address: address.trim_end_matches('/').to_owned(), key: key.to_owned() }
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer =
            self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.key).send().await.expect("an answer");
        assert!(
            answer.status().is_success(),
            "{path}: {} {}",
            answer.status(),
            answer.text().await.unwrap_or_default()
        );
        answer.json().await.expect("JSON")
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.address)).bearer_auth(&self.key);
        let answer = request.header("Idempotency-Key", key).json(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }
}
