//! Tables as files. Pure: no I/O, no database.
//!
//! - `cells`: CSV as spreadsheets write it, and cells that none of them takes for a formula.
//! - `number` and `date`: what people and networks of any country write into cells.
//! - `table`: the same rows as CSV, JSON lines or Parquet, piece by piece.

mod cells;
mod date;
mod number;
mod table;

pub use cells::{
    Line, Lines, NotText, Separator, cell, decoded, defused, items, lines, open_quote, restored, text, write_line,
};
pub use date::{DateOrder, Moment, NoDate, date_order, moment};
pub use number::{NoNumber, NumberStyle, count, decimal, number_style};
pub use table::{Column, Format, Kind, TableError, Value, Writer};
