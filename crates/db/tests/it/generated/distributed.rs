//! What a distributed PostgreSQL asks of the schema, so that it may be one some day at no cost today.
//!
//! The rules are those of the catalog; `statements.rs` holds those of statements.

use std::collections::{BTreeMap, BTreeSet};

use rookery_testkit::TestDb;
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::rows::run;
use crate::catalog::{OURS, manifest};

const POLICY: &str = "(organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)";

/// What the rules look at.
#[derive(Debug, Deserialize)]
struct Catalog {
    tables: Vec<Table>,
    /// Names of types and of everything that lies on tables.
    names: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    name: String,
    /// It is a partition and has partitions.
    nested: bool,
    forced: bool,
    has_organization: bool,
    policies: Vec<Policy>,
    uniques: Vec<Unique>,
    references: Vec<Reference>,
    small_identities: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Policy {
    name: String,
    using: Option<String>,
    check: Option<String>,
    plain: bool,
}

#[derive(Debug, Deserialize)]
struct Unique {
    name: String,
    primary: bool,
    /// Its first plain column; none if an expression stands first.
    first: Option<String>,
    columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    name: String,
    to: String,
    columns: Vec<String>,
    to_columns: Vec<String>,
    on_delete: String,
    on_update: String,
}

const CATALOG: &str = "
    with tables as (select c.oid, c.relkind, c.relispartition, n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname ~ $1 and n.nspname <> 'rookery' and c.relkind in ('r', 'p'))
    select jsonb_build_object(
        'names', (select jsonb_agg(distinct name order by name) from (
            select c.relname::text as name, relnamespace as schema from pg_class c where not relispartition
            union all select conname::text, connamespace from pg_constraint
                where not exists (select from pg_class where oid = conrelid and relispartition)
            union all select typname::text, typnamespace from pg_type where typtype in ('e', 'd')
            union all select polname::text, relnamespace from pg_policy join pg_class c on c.oid = polrelid) s
            join pg_namespace n on n.oid = s.schema where n.nspname ~ $1),
        'tables', (select jsonb_agg(jsonb_build_object(
            'name', t.name, 'forced', t.forced, 'nested', t.relispartition and t.relkind = 'p',
            'has_organization', exists (select from pg_attribute where attrelid = t.oid and attname = 'organization_id'
                and atttypid = 'uuid'::regtype and attnotnull),
            'policies', (select coalesce(jsonb_agg(jsonb_build_object('name', polname, 'using', pg_get_expr(polqual, polrelid),
                    'check', pg_get_expr(polwithcheck, polrelid),
                    'plain', polcmd = '*' and polpermissive and polroles = '{0}')), '[]') from pg_policy where polrelid = t.oid),
            'uniques', (select coalesce(jsonb_agg(jsonb_build_object('name', ic.relname, 'primary', i.indisprimary,
                    'first', (select attname from pg_attribute where attrelid = t.oid and attnum = i.indkey[0] and attnum > 0),
                    'columns', (select coalesce(jsonb_agg(attname), '[]') from pg_attribute
                        where attrelid = t.oid and attnum > 0 and attnum = any (i.indkey::int2[])))), '[]')
                from pg_index i join pg_class ic on ic.oid = i.indexrelid
                where i.indrelid = t.oid and (i.indisunique or i.indisexclusion)),
            'references', (select coalesce(jsonb_agg(jsonb_build_object('name', k.conname,
                    'to', fn.nspname || '.' || fc.relname, 'on_delete', k.confdeltype, 'on_update', k.confupdtype,
                    'columns', (select jsonb_agg(attname order by x.n) from unnest(k.conkey) with ordinality x(num, n)
                        join pg_attribute on attrelid = k.conrelid and attnum = x.num),
                    'to_columns', (select jsonb_agg(attname order by x.n) from unnest(k.confkey) with ordinality x(num, n)
                        join pg_attribute on attrelid = k.confrelid and attnum = x.num))), '[]')
                from pg_constraint k join pg_class fc on fc.oid = k.confrelid join pg_namespace fn on fn.oid = fc.relnamespace
                where k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0),
            'small_identities', (select coalesce(jsonb_agg(attname), '[]') from pg_attribute a
                left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                where attrelid = t.oid and attnum > 0 and not attisdropped and atttypid <> 'int8'::regtype
                    and (attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like 'nextval(%')))
            order by t.name) from tables t where not t.relispartition or t.relkind = 'p'))";

async fn read(connection: &mut PgConnection) -> Catalog {
    let value: Value = sqlx::query_scalar(CATALOG).bind(OURS).fetch_one(connection).await.expect("the catalog answers");
    serde_json::from_value(value).expect("of this shape")
}

/// Every rule by the word with which its violations begin.
const RULES: [&str; 17] = [
    "manifest",
    "organization",
    "primary-key",
    "unique",
    "tenant-references",
    "reference-references",
    "local-references",
    "composite",
    "set-null",
    "on-update",
    "partition-level",
    "identity",
    "name-length",
    "name-shard",
    "row-security",
    "policy",
    "policy-subquery",
];

/// One line for each thing that a distributed PostgreSQL would refuse or could not keep apart.
fn violations(catalog: &Catalog, manifest: &BTreeMap<String, &str>) -> Vec<String> {
    let mut found = Vec::new();
    let kind = |table: &str| manifest.get(table).copied().unwrap_or("unknown");
    let mut unseen: BTreeSet<&String> = manifest.keys().collect();
    for table in &catalog.tables {
        let name = &table.name;
        unseen.remove(name);
        if table.nested {
            found.push(format!("partition-level {name}: a partition of partitions"));
            continue;
        }
        if kind(name) == "unknown" {
            found.push(format!("manifest {name}: neither tenant nor reference nor local"));
        }
        if kind(name) == "tenant" {
            tenant_rules(table, &mut found);
        }
        for reference in &table.references {
            reference_rules(table, reference, (kind(name), kind(&reference.to)), &mut found);
        }
        for column in &table.small_identities {
            found.push(format!("identity {name}.{column}: a numbered column that is not bigint"));
        }
    }
    found.extend(unseen.into_iter().map(|table| format!("manifest {table}: no such table")));
    for name in &catalog.names {
        if name.len() > 54 {
            found.push(format!("name-length {name}: more than 54 bytes leave no room for a shard's number"));
        }
        if name.rsplit_once('_').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit())) {
            found.push(format!("name-shard {name}: ends like the name of a shard"));
        }
    }
    found
}

