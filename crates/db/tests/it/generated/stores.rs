//! Every checked statement of the stores, called with another organization's ids: nothing is seen, nothing changes.
//!
//! The ids are those of rows that exist, the setting is the caller's own. A control with the owner's setting shows
//! that the same call does find them.

use std::collections::BTreeSet;
use std::path::Path;

use rookery_testkit::TestDb;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::rows::{Rows, run};
use super::shape::Table;
use super::tenancy::{OURS_ID, THEIRS, start};

/// A statement as the checked macros described it.
struct Statement {
    sql: String,
    parameters: Vec<Value>,
    has_columns: bool,
}

fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("descriptions").map(|f| f.expect("an entry").path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("readable");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let describe = &all["describe"];
        Statement {
            sql: all["query"].as_str().expect("the statement").to_owned(),
            parameters: describe["parameters"]["Left"].as_array().cloned().unwrap_or_default(),
            has_columns: describe["columns"].as_array().is_some_and(|columns| !columns.is_empty()),
        }
    };
    files.iter().map(read).collect()
}

/// The column that a statement compares with its `n`th parameter.
fn compared(sql: &str, n: usize) -> Option<&str> {
    let mark = format!("${n}");
    let at = sql.match_indices(&mark).map(|(at, _)| at).find(|at| {
        !sql[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit())
            && sql[..*at]
                .trim_end()
                .trim_end_matches(['('])
                .trim_end()
                .trim_end_matches("any")
                .trim_end()
                .ends_with('=')
    })?;
    let before = sql[..at].trim_end().trim_end_matches('(').trim_end().trim_end_matches("any").trim_end();
    let before = before.trim_end_matches(['=', '<', '>']).trim_end();
    before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty())
}

/// Splits at commas outside of parentheses.
fn items(list: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut items) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                items.push(list[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    items.push(list[begin..].trim());
    items
}

/// What stands between the first parenthesis and its partner, and the rest behind it.
fn parenthesized(text: &str) -> Option<(&str, &str)> {
    let begin = text.find('(')?;
    let mut depth = 0;
    let end = text[begin..].find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    })?;
    Some((&text[begin + 1..begin + end], &text[begin + end + 1..]))
}

