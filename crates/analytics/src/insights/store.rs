//! The statements.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, Date, Timestamp, UserId, Zone};
use uuid::Uuid;

use super::alert::{AlertDirection, AlertKind, AlertMetric, AlertRule, AlertScope, Reading, Severity};
use super::ops::{Alert, AlertCursor, AlertFilter};
use crate::kpi::Rated;

/// A page group or a tracked account.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub scope: AlertScope,
    pub name: String,
    /// The groups of an account.
    pub groups: Vec<Uuid>,
    /// Tracked accounts in it.
    pub accounts: i32,
}

impl Watched {
    pub fn id(&self) -> Uuid {
        scope_id(self.scope)
    }
}

/// The id of a group or an account; an organization has none here.
pub(super) fn scope_id(scope: AlertScope) -> Uuid {
    match scope {
        AlertScope::Organization => Uuid::nil(),
        AlertScope::Group(id) => id,
        AlertScope::Account(id) => id.uuid(),
    }
}

/// One statement of the organization at a time raises alerts.
pub(super) async fn alone(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('analytics.alerts:' || $1::text, 0))")
        .bind(organization.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The organization's zone.
pub(crate) async fn zone(tx: &mut OrgTx) -> Result<Zone, Error> {
    let organization = tx.organization_id();
    let name: String = sqlx::query_scalar("select timezone from identity.organizations where organization_id = $1")
        .bind(organization.uuid())
        .fetch_one(tx.conn())
        .await?;
    Ok(name.parse().unwrap_or_else(|_| Zone::utc()))
}

/// The newest day up to `to` on which an account reported.
pub(super) async fn newest_day(tx: &mut OrgTx, to: Date) -> Result<Option<Date>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar(
        "select max(date) from analytics.daily_rollups
         where organization_id = $1 and scope_id = $1 and format = 'all' and date <= $2 and date > $2 - 60
           and integrations_ok > 0",
    )
    .bind(organization.uuid())
    .bind(to)
    .fetch_one(tx.conn())
    .await?)
}

/// The accounts that numbers are collected from, and the groups with such accounts.
pub(super) async fn watched(tx: &mut OrgTx) -> Result<Vec<Watched>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        is_group: bool,
        name: String,
        groups: Vec<Uuid>,
        accounts: i32,
    }
    let organization = tx.organization_id();
    let rows: Vec<Row> = sqlx::query_as(
        "with account as (
             select t.id as tracked_id, t.integration_id, coalesce(nullif(a.display_name, ''), a.username)::text as name
             from analytics.tracked_integrations t
                  join accounts.social_accounts a on a.organization_id = $1 and a.id = t.integration_id
             where t.organization_id = $1 and t.enabled and a.status <> 'revoked'
         ), member as (
             select a.integration_id, g.id as group_id, g.name::text as group_name
             from account a
                  join analytics.page_group_members m on m.organization_id = $1 and m.tracked_integration_id = a.tracked_id
                  join analytics.page_groups g on g.organization_id = $1 and g.id = m.group_id and g.deleted_at is null
         )
         select a.integration_id as id, false as is_group, a.name,
                array(select m.group_id from member m where m.integration_id = a.integration_id order by 1) as groups,
                1 as accounts
         from account a
         union all
         select group_id, true, min(group_name), '{}', count(*)::integer from member group by group_id
         order by is_group, id",
    )
    .bind(organization.uuid())
    .fetch_all(tx.conn())
    .await?;
    let watched = rows.into_iter().map(|row| Watched {
        scope: if row.is_group { AlertScope::Group(row.id) } else { AlertScope::Account(AccountId::from_uuid(row.id)) },
        name: row.name,
        groups: row.groups,
        accounts: row.accounts,
    });
    Ok(watched.collect())
}

