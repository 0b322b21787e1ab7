//! The statements that sum. Each computes what should stand for some days and writes only what stands there differently:
//! the same again writes nothing. What stands there is looked up row by row (`offset 0` keeps the planner from another way):
//! of an organization that came after the last look at sizes it expects one row, and would compare each with each.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Date, Timestamp};
use uuid::Uuid;

/// What is summed of some days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slices<'a> {
    /// Sums of the organization and of accounts by format.
    pub by_format: bool,
    /// Their sums over all formats too, which otherwise move as numbers are written. Only with the writers' lock.
    pub moving: bool,
    /// Only these tags; `None` is all.
    pub tags: Option<&'a [Uuid]>,
}

/// Keeps a second job of the same organization away until the end of the transaction.
pub(super) async fn alone(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    // Its statements meet a day of a small organization or years of a large one: a plan for both is right for neither.
    sqlx::query!(
        r#"select pg_advisory_xact_lock(hashtextextended('analytics.rollup' || $1::uuid, 0)) as "locked",
                  set_config('plan_cache_mode', 'force_custom_plan', true) as "planned""#,
        organization.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The first and the last day that anything is known of: of numbers, of content, of sums.
pub(super) async fn extent(tx: &mut OrgTx) -> Result<Option<(Date, Date)>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        r#"select least(d.first, a.first, c.first, r.first) as "first?: Date",
                  greatest(d.last, a.last, c.last, r.last) as "last?: Date"
           from (select min(date) as first, max(date) as last from analytics.content_daily_metrics
                 where organization_id = $1) d
                cross join (select min(date) as first, max(date) as last from analytics.account_daily_metrics
                            where organization_id = $1) a
                cross join (select min((c.published_at at time zone o.timezone)::date) as first,
                                   max((c.published_at at time zone o.timezone)::date) as last
                            from analytics.content c join identity.organizations o on o.organization_id = $1
                            where c.organization_id = $1) c
                cross join (select min(date) as first, max(date) as last from analytics.daily_rollups
                            where organization_id = $1) r"#,
        organization.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.first.zip(row.last))
}

/// Items of content with totals.
pub(super) async fn content_count(tx: &mut OrgTx) -> Result<i64, Error> {
    let organization = tx.organization_id();
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from analytics.content_totals where organization_id = $1"#,
        organization.uuid(),
    );
    Ok(counted.fetch_one(tx.conn()).await?)
}

/// The days on which this content has numbers or was published.
pub(super) async fn days_of_content(tx: &mut OrgTx, keys: &[i64]) -> Result<Vec<Date>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"with newest as (
               select max(date) as date from analytics.content_daily_metrics where organization_id = $1
           ), item as (
               select c.content_key, (c.published_at at time zone 'UTC')::date as born,
                      (c.published_at at time zone o.timezone)::date as published_on
               from analytics.content c join identity.organizations o on o.organization_id = $1
               where c.organization_id = $1 and c.content_key = any($2)
           )
           select published_on as "date!" from item
           union
           select t.published_on from analytics.content_totals t
           where t.organization_id = $1 and t.content_key = any($2)
           union
           select d.date
           from item i
                cross join newest w
                cross join lateral generate_series(0, w.date - i.born + 1) n
                join analytics.content_daily_metrics d
                    on d.organization_id = $1 and d.date = w.date - n and d.content_key = i.content_key"#,
        organization.uuid(),
        keys,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Brings up to date what content has reached: that of `keys`, that with numbers on `days`, or (`all`) the whole.
