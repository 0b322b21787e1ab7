//! The JSON API in process, against a real PostgreSQL and simulated networks.

mod accounts;
mod audit;
mod bad_input;
mod bulk;
mod calendar;
mod client;
mod collecting;
mod compose;
mod delivery;
mod document;
mod house;
mod idempotency;
mod insights;
mod media;
mod metric_imports;
mod numbers;
mod posts;
mod receipts;
mod recurring;
mod reports;
mod reviews;
mod rights;
mod session;
mod tags;
