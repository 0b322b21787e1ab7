//! From the configuration to the contexts: database, roles, migrations, keys, operations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::{Accounts, KeyCheckError, KeyFileError, Vault};
use rookery_analytics::Analytics;
use rookery_db::migrate::{Event, StandingState};
use rookery_db::roles::PrepareError;
use rookery_db::{Db, Error, PoolSizes, migrate, roles};
use rookery_governance::archive::Archives;
use rookery_governance::partitions;
use rookery_identity::Identity;
use rookery_jobs::{Jobs, Registry};
use rookery_kernel::{Clock, FixedClock, IdGen, SystemClock, SystemIds};
use rookery_mail::Mailer;
use rookery_media::Links;
use rookery_platforms::{AppCredentials, Connectors, HttpClient, HttpConfig};
use rookery_publishing::{MediaLibrary, Publishing};
use tracing::instrument;

use crate::config::Config;
use crate::store::Store;
use crate::{housekeeping, media};

/// Numbers of the last four months can be collected, so their partitions exist from the start.
const DAYS_BACK: u64 = 130;
/// [`partitions::ensure`] makes four months at a time; three steps of this length lose no month.
const PARTITION_STEP: u64 = 65;
/// Longest wait for connections that somebody still holds at the end.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// What is set up in a way that no restart repairs: exit code 78.
#[derive(Debug, thiserror::Error)]
pub enum BadSetup {
    /// The key file is missing, open to others, or no key file.
    #[error("security.key_file: {0}")]
    KeyFile(#[from] KeyFileError),
    /// The keys are not those the database was written with.
    #[error("security.key_file: {0}")]
    KeyCheck(KeyCheckError),
    /// A role could step around row-level security, or connections are shared with others.
    #[error("database.url: {0}")]
    Unsafe(Error),
    /// The login may not prepare the database.
    #[error("database.url: {0}")]
    NotPrepared(PrepareError),
    /// The address of the database cannot be read. The driver's text would show the password.
    #[error("database.url: this is no address of a PostgreSQL, such as postgres://user:password@host/database")]
    Url,
    /// PostgreSQL's programs are missing or do not fit the data.
    #[error(transparent)]
    Postgres(rookery_db::embedded::EmbeddedError),
    /// The storage of media cannot be used.
    #[error("{0}")]
    Media(String),
    /// The schema is older or newer than this program.
    #[error("the database's schema is not this program's ({0}); run `rookery migrate status`")]
    Schema(String),
}

/// Time and chance. The demo moves the clock; everybody else takes the machine's.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and random bytes.
    pub ids: Arc<dyn IdGen>,
}

impl Parts {
    /// The machine's clock and chance.
    pub fn system() -> Self {
        Self::on(Arc::new(SystemClock))
    }

    /// The machine's chance, with ids that follow `clock`.
    pub fn on(clock: Arc<dyn Clock>) -> Self {
        Self { ids: Arc::new(SystemIds::new(Arc::clone(&clock))), clock }
    }
}

/// All contexts over one database.
#[derive(Debug, Clone)]
pub struct Core {
    /// The pools.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and random bytes.
    pub ids: Arc<dyn IdGen>,
    /// The queue.
    pub jobs: Jobs,
    /// People and organizations.
    pub identity: Identity,
    /// The networks this program can talk to.
    pub connectors: Arc<Connectors>,
    /// Connected accounts.
    pub accounts: Accounts,
    /// Posts and their delivery.
    pub publishing: Publishing,
    /// Pictures and videos.
    pub media: MediaLibrary,
    /// Numbers.
    pub analytics: Analytics,
    /// Rows past their time.
    pub archives: Archives,
    /// Whether this process starts the nightly run of the archives.
    pub archive_nightly: bool,
}

impl Core {
    /// Brings the schema up to date, makes partitions, opens the key ring and builds the contexts.
    ///
    /// # Errors
    /// [`BadSetup`] for what a person has to mend; else what the database said.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn start(config: &Config, store: &Store, parts: Parts) -> anyhow::Result<Self> {
        let db = open(config, store).await?;
        ensure_partitions(&db, &*parts.clock).await?;
        let vault = open_vault(config, &db, &parts.ids).await?;
        Self::build(config, db, vault, parts)
    }

    fn build(config: &Config, db: Db, vault: Vault, parts: Parts) -> anyhow::Result<Self> {
        let Parts { clock, ids } = parts;
        let jobs = Jobs::new(Arc::clone(&clock), Arc::clone(&ids));
        let http = if config.allow_private { HttpConfig::local() } else { HttpConfig::default() };
        let connectors = Arc::new(Connectors::standard(HttpClient::new(http, Arc::clone(&clock))?));
        let identity =
            Identity::new(db.clone(), Arc::clone(&clock), Arc::clone(&ids), rookery_identity::Config::default());
        let links = Links::new(vault.derived_key("links to media"));
        let accounts = Accounts::new(
            db.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            vault,
            Arc::clone(&connectors),
            apps(config),
        );
        let publishing = Publishing::new(
            db.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            identity.clone(),
            accounts.clone(),
            Arc::clone(&connectors),
            jobs.clone(),
        );
        let parts = (db.clone(), Arc::clone(&clock), Arc::clone(&ids), jobs.clone());
        let media = media::library(config, parts, links)?;
        let publishing = publishing.with_files(Arc::new(media.clone()));
        let analytics = Analytics::new(
            db.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            accounts.clone(),
            Arc::clone(&connectors),
            jobs.clone(),
        );
        // Checked when the configuration was read.
        let mailer = config.mail.as_ref().map(Mailer::new).transpose()?.unwrap_or_default();
        let analytics = analytics.with_mail(mailer, rookery_web::ui::report_html);
        let archives = Archives::new(db.clone(), Arc::clone(&clock), Arc::clone(&ids), config.archive.dir.clone());
        let archive_nightly = config.archive.nightly;
        Ok(Self {
            db,
            clock,
            ids,
            jobs,
            identity,
            connectors,
            accounts,
            publishing,
            media,
            analytics,
            archives,
            archive_nightly,
        })
    }

    /// The handlers and the timetable of all contexts and of the house itself.
    pub fn registry(&self) -> Registry {
        let registry = self.publishing.register_jobs(Registry::new());
        let registry = self.media.register_jobs(registry, &self.identity);
        let registry = self.accounts.register_jobs(registry, &self.identity, &self.jobs);
        let registry = self.analytics.register_jobs(registry, &self.identity);
        housekeeping::register(self, registry)
    }

    /// Closes the pools.
    pub async fn close(&self) {
        if tokio::time::timeout(CLOSE_PATIENCE, self.db.close()).await.is_err() {
            tracing::warn!("some database connections were still held at the end");
        }
    }
}