///
/// What counts is the newest total; where the network only counts days, their sum.
pub(super) async fn totals(tx: &mut OrgTx, days: &[Date], keys: &[i64], all: bool) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        r#"with newest as (
               select max(date) as date from analytics.content_daily_metrics where organization_id = $1
           ), due as (
               select content_key from analytics.content_daily_metrics where organization_id = $1 and date = any($2)
               union
               select unnest($3::bigint[])
               union
               select content_key from analytics.content where organization_id = $1 and $4
           ), item as (
               select c.content_key, c.integration_id, c.format::text as format, c.published_at at time zone o.timezone as local,
                      (c.published_at at time zone 'UTC')::date as born
               from due
                    join analytics.content c on c.organization_id = $1 and c.content_key = due.content_key
                    join identity.organizations o on o.organization_id = $1
           ), reached as (
               select i.content_key, i.integration_id, i.format, i.local, coalesce(m.date, s.date) as numbers_date,
                      case when m.date is null then s.reach else m.reach end as reach,
                      case when m.date is null then s.impressions else m.impressions end as impressions,
                      case when m.date is null then s.views else m.views end as views,
                      case when m.date is null then s.reactions else m.reactions end as reactions,
                      case when m.date is null then s.comments else m.comments end as comments,
                      case when m.date is null then s.shares else m.shares end as shares,
                      case when m.date is null then s.clicks else m.clicks end as clicks,
                      case when m.date is null then s.saves else m.saves end as saves,
                      case when m.date is null then s.watch_time_ms else m.watch_time_ms end as watch_time_ms
               from item i
                    cross join newest w
                    left join lateral (
                        select b.*
                        from generate_series(0, w.date - i.born + 1) n
                             cross join lateral (
                                 select * from analytics.content_daily_metrics d
                                 where d.organization_id = $1 and d.date = w.date - n and d.content_key = i.content_key
                                   and d.basis = 'lifetime'
                                 offset 0) b
                        limit 1) m on true
                    left join lateral (
                        select max(d.date) as date,
                               sum(d.reach)::bigint as reach, sum(d.impressions)::bigint as impressions,
                               sum(d.views)::bigint as views, sum(d.reactions)::bigint as reactions,
                               sum(d.comments)::bigint as comments, sum(d.shares)::bigint as shares,
                               sum(d.clicks)::bigint as clicks, sum(d.saves)::bigint as saves,
                               sum(d.watch_time_ms)::bigint as watch_time_ms
                        from generate_series(0, w.date - i.born + 1) n
                             join analytics.content_daily_metrics d
                                 on d.organization_id = $1 and d.date = w.date - n and d.content_key = i.content_key
                        where m.date is null) s on true
           ), valued as (
               select r.content_key, r.integration_id, r.format, r.local::date as published_on,
                      extract(isodow from r.local)::smallint as weekday, extract(hour from r.local)::smallint as hour,
                      r.numbers_date, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares, r.clicks, r.saves,
                      r.watch_time_ms,
                      e.engagement,
                      case when e.engagement is not null
                           then coalesce(case when r.reach > 0 then r.reach end, case when r.views > 0 then r.views end,
                                         case when r.impressions > 0 then r.impressions end) end as rate_base,
                      case when e.engagement is null then null when r.reach > 0 then 'reach' when r.views > 0 then 'views'
                           when r.impressions > 0 then 'impressions' end as rate_basis
               from reached r
                    cross join lateral (
                        select case when coalesce(r.reactions, r.comments, r.shares) is not null
                                    then coalesce(r.reactions, 0) + coalesce(r.comments, 0) + coalesce(r.shares, 0)
                               end as engagement) e
           )
           insert into analytics.content_totals as t
               (organization_id, content_key, integration_id, format, published_on, weekday, hour, numbers_date, reach, impressions, views,
                reactions, comments, shares, clicks, saves, watch_time_ms, engagement, rate_base, rate_basis)
           select $1, v.content_key, v.integration_id, v.format, v.published_on, v.weekday, v.hour, v.numbers_date, v.reach,
                  v.impressions, v.views, v.reactions, v.comments, v.shares, v.clicks, v.saves, v.watch_time_ms,
                  v.engagement, v.rate_base, v.rate_basis
           from valued v
                left join lateral (select * from analytics.content_totals o
                                   where o.organization_id = $1 and o.content_key = v.content_key
                                   offset 0) o on true
           where o.content_key is null
              or (v.integration_id, v.format, v.published_on, v.weekday, v.hour, v.numbers_date, v.reach,
                  v.impressions, v.views, v.reactions, v.comments, v.shares, v.clicks, v.saves, v.watch_time_ms,
                  v.engagement, v.rate_base, v.rate_basis)
                 is distinct from
                 (o.integration_id, o.format, o.published_on, o.weekday, o.hour, o.numbers_date, o.reach,
                  o.impressions, o.views, o.reactions, o.comments, o.shares, o.clicks, o.saves, o.watch_time_ms,
                  o.engagement, o.rate_base, o.rate_basis)
           order by v.published_on, v.content_key
           on conflict (organization_id, content_key) do update set
               integration_id = excluded.integration_id, format = excluded.format,
               published_on = excluded.published_on, weekday = excluded.weekday, hour = excluded.hour,
               numbers_date = excluded.numbers_date, reach = excluded.reach, impressions = excluded.impressions,
               views = excluded.views, reactions = excluded.reactions, comments = excluded.comments,
               shares = excluded.shares, clicks = excluded.clicks, saves = excluded.saves,
               watch_time_ms = excluded.watch_time_ms, engagement = excluded.engagement,
               rate_base = excluded.rate_base, rate_basis = excluded.rate_basis"#,
        organization.uuid(),
        days as &[Date],
        keys,
        all,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The sums of some days: of the organization and its accounts by format, and of tags.
