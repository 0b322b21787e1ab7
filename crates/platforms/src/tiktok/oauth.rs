//! Consent, tokens and the account behind a token.
//!
//! TikTok's proof key differs from the standard: the challenge is the verifier's SHA-256 in
//! hexadecimal digits. An access token lives a day, a refresh token a year; a renewal may bring
//! another refresh token.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{TikTok, address, errors, site};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::oauth::token_set;
use crate::types::{Access, AppCredentials, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for.
const SCOPES: [&str; 5] = ["user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish"];

/// What is asked about the account. Fields of a right that was not given are refused as a whole, so
/// the person must agree to all of [`SCOPES`].
const USER_FIELDS: &str =
    "open_id,union_id,avatar_url,display_name,username,profile_deep_link,follower_count,is_verified";

/// The challenge of a verifier.
fn challenge(verifier: &SecretString) -> String {
    hex::encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

/// Where the person gives consent.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let scopes = if request.scopes.is_empty() { SCOPES.join(",") } else { request.scopes.join(",") };
    let mut url = endpoint(&site(&request.base_url), &["v2", "auth", "authorize", ""])?;
    url.query_pairs_mut()
        .append_pair("client_key", &request.app.client_id)
        .append_pair("response_type", "code")
        .append_pair("scope", &scopes)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("state", &request.state);
    if let Some(verifier) = &request.code_verifier {
        url.query_pairs_mut()
            .append_pair("code_challenge", &challenge(verifier))
            .append_pair("code_challenge_method", "S256");
    }
    Ok(url)
}

fn as_app(url: Url, app: &AppCredentials) -> Request {
    Request::post(url).with("client_key", &app.client_id).with_secret("client_secret", &app.client_secret)
}

impl TikTok {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let mut call = as_app(address(&request.base_url, &["oauth", "token"])?, &request.app)
            .with("grant_type", "authorization_code")
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        if let Some(verifier) = &request.code_verifier {
            call = call.with_secret("code_verifier", verifier);
        }
        self.tokens(call).await
    }

    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let app = access.app.as_ref().ok_or_else(|| {
            CallError::not_sent("a token of TikTok is renewed with the app's key and secret; set networks.tiktok")
        })?;
        let token = access.refresh_token.as_ref().ok_or_else(|| {
            let message = "there is no refresh token of TikTok; connect the account again";
            CallError::new(ErrorType::TokenExpired, Delivery::NotSent, message)
        })?;
        let call = as_app(address(&access.base_url, &["oauth", "token"])?, app)
            .with("grant_type", "refresh_token")
            .with_secret("refresh_token", token);
        self.tokens(call).await
    }

    async fn tokens(&self, call: Request) -> Result<TokenSet, CallError> {
        let answer = errors::judge_token(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn give_token_back(&self, access: &Access) -> Result<(), CallError> {
        let Some(app) = &access.app else { return Ok(()) };
        let call = as_app(address(&access.base_url, &["oauth", "revoke"])?, app).with_secret("token", &access.token);
        errors::judge_token(self.http.send(call).await?).map(drop)
    }

    pub(super) async fn own_profile(&self, base_url: &Url, token: &SecretString) -> Result<Profile, CallError> {
        let request = Request::get(address(base_url, &["user", "info"])?).with("fields", USER_FIELDS);
        let answer = errors::judge(self.http.send(request.bearer(token)).await?)?;
        let body = answer.json().unwrap_or_default();
        body.pointer("/data/user").and_then(|user| profile(base_url, user)).ok_or_else(|| answer.unstructured())
    }
}

fn profile(base_url: &Url, user: &Value) -> Option<Profile> {
    let text = |name: &str| user.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let id = text("open_id")?;
    let username = text("username").unwrap_or_else(|| id.clone());
    let page = || endpoint(&site(base_url), &[&format!("@{username}")]).ok().map(String::from);
    Some(Profile {
        display_name: text("display_name"),
        avatar_url: text("avatar_url"),
        profile_url: text("profile_deep_link").or_else(page),
        followers_count: user.get("follower_count").and_then(Value::as_i64),
        token: None,
        metadata: json!({ "username": username, "union_id": text("union_id") }),
        username,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_written_in_hexadecimal_digits() {
        // The verifier of RFC 7636, appendix B; the same hash as there, written otherwise.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3");
    }
}
