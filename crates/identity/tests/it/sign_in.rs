//! Address, password and their protection.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use rookery_identity::{Client, Config, Identity, SignIn, SignInError};
use rookery_kernel::Clock as _;
use serde_json::json;

use crate::{House, PASSWORD, attempt};

/// So many attempts that only the lock is in the way.
fn patient() -> Config {
    Config { sign_in_attempts_max: NonZeroU32::new(1000).unwrap(), ..Config::default() }
}

#[tokio::test]
async fn the_right_password_begins_a_session_of_one_day_or_thirty() {
    let house = House::new().await;
    let ann = house.person("ann@example.org").await;
    let client =
        Client { ip: Some("192.0.2.7".parse().unwrap()), user_agent: Some("a browser".to_owned()), request_id: None };
    let day = house.identity.sign_in(SignIn { client, ..attempt(" ANN@example.org ", PASSWORD) }).await.unwrap();
    assert_eq!(day.user.id, ann.user.id);
    assert_eq!(day.user.last_login_at, Some(house.clock.now()));
    assert_eq!(day.session.expires_at.since(house.clock.now()), Duration::from_secs(24 * 3600));
    assert_eq!(day.session.organization_id, Some(ann.organization));
    assert_eq!(day.session.created_ip.as_deref(), Some("192.0.2.7"));
    let month =
        house.identity.sign_in(SignIn { remember: true, ..attempt("ann@example.org", PASSWORD) }).await.unwrap();
    assert_eq!(month.session.expires_at.since(house.clock.now()), Duration::from_secs(30 * 24 * 3600));
    assert_eq!(house.identity.sessions_of(ann.user.id).await.unwrap().len(), 2, "the first session goes on");
    let logins = house.audit("login", "identity.sessions").await;
    assert_eq!(logins.len(), 2);
    assert_eq!(logins[0].0, "user");
    assert_eq!(logins[0].1["token_hash"], "changed");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    let wrong = house.sign_in("ann@example.org", "Wrong-Rook-71").await.unwrap_err();
    let unknown = house.sign_in("nobody@example.org", "Wrong-Rook-71").await.unwrap_err();
    assert!(matches!(wrong, SignInError::WrongCredentials) && matches!(unknown, SignInError::WrongCredentials));
    assert_eq!(wrong.to_string(), unknown.to_string());
    let failures = house.audit("login_failed", "identity.users").await;
    assert_eq!(failures[0].1, json!({"failed_login_count": [0, 1]}));
    assert_eq!(failures[1].1, json!({"reason": "unknown address"}));
    assert!(!house.whole_audit().await.contains("nobody@example.org"), "people type passwords into the wrong field");
}

#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_known_one() {
    let house = House::with(patient()).await;
    house.person("ann@example.org").await;
    let mut times = [Vec::new(), Vec::new()];
    // In turns, so that load from elsewhere meets both.
    for _ in 0..5 {
        for (times, email) in times.iter_mut().zip(["ann@example.org", "nobody@example.org"]) {
            let start = Instant::now();
            house.sign_in(email, "Wrong-Rook-71").await.unwrap_err();
            times.push(start.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[2]
    });
    // Coarse on purpose: a machine under load is no stop-watch. Without the dummy hash the factor is ten and more.
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} against {unknown:?}");
}

#[tokio::test]
async fn the_eleventh_attempt_has_to_wait_even_with_the_right_password() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    for _ in 0..10 {
        house.sign_in("ann@example.org", PASSWORD).await.unwrap();
    }
    let error = house.sign_in("ann@example.org", PASSWORD).await.unwrap_err();
    let SignInError::TooMany { retry_after } = error else { panic!("{error}") };
    house.clock.advance(retry_after);
    house.sign_in("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn the_eleventh_attempt_from_one_network_has_to_wait_whoever_is_meant() {
    let house = House::new().await;
    let from = |n: u8, ip: &str| {
        let client = Client { ip: Some(ip.parse().unwrap()), ..Client::default() };
        house.identity.sign_in(SignIn { client, ..attempt(&format!("{n}@example.org"), PASSWORD) })
    };
    for n in 0..10 {
        assert!(matches!(from(n, "192.0.2.7").await, Err(SignInError::WrongCredentials)));
    }
    assert!(matches!(from(10, "192.0.2.7").await, Err(SignInError::TooMany { .. })));
    assert!(matches!(from(10, "192.0.2.8").await, Err(SignInError::WrongCredentials)));
}

