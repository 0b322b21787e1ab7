//! Finds web addresses and mentions in a text.

use std::borrow::Cow;
use std::ops::Range;

/// Whether an address must begin with `http://` or `https://`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// It must.
    Needed,
    /// `example.com` is an address too.
    Optional,
}

/// Endings that make a bare name an address. X knows the whole registry; these are the common
/// ones, and country endings count only with a path behind them, as there.
const ENDINGS: [&str; 40] = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "app", "dev", "blog", "shop",
    "store", "online", "site", "website", "tech", "cloud", "news", "social", "media", "agency", "studio", "design",
    "xyz", "page", "link", "live", "world", "life", "today", "email", "wiki", "art", "music", "co", "tv",
];

/// The next address in `text`, as a range of bytes.
pub(super) fn next(text: &str, scheme: Scheme) -> Option<Range<usize>> {
    let mut before = None;
    for (at, c) in text.char_indices() {
        if before.is_none_or(may_precede) {
            let rest = &text[at..];
            let length = with_scheme(rest).or_else(|| (scheme == Scheme::Optional).then(|| bare(rest)).flatten());
            if let Some(length) = length {
                return Some(at..at + length);
            }
        }
        before = Some(c);
    }
    None
}

/// Inside a word, after `@`, `#` or a dot no address begins.
fn may_precede(c: char) -> bool {
    !(c.is_alphanumeric() || matches!(c, '@' | '#' | '$' | '_' | '-' | '.' | '/'))
}

fn with_scheme(text: &str) -> Option<usize> {
    let head = |n: usize| text.get(..n).map(str::to_ascii_lowercase);
    let start = if head(8).as_deref() == Some("https://") {
        8
    } else if head(7).as_deref() == Some("http://") {
        7
    } else {
        return None;
    };
    let end = end_of(text);
    let host_is_there = text[start..].starts_with(char::is_alphanumeric);
    (host_is_there && end > start).then_some(end)
}

fn bare(text: &str) -> Option<usize> {
    let host_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))).unwrap_or(text.len());
    let host = text[..host_end].trim_end_matches('.');
    let (name, ending) = host.rsplit_once('.')?;
    let labels_are_sound = name.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
    let ending = ending.to_ascii_lowercase();
    let after = &text[host.len()..];
    let has_path = after.starts_with('/');
    let is_country = ending.len() == 2 && ending.bytes().all(|b| b.is_ascii_lowercase());
    let is_known = ENDINGS.contains(&ending.as_str()) || (is_country && has_path);
    if !labels_are_sound || !is_known || after.starts_with('@') {
        return None;
    }
    Some(if has_path || after.starts_with(['?', '#', ':']) { end_of(text).max(host.len()) } else { host.len() })
}

/// An address runs to white space or a quote; marks that close a sentence are not part of it.
fn end_of(text: &str) -> usize {
    let run = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”')).unwrap_or(text.len());
    let mut address = &text[..run];
    while let Some(last) = address.chars().next_back() {
        let closes_nothing = last == ')' && address.matches(')').count() > address.matches('(').count();
        if !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*') && !closes_nothing {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

/// `@name@server` becomes `@name`.
pub(super) fn without_mention_servers(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut before = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let begins = c == '@' && before.is_none_or(|b: char| !(b.is_alphanumeric() || matches!(b, '_' | '/' | '@')));
        if let Some((name, server)) = begins.then(|| mention(&text[at + 1..])).flatten() {
            out.push_str(&text[copied..=at + name]);
            at += 1 + name + server;
            copied = at;
            before = Some('a');
            continue;
        }
        before = Some(c);
        at += c.len_utf8();
    }
    if copied == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[copied..]) }
}

/// Lengths of the name and of `@server` behind it.
fn mention(text: &str) -> Option<(usize, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let name = text.find(|c| !is_name(c))?;
    let rest = text[name..].strip_prefix('@')?;
    let server = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | ':'))).unwrap_or(rest.len());
    let server = rest[..server].trim_end_matches(['.', '-', ':']).len();
    (name > 0 && server > 0).then_some((name, 1 + server))
}
