//! The live catalog of our schemas as plain values: what stands in the database, not what a migration meant.
//!
//! [`founding`] checks it against what the founding documents ask for, [`docs`] writes it down for people.

pub mod docs;
pub mod founding;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection as _, FromRow, PgConnection};
use tracing::instrument;

use crate::error::Error;

/// The contexts' schemas, in the order in which a reader meets them: a context comes after those it leans on.
pub const SCHEMAS: [&str; 10] = [
    "identity",
    "billing",
    "accounts",
    "publishing",
    "analytics",
    "engagement",
    "learning",
    "strategy",
    "governance",
    "jobs",
];

/// Everything that is kept of the catalog. Names are `schema.name`; orders are those of the database where it has
/// one (columns, labels) and the alphabet's elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Comment by schema, for the schemas that exist.
    pub schemas: BTreeMap<String, Option<String>>,
    /// Tables by name; a partition is not a table of its own.
    pub tables: BTreeMap<String, Table>,
    /// Labels by enum.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Names of the job queues: rows, but rows that the migrations make.
    pub queues: BTreeSet<String>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// `schema.table`.
    pub name: String,
    /// Its `COMMENT`.
    pub comment: Option<String>,
    /// `RANGE (column)` if it is partitioned.
    pub partitioned_by: Option<String>,
    /// Whether row-level security is forced.
    pub row_security: bool,
    /// In the order of the table.
    pub columns: Vec<Column>,
    /// With those behind primary and unique keys.
    pub indexes: Vec<Index>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// `CHECK` constraints.
    pub checks: Vec<Check>,
    /// Names of the triggers that the migrations make.
    pub triggers: BTreeSet<String>,
    /// Storage options (`fillfactor`, `autovacuum_…`) by name.
    pub options: BTreeMap<String, String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, in PostgreSQL's short spelling (`varchar(255)`, `timestamptz`).
    pub data_type: String,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// Expression of its default.
    pub default: Option<String>,
    /// Expression it is computed from.
    pub generated: Option<String>,
    /// Whether the database numbers the rows.
    pub identity: bool,
    /// Its `COMMENT`.
    pub comment: Option<String>,
    /// Statistics target, if one was set.
    pub statistics: Option<i32>,
}

/// One index; primary and unique keys are indexes too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, unique per schema.
    pub name: String,
    /// `btree`, `gin`, …
    pub method: String,
    /// Whether two rows may not be equal in it.
    pub unique: bool,
    /// The constraint of the same name that it serves.
    pub key: Option<Key>,
    /// Whether queries may use it; false after a build that failed.
    pub valid: bool,
    /// Column names or expressions, in order, without direction.
    pub columns: Vec<String>,
    /// Its `WHERE`.
    pub predicate: Option<String>,
    /// The statement that makes it.
    pub definition: String,
}

/// The constraints that have an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `PRIMARY KEY`
    Primary,
    /// `UNIQUE`
    Unique,
}

/// One foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Constraint name.
    pub name: String,
    /// Referring columns, in order.
    pub columns: Vec<String>,
    /// `schema.table` referred to.
    pub to: String,
    /// Columns referred to, in the same order.
    pub to_columns: Vec<String>,
    /// `cascade`, `restrict`, `set null`, `set default` or `no action`.
    pub on_delete: String,
}

/// One `CHECK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Constraint name.
    pub name: String,
    /// Columns it reads.
    pub columns: Vec<String>,
    /// The condition.
    pub definition: String,
}

