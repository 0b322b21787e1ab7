//! Values that were checked when they were made.

use rookery_kernel::{Finding, Platform};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A score: finite, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "f64", into = "f64")]
#[sqlx(transparent)]
pub struct Score(f64);

impl Score {
    /// # Errors
    /// A finding on `score` outside 0–1, or if it is no number.
    pub fn new(value: f64) -> Result<Self, Finding> {
        // A comparison with what is no number is false.
        if (0.0..=1.0).contains(&value) {
            return Ok(Self(value));
        }
        Err(Finding::new("score", "out_of_range", "Score must be between 0 and 1"))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// To two decimals, as signals are stored.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self((self.0 * 100.0).round() / 100.0)
    }
}

impl TryFrom<f64> for Score {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        Self::new(value).map_err(|finding| finding.message)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

/// A ratio: finite, 0 or more, without an upper end.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "f64", into = "f64")]
#[sqlx(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// # Errors
    /// A finding on `ratio` below 0, or if it is no finite number.
    pub fn new(value: f64) -> Result<Self, Finding> {
        if value.is_finite() && value >= 0.0 {
            return Ok(Self(value));
        }
        Err(Finding::new("ratio", "out_of_range", "Ratio must be a number of 0 or more"))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        Self::new(value).map_err(|finding| finding.message)
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        ratio.0
    }
}

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text! {
    /// A handle without @ or u/, 1 to 50 characters.
    Handle,
    /// A post's id at its network, 1 to 100 characters.
    PlatformPostId,
    /// The text of a detected post: NFKC, 1 to 5,000 characters, no NUL.
    PostContent,
    /// The text of a reply, 10 to 1,000 characters, no NUL.
    ReplyContent,
    /// The code that marks a reply's link, 1 to 64 characters.
    UtmCode,
}

/// Characters that some networks' handles hold besides letters, digits and `_`.
const fn handle_extras(platform: Platform) -> &'static str {
    match platform {
        Platform::Twitter => "",
        Platform::Reddit | Platform::Linkedin => "-",
        Platform::Threads | Platform::Instagram | Platform::Facebook | Platform::Tiktok => ".",
        Platform::Youtube | Platform::Bluesky => "-.",
        // A name on another server carries the server's.
        Platform::Mastodon => "-.@",
    }
}

/// Characters that some networks' ids hold besides letters, digits, `_` and `-`.
const fn id_extras(platform: Platform) -> &'static str {
    match platform {
        // urn:li:share:1
        Platform::Linkedin => ":",
        // at://did:plc:a/app.bsky.feed.post/b
        Platform::Bluesky => ":./",
        // Comments below comments.
        Platform::Youtube => ".",
        _ => "",
    }
}

fn spelled(text: &str, max: usize, is_fine: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().count() <= max && text.chars().all(is_fine)
}

impl Handle {
    /// Longest handle, in characters.
    pub const MAX: usize = 50;

    /// Without a known network the strictest spelling holds, which is X's.
    ///
    /// # Errors
    /// A finding on `author_handle`.
    pub fn new(platform: Option<Platform>, text: &str) -> Result<Self, Finding> {
        let extras = platform.map_or("", handle_extras);
        if spelled(text, Self::MAX, |c| c.is_ascii_alphanumeric() || c == '_' || extras.contains(c)) {
            return Ok(Self(text.to_owned()));
        }
        Err(Finding::new("author_handle", "invalid_handle", "Invalid handle format")
            .suggest("Give 1 to 50 letters, digits or underscores, without @ or u/."))
    }
}

impl PlatformPostId {
    /// Longest id, in characters.
    pub const MAX: usize = 100;

    /// # Errors
    /// A finding on `platform_post_id`.
    pub fn new(platform: Option<Platform>, text: &str) -> Result<Self, Finding> {
        let extras = platform.map_or("", id_extras);
        if spelled(text, Self::MAX, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || extras.contains(c)) {
            return Ok(Self(text.to_owned()));
        }
        Err(Finding::new("platform_post_id", "invalid_id", "Invalid post ID format")
            .suggest("Give the network's own id, 1 to 100 characters, not the post's address."))
    }
}

