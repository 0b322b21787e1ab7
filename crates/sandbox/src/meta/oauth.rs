//! Consent, a token of an hour, one of sixty days, and its renewal.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::json;
use url::Url;

use super::{Shape, caller};
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::network::{Grant, Network};
use crate::oauth::{CodeError, ConsentRequest, RefreshLife, TokenLife, app, client, consent, issue, redeem_code};
use crate::pages;
use crate::world::{Account, Holder, Token, World};

/// Life of a token that came for a code.
const SHORT: Duration = Duration::from_hours(1);
/// Life of the one it is exchanged for.
pub(crate) const LONG: Duration = Duration::from_hours(60 * 24);
/// Younger ones are not renewed.
const AGE_MIN: Duration = Duration::from_hours(24);

/// The consent page; people see it, so errors are pages.
pub(crate) fn authorize(net: &Network, call: &Call, shape: &Shape) -> Reply {
    let refused = |why: &str| Reply::html(400, pages::message("This request cannot be shown", why));
    let known = app(&net.world(), call.platform, call.text("client_id").unwrap_or_default());
    let Some(app) = known else { return refused("The app id is unknown here.") };
    let redirect_uri = call.text("redirect_uri").unwrap_or_default().to_owned();
    if Url::parse(&redirect_uri).is_err() {
        return refused("The address to come back to is missing.");
    }
    if call.text("response_type") != Some("code") {
        return refused("Only response_type=code is known.");
    }
    let asked = call.text("scope").unwrap_or_default().split([',', ' ']).filter(|s| !s.is_empty());
    let scopes: Vec<String> = asked.map(ToOwned::to_owned).collect();
    if !scopes.iter().any(|s| s == shape.scopes[0]) {
        return refused("The basic right is missing from the request.");
    }
    if scopes.iter().any(|s| !shape.scopes.contains(&s.as_str())) {
        return refused("One of the rights does not exist.");
    }
    consent(net, call, &app, ConsentRequest { redirect_uri, scopes, ..ConsentRequest::default() })
}

/// This host has errors of its own shape.
fn refused(why: &str) -> Reply {
    Reply::json(400, json!({ "error_type": "OAuthException", "code": 400, "error_message": why }))
}

/// `POST /oauth/access_token`: a code becomes a token of an hour. `answer` is the network's form of it.
pub(crate) fn by_code(net: &Network, call: &Call, answer: fn(&Token, &str) -> Reply) -> Reply {
    let Some(app) = client(&net.world(), call) else {
        return refused("Error validating client secret or application id.");
    };
    if call.text("grant_type") != Some("authorization_code") {
        return refused("Invalid grant_type: must be authorization_code");
    }
    let (code, back) = (call.text("code").unwrap_or_default(), call.text("redirect_uri").unwrap_or_default());
    match redeem_code(net, call, code, &app.client_id, back, None) {
        Ok(grant) => {
            let mut world = net.world();
            let token = issue(&mut world, call.platform, &grant, call.now, life(SHORT));
            let user = caller_id(&world, &grant);
            answer(&token, &user)
        }
        Err(CodeError::Used) => refused("This authorization code has been used"),
        Err(CodeError::Expired) => refused("This authorization code has expired"),
        Err(CodeError::OtherRedirect) => {
            refused("Error validating verification code. Please make sure your redirect_uri is identical")
        }
        Err(CodeError::Unknown | CodeError::OtherClient | CodeError::BadVerifier) => {
            refused("Invalid authorization code")
        }
    }
}

fn caller_id(world: &World, grant: &Grant) -> String {
    match grant.holder {
        Holder::Account(id) => world.accounts.get(&id).map(Account::network_id).unwrap_or_default(),
        Holder::Person(_) | Holder::App => String::new(),
    }
}

const fn life(access: Duration) -> TokenLife {
    TokenLife { access: Some(access), refresh: RefreshLife::Without }
}

/// Tokens of an hour are for the exchange only.
fn is_short(token: &Token) -> bool {
    token.expires_at.is_some_and(|at| at.since(token.issued_at) <= SHORT)
}

/// `GET /access_token`: a token of an hour becomes one of sixty days.
pub(crate) fn lengthen(net: &Network, call: &Call, shape: &Shape) -> Result<Reply, GraphError> {
    if call.text("grant_type") != Some(shape.exchange) {
        return Err(GraphError::parameter(&format!("grant_type must be {}", shape.exchange)));
    }
    let mut world = net.world();
    let caller = caller(&world, call)?;
    let known = world.apps.get(&caller.token.client_id).map(|a| a.client_secret.clone());
    if known.as_deref() != call.text("client_secret") {
        return Err(GraphError::new(101, "Error validating application. Invalid client_secret."));
    }
    Ok(renewed(&mut world, &caller.token, call.now))
}

/// `GET /refresh_access_token`: a token of sixty days that is a day old becomes a new one.
pub(crate) fn refresh(net: &Network, call: &Call, shape: &Shape) -> Result<Reply, GraphError> {
    if call.text("grant_type") != Some(shape.refresh) {
        return Err(GraphError::parameter(&format!("grant_type must be {}", shape.refresh)));
    }
    let mut world = net.world();
    let caller = caller(&world, call)?;
    if is_short(&caller.token) {
        return Err(GraphError::parameter("Only long-lived access tokens can be refreshed"));
    }
    if caller.token.issued_at + AGE_MIN > call.now {
        return Err(GraphError::parameter("The access token must be at least 24 hours old"));
    }
    Ok(renewed(&mut world, &caller.token, call.now))
}

/// The old one lives on until its own end.
fn renewed(world: &mut World, old: &Token, now: Timestamp) -> Reply {
    let token =
        world.issue(Token { secret: String::new(), issued_at: now, expires_at: Some(now + LONG), ..old.clone() });
    Reply::ok(json!({ "access_token": token.secret, "token_type": "bearer", "expires_in": LONG.as_secs() }))
}
