//! Connecting, checking and disconnecting accounts by the API.

use rookery_kernel::Platform;
use rookery_sandbox::{AccountOptions, BLUESKY_APP_PASSWORD, TokenEnd};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn an_account_is_connected_checked_and_disconnected() {
    let house = House::new().await;
    let owner = house.owner().await;
    let there = house.control.create_account(Platform::Mastodon, "tide", "Tide", 900, AccountOptions::default());
    let there = there.expect("simulated");
    let base_url = house.control.base_url(Platform::Mastodon);
    // Upper case is what older clients send.
    let body = json!({"platform": "MASTODON", "baseUrl": base_url, "accessToken": there.access_token});
    let made = owner.post("/accounts", &body).await.expect(201);
    assert_eq!(made.json["id"], made.json["integrationId"]);
    assert_eq!((made.at("/platform"), made.at("/status")), ("mastodon".into(), "active".into()));
    assert_eq!(made.at("/connector"), "sandbox");
    assert!(!made.text.contains(&there.access_token), "a token is never shown");
    let path = format!("/accounts/{}", made.at("/id"));
    let again = owner.post("/accounts", &body).await.expect(201);
    assert_eq!(again.at("/id"), made.at("/id"), "the same account is repaired, not doubled");

    owner.act(&format!("{path}/check")).await.expect(200);
    house.control.end_tokens(&there.platform_user_id, TokenEnd::Revoked).expect("known");
    owner.act(&format!("{path}/check")).await.refused(502, "network_refused");
    let broken = owner.get(&path).await.expect(200);
    assert_eq!(broken.at("/lastErrorCode"), "token_expired");

    assert_eq!(owner.delete(&path).await.expect(200).at("/status"), "revoked");
    assert_eq!(owner.get("/accounts").await.expect(200).json, json!([]));
}

#[tokio::test]
async fn an_app_password_connects_an_account_and_is_not_told_again() {
    let house = House::new().await;
    let owner = house.owner().await;
    let there = house.control.create_account(Platform::Bluesky, "tide", "Tide", 900, AccountOptions::default());
    let there = there.expect("simulated");
    let server = house.control.base_url(Platform::Bluesky);
    let sign_in = async |identifier: &str, password: &str| {
        let body = json!({"platform": "bluesky", "baseUrl": server, "identifier": identifier, "password": password});
        owner.post("/accounts/sign-in", &body).await
    };
    let refused = sign_in("tide.sandbox.test", "guess").await.refused(422, "invalid");
    assert_eq!(
        (refused.at("/errors/0/field"), refused.at("/errors/0/code")),
        ("password".into(), "sign_in_refused".into())
    );
    assert_eq!(house.count("accounts.social_accounts").await, 0);

    let made = sign_in(" tide.sandbox.test ", BLUESKY_APP_PASSWORD).await.expect(201);
    assert_eq!((made.at("/platform"), made.at("/status")), ("bluesky".into(), "active".into()));
    assert_eq!(made.at("/platformUserId"), there.platform_user_id);
    assert_eq!((made.at("/username"), made.at("/connector")), ("tide.sandbox.test".into(), "sandbox".into()));
    assert_eq!(made.at("/tokenExpiresAt"), "2026-03-02T11:00:00Z", "a session of two hours");
    assert!(!made.text.contains(BLUESKY_APP_PASSWORD), "a password is never shown");
    assert_eq!(house.count("analytics.tracked_integrations").await, 1, "its numbers are collected");
    let path = format!("/accounts/{}", made.at("/id"));
    assert_eq!(owner.act(&format!("{path}/check")).await.expect(200).at("/status"), "active", "the tokens work");

    owner.delete(&path).await.expect(200);
    let again = sign_in("tide.sandbox.test", BLUESKY_APP_PASSWORD).await.expect(201);
    assert_eq!((again.at("/id"), again.at("/status")), (made.at("/id"), "active".into()), "repaired, not doubled");
    let without = json!({"platform": "mastodon", "identifier": "tide", "password": "x", "baseUrl": server});
    let without = owner.post("/accounts/sign-in", &without).await.refused(422, "invalid");
    assert_eq!(without.at("/errors/0/code"), "no_passwords");
}

#[tokio::test]
async fn what_cannot_be_connected_is_said() {
    let house = House::new().await;
    let owner = house.owner().await;
    let base_url = house.control.base_url(Platform::Mastodon);
    let wrong = json!({"platform": "mastodon", "baseUrl": base_url, "accessToken": "nonsense"});
    owner.post("/accounts", &wrong).await.refused(502, "network_refused");
    let nowhere = owner.post("/accounts", &json!({"platform": "mastodon", "accessToken": "t"})).await;
    assert_eq!(nowhere.refused(422, "invalid").at("/errors/0/field"), "baseUrl");
    let strange = json!({"platform": "mastodon", "accessToken": "t", "baseUrl": "ftp://example.org"});
    assert_eq!(owner.post("/accounts", &strange).await.refused(422, "invalid").at("/errors/0/code"), "address_invalid");
    owner.post("/accounts", &json!({"platform": "myspace", "accessToken": "t"})).await.refused(400, "bad_request");
    assert_eq!(house.count("accounts.social_accounts").await, 0);
}

#[tokio::test]
async fn the_rules_of_all_networks_are_told() {
    let house = House::new().await;
    let rules = house.owner().await.get("/platform-rules").await.expect(200);
    let rules = rules.json.as_array().expect("a list");
    assert_eq!(rules.len(), Platform::ALL.len());
    let of = |name: &str| rules.iter().find(|r| r["platform"] == name).expect("every network");
    assert_eq!(of("mastodon")["textLimit"], 500);
    assert!(rules.iter().all(|r| r["isAvailable"] == true), "there is a connector for every network: {rules:?}");
}