impl PostContent {
    /// Longest text, in characters.
    pub const MAX: usize = 5000;

    /// Composes the text (NFKC) and counts what would be stored.
    ///
    /// # Errors
    /// A finding on `content`.
    pub fn new(text: &str) -> Result<Self, Finding> {
        if text.is_empty() {
            return Err(Finding::new("content", "empty", "Post content cannot be empty"));
        }
        if text.contains('\0') {
            return Err(nul());
        }
        // No more is composed than is needed to know that it is too long.
        let text: String = text.nfkc().take(Self::MAX + 1).collect();
        if text.chars().nth(Self::MAX).is_some() {
            return Err(Finding::new("content", "too_long", "Post content exceeds maximum length")
                .suggest("Keep it to 5,000 characters."));
        }
        Ok(Self(text))
    }

    /// What a connector stores of a text from outside: without NUL, cut to the longest length.
    ///
    /// # Errors
    /// A finding on `content` if nothing is left.
    pub fn cut(text: &str) -> Result<Self, Finding> {
        let text: String = text.nfkc().filter(|c| *c != '\0').take(Self::MAX).collect();
        if text.is_empty() {
            return Err(Finding::new("content", "empty", "Post content cannot be empty"));
        }
        Ok(Self(text))
    }
}

impl ReplyContent {
    /// Shortest and longest text, in characters.
    pub const RANGE: (usize, usize) = (10, 1000);

    /// # Errors
    /// A finding on `content`.
    pub fn new(text: &str) -> Result<Self, Finding> {
        let (min, max) = Self::RANGE;
        let count = text.chars().count();
        if count < min {
            return Err(
                Finding::new("content", "too_short", "Reply too short").suggest("Write at least 10 characters.")
            );
        }
        if count > max {
            return Err(Finding::new("content", "too_long", "Reply exceeds maximum length")
                .suggest(format!("Cut {} characters; 1,000 are allowed.", count - max)));
        }
        if text.contains('\0') {
            return Err(nul());
        }
        Ok(Self(text.to_owned()))
    }
}

fn nul() -> Finding {
    Finding::new("content", "nul", "The text holds a NUL character, which cannot be stored")
        .suggest("Remove characters with the code 0.")
}

impl UtmCode {
    /// Longest code, in characters.
    pub const MAX: usize = 64;

    /// # Errors
    /// A finding on `utm_code`.
    pub fn new(text: &str) -> Result<Self, Finding> {
        if spelled(text, Self::MAX, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-')) {
            return Ok(Self(text.to_owned()));
        }
        Err(Finding::new("utm_code", "invalid_utm", "Invalid UTM code")
            .suggest("Use 1 to 64 lower-case letters, digits, - and _."))
    }
}

/// The terms that a post was found by: 1 to 50, each once, in the order of their first appearance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeywordMatches(Vec<String>);

impl KeywordMatches {
    /// Most terms.
    pub const MAX: usize = 50;

    /// Drops repetitions, then counts.
    ///
    /// # Errors
    /// A finding on `keyword_matches`.
    pub fn new(terms: &[String]) -> Result<Self, Finding> {
        let mut seen = std::collections::HashSet::new();
        let terms: Vec<String> = terms.iter().filter(|term| seen.insert(term.as_str())).cloned().collect();
        let finding = |code, message| Err(Finding::new("keyword_matches", code, message));
        match terms.len() {
            0 => finding("empty", "Must match at least one keyword"),
            n if n > Self::MAX => finding("too_many", "Too many keyword matches"),
            _ if terms.iter().any(|term| term.contains('\0')) => {
                finding("nul", "A keyword holds a NUL character, which cannot be stored")
            }
            _ => Ok(Self(terms)),
        }
    }

    /// The terms.
    pub fn terms(&self) -> &[String] {
        &self.0
    }
}

/// A number of followers, 0 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FollowerCount(i32);

impl FollowerCount {
    /// The largest number.
    pub const MAX: i32 = 1_000_000_000;

