//! Which accounts are followed.

use rookery_analytics::{TRACKED_MAX, TrackError, TrackingHealth};
use rookery_kernel::Zone;

use crate::world::World;

#[tokio::test]
async fn accounts_are_followed_once_and_kept_when_turned_off() {
    let mut world = World::new().await;
    let scope = world.scope();
    let ann = world.connect(&scope, "ann").await;
    let bob = world.connect(&scope, "bob").await;
    let list = world.analytics.track(&scope, &[ann, ann, bob]).await.expect("tracked");
    assert_eq!(list.len(), 2);
    let id = list.iter().find(|t| t.integration_id == ann).expect("there").id;
    world.analytics.track(&scope, &[ann]).await.expect("nothing to do");

    let list = world.analytics.replace_tracked(&scope, &[bob]).await.expect("replaced");
    let enabled: Vec<_> = list.iter().filter(|t| t.enabled).map(|t| t.integration_id).collect();
    assert_eq!(enabled, [bob]);
    let list = world.analytics.untrack(&scope, &[bob]).await.expect("off");
    assert!(list.iter().all(|t| !t.enabled && t.health == TrackingHealth::Disabled));
    let list = world.analytics.track(&scope, &[ann]).await.expect("on again");
    assert_eq!(list.iter().find(|t| t.enabled).map(|t| t.id), Some(id), "the same row: groups hang on it");

    let log: Vec<(String, serde_json::Value)> = sqlx::query_as(
        "select action, changes from governance.audit_logs where resource = 'analytics.tracked_integrations' order by id",
    )
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["insert", "insert", "update", "update", "update"]);
    assert_eq!(log[2].1, serde_json::json!({ "enabled": [true, false] }));
}

#[tokio::test]
async fn foreign_accounts_and_too_many_are_refused_whole() {
    let world = World::new().await;
    let scope = world.scope();
    let mut ours = Vec::new();
    for n in 0..=TRACKED_MAX {
        ours.push(world.connect(&scope, &format!("a{n:02}")).await);
    }
    let error = world.analytics.track(&scope, &ours).await;
    assert!(matches!(error, Err(TrackError::TooMany { asked, max }) if asked == TRACKED_MAX + 1 && max == TRACKED_MAX));
    world.analytics.track(&scope, &ours[..TRACKED_MAX]).await.expect("as many as may be");
    assert!(world.analytics.track(&scope, &ours[TRACKED_MAX..]).await.is_err());
    let swapped = world.analytics.replace_tracked(&scope, &ours[1..]).await.expect("one out, one in");
    assert_eq!(swapped.iter().filter(|t| t.enabled).count(), TRACKED_MAX);

    let other = world.db.organization().await;
    let theirs = world.connect(&other.scope, "theirs").await;
    let error = world.analytics.replace_tracked(&scope, &[ours[0], theirs]).await;
    assert!(matches!(error, Err(TrackError::NotFound(ids)) if ids == [theirs]));
    let still = world.analytics.tracked(&scope).await.expect("read");
    assert_eq!(still.iter().filter(|t| t.enabled).count(), TRACKED_MAX, "nothing was changed");
    assert!(world.analytics.tracked(&other.scope).await.expect("read").is_empty());
}

#[tokio::test]
async fn the_zone_of_the_networks_days_can_be_set() {
    let world = World::new().await;
    let scope = world.scope();
    let ann = world.account("ann").await;
    let pacific: Zone = "America/Los_Angeles".parse().expect("known");
    world.analytics.set_metrics_zone(&scope, ann, Some(&pacific)).await.expect("set");
    let tracked = world.analytics.tracked(&scope).await.expect("read").remove(0);
    assert_eq!(tracked.metrics_timezone.as_deref(), Some("America/Los_Angeles"));
    // 02:00 UTC is still yesterday there: the day asked for is not over.
    world.net.post("ann", "p1", crate::world::at("2026-03-09T10:00:00Z"), crate::net::numbers(1, 0, 0, 0));
    let mut world = world;
    world.ingest(ann, "2026-03-09").await;
    assert!(world.rows(ann).await[0].is_partial);
}
