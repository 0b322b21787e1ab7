//! Connections that only read, and remember for which organization they were told to.
//!
//! A figure is one statement with a view of the data of its own, so a transaction around it protects nothing and costs two
//! messages beside the one that asks. A connection is told its organization when it is handed out for another one than
//! before; row-level security does the rest, as in a transaction.
//!
//! What holds for one organization on such a connection holds until it is told otherwise. Therefore nothing may stand
//! between it and its server that gives the server's connections to several clients by turns: see `session.rs`.

use std::fmt;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult};
use rookery_kernel::OrganizationId;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::time::{sleep, timeout};

use crate::error::Error;
use crate::session;

/// A connection that was handed out this lately is not asked whether it lives. A server needs longer to start again, so
/// what that leaves behind is found here; only a connection that is ended by itself can be lost to the next statement.
const TRUSTED: Duration = Duration::from_millis(100);
/// A connection that rested for so long is not asked any more: something on the way may have forgotten it silently.
const FORGOTTEN: Duration = Duration::from_secs(300);
/// How long a connection may take to answer; one whose last statement was given up answers when that has ended.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// Between two tries to connect to a server that is starting.
const RETRY_AFTER: Duration = Duration::from_millis(50);
/// What a server's process remembers of tables and plans grows with its age.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// The connections that only read.
#[derive(Debug)]
pub(crate) struct Readers {
    pool: managed::Pool<Opener>,
    wait: Duration,
}

impl Readers {
    /// At most `size` connections; who has none after `wait` is told so.
    pub fn new(options: PgConnectOptions, size: u32, wait: Duration) -> Self {
        let pool = managed::Pool::builder(Opener { options })
            .max_size(usize::try_from(size).unwrap_or(usize::MAX))
            // The last one used has most likely been told the organization that is asked for.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .recycle_timeout(Some(ANSWER_WITHIN))
            .build()
            .expect("time limits have a run time");
        Self { pool, wait }
    }

    /// A connection that sees the rows of this organization only.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if none can be had.
    pub async fn take(&self, organization: OrganizationId) -> Result<Reader, Error> {
        timeout(self.wait, self.told(organization)).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))
    }

    async fn told(&self, organization: OrganizationId) -> Result<Reader, Error> {
        let mut tries = self.pool.status().size + 1;
        loop {
            let mut reader = self.any().await?;
            match reader.turn_to(organization).await {
                Ok(()) => return Ok(reader),
                // It was lost within the time that it is trusted for.
                Err(error) if error.is_unavailable() && tries > 1 => tries -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// A connection for whoever it was told to see the rows of, if anybody's.
    async fn any(&self) -> Result<Reader, Error> {
        let mut object = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed.into(),
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut.into()
            }
        })?;
        object.is_at_rest = false;
        Ok(Reader { object: Box::new(object) })
    }

    /// Nothing more is handed out. The connections that rest take their leave, those in use end with their work.
    pub async fn close(&self) {
        let resting = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for session in resting {
            if let Err(error) = session.connection.close().await {
                tracing::debug!(%error, "a connection was lost before it was closed");
            }
        }
    }
}

/// A connection in use. Dropped without [`Reader::end`], it is asked whether it lives before it is used again.
#[derive(Debug)]
pub(crate) struct Reader {
    // Boxed, since every function that reads or writes for an organization holds the place for one.
    object: Box<Object<Opener>>,
}

impl Reader {
    /// The connection, for statements that read.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.object.connection
    }

    /// From here on it sees the rows of this organization only.
    pub async fn turn_to(&mut self, organization: OrganizationId) -> Result<(), Error> {
        let session = &mut *self.object;
        if session.organization == Some(organization) {
            return Ok(());
        }
        // Given up half-way, nobody knows whose rows it sees.
        session.organization = None;
        let sql = format!("set app.organization_id = '{organization}'");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session.connection).await?;
        session.organization = Some(organization);
        Ok(())
    }

    /// Every statement has its answer.
    pub fn end(mut self) {
        self.object.is_at_rest = true;
    }
}

#[derive(Debug)]
struct Session {
    connection: PgConnection,
    /// Whose rows it sees; nobody's at first.
    organization: Option<OrganizationId>,
    /// Whether nothing was given up half-way: an error, or somebody who waited no longer, leave this at `false`.
    is_at_rest: bool,
}

struct Opener {
    options: PgConnectOptions,
}

impl fmt::Debug for Opener {
    /// Without the options, which hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl managed::Manager for Opener {
    type Type = Session;
    type Error = Error;

    /// As the driver's own pool: a server that is starting, or has no connection to spare, is asked again.
    async fn create(&self) -> Result<Session, Error> {
        loop {
            // Boxed, since whoever asks for a connection holds the place for what happens on the way to a new one.
            match Box::pin(session::connect(&self.options)).await {
                Ok(connection) => return Ok(Session { connection, organization: None, is_at_rest: true }),
                Err(error) if session::may_pass(&error) => sleep(RETRY_AFTER).await,
                Err(error) => return Err(error),
            }
        }
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<Error> {
        if metrics.age() > LIFETIME || metrics.last_used() > FORGOTTEN {
            return Err(RecycleError::message("served long enough"));
        }
        if !session.is_at_rest || metrics.last_used() > TRUSTED {
            session.connection.ping().await.map_err(Error::from)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::IdGen as _;
    use rookery_testkit::{TestDb, ids};

    use super::*;

    #[tokio::test]
    async fn who_finds_no_connection_free_is_told_and_the_next_has_one() {
        let db = TestDb::new().await;
        let organization = OrganizationId::from_uuid(ids().uuid());
        let mut readers = Readers::new(session::begun_with(&db.endpoints().api), 1, Duration::from_secs(10));
        let held = readers.take(organization).await.expect("one is free");
        let patience = std::mem::replace(&mut readers.wait, Duration::ZERO);
        let error = readers.take(organization).await.expect_err("there is one connection");
        assert!(error.is_unavailable(), "{error:?}");
        readers.wait = patience;
        held.end();
        readers.take(organization).await.expect("it is free again").end();
    }
}
