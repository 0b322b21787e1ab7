//! What people and programs get wrong: each has a clear answer, and nothing is stored.

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_text_over_the_limit_names_the_account_the_limit_and_the_length() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let body = json!({"content": "ä".repeat(501), "accountIds": [account.id], "schedule": {"kind": "now"}});
    let refused = owner.post("/posts", &body).await.refused(422, "invalid");
    assert_eq!(refused.at("/errors/0/field"), "content");
    assert_eq!(refused.at("/findings/0/code"), "text_too_long");
    assert_eq!(
        (&refused.json["findings"][0]["limit"], &refused.json["findings"][0]["actual"]),
        (&json!(500), &json!(501))
    );
    assert_eq!(refused.at("/findings/0/integrationId"), account.id.to_string());

    let past = json!({"content": "Hello", "accountIds": [account.id],
                      "schedule": {"kind": "at", "at": "2026-03-02T08:00:00Z"}});
    assert_eq!(owner.post("/posts", &past).await.refused(422, "invalid").at("/findings/0/code"), "time_in_past");
    assert_eq!(house.count("publishing.posts").await, 0);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_says_why() {
    let house = House::new().await;
    let owner = house.owner().await;
    let send = async |body: &str| owner.call(Method::POST, "/posts", &[], Some(body)).await;
    send("{").await.refused(400, "bad_request");
    send("[]").await.refused(400, "bad_request");
    let missing = send(r#"{"content": "x"}"#).await.refused(400, "bad_request");
    assert!(missing.at("/detail").contains("accountIds"), "{}", missing.text);
    let extra = r#"{"content": "x", "accountIds": [], "schedule": {"kind": "draft"}, "when": 1}"#;
    assert!(send(extra).await.refused(400, "bad_request").at("/detail").contains("when"));
    let id = r#"{"content": "x", "accountIds": ["1"], "schedule": {"kind": "draft"}}"#;
    assert!(send(id).await.refused(400, "bad_request").at("/detail").contains("accountIds"));
    let time = r#"{"content": "x", "accountIds": [], "schedule": {"kind": "at", "at": "tomorrow"}}"#;
    assert!(send(time).await.refused(400, "bad_request").at("/detail").contains("RFC 3339"));
    let local = r#"{"content": "x", "accountIds": [], "schedule": {"kind": "at", "localTime": "25:00"}}"#;
    assert_eq!(send(local).await.refused(422, "invalid").at("/errors/0/field"), "localTime");
    let accounts = vec!["018f4e5a-0000-7000-8000-000000000000"; 101];
    let many = json!({"content": "x", "accountIds": accounts, "schedule": {"kind": "draft"}}).to_string();
    assert_eq!(send(&many).await.refused(422, "invalid").at("/errors/0/field"), "accountIds");
    let plain = owner.call(Method::POST, "/posts", &[("content-type", "text/plain")], None).await;
    plain.refused(400, "bad_request");
    assert_eq!(house.count("publishing.posts").await, 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let house = House::new().await;
    let owner = house.owner().await;
    for path in ["/posts", "/accounts", "/publications"] {
        owner.get(&format!("{path}/018f4e5a-0000-7000-8000-000000000000")).await.refused(404, "not_found");
        owner.get(&format!("{path}/1")).await.refused(404, "not_found");
    }
    assert_eq!(owner.get("/nothing").await.status, 404);
    let wrong = owner.call(Method::PUT, "/posts", &[], None).await.refused(405, "method_not_allowed");
    assert!(wrong.header("allow").is_some_and(|allow| allow.contains("POST")), "{:?}", wrong.headers);
    owner.get("/calendar?from=2026-03-02").await.refused(400, "bad_request");
    owner.get("/calendar?from=2026-03-02&to=2026-03-01").await.refused(422, "invalid");
    owner.get("/calendar?from=2026-01-01&to=2026-12-31").await.refused(422, "invalid");
}

#[tokio::test]
async fn answers_carry_an_id_of_the_servers_own_and_are_not_cached() {
    let house = House::new().await;
    let owner = house.owner().await;
    let forged = "018f4e5a-0000-7000-8000-000000000000";
    let answer = owner.call(Method::GET, "/me", &[("x-request-id", forged)], None).await.expect(200);
    let id = answer.header("x-request-id").expect("an id");
    assert_ne!(id, forged);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// A rule that only the database knows: the caller hears which, and is not told of an error of ours.
#[tokio::test]
async fn what_the_database_refuses_is_a_refusal() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    sqlx::raw_sql(
        "alter table publishing.posts add constraint posts_no_rain_check check (content <> 'Rain');
         create unique index posts_one_sun_key on publishing.posts (organization_id, content) where content = 'Sun'",
    )
    .execute(&mut house.test.owner().await)
    .await
    .expect("two rules more");
    let draft = |text: &str| json!({"content": text, "accountIds": [account.id], "schedule": {"kind": "draft"}});
    let refused = owner.post("/posts", &draft("Rain")).await.refused(422, "invalid");
    assert!(refused.at("/detail").contains("posts_no_rain_check"), "{}", refused.text);
    owner.post("/posts", &draft("Sun")).await.expect(201);
    let refused = owner.post("/posts", &draft("Sun")).await.refused(409, "conflict");
    assert!(refused.at("/detail").contains("posts_one_sun_key"), "{}", refused.text);
    assert_eq!(house.count("publishing.posts").await, 1);
}
