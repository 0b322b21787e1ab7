//! The catalog as the generated tests see it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A row as JSON, column by column; PostgreSQL makes the types of it.
pub type Row = Map<String, Value>;

/// One column.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Column {
    pub name: String,
    /// The type's name without length, of the element for an array.
    pub kind: String,
    pub array: bool,
    pub labels: Option<Vec<String>>,
    /// Longest text.
    pub length: Option<usize>,
    pub required: bool,
    pub generated: bool,
    pub default: Option<String>,
}

/// A unique key: a constraint or an index.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Key {
    pub name: String,
    /// With those in its expressions and its predicate.
    pub columns: BTreeSet<String>,
    pub constraint: bool,
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

/// Every table of ours as JSON of these shapes; partitions are no tables of their own.
pub const TABLES: &str = "
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
