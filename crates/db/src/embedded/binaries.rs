//! Finds PostgreSQL's programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// The oldest major version our SQL runs on.
pub const OLDEST: u32 = 15;

/// Where the programs are.
#[derive(Debug, Clone)]
pub enum Binaries {
    /// In this folder.
    In(PathBuf),
    /// Wherever they are found.
    Search(Places),
}

/// Where to look, in order.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `ROOKERY_PG_BIN`: if set, nothing else counts.
    pub named: Option<PathBuf>,
    /// Folders that hold one folder per version, with the path from there to the programs.
    pub versioned: Vec<(PathBuf, &'static str)>,
    /// The program that knows where the others are.
    pub pg_config: Option<PathBuf>,
    /// Other folders.
    pub folders: Vec<PathBuf>,
}

impl Places {
    /// The usual places: `ROOKERY_PG_BIN`, Debian's and Red Hat's versioned folders, `pg_config`, Homebrew, `PATH`.
    #[expect(clippy::disallowed_methods, reason = "the programs' place is asked for where they are looked for")]
    pub fn of_this_machine() -> Self {
        let path: OsString = std::env::var_os("PATH").unwrap_or_default();
        let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let versioned = [
            ("/usr/lib/postgresql", "bin"),
            ("/usr/libexec/postgresql", ""),
            ("/usr", "bin"),
            ("/opt/homebrew/opt", "bin"),
            ("/usr/local/opt", "bin"),
            ("/home/linuxbrew/.linuxbrew/opt", "bin"),
            ("/Applications/Postgres.app/Contents/Versions", "bin"),
        ];
        let mut folders = vec![PathBuf::from("/opt/homebrew/bin"), PathBuf::from("/usr/local/pgsql/bin")];
        folders.extend(path.iter().cloned());
        Self {
            named: std::env::var_os("ROOKERY_PG_BIN").filter(|v| !v.is_empty()).map(PathBuf::from),
            versioned: versioned.map(|(folder, below)| (PathBuf::from(folder), below)).to_vec(),
            pg_config: path.iter().map(|folder| folder.join("pg_config")).find(|file| file.is_file()),
            folders,
        }
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for (folder, below) in &self.versioned {
            let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|entry| Some((version_in_name(entry.file_name().to_str()?)?, entry.path().join(below))))
                .collect();
            versions.sort();
            found.extend(versions.into_iter().rev().map(|(_, path)| path));
        }
        found.extend(self.pg_config.as_deref().and_then(bindir));
        found.extend(self.folders.iter().cloned());
        found.dedup();
        found
    }

    fn described(&self) -> Vec<String> {
        let mut places: Vec<String> = self.versioned.iter().map(|(p, _)| format!("{}/*", p.display())).collect();
        places.push("pg_config".to_owned());
        places.push("PATH".to_owned());
        places
    }
}

/// `15`, `postgresql@16`, `pgsql-17`, `postgresql18` → the number; other names of `/usr` or Homebrew are no versions.
fn version_in_name(name: &str) -> Option<u32> {
    let number = ["postgresql@", "postgresql-", "postgresql", "pgsql-", ""]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))?;
    number.parse().ok()
}

fn bindir(pg_config: &Path) -> Option<PathBuf> {
    let output = Command::new(pg_config).arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(text.trim()))
}

/// A usable set of programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// Their folder.
    pub bin: PathBuf,
    /// `15.18`
    pub version: String,
    /// `15`
    pub major: u32,
}

impl Programs {
    /// What is in a folder.
    pub fn in_folder(bin: &Path) -> Result<Self, String> {
        for program in ["postgres", "initdb"] {
            if !bin.join(program).is_file() {
                return Err(format!("holds no program {program:?}"));
            }
        }
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| format!("holds a program postgres that does not run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((version, major)) = parse_version(&text) else {
            return Err(format!("holds a program postgres with an unknown version: {:?}", text.trim()));
        };
        if major < OLDEST {
            return Err(format!("holds PostgreSQL {version}; {OLDEST} or newer is needed"));
        }
        Ok(Self { bin: bin.to_owned(), version, major })
    }
}

