//! The three roles of the tenancy rules.

/// Owns every table, logs in never; migrations become it.
pub const OWNER: &str = "rookery_owner";
/// Requests of people and programs.
pub const API: &str = "rookery_api";
/// Background work.
pub const WORKER: &str = "rookery_worker";
