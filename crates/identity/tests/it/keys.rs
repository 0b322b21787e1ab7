//! API keys.

use std::time::Duration;

use rookery_identity::{ApiKeyError, KeyAuthError, KeyScope, MemberRole, NewApiKey, Right};
use rookery_kernel::{Actor, ApiKeyId, Clock as _};
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::House;

fn key(scopes: &[KeyScope]) -> NewApiKey {
    NewApiKey { name: "deploy script".to_owned(), scopes: scopes.to_vec(), expires_at: None }
}

#[tokio::test]
async fn a_key_opens_its_organization_for_its_scopes() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let scopes = [KeyScope::PostsRead, KeyScope::Publishing];
    let (made, secret) = house.identity.create_api_key(&ann.scope, key(&scopes)).await.unwrap();
    assert!(secret.expose_secret().starts_with("rk_") && secret.expose_secret().len() == 46);
    assert_eq!((made.prefix.as_str(), made.created_by), (&secret.expose_secret()[..11], Some(ann.user.id)));

    let caller = house.identity.authenticate_api_key(&secret).await.unwrap();
    assert_eq!(caller.scope.actor, Actor::ApiKey(made.id));
    assert_eq!((caller.organization.id, caller.role), (ann.organization, MemberRole::Viewer));
    assert!(caller.user.is_none() && caller.session.is_none());
    let allowed: Vec<_> = Right::ALL.into_iter().filter(|right| caller.allows(*right)).collect();
    assert_eq!(allowed, [Right::Read, Right::Publish]);
    assert!(caller.has_scope(KeyScope::PostsRead) && !caller.has_scope(KeyScope::MetricsRead));

    let listed = house.identity.api_keys(&ann.scope).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].last_used_at), (made.id, Some(house.clock.now())));
}

#[tokio::test]
async fn a_key_is_stored_as_a_digest_and_logged_without_it() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (_, secret) = house.identity.create_api_key(&ann.scope, key(&KeyScope::ALL)).await.unwrap();
    let rows: String = house
        .value("select (select string_agg(k::text, '') from identity.api_keys k) || (select string_agg(d::text, '') from identity.api_key_directory d)")
        .await;
    assert!(!rows.contains(secret.expose_secret()));
    assert!(!house.whole_audit().await.contains(secret.expose_secret()));
    let inserts = house.audit("insert", "identity.api_keys").await;
    assert_eq!(inserts[0].1["key_hash"], "changed");
    assert_eq!(inserts[0].1["scopes"], json!([null, ["posts:read", "posts:write", "publishing", "metrics:read"]]));
}

#[tokio::test]
async fn unknown_keys_open_nothing() {
    let house = House::new().await;
    for text in ["", "rk_", "rk_nonsense", "Bearer x", "sk_live"] {
        assert!(matches!(house.identity.authenticate_api_key(&text.into()).await, Err(KeyAuthError::Unknown)));
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_any_more() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (made, secret) = house.identity.create_api_key(&ann.scope, key(&[KeyScope::PostsRead])).await.unwrap();
    house.identity.revoke_api_key(&ann.scope, made.id).await.unwrap();
    house.identity.revoke_api_key(&ann.scope, made.id).await.unwrap();
    assert!(matches!(house.identity.authenticate_api_key(&secret).await, Err(KeyAuthError::Revoked)));
    assert_eq!(house.audit("update", "identity.api_keys").await.len(), 1);
    assert!(house.identity.api_keys(&ann.scope).await.unwrap()[0].revoked_at.is_some());
}

#[tokio::test]
async fn an_expired_key_opens_nothing_any_more() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let life = Duration::from_secs(3600);
    let new = NewApiKey { expires_at: Some(house.clock.now() + life), ..key(&[KeyScope::PostsRead]) };
    let (_, secret) = house.identity.create_api_key(&ann.scope, new.clone()).await.unwrap();
    house.identity.authenticate_api_key(&secret).await.unwrap();
    house.clock.advance(life);
    assert!(matches!(house.identity.authenticate_api_key(&secret).await, Err(KeyAuthError::Expired)));
    let late = house.identity.create_api_key(&ann.scope, new).await;
    assert!(matches!(late, Err(ApiKeyError::Invalid(ref f)) if f[0].field == "expiresAt"));
}

#[tokio::test]
async fn last_used_is_written_once_a_minute() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (_, secret) = house.identity.create_api_key(&ann.scope, key(&[KeyScope::PostsRead])).await.unwrap();
    let used = async || {
        house.identity.authenticate_api_key(&secret).await.unwrap();
        house.identity.api_keys(&ann.scope).await.unwrap()[0].last_used_at
    };
    let first = used().await;
    house.clock.advance(Duration::from_secs(59));
    assert_eq!(used().await, first);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(used().await, Some(house.clock.now()));
}

#[tokio::test]
async fn another_organizations_key_is_not_there() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let bob = house.person("bob@example.org").await;
    let (made, secret) = house.identity.create_api_key(&ann.scope, key(&[KeyScope::PostsRead])).await.unwrap();
    assert!(house.identity.api_keys(&bob.scope).await.unwrap().is_empty());
    let nothing = ApiKeyId::from_uuid(Uuid::from_u128(1));
    for id in [made.id, nothing] {
        let result = house.identity.revoke_api_key(&bob.scope, id).await;
        assert!(matches!(result, Err(ApiKeyError::NotFound(_))));
    }
    house.identity.authenticate_api_key(&secret).await.unwrap();
}

#[tokio::test]
async fn what_a_key_does_is_logged_with_the_key() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (made, secret) = house.identity.create_api_key(&ann.scope, key(&[KeyScope::PostsRead])).await.unwrap();
    let caller = house.identity.authenticate_api_key(&secret).await.unwrap();
    house.identity.record_denial(&caller, Right::Publish, "POST /api/v1/posts").await.unwrap();
    let rows = house.audit("denied", "POST /api/v1/posts").await;
    assert_eq!(rows[0].0, "api_key");
    assert_eq!(rows[0].1["actor_api_key_id"], json!(made.id));
}
