//! Pictures, videos and documents before the post: an address is asked for, the bytes go there, and
//! the network works on them.
//!
//! Handles: `{"media": [{"urn", "at", "ready"}], "polls"}`, one entry per medium of the draft in its
//! order. A medium stands there only when all its bytes arrived: the addresses in between are secrets
//! and are not kept.

use std::time::Duration;

use reqwest::header::ETAG;
use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::rest::{address, escaped, takes_files};
use super::rules::Asset;
use super::{LinkedIn, errors};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Content, Request, upload_time};
use crate::poll;
use crate::types::{Access, Draft, Handles, Media, Prepared};

/// The network states no end for unused media; after a day they are sent again.
pub(super) const HANDLES_LIFE: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    urn: String,
    at: Timestamp,
    ready: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    media: Vec<Option<Stored>>,
    #[serde(default)]
    polls: u64,
}

/// URNs of the media that stand ready, in order.
pub(super) fn urns(handles: &Handles) -> Vec<String> {
    let kept: Kept = serde_json::from_value(handles.clone()).unwrap_or_default();
    kept.media.into_iter().flatten().map(|m| m.urn).collect()
}

impl LinkedIn {
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
        for (media, place) in draft.media.iter().zip(&mut kept.media) {
            let begun = match place.take().filter(|m| m.at + HANDLES_LIFE > now) {
                Some(stored) => stored,
                None => Stored { urn: self.store(access, media).await?, at: now, ready: false },
            };
            let stored = place.insert(begun);
            if !stored.ready {
                stored.ready = self.is_available(access, Asset::of(media), &stored.urn).await?;
            }
        }
        let is_ready = kept.media.iter().flatten().all(|m| m.ready);
        if is_ready {
            return Ok(Prepared::Ready(told(&kept)));
        }
        let pause = poll::pause(kept.polls);
        kept.polls += 1;
        Ok(Prepared::Wait { handles: told(&kept), pause })
    }

    /// Sends all bytes of a medium and returns its URN.
    async fn store(&self, access: &Access, media: &Media) -> Result<String, CallError> {
        let asset = Asset::of(media);
        let mut wanted = json!({ "owner": access.platform_user_id });
        if asset == Asset::Video {
            wanted["fileSizeBytes"] = json!(media.size);
            wanted["uploadCaptions"] = json!(false);
            wanted["uploadThumbnail"] = json!(false);
        }
        let url = address(&access.base_url, asset.path(), &[("action", "initializeUpload")])?;
        let request = Request::post_json(url, json!({ "initializeUploadRequest": wanted }));
        let answer = self.call(request, &access.token).await.map_err(about_file)?;
        let body = answer.json().unwrap_or_default();
        let value = body.get("value").unwrap_or(&Value::Null);
        let urn = value.get(asset.name()).and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
        if asset == Asset::Video {
            self.send_parts(access, media, urn, value).await?;
        } else {
            let to = value.get("uploadUrl").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
            self.send_bytes(access, to, &media.mime_type, media).await?;
        }
        Ok(urn.to_owned())
    }

    /// A video goes in the parts that the network named; the tags of the parts finish it.
    async fn send_parts(&self, access: &Access, media: &Media, urn: &str, value: &Value) -> Result<(), CallError> {
        let parts = value.get("uploadInstructions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut tags = Vec::with_capacity(parts.len());
        for part in parts {
            let number = |name: &str| part.get(name).and_then(Value::as_u64);
            let range = number("firstByte").zip(number("lastByte")).filter(|(first, last)| first <= last);
            let (Some(to), Some((first, last))) = (part.get("uploadUrl").and_then(Value::as_str), range) else {
                let message = "LinkedIn named a part of the video without an address or without its bytes";
                return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
            };
            // The network counts the last byte too, and may name more than there are.
            let bytes = media.piece(first..media.size.min(last + 1)).await?;
            tags.push(self.send_bytes(access, to, "application/octet-stream", bytes).await?);
        }
        let finished = json!({ "finalizeUploadRequest": {
            "video": urn,
            "uploadToken": value.get("uploadToken").and_then(Value::as_str).unwrap_or_default(),
            "uploadedPartIds": tags,
        } });
        let url = address(&access.base_url, Asset::Video.path(), &[("action", "finalizeUpload")])?;
        self.call(Request::post_json(url, finished), &access.token).await.map_err(about_file).map(drop)
    }

    /// Returns the tag of what was stored.
    async fn send_bytes(
        &self,
        access: &Access,
        to: &str,
        mime: &str,
        content: impl Into<Content>,
    ) -> Result<String, CallError> {
        let content = content.into();
        let url: Option<Url> = to.parse().ok().filter(|url| takes_files(&access.base_url, url));
        let url = url.ok_or_else(|| {
            let message = "LinkedIn named an address for the file that is none of its own; nothing was sent there";
            CallError::new(ErrorType::Unknown, Delivery::NotSent, message)
        })?;
        let longest = upload_time(content.size());
        let request = Request::put_bytes(url, mime, content).bearer(&access.token).timeout(longest);
        let answer = errors::judge_upload(self.http.send(request).await?).map_err(about_file)?;
        Ok(answer.header(ETAG.as_str()).unwrap_or_default().trim_matches('"').to_owned())
    }

    async fn is_available(&self, access: &Access, asset: Asset, urn: &str) -> Result<bool, CallError> {
        let url = address(&access.base_url, &format!("{}/{}", asset.path(), escaped(urn)), &[])?;
        let answer = self.call(Request::get(url), &access.token).await?;
        let body = answer.json().unwrap_or_default();
        match body.get("status").and_then(Value::as_str) {
            Some("AVAILABLE") => Ok(true),
            Some("PROCESSING_FAILED") => {
                let reason = body.get("processingFailureReason").and_then(Value::as_str).unwrap_or("no reason given");
                let message = format!("LinkedIn could not process a medium: {reason}");
                Err(CallError::new(ErrorType::BadRequest, Delivery::Refused, message).about_media())
            }
            Some(_) => Ok(false),
            None => Err(answer.unstructured()),
        }
    }
}

fn told(kept: &Kept) -> Handles {
    serde_json::to_value(kept).expect("plain data")
}

/// A request refused for what it says is refused for the file; everything else stays what it is.
fn about_file(error: CallError) -> CallError {
    if error.kind == ErrorType::BadRequest && error.delivery == Delivery::Refused { error.about_media() } else { error }
}
