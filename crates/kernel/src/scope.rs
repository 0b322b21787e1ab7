//! Who acts, and for which organization.

use std::net::IpAddr;

use uuid::Uuid;

use crate::id::{ApiKeyId, OrganizationId, UserId};

/// Who did it, as the audit log names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A program with an API key.
    ApiKey(ApiKeyId),
    /// Somebody without an account, with a link that was given to them.
    Guest,
    /// A job.
    Worker,
    /// The server itself or its command line.
    System,
}

impl Actor {
    /// The word in `governance.audit_logs.actor_kind`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Guest => "guest",
            Self::Worker => "worker",
            Self::System => "system",
        }
    }

    /// The person, if a person acts.
    pub const fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            _ => None,
        }
    }
}

/// The organization a piece of work is for, who does it, and under which request.
/// Every read or write of tenant data begins with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who acts.
    pub actor: Actor,
    /// The request, for the audit log and for tracing.
    pub request_id: Option<Uuid>,
    /// Where the request came from.
    pub ip: Option<IpAddr>,
    /// The client's own name.
    pub user_agent: Option<String>,
}

impl Scope {
    /// A scope without a request.
    pub const fn new(organization_id: OrganizationId, actor: Actor) -> Self {
        Self { organization_id, actor, request_id: None, ip: None, user_agent: None }
    }

    /// A job's scope.
    pub const fn worker(organization_id: OrganizationId) -> Self {
        Self::new(organization_id, Actor::Worker)
    }

    /// The server's or the command line's scope.
    pub const fn system(organization_id: OrganizationId) -> Self {
        Self::new(organization_id, Actor::System)
    }
}
