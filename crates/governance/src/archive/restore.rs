//! Archived rows come back for reading, into a table of their own.

use rookery_db::Error;
use rookery_kernel::Scope;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr as _};
use tracing::instrument;
use uuid::Uuid;

use super::file::{self, Reader};
use super::model::{Archive, ArchiveError};
use super::{Archives, store};
use crate::retention::{Format, Rule};

/// A copy of archived rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// `restored.…`, readable by the archive's organization only.
    pub table: String,
    /// Its rows.
    pub rows: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Digest over the rows in the table; the same as when they were archived.
    pub rows_sha256: String,
}

impl Archives {
    /// Loads an archive into a read-only table of the schema `restored`, after its file was hashed. `owner` is a
    /// connection that may become `rookery_owner`. All or nothing: the rows in the table are hashed as well.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`], [`ArchiveError::AlreadyRestored`], [`ArchiveError::NotRestorable`].
    #[instrument(skip_all, fields(archive = %id), err(level = "debug"))]
    pub async fn restore(&self, owner: &mut PgConnection, scope: &Scope, id: Uuid) -> Result<Restored, ArchiveError> {
        let archive = self.get(scope, id).await?;
        let why = |why: &str| ArchiveError::NotRestorable { archive: id, why: why.to_owned() };
        let rule = Rule::of(&archive.source_table).ok_or_else(|| why("this program does not know its table"))?;
        let format = Format::from_label(&archive.format).ok_or_else(|| why("this program does not know its format"))?;
        let path = self.checked_path(&archive).await?;
        let table = table_name(&archive);
        let manifest = &archive.manifest.0;

        let mut tx = owner.begin().await.map_err(Error::from)?;
        store::as_owner(&mut tx, scope.organization_id).await?;
        if let Some(unknown) = store::unknown_type(&mut tx, &manifest.columns).await? {
            return Err(why(&format!("the database knows no type {unknown}")));
        }
        if store::exists(&mut tx, &table).await? {
            return Err(ArchiveError::AlreadyRestored(table));
        }
        let comment = format!(
            "Rows of {} from {} to {}, restored from archive {id}. A copy for reading; may be dropped.",
            archive.source_table, archive.range_start, archive.range_end
        );
        store::create_copy(&mut tx, &table, &manifest.columns, &comment).await?;
        let reader = file::blocking(move || Reader::open(&path)).await?;
        match format {
            Format::JsonLines => load_json(&mut tx, reader, &table, &archive).await?,
            Format::Csv => load_csv(&mut tx, reader, &table).await?,
        }
        let (rows, rows_sha256) = store::digest(&mut tx, rule, &table).await?;
        if rows != archive.row_count || rows_sha256 != manifest.rows_sha256 {
            return Err(why("the rows read back are not those that were archived"));
        }
        store::protect(&mut tx, &table).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(Restored { table, rows, sha256: hex::encode(&archive.sha256), rows_sha256 })
    }
}

/// `restored.engagement_posts_2026_01_` and the last twelve digits of the archive's id, which are its chance part.
/// Longest: `learning_weight_adjustment_logs`, 52 of 63 characters.
fn table_name(archive: &Archive) -> String {
    let month = archive.range_start.date_utc().to_string();
    let month = month.get(..7).unwrap_or(&month).replace('-', "_");
    let id = archive.id.simple().to_string();
    let id = id.get(20..).unwrap_or(&id);
    format!("restored.{}_{month}_{id}", archive.source_table.replace('.', "_"))
}

async fn load_json(
    tx: &mut PgConnection,
    mut reader: Reader,
    table: &str,
    archive: &Archive,
) -> Result<(), ArchiveError> {
    loop {
        let lines;
        (reader, lines) = file::blocking(move || {
            let lines = reader.lines()?;
            Ok((reader, lines))
        })
        .await?;
        if lines.is_empty() {
            return Ok(());
        }
        store::load_json(tx, table, &archive.manifest.columns, &lines).await?;
    }
}

async fn load_csv(tx: &mut PgConnection, mut reader: Reader, table: &str) -> Result<(), ArchiveError> {
    let statement = AssertSqlSafe(store::copy_csv(table)).into_sql_str();
    let mut copy = tx.copy_in_raw(statement.as_str()).await.map_err(Error::from)?;
    loop {
        let bytes;
        (reader, bytes) = file::blocking(move || {
            let bytes = reader.bytes()?;
            Ok((reader, bytes))
        })
        .await?;
        if bytes.is_empty() {
            copy.finish().await.map_err(Error::from)?;
            return Ok(());
        }
        copy.send(bytes).await.map_err(Error::from)?;
    }
}
