//! What changed, column by column, without secrets.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The word that stands for a secret's old and new value.
const CHANGED: &str = "changed";

/// Collects `column → [old, new]` for an [`Entry`](super::Entry).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes(Map<String, Value>);

impl Changes {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A column's old and new value. Columns that kept their value are left out.
    #[must_use]
    pub fn set(mut self, column: &str, old: impl Serialize, new: impl Serialize) -> Self {
        let (old, new) = (value(old), value(new));
        if old != new {
            self.0.insert(column.to_owned(), json!([old, new]));
        }
        self
    }

    /// A column of a new row: its old value is null.
    #[must_use]
    pub fn new_value(self, column: &str, new: impl Serialize) -> Self {
        self.set(column, Value::Null, new)
    }

    /// A column whose value nobody may read: only that it changed is said.
    #[must_use]
    pub fn secret(mut self, column: &str) -> Self {
        self.0.insert(column.to_owned(), Value::from(CHANGED));
        self
    }

    /// A detail that is no column, such as the reason of a refusal.
    #[must_use]
    pub fn note(mut self, name: &str, detail: impl Serialize) -> Self {
        self.0.insert(name.to_owned(), value(detail));
        self
    }

    /// The columns in which two pictures of a row differ; no picture stands for a row that is not there. Of a
    /// hidden column only that it changed is said: what people wrote or are called must not outlive their row.
    #[must_use]
    pub fn between(before: Option<&Value>, after: Option<&Value>, hidden: &[&str]) -> Self {
        let none = Map::new();
        let fields = |image: Option<&'_ Value>| image.and_then(Value::as_object).cloned();
        let before = fields(before).unwrap_or_else(|| none.clone());
        let after = fields(after).unwrap_or(none);
        let mut changes = Self::new();
        for column in before.keys().chain(after.keys().filter(|c| !before.contains_key(*c))) {
            let (old, new) = (before.get(column), after.get(column));
            if column == "updated_at" || old.unwrap_or(&Value::Null) == new.unwrap_or(&Value::Null) {
                continue;
            }
            changes =
                if hidden.contains(&column.as_str()) { changes.secret(column) } else { changes.set(column, old, new) };
        }
        changes
    }

    /// Whether nothing changed, so that there is nothing to log.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Changes> for Value {
    fn from(changes: Changes) -> Self {
        Self::Object(changes.0)
    }
}

fn value(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or(Value::Null)
}

/// The belt to [`Changes::secret`]: blanks what stands under the name of a secret column, at any depth.
pub(super) fn redacted(changes: &Value) -> Value {
    match changes {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    let value = if is_secret(name) { Value::from(CHANGED) } else { redacted(value) };
                    (name.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(redacted).collect()),
        other => other.clone(),
    }
}

/// Columns that hold secrets or their digests (PUB-54), and the usual names of secrets in payloads.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("_enc")
        || name.ends_with("_hash")
        || ["password", "secret", "token", "access_token", "refresh_token", "api_key", "authorization"]
            .contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_kept_their_value_are_left_out() {
        let changes =
            Changes::new().set("name", "a", "a").set("status", "draft", "scheduled").new_value("note", None::<i32>);
        assert_eq!(Value::from(changes), json!({"status": ["draft", "scheduled"]}));
        assert!(Changes::new().set("n", 1, 1).is_empty());
    }

    #[test]
    fn two_pictures_give_what_differs_and_hide_what_is_personal() {
        let before = json!({"id": 1, "handle": "ann", "score": 0.5, "updated_at": 1});
        let after = json!({"id": 1, "handle": "bea", "score": 0.7, "updated_at": 2});
        let changes = Changes::between(Some(&before), Some(&after), &["handle"]);
        assert_eq!(Value::from(changes), json!({"handle": "changed", "score": [0.5, 0.7]}));
        let gone = Changes::between(Some(&json!({"id": 1, "note": null})), None, &[]);
        assert_eq!(Value::from(gone), json!({"id": [1, null]}));
        assert!(Changes::between(Some(&after), Some(&after), &[]).is_empty());
    }

    #[test]
    fn secrets_say_only_that_they_changed() {
        let changes = Changes::new().secret("password_hash").note("reason", "locked");
        assert_eq!(Value::from(changes), json!({"password_hash": "changed", "reason": "locked"}));
    }

    #[test]
    fn what_stands_under_a_secret_name_is_blanked_at_any_depth() {
        let leaky =
            json!({"key_hash": ["a", "b"], "access_token_enc": "c", "settings": [{"token": "d"}, {"name": "e"}]});
        let clean = json!({
            "key_hash": "changed", "access_token_enc": "changed", "settings": [{"token": "changed"}, {"name": "e"}],
        });
        assert_eq!(redacted(&leaky), clean);
    }
}