    /// # Errors
    /// A finding on `follower_count`.
    pub fn new(count: i64) -> Result<Self, Finding> {
        match i32::try_from(count) {
            Ok(count) if (0..=Self::MAX).contains(&count) => Ok(Self(count)),
            _ => Err(Finding::new(
                "follower_count",
                "out_of_range",
                "Follower count must be between 0 and 1,000,000,000",
            )),
        }
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_finite_and_between_nought_and_one() {
        for bad in [-0.001, 1.001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Score::new(bad).expect_err("out of range").message, "Score must be between 0 and 1");
        }
        assert_eq!(Score::new(0.825).map(|s| s.rounded().get()), Ok(0.83));
        assert_eq!(Score::new(1.0).map(Score::get), Ok(1.0));
        assert!(serde_json::from_str::<Score>("1.5").is_err());
        assert!(Ratio::new(f64::NAN).is_err() && Ratio::new(-0.1).is_err());
        assert_eq!(Ratio::new(7.25).map(Ratio::get), Ok(7.25));
    }

    #[test]
    fn handles_follow_their_network() {
        let fine = |platform, text: &str| Handle::new(platform, text).is_ok();
        assert!(fine(Some(Platform::Twitter), "ann_7") && !fine(Some(Platform::Twitter), "ann-7"));
        assert!(fine(Some(Platform::Reddit), "ann-7") && !fine(Some(Platform::Reddit), "ann.7"));
        assert!(fine(Some(Platform::Threads), "ann.7") && !fine(Some(Platform::Threads), "ann-7"));
        assert!(fine(None, &"a".repeat(50)) && !fine(None, &"a".repeat(51)) && !fine(None, "") && !fine(None, "é"));
        assert_eq!(Handle::new(None, "@ann").expect_err("an @").message, "Invalid handle format");
    }

    #[test]
    fn ids_follow_their_network() {
        let fine = |platform, text: &str| PlatformPostId::new(platform, text).is_ok();
        assert!(fine(None, "Ab_-9") && !fine(None, "a b") && !fine(None, "") && !fine(Some(Platform::Reddit), "a:b"));
        assert!(fine(Some(Platform::Linkedin), "urn:li:share:1"));
        assert!(fine(None, &"1".repeat(100)) && !fine(None, &"1".repeat(101)));
    }

    #[test]
    fn post_texts_are_composed_counted_and_without_nul() {
        assert_eq!(PostContent::new("ＣＵＲＥ").map(PostContent::into_string), Ok("CURE".to_owned()));
        assert_eq!(PostContent::new("").expect_err("empty").message, "Post content cannot be empty");
        assert!(PostContent::new(&"ä".repeat(5000)).is_ok());
        // Counted as stored: this one character is eighteen when composed.
        assert!(PostContent::new(&"\u{fdfa}".repeat(300)).is_err());
        assert_eq!(
            PostContent::new(&"a".repeat(5001)).expect_err("long").message,
            "Post content exceeds maximum length"
        );
        assert_eq!(PostContent::new("a\0").expect_err("nul").code, "nul");
        assert_eq!(PostContent::cut(&"a\0".repeat(6000)).map(|c| c.as_str().len()), Ok(5000));
        assert!(PostContent::cut("\0").is_err());
    }

    #[test]
    fn keywords_are_counted_once() {
        let terms = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
        assert!(KeywordMatches::new(&terms(50)).is_ok());
        assert_eq!(KeywordMatches::new(&terms(51)).expect_err("51").message, "Too many keyword matches");
        assert_eq!(KeywordMatches::new(&[]).expect_err("none").message, "Must match at least one keyword");
        let twice = [terms(50), terms(50)].concat();
        assert_eq!(KeywordMatches::new(&twice).map(|k| k.terms().len()), Ok(50));
    }

    #[test]
    fn numbers_and_codes_keep_their_range() {
        assert!(FollowerCount::new(0).is_ok() && FollowerCount::new(1_000_000_000).is_ok());
        assert!(FollowerCount::new(-1).is_err() && FollowerCount::new(1_000_000_001).is_err());
        assert!(UtmCode::new(&"a".repeat(64)).is_ok() && UtmCode::new(&"a".repeat(65)).is_err());
        assert_eq!(UtmCode::new("A").expect_err("upper case").message, "Invalid UTM code");
    }
}
