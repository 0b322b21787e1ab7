//! What the measurement of dashboards writes into its own database, past the operations.

use rookery_db::Db;
use rookery_kernel::{Date, OrganizationId, Scope};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Tags and page groups of every organization.
pub(super) const TAGS: i32 = 10;
pub(super) const GROUPS: i32 = 4;

/// One organization: how much it has, and what it is called in the questions.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    pub id: Uuid,
    pub accounts: i32,
    pub items: i32,
    pub tags: Vec<Uuid>,
    pub groups: Vec<Uuid>,
    pub account_ids: Vec<Uuid>,
}

impl Tenant {
    /// Who asks.
    pub fn scope(&self) -> Scope {
        Scope::worker(OrganizationId::from_uuid(self.id))
    }
}

/// At which ages an item is read: daily for a week, every third day for a month, weekly for three, then monthly
/// (spec/analytics.md §4.1).
const AGES: &str = "select age, lag(age) over (order by age) as before
     from (select generate_series(0, 7) as age union select generate_series(10, 28, 3) union select generate_series(35, 90, 7)
           union select generate_series(120, 400, 30)) a";

/// Rows that an item of a span of so many days has in the mean.
pub(super) async fn rows_per_item(owner: &mut PgConnection, days: i32) -> Result<f64, sqlx::Error> {
    let sql = format!(
        "select avg((select count(*) from ({AGES}) a where a.age <= n))::float8 from generate_series(0, $1 - 1) n"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(days).fetch_one(owner).await
}

/// Partitions for the span.
pub(super) async fn partitions(owner: &mut PgConnection, first: Date, days: i32) -> Result<(), sqlx::Error> {
    sqlx::query("select governance.ensure_partitions($1, $2)").bind(first).bind(days / 28 + 8).execute(owner).await?;
    Ok(())
}

/// Accounts, groups, tags, items and the numbers of each over the span.
pub(super) async fn fill(
    owner: &mut PgConnection,
    tenant: &mut Tenant,
    first: Date,
    days: i32,
) -> Result<(), sqlx::Error> {
    let mut tx = owner.begin().await?;
    sqlx::query("select identity.set_organization($1)").bind(tenant.id).execute(&mut *tx).await?;
    tenant.account_ids = sqlx::query_scalar(
        "insert into accounts.social_accounts (organization_id, platform, platform_user_id, username, status)
         select $1, (enum_range(null::accounts.platform))[1 + a % 10], 'page' || a, 'page' || a, 'active'
         from generate_series(1, $2) a returning id",
    )
    .bind(tenant.id)
    .bind(tenant.accounts)
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query(
        "insert into analytics.tracked_integrations (organization_id, integration_id, tracking_since)
         select organization_id, id, $2 from accounts.social_accounts where organization_id = $1",
    )
    .bind(tenant.id)
    .bind(first)
    .execute(&mut *tx)
    .await?;
    tenant.groups = sqlx::query_scalar(
        "insert into analytics.page_groups (organization_id, name) select $1, 'Group ' || g from generate_series(1, $2) g
         returning id",
    )
    .bind(tenant.id)
    .bind(GROUPS)
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query(
        "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
         select t.organization_id, ($2::uuid[])[1 + (row_number() over (order by t.id)) % cardinality($2)], t.id
         from analytics.tracked_integrations t where t.organization_id = $1",
    )
    .bind(tenant.id)
    .bind(&tenant.groups)
    .execute(&mut *tx)
    .await?;
    tenant.tags = sqlx::query_scalar(
        "insert into analytics.tags (organization_id, key, type) select $1, 'tag ' || t, 'manual' from generate_series(1, $2) t
         returning id",
    )
    .bind(tenant.id)
    .bind(TAGS)
    .fetch_all(&mut *tx)
    .await?;
    // Spread evenly over days, hours, accounts and formats.
    sqlx::query(
        "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format, caption,
                                        published_at)
         select $1, ($2::uuid[])[1 + n % cardinality($2)], 'item' || n, 'facebook',
                (enum_range(null::analytics.content_format))[1 + n % 7], 'Item number ' || n,
                $3::date + (n::float8 / $4 * $5) * interval '1 day'
         from generate_series(0, $4 - 1) n",
    )
    .bind(tenant.id)
    .bind(&tenant.account_ids)
    .bind(first)
    .bind(tenant.items)
    .bind(days)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
         select c.organization_id, c.id, ($2::uuid[])[1 + (c.content_key + n) % cardinality($2)], 'manual', 'user'
         from analytics.content c cross join generate_series(0, 1) n where c.organization_id = $1",
    )
    .bind(tenant.id)
    .bind(&tenant.tags)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into analytics.account_daily_metrics (organization_id, integration_id, date, followers)
         select $1, account, $3::date + n, 1000 + n from unnest($2::uuid[]) account cross join generate_series(0, $4 - 1) n",
    )
    .bind(tenant.id)
    .bind(&tenant.account_ids)
    .bind(first)
    .bind(days)
    .execute(&mut *tx)
    .await?;
    let sql = format!(
        "insert into analytics.content_daily_metrics
             (organization_id, content_key, date, source_version, reach, views, reactions, comments, shares,
              reach_change, views_change, reactions_change, comments_change, shares_change)
         select c.organization_id, c.content_key, c.published_at::date + a.age, 'bench/1',
                v.now * 10, v.now * 20, v.now / 2, v.now / 10, v.now / 20,
                (v.now - v.before) * 10, (v.now - v.before) * 20, v.now / 2 - v.before / 2, v.now / 10 - v.before / 10,
                v.now / 20 - v.before / 20
         from analytics.content c
              cross join ({AGES}) a
              cross join lateral (
                  select (100 + c.content_key % 900) * (a.age + 1) / (a.age + 4) as now,
                         coalesce((100 + c.content_key % 900) * (a.before + 1) / (a.before + 4), 0) as before) v
         where c.organization_id = $1 and c.published_at::date + a.age < $2::date + $3
         order by 3, 2"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(tenant.id).bind(first).bind(days).execute(&mut *tx).await?;
    tx.commit().await
}

