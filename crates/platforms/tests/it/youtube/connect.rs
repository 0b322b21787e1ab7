//! Consent, tokens, channels.

use rookery_platforms::{AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, YouTube};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fake::{Fake, Reply, app, http};

const CHANNELS: &str = "/youtube/v3/channels";

#[tokio::test]
async fn consent_asks_for_a_refresh_token() {
    let request = AuthorizeRequest {
        base_url: "https://www.googleapis.com/".parse().expect("an address"),
        app: app(),
        redirect_uri: "https://me.example/back".into(),
        state: "s1".into(),
        code_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into()),
        scopes: Vec::new(),
    };
    let url = YouTube::new(http()).authorize_url(&request).expect("an address");
    assert!(url.as_str().starts_with("https://accounts.google.com/o/oauth2/v2/auth?"), "{url}");
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!((query["access_type"].as_str(), query["prompt"].as_str()), ("offline", "consent"));
    assert_eq!(query["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(query["scope"].split(' ').all(|s| s.starts_with("https://www.googleapis.com/auth/")));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_a_renewal_keeps_the_refresh_token() {
    let fake = Fake::start().await;
    let first = json!({"access_token": "ya29.a", "expires_in": 3599, "refresh_token": "1//r", "scope": "a b", "token_type": "Bearer"});
    fake.on("POST", "-oauth2/token", Reply::json(200, &first))
        .on("POST", "-oauth2/token", Reply::json(200, &json!({"access_token": "ya29.b", "expires_in": 3599})))
        .on(
            "POST",
            "-oauth2/token",
            Reply::json(400, &json!({"error": "invalid_grant", "error_description": "Bad Request"})),
        );
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://me.example/back".into(),
        code: "4/code".into(),
        code_verifier: Some("verifier-verifier".into()),
    };
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    let set = youtube.exchange_code(&request).await.expect("tokens");
    assert_eq!((set.access.expose_secret(), set.scopes.len()), ("ya29.a", 2));
    assert_eq!(set.refresh.expect("a refresh token").expose_secret(), "1//r");
    let renewed = youtube.refresh(&access).await.expect("tokens");
    assert!(renewed.refresh.is_none(), "the old one stays");
    assert_eq!(youtube.refresh(&access).await.expect_err("withdrawn").kind, ErrorType::TokenExpired);
    assert_eq!(fake.asked()[0].form["code_verifier"], "verifier-verifier");
    assert_eq!(fake.asked()[1].form["grant_type"], "refresh_token");
}

#[tokio::test]
async fn a_channel_is_read_and_an_account_without_one_is_told_so() {
    let fake = Fake::start().await;
    fake.on("GET", CHANNELS, Reply::fixture("youtube/channel")).on(
        "GET",
        CHANNELS,
        Reply::json(200, &json!({"kind": "youtube#channelListResponse"})),
    );
    let (youtube, access) = (YouTube::new(http()), fake.access("UCabc"));
    let profile = youtube.check(&access).await.expect("a channel");
    assert_eq!((profile.username.as_str(), profile.followers_count), ("harbour", Some(1200)));
    assert_eq!(profile.metadata, json!({"uploads": "UUabc"}));
    assert!(profile.profile_url.expect("a page").ends_with("/net-www/channel/UCabc"));
    assert_eq!(youtube.check(&access).await.expect_err("none").kind, ErrorType::Permission);
}

#[tokio::test]
async fn the_refresh_token_is_given_back() {
    let fake = Fake::start().await;
    fake.on("POST", "-oauth2/revoke", Reply::json(200, &json!({})));
    YouTube::new(http()).revoke(&fake.access("UCabc")).await.expect("given back");
    assert_eq!(fake.asked()[0].form["token"], "EAAuser-token");
}
