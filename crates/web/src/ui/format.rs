//! Numbers and times as people read them.

use rookery_kernel::{Platform, Timestamp, Zone};

/// `48,210`; from a million on `1.84 M`.
pub(crate) fn number(n: i64) -> String {
    if n.unsigned_abs() >= 1_000_000 {
        return format!("{:.2} M", n as f64 / 1e6);
    }
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("−{out}") } else { out }
}

/// `1 item`, `48,210 items`.
pub(crate) fn plural(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The beginning of a text on one line, or the word for none.
pub(crate) fn snippet(text: Option<&str>, most: usize) -> String {
    let text = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(most) {
        _ if text.is_empty() => "(no text)".to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A number, or the word for "the network does not report it".
pub(crate) fn number_or_dash(n: Option<i64>) -> String {
    n.map_or_else(|| "–".to_owned(), number)
}

/// A ratio as a percentage with one decimal.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{:.1}%", ratio * 100.0)
}

/// `Mon 2 Mar 2026, 09:00` in the zone.
pub(crate) fn moment(at: Timestamp, zone: &Zone) -> String {
    zone.local(at).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// `09:00` in the zone.
pub(crate) fn time_of_day(at: Timestamp, zone: &Zone) -> String {
    zone.local(at).strftime("%H:%M").to_string()
}

/// The value of a `datetime-local` field.
pub(crate) fn field_value(at: Timestamp, zone: &Zone) -> String {
    zone.local(at).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The colour a network has in lists and charts.
pub(crate) const fn colour(platform: Platform) -> &'static str {
    match platform {
        Platform::Facebook | Platform::Twitter => "c1",
        Platform::Bluesky | Platform::Reddit => "c2",
        Platform::Linkedin | Platform::Mastodon => "c3",
        Platform::Threads => "c4",
        Platform::Instagram | Platform::Youtube => "c5",
        Platform::Tiktok => "c6",
    }
}

/// A stored label as words: `needs_changes` is "needs changes".
pub(crate) fn words(label: &str) -> String {
    label.replace('_', " ")
}

/// The first letter, for a round picture without a picture.
pub(crate) fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_one_line_and_no_longer_than_asked() {
        assert_eq!(snippet(Some("two\nlines  here"), 100), "two lines here");
        assert_eq!(snippet(Some("  "), 100), "(no text)");
        assert_eq!(snippet(Some(&"ä".repeat(300)), 100).chars().count(), 101);
        assert_eq!(snippet(Some(&"ä".repeat(100)), 100).chars().count(), 100);
    }

    #[test]
    fn one_and_many_have_their_own_words() {
        assert_eq!(plural(1, "item", "items"), "1 item");
        assert_eq!(plural(48_210, "item", "items"), "48,210 items");
    }

    #[test]
    fn numbers_are_grouped_and_millions_are_short() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(48_210), "48,210");
        assert_eq!(number(-1_234), "−1,234");
        assert_eq!(number(1_840_000), "1.84 M");
        assert_eq!(percent(0.0523), "5.2%");
        assert_eq!(initial("  ✨ studio"), "S");
    }
}
