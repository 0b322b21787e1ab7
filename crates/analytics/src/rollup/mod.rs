//! What is summed before anybody asks: by format, group and tag, by month, over the periods that are asked for most, and the
//! totals of each content.
//!
//! Who changes something leaves a mark in the same transaction; a job computes what the marks name, once for an
//! organization and day, after its fetches. Marks are only added and taken away, never changed: no writer waits for the
//! job, and a job that is killed leaves its marks. A rebuild computes everything and has the same result.

mod job;
mod marks_store;
mod ops;
mod periods_store;
mod store;

pub use job::RollUp;
pub(crate) use marks_store::{mark_all, mark_content, mark_groups, mark_tags};
pub use ops::RolledUp;
pub(crate) use ops::TOP_PLACES;
