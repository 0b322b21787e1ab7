//! Audit log and idempotent requests.
