//! Consent and tokens.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use rookery_kernel::{Platform, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::error::GraphError;
use super::{Caller, Who, caller};
use crate::call::{Call, Reply};
use crate::network::{CODE_LIFE, Grant, Network};
use crate::pages;
use crate::world::{App, Holder, Token, TokenEnd, World};

/// Rights that are granted when nothing else is asked for.
pub(crate) const SCOPES: [&str; 8] = [
    "pages_show_list",
    "business_management",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "read_insights",
];

/// Life of a token that came for a code.
const SHORT: Duration = Duration::from_hours(2);
/// Life of the one it is exchanged for.
const LONG: Duration = Duration::from_hours(60 * 24);

/// The consent dialog; people see it, so errors are pages.
pub(super) fn dialog(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let refused = |why: &str| Ok(Reply::html(400, pages::message("This request cannot be shown", why)));
    let client_id = call.text("client_id").unwrap_or_default();
    let Some(app) = net.world().apps.get(client_id).cloned().filter(|a| a.platform == Platform::Facebook) else {
        return refused("The app id is unknown here. The sandbox's own app id stands on its first page.");
    };
    let Some(back) = call.text("redirect_uri").and_then(|u| Url::parse(u).ok()) else {
        return refused("The address to come back to is missing.");
    };
    if call.text("response_type").is_some_and(|t| t != "code") {
        return refused("Only response_type=code is simulated.");
    }
    let people = managers(&net.world());
    let settings = net.settings();
    let decision = if call.method == Method::POST { call.text("decision") } else { None };
    let chosen = call.text("as").and_then(|id| id.parse().ok()).filter(|id| people.contains_key(id));
    let by_setting = || {
        let world = net.world();
        let page = settings.consent_as.as_deref().and_then(|id| id.parse::<u64>().ok());
        page.and_then(|id| world.accounts.get(&id)).map(|a| a.owner)
    };
    let person = chosen.or_else(by_setting).or_else(|| people.keys().next_back().copied());
    match (decision, person) {
        (Some("deny"), _) => Ok(Reply::redirect(&send_back(
            back,
            &[
                ("error", "access_denied"),
                ("error_code", "200"),
                ("error_description", "Permissions error"),
                ("error_reason", "user_denied"),
            ],
            call,
        ))),
        (Some("allow"), Some(person)) => Ok(agree(net, call, &app, back, person)),
        (None, Some(person)) if settings.auto_consent => Ok(agree(net, call, &app, back, person)),
        _ => Ok(Reply::html(200, ask(net, call, &app, &people))),
    }
}

/// People with a page, by id.
fn managers(world: &World) -> BTreeMap<u64, String> {
    let pages = world.accounts.values().filter(|a| a.platform == Platform::Facebook);
    pages.filter_map(|a| world.people.get(&a.owner)).map(|p| (p.id, p.name.clone())).collect()
}

fn agree(net: &Network, call: &Call, app: &App, back: Url, person: u64) -> Reply {
    let asked = call.text("scope").unwrap_or_default();
    let scopes: Vec<String> = if asked.is_empty() {
        SCOPES.map(ToOwned::to_owned).to_vec()
    } else {
        asked.split([',', ' ']).filter(|s| !s.is_empty()).map(ToOwned::to_owned).collect()
    };
    let code = net.grant(Grant {
        client_id: app.client_id.clone(),
        redirect_uri: call.text("redirect_uri").unwrap_or_default().to_owned(),
        scopes,
        holder: Holder::Person(person),
        challenge: None,
        expires_at: call.now + CODE_LIFE,
        is_used: false,
    });
    Reply::redirect(&send_back(back, &[("code", &code)], call))
}

fn send_back(mut back: Url, pairs: &[(&str, &str)], call: &Call) -> String {
    {
        let mut query = back.query_pairs_mut();
        query.extend_pairs(pairs);
        if let Some(state) = call.param("state") {
            query.append_pair("state", state);
        }
    }
    // The network adds this fragment, to the annoyance of many.
    back.set_fragment(Some("_=_"));
    back.to_string()
}

