//! Snapshots: the numbers of our publications by hour, day, week and month, and of accounts by day.
//!
//! A snapshot is a bucket of time (UTC) with the totals as they stood at the last reading in it. Every reading goes into
//! the buckets of all sizes; by the hour only while a publication is read more often than daily. The same numbers again
//! write nothing, so that a publication nobody looks at any more costs a row a bucket and no more. Totals are never added
//! up: what a bucket brought is its difference to the one before (`analytics.publication_changes`).

mod best_times;
mod model;
mod ops;
pub(crate) mod store;

pub use best_times::BestTimesComputed;
pub(crate) use model::Taken;
pub use model::{LatestReading, SnapshotPoint};
