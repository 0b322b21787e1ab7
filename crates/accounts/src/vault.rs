//! Encryption of tokens at rest: XChaCha20-Poly1305 with a ring of keys.
//!
//! Layout of a value: version (1 byte, now 1) · key id (2 bytes, big endian) · nonce (24 bytes,
//! random) · cipher text and tag. The additional data names table, column, organization and row.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use rookery_db::Db;
use rookery_kernel::{IdGen, OrganizationId};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use uuid::Uuid;

const VERSION: u8 = 1;
const HEADER: usize = 3;
const NONCE: usize = 24;
const CHECK_TEXT: &[u8] = b"rookery key check";

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// No file there, though tokens were encrypted with one before.
    #[error("the key file {} is missing, but tokens in the database were encrypted with it; \
             put it back from your backup (without it every account has to be connected again)", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read or written.
    #[error("the key file {} cannot be {action}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// read, created …
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Others on this machine could read it.
    #[error("the key file {} can be read by others (mode {mode:o}); run chmod 600 on it", path.display())]
    TooOpen {
        /// Where.
        path: PathBuf,
        /// The mode found.
        mode: u32,
    },
    /// A line is not `id:64 hex digits`.
    #[error("line {line} of the key file {} is not `id:` followed by 64 hexadecimal digits", path.display())]
    Malformed {
        /// Where.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A key nobody drew by chance.
    #[error("key {id} in the key file {} is not random; make one with `rookery keys generate`", path.display())]
    Weak {
        /// Where.
        path: PathBuf,
        /// Which.
        id: u16,
    },
}

/// The key ring does not fit the database.
#[derive(Debug, thiserror::Error)]
pub enum KeyCheckError {
    /// The database was written with a key that is not in the file.
    #[error(
        "tokens in the database were encrypted with key {0}, which is not in the key file; add it back from your backup"
    )]
    Unknown(u16),
    /// The file has a key of that id, but another one.
    #[error("key {0} in the key file is not the key that this database was written with; put the right key file back")]
    Wrong(u16),
    /// The database did not answer.
    #[error("the database could not be asked which keys it was written with")]
    Db(#[from] rookery_db::Error),
}

/// A value does not decrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Its key is not in the ring.
    #[error("the value was encrypted with key {0}, which is not in the key file")]
    UnknownKey(u16),
    /// It was changed, or copied from another row, or the key is another one.
    #[error("the encrypted value does not belong here or was changed")]
    Forged,
}

/// Where a value stands; part of what the cipher authenticates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub table: &'static str,
    pub column: &'static str,
    pub organization: OrganizationId,
    pub row: Uuid,
}

impl Place {
    fn bytes(self) -> Vec<u8> {
        format!("{}|{}|{}|{}", self.table, self.column, self.organization, self.row).into_bytes()
    }
}

/// The ring of keys: the first of the file encrypts, all decrypt.
#[derive(Clone)]
pub struct Vault {
    first: u16,
    keys: Arc<BTreeMap<u16, Key>>,
    ids: Arc<dyn IdGen>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(keys {:?}, first {})", self.keys.keys().collect::<Vec<_>>(), self.first)
    }
}

