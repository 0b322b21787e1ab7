//! Registration, consent, tokens and the account behind a token.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Mastodon, errors};
use crate::count::count;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::oauth::{challenge, token_set};
use crate::types::{Access, AppCredentials, AuthorizeRequest, ExchangeRequest, Profile, RegisterRequest, TokenSet};

/// Rights we ask for: who it is, own posts and their numbers, publishing.
const SCOPES: [&str; 4] = ["read:accounts", "read:statuses", "write:statuses", "write:media"];

fn scopes(asked: &[String]) -> String {
    if asked.is_empty() { SCOPES.join(" ") } else { asked.join(" ") }
}

/// Where the server asks the person for consent.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let mut url = endpoint(&request.base_url, &["oauth", "authorize"])?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &request.app.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("scope", &scopes(&request.scopes))
        .append_pair("state", &request.state);
    if let Some(verifier) = &request.code_verifier {
        query.append_pair("code_challenge", &challenge(verifier)).append_pair("code_challenge_method", "S256");
    }
    drop(query);
    Ok(url)
}

impl Mastodon {
    pub(super) async fn register(&self, request: &RegisterRequest) -> Result<AppCredentials, CallError> {
        let mut call = Request::post(endpoint(&request.base_url, &["api", "v1", "apps"])?)
            .with("client_name", &request.client_name)
            .with("redirect_uris", &request.redirect_uri)
            .with("scopes", scopes(&request.scopes));
        if let Some(website) = &request.website {
            call = call.with("website", website);
        }
        let answer = errors::judge(self.http.send(call).await?)?;
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or_else(|| answer.unstructured());
        Ok(AppCredentials {
            client_id: text("client_id")?.to_owned(),
            client_secret: SecretString::from(text("client_secret")?),
        })
    }

    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let mut call = Request::post(endpoint(&request.base_url, &["oauth", "token"])?)
            .with("grant_type", "authorization_code")
            .with("client_id", &request.app.client_id)
            .with_secret("client_secret", &request.app.client_secret)
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        if let Some(verifier) = &request.code_verifier {
            call = call.with_secret("code_verifier", verifier);
        }
        let answer = errors::judge(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn give_token_back(&self, access: &Access) -> Result<(), CallError> {
        let Some(app) = &access.app else { return Ok(()) };
        let call = Request::post(endpoint(&access.base_url, &["oauth", "revoke"])?)
            .with("client_id", &app.client_id)
            .with_secret("client_secret", &app.client_secret)
            .with_secret("token", &access.token);
        errors::judge(self.http.send(call).await?).map(drop)
    }

    pub(super) async fn own_profile(&self, base_url: &Url, token: &SecretString) -> Result<Profile, CallError> {
        let url = endpoint(base_url, &["api", "v1", "accounts", "verify_credentials"])?;
        let answer = errors::judge(self.http.send(Request::get(url).bearer(token)).await?)?;
        profile(&answer.json().unwrap_or_default()).ok_or_else(|| {
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the server described an account without an id")
        })
    }
}

fn profile(account: &Value) -> Option<Profile> {
    let text = |name: &str| account.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let id = text("id")?;
    Some(Profile {
        username: text("username").unwrap_or_else(|| id.clone()),
        display_name: text("display_name"),
        avatar_url: text("avatar"),
        profile_url: text("url"),
        followers_count: account.get("followers_count").and_then(|told| count(told).0),
        token: None,
        metadata: json!({
            "acct": account.get("acct"),
            "statuses_count": account.get("statuses_count"),
            "following_count": account.get("following_count"),
        }),
        id,
    })
}
