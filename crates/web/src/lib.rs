//! The JSON API under `/api/v1`, the pages under `/`, and the health endpoints. The only crate
//! that serves HTTP: handlers extract, authorize, act and answer; rules live in the contexts.
//!
//! - Every handler names a right in its signature ([`extract::May`]); without one it gets no scope.
//! - Errors are `application/problem+json` for programs and a sentence with a way out for people.
//! - Another organization's thing is 404.

pub mod api;
mod app;
mod csv;
mod exports;
pub mod extract;
mod files;
mod health;
mod insights;
mod lens;
mod limit;
mod problem;
mod router;
pub mod ui;

pub use app::{App, AppParts, Readiness};
pub use exports::tables as export_tables;
pub use problem::{FieldError, Problem};
pub use router::router;