/// The pools of a prepared, migrated database. Somebody else's running server is taken as it is.
pub(crate) async fn open(config: &Config, store: &Store) -> anyhow::Result<Db> {
    if store.is_attached() {
        require_current(store).await?;
    } else {
        if !store.is_private() {
            roles::prepare(&store.endpoints).await.map_err(not_prepared)?;
        }
        migrate_up(store).await?;
    }
    connect(config, store).await
}

/// The pools, without a look at the schema.
pub(crate) async fn connect(config: &Config, store: &Store) -> anyhow::Result<Db> {
    let sizes = PoolSizes {
        api: config.database.connections,
        worker: config.database.worker_connections,
        publishing: config.database.publishing_connections,
        reading: config.database.reading_connections,
    };
    Db::connect(&store.endpoints, sizes).await.map_err(|error| match error {
        error @ (Error::UnsafeRole { .. } | Error::SharedConnections) => BadSetup::Unsafe(error).into(),
        other => other.into(),
    })
}

fn not_prepared(error: PrepareError) -> anyhow::Error {
    match error {
        error @ PrepareError::NotAllowed { .. } => BadSetup::NotPrepared(error).into(),
        PrepareError::Db(error @ Error::SharedConnections) => BadSetup::Unsafe(error).into(),
        PrepareError::Db(error) => anyhow::Error::from(error).context("the database cannot be prepared"),
    }
}

async fn migrate_up(store: &Store) -> anyhow::Result<()> {
    migrate::up(&store.endpoints.owner, &mut |event| match event {
        Event::Waiting => tracing::info!("another process is migrating; waiting for it"),
        Event::Finished { file, took } => tracing::info!(file, took_ms = took.as_millis(), "migrated"),
        Event::Started { .. } | Event::Retry { .. } => {}
    })
    .await?;
    Ok(())
}

async fn require_current(store: &Store) -> anyhow::Result<()> {
    let standings = migrate::status(&store.endpoints.owner).await?;
    let odd = standings.iter().find(|s| !matches!(s.state, StandingState::Applied { .. }));
    odd.map_or(Ok(()), |s| Err(BadSetup::Schema(format!("{:04} {} is not applied", s.version, s.name)).into()))
}

/// Partitions from [`DAYS_BACK`] days ago to three months ahead.
pub(crate) async fn ensure_partitions(db: &Db, clock: &dyn Clock) -> Result<i32, rookery_db::Error> {
    let now = clock.now();
    let mut made = 0;
    for days in [DAYS_BACK, PARTITION_STEP, 0] {
        let then = FixedClock::at(now - Duration::from_secs(days * 24 * 3600));
        made += partitions::ensure(db, &then).await?;
    }
    Ok(made)
}

/// The key ring. A new one is made only for a database that never had a key.
async fn open_vault(config: &Config, db: &Db, ids: &Arc<dyn IdGen>) -> anyhow::Result<Vault> {
    let path = &config.key_file;
    let vault = match Vault::open(path, Arc::clone(ids)) {
        Err(KeyFileError::Missing(_)) if !Vault::database_has_keys(db).await? => {
            if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|source| {
                    BadSetup::from(KeyFileError::Io { path: path.clone(), action: "created", source })
                })?;
            }
            tracing::info!(path = %path.display(), "making the key file; back it up apart from the database");
            match Vault::create(path, Arc::clone(ids)) {
                // Another process of this machine made it in the same moment.
                Err(KeyFileError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                    Vault::open(path, Arc::clone(ids))
                }
                other => other,
            }
        }
        other => other,
    }
    .map_err(BadSetup::from)?;
    match vault.check_against(db).await {
        Ok(_) => Ok(vault),
        Err(KeyCheckError::Db(error)) => Err(error.into()),
        Err(error) => Err(BadSetup::KeyCheck(error).into()),
    }
}

fn apps(config: &Config) -> BTreeMap<rookery_kernel::Platform, AppCredentials> {
    let registered = config.networks.iter().filter_map(|(platform, network)| {
        let client_id = network.client_id.clone()?;
        Some((*platform, AppCredentials { client_id, client_secret: network.client_secret.clone()? }))
    });
    registered.collect()
}
