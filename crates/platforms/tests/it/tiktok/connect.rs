//! Consent, tokens, the account.

use rookery_platforms::{AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, TikTok};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fake::{Fake, Reply, app, http};

const TOKEN: &str = "/v2/oauth/token/";

#[tokio::test]
async fn consent_uses_tiktoks_own_names_and_proof_key() {
    let request = AuthorizeRequest {
        base_url: "https://open.tiktokapis.com/".parse().expect("an address"),
        app: app(),
        redirect_uri: "https://me.example/back".into(),
        state: "s1".into(),
        code_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into()),
        scopes: Vec::new(),
    };
    let url = TikTok::new(http()).authorize_url(&request).expect("an address");
    assert!(url.as_str().starts_with("https://www.tiktok.com/v2/auth/authorize/?client_key=4711&"), "{url}");
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["code_challenge"], "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3");
    assert_eq!((query["state"].as_str(), query["code_challenge_method"].as_str()), ("s1", "S256"));
    assert!(query["scope"].split(',').any(|s| s == "video.publish"));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_an_error_with_status_200_does_not() {
    let fake = Fake::start().await;
    let tokens = json!({"access_token": "act.1", "expires_in": 86400, "open_id": "o-1", "refresh_expires_in": 31_536_000,
        "refresh_token": "rft.1", "scope": "user.info.basic,video.list", "token_type": "Bearer"});
    let expired =
        json!({"error": "invalid_grant", "error_description": "Authorization code is expired.", "log_id": "9"});
    fake.on("POST", TOKEN, Reply::json(200, &tokens)).on("POST", TOKEN, Reply::json(200, &expired));
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://me.example/back".into(),
        code: "the-code*1".into(),
        code_verifier: Some("verifier-verifier".into()),
    };
    let set = TikTok::new(http()).exchange_code(&request).await.expect("tokens");
    assert_eq!((set.access.expose_secret(), set.scopes.len()), ("act.1", 2));
    assert_eq!(set.expires_in.map(|d| d.as_secs()), Some(86_400));
    let form = &fake.asked()[0].form;
    assert_eq!((form["client_key"].as_str(), form["code"].as_str()), ("4711", "the-code*1"));
    assert_eq!(form["code_verifier"], "verifier-verifier");
    let error = TikTok::new(http()).exchange_code(&request).await.expect_err("expired");
    assert_eq!((error.kind, error.trace_id.as_deref()), (ErrorType::TokenExpired, Some("9")));
}

#[tokio::test]
async fn a_renewal_may_bring_another_refresh_token_or_none() {
    let fake = Fake::start().await;
    fake.on(
        "POST",
        TOKEN,
        Reply::json(200, &json!({"access_token": "act.2", "expires_in": 86400, "refresh_token": "rft.2"})),
    )
    .on("POST", TOKEN, Reply::json(200, &json!({"access_token": "act.3", "expires_in": 86400})));
    let (tiktok, access) = (TikTok::new(http()), fake.access("o-1"));
    let rotated = tiktok.refresh(&access).await.expect("tokens");
    assert_eq!(rotated.refresh.expect("a new one").expose_secret(), "rft.2");
    assert!(tiktok.refresh(&access).await.expect("tokens").refresh.is_none(), "the old one stays");
    assert_eq!(fake.asked()[0].form["grant_type"], "refresh_token");
}

#[tokio::test]
async fn the_account_is_read_and_a_token_is_given_back() {
    let fake = Fake::start().await;
    fake.on("GET", "/v2/user/info/", Reply::fixture("tiktok/user"));
    fake.on("POST", "/v2/oauth/revoke/", Reply::json(200, &json!({})).body(""));
    let (tiktok, access) = (TikTok::new(http()), fake.access("o-1"));
    let profile = tiktok.check(&access).await.expect("a profile");
    assert_eq!((profile.id.as_str(), profile.username.as_str()), ("o-1", "harbour"));
    assert_eq!(profile.followers_count, Some(3_000_000_001));
    tiktok.revoke(&access).await.expect("given back");
    assert_eq!(fake.asked_for("/v2/oauth/revoke/")[0].form["token"], "EAAsecret-token");
}
