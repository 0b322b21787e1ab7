//! CSV as people's spreadsheets write and read it: bytes to lines of cells, and cells that no spreadsheet takes for a
//! formula.

use std::borrow::Cow;

use serde_json::Value;

/// What stands between the cells of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, what spreadsheets write where the comma stands in numbers.
    Semicolon,
    /// A tab.
    Tab,
}

impl Separator {
    /// All of them; the first wins where two fit alike.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// Why bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// UTF-16, by its first two bytes.
    #[error("The file is written in UTF-16. Save it as \u{201c}CSV UTF-8\u{201d} and choose it again.")]
    Utf16,
    /// Bytes that are no UTF-8.
    #[error(
        "Line {line} is not UTF-8 text; the file was probably saved in another encoding. Save it as \u{201c}CSV UTF-8\u{201d} and choose it again."
    )]
    Encoding {
        /// The line, from 1.
        line: usize,
    },
    /// Zero bytes stand in no text: a picture, a workbook, an archive.
    #[error(
        "The file is no text (line {line} has a zero byte). Save the table as \u{201c}CSV UTF-8\u{201d}, not as a workbook."
    )]
    Binary {
        /// The line, from 1.
        line: usize,
    },
}

/// Line ends in bytes that may be no text.
fn line_ends(bytes: &[u8]) -> usize {
    bytes.split(|b| *b == b'\n').count() - 1
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// [`NotText`] with the line.
pub fn text(bytes: &[u8]) -> Result<&str, NotText> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotText::Utf16);
    }
    let line_of = |at: usize| 1 + line_ends(&bytes[..at]);
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err(NotText::Binary { line: line_of(at) });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| NotText::Encoding { line: line_of(e.valid_up_to()) })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The text of a file that networks wrote: UTF-8, or UTF-16 by its first two bytes.
///
/// # Errors
/// [`NotText`] with the line.
pub fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return text(bytes).map(Cow::Borrowed),
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    for unit in char::decode_utf16(units) {
        match unit {
            Ok('\0') => return Err(NotText::Binary { line: 1 + text.matches('\n').count() }),
            Ok(c) => text.push(c),
            Err(_) => return Err(NotText::Encoding { line: 1 + text.matches('\n').count() }),
        }
    }
    Ok(Cow::Owned(text))
}

/// A line of cells, and the line of the file in which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// As they were written, without their quotes.
    pub cells: Vec<String>,
}

impl Line {
    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// All lines, at most `most`; blank ones stay out.
pub fn lines(text: &str, separator: Separator, most: usize) -> Vec<Line> {
    Lines::of(text, separator).take(most).collect()
}

/// The lines of a text one by one, so that a large file never stands in memory twice; blank ones stay out.
pub struct Lines<'a> {
    text: &'a str,
    records: csv::StringRecordsIntoIter<&'a [u8]>,
    /// How far the lines are counted, and the number of the next one.
    seen: usize,
    number: usize,
}

impl std::fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<'a> Lines<'a> {
    /// The lines of a text.
    pub fn of(text: &'a str, separator: Separator) -> Self {
        // Spreadsheets accept, and sometimes write, a first line that names the separator.
        let (text, skipped) = match text.split_once('\n') {
            Some((first, rest)) if first.trim_end_matches('\r').len() == 5 && first.starts_with("sep=") => (rest, 1),
            _ => (text, 0),
        };
        let records = csv::ReaderBuilder::new()
            .delimiter(separator.byte())
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .into_records();
        Self { text, records, seen: 0, number: 1 + skipped }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            // The text is UTF-8 already and lines may have any length, so nothing can go wrong here.
            let Ok(record) = self.records.next()? else { continue };
            // The reader stands before the line ends that it has yet to skip; the row begins after them.
            let bytes = self.text.as_bytes();
            let at = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX)).min(bytes.len());
            let ends = bytes[at..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.number += line_ends(&bytes[self.seen..at + ends]);
            self.seen = at + ends;
            let line = Line {
                number: u32::try_from(self.number).unwrap_or(u32::MAX),
                cells: record.iter().map(str::to_owned).collect(),
            };
            if !line.is_blank() {
                return Some(line);
            }
        }
    }
}

