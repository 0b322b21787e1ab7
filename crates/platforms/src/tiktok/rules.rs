//! What TikTok says about a draft before anything is sent. Length and counting are in the rule book.

use crate::types::{Ability, Capabilities, Draft, DraftKind, Media, MediaKind};

/// Pictures of one post.
const PICTURES_MAX: usize = 35;

/// Longest caption of a video, longest title and longest text of pictures, in UTF-16 units.
/// Checked 2026-10.
const CAPTION_MAX: usize = 2200;
const TITLE_MAX: usize = 90;
const DESCRIPTION_MAX: usize = 4000;

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
    let units = |text: &str| text.encode_utf16().count();
    let text_max = if videos > 0 { CAPTION_MAX } else { DESCRIPTION_MAX };
    if units(&draft.text_with_link()) > text_max {
        found.push(format!("the text is longer than {text_max} characters"));
    }
    if videos == 0 && draft.title.as_deref().is_some_and(|t| units(t) > TITLE_MAX) {
        found.push(format!("the title of pictures on TikTok has at most {TITLE_MAX} characters"));
    }
    found
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
