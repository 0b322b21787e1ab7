//! What the networks of Meta have in common: the shape of the Graph API's errors, the proof that we hold
//! the app's secret, usage headers, paging and insights.

pub(crate) mod containers;
pub(crate) mod errors;
pub(crate) mod graph;
pub(crate) mod insights;
pub(crate) mod login;
pub(crate) mod paging;
pub(crate) mod refused_metrics;
pub(crate) mod values;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rookery_kernel::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use self::errors::Asking;
use crate::error::CallError;
use crate::http::{HttpClient, Request};
use crate::types::{Access, AppCredentials};

/// Who calls: the token, its account, and our registration.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub base_url: &'a Url,
    pub id: &'a str,
    pub token: &'a SecretString,
    /// Named, the proof goes along; not every host of Meta knows it.
    pub app: Option<&'a AppCredentials>,
}

impl<'a> From<&'a Access> for Caller<'a> {
    fn from(access: &'a Access) -> Self {
        Self {
            base_url: &access.base_url,
            id: &access.platform_user_id,
            token: &access.token,
            app: access.app.as_ref(),
        }
    }
}

/// Adds token and proof, sends, notes the usage headers, and returns a body that is no error.
pub(crate) async fn call(
    http: &HttpClient,
    request: Request,
    caller: &Caller<'_>,
    asking: Asking,
) -> Result<Value, CallError> {
    let request = match caller.app {
        Some(app) => request
            .with_secret("appsecret_proof", &SecretString::from(proof(&app.client_secret, caller.token)))
            .bearer(caller.token),
        None => request.bearer(caller.token),
    };
    let answer = http.send(request).await?;
    let usage = errors::usage(&answer, caller.id);
    if let Some(usage) = usage {
        http.note_usage(caller.base_url, caller.id, usage);
    }
    errors::judge(&answer, asking, usage)
}

/// `appsecret_proof`: hex HMAC-SHA256 of the token with the app secret as key.
fn proof(app_secret: &SecretString, token: &SecretString) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app_secret.expose_secret().as_bytes()).expect("HMAC takes keys of every length");
    mac.update(token.expose_secret().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The rows of a list answer.
pub(crate) fn rows(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("data").and_then(Value::as_array).into_iter().flatten()
}

/// The Graph API writes offsets without a colon: `2026-03-02T08:00:00+0000`.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let strict = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok();
    text.parse().ok().or_else(|| strict().map(Timestamp::from_jiff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_agrees_with_a_known_tool() {
        // printf %s EAAtoken | openssl dgst -sha256 -hmac app-secret
        assert_eq!(
            proof(&SecretString::from("app-secret"), &SecretString::from("EAAtoken")),
            "9f9f0867bc3df2d00cecd6aa6fb78e65b64c050401bd6ec5b84d98503d443d34"
        );
    }

    #[test]
    fn times_are_read_with_and_without_a_colon() {
        for text in ["2026-03-02T08:00:00+0000", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00+0100"] {
            assert_eq!(time(text).expect("a time").to_string(), "2026-03-02T08:00:00Z", "{text}");
        }
        assert_eq!(time("yesterday"), None);
    }
}
