//! LinkedIn's "little text", as the network reads it.

/// Characters that must be escaped.
const RESERVED: &str = "\\|{}@[]()<>#*_~";

/// What people read. As on the network, the text ends silently at the first reserved character that
/// is neither escaped nor part of a mention or a template.
pub(super) fn read(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c == '\\' {
            let Some(escaped) = rest[1..].chars().next() else { break };
            out.push(escaped);
            1 + escaped.len_utf8()
        } else if let Some((name, length)) = mention(rest) {
            out.push_str(name);
            length
        } else if let Some((word, length)) = hashtag(rest) {
            out.push('#');
            out.push_str(&read(word));
            length
        } else if RESERVED.contains(c) && c != '#' {
            break;
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

fn mention(text: &str) -> Option<(&str, usize)> {
    let (name, rest) = text.strip_prefix("@[")?.split_once("](urn:li:")?;
    let end = rest.find(')')?;
    Some((name, 2 + name.len() + "](urn:li:".len() + end + 1))
}

fn hashtag(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix("{hashtag|\\#|")?;
    let end = rest.find('}')?;
    Some((&rest[..end], text.len() - rest.len() + end + 1))
}

/// A text with everything escaped, for posts that did not come through the API.
pub(super) fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| RESERVED.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unescaped_bracket_cuts_the_text() {
        assert_eq!(
            read("One \\(two\\) {hashtag|\\#|How\\_To} @[Dev](urn:li:organization:1)!"),
            "One (two) #How_To Dev!"
        );
        assert_eq!(read("One (two) three"), "One ");
        assert_eq!(read(&escaped("a (b) [c] #d *e* f_g ~h @i \\")), "a (b) [c] #d *e* f_g ~h @i \\");
    }
}
