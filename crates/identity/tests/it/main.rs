//! People, organizations and their ways in, against a real PostgreSQL.

mod keys;
mod labels;
mod members;
mod organizations;
mod people;
mod sessions;
mod sign_in;

use std::sync::Arc;

use rookery_identity::{Caller, Client, Config, Identity, NewUser, Origin, SignIn, SignInError, SignedIn, User};
use rookery_kernel::{Actor, FixedClock, OrganizationId, Scope};
use rookery_testkit::{TestDb, clock, ids};
use secrecy::SecretString;
use serde_json::Value;

/// A password that the rules accept.
const PASSWORD: &str = "Sturdy-Rook-71";

/// A database with the operations on it.
struct House {
    test: TestDb,
    clock: FixedClock,
    identity: Identity,
}

/// A person with their personal organization.
struct Person {
    user: User,
    organization: OrganizationId,
    scope: Scope,
}

impl House {
    async fn new() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let test = TestDb::new().await;
        let clock = clock();
        let identity = Identity::new(test.db.clone(), Arc::new(clock.clone()), ids(), config);
        Self { test, clock, identity }
    }

    async fn person(&self, email: &str) -> Person {
        let user = self.identity.create_user(&system(), NewUser::new(email, PASSWORD)).await.unwrap();
        let organization = self.identity.organizations_of(user.id).await.unwrap()[0].organization.id;
        let scope = Scope::new(organization, Actor::User(user.id));
        Person { user, organization, scope }
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.identity.sign_in(attempt(email, password)).await
    }

    /// Signed in and recognised.
    async fn caller(&self, email: &str) -> (Caller, SecretString) {
        let signed_in = self.sign_in(email, PASSWORD).await.unwrap();
        (self.identity.authenticate_session(&signed_in.token).await.unwrap(), signed_in.token)
    }

    /// All audit rows of an action on a table, oldest first: (actor kind, changes).
    async fn audit(&self, action: &str, resource: &str) -> Vec<(String, Value)> {
        sqlx::query_as(
            "select actor_kind, changes from (
                 select id, actor_kind, changes, action, resource from governance.audit_logs
                 union all select id, actor_kind, changes, action, resource from governance.instance_audit_logs) a
             where action = $1 and resource = $2 order by id",
        )
        .bind(action)
        .bind(resource)
        .fetch_all(&mut self.test.owner().await)
        .await
        .unwrap()
    }

    /// Everything in the audit logs as text, to look for what must not be there.
    async fn whole_audit(&self) -> String {
        sqlx::query_scalar(
            "select coalesce(string_agg(t.row::text, ' '), '') from (
                 select to_jsonb(a) as row from governance.audit_logs a
                 union all select to_jsonb(i) from governance.instance_audit_logs i) t",
        )
        .fetch_one(&mut self.test.owner().await)
        .await
        .unwrap()
    }

    /// One value by plain SQL.
    async fn value<T>(&self, sql: &'static str) -> T
    where
        T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).fetch_one(&mut self.test.owner().await).await.unwrap()
    }
}

fn system() -> Origin {
    Origin::new(Actor::System)
}

fn attempt(email: &str, password: &str) -> SignIn {
    SignIn { email: email.to_owned(), password: password.into(), remember: false, client: Client::default() }
}
