//! Proves that the application writes its audit log itself: the guards go, and a notebook that the application
//! does not know takes down every change of the tables they watched.

use sqlx::{AssertSqlSafe, Row as _};

use crate::database::TestDb;

/// Triggers cannot be asked what they were for once they are gone, so the notebook's are made from them first.
const NOTEBOOK: &str = r"
create schema notebook;
grant usage on schema notebook to public;
create table notebook.changes (
    number bigint generated always as identity primary key,
    transaction xid8 not null default pg_current_xact_id(),
    resource text not null, resource_id text, operation text not null, columns text[] not null
);
create function notebook.note() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
    before jsonb := case when tg_op = 'INSERT' then '{}' else to_jsonb(old) end;
    after jsonb := case when tg_op = 'DELETE' then '{}' else to_jsonb(new) end;
    changed text[];
begin
    select array_agg(key) into changed from (select jsonb_object_keys(before || after) as key) keys
    where before -> key is distinct from after -> key and key <> all (governance.unaudited_columns())
      and (tg_nargs = 0 or key = any (tg_argv));
    if changed is not null then
        insert into notebook.changes (resource, resource_id, operation, columns)
        values (tg_table_schema || '.' || tg_table_name,
                coalesce(after ->> 'id', before ->> 'id', after ->> 'organization_id', before ->> 'organization_id'),
                lower(tg_op), changed);
    end if;
    return null;
end $$;
do $$
declare guard record;
begin
    for guard in
        select t.tgname, t.tgrelid::regclass as place, p.proname,
               (select string_agg(quote_literal(a), ', ') from unnest(string_to_array(
                   trim(trailing E'\\000' from encode(t.tgargs, 'escape')), '\000')) a where a <> '') as watched
        from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where not t.tgisinternal and p.proname in ('audit_row', 'touch_updated_at')
           or not t.tgisinternal and p.proname like 'guard\_%'
    loop
        execute format('drop trigger %I on %s', guard.tgname, guard.place);
        if guard.proname = 'audit_row' then
            execute format('create trigger notebook after insert or update or delete on %s for each row execute function notebook.note(%s)',
                guard.place, coalesce(guard.watched, ''));
        end if;
    end loop;
end $$;
";

/// A change of the notebook is answered by a row of either log about the same thing, written by the same transaction.
const UNANSWERED: &str = r"
select c.operation || ' of ' || c.resource || ' ' || coalesce(c.resource_id, '?') || ': ' || array_to_string(c.columns, ', ')
from notebook.changes c
where not exists (
    select from governance.audit_logs l
    where l.resource = c.resource and l.resource_id = c.resource_id
      and l.xmin::text = ((c.transaction::text)::numeric % 4294967296)::text)
  and not exists (
    select from governance.instance_audit_logs l
    where l.resource = c.resource and l.resource_id = c.resource_id
      and l.xmin::text = ((c.transaction::text)::numeric % 4294967296)::text)
order by c.number";

/// What the notebook holds.
#[derive(Debug)]
pub struct Noted {
    /// Changes of watched tables.
    pub changes: usize,
    /// Tables that changed, in order of their names.
    pub tables: Vec<String>,
    /// Changes without a row on the log from the same transaction.
    pub unanswered: Vec<String>,
}

impl TestDb {
    /// Takes all guards away and notes every change that their audit would have written.
    pub async fn note_changes_without_guards(&self) {
        sqlx::raw_sql(NOTEBOOK).execute(&mut self.owner().await).await.expect("the notebook");
    }

    /// Compares the notebook with the log.
    pub async fn noted(&self) -> Noted {
        let mut connection = self.owner().await;
        let tables: Vec<(String, i64)> =
            sqlx::query_as("select resource, count(*) from notebook.changes group by resource order by resource")
                .fetch_all(&mut connection)
                .await
                .expect("the notebook");
        let unanswered = sqlx::query(AssertSqlSafe(UNANSWERED)).fetch_all(&mut connection).await.expect("the logs");
        Noted {
            changes: tables.iter().map(|(_, count)| usize::try_from(*count).unwrap_or(0)).sum(),
            tables: tables.into_iter().map(|(table, _)| table).collect(),
            unanswered: unanswered.iter().map(|row| row.get(0)).collect(),
        }
    }
}
