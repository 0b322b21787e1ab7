//! What the account may do right now. TikTok wants this asked before every post.

use serde_json::{Value, json};

use super::TikTok;
use crate::error::{CallError, Delivery, ErrorType};
use crate::types::{Access, Draft, MediaKind};

/// Seen by everybody.
pub(super) const PUBLIC: &str = "PUBLIC_TO_EVERYONE";

/// Answer of `creator_info/query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Creator {
    privacy_levels: Vec<String>,
    video_secs_max: Option<u64>,
    comments_off: bool,
    duet_off: bool,
    stitch_off: bool,
}

impl TikTok {
    pub(super) async fn creator(&self, access: &Access) -> Result<Creator, CallError> {
        let answer = self.post(access, &["post", "publish", "creator_info", "query"], json!({})).await?;
        let body = answer.json().unwrap_or_default();
        let data = body.get("data").filter(|d| d.is_object()).ok_or_else(|| answer.unstructured())?;
        let is_true = |name: &str| data.get(name).and_then(Value::as_bool).unwrap_or(false);
        let levels = data.get("privacy_level_options").and_then(Value::as_array).into_iter().flatten();
        Ok(Creator {
            privacy_levels: levels.filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            video_secs_max: data.get("max_video_post_duration_sec").and_then(Value::as_u64),
            comments_off: is_true("comment_disabled"),
            duet_off: is_true("duet_disabled"),
            stitch_off: is_true("stitch_disabled"),
        })
    }
}

impl Creator {
    /// The draft's `post_info` without its text. Who may see the post is the person's choice
    /// (`privacy_level`); without one it is public, as a post on every other network.
    ///
    /// # Errors
    /// `BadRequest`, not sent: the account may not post to those people, or not so long a video.
    pub fn post_info(&self, draft: &Draft) -> Result<Value, CallError> {
        let level = draft.option("privacy_level").and_then(Value::as_str).unwrap_or(PUBLIC);
        if !self.privacy_levels.iter().any(|l| l == level) {
            let allowed = self.privacy_levels.join(", ");
            let message = format!("this TikTok account cannot post as {level}; choose one of: {allowed}");
            return Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, message));
        }
        let mut info = json!({ "privacy_level": level });
        let chosen = |name: &str| draft.option(name).and_then(Value::as_bool);
        info["disable_comment"] = json!(self.comments_off || chosen("disable_comment").unwrap_or(false));
        for name in ["brand_content_toggle", "brand_organic_toggle"] {
            info[name] = json!(chosen(name).unwrap_or(false));
        }
        if draft.media.first().is_some_and(|m| m.kind == MediaKind::Video) {
            self.about_length(draft)?;
            info["disable_duet"] = json!(self.duet_off || chosen("disable_duet").unwrap_or(false));
            info["disable_stitch"] = json!(self.stitch_off || chosen("disable_stitch").unwrap_or(false));
            info["is_aigc"] = json!(chosen("is_aigc").unwrap_or(false));
            if let Some(at) = draft.option("video_cover_timestamp_ms").and_then(Value::as_u64) {
                info["video_cover_timestamp_ms"] = json!(at);
            }
        } else {
            info["auto_add_music"] = json!(chosen("auto_add_music").unwrap_or(false));
        }
        Ok(info)
    }

    fn about_length(&self, draft: &Draft) -> Result<(), CallError> {
        let length = draft.media.first().and_then(|m| m.duration_ms);
        match (length, self.video_secs_max) {
            (Some(ms), Some(max)) if ms > max * 1000 => {
                let message = format!("this TikTok account may post videos of at most {max} seconds");
                Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, message).about_media())
            }
            _ => Ok(()),
        }
    }
}