pub(super) async fn days(tx: &mut OrgTx, days: &[Date], slices: Slices<'_>, now: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        // From the days outward, whatever the planner believes of sizes: it has preferred to read every month of every
        // content that bears a tag.
        r#"with changed as materialized (
               select x.* from analytics.content_changes x
               where x.organization_id = $1 and x.date = any($2) and x.date >= $7 and x.date <= $8
           ), expanded as (
               select x.*, s.scope_type, s.scope_id, s.slice
               from changed x
                    cross join lateral (
                        values ('org', x.organization_id, x.format, true), ('integration', x.integration_id, x.format, true),
                               ('org', x.organization_id, 'all', $5), ('integration', x.integration_id, 'all', $5))
                        s (scope_type, scope_id, slice, is_due)
               where $4 and s.is_due
               union all
               select x.*, 'tag', t.tag_id, 'all'
               from changed x
                    cross join lateral (select t.tag_id from analytics.content_tags t
                                        where t.organization_id = $1 and t.content_id = x.content_id
                                          and ($3::uuid[] is null or t.tag_id = any($3))
                                        offset 0) t
           ), summed as (
               select x.date, x.scope_type, x.scope_id, x.slice as format, count(*)::integer as content_count,
                      sum(x.reach_change)::bigint as reach, sum(x.impressions_change)::bigint as impressions,
                      sum(x.views_change)::bigint as views, sum(x.reactions_change)::bigint as reactions,
                      sum(x.comments_change)::bigint as comments, sum(x.shares_change)::bigint as shares,
                      sum(x.clicks_change)::bigint as clicks, sum(x.saves_change)::bigint as saves,
                      sum(x.watch_time_ms_change)::bigint as watch_time_ms, sum(x.engagement)::bigint as engagement,
                      count(x.reach_change)::integer as reach_items,
                      count(x.impressions_change)::integer as impressions_items,
                      count(x.views_change)::integer as views_items,
                      count(x.reactions_change)::integer as reactions_items,
                      count(x.comments_change)::integer as comments_items,
                      count(x.shares_change)::integer as shares_items,
                      count(x.clicks_change)::integer as clicks_items, count(x.saves_change)::integer as saves_items,
                      count(x.watch_time_ms_change)::integer as watch_time_ms_items,
                      count(x.engagement)::integer as engagement_items,
                      coalesce(sum(x.engagement) filter (where x.rated_by <> ''), 0)::bigint as rated_engagement,
                      coalesce(sum(x.reach_change) filter (where x.rated_by = 'reach'), 0)::bigint as rated_by_reach,
                      coalesce(sum(x.views_change) filter (where x.rated_by = 'views'), 0)::bigint as rated_by_views,
                      coalesce(sum(x.impressions_change) filter (where x.rated_by = 'impressions'), 0)::bigint as rated_by_impressions
               from expanded x
               group by x.date, x.scope_type, x.scope_id, x.slice
           ), published as (
               select t.published_on as date, s.scope_type, s.scope_id, s.slice as format, count(*)::integer as new_content_count
               from analytics.content_totals t
                    cross join lateral (
                        values ('org', t.organization_id, t.format, true), ('integration', t.integration_id, t.format, true),
                               ('org', t.organization_id, 'all', $5), ('integration', t.integration_id, 'all', $5))
                        s (scope_type, scope_id, slice, is_due)
               where t.organization_id = $1 and t.published_on = any($2) and $4 and s.is_due
               group by 1, 2, 3, 4
               union all
               select t.published_on, 'tag', g.tag_id, 'all', count(*)::integer
               from (select t.published_on, t.content_key from analytics.content_totals t
                     where t.organization_id = $1 and t.published_on = any($2)
                     offset 0) t
                    cross join lateral (select c.id from analytics.content c
                                        where c.organization_id = $1 and c.content_key = t.content_key
                                        offset 0) c
                    cross join lateral (select g.tag_id from analytics.content_tags g
                                        where g.organization_id = $1 and g.content_id = c.id
                                          and ($3::uuid[] is null or g.tag_id = any($3))
                                        offset 0) g
               group by 1, 3
           ), computed as (
               select date, scope_type, scope_id, format, coalesce(s.content_count, 0) as content_count,
                      coalesce(p.new_content_count, 0) as new_content_count, s.reach, s.impressions, s.views, s.reactions, s.comments, s.shares, s.clicks, s.saves,
                      s.watch_time_ms, s.engagement,
                      coalesce(s.reach_items, 0) as reach_items,
                      coalesce(s.impressions_items, 0) as impressions_items,
                      coalesce(s.views_items, 0) as views_items, coalesce(s.reactions_items, 0) as reactions_items,
                      coalesce(s.comments_items, 0) as comments_items, coalesce(s.shares_items, 0) as shares_items,
                      coalesce(s.clicks_items, 0) as clicks_items, coalesce(s.saves_items, 0) as saves_items,
                      coalesce(s.watch_time_ms_items, 0) as watch_time_ms_items,
                      coalesce(s.engagement_items, 0) as engagement_items,
                      coalesce(s.rated_engagement, 0) as rated_engagement,
                      coalesce(s.rated_by_reach, 0) as rated_by_reach,
                      coalesce(s.rated_by_views, 0) as rated_by_views,
                      coalesce(s.rated_by_impressions, 0) as rated_by_impressions
               from summed s
                    full join published p using (date, scope_type, scope_id, format)
                    -- A row that lost everything is left to `counts`.
                    full join (select r.date, r.scope_type::text as scope_type, r.scope_id, r.format
                               from analytics.daily_rollups r
                               where r.organization_id = $1 and r.date = any($2) and r.content_count >= 0 and $5 and r.format = 'all'
                                 and r.scope_type in ('org', 'integration')) k using (date, scope_type, scope_id, format)
           ), lost as materialized (
               -- Without statistics an anti join would be a loop in a loop; a difference of sets, made once, never is.
               select k.date, k.scope_type::text as scope_type, k.scope_id, k.format
               from analytics.daily_rollups k
               where k.organization_id = $1 and k.date = any($2) and k.content_count >= 0
                 and (k.scope_type = 'tag' and ($3::uuid[] is null or k.scope_id = any($3))
                      or $4 and k.scope_type in ('org', 'integration') and k.format <> 'all')
               except
               select c.date, c.scope_type, c.scope_id, c.format from computed c
           ), gone as (
               delete from analytics.daily_rollups r
               using lost
               where r.organization_id = $1 and r.date = lost.date and r.scope_type::text = lost.scope_type
                 and r.scope_id = lost.scope_id and r.format = lost.format
           )
           insert into analytics.daily_rollups as t
               (organization_id, date, scope_type, scope_id, format, content_count, new_content_count, reach, impressions, views,
                reactions, comments, shares, clicks, saves, watch_time_ms, engagement, reach_items, impressions_items,
                views_items, reactions_items, comments_items, shares_items, clicks_items, saves_items,
                watch_time_ms_items, engagement_items, rated_engagement, rated_by_reach, rated_by_views,
                rated_by_impressions, computed_at)
           select $1, c.date, c.scope_type::analytics.rollup_scope, c.scope_id, c.format, c.content_count,
                  c.new_content_count, c.reach, c.impressions, c.views, c.reactions, c.comments, c.shares, c.clicks,
                  c.saves, c.watch_time_ms, c.engagement, c.reach_items, c.impressions_items, c.views_items,
                  c.reactions_items, c.comments_items, c.shares_items, c.clicks_items, c.saves_items,
                  c.watch_time_ms_items, c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views,
                  c.rated_by_impressions, $6
           from computed c
                left join lateral (select * from analytics.daily_rollups o
                                   where o.organization_id = $1 and o.date = c.date and o.scope_id = c.scope_id
                                     and o.format = c.format and o.scope_type::text = c.scope_type
                                   offset 0) o on true
           where o.scope_id is null
              or (c.content_count, c.new_content_count, c.reach, c.impressions, c.views, c.reactions, c.comments,
                  c.shares, c.clicks, c.saves, c.watch_time_ms, c.engagement, c.reach_items, c.impressions_items,
                  c.views_items, c.reactions_items, c.comments_items, c.shares_items, c.clicks_items, c.saves_items,
                  c.watch_time_ms_items, c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views,
                  c.rated_by_impressions)
                 is distinct from
                 (o.content_count, o.new_content_count, o.reach, o.impressions, o.views, o.reactions, o.comments,
                  o.shares, o.clicks, o.saves, o.watch_time_ms, o.engagement, o.reach_items, o.impressions_items,
                  o.views_items, o.reactions_items, o.comments_items, o.shares_items, o.clicks_items, o.saves_items,
                  o.watch_time_ms_items, o.engagement_items, o.rated_engagement, o.rated_by_reach, o.rated_by_views,
                  o.rated_by_impressions)
           order by c.date, c.scope_type, c.scope_id, c.format
           on conflict (organization_id, scope_type, scope_id, format, date) do update set
               content_count = excluded.content_count, new_content_count = excluded.new_content_count,
               reach = excluded.reach, impressions = excluded.impressions, views = excluded.views,
               reactions = excluded.reactions, comments = excluded.comments, shares = excluded.shares,
               clicks = excluded.clicks, saves = excluded.saves, watch_time_ms = excluded.watch_time_ms,
               engagement = excluded.engagement, reach_items = excluded.reach_items,
               impressions_items = excluded.impressions_items, views_items = excluded.views_items,
               reactions_items = excluded.reactions_items, comments_items = excluded.comments_items,
               shares_items = excluded.shares_items, clicks_items = excluded.clicks_items,
               saves_items = excluded.saves_items, watch_time_ms_items = excluded.watch_time_ms_items,
               engagement_items = excluded.engagement_items, rated_engagement = excluded.rated_engagement,
               rated_by_reach = excluded.rated_by_reach, rated_by_views = excluded.rated_by_views,
               rated_by_impressions = excluded.rated_by_impressions, computed_at = excluded.computed_at"#,
        organization.uuid(),
        days as &[Date],
        slices.tags,
        slices.by_format,
        slices.moving,
        now as Timestamp,
        days.iter().min().copied() as Option<Date>,
        days.iter().max().copied() as Option<Date>,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The sums of some days of page groups, from those of their accounts; `groups` are the only ones, `None` is all.
