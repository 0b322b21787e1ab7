//! Making people and changing their passwords.

use rookery_identity::{
    CreateUserError, MemberRole, NewUser, PasswordError, SessionError, SetupError, SignInError, UserError, UserRole,
};
use rookery_kernel::UserId;
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::{House, PASSWORD, system};

#[tokio::test]
async fn a_person_comes_with_a_personal_organization_and_is_its_owner() {
    let house = House::new().await;
    let new = NewUser::new(" Ann@Example.org ", PASSWORD).named("Ann Berg").in_zone("Europe/Berlin".parse().unwrap());
    let ann = house.identity.create_user(&system(), new).await.unwrap();
    assert_eq!((ann.email.as_str(), ann.name.as_str(), ann.role), ("Ann@Example.org", "Ann Berg", UserRole::User));

    let organizations = house.identity.organizations_of(ann.id).await.unwrap();
    assert_eq!(organizations.len(), 1);
    let only = &organizations[0];
    assert_eq!(only.role, MemberRole::Owner);
    assert!(only.organization.is_personal);
    assert_eq!((only.organization.name.as_str(), only.organization.slug.as_str()), ("Ann Berg", "ann-berg"));
    assert_eq!(only.organization.timezone.name(), "Europe/Berlin");
    assert_eq!(house.identity.organization_ids().await.unwrap(), [only.organization.id]);
    assert_eq!(house.value::<i64>("select count(*) from identity.memberships").await, 1);

    assert_eq!(house.identity.user(ann.id).await.unwrap(), ann);
    assert_eq!(house.identity.find_user_by_email("ANN@example.ORG").await.unwrap(), Some(ann));
}

#[tokio::test]
async fn a_second_person_cannot_take_the_address_in_another_case() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let again = house.identity.create_user(&system(), NewUser::new("ANN@example.org", PASSWORD)).await;
    assert!(matches!(again, Err(CreateUserError::EmailTaken)));
    assert_eq!(house.identity.organization_ids().await.unwrap().len(), 1, "nothing half made stays");
}

#[tokio::test]
async fn every_fault_of_a_new_person_is_named() {
    let house = House::new().await;
    let error = house.identity.create_user(&system(), NewUser::new("nobody", "short")).await.unwrap_err();
    let CreateUserError::Invalid(findings) = error else { panic!("{error}") };
    let codes: Vec<_> = findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, ["email_invalid", "password_too_short", "password_too_simple"]);
}

#[tokio::test]
async fn the_first_person_is_the_admin_and_there_is_one_first() {
    let house = House::new().await;
    assert!(house.identity.needs_setup().await.unwrap());
    let create = |email: &'static str| {
        let identity = house.identity.clone();
        tokio::spawn(async move { identity.create_first_user(&system(), NewUser::new(email, PASSWORD)).await })
    };
    let (a, b) = tokio::join!(create("ann@example.org"), create("bob@example.org"));
    let results = [a.unwrap(), b.unwrap()];
    assert_eq!(results.iter().filter(|r| r.as_ref().is_ok_and(|u| u.role == UserRole::Admin)).count(), 1);
    assert_eq!(results.iter().filter(|r| matches!(r, Err(SetupError::AlreadySetUp))).count(), 1);
    assert!(!house.identity.needs_setup().await.unwrap());
}

