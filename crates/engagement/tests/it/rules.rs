//! What is refused, in which words, and that nothing makes the rules stumble.

use proptest::prelude::*;
use rookery_engagement::{
    AuthorInput, BrandSettings, PostInput, ProhibitedTerm, ReplyInput, TermMatch, validate_author, validate_post,
    validate_reply,
};
use rookery_kernel::Finding;

fn messages(findings: &[Finding]) -> Vec<(&'static str, &str)> {
    findings.iter().map(|finding| (finding.field, finding.message.as_str())).collect()
}

fn brand() -> BrandSettings {
    BrandSettings { signature: "—Antone (Vita)".to_owned(), ..BrandSettings::default() }
}

fn reply(content: &str) -> Vec<Finding> {
    let input = ReplyInput { content: content.to_owned(), utm_code: "vita-1".to_owned() };
    validate_reply(&brand(), &input).err().unwrap_or_default()
}

#[test]
fn all_faults_of_a_post_are_found_at_once_in_the_specified_words() {
    let post = PostInput {
        content: String::new(),
        platform: "MYSPACE".to_owned(),
        platform_post_id: "a b".to_owned(),
        author_handle: "@ann".to_owned(),
        keyword_matches: Vec::new(),
    };
    let expected = [
        ("content", "Post content cannot be empty"),
        ("platform", "Unknown platform"),
        ("platform_post_id", "Invalid post ID format"),
        ("author_handle", "Invalid handle format"),
        ("keyword_matches", "Must match at least one keyword"),
    ];
    assert_eq!(messages(&validate_post(&post).expect_err("all wrong")), expected);
    let long = PostInput {
        content: "a".repeat(5001),
        platform: "TWITTER".to_owned(),
        platform_post_id: "1".to_owned(),
        author_handle: "ann".to_owned(),
        keyword_matches: (0..51).map(|n| n.to_string()).collect(),
    };
    let expected =
        [("content", "Post content exceeds maximum length"), ("keyword_matches", "Too many keyword matches")];
    assert_eq!(messages(&validate_post(&long).expect_err("too long")), expected);
    let fine = PostInput { content: "a".repeat(5000), keyword_matches: vec!["t".to_owned(); 51], ..long };
    assert_eq!(validate_post(&fine).expect("valid").keyword_matches.terms(), ["t"]);
}

#[test]
fn all_faults_of_a_reply_are_found_at_once_in_the_specified_words() {
    let input = ReplyInput { content: "I cure.".to_owned(), utm_code: "A B".to_owned() };
    let expected = [
        ("content", "Reply too short"),
        ("content", "Reply must include signature"),
        ("content", "Reply contains prohibited medical claims"),
        ("utm_code", "Invalid UTM code"),
    ];
    assert_eq!(messages(&validate_reply(&brand(), &input).expect_err("all wrong")), expected);
    let tail = "—Antone (Vita)";
    let of = |length: usize| format!("{}{tail}", "a".repeat(length - tail.chars().count()));
    assert!(reply(&of(1000)).is_empty());
    assert_eq!(messages(&reply(&of(1001))), [("content", "Reply exceeds maximum length")]);
}

#[test]
fn claims_are_found_however_they_are_spelled_and_harmless_words_pass() {
    for word in ["cures", "ＣＵＲＥ", "cu\u{200b}re", "Clinically  Proven", "Prevention", "treats", "treatment"] {
        let findings = reply(&format!("It {word} you, friend. —Antone (Vita)"));
        assert_eq!(messages(&findings), [("content", "Reply contains prohibited medical claims")], "{word}");
    }
    for word in ["secure", "retreat", "obscured", "clinical", "proven"] {
        assert!(reply(&format!("A {word} place to rest. —Antone (Vita)")).is_empty(), "{word}");
    }
    let seed = BrandSettings {
        prohibited_terms: vec![ProhibitedTerm { term: "cure".to_owned(), matched: TermMatch::Substring }],
        prohibited_message: "Not that word".to_owned(),
        ..brand()
    };
    let input = ReplyInput { content: "A secure place. —Antone (Vita)".to_owned(), utm_code: "a".to_owned() };
    assert_eq!(messages(&validate_reply(&seed, &input).expect_err("as the seed")), [("content", "Not that word")]);
}

#[test]
fn all_faults_of_an_author_are_found_at_once() {
    let author = AuthorInput {
        platform: "?".to_owned(),
        platform_id: String::new(),
        handle: String::new(),
        follower_count: 1_000_000_001,
        relationship_score: f64::NAN,
    };
    let found = validate_author(&author).expect_err("all wrong");
    let fields: Vec<_> = found.iter().map(|f| f.field).collect();
    assert_eq!(fields, ["platform", "platform_id", "handle", "follower_count", "relationship_score"]);
    assert_eq!(found[4].message, "Score must be between 0 and 1");
}

proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic_and_what_passes_is_within_bounds(
        text in "\\PC{0,60}|.{0,60}", other in any::<String>(), terms in prop::collection::vec(any::<String>(), 0..5),
        number in any::<i64>(), score in any::<f64>(),
    ) {
        let post = PostInput {
            content: text.clone(),
            platform: "reddit".to_owned(),
            platform_post_id: other.clone(),
            author_handle: text.clone(),
            keyword_matches: terms.clone(),
        };
        if let Ok(valid) = validate_post(&post) {
            prop_assert!((1..=5000).contains(&valid.content.as_str().chars().count()));
            prop_assert!(!valid.content.as_str().contains('\0'));
            prop_assert!(valid.author_handle.as_str().is_ascii());
        }
        let settings = BrandSettings {
            signature: String::new(),
            prohibited_terms: terms.iter().map(|term| ProhibitedTerm::prefix(term)).collect(),
            ..BrandSettings::default()
        };
        let content = format!("{text}{other}");
        if let Ok(valid) = validate_reply(&settings, &ReplyInput { content, utm_code: "a".to_owned() }) {
            prop_assert!((10..=1000).contains(&valid.content.as_str().chars().count()));
        }
        let author = AuthorInput {
            platform: "x".to_owned(),
            platform_id: text,
            handle: other,
            follower_count: number,
            relationship_score: score,
        };
        if let Ok(valid) = validate_author(&author) {
            prop_assert!((0.0..=1.0).contains(&valid.relationship_score.get()));
            prop_assert!((0..=1_000_000_000).contains(&valid.follower_count.get()));
        }
    }

    #[test]
    fn a_term_is_found_wherever_it_begins_a_word(before in "[ .,!(]{1,3}", after in "[a-z]{0,5}", hide in 1_usize..4) {
        let (head, tail) = "cure".split_at(hide);
        let text = format!("so{before}{head}\u{200d}{tail}{after}");
        prop_assert_eq!(brand().prohibited_in(&text).len(), 1);
        let harmless = format!("se{head}{tail}{after}");
        prop_assert!(brand().prohibited_in(&harmless).is_empty());
    }
}
