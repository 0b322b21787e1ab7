//! What an import is made of.

use rookery_kernel::{AccountId, PostId, PostImportId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::columns::Column;
use crate::sheet::{NotText, Separator};
use crate::validation::{Finding, Severity};

/// Most rows of one file.
pub const IMPORT_ROWS_MAX: usize = 1_000;
/// Most bytes of one file: a thousand long posts.
pub const IMPORT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Previews of one organization that wait for a decision.
pub const IMPORTS_OPEN_MAX: i64 = 20;

/// Why a file as a whole cannot be read as posts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than are taken.
    #[error("The file has {bytes} bytes; at most {IMPORT_BYTES_MAX} are read at once. Divide it.")]
    TooLarge {
        /// What it has.
        bytes: usize,
    },
    /// No text, or none in UTF-8.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// Nothing in it.
    #[error("The file is empty. Its first line holds the headings, each further line a post.")]
    Empty,
    /// Headings and nothing below.
    #[error("The file has headings and no row below them.")]
    NoRows,
    /// More rows than are taken.
    #[error("The file has more than {IMPORT_ROWS_MAX} rows. Divide it.")]
    TooManyRows,
    /// The first line has no heading that is needed.
    #[error(
        "The first line has no heading \u{201c}content\u{201d}; it reads: {found}. Take the headings from the template."
    )]
    NoContent {
        /// What stands there.
        found: String,
    },
    /// Two columns with one meaning.
    #[error("The heading \u{201c}{0}\u{201d} stands there twice. Rename or remove one of the columns.")]
    Twice(&'static str),
}

/// Something found in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowFinding {
    /// The heading of the column it is about; `None` is the whole row.
    pub column: Option<String>,
    /// A stable word for programs.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// In words.
    pub message: String,
    /// What to do.
    pub suggestion: Option<String>,
}

impl RowFinding {
    pub(crate) fn new(column: Option<Column>, code: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            column: column.map(|c| c.name().to_owned()),
            code: code.to_owned(),
            severity,
            message: message.into(),
            suggestion: None,
        }
    }

    pub(crate) fn error(column: Column, code: &str, message: impl Into<String>) -> Self {
        Self::new(Some(column), code, Severity::Error, message)
    }

    pub(crate) fn warning(column: Column, code: &str, message: impl Into<String>) -> Self {
        Self::new(Some(column), code, Severity::Warning, message)
    }

    pub(crate) fn suggest(self, what: impl Into<String>) -> Self {
        Self { suggestion: Some(what.into()), ..self }
    }

    /// A finding of the post's check. One that does not stand against a draft is a warning for it.
    pub(crate) fn of(finding: Finding, is_draft: bool) -> Self {
        let is_mild = is_draft && finding.is_error() && !finding.code.forbids_a_draft();
        Self {
            column: Column::of_field(finding.field).map(|c| c.name().to_owned()),
            code: finding.code.label().to_owned(),
            severity: if is_mild { Severity::Warning } else { finding.severity },
            message: finding.message,
            suggestion: finding.suggestion,
        }
    }

    /// Whether it stands against the row.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What a row would become, as the preview shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowSummary {
    /// The beginning of the text.
    pub excerpt: String,
    /// The accounts that were recognized.
    pub account_ids: Vec<AccountId>,
    /// The planned moment; `None` is a draft.
    pub scheduled_at: Option<Timestamp>,
    /// Files.
    pub media: usize,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// Nothing stands against it.
    Ready,
    /// Something does.
    Broken,
    /// It is a post already, of this file or of another.
    Imported(PostId),
}

impl RowState {
    /// A stable word for programs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Broken => "broken",
            Self::Imported(_) => "imported",
        }
    }
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// The line of the file in which it begins; the first is 1.
    pub line: u32,
    /// As it was written.
    pub cells: Vec<String>,
    /// What it would become.
    pub summary: RowSummary,
    /// What was found.
    pub findings: Vec<RowFinding>,
    /// Where it stands.
    pub state: RowState,
}

/// How many rows stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All rows that are kept.
    pub total: u32,
    /// Nothing stands against them.
    pub ready: u32,
    /// Of these, with a time.
    pub planned: u32,
    /// Of these, with a warning.
    pub warned: u32,
    /// Something stands against them.
    pub broken: u32,
    /// Posts already.
    pub imported: u32,
}

/// A file of posts: a preview, or the record of what was made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PostImport {
    /// Its id.
    pub id: PostImportId,
    /// The file's name.
    pub file_name: String,
    /// Its bytes.
    pub file_size: usize,
    /// What stands between its cells.
    pub separator: String,
    /// Its headings.
    pub headings: Vec<String>,
    /// The zone of local times.
    pub time_zone: String,
    /// Who uploaded it.
    pub created_by: Option<UserId>,
    /// Posts that were made; `None` while nobody decided.
    pub imported: Option<u32>,
    /// When they were made.
    pub applied_at: Option<Timestamp>,
    /// When the preview, or the rows left out, are deleted.
    pub expires_at: Timestamp,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// How many rows stand where.
    pub counts: RowCounts,
}

impl PostImport {
    /// Headings that mean nothing to an import.
    pub fn ignored_headings(&self) -> Vec<&str> {
        let unknown = |h: &&String| !h.trim().is_empty() && Column::of_heading(h).is_none();
        self.headings.iter().filter(unknown).map(String::as_str).collect()
    }
}

/// What is to be done with a preview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportWish {
    /// Leave broken rows out; without it a file with one is not imported.
    pub skip_broken: bool,
    /// Make drafts of all rows, whatever time they name.
    pub as_drafts: bool,
    /// Whether who asks may plan posts.
    pub may_plan: bool,
}

/// What an import made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Posts that were made.
    pub imported: u32,
    /// Rows that were posts before.
    pub already: u32,
    /// Broken rows that were left out.
    pub left_out: u32,
}

/// A separator that was found, with the file's lines.
pub(crate) struct FileLines {
    pub separator: Separator,
    pub headings: Vec<String>,
    pub rows: Vec<crate::sheet::Line>,
    /// The line in which a quotation begins that never ends.
    pub open_quote: Option<u32>,
}
