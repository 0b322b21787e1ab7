//! Numbers from before Rookery: the networks' own exports, looked at row by row, mapped, kept until somebody decides, and
//! then stored by the rules of collected numbers. Storing a file again changes no row.
//!
//! A file is examined and stored a thousand rows at a time, each in a transaction that says how far it is: a large file is
//! a job that goes on where it was stopped, and a small one is done before the page is shown.

mod columns;
mod examine;
mod file;
mod jobs;
mod model;
mod ops;
mod store;

pub use columns::{Field, Source};
pub use jobs::{ApplyMetricImport, ExamineMetricImport, ExpireMetricImport};
pub use model::{
    FileError, ImportCounts, ImportState, METRIC_IMPORT_BYTES_MAX, METRIC_IMPORT_ROWS_MAX, METRIC_IMPORTS_OPEN_MAX,
    Mapping, MappingError, MetricFinding, MetricImport, MetricImportError, MetricRow, MetricRowState, PlannedReading,
};
