//! A video's texts and settings, the public call, and what became of it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::reading::video_page;
use super::upload::{Kept, is_processed};
use super::{YouTube, address};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::types::{Access, Draft, Found, Handles, Published, Search};

/// "People & Blogs", which YouTube itself takes for uploads from its app.
const CATEGORY: &str = "22";

/// Longest title, in characters. Checked 2026-10.
pub(super) const TITLE_MAX: usize = 100;

/// Who may see it in the end.
pub(super) fn privacy(draft: &Draft) -> &str {
    draft.option("privacy_status").and_then(Value::as_str).unwrap_or("public")
}

/// The title: its own, else the first line of the text, cut at a word where it is too long.
pub(super) fn title(draft: &Draft) -> String {
    if let Some(title) = draft.title.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        return title.to_owned();
    }
    let line = draft.text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    if line.chars().count() <= TITLE_MAX {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE_MAX - 1).collect();
    let at_word = cut.rsplit_once(char::is_whitespace).map_or(cut.as_str(), |(words, _)| words.trim_end());
    format!("{at_word}…")
}

/// Every setting of `status` that we ever wrote: an update takes away what it does not name.
fn status(draft: &Draft, privacy: &str) -> Value {
    let mut status = json!({
        "privacyStatus": privacy,
        "selfDeclaredMadeForKids": draft.option("made_for_kids").and_then(Value::as_bool).unwrap_or(false),
        "embeddable": draft.option("embeddable").and_then(Value::as_bool).unwrap_or(true),
        "publicStatsViewable": draft.option("public_stats_viewable").and_then(Value::as_bool).unwrap_or(true),
        "license": draft.option("license").and_then(Value::as_str).unwrap_or("youtube"),
    });
    if let Some(synthetic) = draft.option("contains_synthetic_media").and_then(Value::as_bool) {
        status["containsSyntheticMedia"] = json!(synthetic);
    }
    status
}

/// The video as it is uploaded: whole, and private.
pub(super) fn resource(draft: &Draft) -> Value {
    let mut snippet = json!({
        "title": title(draft),
        "description": draft.text_with_link(),
        "categoryId": draft.option("category_id").and_then(Value::as_str).unwrap_or(CATEGORY),
    });
    for (option, name) in [("tags", "tags"), ("default_language", "defaultLanguage")] {
        if let Some(value) = draft.option(option) {
            snippet[name] = value.clone();
        }
    }
    json!({ "snippet": snippet, "status": status(draft, "private") })
}

impl YouTube {
    pub(super) async fn make_public(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let kept = Kept::of(handles);
        let id = kept
            .video_id
            .ok_or_else(|| CallError::not_sent("the video of this post was not uploaded").about_media())?;
        let wanted = privacy(draft);
        let body = json!({ "id": id, "status": status(draft, wanted) });
        let url = address(&access.base_url, "videos")?;
        let request =
            Request::put_bytes(url, "application/json", Bytes::from(body.to_string())).in_query("part", "status");
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        match body.pointer("/status/privacyStatus").and_then(Value::as_str) {
            Some(now) if now == wanted => Ok(published(access, &id)),
            Some(now) => Err(stays(now)),
            None => Err(CallError::new(
                ErrorType::Unknown,
                Delivery::Unknown,
                "YouTube accepted the change and did not say who may see the video",
            )),
        }
    }

    /// There is one video, and it says itself whether it is public.
    pub(super) async fn find_video(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        // What was not uploaded to its end is private, or nothing at all.
        let Some(id) = Kept::of(&search.handles).video_id else { return Ok(Found::Absent) };
        let Some(video) = self.status_of(access, &id).await? else {
            let message = "the uploaded video is gone from YouTube; somebody deleted it";
            return Ok(Found::Refused(CallError::new(ErrorType::NotFound, Delivery::Refused, message)));
        };
        if let Err(error) = is_processed(&video) {
            return Ok(Found::Refused(error));
        }
        let now = video.pointer("/status/privacyStatus").and_then(Value::as_str);
        Ok(if now == Some(privacy(&search.draft)) { Found::Post(published(access, &id)) } else { Found::Absent })
    }
}

/// YouTube keeps the uploads of Google projects that it has not audited private, without an error.
fn stays(now: &str) -> CallError {
    let message = format!(
        "YouTube keeps the video {now}: it locks the uploads of Google projects that it has not audited; ask Google \
         for the audit of the YouTube API services, or make the video public in YouTube Studio"
    );
    CallError::new(ErrorType::Permission, Delivery::Refused, message)
}

fn published(access: &Access, id: &str) -> Published {
    Published { external_id: id.to_owned(), permalink: video_page(&access.base_url, id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_comes_from_the_first_line_and_is_cut_at_a_word() {
        let of = |text: &str| title(&Draft::of_text("k", text));
        assert_eq!(of("\n Fresh bread \nand more"), "Fresh bread");
        let long = of(&"bread ".repeat(30));
        assert!(long.chars().count() <= TITLE_MAX && long.ends_with("bread…"), "{long}");
        assert_eq!(of(&"é".repeat(150)).chars().count(), TITLE_MAX);
        let own = Draft { title: Some(" Own ".into()), ..Draft::of_text("k", "text") };
        assert_eq!(title(&own), "Own");
    }
}
