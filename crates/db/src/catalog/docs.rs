//! docs/schema.md: the catalog for people, with the founding documents' names beside ours.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::founding::{Asked, Place};
use super::{Catalog, Column, Index, Key, SCHEMAS, Table};

const HEAD: &str = "# The data model
Written by `rookery schema docs` from the database's own catalog and comments; change a comment in a migration, not this
file. A test fails when it is stale.

- A context is a schema. Every tenant table has `organization_id`, keys that begin with it and forced row-level
  security; the lines to `identity.organizations` are left out of the diagrams for that reason.
- The diagrams show keys and references; a table of another context stands there with its context's name.
- *Founding name* says what S0 to S4, the five founding documents, call a thing. Looking for a field of theirs? See
  [Where the founding documents' fields stand](#where-the-founding-documents-fields-stand).
- Times are `timestamptz` in UTC. NULL in a number from a network means that it was not reported.
";

/// The whole document.
pub fn markdown(catalog: &Catalog, list: &[Asked]) -> String {
    let mut out = String::from(HEAD);
    write(&mut out, catalog, list).expect("writing to a string cannot fail");
    out
}

fn write(out: &mut String, catalog: &Catalog, list: &[Asked]) -> fmt::Result {
    let names = Names::of(list);
    writeln!(out, "\n## Contexts\n")?;
    writeln!(out, "| Context | Tables | What for |\n|---|---|---|")?;
    for schema in SCHEMAS {
        let count = catalog.tables_of(schema).count();
        let comment = catalog.schemas.get(schema).and_then(Option::as_deref).unwrap_or_default();
        writeln!(out, "| [{schema}](#{schema}) | {count} | {} |", cell(comment))?;
    }
    writeln!(
        out,
        "| [the five documents](#where-the-founding-documents-fields-stand) | | their fields, in one list |"
    )?;
    for schema in SCHEMAS {
        context(out, catalog, schema, &names)?;
    }
    fields(out, list)
}

/// The founding documents' names, by our place.
struct Names<'a> {
    columns: BTreeMap<(&'a str, &'a str), Vec<String>>,
    tables: BTreeMap<&'a str, Vec<String>>,
    enums: BTreeMap<&'a str, Vec<String>>,
    indexes: BTreeMap<(&'a str, &'a str), Vec<String>>,
}

impl<'a> Names<'a> {
    fn of(list: &'a [Asked]) -> Self {
        let mut names = Self {
            columns: BTreeMap::new(),
            tables: BTreeMap::new(),
            enums: BTreeMap::new(),
            indexes: BTreeMap::new(),
        };
        for asked in list {
            let place = match &asked.place {
                Place::Column { table, column, .. } => names.columns.entry((table, column)).or_default(),
                Place::Table(table) => names.tables.entry(table).or_default(),
                Place::Enum(name) => names.enums.entry(name).or_default(),
                Place::Index { table, name, .. } => names.indexes.entry((table, name)).or_default(),
                _ => continue,
            };
            let name = format!("{} {}", asked.document, asked.founding);
            if !place.contains(&name) {
                place.push(name);
            }
        }
        names
    }
}

fn joined(names: Option<&Vec<String>>) -> String {
    names.map(|names| names.join(", ")).unwrap_or_default()
}

fn context(out: &mut String, catalog: &Catalog, schema: &str, names: &Names<'_>) -> fmt::Result {
    writeln!(out, "\n## {schema}")?;
    if let Some(comment) = catalog.schemas.get(schema).and_then(Option::as_deref) {
        writeln!(out, "{comment}")?;
    }
    diagram(out, catalog, schema)?;
    for table in catalog.tables_of(schema) {
        one_table(out, catalog, table, names)?;
    }
    let prefix = format!("{schema}.");
    let mut enums = catalog.enums.iter().filter(|(name, _)| name.starts_with(&prefix)).peekable();
    if enums.peek().is_some() {
        writeln!(out, "\n### Enums of {schema}\n\n| Enum | Values | Founding name |\n|---|---|---|")?;
        for (name, labels) in enums {
            writeln!(out, "| {name} | {} | {} |", labels.join(", "), joined(names.enums.get(name.as_str())))?;
        }
    }
    Ok(())
}

