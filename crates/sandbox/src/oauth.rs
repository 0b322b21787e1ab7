//! Consent, codes and tokens as most networks have them. Errors are told apart here and written by
//! each network in its own words.

use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{Platform, Timestamp};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::call::{Call, Reply};
use crate::network::{CODE_LIFE, Grant, Network};
use crate::pages;
use crate::world::{Account, App, Event, Holder, Token, TokenEnd, World};

/// What a client asks a person for. The network has checked it against the app.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConsentRequest {
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    /// `code_challenge` (S256).
    pub challenge: Option<String>,
    /// Further parameters of the way back, beside `code` and `state`.
    pub extra: Vec<(&'static str, String)>,
}

/// The app of this network with this id.
pub(crate) fn app(world: &World, platform: Platform, client_id: &str) -> Option<App> {
    world.apps.get(client_id).filter(|a| a.platform == platform).cloned()
}

/// The app whose id and secret came in the `Authorization` header or as parameters (`client_key` too).
pub(crate) fn client(world: &World, call: &Call) -> Option<App> {
    let by_param = || {
        let id = call.text("client_id").or_else(|| call.text("client_key"))?;
        Some((id.to_owned(), call.text("client_secret")?.to_owned()))
    };
    let (id, secret) = call.basic.clone().or_else(by_param)?;
    app(world, call.platform, &id).filter(|a| a.client_secret == secret)
}

/// The consent page and what follows from it: asks, or with `auto_consent` agrees at once, and sends
/// the person back with a code. Answers GET (the link) and POST (the page's form) alike.
pub(crate) fn consent(net: &Network, call: &Call, app: &App, request: ConsentRequest) -> Reply {
    let (choices, chosen) = people(net, call);
    let decision = if call.method == Method::POST { call.text("decision") } else { None };
    let is_agreed = decision == Some("allow") || (decision.is_none() && net.settings().auto_consent);
    if decision == Some("deny") {
        return send_back(call, &request.redirect_uri, &[("error", "access_denied".to_owned())]);
    }
    let Some(account) = chosen.filter(|_| is_agreed) else {
        let network = call.platform.name();
        let page = pages::consent(network, &app.name, call.own_path(), &call.params, choices, request.scopes);
        return Reply::html(200, page);
    };
    let code = net.grant(Grant {
        client_id: app.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        scopes: request.scopes,
        holder: Holder::Account(account),
        challenge: request.challenge,
        expires_at: call.now + CODE_LIFE,
        is_used: false,
    });
    let mut pairs = vec![("code", code)];
    pairs.extend(request.extra);
    send_back(call, &request.redirect_uri, &pairs)
}

/// The accounts that could consent (id, name, handle), and the one that does.
fn people(net: &Network, call: &Call) -> (Vec<(String, String, String)>, Option<u64>) {
    let settings = net.settings();
    let world = net.world();
    let mut accounts: Vec<&Account> = world.accounts.values().filter(|a| a.platform == call.platform).collect();
    accounts.sort_by_key(|a| (a.created_at, a.id));
    let choices = accounts.iter().map(|a| (a.network_id(), a.name.clone(), format!("@{}", a.handle))).collect();
    let by_id = |id: Option<&str>| accounts.iter().find(|a| id == Some(a.network_id().as_str()));
    let chosen = by_id(call.text("as")).or_else(|| by_id(settings.consent_as.as_deref())).or(accounts.last());
    (choices, chosen.map(|a| a.id))
}

/// Back to the client with these parameters and the request's `state`.
pub(crate) fn send_back(call: &Call, redirect_uri: &str, pairs: &[(&str, String)]) -> Reply {
    let Ok(mut back) = Url::parse(redirect_uri) else {
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

/// Why a code gives no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeError {
    Unknown,
    OtherClient,
    OtherRedirect,
    Used,
    Expired,
    /// The verifier is missing or does not fit the challenge (PKCE).
    BadVerifier,
}

/// Exchanges a code once.
pub(crate) fn redeem_code(
    net: &Network,
    call: &Call,
    code: &str,
    client_id: &str,
    redirect_uri: &str,
    verifier: Option<&str>,
) -> Result<Grant, CodeError> {
    net.redeem(code, |grant| match grant {
        None => Err(CodeError::Unknown),
        Some(g) if g.client_id != client_id => Err(CodeError::OtherClient),
        Some(g) if g.is_used => Err(CodeError::Used),
        Some(g) if g.expires_at <= call.now => Err(CodeError::Expired),
        Some(g) if g.redirect_uri != redirect_uri => Err(CodeError::OtherRedirect),
        Some(g) if !proves(verifier, g.challenge.as_deref()) => Err(CodeError::BadVerifier),
        Some(_) => Ok(()),
    })
}

/// PKCE (RFC 7636): the verifier's SHA-256 is the challenge. Without a challenge none is needed.
pub(crate) fn proves(verifier: Option<&str>, challenge: Option<&str>) -> bool {
    match (verifier, challenge) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(verifier), Some(challenge)) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge,
    }
}

