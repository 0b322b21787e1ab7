//! The pools and the two doors into the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rookery_kernel::{Actor, Scope};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tracing::instrument;

use crate::error::Error;
use crate::org::{OrgTx, SystemTx};
use crate::reader::Readers;
use crate::roles::{API, WORKER};
use crate::session;

/// How long a statement of a figure may run. What was given up runs to its end beside the connections that are in use.
const READING_TIMEOUT: &str = "10s";
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that rested longer than this is tried before it is handed out.
const TRUSTED_IDLE: Duration = Duration::from_secs(2);

/// Where to connect as whom. The owner migrates, the other two work.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// May become `rookery_owner`; used by migrations only.
    pub owner: PgConnectOptions,
    /// Works as `rookery_api`.
    pub api: PgConnectOptions,
    /// Works as `rookery_worker`.
    pub worker: PgConnectOptions,
}

impl Endpoints {
    /// Endpoints for one login that is a member of all three roles (the `DATABASE_URL` way):
    /// each connection takes its role on at its start.
    ///
    /// # Errors
    /// [`Error::Other`] if the text is no PostgreSQL URL.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        // The driver's own reader takes any scheme.
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(sqlx::Error::Configuration("the address does not begin with postgres://".into()).into());
        }
        let base: PgConnectOptions = url.parse()?;
        Ok(Self::from_login(&base))
    }

    /// As [`Endpoints::from_url`], from parsed options.
    pub fn from_login(base: &PgConnectOptions) -> Self {
        let named = |suffix: &str| base.clone().application_name(&format!("rookery-{suffix}"));
        let with_role = |role: &str, suffix: &str| {
            if base.get_username() == role { named(suffix) } else { named(suffix).options([("role", role)]) }
        };
        Self { owner: named("owner"), api: with_role(API, "api"), worker: with_role(WORKER, "worker") }
    }

    /// The same endpoints on another database of the same server.
    #[must_use]
    pub fn database(&self, name: &str) -> Self {
        let on = |options: &PgConnectOptions| options.clone().database(name);
        Self { owner: on(&self.owner), api: on(&self.api), worker: on(&self.worker) }
    }
}

/// How many connections each kind of work may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSizes {
    /// Requests of people and programs.
    pub api: u32,
    /// Background work.
    pub worker: u32,
    /// Kept free for publishing, so that other work can never use it up.
    pub publishing: u32,
    /// Figures for pages.
    pub reading: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { api: 10, worker: 10, publishing: 4, reading: 10 }
    }
}

#[derive(Debug)]
struct Pools {
    api: PgPool,
    worker: PgPool,
    publishing: PgPool,
    reading: Readers,
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Arc<Pools>,
    reserved: bool,
}

impl Db {
    /// Opens the pools (connections are made when needed) and checks that row-level security binds both roles and that
    /// connections are ours alone.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server does not answer, [`Error::UnsafeRole`] if a role could bypass
    /// row-level security, [`Error::SharedConnections`] if a pooler stands between.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn connect(endpoints: &Endpoints, sizes: PoolSizes) -> Result<Self, Error> {
        let pools = Pools {
            api: pool(&endpoints.api, sizes.api),
            worker: pool(&endpoints.worker, sizes.worker),
            publishing: pool(&endpoints.worker, sizes.publishing),
            reading: Readers::new(for_reading(&session::begun_with(&endpoints.api)), sizes.reading, ACQUIRE_TIMEOUT),
        };
        for pool in [&pools.api, &pools.worker] {
            let mut connection = pool.acquire().await?;
            // First, since a pooler drops the role as well.
            session::check_own(&mut connection).await?;
            check_role(&mut connection).await?;
        }
        Ok(Self { pools: Arc::new(pools), reserved: false })
    }

    /// A transaction for one organization: it sees and writes that organization's rows only.
    /// People's and programs' work runs as `rookery_api`, jobs' as `rookery_worker`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no connection can be had.
    pub async fn org(&self, scope: &Scope) -> Result<OrgTx, Error> {
        OrgTx::begin(self.pool_for(scope), scope).await
    }

    /// For one organization, only to read, as `rookery_api`, by plans that a connection makes once and keeps for every
    /// organization and range: for statements that are right the same way however much there is. Nothing can be written,
    /// and each statement sees what is there when it begins, as in any transaction here; none is begun, so an answer costs
    /// one message. End it ([`OrgTx::commit`]) when every answer is there: otherwise its connection is asked whether it
    /// lives before it serves again.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no connection can be had.
    pub async fn reading(&self, scope: &Scope) -> Result<OrgTx, Error> {
        OrgTx::reading(&self.pools.reading, scope).await
    }

    fn pool_for(&self, scope: &Scope) -> &PgPool {
        match scope.actor {
            _ if self.reserved => &self.pools.publishing,
            Actor::User(_) | Actor::ApiKey(_) | Actor::Guest => &self.pools.api,
            Actor::Worker | Actor::System => &self.pools.worker,
        }
    }

    /// A transaction without an organization: tables of people, sessions, directories and jobs; it sees no
    /// tenant's rows. `why` says what for, in the logs and to the reader.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no connection can be had.
    pub async fn system(&self, why: &'static str) -> Result<SystemTx, Error> {
        SystemTx::begin(self.worker_pool(), why).await
    }

    /// The same database through the connections that are kept for publishing.
    #[must_use]
    pub fn reserved_for_publishing(&self) -> Self {
        Self { pools: Arc::clone(&self.pools), reserved: true }
    }

    /// Opens and ends a transaction; how long it took.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server does not answer.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let start = Instant::now();
        let mut tx = SystemTx::begin(&self.pools.api, "ping").await?;
        sqlx::query_scalar::<_, i32>("select 1").fetch_one(tx.conn()).await?;
        tx.commit().await?;
        Ok(start.elapsed())
    }

    /// The background pool, for the queue's own single-statement work.
    pub fn worker_pool(&self) -> &PgPool {
        if self.reserved { &self.pools.publishing } else { &self.pools.worker }
    }

    /// Closes all connections, after the work on them has ended (but for those that only read, which end with theirs).
    pub async fn close(&self) {
        self.pools.api.close().await;
        self.pools.worker.close().await;
        self.pools.publishing.close().await;
        self.pools.reading.close().await;
    }
}

/// Connections that write nothing, and that plan a statement once: to plan it anew costs as much as to run it.
fn for_reading(begun: &PgConnectOptions) -> PgConnectOptions {
    begun.clone().options([
        ("default_transaction_read_only", "on"),
        ("plan_cache_mode", "force_generic_plan"),
        ("statement_timeout", READING_TIMEOUT),
    ])
}

fn pool(endpoint: &PgConnectOptions, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_secs(300))
        // The pool's own test costs a round trip each time; ours only after a rest.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for < TRUSTED_IDLE {
                    return Ok(true);
                }
                connection.ping().await.map(|()| true)
            })
        })
        .connect_lazy_with(session::begun_with(endpoint))
}

async fn check_role(connection: &mut PgConnection) -> Result<(), Error> {
    let (role, superuser, bypass): (String, bool, bool) = sqlx::query_as(
        "select rolname::text, rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user",
    )
    .fetch_one(connection)
    .await?;
    let problem = match (superuser, bypass) {
        (true, _) => "is a superuser",
        (_, true) => "has BYPASSRLS",
        _ => return Ok(()),
    };
    Err(Error::UnsafeRole { role, problem })
}
