//! PostgreSQL: pools, the organization transaction, the embedded server, migrations.
//!
//! There are two doors. [`Db::org`] gives an [`OrgTx`], a transaction that sees one organization's rows ([`Db::reading`]
//! one that only reads); [`Db::system`] gives a [`SystemTx`] for what belongs to no tenant. The roles behind both own nothing and
//! cannot bypass row-level security, which [`Db::connect`] verifies.

pub mod catalog;
pub mod embedded;
mod error;
mod export;
pub mod migrate;
mod org;
mod pool;
mod reader;
pub mod roles;
pub mod seed;
mod session;

pub use error::{ConstraintKind, ConstraintViolation, Error};
pub use export::{ExportRow, ExportTable};
pub use org::{OrgTx, SystemTx};
pub use pool::{Db, Endpoints, PoolSizes};
