//! Sessions by app password: opened, renewed, ended.

use std::time::Duration;

use rookery_kernel::{Platform, Timestamp};
use serde_json::{Value, json};

use super::error::XrpcError;
use super::{actor, caller, done, handle, ids, needed};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Event, Holder, Token, TokenEnd, World};

/// The app password of every simulated account.
pub const BLUESKY_APP_PASSWORD: &str = "sand-box2-pass-word";

const ACCESS_LIFE: Duration = Duration::from_hours(2);
const REFRESH_LIFE: Duration = Duration::from_hours(90 * 24);
/// Longest life of a token for another service.
const SERVICE_LIFE: Duration = Duration::from_mins(30);

/// The "client" of sessions, and that of tokens for other services.
const SESSION: &str = "app password";
pub(super) const SERVICE: &str = "service";

/// `com.atproto.server.describeServer`.
pub(super) fn describe(call: &Call) -> Reply {
    Reply::ok(json!({
        "did": "did:web:sandbox.test",
        "availableUserDomains": [".sandbox.test"],
        "inviteCodeRequired": true,
        "links": { "privacyPolicy": format!("{}/privacy", call.origin) },
    }))
}

/// `com.atproto.server.createSession`.
pub(super) fn create(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let (identifier, password) = (needed(call, "identifier")?, needed(call, "password")?);
    let mut world = net.world();
    let found = actor(&world, identifier).or_else(|| world.account_by_handle(Platform::Bluesky, identifier)).cloned();
    let refused = || XrpcError::new(401, "AuthenticationRequired", "Invalid identifier or password");
    let account = found.filter(|_| password == BLUESKY_APP_PASSWORD).ok_or_else(refused)?;
    let token = open(&mut world, &account, call.now);
    Ok(Reply::ok(view(call, &account, Some(&token))))
}

fn open(world: &mut World, account: &Account, now: Timestamp) -> Token {
    let did = account.network_id();
    let until = (now + ACCESS_LIFE, now + REFRESH_LIFE);
    let secret = ids::jwt("com.atproto.appPass", &did, now, until.0, &world.new_secret("session", 32));
    let refresh = ids::jwt("com.atproto.refresh", &did, now, until.1, &world.new_secret("session refresh", 32));
    let token = Token {
        secret,
        platform: Platform::Bluesky,
        holder: Holder::Account(account.id),
        client_id: SESSION.to_owned(),
        scopes: vec!["com.atproto.appPass".to_owned()],
        issued_at: now,
        expires_at: Some(until.0),
        ended: None,
        refresh: Some(refresh),
        refresh_expires_at: Some(until.1),
    };
    world.commit(Event::Token(token.clone()));
    token
}

fn view(call: &Call, account: &Account, token: Option<&Token>) -> Value {
    let (did, handle) = (account.network_id(), handle(account));
    let mut session = json!({
        "did": did,
        "didDoc": {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "alsoKnownAs": [format!("at://{handle}")],
            "service": [
                { "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": call.base() },
            ],
        },
        "handle": handle,
        "email": format!("{}@sandbox.test", account.id),
        "emailConfirmed": true,
        "emailAuthFactor": false,
        "active": true,
    });
    if let Some(token) = token {
        session["accessJwt"] = json!(token.secret);
        session["refreshJwt"] = json!(token.refresh);
    }
    session
}

/// The session of the refresh token in the header.
fn by_refresh(world: &World, call: &Call) -> Result<(Token, Account), XrpcError> {
    let text = call.token.as_deref().ok_or_else(XrpcError::auth_missing)?;
    let token = world.by_refresh(text).filter(|t| t.platform == Platform::Bluesky);
    // A used one and one that never was look alike.
    let token = token.cloned().ok_or_else(|| XrpcError::ended_token(TokenEnd::Revoked))?;
    if let Some(end) = token.ended.filter(|end| *end != TokenEnd::Expired) {
        return Err(XrpcError::ended_token(end));
    }
    if token.refresh_expires_at.is_some_and(|at| at <= call.now) {
        return Err(XrpcError::ended_token(TokenEnd::Expired));
    }
    let Holder::Account(id) = token.holder else { return Err(XrpcError::bad_token()) };
    let account = world.accounts.get(&id).cloned().ok_or_else(XrpcError::bad_token)?;
    Ok((token, account))
}

/// `com.atproto.server.refreshSession`: a refresh token works once.
pub(super) fn refresh(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let mut world = net.world();
    let (old, account) = by_refresh(&world, call)?;
    world.commit(Event::Token(Token { refresh: None, refresh_expires_at: None, ..old }));
    let token = open(&mut world, &account, call.now);
    Ok(Reply::ok(view(call, &account, Some(&token))))
}

/// `com.atproto.server.deleteSession`.
pub(super) fn delete(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let mut world = net.world();
    let (token, _) = by_refresh(&world, call)?;
    world.commit(Event::TokenEnded { secret: token.secret, end: TokenEnd::Revoked });
    Ok(done())
}

/// `com.atproto.server.getSession`.
pub(super) fn show(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let account = caller(&net.world(), call)?;
    Ok(Reply::ok(view(call, &account, None)))
}

/// `com.atproto.server.getServiceAuth`: a token for one method of another service.
pub(super) fn service_auth(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let (audience, method) = (needed(call, "aud")?, call.text("lxm").unwrap_or_default());
    let mut world = net.world();
    let account = caller(&world, call)?;
    if !audience.starts_with("did:") {
        return Err(XrpcError::invalid("aud must be a valid did"));
    }
    let until =
        call.text("exp").and_then(|t| t.parse().ok()).map_or(call.now + Duration::from_mins(1), Timestamp::from_secs);
    if until <= call.now {
        return Err(XrpcError::new(400, "BadExpiration", "expiration is in past"));
    }
    if until > call.now + SERVICE_LIFE {
        return Err(XrpcError::new(
            400,
            "BadExpiration",
            "cannot request a token with an expiration more than 30 minutes in the future",
        ));
    }
    let secret = ids::jwt(method, &account.network_id(), call.now, until, &world.new_secret("service", 32));
    world.commit(Event::Token(Token {
        secret: secret.clone(),
        platform: Platform::Bluesky,
        holder: Holder::Account(account.id),
        client_id: SERVICE.to_owned(),
        scopes: vec![method.to_owned()],
        issued_at: call.now,
        expires_at: Some(until),
        ended: None,
        refresh: None,
        refresh_expires_at: None,
    }));
    Ok(Reply::ok(json!({ "token": secret })))
}