#[tokio::test]
async fn making_a_person_is_in_both_logs_and_the_password_in_neither() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let people = house.audit("insert", "identity.users").await;
    assert_eq!(people.len(), 1);
    assert_eq!(
        people[0].1,
        json!({"name": [null, "ann"], "email": [null, "ann@example.org"], "role": [null, "user"], "password_hash": "changed"})
    );
    let organizations = house.audit("insert", "identity.organizations").await;
    assert_eq!(organizations[0].1["is_personal"], json!([null, true]));
    assert_eq!(house.audit("insert", "identity.memberships").await[0].1["role"], json!([null, "owner"]));
    let hash: String = house.value("select password_hash from identity.users").await;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let all = house.whole_audit().await;
    assert!(!all.contains(PASSWORD) && !all.contains("argon2"), "{all}");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_replaces_this_one() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let (_, elsewhere) = house.caller("ann@example.org").await;
    let (caller, here) = house.caller("ann@example.org").await;
    let new = "Another-Rook-72";
    house.clock.advance(std::time::Duration::from_secs(1));
    let fresh = house.identity.change_password(&caller, &PASSWORD.into(), &new.into()).await.unwrap();

    for old in [&elsewhere, &here] {
        assert!(matches!(house.identity.authenticate_session(old).await, Err(SessionError::Unknown)));
    }
    let again = house.identity.authenticate_session(&fresh.token).await.unwrap();
    assert_eq!(again.organization.id, caller.organization.id);
    assert!(matches!(house.sign_in("ann@example.org", PASSWORD).await, Err(SignInError::WrongCredentials)));
    house.sign_in("ann@example.org", new).await.unwrap();

    let changes = house.audit("update", "identity.users").await;
    assert_eq!(changes[0], ("user".to_owned(), json!({"password_hash": "changed", "sessions_ended": 2})));
    let all = house.whole_audit().await;
    for canary in [PASSWORD, new, fresh.token.expose_secret(), "argon2"] {
        assert!(!all.contains(canary), "{canary} in {all}");
    }
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_counts() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let (caller, token) = house.caller("ann@example.org").await;
    let change = async |current: &str, new: &str| {
        house.identity.change_password(&caller, &current.into(), &new.into()).await.map(|_| ())
    };
    assert!(matches!(change(PASSWORD, "weak").await, Err(PasswordError::Invalid(_))));
    for _ in 0..10 {
        assert!(matches!(change("Wrong-Rook-71", "Another-Rook-72").await, Err(PasswordError::WrongCurrent)));
    }
    assert!(matches!(change(PASSWORD, "Another-Rook-72").await, Err(PasswordError::Locked { .. })));
    house.identity.authenticate_session(&token).await.unwrap();
}

#[tokio::test]
async fn a_password_set_by_an_admin_ends_all_sessions() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (_, token) = house.caller("ann@example.org").await;
    house.identity.set_password(&system(), ann.user.id, &"Another-Rook-72".into()).await.unwrap();
    assert!(matches!(house.identity.authenticate_session(&token).await, Err(SessionError::Unknown)));
    house.sign_in("ann@example.org", "Another-Rook-72").await.unwrap();
    let nobody = UserId::from_uuid(Uuid::from_u128(1));
    let missing = house.identity.set_password(&system(), nobody, &"Another-Rook-72".into()).await;
    assert!(matches!(missing, Err(PasswordError::NotFound)));
}

#[tokio::test]
async fn a_deactivated_person_is_out_at_once_and_may_come_back() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let (_, token) = house.caller("ann@example.org").await;
    let gone = house.identity.deactivate_user(&system(), ann.user.id).await.unwrap();
    assert!(!gone.is_active);
    assert!(matches!(house.identity.authenticate_session(&token).await, Err(SessionError::Inactive)));
    assert!(matches!(house.sign_in("ann@example.org", PASSWORD).await, Err(SignInError::Inactive)));
    assert!(
        matches!(house.sign_in("ann@example.org", "Wrong-Rook-71").await, Err(SignInError::WrongCredentials)),
        "only who knows the password learns that the account is deactivated"
    );
    house.identity.reactivate_user(&system(), ann.user.id).await.unwrap();
    assert!(matches!(house.identity.authenticate_session(&token).await, Err(SessionError::Unknown)), "it was ended");
    house.caller("ann@example.org").await;
    let changes = house.audit("update", "identity.users").await;
    assert_eq!(changes[0].1, json!({"is_active": [true, false], "sessions_ended": 1}));
    assert_eq!(changes[1].1, json!({"is_active": [false, true]}));
}

#[tokio::test]
async fn the_last_admin_stays() {
    let house = House::new().await;
    let admin = house.identity.create_first_user(&system(), NewUser::new("ann@example.org", PASSWORD)).await.unwrap();
    let result = house.identity.deactivate_user(&system(), admin.id).await;
    assert!(matches!(result, Err(UserError::LastAdmin)));
    let nobody = UserId::from_uuid(Uuid::from_u128(1));
    assert!(matches!(house.identity.deactivate_user(&system(), nobody).await, Err(UserError::NotFound(_))));
}
