//! Rules: what a person wrote, checked, and as it is asked. Pure.

use regex::{Regex, RegexBuilder};
use rookery_kernel::{TagId, TagRuleId};

use super::text::{hashtag_of, language_of, words};
use crate::kinds::MatchKind;

/// Longest pattern, in characters; the column's.
const PATTERN_MAX: usize = 200;
/// Memory that a compiled expression may take, in bytes. Its time is linear in the text whatever it says.
const REGEX_BYTES_MAX: usize = 512 * 1024;
/// Deepest nesting of an expression.
const REGEX_DEPTH_MAX: u32 = 50;
/// Priorities go from 1, asked first, to this.
pub const PRIORITY_MAX: i32 = 1000;
/// The priority of a rule that says nothing about it.
pub const PRIORITY_USUAL: i32 = 100;

/// A rule as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraft {
    /// How it looks at a text.
    pub match_kind: MatchKind,
    /// What it looks for.
    pub pattern: String,
    /// Only texts in this language; `None` is any.
    pub language: Option<String>,
    /// What matches does not get the tag.
    pub is_exclusion: bool,
    /// 1 to [`PRIORITY_MAX`], the lowest is asked first.
    pub priority: i32,
    /// Whether it is asked at all.
    pub enabled: bool,
}

impl RuleDraft {
    /// A rule for any language, with the usual priority.
    pub fn new(match_kind: MatchKind, pattern: impl Into<String>) -> Self {
        Self {
            match_kind,
            pattern: pattern.into(),
            language: None,
            is_exclusion: false,
            priority: PRIORITY_USUAL,
            enabled: true,
        }
    }

    /// The same with its pattern in the form that is stored and compared.
    ///
    /// # Errors
    /// [`RuleFault`].
    pub(crate) fn checked(self) -> Result<Self, RuleFault> {
        let pattern: String = self.pattern.trim().chars().filter(|c| *c != '\0').collect();
        if pattern.is_empty() {
            return Err(RuleFault::Empty);
        }
        if pattern.chars().count() > PATTERN_MAX {
            return Err(RuleFault::TooLong);
        }
        if !(1..=PRIORITY_MAX).contains(&self.priority) {
            return Err(RuleFault::Priority(self.priority));
        }
        let language = match self.language.as_deref().map(str::trim).filter(|l| !l.is_empty()) {
            Some(given) => Some(language_of(given).ok_or_else(|| RuleFault::Language(given.to_owned()))?),
            None => None,
        };
        let pattern = match self.match_kind {
            MatchKind::Keyword => match &mut words(&pattern)[..] {
                [word] if !word.is_empty() => std::mem::take(word),
                found => return Err(RuleFault::NotOneWord(found.len())),
            },
            MatchKind::Phrase => {
                let words = words(&pattern);
                if words.is_empty() || words.iter().any(String::is_empty) {
                    return Err(RuleFault::NoPhrase);
                }
                words.join(" ")
            }
            MatchKind::Hashtag => hashtag_of(&pattern).ok_or(RuleFault::NoHashtag)?,
            MatchKind::Regex => {
                compile(&pattern)?;
                pattern
            }
        };
        // Lower case may be longer than what was written.
        if pattern.chars().count() > PATTERN_MAX {
            return Err(RuleFault::TooLong);
        }
        Ok(Self { pattern, language, ..self })
    }
}

/// Why a rule cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// There is no pattern.
    #[error("say what the rule looks for")]
    Empty,
    /// The pattern is too long.
    #[error("a pattern has at most {PATTERN_MAX} characters")]
    TooLong,
    /// The priority is out of range.
    #[error("a priority is a number from 1 to {PRIORITY_MAX}, not {0}")]
    Priority(i32),
    /// No language.
    #[error("{0:?} is no language; use two or three letters such as en or de")]
    Language(String),
    /// A keyword of no or several words.
    #[error("a keyword is one word; for several in a row choose phrase")]
    NotOneWord(usize),
    /// A phrase without words, or with a hashtag, mention or address in it.
    #[error("a phrase holds words only, no hashtag, mention or address")]
    NoPhrase,
    /// No hashtag.
    #[error("a hashtag holds letters, digits and _ only, at least two")]
    NoHashtag,
    /// The expression cannot be read.
    #[error("the expression cannot be read at character {at}: {reason}")]
    Syntax {
        /// Which character, from 1.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The expression would take too much memory.
    #[error("the expression is too large; use smaller repetitions")]
    TooLarge,
    /// The expression matches the empty text, so everything.
    #[error("the expression matches every text, even an empty one")]
    MatchesAll,
}

