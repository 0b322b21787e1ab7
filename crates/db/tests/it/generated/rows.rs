//! Valid rows for any table, made from the catalog alone: parents first, values by type, and where a check
//! refuses them, values from a small pool that satisfy every check of the table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rookery_db::Error;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalog::OURS;

/// A row as JSON, column by column; PostgreSQL makes the types of it.
pub type Row = Map<String, Value>;

/// One column.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Column {
    pub name: String,
    /// The type's name without length, of the element for an array.
    kind: String,
    array: bool,
    labels: Option<Vec<String>>,
    /// Longest text.
    length: Option<usize>,
    pub required: bool,
    pub generated: bool,
    default: Option<String>,
}

/// A unique key: a constraint or an index.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Key {
    pub name: String,
    /// With those in its expressions and its predicate.
    pub columns: BTreeSet<String>,
    constraint: bool,
}

/// A check.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Check {
    pub name: String,
    pub columns: Vec<String>,
    pub expression: String,
}

/// A foreign key.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Reference {
    pub name: String,
    pub columns: Vec<String>,
    pub to: String,
    pub to_columns: Vec<String>,
}

/// One table.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub keys: Vec<Key>,
    pub checks: Vec<Check>,
    pub references: Vec<Reference>,
}

impl Table {
    pub fn column(&self, name: &str) -> &Column {
        self.columns.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("{}.{name} exists", self.name))
    }
}

