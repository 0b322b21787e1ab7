//! Rows of numbers as a file for spreadsheets: RFC 4180, UTF-8, one header row. What is not reported is an empty cell.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::api::imports::attachment;

/// A file that grows row by row.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

/// A cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// What people wrote. A spreadsheet would compute what begins with `=`, `+`, `-`, `@` or a tab: an apostrophe goes
    /// before it.
    Text(&'a str),
    /// A number; unknown is empty.
    Number(Option<f64>),
}

impl Csv {
    /// A file with its header.
    pub(crate) fn new(header: &[Cell<'_>]) -> Self {
        let mut csv = Self::default();
        csv.row(header);
        csv
    }

    /// One row more.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>]) {
        for (n, cell) in cells.iter().enumerate() {
            if n > 0 {
                self.0.push(',');
            }
            match cell {
                Cell::Number(Some(number)) => self.0.push_str(&number.to_string()),
                Cell::Number(None) => {}
                Cell::Text(text) => self.text(text),
            }
        }
        self.0.push_str("\r\n");
    }

    fn text(&mut self, text: &str) {
        let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
        if text.contains([',', '"', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(apostrophe);
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(apostrophe);
            self.0.push_str(text);
        }
    }

    /// The file, to be saved.
    pub(crate) fn respond(self, name: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        headers.insert(header::CONTENT_DISPOSITION, attachment(&format!("{name}.csv")));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        (headers, self.0).into_response()
    }
}

/// A count as a cell.
pub(crate) fn count(n: Option<i64>) -> Cell<'static> {
    Cell::Number(n.map(|n| n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_numbers_are_numbers_and_nothing_is_empty() {
        let mut csv = Csv::new(&[Cell::Text("text"), Cell::Text("n")]);
        for text in ["=1+1", "+49", "-x", "@me", "\tx", "a,b", "say \"hi\"", "two\nlines", "=\"x\""] {
            csv.row(&[Cell::Text(text), Cell::Number(Some(-5.0))]);
        }
        csv.row(&[Cell::Text(""), Cell::Number(None)]);
        csv.row(&[Cell::Text("ö"), Cell::Number(Some(0.0525))]);
        assert_eq!(
            csv.0,
            "text,n\r\n'=1+1,-5\r\n'+49,-5\r\n'-x,-5\r\n'@me,-5\r\n'\tx,-5\r\n\"a,b\",-5\r\n\"say \"\"hi\"\"\",-5\r\n\
             \"two\nlines\",-5\r\n\"'=\"\"x\"\"\",-5\r\n,\r\nö,0.0525\r\n"
        );
    }
}
