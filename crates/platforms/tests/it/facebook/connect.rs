//! Consent, tokens and pages.

use std::time::Duration;

use rookery_platforms::{AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, Facebook};
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::Url;

use crate::fake::{Fake, Reply, app, http};

fn authorize(base: Url) -> AuthorizeRequest {
    AuthorizeRequest {
        base_url: base,
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "st&te".into(),
        code_verifier: None,
        scopes: Vec::new(),
    }
}

#[test]
fn people_consent_on_the_site_and_in_the_sandbox_on_its_only_host() {
    let facebook = Facebook::new(http()).version("v26.0");
    let real = facebook.authorize_url(&authorize(facebook.default_base_url().expect("one host"))).expect("an address");
    assert!(real.as_str().starts_with("https://www.facebook.com/v26.0/dialog/oauth?client_id=4711&"), "{real}");
    assert!(real.as_str().contains("state=st%26te&scope=pages_show_list%2C"), "{real}");
    let sandbox = "http://127.0.0.1:4000/facebook/".parse().expect("an address");
    let simulated = facebook.authorize_url(&authorize(sandbox)).expect("an address");
    assert!(simulated.as_str().starts_with("http://127.0.0.1:4000/facebook/v26.0/dialog/oauth?"), "{simulated}");
}

#[tokio::test]
async fn a_code_becomes_a_long_lived_token() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/oauth/access_token", Reply::json(200, &json!({"access_token": "short", "expires_in": 3600})))
        .on("GET", "/v25.0/oauth/access_token", Reply::json(200, &json!({"access_token": "long", "expires_in": 5_184_000})))
        .on(
            "GET",
            "/v25.0/me/permissions",
            Reply::json(
                200,
                &json!({"data": [{"permission": "pages_manage_posts", "status": "granted"}, {"permission": "read_insights", "status": "declined"}]}),
            ),
        );
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: None,
    };
    let tokens = Facebook::new(http()).exchange_code(&request).await.expect("tokens");
    assert_eq!(tokens.access.expose_secret(), "long");
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(5_184_000)));
    assert_eq!(tokens.scopes, ["pages_manage_posts"]);
    let asked = fake.asked_for("/v25.0/oauth/access_token");
    assert_eq!((asked[0].query["code"].as_str(), asked[0].query["client_secret"].as_str()), ("c0de", "app-secret"));
    assert_eq!(
        (asked[1].query["grant_type"].as_str(), asked[1].query["fb_exchange_token"].as_str()),
        ("fb_exchange_token", "short")
    );
}

#[tokio::test]
async fn a_used_code_is_refused_without_showing_it() {
    let fake = Fake::start().await;
    let body = json!({"error": {"message": "This authorization code c0de-1234 has been used.", "code": 100, "error_subcode": 36009}});
    fake.on("GET", "/v25.0/oauth/access_token", Reply::json(400, &body));
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: String::new(),
        code: "c0de-1234".into(),
        code_verifier: None,
    };
    let error = Facebook::new(http()).exchange_code(&request).await.expect_err("used");
    assert_eq!(error.kind, ErrorType::BadRequest);
    assert_eq!(error.message, "This authorization code [hidden] has been used.");
}

#[tokio::test]
async fn all_pages_of_a_person_and_of_their_businesses_are_found_once() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/me/accounts", Reply::fixture("facebook/accounts_1"))
        .on("GET", "/v25.0/me/accounts", Reply::fixture("facebook/accounts_2"))
        .on("GET", "/v25.0/me/businesses", Reply::json(200, &json!({"data": [{"id": "b1"}]})))
        .on("GET", "/v25.0/b1/owned_pages", Reply::fixture("facebook/accounts_2"))
        .on(
            "GET",
            "/v25.0/b1/client_pages",
            Reply::json(200, &json!({"data": [{"id": "103", "access_token": "EAApage103"}, {"id": "104"}]})),
        );
    let profiles = Facebook::new(http()).profiles(&fake.url(), &"EAAuser".into(), Some(&app())).await.expect("pages");
    let ids: Vec<&str> = profiles.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["101", "102", "103"]);
    let first = &profiles[0];
    assert_eq!(first.token.as_ref().map(|t| t.expose_secret().to_owned()).as_deref(), Some("EAApage101"));
    assert_eq!((first.username.as_str(), first.followers_count), ("harbourcafe", Some(4821)));
    assert_eq!(profiles[1].username, "102");
    assert_eq!(fake.asked_for("/v25.0/me/accounts")[1].query["after"], "Qg");
}

#[tokio::test]
async fn a_pages_own_token_opens_that_page() {
    let fake = Fake::start().await;
    let no_accounts = json!({"error": {"message": "(#100) Tried accessing nonexisting field (accounts)", "code": 100}});
    fake.on("GET", "/v25.0/me/accounts", Reply::json(400, &no_accounts)).on(
        "GET",
        "/v25.0/me",
        Reply::fixture("facebook/page"),
    );
    let profiles = Facebook::new(http()).profiles(&fake.url(), &"EAApage".into(), None).await.expect("the page");
    assert_eq!(profiles.len(), 1);
    assert_eq!((profiles[0].id.as_str(), profiles[0].token.is_none()), ("101", true));
    let asked = &fake.asked_for("/v25.0/me")[0].query["fields"];
    assert!(!asked.contains("tasks") && !asked.contains("access_token"), "a page does not know these: {asked}");
}

#[tokio::test]
async fn an_expired_token_opens_nothing() {
    let fake = Fake::start().await;
    fake.on(
        "GET",
        "/v25.0/me/accounts",
        Reply::json(400, &json!({"error": {"message": "expired", "code": 190, "error_subcode": 463}})),
    );
    let error = Facebook::new(http()).profiles(&fake.url(), &"EAAuser".into(), None).await.expect_err("expired");
    assert_eq!(error.kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn a_pages_token_is_renewed_with_the_persons() {
    let fake = Fake::start().await;
    fake.on("GET", "/v25.0/me/accounts", Reply::fixture("facebook/accounts_2"));
    let facebook = Facebook::new(http());
    let tokens = facebook.refresh(&fake.access("102")).await.expect("renewed");
    assert_eq!(tokens.access.expose_secret(), "EAApage102");
    assert_eq!(fake.asked()[0].headers["authorization"], "Bearer EAAuser-token");
    let error = facebook.refresh(&fake.access("101")).await.expect_err("no longer managed");
    assert_eq!(error.kind, ErrorType::Permission);
    let without = rookery_platforms::Access { refresh_token: None, ..fake.access("102") };
    assert_eq!(facebook.refresh(&without).await.expect_err("nothing to renew with").kind, ErrorType::BadRequest);
}
