//! Pictures and videos of the organization, and their use in posts.

mod fit;
mod library;
mod store;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rookery_kernel::{MediaAssetId, OrganizationId, Timestamp};
use rookery_media::Target;
use rookery_platforms::{CallError, Delivery, ErrorType, Media, MediaKind, MediaSource};
use url::Url;

pub(crate) use fit::{MediaFinding, Nature, findings_of, target_of, use_of, will_be};
pub use library::{
    ALT_TEXT_MAX, Asset, AssetChange, AssetFilter, AssetUse, CleanMedia, LibraryParts, MediaError, MediaLibrary,
    MediaLimits, NewUpload, ProcessUpload, Served, TAGS_MAX, TITLE_MAX, Upload,
};
pub(crate) use store::{insert_many, kinds_of, named, of_post, replace, uses_of_post};

/// A file as its row tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The organization it belongs to.
    pub organization_id: OrganizationId,
    /// Its id.
    pub asset_id: MediaAssetId,
    /// What kind.
    pub kind: MediaKind,
    /// Type by its first bytes.
    pub mime_type: String,
    /// Bytes.
    pub size: u64,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
    /// What it shows: the post's words, or the file's own.
    pub alt_text: Option<String>,
    /// A name with the right ending.
    pub file_name: String,
    /// Where it is in the storage.
    pub key: String,
}

/// Where the bytes of files are, and under which address the internet finds them.
#[async_trait]
pub trait MediaFiles: fmt::Debug + Send + Sync {
    /// The bytes of a file.
    fn source(&self, file: &StoredFile) -> Arc<dyn MediaSource>;

    /// An address under which a network may fetch it for a day; `None` if the internet does not reach this server.
    fn public_url(&self, file: &StoredFile, now: Timestamp) -> Option<Url>;

    /// The file, or a smaller version of it that a network takes; made once and kept.
    ///
    /// # Errors
    /// [`CallError`] that was not sent: the storage does not answer, or the file cannot be made to fit.
    async fn fitted(&self, file: &StoredFile, _: &Target) -> Result<StoredFile, CallError> {
        Ok(file.clone())
    }
}

impl StoredFile {
    /// What can be said about it before anything is read.
    pub(crate) fn without_bytes(&self) -> Media {
        let named = Media::of_bytes(self.kind, &self.mime_type, &self.file_name, Bytes::new());
        Media {
            size: self.size,
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            alt_text: self.alt_text.clone(),
            ..named
        }
    }

    /// On its way to a network.
    pub(crate) fn on_its_way(&self, files: &dyn MediaFiles, now: Timestamp) -> Media {
        Media {
            kind: self.kind,
            mime_type: self.mime_type.clone(),
            size: self.size,
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            alt_text: self.alt_text.clone(),
            file_name: self.file_name.clone(),
            public_url: files.public_url(self, now),
            source: files.source(self),
        }
    }
}

/// An installation without a storage for media.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

impl MediaFiles for NoFiles {
    fn source(&self, _: &StoredFile) -> Arc<dyn MediaSource> {
        Arc::new(Self)
    }

    fn public_url(&self, _: &StoredFile, _: Timestamp) -> Option<Url> {
        None
    }
}

#[async_trait]
impl MediaSource for NoFiles {
    async fn read(&self, _: Range<u64>) -> Result<Bytes, CallError> {
        let message = "this installation has no storage for media";
        Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, message).about_media())
    }
}
