//! Tokens that are lengthened and renewed with themselves: Instagram and Threads.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::errors::{Asking, judge};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, HttpClient, Request};
use crate::types::{AuthorizeRequest, ExchangeRequest, TokenSet};

/// The consent page with the parameters that both networks take.
pub(crate) fn consent(mut page: Url, request: &AuthorizeRequest, own_scopes: &[&str]) -> Url {
    let own: Vec<String> = own_scopes.iter().map(ToString::to_string).collect();
    let scopes = if request.scopes.is_empty() { &own } else { &request.scopes };
    page.query_pairs_mut()
        .append_pair("client_id", &request.app.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("scope", &scopes.join(","))
        .append_pair("response_type", "code")
        .append_pair("state", &request.state);
    page
}

/// Code → token of an hour → token of sixty days. `words` are the grant types of the network.
pub(crate) async fn exchange(
    http: &HttpClient,
    code_url: Url,
    long_url: Url,
    long_grant: &str,
    request: &ExchangeRequest,
) -> Result<TokenSet, CallError> {
    let by_code = Request::post(code_url)
        .with("client_id", &request.app.client_id)
        .with_secret("client_secret", &request.app.client_secret)
        .with("grant_type", "authorization_code")
        .with("redirect_uri", &request.redirect_uri)
        .with_secret("code", &request.code);
    let (answer, body) = read(http, by_code).await?;
    // One version of the answer wraps it in a list.
    let told = body.pointer("/data/0").unwrap_or(&body);
    let short = told.get("access_token").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
    let scopes = match told.get("permissions") {
        Some(Value::String(text)) => text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(|s| s.as_str().map(ToOwned::to_owned)).collect(),
        _ => Vec::new(),
    };
    let by_token = Request::get(long_url)
        .with("grant_type", long_grant)
        .with_secret("client_secret", &request.app.client_secret)
        .with_secret("access_token", &SecretString::from(short));
    Ok(TokenSet { scopes, ..token(http, by_token).await? })
}

/// A token is renewed with itself, once it is a day old and before it ends.
pub(crate) async fn renew(http: &HttpClient, url: Url, grant: &str, old: &SecretString) -> Result<TokenSet, CallError> {
    token(http, Request::get(url).with("grant_type", grant).with_secret("access_token", old)).await
}

async fn token(http: &HttpClient, request: Request) -> Result<TokenSet, CallError> {
    let (answer, body) = read(http, request).await?;
    let access = body.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty());
    let access: SecretString = access.map(SecretString::from).ok_or_else(|| answer.unstructured())?;
    let life = body.get("expires_in").and_then(Value::as_u64).filter(|s| *s > 0).map(Duration::from_secs);
    Ok(TokenSet {
        // It is renewed with itself.
        refresh: Some(access.clone()),
        access,
        expires_in: life,
        scopes: Vec::new(),
    })
}

/// The host for codes has errors of another shape: `{"error_type", "code", "error_message"}`.
async fn read(http: &HttpClient, request: Request) -> Result<(Answer, Value), CallError> {
    let answer = http.send(request).await?;
    let told = answer.json().filter(|_| !answer.is_success());
    if let Some(reason) = told.as_ref().and_then(|b| b.get("error_message")?.as_str()) {
        let kind = if answer.status >= 500 { ErrorType::Transient } else { ErrorType::BadRequest };
        return Err(answer.error(kind, Delivery::of_status(answer.status), reason));
    }
    let body = judge(&answer, Asking::Other, None)?;
    Ok((answer, body))
}

/// Code → token of two hours → token of sixty days, at Facebook.
pub(crate) async fn exchange_at_facebook(
    http: &HttpClient,
    url: &Url,
    request: &ExchangeRequest,
) -> Result<TokenSet, CallError> {
    let of_app = || {
        Request::get(url.clone())
            .with("client_id", &request.app.client_id)
            .with_secret("client_secret", &request.app.client_secret)
    };
    let by_code = of_app().with("redirect_uri", &request.redirect_uri).with_secret("code", &request.code);
    let short = token(http, by_code).await?.access;
    let long =
        token(http, of_app().with("grant_type", "fb_exchange_token").with_secret("fb_exchange_token", &short)).await?;
    // A person's token at Facebook is not renewed; a page's is read again with it.
    Ok(TokenSet { refresh: None, ..long })
}
