//! Transactions that have told PostgreSQL who is asking before the first statement of the caller.

use std::fmt::Write as _;

use rookery_kernel::{OrganizationId, Scope};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgTransactionManager};
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;

use crate::error::Error;
use crate::reader::{Reader, Readers};

/// A transaction for one organization. Dropped without [`OrgTx::commit`], it is rolled back. One that only reads
/// ([`crate::Db::reading`]) is a connection: each of its statements stands for itself.
#[derive(Debug)]
pub struct OrgTx {
    held: Held,
    scope: Scope,
}

#[derive(Debug)]
enum Held {
    Open(Open),
    /// Nothing can be written on it, so there is nothing to make last or to give up.
    Reader(Reader),
}

impl OrgTx {
    pub(crate) async fn begin(pool: &PgPool, scope: &Scope) -> Result<Self, Error> {
        let open = Open::begin(pool, begin_for(scope)).await?;
        Ok(Self { held: Held::Open(open), scope: scope.clone() })
    }

    pub(crate) async fn reading(readers: &Readers, scope: &Scope) -> Result<Self, Error> {
        let reader = readers.take(scope.organization_id).await?;
        Ok(Self { held: Held::Reader(reader), scope: scope.clone() })
    }

    /// For whom and by whom.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The tenant.
    pub const fn organization_id(&self) -> OrganizationId {
        self.scope.organization_id
    }

    /// The connection, for statements of this transaction.
    pub fn conn(&mut self) -> &mut PgConnection {
        match &mut self.held {
            Held::Open(open) => &mut open.connection,
            Held::Reader(reader) => reader.connection(),
        }
    }

    /// Goes on for another organization in the same transaction: what was written lasts together with what follows, and
    /// each statement still sees one organization only.
    ///
    /// # Errors
    /// As the server says.
    pub async fn turn_to(&mut self, scope: &Scope) -> Result<(), Error> {
        match &mut self.held {
            Held::Open(open) => {
                let sql = format!("select {}", settings(scope));
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *open.connection).await?;
            }
            Held::Reader(reader) => reader.turn_to(scope.organization_id).await?,
        }
        self.scope = scope.clone();
        Ok(())
    }

    /// Makes the work last.
    ///
    /// # Errors
    /// As the server says; nothing of the work lasts then, except if the connection broke during the commit.
    pub async fn commit(self) -> Result<(), Error> {
        match self.held {
            Held::Open(open) => open.commit().await,
            Held::Reader(reader) => {
                reader.end();
                Ok(())
            }
        }
    }

    /// Gives the work up now; dropping does the same at the connection's next use.
    pub async fn rollback(self) {
        match self.held {
            Held::Open(open) => open.rollback().await,
            Held::Reader(reader) => reader.end(),
        }
    }
}

/// A transaction without an organization: tables that belong to no tenant.
#[derive(Debug)]
pub struct SystemTx {
    open: Open,
}

impl SystemTx {
    pub(crate) async fn begin(pool: &PgPool, why: &'static str) -> Result<Self, Error> {
        tracing::trace!(why, "transaction without an organization");
        let open = Open::begin(pool, BEGIN_SYSTEM.to_owned()).await?;
        Ok(Self { open })
    }

    /// The connection, for statements of this transaction.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.open.connection
    }

    /// Makes the work last.
    ///
    /// # Errors
    /// As the server says.
    pub async fn commit(self) -> Result<(), Error> {
        self.open.commit().await
    }

    /// Gives the work up now.
    pub async fn rollback(self) {
        self.open.rollback().await;
    }
}

const BEGIN_SYSTEM: &str =
    "begin; select set_config('app.actor_kind', 'system', true), set_config('app.audited', 'on', true)";

/// One message with everything: `begin` and the settings cost a single round trip.
/// Only ids, addresses and fixed words are written into it, none of which can hold a quote.
fn begin_for(scope: &Scope) -> String {
    format!("begin; select {}", settings(scope))
}

/// Who asks, and for which organization.
fn settings(scope: &Scope) -> String {
    let mut sql = format!(
        "identity.set_organization('{}'), set_config('app.audited', 'on', true), \
         set_config('app.actor_kind', '{}', true)",
        scope.organization_id,
        scope.actor.kind()
    );
    let mut set = |name: &str, value: String| {
        write!(sql, ", set_config('{name}', '{value}', true)").expect("writing to a String does not fail");
    };
    // An empty one says nobody: it may stand where another's was.
    set("app.actor_user_id", scope.actor.user_id().map(|id| id.to_string()).unwrap_or_default());
    set("app.request_id", scope.request_id.map(|id| id.to_string()).unwrap_or_default());
    set("app.ip", scope.ip.map(|ip| ip.to_string()).unwrap_or_default());
    sql
}

/// A connection with an open transaction. The driver's own `Transaction` leaves the server's transaction open
/// when the message that begins it fails half-way or is cancelled; this one closes such a connection.
#[derive(Debug)]
struct Open {
    connection: PoolConnection<Postgres>,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Ended,
}

impl Open {
    /// Nothing has happened yet when the first message finds its connection lost (the server was started again,
    /// say), so the next connection is taken; every lost one leaves the pool that way.
    async fn begin(pool: &PgPool, statement: String) -> Result<Self, Error> {
        let statement = AssertSqlSafe(statement).into_sql_str();
        let mut tries = pool.size() + 1;
        loop {
            let mut open = Self { connection: pool.acquire().await?, state: State::Opening };
            match PgTransactionManager::begin(&mut open.connection, Some(statement.clone())).await {
                Ok(()) => {
                    open.state = State::Open;
                    return Ok(open);
                }
                Err(error) => {
                    let error = Error::from(error);
                    tries -= 1;
                    if tries == 0 || !error.is_unavailable() {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn commit(mut self) -> Result<(), Error> {
        PgTransactionManager::commit(&mut self.connection).await?;
        self.state = State::Ended;
        Ok(())
    }

    async fn rollback(mut self) {
        match PgTransactionManager::rollback(&mut self.connection).await {
            Ok(()) => self.state = State::Ended,
            // The server ends the transaction with the connection.
            Err(error) => tracing::debug!(%error, "rollback on a broken connection"),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        match self.state {
            State::Opening => self.connection.close_on_drop(),
            State::Open => PgTransactionManager::start_rollback(&mut self.connection),
            State::Ended => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::{Actor, UserId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn everything_known_is_set_in_one_message() {
        let mut scope = Scope::new(OrganizationId::from_uuid(Uuid::nil()), Actor::User(UserId::from_uuid(Uuid::nil())));
        scope.request_id = Some(Uuid::nil());
        scope.ip = Some("2001:db8::1".parse().expect("an address"));
        scope.user_agent = Some("'; drop table posts; --".to_owned());
        let sql = begin_for(&scope);
        for part in ["app.actor_kind', 'user'", "app.actor_user_id'", "app.request_id'", "'2001:db8::1'"] {
            assert!(sql.contains(part), "{part} in {sql}");
        }
        assert!(!sql.contains("drop table"), "free text never enters the message: {sql}");
    }
}