pub(super) async fn groups(
    tx: &mut OrgTx,
    days: &[Date],
    groups: Option<&[Uuid]>,
    now: Timestamp,
) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        r#"with computed as (
               select r.date, 'group' as scope_type, m.group_id as scope_id, r.format,
                      sum(r.content_count)::integer as content_count, sum(r.new_content_count)::integer as new_content_count,
                      sum(r.followers_delta)::bigint as followers_delta,
                      sum(r.integrations_expected)::integer as integrations_expected, sum(r.integrations_ok)::integer as integrations_ok,
                      sum(r.reach)::bigint as reach, sum(r.impressions)::bigint as impressions,
                      sum(r.views)::bigint as views, sum(r.reactions)::bigint as reactions,
                      sum(r.comments)::bigint as comments, sum(r.shares)::bigint as shares,
                      sum(r.clicks)::bigint as clicks, sum(r.saves)::bigint as saves,
                      sum(r.watch_time_ms)::bigint as watch_time_ms, sum(r.engagement)::bigint as engagement,
                      sum(r.reach_items)::integer as reach_items,
                      sum(r.impressions_items)::integer as impressions_items,
                      sum(r.views_items)::integer as views_items, sum(r.reactions_items)::integer as reactions_items,
                      sum(r.comments_items)::integer as comments_items, sum(r.shares_items)::integer as shares_items,
                      sum(r.clicks_items)::integer as clicks_items, sum(r.saves_items)::integer as saves_items,
                      sum(r.watch_time_ms_items)::integer as watch_time_ms_items,
                      sum(r.engagement_items)::integer as engagement_items,
                      sum(r.rated_engagement)::bigint as rated_engagement,
                      sum(r.rated_by_reach)::bigint as rated_by_reach,
                      sum(r.rated_by_views)::bigint as rated_by_views,
                      sum(r.rated_by_impressions)::bigint as rated_by_impressions
               -- From the sums outward, whatever the planner believes of sizes: groups first would read every account's
               -- sums once for each member of any group.
               from (select r.* from analytics.daily_rollups r
                     where r.organization_id = $1 and r.date = any($2) and r.content_count >= 0
                       and r.scope_type = 'integration'
                     offset 0) r
                    cross join lateral (select t.id from analytics.tracked_integrations t
                                        where t.organization_id = $1 and t.integration_id = r.scope_id
                                        offset 0) t
                    cross join lateral (select m.group_id from analytics.page_group_members m
                                        where m.organization_id = $1 and m.tracked_integration_id = t.id
                                          and ($3::uuid[] is null or m.group_id = any($3))
                                        offset 0) m
                    join analytics.page_groups g on g.organization_id = $1 and g.id = m.group_id and g.deleted_at is null
               group by r.date, m.group_id, r.format
           ), lost as materialized (
               select k.date, k.scope_id, k.format
               from analytics.daily_rollups k
               where k.organization_id = $1 and k.date = any($2) and k.content_count >= 0 and k.scope_type = 'group'
                 and ($3::uuid[] is null or k.scope_id = any($3))
               except
               select c.date, c.scope_id, c.format from computed c
           ), gone as (
               delete from analytics.daily_rollups r
               using lost
               where r.organization_id = $1 and r.date = lost.date and r.scope_type = 'group'
                 and r.scope_id = lost.scope_id and r.format = lost.format
           )
           insert into analytics.daily_rollups as t
               (organization_id, date, scope_type, scope_id, format, content_count, new_content_count, reach, impressions, views,
                reactions, comments, shares, clicks, saves, watch_time_ms, engagement, reach_items, impressions_items,
                views_items, reactions_items, comments_items, shares_items, clicks_items, saves_items,
                watch_time_ms_items, engagement_items, rated_engagement, rated_by_reach, rated_by_views,
                rated_by_impressions, followers_delta, integrations_expected, integrations_ok, computed_at)
           select $1, c.date, c.scope_type::analytics.rollup_scope, c.scope_id, c.format, c.content_count,
                  c.new_content_count, c.reach, c.impressions, c.views, c.reactions, c.comments, c.shares, c.clicks,
                  c.saves, c.watch_time_ms, c.engagement, c.reach_items, c.impressions_items, c.views_items,
                  c.reactions_items, c.comments_items, c.shares_items, c.clicks_items, c.saves_items,
                  c.watch_time_ms_items, c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views,
                  c.rated_by_impressions, c.followers_delta, c.integrations_expected, c.integrations_ok, $4
           from computed c
                left join lateral (select * from analytics.daily_rollups o
                                   where o.organization_id = $1 and o.date = c.date and o.scope_id = c.scope_id
                                     and o.format = c.format and o.scope_type::text = c.scope_type
                                   offset 0) o on true
           where o.scope_id is null
              or (c.content_count, c.new_content_count, c.reach, c.impressions, c.views, c.reactions, c.comments,
                  c.shares, c.clicks, c.saves, c.watch_time_ms, c.engagement, c.reach_items, c.impressions_items,
                  c.views_items, c.reactions_items, c.comments_items, c.shares_items, c.clicks_items, c.saves_items,
                  c.watch_time_ms_items, c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views,
                  c.rated_by_impressions, c.followers_delta, c.integrations_expected, c.integrations_ok)
                 is distinct from
                 (o.content_count, o.new_content_count, o.reach, o.impressions, o.views, o.reactions, o.comments,
                  o.shares, o.clicks, o.saves, o.watch_time_ms, o.engagement, o.reach_items, o.impressions_items,
                  o.views_items, o.reactions_items, o.comments_items, o.shares_items, o.clicks_items, o.saves_items,
                  o.watch_time_ms_items, o.engagement_items, o.rated_engagement, o.rated_by_reach, o.rated_by_views,
                  o.rated_by_impressions, o.followers_delta, o.integrations_expected, o.integrations_ok)
           order by c.date, c.scope_type, c.scope_id, c.format
           on conflict (organization_id, scope_type, scope_id, format, date) do update set
               content_count = excluded.content_count, new_content_count = excluded.new_content_count,
               reach = excluded.reach, impressions = excluded.impressions, views = excluded.views,
               reactions = excluded.reactions, comments = excluded.comments, shares = excluded.shares,
               clicks = excluded.clicks, saves = excluded.saves, watch_time_ms = excluded.watch_time_ms,
               engagement = excluded.engagement, reach_items = excluded.reach_items,
               impressions_items = excluded.impressions_items, views_items = excluded.views_items,
               reactions_items = excluded.reactions_items, comments_items = excluded.comments_items,
               shares_items = excluded.shares_items, clicks_items = excluded.clicks_items,
               saves_items = excluded.saves_items, watch_time_ms_items = excluded.watch_time_ms_items,
               engagement_items = excluded.engagement_items, rated_engagement = excluded.rated_engagement,
               rated_by_reach = excluded.rated_by_reach, rated_by_views = excluded.rated_by_views,
               rated_by_impressions = excluded.rated_by_impressions, followers_delta = excluded.followers_delta,
               integrations_expected = excluded.integrations_expected, integrations_ok = excluded.integrations_ok,
               computed_at = excluded.computed_at"#,
        organization.uuid(),
        days as &[Date],
        groups,
        now as Timestamp,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// What the sums over all formats do not get as numbers are written: how much was published, how many accounts should have