fn tenant_rules(table: &Table, found: &mut Vec<String>) {
    let name = &table.name;
    if !table.has_organization {
        found.push(format!("organization {name}: no organization_id uuid not null"));
        // Keys and the policy cannot be right either.
        return;
    }
    if !table.forced {
        found.push(format!("row-security {name}: not enabled and forced"));
    }
    let primary = table.uniques.iter().find(|u| u.primary);
    if primary.is_none_or(|key| key.first.as_deref() != Some("organization_id")) {
        found.push(format!("primary-key {name}: does not begin with organization_id"));
    }
    for key in table.uniques.iter().filter(|u| !u.primary) {
        let holds = key.columns.iter().any(|c| c == "organization_id");
        if !holds || key.first.as_deref() != Some("organization_id") {
            found.push(format!("unique {name} {}: does not begin with organization_id", key.name));
        }
    }
    let queries =
        |p: &Policy| [&p.using, &p.check].into_iter().flatten().any(|e| e.to_ascii_lowercase().contains("select"));
    let plain = |p: &Policy| {
        p.name == "tenant" && p.plain && [&p.using, &p.check].into_iter().all(|e| e.as_deref() == Some(POLICY))
    };
    if table.policies.iter().any(queries) {
        found.push(format!("policy-subquery {name}: a policy asks another table"));
    } else if table.policies.len() != 1 || !table.policies.iter().all(plain) {
        found.push(format!("policy {name}: not exactly the one policy `tenant`"));
    }
}

fn reference_rules(table: &Table, reference: &Reference, kinds: (&str, &str), found: &mut Vec<String>) {
    let what = format!("{} {} -> {}", table.name, reference.name, reference.to);
    match kinds {
        ("tenant", "tenant" | "reference") | ("reference", "reference") | ("local", "local" | "reference") => {}
        // The manifest's own rule has said it.
        (from, to) if [from, to].contains(&"unknown") => {}
        (from, to) => found.push(format!("{from}-references {what}: a {to} table")),
    }
    let pairs = || reference.columns.iter().zip(&reference.to_columns);
    if kinds == ("tenant", "tenant") && !pairs().any(|(a, b)| a == "organization_id" && b == "organization_id") {
        found.push(format!("composite {what}: may cross tenants"));
    }
    if kinds.0 == "tenant" && reference.columns.iter().any(|c| c == "organization_id") {
        if matches!(reference.on_delete.as_str(), "n" | "d") {
            found.push(format!("set-null {what}: the operation clears the column, not the key"));
        }
        if reference.on_update != "a" {
            found.push(format!("on-update {what}: an organization's id never changes"));
        }
    }
}

#[tokio::test]
async fn the_schema_is_ready_to_be_spread_over_machines() {
    let db = TestDb::new().await;
    let catalog = read(&mut db.owner().await).await;
    let manifest = manifest();
    let references: usize = catalog.tables.iter().map(|t| t.references.len()).sum();
    let keys: usize = catalog.tables.iter().map(|t| t.uniques.len()).sum();
    println!(
        "{} tables, {keys} unique keys, {references} foreign keys, {} names",
        catalog.tables.len(),
        catalog.names.len()
    );
    assert!(catalog.tables.len() >= manifest.len() && keys >= manifest.len(), "the catalog is read");
    assert_eq!(violations(&catalog, &manifest), [""; 0]);
}

