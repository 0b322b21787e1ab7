//! LinkedIn's "little text": posts are written in a small mark-up in which some characters must be
//! escaped. An unescaped one silently cuts the text there. Comments are plain.

/// Characters of the mark-up.
const RESERVED: &str = "\\|{}@[]()<>#*_~";

/// The text as little text: hashtags become hashtags, mentions that are written as
/// `@[Name](urn:li:organization:1)` stay mentions, every other reserved character is escaped.
pub(super) fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let length = if let Some(length) = mention(rest) {
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = hashtag(rest, before) {
            out.push_str("{hashtag|\\#|");
            escape_into(&mut out, &rest[c.len_utf8()..length]);
            out.push('}');
            length
        } else {
            escape_into(&mut out, &rest[..c.len_utf8()]);
            c.len_utf8()
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    out
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        if RESERVED.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Length of a mention at the beginning: `@[Name](urn:li:person:…)` or of an organization.
fn mention(text: &str) -> Option<usize> {
    let name = text.strip_prefix("@[")?;
    let close = name.find("](urn:li:")?;
    if name[..close].contains(['\n', '[', ']']) || close == 0 {
        return None;
    }
    let urn = &name[close + 2..];
    let end = urn.find(')')?;
    let is_known = ["urn:li:person:", "urn:li:organization:"].iter().any(|kind| {
        urn[..end]
            .strip_prefix(kind)
            .is_some_and(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
    });
    is_known.then_some(2 + close + 2 + end + 1)
}

/// Length of a hashtag at the beginning. A number alone is none, nor is a mark inside a word or address.
fn hashtag(text: &str, before: char) -> Option<usize> {
    let word = text.strip_prefix('#')?;
    if before.is_alphanumeric() || matches!(before, '_' | '&' | '/' | '#') {
        return None;
    }
    let end = word.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(word.len());
    word[..end].chars().any(char::is_alphabetic).then_some(1 + end)
}

/// The text behind little text: what people read.
pub(super) fn read(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c == '\\' {
            let escaped = rest[1..].chars().next();
            out.extend(escaped);
            1 + escaped.map_or(0, char::len_utf8)
        } else if let Some(length) = mention(rest) {
            let name_end = rest.find("](").unwrap_or(length);
            out.push_str(&rest[2..name_end]);
            length
        } else if let Some((word, length)) = template(rest) {
            out.push('#');
            out.push_str(&read(word));
            length
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

/// `{hashtag|\#|word}` at the beginning: the word and the whole length.
fn template(text: &str) -> Option<(&str, usize)> {
    let word = ["{hashtag|\\#|", "{hashtag|#|"].iter().find_map(|start| text.strip_prefix(start))?;
    let end = word.find('}')?;
    Some((&word[..end], text.len() - word.len() + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reserved_characters_are_escaped_and_the_rest_stays() {
        let table = [
            ("plain text, nothing else.", "plain text, nothing else."),
            ("(a) [b] <c> {d} e|f", "\\(a\\) \\[b\\] \\<c\\> \\{d\\} e\\|f"),
            ("2 * 3 ~ 6 _ @me \\o/", "2 \\* 3 \\~ 6 \\_ \\@me \\\\o/"),
            ("Go #HowTo, #größe!", "Go {hashtag|\\#|HowTo}, {hashtag|\\#|größe}!"),
            ("#a_b issue #12 a#b", "{hashtag|\\#|a\\_b} issue \\#12 a\\#b"),
            ("https://a.example/#frag", "https://a.example/\\#frag"),
            ("with @[Dev (Co)](urn:li:organization:2414183)!", "with @[Dev (Co)](urn:li:organization:2414183)!"),
            ("@[x](urn:li:share:1)", "\\@\\[x\\]\\(urn:li:share:1\\)"),
            ("👍 → ✅", "👍 → ✅"),
        ];
        for (text, expected) in table {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn people_read_names_and_hashtags() {
        assert_eq!(read("Hi @[Dev Co](urn:li:organization:1) {hashtag|\\#|How\\_To} \\(a\\)"), "Hi Dev Co #How_To (a)");
        assert_eq!(read("ends in a backslash \\"), "ends in a backslash ");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in "[a-z#@\\[\\](){}<>|*_~\\\\ .\\n1é👍]{0,40}") {
            prop_assert_eq!(read(&written(&text)), text);
        }
    }
}
