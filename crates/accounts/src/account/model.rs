//! What a connected account is, and the rules of its status and health. Pure.

use std::time::Duration;

use rookery_kernel::{AccountId, OrganizationId, Platform, Timestamp};
use rookery_platforms::{CallError, ErrorType, InstanceLimits};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// State of the connection (PUB-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "accounts.account_status", rename_all = "snake_case")]
pub enum AccountStatus {
    /// The token is present and believed good.
    Active,
    /// The token ended and could not be renewed.
    Expired,
    /// Disconnected here, or the consent was withdrawn at the network.
    Revoked,
    /// Needs a person: wrong account kind, missing right.
    Error,
    /// Something is still missing before first use.
    Pending,
}

impl AccountStatus {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Error => "error",
            Self::Pending => "pending",
        }
    }

    /// Whether the status may change so (PUB-11). Staying is no change.
    pub const fn may_become(self, next: Self) -> bool {
        use AccountStatus::{Active, Error, Expired, Pending, Revoked};
        match self {
            Pending => matches!(next, Active | Error | Revoked),
            Active => matches!(next, Expired | Revoked | Error),
            Expired => matches!(next, Active | Revoked | Error),
            Error => matches!(next, Active | Revoked | Expired),
            Revoked => matches!(next, Active),
        }
    }
}

/// Quality of the connection, computed from calls (PUB-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "accounts.account_health", rename_all = "snake_case")]
pub enum AccountHealth {
    /// Calls succeed.
    Healthy,
    /// Some calls fail, or the network slows us down, or the token ends soon.
    Degraded,
    /// The account cannot be used.
    Unhealthy,
    /// Not called yet, or not for a day.
    Unknown,
}

impl AccountHealth {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }
}

/// A connected account, without its tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id; `integrationId` in the API.
    pub id: AccountId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The network.
    pub platform: Platform,
    /// Its id at the network.
    pub platform_user_id: String,
    /// The handle without @.
    pub username: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Public page.
    pub profile_url: Option<String>,
    /// State of the connection.
    pub status: AccountStatus,
    /// Quality of the connection.
    pub health: AccountHealth,
    /// `direct` or `sandbox`.
    pub connector: String,
    /// The API address the connector talks to; `None` is the network's own.
    pub base_url: Option<Url>,
    /// Followers as last reported.
    pub followers_count: Option<i64>,
    /// End of the access token.
    pub token_expires_at: Option<Timestamp>,
    /// Last successful read.
    pub last_synced_at: Option<Timestamp>,
    /// Last successful publication.
    pub last_posted_at: Option<Timestamp>,
    /// Failed calls in a row.
    pub consecutive_failures: i32,
    /// The last failure's type.
    pub last_error_code: Option<String>,
    /// The last failure in words, without secrets.
    pub last_error_message: Option<String>,
    /// When it happened.
    pub last_error_at: Option<Timestamp>,
    /// When it was connected.
    pub created_at: Timestamp,
    /// What its own server allows, on a network of many servers; `None` until the server has told.
    pub server_limits: Option<InstanceLimits>,
}

impl Account {
    /// The name to show: the display name, else the handle.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.username)
    }

    /// Whether a publication may be sent now.
    pub fn may_publish(&self) -> bool {
        self.status == AccountStatus::Active
    }
}

/// The tokens of an account that is being connected or repaired.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: SecretString,
    /// The refresh token, where the network gives one.
    pub refresh: Option<SecretString>,
    /// End of the access token.
    pub expires_at: Option<Timestamp>,
    /// Granted rights.
    pub scopes: Vec<String>,
}

/// An account to connect with a token that the user already has.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The network.
    pub platform: Platform,
    /// The instance or the sandbox; `None` is the network's own address.
    pub base_url: Option<Url>,
    /// The tokens.
    pub tokens: Tokens,
    /// Which of the token's profiles (its id at the network); needed if there are several.
    pub profile_id: Option<String>,
    /// Whether the address is a simulated network.
    pub is_sandbox: bool,
}

/// What a call to the network returned.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// It worked.
    Ok,
    /// It did not.
    Failed(&'a CallError),
}

/// What a call changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallEffect {
    /// The status now.
    pub status: AccountStatus,
    /// The health now.
    pub health: AccountHealth,
    /// Whether the status changed by this call.
    pub status_changed: bool,
}

/// The columns that calls change.
#[derive(Debug, Clone)]
pub(crate) struct Vitals {
    pub status: AccountStatus,
    pub health: AccountHealth,
    pub consecutive_failures: i32,
    pub token_expires_at: Option<Timestamp>,
    pub can_refresh: bool,
}

/// A rate-limit answer degrades the account for this long.
const RATE_LIMIT_MEMORY: Duration = Duration::from_secs(3600);
/// A token that ends this soon and cannot be renewed degrades the account.
const TOKEN_WARNING: Duration = Duration::from_secs(72 * 3600);
/// So many failures in a row make an account unhealthy.
const FAILURES_UNHEALTHY: i32 = 5;