/// The organization's rules.
pub(super) async fn rules(tx: &mut OrgTx) -> Result<Vec<AlertRule>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        metric: AlertMetric,
        direction: AlertDirection,
        group_id: Option<Uuid>,
        integration_id: Option<AccountId>,
        threshold_pct: f64,
        min_baseline: i64,
        window_days: i16,
        enabled: bool,
    }
    let organization = tx.organization_id();
    let rows: Vec<Row> = sqlx::query_as(
        "select metric, direction, group_id, integration_id, threshold_pct, min_baseline, window_days, enabled
         from analytics.alert_rules where organization_id = $1
         order by metric, direction, group_id nulls first, integration_id nulls first",
    )
    .bind(organization.uuid())
    .fetch_all(tx.conn())
    .await?;
    let rules = rows.into_iter().map(|row| AlertRule {
        scope: match (row.group_id, row.integration_id) {
            (Some(id), _) => AlertScope::Group(id),
            (None, Some(id)) => AlertScope::Account(id),
            (None, None) => AlertScope::Organization,
        },
        metric: row.metric,
        direction: row.direction,
        threshold_pct: row.threshold_pct,
        min_baseline: row.min_baseline,
        window_days: row.window_days,
        enabled: row.enabled,
    });
    Ok(rules.collect())
}

/// Whether groups and accounts of rules are there.
pub(super) async fn are_known(tx: &mut OrgTx, rules: &[AlertRule]) -> Result<bool, Error> {
    let (groups, accounts) = scopes_of(rules);
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar(
        "select not exists (select from unnest($2::uuid[]) as asked (id)
                            where asked.id is not null
                              and not exists (select from analytics.page_groups g
                                              where g.organization_id = $1 and g.id = asked.id and g.deleted_at is null))
            and not exists (select from unnest($3::uuid[]) as asked (id)
                            where asked.id is not null
                              and not exists (select from accounts.social_accounts a
                                              where a.organization_id = $1 and a.id = asked.id))",
    )
    .bind(organization.uuid())
    .bind(groups)
    .bind(accounts)
    .fetch_one(tx.conn())
    .await?)
}

fn scopes_of(rules: &[AlertRule]) -> (Vec<Option<Uuid>>, Vec<Option<Uuid>>) {
    rules
        .iter()
        .map(|rule| match rule.scope {
            AlertScope::Organization => (None, None),
            AlertScope::Group(id) => (Some(id), None),
            AlertScope::Account(id) => (None, Some(id.uuid())),
        })
        .unzip()
}

/// Replaces all rules; what stays the same keeps its row.
pub(super) async fn replace_rules(
    tx: &mut OrgTx,
    ids: &[Uuid],
    rules: &[AlertRule],
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    let (groups, accounts) = scopes_of(rules);
    let metrics: Vec<&str> = rules.iter().map(|r| r.metric.label()).collect();
    let directions: Vec<&str> = rules.iter().map(|r| r.direction.label()).collect();
    sqlx::query(
        "delete from analytics.alert_rules r
         where r.organization_id = $1
           and not exists (select from unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[])
                               as n (metric, direction, group_id, integration_id)
                           where (n.metric, n.direction) = (r.metric, r.direction)
                             and n.group_id is not distinct from r.group_id
                             and n.integration_id is not distinct from r.integration_id)",
    )
    .bind(organization.uuid())
    .bind(&metrics)
    .bind(&directions)
    .bind(&groups)
    .bind(&accounts)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into analytics.alert_rules as r
             (organization_id, id, metric, direction, group_id, integration_id, threshold_pct, min_baseline, window_days,
              enabled, created_at, updated_at)
         select $1, n.id, n.metric, n.direction, n.group_id, n.integration_id, n.threshold_pct, n.min_baseline,
                n.window_days, n.enabled, $11, $11
         from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::float8[], $8::bigint[],
                     $9::smallint[], $10::boolean[])
                  as n (id, metric, direction, group_id, integration_id, threshold_pct, min_baseline, window_days, enabled)
         on conflict (organization_id, metric, direction, coalesce(group_id, '00000000-0000-0000-0000-000000000000'),
                      coalesce(integration_id, '00000000-0000-0000-0000-000000000000'))
         do update set threshold_pct = excluded.threshold_pct, min_baseline = excluded.min_baseline,
                       window_days = excluded.window_days, enabled = excluded.enabled, updated_at = excluded.updated_at
         where (r.threshold_pct, r.min_baseline, r.window_days, r.enabled)
               is distinct from (excluded.threshold_pct, excluded.min_baseline, excluded.window_days, excluded.enabled)",
    )
    .bind(organization.uuid())
    .bind(ids)
    .bind(&metrics)
    .bind(&directions)
    .bind(&groups)
    .bind(&accounts)
    .bind(rules.iter().map(|r| r.threshold_pct).collect::<Vec<_>>())
    .bind(rules.iter().map(|r| r.min_baseline).collect::<Vec<_>>())
    .bind(rules.iter().map(|r| r.window_days).collect::<Vec<_>>())
    .bind(rules.iter().map(|r| r.enabled).collect::<Vec<_>>())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A figure of a scope over a window of so many days.
