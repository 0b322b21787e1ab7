//! What an archive is, what its manifest says, and what can go wrong.

use std::io;
use std::path::PathBuf;

use rookery_db::Error;
use rookery_kernel::{OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

/// A column of the archived table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its SQL type.
    #[serde(rename = "type")]
    #[sqlx(rename = "type")]
    pub sql_type: String,
}

/// What one needs to read a file without this program. It stands in `governance.archives` and beside the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The archive's id.
    pub archive: Uuid,
    /// The organization.
    pub organization_id: OrganizationId,
    /// `schema.table`.
    pub source_table: String,
    /// First moment of the range.
    pub range_start: Timestamp,
    /// First moment after the range.
    pub range_end: Timestamp,
    /// 1, 2, 3 … within the same range.
    pub part: i32,
    /// `jsonl.gz` or `csv.gz`.
    pub format: String,
    /// Rows in the file.
    pub row_count: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// SHA-256 over the SHA-256 of each row's text in PostgreSQL, in the file's order, hexadecimal. It does not
    /// depend on the file's format.
    pub rows_sha256: String,
    /// The table's columns in order.
    pub columns: Vec<Column>,
    /// Newest migration of the program that wrote it.
    pub schema_version: i64,
    /// When it was written.
    pub written_at: Timestamp,
}

/// A row of `governance.archives`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Archive {
    /// Its id.
    pub id: Uuid,
    /// `schema.table`.
    pub source_table: String,
    /// First moment of the range.
    pub range_start: Timestamp,
    /// First moment after the range.
    pub range_end: Timestamp,
    /// 1, 2, 3 … within the same range.
    pub part: i32,
    /// Rows in the file.
    pub row_count: i64,
    /// Path below the archive folder, with `/`.
    pub location: String,
    /// `jsonl.gz` or `csv.gz`.
    pub format: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The rest.
    pub manifest: Json<Manifest>,
    /// When the file was read back and agreed.
    pub verified_at: Option<Timestamp>,
    /// When the rows were deleted.
    pub dropped_at: Option<Timestamp>,
    /// When another archive became necessary for the same rows.
    pub superseded_at: Option<Timestamp>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// Why rows could not be archived, deleted or brought back. No row is lost in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The database could not be asked.
    #[error(transparent)]
    Db(#[from] Error),
    /// The folder is full, missing a right, or broken.
    #[error("{} cannot be {action}: {source}; no row was deleted, mend the archive folder and run again", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as in "cannot be written".
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("the archive file {} is damaged: {why}; bring it back from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// There is no such archive in this organization.
    #[error("there is no archive {0}; `rookery archive list` shows them")]
    NotFound(Uuid),
    /// Deleting needs a verified archive.
    #[error("archive {0} is not verified, so its rows are not deleted")]
    NotVerified(Uuid),
    /// The rows are gone already, or another archive is responsible for them.
    #[error("archive {0} is finished: its rows were deleted, or another archive replaced it")]
    Finished(Uuid),
    /// The rows of this table never leave.
    #[error("rows of {0} are archived and kept; they leave only as whole partitions, by the owner of the tables")]
    Kept(String),
    /// The policy of the organization says no by now.
    #[error("{0} is held or kept longer by the organization's policy by now; no row was deleted")]
    Held(String),
    /// The rows are no longer those in the file.
    #[error("rows of {table} changed since archive {archive} was written; no row was deleted, they are archived anew")]
    Changed {
        /// The archive.
        archive: Uuid,
        /// The table.
        table: String,
    },
    /// Another process archives.
    #[error("another archive run is under way; wait for its end")]
    Busy,
    /// A restored copy is there.
    #[error("this archive is restored already as {0}; drop that table first if you want it anew: drop table {0}")]
    AlreadyRestored(String),
    /// The list names a table or type that this program does not know.
    #[error("archive {archive} cannot be restored: {why}")]
    NotRestorable {
        /// The archive.
        archive: Uuid,
        /// What is wrong.
        why: String,
    },
}
