//! Rights that are finer than a row of the matrix: which half of "read" a key has, and who runs the instance.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use rookery_identity::{Caller, KeyScope, Right};
use rookery_kernel::{OrganizationId, Scope, Zone};

use crate::app::App;
use crate::extract::{Known, May, Read};
use crate::problem::Problem;

async fn reader(parts: &mut Parts, app: &App, scope: KeyScope) -> Result<Caller, Problem> {
    let caller = May::<Read>::from_request_parts(parts, app).await?.caller;
    if !caller.has_scope(scope) {
        return Err(Problem::forbidden(format!("This key does not have the scope {scope}.")));
    }
    Ok(caller)
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident = $scope:expr),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(pub Caller);

        impl $name {
            /// For the operations of the contexts.
            pub(crate) fn scope(&self) -> &Scope {
                &self.0.scope
            }

            /// The zone of the organization.
            pub(crate) fn zone(&self) -> &Zone {
                &self.0.organization.timezone
            }
        }

        impl FromRequestParts<App> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
                reader(parts, app, $scope).await.map(Self)
            }
        }
    )+};
}
readers! {
    /// May read posts, calendar and accounts; a key needs `posts:read`.
    ReadPosts = KeyScope::PostsRead,
    /// May read numbers; a key needs `metrics:read`.
    ReadNumbers = KeyScope::MetricsRead,
}

/// Somebody who runs the instance.
#[derive(Debug, Clone)]
pub(crate) struct InstanceAdmin(pub Caller);

impl FromRequestParts<App> for InstanceAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        if !caller.is_instance_admin() {
            return Err(Problem::forbidden("This is for the people who run the server."));
        }
        Ok(Self(caller))
    }
}

/// Somebody who looks after jobs: of the whole instance, or of their own organization.
#[derive(Debug, Clone)]
pub(crate) struct JobsAdmin {
    /// Who.
    pub caller: Caller,
    /// Only this organization's jobs.
    pub organization: Option<OrganizationId>,
}

impl FromRequestParts<App> for JobsAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        let organization = if caller.is_instance_admin() {
            None
        } else if caller.allows(Right::ManageMembers) {
            Some(caller.scope.organization_id)
        } else {
            return Err(Problem::forbidden("Jobs are for owners and admins of the organization."));
        };
        Ok(Self { caller, organization })
    }
}
