//! What YouTube says about a draft before anything is sent. Length and counting of the description are in the rule
//! book.

use serde_json::Value;

use super::content::SHORT_MS_MAX;
use super::publish::{TITLE_MAX, privacy, title};
use crate::types::{Ability, Capabilities, Draft, DraftKind, Media, MediaKind};

/// All tags together, in characters; a tag with a blank counts two more, and between two is a comma.
const TAGS_MAX: usize = 500;

/// Longest comment, in characters.
const COMMENT_MAX: usize = 10_000;

/// Largest and longest video: 256 GB, 12 hours.
const BYTES_MAX: u64 = 256 * 1024 * 1024 * 1024;
const MS_MAX: u64 = 12 * 3600 * 1000;

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let needed = draft.needs();
    if needed == Ability::Reply {
        return about_comment(draft);
    }
    if !capabilities.publishes.contains(&needed) {
        return vec!["a post on YouTube is one video".to_owned()];
    }
    let mut found = Vec::new();
    match draft.media.as_slice() {
        [video] if video.kind == MediaKind::Video => found.extend(about_video(video, draft.kind)),
        _ => found.push("a post on YouTube is one video".to_owned()),
    }
    let title = title(draft);
    if title.is_empty() {
        found.push("a video on YouTube needs a title".to_owned());
    }
    if title.chars().count() > TITLE_MAX {
        found.push(format!("a title on YouTube has at most {TITLE_MAX} characters"));
    }
    let description = draft.text_with_link();
    if title.contains(['<', '>']) || description.contains(['<', '>']) {
        found.push("YouTube takes no < and no > in the title and the description".to_owned());
    }
    if draft.option("tags").is_some_and(|tags| tags_length(tags).is_none_or(|n| n > TAGS_MAX)) {
        found.push(format!("tags on YouTube are a list of words of at most {TAGS_MAX} characters together"));
    }
    if !matches!(privacy(draft), "public" | "unlisted" | "private") {
        found.push("who may see a video on YouTube is public, unlisted or private".to_owned());
    }
    found
}

fn about_video(video: &Media, kind: DraftKind) -> Vec<String> {
    let name = &video.file_name;
    let mut found = Vec::new();
    if !video.mime_type.starts_with("video/") {
        found.push(format!("{name}: YouTube takes no {}", video.mime_type));
    }
    if video.size > BYTES_MAX || video.duration_ms.is_some_and(|ms| ms > MS_MAX) {
        found.push(format!("{name}: YouTube takes videos of at most 256 GB and 12 hours"));
    }
    if kind == DraftKind::Short {
        if video.duration_ms.is_some_and(|ms| ms > SHORT_MS_MAX.unsigned_abs()) {
            found.push(format!("{name}: a short has at most 3 minutes"));
        }
        if video.width.zip(video.height).is_some_and(|(width, height)| width > height) {
            found.push(format!("{name}: a short is upright or square"));
        }
    }
    found
}

fn about_comment(draft: &Draft) -> Vec<String> {
    let mut found = Vec::new();
    let length = draft.text_with_link().trim().chars().count();
    if length == 0 {
        found.push("a comment on YouTube needs a text".to_owned());
    }
    if length > COMMENT_MAX {
        found.push(format!("a comment on YouTube has at most {COMMENT_MAX} characters"));
    }
    if !draft.media.is_empty() {
        found.push("a comment on YouTube takes no media".to_owned());
    }
    found
}

/// Length by YouTube's counting; `None` if it is no list of texts.
fn tags_length(tags: &Value) -> Option<usize> {
    let tags = tags.as_array()?;
    let each = tags.iter().map(|tag| {
        let tag = tag.as_str()?;
        Some(tag.chars().count() + if tag.contains(' ') { 2 } else { 0 })
    });
    Some(each.sum::<Option<usize>>()? + tags.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_are_counted_with_quotes_and_commas() {
        assert_eq!(tags_length(&json!(["bread", "fresh rolls"])), Some(5 + 11 + 2 + 1));
        assert_eq!(tags_length(&json!([])), Some(0));
        assert_eq!(tags_length(&json!(["a", 1])), None);
    }
}
