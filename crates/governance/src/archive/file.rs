//! Files of archives: written aside, synced, then given their name; nobody but the owner may read them.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::model::ArchiveError;
use crate::retention::Format;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Rows brought back at once.
pub(super) const ROWS: usize = 1000;

/// Runs file work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(failed(Path::new("the archive folder"), "used", io::Error::other(error))),
    }
}

pub(super) fn failed(path: &Path, action: &'static str, source: io::Error) -> ArchiveError {
    ArchiveError::Folder { path: path.to_owned(), action, source }
}

pub(super) fn damaged(path: &Path, why: impl Into<String>) -> ArchiveError {
    ArchiveError::Damaged { path: path.to_owned(), why: why.into() }
}

/// The file of a location, which must not lead out of the folder.
pub(super) fn path_of(dir: &Path, location: &str) -> Result<PathBuf, ArchiveError> {
    let path = dir.join(location);
    if Path::new(location).components().all(|part| matches!(part, Component::Normal(_))) {
        Ok(path)
    } else {
        Err(damaged(&path, "its location leads out of the archive folder"))
    }
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Hands bytes on and hashes them.
#[derive(Debug)]
struct Hashing {
    file: File,
    digest: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.digest.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A compressed file in the making.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    gzip: GzEncoder<Hashing>,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Self, ArchiveError> {
        let folder = path.parent().unwrap_or(path);
        make_folder(folder).map_err(|e| failed(folder, "created", e))?;
        let file = open_new(path).map_err(|e| failed(path, "written", e))?;
        let gzip = GzEncoder::new(Hashing { file, digest: Sha256::new() }, Compression::default());
        Ok(Self { path: path.to_owned(), gzip })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.gzip.write_all(bytes).map_err(|e| failed(&self.path, "written", e))
    }

    /// Syncs; the SHA-256 of the file.
    pub(super) fn finish(self) -> Result<[u8; 32], ArchiveError> {
        let path = self.path;
        let Hashing { file, digest } = self.gzip.finish().map_err(|e| failed(&path, "written", e))?;
        file.sync_all().map_err(|e| failed(&path, "synced", e))?;
        Ok(digest.finalize().into())
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives a synced file its name and syncs the folder, so that the name lasts.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    fs::rename(from, to).map_err(|e| failed(to, "renamed", e))?;
    let folder = to.parent().unwrap_or(to);
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| failed(folder, "synced", e))
}

/// Writes a small file as a whole.
pub(super) fn write_small(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let aside = beside(path, ".tmp");
    let write = || {
        let mut file = open_new(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| failed(&aside, "written", e))?;
    rename(&aside, path)
}

/// Removes a file that may be missing.
pub(super) fn remove(path: &Path) -> Result<(), ArchiveError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(path, "removed", e)),
        _ => Ok(()),
    }
}

/// Removes temporary files of an organization's folder, except those named.
pub(super) fn sweep(folder: &Path, except: &[PathBuf]) -> Result<usize, ArchiveError> {
    let mut swept = 0;
    for table in entries(folder)? {
        for path in entries(&table)? {
            if path.extension().is_some_and(|end| end == "tmp") && !except.contains(&path) {
                remove(&path)?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}

/// What lies in a folder; nothing if it is missing or no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let all = match fs::read_dir(folder) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        other => other.map_err(|e| failed(folder, "read", e))?,
    };
    all.map(|entry| Ok(entry.map_err(|e| failed(folder, "read", e))?.path())).collect()
}

/// The SHA-256 of a file.
pub(super) fn hash(path: &Path) -> Result<[u8; 32], ArchiveError> {
    let mut file = open(path)?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(|e| damaged(path, format!("it cannot be read ({e})")))? {
            0 => return Ok(digest.finalize().into()),
            count => digest.update(&chunk[..count]),
        }
    }
}

fn open(path: &Path) -> Result<File, ArchiveError> {
    File::open(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => damaged(path, "it is missing"),
        _ => damaged(path, format!("it cannot be read ({e})")),
    })
}

/// Compares the file's SHA-256 with the recorded one.
pub(super) fn check_hash(path: &Path, expected: &[u8]) -> Result<(), ArchiveError> {
    let found = hash(path)?;
    if found == expected {
        return Ok(());
    }
    Err(damaged(path, format!("its SHA-256 is {}, recorded is {}", hex::encode(found), hex::encode(expected))))
}

