//! A person, and how many wrong passwords they may send.

use std::time::Duration;

use rookery_kernel::{Timestamp, UserId, Zone};
use secrecy::SecretString;

use crate::finding::{Finding, line};
use crate::password;
use crate::roles::UserRole;

/// Wrong passwords in a row before an address is locked (PUB-7).
const FAILURES_MAX: i32 = 10;
/// For how long.
const LOCK: Duration = Duration::from_secs(15 * 60);
/// Characters of an e-mail address.
const EMAIL_MAX: usize = 255;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The person.
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// Sign-in address, as it was typed.
    pub email: String,
    /// Role on the instance.
    pub role: UserRole,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Zone in which they see times.
    pub timezone: Zone,
    /// Language of the pages.
    pub locale: String,
    /// Newest sign-in.
    pub last_login_at: Option<Timestamp>,
    /// Since when they are known.
    pub created_at: Timestamp,
}

/// A person to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Sign-in address.
    pub email: String,
    /// Full name; without one, what stands before the @.
    pub name: Option<String>,
    /// Without one they cannot sign in until one is set.
    pub password: Option<SecretString>,
    /// Zone of the person and of their personal organization.
    pub timezone: Zone,
}

impl NewUser {
    /// With an address and a password, in UTC.
    pub fn new(email: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self { email: email.into(), name: None, password: Some(password.into()), timezone: Zone::utc() }
    }

    /// With a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// In a zone.
    #[must_use]
    pub fn in_zone(self, timezone: Zone) -> Self {
        Self { timezone, ..self }
    }

    /// Address and name as they will be stored.
    pub(super) fn checked(&self) -> Result<(String, String), Vec<Finding>> {
        let mut findings = Vec::new();
        let mut keep = |checked: Result<String, Finding>| {
            checked.unwrap_or_else(|finding| {
                findings.push(finding);
                String::new()
            })
        };
        let email = keep(check_email(&self.email));
        let given = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = keep(given.map_or_else(
            || Ok(email.split('@').next().unwrap_or_default().to_owned()),
            |name| line("name", name, 255),
        ));
        if let Some(password) = &self.password {
            findings.extend(password::check("password", password));
        }
        if findings.is_empty() { Ok((email, name)) } else { Err(findings) }
    }
}

/// The trimmed address. Only what cannot be delivered at all is refused; a mail is the proof.
fn check_email(text: &str) -> Result<String, Finding> {
    let email = line("email", text, EMAIL_MAX)?;
    let parts = email.rsplit_once('@');
    let sound = parts.is_some_and(|(local, domain)| {
        !local.is_empty()
            && !local.contains('@')
            && !domain.is_empty()
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-'])
            && !domain.contains("..")
            && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
    });
    if sound && !email.chars().any(char::is_whitespace) {
        Ok(email)
    } else {
        Err(Finding::new("email", "email_invalid", "This is not an e-mail address; it looks like name@example.org."))
    }
}

/// What signing in compares with.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub id: UserId,
    pub password_hash: Option<String>,
    pub is_active: bool,
    pub protection: Protection,
}

/// The count of wrong passwords in a row, and the lock that follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Protection {
    pub failures: i32,
    pub locked_until: Option<Timestamp>,
}

impl Protection {
    /// The end of the lock, if it is still on.
    pub(crate) fn locked(self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    /// One more wrong password. After a lock has ended the count begins anew.
    pub(crate) fn after_failure(self, now: Timestamp) -> Self {
        if self.locked(now).is_some() {
            return self;
        }
        let counted = if self.locked_until.is_some() { 0 } else { self.failures };
        let failures = counted + 1;
        Self { failures, locked_until: (failures >= FAILURES_MAX).then(|| now + LOCK) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_delivered_are_refused() {
        for good in
            ["ann@example.org", " Ann.B+x@sub.example.org ", "a@localhost", "ä@exämple.de", "o'neil@example.org"]
        {
            assert_eq!(check_email(good).as_deref(), Ok(good.trim()));
        }
        for bad in
            ["", "ann", "@example.org", "ann@", "a b@example.org", "ann@exa mple.org", "a@b@c", "a@.org", "a@b..c"]
        {
            assert!(check_email(bad).is_err(), "{bad}");
        }
        assert!(check_email(&format!("{}@example.org", "a".repeat(250))).is_err());
    }

    #[test]
    fn a_name_is_taken_from_the_address_if_none_is_given() {
        let new = NewUser::new("ann@example.org", "Sturdy-Rook-71");
        assert_eq!(new.checked(), Ok(("ann@example.org".to_owned(), "ann".to_owned())));
        assert_eq!(new.clone().named("  ").checked().map(|(_, name)| name), Ok("ann".to_owned()));
        assert_eq!(new.named(" Ann Berg ").checked().map(|(_, name)| name), Ok("Ann Berg".to_owned()));
    }

    #[test]
    fn all_faults_are_found_at_once() {
        let faults = NewUser::new("nobody", "short").named("a\nb").checked().expect_err("three faults");
        let fields: Vec<_> = faults.iter().map(|f| f.field).collect();
        assert_eq!(fields, ["email", "name", "password", "password"]);
    }

    #[test]
    fn ten_wrong_passwords_lock_for_a_quarter_of_an_hour_and_then_the_count_begins_anew() {
        let start = Timestamp::from_secs(1_767_225_600);
        let mut protection = Protection::default();
        for n in 1..FAILURES_MAX {
            protection = protection.after_failure(start);
            assert_eq!((protection.failures, protection.locked(start)), (n, None));
        }
        protection = protection.after_failure(start);
        assert_eq!(protection.locked(start), Some(start + LOCK));
        assert_eq!(protection.after_failure(start), protection, "a lock is not prolonged");
        let later = start + LOCK;
        assert_eq!(protection.locked(later), None);
        assert_eq!(protection.after_failure(later), Protection { failures: 1, locked_until: None });
    }
}
