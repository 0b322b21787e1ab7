//! Sessions: opened with an app password, renewed, ended.

use std::time::Duration;

use rookery_platforms::{Access, Bluesky, Connector as _, ErrorType, SignIn};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::DID;
use crate::fake::{Fake, Reply, fixture, http};

const CREATE: &str = "/xrpc/com.atproto.server.createSession";
const REFRESH: &str = "/xrpc/com.atproto.server.refreshSession";
const PROFILE: &str = "/xrpc/app.bsky.actor.getProfile";

#[tokio::test]
async fn an_app_password_opens_a_session_and_is_not_shown_in_errors() {
    let fake = Fake::start().await;
    fake.on("POST", CREATE, Reply::fixture("bluesky/session")).on("GET", PROFILE, Reply::fixture("bluesky/profile"));
    let bluesky = Bluesky::new(http());
    assert_eq!(bluesky.capabilities().sign_in, SignIn::AppPassword);
    let (tokens, profile) =
        bluesky.sign_in(&fake.url(), " @harbour.example.com", &"abcd-efgh-ijkl-mnop".into()).await.expect("signed in");
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(7200)), "the token itself tells its end");
    assert!(tokens.refresh.expect("a refresh token").expose_secret().starts_with("eyJ0eXAiOiJyZWZyZXNo"));
    assert_eq!((profile.id.as_str(), profile.username.as_str()), (DID, "harbour.example.com"));
    assert_eq!((profile.display_name.as_deref(), profile.followers_count), (Some("Harbour Bakery"), Some(321)));
    assert_eq!(profile.metadata["pds"], "https://morel.us-east.host.bsky.network");
    let sent = &fake.asked_for(CREATE)[0].json;
    assert_eq!(*sent, json!({"identifier": "harbour.example.com", "password": "abcd-efgh-ijkl-mnop"}));

    let strict = Fake::start().await;
    let body = json!({"error": "AuthenticationRequired", "message": "Invalid password abcd-efgh-ijkl-mnop"});
    strict.on("POST", CREATE, Reply::json(401, &body));
    let error = bluesky.sign_in(&strict.url(), "a.example", &"abcd-efgh-ijkl-mnop".into()).await.expect_err("refused");
    assert_eq!((error.kind, error.message.as_str()), (ErrorType::TokenExpired, "Invalid password [hidden]"));
}

#[tokio::test]
async fn the_session_is_proof_enough_where_no_profile_is_shown() {
    let fake = Fake::start().await;
    fake.on("POST", CREATE, Reply::fixture("bluesky/session"));
    fake.on("GET", PROFILE, Reply::json(400, &json!({"error": "InvalidRequest", "message": "No service configured"})));
    let (_, profile) =
        Bluesky::new(http()).sign_in(&fake.url(), "harbour.example.com", &"pw".into()).await.expect("signed in");
    assert_eq!((profile.display_name, profile.followers_count), (None, None));
}

#[tokio::test]
async fn accounts_that_may_not_act_are_told_apart() {
    let table = [
        (json!("takendown"), ErrorType::PolicyBlock),
        (json!("suspended"), ErrorType::PolicyBlock),
        (json!("deactivated"), ErrorType::TokenExpired),
        (Value::Null, ErrorType::TokenExpired),
    ];
    for (status, kind) in table {
        let fake = Fake::start().await;
        let mut session = fixture("bluesky/session");
        session["active"] = json!(false);
        session["status"] = status.clone();
        fake.on("POST", CREATE, Reply::json(200, &session));
        let error = Bluesky::new(http()).sign_in(&fake.url(), "a.b", &"pw".into()).await.expect_err("refused");
        assert_eq!(error.kind, kind, "{status}");
    }
}

#[tokio::test]
async fn a_renewal_brings_both_tokens_anew_and_shows_the_refresh_token_only() {
    let fake = Fake::start().await;
    fake.on("POST", REFRESH, Reply::fixture("bluesky/session"));
    let bluesky = Bluesky::new(http());
    let tokens = bluesky.refresh(&fake.access(DID)).await.expect("renewed");
    assert!(tokens.refresh.is_some() && tokens.expires_in.is_some());
    assert_eq!(fake.asked()[0].headers["authorization"], "Bearer EAAuser-token");
    let without = Access { refresh_token: None, ..fake.access(DID) };
    assert_eq!(bluesky.refresh(&without).await.expect_err("nothing to renew with").kind, ErrorType::TokenExpired);
    let ended = Fake::start().await;
    ended.on("POST", REFRESH, Reply::json(400, &json!({"error": "ExpiredToken", "message": "Token has been revoked"})));
    assert_eq!(bluesky.refresh(&ended.access(DID)).await.expect_err("ended").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn a_session_is_ended_with_an_empty_answer() {
    let fake = Fake::start().await;
    let path = "/xrpc/com.atproto.server.deleteSession";
    fake.on("POST", path, Reply::json(200, &Value::Null).body(""));
    Bluesky::new(http()).revoke(&fake.access(DID)).await.expect("ended");
    assert_eq!(fake.asked_for(path)[0].headers["authorization"], "Bearer EAAuser-token");
}
