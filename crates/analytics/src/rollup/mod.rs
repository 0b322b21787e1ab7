//! What is summed before anybody asks: by format, group and tag, by month, and the totals of each content.
//!
//! Who changes something leaves a mark in the same transaction; a job computes what the marks name, once for an
//! organization and day, after its fetches. Marks are only added and taken away, never changed: no writer waits for the job.

mod marks;

pub(crate) use marks::{mark_all, mark_content, mark_groups, mark_tags};
