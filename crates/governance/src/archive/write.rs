//! Steps 1 to 3: the temporary file, the row in the list, the file's name.

use std::path::PathBuf;

use rookery_db::migrate::files;
use rookery_kernel::{Scope, Timestamp};
use sha2::{Digest as _, Sha256};
use sqlx::types::Json;
use tracing::instrument;

use super::file::{self, Writer};
use super::model::{Archive, ArchiveError, Manifest};
use super::{Archives, store};
use crate::retention::{Format, Rule};

/// Rows of one table that go into one archive: a calendar month in UTC, cut where rows are not past their time yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Month {
    /// First moment.
    pub range_start: Timestamp,
    /// First moment after it.
    pub range_end: Timestamp,
    /// How many rows.
    pub rows: i64,
}

/// A temporary file that is written and synced, and what is to be recorded about it.
#[derive(Debug)]
pub struct Prepared {
    /// The row to be.
    pub archive: Archive,
}

impl Archives {
    /// The months of a table with rows older than `cutoff`, oldest first.
    ///
    /// # Errors
    /// As the database says.
    pub async fn months(&self, scope: &Scope, rule: &Rule, cutoff: Timestamp) -> Result<Vec<Month>, ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        let months = store::months(&mut tx, rule, cutoff).await?;
        tx.commit().await?;
        Ok(months)
    }

    /// Step 1: writes the rows of a month, 1,000 at a time, into a temporary file and syncs it.
    ///
    /// # Errors
    /// [`ArchiveError::Folder`] if the disk is full or the folder cannot be written.
    #[instrument(skip_all, fields(table = rule.entity), err(level = "debug"))]
    pub async fn prepare(
        &self,
        scope: &Scope,
        rule: &Rule,
        format: Format,
        month: &Month,
    ) -> Result<Prepared, ArchiveError> {
        let id = self.ids.uuid();
        let name = month.range_start.date_utc().to_string();
        let name = name.get(..7).unwrap_or(&name);
        let location = format!("{}/{}/{name}.{id}.{}", scope.organization_id, rule.entity, format.label());
        let aside = file::beside(&file::path_of(&self.dir, &location)?, ".tmp");
        match self.write_rows(scope, rule, format, month, &aside).await {
            Ok((columns, part, row_count, rows_sha256, sha256)) => {
                let written_at = self.clock.now();
                let newest = files::embedded().ok().and_then(|all| all.last().map(|migration| migration.version));
                let manifest = Manifest {
                    archive: id,
                    organization_id: scope.organization_id,
                    source_table: rule.entity.to_owned(),
                    range_start: month.range_start,
                    range_end: month.range_end,
                    part,
                    format: format.label().to_owned(),
                    row_count,
                    sha256: hex::encode(sha256),
                    rows_sha256,
                    columns,
                    schema_version: newest.unwrap_or_default(),
                    written_at,
                };
                let archive = Archive {
                    id,
                    source_table: rule.entity.to_owned(),
                    range_start: month.range_start,
                    range_end: month.range_end,
                    part,
                    row_count,
                    location,
                    format: format.label().to_owned(),
                    sha256: sha256.to_vec(),
                    manifest: Json(manifest),
                    verified_at: None,
                    dropped_at: None,
                    superseded_at: None,
                    created_at: written_at,
                };
                Ok(Prepared { archive })
            }
            Err(error) => {
                // What hinders the removal hindered the writing; the next run sweeps.
                file::blocking(move || file::remove(&aside)).await.ok();
                Err(error)
            }
        }
    }

    async fn write_rows(
        &self,
        scope: &Scope,
        rule: &Rule,
        format: Format,
        month: &Month,
        aside: &std::path::Path,
    ) -> Result<(Vec<super::Column>, i32, i64, String, [u8; 32]), ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        store::settle(tx.conn()).await?;
        let columns = store::columns(&mut tx, rule.entity).await?;
        let part = store::next_part(&mut tx, rule.entity, month).await?;
        store::open_rows(&mut tx, rule, &columns, format, month).await?;

        let path: PathBuf = aside.to_owned();
        let mut writer = file::blocking(move || Writer::create(&path)).await?;
        let mut bytes = Vec::new();
        if format == Format::Csv {
            let heading: Vec<_> = columns.iter().map(|c| Some(c.name.clone())).collect();
            file::encode(format, &heading, &mut bytes);
        }
        let (mut count, mut digest) = (0, Sha256::new());
        loop {
            let rows = store::next_rows(&mut tx).await?;
            for (text, cells) in &rows {
                digest.update(Sha256::digest(text.as_bytes()));
                file::encode(format, cells, &mut bytes);
                count += 1;
            }
            let batch = std::mem::take(&mut bytes);
            writer = file::blocking(move || {
                writer.write(&batch)?;
                Ok(writer)
            })
            .await?;
            if rows.is_empty() {
                break;
            }
        }
        tx.commit().await?;
        let sha256 = file::blocking(move || writer.finish()).await?;
        Ok((columns, part, count, hex::encode(digest.finalize()), sha256))
    }

    /// Step 2: writes the archive into the list, not verified.
    ///
    /// # Errors
    /// As the database says.
    pub async fn record(&self, scope: &Scope, prepared: Prepared) -> Result<Archive, ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        store::insert(&mut tx, &prepared.archive).await?;
        tx.commit().await?;
        Ok(prepared.archive)
    }

    /// Step 3: gives the file its name and writes the manifest beside it. Done again it changes nothing.
    ///
    /// # Errors
    /// [`ArchiveError::Folder`].
    pub async fn place(&self, archive: &Archive) -> Result<(), ArchiveError> {
        let path = file::path_of(&self.dir, &archive.location)?;
        let mut manifest = serde_json::to_vec_pretty(&archive.manifest.0).expect("a manifest is JSON");
        manifest.push(b'\n');
        file::blocking(move || {
            let aside = file::beside(&path, ".tmp");
            if aside.exists() {
                file::rename(&aside, &path)?;
            }
            let beside = file::beside(&path, ".manifest.json");
            if path.exists() && !beside.exists() {
                file::write_small(&beside, &manifest)?;
            }
            Ok(())
        })
        .await
    }
}
