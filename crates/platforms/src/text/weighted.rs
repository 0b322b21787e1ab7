//! X's count: composed form (NFC); addresses alike; an emoji two, however many code points it
//! has; code points of most alphabets one, all others two.

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::address::{self, Scheme};

pub(super) fn count(text: &str, url_weight: usize) -> usize {
    let composed: String = text.nfc().collect();
    let mut total = 0;
    let mut rest = composed.as_str();
    while let Some(found) = address::next(rest, Scheme::Optional) {
        total += without_addresses(&rest[..found.start]) + url_weight;
        rest = &rest[found.end..];
    }
    total + without_addresses(rest)
}

fn without_addresses(text: &str) -> usize {
    text.graphemes(true).map(|g| if is_emoji(g) { 2 } else { g.chars().map(weight).sum() }).sum()
}

/// The configuration table of X's own counter (version 3).
const fn weight(c: char) -> usize {
    match c as u32 {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

/// An emoji of several code points. Single ones weigh two by the table already.
fn is_emoji(grapheme: &str) -> bool {
    let mut chars = grapheme.chars();
    let Some(first) = chars.next() else { return false };
    let is_joined = chars.next().is_some();
    let is_keycap = matches!(first, '0'..='9' | '#' | '*') && grapheme.ends_with('\u{20e3}');
    is_joined && (is_keycap || may_begin_emoji(first))
}

const fn may_begin_emoji(c: char) -> bool {
    matches!(c as u32,
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2122 | 0x2139 | 0x3030 | 0x303d | 0x3297 | 0x3299
        | 0x2190..=0x21ff | 0x2300..=0x23ff | 0x2460..=0x24ff | 0x25a0..=0x27bf
        | 0x2900..=0x297f | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
}
