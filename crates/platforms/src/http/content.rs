//! The bytes of a file on their way out: at hand, or read piece by piece while they are sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::CallError;
use crate::types::Media;

/// So much is read at once: what a file takes of the memory, whatever its size.
const PIECE_BYTES: u64 = 1024 * 1024;

/// Longest wait for the answer to a file: five minutes, and a second for every MiB, for slow lines.
pub(crate) fn upload_time(size: u64) -> Duration {
    Duration::from_mins(5) + Duration::from_secs(size >> 20)
}

/// What a request carries of a file.
pub(crate) enum Content {
    /// Bytes in memory.
    AtHand(Bytes),
    /// A whole medium; it is read while it is sent.
    Medium(Media),
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::AtHand(bytes)
    }
}

impl From<&Media> for Content {
    fn from(media: &Media) -> Self {
        Self::Medium(media.clone())
    }
}

impl Content {
    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        match self {
            Self::AtHand(bytes) => bytes.len() as u64,
            Self::Medium(media) => media.size,
        }
    }
}

impl From<Content> for reqwest::Body {
    fn from(content: Content) -> Self {
        match content {
            Content::AtHand(bytes) => bytes.into(),
            Content::Medium(media) => Self::wrap(Streamed { media, read: 0, reading: Mutex::new(None) }),
        }
    }
}

type Reading = Pin<Box<dyn Future<Output = Result<Bytes, CallError>> + Send>>;

/// A medium as a body. Its length is known, so a server learns at once what comes, and a medium that ends
/// early is no whole request.
struct Streamed {
    media: Media,
    read: u64,
    /// The client wants a body that threads may share; what reads need not be.
    reading: Mutex<Option<Reading>>,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = CallError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CallError>>> {
        let Self { media, read, reading } = self.get_mut();
        if *read >= media.size {
            return Poll::Ready(None);
        }
        let reading = reading.get_mut().unwrap_or_else(PoisonError::into_inner);
        let begun = reading.get_or_insert_with(|| {
            let (media, range) = (media.clone(), *read..media.size.min(*read + PIECE_BYTES));
            Box::pin(async move { media.piece(range).await })
        });
        let piece = ready!(begun.as_mut().poll(context));
        *reading = None;
        Poll::Ready(Some(piece.map(|bytes| {
            *read += bytes.len() as u64;
            Frame::data(bytes)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.read >= self.media.size
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.media.size.saturating_sub(self.read))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use async_trait::async_trait;
    use axum::Router;
    use axum::body::{Body as Received, to_bytes};
    use axum::http::HeaderMap;
    use axum::routing::post;
    use rookery_kernel::{FixedClock, Timestamp};
    use url::Url;

    use super::*;
    use crate::error::{Delivery, ErrorType};
    use crate::http::{HttpClient, HttpConfig, Part, Request};
    use crate::types::{MediaKind, MediaSource};

    /// Larger than what was once sent in one piece, and no multiple of a piece.
    const SIZE: u64 = 65 * 1024 * 1024 + 3;

    /// A film whose bytes are made when they are asked for; from `ends_at` on the storage fails.
    #[derive(Debug)]
    struct Film {
        ends_at: u64,
    }

    #[async_trait]
    impl MediaSource for Film {
        async fn read(&self, range: Range<u64>) -> Result<Bytes, CallError> {
            let length = range.end - range.start;
            assert!(length <= PIECE_BYTES, "{length} bytes at once");
            if range.end > self.ends_at {
                return Err(CallError::new(ErrorType::Transient, Delivery::NotSent, "the storage does not answer"));
            }
            Ok(vec![7; usize::try_from(length).expect("small")].into())
        }
    }

    fn film(ends_at: u64) -> Media {
        let film = Media::of_bytes(MediaKind::Video, "video/mp4", "film.mp4", Bytes::new());
        Media { size: SIZE, source: Arc::new(Film { ends_at }), ..film }
    }

    /// Answers how much the request said that it has, and how much came.
    async fn counted(headers: HeaderMap, body: Received) -> String {
        let said = headers.get("content-length").and_then(|v| v.to_str().ok()).unwrap_or("nothing").to_owned();
        let came = to_bytes(body, usize::MAX).await.map_or(0, |bytes| bytes.len());
        format!("{said} {came}")
    }

    async fn server() -> Url {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("bound")).parse().expect("an address");
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(counted))).await });
        url
    }

    fn client() -> HttpClient {
        let clock = FixedClock::at(Timestamp::from_secs(1_000));
        HttpClient::new(HttpConfig::local(), Arc::new(clock)).expect("a client")
    }

    #[tokio::test]
    async fn a_large_medium_is_read_in_pieces_and_its_length_is_told_first() {
        let (url, http) = (server().await, client());
        let bare = Request::post_bytes(url.clone(), "video/mp4", &film(SIZE));
        let answer = http.send(bare.timeout(upload_time(SIZE))).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer.body), format!("{SIZE} {SIZE}"));
        let form = Request::post(url).with("key", "a").file(Part::of("file", &film(SIZE)));
        let answer = http.send(form.timeout(upload_time(SIZE))).await.expect("an answer");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let (said, came) = text.split_once(' ').expect("two numbers");
        assert_eq!(said, came, "a form has its length too");
        assert!(came.parse::<u64>().is_ok_and(|n| (SIZE..SIZE + 1_000).contains(&n)), "{came}");
    }

    #[tokio::test]
    async fn a_storage_that_fails_half_way_is_told_in_its_own_words() {
        let (url, http) = (server().await, client());
        let answer = http.send(Request::post_bytes(url, "video/mp4", &film(SIZE / 2))).await;
        let error = answer.err().expect("half a film is none");
        assert_eq!((error.kind, error.delivery), (ErrorType::Transient, Delivery::NotSent));
        assert_eq!(error.message, "the storage does not answer");
    }
}
