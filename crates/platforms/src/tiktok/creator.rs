//! What the account may do right now. TikTok wants this asked before every post.

use serde_json::{Value, json};

use super::TikTok;
use crate::error::{CallError, Delivery, ErrorType};
use crate::types::{Access, Draft, MediaKind, PostingChoices};

/// Seen by everybody.
pub(super) const PUBLIC: &str = "PUBLIC_TO_EVERYONE";
/// Seen by its author alone.
pub(super) const PRIVATE: &str = "SELF_ONLY";
/// Who may see a post, in the network's words.
pub(super) const LEVELS: [&str; 4] = [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", PRIVATE];

/// Who may see the post, if a person chose it. The network's guidelines forbid a choice made in advance.
pub(super) fn level(draft: &Draft) -> Option<&str> {
    draft.option("privacy_level").and_then(Value::as_str).filter(|level| !level.is_empty())
}

/// Answer of `creator_info/query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Creator {
    nickname: String,
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
            nickname: data.get("creator_nickname").and_then(Value::as_str).unwrap_or_default().to_owned(),
            privacy_levels: levels.filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            video_secs_max: data.get("max_video_post_duration_sec").and_then(Value::as_u64),
            comments_off: is_true("comment_disabled"),
            duet_off: is_true("duet_disabled"),
            stitch_off: is_true("stitch_disabled"),
        })
    }
}

impl Creator {
    /// What the account may choose, under the names of our options.
    pub fn choices(&self) -> PostingChoices {
        let switches =
            [("allow_comment", self.comments_off), ("allow_duet", self.duet_off), ("allow_stitch", self.stitch_off)];
        PostingChoices {
            name: self.nickname.clone(),
            allowed: [("privacy_level", self.privacy_levels.clone())].into(),
            closed: switches.into_iter().filter(|(_, is_off)| *is_off).map(|(name, _)| name).collect(),
            video_secs_max: self.video_secs_max,
        }
    }

    /// The draft's `post_info` without its text. Who may see the post is the person's choice (`privacy_level`), and
    /// comments, duets and stitches are off until the person allows them: the network's guidelines want it so.
    ///
    /// # Errors
    /// `BadRequest`, not sent: nobody chose who may see it, the account may not post to those people, or not so long a
    /// video.
    pub fn post_info(&self, draft: &Draft) -> Result<Value, CallError> {
        let level = level(draft).ok_or_else(|| {
            let message = "nobody chose who may see the post; TikTok wants a person to choose it";
            CallError::new(ErrorType::BadRequest, Delivery::NotSent, message)
        })?;
        if !self.privacy_levels.iter().any(|l| l == level) {
            let allowed = self.privacy_levels.join(", ");
            let message = format!("this TikTok account cannot post as {level}; choose one of: {allowed}");
            return Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, message));
        }
        let mut info = json!({ "privacy_level": level });
        let chosen = |name: &str| draft.option(name).and_then(Value::as_bool);
        let is_allowed = |name: &str, is_off: bool| !is_off && chosen(name).unwrap_or(false);
        info["disable_comment"] = json!(!is_allowed("allow_comment", self.comments_off));
        for name in ["brand_content_toggle", "brand_organic_toggle"] {
            info[name] = json!(chosen(name).unwrap_or(false));
        }
        if draft.media.first().is_some_and(|m| m.kind == MediaKind::Video) {
            self.about_length(draft)?;
            info["disable_duet"] = json!(!is_allowed("allow_duet", self.duet_off));
            info["disable_stitch"] = json!(!is_allowed("allow_stitch", self.stitch_off));
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