/// From `postgres (PostgreSQL) 15.18 (Debian …)`.
fn parse_version(text: &str) -> Option<(String, u32)> {
    let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((version.to_owned(), digits.parse().ok()?))
}

/// What the search found.
#[derive(Debug)]
pub enum Found {
    /// These.
    Programs(Programs),
    /// Nothing fit to use.
    Nothing {
        /// Where.
        looked_in: Vec<String>,
    },
}

/// The programs to use: of the data's major version if there is data, else the first place's newest.
pub fn find(binaries: &Binaries, data: Option<(&Path, u32)>) -> Result<Found, EmbeddedError> {
    let named = match binaries {
        Binaries::In(path) => Some(path),
        Binaries::Search(places) => places.named.as_ref(),
    };
    let fits = |programs: &Programs| data.is_none_or(|(_, wanted)| programs.major == wanted);
    let mut others = Vec::new();
    let mut consider = |programs: Programs| {
        if fits(&programs) {
            return Some(Found::Programs(programs));
        }
        others.push(programs.version);
        None
    };
    let looked_in = match (named, binaries) {
        (Some(path), _) | (None, Binaries::In(path)) => {
            let bad = |problem| EmbeddedError::BadBinaries { path: path.clone(), problem };
            if let Some(found) = consider(Programs::in_folder(path).map_err(bad)?) {
                return Ok(found);
            }
            vec![path.display().to_string()]
        }
        (None, Binaries::Search(places)) => {
            // One after the other: asking a program for its version takes a moment.
            let mut usable = places.candidates().into_iter().filter_map(|folder| Programs::in_folder(&folder).ok());
            if let Some(found) = usable.find_map(&mut consider) {
                return Ok(found);
            }
            places.described()
        }
    };
    match data {
        Some((path, wanted)) if !others.is_empty() => {
            Err(EmbeddedError::OtherVersion { path: path.to_owned(), wanted, found: others.join(", ") })
        }
        _ => Ok(Found::Nothing { looked_in }),
    }
}

/// The command that installs PostgreSQL on this system.
pub fn install_command() -> String {
    if cfg!(target_os = "macos") {
        return "brew install postgresql".to_owned();
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    install_command_for(&release).to_owned()
}

fn install_command_for(os_release: &str) -> &'static str {
    let families: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    let table = [
        ("debian", "apt-get install postgresql"),
        ("ubuntu", "apt-get install postgresql"),
        ("fedora", "dnf install postgresql-server postgresql-contrib"),
        ("rhel", "dnf install postgresql-server postgresql-contrib"),
        ("alpine", "apk add postgresql postgresql-contrib"),
        ("arch", "pacman -S postgresql"),
        ("suse", "zypper install postgresql-server postgresql-contrib"),
    ];
    let known = table.iter().find(|(family, _)| families.contains(family));
    known.map_or("your system's package manager (package postgresql)", |(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(parse_version(debian), Some(("15.18".into(), 15)));
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1"), Some(("19beta1".into(), 19)));
        assert_eq!(parse_version("hello"), None);
        for (name, version) in [("15", Some(15)), ("postgresql@17", Some(17)), ("pgsql-16", Some(16)), ("bin", None)] {
            assert_eq!(version_in_name(name), version, "{name}");
        }
    }

    #[test]
    fn an_empty_machine_is_told_what_to_install() {
        let found = find(&Binaries::Search(Places::default()), None).expect("no error yet");
        assert!(matches!(found, Found::Nothing { .. }));
        assert_eq!(install_command_for("ID=ubuntu\nID_LIKE=debian"), "apt-get install postgresql");
        assert_eq!(install_command_for("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"").split(' ').next(), Some("dnf"));
        assert!(install_command_for("ID=plan9").contains("package manager"));
    }

    #[test]
    fn a_named_folder_must_hold_the_programs() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = find(&Binaries::In(folder.path().to_owned()), None).expect_err("empty");
        assert!(error.to_string().contains("holds no program \"postgres\""), "{error}");
    }
}
