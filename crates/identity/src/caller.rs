//! Whoever a request comes from, and what they may.

use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Scope, SessionId};
use tracing::instrument;

use crate::api_key::KeyScope;
use crate::organization::Organization;
use crate::roles::{MemberRole, Right, UserRole};
use crate::user::User;
use crate::{Identity, Session};

/// An authenticated person or program, looking at one organization.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For the operations of all contexts. The request's id and address are the HTTP layer's to fill in.
    pub scope: Scope,
    /// The person; `None` for an API key.
    pub user: Option<User>,
    /// The organization being looked at.
    pub organization: Organization,
    /// The person's role there. A key has no role of its own and carries the least; ask [`Caller::allows`].
    pub role: MemberRole,
    /// The key's scopes; `None` for a person.
    pub scopes: Option<Vec<KeyScope>>,
    /// The browser's session; `None` for a key.
    pub session: Option<Session>,
}

impl Caller {
    /// Whether the caller may do this in the organization: the role's rights capped by the instance role, or
    /// the scopes of a key. The one question to ask.
    pub fn allows(&self, right: Right) -> bool {
        match (&self.scopes, &self.user) {
            (Some(scopes), _) => scopes.iter().any(|scope| scope.grants(right)),
            (None, Some(user)) => self.role.may(right) && !user.role.caps(right),
            (None, None) => false,
        }
    }

    /// Whether a key was given this scope; people have all. Tells apart what [`Right::Read`] lumps together:
    /// posts and numbers.
    pub fn has_scope(&self, scope: KeyScope) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }

    /// Whether the caller manages the instance: people, settings, queues.
    pub fn is_instance_admin(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.role == UserRole::Admin)
    }

    /// The session's id, for "all my other sessions".
    pub fn session_id(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }
}

impl Identity {
    /// Notes in the organization's audit log that a call was refused (PUB-3). `endpoint` is the route's
    /// pattern, such as `POST /api/v1/posts`.
    ///
    /// # Errors
    /// If the database does not answer.
    #[instrument(skip_all, err, fields(organization = %caller.scope.organization_id))]
    pub async fn record_denial(&self, caller: &Caller, right: Right, endpoint: &str) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.org(&caller.scope).await?;
        let changes = Changes::new().note("needs", right).note("role", caller.role);
        let entry = Entry { action: "denied", resource: endpoint, resource_id: None, changes: changes.into() };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await
    }
}
