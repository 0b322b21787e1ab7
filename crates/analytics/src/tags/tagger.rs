//! Which automatic tags an item gets. Pure.
//!
//! Candidates in order: hashtags as they stand, tags by rules, words of the text by how often they stand there, then by
//! where first. The first [`TAGS_MAX`] are kept. Of the rules of a tag the first that matches decides, lowest priority
//! first and of equals an exclusion; an exclusion also keeps the tag's own hashtag or word away.

use std::collections::{BTreeMap, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::rule::{Compiled, RuleDraft, View};
use super::text::{Spoken, hashtag_of, is_telling, key_of, normal, words};
use crate::kinds::TagSource;

/// Most automatic tags of an item.
pub const TAGS_MAX: usize = 20;

/// What tagging looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Item {
    pub caption: Option<String>,
    pub hashtags: Vec<String>,
    pub language: Option<String>,
}

/// A tag that an item gets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AutoTag {
    pub key: String,
    pub source: TagSource,
    pub confidence: f32,
}

/// What an organization decided about its automatic tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// Rules by the key of their tag.
    pub rules: Vec<(String, RuleDraft)>,
    /// (language or `*`, word).
    pub stop_words: Vec<(String, String)>,
    /// Keys of tags that somebody deleted: they are not made again.
    pub deleted: Vec<String>,
}

/// Hands out tags by these wishes.
#[derive(Debug, Default)]
pub(crate) struct Tagger {
    /// Rules by key, in the order in which they are asked.
    rules: BTreeMap<String, Vec<Compiled>>,
    stop_words: HashMap<String, HashSet<String>>,
    deleted: HashSet<String>,
}

/// An item taken apart.
#[derive(Debug)]
pub(crate) struct Parts {
    text: String,
    words: Vec<String>,
    hashtags: Vec<String>,
    spoken: Spoken,
}

impl Parts {
    pub fn of(item: &Item) -> Self {
        let caption = item.caption.as_deref().unwrap_or_default();
        let words = words(caption);
        let spoken = Spoken::of(item.language.as_deref(), &words);
        let mut seen = HashSet::new();
        let hashtags = item.hashtags.iter().filter_map(|h| hashtag_of(h)).filter(|h| seen.insert(h.clone())).collect();
        Self { text: caption.nfc().collect(), words, hashtags, spoken }
    }

    pub fn view(&self) -> View<'_> {
        View {
            text: &self.text,
            words: &self.words,
            hashtags: &self.hashtags,
            language: self.spoken.language.as_deref(),
        }
    }
}

impl Tagger {
    /// A rule that no longer compiles is left out: nothing that was kept is lost, and the others hold.
    pub fn new(wishes: &Wishes) -> Self {
        let mut rules: BTreeMap<String, Vec<Compiled>> = BTreeMap::new();
        for (key, rule) in wishes.rules.iter().filter(|(_, rule)| rule.enabled) {
            match Compiled::of(rule) {
                Ok(compiled) => rules.entry(key.clone()).or_default().push(compiled),
                Err(fault) => tracing::warn!(tag = %key, pattern = %rule.pattern, %fault, "a rule is left out"),
            }
        }
        for of_tag in rules.values_mut() {
            of_tag.sort_by_key(|rule| (rule.priority, !rule.is_exclusion));
        }
        let mut stop_words: HashMap<String, HashSet<String>> = HashMap::new();
        for (language, word) in &wishes.stop_words {
            stop_words.entry(language.clone()).or_default().insert(normal(word));
        }
        Self { rules, stop_words, deleted: wishes.deleted.iter().cloned().collect() }
    }

    /// The item's automatic tags, in order.
    pub fn tags(&self, parts: &Parts) -> Vec<AutoTag> {
        let view = parts.view();
        // Tag → priority of the rule that decides, and whether it gives the tag.
        let verdicts: BTreeMap<&str, (i32, bool)> = self
            .rules
            .iter()
            .filter_map(|(key, rules)| {
                let decides = rules.iter().find(|rule| rule.matches(&view))?;
                Some((key.as_str(), (decides.priority, !decides.is_exclusion)))
            })
            .collect();
        let excluded = |key: &str| verdicts.get(key).is_some_and(|(_, gives)| !gives);
        let mut given: Vec<(&str, i32)> =
            verdicts.iter().filter(|(_, (_, gives))| *gives).map(|(key, (priority, _))| (*key, *priority)).collect();
        given.sort_by_key(|(key, priority)| (*priority, *key));

        let hashtags = parts.hashtags.iter().map(|key| (key.as_str(), TagSource::Hashtag, 1.0));
        let by_rules = given.iter().map(|(key, _)| (*key, TagSource::Rule, 0.9));
        let counted = self.counted(parts);
        let keywords = counted.iter().map(|(key, count)| (*key, TagSource::Keyword, confidence(*count)));
        let mut seen = HashSet::new();
        hashtags
            .chain(by_rules)
            .chain(keywords)
            .filter(|(key, ..)| !excluded(key) && !self.deleted.contains(*key) && seen.insert(*key))
            .take(TAGS_MAX)
            .map(|(key, source, confidence)| AutoTag { key: key.to_owned(), source, confidence })
            .collect()
    }

