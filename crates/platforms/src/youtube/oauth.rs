//! Consent, tokens and the channels behind a token.
//!
//! A refresh token comes only with `access_type=offline`, and again only with `prompt=consent`. It
//! does not change when it is used.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::hosts::{Host, host};
use super::{YouTube, address, errors};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request, endpoint};
use crate::oauth::{challenge, token_set};
use crate::types::{Access, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for: upload; read; comments, changes and deletion; reports.
const SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/youtube.upload",
    "https://www.googleapis.com/auth/youtube.readonly",
    "https://www.googleapis.com/auth/youtube.force-ssl",
    "https://www.googleapis.com/auth/yt-analytics.readonly",
];

/// Where the person gives consent.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let scopes = if request.scopes.is_empty() { SCOPES.join(" ") } else { request.scopes.join(" ") };
    let mut url = endpoint(&host(&request.base_url, Host::Accounts), &["o", "oauth2", "v2", "auth"])?;
    url.query_pairs_mut()
        .append_pair("client_id", &request.app.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("scope", &scopes)
        .append_pair("access_type", "offline")
        .append_pair("prompt", "consent")
        .append_pair("include_granted_scopes", "true")
        .append_pair("state", &request.state);
    if let Some(verifier) = &request.code_verifier {
        url.query_pairs_mut()
            .append_pair("code_challenge", &challenge(verifier))
            .append_pair("code_challenge_method", "S256");
    }
    Ok(url)
}

impl YouTube {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let mut call = Request::post(endpoint(&host(&request.base_url, Host::Tokens), &["token"])?)
            .with("grant_type", "authorization_code")
            .with("client_id", &request.app.client_id)
            .with_secret("client_secret", &request.app.client_secret)
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        if let Some(verifier) = &request.code_verifier {
            call = call.with_secret("code_verifier", verifier);
        }
        self.tokens(call).await
    }

    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let app = access.app.as_ref().ok_or_else(|| {
            CallError::not_sent("a token of YouTube is renewed with the app's id and secret; set networks.youtube")
        })?;
        let token = access.refresh_token.as_ref().ok_or_else(|| {
            let message = "Google gave no refresh token; take Rookery out of the Google account's connected apps \
                           and connect the channel again";
            CallError::new(ErrorType::TokenExpired, Delivery::NotSent, message)
        })?;
        let call = Request::post(endpoint(&host(&access.base_url, Host::Tokens), &["token"])?)
            .with("grant_type", "refresh_token")
            .with("client_id", &app.client_id)
            .with_secret("client_secret", &app.client_secret)
            .with_secret("refresh_token", token);
        self.tokens(call).await
    }

    async fn tokens(&self, call: Request) -> Result<TokenSet, CallError> {
        let answer = errors::judge_token(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    /// Giving the refresh token back ends both.
    pub(super) async fn give_token_back(&self, access: &Access) -> Result<(), CallError> {
        let call = Request::post(endpoint(&host(&access.base_url, Host::Tokens), &["revoke"])?)
            .with_secret("token", access.refresh_token.as_ref().unwrap_or(&access.token));
        errors::judge_token(self.http.send(call).await?).map(drop)
    }

    pub(super) async fn own_channels(&self, base_url: &Url, token: &SecretString) -> Result<Vec<Profile>, CallError> {
        let request = channels(base_url, "snippet,statistics,contentDetails")?;
        let answer = errors::judge(self.http.send(request.bearer(token)).await?)?;
        let body = items(&answer)?;
        if body.is_empty() {
            let message = "this Google account has no YouTube channel; make one and connect it again";
            return Err(CallError::new(ErrorType::Permission, Delivery::Refused, message));
        }
        Ok(body.iter().filter_map(|channel| profile(base_url, channel)).collect())
    }

    pub(super) async fn own_channel(&self, access: &Access) -> Result<Profile, CallError> {
        let channels = self.own_channels(&access.base_url, &access.token).await?;
        channels.into_iter().find(|c| c.id == access.platform_user_id).ok_or_else(|| {
            let message = "the token belongs to another channel; connect this channel again";
            CallError::new(ErrorType::Permission, Delivery::Refused, message)
        })
    }
}

/// A read of the channels of a token.
pub(super) fn channels(base_url: &Url, parts: &str) -> Result<Request, CallError> {
    Ok(Request::get(address(base_url, "channels")?).with("part", parts).with("mine", "true"))
}

/// The items of a list; without results Google leaves the member out.
pub(super) fn items(answer: &Answer) -> Result<Vec<Value>, CallError> {
    let mut body = answer.json().filter(Value::is_object).ok_or_else(|| answer.unstructured())?;
    match body.get_mut("items").map(Value::take) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(answer.unstructured()),
    }
}

fn profile(base_url: &Url, channel: &Value) -> Option<Profile> {
    let text = |pointer: &str| channel.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let id = text("/id")?;
    let handle = text("/snippet/customUrl").map(|u| u.trim_start_matches('@').to_owned());
    let picture = ["high", "medium", "default"].iter().find_map(|s| text(&format!("/snippet/thumbnails/{s}/url")));
    let is_hidden = channel.pointer("/statistics/hiddenSubscriberCount").and_then(Value::as_bool) == Some(true);
    Some(Profile {
        id: id.to_owned(),
        username: handle.unwrap_or_else(|| id.to_owned()),
        display_name: text("/snippet/title").map(ToOwned::to_owned),
        avatar_url: picture.map(ToOwned::to_owned),
        profile_url: endpoint(&host(base_url, Host::Www), &["channel", id]).ok().map(Into::into),
        followers_count: text("/statistics/subscriberCount").filter(|_| !is_hidden).and_then(|n| n.parse().ok()),
        token: None,
        metadata: json!({ "uploads": text("/contentDetails/relatedPlaylists/uploads") }),
    })
}
