//! Text as networks see it: its length by their rules, its addresses and hashtags, and the plain
//! form in which two versions of one text are compared.

mod address;
mod emoji;
mod html;
mod weighted;

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

pub(crate) use html::to_plain;

/// How a network counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountMethod {
    /// Unicode code points.
    Codepoints,
    /// UTF-16 units.
    Utf16,
    /// X: most scripts one, all others and emoji two, addresses alike.
    Weighted,
    /// What people see as one character.
    Graphemes,
    /// Threads: code points, and emoji by the bytes of their UTF-8.
    EmojiBytes,
    /// YouTube's descriptions: the bytes of the UTF-8.
    Bytes,
}

impl CountMethod {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Codepoints, Self::Utf16, Self::Weighted, Self::Graphemes, Self::EmojiBytes, Self::Bytes];

    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Codepoints => "codepoints",
            Self::Utf16 => "utf16",
            Self::Weighted => "weighted",
            Self::Graphemes => "graphemes",
            Self::EmojiBytes => "emoji_bytes",
            Self::Bytes => "bytes",
        }
    }

    /// What one of the counted is called, several of them.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            _ => "characters",
        }
    }
}

impl fmt::Display for CountMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl CountMethod {
    /// Why a text may be longer than it looks, as the end of a sentence; nothing if it is as long as it looks.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Bytes => " (letters with accents, emoji and many scripts take several)",
            Self::EmojiBytes => " (an emoji counts several)",
            Self::Codepoints | Self::Utf16 | Self::Weighted | Self::Graphemes => "",
        }
    }
}

/// Text that names no way of counting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown count method {0:?}")]
pub struct UnknownCountMethod(pub String);

impl FromStr for CountMethod {
    type Err = UnknownCountMethod;
    fn from_str(s: &str) -> Result<Self, UnknownCountMethod> {
        Self::ALL.into_iter().find(|m| m.label() == s).ok_or_else(|| UnknownCountMethod(s.to_owned()))
    }
}

/// What an address counts on X, whatever its length.
const WEIGHTED_URL: usize = 23;

/// Length of a text as a network counts it. A line break counts one, however it is written.
///
/// With a `url_weight` every address counts that much, and the server part of a mention
/// (`@name@server`) counts nothing: that is how Mastodon does it. `Weighted` follows X, where
/// addresses without a scheme count as addresses too.
pub fn count(method: CountMethod, url_weight: Option<u32>, text: &str) -> usize {
    let text = text.replace("\r\n", "\n");
    let weight = url_weight.map(|w| usize::try_from(w).unwrap_or(usize::MAX));
    if method == CountMethod::Weighted {
        return weighted::count(&text, weight.unwrap_or(WEIGHTED_URL));
    }
    let plain = |text: &str| match method {
        CountMethod::Utf16 => text.encode_utf16().count(),
        CountMethod::Graphemes => text.graphemes(true).count(),
        CountMethod::EmojiBytes => emoji::count(text),
        CountMethod::Bytes => text.len(),
        CountMethod::Codepoints | CountMethod::Weighted => text.chars().count(),
    };
    let Some(weight) = weight else { return plain(&text) };
    let mut total = 0;
    let mut rest = text.as_str();
    while let Some(found) = address::next(rest, address::Scheme::Needed) {
        total += plain(&address::without_mention_servers(&rest[..found.start])) + weight;
        rest = &rest[found.end..];
    }
    total + plain(&address::without_mention_servers(rest))
}

/// The form in which two versions of one text are compared: composed (NFC), every run of white
/// space one blank, the server part of mentions left out. Networks change exactly these.
pub(crate) fn comparable(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let words: Vec<&str> = composed.split_whitespace().collect();
    address::without_mention_servers(&words.join(" ")).into_owned()
}

/// The web addresses in a text, also those without a scheme, as ranges of bytes in order.
pub(crate) fn addresses(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    // Cut behind an address only: what stands before a bare name decides whether it is one.
    while let Some(range) = address::next(&text[start..], address::Scheme::Optional) {
        let end = start + range.end;
        found.push(start + range.start..end);
        start = end;
    }
    found
}

/// Hashtags of a text: lower case, without #, each once, in order. Letters, marks and digits of
/// every script belong to a hashtag, and so does the underscore; a number alone is none.
pub fn hashtags(text: &str) -> Vec<String> {
    let belongs = |c: char| c == '_' || c.is_alphanumeric() || is_mark(c);
    let mut tags: Vec<String> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if matches!(c, '#' | '＃') && !belongs(before) && before != '&' && before != '/' {
            let tag: String = text[at + c.len_utf8()..].chars().take_while(|c| belongs(*c)).collect();
            let tag: String = tag.to_lowercase().nfc().collect();
            if tag.chars().any(|c| !c.is_numeric()) && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        before = c;
    }
    tags
}

