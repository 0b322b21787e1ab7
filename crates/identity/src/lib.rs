//! People, the organizations they belong to, and how they and their programs prove who they are.
//!
//! Invariants
//! - Passwords are stored as Argon2id strings, session tokens and API keys as digests; each secret is shown to
//!   its owner once and to nobody else.
//! - Every signed-in person has at least the personal organization that was made with them.
//! - An organization always has exactly one owner; only a transfer changes who.
//! - Nobody gives themselves a role: rights come from [`MemberRole::may`], capped by the instance role or by the
//!   scopes of an API key, and are asked for with [`Caller::allows`].
//! - What a stranger can see (answer and time) does not depend on whether an e-mail address is known.
//! - Every write leaves an audit row in its own transaction.
//!
//! What has to be found before the organization is known (slug, membership, digest of a key) stands in small
//! directories beside the tenant tables; the operations keep both in step in one transaction.

extern crate self as rookery_identity;

mod api_key;
mod billing;
mod caller;
mod config;
mod finding;
mod organization;
mod password;
mod roles;
mod session;
mod token;
mod user;

use std::sync::Arc;

use rookery_db::Db;
use rookery_kernel::{Clock, IdGen};

pub use api_key::{ApiKey, ApiKeyError, KeyAuthError, KeyScope, NewApiKey, UnknownKeyScope};
pub use billing::{BillingEventType, SubscriptionStatus, UsageMetric};
pub use caller::Caller;
pub use config::Config;
pub use finding::Finding;
pub use organization::{Belonging, Member, MemberError, NewOrganization, Organization, OrganizationError, Settings};
pub use roles::{MemberRole, Right, UnknownRole, UserRole};
pub use rookery_governance::audit::Origin;
pub use session::{Client, Session, SessionError, SignIn, SignInError, SignedIn, SwitchError, TokenStatus};
pub use token::EmailTokenPurpose;
pub use user::{CreateUserError, NewUser, PasswordError, SetupError, User, UserError};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    passwords: password::Passwords,
    guard: Arc<session::Guard>,
    config: Config,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Sign-in limits count within this value and its clones, so a process makes one.
    pub fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn IdGen>, config: Config) -> Self {
        let guard = Arc::new(session::Guard::new(Arc::clone(&clock), &config));
        Self { db, clock, ids, passwords: password::Passwords::new(), guard, config }
    }
}