/// A tenant table as it should be, with what `bad` adds to its columns and constraints.
fn tenant_table(bad: &str) -> String {
    secured(
        "bad",
        &format!(
            "organization_id uuid not null, id uuid not null, constraint bad_pkey primary key (organization_id, id){bad}"
        ),
    )
}

fn secured(table: &str, columns: &str) -> String {
    format!(
        "create table publishing.{table} ({columns});
         alter table publishing.{table} enable row level security;
         alter table publishing.{table} force row level security;
         create policy tenant on publishing.{table} using {POLICY} with check {POLICY};"
    )
}

/// For each rule the kind and the definition of a table `publishing.bad` that breaks it and no other.
fn bad_tables() -> Vec<(&'static str, &'static str, String)> {
    let post = "post_id uuid, constraint bad_post_fkey foreign key";
    vec![
        ("manifest", "", "create table publishing.bad (id uuid)".to_owned()),
        (
            "organization",
            "tenant",
            // Of another type: a shard could not be found by it.
            "create table publishing.bad (organization_id text not null, id uuid)".to_owned(),
        ),
        ("primary-key", "tenant", secured("bad", "organization_id uuid not null, id uuid, constraint bad_pkey primary key (id)")),
        ("unique", "tenant", tenant_table(", slug text, constraint bad_slug_key unique (slug)")),
        (
            "tenant-references",
            "tenant",
            tenant_table(", job_id uuid, constraint bad_job_fkey foreign key (job_id) references publishing.bad_local (id)"),
        ),
        (
            "reference-references",
            "reference",
            "create table publishing.bad (id uuid constraint bad_local_fkey references publishing.bad_local (id))".to_owned(),
        ),
        (
            "local-references",
            "local",
            "create table publishing.bad (organization_id uuid constraint bad_organization_fkey references identity.organizations (organization_id))".to_owned(),
        ),
        (
            "composite",
            "tenant",
            // PostgreSQL takes such a key when the pair is turned around, too.
            tenant_table(&format!(", {post} (post_id, id) references publishing.posts (organization_id, id)")),
        ),
        (
            "set-null",
            "tenant",
            tenant_table(&format!(", {post} (organization_id, post_id) references publishing.posts (organization_id, id) on delete set null")),
        ),
        (
            "on-update",
            "tenant",
            tenant_table(&format!(", {post} (organization_id, post_id) references publishing.posts (organization_id, id) on update cascade")),
        ),
        (
            "partition-level",
            "local",
            "create table publishing.bad (at date, kind text) partition by range (at);
             create table publishing.bad_march partition of publishing.bad for values from ('2026-03-01') to ('2026-04-01') partition by list (kind)"
                .to_owned(),
        ),
        ("identity", "local", "create table publishing.bad (id integer generated always as identity)".to_owned()),
        (
            "name-length",
            "local",
            format!("create table publishing.bad (id uuid, constraint bad_{} check (id is not null))", "x".repeat(51)),
        ),
        ("name-shard", "local", "create table publishing.bad (id uuid, constraint bad_check_102008 check (id is not null))".to_owned()),
        ("row-security", "tenant", format!("{} alter table publishing.bad no force row level security", tenant_table(""))),
        ("policy", "tenant", format!("{} create policy also on publishing.bad using (true)", tenant_table(""))),
        (
            "policy-subquery",
            "tenant",
            format!(
                "{} drop policy tenant on publishing.bad; create policy tenant on publishing.bad
                 using (organization_id in (select organization_id from identity.member_directory))",
                tenant_table("")
            ),
        ),
    ]
}

#[tokio::test]
async fn each_rule_finds_the_table_that_breaks_it() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let tables = bad_tables();
    assert_eq!(tables.iter().map(|(rule, ..)| *rule).collect::<Vec<_>>(), RULES, "a bad table for every rule");
    // A tenant table that breaks no rule shows that the bad part is what is found.
    for (rule, kind, sql) in tables.into_iter().chain([("", "tenant", tenant_table(""))]) {
        run(
            &mut connection,
            "begin; create table publishing.bad_local (id uuid constraint bad_local_pkey primary key)",
        )
        .await;
        run(&mut connection, &sql).await;
        let mut manifest = manifest();
        manifest.insert("publishing.bad_local".to_owned(), "local");
        if !kind.is_empty() {
            manifest.insert("publishing.bad".to_owned(), kind);
        }
        let found = violations(&read(&mut connection).await, &manifest);
        run(&mut connection, "rollback").await;
        assert!(found.iter().all(|f| f.split(' ').next() == Some(rule)), "{rule}: {found:?}");
        assert_eq!(found.is_empty(), rule.is_empty(), "{rule}: {found:?}");
    }
}