/// The tables that a copy of sums touches. Without FORCE the owner sees the rows of every organization.
const COPIED: [&str; 9] = [
    "accounts.social_accounts",
    "analytics.tags",
    "analytics.page_groups",
    "analytics.content",
    "analytics.content_totals",
    "analytics.daily_rollups",
    "analytics.monthly_rollups",
    "analytics.period_rollups",
    "analytics.period_hours",
];

/// Gives organizations the sums of others that are as large, each as (from, to): their accounts, tags, groups and items have
/// the same names. To compute the sums of a thousand takes longer than to measure.
pub(super) async fn copy_sums(owner: &mut PgConnection, twins: &[(Uuid, Uuid)]) -> Result<(), sqlx::Error> {
    let (from, to): (Vec<Uuid>, Vec<Uuid>) = twins.iter().copied().unzip();
    let mut tx = owner.begin().await?;
    for table in COPIED {
        let sql = format!("alter table {table} no force row level security");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    sqlx::query(
        "create temporary table pair on commit drop as select * from unnest($1::uuid[], $2::uuid[]) as p (from_org, to_org)",
    )
    .bind(from)
    .bind(to)
    .execute(&mut *tx)
    .await?;
    sqlx::raw_sql(
        "create temporary table twin on commit drop as
             select from_org, to_org, from_org as from_scope, to_org as to_scope from pair
             union all
             select p.from_org, p.to_org, a.id, b.id
             from pair p
                  join accounts.social_accounts a on a.organization_id = p.from_org
                  join accounts.social_accounts b on b.organization_id = p.to_org and b.username = a.username
             union all
             select p.from_org, p.to_org, a.id, b.id
             from pair p
                  join analytics.tags a on a.organization_id = p.from_org
                  join analytics.tags b on b.organization_id = p.to_org and b.key = a.key
             union all
             select p.from_org, p.to_org, a.id, b.id
             from pair p
                  join analytics.page_groups a on a.organization_id = p.from_org
                  join analytics.page_groups b on b.organization_id = p.to_org and b.name = a.name;
         create temporary table twin_item on commit drop as
             select p.from_org, p.to_org, a.content_key as from_key, b.content_key as to_key, b.integration_id as account
             from pair p
                  join analytics.content a on a.organization_id = p.from_org
                  join analytics.content b on b.organization_id = p.to_org and b.external_content_id = a.external_content_id;
         create index on twin (to_org, from_scope);
         analyze twin;
         analyze twin_item;
         do $$
         declare
             copied text;
             columns text;
             own text;
         begin
             foreach copied in array array['daily_rollups', 'monthly_rollups', 'period_rollups', 'period_hours'] loop
                 select string_agg(a.attname, ', ' order by a.attnum),
                        string_agg(case a.attname when 'organization_id' then 'w.to_org' when 'scope_id' then 'w.to_scope'
                                                  when 'account_ids' then
                                                      'case when r.account_ids is not null then
                                                           (select array_agg(o.to_scope order by o.to_scope) from twin o
                                                            where o.to_org = w.to_org and o.from_scope = any(r.account_ids)) end'
                                                  else 'r.' || a.attname end, ', ' order by a.attnum)
                 into columns, own
                 from pg_attribute a
                 where a.attrelid = ('analytics.' || copied)::regclass and a.attnum > 0 and not a.attisdropped;
                 execute format('insert into analytics.%1$I (%2$s) select %3$s from twin w
                                 join analytics.%1$I r on r.organization_id = w.from_org and r.scope_id = w.from_scope',
                                copied, columns, own);
             end loop;
             select string_agg(a.attname, ', ' order by a.attnum),
                    string_agg(case a.attname when 'organization_id' then 'w.to_org' when 'content_key' then 'w.to_key'
                                              when 'integration_id' then 'w.account' else 'r.' || a.attname end,
                               ', ' order by a.attnum)
             into columns, own
             from pg_attribute a
             where a.attrelid = 'analytics.content_totals'::regclass and a.attnum > 0 and not a.attisdropped;
             execute format('insert into analytics.content_totals (%1$s) select %2$s from twin_item w
                             join analytics.content_totals r on r.organization_id = w.from_org and r.content_key = w.from_key',
                            columns, own);
         end
         $$",
    )
    .execute(&mut *tx)
    .await?;
    for table in COPIED {
        let sql = format!("alter table {table} force row level security");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// Lays the rows as if they had come day by day: those of one organization lie scattered among all others'.
pub(super) async fn scatter(owner: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut tx = owner.begin().await?;
    for (table, order) in [
        ("analytics.daily_rollups", "date, scope_id, format"),
        ("analytics.content_totals", "published_on, content_key % 997"),
        ("analytics.account_daily_metrics", "date, integration_id"),
    ] {
        // Without FORCE the owner sees the rows of every organization.
        let sql = format!(
            "alter table {table} no force row level security;
             create temporary table scattered on commit drop as select * from {table} order by {order};
             truncate {table};
             insert into {table} select * from scattered;
             drop table scattered;
             alter table {table} force row level security"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    sqlx::query("delete from analytics.rollup_marks").execute(&mut *tx).await?;
    tx.commit().await?;
    // What was loaded is written and what it replaced is deleted now, and not beside the first minutes of answers.
    for sql in ["vacuum analyze", "checkpoint"] {
        sqlx::raw_sql(sql).execute(&mut *owner).await?;
    }
    Ok(())
}

/// What every answer costs: a connection that knows for whom it reads, and a statement that reads nothing.
pub(super) async fn nothing(db: &Db, scope: &Scope) -> Result<(), rookery_db::Error> {
    let mut tx = db.reading(scope).await?;
    sqlx::query("select 1").execute(tx.conn()).await?;
    tx.commit().await
}

/// Rows of numbers and of sums.
pub(super) async fn sizes(owner: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select (select sum(c.reltuples)::bigint from pg_inherits join pg_class c on c.oid = inhrelid
                 where inhparent = 'analytics.content_daily_metrics'::regclass),
                (select reltuples::bigint from pg_class where oid = 'analytics.daily_rollups'::regclass)",
    )
    .fetch_one(owner)
    .await
}