/// A compressed file being read.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    lines: BufReader<MultiGzDecoder<File>>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let lines = BufReader::with_capacity(CHUNK, MultiGzDecoder::new(open(path)?));
        Ok(Self { path: path.to_owned(), lines })
    }

    /// At most [`ROWS`] lines without their ends; none at the end.
    pub(super) fn lines(&mut self) -> Result<Vec<String>, ArchiveError> {
        let lines = self.lines.by_ref().lines().take(ROWS).collect::<Result<_, _>>();
        lines.map_err(|e| damaged(&self.path, format!("it cannot be decompressed ({e})")))
    }

    /// The next bytes; none at the end.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, ArchiveError> {
        let bytes = match self.lines.fill_buf() {
            Ok(bytes) => bytes.to_vec(),
            Err(e) => return Err(damaged(&self.path, format!("it cannot be decompressed ({e})"))),
        };
        self.lines.consume(bytes.len());
        Ok(bytes)
    }
}

/// Counts the rows of a file.
pub(super) fn count(path: &Path, format: Format) -> Result<i64, ArchiveError> {
    let mut reader = Reader::open(path)?;
    let mut rows = 0;
    let mut quoted = false;
    loop {
        match format {
            Format::JsonLines => {
                let lines = reader.lines()?;
                if lines.is_empty() {
                    return Ok(rows);
                }
                for line in &lines {
                    serde_json::from_str::<serde::de::IgnoredAny>(line)
                        .map_err(|e| damaged(path, format!("line {} is no JSON ({e})", rows + 1)))?;
                    rows += 1;
                }
            }
            Format::Csv => {
                let bytes = reader.bytes()?;
                if bytes.is_empty() {
                    // The heading is no row.
                    return Ok(rows - 1);
                }
                for byte in bytes {
                    match byte {
                        b'"' => quoted = !quoted,
                        b'\n' if !quoted => rows += 1,
                        _ => {}
                    }
                }
            }
        }
    }
}

/// A row as it stands in the file. For JSON the first cell is the object and the rest name columns that hold the
/// JSON value `null`, which a reader could not tell from a missing value; for CSV a cell is a column.
pub(super) fn encode(format: Format, cells: &[Option<String>], out: &mut Vec<u8>) {
    match format {
        Format::JsonLines => {
            let object = cells.first().and_then(Option::as_deref).unwrap_or("{}");
            let nulls: Vec<_> = cells.iter().skip(1).flatten().collect();
            if nulls.is_empty() {
                out.extend_from_slice(object.as_bytes());
            } else {
                let names = serde_json::to_string(&nulls).expect("a list of texts is JSON");
                out.extend_from_slice(object.strip_suffix('}').unwrap_or(object).as_bytes());
                out.extend_from_slice(format!(",\"{JSON_NULLS}\":{names}}}").as_bytes());
            }
        }
        Format::Csv => {
            for (n, cell) in cells.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                match cell {
                    None => {}
                    Some(text) if text.is_empty() || text == "\\." || text.contains([',', '"', '\n', '\r']) => {
                        out.push(b'"');
                        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                        out.push(b'"');
                    }
                    Some(text) => out.extend_from_slice(text.as_bytes()),
                }
            }
        }
    }
    out.push(b'\n');
}

/// The key of a JSON line that names the columns whose value is the JSON value `null`.
pub(super) const JSON_NULLS: &str = "$json_null";

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: Format, cells: &[Option<&str>]) -> String {
        let cells: Vec<_> = cells.iter().map(|c| c.map(str::to_owned)).collect();
        let mut out = Vec::new();
        encode(format, &cells, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn csv_tells_null_from_empty_and_quotes_what_needs_it() {
        let cells = [Some("a"), None, Some(""), Some("b,c"), Some("\"d\""), Some("e\nf"), Some("\\.")];
        assert_eq!(line(Format::Csv, &cells), "a,,\"\",\"b,c\",\"\"\"d\"\"\",\"e\nf\",\"\\.\"\n");
    }

    #[test]
    fn the_json_value_null_is_named() {
        assert_eq!(line(Format::JsonLines, &[Some("{\"a\":1}")]), "{\"a\":1}\n");
        let named = line(Format::JsonLines, &[Some("{\"a\":null}"), Some("a")]);
        assert_eq!(named, "{\"a\":null,\"$json_null\":[\"a\"]}\n");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_and_no_file() {
        // The device that is always full.
        let mut writer = Writer::create(Path::new("/dev/full")).expect("opened");
        let error = writer.write(b"rows").and_then(|()| writer.finish()).expect_err("full");
        assert!(matches!(error, ArchiveError::Folder { action: "written", .. }), "{error}");
        assert!(error.to_string().contains("no row was deleted"), "{error}");
    }

    #[test]
    fn a_location_stays_in_the_folder() {
        let dir = Path::new("archive");
        assert!(path_of(dir, "a/b.gz").is_ok());
        for bad in ["../keys", "/etc/passwd", "a/../../b"] {
            assert!(path_of(dir, bad).is_err(), "{bad}");
        }
    }
}