impl Vault {
    /// Reads the key file.
    ///
    /// # Errors
    /// [`KeyFileError`]; `Missing` if there is no such file.
    pub fn open(path: &Path, ids: Arc<dyn IdGen>) -> Result<Self, KeyFileError> {
        let io = |action| move |source| KeyFileError::Io { path: path.to_owned(), action, source };
        let text = match fs::read_to_string(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(KeyFileError::Missing(path.to_owned())),
            other => other.map_err(io("read"))?,
        };
        let mode = fs::metadata(path).map_err(io("read"))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
        }
        let mut keys = BTreeMap::new();
        let mut first = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) =
                parse_line(line).ok_or_else(|| KeyFileError::Malformed { path: path.to_owned(), line: index + 1 })?;
            if looks_weak(&key) {
                return Err(KeyFileError::Weak { path: path.to_owned(), id });
            }
            first.get_or_insert(id);
            keys.insert(id, Key::from(key));
        }
        let first = first.ok_or_else(|| KeyFileError::Malformed { path: path.to_owned(), line: 1 })?;
        Ok(Self { first, keys: Arc::new(keys), ids })
    }

    /// Makes a key file with one new key, readable by its owner only. Never replaces a file.
    ///
    /// # Errors
    /// [`KeyFileError::Io`] if it exists or cannot be written.
    pub fn create(path: &Path, ids: Arc<dyn IdGen>) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), action: "created", source };
        let mut key = [0; 32];
        ids.fill(&mut key);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
        writeln!(
            file,
            "# Rookery encrypts the tokens of your accounts with this key. Back it up apart from the database.\n1:{}",
            hex::encode(key)
        )
        .and_then(|()| file.sync_all())
        .map_err(io)?;
        Self::open(path, ids)
    }

    /// Puts a new key before the others of the file; new values are encrypted with it.
    /// Returns its id. The file is replaced in one step.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn add_key(path: &Path, ids: &Arc<dyn IdGen>) -> Result<u16, KeyFileError> {
        let ring = Self::open(path, ids.clone())?;
        let io = |source| KeyFileError::Io { path: path.to_owned(), action: "written", source };
        let id = ring.keys.keys().max().map_or(1, |max| max + 1);
        let mut key = [0; 32];
        ids.fill(&mut key);
        let old = fs::read_to_string(path).map_err(io)?;
        let beside = path.with_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(io)?;
        write!(file, "{id}:{}\n{old}", hex::encode(key)).and_then(|()| file.sync_all()).map_err(io)?;
        fs::rename(&beside, path).map_err(io)?;
        Ok(id)
    }

    /// A key for another purpose, which tells nothing about the ring's own: HMAC-SHA-256 of the purpose. It follows from
    /// the oldest key, so that a new first key changes nothing.
    pub fn derived_key(&self, purpose: &str) -> [u8; 32] {
        let (_, oldest) = self.keys.first_key_value().expect("a ring has a key");
        let mut mac = Hmac::<Sha256>::new_from_slice(oldest).expect("a key of any length fits");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The id of the key that encrypts.
    pub fn first_key(&self) -> u16 {
        self.first
    }

    /// Compares the ring with the database's key checks and adds the check of a new first key.
    /// Returns how many keys the database knew before.
    ///
    /// # Errors
    /// [`KeyCheckError`] if the database was written with a key that is missing or another.
    pub async fn check_against(&self, db: &Db) -> Result<usize, KeyCheckError> {
        let mut tx = db.system("compare the key ring with the database").await?;
        let known = crate::account::store::key_checks(&mut tx).await?;
        for (id, value) in &known {
            let id = u16::try_from(*id).unwrap_or(0);
            if !self.keys.contains_key(&id) {
                return Err(KeyCheckError::Unknown(id));
            }
            self.open_bytes(value, b"key check").map_err(|_| KeyCheckError::Wrong(id))?;
        }
        if !known.iter().any(|(id, _)| u16::try_from(*id) == Ok(self.first)) {
            let value = self.seal_bytes(CHECK_TEXT, b"key check");
            crate::account::store::insert_key_check(&mut tx, self.key_column(), &value).await?;
        }
        tx.commit().await?;
        Ok(known.len())
    }

    /// Whether this database was ever written with an encryption key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn database_has_keys(db: &Db) -> Result<bool, rookery_db::Error> {
        let mut tx = db.system("ask whether tokens were ever encrypted").await?;
        Ok(!crate::account::store::key_checks(&mut tx).await?.is_empty())
    }

    /// The value of `token_key_id` beside a new cipher text.
    pub(crate) fn key_column(&self) -> i16 {
        i16::try_from(self.first).unwrap_or(i16::MAX)
    }

    pub(crate) fn seal(&self, secret: &SecretString, place: Place) -> Vec<u8> {
        self.seal_bytes(secret.expose_secret().as_bytes(), &place.bytes())
    }

    pub(crate) fn unseal(&self, value: &[u8], place: Place) -> Result<SecretString, VaultError> {
        let plain = self.open_bytes(value, &place.bytes())?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| VaultError::Forged)
    }

    fn seal_bytes(&self, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let key = &self.keys[&self.first];
        let mut nonce = [0; NONCE];
        self.ids.fill(&mut nonce);
        let cipher = XChaCha20Poly1305::new(key)
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
            .expect("only texts of many gigabytes fail to encrypt");
        let mut out = Vec::with_capacity(HEADER + NONCE + cipher.len());
        out.push(VERSION);
        out.extend(self.first.to_be_bytes());
        out.extend(nonce);
        out.extend(cipher);
        out
    }

    fn open_bytes(&self, value: &[u8], aad: &[u8]) -> Result<Vec<u8>, VaultError> {
        let [version, id_high, id_low, rest @ ..] = value else { return Err(VaultError::Forged) };
        let id = u16::from_be_bytes([*id_high, *id_low]);
        let Some((nonce, cipher)) = rest.split_at_checked(NONCE).filter(|_| *version == VERSION) else {
            return Err(VaultError::Forged);
        };
        let key = self.keys.get(&id).ok_or(VaultError::UnknownKey(id))?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| VaultError::Forged)?;
        XChaCha20Poly1305::new(key)
            .decrypt(&XNonce::from(nonce), Payload { msg: cipher, aad })
            .map_err(|_| VaultError::Forged)
    }
}

