//! Where bytes lie: a folder, or a storage that speaks the protocol of S3.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use rookery_platforms::{CallError, Delivery, ErrorType, MediaSource};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

/// Files are copied in pieces of this size; S3 takes no smaller ones.
const PIECE_BYTES: usize = 8 * 1024 * 1024;

/// The storage did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The object is not there.
    #[error("the file is not in the storage")]
    Missing,
    /// It does not answer, is full, or refuses.
    #[error("the storage of media did not do it")]
    Failed(#[source] object_store::Error),
    /// The disk of this server.
    #[error("a file of this server could not be read or written")]
    Disk(#[from] std::io::Error),
    /// This build speaks to folders only.
    #[error("this build of Rookery has no S3; build it with the feature `s3`, or remove media.s3.bucket")]
    NotBuilt,
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Failed(other),
        }
    }
}

/// How to reach a storage that speaks the protocol of S3.
#[derive(Debug, Clone)]
pub struct S3 {
    /// Its address; the one of Amazon's region if `None`.
    pub endpoint: Option<Url>,
    /// The region; many storages take any word.
    pub region: String,
    /// The bucket; it must exist.
    pub bucket: String,
    /// Who asks.
    pub access_key: String,
    /// The proof.
    pub secret_key: SecretString,
}

/// A storage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    provider: &'static str,
    bucket: Arc<str>,
}

