//! Facets: which bytes of a text are a link, a mention or a hashtag. Without them the network shows
//! plain text.

use std::ops::Range;

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::addresses;

/// Longest hashtag, in graphemes (lexicon `app.bsky.richtext.facet`).
const TAG_MAX: usize = 64;

/// What a part of a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Leads to this address.
    Link(String),
    /// Names this handle; whose it is has to be asked.
    Mention(String),
    /// A hashtag without its #.
    Tag(String),
}

/// The parts of a text in order, as ranges of UTF-8 bytes.
pub(super) fn parts(text: &str) -> Vec<(Range<usize>, Part)> {
    let mut found: Vec<(Range<usize>, Part)> = addresses(text)
        .into_iter()
        .map(|range| {
            let address = &text[range.clone()];
            let has_scheme = address.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("http"));
            let is_whole = has_scheme && address.contains("://");
            (range, Part::Link(if is_whole { address.to_owned() } else { format!("https://{address}") }))
        })
        .collect();
    let mut before = None;
    for (at, c) in text.char_indices() {
        let may_begin = before.is_none_or(|b: char| b.is_whitespace() || matches!(b, '(' | '[' | '"' | '“' | '「'));
        before = Some(c);
        if !may_begin || found.iter().any(|(range, _)| range.contains(&at)) {
            continue;
        }
        let rest = &text[at + c.len_utf8()..];
        let part = match c {
            '@' => handle(rest).map(|h| (h.len(), Part::Mention(h.to_ascii_lowercase()))),
            '#' | '＃' => tag(rest).map(|t| (t.len(), Part::Tag(t.to_owned()))),
            _ => None,
        };
        found.extend(part.map(|(length, part)| (at..at + c.len_utf8() + length, part)));
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// A handle is a host name with a dot in it (atproto.com, handle specification).
fn handle(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))).unwrap_or(text.len());
    let handle = text[..end].trim_end_matches(['.', '-']);
    let labels_are_sound =
        handle.split('.').all(|l| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-'));
    let last_begins_with_letter = handle.rsplit('.').next().is_some_and(|l| l.starts_with(|c: char| c.is_alphabetic()));
    let is_sound = handle.contains('.') && handle.len() <= 253 && labels_are_sound && last_begins_with_letter;
    is_sound.then_some(handle)
}

/// A hashtag runs to white space; marks at its end are not part of it, and a number alone is none.
fn tag(text: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '#' | '＃');
    let end = text.find(ends).unwrap_or(text.len());
    let is_mark = |c: char| !c.is_alphanumeric() && !c.is_ascii_digit() && (c.is_ascii_punctuation() || closes(c));
    let tag = text[..end].trim_end_matches(is_mark);
    let says_something = tag.chars().any(|c| !c.is_numeric() && !is_mark(c));
    let is_sound = says_something && !tag.starts_with('\u{fe0f}') && tag.graphemes(true).count() <= TAG_MAX;
    is_sound.then_some(tag)
}

/// Closing marks outside ASCII.
const fn closes(c: char) -> bool {
    matches!(c, '”' | '’' | '»' | '…' | '。' | '、' | '！' | '？' | '」' | '）' | '–' | '—')
}

/// A facet of the record. `did` is whose handle a mention names.
pub(super) fn facet(range: &Range<usize>, part: &Part, did: Option<&str>) -> Option<Value> {
    let feature = match part {
        Part::Link(uri) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }),
        Part::Mention(_) => json!({ "$type": "app.bsky.richtext.facet#mention", "did": did? }),
        Part::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
    };
    Some(json!({ "index": { "byteStart": range.start, "byteEnd": range.end }, "features": [feature] }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        parts(text)
            .into_iter()
            .map(|(range, part)| {
                let what = match part {
                    Part::Link(to) => format!("link {to}"),
                    Part::Mention(handle) => format!("mention {handle}"),
                    Part::Tag(tag) => format!("tag {tag}"),
                };
                format!("{}..{} {what}", range.start, range.end)
            })
            .collect()
    }

    #[test]
    fn offsets_are_bytes_whatever_stands_before() {
        // é is 2 bytes, 日 3, 👩‍🍳 11: letters, graphemes and bytes all differ.
        assert_eq!(shown("é #tag"), ["3..7 tag tag"]);
        assert_eq!(shown("日本 #日本"), ["7..14 tag 日本"]);
        assert_eq!(shown("👩\u{200d}🍳 @ana.bsky.social!"), ["12..28 mention ana.bsky.social"]);
        assert_eq!(shown("✨ example.com ✨"), ["4..15 link https://example.com"]);
        assert_eq!(shown("a\r\n\r\n#b"), ["5..7 tag b"]);
    }

    #[test]
    fn each_kind_is_found_and_its_neighbours_are_left_out() {
        let table: [(&str, &[&str]); 12] = [
            ("see https://a.example/b?c=d#e.", &["4..29 link https://a.example/b?c=d#e"]),
            ("(https://a.example/x_(y))", &["1..24 link https://a.example/x_(y)"]),
            ("HTTPS://A.example/", &["0..18 link HTTPS://A.example/"]),
            ("@Ana.Example.org, hi", &["0..16 mention ana.example.org"]),
            ("mail ana@example.com", &[]),
            ("@ana and @-a.com and @a..com", &[]),
            ("#one #two, #three!", &["0..4 tag one", "5..9 tag two", "11..17 tag three"]),
            ("#1 #1a a#b ##x", &["3..6 tag 1a"]),
            ("＃全角", &["0..9 tag 全角"]),
            ("#e\u{301}te\u{301}.", &["0..8 tag e\u{301}te\u{301}"]),
            ("https://a.example/#frag #x", &["0..23 link https://a.example/#frag", "24..26 tag x"]),
            ("(@ana.example.org)", &["1..17 mention ana.example.org"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        let long = format!("#{}", "x".repeat(65));
        assert!(shown(&long).is_empty(), "a hashtag has at most 64 letters");
    }

    #[test]
    fn a_mention_nobody_answers_to_is_no_facet() {
        assert_eq!(facet(&(0..4), &Part::Mention("a.b".into()), None), None);
        let link = facet(&(4..9), &Part::Link("https://x.y".into()), None).expect("a facet");
        assert_eq!(link["index"], json!({ "byteStart": 4, "byteEnd": 9 }));
        assert_eq!(link["features"][0]["$type"], "app.bsky.richtext.facet#link");
    }

    proptest! {
        #[test]
        fn parts_are_whole_characters_in_order_and_apart(text in "[#@a-z. :/é日👍\\n]{0,40}") {
            let mut end = 0;
            for (range, _) in parts(&text) {
                prop_assert!(range.start >= end && range.end > range.start);
                prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
                end = range.end;
            }
        }
    }
}
