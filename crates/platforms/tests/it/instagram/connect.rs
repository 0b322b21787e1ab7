//! Two logins, their tokens, the accounts.

use rookery_platforms::{Access, AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, Instagram};
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use crate::fake::{Fake, app, http};
use crate::meta::ok;

fn authorize(base: &str) -> String {
    let request = AuthorizeRequest {
        base_url: base.parse().expect("an address"),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "st&te".into(),
        code_verifier: None,
        scopes: Vec::new(),
    };
    Instagram::new(http()).authorize_url(&request).expect("an address").to_string()
}

/// The fake as the host of Facebook login.
fn facebook(fake: &Fake) -> Url {
    format!("{}/ig-facebook", fake.url()).parse().expect("an address")
}

fn exchange(base_url: Url) -> ExchangeRequest {
    ExchangeRequest {
        base_url,
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: None,
    }
}

#[test]
fn each_login_has_its_site_and_rights() {
    let by_instagram = authorize("https://graph.instagram.com");
    assert!(by_instagram.starts_with("https://www.instagram.com/oauth/authorize?client_id=4711&"), "{by_instagram}");
    assert!(by_instagram.contains("scope=instagram_business_basic%2C"), "{by_instagram}");
    let by_facebook = authorize("https://graph.facebook.com");
    assert!(by_facebook.starts_with("https://www.facebook.com/v25.0/dialog/oauth?"), "{by_facebook}");
    assert!(by_facebook.contains("scope=instagram_basic%2C"), "{by_facebook}");
    let simulated = authorize("http://127.0.0.1:4000/instagram");
    assert!(simulated.starts_with("http://127.0.0.1:4000/instagram-www/oauth/authorize?"), "{simulated}");
}

#[tokio::test]
async fn a_code_becomes_a_token_that_renews_itself() {
    let fake = Fake::start().await;
    let base: Url = format!("{}/ig", fake.url()).parse().expect("an address");
    let short = json!({"data": [{"access_token": "short", "user_id": "17", "permissions": "instagram_business_basic,instagram_business_manage_insights"}]});
    fake.on("POST", "/ig-api/oauth/access_token", ok(short))
        .on("GET", "/ig/access_token", ok(json!({"access_token": "long", "expires_in": 5_183_944})))
        .on("GET", "/ig/refresh_access_token", ok(json!({"access_token": "longer", "expires_in": 5_184_000})));
    let instagram = Instagram::new(http());
    let tokens = instagram.exchange_code(&exchange(base.clone())).await.expect("tokens");
    let refresh = tokens.refresh.as_ref().map(ExposeSecret::expose_secret);
    assert_eq!((tokens.access.expose_secret(), refresh), ("long", Some("long")), "it is renewed with itself");
    assert_eq!(tokens.scopes, ["instagram_business_basic", "instagram_business_manage_insights"]);
    assert_eq!(fake.asked()[1].query["grant_type"], "ig_exchange_token");
    let access = Access { base_url: base, ..fake.access("17") };
    assert_eq!(instagram.refresh(&access).await.expect("renewed").access.expose_secret(), "longer");
    assert_eq!(fake.asked()[2].query["grant_type"], "ig_refresh_token");
}

#[tokio::test]
async fn with_facebook_login_accounts_stand_behind_pages_and_act_with_their_tokens() {
    let fake = Fake::start().await;
    let accounts = json!({"data": [
        {"id": "101", "access_token": "EAApage", "instagram_business_account": {"id": "17", "username": "harbourcafe", "followers_count": 4821}},
        {"id": "102", "access_token": "EAAother"},
    ]});
    fake.on("GET", "/ig-facebook/v25.0/oauth/access_token", ok(json!({"access_token": "short"})))
        .on(
            "GET",
            "/ig-facebook/v25.0/oauth/access_token",
            ok(json!({"access_token": "long", "expires_in": 5_184_000})),
        )
        .on("GET", "/ig-facebook/v25.0/me/accounts", ok(accounts));
    let instagram = Instagram::new(http());
    let tokens = instagram.exchange_code(&exchange(facebook(&fake))).await.expect("tokens");
    assert_eq!(tokens.access.expose_secret(), "long");
    let profiles = instagram.profiles(&facebook(&fake), &tokens.access, Some(&app())).await.expect("accounts");
    assert_eq!(profiles.len(), 1, "a page without an account opens none");
    let one = &profiles[0];
    assert_eq!((one.id.as_str(), one.username.as_str(), one.followers_count), ("17", "harbourcafe", Some(4821)));
    assert_eq!(one.token.as_ref().map(|t| t.expose_secret().to_owned()).as_deref(), Some("EAApage"));
    let access = Access { base_url: facebook(&fake), ..fake.access("17") };
    assert_eq!(instagram.refresh(&access).await.expect("renewed").access.expose_secret(), "EAApage");
    let asked = fake.asked_for("/ig-facebook/v25.0/me/accounts");
    assert_eq!(asked[1].headers["authorization"], "Bearer EAAuser-token");
    assert!(asked[1].query.contains_key("appsecret_proof"), "this host takes the proof");
    let lost = Access { platform_user_id: "18".into(), ..access };
    assert_eq!(instagram.refresh(&lost).await.expect_err("not managed").kind, ErrorType::Permission);
}

#[tokio::test]
async fn the_id_that_everything_needs_is_not_that_of_the_app() {
    let fake = Fake::start().await;
    let body = json!({"id": "5", "user_id": "17", "username": "harbourcafe", "followers_count": 4821});
    fake.on("GET", "/v25.0/me", ok(body));
    let profile = Instagram::new(http()).check(&fake.access("17")).await.expect("a profile");
    assert_eq!((profile.id.as_str(), profile.metadata["username"].as_str()), ("17", Some("harbourcafe")));
    assert!(!fake.asked()[0].query.contains_key("appsecret_proof"));
}