/// Combining marks, which the standard library does not count as letters.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CountMethod::{Bytes, Codepoints, EmojiBytes, Graphemes, Utf16, Weighted};
    use proptest::prelude::*;

    const FAMILY: &str = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    const FLAG: &str = "🇩🇪";

    #[test]
    fn each_method_counts_the_hard_cases() {
        let table: &[(&str, &str, [usize; 6])] = &[
            // what, text, [code points, UTF-16, graphemes, weighted, emoji by bytes, bytes]
            ("nothing", "", [0, 0, 0, 0, 0, 0]),
            ("plain", "hello", [5, 5, 5, 5, 5, 5]),
            ("emoji", "👍", [1, 2, 1, 2, 4, 4]),
            ("emoji family", FAMILY, [7, 11, 1, 2, 25, 25]),
            ("flag", FLAG, [2, 4, 1, 2, 8, 8]),
            ("skin tone", "👍🏽", [2, 4, 1, 2, 8, 8]),
            ("keycap", "1\u{fe0f}\u{20e3}", [3, 3, 1, 2, 7, 7]),
            ("heart with selector", "❤\u{fe0f}", [2, 2, 1, 2, 6, 6]),
            ("composed accent", "é", [1, 1, 1, 1, 1, 2]),
            ("combining accent", "e\u{301}", [2, 2, 1, 1, 2, 3]),
            ("CJK", "日本語", [3, 3, 3, 6, 3, 9]),
            ("hangul", "한국", [2, 2, 2, 4, 2, 6]),
            ("arabic", "سلام", [4, 4, 4, 4, 4, 8]),
            ("devanagari with joiner", "क्\u{200d}ष", [4, 4, 1, 4, 4, 12]),
            ("CRLF", "a\r\nb", [3, 3, 3, 3, 3, 3]),
            ("typographic quotes", "“a”", [3, 3, 3, 3, 3, 7]),
        ];
        for (what, text, expected) in table {
            let counted = [Codepoints, Utf16, Graphemes, Weighted, EmojiBytes, Bytes].map(|m| count(m, None, text));
            assert_eq!(counted, *expected, "{what}");
        }
    }

    #[test]
    fn mastodon_counts_every_address_alike_and_mentions_without_their_server() {
        let long = format!("see https://example.com/{}", "x".repeat(200));
        assert_eq!(count(Codepoints, Some(23), &long), 4 + 23);
        assert_eq!(count(Codepoints, Some(23), "https://a.io"), 23);
        assert_eq!(count(Codepoints, Some(23), "(https://a.io/b)."), 23 + 3);
        assert_eq!(count(Codepoints, Some(23), "hi @ana@social.example!"), "hi @ana!".len());
        assert_eq!(count(Codepoints, Some(23), "mail me@example.com"), "mail me@example.com".len());
        assert_eq!(count(Codepoints, Some(23), "example.com"), 11);
        assert_eq!(count(Codepoints, Some(23), "a https://x.io b http://y.io c"), 23 * 2 + 7);
    }

    #[test]
    fn x_counts_addresses_without_scheme_too() {
        assert_eq!(count(Weighted, Some(23), "see example.com/page now"), 4 + 23 + 4);
        assert_eq!(count(Weighted, Some(23), "Mr.Smith went"), 13);
        assert_eq!(count(Weighted, Some(23), "me@example.com"), 14);
        assert_eq!(count(Weighted, None, "https://example.com/äöü"), 23);
    }

    #[test]
    fn hashtags_of_every_script_are_found_once_and_in_order() {
        assert_eq!(hashtags("#Größe, #日本 and #größe #e\u{301}t\u{e9} #हिन्दी"), ["größe", "日本", "été", "हिन्दी"]);
        assert_eq!(hashtags("issue #12 a#b &#39; https://x/#frag #a_1"), ["a_1"]);
    }

    #[test]
    fn comparable_forms_agree_when_a_network_rewrote_white_space() {
        assert_eq!(comparable("a\r\n\r\n b\u{a0}e\u{301} "), comparable("a b é"));
        assert_eq!(comparable("hi @ana@social.example"), "hi @ana");
        assert_ne!(comparable("a b"), comparable("a c"));
    }

    proptest! {
        #[test]
        fn counting_never_panics_and_methods_keep_their_order(text in "\\PC{0,60}") {
            let [points, units, graphemes] = [Codepoints, Utf16, Graphemes].map(|m| count(m, None, &text));
            prop_assert!(graphemes <= points && points <= units);
            let [mixed, bytes] = [EmojiBytes, Bytes].map(|m| count(m, None, &text));
            prop_assert!(points <= mixed && mixed <= bytes);
            for weight in [None, Some(23)] {
                count(Weighted, weight, &text);
                count(Codepoints, weight, &text);
            }
            hashtags(&text);
            comparable(&text);
        }
    }
}
