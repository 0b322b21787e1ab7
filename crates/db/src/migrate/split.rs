//! Cuts a migration into statements, so that each can be sent alone (a distributed PostgreSQL asks for that)
//! and an error can name its line. Knows PostgreSQL's quoting: strings, escape strings, quoted names, dollar
//! quotes, nested comments, parentheses. Not known: `BEGIN ATOMIC` bodies; write such functions with `$$`.

/// One statement and the line (from 1) of its first word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Without the semicolon; comments before the first word are left out.
    pub sql: &'a str,
    /// In the file.
    pub line: usize,
}

/// The statements of a file in order.
pub fn statements(text: &str) -> Vec<Statement<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut start = None;
    let mut depth = 0_usize;
    while at < bytes.len() {
        let here = at;
        let rest = &bytes[at..];
        let is_comment = rest.starts_with(b"--") || rest.starts_with(b"/*");
        at = skip(bytes, at);
        match bytes[here] {
            _ if is_comment => continue,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => {
                push(&mut found, text, start.take(), here);
                continue;
            }
            byte if byte.is_ascii_whitespace() => continue,
            _ => {}
        }
        start.get_or_insert(here);
    }
    push(&mut found, text, start, bytes.len());
    found
}

fn push<'a>(found: &mut Vec<Statement<'a>>, text: &'a str, start: Option<usize>, end: usize) {
    if let Some(start) = start {
        let line = text[..start].bytes().filter(|&b| b == b'\n').count() + 1;
        found.push(Statement { sql: text[start..end].trim_end(), line });
    }
}

/// The index after the token that begins at `at`: a whole comment, string, quoted name, dollar-quoted text or
/// word, else one byte.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest[0] {
        b'-' if rest.starts_with(b"--") => end_of_line(bytes, at),
        b'/' if rest.starts_with(b"/*") => end_of_comment(bytes, at),
        b'\'' => end_of_quoted(bytes, at + 1, b'\'', false),
        b'"' => end_of_quoted(bytes, at + 1, b'"', false),
        b'E' | b'e' if rest.get(1) == Some(&b'\'') => end_of_quoted(bytes, at + 2, b'\'', true),
        b'$' => dollar_tag(rest).map_or(at + 1, |tag| {
            let from = at + tag.len();
            find(&bytes[from..], tag).map_or(bytes.len(), |offset| from + offset + tag.len())
        }),
        // A word is taken whole, so that `type'x'` is no escape string and `a$b$c` no dollar quote.
        byte if is_word(byte) => at + rest.iter().take_while(|&&b| is_word(b) || b == b'$').count(),
        _ => at + 1,
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    find(&bytes[at..], b"\n").map_or(bytes.len(), |offset| at + offset + 1)
}

fn end_of_comment(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0;
    let mut at = at;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn end_of_quoted(bytes: &[u8], from: usize, quote: u8, escapes: bool) -> usize {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `$$` or `$name$` at the start; `$1` is a parameter, not a quote.
fn dollar_tag(rest: &[u8]) -> Option<&[u8]> {
    let end = rest[1..].iter().position(|&b| b == b'$')? + 1;
    let name = &rest[1..end];
    let is_tag = name.iter().all(|&b| is_word(b)) && !name.first().is_some_and(u8::is_ascii_digit);
    is_tag.then(|| &rest[..=end])
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, usize)]) {
        let found: Vec<_> = statements(text).into_iter().map(|s| (s.sql, s.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn plain_statements_and_their_lines() {
        check(
            "-- why\n\ncreate table a (x int);\n\n create table b (y int) ;\n-- end",
            &[("create table a (x int)", 3), ("create table b (y int)", 5)],
        );
        check("", &[]);
        check(" ;; -- only; a comment\n/* ; */ ;", &[]);
        check("select 1", &[("select 1", 1)]);
    }

    #[test]
    fn semicolons_in_strings_names_and_comments_do_not_cut() {
        check("select ';', 'it''s;';select 2", &[("select ';', 'it''s;'", 1), ("select 2", 1)]);
        check("select \"a;\"\"b\";", &[("select \"a;\"\"b\"", 1)]);
        check("select E'\\';', e'\\\\';select 2", &[("select E'\\';', e'\\\\'", 1), ("select 2", 1)]);
        // A plain string does not know backslashes.
        check("select '\\';select 2", &[("select '\\'", 1), ("select 2", 1)]);
        check("select 1 -- ; '\n, 2; select 3", &[("select 1 -- ; '\n, 2", 1), ("select 3", 2)]);
        check("select /* ; /* ' ; */ ; */ 1; select 2", &[("select /* ; /* ' ; */ ; */ 1", 1), ("select 2", 1)]);
    }

    #[test]
    fn dollar_quotes_hold_together() {
        let body = "create function f() returns void language plpgsql as $fn$ begin perform $$;$$; end; $fn$";
        check(&format!("{body};select 2"), &[(body, 1), ("select 2", 1)]);
        check("do $$ begin null; end $$; select $1;", &[("do $$ begin null; end $$", 1), ("select $1", 1)]);
        check("select $1, $2; select a$b$c;", &[("select $1, $2", 1), ("select a$b$c", 1)]);
        check("do $ü$ ; $ü$; select 1", &[("do $ü$ ; $ü$", 1), ("select 1", 1)]);
    }

    #[test]
    fn parentheses_hold_together_and_words_before_quotes_are_no_escapes() {
        let rule = "create rule r as on insert to a do also (select 1; select 2)";
        check(&format!("{rule}; select 3"), &[(rule, 1), ("select 3", 1)]);
        check(
            "select date'2026-01-01', type'\\'; select 1",
            &[("select date'2026-01-01', type'\\'", 1), ("select 1", 1)],
        );
    }

    #[test]
    fn unfinished_text_is_one_statement_and_never_panics() {
        for text in ["select 'a; b", "do $x$ a; b", "select E'\\", "/* ; ", "select (1; 2"] {
            assert!(statements(text).len() <= 1, "{text}");
        }
    }
}
