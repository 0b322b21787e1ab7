//! The configuration: `rookery.toml` and `ROOKERY_*` variables, checked whole at start.
//!
//! Every setting stands once, in [`SETTINGS`]; the reader, the annotated example and the check for
//! unknown names all use that list.

mod read;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use rookery_kernel::Platform;
use secrecy::SecretString;
use url::Url;

pub use read::{ConfigErrors, Source};
pub use settings::{SETTINGS, Setting, example};

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the embedded database, the key file and the sandbox's state.
    pub data_dir: PathBuf,
    /// The web server.
    pub server: Server,
    /// The database; without an address the embedded one runs.
    pub database: Database,
    /// The file with the keys that encrypt tokens.
    pub key_file: PathBuf,
    /// Background work.
    pub jobs: JobsSection,
    /// Files of archived rows.
    pub archive: ArchiveSection,
    /// Pictures and videos.
    pub media: MediaSection,
    /// Registrations with the networks that need one, and other addresses for them.
    pub networks: BTreeMap<Platform, Network>,
    /// Whether servers of networks may lie on this machine or in its own network.
    pub allow_private: bool,
    /// How letters leave; `None` is not at all.
    pub mail: Option<rookery_mail::MailConfig>,
    /// Logging.
    pub log: Log,
}

/// Where pages and API are served.
#[derive(Debug, Clone)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// The address people type; used for links and OAuth.
    pub public_url: Url,
}

/// The database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Address of your own PostgreSQL; `None` runs the embedded one.
    pub url: Option<SecretString>,
    /// Connections for pages and API.
    pub connections: u32,
    /// Connections for background work.
    pub worker_connections: u32,
    /// Connections that only publishing uses (STR-39).
    pub publishing_connections: u32,
    /// Connections for the figures of pages: they write nothing and plan a statement once.
    pub reading_connections: u32,
}

/// Background work.
#[derive(Debug, Clone)]
pub struct JobsSection {
    /// How often a worker looks for work, in milliseconds, if nothing wakes it.
    pub poll_ms: u64,
}

/// Pictures and videos.
#[derive(Debug, Clone)]
pub struct MediaSection {
    /// Folder of the files, if they lie on this machine.
    pub dir: PathBuf,
    /// A storage that speaks the protocol of S3, if they lie there.
    pub s3: Option<rookery_media::S3>,
    /// Largest file in one request, in bytes.
    pub direct_max: u64,
    /// Largest file in pieces, in bytes.
    pub file_max: u64,
}

/// Files of archived rows.
#[derive(Debug, Clone)]
pub struct ArchiveSection {
    /// The folder.
    pub dir: PathBuf,
    /// Whether this process starts the nightly run.
    pub nightly: bool,
}

/// One network.
#[derive(Debug, Clone)]
pub struct Network {
    /// The app's id with the network.
    pub client_id: Option<String>,
    /// The app's secret.
    pub client_secret: Option<SecretString>,
}

/// Logging.
#[derive(Debug, Clone)]
pub struct Log {
    /// One line per event, or JSON.
    pub json: bool,
    /// A tracing filter.
    pub filter: String,
}

impl Log {
    /// The filter if nobody sets one.
    pub const USUAL: &str = "info";
}

impl Config {
    /// Reads a file (if given or present) and the environment.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every fault found, each naming its setting.
    pub fn load(source: &Source) -> Result<Self, ConfigErrors> {
        read::load(source)
    }
}