fn ask(net: &Network, call: &Call, app: &App, people: &BTreeMap<u64, String>) -> String {
    let world = net.world();
    let pages_of = |person: u64| {
        let names: Vec<&str> = world
            .accounts
            .values()
            .filter(|a| a.owner == person && a.platform == Platform::Facebook)
            .map(|a| a.name.as_str())
            .collect();
        names.join(", ")
    };
    let choices = people.iter().map(|(id, name)| (id.to_string(), name.clone(), pages_of(*id))).collect();
    let scopes = call.text("scope").unwrap_or("pages_show_list").split([',', ' ']).map(ToOwned::to_owned).collect();
    let path = format!("/facebook/{}", call.path.join("/"));
    pages::consent("Facebook", &app.name, &path, &call.params, choices, scopes)
}

fn app_of(world: &World, call: &Call) -> Result<App, GraphError> {
    let id = call.text("client_id").ok_or_else(|| GraphError::new(101, "Missing client_id parameter."))?;
    let app = world.apps.get(id).filter(|a| a.platform == Platform::Facebook);
    let app = app.ok_or_else(|| {
        GraphError::new(101, "Error validating application. Cannot get application info due to a system error.")
    })?;
    let secret = call.text("client_secret").unwrap_or_default();
    if secret == app.client_secret {
        Ok(app.clone())
    } else {
        Err(GraphError::new(1, "Error validating client secret."))
    }
}

/// Code → short token, short token → long one, app → app token.
pub(super) fn access_token(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let app = app_of(&net.world(), call)?;
    match call.text("grant_type") {
        Some("fb_exchange_token") => {
            let given = call.text("fb_exchange_token").unwrap_or_default();
            let mut world = net.world();
            let token = world.tokens.get(given).cloned().ok_or_else(GraphError::bad_token)?;
            if let Some(end) = token.end(call.now) {
                return Err(GraphError::ended_token(end, token.expires_at, call.now));
            }
            let long = Token { issued_at: call.now, expires_at: Some(call.now + LONG), ..token };
            Ok(token_answer(&world.issue(long), Some(LONG)))
        }
        Some("client_credentials") => {
            let token = format!("{}|{}", app.client_id, app.client_secret);
            Ok(Reply::ok(json!({ "access_token": token, "token_type": "bearer" })))
        }
        _ => {
            let code = call.text("code").ok_or_else(|| GraphError::new(100, "Missing authorization code"))?;
            let redirect = call.text("redirect_uri").unwrap_or_default();
            let grant = net.redeem(code, |grant| check(grant, &app, redirect, call.now))?;
            let mut world = net.world();
            let token = world.issue(Token {
                secret: String::new(),
                platform: Platform::Facebook,
                holder: grant.holder,
                client_id: app.client_id,
                scopes: grant.scopes,
                issued_at: call.now,
                expires_at: Some(call.now + SHORT),
                ended: None,
                refresh: None,
                refresh_expires_at: None,
            });
            Ok(token_answer(&token, Some(SHORT)))
        }
    }
}

fn check(grant: Option<&Grant>, app: &App, redirect: &str, now: Timestamp) -> Result<(), GraphError> {
    let grant = grant
        .filter(|g| g.client_id == app.client_id)
        .ok_or_else(|| GraphError::new(100, "Invalid verification code format.").subcode(36_008))?;
    if grant.is_used {
        return Err(GraphError::new(100, "This authorization code has been used.").subcode(36_009));
    }
    if grant.expires_at <= now {
        return Err(GraphError::new(100, "This authorization code has expired.").subcode(36_007));
    }
    if grant.redirect_uri != redirect {
        let message = "Error validating verification code. Please make sure your redirect_uri is identical to the one \
                       you used in the OAuth dialog request";
        return Err(GraphError::new(100, message).subcode(36_008));
    }
    Ok(())
}

