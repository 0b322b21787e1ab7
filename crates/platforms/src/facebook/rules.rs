//! What a draft becomes on Facebook, and what speaks against it before anything is sent. Lengths are in
//! the rule book.

use crate::types::{Capabilities, Draft, DraftKind, Media, MediaKind};

/// Pictures of one post. Checked 2026-10.
const PICTURES_MAX: usize = 10;

/// Largest picture: the documentation says 10 MB, the network's refusal (subcode 1366046) says 4 MB. Checked 2026-10.
const PICTURE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Length of a reel: 3 to 90 s; of a video story: at most 60 s. Checked 2026-10.
const REEL_MS: std::ops::RangeInclusive<u64> = 3_000..=90_000;
const STORY_MS_MAX: u64 = 60_000;

const PICTURE_TYPES: [&str; 5] = ["image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"];

/// How a draft goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `/feed`: text, link, one picture or several.
    Feed,
    /// `/videos`.
    Video,
    /// `/video_reels`.
    Reel,
    /// `/photo_stories`.
    PhotoStory,
    /// `/video_stories`.
    VideoStory,
    /// `/{post}/comments`.
    Comment,
}

impl Way {
    pub fn of(draft: &Draft) -> Self {
        let is_video = draft.media.first().is_some_and(|m| m.kind == MediaKind::Video);
        match draft.kind {
            _ if draft.reply_to.is_some() => Self::Comment,
            DraftKind::Story if is_video => Self::VideoStory,
            DraftKind::Story => Self::PhotoStory,
            DraftKind::Reel => Self::Reel,
            _ if is_video => Self::Video,
            _ => Self::Feed,
        }
    }

    /// Whether its medium is a video; otherwise media are pictures.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Video | Self::Reel | Self::VideoStory)
    }
}

/// The text that people read. A post of text alone has a field for its link; everything else carries
/// the link in the text, and a story has no text.
pub(super) fn message(draft: &Draft) -> String {
    match Way::of(draft) {
        Way::PhotoStory | Way::VideoStory => String::new(),
        Way::Feed if draft.media.is_empty() => draft.text.clone(),
        _ => draft.text_with_link(),
    }
}

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let mut found = Vec::new();
    let needed = draft.needs();
    if !capabilities.publishes.contains(&needed) {
        found.push(format!("Facebook takes no {}", needed.label()));
    }
    let way = Way::of(draft);
    let (count, videos) = (draft.media.len(), draft.media.iter().filter(|m| m.kind == MediaKind::Video).count());
    let (is_good, rule) = match way {
        Way::Feed => {
            (videos == 0 && count <= PICTURES_MAX, "takes at most 10 pictures in a post, and no video among them")
        }
        Way::Video => (count == 1, "takes one video and nothing beside it"),
        Way::Reel => (count == 1 && videos == 1, "needs exactly one video for a reel"),
        Way::PhotoStory | Way::VideoStory => (count == 1, "needs exactly one picture or one video for a story"),
        Way::Comment => (count <= 1 && videos == 0, "takes at most one picture in a comment"),
    };
    if !is_good {
        found.push(format!("Facebook {rule}"));
    }
    if message(draft).trim().is_empty() && draft.link.is_none() && draft.media.is_empty() {
        found.push("a post on Facebook needs a text, a link or media".to_owned());
    }
    found.extend(draft.media.iter().filter_map(|m| about_file(m, way)));
    found
}

fn about_file(media: &Media, way: Way) -> Option<String> {
    let name = &media.file_name;
    if media.kind != MediaKind::Video {
        if !PICTURE_TYPES.contains(&media.mime_type.as_str()) {
            return Some(format!("{name}: Facebook takes no {}", media.mime_type));
        }
        return (media.size > PICTURE_BYTES_MAX).then(|| format!("{name} is larger than 4 MB"));
    }
    let length = media.duration_ms?;
    match way {
        Way::Reel if !REEL_MS.contains(&length) => Some(format!("{name}: a reel is 3 to 90 seconds long")),
        Way::VideoStory if length > STORY_MS_MAX => Some(format!("{name}: a story is at most 60 seconds long")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::types::{Ability, ReplyTo};

    fn medium(kind: MediaKind, mime_type: &str) -> Media {
        Media::of_bytes(kind, mime_type, "a", Bytes::from_static(b"x"))
    }

    fn of(kind: DraftKind, media: &[Media]) -> Draft {
        Draft {
            kind,
            media: media.to_vec(),
            link: Some("https://a.example/".to_owned()),
            ..Draft::of_text("k", "Hello")
        }
    }

    #[test]
    fn each_draft_has_its_way_and_its_text() {
        let (picture, video) = (medium(MediaKind::Image, "image/png"), medium(MediaKind::Video, "video/mp4"));
        let with_link = "Hello\n\nhttps://a.example/";
        let comment = Draft {
            reply_to: Some(ReplyTo { external_id: "1_2".to_owned(), root_id: "1_2".to_owned() }),
            ..of(DraftKind::Post, &[])
        };
        let table = [
            (of(DraftKind::Post, &[]), Way::Feed, "Hello"),
            (of(DraftKind::Post, std::slice::from_ref(&picture)), Way::Feed, with_link),
            (of(DraftKind::Carousel, &[picture.clone(), picture.clone()]), Way::Feed, with_link),
            (of(DraftKind::Post, std::slice::from_ref(&video)), Way::Video, with_link),
            (of(DraftKind::Reel, std::slice::from_ref(&video)), Way::Reel, with_link),
            (of(DraftKind::Story, &[picture]), Way::PhotoStory, ""),
            (of(DraftKind::Story, &[video]), Way::VideoStory, ""),
            (comment, Way::Comment, with_link),
        ];
        let capabilities = Capabilities { publishes: &Ability::ALL, ..Capabilities::default() };
        for (draft, way, text) in table {
            assert_eq!((Way::of(&draft), message(&draft).as_str()), (way, text), "{draft:?}");
            assert_eq!(objections(&draft, &capabilities), Vec::<String>::new(), "{draft:?}");
        }
    }

    #[test]
    fn wrong_numbers_types_sizes_and_lengths_are_objected_to() {
        let (picture, video) = (medium(MediaKind::Image, "image/png"), medium(MediaKind::Video, "video/mp4"));
        let long = Media { duration_ms: Some(91_000), ..video.clone() };
        let large = Media { size: PICTURE_BYTES_MAX + 1, ..picture.clone() };
        let table: [(Draft, &str); 8] = [
            (of(DraftKind::Post, &vec![picture.clone(); 11]), "at most 10 pictures"),
            (of(DraftKind::Post, &[picture.clone(), video.clone()]), "no video among them"),
            (of(DraftKind::Post, &[video.clone(), picture.clone()]), "one video and nothing beside it"),
            (of(DraftKind::Reel, std::slice::from_ref(&picture)), "exactly one video"),
            (of(DraftKind::Story, &[picture.clone(), picture]), "exactly one picture"),
            (of(DraftKind::Reel, &[long]), "3 to 90 seconds"),
            (of(DraftKind::Post, &[large]), "larger than 4 MB"),
            (of(DraftKind::Post, &[medium(MediaKind::Image, "image/webp")]), "takes no image/webp"),
        ];
        let capabilities = Capabilities { publishes: &Ability::ALL, ..Capabilities::default() };
        for (draft, expected) in table {
            let found = objections(&draft, &capabilities);
            assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
        }
    }
}
