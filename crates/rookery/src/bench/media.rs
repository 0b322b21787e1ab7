//! One picture and one video for networks that take no text alone, served on this machine for those that fetch.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use rookery_kernel::Timestamp;
use rookery_platforms::{CallError, MediaKind, MediaSource};
use rookery_publishing::{MediaFiles, StoredFile};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::clip;

/// Upright, as reels and shorts want it; pictures square, as every network takes it.
const VIDEO: (u16, u16, u16) = (1080, 1920, 12);
const PICTURE: u16 = 1080;

/// Names of the files, by kind.
pub(super) const fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Video => "clip.mp4",
        MediaKind::Image | MediaKind::Gif => "picture.jpg",
    }
}

/// The media of the measurement: the same bytes in every process.
#[derive(Debug, Clone)]
pub(super) struct BenchFiles {
    origin: Url,
    picture: Bytes,
    video: Bytes,
}

impl BenchFiles {
    /// Served at `origin`.
    ///
    /// # Errors
    /// If the picture cannot be drawn.
    pub fn at(origin: Url) -> anyhow::Result<Self> {
        let mut picture = std::io::Cursor::new(Vec::new());
        let shade =
            |x: u32, y: u32| image::Rgb([u8::try_from(x / 5).unwrap_or(200), u8::try_from(y / 5).unwrap_or(90), 120]);
        image::RgbImage::from_fn(PICTURE.into(), PICTURE.into(), shade)
            .write_to(&mut picture, image::ImageFormat::Jpeg)
            .context("the picture of the measurement cannot be drawn")?;
        let (width, height, seconds) = VIDEO;
        Ok(Self {
            origin,
            picture: picture.into_inner().into(),
            video: clip::mp4(width, height, seconds.into()).into(),
        })
    }

    pub fn bytes(&self, kind: MediaKind) -> Bytes {
        match kind {
            MediaKind::Video => self.video.clone(),
            MediaKind::Image | MediaKind::Gif => self.picture.clone(),
        }
    }

    /// Type, width, height and seconds, for the row.
    pub const fn facts(kind: MediaKind) -> (&'static str, i32, i32, Option<i32>) {
        match kind {
            MediaKind::Video => ("video/mp4", VIDEO.0 as i32, VIDEO.1 as i32, Some(VIDEO.2 as i32)),
            MediaKind::Image | MediaKind::Gif => ("image/jpeg", PICTURE as i32, PICTURE as i32, None),
        }
    }
}

impl MediaFiles for BenchFiles {
    fn source(&self, file: &StoredFile) -> Arc<dyn MediaSource> {
        Arc::new(Held(self.bytes(file.kind)))
    }

    fn public_url(&self, file: &StoredFile, _: Timestamp) -> Option<Url> {
        self.origin.join(name(file.kind)).ok()
    }
}

#[derive(Debug)]
struct Held(Bytes);

#[async_trait]
impl MediaSource for Held {
    async fn read(&self, range: Range<u64>) -> Result<Bytes, CallError> {
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(self.0.len());
        Ok(self.0.slice(at(range.start)..at(range.end)))
    }
}

/// Serves the files until it is dropped.
pub(super) struct Server {
    pub files: BenchFiles,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Where they are served.
    pub const fn origin(&self) -> &Url {
        &self.files.origin
    }

    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let files = BenchFiles::at(format!("http://{}/", listener.local_addr()?).parse()?)?;
        let serve = |kind: MediaKind| {
            let bytes = files.bytes(kind);
            get(move || async move { ([(CONTENT_TYPE, BenchFiles::facts(kind).0)], bytes) })
        };
        let router = [MediaKind::Image, MediaKind::Video]
            .into_iter()
            .fold(Router::new(), |router, kind| router.route(&format!("/{}", name(kind)), serve(kind)));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the media of the measurement are not served any more");
            }
        });
        Ok(Self { files, task })
    }
}
