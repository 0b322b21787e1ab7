//! Numbers by day: of items and of accounts.

mod account_store;
mod model;
mod store;

pub(crate) use account_store::upsert_account;
pub use model::MetricBasis;
pub(crate) use model::{AccountReading, Reading, clean_json};
pub(crate) use store::{ROWS_MAX, Stand, upsert};
