//! Registration, consent, tokens.

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::{Value, json};
use url::Url;

use super::error::ApiError;
use super::has_scope;
use crate::call::{Call, Reply};
use crate::network::{CODE_LIFE, Grant, Network};
use crate::pages;
use crate::world::{App, Event, Holder, Token, TokenEnd, World};

/// Shows the code instead of sending it.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

const SCOPES: [&str; 9] = [
    "read",
    "write",
    "follow",
    "profile",
    "read:accounts",
    "read:statuses",
    "read:notifications",
    "write:statuses",
    "write:media",
];

pub(super) fn discovery(call: &Call) -> Reply {
    let base = call.base();
    Reply::ok(json!({
        "issuer": format!("{base}/"),
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "app_registration_endpoint": format!("{base}/api/v1/apps"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

fn scopes_of(call: &Call, name: &str) -> Vec<String> {
    let text = call.text(name).unwrap_or("read");
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// `POST /api/v1/apps`.
pub(super) fn register(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let name = call.text("client_name").ok_or_else(|| ApiError::validation("Application name can't be blank"))?;
    let redirects: Vec<String> =
        call.list("redirect_uris").into_iter().flat_map(str::split_whitespace).map(ToOwned::to_owned).collect();
    if redirects.is_empty() {
        return Err(ApiError::validation("Redirect URI can't be blank"));
    }
    if redirects.iter().any(|r| r != OUT_OF_BAND && Url::parse(r).is_err()) {
        return Err(ApiError::validation("Redirect URI must be an absolute URI."));
    }
    let scopes = scopes_of(call, "scopes");
    let mut world = net.world();
    let app = App {
        id: world.new_account_id(1_000),
        platform: Platform::Mastodon,
        name: name.to_owned(),
        website: call.text("website").map(ToOwned::to_owned),
        client_id: world.new_secret("client id", 32),
        client_secret: world.new_secret("client secret", 32),
        redirect_uris: redirects,
        scopes,
    };
    world.commit(Event::App(app.clone()));
    let mut body = app_entity(&app);
    body["client_id"] = json!(app.client_id);
    body["client_secret"] = json!(app.client_secret);
    body["client_secret_expires_at"] = json!(0);
    Ok(Reply::ok(body))
}

fn app_entity(app: &App) -> Value {
    json!({
        "id": app.id.to_string(),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uri": app.redirect_uris.join("\n"),
        "redirect_uris": app.redirect_uris,
        "vapid_key": "",
    })
}

pub(super) fn verify_app(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let world = net.world();
    let token = call.token.as_deref().and_then(|t| world.tokens.get(t)).ok_or_else(ApiError::bad_token)?;
    if let Some(end) = token.end(call.now) {
        return Err(ApiError::ended_token(end));
    }
    world.apps.get(&token.client_id).map(|a| Reply::ok(app_entity(a))).ok_or_else(ApiError::bad_token)
}

/// `/oauth/authorize`: people see it, so errors that must not be sent back are pages.
pub(super) fn authorize(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let refused = |why: &str| Ok(Reply::html(400, pages::message("This request cannot be shown", why)));
    let known = call.text("client_id").and_then(|id| net.world().apps.get(id).cloned());
    let Some(app) = known.filter(|a| a.platform == Platform::Mastodon) else {
        return refused("The client is unknown here: it has to register first.");
    };
    let redirect = call.text("redirect_uri").unwrap_or_default();
    if !app.redirect_uris.iter().any(|r| r == redirect) {
        return refused("The redirect uri included is not valid.");
    }
    if call.text("response_type") != Some("code") {
        return Ok(send_back(redirect, &[("error", "unsupported_response_type")], call));
    }
    let scopes = scopes_of(call, "scope");
    if scopes.iter().any(|s| !has_scope(&app.scopes, s)) {
        return Ok(send_back(redirect, &[("error", "invalid_scope")], call));
    }
    let challenge = call.text("code_challenge").map(ToOwned::to_owned);
    if challenge.is_some() && call.text("code_challenge_method") != Some("S256") {
        return Ok(send_back(redirect, &[("error", "invalid_request")], call));
    }
    let (choices, chosen) = people(net, call);
    let decision = if call.method == Method::POST { call.text("decision") } else { None };
    let is_agreed = decision == Some("allow") || (decision.is_none() && net.settings().auto_consent);
    match (is_agreed, chosen) {
        _ if decision == Some("deny") => Ok(send_back(redirect, &[("error", "access_denied")], call)),
        (true, Some(account)) => {
            let code = net.grant(Grant {
                client_id: app.client_id,
                redirect_uri: redirect.to_owned(),
                scopes,
                holder: Holder::Account(account),
                challenge,
                expires_at: call.now + CODE_LIFE,
                is_used: false,
            });
            if redirect == OUT_OF_BAND {
                return Ok(Reply::html(200, pages::message("Your code", &code)));
            }
            Ok(send_back(redirect, &[("code", &code)], call))
        }
        _ => {
            let page =
                pages::consent("Mastodon", &app.name, "/mastodon/oauth/authorize", &call.params, choices, scopes);
            Ok(Reply::html(200, page))
        }
    }
}

/// The accounts that could consent, and the one that does.
fn people(net: &Network, call: &Call) -> (Vec<(String, String, String)>, Option<u64>) {
    let settings = net.settings();
    let world = net.world();
    let mut accounts: Vec<_> = world.accounts.values().filter(|a| a.platform == Platform::Mastodon).collect();
    accounts.sort_by_key(|a| (a.created_at, a.id));
    let choices = accounts.iter().map(|a| (a.id.to_string(), a.name.clone(), format!("@{}", a.handle))).collect();
    let by_id = |id: Option<&str>| accounts.iter().find(|a| Some(a.id.to_string().as_str()) == id);
    let chosen = by_id(call.text("as")).or_else(|| by_id(settings.consent_as.as_deref())).or(accounts.last());
    (choices, chosen.map(|a| a.id))
}

fn send_back(redirect: &str, pairs: &[(&str, &str)], call: &Call) -> Reply {
    let Ok(mut back) = Url::parse(redirect) else {
        return Reply::html(400, pages::message("This request cannot be shown", "The redirect uri is no address."));
    };
    {
        let mut query = back.query_pairs_mut();
        query.extend_pairs(pairs);
        if let Some(state) = call.param("state") {
            query.append_pair("state", state);
        }
    }
    Reply::redirect(back.as_str())
}

/// The client by its id and secret, from parameters or from the `Authorization` header.
fn client(world: &World, call: &Call) -> Result<App, ApiError> {
    let given = call
        .basic
        .clone()
        .or_else(|| Some((call.text("client_id")?.to_owned(), call.text("client_secret")?.to_owned())));
    let (id, secret) = given.ok_or_else(ApiError::invalid_client)?;
    let app = world.apps.get(&id).filter(|a| a.platform == Platform::Mastodon && a.client_secret == secret);
    app.cloned().ok_or_else(ApiError::invalid_client)
}

/// `POST /oauth/token`.
pub(super) fn token(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let app = client(&net.world(), call)?;
    let (holder, scopes) = match call.text("grant_type") {
        Some("authorization_code") => {
            let code = call.text("code").ok_or_else(ApiError::invalid_grant)?;
            let verifier = call.text("code_verifier");
            let redirect = call.text("redirect_uri").unwrap_or_default();
            let grant = net.redeem(code, |grant| {
                let is_good = |g: &&Grant| {
                    g.client_id == app.client_id
                        && !g.is_used
                        && g.expires_at > call.now
                        && g.redirect_uri == redirect
                        && crate::oauth::proves(verifier, g.challenge.as_deref())
                };
                grant.filter(is_good).map(drop).ok_or_else(ApiError::invalid_grant)
            })?;
            (grant.holder, grant.scopes)
        }
        Some("client_credentials") => {
            let scopes = scopes_of(call, "scope");
            if scopes.iter().any(|s| !has_scope(&app.scopes, s)) {
                let why = "The requested scope is invalid, unknown, or malformed.";
                return Err(ApiError::oauth(400, "invalid_scope", why));
            }
            (Holder::App, scopes)
        }
        _ => {
            let why = "The authorization grant type is not supported by the authorization server.";
            return Err(ApiError::oauth(400, "unsupported_grant_type", why));
        }
    };
    let token = net.world().issue(Token {
        secret: String::new(),
        platform: Platform::Mastodon,
        holder,
        client_id: app.client_id,
        scopes,
        issued_at: call.now,
        expires_at: None,
        ended: None,
        refresh: None,
        refresh_expires_at: None,
    });
    Ok(Reply::ok(json!({
        "access_token": token.secret,
        "token_type": "Bearer",
        "scope": token.scopes.join(" "),
        "created_at": token.issued_at.as_secs(),
    })))
}

/// `POST /oauth/revoke`.
pub(super) fn revoke(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let unauthorized = || ApiError::oauth(403, "unauthorized_client", "You are not authorized to revoke this token");
    let mut world = net.world();
    let app = client(&world, call).map_err(|_| unauthorized())?;
    let token = call.text("token").unwrap_or_default().to_owned();
    match world.tokens.get(&token) {
        Some(known) if known.client_id != app.client_id => Err(unauthorized()),
        Some(_) => {
            world.commit(Event::TokenEnded { secret: token, end: TokenEnd::Revoked });
            Ok(Reply::ok(json!({})))
        }
        // As the standard says, an unknown token is no error.
        None => Ok(Reply::ok(json!({}))),
    }
}
