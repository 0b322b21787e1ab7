//! Consent, tokens of a day, refresh tokens that last.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;

use super::error::ApiError;
use super::protocol::SCOPES;
use crate::call::{Call, Content, Reply};
use crate::network::Network;
use crate::oauth::{self, ConsentRequest, RefreshLife, TokenLife};
use crate::pages;
use crate::world::{Event, Token, TokenEnd};

const ACCESS_LIFE: Duration = Duration::from_hours(24);
/// A consent that lasts; without it one ends after an hour, and both come with a refresh token here.
const PERMANENT: &str = "permanent";

pub(super) fn answer(net: &Network, call: &Call) -> Reply {
    match call.segments().as_slice() {
        ["api", "v1", "authorize"] => authorize(net, call),
        ["api", "v1", "access_token"] if call.method == Method::POST => token(net, call).unwrap_or_else(|e| e),
        ["api", "v1", "revoke_token"] if call.method == Method::POST => revoke(net, call).unwrap_or_else(|e| e),
        _ => ApiError::not_found().reply(),
    }
}

fn authorize(net: &Network, call: &Call) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("bad request (reddit.com)", why));
    let Some(app) = call.text("client_id").and_then(|id| oauth::app(&net.world(), call.platform, id)) else {
        return refused("invalid client id.");
    };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    if redirect_uri.is_empty() || !(app.redirect_uris.is_empty() || app.redirect_uris.contains(&redirect_uri)) {
        return refused("invalid redirect_uri parameter.");
    }
    let scopes: Vec<String> = call.text("scope").unwrap_or_default().split([' ', ',']).map(ToOwned::to_owned).collect();
    let is_sound = call.text("response_type") == Some("code")
        && call.text("state").is_some()
        && matches!(call.text("duration"), None | Some("temporary" | PERMANENT))
        && scopes.iter().all(|s| SCOPES.contains(&s.as_str()));
    if !is_sound {
        return refused("The request lacks a parameter, or names an unknown right.");
    }
    oauth::consent(net, call, &app, ConsentRequest { redirect_uri, scopes, challenge: None, extra: Vec::new() })
}

fn token(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let unknown = || ApiError::unauthorized().reply();
    // The app proves itself in the header and nowhere else.
    call.basic.as_ref().ok_or_else(unknown)?;
    let app = oauth::client(&net.world(), call).ok_or_else(unknown)?;
    let life = TokenLife { access: Some(ACCESS_LIFE), refresh: RefreshLife::Kept(None) };
    let refused = |error: &str| Reply::ok(json!({ "error": error }));
    let token = match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(|| refused("no_text"))?;
            let redirect_uri = call.text("redirect_uri").unwrap_or_default();
            let grant = oauth::redeem_code(net, call, code, &app.client_id, redirect_uri, None)
                .map_err(|_| refused("invalid_grant"))?;
            oauth::issue(&mut net.world(), Platform::Reddit, &grant, call.now, life)
        }
        Some("refresh_token") => {
            let refresh = call.text("refresh_token").ok_or_else(|| refused("no_text"))?;
            oauth::refresh(&mut net.world(), call, refresh, &app.client_id, life)
                .map_err(|_| ApiError::Status(400, "Bad Request").reply())?
        }
        _ => return Err(refused("unsupported_grant_type")),
    };
    Ok(Reply::ok(told(&token)))
}

fn told(token: &Token) -> serde_json::Value {
    json!({
        "access_token": token.secret,
        "token_type": "bearer",
        "expires_in": ACCESS_LIFE.as_secs(),
        "refresh_token": token.refresh,
        "scope": token.scopes.join(" "),
    })
}

fn revoke(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let mut world = net.world();
    let app = oauth::client(&world, call).ok_or_else(|| ApiError::unauthorized().reply())?;
    let text = call.text("token").unwrap_or_default().to_owned();
    // A refresh token takes the access tokens with it.
    let is_it = |t: &&Token| t.client_id == app.client_id && (t.secret == text || t.refresh.as_deref() == Some(&text));
    let secrets: Vec<String> = world.tokens.values().filter(is_it).map(|t| t.secret.clone()).collect();
    for secret in secrets {
        world.commit(Event::TokenEnded { secret, end: TokenEnd::Revoked });
    }
    Ok(Reply::new(204, Content::Empty))
}