pub(super) struct Asked {
    pub scope_id: Uuid,
    pub metric: AlertMetric,
    pub window_days: i16,
    /// Tracked accounts in the scope: what a day without a row lacks.
    pub accounts: i32,
}

/// The figures that were asked for, in their order: over the window that ends with `to`, and over the one before.
pub(super) async fn windows(tx: &mut OrgTx, asked: &[Asked], to: Date) -> Result<Vec<(Reading, Reading)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        metric: AlertMetric,
        is_now: bool,
        value: Option<i64>,
        #[sqlx(flatten)]
        rated: Rated,
        reported: i64,
        expected: i64,
    }
    let organization = tx.organization_id();
    let rows: Vec<Row> = sqlx::query_as(
        "select a.metric, n < a.days as is_now,
                sum(case a.metric when 'reach' then r.reach when 'views' then r.views when 'impressions' then r.impressions
                                  when 'reactions' then r.reactions when 'comments' then r.comments
                                  when 'shares' then r.shares when 'clicks' then r.clicks when 'saves' then r.saves
                                  when 'engagement' then r.engagement end)::bigint as value,
                coalesce(sum(r.rated_engagement), 0)::bigint as rated_engagement,
                coalesce(sum(r.rated_by_reach), 0)::bigint as rated_by_reach,
                coalesce(sum(r.rated_by_views), 0)::bigint as rated_by_views,
                coalesce(sum(r.rated_by_impressions), 0)::bigint as rated_by_impressions,
                coalesce(sum(r.integrations_ok), 0)::bigint as reported,
                sum(greatest(coalesce(r.integrations_expected, 0), a.accounts))::bigint as expected
         from unnest($2::uuid[], $3::text[], $4::smallint[], $5::integer[]) with ordinality
                  as a (scope_id, metric, days, accounts, place)
              cross join lateral generate_series(0, 2 * a.days - 1) as n
              -- Row by row through the key.
              left join lateral (
                  select * from analytics.daily_rollups d
                  where d.organization_id = $1 and d.scope_id = a.scope_id and d.format = 'all' and d.date = $6::date - n
                  offset 0) r on true
         group by a.place, a.metric, is_now
         order by a.place, is_now desc",
    )
    .bind(organization.uuid())
    .bind(asked.iter().map(|a| a.scope_id).collect::<Vec<_>>())
    .bind(asked.iter().map(|a| a.metric.label()).collect::<Vec<_>>())
    .bind(asked.iter().map(|a| a.window_days).collect::<Vec<_>>())
    .bind(asked.iter().map(|a| a.accounts).collect::<Vec<_>>())
    .bind(to)
    .fetch_all(tx.conn())
    .await?;
    let mut readings: Vec<(Reading, Reading)> = vec![(Reading::default(), Reading::default()); asked.len()];
    for (n, row) in rows.into_iter().enumerate() {
        let (value, base) = if row.metric == AlertMetric::EngagementRate {
            (row.rated.rate().value, Some(row.rated.base() as f64))
        } else {
            let value = row.value.map(|value| value as f64);
            (value, value)
        };
        let reading = Reading { value, base, reported: row.reported, expected: row.expected };
        if let Some((now, before)) = readings.get_mut(n / 2) {
            *(if row.is_now { now } else { before }) = reading;
        }
    }
    Ok(readings)
}

