//! Which accounts are analysed, and how collecting from them goes.

mod model;
mod ops;
mod store;

pub use model::{TRACKED_MAX, Tracked, TrackingHealth};
pub use ops::TrackError;
pub(crate) use store::{Outlook, OutlookError, enabled_ids, find, list, record_outlook, unplanned};
