//! What an import is made of.

use rookery_accounts::AccountsError;
use rookery_kernel::{AccountId, Date, MetricImportId, Timestamp, Zone};
use rookery_sheet::{DateOrder, NotText, NumberStyle};
use serde::{Deserialize, Serialize};

use super::columns::{Field, Source};
use crate::content::ContentFormat;
use crate::daily::MetricBasis;
use crate::kpi::Numbers;

/// Most rows of one file.
pub const METRIC_IMPORT_ROWS_MAX: usize = 200_000;
/// Most bytes of one file: so many rows with long texts.
pub const METRIC_IMPORT_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Previews of one organization that wait for a decision.
pub const METRIC_IMPORTS_OPEN_MAX: i64 = 10;

/// Why a file as a whole is no export of numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than are taken.
    #[error("The file has {bytes} bytes; at most {METRIC_IMPORT_BYTES_MAX} are read at once. Export a shorter range.")]
    TooLarge {
        /// What it has.
        bytes: usize,
    },
    /// No text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// Nothing in it.
    #[error("The file is empty.")]
    Empty,
    /// One column.
    #[error("The file is no table: no line with several headings was found. It begins: {found}")]
    NoTable {
        /// What stands there.
        found: String,
    },
    /// Headings and nothing below.
    #[error("The file has headings and no row below them.")]
    NoRows,
    /// More rows than are taken.
    #[error("The file has more than {METRIC_IMPORT_ROWS_MAX} rows. Export a shorter range.")]
    TooManyRows,
    /// Everything after it would be one cell.
    #[error("In line {0} a quotation begins that never ends. The file is probably cut off; export it again.")]
    OpenQuote(u32),
}

/// Which column is what, and how its cells are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// For each heading what it holds; `None` is not read.
    pub fields: Vec<Option<Field>>,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// What `03/04/2026` means.
    pub dates: DateOrder,
    /// What the numbers of a row with a day cover: that day alone, or everything up to its end.
    pub basis: MetricBasis,
    /// The day at whose end totals without a day were true.
    pub as_of: Date,
    /// The IANA name of the zone of times without an offset: the organization's at the upload.
    pub time_zone: String,
}

impl Mapping {
    /// The zone of times without an offset.
    pub fn zone(&self) -> Zone {
        self.time_zone.parse().unwrap_or_else(|_| Zone::utc())
    }

    /// Whether a file with these headings can be read by it.
    pub(super) fn check(&self, headings: usize, today: Date) -> Result<(), MappingError> {
        if self.fields.len() != headings {
            return Err(MappingError::Columns { headings, given: self.fields.len() });
        }
        let times = |field| self.fields.iter().filter(|f| **f == Some(field)).count();
        if let Some(twice) = Field::ALL.into_iter().find(|field| times(*field) > 1) {
            return Err(MappingError::Twice(twice.name()));
        }
        if times(Field::Id) + times(Field::Link) == 0 {
            return Err(MappingError::NoItem);
        }
        if !self.fields.iter().flatten().any(|field| field.is_number()) {
            return Err(MappingError::NoNumber);
        }
        if self.as_of >= today {
            return Err(MappingError::Future(self.as_of));
        }
        Ok(())
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.fields.iter().position(|f| *f == Some(field))
    }
}

/// A mapping that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not one choice for each heading.
    #[error("the file has {headings} columns, and {given} were mapped")]
    Columns {
        /// Of the file.
        headings: usize,
        /// Named.
        given: usize,
    },
    /// Two columns with one meaning.
    #[error("two columns are {0:?}; choose one of them")]
    Twice(&'static str),
    /// Nothing tells which item a row is about.
    #[error("no column names the item; choose its id or its address")]
    NoItem,
    /// No column holds a number.
    #[error("no column holds a number that can be stored; choose at least one")]
    NoNumber,
    /// Totals of a day that is not over.
    #[error("{0} is not over yet; totals stand under a day that is")]
    Future(Date),
}

/// Something found in a row. All of them stand against it but `no_item`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFinding {
    /// The heading of the column it is about; `None` is the whole row.
    pub column: Option<String>,
    /// A stable word for programs.
    pub code: String,
    /// In words.
    pub message: String,
}

/// What a row would store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedReading {
    /// The id of the item at the network.
    pub external_id: String,
    /// Whether the item is not known yet.
    pub is_new: bool,
    /// When it went out; of known items what is stored counts.
    pub published_at: Option<Timestamp>,
    /// Its text.
    pub caption: Option<String>,
    /// Its address.
    pub link: Option<String>,
    /// What kind of item.
    pub format: ContentFormat,
    /// Totals, or the day alone.
    pub basis: MetricBasis,
    /// The day the numbers stand under.
    pub date: Date,
    /// The numbers.
    #[serde(flatten, with = "numbers")]
    pub numbers: Numbers,
    /// Time watched.
    pub watch_time_ms: Option<i64>,
}