/// A number of an account or a content that is high enough to be looked at.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct High {
    pub integration_id: AccountId,
    /// `None` is the account as a whole.
    pub content_id: Option<ContentId>,
    /// The beginning of the content's text.
    pub caption: Option<String>,
    pub metric: AlertMetric,
    pub now: i64,
    pub before: i64,
    pub median: f64,
}

/// Numbers of a day, of accounts and content, that are higher than on the day before and five times the account's median
/// of the 28 days before, of which seven must be known. Both days must be reported.
pub(super) async fn highs(tx: &mut OrgTx, on: Date) -> Result<Vec<High>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as(
        "with account_day as materialized (
             select t.integration_id, r.date, m.metric, m.value
             from analytics.tracked_integrations t
                  cross join generate_series(0, 28) as n
                  cross join lateral (
                      select * from analytics.daily_rollups d
                      where d.organization_id = $1 and d.scope_id = t.integration_id and d.format = 'all'
                        and d.date = $2::date - n and d.content_count > 0
                      offset 0) r
                  cross join lateral (values ('reach', r.reach), ('views', r.views), ('impressions', r.impressions),
                                             ('reactions', r.reactions), ('comments', r.comments), ('shares', r.shares),
                                             ('clicks', r.clicks), ('saves', r.saves), ('engagement', r.engagement))
                                     as m (metric, value)
             where t.organization_id = $1 and t.enabled and m.value is not null
         ), median as (
             select integration_id, metric, percentile_cont(0.5) within group (order by value) as median
             from account_day where date < $2
             group by integration_id, metric
             having count(*) >= 7
         ), item as (
             select integration_id, null::uuid as content_id, metric,
                    max(value) filter (where date = $2) as now, max(value) filter (where date = $2::date - 1) as before
             from account_day
             where date >= $2::date - 1
             group by integration_id, metric
             union all
             select c.integration_id, c.content_id, m.metric,
                    max(m.value) filter (where c.date = $2), max(m.value) filter (where c.date = $2::date - 1)
             from analytics.content_changes c
                  cross join lateral (values ('reach', c.reach_change), ('views', c.views_change),
                                             ('impressions', c.impressions_change), ('reactions', c.reactions_change),
                                             ('comments', c.comments_change), ('shares', c.shares_change),
                                             ('clicks', c.clicks_change), ('saves', c.saves_change),
                                             ('engagement', c.engagement)) as m (metric, value)
             where c.organization_id = $1 and c.date >= $2::date - 1 and c.date <= $2
             group by c.integration_id, c.content_id, m.metric
         )
         select i.integration_id, i.content_id, left(c.caption, 60) as caption, i.metric, i.now, i.before, m.median
         from item i
              join median m on m.integration_id = i.integration_id and m.metric = i.metric
              left join analytics.content c on c.organization_id = $1 and c.id = i.content_id
         where i.before > 0 and i.now > i.before and i.now >= 5 * m.median
         order by i.integration_id, i.content_id nulls first, i.metric",
    )
    .bind(organization.uuid())
    .bind(on)
    .fetch_all(tx.conn())
    .await?)
}

/// An alert that was found; written unless the same one is still open.
pub(super) struct Found {
    pub id: Uuid,
    pub kind: AlertKind,
    pub severity: Severity,
    pub metric: AlertMetric,
    pub now: f64,
    pub before: f64,
    pub change_pct: f64,
    pub threshold_pct: f64,
    pub scope: AlertScope,
    pub content_id: Option<ContentId>,
    pub title: String,
    pub message: String,
    pub suggestions: Vec<String>,
    pub from: Date,
    pub to: Date,
}

impl Found {
    /// What it is about: the content, else the account or group.
    pub fn subject(&self) -> Uuid {
        self.content_id.map_or_else(|| scope_id(self.scope), ContentId::uuid)
    }

    fn dedupe_key(&self) -> String {
        format!("{}:{}:{}:{}", self.kind, self.metric, self.subject(), self.to)
    }
}

