//! Consent, tokens and the account.

use rookery_platforms::{AuthorizeRequest, Connector as _, Delivery, ErrorType, ExchangeRequest, Twitter};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fake::{Fake, Reply, app, http};

fn consent(base: &str, verifier: Option<&str>) -> AuthorizeRequest {
    AuthorizeRequest {
        base_url: base.parse().expect("an address"),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "s".into(),
        code_verifier: verifier.map(Into::into),
        scopes: Vec::new(),
    }
}

#[test]
fn consent_is_given_on_the_site_and_needs_a_proof_key() {
    let twitter = Twitter::new(http());
    let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let url = twitter.authorize_url(&consent("https://api.x.com/", verifier)).expect("an address");
    assert_eq!(
        url.as_str(),
        "https://x.com/i/oauth2/authorize?response_type=code&client_id=4711\
         &redirect_uri=https%3A%2F%2Frookery.example%2Fback\
         &scope=tweet.read+tweet.write+users.read+media.write+offline.access&state=s\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let local = twitter.authorize_url(&consent("http://127.0.0.1:1/twitter", verifier)).expect("an address");
    assert!(local.as_str().starts_with("http://127.0.0.1:1/twitter-www/i/oauth2/authorize?"), "{local}");
    let error = twitter.authorize_url(&consent("https://api.x.com/", None)).expect_err("no proof key");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_the_refresh_token_changes_with_each_use() {
    let fake = Fake::start().await;
    let tokens = |access: &str, refresh: &str| {
        Reply::json(
            200,
            &json!({"token_type": "bearer", "expires_in": 7200, "access_token": access,
            "scope": "tweet.read offline.access", "refresh_token": refresh}),
        )
    };
    fake.on("POST", "/2/oauth2/token", tokens("one", "r1")).on("POST", "/2/oauth2/token", tokens("two", "r2"));
    let twitter = Twitter::new(http());
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: Some("verifier".into()),
    };
    let first = twitter.exchange_code(&request).await.expect("tokens");
    assert_eq!((first.access.expose_secret(), first.expires_in.map(|d| d.as_secs())), ("one", Some(7200)));
    assert_eq!(first.scopes, ["tweet.read", "offline.access"]);
    let second = twitter.refresh(&fake.access("1")).await.expect("tokens");
    assert_eq!(second.refresh.expect("a new one").expose_secret(), "r2");
    let asked = fake.asked();
    let form = |n: usize, name: &str| asked[n].form.get(name).map(String::as_str);
    assert_eq!((form(0, "grant_type"), form(0, "code_verifier")), (Some("authorization_code"), Some("verifier")));
    assert_eq!((form(1, "grant_type"), form(1, "refresh_token")), (Some("refresh_token"), Some("EAAuser-token")));
    assert!(asked.iter().all(|a| a.headers["authorization"].starts_with("Basic ")), "the app proves itself");
    assert_eq!(form(0, "client_secret"), None, "and only there");
}

#[tokio::test]
async fn a_used_refresh_token_means_connect_again() {
    for body in [
        json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}),
        json!({"error": "invalid_grant", "error_description": "gone"}),
    ] {
        let fake = Fake::start().await;
        fake.on("POST", "/2/oauth2/token", Reply::json(400, &body));
        let error = Twitter::new(http()).refresh(&fake.access("1")).await.expect_err("used");
        assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::Refused), "{body}");
        assert!(!error.message.contains("EAAuser-token"));
    }
    let fake = Fake::start().await;
    let missing = json!({"error": "invalid_request", "error_description": "Missing required parameter [code]."});
    fake.on("POST", "/2/oauth2/token", Reply::json(400, &missing));
    let error = Twitter::new(http()).refresh(&fake.access("1")).await.expect_err("our mistake");
    assert_eq!(error.kind, ErrorType::BadRequest, "a mistake of ours does not end the account");
    let mut access = fake.access("1");
    access.refresh_token = None;
    let error = Twitter::new(http()).refresh(&access).await.expect_err("no refresh token");
    assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::NotSent));
}

#[tokio::test]
async fn the_account_behind_a_token_is_its_only_profile() {
    let fake = Fake::start().await;
    fake.on("GET", "/2/users/me", Reply::fixture("twitter/me")).on(
        "POST",
        "/2/oauth2/revoke",
        Reply::json(200, &json!({"revoked": true})),
    );
    let twitter = Twitter::new(http());
    let profiles = twitter.profiles(&fake.url(), &"tok".into(), None).await.expect("profiles");
    let profile = &profiles[0];
    assert_eq!((profiles.len(), profile.id.as_str(), profile.username.as_str()), (1, "2244994945", "harbour"));
    assert_eq!((profile.followers_count, &profile.metadata["username"]), (Some(3_000_000_001), &json!("harbour")));
    assert_eq!(twitter.check(&fake.access("2244994945")).await.expect("works").id, "2244994945");
    twitter.revoke(&fake.access("2244994945")).await.expect("revoked");
    assert_eq!(fake.asked_for("/2/oauth2/revoke")[0].form["token"], "EAAsecret-token");
}
