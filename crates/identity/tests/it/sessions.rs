//! Staying signed in, looking elsewhere, leaving.

use std::time::Duration;

use rookery_identity::{Client, MemberRole, NewOrganization, Right, SessionError, SignIn, SwitchError, UserRole};
use rookery_kernel::{Actor, OrganizationId, SessionId, Zone};
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::{House, PASSWORD, attempt, system};

#[tokio::test]
async fn a_token_says_who_and_where() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (caller, token) = house.caller("ann@example.org").await;
    assert_eq!(caller.user.as_ref().map(|u| u.id), Some(ann.user.id));
    assert_eq!(caller.scope.actor, Actor::User(ann.user.id));
    assert_eq!((caller.organization.id, caller.role), (ann.organization, MemberRole::Owner));
    assert!(Right::ALL.into_iter().all(|right| caller.allows(right)));
    assert!(!caller.is_instance_admin());
    let stored: Vec<u8> = house.value("select token_hash from identity.sessions").await;
    assert_ne!(stored, token.expose_secret().as_bytes());
    assert_eq!((token.expose_secret().len(), stored.len()), (43, 32));
    assert!(!house.whole_audit().await.contains(token.expose_secret()));
}

#[tokio::test]
async fn an_unknown_token_is_nobody() {
    let house = House::new().await;
    for token in ["", "nonsense", "' or true --"] {
        assert!(matches!(house.identity.authenticate_session(&token.into()).await, Err(SessionError::Unknown)));
    }
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_use_does_not_prolong_it() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let (_, short) = house.caller("ann@example.org").await;
    let long = house.identity.sign_in(SignIn { remember: true, ..attempt("ann@example.org", PASSWORD) }).await.unwrap();
    house.clock.advance(Duration::from_secs(24 * 3600 - 1));
    house.identity.authenticate_session(&short).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert!(matches!(house.identity.authenticate_session(&short).await, Err(SessionError::Expired)));
    house.identity.authenticate_session(&long.token).await.unwrap();
    house.clock.advance(Duration::from_secs(29 * 24 * 3600));
    assert!(matches!(house.identity.authenticate_session(&long.token).await, Err(SessionError::Expired)));
}

#[tokio::test]
async fn last_seen_is_written_once_a_minute() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let (_, token) = house.caller("ann@example.org").await;
    let seen = async || house.identity.authenticate_session(&token).await.unwrap().session.unwrap().last_seen_at;
    let first = seen().await;
    house.clock.advance(Duration::from_secs(59));
    assert_eq!(seen().await, first);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(seen().await, first.map(|at| at + Duration::from_secs(60)));
}

#[tokio::test]
async fn signing_out_ends_this_session_only() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (_, here) = house.caller("ann@example.org").await;
    let (_, there) = house.caller("ann@example.org").await;
    let client = Client { ip: Some("192.0.2.9".parse().unwrap()), ..Client::default() };
    house.identity.sign_out(&here, &client).await.unwrap();
    house.identity.sign_out(&here, &client).await.unwrap();
    house.identity.sign_out(&"nonsense".into(), &client).await.unwrap();
    assert!(matches!(house.identity.authenticate_session(&here).await, Err(SessionError::Unknown)));
    house.identity.authenticate_session(&there).await.unwrap();
    assert_eq!(house.identity.sessions_of(ann.user.id).await.unwrap().len(), 1);
    let outs = house.audit("logout", "identity.sessions").await;
    assert_eq!(outs, [("user".to_owned(), json!({"status": ["active", "revoked"]}))]);
}

#[tokio::test]
async fn one_ends_ones_own_sessions_and_nobody_elses() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    house.person("bob@example.org").await;
    let (ann, token) = house.caller("ann@example.org").await;
    let (bob, _) = house.caller("bob@example.org").await;
    let id = ann.session_id().unwrap();
    assert!(matches!(house.identity.end_session(&bob, id).await, Err(SessionError::Unknown)));
    house.identity.authenticate_session(&token).await.unwrap();
    house.identity.end_session(&ann, id).await.unwrap();
    assert!(matches!(house.identity.authenticate_session(&token).await, Err(SessionError::Unknown)));
    let nothing = SessionId::from_uuid(Uuid::from_u128(1));
    assert!(matches!(house.identity.end_session(&ann, nothing).await, Err(SessionError::Unknown)));
}

