//! Turns the HTML in which some networks return a text back into that text.

/// Plain text: paragraphs and breaks become line breaks, tags vanish, entities are resolved.
pub(crate) fn to_plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (text, length) = if rest.starts_with('<') { tag(rest, out.is_empty()) } else { entity(rest) };
        out.push_str(&text);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.truncate(out.trim_end().len());
    out
}

fn tag(text: &str, is_first: bool) -> (String, usize) {
    let Some(end) = text.find('>') else { return (text.to_owned(), text.len()) };
    let name = text[1..end].trim_end_matches('/').split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let breaks = match name.as_str() {
        "br" => "\n",
        "p" | "blockquote" | "ul" | "ol" | "pre" if !is_first => "\n\n",
        "li" if !is_first => "\n",
        _ => "",
    };
    (breaks.to_owned(), end + 1)
}

fn entity(text: &str) -> (String, usize) {
    let literal = || ("&".to_owned(), 1);
    // The longest entity in use is eight letters; a lone & is text.
    let Some(end) = text.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at) else { return literal() };
    let name = &text[1..end];
    let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => n.parse().ok(),
    });
    let resolved = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => number.and_then(char::from_u32),
    };
    resolved.map_or_else(literal, |c| (c.to_string(), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_as_it_was_written() {
        let html = r#"<p>Hi <span class="h-card"><a href="https://s/@ana" class="u-url mention">@<span>ana</span></a></span> &amp; all<br />see <a href="https://e.example/long/path"><span class="invisible">https://</span><span class="ellipsis">e.example/long</span><span class="invisible">/path</span></a></p><p>#<span>tag</span> it&#39;s &lt;b&gt; &#x1F44D;</p>"#;
        assert_eq!(to_plain(html), "Hi @ana & all\nsee https://e.example/long/path\n\n#tag it's <b> 👍");
    }

    #[test]
    fn broken_html_is_text() {
        assert_eq!(to_plain("a & b < c"), "a & b < c");
        assert_eq!(to_plain("&unknown; &amp"), "&unknown; &amp");
        assert_eq!(to_plain(""), "");
    }
}
