//! Media before the post: begun, sent in pieces, finished, waited for.
//!
//! Handles: `{"media": [{"id", "expires_at", "sent", "state", "alt"}], "polls"}`, one entry per
//! medium of the draft in its order. `sent` counts pieces, so that a large video goes on where it
//! stopped; `state` is `sending`, `processing` or `ready`.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{MEDIA_LIFE, Twitter};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Part, Request, endpoint};
use crate::poll;
use crate::types::{Access, Draft, Handles, Media, MediaKind, Prepared};

/// Size of a piece. The network takes up to 5 MB.
const PIECE: u64 = 4 * 1024 * 1024;

/// Pieces of one call to `prepare`: then the progress is kept before it goes on.
const PIECES_PER_CALL: u64 = 16;

/// Longest wait for one piece.
const PIECE_TIMEOUT: Duration = Duration::from_secs(120);

/// Longest pause the network may ask for between two looks.
const PAUSE_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Sending,
    Processing,
    Ready,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Upload {
    id: String,
    expires_at: Timestamp,
    sent: u64,
    state: State,
    /// Whether the description is there.
    alt: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    media: Vec<Option<Upload>>,
    #[serde(default)]
    polls: u64,
}

/// Ids of the media that stand ready, in order.
pub(super) fn media_ids(handles: &Handles) -> Vec<String> {
    let kept: Kept = serde_json::from_value(handles.clone()).unwrap_or_default();
    kept.media.into_iter().flatten().map(|u| u.id).collect()
}

const fn category(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "tweet_image",
        MediaKind::Gif => "tweet_gif",
        MediaKind::Video => "tweet_video",
    }
}

impl Twitter {
    pub(super) async fn upload_media(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        if draft.media.is_empty() {
            return Ok(Prepared::Ready(Value::Null));
        }
        let mut kept: Kept = serde_json::from_value(handles.clone()).unwrap_or_default();
        kept.media.resize(draft.media.len(), None);
        let now = self.http.now();
        let mut pieces_left = PIECES_PER_CALL;
        let mut pause: Option<Duration> = None;
        for (media, place) in draft.media.iter().zip(&mut kept.media) {
            if place.as_ref().is_some_and(|u| u.expires_at <= now) {
                *place = None;
            }
            let begun = match place.take() {
                Some(upload) => upload,
                None => self.begin(access, media).await?,
            };
            let upload = place.insert(begun);
            if upload.state == State::Sending {
                self.send_pieces(access, media, upload, &mut pieces_left).await?;
                if upload.sent < media.size.div_ceil(PIECE) {
                    return Ok(Prepared::Wait { handles: told(&kept), pause: Duration::from_secs(1) });
                }
                let asked = self.finish(access, upload).await?;
                pause = pause.max(asked);
            } else if upload.state == State::Processing {
                let asked = self.poll(access, upload).await?;
                pause = pause.max(asked);
            }
            self.describe(access, media, upload).await?;
        }
        let Some(asked) = pause else { return Ok(Prepared::Ready(told(&kept))) };
        let pause = poll::pause(kept.polls).max(asked.min(PAUSE_MAX));
        kept.polls += 1;
        Ok(Prepared::Wait { handles: told(&kept), pause })
    }

    async fn begin(&self, access: &Access, media: &Media) -> Result<Upload, CallError> {
        let body = json!({
            "media_type": media.mime_type,
            "total_bytes": media.size,
            "media_category": category(media.kind),
        });
        let url = endpoint(&access.base_url, &["2", "media", "upload", "initialize"])?;
        let answer = self.call(Request::post_json(url, body), access).await.map_err(about_file)?;
        let body = answer.json().unwrap_or_default();
        let id = body.pointer("/data/id").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
        let life = body.pointer("/data/expires_after_secs").and_then(Value::as_u64).map(Duration::from_secs);
        let expires_at = answer.received_at + life.unwrap_or(MEDIA_LIFE).min(MEDIA_LIFE);
        Ok(Upload { id: id.to_owned(), expires_at, sent: 0, state: State::Sending, alt: false })
    }

