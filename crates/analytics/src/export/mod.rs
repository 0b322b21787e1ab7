//! Numbers of a range of days as tables to take along: an item a row, or a day a row.

mod model;
mod ops;
mod store;

pub use model::{Dataset, DatasetPage, DatasetPlace, DatasetWish};
