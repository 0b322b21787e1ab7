//! What the founding documents ask for, and whether a catalog has it.
//!
//! The list is `founding.md`, a table that people read and mend by hand. Each row names its document (S0 to S4), the
//! kind of thing, the document's own name for it and the place where it stands here.

mod read;

use std::collections::BTreeSet;

use super::{Catalog, Index, Table};

pub use read::parse;

const LIST: &str = include_str!("../../founding.md");

/// One thing that a document asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// S0, S1, S2, S3 or S4.
    pub document: String,
    /// Word of the list's second column.
    pub what: String,
    /// The document's name for it.
    pub founding: String,
    /// The place as the list writes it.
    pub written: String,
    /// The place, understood.
    pub place: Place,
    /// Why it stands there in this form.
    pub note: String,
}

/// Where a thing has to stand, and what has to hold for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A table, `schema.table`.
    Table(String),
    /// A column, with its type if the document fixes one.
    Column {
        /// `schema.table`.
        table: String,
        /// The column.
        column: String,
        /// Short spelling, as in [`super::Column::data_type`].
        data_type: Option<String>,
    },
    /// A column that may be NULL.
    Nullable {
        /// `schema.table`.
        table: String,
        /// The column.
        column: String,
    },
    /// A column's default.
    Default {
        /// `schema.table`.
        table: String,
        /// The column.
        column: String,
        /// SQL, casts left out.
        value: String,
    },
    /// An enum type, `schema.name`.
    Enum(String),
    /// A value of an enum.
    Label {
        /// `schema.name`.
        name: String,
        /// The value.
        label: String,
    },
    /// A primary or unique key over exactly these columns; `organization_id` may be one more.
    Unique {
        /// `schema.table`.
        table: String,
        /// Columns or expressions, in any order.
        columns: Vec<String>,
        /// SQL of a partial key.
        predicate: Option<String>,
    },
    /// A named index that begins with these columns; `organization_id` may stand before them.
    Index {
        /// `schema.table`.
        table: String,
        /// Its name.
        name: String,
        /// Whether it has to be unique.
        unique: bool,
        /// `btree`, `gin`.
        method: String,
        /// Columns or expressions, in order.
        columns: Vec<String>,
        /// SQL of a partial index.
        predicate: Option<String>,
    },
    /// A reference.
    ForeignKey {
        /// `schema.table` that refers.
        table: String,
        /// Its columns besides `organization_id`.
        columns: Vec<String>,
        /// `schema.table` referred to.
        to: String,
        /// `cascade`, `restrict`, `set null`, `no action`.
        on_delete: String,
    },
    /// A trigger that holds a rule which a key cannot.
    Trigger {
        /// `schema.table`.
        table: String,
        /// Its name.
        name: String,
    },
    /// A named check that reads these columns.
    Check {
        /// `schema.table`.
        table: String,
        /// Its name.
        name: String,
        /// Columns.
        columns: Vec<String>,
    },
    /// A storage option.
    Setting {
        /// `schema.table`.
        table: String,
        /// Its name.
        option: String,
        /// Its value.
        value: String,
    },
    /// A statistics target.
    Statistics {
        /// `schema.table`.
        table: String,
        /// The column.
        column: String,
        /// Number of sampled values.
        target: i32,
    },
    /// A row of `jobs.queues`.
    Queue(String),
}

/// A row of the list that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("founding.md, line {line}: {problem}; a row is | document | what | founding name | place | note |")]
pub struct ListError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// Something asked for that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The row of the list.
    pub asked: Asked,
    /// What the catalog has instead.
    pub why: String,
}

/// How many things a document asks for, and how many are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// S0, S1, S2, S3 or S4.
    pub document: String,
    /// Word of the list's second column.
    pub what: String,
    /// Rows of the list.
    pub asked: usize,
    /// Rows that hold.
    pub there: usize,
}

/// The list held against a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Per document and kind of thing, in the order of the list.
    pub sums: Vec<Sum>,
    /// In the order of the list.
    pub missing: Vec<Missing>,
}

/// The list in this program.
///
/// # Errors
/// [`ListError`] names the first row that cannot be read.
pub fn list() -> Result<Vec<Asked>, ListError> {
    parse(LIST)
}