/// reported and did, how followers changed. Only with the writers' lock.
pub(super) async fn counts(tx: &mut OrgTx, days: &[Date], now: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        r#"with account as (
               select t.integration_id, t.tracking_since
               from analytics.tracked_integrations t where t.organization_id = $1 and t.enabled
           ), reported as (
               select r.date, r.scope_id as integration_id
               from analytics.daily_rollups r
               where r.organization_id = $1 and r.date = any($2) and r.content_count >= 0 and r.scope_type = 'integration' and r.format = 'all'
                 and r.content_count > 0
               union
               select m.date, m.integration_id from analytics.account_daily_metrics m
               where m.organization_id = $1 and m.date = any($2)
           ), published as (
               select published_on as date, integration_id, count(*)::integer as new_content_count
               from analytics.content_totals where organization_id = $1 and published_on = any($2) group by 1, 2
           ), followed as (
               select m.date, m.integration_id, m.followers - before.followers as delta
               from analytics.account_daily_metrics m
                    cross join lateral (
                        select b.followers from analytics.account_daily_metrics b
                        where b.organization_id = $1 and b.integration_id = m.integration_id and b.date < m.date
                          and b.date >= m.date - 92 and b.followers is not null
                        order by b.date desc limit 1) before
               where m.organization_id = $1 and m.date = any($2) and m.followers is not null
           ), busy as (
               select date from reported union select date from published union select date from followed
           ), asked as (
               select b.date, a.integration_id, r.integration_id is not null as is_there
               from busy b
                    cross join account a
                    left join reported r on r.date = b.date and r.integration_id = a.integration_id
               where a.tracking_since <= b.date or r.integration_id is not null
           ), counted as (
               select date, integration_id, coalesce(p.new_content_count, 0) as new_content_count,
                      (a.asked is not null)::integer as integrations_expected,
                      coalesce(a.is_there, false)::integer as integrations_ok, f.delta as followers_delta
               from (select date, integration_id, is_there, integration_id as asked from asked) a
                    full join published p using (date, integration_id)
                    full join followed f using (date, integration_id)
                    full join (select r.date, r.scope_id as integration_id from analytics.daily_rollups r
                               where r.organization_id = $1 and r.date = any($2) and r.content_count >= 0 and r.scope_type = 'integration'
                                 and r.format = 'all') k using (date, integration_id)
           ), computed as (
               select date, case when grouping(integration_id) = 0 then 'integration' else 'org' end as scope_type,
                      coalesce(integration_id, $1) as scope_id, 'all' as format,
                      sum(new_content_count)::integer as new_content_count,
                      sum(integrations_expected)::integer as integrations_expected,
                      sum(integrations_ok)::integer as integrations_ok, sum(followers_delta)::bigint as followers_delta
               from counted
               group by grouping sets ((date, integration_id), (date))
           ), gone as (
               delete from analytics.daily_rollups r
               using computed c
               where r.organization_id = $1 and r.date = c.date and r.scope_type::text = c.scope_type
                 and r.scope_id = c.scope_id and r.format = 'all' and r.content_count = 0
                 and c.new_content_count = 0 and c.integrations_expected = 0 and c.followers_delta is null
           ), kept as (
               select c.* from computed c
               where c.new_content_count > 0 or c.integrations_expected > 0 or c.followers_delta is not null
                  or exists (select from analytics.daily_rollups r
                             where r.organization_id = $1 and r.date = c.date and r.scope_type::text = c.scope_type
                               and r.scope_id = c.scope_id and r.format = 'all' and r.content_count > 0)
           )
           insert into analytics.daily_rollups as t
               (organization_id, date, scope_type, scope_id, format, new_content_count, integrations_expected, integrations_ok,
                followers_delta, computed_at)
           select $1, c.date, c.scope_type::analytics.rollup_scope, c.scope_id, c.format, c.new_content_count,
                  c.integrations_expected, c.integrations_ok, c.followers_delta, $3
           from kept c
                left join lateral (select * from analytics.daily_rollups o
                                   where o.organization_id = $1 and o.date = c.date and o.scope_id = c.scope_id
                                     and o.format = c.format and o.scope_type::text = c.scope_type
                                   offset 0) o on true
           where o.scope_id is null
              or (c.new_content_count, c.integrations_expected, c.integrations_ok, c.followers_delta)
                 is distinct from
                 (o.new_content_count, o.integrations_expected, o.integrations_ok, o.followers_delta)
           order by c.date, c.scope_type, c.scope_id, c.format
           on conflict (organization_id, scope_type, scope_id, format, date) do update set
               new_content_count = excluded.new_content_count, integrations_expected = excluded.integrations_expected,
               integrations_ok = excluded.integrations_ok, followers_delta = excluded.followers_delta,
               computed_at = excluded.computed_at"#,
        organization.uuid(),
        days as &[Date],
        now as Timestamp,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The sums of the months of some days, from the sums of their days.
