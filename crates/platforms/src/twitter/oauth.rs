//! Consent, tokens and the account behind a token.
//!
//! The proof key is required. A refresh token works once: each renewal brings a new one.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Twitter, errors, site};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::oauth::{challenge, token_set};
use crate::types::{Access, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for; without `offline.access` there is no refresh token.
const SCOPES: [&str; 5] = ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"];

const USER_FIELDS: &str = "id,name,username,profile_image_url,public_metrics,verified_type";

/// Where the person gives consent.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let verifier = request.code_verifier.as_ref();
    let verifier = verifier.ok_or_else(|| CallError::not_sent("X gives consent only with a proof key (PKCE)"))?;
    let scopes = if request.scopes.is_empty() { SCOPES.join(" ") } else { request.scopes.join(" ") };
    let mut url = endpoint(&site(&request.base_url), &["i", "oauth2", "authorize"])?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &request.app.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("scope", &scopes)
        .append_pair("state", &request.state)
        .append_pair("code_challenge", &challenge(verifier))
        .append_pair("code_challenge_method", "S256");
    Ok(url)
}

impl Twitter {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let mut call = Request::post(endpoint(&request.base_url, &["2", "oauth2", "token"])?)
            .basic(&request.app)
            .with("grant_type", "authorization_code")
            .with("client_id", &request.app.client_id)
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        if let Some(verifier) = &request.code_verifier {
            call = call.with_secret("code_verifier", verifier);
        }
        let answer = errors::judge_token(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    /// The old refresh token ends with this call: the new one must be stored before anything else.
    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let app = access.app.as_ref();
        let app = app.ok_or_else(|| {
            CallError::not_sent("a token of X is renewed with the app's id and secret; set networks.twitter")
        })?;
        let token = access.refresh_token.as_ref().ok_or_else(|| {
            let message = "X gave no refresh token; connect the account again and agree to offline access";
            CallError::new(ErrorType::TokenExpired, Delivery::NotSent, message)
        })?;
        let call = Request::post(endpoint(&access.base_url, &["2", "oauth2", "token"])?)
            .basic(app)
            .with("grant_type", "refresh_token")
            .with("client_id", &app.client_id)
            .with_secret("refresh_token", token);
        let answer = errors::judge_token(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn give_token_back(&self, access: &Access) -> Result<(), CallError> {
        let Some(app) = &access.app else { return Ok(()) };
        let call = Request::post(endpoint(&access.base_url, &["2", "oauth2", "revoke"])?)
            .basic(app)
            .with("client_id", &app.client_id)
            .with("token_type_hint", "access_token")
            .with_secret("token", &access.token);
        errors::judge_token(self.http.send(call).await?).map(drop)
    }

    pub(super) async fn own_profile(&self, base_url: &Url, token: &SecretString) -> Result<Profile, CallError> {
        let request = Request::get(endpoint(base_url, &["2", "users", "me"])?).with("user.fields", USER_FIELDS);
        let answer = errors::judge(self.http.send(request.bearer(token)).await?)?;
        let body = answer.json().unwrap_or_default();
        body.get("data").and_then(|user| profile(base_url, user)).ok_or_else(|| answer.unstructured())
    }
}

fn profile(base_url: &Url, user: &Value) -> Option<Profile> {
    let text = |name: &str| user.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let id = text("id")?;
    let username = text("username").unwrap_or_else(|| id.clone());
    Some(Profile {
        display_name: text("name"),
        avatar_url: text("profile_image_url"),
        profile_url: endpoint(&site(base_url), &[&username]).ok().map(Into::into),
        followers_count: user.pointer("/public_metrics/followers_count").and_then(Value::as_i64),
        token: None,
        metadata: json!({ "username": username, "verified_type": user.get("verified_type") }),
        username,
        id,
    })
}
