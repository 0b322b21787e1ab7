//! What is wrong with something that was sent to us.

use serde::Serialize;

/// One fault of one field, with a sentence for people and a word for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The field.
    pub field: &'static str,
    /// A stable word.
    pub code: &'static str,
    /// What is wrong, and what would be right if that is not said below.
    pub message: String,
    /// What to do, where the message does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Finding {
    /// A finding without a suggestion.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field, code, message: message.into(), suggestion: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn suggest(self, what: impl Into<String>) -> Self {
        Self { suggestion: Some(what.into()), ..self }
    }

    /// The same fault of another field.
    #[must_use]
    pub fn on(self, field: &'static str) -> Self {
        Self { field, ..self }
    }
}