#[tokio::test]
async fn a_session_moves_between_ones_organizations_and_remembers_where_it_was() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let new = NewOrganization { name: "Fieldwork Studio".to_owned(), timezone: Zone::utc() };
    let team = house.identity.create_organization(&system(), ann.user.id, new).await.unwrap();
    let (caller, token) = house.caller("ann@example.org").await;
    assert_eq!(caller.organization.id, team.id, "a team is looked at before the personal organization");

    let moved = house.identity.switch_organization(&caller, ann.organization).await.unwrap();
    assert_eq!((moved.organization.id, moved.scope.organization_id), (ann.organization, ann.organization));
    let again = house.identity.authenticate_session(&token).await.unwrap();
    assert_eq!(again.organization.id, ann.organization);
    house.clock.advance(Duration::from_secs(90));
    house.identity.authenticate_session(&token).await.unwrap();
    let next = house.sign_in("ann@example.org", PASSWORD).await.unwrap();
    assert_eq!(next.session.organization_id, Some(ann.organization), "the next sign-in begins where one was");
    let moves = house.audit("update", "identity.sessions").await;
    assert_eq!(moves[0].1["organization_id"], json!([team.id, ann.organization]));
}

#[tokio::test]
async fn a_foreign_organization_is_not_there() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let bob = house.person("bob@example.org").await;
    let (caller, _) = house.caller("ann@example.org").await;
    for id in [bob.organization, OrganizationId::from_uuid(Uuid::from_u128(1))] {
        let result = house.identity.switch_organization(&caller, id).await;
        assert!(matches!(result, Err(SwitchError::NotFound(_))));
    }
}

#[tokio::test]
async fn somebody_taken_out_of_a_team_looks_at_their_own_organization() {
    let house = House::new().await;
    let owner = house.person("owner@example.org").await;
    let ann = house.person("ann@example.org").await;
    house.identity.add_member(&owner.scope, ann.user.id, MemberRole::Editor).await.unwrap();
    let (caller, token) = house.caller("ann@example.org").await;
    let caller = if caller.organization.id == owner.organization {
        caller
    } else {
        house.identity.switch_organization(&caller, owner.organization).await.unwrap()
    };
    assert_eq!(caller.role, MemberRole::Editor);
    house.identity.remove_member(&owner.scope, ann.user.id).await.unwrap();
    let after = house.identity.authenticate_session(&token).await.unwrap();
    assert_eq!((after.organization.id, after.role), (ann.organization, MemberRole::Owner));
    let result = house.identity.switch_organization(&after, owner.organization).await;
    assert!(matches!(result, Err(SwitchError::NotFound(_))));
}

#[tokio::test]
async fn an_instance_viewer_only_reads_whatever_the_membership_says() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    sqlx::query("update identity.users set role = 'viewer'").execute(&mut house.test.owner().await).await.unwrap();
    let (caller, _) = house.caller("ann@example.org").await;
    assert_eq!((caller.user.as_ref().unwrap().role, caller.role), (UserRole::Viewer, MemberRole::Owner));
    let allowed: Vec<_> = Right::ALL.into_iter().filter(|right| caller.allows(*right)).collect();
    assert_eq!(allowed, [Right::Read]);
}

#[tokio::test]
async fn a_refused_call_is_in_the_organizations_log() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let (caller, _) = house.caller("ann@example.org").await;
    house.identity.record_denial(&caller, Right::ManageMembers, "POST /api/v1/members").await.unwrap();
    let rows = house.audit("denied", "POST /api/v1/members").await;
    assert_eq!(rows, [("user".to_owned(), json!({"needs": "manage_members", "role": "owner"}))]);
}

#[tokio::test]
async fn old_sessions_are_forgotten_a_month_after_they_expired() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    house.caller("ann@example.org").await;
    house.clock.advance(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(house.identity.purge_sessions().await.unwrap(), 0);
    house.clock.advance(Duration::from_secs(2 * 24 * 3600));
    assert_eq!(house.identity.purge_sessions().await.unwrap(), 1);
}
