//! The SQL of the audit log.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Actor, Limit, Timestamp, UserId};
use serde_json::Value;
use sqlx::PgConnection;

use super::changes::redacted;
use super::{Entry, Origin, Record};

pub(super) const TABLE: &str = "governance.audit_logs";

/// The entries column by column, as one statement takes them.
struct Columns {
    actions: Vec<String>,
    resources: Vec<String>,
    resource_ids: Vec<Option<String>>,
    changes: Vec<Value>,
}

impl Columns {
    fn of(origin: &Origin, entries: &[Entry<'_>]) -> Self {
        Self {
            actions: entries.iter().map(|e| e.action.to_owned()).collect(),
            resources: entries.iter().map(|e| e.resource.to_owned()).collect(),
            resource_ids: entries.iter().map(|e| e.resource_id.clone()).collect(),
            changes: entries.iter().map(|e| with_key(origin, redacted(&e.changes))).collect(),
        }
    }
}

/// The log has a column for the person; which key a program used stands among the changes.
fn with_key(origin: &Origin, mut changes: Value) -> Value {
    if let (Actor::ApiKey(key), Some(fields)) = (origin.actor, changes.as_object_mut()) {
        fields.insert("actor_api_key_id".to_owned(), Value::from(key.to_string()));
    }
    changes
}

pub(super) async fn insert(tx: &mut OrgTx, at: Timestamp, entries: &[Entry<'_>]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let origin = Origin::from(tx.scope());
    let columns = Columns::of(&origin, entries);
    sqlx::query!(
        "insert into governance.audit_logs (occurred_at, organization_id, actor_user_id, actor_kind, action, resource,
             resource_id, changes, ip_address, user_agent, request_id)
         select $1::timestamptz, $2::uuid, $3::uuid, $4::text, e.action, e.resource, e.resource_id, e.changes,
                $5::text::inet, $6::text, $7::uuid
         from unnest($8::text[], $9::text[], $10::text[], $11::jsonb[]) as e (action, resource, resource_id, changes)",
        at as _,
        organization.uuid(),
        origin.actor.user_id().map(UserId::uuid),
        origin.actor.kind(),
        origin.ip.map(|ip| ip.to_string()),
        origin.user_agent,
        origin.request_id,
        &columns.actions,
        &columns.resources,
        &columns.resource_ids as _,
        &columns.changes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn insert_instance(
    conn: &mut PgConnection,
    origin: &Origin,
    at: Timestamp,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(origin, entries);
    sqlx::query!(
        "insert into governance.instance_audit_logs (occurred_at, actor_user_id, actor_kind, action, resource,
             resource_id, changes, ip_address, user_agent, request_id)
         select $1::timestamptz, $2::uuid, $3::text, e.action, e.resource, e.resource_id, e.changes,
                $4::text::inet, $5::text, $6::uuid
         from unnest($7::text[], $8::text[], $9::text[], $10::jsonb[]) as e (action, resource, resource_id, changes)",
        at as _,
        origin.actor.user_id().map(UserId::uuid),
        origin.actor.kind(),
        origin.ip.map(|ip| ip.to_string()),
        origin.user_agent.as_deref(),
        origin.request_id,
        &columns.actions,
        &columns.resources,
        &columns.resource_ids as _,
        &columns.changes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn page(tx: &mut OrgTx, after: Option<(Timestamp, i64)>, limit: Limit) -> Result<Vec<Record>, Error> {
    let organization = tx.organization_id();
    let (at, id) = after.unzip();
    Ok(sqlx::query_as!(
        Record,
        r#"select id, occurred_at, actor_user_id as "actor_user_id: _", actor_kind, action, resource, resource_id, changes, host(ip_address) as ip_address, user_agent,
                  request_id
           from governance.audit_logs
           where organization_id = $1 and ($2::timestamptz is null or (occurred_at, id) < ($2, $3))
           order by occurred_at desc, id desc
           limit $4"#,
        organization.uuid(),
        at as _,
        id,
        limit.probe(),
    )
    .fetch_all(tx.conn())
    .await?)
}
