//! Texts as X measures and returns them: short addresses, entities, weighted length.

use std::ops::Range;

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::chance::digest;

/// What an address weighs, whatever its length.
const ADDRESS: usize = 23;

/// Addresses with a scheme, as ranges of bytes. Marks that close a sentence are not part of them.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = ["https://", "http://"].iter().filter_map(|s| text[from..].find(s)).min().map(|n| from + n) {
        let rest = &text[at..];
        let run = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
        let address = rest[..run].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
        let end = at + address.len().max(1);
        if address.len() > "https://".len() {
            found.push(at..end);
        }
        from = end;
    }
    found
}

/// Weighted length: addresses alike, most scripts one, all others and emoji two.
pub(super) fn weight(text: &str) -> usize {
    let mut total = 0;
    let mut at = 0;
    for address in addresses(text) {
        total += plain(&text[at..address.start]) + ADDRESS;
        at = address.end;
    }
    total + plain(&text[at..])
}

fn plain(text: &str) -> usize {
    let of_char = |c: char| if matches!(c as u32, 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247) { 1 } else { 2 };
    text.graphemes(true)
        .map(|grapheme| {
            let is_joined = grapheme.contains(['\u{200d}', '\u{fe0f}', '\u{20e3}']);
            let is_emoji = is_joined || grapheme.chars().all(|c| matches!(c as u32, 0x1f000..=0x1faff));
            // A letter with a combining accent is one letter in the composed form.
            let first = grapheme.chars().next().map_or(0, of_char);
            if is_emoji { 2 } else { first }
        })
        .sum()
}

/// A text as it is shown, and the `entities.urls` that lead back.
pub(super) fn shown(seed: u64, post: u64, text: &str, media: &[(String, String)]) -> (String, Vec<Value>) {
    let mut out = String::new();
    let mut urls = Vec::new();
    let mut copied = 0;
    for (n, place) in addresses(text).into_iter().enumerate() {
        out.push_str(&escaped(&text[copied..place.start]));
        let long = &text[place.clone()];
        let bare = long.trim_start_matches("https://").trim_start_matches("http://");
        let display: String = bare.chars().take(26).chain((bare.chars().count() > 26).then_some('…')).collect();
        add(&mut out, &mut urls, &short(seed, post, n), json!({ "expanded_url": long, "display_url": display }));
        copied = place.end;
    }
    out.push_str(&escaped(&text[copied..]));
    // All media share one address at the end.
    for (n, (key, page)) in media.iter().enumerate() {
        if n == 0 && !out.is_empty() {
            out.push(' ');
        }
        let code = short(seed, post, 1_000);
        let more =
            json!({ "expanded_url": page, "display_url": format!("pic.x.com/{}", &code[13..]), "media_key": key });
        if n == 0 {
            add(&mut out, &mut urls, &code, more);
        } else {
            let mut same = urls.last().cloned().unwrap_or_default();
            same["media_key"] = json!(key);
            urls.push(same);
        }
    }
    (out, urls)
}

fn add(out: &mut String, urls: &mut Vec<Value>, short: &str, mut entity: Value) {
    let start = out.chars().count();
    out.push_str(short);
    entity["start"] = json!(start);
    entity["end"] = json!(out.chars().count());
    entity["url"] = json!(short);
    urls.push(entity);
}

fn short(seed: u64, post: u64, n: usize) -> String {
    format!("https://t.co/{}", &hex::encode(digest(seed, "short address", &[post, n as u64]))[..10])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_weighed() {
        for (text, expected) in [
            ("hello", 5),
            ("日本語", 6),
            ("👨\u{200d}👩\u{200d}👧", 2),
            ("e\u{301}", 1),
            ("see https://a.example/very/long/path.", 4 + 23 + 1),
        ] {
            assert_eq!(weight(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_shortened_and_lead_back() {
        let media = [("3_1".to_owned(), "https://x.com/a/status/1/photo/1".to_owned())];
        let (text, urls) = shown(7, 1, "Tom & Ann: https://a.example/b?c=1, ok", &media);
        let code = |n: usize| urls[n]["url"].as_str().expect("an address");
        assert_eq!(text, format!("Tom &amp; Ann: {}, ok {}", code(0), code(1)));
        assert_eq!((&urls[0]["expanded_url"], &urls[0]["start"]), (&json!("https://a.example/b?c=1"), &json!(15)));
        assert_eq!(urls[1]["media_key"], "3_1");
    }
}