impl Table {
    /// The part before the point.
    pub fn schema(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// The part after the point.
    pub fn short_name(&self) -> &str {
        self.name.split('.').nth(1).unwrap_or_default()
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The primary key.
    pub fn primary_key(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.key == Some(Key::Primary))
    }
}

#[derive(FromRow)]
struct TableRow {
    name: String,
    comment: Option<String>,
    partitioned_by: Option<String>,
    row_security: bool,
    options: Vec<String>,
    triggers: Vec<String>,
}

#[derive(FromRow)]
struct ColumnRow {
    table_name: String,
    name: String,
    data_type: String,
    nullable: bool,
    expression: Option<String>,
    generated: bool,
    identity: bool,
    comment: Option<String>,
    statistics: Option<i32>,
}

#[derive(FromRow)]
struct IndexRow {
    table_name: String,
    name: String,
    method: String,
    is_unique: bool,
    is_valid: bool,
    key: Option<String>,
    columns: Vec<String>,
    predicate: Option<String>,
    definition: String,
}

#[derive(FromRow)]
struct ConstraintRow {
    table_name: String,
    name: String,
    kind: String,
    columns: Vec<String>,
    to_table: Option<String>,
    to_columns: Vec<String>,
    on_delete: String,
    definition: String,
}

/// Every query below lists the relations of our schemas under this name.
macro_rules! of_our_tables {
    ($query:literal) => {
        concat!(
            "with ours as (select c.oid, n.nspname || '.' || c.relname as table_name, c.reloptions, c.relkind,
                 c.relforcerowsecurity
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = any ($1) and c.relkind in ('r', 'p') and not c.relispartition) ",
            $query
        )
    };
}

const TABLES: &str = of_our_tables!(
    "select table_name as name, obj_description(oid, 'pg_class') as comment,
         case when relkind = 'p' then pg_get_partkeydef(oid) end as partitioned_by,
         relforcerowsecurity as row_security, coalesce(reloptions, '{}') as options,
         array(select t.tgname::text from pg_trigger t where t.tgrelid = ours.oid and not t.tgisinternal) as triggers
     from ours order by 1"
);

const COLUMNS: &str = of_our_tables!(
    "select table_name, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as data_type,
         not a.attnotnull as nullable, pg_get_expr(d.adbin, d.adrelid) as expression,
         a.attgenerated <> '' as generated, a.attidentity <> '' as identity,
         col_description(a.attrelid, a.attnum) as comment, nullif(a.attstattarget::int, -1) as statistics
     from ours join pg_attribute a on a.attrelid = ours.oid
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped order by 1, a.attnum"
);

