//! What X says about a draft before anything is sent. Length and counting are in the rule book.

use serde_json::Value;

use crate::types::{Capabilities, Draft, Media, MediaKind};

/// Pictures of one post.
const PICTURES_MAX: usize = 4;

/// Longest alternative text, in characters.
pub(super) const ALT_MAX: usize = 1000;

/// Largest files: picture 5 MB, GIF 15 MB, video 512 MB. Checked 2026-10.
const fn size_max(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Image => 5 * 1024 * 1024,
        MediaKind::Gif => 15 * 1024 * 1024,
        MediaKind::Video => 512 * 1024 * 1024,
    }
}

const MIME_TYPES: [&str; 6] = ["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"];

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let mut found = Vec::new();
    let needed = draft.needs();
    if !capabilities.publishes.contains(&needed) {
        found.push(format!("X takes no {}", needed.label()));
    }
    let moving = draft.media.iter().filter(|m| m.kind != MediaKind::Image).count();
    if moving > 0 && draft.media.len() > 1 {
        found.push("X takes one GIF or one video, and nothing beside it".to_owned());
    } else if draft.media.len() > PICTURES_MAX {
        found.push(format!("X takes at most {PICTURES_MAX} pictures"));
    }
    found.extend(draft.media.iter().flat_map(about_file));
    if draft.text_with_link().trim().is_empty() && draft.media.is_empty() {
        found.push("a post on X needs a text or media".to_owned());
    }
    if cashtags(&draft.text) > 1 {
        found.push("X takes at most one cashtag in a post".to_owned());
    }
    if let Some(poll) = draft.option("poll") {
        found.extend(about_poll(poll, draft));
    }
    found
}

fn about_file(media: &Media) -> Vec<String> {
    let mut found = Vec::new();
    if !MIME_TYPES.contains(&media.mime_type.as_str()) {
        found.push(format!("{}: X takes no {}", media.file_name, media.mime_type));
    }
    let max = size_max(media.kind);
    if media.size > max {
        found.push(format!("{} is larger than {} MB", media.file_name, max / 1024 / 1024));
    }
    if media.alt_text.as_ref().is_some_and(|alt| alt.chars().count() > ALT_MAX) {
        found.push(format!("the description of {} is longer than {ALT_MAX} characters", media.file_name));
    }
    found
}

/// Two to four answers of at most 25 characters, 5 minutes to 7 days, and no media.
fn about_poll(poll: &Value, draft: &Draft) -> Option<String> {
    let answers = poll.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let minutes = poll.get("duration_minutes").and_then(Value::as_u64).unwrap_or_default();
    let fits = |a: &Value| a.as_str().is_some_and(|t| (1..=25).contains(&t.chars().count()));
    let is_good = (2..=4).contains(&answers.len()) && answers.iter().all(fits) && (5..=10_080).contains(&minutes);
    match (is_good, draft.media.is_empty()) {
        (false, _) => {
            Some("a poll on X has two to four answers of at most 25 characters and runs 5 minutes to 7 days".to_owned())
        }
        (true, false) => Some("X takes a poll or media, not both".to_owned()),
        (true, true) => None,
    }
}

/// Different words such as `$ABC` or `$ABC.D`.
fn cashtags(text: &str) -> usize {
    let mut found: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let Some(name) = word.trim_end_matches(['.', ',', '!', '?', ')', ':', ';']).strip_prefix('$') else { continue };
        let letters = name.split(['.', '_']).next().unwrap_or_default();
        if (1..=6).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_alphabetic()) {
            found.push(name.to_ascii_uppercase());
        }
    }
    found.sort();
    found.dedup();
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cashtags_are_words_of_letters_behind_a_dollar_sign() {
        for (text, count) in [("$ABC, $abc and $XYZ.", 2), ("costs $5 or US$ 7", 0), ("$TOOLONGNAME", 0), ("$A.B", 1)] {
            assert_eq!(cashtags(text), count, "{text}");
        }
    }
}
