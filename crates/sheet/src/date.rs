//! Days and times as people and programs of different countries write them.

use jiff::civil::{Date as Civil, DateTime, Time};
use jiff::tz::Offset;
use rookery_kernel::{Date, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// What `03/04/2026` means. Where the year comes first, or the month is a word, there is nothing to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// The third of April.
    DayFirst,
    /// The fourth of March.
    MonthFirst,
}

impl DateOrder {
    /// Both.
    pub const ALL: [Self; 2] = [Self::DayFirst, Self::MonthFirst];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DayFirst => "day_first",
            Self::MonthFirst => "month_first",
        }
    }

    /// The order of a word.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.label() == label)
    }
}

/// Why a cell is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDate {
    /// Nothing that can be read as one.
    #[error("\u{201c}{0}\u{201d} is no date")]
    Text(String),
    /// A day that is in no calendar.
    #[error("\u{201c}{0}\u{201d} is in no calendar; is the order of day and month right?")]
    Calendar(String),
}

/// A day, with a time of day and an offset where the cell has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    day: Civil,
    time: Option<Time>,
    offset: Option<Offset>,
}

impl Moment {
    /// The day as it was written.
    pub const fn date(&self) -> Date {
        Date::from_jiff(self.day)
    }

    /// Whether a time of day was written.
    pub const fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// The instant. A time without an offset is one of `zone`; a day without a time begins then. `None` beyond the calendar.
    pub fn at(&self, zone: &Zone) -> Option<Timestamp> {
        let local = DateTime::from_parts(self.day, self.time.unwrap_or(Time::midnight()));
        match (self.offset, self.time) {
            (Some(offset), _) => offset.to_timestamp(local).ok().map(Timestamp::from_jiff),
            (None, None) => Some(zone.start_of(self.date())),
            (None, Some(_)) => zone.instant(&local.to_string()).ok().map(|(at, _)| at),
        }
    }
}

