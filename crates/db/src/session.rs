//! What a connection begins with, and whether it kept that.

use std::sync::{Arc, LazyLock};

use rookery_kernel::{IdGen as _, SystemClock, SystemIds};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

use crate::error::Error;

/// How long a statement may run. The longest legitimate ones are rollups of a month.
const STATEMENT_TIMEOUT: &str = "60s";
/// How long to wait for a lock before giving up with a retryable error.
const LOCK_TIMEOUT: &str = "10s";
/// A transaction of ours never waits for the outside world, so an idle one is a bug.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "60s";
/// A word of this process. What a client begins with cannot be kept apart by a pooler that lends the server's connections by
/// turns: it drops it. A word that nobody else knows cannot stand there for another reason.
static OURS: LazyLock<String> = LazyLock::new(|| SystemIds::new(Arc::new(SystemClock)).uuid().to_string());

/// An endpoint with what each of our connections begins with.
pub(crate) fn begun_with(endpoint: &PgConnectOptions) -> PgConnectOptions {
    endpoint.clone().options([
        // Every name in our statements carries its schema; nothing is looked up in `public`.
        ("search_path", "pg_catalog"),
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("lock_timeout", LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        ("app.session", &OURS),
    ])
}

/// Connects, and looks whether the connection is ours alone.
///
/// # Errors
/// [`Error::SharedConnections`] if a pooler stands between.
pub(crate) async fn connect(begun: &PgConnectOptions) -> Result<PgConnection, Error> {
    let mut connection = begun.connect().await.map_err(|error| match error.as_database_error() {
        // PgBouncer's words, unless it is told to ignore them.
        Some(told) if told.message().contains("startup parameter") => Error::SharedConnections,
        _ => error.into(),
    })?;
    check_own(&mut connection).await?;
    Ok(connection)
}

/// Behind a pooler that lends connections a connection could see the rows of the organization that another was told.
pub(crate) async fn check_own(connection: &mut PgConnection) -> Result<(), Error> {
    // As a plain text: what is prepared may be another's there, too.
    let row = connection.fetch_one(sqlx::raw_sql("select current_setting('app.session', true)")).await?;
    let kept: Option<String> = row.try_get(0)?;
    if kept.as_deref() == Some(OURS.as_str()) { Ok(()) } else { Err(Error::SharedConnections) }
}

/// Whether the server is starting, or has no connection to spare just now.
pub(crate) fn may_pass(error: &Error) -> bool {
    match error {
        Error::Unavailable(sqlx::Error::Io(error)) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        // cannot_connect_now, too_many_connections
        error => matches!(error.sqlstate().as_deref(), Some("57P03" | "53300")),
    }
}