impl Storage {
    /// A folder of this machine, made if it is missing. Several servers must share it.
    ///
    /// # Errors
    /// [`StorageError::Disk`] if it cannot be made, [`StorageError::Failed`] if it cannot be used.
    pub fn folder(path: &Path) -> Result<Self, StorageError> {
        std::fs::create_dir_all(path)?;
        let store = LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true).with_fsync(true);
        Ok(Self { store: Arc::new(store), provider: "local", bucket: "".into() })
    }

    /// A bucket.
    ///
    /// # Errors
    /// [`StorageError`] if the settings cannot be used; nothing is asked yet.
    #[cfg(feature = "s3")]
    pub fn s3(settings: &S3) -> Result<Self, StorageError> {
        use secrecy::ExposeSecret as _;
        let mut builder = object_store::aws::AmazonS3Builder::new()
            .with_region(&settings.region)
            .with_bucket_name(&settings.bucket)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(settings.secret_key.expose_secret());
        if let Some(endpoint) = &settings.endpoint {
            builder = builder
                .with_endpoint(endpoint.as_str().trim_end_matches('/'))
                .with_allow_http(endpoint.scheme() == "http")
                .with_virtual_hosted_style_request(false);
        }
        let store = builder.build()?;
        Ok(Self { store: Arc::new(store), provider: "s3", bucket: settings.bucket.as_str().into() })
    }

    /// A bucket.
    ///
    /// # Errors
    /// [`StorageError::NotBuilt`], always.
    #[cfg(not(feature = "s3"))]
    pub fn s3(_: &S3) -> Result<Self, StorageError> {
        Err(StorageError::NotBuilt)
    }

    /// `local` or `s3`, as rows name it.
    pub const fn provider(&self) -> &'static str {
        self.provider
    }

    /// The bucket, as rows name it; empty for a folder.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Writes an object whole; it is there with all its bytes or not at all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StorageError> {
        self.store.put(&Key::from(key), bytes.into()).await?;
        Ok(())
    }

    /// Copies a file of this machine into the storage.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is there then.
    pub async fn put_file(&self, key: &str, path: &Path) -> Result<(), StorageError> {
        let mut file = tokio::fs::File::open(path).await?;
        let size = file.metadata().await?.len();
        if size <= PIECE_BYTES as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await?;
            return self.put(key, bytes.into()).await;
        }
        let upload = self.store.put_multipart(&Key::from(key)).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let got = file.read(&mut piece).await?;
            if got == 0 {
                break;
            }
            writer.wait_for_capacity(2).await?;
            writer.write(&piece[..got]);
        }
        writer.finish().await?;
        Ok(())
    }

    /// All bytes of an object.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        Ok(self.store.get(&Key::from(key)).await?.bytes().await?)
    }

    /// A part of an object; shorter only at its end.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn read(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok(self.store.get_opts(&Key::from(key), options).await?.bytes().await?)
    }

    /// A part of an object, piece by piece.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn stream(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, StorageError>>, StorageError> {
        let range = (!range.is_empty()).then_some(GetRange::Bounded(range));
        let options = GetOptions { range, ..GetOptions::default() };
        let found = self.store.get_opts(&Key::from(key), options).await?;
        Ok(found.into_stream().map_err(StorageError::from).boxed())
    }

    /// Bytes of an object; `None` if it is not there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn size(&self, key: &str) -> Result<Option<u64>, StorageError> {
        match self.store.head(&Key::from(key)).await.map_err(StorageError::from) {
            Ok(found) => Ok(Some(found.size)),
            Err(StorageError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the bytes of objects, one after the other, into a file of this machine.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn join_into(&self, keys: &[String], path: &Path) -> Result<(), StorageError> {
        let mut file = tokio::fs::File::create(path).await?;
        for key in keys {
            let mut bytes = self.store.get(&Key::from(key.as_str())).await?.into_stream();
            while let Some(piece) = bytes.next().await {
                file.write_all(&piece?).await?;
            }
        }
        file.flush().await?;
        Ok(())
    }

    /// Removes an object; fine if it is not there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.store.delete(&Key::from(key)).await.map_err(StorageError::from) {
            Ok(()) | Err(StorageError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes everything below a folder.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn delete_below(&self, folder: &str) -> Result<u64, StorageError> {
        let found: Vec<_> = self.store.list(Some(&Key::from(folder))).map_ok(|o| o.location).try_collect().await?;
        for key in &found {
            self.delete(key.as_ref()).await?;
        }
        Ok(found.len() as u64)
    }

    /// The bytes of an object for a network's connector.
    pub fn source(&self, key: &str) -> Arc<dyn MediaSource> {
        Arc::new(ObjectSource { storage: self.clone(), key: key.to_owned() })
    }
}

/// An object as connectors read it.
#[derive(Debug)]
pub struct ObjectSource {
    storage: Storage,
    key: String,
}

#[async_trait]
impl MediaSource for ObjectSource {
    async fn read(&self, range: Range<u64>) -> Result<Bytes, CallError> {
        self.storage.read(&self.key, range).await.map_err(|error| {
            let (kind, message) = match error {
                StorageError::Missing => (ErrorType::BadRequest, "the file is no longer in the storage of media"),
                _ => (ErrorType::Transient, "the storage of media does not answer"),
            };
            tracing::warn!(error = &error as &dyn std::error::Error, key = self.key, "a medium could not be read");
            CallError::new(kind, Delivery::NotSent, message).about_media()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn objects_are_written_read_in_parts_joined_and_removed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::folder(&dir.path().join("media")).expect("a folder");
        storage.put("a/b/1", Bytes::from_static(b"hello ")).await.expect("written");
        storage.put("a/b/2", Bytes::from_static(b"world")).await.expect("written");
        assert_eq!(storage.read("a/b/1", 1..4).await.expect("read"), "ell");
        assert_eq!(storage.read("a/b/1", 3..100).await.expect("read"), "lo ");
        let whole = dir.path().join("whole");
        storage.join_into(&["a/b/1".into(), "a/b/2".into()], &whole).await.expect("joined");
        assert_eq!(std::fs::read(&whole).expect("there"), b"hello world");
        storage.put_file("a/c", &whole).await.expect("copied");
        assert_eq!(storage.size("a/c").await.expect("asked"), Some(11));
        assert_eq!(storage.delete_below("a/b").await.expect("removed"), 2);
        assert_eq!(storage.size("a/b/1").await.expect("asked"), None);
        storage.delete("a/b/1").await.expect("fine if it is not there");
        assert!(matches!(storage.get("a/b/1").await, Err(StorageError::Missing)));
        assert_eq!(storage.source("a/c").read(6..11).await.expect("read"), "world");
    }

    #[tokio::test]
    async fn a_large_file_is_copied_in_pieces() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::folder(&dir.path().join("media")).expect("a folder");
        let path = dir.path().join("large");
        let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        std::fs::write(&path, &bytes).expect("written");
        storage.put_file("large", &path).await.expect("copied");
        assert_eq!(storage.size("large").await.expect("asked"), Some(20_000_000));
        assert_eq!(storage.read("large", 19_999_998..20_000_000).await.expect("read"), bytes[19_999_998..]);
    }
}
