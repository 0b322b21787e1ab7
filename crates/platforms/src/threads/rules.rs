//! What the network takes, checked before anything is sent. Verified 2026-09 against its documentation.

use crate::types::{Ability, Draft, DraftKind, MediaKind};

/// Longest text, by [`weight`].
const TEXT_MAX: usize = 500;
/// Most media of one post.
const MEDIA_MAX: usize = 20;
/// Longest alternative text, in characters.
const ALT_MAX: usize = 1_000;

/// The length as the network counts: characters, and emoji by the bytes of their UTF-8.
pub(super) fn weight(text: &str) -> usize {
    text.chars().map(|c| if is_emoji_part(c) { c.len_utf8() } else { 1 }).sum()
}

/// Signs of which emoji are made: pictures, flags, skin tones, joiners.
fn is_emoji_part(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B05..=0x2B55 | 0x200D | 0xFE0F | 0xE0020..=0xE007F)
}

pub(super) fn objections(draft: &Draft, publishes: &[Ability]) -> Vec<String> {
    let mut objections = Vec::new();
    let needed = draft.needs();
    if !publishes.contains(&needed) {
        objections.push(format!("Threads takes no {}", needed.label()));
    }
    if draft.reply_to.is_some() && draft.kind == DraftKind::Story {
        objections.push("Threads takes no story".to_owned());
    }
    let length = weight(&super::publish::text(draft));
    if length > TEXT_MAX {
        objections
            .push(format!("the text counts {length} on Threads; {TEXT_MAX} are allowed (an emoji counts several)"));
    }
    if draft.text.trim().is_empty() && draft.media.is_empty() && draft.link.is_none() {
        objections.push("a post on Threads needs a text or a medium".to_owned());
    }
    if draft.media.len() > MEDIA_MAX {
        objections.push(format!("Threads takes at most {MEDIA_MAX} media, and there are {}", draft.media.len()));
    }
    for medium in &draft.media {
        let is_known = match medium.kind {
            MediaKind::Image => matches!(medium.mime_type.as_str(), "image/jpeg" | "image/png"),
            MediaKind::Video => matches!(medium.mime_type.as_str(), "video/mp4" | "video/quicktime"),
            MediaKind::Gif => false,
        };
        if !is_known {
            let name = &medium.file_name;
            objections.push(format!("{name}: Threads takes JPEG and PNG pictures and MP4 and MOV videos"));
        }
        if medium.alt_text.as_ref().is_some_and(|alt| alt.chars().count() > ALT_MAX) {
            objections.push(format!("{}: the alternative text is longer than {ALT_MAX} characters", medium.file_name));
        }
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Media;
    use bytes::Bytes;

    #[test]
    fn emoji_count_by_their_bytes_and_all_else_by_characters() {
        let table = [
            ("Bread", 5),
            ("Brötchen", 8),
            ("面包", 2),
            ("e\u{301}", 2),
            ("🍞", 4),
            ("👩\u{200D}🍳", 11),
            ("🇩🇪", 8),
            ("❤\u{FE0F}", 6),
            ("a\r\nb", 4),
        ];
        for (text, expected) in table {
            assert_eq!(weight(text), expected, "{text}");
        }
    }

    #[test]
    fn the_networks_own_rules_are_told_before_sending() {
        let abilities = [Ability::Text, Ability::Image, Ability::Carousel];
        let told = |draft: &Draft| objections(draft, &abilities);
        assert!(told(&Draft::of_text("k", "🍞".repeat(125))).is_empty());
        assert_eq!(told(&Draft::of_text("k", "🍞".repeat(126))).len(), 1);
        assert_eq!(told(&Draft::default()).len(), 1);
        let gif = Media::of_bytes(MediaKind::Gif, "image/gif", "a.gif", Bytes::new());
        assert_eq!(told(&Draft { media: vec![gif], ..Draft::default() }).len(), 1);
        let story = Draft { kind: DraftKind::Story, text: "x".into(), ..Draft::default() };
        assert_eq!(told(&story), ["Threads takes no story"]);
    }
}
