//! Consent with a proof key, tokens of two hours, refresh tokens that work once.

use std::time::Duration;

use rookery_kernel::Platform;
use serde_json::json;

use super::error::Problem;
use super::protocol::SCOPES;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::oauth::{self, ConsentRequest, RefreshLife, TokenLife};
use crate::pages;
use crate::world::{Event, Token, TokenEnd};

/// Access: two hours. Refresh: half a year.
const ACCESS_LIFE: Duration = Duration::from_hours(2);
const REFRESH_LIFE: Duration = Duration::from_hours(24 * 182);

/// The consent: people see it, so errors are pages.
pub(super) fn authorize(net: &Network, call: &Call) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("Something went wrong", why));
    let Some(app) = call.text("client_id").and_then(|id| oauth::app(&net.world(), call.platform, id)) else {
        return refused("You weren't able to give access to the App: it is unknown here.");
    };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    let is_known = app.redirect_uris.is_empty() || app.redirect_uris.contains(&redirect_uri);
    if redirect_uri.is_empty() || !is_known {
        return refused("The redirect uri is not one of the App's.");
    }
    let scopes: Vec<String> =
        call.text("scope").unwrap_or_default().split_whitespace().map(ToOwned::to_owned).collect();
    let challenge = call.text("code_challenge").filter(|_| call.text("code_challenge_method") == Some("S256"));
    let is_sound = call.text("response_type") == Some("code")
        && call.text("state").is_some()
        && challenge.is_some()
        && !scopes.is_empty()
        && scopes.iter().all(|s| SCOPES.contains(&s.as_str()));
    if !is_sound {
        return refused("The request lacks a parameter, names an unknown right, or has no proof key.");
    }
    let challenge = challenge.map(ToOwned::to_owned);
    oauth::consent(net, call, &app, ConsentRequest { redirect_uri, scopes, challenge, extra: Vec::new() })
}

pub(super) fn answer(net: &Network, call: &Call) -> Reply {
    match call.segments().as_slice() {
        ["2", "oauth2", "token"] => token(net, call).unwrap_or_else(|reply| reply),
        ["2", "oauth2", "revoke"] => revoke(net, call).unwrap_or_else(|reply| reply),
        _ => Problem::path().reply(),
    }
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, json!({ "error": error, "error_description": description }))
}

fn token(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let app = oauth::client(&net.world(), call)
        .ok_or_else(|| refused(401, "unauthorized_client", "Missing valid authorization header"))?;
    let missing = |name: &str| refused(400, "invalid_request", &format!("Missing required parameter [{name}]."));
    let token = match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(|| missing("code"))?;
            let redirect_uri = call.text("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
            let verifier = call.text("code_verifier").ok_or_else(|| missing("code_verifier"))?;
            let grant = oauth::redeem_code(net, call, code, &app.client_id, redirect_uri, Some(verifier))
                .map_err(|_| refused(400, "invalid_request", "Value passed for the authorization code was invalid."))?;
            let lasts = grant.scopes.iter().any(|s| s == "offline.access");
            oauth::issue(&mut net.world(), Platform::Twitter, &grant, call.now, life(lasts))
        }
        Some("refresh_token") => {
            let refresh = call.text("refresh_token").ok_or_else(|| missing("refresh_token"))?;
            oauth::refresh(&mut net.world(), call, refresh, &app.client_id, life(true))
                .map_err(|_| refused(400, "invalid_request", "Value passed for the token was invalid."))?
        }
        Some(_) => return Err(refused(400, "unsupported_grant_type", "This grant type is not supported.")),
        None => return Err(missing("grant_type")),
    };
    Ok(Reply::ok(told(&token)))
}

fn life(with_refresh: bool) -> TokenLife {
    let refresh = if with_refresh { RefreshLife::Rotating(Some(REFRESH_LIFE)) } else { RefreshLife::Without };
    TokenLife { access: Some(ACCESS_LIFE), refresh }
}

fn told(token: &Token) -> serde_json::Value {
    let mut body = json!({
        "token_type": "bearer",
        "expires_in": ACCESS_LIFE.as_secs(),
        "access_token": token.secret,
        "scope": token.scopes.join(" "),
    });
    if let Some(refresh) = &token.refresh {
        body["refresh_token"] = json!(refresh);
    }
    body
}

fn revoke(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let mut world = net.world();
    let app = oauth::client(&world, call)
        .ok_or_else(|| refused(401, "unauthorized_client", "Missing valid authorization header"))?;
    let text = call.text("token").unwrap_or_default().to_owned();
    let secret = world.tokens.get(&text).or_else(|| world.by_refresh(&text)).filter(|t| t.client_id == app.client_id);
    let Some(secret) = secret.map(|t| t.secret.clone()) else {
        return Err(refused(400, "invalid_request", "Value passed for the token was invalid."));
    };
    world.commit(Event::TokenEnded { secret, end: TokenEnd::Revoked });
    Ok(Reply::ok(json!({ "revoked": true })))
}
