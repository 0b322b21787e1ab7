//! Login Kit: consent, tokens of a day, refresh tokens of a year that change when they are used.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::{Problem, log_id};
use super::protocol::SCOPES;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::oauth::{self, ConsentRequest, RefreshLife, TokenLife};
use crate::pages;
use crate::world::{App, Event, Holder, Token, TokenEnd};

const ACCESS_LIFE: Duration = Duration::from_hours(24);
const REFRESH_LIFE: Duration = Duration::from_hours(24 * 365);
const LIFE: TokenLife = TokenLife { access: Some(ACCESS_LIFE), refresh: RefreshLife::Rotating(Some(REFRESH_LIFE)) };

/// The consent: people see it, so errors are pages.
pub(super) fn authorize(net: &Network, call: &Call) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("Something went wrong", why));
    let Some(app) = call.text("client_key").and_then(|id| oauth::app(&net.world(), call.platform, id)) else {
        return refused("client_key");
    };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    if redirect_uri.is_empty() || !(app.redirect_uris.is_empty() || app.redirect_uris.contains(&redirect_uri)) {
        return refused("redirect_uri");
    }
    let scopes: Vec<String> = call
        .text("scope")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    let is_sound = call.text("response_type") == Some("code")
        && call.text("state").is_some()
        && !scopes.is_empty()
        && scopes.iter().all(|s| SCOPES.contains(&s.as_str()));
    if !is_sound {
        return refused("scope, response_type or state");
    }
    let challenge = match call.text("code_challenge") {
        None => None,
        Some(text) if call.text("code_challenge_method") == Some("S256") => match standard(text) {
            Some(challenge) => Some(challenge),
            None => return refused("code_challenge"),
        },
        Some(_) => return refused("code_challenge_method"),
    };
    let extra = vec![("scopes", scopes.join(","))];
    oauth::consent(net, call, &app, ConsentRequest { redirect_uri, scopes, challenge, extra })
}

/// TikTok's challenge (hexadecimal digits) as the standard writes it.
fn standard(challenge: &str) -> Option<String> {
    let hash = hex::decode(challenge).ok().filter(|h| h.len() == 32)?;
    Some(URL_SAFE_NO_PAD.encode(hash))
}

pub(super) fn answer(net: &Network, call: &Call) -> Reply {
    match call.segments().as_slice() {
        ["v2", "oauth", "token"] => token(net, call).unwrap_or_else(|reply| reply),
        ["v2", "oauth", "revoke"] => revoke(net, call).unwrap_or_else(|reply| reply),
        _ => Problem::path().reply(call),
    }
}

/// Refusals of tokens come with status 200.
fn refused(call: &Call, error: &str, description: &str) -> Reply {
    Reply::ok(json!({ "error": error, "error_description": description, "log_id": log_id(call) }))
}

fn client(net: &Network, call: &Call) -> Result<App, Reply> {
    let app = call.text("client_key").and_then(|key| oauth::app(&net.world(), call.platform, key));
    app.filter(|app| call.text("client_secret") == Some(app.client_secret.as_str()))
        .ok_or_else(|| refused(call, "invalid_client", "Client key or secret is incorrect."))
}

fn token(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let app = client(net, call)?;
    let missing = |name: &str| refused(call, "invalid_request", &format!("Request parameters are malformed: {name}."));
    let token = match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(|| missing("code"))?;
            let redirect_uri = call.text("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
            let verifier = call.text("code_verifier");
            let grant = oauth::redeem_code(net, call, code, &app.client_id, redirect_uri, verifier)
                .map_err(|_| refused(call, "invalid_grant", "Authorization code is expired."))?;
            oauth::issue(&mut net.world(), Platform::Tiktok, &grant, call.now, LIFE)
        }
        Some("refresh_token") => {
            let refresh = call.text("refresh_token").ok_or_else(|| missing("refresh_token"))?;
            oauth::refresh(&mut net.world(), call, refresh, &app.client_id, LIFE)
                .map_err(|_| refused(call, "invalid_grant", "Refresh token is invalid or expired."))?
        }
        _ => return Err(missing("grant_type")),
    };
    Ok(Reply::ok(told(net, &token)))
}

fn told(net: &Network, token: &Token) -> Value {
    let open_id = match token.holder {
        Holder::Account(id) => net.world().accounts.get(&id).map(crate::world::Account::network_id),
        Holder::Person(_) | Holder::App => None,
    };
    json!({
        "access_token": token.secret,
        "expires_in": ACCESS_LIFE.as_secs(),
        "open_id": open_id,
        "refresh_expires_in": REFRESH_LIFE.as_secs(),
        "refresh_token": token.refresh,
        "scope": token.scopes.join(","),
        "token_type": "Bearer",
    })
}

fn revoke(net: &Network, call: &Call) -> Result<Reply, Reply> {
    let app = client(net, call)?;
    let mut world = net.world();
    let text = call.text("token").unwrap_or_default();
    let secret = world.tokens.get(text).filter(|t| t.client_id == app.client_id).map(|t| t.secret.clone());
    let secret = secret.ok_or_else(|| refused(call, "invalid_request", "Token is invalid."))?;
    world.commit(Event::TokenEnded { secret, end: TokenEnd::Revoked });
    Ok(Reply::ok(json!({})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_challenge_are_the_same_hash() {
        // RFC 7636, appendix B.
        let hex = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
        assert_eq!(standard(hex).as_deref(), Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert_eq!(standard("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), None);
    }
}