/// Keys and references of one context in Mermaid's language.
fn diagram(out: &mut String, catalog: &Catalog, schema: &str) -> fmt::Result {
    let entity = |name: &str| name.strip_prefix(&format!("{schema}.")).unwrap_or(name).replace('.', "_");
    writeln!(out, "\n```mermaid\nerDiagram")?;
    for table in catalog.tables_of(schema) {
        let primary: &[String] = table.primary_key().map_or(&[], |key| &key.columns);
        let refers = |column: &Column| table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        writeln!(out, "    {} {{", entity(&table.name))?;
        for column in &table.columns {
            let marks: Vec<&str> =
                [(primary.contains(&column.name), "PK"), (refers(column), "FK")].iter().filter_map(mark).collect();
            if !marks.is_empty() {
                // A type is one word there.
                let data_type = column.data_type.replace(['.', ' ', ','], "_");
                writeln!(out, "        {data_type} {} {}", column.name, marks.join(", "))?;
            }
        }
        writeln!(out, "    }}")?;
    }
    for table in catalog.tables_of(schema) {
        for key in &table.foreign_keys {
            let columns: Vec<&str> =
                key.columns.iter().map(String::as_str).filter(|column| *column != "organization_id").collect();
            if columns.is_empty() {
                continue;
            }
            let optional = columns.iter().any(|name| table.column(name).is_some_and(|column| column.nullable));
            let same = |index: &Index| {
                index.columns.len() == key.columns.len() && key.columns.iter().all(|c| index.columns.contains(c))
            };
            let mut indexes = table.indexes.iter();
            let single = indexes.any(|index| index.unique && index.predicate.is_none() && same(index));
            let (left, right) = (if optional { "|o" } else { "||" }, if single { "o|" } else { "o{" });
            let (to, from) = (entity(&key.to), entity(&table.name));
            writeln!(out, "    {to} {left}--{right} {from} : \"{}\"", columns.join(", "))?;
        }
    }
    writeln!(out, "```")
}

