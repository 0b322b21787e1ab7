//! Both layers of the audit: the application's own is complete when the guards are gone.

use std::time::Duration;

use rookery_identity::{KeyScope, MemberRole};
use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule, TokenEnd};
use serde_json::json;

use crate::house::House;

/// A working day: people, keys, accounts that break and are repaired, posts that are written, approved, sent,
/// refused, tried again, called off, deleted.
#[tokio::test]
async fn without_the_guards_nothing_is_missing_on_the_log() {
    let house = House::new().await;
    house.test.note_changes_without_guards().await;
    let owner = house.owner().await;
    let editor = house.member(MemberRole::Editor).await;
    house.stranger().await;
    house.key(&[KeyScope::PostsRead]).await;
    let key = owner.post("/api-keys", &json!({"name": "program", "scopes": ["posts:read"]})).await.expect(201);
    owner.delete(&format!("/api-keys/{}", key.at("/id"))).await.expect(204);

    let (one, there) = house.connect(Platform::Mastodon, "tide").await;
    let (two, _) = house.connect(Platform::Facebook, "tidepage").await;
    owner.act(&format!("/accounts/{}/check", one.id)).await.expect(200);
    let accounts = [one.id.to_string(), two.id.to_string()];

    let draft = json!({"content": "Low water", "accountIds": accounts, "schedule": {"kind": "draft"}});
    let made = editor.post("/posts", &draft).await.expect(201);
    let path = format!("/posts/{}", made.at("/id"));
    editor.patch(&path, &json!({"content": "High water"})).await.expect(200);
    editor.post(&format!("{path}/schedule"), &json!({"localTime": "2026-03-03T10:00"})).await.expect(200);
    editor.act(&format!("{path}/cancel")).await.expect(200);
    editor.delete(&path).await.expect(204);

    let refuse = Effect::Status { code: 422, body: json!({"error": "Validation failed"}) };
    house.control.add_fault(FaultRule::new(refuse).on(Platform::Mastodon).endpoint(Endpoint::Publish));
    let now = json!({"content": "Boats out at five", "accountIds": accounts, "schedule": {"kind": "now"}});
    let sent = owner.post("/posts", &now).await.expect(201);
    house.pass(Duration::from_secs(1)).await;
    house.control.clear_faults();
    owner.act(&format!("/posts/{}/retry", sent.at("/id"))).await.expect(200);
    house.pass(Duration::from_secs(60)).await;

    house.control.end_tokens(&there.platform_user_id, TokenEnd::Revoked).expect("known");
    owner.act(&format!("/accounts/{}/check", one.id)).await.refused(502, "network_refused");
    house.control.add_fault(FaultRule::new(Effect::accept_then_drop()).on(Platform::Facebook).once());
    let later = json!({"content": "Boats back at nine", "accountIds": [two.id], "schedule": {"kind": "now"}});
    owner.post("/posts", &later).await.expect(201);
    house.pass(Duration::from_secs(1)).await;
    house.pass(Duration::from_secs(120)).await;
    owner.delete(&format!("/accounts/{}", two.id)).await.expect(200);

    let noted = house.test.noted().await;
    assert_eq!(noted.unanswered, Vec::<String>::new());
    let expected = [
        "accounts.social_accounts",
        "identity.api_keys",
        "identity.memberships",
        "identity.organizations",
        "identity.users",
        "publishing.post_publications",
        "publishing.posts",
    ];
    assert_eq!(noted.tables, expected, "the day touches every watched table that has operations");
    assert!(noted.changes > 40, "{}", noted.changes);
}
