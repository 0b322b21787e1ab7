//! The migrations inside the binary (in debug builds: on the disk).

use std::collections::BTreeMap;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::MigrateError;

#[derive(RustEmbed)]
#[folder = "migrations"]
struct Folder;

/// One migration: a pair of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The number in front of the name.
    pub version: i64,
    /// The rest of the name.
    pub name: String,
    /// Forward.
    pub up: String,
    /// Back; `None` if the file is missing.
    pub down: Option<String>,
}

impl Migration {
    /// SHA-256 of the forward file, in hex.
    pub fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.up.as_bytes()))
    }

    /// `0007_identity.up.sql`
    pub fn file(&self, direction: &str) -> String {
        format!("{:04}_{}.{direction}.sql", self.version, self.name)
    }
}

/// Our own migrations in order.
///
/// # Errors
/// [`MigrateError::BadFile`] if a file's name or content is not as it must be.
pub fn embedded() -> Result<Vec<Migration>, MigrateError> {
    parse(Folder::iter().filter(|name| name.ends_with(".sql")).filter_map(|name| {
        let file = Folder::get(&name)?;
        Some((name.into_owned(), file.data.into_owned()))
    }))
}

/// A digest of all migrations; a template database made from them carries it in its name.
///
/// # Errors
/// As [`embedded`].
pub fn digest() -> Result<String, MigrateError> {
    let mut hasher = Sha256::new();
    for migration in embedded()? {
        hasher.update(migration.file("up"));
        hasher.update([0]);
        hasher.update(&migration.up);
        hasher.update([0]);
    }
    Ok(hex::encode(hasher.finalize()))
}

/// Pairs up named files.
///
/// # Errors
/// As [`embedded`].
pub fn parse(files: impl Iterator<Item = (String, Vec<u8>)>) -> Result<Vec<Migration>, MigrateError> {
    let mut pairs: BTreeMap<(i64, String), (Option<String>, Option<String>)> = BTreeMap::new();
    for (file, data) in files {
        let bad = |problem| MigrateError::BadFile { file: file.clone(), problem };
        let text = String::from_utf8(data).map_err(|_| bad("is not UTF-8"))?;
        let (stem, is_up) = match (file.strip_suffix(".up.sql"), file.strip_suffix(".down.sql")) {
            (Some(stem), _) => (stem, true),
            (_, Some(stem)) => (stem, false),
            _ => return Err(bad("is named neither *.up.sql nor *.down.sql")),
        };
        let (number, name) = stem.split_once('_').ok_or_else(|| bad("has no name after its number"))?;
        let version = number.parse().map_err(|_| bad("does not begin with a number"))?;
        let pair = pairs.entry((version, name.to_owned())).or_default();
        if is_up { pair.0 = Some(text) } else { pair.1 = Some(text) }
    }
    let mut migrations: Vec<Migration> = Vec::with_capacity(pairs.len());
    for ((version, name), (up, down)) in pairs {
        let bad = |problem| MigrateError::BadFile { file: format!("{version:04}_{name}"), problem };
        if migrations.last().is_some_and(|last| last.version == version) {
            return Err(bad("has a number that another migration has too"));
        }
        let up = up.ok_or_else(|| bad("has no .up.sql file"))?;
        migrations.push(Migration { version, name, up, down });
    }
    Ok(migrations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> Result<Vec<i64>, String> {
        parse(names.iter().map(|name| ((*name).to_owned(), b"select 1;".to_vec())))
            .map(|found| found.iter().map(|m| m.version).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn files_pair_up_in_the_order_of_their_numbers() {
        assert_eq!(check(&["0010_b.up.sql", "0002_a.down.sql", "0002_a.up.sql"]), Ok(vec![2, 10]));
    }

    #[test]
    fn bad_files_are_named() {
        for (files, problem) in [
            (&["0001_a.sql"][..], "neither"),
            (&["0001.up.sql"], "no name"),
            (&["x_a.up.sql"], "number"),
            (&["0001_a.down.sql"], "no .up.sql"),
            (&["0001_a.up.sql", "0001_b.up.sql"], "another migration"),
        ] {
            let error = check(files).expect_err("refused");
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn every_migration_of_ours_can_be_taken_back() {
        for migration in embedded().expect("our files are well-formed") {
            assert!(migration.down.is_some(), "{} is missing", migration.file("down"));
        }
    }
}