fn parse_line(line: &str) -> Option<(u16, [u8; 32])> {
    let (id, key) = line.split_once(':')?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(key.trim(), &mut bytes).ok()?;
    let id: u16 = id.trim().parse().ok()?;
    (id > 0 && i16::try_from(id).is_ok()).then_some((id, bytes))
}

/// 32 random bytes have about 30 distinct values; an example or a typed key has few, or counts up.
fn looks_weak(key: &[u8; 32]) -> bool {
    let distinct = key.iter().collect::<std::collections::BTreeSet<_>>().len();
    let steps = key.windows(2).map(|w| w[1].wrapping_sub(w[0])).collect::<std::collections::BTreeSet<_>>().len();
    distinct < 16 || steps < 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::SeededIds;

    fn ring() -> (tempfile::TempDir, PathBuf, Arc<dyn IdGen>) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("keys");
        (dir, path, Arc::new(SeededIds::new(11)))
    }

    fn place(column: &'static str, row: u128) -> Place {
        Place {
            table: "accounts.social_accounts",
            column,
            organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
            row: Uuid::from_u128(row),
        }
    }

    #[test]
    fn a_token_comes_back_only_in_its_own_place() {
        let (_dir, path, ids) = ring();
        let vault = Vault::create(&path, ids).expect("created");
        let sealed = vault.seal(&"tok-123".into(), place("access_token_enc", 1));
        let back = vault.unseal(&sealed, place("access_token_enc", 1)).expect("same place");
        assert_eq!(back.expose_secret(), "tok-123");
        assert!(matches!(vault.unseal(&sealed, place("access_token_enc", 2)), Err(VaultError::Forged)));
        assert!(matches!(vault.unseal(&sealed, place("refresh_token_enc", 1)), Err(VaultError::Forged)));
        let mut changed = sealed.clone();
        *changed.last_mut().expect("not empty") ^= 1;
        assert!(matches!(vault.unseal(&changed, place("access_token_enc", 1)), Err(VaultError::Forged)));
        assert!(matches!(vault.unseal(&[1, 0], place("access_token_enc", 1)), Err(VaultError::Forged)));
    }

    #[test]
    fn the_file_is_private_and_never_replaced() {
        let (_dir, path, ids) = ring();
        Vault::create(&path, ids.clone()).expect("created");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(matches!(Vault::create(&path, ids.clone()), Err(KeyFileError::Io { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(Vault::open(&path, ids), Err(KeyFileError::TooOpen { mode: 0o644, .. })));
    }

    #[test]
    fn a_new_first_key_encrypts_and_the_old_one_still_decrypts() {
        let (_dir, path, ids) = ring();
        let old = Vault::create(&path, ids.clone()).expect("created");
        let sealed = old.seal(&"tok".into(), place("access_token_enc", 1));
        assert_eq!(Vault::add_key(&path, &ids).expect("added"), 2);
        let new = Vault::open(&path, ids).expect("readable");
        assert_eq!(new.first_key(), 2);
        assert!(new.unseal(&sealed, place("access_token_enc", 1)).is_ok());
        assert_eq!(new.derived_key("links"), old.derived_key("links"), "what was signed stays signed");
        assert_ne!(new.derived_key("links"), new.derived_key("mail"));
        let sealed = new.seal(&"tok".into(), place("access_token_enc", 1));
        assert!(matches!(old.unseal(&sealed, place("access_token_enc", 1)), Err(VaultError::UnknownKey(2))));
    }

    #[test]
    fn bad_files_are_named_with_the_line() {
        let (_dir, path, ids) = ring();
        assert!(matches!(Vault::open(&path, ids.clone()), Err(KeyFileError::Missing(_))));
        let write = |text: &str| {
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        };
        write("# note\n1:zz\n");
        assert!(matches!(Vault::open(&path, ids.clone()), Err(KeyFileError::Malformed { line: 2, .. })));
        write("");
        assert!(matches!(Vault::open(&path, ids.clone()), Err(KeyFileError::Malformed { line: 1, .. })));
        write(&format!("1:{}\n", "ab".repeat(32)));
        assert!(matches!(Vault::open(&path, ids.clone()), Err(KeyFileError::Weak { id: 1, .. })));
        write(&format!("1:{}\n", hex::encode((0..32).collect::<Vec<u8>>())));
        assert!(matches!(Vault::open(&path, ids), Err(KeyFileError::Weak { id: 1, .. })));
    }
}