    /// The telling words, most frequent first, then by where they first stand.
    fn counted<'a>(&self, parts: &'a Parts) -> Vec<(&'a str, u32)> {
        let own = |language: &str, word: &str| self.stop_words.get(language).is_some_and(|words| words.contains(word));
        let mut counts: HashMap<&str, (u32, usize)> = HashMap::new();
        for (place, word) in parts.words.iter().enumerate().filter(|(_, word)| is_telling(word)) {
            counts.entry(word).or_insert((0, place)).0 += 1;
        }
        let stopped = |word: &str| {
            parts.spoken.leaves_out(word)
                || own("*", word)
                || parts.spoken.language.as_deref().is_some_and(|language| own(language, word))
        };
        let mut telling: Vec<(&str, (u32, usize))> =
            counts.into_iter().filter(|(word, _)| !stopped(word) && key_of(word).is_some()).collect();
        telling.sort_by_key(|(_, (count, place))| (std::cmp::Reverse(*count), *place));
        telling.into_iter().map(|(word, (count, _))| (word, count)).collect()
    }
}

/// How sure a word of the text is: 0.5 once, 0.1 more for each repetition, at most 0.8.
fn confidence(count: u32) -> f32 {
    let repeated = u8::try_from(count.saturating_sub(1)).unwrap_or(u8::MAX).min(3);
    // In tenths, so that the same count is the same number to the last bit.
    f32::from(5 + repeated) / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::MatchKind;
    use proptest::prelude::*;

    fn item(caption: &str, hashtags: &[&str]) -> Item {
        Item {
            caption: Some(caption.to_owned()),
            hashtags: hashtags.iter().map(|h| (*h).to_owned()).collect(),
            language: Some("en".to_owned()),
        }
    }

    fn rule(tag: &str, kind: MatchKind, pattern: &str) -> (String, RuleDraft) {
        (tag.to_owned(), RuleDraft::new(kind, pattern).checked().expect("a rule"))
    }

    fn keys(wishes: &Wishes, item: &Item) -> Vec<String> {
        Tagger::new(wishes).tags(&Parts::of(item)).into_iter().map(|tag| tag.key).collect()
    }

    #[test]
    fn hashtags_come_first_then_rules_then_words_by_count() {
        let wishes = Wishes {
            rules: vec![rule("coast", MatchKind::Keyword, "tide"), rule("market", MatchKind::Phrase, "bread stall")],
            ..Wishes::default()
        };
        let text = "Spring tide, and the tide is out: the wreck. #Ebbe #tide";
        let tags = Tagger::new(&wishes).tags(&Parts::of(&item(text, &["ebbe", "wreck"])));
        let told: Vec<_> = tags.iter().map(|t| (t.key.as_str(), t.source, t.confidence)).collect();
        assert_eq!(
            told,
            [
                ("ebbe", TagSource::Hashtag, 1.0),
                ("wreck", TagSource::Hashtag, 1.0),
                ("coast", TagSource::Rule, 0.9),
                ("tide", TagSource::Keyword, 0.6),
                ("spring", TagSource::Keyword, 0.5),
            ]
        );
    }

    #[test]
    fn confidence_grows_with_the_count_and_stops() {
        let told = [1, 2, 3, 4, 5, 500].map(|count| confidence(count).to_string());
        assert_eq!(told, ["0.5", "0.6", "0.7", "0.8", "0.8", "0.8"]);
    }

    #[test]
    fn the_first_rule_that_matches_decides_and_an_exclusion_keeps_words_away_too() {
        let mut wishes = Wishes {
            rules: vec![
                rule("tide", MatchKind::Keyword, "ebb"),
                (
                    "tide".to_owned(),
                    RuleDraft { is_exclusion: true, ..rule("tide", MatchKind::Phrase, "tide table").1 },
                ),
            ],
            ..Wishes::default()
        };
        let text = item("ebb in the tide table", &["tide"]);
        assert!(!keys(&wishes, &text).contains(&"tide".to_owned()), "of equals the exclusion");
        wishes.rules[0].1.priority = 1;
        assert_eq!(keys(&wishes, &text)[0], "tide", "asked first");
        assert!(keys(&wishes, &item("tide", &[])).contains(&"tide".to_owned()), "a word that no rule is about");
        wishes.rules[1].1.enabled = false;
        wishes.rules[0].1.enabled = false;
        assert!(keys(&wishes, &text).contains(&"tide".to_owned()));
    }

    #[test]
    fn own_stop_words_and_deleted_tags_are_left_out() {
        let text = item("harbour harbour market wreck", &["wreck"]);
        let mut wishes = Wishes { stop_words: vec![("*".into(), "Harbour".into())], ..Wishes::default() };
        assert_eq!(keys(&wishes, &text), ["wreck", "market"]);
        wishes.stop_words = vec![("de".into(), "harbour".into())];
        assert_eq!(keys(&wishes, &text), ["wreck", "harbour", "market"], "of another language");
        wishes.deleted = vec!["wreck".into()];
        assert_eq!(keys(&wishes, &text), ["harbour", "market"]);
    }

    #[test]
    fn stop_words_follow_the_language() {
        let german =
            Item { language: None, ..item("Wir gehen heute nicht auf das Meer und auch nicht in den Hafen", &[]) };
        let keys = keys(&Wishes::default(), &german);
        assert!(keys.contains(&"meer".to_owned()) && keys.contains(&"hafen".to_owned()), "{keys:?}");
        assert!(["nicht", "auch", "und", "das"].iter().all(|word| !keys.contains(&(*word).to_owned())), "{keys:?}");
    }

    #[test]
    fn twenty_tags_and_no_more_hashtags_before_words() {
        let words: Vec<String> = (0..30).map(|n| format!("boat{n:02}x")).collect();
        let hashtags: Vec<String> = (0..5).map(|n| format!("hash{n}")).collect();
        let hashtags: Vec<&str> = hashtags.iter().map(String::as_str).collect();
        let keys = keys(&Wishes::default(), &item(&words.join(" "), &hashtags));
        assert_eq!(keys.len(), TAGS_MAX);
        assert_eq!(keys[..5], hashtags[..]);
        assert_eq!(keys[5..], words[..15]);
    }

    fn arb_word() -> impl Strategy<Value = String> {
        prop_oneof![
            proptest::sample::select(vec![
                "tide", "harbour", "Wreck", "море", "Größe", "the", "ab", "123", "@ann", "#ebb"
            ])
            .prop_map(ToOwned::to_owned),
            "\\PC{1,8}",
        ]
    }

    fn arb_rule() -> impl Strategy<Value = (String, RuleDraft)> {
        let tag = proptest::sample::select(vec!["tide", "coast", "wreck"]);
        let what = proptest::sample::select(vec![
            (MatchKind::Keyword, "tide"),
            (MatchKind::Phrase, "harbour tide"),
            (MatchKind::Hashtag, "ebb"),
            (MatchKind::Regex, "h.rb"),
        ]);
        (tag, what, any::<bool>(), 1..4_i32, any::<bool>()).prop_map(
            |(tag, (kind, pattern), is_exclusion, priority, english)| {
                let language = english.then(|| "en".to_owned());
                (tag.to_owned(), RuleDraft { language, is_exclusion, priority, ..RuleDraft::new(kind, pattern) })
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_order_of_rules_does_not_matter(
            words in proptest::collection::vec(arb_word(), 0..40),
            rules in proptest::collection::vec(arb_rule(), 0..8),
            turn in 0..8_usize,
        ) {
            let item = item(&words.join(" "), &["ebb"]);
            let mut turned = rules.clone();
            turned.rotate_left(turn.min(rules.len()));
            turned.reverse();
            let tags = |rules| Tagger::new(&Wishes { rules, ..Wishes::default() }).tags(&Parts::of(&item));
            prop_assert_eq!(tags(rules), tags(turned));
        }

        #[test]
        fn tags_are_few_fit_the_column_and_stay_the_same(words in proptest::collection::vec(arb_word(), 0..60)) {
            let item = Item { language: None, ..item(&words.join(" "), &["Ebb", "＃ebb"]) };
            let tagger = Tagger::new(&Wishes::default());
            let tags = tagger.tags(&Parts::of(&item));
            prop_assert_eq!(&tags, &tagger.tags(&Parts::of(&item)));
            prop_assert!(tags.len() <= TAGS_MAX);
            for tag in &tags {
                let normal = key_of(&tag.key);
                prop_assert_eq!(normal.as_ref(), Some(&tag.key), "its key is normal already");
                prop_assert!((0.5..=1.0).contains(&tag.confidence));
            }
            let distinct: HashSet<_> = tags.iter().map(|tag| &tag.key).collect();
            prop_assert_eq!(distinct.len(), tags.len());
        }

        #[test]
        fn a_word_taken_from_the_text_takes_its_tag_along(words in proptest::collection::vec(arb_word(), 1..30)) {
            let tagger = Tagger::new(&Wishes::default());
            let whole = item(&words.join(" "), &[]);
            for tag in tagger.tags(&Parts::of(&whole)) {
                let left: Vec<String> =
                    Parts::of(&whole).words.into_iter().filter(|word| *word != tag.key && !word.is_empty()).collect();
                let without = Item { caption: Some(left.join(" ")), ..whole.clone() };
                prop_assert!(!tagger.tags(&Parts::of(&without)).contains(&tag), "{}", tag.key);
            }
        }
    }
}
