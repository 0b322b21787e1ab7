//! Valid rows for any table, made from the catalog alone: parents first, values by type, and where a check
//! refuses them, values from a small pool that satisfy every check of the table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rookery_db::Error;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};

use super::shape::{Check, Column, Reference, Row, TABLES, Table};
use super::values::combinations;
use crate::catalog::OURS;

/// Values that no type tells: the table (or `*`), the column, the value.
const HINTS: [(&str, &str, &str); 9] = [
    ("analytics.tags", "color", "#1f6f5c"),
    // Rules belong to automatic tags.
    ("analytics.tags", "type", "auto"),
    ("analytics.stopwords", "language", "en"),
    // Six columns under checks have more combinations than are tried.
    ("analytics.metric_imports", "separator", "comma"),
    ("analytics.metric_imports", "source", "facebook"),
    ("analytics.metric_imports", "headings", "[]"),
    ("analytics.metric_imports", "mapping", "{}"),
    ("analytics.metric_imports", "state", "ready"),
    // Where reviews are required, a guard keeps unapproved publications from their way.
    ("identity.organizations", "review_required", "false"),
];

/// The tables of the catalog and the rows made so far.
pub struct Rows {
    pub tables: BTreeMap<String, Table>,
    made: HashMap<(String, String), Row>,
    defaults: HashMap<String, Row>,
    count: usize,
    /// New rows stay clear of the base rows' keys: parents of their own where a key allows a parent one row
    /// only, and no defaults.
    pub apart: bool,
}

impl Rows {
    /// Reads the catalog. Names come with their schema whatever the connection's search path was.
    pub async fn read(connection: &mut PgConnection) -> Self {
        sqlx::raw_sql("set search_path = pg_catalog; set timezone = 'UTC'; set app.audited = 'on'")
            .execute(&mut *connection)
            .await
            .expect("set");
        let tables: Vec<Value> =
            sqlx::query_scalar(TABLES).bind(OURS).fetch_all(connection).await.expect("the catalog answers");
        let tables = tables.into_iter().map(|t| serde_json::from_value::<Table>(t).expect("of this shape"));
        let mut tables: BTreeMap<String, Table> = tables.map(|t| (t.name.clone(), t)).collect();
        // A reference that is checked once for a statement (ADR 0010) is one of the catalog's triggers, not of its keys.
        let (table, key) = ("analytics.content_daily_metrics", ["organization_id", "content_key"].map(String::from));
        tables.get_mut(table).expect("it is one of our tables").references.push(Reference {
            name: "content_daily_metrics_content_fkey".to_owned(),
            to: "analytics.content".to_owned(),
            columns: key.to_vec(),
            to_columns: key.to_vec(),
        });
        Self { tables, made: HashMap::new(), defaults: HashMap::new(), count: 0, apart: false }
    }

