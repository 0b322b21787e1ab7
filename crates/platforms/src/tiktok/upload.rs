//! A video on its way: begun, sent chunk by chunk. The last chunk makes it public and belongs to
//! `publish`.

use std::time::Duration;

use reqwest::header::CONTENT_RANGE;
use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::chunks::ChunkPlan;
use super::{TikTok, UPLOAD_LIFE, may_upload_to};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request};
use crate::types::{Access, Draft, Handles, Media, MediaKind, Prepared};

/// Chunks of one call to `prepare`: then the progress is kept before it goes on.
const CHUNKS_PER_CALL: u64 = 4;

/// Longest wait for one chunk.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(180);

/// How often an upload that the network forgot is begun anew.
const RESTARTS_MAX: u64 = 3;

/// A video that is being sent. The address works for this upload only, and for an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub url: Url,
    pub plan: ChunkPlan,
    pub sent: u64,
    pub expires_at: Timestamp,
}

/// `{"publish_id", "post_info", "upload": {"url", "plan", "sent", "expires_at"}, "restarts"}`. Pictures
/// have a `post_info` only, and the `publish_id` after the public call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub publish_id: Option<String>,
    pub post_info: Value,
    pub upload: Option<Upload>,
    pub restarts: u64,
}

impl Kept {
    pub fn of(handles: &Handles) -> Self {
        serde_json::from_value(handles.clone()).unwrap_or_default()
    }

    pub fn told(&self) -> Handles {
        serde_json::to_value(self).expect("plain data")
    }
}

/// The draft's video, if it has one.
pub(super) fn video(draft: &Draft) -> Option<&Media> {
    draft.media.first().filter(|m| m.kind == MediaKind::Video)
}

impl TikTok {
    pub(super) async fn make_ready(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        let mut kept = Kept::of(handles);
        if kept.post_info.is_null() {
            kept.post_info = self.creator(access).await?.post_info(draft)?;
        }
        let Some(video) = video(draft) else {
            return Ok(Prepared::Ready(kept.told()));
        };
        let lives = kept.upload.as_ref().is_some_and(|u| u.expires_at > self.http.now());
        if !lives || self.has_failed(access, &kept).await? {
            self.begin(access, draft, video, &mut kept).await?;
        }
        let upload = kept.upload.as_mut().ok_or_else(|| CallError::not_sent("the upload was not begun"))?;
        match send_until_the_last(self, access, video, upload).await {
            Ok(()) => {}
            // The network knows the upload no more: the hour is over, or it was given up.
            Err(error) if matches!(error.http_status, Some(403 | 404 | 410)) && kept.restarts < RESTARTS_MAX => {
                kept.restarts += 1;
                (kept.upload, kept.publish_id) = (None, None);
                return Ok(Prepared::Wait { handles: kept.told(), pause: Duration::from_secs(1) });
            }
            Err(error) => return Err(error),
        }
        if upload.sent + 1 < upload.plan.count {
            return Ok(Prepared::Wait { handles: kept.told(), pause: Duration::from_secs(1) });
        }
        Ok(Prepared::Ready(kept.told()))
    }

    /// Whether an upload that waits for its last chunk was given up by the network meanwhile.
    async fn has_failed(&self, access: &Access, kept: &Kept) -> Result<bool, CallError> {
        let (Some(upload), Some(id)) = (&kept.upload, &kept.publish_id) else { return Ok(true) };
        if upload.sent + 1 < upload.plan.count {
            return Ok(false);
        }
        Ok(self.status(access, id).await?.is_failed())
    }

    async fn begin(&self, access: &Access, draft: &Draft, video: &Media, kept: &mut Kept) -> Result<(), CallError> {
        let plan = ChunkPlan::of(video.size);
        let mut post_info = kept.post_info.clone();
        post_info["title"] = json!(draft.text_with_link());
        let body = json!({
            "post_info": post_info,
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": plan.size,
                "chunk_size": plan.chunk_size,
                "total_chunk_count": plan.count,
            },
        });
        let answer = self.post(access, &["post", "publish", "video", "init"], body).await?;
        let body = answer.json().unwrap_or_default();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
        let (id, url) = text("/data/publish_id")
            .zip(text("/data/upload_url").and_then(|u| u.parse::<Url>().ok()))
            .ok_or_else(|| answer.unstructured())?;
        if !may_upload_to(&access.base_url, &url) {
            let host = url.host_str().unwrap_or_default();
            let message = format!("TikTok named {host} as the place for the video, which is none of its upload hosts");
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        kept.publish_id = Some(id.to_owned());
        kept.upload = Some(Upload { url, plan, sent: 0, expires_at: answer.received_at + UPLOAD_LIFE });
        Ok(())
    }

    /// Sends one chunk. Not as the account: the address is the proof.
    pub(super) async fn send_chunk(
        &self,
        access: &Access,
        media: &Media,
        upload: &Upload,
        index: u64,
    ) -> Result<Answer, CallError> {
        if !may_upload_to(&access.base_url, &upload.url) {
            return Err(CallError::not_sent("the upload was begun at another server; start it again"));
        }
        let range = upload.plan.range(index);
        let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, upload.plan.size);
        let bytes = media.piece(range).await?;
        let request = Request::put_bytes(upload.url.clone(), &media.mime_type, bytes)
            .header(CONTENT_RANGE, content_range)
            .timeout(CHUNK_TIMEOUT);
        let answer = self.http.send(request).await?;
        if answer.is_success() { Ok(answer) } else { Err(of_upload(&answer)) }
    }
}

async fn send_until_the_last(
    tiktok: &TikTok,
    access: &Access,
    media: &Media,
    upload: &mut Upload,
) -> Result<(), CallError> {
    let end = (upload.sent + CHUNKS_PER_CALL).min(upload.plan.count - 1);
    while upload.sent < end {
        tiktok.send_chunk(access, media, upload, upload.sent).await?;
        upload.sent += 1;
    }
    Ok(())
}

/// Answers of an upload host have no body worth reading.
fn of_upload(answer: &Answer) -> CallError {
    let mut error = answer.unstructured();
    match answer.status {
        // The address has ended; the account's token has nothing to do with it.
        401 | 403 | 404 | 410 => error.kind = ErrorType::Transient,
        // These bytes are there already, or others are missing: the status of the post tells.
        416 => (error.kind, error.delivery) = (ErrorType::Transient, Delivery::Unknown),
        400 | 413 | 415 => error = error.about_media(),
        _ => {}
    }
    error
}
