//! The table of content: how it is ordered and where a page begins. Pure.

use std::fmt;
use std::str::FromStr;

use rookery_kernel::{CursorError, Limit, Platform};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::content::ContentRow;
use crate::kpi::Range;

use super::model::{Filter, choices};
use super::ops::ContentTag;

/// An engagement rate counts in the order from this reach on, so that tiny posts do not win (spec 6.4).
pub const RATE_REACH_MIN: i64 = 100;

choices! {
    /// How content is ordered; what lacks the number comes last.
    ContentSort {
        /// Newest first.
        PublishedAt = "published_at",
        /// Most people reached first.
        Reach = "reach",
        /// Most views first.
        Views = "views",
        /// Most times shown first.
        Impressions = "impressions",
        /// Most reactions, comments and shares first.
        Engagement = "engagement",
        /// Best rate first; below a reach of 100 last.
        EngagementRate = "engagement_rate",
    }
}

/// Which content, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentQuery {
    /// Published on these days of the organization.
    pub range: Range,
    /// Of what.
    pub filter: Filter,
    /// All of these words occur in the text, in any letter case.
    pub search: Option<String>,
    /// Only our own posts.
    pub is_ours: bool,
    /// In which order.
    pub sort: ContentSort,
    /// Where the page begins.
    pub after: Option<ContentCursor>,
    /// Rows of a page.
    pub limit: Limit,
}

impl ContentQuery {
    /// Everything of a range, newest first.
    pub fn new(range: Range) -> Self {
        Self {
            range,
            filter: Filter::default(),
            search: None,
            is_ours: false,
            sort: ContentSort::PublishedAt,
            after: None,
            limit: Limit::default(),
        }
    }

    /// The words of the search as patterns.
    pub(super) fn patterns(&self) -> Vec<String> {
        let words = self.search.as_deref().unwrap_or_default().split_whitespace();
        let escaped = |word: &str| word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        words.take(10).map(|word| format!("%{}%", escaped(word))).collect()
    }
}

/// The last row of a page: the number it was ordered by, and its key. Opaque to clients, and good for one order only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContentCursor {
    pub(super) sort: ContentSort,
    pub(super) value: f64,
    pub(super) key: i64,
}

impl ContentCursor {
    /// The order that it belongs to.
    pub const fn sort(&self) -> ContentSort {
        self.sort
    }
}

// A value is compared by its bits: it goes back and forth unchanged.
impl Eq for ContentCursor {}

impl fmt::Display for ContentCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = ContentSort::ALL.iter().position(|sort| *sort == self.sort).unwrap_or(0);
        write!(f, "{place:x}{:016x}{:016x}", self.value.to_bits(), self.key)
    }
}

impl FromStr for ContentCursor {
    type Err = CursorError;

    fn from_str(s: &str) -> Result<Self, CursorError> {
        let part = |from: usize, to: usize| s.get(from..to).ok_or(CursorError);
        let number = |text: &str| u64::from_str_radix(text, 16).map_err(|_| CursorError);
        if s.len() != 33 || !s.is_ascii() {
            return Err(CursorError);
        }
        let place = usize::from_str_radix(part(0, 1)?, 16).map_err(|_| CursorError)?;
        let value = f64::from_bits(number(part(1, 17)?)?);
        if value.is_nan() {
            return Err(CursorError);
        }
        let sort = *ContentSort::ALL.get(place).ok_or(CursorError)?;
        Ok(Self { sort, value, key: number(part(17, 33)?)?.cast_signed() })
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableRow {
    /// The content and its newest numbers.
    pub content: ContentRow,
    /// What its account is called.
    pub account: String,
    /// Its network.
    pub platform: Platform,
    /// Its tags.
    pub tags: Vec<ContentTag>,
}

/// A page of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentTable {
    /// The rows.
    pub rows: Vec<TableRow>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<ContentCursor>,
}

/// Ids of content, for statements.
pub(super) fn ids(rows: &[ContentRow]) -> Vec<Uuid> {
    rows.iter().map(|row| row.id.uuid()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire_and_refuses_noise() {
        for (sort, value, key) in [
            (ContentSort::PublishedAt, 1_767_225_600_123_456.0, 7),
            (ContentSort::EngagementRate, f64::NEG_INFINITY, -3),
            (ContentSort::Reach, 0.0, i64::MAX),
        ] {
            let cursor = ContentCursor { sort, value, key };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        let nan = format!("0{:016x}{:016x}", f64::NAN.to_bits(), 1);
        for noise in ["", "nonsense", "9", &"f".repeat(33), &"é".repeat(17), nan.as_str()] {
            assert_eq!(noise.parse::<ContentCursor>(), Err(CursorError), "{noise}");
        }
    }

    #[test]
    fn searches_take_signs_as_they_are() {
        let range = Range::last(7, "2026-03-09".parse().expect("a date")).expect("a range");
        let query = ContentQuery { search: Some(" 100%  low_tide ".into()), ..ContentQuery::new(range) };
        assert_eq!(query.patterns(), ["%100\\%%", "%low\\_tide%"]);
    }
}
