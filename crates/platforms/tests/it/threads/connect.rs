//! Consent, tokens, the account.

use std::time::Duration;

use rookery_platforms::{AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, Threads, TokenSet};
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::Url;

use crate::fake::{Fake, Reply, app, http};
use crate::meta::ok;

fn authorize(base: Url) -> String {
    let request = AuthorizeRequest {
        base_url: base,
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "st&te".into(),
        code_verifier: None,
        scopes: Vec::new(),
    };
    Threads::new(http()).authorize_url(&request).expect("an address").to_string()
}

#[test]
fn people_consent_on_the_site() {
    let real = authorize(Threads::new(http()).default_base_url().expect("one host"));
    assert!(real.starts_with("https://threads.net/oauth/authorize?client_id=4711&"), "{real}");
    assert!(real.contains("scope=threads_basic%2Cthreads_content_publish%2C") && real.ends_with("state=st%26te"));
    let simulated = authorize("http://127.0.0.1:4000/threads/".parse().expect("an address"));
    assert!(simulated.starts_with("http://127.0.0.1:4000/threads-www/oauth/authorize?"), "{simulated}");
}

#[tokio::test]
async fn a_code_becomes_a_token_of_sixty_days_and_renews_itself() {
    let fake = Fake::start().await;
    fake.on("POST", "/oauth/access_token", ok(json!({"access_token": "short", "user_id": 17})))
        .on(
            "GET",
            "/access_token",
            ok(json!({"access_token": "long", "token_type": "bearer", "expires_in": 5_183_944})),
        )
        .on("GET", "/refresh_access_token", ok(json!({"access_token": "longer", "expires_in": 5_184_000})));
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: None,
    };
    let threads = Threads::new(http());
    let tokens = threads.exchange_code(&request).await.expect("tokens");
    // It is renewed with itself, so it stands in both places.
    let both =
        |t: &TokenSet| (t.access.expose_secret().to_owned(), t.refresh.as_ref().map(|r| r.expose_secret().to_owned()));
    assert_eq!(both(&tokens), ("long".to_owned(), Some("long".to_owned())));
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(5_183_944)));
    let asked = fake.asked();
    assert_eq!((asked[0].form["code"].as_str(), asked[0].form["grant_type"].as_str()), ("c0de", "authorization_code"));
    assert_eq!(
        (asked[1].query["grant_type"].as_str(), asked[1].query["access_token"].as_str()),
        ("th_exchange_token", "short")
    );
    let renewed = threads.refresh(&fake.access("17")).await.expect("renewed");
    assert_eq!(both(&renewed), ("longer".to_owned(), Some("longer".to_owned())));
    assert_eq!(fake.asked()[2].query["grant_type"], "th_refresh_token");
}

#[tokio::test]
async fn a_used_code_is_refused_without_showing_it() {
    let fake = Fake::start().await;
    let body =
        json!({"error_type": "OAuthException", "code": 400, "error_message": "Matching code c0de-1234 was used"});
    fake.on("POST", "/oauth/access_token", Reply::json(400, &body));
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: String::new(),
        code: "c0de-1234".into(),
        code_verifier: None,
    };
    let error = Threads::new(http()).exchange_code(&request).await.expect_err("used");
    assert_eq!((error.kind, error.message.as_str()), (ErrorType::BadRequest, "Matching code [hidden] was used"));
}

#[tokio::test]
async fn a_dead_token_is_not_renewed_and_the_account_is_described() {
    let fake = Fake::start().await;
    let dead = json!({"error": {"message": "Session has expired", "code": 190, "error_subcode": 463}});
    fake.on("GET", "/refresh_access_token", Reply::json(400, &dead)).on(
        "GET",
        "/v1.0/me",
        ok(json!({"id": "17", "username": "harbourcafe", "name": "Harbour Café"})),
    );
    let threads = Threads::new(http());
    assert_eq!(threads.refresh(&fake.access("17")).await.expect_err("dead").kind, ErrorType::TokenExpired);
    let profile = threads.check(&fake.access("17")).await.expect("a profile");
    assert_eq!((profile.id.as_str(), profile.followers_count), ("17", None));
    assert_eq!(profile.profile_url.as_deref(), Some("https://www.threads.net/@harbourcafe"));
    let asked = &fake.asked_for("/v1.0/me")[0];
    assert_eq!(asked.headers["authorization"], "Bearer EAAsecret-token");
    assert!(!asked.query.contains_key("appsecret_proof"), "this host has no such parameter");
}
