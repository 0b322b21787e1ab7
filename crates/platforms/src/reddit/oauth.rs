//! Consent, tokens that are renewed for as long as nobody takes the right back, and the account.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Reddit, errors, introduce, www};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::oauth::token_set;
use crate::types::{Access, AppCredentials, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for: who it is, own posts, publishing, flair.
const SCOPES: [&str; 6] = ["identity", "read", "history", "submit", "edit", "flair"];

/// Where Reddit asks the person for consent. It knows no proof key; the app's secret proves who exchanges.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let mut url = endpoint(&www(&request.base_url)?, &["api", "v1", "authorize"])?;
    let scopes = if request.scopes.is_empty() { SCOPES.join(" ") } else { request.scopes.join(" ") };
    url.query_pairs_mut()
        .append_pair("client_id", &request.app.client_id)
        .append_pair("response_type", "code")
        .append_pair("state", &request.state)
        .append_pair("redirect_uri", &request.redirect_uri)
        // Without it there would be no refresh token.
        .append_pair("duration", "permanent")
        .append_pair("scope", &scopes);
    Ok(url)
}

impl Reddit {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let call = Request::post(endpoint(&www(&request.base_url)?, &["api", "v1", "access_token"])?)
            .with("grant_type", "authorization_code")
            .with_secret("code", &request.code)
            .with("redirect_uri", &request.redirect_uri);
        self.tokens(call, &request.app).await
    }

    /// The refresh token stays the same, and the answer may leave it out.
    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let (Some(app), Some(refresh)) = (&access.app, &access.refresh_token) else {
            let message = "the account was connected without a refresh token; connect it again by sign-in";
            return Err(CallError::new(ErrorType::TokenExpired, Delivery::NotSent, message));
        };
        let call = Request::post(endpoint(&www(&access.base_url)?, &["api", "v1", "access_token"])?)
            .with("grant_type", "refresh_token")
            .with_secret("refresh_token", refresh);
        // A right that was taken back is answered with a bare 400.
        self.tokens(call, app).await.map_err(|error| match (error.http_status, &error.code) {
            (Some(400), None) => CallError { kind: ErrorType::TokenExpired, ..error },
            _ => error,
        })
    }

    async fn tokens(&self, call: Request, app: &AppCredentials) -> Result<TokenSet, CallError> {
        let answer = self.http.send(introduce(call.basic(app), Some(&app.client_id), None)).await?;
        // Here a 401 is about the app, not about the account.
        let body = errors::judge(&answer).map_err(|error| match (error.http_status, &error.code) {
            (Some(401), None) => CallError {
                kind: ErrorType::BadRequest,
                message: "Reddit does not know this app; check networks.reddit.client_id and client_secret".into(),
                ..error
            },
            _ => error,
        })?;
        token_set(&body).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn give_token_back(&self, access: &Access) -> Result<(), CallError> {
        let Some(app) = &access.app else { return Ok(()) };
        let (token, hint) = match &access.refresh_token {
            // Takes the access tokens with it.
            Some(refresh) => (refresh, "refresh_token"),
            None => (&access.token, "access_token"),
        };
        let call = Request::post(endpoint(&www(&access.base_url)?, &["api", "v1", "revoke_token"])?)
            .with_secret("token", token)
            .with("token_type_hint", hint)
            .basic(app);
        let answer = self.http.send(introduce(call, Some(&app.client_id), None)).await?;
        // 204 without a body, or 200 with an empty one.
        if answer.is_success() { Ok(()) } else { errors::judge(&answer).map(drop) }
    }

    pub(super) async fn own_profile(
        &self,
        base: &Url,
        token: &SecretString,
        app: Option<&AppCredentials>,
    ) -> Result<Profile, CallError> {
        let call = Request::get(endpoint(base, &["api", "v1", "me"])?).with("raw_json", "1").bearer(token);
        let answer = self.http.send(introduce(call, app.map(|a| a.client_id.as_str()), None)).await?;
        let me = errors::judge(&answer)?;
        if me.get("is_suspended").and_then(Value::as_bool) == Some(true) {
            return Err(answer.error(ErrorType::PolicyBlock, Delivery::Refused, "the account is suspended by Reddit"));
        }
        profile(&me).ok_or_else(|| answer.unstructured())
    }
}

fn profile(me: &Value) -> Option<Profile> {
    let text = |at: &str| me.pointer(at).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let (id, name) = (text("/id")?, text("/name")?);
    Some(Profile {
        id,
        display_name: text("/subreddit/title"),
        avatar_url: text("/icon_img"),
        profile_url: Some(format!("https://www.reddit.com/user/{name}/")),
        followers_count: me.pointer("/subreddit/subscribers").and_then(Value::as_i64),
        token: None,
        metadata: json!({ "name": name }),
        username: name,
    })
}
