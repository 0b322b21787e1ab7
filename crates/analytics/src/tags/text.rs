//! A text as tags see it: words, hashtags, language. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Shortest and longest tag, in characters.
pub(crate) const KEY_MIN: usize = 2;
/// See [`KEY_MIN`].
pub(crate) const KEY_MAX: usize = 50;
/// Shorter words never become tags.
const WORD_MIN: usize = 3;

/// What is no word of the text: addresses, e-mail addresses and mentions, hashtags. An address ends at a space or where
/// a script without spaces goes on.
static NO_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?ix) \b (?: [a-z][a-z0-9+.-]* :// | www\. ) [^\s<>"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+
           | [\p{L}\p{M}\p{N}_.+-]* @ [\p{L}\p{M}\p{N}_.-]+ (?: @ [\p{L}\p{M}\p{N}_.-]+ )?
           | [\#＃] [\p{L}\p{M}\p{N}_]+"#,
    )
    .expect("a constant pattern")
});

/// A text in the form in which tags compare it: composed, lower case, one kind of apostrophe.
pub(crate) fn normal(text: &str) -> String {
    let lower: String = text.nfc().collect::<String>().to_lowercase();
    lower.nfc().map(|c| if c == '\u{2019}' || c == '\u{2bc}' { '\'' } else { c }).collect()
}

/// The key of a tag: normalised and trimmed; `None` if it is too short, too long, or holds what cannot be shown.
pub(crate) fn key_of(text: &str) -> Option<String> {
    let key = normal(text.trim()).trim().to_owned();
    let length = key.chars().count();
    let shown = !key.chars().any(char::is_control);
    ((KEY_MIN..=KEY_MAX).contains(&length) && shown).then_some(key)
}

/// A hashtag without its sign, normalised; `None` if it is none.
pub(crate) fn hashtag_of(text: &str) -> Option<String> {
    static HASHTAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}_]+$").expect("a constant pattern"));
    let bare = text.trim().trim_start_matches(['#', '＃']);
    key_of(bare).filter(|key| HASHTAG.is_match(key))
}

/// The words of a text in order, normalised. What was taken out between two words parts them: an empty word stands there.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text = normal(text);
    // A mark that stands alone takes the space before it along as one "word".
    let split = |text: &str| -> Vec<String> {
        text.unicode_words().map(str::trim).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
    };
    let mut words = Vec::new();
    let mut from = 0;
    for gap in NO_WORDS.find_iter(&text) {
        words.extend(split(&text[from..gap.start()]));
        words.push(String::new());
        from = gap.end();
    }
    words.extend(split(&text[from..]));
    words
}

/// Whether a word may become a tag, before stop words are asked.
pub(crate) fn is_telling(word: &str) -> bool {
    let length = word.chars().count();
    (WORD_MIN..=KEY_MAX).contains(&length) && word.chars().any(char::is_alphabetic)
}

/// The main part of a language tag in ISO 639-1 where there is one (`pt-BR` is `pt`, `nb` is `no`).
pub(crate) fn language_of(tag: &str) -> Option<String> {
    let main = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let known = (2..=3).contains(&main.len()) && main.chars().all(|c| c.is_ascii_lowercase()) && main != "und";
    known.then(|| match main.as_str() {
        "nb" | "nn" => "no".to_owned(),
        "fil" => "tl".to_owned(),
        _ => main,
    })
}

/// Words that say nothing by themselves, of all languages that the lists know: word → which languages.
struct BuiltIn {
    languages: Vec<&'static str>,
    by_word: HashMap<String, u128>,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let languages: Vec<&'static str> = stop_words::available_languages().iter().copied().take(128).collect();
    let mut by_word: HashMap<String, u128> = HashMap::new();
    for (at, language) in languages.iter().enumerate() {
        for word in stop_words::lookup(language).unwrap_or_default() {
            *by_word.entry(normal(word)).or_default() |= 1 << at;
        }
    }
    BuiltIn { languages, by_word }
});

/// Fewer stop words than this do not tell the language of a text.
const TELLING_STOP_WORDS: u32 = 2;

/// In which language a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// ISO 639; `None` if it cannot be told.
    pub language: Option<String>,
    /// The built-in lists whose words are left out: that of the language, or of those that it may be.
    lists: u128,
}

impl Spoken {
    /// The language of a text: what the network says, else what its letters say for sure, else the one language most of
    /// whose stop words stand in it. A text too short for all of these is in no known language; the stop words of those
    /// that it may be are left out all the same.
    pub fn of(told: Option<&str>, words: &[String]) -> Self {
        if let Some(language) = told.and_then(language_of) {
            return Self::known(language);
        }
        let text = words.join(" ");
        if let Some(language) =
            whatlang::detect(&text).filter(whatlang::Info::is_reliable).and_then(|i| iso_1(i.lang()))
        {
            return Self::known(language.to_owned());
        }
        let mut hits: BTreeMap<usize, u32> = BTreeMap::new();
        let distinct: HashSet<&String> = words.iter().collect();
        for lists in distinct.iter().filter_map(|word| BUILT_IN.by_word.get(*word)) {
            for at in (0..BUILT_IN.languages.len()).filter(|at| lists & (1 << at) != 0) {
                *hits.entry(at).or_default() += 1;
            }
        }
        let most = hits.values().copied().max().unwrap_or(0);
        let best: Vec<usize> = hits.iter().filter(|(_, n)| **n == most).map(|(at, _)| *at).collect();
        match best[..] {
            [one] if most >= TELLING_STOP_WORDS => Self::known(BUILT_IN.languages[one].to_owned()),
            _ => Self { language: None, lists: best.iter().fold(0, |lists, at| lists | 1 << at) },
        }
    }