pub(super) async fn months(tx: &mut OrgTx, days: &[Date]) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        r#"with due as (
               select distinct date_trunc('month', d)::date as month from unnest($2::date[]) as d
           ), computed as (
               select due.month, r.scope_type::text as scope_type, r.scope_id, r.format,
                      sum(r.new_content_count)::integer as new_content_count,
                      sum(r.reach)::bigint as reach, sum(r.impressions)::bigint as impressions,
                      sum(r.views)::bigint as views, sum(r.reactions)::bigint as reactions,
                      sum(r.comments)::bigint as comments, sum(r.shares)::bigint as shares,
                      sum(r.clicks)::bigint as clicks, sum(r.saves)::bigint as saves,
                      sum(r.watch_time_ms)::bigint as watch_time_ms, sum(r.engagement)::bigint as engagement,
                      sum(r.reach_items)::integer as reach_items,
                      sum(r.impressions_items)::integer as impressions_items,
                      sum(r.views_items)::integer as views_items, sum(r.reactions_items)::integer as reactions_items,
                      sum(r.comments_items)::integer as comments_items, sum(r.shares_items)::integer as shares_items,
                      sum(r.clicks_items)::integer as clicks_items, sum(r.saves_items)::integer as saves_items,
                      sum(r.watch_time_ms_items)::integer as watch_time_ms_items,
                      sum(r.engagement_items)::integer as engagement_items,
                      sum(r.rated_engagement)::bigint as rated_engagement,
                      sum(r.rated_by_reach)::bigint as rated_by_reach,
                      sum(r.rated_by_views)::bigint as rated_by_views,
                      sum(r.rated_by_impressions)::bigint as rated_by_impressions
               from due
                    join analytics.daily_rollups r
                        on r.organization_id = $1 and r.date >= due.month and r.date < due.month + interval '1 month'
                           and r.content_count >= 0
               group by due.month, r.scope_type, r.scope_id, r.format
           ), lost as materialized (
               select k.month, k.scope_type::text as scope_type, k.scope_id, k.format
               from due
                    join analytics.monthly_rollups k on k.organization_id = $1 and k.month = due.month
               except
               select c.month, c.scope_type, c.scope_id, c.format from computed c
           ), gone as (
               delete from analytics.monthly_rollups r
               using lost
               where r.organization_id = $1 and r.month = lost.month and r.scope_type::text = lost.scope_type
                 and r.scope_id = lost.scope_id and r.format = lost.format
           )
           insert into analytics.monthly_rollups as t
               (organization_id, month, scope_type, scope_id, format, new_content_count, reach, impressions, views, reactions,
                comments, shares, clicks, saves, watch_time_ms, engagement, reach_items, impressions_items,
                views_items, reactions_items, comments_items, shares_items, clicks_items, saves_items,
                watch_time_ms_items, engagement_items, rated_engagement, rated_by_reach, rated_by_views,
                rated_by_impressions)
           select $1, c.month, c.scope_type::analytics.rollup_scope, c.scope_id, c.format, c.new_content_count, c.reach,
                  c.impressions, c.views, c.reactions, c.comments, c.shares, c.clicks, c.saves, c.watch_time_ms,
                  c.engagement, c.reach_items, c.impressions_items, c.views_items, c.reactions_items,
                  c.comments_items, c.shares_items, c.clicks_items, c.saves_items, c.watch_time_ms_items,
                  c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views, c.rated_by_impressions
           from computed c
                left join lateral (select * from analytics.monthly_rollups o
                                   where o.organization_id = $1 and o.month = c.month and o.scope_id = c.scope_id
                                     and o.format = c.format and o.scope_type::text = c.scope_type
                                   offset 0) o on true
           where o.scope_id is null
              or (c.new_content_count, c.reach, c.impressions, c.views, c.reactions, c.comments, c.shares, c.clicks,
                  c.saves, c.watch_time_ms, c.engagement, c.reach_items, c.impressions_items, c.views_items,
                  c.reactions_items, c.comments_items, c.shares_items, c.clicks_items, c.saves_items,
                  c.watch_time_ms_items, c.engagement_items, c.rated_engagement, c.rated_by_reach, c.rated_by_views,
                  c.rated_by_impressions)
                 is distinct from
                 (o.new_content_count, o.reach, o.impressions, o.views, o.reactions, o.comments, o.shares, o.clicks,
                  o.saves, o.watch_time_ms, o.engagement, o.reach_items, o.impressions_items, o.views_items,
                  o.reactions_items, o.comments_items, o.shares_items, o.clicks_items, o.saves_items,
                  o.watch_time_ms_items, o.engagement_items, o.rated_engagement, o.rated_by_reach, o.rated_by_views,
                  o.rated_by_impressions)
           order by c.month, c.scope_type, c.scope_id, c.format
           on conflict (organization_id, scope_type, scope_id, format, month) do update set
               new_content_count = excluded.new_content_count, reach = excluded.reach,
               impressions = excluded.impressions, views = excluded.views, reactions = excluded.reactions,
               comments = excluded.comments, shares = excluded.shares, clicks = excluded.clicks,
               saves = excluded.saves, watch_time_ms = excluded.watch_time_ms, engagement = excluded.engagement,
               reach_items = excluded.reach_items, impressions_items = excluded.impressions_items,
               views_items = excluded.views_items, reactions_items = excluded.reactions_items,
               comments_items = excluded.comments_items, shares_items = excluded.shares_items,
               clicks_items = excluded.clicks_items, saves_items = excluded.saves_items,
               watch_time_ms_items = excluded.watch_time_ms_items, engagement_items = excluded.engagement_items,
               rated_engagement = excluded.rated_engagement, rated_by_reach = excluded.rated_by_reach,
               rated_by_views = excluded.rated_by_views, rated_by_impressions = excluded.rated_by_impressions"#,
        organization.uuid(),
        days as &[Date],
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The best content of the last 7, 30, 90 and 365 days up to the newest numbers.
pub(super) async fn tops(tx: &mut OrgTx, windows: &[i16], limit: i64) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        r#"with newest as (
               select max(date) as date from analytics.content_daily_metrics where organization_id = $1
           ), item as materialized (
               select t.content_key, t.published_on, t.integration_id, w.date as as_of, t.reach::float8 as reach, t.engagement::float8 as engagement,
                      t.views::float8 as views, t.impressions::float8 as impressions,
                      t.engagement::float8 / t.rate_base as engagement_rate
               from analytics.content_totals t
                    cross join newest w
               where t.organization_id = $1 and t.published_on <= w.date
                 and t.published_on > w.date - (select max(days) from unnest($2::smallint[]) as days)
           ), computed as (
               select w.days, m.metric, n.date as as_of, best.content_keys, best.published_on, best.integration_ids
               from unnest($2::smallint[]) as w (days)
                    cross join unnest(array['reach', 'engagement', 'engagement_rate', 'views', 'impressions']) as m (metric)
                    join newest n on n.date is not null
                    cross join lateral (
                        select coalesce(array_agg(b.content_key order by b.place), '{}') as content_keys,
                               coalesce(array_agg(b.published_on order by b.place), '{}') as published_on,
                               coalesce(array_agg(b.integration_id order by b.place), '{}') as integration_ids
                        from (select i.content_key, i.published_on, i.integration_id,
                                     row_number() over (order by r.value desc, i.published_on desc, i.content_key) as place
                              from item i
                                   cross join lateral (
                                       select case m.metric when 'reach' then i.reach when 'engagement' then i.engagement
                                                            when 'views' then i.views when 'impressions' then i.impressions
                                                            else i.engagement_rate end as value) r
                              where i.published_on > n.date - w.days and r.value is not null
                              order by place
                              limit $3) b) best
           )
           insert into analytics.top_content as t
               (organization_id, days, metric, as_of, content_keys, published_on, integration_ids)
           select $1, days, metric, as_of, content_keys, published_on, integration_ids from computed
           on conflict (organization_id, days, metric) do update set
               as_of = excluded.as_of, content_keys = excluded.content_keys, published_on = excluded.published_on,
               integration_ids = excluded.integration_ids
           where (t.as_of, t.content_keys, t.published_on, t.integration_ids)
                 is distinct from (excluded.as_of, excluded.content_keys, excluded.published_on, excluded.integration_ids)"#,
        organization.uuid(),
        windows,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
