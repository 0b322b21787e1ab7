//! What TikTok says about a draft before anything is sent. Length and counting are in the rule book.

use serde_json::Value;

use super::creator;
use crate::types::{Ability, Capabilities, Draft, DraftKind, Media, MediaKind};

/// Pictures of one post.
const PICTURES_MAX: usize = 35;

/// Longest title of pictures, in UTF-16 units. Checked 2026-10.
const TITLE_MAX: usize = 90;

/// Largest files: picture 20 MB, video 4 GB.
const PICTURE_BYTES_MAX: u64 = 20 * 1024 * 1024;
const VIDEO_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Longest video; the account's own bound may be lower and is asked for before sending.
const VIDEO_MS_MAX: u64 = 10 * 60 * 1000;

/// Smallest and largest edge of a video, in pixels.
const EDGES: std::ops::RangeInclusive<u32> = 360..=4096;

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let needed = draft.needs();
    if !capabilities.publishes.contains(&needed) {
        let what = match needed {
            Ability::Text | Ability::Link => "a post on TikTok needs a video or pictures".to_owned(),
            Ability::Reply => "TikTok lets no app write comments".to_owned(),
            other => format!("TikTok takes no {}", other.label()),
        };
        return vec![what];
    }
    let mut found = Vec::new();
    let videos = draft.media.iter().filter(|m| m.kind == MediaKind::Video).count();
    if videos > 0 && draft.media.len() > 1 {
        found.push("TikTok takes one video, and nothing beside it".to_owned());
    } else if draft.media.len() > PICTURES_MAX {
        found.push(format!("TikTok takes at most {PICTURES_MAX} pictures"));
    } else if draft.media.is_empty() && draft.kind == DraftKind::Carousel {
        found.push("a carousel on TikTok needs pictures".to_owned());
    }
    found.extend(draft.media.iter().flat_map(about_file));
    if videos == 0 && draft.title.as_deref().is_some_and(|t| t.encode_utf16().count() > TITLE_MAX) {
        found.push(format!("the title of pictures on TikTok has at most {TITLE_MAX} characters"));
    }
    found
}

/// Who may see the post is chosen by a person for every post, and what advertises for somebody is not hidden.
pub(super) fn missing_choices(draft: &Draft) -> Vec<String> {
    let is_paid = draft.option("brand_content_toggle").and_then(Value::as_bool) == Some(true);
    match creator::level(draft) {
        None => vec!["TikTok wants you to choose who can see the post".to_owned()],
        Some(level) if !creator::LEVELS.contains(&level) => {
            vec![format!("{level} is nobody whom TikTok knows: choose {}", creator::LEVELS.join(", "))]
        }
        Some(creator::PRIVATE) if is_paid => {
            vec!["a paid partnership on TikTok cannot be for your own eyes only: choose who can see it".to_owned()]
        }
        Some(_) => Vec::new(),
    }
}

fn about_file(media: &Media) -> Vec<String> {
    let (types, max): (&[&str], u64) = match media.kind {
        MediaKind::Video => (&["video/mp4", "video/quicktime", "video/webm"], VIDEO_BYTES_MAX),
        MediaKind::Image | MediaKind::Gif => (&["image/jpeg", "image/webp"], PICTURE_BYTES_MAX),
    };
    let mut found = Vec::new();
    let name = &media.file_name;
    if !types.contains(&media.mime_type.as_str()) {
        found.push(format!("{name}: TikTok takes no {}", media.mime_type));
    }
    if media.size > max {
        found.push(format!("{name} is larger than {} MB", max / 1024 / 1024));
    }
    if media.kind == MediaKind::Video {
        if media.duration_ms.is_some_and(|ms| ms > VIDEO_MS_MAX) {
            found.push(format!("{name} is longer than 10 minutes"));
        }
        if [media.width, media.height].into_iter().flatten().any(|edge| !EDGES.contains(&edge)) {
            found.push(format!("{name}: TikTok takes videos with edges of 360 to 4096 pixels"));
        }
    }
    found
}