    async fn send_pieces(
        &self,
        access: &Access,
        media: &Media,
        upload: &mut Upload,
        pieces_left: &mut u64,
    ) -> Result<(), CallError> {
        while upload.sent * PIECE < media.size && *pieces_left > 0 {
            let start = upload.sent * PIECE;
            let bytes = media.piece(start..media.size.min(start + PIECE)).await?;
            let part = Part {
                field: "media".to_owned(),
                file_name: media.file_name.clone(),
                mime_type: "application/octet-stream".to_owned(),
                content: bytes.into(),
            };
            let url = endpoint(&access.base_url, &["2", "media", "upload", &upload.id, "append"])?;
            let request =
                Request::post(url).file(part).with("segment_index", upload.sent.to_string()).timeout(PIECE_TIMEOUT);
            self.call(request, access).await.map_err(about_file)?;
            upload.sent += 1;
            *pieces_left -= 1;
        }
        Ok(())
    }

    /// How long the network asks us to wait, if it is not done at once.
    async fn finish(&self, access: &Access, upload: &mut Upload) -> Result<Option<Duration>, CallError> {
        let url = endpoint(&access.base_url, &["2", "media", "upload", &upload.id, "finalize"])?;
        let answer = self.call(Request::post(url), access).await.map_err(about_file)?;
        progress(upload, &answer.json().unwrap_or_default())
    }

    async fn poll(&self, access: &Access, upload: &mut Upload) -> Result<Option<Duration>, CallError> {
        let url = endpoint(&access.base_url, &["2", "media", "upload"])?;
        let request = Request::get(url).with("command", "STATUS").with("media_id", &upload.id);
        let answer = self.call(request, access).await.map_err(about_file)?;
        progress(upload, &answer.json().unwrap_or_default())
    }

    async fn describe(&self, access: &Access, media: &Media, upload: &mut Upload) -> Result<(), CallError> {
        let Some(alt) = media.alt_text.as_deref().filter(|a| !a.trim().is_empty()) else { return Ok(()) };
        if upload.alt || upload.state != State::Ready {
            return Ok(());
        }
        let body = json!({ "id": upload.id, "metadata": { "alt_text": { "text": alt } } });
        let url = endpoint(&access.base_url, &["2", "media", "metadata"])?;
        self.call(Request::post_json(url, body), access).await.map_err(about_file)?;
        upload.alt = true;
        Ok(())
    }
}

fn told(kept: &Kept) -> Handles {
    serde_json::to_value(kept).expect("plain data")
}

/// A request refused for what it says is refused for the file; everything else stays what it is.
fn about_file(error: CallError) -> CallError {
    if error.kind == ErrorType::BadRequest && error.delivery == Delivery::Refused { error.about_media() } else { error }
}

/// Reads `processing_info`; without it the medium is ready.
fn progress(upload: &mut Upload, body: &Value) -> Result<Option<Duration>, CallError> {
    let Some(info) = body.pointer("/data/processing_info") else {
        upload.state = State::Ready;
        return Ok(None);
    };
    let asked = info.get("check_after_secs").and_then(Value::as_u64).map_or(Duration::ZERO, Duration::from_secs);
    match info.get("state").and_then(Value::as_str) {
        Some("succeeded") => {
            upload.state = State::Ready;
            Ok(None)
        }
        Some("failed") => {
            let reason = info.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
            let message = format!("X could not process a medium: {reason}");
            let mut error = CallError::new(ErrorType::BadRequest, Delivery::Refused, message).about_media();
            error.code = info.pointer("/error/name").and_then(Value::as_str).map(ToOwned::to_owned);
            Err(error)
        }
        _ => {
            upload.state = State::Processing;
            Ok(Some(asked))
        }
    }
}
