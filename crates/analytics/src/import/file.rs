//! From the bytes of a file to its headings, and what they and the first rows tell. Pure.

use rookery_kernel::{Date, Zone};
use rookery_sheet::{DateOrder, Lines, NumberStyle, Separator, date_order, number_style};

use super::columns::{self, Field, Source};
use super::model::{FileError, Mapping};
use crate::daily::MetricBasis;

/// So many rows tell how numbers and days are written.
const SAMPLE: usize = 2_000;
/// The headings stand in one of the first lines; some exports begin with a sentence about themselves.
const HEADING_LINES: usize = 5;

/// What a file is.
pub(super) struct Found {
    pub separator: Separator,
    /// The line of the headings; rows are those after it.
    pub heading_line: u32,
    pub headings: Vec<String>,
    pub source: Source,
    pub mapping: Mapping,
    /// The first cells of the account's column, to recognize whose numbers these are.
    pub account: Option<String>,
}

/// Recognizes a file by its first rows. `yesterday` is what totals without a day stand under.
pub(super) fn found(text: &str, yesterday: Date, zone: &Zone) -> Result<Found, FileError> {
    let best = Separator::ALL
        .into_iter()
        .rev()
        .map(|separator| {
            let lines: Vec<_> = Lines::of(text, separator).take(HEADING_LINES).collect();
            let of = |n: &usize| (columns::recognized(&lines[*n].cells), lines[*n].cells.len());
            let line = (0..lines.len()).rev().max_by_key(of);
            (separator, line.map(|n| (of(&n), lines[n].clone())))
        })
        .filter_map(|(separator, line)| line.map(|(of, line)| (of, separator, line)))
        .max_by_key(|(of, ..)| *of);
    let Some((_, separator, heading)) = best else { return Err(FileError::Empty) };
    let headings = heading.cells;
    if headings.len() < 2 {
        let found: String = headings.join(", ").chars().take(200).collect();
        return Err(FileError::NoTable { found });
    }
    let rows: Vec<_> =
        Lines::of(text, separator).skip_while(|line| line.number <= heading.number).take(SAMPLE).collect();
    if rows.is_empty() {
        return Err(FileError::NoRows);
    }
    let (source, fields) = columns::recognize(&headings);
    let cells = |wanted: fn(Field) -> bool| {
        let at: Vec<usize> = (0..fields.len()).filter(|at| fields[*at].is_some_and(wanted)).collect();
        rows.iter().flat_map(move |row| at.clone().into_iter().filter_map(|at| row.cells.get(at).map(String::as_str)))
    };
    let numbers = number_style(cells(Field::is_number)).unwrap_or(match separator {
        // Where the comma stands in numbers, spreadsheets write semicolons.
        Separator::Semicolon => NumberStyle::Comma,
        Separator::Comma | Separator::Tab => NumberStyle::Point,
    });
    let dates = date_order(cells(|f| matches!(f, Field::PublishedAt | Field::Date))).unwrap_or(match numbers {
        NumberStyle::Point => DateOrder::MonthFirst,
        NumberStyle::Comma => DateOrder::DayFirst,
    });
    let account =
        cells(|f| f == Field::Account).find(|cell| !cell.trim().is_empty()).map(|cell| cell.trim().to_owned());
    let mapping = Mapping {
        fields,
        numbers,
        dates,
        basis: MetricBasis::Day,
        as_of: yesterday,
        time_zone: zone.name().to_owned(),
    };
    Ok(Found { separator, heading_line: heading.number, headings, source, mapping, account })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yesterday() -> Date {
        "2026-03-09".parse().expect("a date")
    }

    #[test]
    fn separator_headings_and_styles_are_found() {
        let text = "sep=;\nInhalte;Videotitel;Veröffentlichungszeitpunkt des Videos;Aufrufe;Wiedergabezeit (Stunden)\n\
                    a;\"zwei\nZeilen\";31.12.2025;1.234;12,5\n";
        let file = found(text, yesterday(), &Zone::utc()).expect("a table");
        assert_eq!((file.separator, file.heading_line, file.source), (Separator::Semicolon, 2, Source::Youtube));
        assert_eq!((file.mapping.numbers, file.mapping.dates), (NumberStyle::Comma, DateOrder::DayFirst));
        let text = "Performance of your updates\nPost title\tPost link\tCreated date\tImpressions\nx\thttps://x\t03/31/2026\t1,234\n";
        let file = found(text, yesterday(), &Zone::utc()).expect("a table");
        assert_eq!((file.separator, file.heading_line, file.source), (Separator::Tab, 2, Source::Linkedin));
        assert_eq!((file.mapping.numbers, file.mapping.dates), (NumberStyle::Point, DateOrder::MonthFirst));
    }

    #[test]
    fn what_is_no_table_says_so() {
        assert_eq!(found("", yesterday(), &Zone::utc()).err(), Some(FileError::Empty));
        assert!(matches!(found("hello\nworld\n", yesterday(), &Zone::utc()).err(), Some(FileError::NoTable { .. })));
        assert_eq!(found("Post id,Likes\n", yesterday(), &Zone::utc()).err(), Some(FileError::NoRows));
    }
}
