//! Servers for tests: one per run, or one that stays.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rookery_db::Endpoints;
use rookery_db::embedded::{Embedded, EmbeddedConfig, check_reachable};
use tempfile::TempDir;

/// A server in a temporary folder, gone with the run.
pub struct TestCluster {
    embedded: Embedded,
    // Removed after the server is stopped.
    _folder: TempDir,
}

impl TestCluster {
    pub async fn start() -> Result<Self> {
        let folder = fast_folder()?;
        // The server's user must get in when we are root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        let embedded = Embedded::start(EmbeddedConfig::new(folder.path()).for_tests())
            .await
            .context("the tests need a PostgreSQL")?;
        Ok(Self { embedded, _folder: folder })
    }

    pub fn endpoints(&self) -> Endpoints {
        self.embedded.endpoints()
    }

    /// The superuser's address of a database.
    pub fn url(&self, database: &str) -> String {
        self.embedded.superuser_url(database)
    }

    pub async fn stop(self) {
        self.embedded.stop().await;
    }
}

/// In memory where there is room: a clone of the template is hundreds of small files.
fn fast_folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let prefix = "rookery-test-";
    let has_room = room_in(memory) > 2 * 1024 * 1024 * 1024;
    if let Some(folder) = has_room.then(|| tempfile::Builder::new().prefix(prefix).tempdir_in(memory).ok()).flatten() {
        return Ok(folder);
    }
    Ok(tempfile::Builder::new().prefix(prefix).tempdir()?)
}

/// Free bytes of a file system; none if it does not say.
fn room_in(path: &Path) -> u64 {
    let args = ["--output=avail", "--block-size=1", &path.to_string_lossy()];
    crate::output("df", &args).ok().and_then(|text| text.lines().nth(1)?.trim().parse().ok()).unwrap_or(0)
}

/// The server that tests start for themselves when no runner did; its address.
pub async fn detached() -> Result<String> {
    let config = EmbeddedConfig::new(data_dir()).for_tests();
    Ok(Embedded::detached(config).await?.superuser_url)
}

pub async fn stop_detached() -> Result<()> {
    Ok(Embedded::stop_detached(&data_dir()).await?)
}

/// The same place as testkit's: below `target`, unless the server's user cannot get there.
fn data_dir() -> PathBuf {
    let near = crate::root().join("target/testkit");
    if check_reachable(&near).is_ok() {
        return near;
    }
    rookery_db::embedded::far_folder("testkit", &near)
}
