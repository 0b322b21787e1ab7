//! The public call, and what became of it.

use serde_json::{Value, json};

use super::creator::PUBLIC;
use super::upload::{Kept, video};
use super::{TikTok, errors, site};
use crate::connector::Connector as _;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::endpoint;
use crate::text::comparable;
use crate::types::{Access, Draft, Found, Handles, Published, Search, Sent};

/// 20 posts a page; nobody posts more than this in the minutes of a look-up.
const LOOK_UP_PAGES_MAX: usize = 5;

/// What `status/fetch` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    word: String,
    reason: Option<String>,
    post_id: Option<String>,
    uploaded_bytes: Option<u64>,
    log_id: Option<String>,
}

impl Status {
    pub fn is_failed(&self) -> bool {
        self.word == "FAILED"
    }
}

impl TikTok {
    pub(super) async fn make_public(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Sent, CallError> {
        let mut kept = Kept::of(handles);
        let Some(video) = video(draft) else {
            kept.publish_id = Some(self.send_pictures(access, draft, &kept).await?);
            return Ok(Sent::Accepted(kept.told()));
        };
        let upload = kept.upload.as_mut().filter(|u| u.sent + 1 == u.plan.count && u.plan.size == video.size);
        let upload =
            upload.ok_or_else(|| CallError::not_sent("the video of this post was not uploaded").about_media())?;
        self.send_chunk(access, video, upload, upload.sent).await?;
        upload.sent += 1;
        Ok(Sent::Accepted(kept.told()))
    }

    async fn send_pictures(&self, access: &Access, draft: &Draft, kept: &Kept) -> Result<String, CallError> {
        if kept.post_info.is_null() {
            return Err(CallError::not_sent("the account was not asked what it may post"));
        }
        let urls = draft.media.iter().map(|m| m.public_url().map(ToString::to_string)).collect::<Result<Vec<_>, _>>();
        let mut post_info = kept.post_info.clone();
        post_info["title"] = json!(draft.title.as_deref().unwrap_or_default());
        post_info["description"] = json!(draft.text_with_link());
        let cover = draft.option("photo_cover_index").and_then(Value::as_u64).unwrap_or(0);
        let body = json!({
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": post_info,
            "source_info": { "source": "PULL_FROM_URL", "photo_images": urls?, "photo_cover_index": cover },
        });
        let answer = self.post(access, &["post", "publish", "content", "init"], body).await?;
        let body = answer.json().unwrap_or_default();
        let id = body.pointer("/data/publish_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(ToOwned::to_owned).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "TikTok accepted the post and gave it no id")
        })
    }

    pub(super) async fn status(&self, access: &Access, publish_id: &str) -> Result<Status, CallError> {
        let body = json!({ "publish_id": publish_id });
        let answer = self.post(access, &["post", "publish", "status", "fetch"], body).await?;
        let body = answer.json().unwrap_or_default();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
        // The name of the field is spelled so.
        let post_id = body.pointer("/data/publicaly_available_post_id/0").and_then(|id| match id {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        Ok(Status {
            word: text("/data/status").ok_or_else(|| answer.unstructured())?,
            reason: text("/data/fail_reason").filter(|r| !r.is_empty()),
            post_id,
            uploaded_bytes: body.pointer("/data/uploaded_bytes").and_then(Value::as_u64),
            log_id: text("/error/log_id"),
        })
    }

    /// By the publish id. A last chunk that did not arrive may be sent again: it belongs to the same
    /// upload, so it cannot make a second post.
    pub(super) async fn find_post(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let kept = Kept::of(&search.handles);
        let Some(id) = &kept.publish_id else {
            // A video that was never begun cannot be out.
            return if video(&search.draft).is_some() {
                Ok(Found::Absent)
            } else {
                self.find_pictures(access, search).await
            };
        };
        let status = self.status(access, id).await?;
        Ok(match status.word.as_str() {
            "PUBLISH_COMPLETE" => {
                let is_public = kept.post_info.get("privacy_level").and_then(Value::as_str) == Some(PUBLIC);
                match status.post_id {
                    Some(post) => Found::Post(published(access, &post, video(&search.draft).is_some())),
                    // Public posts get their id when the moderation is done.
                    None if is_public => Found::Working,
                    // Others never do: the id of the upload is all there will be.
                    None => Found::Post(Published { external_id: id.clone(), permalink: None }),
                }
            }
            "FAILED" => {
                let reason = status.reason.as_deref().unwrap_or("no reason given");
                Found::Refused(errors::of_reason(reason, status.log_id.as_deref()))
            }
            "PROCESSING_UPLOAD" => {
                let whole = kept.upload.as_ref().map(|u| u.plan.size);
                let is_cut = whole.zip(status.uploaded_bytes).is_some_and(|(whole, there)| there < whole);
                if is_cut { Found::Absent } else { Found::Working }
            }
            "PROCESSING_DOWNLOAD" => Found::Working,
            other => {
                let message = format!("TikTok tells a state that this version does not know: {other}");
                return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
            }
        })
    }

    /// Pictures whose publish id was lost with the answer. A post that is not listed may still be
    /// in moderation, so "absent" would be a guess.
    async fn find_pictures(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = comparable(&self.composed_text(&search.draft));
        let title = search.draft.title.as_deref().map(comparable);
        let since = rookery_kernel::Timestamp::from_secs(search.since.as_secs());
        let mut cursor = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let page = self.posts(access, since, cursor, None).await?;
            let is_it = |text: &str| comparable(text) == wanted || title.as_deref() == Some(comparable(text).as_str());
            let found = page.items.into_iter().find(|i| i.caption.as_deref().is_some_and(is_it));
            if let Some(item) = found {
                return Ok(Found::Post(Published { external_id: item.external_id, permalink: item.permalink }));
            }
            match page.next {
                None => break,
                next => cursor = next,
            }
        }
        let message = "TikTok lists no such post yet, and its answer with the id was lost; look into the app";
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message))
    }
}

fn published(access: &Access, id: &str, is_video: bool) -> Published {
    let name = access.metadata.get("username").and_then(Value::as_str);
    let kind = if is_video { "video" } else { "photo" };
    let page = name.and_then(|n| endpoint(&site(&access.base_url), &[&format!("@{n}"), kind, id]).ok());
    Published { external_id: id.to_owned(), permalink: page.map(Into::into) }
}