/// Writes what was found and is not open yet, and ends what is over; returns how many alerts are new and how many ended.
/// A drop is over where `calm` names its scope and figure; a spike when its account reported a later day `to` without it.
pub(super) async fn write(
    tx: &mut OrgTx,
    found: &[Found],
    calm: &[(Uuid, AlertMetric)],
    to: Date,
    now: Timestamp,
) -> Result<(u64, u64), Error> {
    let organization = tx.organization_id();
    let suggestions: Vec<String> = found.iter().map(|f| f.suggestions.join("\n")).collect();
    let groups: Vec<Option<Uuid>> =
        found.iter().map(|f| if let AlertScope::Group(id) = f.scope { Some(id) } else { None }).collect();
    let accounts: Vec<Option<Uuid>> =
        found.iter().map(|f| if let AlertScope::Account(id) = f.scope { Some(id.uuid()) } else { None }).collect();
    let (new, ended): (i64, i64) = sqlx::query_as(
        "with found as materialized (
             select * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::float8[],
                                  $9::float8[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[], $14::text[],
                                  $15::text[], $16::date[], $17::date[], $18::text[])
                      as f (id, kind, severity, metric, current_value, previous_value, change_pct, threshold_pct,
                            integration_id, group_id, content_id, title, message, suggestions, period_start, period_end,
                            dedupe_key)
         ), calm as materialized (
             select * from unnest($19::uuid[], $20::text[]) as c (scope_id, metric)
         ), ended as (
             update analytics.alerts a set resolved_at = $22
             where a.organization_id = $1 and a.resolved_at is null
               and case a.kind
                   when 'kpi_drop' then exists (
                       select from calm c where c.scope_id = coalesce(a.group_id, a.integration_id) and c.metric = a.metric)
                   else a.period_end < $21
                        and not exists (select from found f
                                        where f.kind = a.kind and f.metric = a.metric
                                          and coalesce(f.content_id, f.integration_id)
                                              = coalesce(a.content_id, a.integration_id))
                        and exists (select from analytics.daily_rollups r
                                    where r.organization_id = $1 and r.scope_id = a.integration_id and r.format = 'all'
                                      and r.date = $21 and r.integrations_ok > 0) end
             returning a.id
         ), written as (
             insert into analytics.alerts as a
                 (organization_id, id, kind, severity, metric, current_value, previous_value, change_pct, threshold_pct,
                  integration_id, group_id, content_id, title, message, suggestions, period_start, period_end, dedupe_key,
                  created_at)
             select $1, f.id, f.kind, f.severity, f.metric, f.current_value, f.previous_value, f.change_pct,
                    f.threshold_pct, f.integration_id, f.group_id, f.content_id, f.title, f.message,
                    string_to_array(f.suggestions, E'\\n'), f.period_start, f.period_end, f.dedupe_key, $22
             from found f
             where not exists (select from analytics.alerts o
                               where o.organization_id = $1 and o.resolved_at is null and o.period_end > f.period_end - 7
                                 and o.kind = f.kind and o.metric = f.metric
                                 and coalesce(o.content_id, o.group_id, o.integration_id)
                                     = coalesce(f.content_id, f.group_id, f.integration_id))
             -- Later numbers can take a day's finding away and bring it back.
             on conflict (organization_id, dedupe_key) do update set resolved_at = null, closed_because = null
             where a.resolved_at is not null
             returning a.id
         )
         select (select count(*) from written), (select count(*) from ended)",
    )
    .bind(organization.uuid())
    .bind(found.iter().map(|f| f.id).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.kind.label()).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.severity.label()).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.metric.label()).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.now).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.before).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.change_pct).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.threshold_pct).collect::<Vec<_>>())
    .bind(accounts)
    .bind(groups)
    .bind(found.iter().map(|f| f.content_id.map(ContentId::uuid)).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.title.as_str()).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.message.as_str()).collect::<Vec<_>>())
    .bind(suggestions)
    .bind(found.iter().map(|f| f.from).collect::<Vec<_>>())
    .bind(found.iter().map(|f| f.to).collect::<Vec<_>>())
    .bind(found.iter().map(Found::dedupe_key).collect::<Vec<_>>())
    .bind(calm.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(calm.iter().map(|(_, metric)| metric.label()).collect::<Vec<_>>())
    .bind(to)
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    Ok((new.unsigned_abs(), ended.unsigned_abs()))
}

