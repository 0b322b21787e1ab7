//! Consent, tokens and the account.

use std::time::Duration;

use rookery_platforms::{Access, AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, Reddit};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::access;
use crate::fake::{Fake, Reply, app, http};

const TOKEN: &str = "-www/api/v1/access_token";

#[test]
fn consent_is_asked_for_good_at_the_site_for_people() {
    let request = AuthorizeRequest {
        base_url: "https://oauth.reddit.com".parse().expect("an address"),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "s".into(),
        code_verifier: None,
        scopes: Vec::new(),
    };
    let url = Reddit::new(http()).authorize_url(&request).expect("an address");
    assert_eq!(
        url.as_str(),
        "https://www.reddit.com/api/v1/authorize?client_id=4711&response_type=code&state=s\
         &redirect_uri=https%3A%2F%2Frookery.example%2Fback&duration=permanent\
         &scope=identity+read+history+submit+edit+flair"
    );
}

#[tokio::test]
async fn a_code_becomes_tokens_and_a_renewal_keeps_the_refresh_token() {
    let fake = Fake::start().await;
    let first = json!({"access_token": "a1", "token_type": "bearer", "expires_in": 86400, "refresh_token": "r1", "scope": "identity submit"});
    fake.on("POST", TOKEN, Reply::json(200, &first));
    fake.on(
        "POST",
        TOKEN,
        Reply::json(200, &json!({"access_token": "a2", "token_type": "bearer", "expires_in": 86400})),
    );
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: Some("not-known-here".into()),
    };
    let reddit = Reddit::new(http());
    let tokens = reddit.exchange_code(&request).await.expect("tokens");
    assert_eq!((tokens.access.expose_secret(), tokens.expires_in), ("a1", Some(Duration::from_secs(86_400))));
    assert_eq!(tokens.refresh.as_ref().map(ExposeSecret::expose_secret), Some("r1"));
    let renewed = reddit.refresh(&access(&fake)).await.expect("renewed");
    assert_eq!((renewed.access.expose_secret(), renewed.refresh.is_none()), ("a2", true));
    let asked = fake.asked();
    assert!(asked[0].headers["authorization"].starts_with("Basic "));
    assert_eq!(asked[0].headers["user-agent"], concat!("server:4711:v", env!("CARGO_PKG_VERSION")));
    assert_eq!((asked[0].form["code"].as_str(), asked[1].form["refresh_token"].as_str()), ("c0de", "EAAuser-token"));
}

#[tokio::test]
async fn refusals_of_tokens_are_told_apart() {
    let table = [
        (400, json!({"message": "Bad Request", "error": 400}), ErrorType::TokenExpired),
        (200, json!({"error": "invalid_grant"}), ErrorType::TokenExpired),
        (401, json!({"message": "Unauthorized", "error": 401}), ErrorType::BadRequest),
        (503, json!({"message": "Service Unavailable", "error": 503}), ErrorType::Transient),
    ];
    for (status, body, kind) in table {
        let fake = Fake::start().await;
        fake.on("POST", TOKEN, Reply::json(status, &body));
        let error = Reddit::new(http()).refresh(&access(&fake)).await.expect_err("refused");
        assert_eq!(error.kind, kind, "{status} {body}");
    }
    let fake = Fake::start().await;
    let without = Access { refresh_token: None, ..access(&fake) };
    let error = Reddit::new(http()).refresh(&without).await.expect_err("nothing to renew with");
    assert_eq!(error.kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn the_account_is_read_and_the_right_given_back() {
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/me", Reply::fixture("reddit/me"));
    fake.on("POST", "-www/api/v1/revoke_token", Reply::json(204, &Value::Null).body(""));
    let reddit = Reddit::new(http());
    let profile = reddit.profiles(&fake.url(), &"tok".into(), Some(&app())).await.expect("a profile").remove(0);
    assert_eq!((profile.id.as_str(), profile.username.as_str()), ("abc12", "harbour_bakery"));
    assert_eq!((profile.followers_count, &profile.metadata), (Some(77), &json!({"name": "harbour_bakery"})));
    reddit.revoke(&access(&fake)).await.expect("given back");
    assert_eq!(fake.asked_for("-www/api/v1/revoke_token")[0].form["token_type_hint"], "refresh_token");
    let day = "2026-03-02".parse().expect("a date");
    let days = reddit.account_metrics(&access(&fake), day, day).await.expect("numbers");
    assert_eq!((days[0].followers, &days[0].extra["total_karma"]), (Some(77), &json!(512)));
    let named = fake.asked_for("/api/v1/me")[1].headers["user-agent"].clone();
    assert!(named.ends_with("(by /u/harbour_bakery)"), "{named}");
}
