//! What the network takes, checked before anything is sent. Length and counting are in the rule book. Verified
//! 2026-09 against its documentation.

use crate::text::hashtags;
use crate::types::{Ability, Draft, DraftKind, MediaKind};

/// Most hashtags of a caption.
const HASHTAGS_MAX: usize = 30;
/// Most people named in a caption.
const MENTIONS_MAX: usize = 20;
/// Most media of a carousel.
const MEDIA_MAX: usize = 10;
/// Largest picture.
const IMAGE_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The text that people read: a story has none.
pub(super) fn caption(draft: &Draft) -> String {
    let is_story = draft.kind == DraftKind::Story && draft.reply_to.is_none();
    if is_story { String::new() } else { draft.text_with_link() }
}

pub(super) fn objections(draft: &Draft, publishes: &[Ability]) -> Vec<String> {
    let mut objections = Vec::new();
    let needed = draft.needs();
    if !publishes.contains(&needed) {
        objections.push(match needed {
            Ability::Text | Ability::Link => "a post on Instagram needs a picture or a video".to_owned(),
            other => format!("Instagram takes no {}", other.label()),
        });
    }
    if draft.reply_to.is_some() {
        if !draft.media.is_empty() {
            objections.push("a comment on Instagram is text alone".to_owned());
        }
        if draft.text.trim().is_empty() {
            objections.push("a comment on Instagram needs a text".to_owned());
        }
        return objections;
    }
    let caption = caption(draft);
    let (tags, names) = (hashtags(&caption).len(), mentions(&caption));
    if tags > HASHTAGS_MAX {
        objections.push(format!("the text has {tags} hashtags; Instagram takes {HASHTAGS_MAX}"));
    }
    if names > MENTIONS_MAX {
        objections.push(format!("the text names {names} people; Instagram takes {MENTIONS_MAX}"));
    }
    match (draft.kind, draft.media.len()) {
        (DraftKind::Story, 2..) => objections.push("a story on Instagram is one picture or one video".to_owned()),
        (DraftKind::Reel, 2..) => objections.push("a reel on Instagram is one video".to_owned()),
        (DraftKind::Story | DraftKind::Reel, 0) => {
            objections.push(format!("a {} needs a medium", draft.kind.label()));
        }
        (DraftKind::Carousel, 0 | 1) => objections.push("a carousel needs two media or more".to_owned()),
        (_, count) if count > MEDIA_MAX => {
            objections.push(format!("Instagram takes at most {MEDIA_MAX} media, and there are {count}"));
        }
        _ => {}
    }
    for medium in &draft.media {
        let name = &medium.file_name;
        match medium.kind {
            MediaKind::Image if medium.mime_type != "image/jpeg" => {
                objections.push(format!("{name}: Instagram takes JPEG pictures only"));
            }
            MediaKind::Image if medium.size > IMAGE_MAX_BYTES => {
                objections.push(format!("{name}: Instagram takes pictures of up to 8 MB"));
            }
            MediaKind::Image if draft.kind == DraftKind::Reel => {
                objections.push("a reel on Instagram is one video".to_owned());
            }
            MediaKind::Gif => objections.push(format!("{name}: Instagram takes no GIF")),
            MediaKind::Video if !matches!(medium.mime_type.as_str(), "video/mp4" | "video/quicktime") => {
                objections.push(format!("{name}: Instagram takes MP4 and MOV videos"));
            }
            MediaKind::Image | MediaKind::Video => {}
        }
    }
    objections
}

fn mentions(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.len() > 1 && word.starts_with('@')).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Media, ReplyTo};
    use bytes::Bytes;

    const ALL: [Ability; 6] =
        [Ability::Image, Ability::Video, Ability::Carousel, Ability::Story, Ability::Reel, Ability::Reply];

    #[test]
    fn the_networks_own_rules_are_told_before_sending() {
        let jpeg = || Media::of_bytes(MediaKind::Image, "image/jpeg", "a.jpg", Bytes::new());
        let png = || Media::of_bytes(MediaKind::Image, "image/png", "a.png", Bytes::new());
        let post = |text: String, media| Draft { text, media, ..Draft::default() };
        let told = |draft: &Draft| objections(draft, &ALL).len();
        assert_eq!(told(&post("é".repeat(2_200), vec![jpeg()])), 0);
        assert_eq!(told(&post("x".into(), vec![png()])), 1);
        assert_eq!(told(&post("x".into(), Vec::new())), 1);
        let tags: String = (0..31).map(|n| format!("#t{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(told(&post(tags, vec![jpeg()])), 1);
        assert_eq!(told(&post("@a ".repeat(21), vec![jpeg()])), 1);
        assert_eq!(told(&post("x".into(), (0..11).map(|_| jpeg()).collect())), 1);
        let story = Draft { kind: DraftKind::Story, ..post(String::new(), vec![jpeg(), jpeg()]) };
        assert_eq!(told(&story), 1);
        let worded = Draft { kind: DraftKind::Story, ..post("é".repeat(2_201), vec![jpeg()]) };
        assert_eq!((told(&worded), caption(&worded).as_str()), (0, ""), "a story carries no text");
        let to = ReplyTo { external_id: "1".into(), root_id: "1".into() };
        assert_eq!(told(&Draft { reply_to: Some(to), ..post("First".into(), Vec::new()) }), 0);
    }
}
