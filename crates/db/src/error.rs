//! What can go wrong between us and PostgreSQL, sorted by what a caller can do about it.

use std::borrow::Cow;
use std::fmt;

use sqlx::postgres::PgDatabaseError;

/// A failed statement, connection or transaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, is starting or stopping, or has no connection to spare.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// A constraint said no; operations turn this into an error of the domain.
    #[error(transparent)]
    Constraint(ConstraintViolation),
    /// Anything else: a statement that is wrong, a right that is missing, a conflict with another transaction.
    #[error("a database statement failed")]
    Other(#[source] sqlx::Error),
    /// A login role could step around row-level security, so nothing is started with it.
    #[error("the database role {role:?} {problem}; Rookery only works with roles that row-level security binds")]
    UnsafeRole {
        /// The role that the connection works as.
        role: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// What a connection was begun with did not arrive, as behind a pooler that lends a server's connections by turns.
    #[error(
        "the database's connections do not keep the settings that they begin with, as behind a connection pooler; \
         Rookery needs connections of its own: name PostgreSQL itself in DATABASE_URL"
    )]
    SharedConnections,
}

/// Which rule a row broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Primary or unique key.
    Unique,
    /// A reference to a row that does not exist, or a row that is still referred to.
    ForeignKey,
    /// A `CHECK`.
    Check,
    /// A column that must have a value.
    NotNull,
    /// An exclusion constraint.
    Exclusion,
}

/// A broken constraint by name.
#[derive(Debug, thiserror::Error)]
#[error("{} constraint {name:?} is violated", kind_word(*.kind))]
pub struct ConstraintViolation {
    /// Which rule.
    pub kind: ConstraintKind,
    /// The constraint's name without the shard suffix of a distributed PostgreSQL; for `NotNull` the column's name.
    pub name: String,
    /// The table (or partition, or shard) as the server names it.
    pub table: Option<String>,
    /// What the driver said.
    #[source]
    pub source: sqlx::Error,
}

const fn kind_word(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::Unique => "unique",
        ConstraintKind::ForeignKey => "foreign key",
        ConstraintKind::Check => "check",
        ConstraintKind::NotNull => "not-null",
        ConstraintKind::Exclusion => "exclusion",
    }
}

impl Error {
    /// The name of the broken constraint, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint(violation) => Some(&violation.name),
            _ => None,
        }
    }

    /// Whether the database could not be reached at all.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the same transaction may succeed if it is simply run again.
    pub fn is_retryable(&self) -> bool {
        // serialization_failure, deadlock_detected, lock_not_available
        self.is_unavailable() || matches!(self.sqlstate().as_deref(), Some("40001" | "40P01" | "55P03"))
    }

    /// The SQLSTATE, if the server sent one.
    pub fn sqlstate(&self) -> Option<String> {
        let source = match self {
            Self::Unavailable(source) | Self::Other(source) => source,
            Self::Constraint(violation) => &violation.source,
            Self::UnsafeRole { .. } | Self::SharedConnections => return None,
        };
        source.as_database_error()?.code().map(Cow::into_owned)
    }
}

impl From<ConstraintViolation> for Error {
    fn from(violation: ConstraintViolation) -> Self {
        Self::Constraint(violation)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => Self::Unavailable(error),
            E::Database(from_server) => {
                let code = from_server.code().map(Cow::into_owned).unwrap_or_default();
                if is_unavailable(&code) {
                    return Self::Unavailable(error);
                }
                match from_server.try_downcast_ref::<PgDatabaseError>().and_then(|e| violation(&code, e)) {
                    Some((kind, name, table)) => {
                        Self::Constraint(ConstraintViolation { kind, name, table, source: error })
                    }
                    None => Self::Other(error),
                }
            }
            _ => Self::Other(error),
        }
    }
}

fn is_unavailable(sqlstate: &str) -> bool {
    // connection_exception; the server is shutting down, crashed or starting; too_many_connections
    sqlstate.starts_with("08") || matches!(sqlstate, "57P01" | "57P02" | "57P03" | "53300")
}