impl Vitals {
    /// The vitals after a call.
    pub fn after(&self, call: Call<'_>, now: Timestamp) -> Self {
        let mut next = self.clone();
        let mut rate_limited = false;
        match call {
            Call::Ok => {
                next.consecutive_failures = 0;
                if matches!(self.status, AccountStatus::Pending | AccountStatus::Error | AccountStatus::Expired) {
                    next.status = AccountStatus::Active;
                }
            }
            Call::Failed(error) => {
                rate_limited = error.kind == ErrorType::RateLimit;
                if !rate_limited && error.kind.blames_account() {
                    next.consecutive_failures = self.consecutive_failures.saturating_add(1);
                }
                let wanted = match error.kind {
                    ErrorType::TokenExpired => AccountStatus::Expired,
                    ErrorType::Permission => AccountStatus::Error,
                    _ => self.status,
                };
                if self.status.may_become(wanted) {
                    next.status = wanted;
                }
            }
        }
        next.health = next.compute_health(now, rate_limited.then_some(now));
        next
    }

    /// First match from the top of PUB-12's table.
    pub fn compute_health(&self, now: Timestamp, rate_limited_at: Option<Timestamp>) -> AccountHealth {
        let recently = |at: Timestamp| now.since(at) <= RATE_LIMIT_MEMORY;
        let ends_soon = self.token_expires_at.is_some_and(|end| end <= now + TOKEN_WARNING) && !self.can_refresh;
        if self.status != AccountStatus::Active || self.consecutive_failures >= FAILURES_UNHEALTHY {
            AccountHealth::Unhealthy
        } else if self.consecutive_failures > 0 || rate_limited_at.is_some_and(recently) || ends_soon {
            AccountHealth::Degraded
        } else {
            AccountHealth::Healthy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_platforms::Delivery;

    fn failed(kind: ErrorType) -> CallError {
        CallError::new(kind, Delivery::Refused, "no")
    }

    fn active() -> Vitals {
        Vitals {
            status: AccountStatus::Active,
            health: AccountHealth::Healthy,
            consecutive_failures: 0,
            token_expires_at: None,
            can_refresh: false,
        }
    }

    const NOW: i64 = 1_772_442_000;

    #[test]
    fn a_scripted_sequence_of_answers_walks_through_the_values() {
        let now = Timestamp::from_secs(NOW);
        let transient = failed(ErrorType::Transient);
        let mut vitals = active();
        for n in 1..=5 {
            vitals = vitals.after(Call::Failed(&transient), now);
            let expected = if n < 5 { AccountHealth::Degraded } else { AccountHealth::Unhealthy };
            assert_eq!((n, vitals.health, vitals.status), (n, expected, AccountStatus::Active));
        }
        vitals = vitals.after(Call::Ok, now);
        assert_eq!((vitals.health, vitals.consecutive_failures), (AccountHealth::Healthy, 0));
        vitals = vitals.after(Call::Failed(&failed(ErrorType::RateLimit)), now);
        assert_eq!((vitals.health, vitals.consecutive_failures), (AccountHealth::Degraded, 0));
        vitals = vitals.after(Call::Failed(&failed(ErrorType::TokenExpired)), now);
        assert_eq!((vitals.health, vitals.status), (AccountHealth::Unhealthy, AccountStatus::Expired));
        vitals = vitals.after(Call::Ok, now);
        assert_eq!((vitals.health, vitals.status), (AccountHealth::Healthy, AccountStatus::Active));
    }

    #[test]
    fn what_concerns_one_item_says_nothing_about_the_account() {
        let vitals = active().after(Call::Failed(&failed(ErrorType::NotFound)), Timestamp::from_secs(NOW));
        assert_eq!((vitals.health, vitals.consecutive_failures), (AccountHealth::Healthy, 0));
    }

    #[test]
    fn a_disconnected_account_is_not_revived_by_a_late_answer() {
        let revoked = Vitals { status: AccountStatus::Revoked, ..active() };
        let now = Timestamp::from_secs(NOW);
        assert_eq!(revoked.after(Call::Ok, now).status, AccountStatus::Revoked);
        assert_eq!(revoked.after(Call::Failed(&failed(ErrorType::TokenExpired)), now).status, AccountStatus::Revoked);
    }

    #[test]
    fn a_token_that_ends_soon_without_renewal_is_a_warning() {
        let now = Timestamp::from_secs(NOW);
        let ends = Vitals { token_expires_at: Some(now + Duration::from_secs(71 * 3600)), ..active() };
        assert_eq!(ends.after(Call::Ok, now).health, AccountHealth::Degraded);
        let renewable = Vitals { can_refresh: true, ..ends };
        assert_eq!(renewable.after(Call::Ok, now).health, AccountHealth::Healthy);
    }
}
