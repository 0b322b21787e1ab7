//! The `fields=` language: `id,comments.limit(0).summary(true),attachments{media_type,target{id}}`.

use serde_json::{Map, Value};

use super::error::GraphError;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 6;

/// One field that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub name: String,
    /// `limit(0)` and the like.
    pub modifiers: Vec<(String, String)>,
    pub sub: Vec<Field>,
}

impl Field {
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), modifiers: Vec::new(), sub: Vec::new() }
    }

    pub fn modifier(&self, name: &str) -> Option<&str> {
        self.modifiers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the list; an empty text is an empty list.
pub(crate) fn parse(text: &str) -> Result<Vec<Field>, GraphError> {
    let mut reader = Reader { rest: text };
    let fields = reader.list(0)?;
    if reader.rest.trim().is_empty() { Ok(fields) } else { Err(reader.error()) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn error(&self) -> GraphError {
        let near: String = self.rest.chars().take(20).collect();
        GraphError::new(2500, format!("Syntax error \"Expected end of string instead of \\\"{near}\\\".\" in fields"))
    }

    fn eat(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Field>, GraphError> {
        let mut fields = Vec::new();
        loop {
            let name = self.word();
            if name.is_empty() {
                break;
            }
            let mut field = Field::named(&name);
            while self.eat('.') {
                let modifier = self.word();
                let end = self.rest.find(')').filter(|_| self.rest.starts_with('(')).ok_or_else(|| self.error())?;
                field.modifiers.push((modifier, self.rest[1..end].to_owned()));
                self.rest = &self.rest[end + 1..];
            }
            if self.eat('{') {
                if depth == DEPTH_MAX {
                    return Err(self.error());
                }
                field.sub = self.list(depth + 1)?;
                if !self.eat('}') {
                    return Err(self.error());
                }
            }
            fields.push(field);
            if !self.eat(',') {
                break;
            }
        }
        Ok(fields)
    }
}

/// Keeps the sub-fields that were asked for, in lists too. Without sub-fields all is kept.
pub(crate) fn select(value: Value, sub: &[Field]) -> Value {
    if sub.is_empty() {
        return value;
    }
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|v| select(v, sub)).collect()),
        Value::Object(mut object) if object.get("data").is_some() => {
            let data = object.remove("data").unwrap_or_default();
            object.insert("data".into(), select(data, sub));
            Value::Object(object)
        }
        Value::Object(object) => {
            let wanted = |name: &str| sub.iter().find(|f| f.name == name);
            let kept: Map<String, Value> = object
                .into_iter()
                .filter_map(|(name, value)| {
                    let field = wanted(&name)?;
                    Some((name, select(value, &field.sub)))
                })
                .collect();
            Value::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_fields_with_modifiers_are_read() {
        let fields = parse("id,comments.limit(0).summary(true),attachments{media_type,target{id}}").expect("fields");
        assert_eq!(fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["id", "comments", "attachments"]);
        assert_eq!(fields[1].modifier("summary"), Some("true"));
        assert_eq!(fields[2].sub[1].sub, [Field::named("id")]);
        assert!(parse("id,picture{url").is_err());
        assert!(parse("id)").is_err());
    }

    #[test]
    fn only_what_was_asked_for_is_kept() {
        let value = json!({"data": [{"media_type": "photo", "target": {"id": "1", "url": "x"}, "url": "x"}]});
        let fields = parse("a{target{id}}").expect("fields");
        assert_eq!(select(value, &fields[0].sub), json!({"data": [{"target": {"id": "1"}}]}));
    }
}