/// Closes open alerts of accounts that nobody collects from or that are disconnected, and of groups that are deleted or
/// have no such account left; returns how many.
pub(super) async fn close_unwatched(tx: &mut OrgTx, now: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query(
        "update analytics.alerts a set resolved_at = $2, closed_because = w.reason
         from (
             select o.id,
                    case when o.group_id is null then (
                             select case when not t.enabled then 'not_tracked' when s.status = 'revoked' then 'disconnected'
                                         else 'watched' end
                             from analytics.tracked_integrations t
                                  join accounts.social_accounts s on s.organization_id = $1 and s.id = t.integration_id
                             where t.organization_id = $1 and t.integration_id = o.integration_id)
                         when not exists (select from analytics.page_groups g
                                          where g.organization_id = $1 and g.id = o.group_id and g.deleted_at is null)
                             then 'group_gone'
                         when exists (
                             select from analytics.page_group_members m
                                  join analytics.tracked_integrations t
                                      on t.organization_id = $1 and t.id = m.tracked_integration_id and t.enabled
                                  join accounts.social_accounts s on s.organization_id = $1 and s.id = t.integration_id
                             where m.organization_id = $1 and m.group_id = o.group_id and s.status <> 'revoked')
                             then 'watched' end as reason
             from analytics.alerts o
             where o.organization_id = $1 and o.resolved_at is null) u
              cross join lateral (select coalesce(u.reason, 'not_tracked') as reason) w
         where a.organization_id = $1 and a.id = u.id and w.reason <> 'watched'",
    )
    .bind(organization.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Alerts, unread first, then the newest; those after `after`.
pub(super) async fn alerts(
    tx: &mut OrgTx,
    filter: AlertFilter,
    after: Option<AlertCursor>,
    limit: i64,
) -> Result<Vec<Alert>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as(
        "select id, kind, severity, metric, current_value, previous_value, change_pct, threshold_pct, integration_id,
                group_id, content_id, title, message, suggestions, period_start, period_end, read_at, resolved_at, closed_because,
                created_at
         from analytics.alerts
         where organization_id = $1 and (not $2 or not is_read) and ($7::boolean is null or (resolved_at is null) = $7)
           and ($3::boolean is null or (not is_read, created_at, id) < (not $3, $4, $5))
         order by not is_read desc, created_at desc, id desc
         limit $6",
    )
    .bind(organization.uuid())
    .bind(filter.is_unread)
    .bind(after.map(|a| a.is_read))
    .bind(after.map(|a| a.created_at))
    .bind(after.map(|a| a.id))
    .bind(limit)
    .bind(filter.is_open)
    .fetch_all(tx.conn())
    .await?)
}

/// How many alerts nobody has read.
pub(super) async fn unread(tx: &mut OrgTx) -> Result<i64, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar("select count(*) from analytics.alerts where organization_id = $1 and not is_read")
        .bind(organization.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// Marks an alert (`None`: all) as read; returns the ids of those that were not.
pub(super) async fn read(
    tx: &mut OrgTx,
    id: Option<Uuid>,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<Vec<Uuid>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar(
        "update analytics.alerts set is_read = true, read_at = $3, read_by = $4
         where organization_id = $1 and not is_read and ($2::uuid is null or id = $2)
         returning id",
    )
    .bind(organization.uuid())
    .bind(id)
    .bind(now)
    .bind(by.map(UserId::uuid))
    .fetch_all(tx.conn())
    .await?)
}

/// Whether there is such an alert.
pub(super) async fn is_known(tx: &mut OrgTx, id: Uuid) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar("select exists (select from analytics.alerts where organization_id = $1 and id = $2)")
        .bind(organization.uuid())
        .bind(id)
        .fetch_one(tx.conn())
        .await?)
}
