//! Accounts, tokens, rights and quotas.

use std::time::Duration;

use rookery_platforms::{Delivery, ErrorType, SignIn};
use rookery_sandbox::{Effect, Endpoint, TokenEnd};

use super::Verdict;
use crate::house::House;
use crate::networks::Line;

pub async fn connect(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let access = &house.access;
    let checked = house.connector.check(access).await.expect("the token works");
    assert_eq!(checked.id, house.id());
    if house.can().sign_in == SignIn::Consent {
        let found = house.connector.profiles(&access.base_url, &access.token, access.app.as_ref()).await;
        let found = found.expect("a token opens an account");
        assert!(found.iter().any(|p| p.id == house.id()), "{found:?}");
    }
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
    let mut house = House::new(line).await;
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
    let house = House::new(line).await;
    if !house.can().refresh {
        return Verdict::not_offered("tokens of this network do not end");
    }
    house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    let fields = vec!["refresh_token".to_owned(), "refreshJwt".to_owned(), "refresh_token_expires_in".to_owned()];
    house.fault_always(Endpoint::Any, Effect::MissingFields { fields });
    match house.connector.refresh(&house.access).await {
        Ok(tokens) => assert!(tokens.refresh.is_none(), "nothing came, so the old one is kept"),
        // Where every renewal ends the old refresh token an answer without a new one is no answer.
        Err(error) => assert_eq!(error.kind, ErrorType::Unknown, "{error:?}"),
    }
    Verdict::Passed
}

pub async fn refresh_revoked(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().refresh {
        return Verdict::not_offered("tokens of this network do not end");
    }
    house.clock.advance(house.can().token_age_min.unwrap_or_default() + Duration::from_secs(1));
    house.control.end_tokens(house.id(), TokenEnd::Revoked).expect("an account");
    let error = house.connector.refresh(&house.access).await.expect_err("the person took the right back");
    assert_eq!(error.kind, ErrorType::TokenExpired, "{error:?}");
    Verdict::Passed
}
