//! The statements, made from a table's description. Rows travel as one JSON document: arrays in columns may be
//! of any length there. All names come from constants of our own.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Clock, Cursor, Limit};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Again, Record, SaveError, Table};
use crate::audit::{self, Changes};

/// The rows as JSON objects whose fields are the columns.
pub(super) fn values<T: Record>(rows: &[T]) -> Result<Vec<Value>, SaveError> {
    rows.iter().map(value).collect()
}

fn value<T: Record>(row: &T) -> Result<Value, SaveError> {
    serde_json::to_value(row).map_err(|error| SaveError::Db(sqlx::Error::Encode(error.into()).into()))
}

/// The last row of each key, in the key's order: a statement cannot write a row twice, and two savers shall not
/// wait for each other in a circle.
pub(super) fn one_per_key<T: Record>(table: &Table, rows: &[T]) -> Result<Vec<Value>, SaveError> {
    let mut by_key = BTreeMap::new();
    for row in values(rows)? {
        let key: Vec<String> = table.key.iter().map(|column| row[*column].to_string()).collect();
        by_key.insert(key, row);
    }
    Ok(by_key.into_values().collect())
}

impl Table {
    fn names(&self, prefix: &str) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, ..)| format!("{prefix}{name}")).collect();
        names.join(", ")
    }

    /// The rows of parameter 2 as a table `u`.
    fn given(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|(name, kind, _)| format!("{name} {kind}")).collect();
        format!("jsonb_to_recordset($2::jsonb) as u ({})", columns.join(", "))
    }

    fn same_key(&self, a: &str, b: &str) -> String {
        // Only `=` finds its rows in an index.
        let same = |column: &str| if self.key_may_lack == Some(column) { "is not distinct from" } else { "=" };
        let pairs: Vec<String> =
            self.key.iter().map(|column| format!("{a}.{column} {} {b}.{column}", same(column))).collect();
        pairs.join(" and ")
    }

    fn changing(&self, which: &[Again]) -> Vec<&'static str> {
        let fit = self.columns.iter().filter(|(_, _, again)| which.contains(again));
        fit.map(|(name, ..)| *name).collect()
    }

    fn upsert(&self) -> String {
        let (name, columns, given, key) = (self.name, self.names(""), self.given(), self.key.join(", "));
        let all = self.names("u.");
        let taken = self.changing(&[Again::Take]);
        let then = if taken.is_empty() {
            "do nothing".to_owned()
        } else {
            let set: Vec<String> = taken.iter().map(|c| format!("{c} = excluded.{c}")).collect();
            // The time of the change alone is no change.
            let compared: Vec<&str> = taken.iter().copied().filter(|c| *c != "updated_at").collect();
            let (old, new) = (prefixed(&compared, "t."), prefixed(&compared, "excluded."));
            format!("do update set {} where ({old}) is distinct from ({new})", set.join(", "))
        };
        format!(
            "insert into {name} as t (organization_id, {columns})
             select o.organization_id, {all}
             from identity.organizations o cross join {given}
             where o.organization_id = $1
             on conflict (organization_id, {key}) {then}"
        )
    }

    fn update(&self) -> String {
        let set: Vec<String> =
            self.changing(&[Again::Take, Again::Keep]).iter().map(|c| format!("{c} = u.{c}")).collect();
        format!(
            "update {} t set {} from {} where t.organization_id = $1 and t.id = u.id",
            self.name,
            set.join(", "),
            self.given()
        )
    }
}

fn prefixed(columns: &[&str], prefix: &str) -> String {
    columns.iter().map(|c| format!("{prefix}{c}")).collect::<Vec<_>>().join(", ")
}

/// The stored rows that have a key of the given ones, in the order of the key, locked.
pub(super) async fn by_key<T: Record>(tx: &mut OrgTx, rows: &[Value]) -> Result<Vec<T>, Error> {
    let table = T::TABLE;
    let sql = format!(
        "select {} from {} t join {} on {} where t.organization_id = $1 order by {} for update of t",
        table.names("t."),
        table.name,
        table.given(),
        table.same_key("t", "u"),
        prefixed(table.key, "t."),
    );
    let organization = tx.organization_id();
    let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(organization.uuid()).bind(Value::from(rows));
    Ok(rows.fetch_all(tx.conn()).await?)
}