#[tokio::test]
async fn ten_wrong_passwords_lock_for_a_quarter_of_an_hour_known_or_not() {
    let house = House::with(patient()).await;
    house.person("ann@example.org").await;
    for email in ["ann@example.org", "nobody@example.org"] {
        for _ in 0..10 {
            assert!(matches!(house.sign_in(email, "Wrong-Rook-71").await, Err(SignInError::WrongCredentials)));
        }
        let error = house.sign_in(email, PASSWORD).await.unwrap_err();
        let SignInError::Locked { until } = error else { panic!("{email}: {error}") };
        assert_eq!(until.since(house.clock.now()), Duration::from_secs(15 * 60));
    }
    assert_eq!(house.value::<i32>("select failed_login_count from identity.users").await, 10);
    house.clock.advance(Duration::from_secs(15 * 60));
    house.sign_in("ann@example.org", PASSWORD).await.unwrap();
    assert_eq!(house.value::<i32>("select failed_login_count from identity.users").await, 0);
    assert!(house.value::<bool>("select locked_until is null from identity.users").await);
    let failures = house.audit("login_failed", "identity.users").await;
    assert!(failures.iter().any(|(_, changes)| changes.get("locked_until").is_some()));
}

#[tokio::test]
async fn a_lock_survives_a_restart_and_a_success_clears_the_count() {
    let house = House::with(patient()).await;
    house.person("ann@example.org").await;
    for _ in 0..9 {
        house.sign_in("ann@example.org", "Wrong-Rook-71").await.unwrap_err();
    }
    house.sign_in("ann@example.org", PASSWORD).await.unwrap();
    for _ in 0..10 {
        house.sign_in("ann@example.org", "Wrong-Rook-71").await.unwrap_err();
    }
    let clock = std::sync::Arc::new(house.clock.clone());
    let restarted = Identity::new(house.test.db.clone(), clock, rookery_testkit::ids(), patient());
    let result = restarted.sign_in(attempt("ann@example.org", PASSWORD)).await;
    assert!(matches!(result, Err(SignInError::Locked { .. })));
}

#[tokio::test]
async fn a_person_without_a_password_cannot_sign_in() {
    let house = House::new().await;
    let org = house.test.organization().await;
    let email = house.identity.user(org.user_id).await.unwrap().email;
    assert!(matches!(house.sign_in(&email, "").await, Err(SignInError::WrongCredentials)));
    assert!(matches!(house.sign_in(&email, PASSWORD).await, Err(SignInError::WrongCredentials)));
}

#[tokio::test]
async fn a_password_hashed_at_another_cost_is_hashed_anew_at_the_next_sign_in() {
    let house = House::new().await;
    house.person("ann@example.org").await;
    // "Sturdy-Rook-71" at 64 KiB and one pass.
    let cheap = cheap_hash();
    sqlx::query("update identity.users set password_hash = $1")
        .bind(&cheap)
        .execute(&mut house.test.owner().await)
        .await
        .unwrap();
    let (_, token) = house.caller("ann@example.org").await;
    let stored: String = house.value("select password_hash from identity.users").await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    house.identity.authenticate_session(&token).await.unwrap();
}

fn cheap_hash() -> String {
    use argon2::password_hash::phc::PasswordHash;
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(32)).unwrap());
    let hash: PasswordHash = cheap.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap();
    hash.to_string()
}
