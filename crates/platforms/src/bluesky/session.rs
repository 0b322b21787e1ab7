//! Sessions: signed in with an app password, renewed, ended; the account behind one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{Bluesky, errors, hosts, method};
use crate::count::count;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request};
use crate::types::{Access, Profile, TokenSet};

impl Bluesky {
    /// `createSession`: the password goes out once and is not kept.
    pub(super) async fn create_session(
        &self,
        base: &Url,
        identifier: &str,
        password: &SecretString,
    ) -> Result<(TokenSet, Profile), CallError> {
        let identifier = full_handle(base, identifier);
        let body = json!({ "identifier": identifier, "password": password.expose_secret() });
        let request = Request::post_json(method(base, "com.atproto.server.createSession")?, body).hide(password);
        let answer = errors::judge(self.http.send(request).await?)?;
        let session = answer.json().unwrap_or_default();
        may_act(&session)?;
        let tokens = self.tokens(&answer, &session)?;
        let profile = self.described(base, &tokens.access, &session).await?;
        Ok((tokens, profile))
    }

    /// `refreshSession`: both tokens are new, and the old refresh token ends.
    pub(super) async fn refresh_session(&self, access: &Access) -> Result<TokenSet, CallError> {
        let Some(refresh) = &access.refresh_token else {
            let message = "the account was connected without a refresh token; connect it again";
            return Err(CallError::new(ErrorType::TokenExpired, Delivery::NotSent, message));
        };
        let url = method(&access.base_url, "com.atproto.server.refreshSession")?;
        let request = Request::new(reqwest::Method::POST, url).bearer(refresh);
        let answer = errors::judge(self.http.send(request).await?)?;
        let session = answer.json().unwrap_or_default();
        may_act(&session)?;
        self.tokens(&answer, &session)
    }

    /// `deleteSession`: ends this session and no other.
    pub(super) async fn delete_session(&self, access: &Access) -> Result<(), CallError> {
        let Some(refresh) = &access.refresh_token else { return Ok(()) };
        let url = method(&access.base_url, "com.atproto.server.deleteSession")?;
        errors::judge(self.http.send(Request::new(reqwest::Method::POST, url).bearer(refresh)).await?).map(drop)
    }

    fn tokens(&self, answer: &Answer, session: &Value) -> Result<TokenSet, CallError> {
        let token = |name: &str| {
            let text = session.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
            text.map(SecretString::from).ok_or_else(|| answer.unstructured())
        };
        let access = token("accessJwt")?;
        let expires_in = end(&access).map(|at| at.since(self.http.now()));
        Ok(TokenSet { access, refresh: Some(token("refreshJwt")?), expires_in, scopes: Vec::new() })
    }

    pub(super) async fn own_profile(&self, base: &Url, token: &SecretString) -> Result<Profile, CallError> {
        let request = Request::get(method(base, "com.atproto.server.getSession")?).bearer(token);
        let session = errors::judge(self.http.send(request).await?)?.json().unwrap_or_default();
        may_act(&session)?;
        self.described(base, token, &session).await
    }

    /// What the session says, and what the network shows to people if it can be asked: a server may
    /// stand alone, and the session is proof enough.
    async fn described(&self, base: &Url, token: &SecretString, session: &Value) -> Result<Profile, CallError> {
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned)
        };
        let id = text(session, "did").ok_or_else(|| {
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the server described an account without an id")
        })?;
        let request = Request::get(method(base, "app.bsky.actor.getProfile")?).bearer(token).with("actor", &id);
        let shown = match self.http.send(request).await.and_then(errors::judge) {
            Ok(answer) => answer.json().unwrap_or_default(),
            Err(error) => {
                tracing::info!(%error, "the profile cannot be read");
                Value::Null
            }
        };
        let username = text(session, "handle").unwrap_or_else(|| id.clone());
        Ok(Profile {
            display_name: text(&shown, "displayName"),
            avatar_url: text(&shown, "avatar"),
            profile_url: Some(format!("{}/profile/{id}", hosts(base)?.web.as_str().trim_end_matches('/'))),
            followers_count: shown.get("followersCount").and_then(|told| count(told).0),
            token: None,
            metadata: json!({ "handle": username, "pds": own_server(session) }),
            username,
            id,
        })
    }
}

/// A name without a dot is one of Bluesky's own handles; an e-mail address stays one.
fn full_handle(base: &Url, identifier: &str) -> String {
    let name = identifier.trim().trim_start_matches('@');
    let is_short = !name.contains(['.', '@', ':']);
    if is_short && base.host_str() == Some("bsky.social") { format!("{name}.bsky.social") } else { name.to_owned() }
}

/// A session of an account that is taken down or switched off opens, and can do nothing.
fn may_act(session: &Value) -> Result<(), CallError> {
    if session.get("active").and_then(Value::as_bool) != Some(false) {
        return Ok(());
    }
    let (kind, message) = match session.get("status").and_then(Value::as_str) {
        Some("takendown") => (ErrorType::PolicyBlock, "the account was taken down by its server"),
        Some("suspended") => (ErrorType::PolicyBlock, "the account is suspended by its server"),
        _ => (ErrorType::TokenExpired, "the account is deactivated; activate it and connect it again"),
    };
    Err(CallError::new(kind, Delivery::Refused, message))
}

/// The account's own server as its identity document names it.
fn own_server(session: &Value) -> Option<&str> {
    let services = session.pointer("/didDoc/service")?.as_array()?;
    let is_it = |s: &&Value| s.get("type").and_then(Value::as_str) == Some("AtprotoPersonalDataServer");
    services.iter().find(is_it)?.get("serviceEndpoint")?.as_str()
}

/// The end of a token, which is a JWT (RFC 7519): read, not checked, for it is the server's affair.
fn end(token: &SecretString) -> Option<Timestamp> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("exp")?.as_i64().map(Timestamp::from_secs)
}

/// How long a token for the video service may live.
pub(super) const SERVICE_TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_completed_at_bluesky_only() {
        let at = |base: &str, name: &str| full_handle(&base.parse().expect("url"), name);
        assert_eq!(at("https://bsky.social", " @ana "), "ana.bsky.social");
        assert_eq!(at("https://bsky.social", "ana.example.org"), "ana.example.org");
        assert_eq!(at("https://bsky.social", "ana@example.org"), "ana@example.org");
        assert_eq!(at("https://pds.example.org", "ana"), "ana");
    }

    #[test]
    fn the_end_of_a_token_stands_in_it() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"did:plc:abc","exp":1772449200}"#);
        assert_eq!(end(&format!("e30.{payload}.sig").into()), Some(Timestamp::from_secs(1_772_449_200)));
        assert_eq!(end(&"opaque".into()), None);
        assert_eq!(end(&"a.b.c".into()), None);
    }
}