/// Whether a token comes with a refresh token; the life is from issue, `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshLife {
    /// No refresh token.
    Without,
    /// The same one works again and again.
    Kept(Option<Duration>),
    /// Each use gives a new one and ends the old.
    Rotating(Option<Duration>),
}

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenLife {
    /// `None` is for ever.
    pub access: Option<Duration>,
    pub refresh: RefreshLife,
}

/// Gives out a token for a redeemed consent.
pub(crate) fn issue(world: &mut World, platform: Platform, grant: &Grant, now: Timestamp, life: TokenLife) -> Token {
    let (refresh, refresh_life) = match life.refresh {
        RefreshLife::Without => (None, None),
        RefreshLife::Kept(life) | RefreshLife::Rotating(life) => (Some(world.new_secret("refresh", 32)), life),
    };
    world.issue(Token {
        secret: String::new(),
        platform,
        holder: grant.holder,
        client_id: grant.client_id.clone(),
        scopes: grant.scopes.clone(),
        issued_at: now,
        expires_at: life.access.map(|life| now + life),
        ended: None,
        refresh_expires_at: refresh_life.map(|life| now + life),
        refresh,
    })
}

/// Why a refresh token gives no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshError {
    /// It never was, or it was replaced by a newer one.
    Unknown,
    OtherClient,
    Expired,
    /// The person took the consent back.
    Ended(TokenEnd),
}

