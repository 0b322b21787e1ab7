//! A status' text as the HTML that servers answer with, and how they count it.

use unicode_segmentation::UnicodeSegmentation as _;

/// What an address in a text counts.
const URL_WEIGHT: usize = 23;

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Address(&'a str),
    Tag(&'a str),
    /// `@name@server`.
    Mention(&'a str),
}

fn is_tag_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Cuts a text at addresses, tags and mentions.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    let mut before = ' ';
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let found = if before.is_alphanumeric() || before == '/' { None } else { special(rest) };
        if let Some((piece, length)) = found {
            if plain < at {
                pieces.push(Piece::Text(&text[plain..at]));
            }
            pieces.push(piece);
            at += length;
            plain = at;
            before = text[..at].chars().next_back().unwrap_or(' ');
        } else {
            before = c;
            at += c.len_utf8();
        }
    }
    if plain < text.len() {
        pieces.push(Piece::Text(&text[plain..]));
    }
    pieces
}

fn special(rest: &str) -> Option<(Piece<'_>, usize)> {
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
        return Some((Piece::Address(address), address.len()));
    }
    if let Some(tag) = rest.strip_prefix('#') {
        let end = tag.find(|c| !is_tag_letter(c)).unwrap_or(tag.len());
        return tag[..end].chars().any(char::is_alphabetic).then(|| (Piece::Tag(&tag[..end]), end + 1));
    }
    let name = rest.strip_prefix('@')?;
    let end = name.find(|c: char| !(is_tag_letter(c) || matches!(c, '@' | '.' | '-'))).unwrap_or(name.len());
    let mention = name[..end].trim_end_matches(['.', '-', '@']);
    (!mention.is_empty()).then(|| (Piece::Mention(mention), mention.len() + 1))
}

/// Length as Mastodon counts: graphemes, an address is 23, the server of a mention is free.
pub(crate) fn length(text: &str) -> usize {
    let of = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => text.graphemes(true).count(),
        Piece::Address(_) => URL_WEIGHT,
        Piece::Tag(tag) => tag.graphemes(true).count() + 1,
        Piece::Mention(mention) => mention.split('@').next().unwrap_or_default().graphemes(true).count() + 1,
    };
    pieces(text).iter().map(of).sum()
}

/// Paragraphs, breaks and links, in the markup that servers use.
pub(crate) fn render(text: &str, base: &str) -> String {
    let paragraphs = text.replace("\r\n", "\n");
    let paragraphs = paragraphs.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.is_empty());
    paragraphs.fold(String::new(), |html, p| html + "<p>" + &inline(p, base) + "</p>")
}

fn inline(text: &str, base: &str) -> String {
    let mut html = String::new();
    for piece in pieces(text) {
        let piece = match piece {
            Piece::Text(text) => escape(text).replace('\n', "<br />"),
            Piece::Address(address) => link(address),
            Piece::Tag(tag) => {
                let (path, shown) = (escape(&tag.to_lowercase()), escape(tag));
                format!(r#"<a href="{base}/tags/{path}" class="mention hashtag" rel="tag">#<span>{shown}</span></a>"#)
            }
            Piece::Mention(name) => format!("@{}", escape(name)),
        };
        html.push_str(&piece);
    }
    html
}

/// The scheme and a long tail are there and hidden.
fn link(address: &str) -> String {
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let (hidden, shown) = address.split_at(scheme);
    let cut = shown.char_indices().nth(30).map_or(shown.len(), |(at, _)| at);
    let (shown, tail) = shown.split_at(cut);
    let class = if tail.is_empty() { "" } else { "ellipsis" };
    format!(
        r#"<a href="{}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{}</span><span class="{class}">{}</span><span class="invisible">{}</span></a>"#,
        escape(address),
        escape(hidden),
        escape(shown),
        escape(tail)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_servers_of_mentions_are_cheap() {
        assert_eq!(length("Hi"), 2);
        assert_eq!(length("See https://example.org/a/very/long/path/that/goes/on/and/on."), 4 + 23 + 1);
        assert_eq!(length("@ada@social.example hi"), 4 + 3);
        assert_eq!(length("👩‍👩‍👧‍👦é"), 2);
    }

    #[test]
    fn text_becomes_paragraphs_with_links() {
        assert_eq!(render("a & b\nc\n\nd", "x"), "<p>a &amp; b<br />c</p><p>d</p>");
        let html = render("Go #HowTo: https://example.org/x.", "http://h/mastodon");
        assert!(html.contains(
            r#"<a href="http://h/mastodon/tags/howto" class="mention hashtag" rel="tag">#<span>HowTo</span></a>"#
        ));
        assert!(html.contains(r#"<a href="https://example.org/x" "#) && html.ends_with("</a>.</p>"), "{html}");
        assert_eq!(render("<script>", "x"), "<p>&lt;script&gt;</p>");
    }
}