/// Compiles an expression: any letter case, linear time, bounded memory.
fn compile(pattern: &str) -> Result<Regex, RuleFault> {
    // The parser says where it stumbled; the compiler only that it did.
    let parsed =
        regex_syntax::ParserBuilder::new().nest_limit(REGEX_DEPTH_MAX).case_insensitive(true).build().parse(pattern);
    if let Err(error) = parsed {
        let (reason, at) = match &error {
            regex_syntax::Error::Parse(e) => (e.kind().to_string(), e.span().start.offset),
            regex_syntax::Error::Translate(e) => (e.kind().to_string(), e.span().start.offset),
            other => (other.to_string(), 0),
        };
        let at = pattern.get(..at).map_or(1, |before| before.chars().count() + 1);
        return Err(RuleFault::Syntax { at, reason });
    }
    let built = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .nest_limit(REGEX_DEPTH_MAX)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build();
    let regex = built.map_err(|_| RuleFault::TooLarge)?;
    if regex.is_match("") { Err(RuleFault::MatchesAll) } else { Ok(regex) }
}

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// Its id.
    pub id: TagRuleId,
    /// Its tag.
    pub tag_id: TagId,
    /// What it says.
    pub rule: RuleDraft,
}

/// What a rule sees of an item.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// The whole text, composed; letters as they are.
    pub text: &'a str,
    /// Its words in order; an empty one parts what did not stand side by side.
    pub words: &'a [String],
    /// Its hashtags, normalised.
    pub hashtags: &'a [String],
    /// ISO 639, if known.
    pub language: Option<&'a str>,
}

#[derive(Debug, Clone)]
enum Matcher {
    Keyword(String),
    Phrase(Vec<String>),
    Hashtag(String),
    Regex(Regex),
}

/// A rule ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    matcher: Matcher,
    language: Option<String>,
    pub is_exclusion: bool,
    pub priority: i32,
}

impl Compiled {
    /// # Errors
    /// [`RuleFault`], if an expression that was kept no longer compiles.
    pub fn of(rule: &RuleDraft) -> Result<Self, RuleFault> {
        let matcher = match rule.match_kind {
            MatchKind::Keyword => Matcher::Keyword(rule.pattern.clone()),
            MatchKind::Phrase => Matcher::Phrase(rule.pattern.split(' ').map(ToOwned::to_owned).collect()),
            MatchKind::Hashtag => Matcher::Hashtag(rule.pattern.clone()),
            MatchKind::Regex => Matcher::Regex(compile(&rule.pattern)?),
        };
        Ok(Self { matcher, language: rule.language.clone(), is_exclusion: rule.is_exclusion, priority: rule.priority })
    }

