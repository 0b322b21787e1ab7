//! The catalog as text, to compare two states of a database, and the rules that every table keeps.

use std::collections::{BTreeMap, BTreeSet};

use rookery_testkit::TestDb;
use sqlx::PgConnection;

/// Everything about the schemas that match, one fact a line.
pub async fn facts(connection: &mut PgConnection, schemas: &str) -> Vec<String> {
    // Names are written out with their schema, whatever the session's search path is.
    sqlx::raw_sql("set search_path = pg_catalog").execute(&mut *connection).await.expect("set");
    sqlx::query_scalar(
        "with s as (select oid, nspname from pg_namespace where nspname ~ $1)
         select format('schema %s %s', nspname, n.nspacl) from s join pg_namespace n using (oid, nspname)
         union all select format('relation %s %s %s rls=%s/%s options=%s acl=%s partition=%s', c.relkind, c.oid::regclass,
                c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl,
                pg_get_expr(c.relpartbound, c.oid))
             from pg_class c join s on s.oid = c.relnamespace
         union all select format('column %s.%s %s notnull=%s default=%s identity=%s', a.attrelid::regclass, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity)
             from pg_attribute a join pg_class c on c.oid = a.attrelid join s on s.oid = c.relnamespace
             left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
             where a.attnum > 0 and not a.attisdropped
         union all select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(k.oid))
             from pg_constraint k join s on s.oid = k.connamespace
         union all select 'index ' || indexdef from pg_indexes join s on s.nspname = schemaname
         union all select format('function %s', pg_get_functiondef(p.oid)) from pg_proc p
             join s on s.oid = p.pronamespace where p.prokind <> 'a'
         union all select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
             join s on s.oid = c.relnamespace where not t.tgisinternal
         union all select format('policy %s on %s: %s / %s', polname, polrelid::regclass, pg_get_expr(polqual, polrelid),
                pg_get_expr(polwithcheck, polrelid))
             from pg_policy join pg_class c on c.oid = polrelid join s on s.oid = c.relnamespace
         union all select format('enum %s: %s', t.oid::regtype, string_agg(enumlabel, ',' order by enumsortorder))
             from pg_enum e join pg_type t on t.oid = e.enumtypid join s on s.oid = t.typnamespace group by t.oid
         union all select format('comment %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
             from pg_description where classoid = 'pg_class'::regclass
                 and objoid in (select c.oid from pg_class c join s on s.oid = c.relnamespace)
         order by 1",
    )
    .bind(schemas)
    .fetch_all(connection)
    .await
    .expect("the catalog answers")
}

/// Our schemas.
pub const OURS: &str = "^(identity|accounts|publishing|analytics|engagement|learning|strategy|billing|jobs|governance|rookery)$";

const MANIFEST: &str = include_str!("../../migrations/MANIFEST.toml");

/// Table → tenant, reference or local, as the manifest says. Read by hand: it is a list of quoted names.
pub fn manifest() -> BTreeMap<String, &'static str> {
    let mut kind = "";
    let mut tables = BTreeMap::new();
    for line in MANIFEST.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        kind = match line {
            _ if line.starts_with("tenant") => "tenant",
            "[reference]" => "reference",
            "[local]" => "local",
            _ => kind,
        };
        let names = if kind == "tenant" { line } else { line.split('=').next().unwrap_or_default() };
        for name in names.split('"').filter(|part| part.contains('.') && !part.contains(' ')) {
            tables.insert(name.to_owned(), kind);
        }
    }
    tables
}

async fn strings(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).bind(OURS).fetch_all(connection).await.expect("the catalog answers")
}

#[tokio::test]
async fn every_table_has_a_kind_and_every_kind_its_table() {
    let db = TestDb::new().await;
    let tables = strings(
        &mut db.owner().await,
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and n.nspname <> 'rookery' and c.relkind in ('r', 'p') and not c.relispartition",
    )
    .await;
    let known: BTreeSet<String> = manifest().into_keys().collect();
    assert_eq!(tables.into_iter().collect::<BTreeSet<_>>(), known);
}

