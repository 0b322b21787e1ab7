//! What LinkedIn says about a draft before anything is sent. Length and counting are in the rule book.

use crate::types::{Capabilities, Draft, Media, MediaKind};

/// Pictures of one post.
pub(super) const PICTURES_MAX: usize = 20;

/// Most pixels of a picture.
const PIXELS_MAX: u64 = 36_152_320;

/// Documents: 100 MB. Videos: 500 MB. Checked 2026-10.
const DOCUMENT_MAX: u64 = 100 * 1024 * 1024;
const VIDEO_MAX: u64 = 500 * 1024 * 1024;
/// Videos: at least 75 KB, 3 seconds to 30 minutes.
const VIDEO_MIN: u64 = 75 * 1024;
const VIDEO_MS: std::ops::RangeInclusive<u64> = 3_000..=30 * 60 * 1000;

/// Longest comment, in characters.
const COMMENT_MAX: usize = 1250;

/// Longest alternative text, in characters.
const ALT_MAX: usize = 4086;

const DOCUMENTS: [&str; 5] = [
    "application/pdf",
    "application/msword",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// What becomes of a file at the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Image,
    Video,
    Document,
}

impl Asset {
    pub fn of(media: &Media) -> Self {
        if DOCUMENTS.contains(&media.mime_type.as_str()) {
            return Self::Document;
        }
        if media.kind == MediaKind::Video { Self::Video } else { Self::Image }
    }

    /// The collection it stands in.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Image => "rest/images",
            Self::Video => "rest/videos",
            Self::Document => "rest/documents",
        }
    }

    /// The name of its URN in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
        }
    }
}

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let mut found = Vec::new();
    let needed = draft.needs();
    if !capabilities.publishes.contains(&needed) {
        found.push(format!("LinkedIn takes no {}", needed.label()));
    }
    let others = draft.media.iter().filter(|m| Asset::of(m) != Asset::Image).count();
    if draft.reply_to.is_some() {
        if draft.media.len() > 1 || others > 0 {
            found.push("a comment on LinkedIn takes one picture and nothing else".to_owned());
        }
        if draft.text_with_link().chars().count() > COMMENT_MAX {
            found.push(format!("a comment on LinkedIn has at most {COMMENT_MAX} characters"));
        }
    } else if others > 0 && draft.media.len() > 1 {
        found.push("LinkedIn takes one video or one document, and nothing beside it".to_owned());
    } else if draft.media.len() > PICTURES_MAX {
        found.push(format!("LinkedIn takes at most {PICTURES_MAX} pictures"));
    }
    if draft.text_with_link().trim().is_empty() && (draft.media.is_empty() || draft.reply_to.is_some()) {
        found.push("a post on LinkedIn needs a text or media".to_owned());
    }
    found.extend(draft.media.iter().flat_map(about_file));
    found
}

fn about_file(media: &Media) -> Vec<String> {
    let name = &media.file_name;
    let mut found = Vec::new();
    match Asset::of(media) {
        Asset::Image => {
            if !["image/jpeg", "image/png", "image/gif"].contains(&media.mime_type.as_str()) {
                found.push(format!("{name}: LinkedIn takes no {}", media.mime_type));
            }
            let pixels = media.width.zip(media.height).map_or(0, |(w, h)| u64::from(w) * u64::from(h));
            if pixels > PIXELS_MAX {
                found.push(format!("{name} has more than {PIXELS_MAX} pixels"));
            }
        }
        Asset::Video => {
            if media.mime_type != "video/mp4" {
                found.push(format!("{name}: LinkedIn takes videos as MP4 only"));
            }
            if !(VIDEO_MIN..=VIDEO_MAX).contains(&media.size) {
                found.push(format!("{name}: a video on LinkedIn has 75 KB to 500 MB"));
            }
            if media.duration_ms.is_some_and(|ms| !VIDEO_MS.contains(&ms)) {
                found.push(format!("{name}: a video on LinkedIn lasts 3 seconds to 30 minutes"));
            }
        }
        Asset::Document => {
            if media.size > DOCUMENT_MAX {
                found.push(format!("{name}: a document on LinkedIn has at most 100 MB"));
            }
        }
    }
    if media.alt_text.as_ref().is_some_and(|alt| alt.chars().count() > ALT_MAX) {
        found.push(format!("the description of {name} is longer than {ALT_MAX} characters"));
    }
    found
}
