//! A repeated request has one effect.

use std::time::Duration;

use rookery_identity::KeyScope;
use rookery_kernel::Platform;
use serde_json::{Value, json};

use crate::client::Client;
use crate::house::House;

async fn desk() -> (House, Client, Value) {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let body = json!({"content": "Once", "accountIds": [account.id], "schedule": {"kind": "draft"}});
    (house, owner, body)
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer() {
    let (house, owner, body) = desk().await;
    let first = owner.post_once("/posts", "k-1", &body).await.expect(201);
    assert!(first.header("idempotency-replayed").is_none());
    let again = owner.post_once("/posts", "k-1", &body).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json, first.json);
    assert_eq!(house.count("publishing.posts").await, 1);

    let other = json!({"content": "Other", "accountIds": [], "schedule": {"kind": "draft"}});
    owner.post_once("/posts", "k-1", &other).await.refused(422, "idempotency_key_reused");
    let program = house.key(&[KeyScope::PostsWrite]).await;
    program.post_once("/posts", "k-1", &body).await.refused(422, "idempotency_key_reused");
    owner.post_once("/posts", "k-2", &body).await.expect(201);
    assert_eq!(house.count("publishing.posts").await, 2);

    house.clock.advance(Duration::from_secs(23 * 3600));
    let owner = house.owner().await;
    assert!(owner.post_once("/posts", "k-1", &body).await.expect(201).header("idempotency-replayed").is_some());
    house.clock.advance(Duration::from_secs(2 * 3600));
    let owner = house.owner().await;
    assert!(owner.post_once("/posts", "k-1", &body).await.expect(201).header("idempotency-replayed").is_none());
}

#[tokio::test]
async fn ten_at_once_make_one_post() {
    let (house, owner, body) = desk().await;
    let calls = (0..10).map(|_| {
        let (owner, body) = (owner.clone(), body.clone());
        tokio::spawn(async move { owner.post_once("/posts", "crowd", &body).await })
    });
    let mut made = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.expect("no panic");
        match answer.status {
            201 => made += usize::from(answer.header("idempotency-replayed").is_none()),
            409 => {
                answer.refused(409, "request_in_progress");
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert_eq!((made, house.count("publishing.posts").await), (1, 1));
}

#[tokio::test]
async fn a_refusal_gives_the_key_back() {
    let (house, owner, body) = desk().await;
    let wrong = json!({"content": "", "accountIds": [], "schedule": {"kind": "now"}});
    owner.post_once("/posts", "k", &wrong).await.refused(422, "invalid");
    owner.post_once("/posts", "k", &body).await.expect(201);
    assert_eq!(house.count("publishing.posts").await, 1);
}

#[tokio::test]
async fn a_secret_is_not_kept_for_repetitions() {
    let (house, owner, _) = desk().await;
    let new = json!({"name": "k", "scopes": ["posts:read"]});
    let first = owner.post_once("/api-keys", "k", &new).await.expect(201);
    let secret = first.at("/secret");
    let again = owner.post_once("/api-keys", "k", &new).await.expect(201);
    assert_eq!(again.json["id"], first.json["id"]);
    assert!(again.json["secret"].is_null());
    let kept: Vec<Value> = sqlx::query_scalar("select response_body from governance.idempotent_requests")
        .fetch_all(&mut house.test.owner().await)
        .await
        .expect("rows");
    assert!(kept.iter().all(|body| !body.to_string().contains(&secret)));
    owner.post_once("/api-keys", &"x".repeat(256), &new).await.refused(400, "bad_request");
}
