//! A browser session, and what it takes to begin one.

use std::net::IpAddr;

use rookery_governance::audit::Origin;
use rookery_kernel::{Actor, OrganizationId, SessionId, Timestamp, UserId};
use secrecy::SecretString;
use uuid::Uuid;

use crate::user::User;

/// Whether a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "identity.token_status", rename_all = "snake_case")]
pub enum TokenStatus {
    /// Yes.
    Active,
    /// It was ended.
    Revoked,
    /// Its time is over.
    Expired,
}

/// A browser session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session; not its token.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// The organization being looked at.
    pub organization_id: Option<OrganizationId>,
    /// Long or short life.
    pub is_remember_me: bool,
    /// End of its life.
    pub expires_at: Timestamp,
    /// Newest use, to the minute.
    pub last_seen_at: Option<Timestamp>,
    /// From where it was begun.
    pub created_ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// Where a request without a caller comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The peer's address.
    pub ip: Option<IpAddr>,
    /// The client's own name.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<Uuid>,
}

impl Client {
    pub(super) fn origin(&self, actor: Actor) -> Origin {
        Origin { actor, request_id: self.request_id, ip: self.ip, user_agent: self.user_agent.clone() }
    }
}

impl From<&Origin> for Client {
    fn from(origin: &Origin) -> Self {
        Self { ip: origin.ip, user_agent: origin.user_agent.clone(), request_id: origin.request_id }
    }
}

/// Somebody at the door.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: SecretString,
    /// "Remember me": 30 days instead of one.
    pub remember: bool,
    /// Where they stand.
    pub client: Client,
}

/// Somebody inside.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, for the cookie; it is nowhere else.
    pub token: SecretString,
    /// The session.
    pub session: Session,
    /// Who it is.
    pub user: User,
}

/// A session to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSession<'a> {
    pub user: UserId,
    pub organization: Option<OrganizationId>,
    pub is_remember_me: bool,
    pub client: &'a Client,
}
