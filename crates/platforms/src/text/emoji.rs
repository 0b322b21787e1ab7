//! Threads' count: characters, and an emoji by the bytes of its UTF-8.

use unicode_segmentation::UnicodeSegmentation as _;

/// Makes the sign before it an emoji.
const EMOJI_SELECTOR: char = '\u{fe0f}';
/// Makes a digit before it a key.
const KEYCAP: char = '\u{20e3}';

pub(super) fn count(text: &str) -> usize {
    text.graphemes(true).map(|g| if is_emoji(g) { g.len() } else { g.chars().count() }).sum()
}

/// Joined ones, flags and skin tones are one each, so that joiners of other scripts do not count as emoji.
fn is_emoji(grapheme: &str) -> bool {
    grapheme.starts_with(is_picture) || grapheme.contains([EMOJI_SELECTOR, KEYCAP])
}

/// Signs that are shown as pictures by themselves, and a few neighbours: the network does not say where it draws the
/// line, and a count that is too high loses no words.
fn is_picture(c: char) -> bool {
    matches!(u32::from(c), 0x231a..=0x231b | 0x23e9..=0x23f3 | 0x25fd..=0x25fe | 0x2600..=0x27bf | 0x2b05..=0x2b55
        | 0x1f000..=0x1faff)
}