/// The line in which a quotation begins that never ends: everything after it would be one cell.
pub fn open_quote(text: &str, separator: Separator) -> Option<u32> {
    #[derive(PartialEq)]
    enum At {
        Start,
        Plain,
        Quoted,
        AfterQuote,
    }
    let (mut at, mut line, mut opened) = (At::Start, 1, 0);
    for byte in text.bytes() {
        at = match (at, byte) {
            (At::Start, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::AfterQuote,
            (At::Quoted, _) | (At::AfterQuote, b'"') => At::Quoted,
            (At::Start | At::Plain | At::AfterQuote, b'\n' | b'\r') => At::Start,
            (At::Start | At::Plain | At::AfterQuote, b) if b == separator.byte() => At::Start,
            (At::Start | At::Plain | At::AfterQuote, _) => At::Plain,
        };
        line += u32::from(byte == b'\n');
    }
    (at == At::Quoted).then_some(opened)
}

/// Whether a spreadsheet would take a cell that begins like this for a formula, or drop its first character.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// A text as a cell that no spreadsheet computes: an apostrophe goes before what would begin a formula. So it does
/// before apostrophes that stand before such a beginning, so that [`restored`] gives every text back.
pub fn defused(text: &str) -> String {
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell that [`defused`] may have written.
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// A value as a cell: texts defused, lists of texts with `; ` between them (as JSON where that would not read back),
/// anything else as JSON. Nothing is an empty cell, and so is an empty text.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => defused(text),
        Value::Array(items) => match items.iter().map(plain_item).collect::<Option<Vec<_>>>() {
            Some(plain) => defused(&plain.join("; ")),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// A text that can stand in a list without quotes.
fn plain_item(item: &Value) -> Option<&str> {
    let text = item.as_str()?;
    let is_plain =
        !text.is_empty() && text.trim() == text && !text.contains([';', ',', '\n', '\r']) && !text.starts_with('[');
    is_plain.then_some(text)
}

/// The texts of a list: a JSON list, or texts with semicolons, line ends or (if `commas`) commas between them.
///
/// # Errors
/// A cell that begins like a JSON list and is none, in words.
pub fn items(cell: &str, commas: bool) -> Result<Vec<String>, String> {
    let cell = cell.trim();
    if cell.starts_with('[') {
        return serde_json::from_str(cell).map_err(|e| format!("it begins like a JSON list and is none ({e})"));
    }
    let between = |c: char| matches!(c, ';' | '\n' | '\r') || (commas && c == ',');
    Ok(cell.split(between).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

/// One line of a CSV file (RFC 4180: comma, quotes where needed, CRLF).
pub fn write_line<S: AsRef<[u8]>>(cells: impl IntoIterator<Item = S>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // A line in memory can always be written, and what goes in as UTF-8 comes out so.
    let written = writer.write_record(cells).ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8(written.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn cells(text: &str, separator: Separator) -> Vec<(u32, Vec<String>)> {
        lines(text, separator, usize::MAX).into_iter().map(|l| (l.number, l.cells)).collect()
    }

    fn line(number: u32, of: &[&str]) -> (u32, Vec<String>) {
        (number, of.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn lines_keep_the_number_of_the_line_they_begin_in() {
        let text = "a;b\r\n\"one\r\ntwo\";\"say \"\"hi\"\"\"\r\n\r\n ; \r\nlast;\r\n";
        let expected = vec![line(1, &["a", "b"]), line(2, &["one\r\ntwo", "say \"hi\""]), line(6, &["last", ""])];
        assert_eq!(cells(text, Separator::Semicolon), expected);
        assert_eq!(cells("sep=\t\na\tb\n1\t2", Separator::Tab), vec![line(2, &["a", "b"]), line(3, &["1", "2"])]);
        assert_eq!(lines("a\nb\nc", Separator::Comma, 2).len(), 2);
    }

    #[test]
    fn what_is_no_utf8_is_named_with_its_line() {
        assert_eq!(text("\u{feff}héllo".as_bytes()), Ok("héllo"));
        assert_eq!(text(b"\xff\xfea\0"), Err(NotText::Utf16));
        assert_eq!(text(b"a\nb\ngr\xfc\xdfe"), Err(NotText::Encoding { line: 3 }));
        assert_eq!(text(b"PK\x03\x04\n\0\0"), Err(NotText::Binary { line: 2 }));
        assert_eq!(text(b""), Ok(""));
        for little in [true, false] {
            let units = "\u{feff}h\u{e9}\n\u{1f9e1}".encode_utf16();
            let bytes: Vec<u8> = units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect();
            assert_eq!(decoded(&bytes).as_deref(), Ok("h\u{e9}\n\u{1f9e1}"));
        }
        assert_eq!(decoded(b"\xff\xfea\0\n\0\x00\xd8b\0"), Err(NotText::Encoding { line: 2 }));
    }

    #[test]
    fn a_quotation_without_end_is_found() {
        assert_eq!(open_quote("a,b\n\"one\ntwo\",x\ny,\"three\nfour,z\n", Separator::Comma), Some(4));
        assert_eq!(open_quote("a,\"say \"\"hi\"\"\"\nit's 5\" wide,b\n", Separator::Comma), None);
        assert_eq!(open_quote("a;\"b", Separator::Semicolon), Some(1));
    }

    #[test]
    fn formulas_are_defused_and_lists_read_back() {
        for bad in ["=1+1", "+49 40", "-x", "@cmd", "\tx", "\r=1", "＝1"] {
            assert!(defused(bad).starts_with('\''), "{bad:?}");
        }
        assert_eq!(
            (defused("plain"), defused("it's"), defused("'quoted'")),
            ("plain".into(), "it's".into(), "'quoted'".into())
        );
        assert_eq!(cell(&json!(["a", "b c"])), "a; b c");
        assert_eq!(cell(&json!(["@a", "b"])), "'@a; b");
        assert_eq!(cell(&json!(["a;b", "c"])), r#"["a;b","c"]"#);
        assert_eq!(
            (cell(&json!(-5)), cell(&json!(null)), cell(&json!({"a": 1}))),
            ("-5".into(), String::new(), r#"{"a":1}"#.into())
        );
        assert_eq!(items(" a ; b\nc;;", false), Ok(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(items("a, b", false), Ok(vec!["a, b".into()]));
        assert_eq!(items("a, b", true), Ok(vec!["a".into(), "b".into()]));
        assert!(items("[1, 2", true).is_err());
    }

    proptest! {
        #[test]
        fn every_cell_survives_writing_and_reading(
            rows in prop::collection::vec(prop::collection::vec("[\\PC\n\t\"';,=+@-]{0,20}", 3), 1..6),
        ) {
            let mut file = write_line(["a", "b", "c"]);
            for row in &rows {
                file.push_str(&write_line(row.iter().map(|text| defused(text))));
            }
            prop_assert_eq!(open_quote(&file, Separator::Comma), None);
            let read: Vec<Vec<String>> = lines(&file, Separator::Comma, usize::MAX)
                .into_iter().skip(1).map(|l| l.cells.iter().map(|c| restored(c).to_owned()).collect()).collect();
            let written: Vec<_> =
                rows.iter().filter(|row| row.iter().any(|c| !defused(c).trim().is_empty())).cloned().collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_written_text_begins_a_formula(text in "[\\PC\n\t\r'=+@-]{0,12}") {
            prop_assert!(!is_formula(&defused(&text)));
            let written = defused(&text);
            prop_assert_eq!(restored(&written), text.as_str());
        }

        #[test]
        fn lists_survive(list in prop::collection::vec("[\\PC;,\n\\[\\]=@ -]{0,10}", 0..5), commas in any::<bool>()) {
            let written = cell(&json!(list));
            let read = items(restored(&written), commas).expect("what was written reads back");
            prop_assert_eq!(read, list);
        }
    }
}
