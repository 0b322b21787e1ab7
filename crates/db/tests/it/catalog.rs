//! The catalog as text, to compare two states of a database, and the manifest of its tables.

use std::collections::BTreeMap;

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
pub const OURS: &str =
    "^(identity|accounts|publishing|analytics|engagement|learning|strategy|billing|jobs|governance|rookery)$";

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
