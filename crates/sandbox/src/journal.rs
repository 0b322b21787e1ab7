//! The world's memory over restarts: one JSON line per change, replayed at the start.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tracing::{error, warn};

use crate::world::Event;

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("cannot use the state file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another sandbox uses it.
    #[error("the state file {} is in use by another sandbox", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line in it is no event of ours.
    #[error("line {line} of the state file {} cannot be read; move the file away to begin anew", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or creates the file, locks it, and reads what it holds. A last line that was cut off by
    /// a sudden end is dropped: its change was never answered.
    pub fn open(path: &Path) -> Result<(Self, Vec<Event>), JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        file.try_lock().map_err(|e| match e {
            std::fs::TryLockError::WouldBlock => JournalError::InUse { path: path.to_owned() },
            std::fs::TryLockError::Error(source) => failed(source),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            warn!(path = %path.display(), bytes = bytes.len() - whole, "the last line of the state file was cut off and is dropped");
            file.set_len(whole as u64).map_err(failed)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut events = Vec::new();
        for (index, line) in bytes[..whole].split(|b| *b == b'\n').enumerate().filter(|(_, l)| !l.is_empty()) {
            let event = serde_json::from_slice(line);
            events.push(event.map_err(|source| JournalError::Broken {
                path: path.to_owned(),
                line: index + 1,
                source,
            })?);
        }
        Ok((Self { path: path.to_owned(), file }, events))
    }

    /// Adds a line. A full disk must not stop the simulation, so a failure is only reported.
    pub fn append(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("events are plain data") + "\n";
        if let Err(e) = self.file.write_all(line.as_bytes()) {
            error!(path = %self.path.display(), error = %e, "the sandbox cannot write its state file");
        }
    }
}
