//! Accounts, tokens, rights and quotas.

use std::time::Duration;

use rookery_platforms::{AuthorizeRequest, Delivery, ErrorType, ExchangeRequest, RegisterRequest, SignIn, TokenSet};
use rookery_sandbox::{BLUESKY_APP_PASSWORD, Effect, Endpoint, TokenEnd};
use secrecy::ExposeSecret;
use url::Url;

use super::Verdict;
use crate::house::House;
use crate::networks::Line;

const REDIRECT: &str = "https://rookery.example/accounts/callback";
const STATE: &str = "state-of-the-session";

/// Connects the account as a person does, with a token that lives as long as the network says.
async fn connected(line: &'static Line) -> House {
    let mut house = House::new(line).await;
    let base_url = house.access.base_url.clone();
    let (tokens, profile) = if house.can().sign_in == SignIn::AppPassword {
        let name = house.connector.check(&house.access).await.expect("the token works").username;
        let password = BLUESKY_APP_PASSWORD.to_owned().into();
        house.connector.sign_in(&base_url, &name, &password).await.expect("signed in")
    } else {
        let tokens = consent(&mut house).await;
        let found = house.connector.profiles(&base_url, &tokens.access, house.access.app.as_ref()).await;
        let found = found.expect("a token opens an account").into_iter().find(|p| p.id == house.id());
        (tokens, found.expect("the account is among them"))
    };
    // A page has a token of its own; the person's token then renews it.
    (house.access.token, house.access.refresh_token) = match profile.token {
        Some(own) => (own, Some(tokens.access)),
        None => (tokens.access, tokens.refresh),
    };
    house.access.metadata = profile.metadata;
    house
}

async fn consent(house: &mut House) -> TokenSet {
    let (base_url, id) = (house.access.base_url.clone(), house.id().to_owned());
    house.control.change_settings(|s| {
        s.auto_consent = true;
        s.consent_as = Some(id);
    });
    let register = RegisterRequest {
        base_url: base_url.clone(),
        client_name: "Rookery".to_owned(),
        redirect_uri: REDIRECT.to_owned(),
        website: None,
        scopes: Vec::new(),
    };
    if let Some(app) = house.connector.register_app(&register).await.expect("registered") {
        house.access.app = Some(app);
    }
    let app = house.access.app.clone().expect("a client");
    let code_verifier = Some("a-verifier-of-at-least-forty-three-characters-in-all".to_owned().into());
    let request = AuthorizeRequest {
        base_url: base_url.clone(),
        app: app.clone(),
        redirect_uri: REDIRECT.to_owned(),
        state: STATE.to_owned(),
        code_verifier,
        scopes: Vec::new(),
    };
    let url = house.connector.authorize_url(&request).expect("an address");
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let answer = browser.get(url).send().await.expect("an answer");
    let back = answer.headers().get("location").and_then(|v| v.to_str().ok()).expect("sent back").to_owned();
    let back: Url = back.parse().expect("an address");
    let value = |name: &str| back.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("state").as_deref(), Some(STATE));
    let code = value("code").unwrap_or_else(|| panic!("no code: {back}")).into();
    let request = ExchangeRequest {
        base_url,
        app,
        redirect_uri: request.redirect_uri,
        code,
        code_verifier: request.code_verifier,
    };
    house.connector.exchange_code(&request).await.expect("tokens")
}

pub async fn connect(line: &'static Line) -> Verdict {
    let house = connected(line).await;
    let checked = house.connector.check(&house.access).await.expect("the token works");
    assert_eq!(checked.id, house.id());
    house.send(&house.plain("The first post")).await.expect("the rights are enough");
    assert_eq!(house.held().len(), 1);
    Verdict::Passed
}

async fn ended(line: &'static Line, end: TokenEnd) -> Verdict {
    let house = House::new(line).await;
    let draft = house.plain("Nobody may say this");
    house.control.end_tokens(house.id(), end).expect("an account");
    let failure = house.send(&draft).await.expect_err("the token is dead");
    assert_eq!(failure.error.kind, ErrorType::TokenExpired, "{:?}", failure.error);
    assert!(!failure.error.is_doubtful(), "{:?}", failure.error);
    let checked = house.connector.check(&house.access).await.expect_err("the token is dead");
    assert_eq!(checked.kind, ErrorType::TokenExpired, "{checked:?}");
    assert!(house.held().is_empty());
    Verdict::Passed
}

