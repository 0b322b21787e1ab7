//! One Rookery per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rookery_kernel::Timestamp;

use super::{EmbeddedError, files};

const NAME: &str = "rookery.lock";

/// Held as long as it lives; the operating system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// # Errors
    /// [`EmbeddedError::InUse`] names the process that holds it.
    pub fn take(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let (path, file) = open(data_dir)?;
        match file.try_lock() {
            Ok(()) => Self::signed(&path, file),
            Err(TryLockError::WouldBlock) => {
                Err(EmbeddedError::InUse { data_dir: data_dir.to_owned(), holder: holder(&path) })
            }
            Err(TryLockError::Error(source)) => Err(EmbeddedError::File { what: "lock", path, source }),
        }
    }

    /// Waits for its turn.
    pub fn wait_for(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let (path, file) = open(data_dir)?;
        file.lock().map_err(files::error("lock", &path))?;
        Self::signed(&path, file)
    }

    /// Writes who holds it; the file's own time says since when.
    fn signed(path: &Path, mut file: File) -> Result<Self, EmbeddedError> {
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(files::error("write", path))?;
        Ok(Self { _file: file })
    }
}

/// The number in the file outlives its process; only a lock that cannot be had says that somebody is there.
pub fn holder_of(data_dir: &Path) -> Option<u32> {
    let path = data_dir.join(NAME);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => std::fs::read_to_string(path).ok()?.trim().parse().ok(),
        _ => None,
    }
}

fn open(data_dir: &Path) -> Result<(PathBuf, File), EmbeddedError> {
    let path = data_dir.join(NAME);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(files::error("open", &path))?;
    Ok((path, file))
}

/// `process 4711 since 2026-03-02T09:00:00Z`
fn holder(path: &Path) -> String {
    let pid = std::fs::read_to_string(path).unwrap_or_default();
    let since = std::fs::metadata(path)
        .and_then(|m| m.modified())
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
        .and_then(|at| i64::try_from(at.as_secs()).ok())
        .map(|seconds| format!(" since {}", Timestamp::from_secs(seconds)));
    match pid.trim() {
        "" => "process unknown".to_owned(),
        pid => format!("process {pid}{}", since.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = DataLock::take(folder.path()).expect("free");
        let error = DataLock::take(folder.path()).expect_err("taken").to_string();
        assert!(error.contains(&format!("process {} since 2", std::process::id())), "{error}");
        assert_eq!(holder_of(folder.path()), Some(std::process::id()));
        drop(first);
        assert_eq!(holder_of(folder.path()), None);
        assert!(DataLock::take(folder.path()).is_ok());
    }
}
