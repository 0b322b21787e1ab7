//! Pages of a list, by cursor and never by offset.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use crate::time::Timestamp;

/// One page of a list, newest or first rows first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were read with `limit.probe()`: one row more than asked for
    /// means that there is a next page.
    pub fn from_probe(mut rows: Vec<T>, limit: Limit, key: impl Fn(&T) -> (Timestamp, Uuid)) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next = more
            .then(|| {
                rows.last().map(|row| {
                    let (at, id) = key(row);
                    Cursor { at, id }
                })
            })
            .flatten();
        Self { items: rows, next }
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// How many rows a page holds: 1 to 100, 50 unless told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// Clamped to 1–100.
    pub fn new(rows: u16) -> Self {
        Self(rows.clamp(1, 100))
    }

    /// Rows on the page.
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// Rows to read: one more than shown, to know whether there is a next page.
    pub fn probe(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// A place in a list ordered by (time, id). Opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last row's time.
    pub at: Timestamp,
    /// The last row's id.
    pub id: Uuid,
}

/// Text that is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this server")]
pub struct CursorError;

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.at.to_jiff().as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl std::str::FromStr for Cursor {
    type Err = CursorError;
    fn from_str(s: &str) -> Result<Self, CursorError> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(s).ok().and_then(|b| b.try_into().ok()).ok_or(CursorError)?;
        let micros = i64::from_be_bytes(bytes[..8].try_into().map_err(|_| CursorError)?);
        let at = jiff::Timestamp::from_microsecond(micros).map_err(|_| CursorError)?;
        let id = Uuid::from_slice(&bytes[8..]).map_err(|_| CursorError)?;
        Ok(Self { at: Timestamp::from_jiff(at), id })
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire_and_refuses_noise() {
        let cursor = Cursor { at: Timestamp::from_millis(1_767_225_600_123), id: Uuid::from_u128(42) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("nonsense".parse::<Cursor>(), Err(CursorError));
    }

    #[test]
    fn one_row_more_than_asked_for_means_a_next_page() {
        let rows = |n: u16| (0..n).map(|i| (Timestamp::from_millis(i.into()), Uuid::nil())).collect::<Vec<_>>();
        assert!(Page::from_probe(rows(3), Limit::new(3), |r| *r).next.is_none());
        let page = Page::from_probe(rows(4), Limit::new(3), |r| *r);
        assert_eq!(page.items.len(), 3);
        assert_eq!(page.next.map(|c| c.at), Some(Timestamp::from_millis(2)));
    }
}
