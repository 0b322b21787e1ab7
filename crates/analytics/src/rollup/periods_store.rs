//! The statements that sum the periods which pages ask for most.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Date;

use crate::kpi::Range;

/// Sums these ranges and as many days before each, instead of those that were summed before: of every scope that has
/// anything in them, and of every account; beside the organization's, what its accounts say together. Whole months come
/// from the sums of months, the days around them.
pub(super) async fn replace(tx: &mut OrgTx, ranges: &[Range]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!("delete from analytics.period_rollups where organization_id = $1", organization.uuid())
        .execute(tx.conn())
        .await?;
    let (mut usual, mut month, mut edge) = (Parts::default(), Parts::default(), Parts::default());
    for range in ranges {
        usual.push(*range, range.from, range.to);
        for half in [range.previous(), *range] {
            let (months, edges) = half.whole_months();
            month.push(*range, months.from, months.until);
            for around in edges {
                edge.push(*range, around.from, around.to);
            }
        }
    }
    let Some(first) = ranges.iter().map(|range| range.previous().from).min() else { return Ok(()) };
    sqlx::query!(
        r#"with scope as materialized (
               select distinct m.scope_type, m.scope_id
               from analytics.monthly_rollups m
               where m.organization_id = $1 and m.format = 'all' and m.month >= date_trunc('month', $2::date)
               union
               select 'integration', t.integration_id from analytics.tracked_integrations t where t.organization_id = $1
           ), part as (
               select w.days, w.last_date, w.first > w.last_date - w.days as is_now, s.scope_type, s.scope_id,
                      r.new_content_count, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares, r.clicks, r.saves,
                      r.watch_time_ms, r.engagement, r.rated_engagement, r.rated_by_reach, r.rated_by_views,
                      r.rated_by_impressions
               from scope s
                    cross join unnest($3::integer[], $4::date[], $5::date[], $6::date[]) as w (days, last_date, first, until)
                    cross join lateral (
                        select * from analytics.monthly_rollups m
                        where m.organization_id = $1 and m.scope_id = s.scope_id and m.format = 'all' and m.month >= w.first
                          and m.month < w.until and m.scope_type = s.scope_type
                        offset 0) r
               union all
               select e.days, e.last_date, e.first > e.last_date - e.days, s.scope_type, s.scope_id, r.new_content_count, r.reach,
                      r.impressions, r.views, r.reactions, r.comments, r.shares, r.clicks, r.saves, r.watch_time_ms, r.engagement,
                      r.rated_engagement, r.rated_by_reach, r.rated_by_views, r.rated_by_impressions
               from scope s
                    cross join unnest($7::integer[], $8::date[], $9::date[], $10::date[]) as e (days, last_date, first, last)
                    cross join lateral (
                        select * from analytics.daily_rollups d
                        where d.organization_id = $1 and d.scope_id = s.scope_id and d.format = 'all' and d.date >= e.first
                          and d.date <= e.last and d.scope_type = s.scope_type
                        offset 0) r
           ), summed as (
               select days, last_date, scope_type, scope_id,
                      (sum(new_content_count) filter (where is_now))::integer as new_content_count,
                      (sum(reach) filter (where is_now))::bigint as reach,
                      (sum(impressions) filter (where is_now))::bigint as impressions,
                      (sum(views) filter (where is_now))::bigint as views,
                      (sum(reactions) filter (where is_now))::bigint as reactions,
                      (sum(comments) filter (where is_now))::bigint as comments,
                      (sum(shares) filter (where is_now))::bigint as shares,
                      (sum(clicks) filter (where is_now))::bigint as clicks,
                      (sum(saves) filter (where is_now))::bigint as saves,
                      (sum(watch_time_ms) filter (where is_now))::bigint as watch_time_ms,
                      (sum(engagement) filter (where is_now))::bigint as engagement,
                      (sum(rated_engagement) filter (where is_now))::bigint as rated_engagement,
                      (sum(rated_by_reach) filter (where is_now))::bigint as rated_by_reach,
                      (sum(rated_by_views) filter (where is_now))::bigint as rated_by_views,
                      (sum(rated_by_impressions) filter (where is_now))::bigint as rated_by_impressions,
                      (sum(new_content_count) filter (where not is_now))::integer as previous_new_content_count,
                      (sum(reach) filter (where not is_now))::bigint as previous_reach,
                      (sum(impressions) filter (where not is_now))::bigint as previous_impressions,
                      (sum(views) filter (where not is_now))::bigint as previous_views,
                      (sum(engagement) filter (where not is_now))::bigint as previous_engagement,
                      (sum(rated_engagement) filter (where not is_now))::bigint as previous_rated_engagement,
                      (sum(rated_by_reach) filter (where not is_now))::bigint as previous_rated_by_reach,
                      (sum(rated_by_views) filter (where not is_now))::bigint as previous_rated_by_views,
                      (sum(rated_by_impressions) filter (where not is_now))::bigint as previous_rated_by_impressions
               from part
               group by days, last_date, scope_type, scope_id
           ), figure as materialized (
               select u.days::smallint as days, u.last_date, s.scope_type, s.scope_id, p.new_content_count, p.reach, p.impressions,
                      p.views, p.reactions, p.comments, p.shares, p.clicks, p.saves, p.watch_time_ms, p.engagement,
                      coalesce(p.rated_engagement, 0) as rated_engagement, coalesce(p.rated_by_reach, 0) as rated_by_reach,
                      coalesce(p.rated_by_views, 0) as rated_by_views,
                      coalesce(p.rated_by_impressions, 0) as rated_by_impressions, f.followers, p.previous_new_content_count,
                      p.previous_reach, p.previous_impressions, p.previous_views, p.previous_engagement,
                      coalesce(p.previous_rated_engagement, 0) as previous_rated_engagement,
                      coalesce(p.previous_rated_by_reach, 0) as previous_rated_by_reach,
                      coalesce(p.previous_rated_by_views, 0) as previous_rated_by_views,
                      coalesce(p.previous_rated_by_impressions, 0) as previous_rated_by_impressions,
                      b.followers as previous_followers
               from scope s
                    cross join unnest($11::integer[], $12::date[]) as u (days, last_date)
                    left join summed p using (days, last_date, scope_type, scope_id)
                    left join lateral (
                        select m.followers from analytics.account_daily_metrics m
                        where m.organization_id = $1 and m.integration_id = s.scope_id and m.date <= u.last_date
                          and m.followers is not null
                        order by m.date desc limit 1) f on s.scope_type = 'integration'
                    left join lateral (
                        select m.followers from analytics.account_daily_metrics m
                        where m.organization_id = $1 and m.integration_id = s.scope_id and m.date <= u.last_date - u.days
                          and m.followers is not null
                        order by m.date desc limit 1) b on s.scope_type = 'integration'
               where p.scope_id is not null or s.scope_type = 'integration'
           ), together as (
               -- Only while these are the accounts that make up the organization's sums.
               select f.days, f.last_date, array_agg(f.scope_id order by f.scope_id) as account_ids,
                      count(f.reach)::integer as accounts_with_reach, count(f.impressions)::integer as accounts_with_impressions,
                      count(f.views)::integer as accounts_with_views, count(f.engagement)::integer as accounts_with_engagement,
                      (count(*) filter (where f.rated_by_reach + f.rated_by_views + f.rated_by_impressions > 0))::integer
                          as accounts_with_rate,
                      (count(*) filter (where f.new_content_count > 0))::integer as accounts_with_content,
                      count(f.followers)::integer as accounts_with_followers, sum(f.followers)::bigint as followers,
                      (sum(f.followers) filter (where f.previous_followers is not null))::bigint as compared_followers,
                      (sum(f.previous_followers) filter (where f.followers is not null))::bigint as previous_followers
               from figure f
                    left join analytics.tracked_integrations t
                        on t.organization_id = $1 and t.integration_id = f.scope_id and t.enabled
               where f.scope_type = 'integration'
               group by f.days, f.last_date
               having bool_and(t.id is not null)
           )
           insert into analytics.period_rollups
               (organization_id, days, last_date, scope_type, scope_id, new_content_count, reach, impressions, views, reactions,
                comments, shares, clicks, saves, watch_time_ms, engagement, rated_engagement, rated_by_reach, rated_by_views,
                rated_by_impressions, followers, previous_new_content_count, previous_reach, previous_impressions,
                previous_views, previous_engagement, previous_rated_engagement, previous_rated_by_reach,
                previous_rated_by_views, previous_rated_by_impressions, previous_followers, account_ids, accounts_with_reach,
                accounts_with_impressions, accounts_with_views, accounts_with_engagement, accounts_with_rate,
                accounts_with_content, accounts_with_followers, compared_followers)
           select $1, f.days, f.last_date, f.scope_type, f.scope_id, f.new_content_count, f.reach, f.impressions, f.views,
                  f.reactions, f.comments, f.shares, f.clicks, f.saves, f.watch_time_ms, f.engagement, f.rated_engagement,
                  f.rated_by_reach, f.rated_by_views, f.rated_by_impressions, coalesce(f.followers, a.followers),
                  f.previous_new_content_count, f.previous_reach, f.previous_impressions, f.previous_views,
                  f.previous_engagement, f.previous_rated_engagement, f.previous_rated_by_reach, f.previous_rated_by_views,
                  f.previous_rated_by_impressions, coalesce(f.previous_followers, a.previous_followers), a.account_ids,
                  a.accounts_with_reach, a.accounts_with_impressions, a.accounts_with_views, a.accounts_with_engagement,
                  a.accounts_with_rate, a.accounts_with_content, a.accounts_with_followers, a.compared_followers
           from figure f
                left join together a on f.scope_type = 'org' and (a.days, a.last_date) = (f.days, f.last_date)
           order by f.days, f.last_date, f.scope_id"#,
        organization.uuid(),
        first as Date,
        &month.days,
        &month.last_date as _,
        &month.first as _,
        &month.last as _,
        &edge.days,
        &edge.last_date as _,
        &edge.first as _,
        &edge.last as _,
        &usual.days,
        &usual.last_date as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sums what was published in these ranges, instead of those that were summed before, by hour of the week: of the
/// organization and of each account.
pub(super) async fn replace_hours(tx: &mut OrgTx, ranges: &[Range]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!("delete from analytics.period_hours where organization_id = $1", organization.uuid())
        .execute(tx.conn())
        .await?;
    let mut whole = Parts::default();
    for range in ranges {
        whole.push(*range, range.from, range.to);
    }
    sqlx::query!(
        r#"with slot as (
               select w.days, w.last_date, s.scope_type, s.scope_id, ((t.weekday - 1) * 24 + t.hour)::smallint as slot,
                      sum(t.engagement)::bigint as engagement, count(*)::integer as items
               from unnest($2::integer[], $3::date[], $4::date[]) as w (days, last_date, first)
                    join analytics.content_totals t
                        on t.organization_id = $1 and t.published_on >= w.first and t.published_on <= w.last_date
                           and t.engagement is not null
                    cross join lateral (values ('org', $1), ('integration', t.integration_id)) as s (scope_type, scope_id)
               group by 1, 2, 3, 4, 5
           )
           insert into analytics.period_hours
               (organization_id, days, last_date, scope_type, scope_id, slots, engagement, items)
           select $1, days::smallint, last_date, scope_type::analytics.rollup_scope, scope_id, array_agg(slot order by slot),
                  array_agg(engagement order by slot), array_agg(items order by slot)
           from slot
           group by days, last_date, scope_type, scope_id
           order by days, last_date, scope_id"#,
        organization.uuid(),
        &whole.days,
        &whole.last_date as _,
        &whole.first as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Parts of ranges, column by column.
#[derive(Default)]
struct Parts {
    days: Vec<i32>,
    last_date: Vec<Date>,
    first: Vec<Date>,
    last: Vec<Date>,
}

impl Parts {
    fn push(&mut self, of: Range, first: Date, last: Date) {
        self.days.push(i32::try_from(of.days()).unwrap_or(i32::MAX));
        self.last_date.push(of.to);
        self.first.push(first);
        self.last.push(last);
    }
}
