//! Numbers and times as people read them.

use rookery_kernel::text::grouped;
use rookery_kernel::{Platform, Timestamp, Zone};

/// What large numbers are counted in, the smallest first.
const UNITS: [(u64, &str); 3] = [(1_000_000, "M"), (1_000_000_000, "B"), (1_000_000_000_000, "T")];

/// `48,210`; from a million on `1.84 M`, then in billions `1.84 B` and trillions `1.84 T`, from a
/// thousand of those on whole.
pub(crate) fn number(n: i64) -> String {
    let size = n.unsigned_abs();
    // Rounded before the unit is chosen: 999,999,999 is a billion, not a thousand millions.
    let hundredths = |(unit, name): (u64, &'static str)| ((size + unit / 200) / (unit / 100), name);
    let fitting = UNITS.into_iter().map(hundredths).find(|(hundredths, _)| *hundredths < 100_000);
    let in_unit = fitting.unwrap_or_else(|| hundredths(UNITS[UNITS.len() - 1]));
    let text = match (size >= 1_000_000).then_some(in_unit) {
        // There is no larger unit: fractions of thousands of trillions are noise.
        Some((hundredths, name)) if hundredths >= 100_000 => format!("{} {name}", grouped(hundredths / 100)),
        Some((hundredths, name)) => format!("{}.{:02} {name}", hundredths / 100, hundredths % 100),
        None => grouped(size),
    };
    if n < 0 { format!("−{text}") } else { text }
}

/// A value with one decimal; from ten thousand on without, as [`number`] writes it.
pub(crate) fn tenths(value: f64) -> String {
    if value.abs() < 10_000.0 { format!("{value:.1}") } else { number(rounded(value)) }
}

/// To the next whole number.
#[expect(clippy::cast_possible_truncation, reason = "counters are far below 2^53")]
pub(crate) fn rounded(value: f64) -> i64 {
    value.round() as i64
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
    format!("{}%", tenths(ratio * 100.0))
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
        assert_eq!(number(-1_840_000), "−1.84 M");
        assert_eq!((number(999_994_999), number(999_999_999)), ("999.99 M".to_owned(), "1.00 B".to_owned()));
        assert_eq!(number(1_000_000_000_000_000), "1,000 T");
        assert_eq!(number(i64::MAX), "9,223,372 T");
        assert_eq!((tenths(9_999.94), tenths(1e15)), ("9999.9".to_owned(), "1,000 T".to_owned()));
        assert_eq!(percent(0.0523), "5.2%");
        assert_eq!(initial("  ✨ studio"), "S");
    }
}