    fn known(language: String) -> Self {
        let at = BUILT_IN.languages.iter().position(|known| *known == language);
        Self { language: Some(language), lists: at.map_or(0, |at| 1 << at) }
    }

    /// Whether the built-in lists leave a word out.
    pub fn leaves_out(&self, word: &str) -> bool {
        BUILT_IN.by_word.get(word).is_some_and(|lists| lists & self.lists != 0)
    }
}

/// The two letters of a language that the detector names with three.
const fn iso_1(lang: whatlang::Lang) -> Option<&'static str> {
    use whatlang::Lang as L;
    Some(match lang {
        L::Eng => "en",
        L::Rus => "ru",
        L::Cmn => "zh",
        L::Spa => "es",
        L::Por => "pt",
        L::Ita => "it",
        L::Ben => "bn",
        L::Fra => "fr",
        L::Deu => "de",
        L::Ukr => "uk",
        L::Kat => "ka",
        L::Ara => "ar",
        L::Hin => "hi",
        L::Jpn => "ja",
        L::Heb => "he",
        L::Yid => "yi",
        L::Pol => "pl",
        L::Amh => "am",
        L::Jav => "jv",
        L::Kor => "ko",
        L::Nob => "no",
        L::Dan => "da",
        L::Swe => "sv",
        L::Fin => "fi",
        L::Tur => "tr",
        L::Nld => "nl",
        L::Hun => "hu",
        L::Ces => "cs",
        L::Ell => "el",
        L::Bul => "bg",
        L::Bel => "be",
        L::Mar => "mr",
        L::Kan => "kn",
        L::Ron => "ro",
        L::Slv => "sl",
        L::Hrv => "hr",
        L::Srp => "sr",
        L::Mkd => "mk",
        L::Lit => "lt",
        L::Lav => "lv",
        L::Est => "et",
        L::Tam => "ta",
        L::Vie => "vi",
        L::Urd => "ur",
        L::Tha => "th",
        L::Guj => "gu",
        L::Uzb => "uz",
        L::Pan => "pa",
        L::Aze => "az",
        L::Ind => "id",
        L::Tel => "te",
        L::Pes => "fa",
        L::Mal => "ml",
        L::Ori => "or",
        L::Mya => "my",
        L::Nep => "ne",
        L::Sin => "si",
        L::Khm => "km",
        L::Tuk => "tk",
        L::Aka => "ak",
        L::Zul => "zu",
        L::Sna => "sn",
        L::Afr => "af",
        L::Lat => "la",
        L::Slk => "sk",
        L::Cat => "ca",
        L::Tgl => "tl",
        L::Hye => "hy",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str) -> Spoken {
        Spoken::of(None, &words(text))
    }

    #[test]
    fn addresses_mentions_and_hashtags_are_no_words() {
        let text = "Low tide at noon (https://example.org/Tide?a=1), www.example.org; ask @ann.b@example.social or me@example.org #LowTide＃Ebbe now";
        assert_eq!(
            words(text),
            ["low", "tide", "at", "noon", "", "", "ask", "", "or", "", "", "", "now"].map(str::to_owned)
        );
    }

    #[test]
    fn words_are_those_of_unicode() {
        // One decomposed letter, one sharp s, one dotted capital I, an apostrophe of a telephone.
        assert_eq!(words("U\u{308}ber GROSSE Straßen, don’t"), ["über", "grosse", "straßen", "don't"]);
        assert_eq!(words("Ещё раз: море"), ["ещё", "раз", "море"]);
        assert_eq!(words("1,000 boats"), ["1,000", "boats"]);
        assert!(!is_telling("1,000") && !is_telling("at") && is_telling("über"));
    }

    #[test]
    fn keys_and_hashtags_are_normalised_or_refused() {
        assert_eq!(key_of("  Low Tide ").as_deref(), Some("low tide"));
        assert_eq!(key_of("x"), None);
        assert_eq!(key_of(&"x".repeat(51)), None);
        assert_eq!(key_of("a\u{7}b"), None);
        assert_eq!(hashtag_of("#LowTide").as_deref(), Some("lowtide"));
        assert_eq!(hashtag_of("low tide"), None);
        assert_eq!(hashtag_of("#"), None);
    }

    #[test]
    fn the_language_is_told_read_or_counted() {
        assert_eq!(Spoken::of(Some("pt-BR"), &[]).language.as_deref(), Some("pt"));
        assert_eq!(Spoken::of(Some("und"), &[]).language, None);
        assert_eq!(
            spoken("Быстрая лодка возвращается домой до прилива и привозит свежую рыбу").language.as_deref(),
            Some("ru")
        );
        let german = spoken("Wir gehen heute mit dem Boot auf das Meer und nicht in den Hafen");
        assert_eq!(german.language.as_deref(), Some("de"));
        assert!(german.leaves_out("nicht") && !german.leaves_out("hafen"));
        let short = spoken("the wreck");
        assert!(short.leaves_out("the") && !short.leaves_out("wreck"), "{short:?}");
        assert_eq!(spoken("").language, None);
    }

    #[test]
    fn every_language_of_the_detector_has_its_name_in_two_letters() {
        let nameless: Vec<_> = whatlang::Lang::all().iter().filter(|lang| iso_1(**lang).is_none()).collect();
        assert!(nameless.len() <= 2, "{nameless:?}");
    }
}