pub async fn expired(line: &'static Line) -> Verdict {
    ended(line, TokenEnd::Expired).await
}

pub async fn revoked(line: &'static Line) -> Verdict {
    ended(line, TokenEnd::Revoked).await
}

pub async fn permission(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    house.fault(Endpoint::Publish, Effect::Permission);
    let failure = house.send(&house.plain("Not allowed")).await.expect_err("the right is missing");
    let is_right = matches!(failure.error.kind, ErrorType::Permission | ErrorType::PolicyBlock);
    assert!(is_right && !failure.error.is_doubtful(), "{:?}", failure.error);
    assert!(house.held().is_empty() && house.hits() == 1);
    Verdict::Passed
}

pub async fn rate_limit(line: &'static Line, headers: bool) -> Verdict {
    let house = House::new(line).await;
    house.fault(Endpoint::Publish, Effect::RateLimit { code: None, headers, regain_secs: 300 });
    let draft = house.plain("Too many of these");
    let failure = house.send(&draft).await.expect_err("the quota is used up");
    assert_eq!(failure.error.kind, ErrorType::RateLimit, "{:?}", failure.error);
    assert_eq!(failure.error.delivery, Delivery::Refused, "{:?}", failure.error);
    assert!(house.held().is_empty() && house.hits() == 1);
    if headers {
        let wait = failure.error.retry_after.expect("the headers say when");
        assert!((Duration::from_secs(60)..=Duration::from_hours(24)).contains(&wait), "{wait:?}");
    }
    house.send_with(&draft, failure.handles).await.expect("it goes out later");
    assert_eq!(house.held().len(), 1);
    Verdict::Passed
}

pub async fn usage(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    house.fault_always(Endpoint::Any, Effect::UsagePercent { percent: 85 });
    house.send(&house.plain("How much is left?")).await.expect("it goes out");
    let usage = house.connector.usage(&house.access).expect("the headers were read");
    assert!((80..=90).contains(&usage.percent), "{usage:?}");
    Verdict::Passed
}

pub async fn refresh(line: &'static Line) -> Verdict {
    let mut house = connected(line).await;
    if !house.can().refresh {
        return Verdict::not_offered("tokens of this network do not end");
    }
    house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    for round in ["first", "second"] {
        let tokens = house.connector.refresh(&house.access).await.expect(round);
        house.access.token = tokens.access;
        // The second round shows that what is kept still works.
        house.access.refresh_token = tokens.refresh.or(house.access.refresh_token);
        house.connector.check(&house.access).await.expect("the new token works");
        house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    }
    Verdict::Passed
}

pub async fn refresh_keeps(line: &'static Line) -> Verdict {
    let house = connected(line).await;
    if !house.can().refresh {
        return Verdict::not_offered("tokens of this network do not end");
    }
    house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    let fields = vec!["refresh_token".to_owned(), "refreshJwt".to_owned(), "refresh_token_expires_in".to_owned()];
    house.fault_always(Endpoint::Any, Effect::MissingFields { fields });
    match house.connector.refresh(&house.access).await {
        // Some networks' tokens renew themselves: the new one is kept for the next time.
        Ok(tokens) => {
            let kept = tokens.refresh.as_ref().map(ExposeSecret::expose_secret);
            let itself = tokens.access.expose_secret();
            assert!(kept.is_none_or(|kept| kept == itself), "nothing came, so the old one is kept");
        }
        // Where every renewal ends the old refresh token an answer without a new one is no answer.
        Err(error) => assert_eq!(error.kind, ErrorType::Unknown, "{error:?}"),
    }
    Verdict::Passed
}

pub async fn refresh_revoked(line: &'static Line) -> Verdict {
    let house = connected(line).await;
    if !house.can().refresh {
        return Verdict::not_offered("tokens of this network do not end");
    }
    house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    house.control.end_tokens(house.id(), TokenEnd::Revoked).expect("an account");
    let error = house.connector.refresh(&house.access).await.expect_err("the person took the right back");
    assert_eq!(error.kind, ErrorType::TokenExpired, "{error:?}");
    Verdict::Passed
}
