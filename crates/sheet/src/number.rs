//! Numbers as people and programs of different countries write them.

use serde::{Deserialize, Serialize};

/// Which sign stands before the fraction. The other one, blanks and apostrophes group thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStyle {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl NumberStyle {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Point, Self::Comma];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    /// The style of a word.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.label() == label)
    }

    const fn fraction(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn group(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// Why a cell is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNumber {
    /// Something else stands there.
    #[error("\u{201c}{0}\u{201d} is no number")]
    Text(String),
    /// Groups of thousands that are none: the fraction is probably written with the other sign.
    #[error("\u{201c}{0}\u{201d} is no number if {1} stands before the fraction; choose the other number format")]
    Style(String, &'static str),
    /// A count below zero.
    #[error("\u{201c}{0}\u{201d} is below zero")]
    Negative(String),
    /// A count with a fraction.
    #[error("\u{201c}{0}\u{201d} is no whole number")]
    Fraction(String),
    /// More than can be.
    #[error("\u{201c}{0}\u{201d} is too large")]
    Large(String),
}

/// No network has counted that far.
const COUNT_MAX: i64 = 1_000_000_000_000_000;

/// Whether a cell says that nothing is known: empty, a dash, "n/a".
fn is_unknown(cell: &str) -> bool {
    matches!(cell, "" | "-" | "--" | "\u{2013}" | "\u{2014}" | "\u{2212}")
        || ["n/a", "na", "null", "none"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}')
}

/// The cell without what stands around a number.
fn bare(cell: &str) -> &str {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // An apostrophe before a cell keeps spreadsheets from computing it.
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    cell.strip_suffix('%').unwrap_or(cell).trim_end_matches(is_blank).trim_start_matches(is_blank)
}

/// The sign and the digits before and after the fraction's sign.
fn parts(cell: &str, style: NumberStyle) -> Result<(bool, String, String), NoNumber> {
    let text = || NoNumber::Text(cell.chars().take(40).collect());
    let (is_negative, rest) = match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, cell.strip_prefix('+').unwrap_or(cell)),
    };
    let (whole, fraction) = match rest.split_once(style.fraction()) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (rest, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if fraction.is_some_and(|fraction| !digits(fraction)) {
        let other = || {
            NoNumber::Style(
                cell.chars().take(40).collect(),
                if style == NumberStyle::Point { "a point" } else { "a comma" },
            )
        };
        return Err(if rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',') || is_blank(c)) {
            other()
        } else {
            text()
        });
    }
    let groups: Vec<&str> = whole.split(|c| c == style.group() || is_blank(c)).collect();
    let [first, others @ ..] = groups.as_slice() else { return Err(text()) };
    // ".5" has a fraction and nothing before it.
    if groups == [""] && fraction.is_some() {
        return Ok((is_negative, "0".to_owned(), fraction.unwrap_or_default().to_owned()));
    }
    if !groups.iter().all(|group| digits(group)) {
        return Err(text());
    }
    let is_grouped = others.is_empty()
        || first.len() <= 3
            && others.iter().all(|group| matches!(group.len(), 2 | 3))
            && others.last().is_some_and(|last| last.len() == 3);
    if !is_grouped {
        return Err(NoNumber::Style(
            cell.chars().take(40).collect(),
            if style == NumberStyle::Point { "a point" } else { "a comma" },
        ));
    }
    Ok((is_negative, groups.concat(), fraction.unwrap_or_default().to_owned()))
}

/// A count: a whole number from zero; `None` where nothing is known. A fraction of zeros is none.
///
/// # Errors
/// [`NoNumber`], with the cell.
pub fn count(cell: &str, style: NumberStyle) -> Result<Option<i64>, NoNumber> {
    let cell = bare(cell);
    if is_unknown(cell) {
        return Ok(None);
    }
    let shown = || cell.chars().take(40).collect::<String>();
    let (is_negative, whole, fraction) = parts(cell, style)?;
    if fraction.bytes().any(|b| b != b'0') {
        return Err(NoNumber::Fraction(shown()));
    }
    let n: i64 = whole.parse().map_err(|_| NoNumber::Large(shown()))?;
    match n {
        0 => Ok(Some(0)),
        _ if is_negative => Err(NoNumber::Negative(shown())),
        n if n > COUNT_MAX => Err(NoNumber::Large(shown())),
        n => Ok(Some(n)),
    }
}

/// A number with a fraction; `None` where nothing is known.
///
/// # Errors
/// [`NoNumber`], with the cell.
pub fn decimal(cell: &str, style: NumberStyle) -> Result<Option<f64>, NoNumber> {
    let cell = bare(cell);
    if is_unknown(cell) {
        return Ok(None);
    }
    let (is_negative, whole, fraction) = parts(cell, style)?;
    let text =
        format!("{}{whole}.{}", if is_negative { "-" } else { "" }, if fraction.is_empty() { "0" } else { &fraction });
    let n: f64 = text.parse().map_err(|_| NoNumber::Text(cell.to_owned()))?;
    if n.abs() > COUNT_MAX as f64 { Err(NoNumber::Large(cell.chars().take(40).collect())) } else { Ok(Some(n)) }
}

