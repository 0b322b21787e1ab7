//! What the network takes, checked before anything is sent. Length and counting are in the rule book. Verified
//! 2026-09 against its documentation.

use crate::types::{Ability, Draft, DraftKind, MediaKind};

/// Most media of one post.
const MEDIA_MAX: usize = 20;
/// Longest alternative text, in characters.
const ALT_MAX: usize = 1_000;

pub(super) fn objections(draft: &Draft, publishes: &[Ability]) -> Vec<String> {
    let mut objections = Vec::new();
    let needed = draft.needs();
    if !publishes.contains(&needed) {
        objections.push(format!("Threads takes no {}", needed.label()));
    }
    if draft.reply_to.is_some() && draft.kind == DraftKind::Story {
        objections.push("Threads takes no story".to_owned());
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
    fn the_networks_own_rules_are_told_before_sending() {
        let abilities = [Ability::Text, Ability::Image, Ability::Carousel];
        let told = |draft: &Draft| objections(draft, &abilities);
        assert!(told(&Draft::of_text("k", "🍞")).is_empty());
        assert_eq!(told(&Draft::default()).len(), 1);
        let gif = Media::of_bytes(MediaKind::Gif, "image/gif", "a.gif", Bytes::new());
        assert_eq!(told(&Draft { media: vec![gif], ..Draft::default() }).len(), 1);
        let story = Draft { kind: DraftKind::Story, text: "x".into(), ..Draft::default() };
        assert_eq!(told(&story), ["Threads takes no story"]);
    }
}