const INDEXES: &str = of_our_tables!(
    "select table_name, c.relname::text as name, m.amname::text as method, i.indisunique as is_unique,
         i.indisvalid as is_valid,
         (select k.contype::text from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u')) as key,
         array(select pg_get_indexdef(i.indexrelid, position, true)
             from generate_series(1, i.indnkeyatts) position order by position) as columns,
         pg_get_expr(i.indpred, i.indrelid, true) as predicate, pg_get_indexdef(i.indexrelid, 0, true) as definition
     from ours join pg_index i on i.indrelid = ours.oid
     join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam order by 1, 2"
);

const CONSTRAINTS: &str = of_our_tables!(
    "select ours.table_name, k.conname::text as name, k.contype::text as kind,
         array(select a.attname::text from unnest(k.conkey) with ordinality u (number, position)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.position) as columns,
         tn.nspname || '.' || tc.relname as to_table,
         array(select a.attname::text from unnest(k.confkey) with ordinality u (number, position)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.position) as to_columns,
         case k.confdeltype when 'c' then 'cascade' when 'r' then 'restrict' when 'n' then 'set null'
             when 'd' then 'set default' else 'no action' end as on_delete,
         pg_get_constraintdef(k.oid, true) as definition
     from ours join pg_constraint k on k.conrelid = ours.oid
     left join pg_class tc on tc.oid = k.confrelid left join pg_namespace tn on tn.oid = tc.relnamespace
     where k.contype in ('c', 'f') and k.convalidated and k.conparentid = 0 order by 1, 2"
);

const ENUMS: &str = "select n.nspname || '.' || t.typname, array_agg(e.enumlabel::text order by e.enumsortorder)
     from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
     where n.nspname = any ($1) group by 1 order by 1";

impl Catalog {
    /// Reads the catalog with one statement per kind of thing. A schema that does not exist has no tables; that is
    /// no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database does not answer.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn read(connection: &mut PgConnection) -> Result<Self, Error> {
        let schemas = SCHEMAS.map(String::from).to_vec();
        let mut transaction = connection.begin().await?;
        // PostgreSQL leaves out a schema's name where the search path finds the thing anyway.
        sqlx::query("set local search_path = pg_catalog").execute(&mut *transaction).await?;
        let comments: Vec<(String, Option<String>)> = sqlx::query_as(
            "select nspname::text, obj_description(oid, 'pg_namespace') from pg_namespace where nspname = any ($1)",
        )
        .bind(&schemas)
        .fetch_all(&mut *transaction)
        .await?;
        let tables: Vec<TableRow> = sqlx::query_as(TABLES).bind(&schemas).fetch_all(&mut *transaction).await?;
        let columns: Vec<ColumnRow> = sqlx::query_as(COLUMNS).bind(&schemas).fetch_all(&mut *transaction).await?;
        let indexes: Vec<IndexRow> = sqlx::query_as(INDEXES).bind(&schemas).fetch_all(&mut *transaction).await?;
        let constraints: Vec<ConstraintRow> =
            sqlx::query_as(CONSTRAINTS).bind(&schemas).fetch_all(&mut *transaction).await?;
        let enums: Vec<(String, Vec<String>)> =
            sqlx::query_as(ENUMS).bind(&schemas).fetch_all(&mut *transaction).await?;
        let mut catalog = Self {
            schemas: comments.into_iter().collect(),
            tables: tables.into_iter().map(|row| (row.name.clone(), row.into())).collect(),
            enums: enums.into_iter().collect(),
            queues: BTreeSet::new(),
        };
        catalog.fill(columns, indexes, constraints);
        if catalog.tables.contains_key("jobs.queues") {
            let queues: Vec<String> =
                sqlx::query_scalar("select name from jobs.queues").fetch_all(&mut *transaction).await?;
            catalog.queues.extend(queues);
        }
        transaction.rollback().await?;
        Ok(catalog)
    }

    /// Puts the parts into their tables. They were read in order, so the tables' lists are in order.
    fn fill(&mut self, columns: Vec<ColumnRow>, indexes: Vec<IndexRow>, constraints: Vec<ConstraintRow>) {
        for row in columns {
            if let Some(table) = self.tables.get_mut(&row.table_name) {
                table.columns.push(row.into());
            }
        }
        for row in indexes {
            if let Some(table) = self.tables.get_mut(&row.table_name) {
                table.indexes.push(row.into());
            }
        }
        for row in constraints {
            let Some(table) = self.tables.get_mut(&row.table_name) else { continue };
            match row.to_table {
                Some(to) if row.kind == "f" => table.foreign_keys.push(ForeignKey {
                    name: row.name,
                    columns: row.columns,
                    to,
                    to_columns: row.to_columns,
                    on_delete: row.on_delete,
                }),
                _ => table.checks.push(Check { name: row.name, columns: row.columns, definition: row.definition }),
            }
        }
    }

    /// Tables of one schema, by name.
    pub fn tables_of(&self, schema: &str) -> impl Iterator<Item = &Table> {
        self.tables.values().filter(move |table| table.schema() == schema)
    }
}

impl From<TableRow> for Table {
    fn from(row: TableRow) -> Self {
        let option = |text: &String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            name: row.name,
            comment: row.comment,
            partitioned_by: row.partitioned_by,
            row_security: row.row_security,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            triggers: row.triggers.into_iter().collect(),
            options: row.options.iter().filter_map(option).collect(),
        }
    }
}

impl From<ColumnRow> for Column {
    fn from(row: ColumnRow) -> Self {
        let (default, generated) = if row.generated { (None, row.expression) } else { (row.expression, None) };
        Self {
            name: row.name,
            data_type: short_type(&row.data_type),
            nullable: row.nullable,
            default,
            generated,
            identity: row.identity,
            comment: row.comment,
            statistics: row.statistics,
        }
    }
}

impl From<IndexRow> for Index {
    fn from(row: IndexRow) -> Self {
        Self {
            name: row.name,
            method: row.method,
            unique: row.is_unique,
            key: row.key.map(|kind| if kind == "p" { Key::Primary } else { Key::Unique }),
            valid: row.is_valid,
            columns: row.columns,
            predicate: row.predicate,
            definition: row.definition,
        }
    }
}

/// `character varying(255)` → `varchar(255)`, `timestamp with time zone` → `timestamptz`.
fn short_type(name: &str) -> String {
    name.replace("character varying", "varchar")
        .replace("timestamp with time zone", "timestamptz")
        .replace("time without time zone", "time")
}
