//! Numbers by day: of items and of accounts.

mod account_store;
mod model;
mod ops;
mod store;
mod writer;

pub(crate) use account_store::upsert_account;
pub(crate) use model::{AccountReading, COUNT_MAX, Reading, clean_json};
pub use model::{DailyReading, MetricBasis};
pub(crate) use store::{ROWS_MAX, Row, lock, plan_for_growth};
pub(crate) use writer::Writer;
