//! Founding organizations and their decisions.

use rookery_identity::{MemberRole, NewOrganization, OrganizationError};
use rookery_kernel::{Clock as _, OrganizationId, Scope, UserId, Zone};
use serde_json::json;
use uuid::Uuid;

use crate::{House, system};

fn named(name: &str) -> NewOrganization {
    NewOrganization { name: name.to_owned(), timezone: "America/New_York".parse().unwrap() }
}

#[tokio::test]
async fn a_founded_organization_has_its_owner_its_slug_and_reviews_on() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let first = house.identity.create_organization(&system(), ann.user.id, named(" Fieldwork Studio ")).await.unwrap();
    assert_eq!((first.name.as_str(), first.slug.as_str()), ("Fieldwork Studio", "fieldwork-studio"));
    assert!(first.review_required && !first.is_personal && !first.is_publishing_paused());
    assert_eq!(first.settings.late_grace_hours, 24);
    let second = house.identity.create_organization(&system(), ann.user.id, named("Fieldwork, studio")).await.unwrap();
    assert!(second.slug.starts_with("fieldwork-studio-") && second.slug.len() <= 63, "{}", second.slug);
    assert_eq!(house.identity.find_organization_by_slug("fieldwork-studio").await.unwrap(), Some(first.id));
    assert_eq!(house.identity.find_organization_by_slug("nothing").await.unwrap(), None);

    let scope = Scope::system(first.id);
    assert_eq!(house.identity.organization(&scope).await.unwrap(), first);
    let mut tx = house.test.db.org(&scope).await.unwrap();
    assert_eq!(house.identity.organization_in(&mut tx).await.unwrap(), first);
    drop(tx);
    let mine = house.identity.organizations_of(ann.user.id).await.unwrap();
    assert_eq!(mine.len(), 3);
    assert!(mine.iter().all(|b| b.role == MemberRole::Owner));
    assert_eq!(house.identity.organization_ids().await.unwrap().len(), 3);
}

#[tokio::test]
async fn bad_names_and_unknown_owners_are_refused() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    for name in ["", "  ", "a\nb", &"x".repeat(256)] {
        let result = house.identity.create_organization(&system(), ann.user.id, named(name)).await;
        assert!(matches!(result, Err(OrganizationError::Invalid(ref f)) if f.field == "name"), "{result:?}");
    }
    let nobody = UserId::from_uuid(Uuid::from_u128(1));
    let result = house.identity.create_organization(&system(), nobody, named("Team")).await;
    assert!(matches!(result, Err(OrganizationError::UnknownOwner(_))));
}

#[tokio::test]
async fn each_decision_is_kept_and_logged_with_old_and_new() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (identity, scope) = (&house.identity, &ann.scope);
    identity.rename_organization(scope, "Fieldwork").await.unwrap();
    identity.set_timezone(scope, "Europe/Berlin".parse().unwrap()).await.unwrap();
    identity.require_review(scope).await.unwrap();
    identity.waive_review(scope).await.unwrap();
    identity.set_late_grace_hours(scope, 6).await.unwrap();
    identity.pause_publishing(scope).await.unwrap();
    house.clock.advance(std::time::Duration::from_secs(60));
    let paused = identity.pause_publishing(scope).await.unwrap();
    assert_eq!(paused.settings.publishing_paused_at.map(|at| house.clock.now().since(at).as_secs()), Some(60));
    let got = identity.organization(scope).await.unwrap();
    assert_eq!((got.name.as_str(), got.slug.as_str(), got.timezone.name()), ("Fieldwork", "ann", "Europe/Berlin"));
    assert_eq!((got.settings.late_grace_hours, got.is_publishing_paused()), (6, true));
    let resumed = identity.resume_publishing(scope).await.unwrap();
    assert!(!resumed.is_publishing_paused());
    assert_eq!(identity.organization(scope).await.unwrap(), resumed);

    let rows = house.audit("update", "identity.organizations").await;
    let changes: Vec<_> = rows.iter().map(|(_, changes)| changes.clone()).collect();
    assert_eq!(changes.len(), 7, "pausing twice is one change: {changes:?}");
    assert_eq!(changes[0], json!({"name": ["ann", "Fieldwork"]}));
    assert_eq!(changes[1], json!({"timezone": ["UTC", "Europe/Berlin"]}));
    assert_eq!(changes[2], json!({"review_required": [false, true]}));
    assert_eq!(changes[4], json!({"settings.late_grace_hours": [24, 6]}));
    assert!(rows.iter().all(|(kind, _)| kind == "user"));
}

#[tokio::test]
async fn settings_of_others_are_kept() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    sqlx::query(r#"update identity.organizations set settings = settings || '{"theme": "dark"}'"#)
        .execute(&mut house.test.owner().await)
        .await
        .unwrap();
    house.identity.set_late_grace_hours(&ann.scope, 0).await.unwrap();
    let settings: serde_json::Value = house.value("select settings from identity.organizations").await;
    assert_eq!(settings, json!({"late_grace_hours": 0, "theme": "dark"}));
}

#[tokio::test]
async fn lateness_has_a_limit() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let result = house.identity.set_late_grace_hours(&ann.scope, 25).await;
    assert!(matches!(result, Err(OrganizationError::Invalid(ref f)) if f.field == "lateGraceHours"));
}

#[tokio::test]
async fn an_organization_that_does_not_exist_is_not_found() {
    let house = House::new().await;
    let nowhere = Scope::system(OrganizationId::from_uuid(Uuid::from_u128(1)));
    assert!(matches!(house.identity.organization(&nowhere).await, Err(OrganizationError::NotFound(_))));
    let result = house.identity.set_timezone(&nowhere, Zone::utc()).await;
    assert!(matches!(result, Err(OrganizationError::NotFound(_))));
}
