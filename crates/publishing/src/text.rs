//! Hashtags and mentions in a text (PUB-20). Pure.

/// The hashtags of a text without their sign, in order, without duplicates ignoring case.
///
/// A tag begins at `#` (or the full-width sign) that does not follow a letter or digit, holds
/// letters, digits, marks and `_` of any script, and is not a bare number.
pub fn hashtags(text: &str) -> Vec<String> {
    found(text, ['#', '＃'], is_word, |tag| tag.chars().any(|c| !c.is_numeric() && c != '_'))
}

/// The mentions of a text without their sign, in order, without duplicates ignoring case.
///
/// A handle may hold dots, hyphens and a server (`@name@example.org`); an e-mail address is none.
pub fn mentions(text: &str) -> Vec<String> {
    found(text, ['@', '＠'], |c| is_word(c) || matches!(c, '.' | '-' | '@'), |name| name.chars().any(is_word))
}

fn found(text: &str, signs: [char; 2], belongs: fn(char) -> bool, is_one: fn(&str) -> bool) -> Vec<String> {
    let mut seen = Vec::new();
    let mut out = Vec::new();
    let mut before: Option<char> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let is_start = !before.is_some_and(|b| is_word(b) || matches!(b, '&' | '/' | '#' | '@' | '＃' | '＠'));
        before = Some(c);
        if !(is_start && signs.contains(&c)) {
            continue;
        }
        let length: usize = rest.chars().take_while(|c| belongs(*c)).map(char::len_utf8).sum();
        let word = rest[..length].trim_end_matches(['.', '-', '@']);
        if is_one(word) {
            let folded = word.to_lowercase();
            if !seen.contains(&folded) {
                seen.push(folded);
                out.push(word.to_owned());
            }
            rest = &rest[word.len()..];
            before = word.chars().next_back();
        }
    }
    out
}

/// Letters, digits, `_`, and the marks that letters of some scripts carry.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_mark(c)
}

/// Combining marks outside the Alphabetic property: accents, viramas, joiners inside a word.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'
            ..='\u{36f}'
                | '\u{94d}'
                | '\u{9cd}'
                | '\u{a4d}'
                | '\u{acd}'
                | '\u{b4d}'
                | '\u{bcd}'
                | '\u{c4d}'
                | '\u{ccd}'
                | '\u{d4d}'
                | '\u{200c}'
                | '\u{200d}'
                | '\u{3099}'
                | '\u{309a}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, tags: &[&str], names: &[&str]) {
        assert_eq!(hashtags(text), tags, "hashtags of {text:?}");
        assert_eq!(mentions(text), names, "mentions of {text:?}");
    }

    #[test]
    fn any_script_in_order_without_duplicates() {
        check("#Größe #größe @a.b", &["Größe"], &["a.b"]);
        check("#日本語タグ と #हिन्दी, ＃wide", &["日本語タグ", "हिन्दी", "wide"], &[]);
        check("Thanks @Ann, @bob. And @ann!", &[], &["Ann", "bob"]);
        check("(#one)#two\n#three_3", &["one", "two", "three_3"], &[]);
    }

    #[test]
    fn a_server_belongs_to_the_handle_and_an_address_is_no_mention() {
        check("hi @ann@example.org.", &[], &["ann@example.org"]);
        check("write to ann@example.org or see https://example.org/#part", &[], &[]);
    }

    #[test]
    fn numbers_entities_and_lone_signs_are_nothing() {
        check("we are #1, C# & &#39; # @ ## @@", &[], &[]);
        check("", &[], &[]);
    }
}