const TABLES: &str = "
    select jsonb_build_object(
        'name', n.nspname || '.' || c.relname,
        'columns', (select jsonb_agg(jsonb_build_object(
                'name', a.attname, 'kind', coalesce(e.typname, b.typname, t.typname), 'array', e.oid is not null,
                'labels', (select jsonb_agg(enumlabel order by enumsortorder) from pg_enum
                    where enumtypid = coalesce(nullif(t.typelem, 0), nullif(t.typbasetype, 0), t.oid)),
                'length', case when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4 end,
                'required', a.attnotnull, 'generated', a.attgenerated <> '',
                'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end) order by a.attnum)
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
            left join pg_type b on b.oid = t.typbasetype
            left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
        'keys', (select coalesce(jsonb_agg(jsonb_build_object(
                'name', ic.relname,
                'constraint', exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u')),
                'columns', (select jsonb_agg(attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and (
                    a.attnum = any (i.indkey::int2[]) or exists (select from pg_depend p
                        where p.classid = 'pg_class'::regclass and p.objid = i.indexrelid
                            and p.refclassid = 'pg_class'::regclass and p.refobjid = c.oid
                            and p.refobjsubid = a.attnum)))) order by ic.relname), '[]')
            from pg_index i join pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid and i.indisunique),
        'checks', (select coalesce(jsonb_agg(jsonb_build_object(
                'name', k.conname, 'expression', pg_get_expr(k.conbin, k.conrelid),
                'columns', (select jsonb_agg(a.attname) from pg_attribute a
                    where a.attrelid = c.oid and a.attnum = any (k.conkey))) order by k.conname), '[]')
            from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'),
        'references', (select coalesce(jsonb_agg(jsonb_build_object(
                'name', k.conname,
                'to', (select fn.nspname || '.' || fc.relname from pg_class fc
                    join pg_namespace fn on fn.oid = fc.relnamespace where fc.oid = k.confrelid),
                'columns', (select jsonb_agg(a.attname order by x.n) from unnest(k.conkey) with ordinality x(num, n)
                    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.num),
                'to_columns', (select jsonb_agg(a.attname order by x.n) from unnest(k.confkey) with ordinality x(num, n)
                    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.num)) order by k.conname), '[]')
            from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname ~ $1 and n.nspname <> 'rookery' and c.relkind in ('r', 'p') and not c.relispartition
    order by n.nspname, c.relname";

/// Values that no type tells: the table (or `*`), the column, the value.
const HINTS: [(&str, &str, &str); 1] = [("analytics.tags", "color", "#1f6f5c")];

/// 2026-03-02T09:00:00Z, when all rows are made, give or take some seconds.
const SECONDS: i64 = 1_772_442_000;

/// 2026-03-02 as a Julian day, which PostgreSQL reads with a J before it.
const MONDAY: u64 = 2_461_102;

/// Candidates of one check are tried in all combinations up to this many, in pairs beyond.
const ALL_COMBINATIONS: usize = 4_000;

/// The tables of the catalog and the rows made so far.
pub struct Rows {
    pub tables: BTreeMap<String, Table>,
    made: HashMap<(String, String), Row>,
    defaults: HashMap<String, Row>,
    count: u64,
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
        Self {
            tables: tables.map(|t| (t.name.clone(), t)).collect(),
            made: HashMap::new(),
            defaults: HashMap::new(),
            count: 0,
            apart: false,
        }
    }

    pub fn table(&self, name: &str) -> Table {
        self.tables.get(name).unwrap_or_else(|| panic!("{name} is one of our tables")).clone()
    }

    fn next(&mut self) -> u64 {
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
        first_where(connection, table, &all.join(" and "), candidates).await.unwrap_or_else(|| {
            panic!("{}: none of {tried} rows satisfies the checks on {refused:?}; give a hint", table.name)
        })
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

impl Column {
    /// A value of the type, another for each `n`.
    fn value(&self, n: u64) -> Value {
        if self.array {
            return json!([]);
        }
        if let Some(labels) = &self.labels {
            return json!(labels[n as usize % labels.len()]);
        }
        match self.kind.as_str() {
            "text" | "varchar" | "bpchar" | "name" => {
                let text = format!("v{n}");
                json!(text[text.len().saturating_sub(self.length.unwrap_or(usize::MAX))..])
            }
            "uuid" => json!(format!("00000000-0000-7000-9000-{n:012x}")),
            "int2" | "int4" | "int8" => json!(n % 30_000),
            "numeric" | "float4" | "float8" => json!(0.5),
            "bool" => json!(false),
            "timestamptz" | "timestamp" => json!(instant(n as i64)),
            "date" => json!(format!("J{}", MONDAY + 7 * n)),
            "time" => json!("09:00"),
            "interval" => json!("1 hour"),
            "jsonb" | "json" => json!({}),
            "bytea" => json!(format!("\\x{n:064x}")),
            "inet" => json!("192.0.2.1"),
            other => panic!("column {}: no values of type {other} known", self.name),
        }
    }

    /// Values at the edges of the type and beyond what a check could allow, then those in the check's own text.
    fn candidates(&self, row: &Row, check: &str) -> Vec<Value> {
        let mut values = vec![row.get(&self.name).cloned().unwrap_or(Value::Null)];
        if !self.required {
            values.push(Value::Null);
        }
        if self.array {
            let element = Self { array: false, ..self.clone() };
            values.extend([0, 1, 2, 51, 5000].map(|n| json!((0..n).map(|_| element.value(1)).collect::<Vec<_>>())));
            return dedup(values);
        }
        if let Some(labels) = &self.labels {
            values.extend(labels.iter().map(|l| json!(l)));
            return dedup(values);
        }
        let literals = || check.split('\'').skip(1).step_by(2).map(|l| json!(l));
        let short = |v: &Value| v.as_str().is_none_or(|s| self.length.is_none_or(|most| s.chars().count() <= most));
        match self.kind.as_str() {
            "text" | "varchar" | "bpchar" | "name" => {
                let texts = ["", "x", "two words of plain text", "-Not A Slug-", "#12ab9f"];
                values.extend(texts.into_iter().map(|t| json!(t)).chain(literals()));
                values.push(json!("x".repeat(self.length.unwrap_or(70_000))));
            }
            "int2" => values.extend([-1, 0, 1, 2, 5, 101, 500, 32_767].map(|n| json!(n))),
            "int4" | "int8" => values.extend([-1, 0, 1, 2, 5, 101, 500, 2_000_000_000].map(|n| json!(n))),
            // Not more than the smallest precision in use holds.
            "numeric" | "float4" | "float8" => values.extend([-1.0, 0.0, 0.25, 1.0, 1.5, 9.0].map(|n| json!(n))),
            "bool" => values.extend([json!(true), json!(false)]),
            "timestamptz" | "timestamp" => values.extend([-86_400, 0, 86_400].map(|n| json!(instant(n)))),
            "date" => {
                values.extend(["2026-03-01", "2026-03-03"].map(|d| json!(d)));
                let days = row.values().filter_map(|v| v.as_str()?.strip_prefix('J')?.parse::<u64>().ok());
                values.extend(days.flat_map(|d| [d - 1, d + 1, d + 6]).map(|d| json!(format!("J{d}"))));
            }
            "jsonb" | "json" => {
                values.extend([json!({}), json!([]), json!("text"), json!(1), json!({ "x": "y".repeat(20_000) })]);
            }
            "bytea" => values
                .extend(["\\x".to_owned(), "\\x01".to_owned(), format!("\\x{}", "ab".repeat(32))].map(|b| json!(b))),
            "uuid" => values.extend(
                row.values()
                    .filter(|v| v.as_str().is_some_and(|s| s.len() == 36 && s.matches('-').count() == 4))
                    .cloned(),
            ),
            _ => {}
        }
        values.retain(short);
        dedup(values)
    }
}

fn instant(seconds: i64) -> String {
    let at = SECONDS + seconds;
    let (days, rest) = (at.div_euclid(86_400) - 20_513, at.rem_euclid(86_400));
    // Day 20,513 of the epoch is 2026-03-01; rows stay in that year's first months.
    let (month, day) = match days {
        ..0 => ("02", 29 + days),
        0..31 => ("03", days + 1),
        _ => ("04", days - 30),
    };
    format!("2026-{month}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn dedup(values: Vec<Value>) -> Vec<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique
}

/// Copies the key of `parent` into `row`.
pub fn refer(row: &mut Row, reference: &Reference, parent: &Row) {
    for (from, to) in reference.columns.iter().zip(&reference.to_columns) {
        row.insert(from.clone(), parent[to].clone());
    }
}

/// The row with every combination of the columns' candidates; with every pair's if those are too many.
fn combinations(row: &Row, columns: &[&Column], check: &str) -> Vec<Row> {
    let pools: Vec<Vec<Value>> = columns.iter().map(|c| c.candidates(row, check)).collect();
    let product = |over: &[usize]| {
        over.iter().fold(vec![row.clone()], |rows, &at| {
            let name = &columns[at].name;
            let with = |row: &Row, value: &Value| {
                let mut row = row.clone();
                row.insert(name.clone(), value.clone());
                row
            };
            rows.iter().flat_map(|row| pools[at].iter().map(move |value| with(row, value))).collect()
        })
    };
    let all: Vec<usize> = (0..columns.len()).collect();
    let size = pools.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul);
    if size.is_some_and(|size| size <= ALL_COMBINATIONS) {
        return product(&all);
    }
    let pairs = all.iter().flat_map(|&a| all.iter().filter(move |b| **b > a).map(move |&b| [a, b]));
    pairs.flat_map(|pair| product(&pair)).collect()
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
        let error = match insert(connection, &table.name, row).await {
            Ok(_) => return Err(format!("{}: {expected} let a row pass that breaks it", table.name)),
            Err(error) => error,
        };
        let Some(name) = error.constraint() else {
            return Err(format!("{}: {expected} was to be broken, but: {error:?}", table.name));
        };
        let name = name_of_parent(connection, name).await;
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

/// A partition's index has a name of its own; ours is that of the table.
pub async fn name_of_parent(connection: &mut PgConnection, name: &str) -> String {
    let parent: Option<String> = sqlx::query_scalar(
        "select p.relname::text from pg_inherits h join pg_class c on c.oid = h.inhrelid join pg_class p on p.oid = h.inhparent
         join pg_namespace n on n.oid = c.relnamespace where c.relname = $1 and c.relkind in ('i', 'I') and n.nspname ~ $2",
    )
    .bind(name)
    .bind(OURS)
    .fetch_optional(connection)
    .await
    .expect("the catalog answers");
    parent.unwrap_or_else(|| name.to_owned())
}
