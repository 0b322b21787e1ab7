//! The database a command works on: our own private server, one that another Rookery runs, or yours.

use std::path::{Path, PathBuf};

use rookery_db::Endpoints;
use rookery_db::embedded::{Embedded, EmbeddedConfig, EmbeddedError};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::config::Config;
use crate::wiring::BadSetup;

/// A reachable database.
#[derive(Debug)]
pub struct Store {
    /// Where to connect as whom.
    pub endpoints: Endpoints,
    server: Server,
}

#[derive(Debug)]
enum Server {
    /// `database.url`.
    Yours,
    /// Started by this process and stopped with it.
    Ours(Box<Embedded>),
    /// Started by another process of this data directory, which goes on.
    Theirs,
}

impl Store {
    /// For a server: `database.url`, else a private PostgreSQL of this process.
    ///
    /// # Errors
    /// [`EmbeddedError`], with [`BadSetup`] around what only a person can mend.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database.url {
            let endpoints = Endpoints::from_url(url.expose_secret()).map_err(|_| BadSetup::Url)?;
            return Ok(Self { endpoints, server: Server::Yours });
        }
        let embedded = Embedded::start(EmbeddedConfig::new(&config.data_dir)).await.map_err(|error| match error {
            EmbeddedError::NoBinaries { .. }
            | EmbeddedError::BadBinaries { .. }
            | EmbeddedError::OtherVersion { .. } => anyhow::Error::from(BadSetup::Postgres(error)),
            other => other.into(),
        })?;
        Ok(Self { endpoints: embedded.endpoints(), server: Server::Ours(Box::new(embedded)) })
    }

    /// For a command beside a running server: as [`Store::open`], but the private PostgreSQL of a running
    /// Rookery is used as well.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_or_join(config: &Config) -> anyhow::Result<Self> {
        match Self::open(config).await {
            Err(error) if matches!(error.downcast_ref(), Some(EmbeddedError::InUse { .. })) => {
                match running(&config.data_dir) {
                    Some(endpoints) => Ok(Self { endpoints, server: Server::Theirs }),
                    None => Err(error),
                }
            }
            other => other,
        }
    }

    /// Whether another process runs the server.
    pub const fn is_attached(&self) -> bool {
        matches!(self.server, Server::Theirs)
    }

    /// Whether it is a private server, which prepares roles itself.
    pub const fn is_private(&self) -> bool {
        !matches!(self.server, Server::Yours)
    }

    /// `PostgreSQL 15.18 (/usr/lib/postgresql/15/bin)`, if this process started it.
    pub fn describe(&self) -> Option<String> {
        let Server::Ours(embedded) = &self.server else { return None };
        let (version, folder) = embedded.version();
        Some(format!("PostgreSQL {version} ({})", folder.display()))
    }

    /// Stops the server if it is ours.
    pub async fn close(self) {
        if let Server::Ours(embedded) = self.server {
            embedded.stop().await;
        }
    }
}

/// The process that holds a data directory, if it lives.
pub(crate) fn holder(data_dir: &Path) -> Option<u32> {
    let pid: u32 = std::fs::read_to_string(data_dir.join("rookery.lock")).ok()?.trim().parse().ok()?;
    // The number outlives the process; only a free lock says that nobody is there.
    let file = std::fs::File::open(data_dir.join("rookery.lock")).ok()?;
    match file.try_lock_shared() {
        Err(std::fs::TryLockError::WouldBlock) => Some(pid),
        _ => None,
    }
}

/// What the private server's own files say about where it listens.
fn running(data_dir: &Path) -> Option<Endpoints> {
    #[derive(Deserialize)]
    struct Secrets {
        superuser: String,
        api: String,
        worker: String,
    }
    let data_dir = data_dir.canonicalize().ok()?;
    let secrets: Secrets =
        serde_json::from_str(&std::fs::read_to_string(data_dir.join("postgres.secrets")).ok()?).ok()?;
    let pid_file = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    let mut lines = pid_file.lines().skip(3);
    let port: u16 = lines.next()?.trim().parse().ok()?;
    let socket = PathBuf::from(lines.next()?.split(',').next()?.trim());
    let options = |user: &str, password: &str| {
        PgConnectOptions::new_without_pgpass()
            .socket(&socket)
            .port(port)
            .username(user)
            .password(password)
            .database("rookery")
            .ssl_mode(PgSslMode::Disable)
            .application_name("rookery-command")
    };
    Some(Endpoints {
        owner: options("postgres", &secrets.superuser),
        api: options(rookery_db::roles::API, &secrets.api),
        worker: options(rookery_db::roles::WORKER, &secrets.worker),
    })
}