fn token_answer(token: &Token, life: Option<Duration>) -> Reply {
    let mut body = json!({ "access_token": token.secret, "token_type": "bearer" });
    if let Some(life) = life {
        body["expires_in"] = json!(life.as_secs());
    }
    Reply::ok(body)
}

/// What a token is; asked with the app's token `id|secret`.
pub(super) fn debug_token(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let world = net.world();
    let asking = call.token.as_deref().ok_or_else(GraphError::no_token)?;
    let by_app =
        asking.split_once('|').and_then(|(id, secret)| world.apps.get(id).filter(|a| a.client_secret == secret));
    if by_app.is_none() {
        caller(&world, call)?;
    }
    let asked =
        call.text("input_token").ok_or_else(|| GraphError::parameter("The parameter input_token is required"))?;
    let token = world.tokens.get(asked).filter(|t| t.platform == Platform::Facebook);
    let error = match token {
        None => Some(GraphError::bad_token()),
        Some(t) => t.end(call.now).map(|end| GraphError::ended_token(end, t.expires_at, call.now)),
    };
    let mut data = json!({ "is_valid": error.is_none(), "scopes": [] });
    if let Some(error) = error {
        data["error"] = json!({ "code": error.code, "subcode": error.subcode, "message": error.message });
    }
    if let Some(token) = token {
        let (kind, id) = match token.holder {
            Holder::Account(id) => ("PAGE", id),
            Holder::Person(id) => ("USER", id),
            Holder::App => ("APP", 0),
        };
        data["app_id"] = json!(token.client_id);
        data["application"] = json!(world.apps.get(&token.client_id).map(|a| a.name.as_str()));
        data["type"] = json!(kind);
        data["expires_at"] = json!(token.expires_at.map_or(0, Timestamp::as_secs));
        data["data_access_expires_at"] = json!((token.issued_at + Duration::from_hours(90 * 24)).as_secs());
        data["issued_at"] = json!(token.issued_at.as_secs());
        data["scopes"] = json!(token.scopes);
        data[if kind == "PAGE" { "profile_id" } else { "user_id" }] = json!(id.to_string());
    }
    Ok(Reply::ok(json!({ "data": data })))
}

pub(super) fn permissions(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let caller = caller(&net.world(), call)?;
    let granted: Vec<Value> =
        caller.token.scopes.iter().map(|s| json!({ "permission": s, "status": "granted" })).collect();
    Ok(Reply::ok(json!({ "data": granted })))
}

/// The person removes the app: their token and those of their pages end.
pub(super) fn remove_app(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let mut world = net.world();
    let Caller { who: Who::Person(person), .. } = caller(&world, call)? else {
        return Err(GraphError::parameter("Only a user token can remove the app"));
    };
    let pages: Vec<u64> = world.accounts.values().filter(|a| a.owner == person.id).map(|a| a.id).collect();
    world.end_tokens(Holder::Person(person.id), TokenEnd::Revoked);
    for page in pages {
        world.end_tokens(Holder::Account(page), TokenEnd::Revoked);
    }
    Ok(Reply::ok(json!({ "success": true })))
}

/// The page's token: the one that works already, else a new one. It has no end of its own.
pub(crate) fn page_token(world: &mut World, page: u64, client_id: &str, scopes: &[String], now: Timestamp) -> String {
    if let Some(token) = world.token_of(Holder::Account(page), client_id, scopes, now) {
        return token.secret.clone();
    }
    let token = world.issue(Token {
        secret: String::new(),
        platform: Platform::Facebook,
        holder: Holder::Account(page),
        client_id: client_id.to_owned(),
        scopes: scopes.to_vec(),
        issued_at: now,
        expires_at: None,
        ended: None,
        refresh: None,
        refresh_expires_at: None,
    });
    token.secret
}
