//! Who did what, when, to which row, from where.

mod changes;
mod store;

use rookery_db::{Db, Error, OrgTx};
use rookery_kernel::{Actor, Clock, Cursor, Limit, Page, Scope, Timestamp, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use tracing::instrument;
use uuid::Uuid;

pub use changes::Changes;

/// One thing that happened, in the caller's words.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The verb: `insert`, `update`, `delete`, `denied`, `login`, `read`, …
    pub action: &'a str,
    /// `schema.table`, or the endpoint of a refused call.
    pub resource: &'a str,
    /// The row.
    pub resource_id: Option<String>,
    /// Column → `[old, new]`; see [`Changes`].
    pub changes: Value,
}

/// Who acts outside an organization: the part of a [`Scope`] that has no tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who acts.
    pub actor: Actor,
    /// The request.
    pub request_id: Option<Uuid>,
    /// Where it came from.
    pub ip: Option<std::net::IpAddr>,
    /// The client's own name.
    pub user_agent: Option<String>,
}

impl Origin {
    /// An origin without a request.
    pub const fn new(actor: Actor) -> Self {
        Self { actor, request_id: None, ip: None, user_agent: None }
    }
}

impl From<&Scope> for Origin {
    fn from(scope: &Scope) -> Self {
        Self { actor: scope.actor, request_id: scope.request_id, ip: scope.ip, user_agent: scope.user_agent.clone() }
    }
}

/// A row of the log as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The row's number.
    pub id: i64,
    /// When.
    pub occurred_at: Timestamp,
    /// The person, if a person acted.
    pub actor_user_id: Option<UserId>,
    /// `user`, `api_key`, `worker`, `system`, `migration`.
    pub actor_kind: String,
    /// The verb.
    pub action: String,
    /// What it was done to.
    pub resource: String,
    /// Which one.
    pub resource_id: Option<String>,
    /// Column → `[old, new]`, or `"changed"` where the value is secret.
    pub changes: Value,
    /// The client's address.
    pub ip_address: Option<String>,
    /// The client's own name.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<Uuid>,
}

/// Adds entries to the log of the transaction's organization, with one statement for all of them. Who, from
/// where and by which request come from the transaction's scope.
///
/// # Errors
/// As the database says; the caller's transaction is lost then, so that nothing lasts without its entry.
pub async fn record(tx: &mut OrgTx, clock: &dyn Clock, entries: &[Entry<'_>]) -> Result<(), Error> {
    store::insert(tx, clock.now(), entries).await
}

/// The same for what belongs to no organization: sign-ins, people, settings of the instance. It goes to a log
/// of its own, through whichever transaction does the work.
///
/// # Errors
/// As the database says.
pub async fn record_instance(
    conn: &mut PgConnection,
    clock: &dyn Clock,
    origin: &Origin,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    store::insert_instance(conn, origin, clock.now(), entries).await
}

/// One page of the organization's log, newest first. Reading the log is itself written to it (PUB-54).
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err, fields(organization = %scope.organization_id))]
pub async fn list(
    db: &Db,
    clock: &dyn Clock,
    scope: &Scope,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Record>, Error> {
    let mut tx = db.org(scope).await?;
    let rows = store::page(&mut tx, after.map(|c| (c.at, number(c.id))), limit).await?;
    let reading = Entry { action: "read", resource: store::TABLE, resource_id: None, changes: Changes::new().into() };
    record(&mut tx, clock, &[reading]).await?;
    tx.commit().await?;
    Ok(Page::from_probe(rows, limit, |row| (row.occurred_at, as_uuid(row.id))))
}

/// The log counts its rows, while a cursor carries a UUID: the number stands in its lower half.
fn as_uuid(number: i64) -> Uuid {
    Uuid::from_u64_pair(0, number.cast_unsigned())
}

fn number(id: Uuid) -> i64 {
    id.as_u64_pair().1.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_number_survives_the_cursor() {
        for id in [0, 1, 42, i64::MAX] {
            assert_eq!(number(as_uuid(id)), id);
        }
    }
}