/// Holds a list against a catalog.
pub fn check(catalog: &Catalog, list: &[Asked]) -> Coverage {
    let mut coverage = Coverage { sums: Vec::new(), missing: Vec::new() };
    for asked in list {
        let problem = asked.place.problem(catalog);
        let at = coverage.sums.iter().position(|s| s.document == asked.document && s.what == asked.what);
        let at = at.unwrap_or_else(|| {
            let (document, what) = (asked.document.clone(), asked.what.clone());
            coverage.sums.push(Sum { document, what, asked: 0, there: 0 });
            coverage.sums.len() - 1
        });
        coverage.sums[at].asked += 1;
        match problem {
            None => coverage.sums[at].there += 1,
            Some(why) => coverage.missing.push(Missing { asked: asked.clone(), why }),
        }
    }
    coverage
}

impl Coverage {
    /// Nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

impl Place {
    /// Whether a key over such columns is the one asked for, whatever its name.
    pub fn is_met_by_key(index: &Index, columns: &[String], predicate: Option<&str>) -> bool {
        let plain = |columns: &[String]| -> BTreeSet<String> {
            columns.iter().map(|column| normal(column)).filter(|column| column != "organization_id").collect()
        };
        index.unique
            && index.valid
            && plain(&index.columns) == plain(columns)
            && index.predicate.as_deref().map(normal) == predicate.map(normal)
    }

    /// Why the catalog does not have it; `None` if it does.
    pub fn problem(&self, catalog: &Catalog) -> Option<String> {
        match self {
            Self::Table(table) => found(catalog, table).err(),
            Self::Column { table, column, data_type } => match found_column(catalog, table, column) {
                Err(problem) => Some(problem),
                Ok(there) => data_type
                    .as_ref()
                    .filter(|asked| **asked != there.data_type)
                    .map(|asked| format!("its type is {}, not {asked}", there.data_type)),
            },
            Self::Nullable { table, column } => match found_column(catalog, table, column) {
                Err(problem) => Some(problem),
                Ok(there) => (!there.nullable).then(|| "it may not be NULL".to_owned()),
            },
            Self::Default { table, column, value } => match found_column(catalog, table, column) {
                Err(problem) => Some(problem),
                Ok(there) => match &there.default {
                    None => Some("it has no default".to_owned()),
                    Some(default) if normal(default) == normal(value) => None,
                    Some(default) => Some(format!("its default is {default}")),
                },
            },
            Self::Statistics { table, column, target } => match found_column(catalog, table, column) {
                Err(problem) => Some(problem),
                Ok(there) if there.statistics == Some(*target) => None,
                Ok(there) => Some(match there.statistics {
                    None => "no statistics target is set".to_owned(),
                    Some(other) => format!("the statistics target is {other}"),
                }),
            },
            Self::Enum(name) => (!catalog.enums.contains_key(name)).then(|| format!("there is no enum {name}")),
            Self::Label { name, label } => match catalog.enums.get(name) {
                None => Some(format!("there is no enum {name}")),
                Some(labels) => (!labels.contains(label)).then(|| format!("its values are {}", labels.join(", "))),
            },
            Self::Unique { table, columns, predicate } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => {
                    let mut keys = table.indexes.iter();
                    let met = keys.any(|index| Self::is_met_by_key(index, columns, predicate.as_deref()));
                    (!met).then(|| "no unique key has these columns".to_owned())
                }
            },
            Self::Index { table, name, .. } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => match table.indexes.iter().find(|index| index.name == *name) {
                    None => Some(format!("there is no index {name}")),
                    Some(index) => self.index_problem(index),
                },
            },
            Self::ForeignKey { table, columns, to, on_delete } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => foreign_key_problem(table, columns, to, on_delete),
            },
            Self::Trigger { table, name } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => (!table.triggers.contains(name)).then(|| format!("there is no trigger {name}")),
            },
            Self::Check { table, name, columns } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => match table.checks.iter().find(|check| check.name == *name) {
                    None => Some(format!("there is no check {name}")),
                    Some(check) => {
                        let mut asked = columns.iter();
                        let unread = asked.find(|column| !check.columns.contains(column));
                        unread.map(|column| format!("it does not read {column}: {}", check.definition))
                    }
                },
            },
            Self::Setting { table, option, value } => match found(catalog, table) {
                Err(problem) => Some(problem),
                Ok(table) => match table.options.get(option) {
                    None => Some(format!("{option} is not set")),
                    Some(there) => (there != value).then(|| format!("{option} is {there}")),
                },
            },
            Self::Queue(name) => (!catalog.queues.contains(name)).then(|| format!("there is no queue {name}")),
        }
    }

    fn index_problem(&self, index: &Index) -> Option<String> {
        let Self::Index { unique, method, columns, predicate, .. } = self else { return None };
        let there: Vec<String> = index.columns.iter().map(|column| normal(column)).collect();
        let asked: Vec<String> = columns.iter().map(|column| normal(column)).collect();
        let after_tenant = there.strip_prefix(&["organization_id".to_owned()]).unwrap_or(&there);
        if !index.valid {
            Some("it is not valid; drop it and make it again".to_owned())
        } else if !there.starts_with(&asked) && !after_tenant.starts_with(&asked) {
            Some(format!("its columns are ({})", index.columns.join(", ")))
        } else if index.method != *method {
            Some(format!("it is a {} index", index.method))
        } else if *unique && !index.unique {
            Some("it is not unique".to_owned())
        } else if index.predicate.as_deref().map(normal) != predicate.as_deref().map(normal) {
            Some(format!("its condition is {}", index.predicate.as_deref().unwrap_or("not there")))
        } else {
            None
        }
    }
}