#[tokio::test]
async fn tenant_tables_force_row_level_security_with_one_policy_that_only_compares_columns() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let forced = strings(
        &mut connection,
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and c.relrowsecurity and c.relforcerowsecurity and not c.relispartition
             and (select count(*) from pg_policy where polrelid = c.oid) = 1",
    )
    .await;
    let tenants: BTreeSet<String> =
        manifest().into_iter().filter(|(_, kind)| *kind == "tenant").map(|(table, _)| table).collect();
    assert_eq!(forced.into_iter().collect::<BTreeSet<_>>(), tenants);
    let odd = strings(
        &mut connection,
        "select polrelid::regclass::text from pg_policy join pg_class c on c.oid = polrelid
         join pg_namespace n on n.oid = c.relnamespace where n.nspname ~ $1 and
             (pg_get_expr(polqual, polrelid) ~* 'select' or pg_get_expr(polqual, polrelid) !~ 'app.organization_id')",
    )
    .await;
    assert_eq!(odd, [""; 0], "policies with more than a comparison");
}

#[tokio::test]
async fn keys_of_tenant_tables_are_ready_to_be_spread_over_machines() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let manifest = manifest();
    let kind = |table: &str| manifest.get(table).copied().unwrap_or("none");
    let unique = strings(
        &mut connection,
        "select n.nspname || '.' || c.relname || ' ' || i.indexrelid::regclass from pg_index i
         join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and i.indisunique and not c.relispartition and not exists (select from pg_attribute a
             where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnum = any (i.indkey))",
    )
    .await;
    let without: Vec<_> = unique.iter().filter(|u| kind(u.split(' ').next().unwrap_or_default()) == "tenant").collect();
    assert!(without.is_empty(), "unique keys without organization_id: {without:?}");

    let references = strings(
        &mut connection,
        "select n.nspname || '.' || c.relname || ' ' || fn.nspname || '.' || fc.relname || ' ' || k.conname || ' '
             || k.confdeltype::text || k.confupdtype::text || ' ' || exists (select from pg_attribute a where a.attrelid = c.oid
                 and a.attname = 'organization_id' and a.attnum = any (k.conkey))
         from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
         join pg_class fc on fc.oid = k.confrelid join pg_namespace fn on fn.oid = fc.relnamespace
         where n.nspname ~ $1 and k.contype = 'f' and not c.relispartition and not fc.relispartition",
    )
    .await;
    for reference in &references {
        let parts: Vec<&str> = reference.split(' ').collect();
        let (from, to, actions, has_organization) = (parts[0], parts[1], parts[3], parts[4] == "true");
        match (kind(from), kind(to)) {
            ("tenant", "tenant") => {
                assert!(has_organization, "{reference}: may cross tenants");
                assert!(!actions.starts_with('n'), "{reference}: SET NULL on a key with organization_id");
            }
            ("tenant" | "reference" | "local", "reference") | ("local", "local") => {}
            _ => panic!("{reference}: a {} table refers to a {} table", kind(from), kind(to)),
        }
        assert!(actions.ends_with('a') || !has_organization, "{reference}: ON UPDATE action");
    }
    assert!(references.len() > 10, "the query finds the keys");
}

#[tokio::test]
async fn names_are_short_and_never_end_like_a_shard() {
    let db = TestDb::new().await;
    let mut connection = db.owner().await;
    let bad = strings(
        &mut connection,
        "select name from (
             select conname::text as name, connamespace as schema from pg_constraint
                 where conrelid <> 0 and not exists (select from pg_class where oid = conrelid and relispartition)
             union all select relname::text, relnamespace from pg_class where not relispartition
             union all select typname::text, typnamespace from pg_type where typtype = 'e') names
         join pg_namespace n on n.oid = schema
         where n.nspname ~ $1 and (octet_length(name) > 54 or name ~ '_[0-9]+$')",
    )
    .await;
    assert_eq!(bad, [""; 0]);
    let serial = strings(
        &mut connection,
        "select a.attrelid::regclass || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
         join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ~ $1 and a.attidentity <> '' and a.atttypid <> 'bigint'::regtype",
    )
    .await;
    assert_eq!(serial, [""; 0], "identity columns are bigint");
}