fn violation(sqlstate: &str, error: &PgDatabaseError) -> Option<(ConstraintKind, String, Option<String>)> {
    let kind = match sqlstate {
        "23505" => ConstraintKind::Unique,
        // foreign_key_violation, and restrict_violation of ON DELETE RESTRICT
        "23503" | "23001" => ConstraintKind::ForeignKey,
        "23514" => ConstraintKind::Check,
        "23502" => ConstraintKind::NotNull,
        "23P01" => ConstraintKind::Exclusion,
        _ => return None,
    };
    let name = match kind {
        ConstraintKind::NotNull => error.column(),
        _ => error.constraint(),
    };
    // A distributed PostgreSQL hands on the shard's message, sometimes without its fields.
    let name = name.or_else(|| quoted_name(error.message())).unwrap_or_default();
    Some((kind, without_partition(without_shard(name)), error.table().map(str::to_owned)))
}

/// The constraint's name in a message: after the word `constraint`, else the first quoted name.
fn quoted_name(message: &str) -> Option<&str> {
    let after = message.split_once("constraint \"").map(|(_, rest)| rest);
    after.or_else(|| message.split_once('"').map(|(_, rest)| rest))?.split('"').next()
}

/// `daily_metrics_2026_03_pkey` and `daily_metrics_default_pkey` are `daily_metrics_pkey`: the indexes of a partition bear
/// its name, and the rule is the table's.
fn without_partition(name: &str) -> String {
    let is_month = |part: &str| {
        part.len() == 7 && part.bytes().enumerate().all(|(n, b)| if n == 4 { b == b'_' } else { b.is_ascii_digit() })
    };
    let marks = name.match_indices('_').map(|(at, _)| at);
    for at in marks {
        let rest = &name[at + 1..];
        if let Some(tail) = rest.strip_prefix("default_") {
            return format!("{}_{tail}", &name[..at]);
        }
        if let (Some(month), Some(tail)) = (rest.get(..7), rest.get(7..).and_then(|tail| tail.strip_prefix('_')))
            && is_month(month)
        {
            return format!("{}_{tail}", &name[..at]);
        }
    }
    name.to_owned()
}

/// Cuts the shard number `_102008` off. Our own names never end so (the catalog test sees to it).
fn without_shard(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((head, tail)) if !head.is_empty() && !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => name,
    }
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind_word(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_suffixes_are_cut_and_other_names_kept() {
        assert_eq!(without_shard("posts_pkey_102008"), "posts_pkey");
        assert_eq!(without_shard("posts_pkey_123"), "posts_pkey");
        assert_eq!(without_shard("posts_pkey"), "posts_pkey");
        assert_eq!(without_shard("daily_metrics_2026_03_pkey"), "daily_metrics_2026_03_pkey");
        assert_eq!(without_shard("_12"), "_12");
    }

    #[test]
    fn a_partitions_rule_is_the_tables() {
        assert_eq!(without_partition("daily_metrics_2026_03_pkey"), "daily_metrics_pkey");
        assert_eq!(without_partition("daily_metrics_default_pkey"), "daily_metrics_pkey");
        assert_eq!(without_partition("posts_pkey"), "posts_pkey");
        assert_eq!(without_partition("plan_2026_3_pkey"), "plan_2026_3_pkey");
        assert_eq!(without_partition("größe_2026_03_key"), "größe_key");
    }

    #[test]
    fn the_name_is_found_in_the_message() {
        let unique = "duplicate key value violates unique constraint \"users_email_key_102010\"";
        assert_eq!(quoted_name(unique), Some("users_email_key_102010"));
        let foreign =
            "insert or update on table \"posts_102008\" violates foreign key constraint \"posts_account_fk_102008\"";
        assert_eq!(quoted_name(foreign), Some("posts_account_fk_102008"));
        assert_eq!(quoted_name("null value in column \"name\" violates not-null constraint"), Some("name"));
        assert_eq!(quoted_name("no name at all"), None);
    }

    #[test]
    fn lost_connections_are_unavailable_and_retryable() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert!(error.is_unavailable() && error.is_retryable());
        let error = Error::from(sqlx::Error::RowNotFound);
        assert!(!error.is_unavailable() && !error.is_retryable() && error.constraint().is_none());
        assert!(is_unavailable("57P03") && is_unavailable("08006") && !is_unavailable("57014"));
    }
}
