//! Items seen on tracked accounts, ours or not.

mod model;
mod ops;
mod store;

pub use model::{ContentFilter, ContentFormat, ContentRow};
pub(crate) use model::{Deduplicator, Seen};
pub use store::EXPORTS;
pub(crate) use store::{DueFor, due, mark_gone, our_posts, published_between, upsert};
