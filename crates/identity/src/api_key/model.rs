//! A key for a program, and what it may do.

use std::fmt;
use std::str::FromStr;

use rookery_kernel::{ApiKeyId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, line};
use crate::roles::Right;

/// Every key begins so, which lets people and scanners of leaked secrets recognise one.
pub(super) const PREFIX: &str = "rk_";
/// First characters that are kept in clear, to tell keys apart in a list: 48 of 256 bits.
pub(super) const SHOWN: usize = PREFIX.len() + 8;

/// Something a key was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyScope {
    /// Read posts, calendar, accounts.
    #[serde(rename = "posts:read")]
    PostsRead,
    /// Write and submit drafts.
    #[serde(rename = "posts:write")]
    PostsWrite,
    /// Schedule, publish, cancel, retry.
    #[serde(rename = "publishing")]
    Publishing,
    /// Read numbers.
    #[serde(rename = "metrics:read")]
    MetricsRead,
}

impl KeyScope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::PostsRead, Self::PostsWrite, Self::Publishing, Self::MetricsRead];

    /// The word in the database and in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PostsRead => "posts:read",
            Self::PostsWrite => "posts:write",
            Self::Publishing => "publishing",
            Self::MetricsRead => "metrics:read",
        }
    }

    /// Whether the scope includes the right. No key manages anything: accounts, members and brand are for people.
    pub const fn grants(self, right: Right) -> bool {
        match right {
            Right::Read => matches!(self, Self::PostsRead | Self::MetricsRead),
            Right::Draft | Right::SubmitReview => matches!(self, Self::PostsWrite),
            Right::Publish => matches!(self, Self::Publishing),
            Right::Review | Right::ManageAccounts | Right::ManageBrand | Right::ManageMembers | Right::Own => false,
        }
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}; use posts:read, posts:write, publishing or metrics:read")]
pub struct UnknownKeyScope(String);

impl FromStr for KeyScope {
    type Err = UnknownKeyScope;
    fn from_str(s: &str) -> Result<Self, UnknownKeyScope> {
        Self::ALL.into_iter().find(|scope| scope.label() == s).ok_or_else(|| UnknownKeyScope(s.to_owned()))
    }
}

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's row.
    pub id: ApiKeyId,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// What it is for, in its maker's words.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// Newest use, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// End of its life.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<KeyScope>,
    /// End of its life; never, if absent.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// Name and scopes as they will be stored.
    pub(super) fn checked(&self, now: Timestamp) -> Result<(String, Vec<KeyScope>), Vec<Finding>> {
        let mut findings = Vec::new();
        let name = line("name", &self.name, 100).unwrap_or_else(|finding| {
            findings.push(finding);
            String::new()
        });
        if self.scopes.is_empty() {
            findings.push(Finding::new("scopes", "empty", "Choose at least one thing that the key may do."));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            findings.push(Finding::new("expiresAt", "past", "The key would have expired already."));
        }
        let mut scopes = self.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        if findings.is_empty() { Ok((name, scopes)) } else { Err(findings) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_grants_its_own_rights_and_no_key_manages() {
        for scope in KeyScope::ALL {
            let granted: Vec<_> = Right::ALL.into_iter().filter(|right| scope.grants(*right)).collect();
            let expected: &[Right] = match scope {
                KeyScope::PostsRead | KeyScope::MetricsRead => &[Right::Read],
                KeyScope::PostsWrite => &[Right::Draft, Right::SubmitReview],
                KeyScope::Publishing => &[Right::Publish],
            };
            assert_eq!(granted, expected, "{scope}");
            assert_eq!(scope.label().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).expect("plain"), scope.label());
        }
        assert!("admin".parse::<KeyScope>().is_err());
    }

    #[test]
    fn a_key_needs_a_name_a_scope_and_a_future() {
        let now = Timestamp::from_secs(1_767_225_600);
        let new = NewApiKey { name: " ".to_owned(), scopes: vec![], expires_at: Some(now) };
        let faults: Vec<_> = new.checked(now).expect_err("three faults").iter().map(|f| f.field).collect();
        assert_eq!(faults, ["name", "scopes", "expiresAt"]);
        let scopes = vec![KeyScope::Publishing, KeyScope::PostsRead, KeyScope::Publishing];
        let new = NewApiKey { name: "ci".to_owned(), scopes, expires_at: None };
        assert_eq!(new.checked(now), Ok(("ci".to_owned(), vec![KeyScope::PostsRead, KeyScope::Publishing])));
    }
}
