//! Importing posts from a CSV file: a preview with what was found in every row, kept until somebody decides, and then
//! all good rows in one transaction. The same line of the same file, or a row that says the same as one that was
//! imported, never becomes a second post.

mod columns;
mod jobs;
mod model;
mod ops;
mod parse;
mod store;

pub use columns::Column;
pub use jobs::ExpireImport;
pub use model::{
    FileError, IMPORT_BYTES_MAX, IMPORT_ROWS_MAX, IMPORTS_OPEN_MAX, ImportOutcome, ImportRow, ImportWish, PostImport,
    RowCounts, RowFinding, RowState, RowSummary,
};
pub use ops::ImportError;

use crate::sheet;

/// A file to begin with: the headings, and a row for each of these accounts (`network:handle`), or for one that is
/// made up.
pub fn template(accounts: &[String], date: rookery_kernel::Date) -> String {
    let invented = ["mastodon:your_handle".to_owned()];
    let accounts = if accounts.is_empty() { &invented } else { accounts };
    let mut csv = format!("\u{feff}{}", sheet::write_line(Column::ALL.map(Column::name)));
    for (n, account) in accounts.iter().enumerate() {
        let cells = Column::ALL.map(|column| match column {
            Column::Content => format!("Replace this text, row {}", n + 1),
            Column::Accounts => account.clone(),
            Column::ScheduledAt => format!("{date} 09:{:02}", (n * 10).min(50)),
            Column::Labels => "example".to_owned(),
            _ => String::new(),
        });
        csv.push_str(&sheet::write_line(cells));
    }
    csv
}