    /// Whether an item matches.
    pub fn matches(&self, item: &View<'_>) -> bool {
        if self.language.as_deref().is_some_and(|wanted| item.language != Some(wanted)) {
            return false;
        }
        match &self.matcher {
            Matcher::Keyword(word) => item.words.contains(word),
            Matcher::Phrase(words) => item.words.windows(words.len()).any(|row| row == words),
            Matcher::Hashtag(hashtag) => item.hashtags.contains(hashtag),
            Matcher::Regex(regex) => regex.is_match(item.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(kind: MatchKind, pattern: &str) -> Result<String, RuleFault> {
        RuleDraft::new(kind, pattern).checked().map(|draft| draft.pattern)
    }

    #[test]
    fn patterns_are_kept_in_the_form_that_is_compared() {
        assert_eq!(checked(MatchKind::Keyword, " Tide ").as_deref(), Ok("tide"));
        assert_eq!(checked(MatchKind::Phrase, "Low   TIDE").as_deref(), Ok("low tide"));
        assert_eq!(checked(MatchKind::Hashtag, "#LowTide").as_deref(), Ok("lowtide"));
        assert_eq!(checked(MatchKind::Regex, r"(?-i)\bTide\b").as_deref(), Ok(r"(?-i)\bTide\b"));
        let draft = RuleDraft { language: Some("pt-BR".into()), ..RuleDraft::new(MatchKind::Keyword, "mar") };
        assert_eq!(draft.checked().map(|d| d.language), Ok(Some("pt".to_owned())));
    }

    #[test]
    fn what_cannot_be_kept_says_why() {
        assert_eq!(checked(MatchKind::Keyword, " "), Err(RuleFault::Empty));
        assert_eq!(checked(MatchKind::Keyword, "low tide"), Err(RuleFault::NotOneWord(2)));
        assert_eq!(checked(MatchKind::Keyword, "@ann"), Err(RuleFault::NotOneWord(1)));
        assert_eq!(checked(MatchKind::Phrase, "low #tide"), Err(RuleFault::NoPhrase));
        assert_eq!(checked(MatchKind::Hashtag, "low-tide"), Err(RuleFault::NoHashtag));
        assert_eq!(checked(MatchKind::Regex, &"a".repeat(201)), Err(RuleFault::TooLong));
        assert_eq!(checked(MatchKind::Regex, "a*"), Err(RuleFault::MatchesAll));
        let draft = RuleDraft { priority: 0, ..RuleDraft::new(MatchKind::Keyword, "tide") };
        assert_eq!(draft.checked(), Err(RuleFault::Priority(0)));
        let draft = RuleDraft { language: Some("klingon".into()), ..RuleDraft::new(MatchKind::Keyword, "tide") };
        assert_eq!(draft.checked(), Err(RuleFault::Language("klingon".into())));
    }

    #[test]
    fn a_mistake_in_an_expression_is_named_with_its_place() {
        let Err(RuleFault::Syntax { at, reason }) = checked(MatchKind::Regex, "größe (tide") else {
            panic!("open group")
        };
        assert_eq!((at, reason.as_str()), (7, "unclosed group"));
        let said = checked(MatchKind::Regex, r"a(?=b)").map_err(|e| e.to_string());
        assert!(said.as_ref().is_err_and(|e| e.contains("character 2") && e.contains("look-around")), "{said:?}");
    }

    #[test]
    fn an_expression_takes_bounded_memory_and_linear_time() {
        assert_eq!(checked(MatchKind::Regex, r"((\w{1000}){1000}){1000}x"), Err(RuleFault::TooLarge));
        // A backtracking engine tries 2^5000 ways here.
        let hostile = Compiled::of(&RuleDraft::new(MatchKind::Regex, "(a+)+$")).expect("reads");
        let text = format!("{}!", "a".repeat(5000));
        let view = View { text: &text, words: &[], hashtags: &[], language: None };
        assert!(!hostile.matches(&view));
    }

    #[test]
    fn each_kind_looks_at_its_part_of_an_item() {
        let text = "Low tide at noon #Ebbe";
        let words = words(text);
        let hashtags = ["ebbe".to_owned()];
        let view = View { text, words: &words, hashtags: &hashtags, language: Some("en") };
        let matches = |kind, pattern: &str| {
            Compiled::of(&RuleDraft::new(kind, pattern).checked().expect("fits")).expect("compiles").matches(&view)
        };
        assert!(matches(MatchKind::Keyword, "TIDE") && !matches(MatchKind::Keyword, "tid"));
        assert!(!matches(MatchKind::Keyword, "ebbe"), "hashtags are no words");
        assert!(matches(MatchKind::Phrase, "low tide") && !matches(MatchKind::Phrase, "tide low"));
        assert!(matches(MatchKind::Hashtag, "#EBBE") && !matches(MatchKind::Hashtag, "tide"));
        assert!(matches(MatchKind::Regex, r"t.de\b.*#ebbe") && !matches(MatchKind::Regex, "(?-i)LOW"));
        let german = RuleDraft { language: Some("de".into()), ..RuleDraft::new(MatchKind::Keyword, "tide") };
        assert!(!Compiled::of(&german).expect("compiles").matches(&view));
    }
}
