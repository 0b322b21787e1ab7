//! Signing in and out, keys, and what ends them.

use std::time::Duration;

use rookery_identity::KeyScope;
use serde_json::json;

use crate::house::{House, OWNER, PASSWORD};

#[tokio::test]
async fn a_person_signs_in_looks_around_and_signs_out() {
    let house = House::new().await;
    let answer = house.nobody().post("/session", &json!({"email": OWNER, "password": PASSWORD})).await.expect(200);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in ["rookery_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(
        !answer.text.contains(cookie.split(['=', ';']).nth(1).expect("a token")),
        "the token is in the cookie only"
    );

    let owner = house.owner().await;
    let me = owner.get("/me").await.expect(200);
    assert_eq!(me.at("/user/email"), OWNER);
    assert_eq!(me.at("/organization/name"), "Fieldwork Studio");
    assert_eq!(me.at("/organization/timeZone"), "Europe/Berlin");
    assert_eq!(me.at("/organization/role"), "owner");
    let rights = me.json["rights"].as_array().expect("rights");
    assert!(rights.contains(&json!("publish")) && rights.contains(&json!("manage_members")), "{rights:?}");
    let names = owner.get("/organizations").await.expect(200);
    assert_eq!(names.json.as_array().expect("a list").len(), 2, "the studio and the personal one: {}", names.text);

    owner.delete("/session").await.expect(204);
    owner.get("/me").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_alike() {
    let house = House::new().await;
    let nobody = house.nobody();
    let wrong = nobody.post("/session", &json!({"email": OWNER, "password": "no"})).await;
    let wrong = wrong.refused(401, "wrong_credentials");
    assert!(wrong.header("set-cookie").is_none());
    let unknown = nobody.post("/session", &json!({"email": "who@fieldwork.example", "password": "no"})).await;
    assert_eq!(unknown.refused(401, "wrong_credentials").json["detail"], wrong.json["detail"]);
    for _ in 0..9 {
        nobody.post("/session", &json!({"email": OWNER, "password": "no"})).await;
    }
    let locked = nobody.post("/session", &json!({"email": OWNER, "password": PASSWORD})).await;
    assert!(locked.refused(429, "too_many_requests").header("retry-after").is_some());
}

#[tokio::test]
async fn a_session_expires() {
    let house = House::new().await;
    let owner = house.owner().await;
    owner.get("/me").await.expect(200);
    house.clock.advance(Duration::from_secs(25 * 3600));
    owner.get("/me").await.refused(401, "session_expired");
}

#[tokio::test]
async fn another_sites_page_cannot_use_the_cookie() {
    let house = House::new().await;
    let owner = house.owner().await;
    let body = json!({"name": "k", "scopes": ["posts:read"]}).to_string();
    let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    owner.call(axum::http::Method::POST, "/api-keys", &headers, Some(&body)).await.refused(403, "forbidden");
    assert_eq!(house.count("identity.api_keys").await, 0);
}

#[tokio::test]
async fn a_key_is_made_used_and_revoked() {
    let house = House::new().await;
    let owner = house.owner().await;
    let new = json!({"name": "Nightly export", "scopes": ["posts:read"], "expiresAt": "2026-04-01T00:00:00Z"});
    let made = owner.post("/api-keys", &new).await.expect(201);
    let secret = made.at("/secret");
    assert!(secret.starts_with(&made.at("/prefix")) && secret.starts_with("rk_"));
    let listed = owner.get("/api-keys").await.expect(200);
    assert_eq!(listed.at("/0/name"), "Nightly export");
    assert!(!listed.text.contains(&secret));

    let program = house.nobody().with("authorization", format!("Bearer {secret}"));
    let me = program.get("/me").await.expect(200);
    assert_eq!(me.json["scopes"], json!(["posts:read"]));
    assert!(me.json["user"].is_null() && me.json["organization"]["role"].is_null());
    program.delete("/session").await.refused(403, "forbidden");

    owner.delete(&format!("/api-keys/{}", made.at("/id"))).await.expect(204);
    program.get("/me").await.refused(401, "key_revoked");
    house.nobody().with("authorization", "Bearer rk_nonsense").get("/me").await.refused(401, "key_unknown");
}

#[tokio::test]
async fn a_key_needs_a_name_a_scope_and_a_future() {
    let house = House::new().await;
    let owner = house.owner().await;
    let new = json!({"name": " ", "scopes": [], "expiresAt": "2026-01-01T00:00:00Z"});
    let refused = owner.post("/api-keys", &new).await.refused(422, "invalid");
    let fields: Vec<_> =
        refused.json["errors"].as_array().expect("errors").iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["name", "scopes", "expiresAt"]);
    owner.post("/api-keys", &json!({"name": "k", "scopes": ["admin"]})).await.refused(400, "bad_request");
}

#[tokio::test]
async fn a_person_of_a_key_has_one_organization() {
    let house = House::new().await;
    let program = house.key(&[KeyScope::Publishing]).await;
    let mine = program.get("/organizations").await.expect(200);
    assert_eq!(mine.json.as_array().expect("a list").len(), 1);
    assert_eq!(mine.at("/0/id"), house.scope.organization_id.to_string());
}
