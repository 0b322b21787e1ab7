//! Connections that only read, and remember for which organization they were told to.
//!
//! A figure is one statement with a view of the data of its own, so a transaction around it protects nothing and costs two
//! messages beside the one that asks. A connection is told its organization when it is handed out for another one than
//! before; row-level security does the rest, as in a transaction.
//!
//! What holds for one organization on such a connection holds until it is told otherwise. Therefore nothing may stand
//! between it and its server that gives the server's connections to several clients by turns: see `check_own` in `pool.rs`.

use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts};
use rookery_kernel::OrganizationId;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::error::Error;

/// A connection that was handed out this lately is not asked whether it lives. A server needs longer to start again, so
/// what it leaves behind is found here and not by the next statement.
const TRUSTED: Duration = Duration::from_millis(100);
/// How long a connection may take to answer; one whose last statement was given up answers when that has ended.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// What a server's process remembers of tables and plans grows with its age.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// The connections that only read.
#[derive(Debug)]
pub(crate) struct Readers {
    pool: managed::Pool<Opener>,
}

impl Readers {
    /// At most `size` connections; who finds none free waits for `wait`.
    pub fn new(options: PgConnectOptions, size: u32, wait: Duration) -> Self {
        let pool = managed::Pool::builder(Opener { options })
            .max_size(usize::try_from(size).unwrap_or(usize::MAX))
            // The last one used has most likely been told the organization that is asked for.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(wait))
            .create_timeout(Some(wait))
            .recycle_timeout(Some(ANSWER_WITHIN))
            .build()
            .expect("time limits have a run time");
        Self { pool }
    }

    /// A connection that sees the rows of this organization only.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if none can be had.
    pub async fn take(&self, organization: OrganizationId) -> Result<Reader, Error> {
        let times = self.pool.timeouts();
        let mut tries = self.pool.status().size + 1;
        loop {
            let mut reader = self.any_within(&times).await?;
            match reader.turn_to(organization).await {
                Ok(()) => return Ok(reader),
                // It was lost within the time that it is trusted for.
                Err(error) if error.is_unavailable() && tries > 1 => tries -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// A connection for whoever it was told to see the rows of, if anybody's.
    async fn any_within(&self, times: &Timeouts) -> Result<Reader, Error> {
        let mut object = self.pool.timeout_get(times).await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })?;
        object.is_at_rest = false;
        Ok(Reader { object: Box::new(object) })
    }

    /// Nothing more is handed out, and the connections that rest take their leave.
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

#[derive(Debug)]
struct Opener {
    options: PgConnectOptions,
}

impl managed::Manager for Opener {
    type Type = Session;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Session, sqlx::Error> {
        // Boxed, since whoever asks for a connection holds the place for what happens on the way to a new one.
        let connection = Box::pin(self.options.connect()).await?;
        Ok(Session { connection, organization: None, is_at_rest: true })
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > LIFETIME {
            return Err(RecycleError::message("served long enough"));
        }
        if !session.is_at_rest || metrics.last_used() > TRUSTED {
            session.connection.ping().await?;
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
        let readers = Readers::new(db.endpoints().api.clone(), 1, Duration::from_secs(10));
        let held = readers.take(organization).await.expect("one is free");
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..readers.pool.timeouts() };
        let error = readers.any_within(&at_once).await.expect_err("there is one connection");
        assert!(error.is_unavailable(), "{error:?}");
        held.end();
        readers.take(organization).await.expect("it is free again").end();
    }
}
