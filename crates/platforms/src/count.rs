//! Counts in answers: what is one, what only looks like one, and what stands in its place.

use std::cell::RefCell;

use serde_json::Value;

use crate::types::{OddField, OddKind};

/// Reads counts out of one object of an answer and remembers what stood where a count belongs.
#[derive(Debug)]
pub(crate) struct Counts<'a> {
    object: &'a Value,
    /// This network writes its counts as text, by its own documentation.
    is_text_usual: bool,
    odd: RefCell<Vec<OddField>>,
}

impl<'a> Counts<'a> {
    pub const fn of(object: &'a Value) -> Self {
        Self { object, is_text_usual: false, odd: RefCell::new(Vec::new()) }
    }

    /// For a network that documents its counts as text.
    pub fn of_texts(object: &'a Value) -> Self {
        Self { is_text_usual: true, ..Self::of(object) }
    }

    /// The count of this name.
    pub fn named(&self, name: &str) -> Option<i64> {
        self.read(name, self.object.get(name))
    }

    /// The count at this place, such as `/public_metrics/like_count`.
    pub fn at(&self, pointer: &str) -> Option<i64> {
        let name = pointer.rsplit('/').next().unwrap_or(pointer);
        self.read(name, self.object.pointer(pointer))
    }

    fn read(&self, name: &str, value: Option<&Value>) -> Option<i64> {
        let (count, kind) = count(value?);
        if let Some(kind) = kind.filter(|kind| !(self.is_text_usual && *kind == OddKind::Text)) {
            note(&mut self.odd.borrow_mut(), name, kind);
        }
        count
    }

    /// What was odd so far.
    pub fn into_odd(self) -> Vec<OddField> {
        self.odd.into_inner()
    }
}

/// Remembers a field once.
pub(crate) fn note(odd: &mut Vec<OddField>, name: &str, kind: OddKind) {
    if !odd.iter().any(|field| field.name == name && field.kind == kind) {
        odd.push(OddField { name: name.to_owned(), kind });
    }
}

/// A count of up to 64 bits, also one with a fraction of nothing, or written as text. Null is no count, and nothing is
/// odd about it.
pub(crate) fn count(value: &Value) -> (Option<i64>, Option<OddKind>) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and what is beyond is refused where it is stored"
    )]
    let number = |f: f64| f.round() as i64;
    let read = match value {
        Value::Null => return (None, None),
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().filter(|f| f.is_finite()).map(number)),
        Value::String(text) => {
            return text.trim().parse().map_or((None, Some(OddKind::Unreadable)), |n| (Some(n), Some(OddKind::Text)));
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    (read, read.is_none().then_some(OddKind::Unreadable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_count_is_named_and_what_is_text_is_read() {
        let answer = json!({
            "likes": 7, "views": 3.0, "shares": "12", "comments": "many", "saves": "1,234", "clicks": {"all": 1},
            "reach": null, "huge": u64::MAX, "below": -2, "is_hot": true,
        });
        let counts = Counts::of(&answer);
        let read =
            ["likes", "views", "shares", "comments", "saves", "clicks", "reach", "huge", "below", "is_hot", "none"]
                .map(|name| counts.named(name));
        assert_eq!(read, [Some(7), Some(3), Some(12), None, None, None, None, Some(i64::MAX), Some(-2), None, None]);
        assert_eq!(counts.at("/clicks/all"), Some(1));
        assert_eq!(counts.at("/comments"), None);
        let odd: Vec<_> = counts.into_odd().into_iter().map(|f| (f.name, f.kind)).collect();
        let (text, no) = (OddKind::Text, OddKind::Unreadable);
        let expected = [("shares", text), ("comments", no), ("saves", no), ("clicks", no), ("is_hot", no)];
        assert_eq!(odd, expected.map(|(name, kind)| (name.to_owned(), kind)), "each once, and null is nothing odd");

        let texts = Counts::of_texts(&answer);
        assert_eq!((texts.named("shares"), texts.named("comments")), (Some(12), None));
        assert_eq!(texts.into_odd(), [OddField { name: "comments".to_owned(), kind: no }]);
    }
}