fn found<'a>(catalog: &'a Catalog, table: &str) -> Result<&'a Table, String> {
    catalog.tables.get(table).ok_or_else(|| format!("there is no table {table}"))
}

fn found_column<'a>(catalog: &'a Catalog, table: &str, column: &str) -> Result<&'a super::Column, String> {
    found(catalog, table)?.column(column).ok_or_else(|| format!("{table} has no column {column}"))
}

fn foreign_key_problem(table: &Table, columns: &[String], to: &str, on_delete: &str) -> Option<String> {
    let own = |key: &super::ForeignKey| -> Vec<String> {
        let more_than_tenant = key.columns.len() > 1;
        key.columns.iter().filter(|c| !(more_than_tenant && *c == "organization_id")).cloned().collect()
    };
    match table.foreign_keys.iter().find(|key| key.to == to && own(key) == columns) {
        None => Some(format!("no foreign key leads from these columns to {to}")),
        Some(key) => (key.on_delete != on_delete).then(|| format!("{} is on delete {}", key.name, key.on_delete)),
    }
}

/// An expression as it can be compared: without casts, brackets, quotes of names, spaces and case, which PostgreSQL adds as it likes.
fn normal(expression: &str) -> String {
    let mut text = String::with_capacity(expression.len());
    let mut rest = expression;
    while let Some(at) = rest.find("::") {
        text.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '"'))).unwrap_or(rest.len());
        rest = &rest[end..];
        for more in [" varying", " precision", "[]"] {
            rest = rest.strip_prefix(more).unwrap_or(rest);
        }
    }
    text.push_str(rest);
    text.retain(|c| !matches!(c, ' ' | '(' | ')' | '"'));
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_list_can_be_read() {
        let list = list().expect("the list is well-formed");
        for document in ["S0", "S1", "S2", "S3", "S4"] {
            assert!(list.iter().any(|asked| asked.document == document), "{document} asks for nothing");
        }
        let mut rows = BTreeSet::new();
        for asked in &list {
            let key = (&asked.document, &asked.what, &asked.founding, &asked.written);
            assert!(rows.insert(key), "twice in the list: {key:?}");
        }
    }

    #[test]
    fn expressions_are_compared_without_what_postgresql_adds() {
        assert_eq!(normal("status = 'scheduled'::publishing.post_status"), normal("status = 'scheduled'"));
        assert_eq!(normal("lower((name)::character varying)"), normal("lower(name)"));
        assert_eq!(normal("'{}'::text[]"), "'{}'");
        assert_ne!(normal("lower(name)"), normal("lower(title)"));
    }
}
