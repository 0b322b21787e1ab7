//! Media before the status: sent whole, waited for where the server works on them.
//!
//! Handles: `{"media": [{"id", "expires_at", "ready"}], "polls"}`, one entry per medium of the draft
//! in its order.

use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::focus;
use super::{MEDIA_LIFE, Mastodon};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Part, Request, endpoint, upload_time};
use crate::poll;
use crate::types::{Access, Draft, Handles, Media, Prepared};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Upload {
    id: String,
    expires_at: Timestamp,
    ready: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    media: Vec<Option<Upload>>,
    #[serde(default)]
    polls: u64,
}

fn kept(handles: &Handles) -> Kept {
    serde_json::from_value(handles.clone()).unwrap_or_default()
}

fn told(kept: &Kept) -> Handles {
    serde_json::to_value(kept).expect("plain data")
}

/// Ids of the media that were sent, in order.
pub(super) fn media_ids(handles: &Handles) -> Vec<String> {
    kept(handles).media.into_iter().flatten().map(|u| u.id).collect()
}

impl Mastodon {
    pub(super) async fn upload_media(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        if draft.media.is_empty() {
            return Ok(Prepared::Ready(Value::Null));
        }
        let mut kept = kept(handles);
        kept.media.resize(draft.media.len(), None);
        let now = self.http.now();
        if kept.media.iter().any(Option::is_none) {
            self.check_limits(access, draft).await?;
        }
        for (at, media) in draft.media.iter().enumerate() {
            let place = &mut kept.media[at];
            if place.as_ref().is_some_and(|u| u.expires_at <= now) {
                *place = None;
            }
            if let Some(upload) = place.as_mut().filter(|u| !u.ready) {
                match self.is_ready(access, &upload.id).await {
                    Ok(ready) => upload.ready = ready,
                    // The server has cleaned up: once more from the start.
                    Err(e) if e.kind == ErrorType::NotFound => *place = None,
                    Err(e) => return Err(e),
                }
            }
            if place.is_none() {
                *place = Some(self.send_file(access, media, focus(draft, at)).await?);
            }
        }
        if kept.media.iter().flatten().all(|u| u.ready) {
            return Ok(Prepared::Ready(told(&kept)));
        }
        let pause = poll::pause(kept.polls);
        kept.polls += 1;
        Ok(Prepared::Wait { handles: told(&kept), pause })
    }

    async fn send_file(&self, access: &Access, media: &Media, focus: Option<String>) -> Result<Upload, CallError> {
        let part = Part::of("file", media);
        let mut request =
            Request::post(endpoint(&access.base_url, &["api", "v2", "media"])?).timeout(upload_time(media.size));
        if let Some(alt) = media.alt_text.as_deref().filter(|a| !a.trim().is_empty()) {
            request = request.with("description", alt);
        }
        if let Some(focus) = focus {
            request = request.with("focus", focus);
        }
        let answer = self.call(request.file(part), access).await.map_err(about_file)?;
        let body = answer.json().unwrap_or_default();
        let id = body.get("id").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
        let expires_at = answer.received_at + MEDIA_LIFE;
        Ok(Upload { id: id.to_owned(), expires_at, ready: is_processed(&answer, &body) })
    }

    async fn is_ready(&self, access: &Access, id: &str) -> Result<bool, CallError> {
        let request = Request::get(endpoint(&access.base_url, &["api", "v1", "media", id])?);
        let answer = self.call(request, access).await.map_err(about_file)?;
        let body = answer.json().unwrap_or_default();
        Ok(is_processed(&answer, &body))
    }
}

/// 202 after sending and 206 after asking: the server still works on it. Servers that know neither
/// status leave the address out.
fn is_processed(answer: &Answer, body: &Value) -> bool {
    answer.status == 200 && body.get("url").is_some_and(|url| !url.is_null())
}

/// A request refused for what it says is refused for the file; everything else stays what it is.
fn about_file(error: CallError) -> CallError {
    let is_file = matches!(error.kind, ErrorType::BadRequest) && error.delivery == Delivery::Refused;
    if is_file { error.about_media() } else { error }
}