    pub fn table(&self, name: &str) -> Table {
        self.tables.get(name).unwrap_or_else(|| panic!("{name} is one of our tables")).clone()
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    /// An id that no row has.
    pub fn uuid(&mut self) -> String {
        format!("00000000-0000-7000-8000-{:012x}", self.next())
    }

    /// Fills in `organization`'s row of `table`, one that is there or a new one; other rows may refer to it.
    pub async fn base(&mut self, connection: &mut PgConnection, table: &str, organization: &str) -> Row {
        let key = (table.to_owned(), organization.to_owned());
        if let Some(row) = self.made.get(&key) {
            return row.clone();
        }
        let of_organization = self.table(table).columns.iter().any(|c| c.name == "organization_id");
        let filter = if of_organization { format!("where organization_id = '{organization}'") } else { String::new() };
        let found: Option<Value> =
            sqlx::query_scalar(AssertSqlSafe(format!("select to_jsonb(t) from {table} t {filter} limit 1")))
                .fetch_optional(&mut *connection)
                .await
                .unwrap_or_else(|error| panic!("{table}: {error}"));
        let row = match found {
            Some(row) => object(row),
            None => self.insert_fresh(connection, table, organization).await,
        };
        self.made.insert(key, row.clone());
        row
    }

    /// Writes a row that shares no key with another.
    pub async fn insert_fresh(&mut self, connection: &mut PgConnection, table: &str, organization: &str) -> Row {
        let mut last = None;
        // A key of a few enum labels may be taken: the next labels then.
        let before = self.apart;
        for attempt in 0..50 {
            self.apart = attempt > 0;
            let row = Box::pin(self.fresh(connection, table, organization, &BTreeSet::new())).await;
            self.apart = before;
            match insert(connection, table, &row).await {
                Ok(row) => return row,
                Err(error) if error.sqlstate().as_deref() == Some("23505") => last = Some(error),
                Err(error) => panic!("{table}: {error:?}\n{row:?}"),
            }
        }
        panic!("{table}: no row with keys of its own: {last:?}");
    }

    /// A row that may be written: not yet in the table, its parents in theirs. Columns in `filled` have a value
    /// even where they need none, other columns their default or nothing.
    pub async fn fresh(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        organization: &str,
        filled: &BTreeSet<String>,
    ) -> Row {
        let table = self.table(table);
        let mut row = self.defaults(connection, &table).await;
        let n = self.next();
        for column in table.columns.iter().filter(|c| !c.generated) {
            let numbered = matches!(column.kind.as_str(), "int2" | "int4" | "int8" | "text" | "varchar");
            if self.apart && numbered && table.keys.iter().any(|k| k.columns.contains(&column.name)) {
                // The default would meet the row that has it already.
                row.remove(&column.name);
            }
            let wanted = column.required || filled.contains(&column.name);
            let hint = HINTS.iter().find(|(t, c, _)| (*t == table.name || *t == "*") && *c == column.name);
            if column.name == "organization_id" && wanted {
                row.insert(column.name.clone(), json!(organization));
            } else if let Some((.., value)) = hint {
                row.insert(column.name.clone(), json!(value));
            } else if wanted && row.get(&column.name).is_none_or(Value::is_null) {
                let value = if column.kind == "uuid" && !column.array { json!(self.uuid()) } else { column.value(n) };
                row.insert(column.name.clone(), value);
            }
        }
        for reference in &table.references {
            let set = |c: &String| filled.contains(c) || table.column(c).required;
            if !reference.columns.iter().all(set) {
                // A reference that is not needed refers to nothing.
                for c in reference.columns.iter().filter(|c| !table.column(c).required && !filled.contains(*c)) {
                    row.insert(c.clone(), Value::Null);
                }
            } else if reference.to != table.name
                || self.made.contains_key(&(table.name.clone(), organization.to_owned()))
            {
                let once = self.apart
                    && reference
                        .columns
                        .iter()
                        .any(|c| c != "organization_id" && table.keys.iter().any(|k| k.columns.contains(c)));
                let parent = if once {
                    Box::pin(self.insert_fresh(connection, &reference.to, organization)).await
                } else {
                    Box::pin(self.base(connection, &reference.to, organization)).await
                };
                refer(&mut row, reference, &parent);
            }
        }
        self.satisfy(connection, &table, row).await
    }

    /// The defaults of a table, except ids and numbers that the database gives.
    async fn defaults(&mut self, connection: &mut PgConnection, table: &Table) -> Row {
        if let Some(defaults) = self.defaults.get(&table.name) {
            return defaults.clone();
        }
        let pairs: Vec<String> = table
            .columns
            .iter()
            .filter_map(|c| c.default.as_ref().map(|d| (c, d)))
            .filter(|(_, d)| !d.contains("gen_random") && !d.contains("nextval"))
            .map(|(c, d)| format!("'{}', to_jsonb({d})", c.name))
            .collect();
        // One call takes a hundred arguments.
        let objects: Vec<String> = pairs.chunks(40).map(|p| format!("jsonb_build_object({})", p.join(", "))).collect();
        let sql = if objects.is_empty() {
            "select '{}'::jsonb".to_owned()
        } else {
            format!("select {}", objects.join(" || "))
        };
        let value = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await;
        let row = object(value.unwrap_or_else(|error| panic!("{}: {error}", table.name)));
        self.defaults.insert(table.name.clone(), row.clone());
        row
    }

    /// The row itself, or if a check refuses it, the first combination of candidates that all checks accept.
    async fn satisfy(&mut self, connection: &mut PgConnection, table: &Table, row: Row) -> Row {
        let mut refused: BTreeSet<&str> = BTreeSet::new();
        for check in &table.checks {
            if first_where(connection, table, &format!("({}) is false", check.expression), vec![row.clone()])
                .await
                .is_some()
            {
                refused.extend(check.columns.iter().map(String::as_str));
            }
        }
        if refused.is_empty() {
            return row;
        }
        let bound: BTreeSet<&String> = table.references.iter().flat_map(|r| &r.columns).collect();
        let free: Vec<&Column> =
            table.columns.iter().filter(|c| refused.contains(c.name.as_str()) && !bound.contains(&c.name)).collect();
        let text: String = table.checks.iter().map(|c| c.expression.as_str()).collect();
        let candidates = combinations(&row, &free, &text);
        let all: Vec<String> = table.checks.iter().map(|c| format!("({}) is not false", c.expression)).collect();
        let tried = candidates.len();
        if let Some(found) = first_where(connection, table, &all.join(" and "), candidates).await {
            return found;
        }
        // Of two references that exclude each other, one refers to nothing.
        let needless = |c: &&String| refused.contains(c.as_str()) && !table.column(c).required && !row[*c].is_null();
        let Some(column) = bound.into_iter().find(needless).cloned() else {
            panic!("{}: none of {tried} rows satisfies the checks on {refused:?}; give a hint", table.name)
        };
        let mut row = row;
        row.insert(column, Value::Null);
        Box::pin(self.satisfy(connection, table, row)).await
    }

    /// The row itself, or one like it, for which the condition and all checks hold.
    pub async fn fitting(
        &mut self,
        connection: &mut PgConnection,
        table: &Table,
        row: Row,
        condition: &str,
    ) -> Result<Row, String> {
        let named: BTreeSet<&String> =
            table.columns.iter().map(|c| &c.name).filter(|name| condition.contains(name.as_str())).collect();
        // What the checks want of other columns when these have their values.
        let joined =
            table.checks.iter().map(|c| &c.columns).filter(|columns| columns.iter().any(|c| named.contains(c)));
        let wanted: BTreeSet<&String> = joined.flatten().chain(named.iter().copied()).collect();
        let bound: BTreeSet<&String> = table.references.iter().flat_map(|r| &r.columns).collect();
        let free: Vec<&Column> = table
            .columns
            .iter()
            .filter(|c| !c.generated && wanted.contains(&c.name) && !bound.contains(&c.name))
            .collect();
        let mut all: Vec<String> = table.checks.iter().map(|c| format!("({}) is not false", c.expression)).collect();
        all.push(format!("({condition})"));
        let mut candidates = vec![row.clone()];
        candidates.extend(combinations(&row, &free, condition));
        let found = first_where(connection, table, &all.join(" and "), candidates).await;
        found.ok_or_else(|| format!("{}: no row fulfils {condition}; give a hint", table.name))
    }

    /// A row that breaks this check, made of a valid one; none if no candidate does.
    pub async fn breaking(
        &mut self,
        connection: &mut PgConnection,
        table: &Table,
        check: &Check,
        organization: &str,
    ) -> Option<Row> {
        let columns: BTreeSet<String> = check.columns.iter().cloned().collect();
        let row = Box::pin(self.fresh(connection, &table.name, organization, &BTreeSet::new())).await;
        let free: Vec<&Column> = table.columns.iter().filter(|c| columns.contains(&c.name)).collect();
        let candidates = combinations(&row, &free, &check.expression);
        first_where(connection, table, &format!("({}) is false", check.expression), candidates).await
    }
}

/// Copies the key of `parent` into `row`.
pub fn refer(row: &mut Row, reference: &Reference, parent: &Row) {
    for (from, to) in reference.columns.iter().zip(&reference.to_columns) {
        row.insert(from.clone(), parent[to].clone());
    }
}

async fn first_where(connection: &mut PgConnection, table: &Table, condition: &str, rows: Vec<Row>) -> Option<Row> {
    // Column names stand in the condition unqualified.
    let sql = format!(
        "select candidate__ from jsonb_array_elements($1) with ordinality given__(candidate__, at__),
             lateral jsonb_populate_record(null::{}, candidate__) row__
         where {condition} order by at__ limit 1",
        table.name
    );
    let rows = Value::Array(rows.into_iter().map(Value::Object).collect());
    let found: Option<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(rows)
        .fetch_optional(connection)
        .await
        .unwrap_or_else(|error| panic!("{}, {condition}: {error}", table.name));
    found.map(object)
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("not a row: {other}"),
    }
}