fn mark(&(is, mark): &(bool, &'static str)) -> Option<&'static str> {
    is.then_some(mark)
}

fn one_table(out: &mut String, catalog: &Catalog, table: &Table, names: &Names<'_>) -> fmt::Result {
    writeln!(out, "\n### {}", table.name)?;
    if let Some(comment) = &table.comment {
        writeln!(out, "{comment}")?;
    }
    let mut facts = Vec::new();
    if let Some(founding) = names.tables.get(table.name.as_str()) {
        facts.push(format!("Founding name: {}.", founding.join(", ")));
    }
    if table.row_security {
        facts.push("Rows of one organization (row-level security is forced).".to_owned());
    }
    if let Some(key) = &table.partitioned_by {
        facts.push(format!("Partitioned by {key}."));
    }
    if !table.options.is_empty() {
        let options: Vec<String> = table.options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        facts.push(format!("Storage: {}.", options.join(", ")));
    }
    if !facts.is_empty() {
        writeln!(out, "\n{}", facts.join(" "))?;
    }
    writeln!(out, "\n| Column | Type | Null | Default | What it is | Founding name |\n|---|---|---|---|---|---|")?;
    for column in &table.columns {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            column.name,
            cell(&column.data_type),
            if column.nullable { "yes" } else { "no" },
            code(&value(column)),
            cell(&comment(column)),
            joined(names.columns.get(&(table.name.as_str(), column.name.as_str()))),
        )?;
    }
    lists(out, catalog, table, names)
}

fn value(column: &Column) -> String {
    match (&column.default, &column.generated) {
        (_, Some(expression)) => format!("computed: {expression}"),
        (Some(expression), None) => expression.clone(),
        (None, None) if column.identity => "numbered".to_owned(),
        (None, None) => String::new(),
    }
}

fn comment(column: &Column) -> String {
    let text = column.comment.clone().unwrap_or_default();
    column.statistics.map_or_else(|| text.clone(), |target| format!("{text} Statistics target {target}."))
}

fn lists(out: &mut String, catalog: &Catalog, table: &Table, names: &Names<'_>) -> fmt::Result {
    let keys: Vec<_> = table.indexes.iter().filter_map(|index| Some((index, index.key?))).collect();
    if !keys.is_empty() {
        writeln!(out, "\nKeys:\n")?;
        for (index, key) in keys {
            let word = if key == Key::Primary { "primary" } else { "unique" };
            writeln!(out, "- `{}`: {word} ({})", index.name, index.columns.join(", "))?;
        }
    }
    if !table.foreign_keys.is_empty() {
        writeln!(out, "\nReferences:\n")?;
        for key in &table.foreign_keys {
            let (from, to) = (key.columns.join(", "), key.to_columns.join(", "));
            let target = link(&key.to, catalog);
            writeln!(out, "- `{}`: ({from}) → {target} ({to}), on delete {}", key.name, key.on_delete)?;
        }
    }
    if !table.checks.is_empty() {
        writeln!(out, "\nChecks:\n")?;
        for check in &table.checks {
            writeln!(out, "- `{}`: `{}`", check.name, check.definition)?;
        }
    }
    let indexes: Vec<_> = table.indexes.iter().filter(|index| index.key.is_none()).collect();
    if !indexes.is_empty() {
        writeln!(out, "\nIndexes:\n")?;
        for index in indexes {
            // The statement's beginning says only what the line says already.
            let body = index.definition.split_once(" USING ").map_or(index.definition.as_str(), |(_, body)| body);
            let unique = if index.unique { "unique " } else { "" };
            let founding = names.indexes.get(&(table.name.as_str(), index.name.as_str()));
            let founding = founding.map(|names| format!(" ({})", names.join(", "))).unwrap_or_default();
            writeln!(out, "- `{}`: {unique}`{body}`{founding}", index.name)?;
        }
    }
    Ok(())
}

/// Every founding field in the alphabet's order, so that a reader finds it by its own name.
fn fields(out: &mut String, list: &[Asked]) -> fmt::Result {
    writeln!(out, "\n## Where the founding documents' fields stand")?;
    writeln!(out, "Tables, columns and enums of S0 to S4 by their own names. What else they ask for (keys, indexes,")?;
    writeln!(out, "defaults, settings) is in crates/db/founding.md, which `rookery schema coverage` checks.\n")?;
    writeln!(out, "| Founding name | Document | Where | Note |\n|---|---|---|---|")?;
    let mut rows: Vec<(String, String)> = Vec::new();
    for asked in list {
        let place = match &asked.place {
            Place::Table(table) => format!("table {}", anchored(table)),
            Place::Column { table, column, .. } => format!("{}.{column}", anchored(table)),
            Place::Enum(name) => {
                let schema = name.split('.').next().unwrap_or_default();
                format!("enum [{name}](#enums-of-{schema})")
            }
            _ => continue,
        };
        let line = format!("| {} | {} | {place} | {} |", asked.founding, asked.document, asked.note);
        rows.push((format!("{}\0{}", asked.founding.to_lowercase(), asked.document), line));
    }
    // Stable: a field that became two columns keeps the list's order.
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, line) in rows {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn link(table: &str, catalog: &Catalog) -> String {
    if catalog.tables.contains_key(table) { anchored(table) } else { table.to_owned() }
}

/// A link to the table's heading: its anchor has no point.
fn anchored(table: &str) -> String {
    format!("[{table}](#{})", table.replace('.', ""))
}

/// Text that cannot end a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", cell(text)) }
}
