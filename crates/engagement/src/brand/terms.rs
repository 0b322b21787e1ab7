//! Wording that a reply must not hold.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Where a term counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermMatch {
    /// At the beginning of a word: `cure` finds "cures", not "secure".
    #[default]
    Prefix,
    /// As a whole word.
    Word,
    /// Anywhere, inside words too.
    Substring,
}

/// A term and where it counts. Between its words any white space may stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProhibitedTerm {
    /// The wording; letter case does not matter.
    pub term: String,
    /// Where it counts.
    #[serde(default, rename = "match")]
    pub matched: TermMatch,
}

impl ProhibitedTerm {
    /// A term that counts at the beginning of words.
    pub fn prefix(term: &str) -> Self {
        Self { term: term.to_owned(), matched: TermMatch::Prefix }
    }
}

/// A text in the form in which terms are looked for: composed (NFKC), without invisible characters, in lower case.
#[derive(Debug)]
pub(crate) struct Plain(Vec<char>);

impl Plain {
    pub(crate) fn of(text: &str) -> Self {
        // Composed after the invisible ones went, or they would keep letters and accents apart; once more
        // without them, since composing can bring some to light.
        let plain: String = text.chars().filter(|c| !is_invisible(*c)).nfkc().filter(|c| !is_invisible(*c)).collect();
        Self(plain.to_lowercase().chars().collect())
    }

    /// Whether the term stands in it. A term without letters stands nowhere.
    pub(crate) fn holds(&self, term: &ProhibitedTerm) -> bool {
        let wanted = Self::of(&term.term);
        let words: Vec<&[char]> = wanted.0.split(|c| c.is_whitespace()).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return false;
        }
        (0..self.0.len()).any(|start| {
            let begins_word = start == 0 || !is_word(self.0[start - 1]);
            let Some(end) = self.ends(start, &words) else { return false };
            let ends_word = self.0.get(end).is_none_or(|c| !is_word(*c));
            match term.matched {
                TermMatch::Prefix => begins_word,
                TermMatch::Word => begins_word && ends_word,
                TermMatch::Substring => true,
            }
        })
    }

    /// Where the words end that begin at `start`.
    fn ends(&self, start: usize, words: &[&[char]]) -> Option<usize> {
        let mut at = start;
        for (number, word) in words.iter().enumerate() {
            if number > 0 {
                let space = self.0[at..].iter().take_while(|c| c.is_whitespace()).count();
                if space == 0 {
                    return None;
                }
                at += space;
            }
            if !self.0[at..].starts_with(word) {
                return None;
            }
            at += word.len();
        }
        Some(at)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Zero-width and direction characters, joiners, soft hyphens, variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, term: &str, matched: TermMatch) -> bool {
        Plain::of(text).holds(&ProhibitedTerm { term: term.to_owned(), matched })
    }

    #[test]
    fn a_prefix_counts_at_the_beginning_of_words_only() {
        for text in ["cures", "It CURED me", "ＣＵＲＥ", "cu\u{200b}re", "c\u{ad}ure!", "(cure)"] {
            assert!(holds(text, "cure", TermMatch::Prefix), "{text}");
        }
        for text in ["secure", "a secured line", "obscure", "cur e", ""] {
            assert!(!holds(text, "cure", TermMatch::Prefix), "{text}");
        }
        assert!(!holds("a retreat", "treat", TermMatch::Prefix));
        assert!(holds("treatment", "treat", TermMatch::Prefix));
    }

    #[test]
    fn words_and_substrings() {
        assert!(holds("a cure.", "cure", TermMatch::Word) && !holds("cures", "cure", TermMatch::Word));
        assert!(holds("secure", "cure", TermMatch::Substring));
    }

    #[test]
    fn white_space_between_words_is_flexible() {
        for text in ["clinically proven", "Clinically  Proven", "clinically\n\tproven", "clinically\u{a0}proven"] {
            assert!(holds(text, "clinically proven", TermMatch::Prefix), "{text:?}");
        }
        assert!(!holds("clinicallyproven", "clinically proven", TermMatch::Prefix));
        assert!(!holds("anything", " \u{200b} ", TermMatch::Substring));
    }
}
