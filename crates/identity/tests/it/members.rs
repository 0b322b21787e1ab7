//! Who belongs to an organization.

use rookery_identity::{MemberError, MemberRole};
use rookery_kernel::UserId;
use serde_json::json;
use uuid::Uuid;

use crate::House;

#[tokio::test]
async fn members_come_change_and_go_and_the_log_tells() {
    let house = House::new().await;
    let owner = house.person("owner@example.org").await;
    let ann = house.person("ann@example.org").await;
    let (identity, scope) = (&house.identity, &owner.scope);

    let member = identity.add_member(scope, ann.user.id, MemberRole::Editor).await.unwrap();
    assert_eq!(
        (member.user_id, member.email.as_str(), member.role),
        (ann.user.id, "ann@example.org", MemberRole::Editor)
    );
    assert_eq!(identity.organizations_of(ann.user.id).await.unwrap().len(), 2);
    let names: Vec<_> = identity.members(scope).await.unwrap().into_iter().map(|m| m.name).collect();
    assert_eq!(names, ["ann", "owner"]);

    let again = identity.add_member(scope, ann.user.id, MemberRole::Viewer).await;
    assert!(matches!(again, Err(MemberError::AlreadyMember(_))));
    assert_eq!(
        identity.change_role(scope, ann.user.id, MemberRole::Reviewer).await.unwrap().role,
        MemberRole::Reviewer
    );
    identity.change_role(scope, ann.user.id, MemberRole::Reviewer).await.unwrap();
    identity.remove_member(scope, ann.user.id).await.unwrap();
    assert_eq!(identity.organizations_of(ann.user.id).await.unwrap().len(), 1);

    let inserts = house.audit("insert", "identity.memberships").await;
    assert_eq!(inserts.last().unwrap().1, json!({"user_id": [null, ann.user.id], "role": [null, "editor"]}));
    let updates = house.audit("update", "identity.memberships").await;
    assert_eq!(updates.len(), 1, "the same role again is no change");
    assert_eq!(updates[0].1, json!({"user_id": ann.user.id, "role": ["editor", "reviewer"]}));
    let deletes = house.audit("delete", "identity.memberships").await;
    assert_eq!(deletes[0].1, json!({"user_id": [ann.user.id, null], "role": ["reviewer", null]}));
}

#[tokio::test]
async fn the_owners_place_changes_by_transfer_only() {
    let house = House::new().await;
    let owner = house.person("owner@example.org").await;
    let ann = house.person("ann@example.org").await;
    let (identity, scope) = (&house.identity, &owner.scope);
    let (o, a) = (owner.user.id, ann.user.id);
    assert!(matches!(identity.add_member(scope, a, MemberRole::Owner).await, Err(MemberError::OwnerStays)));
    assert!(matches!(identity.transfer_ownership(scope, a).await, Err(MemberError::NotFound(_))));
    identity.add_member(scope, a, MemberRole::Editor).await.unwrap();
    assert!(matches!(identity.change_role(scope, a, MemberRole::Owner).await, Err(MemberError::OwnerStays)));
    assert!(matches!(identity.change_role(scope, o, MemberRole::Viewer).await, Err(MemberError::OwnerStays)));
    assert!(matches!(identity.remove_member(scope, o).await, Err(MemberError::OwnerStays)));

    identity.transfer_ownership(scope, a).await.unwrap();
    let roles: Vec<_> = identity.members(scope).await.unwrap().into_iter().map(|m| (m.user_id, m.role)).collect();
    assert_eq!(roles, [(a, MemberRole::Owner), (o, MemberRole::Admin)]);
    assert_eq!(identity.organization(scope).await.unwrap().owner_user_id, a);
    identity.remove_member(scope, o).await.unwrap();
}

#[tokio::test]
async fn strangers_are_no_members_here() {
    let house = House::new().await;
    let owner = house.person("owner@example.org").await;
    let other = house.person("other@example.org").await;
    let (identity, scope, stranger) = (&house.identity, &owner.scope, other.user.id);
    let result = identity.change_role(scope, stranger, MemberRole::Viewer).await;
    assert!(matches!(result, Err(MemberError::NotFound(_))));
    assert!(matches!(identity.remove_member(scope, stranger).await, Err(MemberError::NotFound(_))));
    let nobody = UserId::from_uuid(Uuid::from_u128(1));
    let result = identity.add_member(scope, nobody, MemberRole::Viewer).await;
    assert!(matches!(result, Err(MemberError::UnknownUser(_))));
    assert_eq!(identity.members(scope).await.unwrap().len(), 1);
}