fn parameter(item: &str) -> Option<usize> {
    let digits = item.strip_prefix('$')?;
    digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

/// The name that `unnest(…) as u (…)` gives to the `n`th parameter.
fn unnested(sql: &str, n: usize) -> Option<&str> {
    let (arguments, after) = parenthesized(&sql[sql.find("unnest(")?..])?;
    let place = items(arguments).iter().position(|item| parameter(item) == Some(n))?;
    items(parenthesized(after)?.0).get(place).copied()
}

/// The column that a statement fills with its `n`th parameter, be it directly or by way of `unnest`.
fn filled(sql: &str, n: usize) -> Option<&str> {
    let alias = unnested(sql, n);
    let is_it = |item: &&str| {
        let plain = item.split("::").next().unwrap_or_default();
        parameter(item) == Some(n) || alias.is_some() && plain.split_once('.').map(|(_, name)| name) == alias
    };
    // An insert stands alone, or as the part of a statement that is called `written`.
    let part = sql.split_once("written as (").map_or(sql, |(_, part)| part);
    let Some(insert) = part.trim_start().strip_prefix("insert into") else {
        // `set a = $2, b = u.c`
        let set = &sql[sql.find(" set")? + 4..];
        let pairs = items(set).into_iter().filter_map(|item| item.split_once('='));
        return pairs.map(|(column, item)| (column.trim(), item.trim())).find(|(_, item)| is_it(item)).map(|(c, _)| c);
    };
    let (columns, rest) = parenthesized(insert)?;
    let given = match rest.trim_start().strip_prefix("select") {
        Some(list) => &list[..list.find(" from ").or_else(|| list.find("\n             from "))?],
        None => parenthesized(rest)?.0,
    };
    let place = items(given).iter().position(is_it)?;
    items(columns).get(place).copied()
}

/// The type that a statement turns a column of its `unnest` into.
fn turned<'a>(sql: &'a str, alias: &str) -> Option<&'a str> {
    let sign = format!(".{alias}::");
    let rest = &sql[sql.find(&sign)? + sign.len()..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// A literal for a parameter: a value of `owner`'s rows where the statement compares it with a column or writes it to one.
async fn literal(
    connection: &mut PgConnection,
    rows: &mut Rows,
    statement: &Statement,
    tables: &[&Table],
    n: usize,
    (owner, organization): (&str, &str),
) -> String {
    let (kind, label) = match &statement.parameters[n - 1] {
        Value::String(kind) => (kind.clone(), None),
        custom => {
            let name = custom["Custom"]["name"].as_str().expect("a type").to_owned();
            (name, custom["Custom"]["kind"]["Enum"][0].as_str().map(str::to_owned))
        }
    };
    let (element, array) = kind.strip_suffix("Array").map_or((kind.as_str(), false), |element| (element, true));
    let (column, written) = match filled(&statement.sql, n) {
        Some(column) => (Some(column), true),
        None => (compared(&statement.sql, n), false),
    };
    let mut value = None;
    if column == Some("organization_id") {
        value = Some(organization.to_owned());
    } else if written && column == Some("id") {
        value = Some(rows.uuid());
    } else {
        for table in tables {
            let row = rows.base(connection, &table.name, owner).await;
            let name = column.or((element == "Uuid").then_some("id"));
            // Where the row has nothing, what its type allows.
            let typed = table.columns.iter().find(|c| Some(c.name.as_str()) == name).map(|c| c.value(7));
            let found = name.and_then(|c| row.get(c)).filter(|v| !v.is_null()).or(typed.as_ref());
            value = match found {
                Some(Value::String(text)) if element != "Uuid" || text.len() == 36 => Some(text.clone()),
                Some(Value::Number(number)) if element != "Uuid" => Some(number.to_string()),
                Some(Value::Bool(yes)) => Some(yes.to_string()),
                _ => None,
            };
            if value.is_some() {
                break;
            }
        }
    }
    // A text of an array that the statement turns into something else, as in `u.platform::accounts.platform`.
    let turned = unnested(&statement.sql, n).and_then(|alias| turned(&statement.sql, alias));
    let label = match turned {
        Some("jsonb") => Some("{}".to_owned()),
        Some(name) if label.is_none() && name.contains('.') => {
            let first = format!("select (enum_range(null::{name}))[1]::text");
            sqlx::query_scalar(AssertSqlSafe(first)).fetch_one(&mut *connection).await.ok()
        }
        _ => label,
    };
    let usual = match element {
        "Uuid" => THEIRS.to_owned(),
        "Timestamptz" => "2026-03-02T09:00:00Z".to_owned(),
        "Date" => "2026-03-02".to_owned(),
        "Int2" | "Int4" | "Int8" | "Float4" | "Float8" => "5".to_owned(),
        "Bool" => "true".to_owned(),
        "Jsonb" => "{}".to_owned(),
        "Bytea" => "\\x00".to_owned(),
        _ => label.unwrap_or_else(|| "x".to_owned()),
    };
    let value = value.unwrap_or(usual).replace('\'', "''");
    let sql_type = element.to_lowercase();
    if array { format!("array['{value}']::{sql_type}[]") } else { format!("'{value}'::{sql_type}") }
}

/// What a call did.
#[derive(Debug)]
enum Outcome {
    /// Rows it gave or touched, and what it showed.
    Done { count: u64, shown: String },
    /// Refused with this state.
    Refused { state: String, message: String },
}

async fn call(connection: &mut PgConnection, statement: &Statement, literals: &[String], setting: &str) -> Outcome {
    let mut sql = statement.sql.clone();
    for (n, literal) in literals.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", n + 1), literal);
    }
    run(connection, "savepoint calling; set local role rookery_api").await;
    run(connection, &format!("select identity.set_organization('{setting}')")).await;
    let nested = sql.trim_start().to_lowercase().starts_with("with");
    let done = if statement.has_columns && !nested {
        let wrapped = format!("with shown as ({sql}) select to_jsonb(shown)::text from shown");
        sqlx::query(AssertSqlSafe(wrapped)).fetch_all(&mut *connection).await.map(|rows| {
            let shown: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            (u64::try_from(shown.len()).unwrap_or(u64::MAX), shown.join("\n"))
        })
    } else {
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await;
        done.map(|done| (done.rows_affected(), String::new()))
    };
    match done {
        Ok((count, shown)) => {
            run(connection, "reset role").await;
            Outcome::Done { count, shown }
        }
        Err(error) => {
            run(connection, "rollback to savepoint calling").await;
            let database = error.as_database_error();
            let state = database.and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned();
            Outcome::Refused { state, message: error.to_string() }
        }
    }
}