/// Writes a row in a savepoint of its own and gives back what stands in the table.
pub async fn insert(connection: &mut PgConnection, table: &str, row: &Row) -> Result<Row, Error> {
    let columns: Vec<String> = row.keys().map(|c| format!("\"{c}\"")).collect();
    let columns = columns.join(", ");
    let sql = format!(
        "insert into {table} as written ({columns}) overriding system value
         select {columns} from jsonb_populate_record(null::{table}, $1) returning to_jsonb(written)"
    );
    run(connection, "savepoint writing").await;
    let written =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(Value::Object(row.clone())).fetch_one(&mut *connection).await;
    let end = if written.is_ok() { "release savepoint writing" } else { "rollback to savepoint writing" };
    run(connection, end).await;
    written.map(object).map_err(Error::from)
}

/// Begins a transaction in which each statement is checked at its own end.
pub async fn begin(connection: &mut PgConnection) {
    run(connection, "begin; set constraints all immediate").await;
}

/// A statement that must work.
pub async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// Writes rows that break `expected` until that is what the database says. A rule that speaks first (another
/// key on the same columns, say) is dropped; the caller rolls all of it back.
pub async fn refused_by(
    connection: &mut PgConnection,
    table: &Table,
    row: &Row,
    expected: &str,
) -> Result<Error, String> {
    for _ in 0..20 {
        let Err(error) = insert(connection, &table.name, row).await else {
            return Err(format!("{}: {expected} let a row pass that breaks it", table.name));
        };
        let Some(name) = error.constraint() else {
            return Err(format!("{}: {expected} was to be broken, but: {error:?}", table.name));
        };
        if name == expected {
            return Ok(error);
        }
        let schema = table.name.split('.').next().unwrap_or_default();
        let key = table.keys.iter().find(|k| k.name == name);
        let sql = match key {
            Some(key) if !key.constraint => format!("drop index {schema}.\"{name}\""),
            _ => format!("alter table {} drop constraint \"{name}\" cascade", table.name),
        };
        run(connection, &sql).await;
    }
    Err(format!("{}: other rules than {expected} speak first", table.name))
}
