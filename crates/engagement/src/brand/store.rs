//! The statements on brand settings.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;
use serde_json::Value;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub version: i32,
    pub settings: Value,
    pub updated_at: Timestamp,
}

/// The settings in force; `lock` holds them against another change.
pub(super) async fn current(tx: &mut OrgTx, lock: bool) -> Result<Option<Row>, Error> {
    let organization = tx.organization_id();
    let sql = if lock {
        "select version, settings, updated_at from engagement.brand_settings where organization_id = $1 for update"
    } else {
        "select version, settings, updated_at from engagement.brand_settings where organization_id = $1"
    };
    Ok(sqlx::query_as(sql).bind(organization.uuid()).fetch_optional(tx.conn()).await?)
}

/// Writes a version and keeps it in the history. False if another change came first.
pub(super) async fn save(
    tx: &mut OrgTx,
    version: i32,
    settings: &Value,
    by: Option<&str>,
    approved_by: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let written = sqlx::query(
        "insert into engagement.brand_settings as b
             (organization_id, settings, version, updated_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)
         on conflict (organization_id) do update set settings = excluded.settings, version = excluded.version,
             updated_by = excluded.updated_by, updated_at = excluded.updated_at
         where b.version = excluded.version - 1",
    )
    .bind(organization.uuid())
    .bind(settings)
    .bind(version)
    .bind(by)
    .bind(now)
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "insert into engagement.brand_settings_history
             (organization_id, version, settings, changed_by, approved_by, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(organization.uuid())
    .bind(version)
    .bind(settings)
    .bind(by)
    .bind(approved_by)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(true)
}
