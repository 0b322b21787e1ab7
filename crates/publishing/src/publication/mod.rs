//! A post on one account: model, changes, statements, operations.

pub(crate) mod changes;
mod model;
mod ops;
mod queries;
mod repair;
pub(crate) mod store;

pub(crate) use model::NewPublication;
pub use model::{Event, NotAllowed, Publication, PublicationStatus, idempotency_key};
pub use queries::{PublicationFilter, PublicationSummary, SyncDue};
pub use repair::Republish;
