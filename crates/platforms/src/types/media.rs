//! Pictures and videos on their way to a network.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

use crate::error::{CallError, Delivery, ErrorType};

/// What kind of medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A moving picture without sound.
    Gif,
    /// A video.
    Video,
}

impl MediaKind {
    /// The word for errors and answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Gif => "gif",
            Self::Video => "video",
        }
    }
}

/// Where the bytes of a medium are read from.
#[async_trait]
pub trait MediaSource: fmt::Debug + Send + Sync {
    /// The bytes of a range; shorter only at the end of the file.
    ///
    /// # Errors
    /// [`CallError`] that was not sent: the storage does not answer, or the file is gone.
    async fn read(&self, range: Range<u64>) -> Result<Bytes, CallError>;
}

/// One medium of a draft.
#[derive(Debug, Clone)]
pub struct Media {
    /// What kind.
    pub kind: MediaKind,
    /// Type by its first bytes, for example `image/jpeg`.
    pub mime_type: String,
    /// Size in bytes.
    pub size: u64,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
    /// What it shows, for people who cannot see it.
    pub alt_text: Option<String>,
    /// A name with the right ending.
    pub file_name: String,
    /// Where a network may fetch it: alive for a day at least. `None` if this installation cannot be reached.
    pub public_url: Option<Url>,
    /// The bytes.
    pub source: Arc<dyn MediaSource>,
}

impl Media {
    /// A medium whose bytes are at hand.
    pub fn of_bytes(kind: MediaKind, mime_type: &str, file_name: &str, bytes: Bytes) -> Self {
        Self {
            kind,
            mime_type: mime_type.to_owned(),
            size: bytes.len() as u64,
            width: None,
            height: None,
            duration_ms: None,
            alt_text: None,
            file_name: file_name.to_owned(),
            public_url: None,
            source: Arc::new(InMemory(bytes)),
        }
    }

    /// A part of it.
    ///
    /// # Errors
    /// [`CallError`], not sent: it cannot be read, or the file is shorter than it was said to be.
    pub async fn piece(&self, range: Range<u64>) -> Result<Bytes, CallError> {
        let wanted = range.end - range.start;
        let bytes = self.source.read(range).await?;
        if bytes.len() as u64 != wanted {
            let message = format!("{} is damaged: {} of {wanted} bytes could be read", self.file_name, bytes.len());
            return Err(CallError::not_sent(message));
        }
        Ok(bytes)
    }

    /// Where the network may fetch it.
    ///
    /// # Errors
    /// [`CallError`], not sent: this installation has no public address.
    pub fn public_url(&self) -> Result<&Url, CallError> {
        self.public_url.as_ref().ok_or_else(|| {
            let message = "the network fetches media from this server, which has no public address; set server.public_url to the https address under which the internet reaches it";
            CallError::new(ErrorType::BadRequest, Delivery::NotSent, message)
        })
    }
}

/// Bytes at hand.
#[derive(Debug)]
struct InMemory(Bytes);

#[async_trait]
impl MediaSource for InMemory {
    async fn read(&self, range: Range<u64>) -> Result<Bytes, CallError> {
        let len = self.0.len();
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(len);
        Ok(self.0.slice(at(range.start)..at(range.end)))
    }
}
