//! Google's consent and tokens: an hour, and a refresh token that stays the same.

use std::time::Duration;

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::Problem;
use super::protocol::SCOPES;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::oauth::{self, ConsentRequest, RefreshLife, TokenLife};
use crate::pages;
use crate::world::{App, Event, Token, TokenEnd};

const ACCESS_LIFE: Duration = Duration::from_hours(1);
const LIFE: TokenLife = TokenLife { access: Some(ACCESS_LIFE), refresh: RefreshLife::Kept(None) };

/// The consent: people see it, so errors are pages. Without `access_type=offline` there would be no
/// refresh token; no client of ours asks so, and it is refused.
pub(super) fn authorize(net: &Network, call: &Call) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("Access blocked: Authorization Error", why));
    let Some(app) = call.text("client_id").and_then(|id| oauth::app(&net.world(), call.platform, id)) else {
        return refused("Error 401: invalid_client");
    };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    if redirect_uri.is_empty() || !(app.redirect_uris.is_empty() || app.redirect_uris.contains(&redirect_uri)) {
        return refused("Error 400: redirect_uri_mismatch");
    }
    let scopes: Vec<String> =
        call.text("scope").unwrap_or_default().split_whitespace().map(ToOwned::to_owned).collect();
    if scopes.is_empty() || !scopes.iter().all(|s| SCOPES.contains(&s.as_str())) {
        return refused("Error 400: invalid_scope");
    }
    let is_sound = call.text("response_type") == Some("code") && call.text("access_type") == Some("offline");
    let method = call.text("code_challenge_method");
    if !is_sound || (call.text("code_challenge").is_some() && method != Some("S256")) {
        return refused("Error 400: invalid_request");
    }
    let challenge = call.text("code_challenge").map(ToOwned::to_owned);
    let extra = vec![("scope", scopes.join(" "))];
    oauth::consent(net, call, &app, ConsentRequest { redirect_uri, scopes, challenge, extra })
}

pub(super) fn answer(net: &Network, call: &Call) -> Reply {
    match call.segments().as_slice() {
        ["token"] => token(net, call).unwrap_or_else(|reply| reply),
        ["revoke"] => revoke(net, call),
        _ => Problem::path().reply(),
    }
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, json!({ "error": error, "error_description": description }))
}

fn client(net: &Network, call: &Call) -> Result<App, Reply> {
    oauth::client(&net.world(), call).ok_or_else(|| refused(401, "invalid_client", "The OAuth client was not found."))
}

fn token(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let app = client(net, call)?;
    let missing = |name: &str| refused(400, "invalid_request", &format!("Missing required parameter: {name}"));
    match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(|| missing("code"))?;
            let redirect_uri = call.text("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
            let grant = oauth::redeem_code(net, call, code, &app.client_id, redirect_uri, call.text("code_verifier"))
                .map_err(|_| refused(400, "invalid_grant", "Malformed auth code."))?;
            let token = oauth::issue(&mut net.world(), Platform::Youtube, &grant, call.now, LIFE);
            let mut body = told(&token);
            body["refresh_token"] = json!(token.refresh);
            Ok(Reply::ok(body))
        }
        Some("refresh_token") => {
            let refresh = call.text("refresh_token").ok_or_else(|| missing("refresh_token"))?;
            let token = oauth::refresh(&mut net.world(), call, refresh, &app.client_id, LIFE)
                .map_err(|_| refused(400, "invalid_grant", "Token has been expired or revoked."))?;
            Ok(Reply::ok(told(&token)))
        }
        _ => Err(refused(400, "unsupported_grant_type", "Invalid grant_type")),
    }
}

fn told(token: &Token) -> Value {
    json!({
        "access_token": token.secret,
        "expires_in": ACCESS_LIFE.as_secs(),
        "scope": token.scopes.join(" "),
        "token_type": "Bearer",
    })
}

/// Takes an access or a refresh token; both end.
fn revoke(net: &Network, call: &Call) -> Reply {
    let mut world = net.world();
    let text = call.text("token").unwrap_or_default();
    let found = world.tokens.get(text).or_else(|| world.by_refresh(text));
    let Some(token) = found.filter(|t| t.platform == Platform::Youtube).cloned() else {
        return refused(400, "invalid_token", "Token expired or revoked");
    };
    let same: Vec<String> = world
        .tokens
        .values()
        .filter(|t| t.secret == token.secret || (t.refresh.is_some() && t.refresh == token.refresh))
        .map(|t| t.secret.clone())
        .collect();
    for secret in same {
        world.commit(Event::TokenEnded { secret, end: TokenEnd::Revoked });
    }
    Reply::ok(json!({}))
}
