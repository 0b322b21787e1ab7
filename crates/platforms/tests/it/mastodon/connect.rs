//! Registration, consent, tokens and the account.

use rookery_platforms::{
    AuthorizeRequest, Connector as _, ErrorType, ExchangeRequest, InstanceLimits, Mastodon, RegisterRequest,
};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fake::{Fake, Reply, app, http};

#[tokio::test]
async fn an_app_is_registered_with_the_server() {
    let fake = Fake::start().await;
    fake.on("POST", "/api/v1/apps", Reply::json(200, &json!({"client_id": "cid", "client_secret": "cs"})));
    let request = RegisterRequest {
        base_url: fake.url(),
        client_name: "Rookery".into(),
        redirect_uri: "https://rookery.example/back".into(),
        website: Some("https://rookery.example".into()),
        scopes: Vec::new(),
    };
    let app = Mastodon::new(http()).register_app(&request).await.expect("registered").expect("credentials");
    assert_eq!((app.client_id.as_str(), app.client_secret.expose_secret()), ("cid", "cs"));
    let form = &fake.asked()[0].form;
    assert_eq!(form["redirect_uris"], "https://rookery.example/back");
    assert_eq!(form["scopes"], "read:accounts read:statuses write:statuses write:media");
}

#[test]
fn consent_carries_the_proof_key_and_not_the_verifier() {
    let request = AuthorizeRequest {
        base_url: "https://social.example".parse().expect("an address"),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "s".into(),
        code_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into()),
        scopes: vec!["read".into(), "write".into()],
    };
    let url = Mastodon::new(http()).authorize_url(&request).expect("an address");
    assert_eq!(
        url.as_str(),
        "https://social.example/oauth/authorize?response_type=code&client_id=4711\
         &redirect_uri=https%3A%2F%2Frookery.example%2Fback&scope=read+write&state=s\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
}

#[tokio::test]
async fn a_code_becomes_a_token_without_end() {
    let fake = Fake::start().await;
    let body =
        json!({"access_token": "tok", "token_type": "Bearer", "scope": "read write", "created_at": 1_772_442_000});
    fake.on("POST", "/oauth/token", Reply::json(200, &body));
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: Some("verifier".into()),
    };
    let tokens = Mastodon::new(http()).exchange_code(&request).await.expect("a token");
    assert_eq!((tokens.access.expose_secret(), tokens.expires_in), ("tok", None));
    assert_eq!(tokens.scopes, ["read", "write"]);
    let form = &fake.asked()[0].form;
    let sent = ["grant_type", "code", "code_verifier", "client_secret"].map(|name| form[name].as_str());
    assert_eq!(sent, ["authorization_code", "c0de", "verifier", "app-secret"]);
}

#[tokio::test]
async fn the_account_behind_a_token_is_its_only_profile() {
    let fake = Fake::start().await;
    fake.on("GET", "/api/v1/accounts/verify_credentials", Reply::fixture("mastodon/account"));
    let mastodon = Mastodon::new(http());
    let profiles = mastodon.profiles(&fake.url(), &"tok".into(), None).await.expect("profiles");
    assert_eq!(profiles.len(), 1);
    let profile = &profiles[0];
    assert_eq!((profile.id.as_str(), profile.username.as_str()), ("110", "harbour"));
    assert_eq!((profile.followers_count, profile.token.is_none()), (Some(321), true));
    assert_eq!(mastodon.check(&fake.access("110")).await.expect("works").id, "110");
}

#[tokio::test]
async fn a_token_is_given_back() {
    let fake = Fake::start().await;
    fake.on("POST", "/oauth/revoke", Reply::json(200, &json!({})));
    Mastodon::new(http()).revoke(&fake.access("110")).await.expect("revoked");
    assert_eq!(fake.asked()[0].form["token"], "EAAsecret-token");
    let error = Mastodon::new(http()).refresh(&fake.access("110")).await.expect_err("no renewal");
    assert_eq!(error.kind, ErrorType::BadRequest);
}

#[tokio::test]
async fn limits_are_read_from_new_old_and_silent_servers() {
    let new = Fake::start().await;
    new.on("GET", "/api/v2/instance", Reply::fixture("mastodon/instance_v2"));
    let old = Fake::start().await;
    old.on("GET", "/api/v2/instance", Reply::json(404, &json!({"error": "Record not found"}))).on(
        "GET",
        "/api/v1/instance",
        Reply::fixture("mastodon/instance_v1"),
    );
    let silent = Fake::start().await;
    silent.on("GET", "/api/v2/instance", Reply::json(200, &json!({})));
    let expected = [(&new, 1000, 6), (&old, 5000, 4), (&silent, 500, 4)];
    for (fake, characters_max, media_max) in expected {
        let limits = Mastodon::new(http()).instance_limits(&fake.url()).await.expect("limits");
        assert_eq!(limits, Some(InstanceLimits { characters_max, url_weight: 23, media_max }));
    }
}
