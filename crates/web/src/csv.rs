//! Rows of numbers as a file for spreadsheets: RFC 4180, UTF-8, one header row. What is not reported is an empty cell.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use rookery_sheet::{defused, write_line};

use crate::api::imports::attachment;

/// A file that grows row by row.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

/// A cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// What people wrote; an apostrophe goes before what a spreadsheet would compute.
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
        let texts = cells.iter().map(|cell| match cell {
            Cell::Text(text) => defused(text),
            Cell::Number(number) => number.map(|n| n.to_string()).unwrap_or_default(),
        });
        self.0.push_str(&write_line(texts));
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