/// Everything that our organization owns, as one digest.
async fn digest(connection: &mut PgConnection, tables: &[Table]) -> String {
    let parts: Vec<String> = tables
        .iter()
        .map(|t| format!("select md5(t::text) as d from {} t where organization_id = '{OURS_ID}'", t.name))
        .collect();
    let sql = format!("select md5(string_agg(d, '' order by d)) from ({}) all_rows", parts.join(" union all "));
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.expect("rows of ours")
}

#[tokio::test]
async fn every_statement_called_with_another_organizations_ids_finds_nothing() {
    let db = TestDb::new().await;
    let (mut connection, mut rows, tables) = start(&db).await;
    let connection = &mut connection;
    for table in &tables {
        run(connection, &format!("grant all on {} to rookery_api", table.name)).await;
    }
    let mut secret = BTreeSet::new();
    for table in &tables {
        let (ours, theirs) =
            (rows.base(connection, &table.name, OURS_ID).await, rows.base(connection, &table.name, THEIRS).await);
        let ids = |row: &super::shape::Row| -> BTreeSet<String> {
            row.values()
                .filter_map(Value::as_str)
                .filter(|v| v.len() == 36 && v.starts_with("00000000"))
                .map(str::to_owned)
                .collect()
        };
        secret.extend(ids(&ours).difference(&ids(&theirs)).cloned());
    }
    let before = digest(connection, &tables).await;
    let (mut called, mut found, mut problems) = (0, 0, Vec::new());
    for statement in statements() {
        let lower = statement.sql.to_lowercase();
        let mentioned: Vec<&Table> = tables.iter().filter(|t| mentions(&lower, &t.name)).collect();
        if mentioned.is_empty() {
            continue;
        }
        called += 1;
        // As the owner of the ids; with the caller's organization bound, and with the owner's bound by mistake.
        for (setting, bound) in [(OURS_ID, OURS_ID), (THEIRS, THEIRS), (THEIRS, OURS_ID)] {
            let mut literals = Vec::new();
            for n in 1..=statement.parameters.len() {
                literals.push(literal(connection, &mut rows, &statement, &mentioned, n, (OURS_ID, bound)).await);
            }
            run(connection, "savepoint one").await;
            let outcome = call(connection, &statement, &literals, setting).await;
            let after = digest(connection, &tables).await;
            run(connection, "rollback to savepoint one").await;
            if setting == OURS_ID {
                found += usize::from(matches!(outcome, Outcome::Done { count, .. } if count > 0));
                if let Outcome::Refused { state, message } = &outcome
                    && !state.starts_with("23")
                {
                    problems.push(format!("cannot be called: {message}\n{}\n{literals:?}", statement.sql));
                }
                continue;
            }
            match outcome {
                Outcome::Refused { state, .. } if state == "42501" || state.starts_with("23") => {}
                Outcome::Refused { message, .. } => problems.push(format!("{message}\n{}", statement.sql)),
                Outcome::Done { shown, .. } => {
                    if let Some(id) = secret.iter().find(|id| shown.contains(id.as_str())) {
                        problems.push(format!("shows {id} of another organization\n{}\n{shown}", statement.sql));
                    }
                }
            }
            if after != before {
                problems.push(format!("changes rows of another organization\n{}\n{literals:?}", statement.sql));
            }
        }
    }
    println!("{called} statements called with another organization's ids; {found} find something with their own");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n\n"));
    assert!(called > 90 && found > 55, "{called} called, {found} found something: the calls are not the real ones");
}

fn mentions(sql: &str, table: &str) -> bool {
    sql.match_indices(table)
        .any(|(at, _)| !sql[at + table.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}