pub(super) async fn by_id<T: Record>(tx: &mut OrgTx, ids: &[Uuid], lock: bool) -> Result<Vec<T>, Error> {
    let table = T::TABLE;
    let sql = format!(
        "select {} from {} where organization_id = $1 and id = any($2) order by id {}",
        table.names(""),
        table.name,
        if lock { "for update" } else { "" },
    );
    let organization = tx.organization_id();
    let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(organization.uuid()).bind(ids);
    Ok(rows.fetch_all(tx.conn()).await?)
}

pub(super) async fn page<T: Record>(tx: &mut OrgTx, after: Option<Cursor>, limit: Limit) -> Result<Vec<T>, Error> {
    let table = T::TABLE;
    let at = table.at;
    let sql = format!(
        "select {} from {} where organization_id = $1 and ($2::timestamptz is null or ({at}, id) < ($2, $3))
         order by {at} desc, id desc limit $4",
        table.names(""),
        table.name,
    );
    let organization = tx.organization_id();
    let rows = sqlx::query_as(AssertSqlSafe(sql))
        .bind(organization.uuid())
        .bind(after.map(|cursor| cursor.at))
        .bind(after.map(|cursor| cursor.id))
        .bind(limit.probe());
    Ok(rows.fetch_all(tx.conn()).await?)
}

pub(super) async fn upsert(tx: &mut OrgTx, table: &Table, rows: &[Value]) -> Result<(), Error> {
    let organization = tx.organization_id();
    let statement = sqlx::query(AssertSqlSafe(table.upsert())).bind(organization.uuid()).bind(Value::from(rows));
    statement.execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut OrgTx, table: &Table, rows: &[Value]) -> Result<(), Error> {
    let organization = tx.organization_id();
    let statement = sqlx::query(AssertSqlSafe(table.update())).bind(organization.uuid()).bind(Value::from(rows));
    statement.execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut OrgTx, table: &Table, ids: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    let sql = format!("delete from {} where organization_id = $1 and id = any($2)", table.name);
    sqlx::query(AssertSqlSafe(sql)).bind(organization.uuid()).bind(ids).execute(tx.conn()).await?;
    Ok(())
}

/// One entry per row that came, changed or went.
pub(super) async fn audit<T: Record>(
    tx: &mut OrgTx,
    clock: &dyn Clock,
    before: &[T],
    after: &[T],
) -> Result<(), SaveError> {
    let table = T::TABLE;
    let mut images: BTreeMap<Uuid, (Option<Value>, Option<Value>)> = BTreeMap::new();
    for row in before {
        images.entry(row.id()).or_default().0 = Some(value(row)?);
    }
    for row in after {
        images.entry(row.id()).or_default().1 = Some(value(row)?);
    }
    let mut entries = Vec::with_capacity(images.len());
    for (id, (old, new)) in &images {
        let changes = Changes::between(old.as_ref(), new.as_ref(), table.hidden);
        let action = match (old, new) {
            (None, _) => "insert",
            (_, None) => "delete",
            _ => "update",
        };
        if !changes.is_empty() {
            let resource_id = Some(id.to_string());
            entries.push(audit::Entry { action, resource: table.name, resource_id, changes: changes.into() });
        }
    }
    Ok(audit::record(tx, clock, &entries).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        name: "s.things",
        columns: &[
            ("id", "uuid", Again::Fixed),
            ("name", "text", Again::Fixed),
            ("size", "integer", Again::Take),
            ("note", "text", Again::Keep),
            ("updated_at", "timestamptz", Again::Take),
        ],
        key: &["name"],
        key_may_lack: None,
        hidden: &[],
        at: "updated_at",
    };

    #[test]
    fn saving_again_takes_what_is_new_and_updating_leaves_what_is_fixed() {
        let upsert = TABLE.upsert();
        assert!(upsert.contains("on conflict (organization_id, name) do update set size = excluded.size, updated_at"));
        assert!(upsert.ends_with("where (t.size) is distinct from (excluded.size)"), "{upsert}");
        let update = TABLE.update();
        assert!(update.starts_with("update s.things t set size = u.size, note = u.note, updated_at = u.updated_at"));
        assert!(update.ends_with("where t.organization_id = $1 and t.id = u.id"), "{update}");
    }
}
