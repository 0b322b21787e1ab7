//! Passwords: what is accepted, and how they are kept (PUB-5).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use rookery_kernel::IdGen;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::finding::Finding;

/// Fewest characters.
const LENGTH_MIN: usize = 8;
/// Most bytes: more would let a stranger buy computing time by the megabyte.
const SIZE_MAX_BYTES: usize = 1024;
/// Hashes computed at once: each takes 19 MiB, so this bounds what a flood of sign-ins can cost.
const AT_ONCE_MAX: usize = 4;

/// Passwords that everybody tries, lower case, sorted.
const COMMON: &str = include_str!("common.txt");

/// What is wrong with a new password; nothing if it may be used.
pub(crate) fn check(field: &'static str, password: &SecretString) -> Vec<Finding> {
    let password = password.expose_secret();
    if password.len() > SIZE_MAX_BYTES {
        let message = format!("The password is longer than {SIZE_MAX_BYTES} bytes.");
        return vec![Finding::new(field, "password_too_long", message)];
    }
    let mut findings = Vec::new();
    if password.chars().count() < LENGTH_MIN {
        let message = format!("The password needs at least {LENGTH_MIN} characters.");
        findings.push(Finding::new(field, "password_too_short", message));
    }
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    if !(has(char::is_uppercase) && has(char::is_lowercase) && has(|c| c.is_ascii_digit())) {
        let message = "The password needs an upper-case letter, a lower-case letter and a digit.";
        findings.push(Finding::new(field, "password_too_simple", message));
    }
    if is_common(password) {
        let message = "This is one of the passwords that everybody tries first; choose another.";
        findings.push(Finding::new(field, "password_common", message));
    }
    findings
}

fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    COMMON.lines().any(|line| line == password)
}

/// Whether a password was right, and whether its hash should be made anew with today's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    RightButOld,
    Wrong,
}

/// Hashes and verifies, a few at a time, off the threads that serve requests. Clones share the limit.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// The Argon2id string of a password, with a salt from `ids`.
    pub(crate) async fn hash(&self, ids: &dyn IdGen, password: &SecretString) -> String {
        let mut salt = [0; 16];
        ids.fill(&mut salt);
        let password = password.clone();
        self.run(move || hash(password.expose_secret().as_bytes(), &salt)).await
    }

    /// Compares a password with what is stored. Without a stored hash (nobody has this address, or they have
    /// no password) the same work is done and the answer is no, so that the time tells nothing.
    pub(crate) async fn verify(&self, password: &SecretString, stored: Option<String>) -> Verdict {
        let password = password.clone();
        self.run(move || {
            let bytes = password.expose_secret().as_bytes();
            let bytes = &bytes[..bytes.len().min(SIZE_MAX_BYTES + 1)];
            let parsed = stored.as_deref().and_then(|text| PasswordHash::new(text).ok());
            let Some(parsed) = parsed.filter(|_| bytes.len() <= SIZE_MAX_BYTES) else {
                hash(bytes, &[0; 16]);
                return Verdict::Wrong;
            };
            match argon2().verify_password(bytes, &parsed) {
                Ok(()) if Params::try_from(&parsed).is_ok_and(|params| is_current(&params)) => Verdict::Right,
                Ok(()) => Verdict::RightButOld,
                Err(_) => Verdict::Wrong,
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        match done.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The run time is stopping and drops this task at its next await.
            Err(_) => std::future::pending().await,
        }
    }
}

/// 19 MiB, two passes, one lane, 32 bytes out: OWASP's recommendation, and PUB-5.
fn params() -> Params {
    Params::new(19 * 1024, 2, 1, Some(32)).expect("the numbers are within Argon2's ranges")
}

fn is_current(stored: &Params) -> bool {
    let ours = params();
    (stored.m_cost(), stored.t_cost(), stored.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost())
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn hash(password: &[u8], salt: &[u8; 16]) -> String {
    let hash: PasswordHash =
        argon2().hash_password_with_salt(password, salt).expect("salt and cost are valid, and 19 MiB can be had");
    hash.to_string()
}

#[cfg(test)]
mod tests {
    use rookery_kernel::SeededIds;

    use super::*;

    fn codes(password: &str) -> Vec<&'static str> {
        check("password", &password.into()).into_iter().map(|f| f.code).collect()
    }

    #[test]
    fn the_rules_name_every_fault() {
        assert_eq!(codes("Sturdy-Rook-71"), [""; 0]);
        assert_eq!(codes("Ab1"), ["password_too_short"]);
        assert_eq!(codes("abc"), ["password_too_short", "password_too_simple"]);
        assert_eq!(codes("alllowercase1"), ["password_too_simple"]);
        assert_eq!(codes("NoDigitsHere"), ["password_too_simple"]);
        assert_eq!(codes("Password1"), ["password_common"]);
        assert_eq!(codes(&"Aa1".repeat(400)), ["password_too_long"]);
        assert_eq!(codes("Äpfel-und-1-Birne"), [""; 0], "letters of any language count");
    }

    #[test]
    fn the_list_of_common_passwords_is_lower_case_and_long_enough() {
        assert!(COMMON.lines().count() >= 200);
        assert!(COMMON.lines().all(|l| l == l.to_lowercase() && l.len() >= LENGTH_MIN));
    }

    #[tokio::test]
    async fn a_hash_has_the_agreed_form_and_verifies_only_its_password() {
        let passwords = Passwords::new();
        let right: SecretString = "Sturdy-Rook-71".into();
        let stored = passwords.hash(&SeededIds::new(1), &right).await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(passwords.verify(&right, Some(stored.clone())).await, Verdict::Right);
        assert_eq!(passwords.verify(&"Sturdy-Rook-72".into(), Some(stored.clone())).await, Verdict::Wrong);
        assert_eq!(passwords.verify(&right, None).await, Verdict::Wrong);
        assert_eq!(passwords.verify(&right, Some("no hash".to_owned())).await, Verdict::Wrong);
        assert_eq!(passwords.verify(&stored.as_str().into(), Some(stored.clone())).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_but_old() {
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(32)).expect("valid"));
        let stored: PasswordHash = cheap.hash_password_with_salt(b"Sturdy-Rook-71", &[7; 16]).expect("hashes");
        let verdict = Passwords::new().verify(&"Sturdy-Rook-71".into(), Some(stored.to_string())).await;
        assert_eq!(verdict, Verdict::RightButOld);
    }
}
