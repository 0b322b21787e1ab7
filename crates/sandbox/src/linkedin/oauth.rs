//! Consent, tokens of sixty days, refresh tokens whose year begins with the consent.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;

use super::error::LiError;
use super::protocol::SCOPES;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::oauth::{self, ConsentRequest, RefreshLife, TokenLife};
use crate::pages;

const ACCESS_LIFE: Duration = Duration::from_hours(24 * 60);
const REFRESH_LIFE: Duration = Duration::from_hours(24 * 365);

const LIFE: TokenLife = TokenLife { access: Some(ACCESS_LIFE), refresh: RefreshLife::Kept(Some(REFRESH_LIFE)) };

pub(super) fn answer(net: &Network, call: &Call) -> Reply {
    match call.segments().as_slice() {
        ["oauth", "v2", "authorization"] => authorize(net, call),
        ["oauth", "v2", "accessToken"] if call.method == Method::POST => token(net, call).unwrap_or_else(|r| r),
        _ => LiError::not_found(&call.path.join("/")).reply(),
    }
}

fn authorize(net: &Network, call: &Call) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("Bummer, something went wrong.", why));
    let Some(app) = call.text("client_id").and_then(|id| oauth::app(&net.world(), call.platform, id)) else {
        return refused("We can't verify the authenticity of your request: the client_id is unknown.");
    };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    let is_known = app.redirect_uris.is_empty() || app.redirect_uris.contains(&redirect_uri);
    if redirect_uri.is_empty() || !is_known {
        return refused("The redirect_uri does not match the registered value.");
    }
    if call.text("response_type") != Some("code") || call.text("state").is_none() {
        return oauth::send_back(call, &redirect_uri, &[("error", "invalid_request".to_owned())]);
    }
    let scopes: Vec<String> = call
        .text("scope")
        .unwrap_or_default()
        .split([' ', ','])
        .filter(|s| !s.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    if let Some(unknown) = scopes.iter().find(|s| !SCOPES.contains(&s.as_str())) {
        let description = format!("Scope \"{unknown}\" is not authorized for your application");
        let pairs = [("error", "unauthorized_scope_error".to_owned()), ("error_description", description)];
        return oauth::send_back(call, &redirect_uri, &pairs);
    }
    oauth::consent(net, call, &app, ConsentRequest { redirect_uri, scopes, ..ConsentRequest::default() })
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, json!({ "error": error, "error_description": description }))
}

fn token(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let app = oauth::client(&net.world(), call)
        .ok_or_else(|| refused(401, "invalid_client", "Client authentication failed"))?;
    let missing = |name: &str| refused(400, "invalid_request", &format!("A required parameter \"{name}\" is missing"));
    let token = match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(|| missing("code"))?;
            let redirect_uri = call.text("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
            let grant = oauth::redeem_code(net, call, code, &app.client_id, redirect_uri, None).map_err(|_| {
                let why = "Unable to retrieve access token: appid/redirect uri/code verifier does not match \
                           authorization code. Or authorization code expired. Or external member binding exists";
                refused(400, "invalid_request", why)
            })?;
            oauth::issue(&mut net.world(), Platform::Linkedin, &grant, call.now, LIFE)
        }
        Some("refresh_token") => {
            let refresh = call.text("refresh_token").ok_or_else(|| missing("refresh_token"))?;
            oauth::refresh(&mut net.world(), call, refresh, &app.client_id, LIFE).map_err(|_| {
                let why = "The provided authorization grant or refresh token is invalid, expired or revoked.";
                refused(400, "invalid_request", why)
            })?
        }
        _ => return Err(missing("grant_type")),
    };
    let left = token.refresh_expires_at.map_or(0, |at| at.since(call.now).as_secs());
    Ok(Reply::ok(json!({
        "access_token": token.secret,
        "expires_in": ACCESS_LIFE.as_secs(),
        "refresh_token": token.refresh,
        "refresh_token_expires_in": left,
        "scope": token.scopes.join(","),
    })))
}
