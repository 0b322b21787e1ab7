//! Who runs the server: ourselves, or somebody unprivileged when we are root.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::EmbeddedError;
use super::files;

/// The user of the server's process and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUser {
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// Its name, for messages.
    pub name: String,
    /// Whether we have to become it (we are root).
    pub steps_down: bool,
}

impl ServerUser {
    /// The owner of the cluster if there is one; else ourselves, or `postgres` or `nobody` if we are root.
    pub fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        let own = rustix::process::geteuid().as_raw();
        let steps_down = own == 0;
        match std::fs::metadata(cluster) {
            Ok(metadata) if steps_down && metadata.uid() != 0 => {
                let name = name_of(metadata.uid());
                Ok(Self { uid: metadata.uid(), gid: metadata.gid(), name, steps_down })
            }
            Ok(metadata) if !steps_down && metadata.uid() != own => {
                Err(EmbeddedError::NotYours { path: cluster.to_owned(), owner: name_of(metadata.uid()) })
            }
            _ if steps_down => {
                let passwd = files::read_text(Path::new("/etc/passwd"))?;
                let (name, uid, gid) = ["postgres", "nobody"]
                    .iter()
                    .find_map(|wanted| users(&passwd).find(|(name, uid, _)| name == wanted && *uid != 0))
                    .ok_or(EmbeddedError::NoUser)?;
                Ok(Self { uid, gid, name: name.to_owned(), steps_down })
            }
            _ => {
                let gid = rustix::process::getegid().as_raw();
                Ok(Self { uid: own, gid, name: name_of(own), steps_down })
            }
        }
    }

    /// Gives a file or folder to the server's user, if that is somebody else.
    pub fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.steps_down {
            return Ok(());
        }
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).map_err(files::error("give away", path))
    }

    /// Lets the server's user through the data directory, and sees that the folders above let it through.
    pub fn let_through(&self, data_dir: &Path) -> Result<(), EmbeddedError> {
        if !self.steps_down {
            return Ok(());
        }
        if let Some(parent) = data_dir.parent() {
            self.check_path(parent)?;
        }
        if self.passes(data_dir)? {
            return Ok(());
        }
        // The group may pass, and may not list.
        std::os::unix::fs::chown(data_dir, None, Some(self.gid)).map_err(files::error("give a group to", data_dir))?;
        let mode = std::fs::metadata(data_dir).map_err(files::error("look at", data_dir))?.mode();
        files::set_mode(data_dir, (mode & 0o7777) | 0o010)
    }

    fn check_path(&self, folder: &Path) -> Result<(), EmbeddedError> {
        for path in folder.ancestors().collect::<Vec<_>>().into_iter().rev() {
            if !self.passes(path)? {
                return Err(EmbeddedError::NotReachable { path: path.to_owned(), user: self.name.clone() });
            }
        }
        Ok(())
    }

    fn passes(&self, folder: &Path) -> Result<bool, EmbeddedError> {
        let metadata = std::fs::metadata(folder).map_err(files::error("look at", folder))?;
        let bit = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        Ok(metadata.mode() & bit != 0)
    }
}

/// Whether a private server could run below this folder (which need not exist yet): asked before a default
/// place is chosen.
///
/// # Errors
/// [`EmbeddedError::NotReachable`] names the folder in the way.
pub fn check_reachable(data_dir: &Path) -> Result<(), EmbeddedError> {
    let absolute = std::path::absolute(data_dir).map_err(files::error("resolve", data_dir))?;
    let user = ServerUser::choose(&absolute.join(super::cluster::FOLDER))?;
    let above: Option<PathBuf> = absolute.ancestors().skip(1).find(|path| path.exists()).map(Path::to_owned);
    match above {
        Some(path) if user.steps_down => user.check_path(&path),
        _ => Ok(()),
    }
}

/// A folder below the system's temporary one that belongs to `place` (by a digest of its path): for what cannot
/// lie at `place` itself.
#[expect(clippy::disallowed_methods, reason = "asked for only where the usual place cannot be used")]
pub fn far_folder(name: &str, place: &Path) -> PathBuf {
    let digest = hex::encode(Sha256::digest(place.as_os_str().as_encoded_bytes()));
    std::env::temp_dir().join(format!("rookery-{name}-{}", &digest[..12]))
}

fn users(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, uid, gid))
    })
}

fn name_of(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users(&passwd).find(|user| user.1 == uid).map_or_else(|| uid.to_string(), |user| user.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\nbad line\n";
        assert_eq!(users(passwd).collect::<Vec<_>>(), [("root", 0, 0), ("postgres", 101, 104)]);
    }

    #[test]
    fn a_closed_folder_is_named() {
        let user = ServerUser { uid: 4_000_000, gid: 4_000_000, name: "nobody".into(), steps_down: true };
        let folder = tempfile::tempdir().expect("a folder");
        let closed = folder.path().join("closed");
        std::fs::create_dir(&closed).expect("made");
        files::set_mode(folder.path(), 0o755).expect("opened");
        files::set_mode(&closed, 0o700).expect("closed");
        let error = user.check_path(&closed).expect_err("in the way");
        assert!(error.to_string().contains("closed"), "{error}");
        files::set_mode(&closed, 0o711).expect("opened");
        assert!(user.check_path(&closed).is_ok());
    }
}