/// [`Numbers`] as they are kept in a row.
mod numbers {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::kpi::Numbers;

    #[derive(Deserialize)]
    struct Kept {
        reach: Option<i64>,
        impressions: Option<i64>,
        views: Option<i64>,
        reactions: Option<i64>,
        comments: Option<i64>,
        shares: Option<i64>,
        clicks: Option<i64>,
        saves: Option<i64>,
    }

    pub(super) fn serialize<S: Serializer>(numbers: &Numbers, serializer: S) -> Result<S::Ok, S::Error> {
        numbers.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Numbers, D::Error> {
        let k = Kept::deserialize(deserializer)?;
        Ok(Numbers {
            reach: k.reach,
            impressions: k.impressions,
            views: k.views,
            reactions: k.reactions,
            comments: k.comments,
            shares: k.shares,
            clicks: k.clicks,
            saves: k.saves,
        })
    }
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricRowState {
    /// Not examined yet.
    New,
    /// Nothing stands against it.
    Ready,
    /// Something does.
    Broken,
    /// It is about no item: the sum of all.
    Skipped,
    /// Stored.
    Applied,
}

impl MetricRowState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::New, Self::Ready, Self::Broken, Self::Skipped, Self::Applied];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Broken => "broken",
            Self::Skipped => "skipped",
            Self::Applied => "applied",
        }
    }

    /// The state of a word.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.label() == label)
    }
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// The line of the file in which it begins; the first is 1.
    pub line: u32,
    /// As it was written.
    pub cells: Vec<String>,
    /// Where it stands.
    pub state: MetricRowState,
    /// What it would store.
    pub reading: Option<PlannedReading>,
    /// What was found.
    pub findings: Vec<MetricFinding>,
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// Rows are examined.
    Reading,
    /// Somebody decides.
    Ready,
    /// Rows are stored.
    Applying,
    /// All that could be is stored.
    Applied,
}

impl ImportState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reading, Self::Ready, Self::Applying, Self::Applied];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Ready => "ready",
            Self::Applying => "applying",
            Self::Applied => "applied",
        }
    }

    /// The state of a word; an unknown one is not decided.
    pub(super) fn of_label(label: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.label() == label).unwrap_or(Self::Reading)
    }
}

/// How many rows stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows of the file.
    pub total: u32,
    /// Rows that the state is through with.
    pub done: u32,
    /// Nothing stands against them.
    pub ready: u32,
    /// Something does.
    pub broken: u32,
    /// About no item.
    pub skipped: u32,
    /// Items that were not known before.
    pub content: u32,
    /// Rows of numbers that were new or changed.
    pub written: u32,
}

/// An uploaded export of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricImport {
    /// Its id.
    pub id: MetricImportId,
    /// The file's name.
    pub file_name: String,
    /// Its bytes.
    pub file_size: usize,
    /// What stands between its cells.
    pub separator: String,
    /// Whose export it was taken for.
    pub source: Source,
    /// Its headings.
    pub headings: Vec<String>,
    /// Which column is what.
    pub mapping: Mapping,
    /// Whose numbers these are.
    pub account: Option<AccountId>,
    /// Where it stands.
    pub state: ImportState,
    /// How many rows stand where.
    pub counts: ImportCounts,
    /// The last line that was examined.
    pub(super) last_line: u32,
    /// When all was stored.
    pub applied_at: Option<Timestamp>,
    /// When a preview, or the rows of an import, are deleted.
    pub expires_at: Timestamp,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// An import failed.
#[derive(Debug, thiserror::Error)]
pub enum MetricImportError {
    /// The file as a whole cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mapping cannot be.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// No such import in this organization, or its time is over.
    #[error("there is no such import; a preview is kept for seven days")]
    NotFound,
    /// Too many previews wait.
    #[error("{METRIC_IMPORTS_OPEN_MAX} files wait for a decision already; store or cancel some of them first")]
    TooManyOpen,
    /// It was decided already, or is being read.
    #[error("the file is {0} now; wait until that is done")]
    NotNow(&'static str),
    /// It was stored.
    #[error("the file was stored already; upload it again to store it anew")]
    Decided,
    /// Nobody said whose numbers these are.
    #[error("choose the account whose numbers these are")]
    NoAccount,
    /// The account is not followed, or not of this network.
    #[error("this account is not followed, or of another network than the file")]
    WrongAccount,
    /// It holds broken rows, and nobody said to leave them out.
    #[error("{0} rows are broken; store the others without them, or change the mapping")]
    Broken(u32),
    /// Nothing could be stored.
    #[error("no row can be stored; look at the mapping")]
    NothingReady,
    /// The accounts could not be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}