/// Beginnings of months' names, in the languages of the networks' pages we know exports of. The longer ones stand before
/// those that they begin with.
const MONTHS: &[(&str, i8)] = &[
    ("jan", 1),
    ("gen", 1),
    ("ene", 1),
    ("jän", 1),
    ("janv", 1),
    ("sty", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("lut", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("maa", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("maj", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("cze", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("lip", 7),
    ("aug", 8),
    ("août", 8),
    ("aou", 8),
    ("ago", 8),
    ("sie", 8),
    ("sep", 9),
    ("set", 9),
    ("wrz", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("paź", 10),
    ("nov", 11),
    ("lis", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
    ("gru", 12),
];

fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    MONTHS.iter().find(|(name, _)| word.starts_with(name)).map(|(_, month)| *month)
}

/// One run of digits or letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Number(&'a str),
    Word(&'a str),
}

/// The words and numbers of a cell, in order; what stands between them only separates.
fn day_parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        if !is_digit && !first.is_alphabetic() {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let same = |c: char| if is_digit { c.is_ascii_digit() } else { c.is_alphabetic() };
        let end = rest.find(|c: char| !same(c)).unwrap_or(rest.len());
        parts.push(if is_digit { Part::Number(&rest[..end]) } else { Part::Word(&rest[..end]) });
        rest = &rest[end..];
    }
    parts
}

fn year(digits: &str) -> Option<i16> {
    let n: i16 = digits.parse().ok()?;
    match digits.len() {
        2 => Some(2000 + n),
        4 => Some(n),
        _ => None,
    }
}

fn small(digits: &str) -> Option<i8> {
    if digits.len() <= 2 { digits.parse().ok() } else { None }
}

/// Year, month and day.
fn civil(text: &str, order: DateOrder) -> Option<(i16, i8, i8)> {
    let parts = day_parts(text);
    // Days of the week, "de", "st": words that are no month say nothing.
    let named = parts.iter().find_map(|part| match part {
        Part::Word(word) => month(word).filter(|_| word.chars().count() >= 3 && !is_weekday(word)),
        Part::Number(_) => None,
    });
    let numbers: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Number(digits) => Some(*digits),
            Part::Word(_) => None,
        })
        .collect();
    match (named, numbers.as_slice()) {
        (Some(month), [first, second]) if first.len() == 4 => Some((year(first)?, month, small(second)?)),
        (Some(month), [day, of]) => Some((year(of)?, month, small(day)?)),
        (None, [first, second, third]) if first.len() == 4 => Some((year(first)?, small(second)?, small(third)?)),
        (None, [first, second, third]) if parts.len() == 3 => {
            let (first, second) = (small(first)?, small(second)?);
            let (day, month) = match order {
                DateOrder::DayFirst => (first, second),
                DateOrder::MonthFirst => (second, first),
            };
            Some((year(third)?, month, day))
        }
        (None, [whole]) if whole.len() == 8 && parts.len() == 1 => {
            Some((whole[..4].parse().ok()?, whole[4..6].parse().ok()?, whole[6..].parse().ok()?))
        }
        _ => None,
    }
}

/// "Mar" begins a month and, in Italian and Spanish, Tuesday: the whole words of days are not months.
fn is_weekday(word: &str) -> bool {
    let word = word.to_lowercase();
    [
        "mardi",
        "martes",
        "martedì",
        "mercredi",
        "miércoles",
        "mercoledì",
        "sábado",
        "samedi",
        "sabato",
        "monday",
        "montag",
        "dimanche",
        "domingo",
        "domenica",
    ]
    .contains(&word.as_str())
}

/// Hours, minutes and seconds with what follows them: `9:05 PM`, `09:05:33`, `09:05:33.120`.
fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
    let (clock, half) = (&text[..end], text[end..].trim().to_lowercase().replace(['.', ' ', '\u{202f}', '\u{a0}'], ""));
    let mut fields = clock.split(':');
    let hour: i8 = small(fields.next()?)?;
    let minute: i8 = small(fields.next()?)?;
    let second: i8 = match fields.next() {
        Some(second) => small(second.split('.').next()?)?,
        None => 0,
    };
    if fields.next().is_some() {
        return None;
    }
    let hour = match half.as_str() {
        "" => hour,
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    Time::new(hour, minute, second.min(59), 0).ok()
}

/// The clock and the offset behind it: `Z`, `UTC`, `+01:00`, `-0800`.
fn clock(text: &str) -> Option<(Time, Option<Offset>)> {
    let text = text.trim();
    for word in ["Z", "z", "UTC", "GMT"] {
        if let Some(before) = text.strip_suffix(word) {
            return Some((time(before)?, Some(Offset::UTC)));
        }
    }
    let Some(at) = text.rfind(['+', '-', '\u{2212}']) else { return Some((time(text)?, None)) };
    let sign_is_minus = !text[at..].starts_with('+');
    let digits: String = text[at..].chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes): (i32, i32) = match digits.len() {
        2 => (digits.parse().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    let seconds = (hours * 60 + minutes) * 60;
    let offset = Offset::from_seconds(if sign_is_minus { -seconds } else { seconds }).ok()?;
    Some((time(&text[..at])?, Some(offset)))
}

/// A day and what of a time there is; `None` for an empty cell.
///
/// # Errors
/// [`NoDate`], with the cell.
pub fn moment(cell: &str, order: DateOrder) -> Result<Option<Moment>, NoDate> {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    if matches!(cell, "" | "-" | "--" | "\u{2014}") {
        return Ok(None);
    }
    let shown = || cell.chars().take(40).collect::<String>();
    // The first colon stands behind the hour; the day is what stands before that.
    let (day, rest) = match cell.find(':') {
        Some(colon) => {
            let hour = cell[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
            (
                hour.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, 'T' | 't' | ',')),
                Some(&cell[hour.len()..]),
            )
        }
        None => (cell, None),
    };
    let (year, month, day) = civil(day, order).ok_or_else(|| NoDate::Text(shown()))?;
    let day = Civil::new(year, month, day).ok().filter(|day| (1970..=2199).contains(&day.year()));
    let day = day.ok_or_else(|| NoDate::Calendar(shown()))?;
    let (time, offset) = match rest.map(clock) {
        None => (None, None),
        Some(Some((time, offset))) => (Some(time), offset),
        Some(None) => return Err(NoDate::Text(shown())),
    };
    Ok(Some(Moment { day, time, offset }))
}

/// The order that most cells ask for: a number above twelve is no month. `None` if none of them tells.
pub fn date_order<'a>(cells: impl IntoIterator<Item = &'a str>) -> Option<DateOrder> {
    let mut votes = [0_usize; 2];
    for cell in cells {
        let fits = DateOrder::ALL.map(|order| matches!(moment(cell, order), Ok(Some(_))));
        // A cell that reads the same in both orders tells nothing.
        let same = moment(cell, DateOrder::DayFirst) == moment(cell, DateOrder::MonthFirst);
        if !same && fits[0] != fits[1] {
            votes[usize::from(fits[1])] += 1;
        }
    }
    match votes {
        [0, 0] => None,
        [days, months] if days >= months => Some(DateOrder::DayFirst),
        _ => Some(DateOrder::MonthFirst),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(cell: &str, order: DateOrder) -> String {
        moment(cell, order).expect("a date").expect("not empty").at(&Zone::utc()).expect("in the calendar").to_string()
    }

    #[test]
    fn days_and_times_of_several_countries() {
        use DateOrder::{DayFirst, MonthFirst};
        let midnight = "2026-03-02T00:00:00Z";
        for (cell, order) in [
            ("2026-03-02", DayFirst),
            ("2026/3/2", MonthFirst),
            ("20260302", DayFirst),
            ("02.03.2026", DayFirst),
            ("03/02/2026", MonthFirst),
            ("3/2/26", MonthFirst),
            ("Mar 2, 2026", DayFirst),
            ("2 March 2026", MonthFirst),
            ("Mon, Mar 2, 2026", DayFirst),
            ("2. März 2026", MonthFirst),
            ("2 mars 2026", MonthFirst),
            ("2 de marzo de 2026", MonthFirst),
            ("2 mrt 2026", DayFirst),
            ("lunedì 2 marzo 2026", DayFirst),
            ("2026-03-02T00:00:00Z", DayFirst),
            ("03/02/2026 12:00 AM", MonthFirst),
            ("2026-03-02 01:00 +01:00", DayFirst),
            ("2026-03-01T16:00:00-0800", DayFirst),
        ] {
            assert_eq!(read(cell, order), midnight, "{cell:?}");
        }
        assert_eq!(read("3/2/2026 9:05 PM", MonthFirst), "2026-03-02T21:05:00Z");
        assert_eq!(read("2 déc. 2025, 07:30", DayFirst), "2025-12-02T07:30:00Z");
        assert_eq!(read("martes 3 de febrero de 2026", DayFirst), "2026-02-03T00:00:00Z");
        assert_eq!(moment(" ", DayFirst), Ok(None));
        let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
        let local = moment("2026-03-29 02:30", DayFirst).expect("a date").expect("not empty");
        assert_eq!(local.at(&berlin).expect("after the gap").to_string(), "2026-03-29T01:00:00Z");
    }

    #[test]
    fn what_is_no_day_says_so() {
        use DateOrder::{DayFirst, MonthFirst};
        assert!(matches!(moment("soon", DayFirst), Err(NoDate::Text(_))));
        assert!(matches!(moment("13/31/2026", DayFirst), Err(NoDate::Calendar(_))));
        assert!(matches!(moment("2026-02-30", DayFirst), Err(NoDate::Calendar(_))));
        assert!(matches!(moment("31/12/2025", MonthFirst), Err(NoDate::Calendar(_))));
        assert!(matches!(moment("2026-03-02 25:00", DayFirst), Err(NoDate::Text(_))));
        assert!(matches!(moment("Lifetime", DayFirst), Err(NoDate::Text(_))));
        assert!(matches!(moment("1/2", DayFirst), Err(NoDate::Text(_))));
    }

    #[test]
    fn the_order_is_that_of_cells_that_tell() {
        assert_eq!(date_order(["03/04/2026", "05/06/2026"]), None);
        assert_eq!(date_order(["03/04/2026", "03/31/2026"]), Some(DateOrder::MonthFirst));
        assert_eq!(date_order(["03.04.2026", "31.03.2026"]), Some(DateOrder::DayFirst));
        assert_eq!(date_order(["2026-03-31", "", "x"]), None);
    }

    proptest! {
        /// A day is read back from every form that names it.
        #[test]
        fn every_day_survives_every_form(days in 0_i64..60_000) {
            let date = "1990-01-01".parse::<Date>().expect("a date").plus_days(days);
            let civil = date.to_jiff();
            let (y, m, d) = (civil.year(), civil.month(), civil.day());
            let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][usize::try_from(m - 1).expect("a month")];
            for (cell, order) in [
                (format!("{y}-{m:02}-{d:02}"), DateOrder::DayFirst), (format!("{d}.{m}.{y}"), DateOrder::DayFirst),
                (format!("{m}/{d}/{y}"), DateOrder::MonthFirst), (format!("{name} {d}, {y}"), DateOrder::DayFirst),
                (format!("{d} {name} {y}"), DateOrder::MonthFirst), (format!("{y}{m:02}{d:02}"), DateOrder::MonthFirst),
            ] {
                prop_assert_eq!(moment(&cell, order).expect("a date").map(|at| at.date()), Some(date), "{}", cell);
            }
        }

        /// No text makes the reader fall over.
        #[test]
        fn anything_is_a_day_or_a_sentence(text in "[\\PC0-9/.: -]{0,24}") {
            for order in DateOrder::ALL {
                if let Ok(Some(found)) = moment(&text, order) {
                    let _ = found.at(&Zone::utc());
                }
            }
            let _ = date_order([text.as_str()]);
        }
    }
}