/// Exchanges a refresh token for a new token. Old access tokens live on until their own end.
pub(crate) fn refresh(
    world: &mut World,
    call: &Call,
    refresh_token: &str,
    client_id: &str,
    life: TokenLife,
) -> Result<Token, RefreshError> {
    let old = world.by_refresh(refresh_token).filter(|t| t.platform == call.platform);
    let old = old.ok_or(RefreshError::Unknown)?.clone();
    if old.client_id != client_id {
        return Err(RefreshError::OtherClient);
    }
    if let Some(end) = old.ended.filter(|end| *end != TokenEnd::Expired) {
        return Err(RefreshError::Ended(end));
    }
    if old.refresh_expires_at.is_some_and(|at| at <= call.now) {
        return Err(RefreshError::Expired);
    }
    let mut new = Token {
        secret: String::new(),
        issued_at: call.now,
        expires_at: life.access.map(|life| call.now + life),
        ended: None,
        ..old.clone()
    };
    if let RefreshLife::Rotating(refresh_life) = life.refresh {
        world.commit(Event::Token(Token { refresh: None, refresh_expires_at: None, ..old }));
        new.refresh = Some(world.new_secret("refresh", 32));
        new.refresh_expires_at = refresh_life.map(|life| call.now + life);
    }
    Ok(world.issue(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::HeaderMap;

    use crate::audience::Audience;
    use crate::clock::TravelClock;
    use rookery_kernel::FixedClock;
    use std::sync::Arc;

    const HOUR: Duration = Duration::from_hours(1);

    fn net() -> Network {
        let audience = Audience::new(7, "America/Los_Angeles".parse().expect("zone"));
        let clock = TravelClock::new(Arc::new(FixedClock::at(Timestamp::from_secs(1_000))));
        Network::new(World::new(7, None, Vec::new()), audience, clock, "http://sandbox".to_owned())
    }

    fn call(now: i64) -> Call {
        let uri = "/mastodon/oauth/token".parse().expect("uri");
        let mut call = Call::new(Platform::Mastodon, None, Method::POST, &uri, HeaderMap::new(), &Bytes::new(), "");
        call.now = Timestamp::from_secs(now);
        call
    }

    fn grant(challenge: Option<&str>) -> Grant {
        Grant {
            client_id: "app".into(),
            redirect_uri: "https://app/back".into(),
            scopes: vec!["write".into()],
            holder: Holder::Account(5),
            challenge: challenge.map(ToOwned::to_owned),
            expires_at: Timestamp::from_secs(1_600),
            is_used: false,
        }
    }

    #[test]
    fn a_code_works_once_for_its_client_with_its_proof() {
        let net = net();
        // The example of RFC 7636, appendix B.
        let code = net.grant(grant(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")));
        let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let redeem = |now, code: &str, client: &str, back: &str, verifier| {
            redeem_code(&net, &call(now), code, client, back, verifier).map(|g| g.holder)
        };
        let back = "https://app/back";
        assert_eq!(redeem(1_000, "none", "app", back, verifier), Err(CodeError::Unknown));
        assert_eq!(redeem(1_000, &code, "other", back, verifier), Err(CodeError::OtherClient));
        assert_eq!(redeem(1_000, &code, "app", "https://else", verifier), Err(CodeError::OtherRedirect));
        assert_eq!(redeem(1_000, &code, "app", back, None), Err(CodeError::BadVerifier));
        assert_eq!(redeem(1_600, &code, "app", back, verifier), Err(CodeError::Expired));
        assert_eq!(redeem(1_599, &code, "app", back, verifier), Ok(Holder::Account(5)));
        assert_eq!(redeem(1_599, &code, "app", back, verifier), Err(CodeError::Used));
    }

    #[test]
    fn a_rotating_refresh_token_works_once_and_a_kept_one_again() {
        let mut world = World::new(7, None, Vec::new());
        let rotating = TokenLife { access: Some(HOUR), refresh: RefreshLife::Rotating(Some(HOUR * 10)) };
        let start = Timestamp::from_secs(1_000);
        let first = issue(&mut world, Platform::Mastodon, &grant(None), start, rotating);
        let one = first.refresh.clone().expect("a refresh token");
        assert_eq!(refresh(&mut world, &call(9_000), &one, "other", rotating), Err(RefreshError::OtherClient));
        let second = refresh(&mut world, &call(9_000), &one, "app", rotating).expect("a token");
        assert_ne!((&second.secret, &second.refresh), (&first.secret, &first.refresh));
        assert_eq!(second.expires_at, Some(Timestamp::from_secs(12_600)));
        assert_eq!(refresh(&mut world, &call(9_000), &one, "app", rotating), Err(RefreshError::Unknown));
        let two = second.refresh.expect("a refresh token");
        assert_eq!(refresh(&mut world, &call(45_000), &two, "app", rotating), Err(RefreshError::Expired));

        let kept = TokenLife { access: Some(HOUR), refresh: RefreshLife::Kept(None) };
        let first = issue(&mut world, Platform::Mastodon, &grant(None), start, kept);
        let lasting = first.refresh.expect("a refresh token");
        let second = refresh(&mut world, &call(9_000), &lasting, "app", kept).expect("a token");
        assert_eq!(second.refresh.as_deref(), Some(lasting.as_str()));
        assert_ne!(second.secret, first.secret);
        // An access token that ran out does not hinder; a consent that was taken back does.
        world.end_tokens(Holder::Account(5), TokenEnd::Expired);
        assert!(refresh(&mut world, &call(9_000), &lasting, "app", kept).is_ok());
        world.end_tokens(Holder::Account(5), TokenEnd::Revoked);
        let ended = Err(RefreshError::Ended(TokenEnd::Revoked));
        assert_eq!(refresh(&mut world, &call(9_000), &lasting, "app", kept), ended);
    }

    #[test]
    fn consent_asks_and_sends_the_person_back() {
        let net = net();
        let account: Account = serde_json::from_value(serde_json::json!({
            "id": 9, "platform": "mastodon", "handle": "a", "name": "Ada", "bio": "", "category": "", "zone": "UTC",
            "followers": 1, "reach_rate": 0.25, "created_at": net.now(), "owner": 1, "native_id": "did:plc:abc"
        }))
        .expect("an account");
        net.world().commit(Event::Account(account));
        let app = App {
            id: 1,
            platform: Platform::Mastodon,
            name: "Rookery".into(),
            website: None,
            client_id: "app".into(),
            client_secret: "secret".into(),
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
        };
        let ask = |method: Method, params: &[(&str, &str)]| {
            let mut call = call(1_000);
            call.method = method;
            call.params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let extra = vec![("iss", "http://sandbox".to_owned())];
            let request =
                ConsentRequest { redirect_uri: "https://app/back?x=1".into(), extra, ..ConsentRequest::default() };
            let reply = consent(&net, &call, &app, request);
            let to = reply.headers.iter().find(|(name, _)| *name == "location").map(|(_, to)| to.clone());
            (reply.status, to.unwrap_or_default())
        };
        assert_eq!(ask(Method::GET, &[("state", "s")]).0, 200);
        let denied = ask(Method::POST, &[("state", "s"), ("decision", "deny")]).1;
        assert_eq!(denied, "https://app/back?x=1&error=access_denied&state=s");
        net.change_settings(|s| s.auto_consent = true);
        let (status, back) = ask(Method::GET, &[("state", "s")]);
        let back: Url = back.parse().expect("an address");
        let pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((status, names), (302, vec!["x", "code", "iss", "state"]));
        let redeemed = redeem_code(&net, &call(1_000), &pairs[1].1, "app", "https://app/back?x=1", None);
        assert_eq!(redeemed.map(|g| g.holder), Ok(Holder::Account(9)));
    }

    #[test]
    fn a_quota_can_be_set_for_each_network() {
        let net = net();
        assert_eq!(net.spend(&call(1_000), "a").limit, 300);
        net.change_settings(|s| {
            s.enforce_quotas = true;
            s.quotas.insert(Platform::Mastodon, 2);
        });
        let used: Vec<bool> = (0..3).map(|_| net.spend(&call(1_000), "b").is_exhausted).collect();
        assert_eq!(used, [false, false, true]);
        assert!(!net.spend_from(&call(1_000), "b posts", 1, HOUR).is_exhausted);
        let written = serde_json::to_value(net.settings()).expect("plain");
        assert_eq!(serde_json::from_value::<crate::Settings>(written).expect("settings"), net.settings());
    }
}
