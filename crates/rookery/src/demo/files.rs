//! The demo's folder: what marks it as begun and as ready, and how to sign in.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rookery_kernel::{AccountId, OrganizationId, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// Kept when the folder is emptied: our open log, and the lock that keeps a second demo out.
const KEPT: [&str; 2] = ["rookery.log", "rookery.lock"];

/// The demo's folder.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

/// How to sign in.
#[derive(Debug)]
pub(super) struct Credentials {
    pub email: String,
    pub password: SecretString,
    pub api_key: SecretString,
}

/// What a finished seeding left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    pub days: u16,
    pub sandbox: SocketAddr,
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    /// Accounts in the order of [`super::networks`].
    pub accounts: Vec<AccountId>,
}

#[derive(Serialize, Deserialize)]
struct CredentialsFile {
    email: String,
    password: String,
    api_key: String,
}

impl Files {
    /// Makes the folder if it is missing.
    pub fn at(folder: PathBuf) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The simulated networks' memory.
    pub fn sandbox(&self) -> PathBuf {
        self.folder.join("sandbox.journal")
    }

    /// A seeding began and did not end.
    pub fn was_interrupted(&self) -> bool {
        self.begun_file().exists() && !self.ready_file().exists()
    }

    pub fn mark_begun(&self) -> anyhow::Result<()> {
        write_private(&self.begun_file(), "seeding\n")
    }

    pub fn ready(&self) -> anyhow::Result<Option<Ready>> {
        let path = self.ready_file();
        match fs::read_to_string(&path) {
            Ok(text) => {
                let wrong = || format!("{} is damaged; delete the folder {}", path.display(), self.folder.display());
                serde_json::from_str(&text).map(Some).with_context(wrong)
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The last step of seeding.
    pub fn mark_ready(&self, ready: &Ready) -> anyhow::Result<()> {
        write_private(&self.ready_file(), &serde_json::to_string_pretty(ready)?)?;
        match fs::remove_file(self.begun_file()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).context("cannot remove the seeding marker"),
            _ => Ok(()),
        }
    }

    pub fn save_credentials(&self, credentials: &Credentials) -> anyhow::Result<()> {
        let text = toml::to_string(&CredentialsFile {
            email: credentials.email.clone(),
            password: credentials.password.expose_secret().to_owned(),
            api_key: credentials.api_key.expose_secret().to_owned(),
        })?;
        write_private(&self.folder.join("credentials"), &text)
    }

    pub fn credentials(&self) -> anyhow::Result<Credentials> {
        let path = self.folder.join("credentials");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: CredentialsFile = toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Credentials { email: file.email, password: file.password.into(), api_key: file.api_key.into() })
    }

    /// Empties the folder. The caller holds the folder's lock, or has just held it.
    pub fn wipe(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if KEPT.iter().any(|kept| entry.file_name() == *kept) {
                continue;
            }
            let path = entry.path();
            let removed = if entry.file_type()?.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    fn begun_file(&self) -> PathBuf {
        self.folder.join("seeding")
    }

    fn ready_file(&self) -> PathBuf {
        self.folder.join("ready.json")
    }
}

/// Whole or not at all, readable by the owner only.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn an_interrupted_seeding_is_seen_and_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::at(folder.path().join("demo")).expect("made");
        assert!(!files.was_interrupted());
        files.mark_begun().expect("written");
        fs::create_dir(files.folder().join("postgres")).expect("made");
        fs::write(files.folder().join("rookery.log"), "kept").expect("written");
        assert!(files.was_interrupted());
        files.wipe().expect("emptied");
        assert!(!files.was_interrupted());
        let left: Vec<_> =
            fs::read_dir(files.folder()).expect("there").map(|e| e.expect("entry").file_name()).collect();
        assert_eq!(left, ["rookery.log"]);
    }

    #[test]
    fn credentials_are_for_the_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::at(folder.path().join("demo")).expect("made");
        let credentials =
            Credentials { email: "demo@rookery.local".into(), password: "p\"w".into(), api_key: "rk_1".into() };
        files.save_credentials(&credentials).expect("written");
        let mode = fs::metadata(files.folder().join("credentials")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(files.credentials().expect("read").password.expose_secret(), "p\"w");
    }
}
