//! What happened here and may be asked about later: the audit log, the memory of requests that must not
//! happen twice, the months that the log is kept in, and what becomes of rows past their time.
//!
//! Invariants
//! - An audit row is written in the transaction that it tells about: both last, or neither.
//! - A secret never enters the log; its column appears as `"changed"` ([`audit::Changes`]), and what looks like
//!   a secret column is blanked once more before it is stored.
//! - The log is only added to. No role of the running system may change or delete a row.
//! - A key of an idempotent request means one request for 24 hours ([`idempotency`]).
//! - A row past its time leaves only after its archive was read back ([`archive`]).
//!
//! This crate does not know jobs: the binary puts [`partitions::ensure`], [`idempotency::purge`] and
//! [`archive::Archives::run`] on its timetable.

pub mod archive;
pub mod audit;
pub mod idempotency;
pub mod partitions;
pub mod retention;
pub mod table;