/// What a cell tells about the style: `None` if it fits both, or neither.
fn hint(cell: &str) -> Option<NumberStyle> {
    let cell = bare(cell);
    let is_number = cell.bytes().any(|b| b.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '\u{2212}') || is_blank(c));
    if !is_number {
        return None;
    }
    let of = |c| if c == '.' { NumberStyle::Point } else { NumberStyle::Comma };
    let other = |c| if c == '.' { NumberStyle::Comma } else { NumberStyle::Point };
    let (points, commas) = (cell.matches('.').count(), cell.matches(',').count());
    match (points, commas) {
        (0, 0) => None,
        // The last of two kinds stands before the fraction.
        (1.., 1..) => cell.rfind(['.', ',']).and_then(|at| cell[at..].chars().next()).map(of),
        (2.., 0) => Some(other('.')),
        (0, 2..) => Some(other(',')),
        _ => {
            let sign = if points == 1 { '.' } else { ',' };
            let (before, after) = cell.split_once(sign)?;
            let before = before.trim_start_matches(['-', '+', '\u{2212}']);
            let is_group = after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
            // "1,234" may be a thousand or a fraction; "1,23" and "0,234" are fractions.
            (!is_group).then(|| of(sign))
        }
    }
}

/// The style that most cells ask for; `None` if none of them tells.
pub fn number_style<'a>(cells: impl IntoIterator<Item = &'a str>) -> Option<NumberStyle> {
    let mut votes = [0_usize; 2];
    for style in cells.into_iter().filter_map(hint) {
        votes[usize::from(style == NumberStyle::Comma)] += 1;
    }
    match votes {
        [0, 0] => None,
        [points, commas] if points >= commas => Some(NumberStyle::Point),
        _ => Some(NumberStyle::Comma),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_several_countries() {
        use NumberStyle::{Comma, Point};
        for (cell, style, n) in [
            ("1,234", Point, 1234),
            ("1.234", Comma, 1234),
            ("1 234", Comma, 1234),
            ("1\u{a0}234", Point, 1234),
            ("1\u{202f}234\u{202f}567", Comma, 1_234_567),
            ("1'234", Point, 1234),
            ("1\u{2019}234", Point, 1234),
            ("12,34,567", Point, 1_234_567),
            ("7", Comma, 7),
            (" 0 ", Point, 0),
            ("12.0", Point, 12),
            ("12,00", Comma, 12),
            ("'42", Point, 42),
            ("+5", Point, 5),
            ("-0", Point, 0),
        ] {
            assert_eq!(count(cell, style), Ok(Some(n)), "{cell:?}");
        }
        for unknown in ["", " ", "-", "--", "\u{2014}", "n/a", "N/A"] {
            assert_eq!(count(unknown, Point), Ok(None), "{unknown:?}");
        }
        assert_eq!(decimal("1.234,5", Comma), Ok(Some(1234.5)));
        assert_eq!(decimal("4.25 %", Point), Ok(Some(4.25)));
        assert_eq!(decimal("-,5", Comma), Ok(Some(-0.5)));
    }

    #[test]
    fn what_is_no_number_says_why() {
        use NumberStyle::{Comma, Point};
        assert!(matches!(count("many", Point), Err(NoNumber::Text(_))));
        assert!(matches!(count("1.2.3", Point), Err(NoNumber::Style(..))));
        assert!(matches!(count("1,23", Point), Err(NoNumber::Style(..))));
        assert!(matches!(count("1.23", Comma), Err(NoNumber::Style(..))));
        assert!(matches!(count("1,5", Comma), Err(NoNumber::Fraction(_))));
        assert!(matches!(count("-3", Point), Err(NoNumber::Negative(_))));
        assert!(matches!(count("99999999999999999999", Point), Err(NoNumber::Large(_))));
        assert!(matches!(count("9999999999999999", Point), Err(NoNumber::Large(_))));
    }

    #[test]
    fn the_style_is_that_of_most_cells() {
        assert_eq!(number_style(["1,234", "7"]), None, "it may be a thousand or a fraction");
        assert_eq!(number_style(["1,234", "1,234.5"]), Some(NumberStyle::Point));
        assert_eq!(number_style(["1.234", "2,5"]), Some(NumberStyle::Comma));
        assert_eq!(number_style(["1.234.567"]), Some(NumberStyle::Comma));
        assert_eq!(number_style(["0,123"]), Some(NumberStyle::Comma));
        assert_eq!(number_style(["Oct 31, 2025", "a,b"]), None);
    }

    fn written(n: i64, group: char) -> String {
        let digits = n.to_string();
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        out
    }

    proptest! {
        /// However a country groups a number, it is read back.
        #[test]
        fn every_count_survives_every_grouping(n in 0..=COUNT_MAX, group in prop::sample::select(vec![',', '.', ' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'])) {
            let style = if group == '.' { NumberStyle::Comma } else { NumberStyle::Point };
            prop_assert_eq!(count(&written(n, group), style), Ok(Some(n)));
        }

        /// A fraction tells its own style, and reads back by it.
        #[test]
        fn every_decimal_tells_its_style(n in 0_i64..1_000_000_000, cents in 0_u32..100, comma in any::<bool>()) {
            let (style, group, sign) = if comma { (NumberStyle::Comma, '.', ',') } else { (NumberStyle::Point, ',', '.') };
            let cell = format!("{}{sign}{cents:02}", written(n, group));
            prop_assert_eq!(number_style([cell.as_str()]), Some(style));
            let read = decimal(&cell, style).expect("a number").expect("known");
            prop_assert!((read - (n as f64 + f64::from(cents) / 100.0)).abs() < 1e-3, "{} is {}", cell, read);
        }

        /// No text makes the reader fall over, and no count is below zero.
        #[test]
        fn anything_is_a_count_or_a_sentence(text in "[\\PC0-9.,' -]{0,24}", comma in any::<bool>()) {
            let style = if comma { NumberStyle::Comma } else { NumberStyle::Point };
            if let Ok(Some(n)) = count(&text, style) {
                prop_assert!((0..=COUNT_MAX).contains(&n));
            }
            let _ = (decimal(&text, style), number_style([text.as_str()]));
        }
    }
}
