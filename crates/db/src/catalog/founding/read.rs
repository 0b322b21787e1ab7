//! Reads the list.

use super::{Asked, ListError, Place};

/// Reads a list. Lines that do not begin with `| S` are prose.
///
/// # Errors
/// [`ListError`] names the first row that cannot be read.
pub fn parse(text: &str) -> Result<Vec<Asked>, ListError> {
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with("| S"));
    rows.map(|(number, line)| row(line).map_err(|problem| ListError { line: number + 1, problem })).collect()
}

fn row(line: &str) -> Result<Asked, String> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let &[document, what, founding, written, note] = cells.as_slice() else {
        return Err(format!("{} cells, not 5", cells.len()));
    };
    if !matches!(document, "S0" | "S1" | "S2" | "S3" | "S4") {
        return Err(format!("no document {document:?}"));
    }
    let place = place(what, written).ok_or_else(|| format!("{written:?} is no place of a {what:?}"))?;
    Ok(Asked {
        document: document.to_owned(),
        what: what.to_owned(),
        founding: founding.to_owned(),
        written: written.to_owned(),
        place,
        note: note.to_owned(),
    })
}

fn place(what: &str, text: &str) -> Option<Place> {
    Some(match what {
        "table" => Place::Table(text.to_owned()),
        "enum" => Place::Enum(text.to_owned()),
        "queue" => Place::Queue(text.to_owned()),
        "label" => {
            let (name, label) = text.rsplit_once('.')?;
            Place::Label { name: name.to_owned(), label: label.to_owned() }
        }
        "column" => {
            let (path, data_type) = text.split_once(' ').map_or((text, None), |(path, rest)| (path, Some(rest)));
            let (table, column) = column_path(path)?;
            Place::Column { table, column, data_type: data_type.map(str::to_owned) }
        }
        "nullable" => {
            let (table, column) = column_path(text)?;
            Place::Nullable { table, column }
        }
        "default" => {
            let (path, value) = text.split_once(" = ")?;
            let (table, column) = column_path(path)?;
            Place::Default { table, column, value: value.to_owned() }
        }
        "statistics" => {
            let (path, target) = text.split_once(" = ")?;
            let (table, column) = column_path(path)?;
            Place::Statistics { table, column, target: target.parse().ok()? }
        }
        "setting" => {
            let (table, setting) = text.split_once(' ')?;
            let (option, value) = setting.split_once(" = ")?;
            Place::Setting { table: table.to_owned(), option: option.to_owned(), value: value.to_owned() }
        }
        "unique" => {
            let (head, columns, tail) = parts(text)?;
            Place::Unique { table: head.to_owned(), columns, predicate: predicate(tail).ok()? }
        }
        "index" => {
            let (head, columns, tail) = parts(text)?;
            let mut words = head.split(' ');
            let (table, name) = (words.next()?.to_owned(), words.next()?.to_owned());
            let (mut unique, mut method) = (false, "btree".to_owned());
            for word in words {
                if word == "unique" { unique = true } else { word.clone_into(&mut method) }
            }
            Place::Index { table, name, unique, method, columns, predicate: predicate(tail).ok()? }
        }
        "foreign key" if text.contains(" trigger ") => {
            let (table, name) = text.split_once(" trigger ")?;
            Place::Trigger { table: table.to_owned(), name: name.to_owned() }
        }
        "foreign key" => {
            let (table, columns, tail) = parts(text)?;
            let (to, on_delete) = tail.strip_prefix("-> ")?.split_once(" on delete ")?;
            Place::ForeignKey { table: table.to_owned(), columns, to: to.to_owned(), on_delete: on_delete.to_owned() }
        }
        "check" => {
            let (head, columns, _) = parts(text)?;
            let (table, name) = head.split_once(' ')?;
            Place::Check { table: table.to_owned(), name: name.to_owned(), columns }
        }
        _ => return None,
    })
}

/// `schema.table.column`
fn column_path(text: &str) -> Option<(String, String)> {
    let (table, column) = text.rsplit_once('.')?;
    table.contains('.').then(|| (table.to_owned(), column.to_owned()))
}

/// `head (a, lower(b)) tail`
fn parts(text: &str) -> Option<(&str, Vec<String>, &str)> {
    let (head, rest) = text.split_once(" (")?;
    let (mut depth, mut end) = (1, None);
    for (at, letter) in rest.char_indices() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            end = Some(at);
            break;
        }
    }
    let end = end?;
    let columns = rest[..end].split(", ").map(str::to_owned).collect();
    Some((head, columns, rest[end + 1..].trim()))
}

/// The condition after `where`; nothing at all is no condition, anything else is a mistake.
fn predicate(tail: &str) -> Result<Option<String>, &str> {
    match tail.strip_prefix("where ") {
        Some(condition) => Ok(Some(condition.to_owned())),
        None if tail.is_empty() => Ok(None),
        None => Err(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_says_nothing_is_named() {
        let error = parse("prose\n| S2 | index | idx | publishing.posts idx_posts_status | |").expect_err("no columns");
        assert_eq!(error.line, 2);
        assert!(parse("| S9 | table | t | a.b | |").is_err());
        assert!(parse("| S2 | colour | t | a.b | |").is_err());
        assert!(parse("| S2 | table | t |").is_err());
    }

    #[test]
    fn columns_may_be_expressions() {
        let (head, columns, tail) = parts("a.b name (lower(x), y) where z is null").expect("parts");
        assert_eq!((head, columns, tail), ("a.b name", vec!["lower(x)".into(), "y".into()], "where z is null"));
    }
}
