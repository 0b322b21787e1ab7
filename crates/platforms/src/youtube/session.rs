//! A resumable upload: its session, its chunks, and the question what has arrived.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, HeaderName, LOCATION};
use serde_json::Value;
use url::Url;

use super::hosts::may_upload_to;
use super::{YouTube, publish};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request, endpoint};
use crate::types::{Access, Draft, Media};

/// Size of a chunk: a multiple of 256 KiB, as YouTube wants it of every chunk but the last.
const CHUNK: u64 = 32 * 256 * 1024;

/// Chunks of one call to `prepare`: then the progress is kept before it goes on.
const CHUNKS_PER_CALL: usize = 8;

/// Longest wait for one chunk.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(180);

/// How far a session is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Progress {
    /// So many bytes have arrived; the next chunk begins there.
    Received(u64),
    /// All have arrived: the video as the network answered it.
    Done(Value),
    /// The network knows the session no more.
    Gone,
}

impl YouTube {
    /// Begins a session and returns its address. Whoever has the address can send to this upload and
    /// to nothing else.
    pub(super) async fn begin(&self, access: &Access, draft: &Draft, media: &Media) -> Result<Url, CallError> {
        let url = endpoint(&access.base_url, &["upload", "youtube", "v3", "videos"])?;
        let mut request = Request::post_json(url, publish::resource(draft))
            .in_query("uploadType", "resumable")
            .in_query("part", "snippet,status")
            .header(HeaderName::from_static("x-upload-content-length"), media.size.to_string())
            .header(HeaderName::from_static("x-upload-content-type"), media.mime_type.clone());
        if let Some(notify) = draft.option("notify_subscribers").and_then(Value::as_bool) {
            request = request.in_query("notifySubscribers", if notify { "true" } else { "false" });
        }
        let answer = self.call(request, access).await?;
        let session: Option<Url> = answer.header(LOCATION.as_str()).and_then(|l| l.parse().ok());
        let session = session.ok_or_else(|| answer.unstructured())?;
        if !may_upload_to(&access.base_url, &session) {
            let host = session.host_str().unwrap_or_default();
            let message = format!("YouTube named {host} as the place for the video, which is none of its upload hosts");
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        Ok(session)
    }

    /// Asks what has arrived and sends what is missing, as much as one call may.
    pub(super) async fn go_on(&self, access: &Access, media: &Media, session: &Url) -> Result<Progress, CallError> {
        if !may_upload_to(&access.base_url, session) {
            return Err(CallError::not_sent("the upload was begun at another server; start it again"));
        }
        let mut progress = self.ask(access, media, session).await?;
        for _ in 0..CHUNKS_PER_CALL {
            let Progress::Received(start) = progress else { break };
            progress = self.send_chunk(access, media, session, start).await?;
            if progress == Progress::Received(start) {
                let message = "YouTube takes no more bytes of the video";
                return Err(CallError::new(ErrorType::Transient, Delivery::Refused, message));
            }
        }
        Ok(progress)
    }

    async fn ask(&self, access: &Access, media: &Media, session: &Url) -> Result<Progress, CallError> {
        let request = Request::put_bytes(session.clone(), &media.mime_type, Bytes::new())
            .header(CONTENT_RANGE, format!("bytes */{}", media.size));
        self.exchange_with_session(access, request, media.size).await
    }

    async fn send_chunk(
        &self,
        access: &Access,
        media: &Media,
        session: &Url,
        start: u64,
    ) -> Result<Progress, CallError> {
        let end = media.size.min(start + CHUNK);
        let bytes = media.piece(start..end).await?;
        let request = Request::put_bytes(session.clone(), &media.mime_type, bytes)
            .header(CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, media.size))
            .timeout(CHUNK_TIMEOUT);
        self.exchange_with_session(access, request, media.size).await
    }

    async fn exchange_with_session(&self, access: &Access, request: Request, size: u64) -> Result<Progress, CallError> {
        match self.call(request, access).await {
            Ok(answer) if answer.status == 308 => received(&answer, size).map(Progress::Received),
            Ok(answer) => answer.json().map(Progress::Done).ok_or_else(|| answer.unstructured()),
            Err(error) if matches!(error.http_status, Some(404 | 410)) => Ok(Progress::Gone),
            Err(error) => Err(error),
        }
    }
}

/// `Range: bytes=0-99` means that 100 bytes are there; without it there are none.
fn received(answer: &Answer, size: u64) -> Result<u64, CallError> {
    let Some(range) = answer.header("range") else { return Ok(0) };
    let last: Option<u64> = range.rsplit('-').next().and_then(|n| n.trim().parse().ok());
    let there = last.map(|n| n.saturating_add(1)).filter(|n| *n < size);
    there.ok_or_else(|| {
        CallError::new(
            ErrorType::Unknown,
            Delivery::Refused,
            format!("YouTube says it has the bytes {range} of {size}"),
        )
    })
}
