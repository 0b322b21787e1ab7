//! Taking along what is ours: tables as CSV or JSON lines, page by page.

mod store;

use rookery_db::{ExportRow, ExportTable};
use rookery_governance::audit;
use rookery_kernel::Scope;
use serde_json::{Map, Value, json};
use tracing::instrument;

pub use store::EXPORTS;

use crate::{Publishing, sheet};

/// Rows of a page.
const PAGE_ROWS: i64 = 500;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// RFC 4180 with headings, UTF-8 with a byte order mark; no cell begins a formula.
    Csv,
    /// A JSON object per line, exact.
    JsonLines,
}

impl ExportFormat {
    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// The type of the content.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/x-ndjson; charset=utf-8",
        }
    }

    /// The format of an ending.
    pub fn of_ending(ending: &str) -> Option<Self> {
        [Self::Csv, Self::JsonLines].into_iter().find(|f| f.ending() == ending)
    }
}

/// How far an export is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportPlace(Option<Vec<String>>);

/// The next piece of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPiece {
    /// What to write.
    pub text: String,
    /// Rows in it.
    pub rows: usize,
    /// Where the piece after it begins; `None` at the end.
    pub next: Option<ExportPlace>,
}

impl Publishing {
    /// The piece of a table at a place; the first one has the headings. Rows that appear while an export runs may or
    /// may not be in it.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = table.name))]
    pub async fn export_piece(
        &self,
        scope: &Scope,
        table: &ExportTable,
        format: ExportFormat,
        place: &ExportPlace,
    ) -> Result<ExportPiece, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let rows = table.page(&mut tx, place.0.as_deref(), PAGE_ROWS).await?;
        drop(tx);
        let mut text = match (format, &place.0) {
            (ExportFormat::Csv, None) => format!("\u{feff}{}", sheet::write_line(table.columns)),
            _ => String::new(),
        };
        for row in &rows {
            match format {
                ExportFormat::Csv => text.push_str(&csv_line(table, row)),
                ExportFormat::JsonLines => {
                    text.push_str(&row.row);
                    text.push('\n');
                }
            }
        }
        let next = rows.last().map(|last| ExportPlace(Some(last.key.clone())));
        Ok(ExportPiece { text, rows: rows.len(), next })
    }

    /// Notes in the organization's log that somebody takes tables along (PUB-54). Before the first byte: an export that
    /// breaks off was one too.
    ///
    /// # Errors
    /// The database's.
    pub async fn record_export(
        &self,
        scope: &Scope,
        tables: &[&str],
        format: ExportFormat,
    ) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let changes = json!({"format": [null, format.ending()], "tables": [null, tables]});
        let entry = audit::Entry { action: "export", resource: "identity.organizations", resource_id: None, changes };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await
    }
}

fn csv_line(table: &ExportTable, row: &ExportRow) -> String {
    // PostgreSQL wrote the row, so it is an object.
    let values: Map<String, Value> = serde_json::from_str(&row.row).unwrap_or_default();
    sheet::write_line(table.columns.iter().map(|column| values.get(*column).map_or_else(String::new, sheet::cell)))
}
