//! What a draft becomes: title, words, community; and what Reddit says about it.

use serde_json::Value;

use crate::types::{Draft, Media, MediaKind};

/// Limits checked 2026-10.
const TITLE_MAX: usize = 300;
const TEXT_MAX: usize = 40_000;
const COMMENT_MAX: usize = 10_000;
const GALLERY_MAX: usize = 20;
const IMAGE_BYTES_MAX: u64 = 20 * 1024 * 1024;
const VIDEO_BYTES_MAX: u64 = 1_000_000_000;
const VIDEO_SECONDS_MAX: u64 = 15 * 60;

/// Title and words. Without a title the first line is it; a comment has none.
pub(super) fn words(draft: &Draft) -> (String, String) {
    let text = draft.text.trim().replace("\r\n", "\n");
    if draft.reply_to.is_some() {
        return (String::new(), draft.text_with_link().trim().replace("\r\n", "\n"));
    }
    if let Some(title) = draft.title.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        return (title.to_owned(), text);
    }
    let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
    (title.trim().to_owned(), rest.trim().to_owned())
}

/// The community that was chosen, without `r/`; `None` is the own profile.
pub(super) fn community(draft: &Draft) -> Option<&str> {
    let chosen = draft.option("subreddit").and_then(Value::as_str).map(str::trim)?;
    let name = chosen.trim_start_matches('/').trim_start_matches("r/").trim_end_matches('/');
    Some(name).filter(|n| !n.is_empty())
}

pub(super) fn objections(draft: &Draft) -> Vec<String> {
    let (title, text) = words(draft);
    let (title_length, length) = (title.chars().count(), text.chars().count());
    let mut found = Vec::new();
    if draft.reply_to.is_some() {
        if length == 0 {
            found.push("a comment on Reddit needs a text".to_owned());
        }
        if length > COMMENT_MAX {
            found.push(format!("the comment has {length} characters, Reddit takes {COMMENT_MAX}"));
        }
        if !draft.media.is_empty() {
            found.push("Reddit takes no media in comments".to_owned());
        }
        return found;
    }
    if title_length == 0 {
        found.push("a post on Reddit needs a title".to_owned());
    }
    if title_length > TITLE_MAX {
        found.push(format!("the title has {title_length} characters, Reddit takes {TITLE_MAX}"));
    }
    if length > TEXT_MAX {
        found.push(format!("the text has {length} characters, Reddit takes {TEXT_MAX}"));
    }
    let videos = draft.media.iter().filter(|m| m.kind == MediaKind::Video).count();
    if videos > 0 && draft.media.len() > 1 {
        found.push("Reddit takes one video alone, or a gallery of images".to_owned());
    }
    if draft.media.len() > GALLERY_MAX {
        found.push(format!("Reddit takes {GALLERY_MAX} images, these are {}", draft.media.len()));
    }
    if !draft.media.is_empty()
        && draft.link.is_some()
        && !draft.text.contains(draft.link.as_deref().unwrap_or_default())
    {
        found.push("a post with media carries no link on Reddit; write the link into the text".to_owned());
    }
    found.extend(draft.media.iter().filter_map(about_medium));
    let kind = draft.kind.label();
    if matches!(kind, "story" | "reel" | "short") {
        found.push(format!("Reddit takes no {kind}"));
    }
    found
}

fn about_medium(medium: &Media) -> Option<String> {
    let (name, size) = (&medium.file_name, medium.size);
    let is_long = medium.duration_ms.is_some_and(|ms| ms > VIDEO_SECONDS_MAX * 1000);
    match medium.kind {
        MediaKind::Video if size > VIDEO_BYTES_MAX => {
            Some(format!("{name} has {size} bytes; a video may have {VIDEO_BYTES_MAX}"))
        }
        MediaKind::Video if is_long => Some(format!("{name} is longer than {VIDEO_SECONDS_MAX} seconds")),
        MediaKind::Image | MediaKind::Gif if size > IMAGE_BYTES_MAX => {
            Some(format!("{name} has {size} bytes; an image may have {IMAGE_BYTES_MAX}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ReplyTo;
    use serde_json::json;

    #[test]
    fn without_a_title_the_first_line_is_it() {
        let of = |title: Option<&str>, text: &str| {
            words(&Draft { title: title.map(Into::into), ..Draft::of_text("k", text) })
        };
        assert_eq!(of(Some("T"), " Body\r\nmore "), ("T".to_owned(), "Body\nmore".to_owned()));
        assert_eq!(of(None, "First\n\nSecond\nThird"), ("First".to_owned(), "Second\nThird".to_owned()));
        assert_eq!(of(Some(" "), "Only"), ("Only".to_owned(), String::new()));
        let reply_to = Some(ReplyTo { external_id: "t3_a".into(), root_id: "t3_a".into() });
        let comment = Draft { reply_to, title: Some("T".into()), ..Draft::of_text("k", "Yes\nno") };
        assert_eq!(words(&comment), (String::new(), "Yes\nno".to_owned()));
    }

    #[test]
    fn a_community_is_named_in_any_of_its_forms() {
        for name in ["bakers", "r/bakers", "/r/bakers/", " r/bakers "] {
            let draft = Draft { options: json!({ "subreddit": name }), ..Draft::of_text("k", "t") };
            assert_eq!(community(&draft), Some("bakers"), "{name}");
        }
        assert_eq!(community(&Draft::of_text("k", "t")), None);
    }

    #[test]
    fn limits_are_told_with_their_numbers() {
        let of =
            |title: &str, text: String| objections(&Draft { title: Some(title.into()), ..Draft::of_text("k", text) });
        assert!(of("T", String::new()).is_empty(), "a title alone is a post");
        assert!(of(&"é".repeat(300), "x".into()).is_empty());
        assert!(of(&"é".repeat(301), "x".into())[0].contains("301"));
        assert!(of("T", "x".repeat(40_001))[0].contains("40001"));
        assert_eq!(objections(&Draft::of_text("k", "")).len(), 1);
    }
}
