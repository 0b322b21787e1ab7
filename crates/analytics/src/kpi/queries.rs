//! The sums behind the figures: one statement per question, from what is summed beforehand.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::coverage::{AccountFacts, Has};
use super::model::{Day, Months, PeriodSums, Range};
use super::usual_queries;

/// What happened in these scopes together, day by day. The organization goes by its own id; the others are accounts, page
/// groups, tags. Days without anything have no row.
pub(crate) async fn days(tx: &mut OrgTx, scopes: &[Uuid], from: Date, to: Date) -> Result<Vec<Day>, Error> {
    let organization = tx.organization_id();
    let rows = if let [scope] = scopes {
        // One scope has one row a day: adding up what stands alone costs more than to read it.
        sqlx::query_as!(
            DayRow,
            r#"select d.date, d.reach, d.impressions, d.views, d.engagement, d.new_content_count::bigint as "posts!",
                      d.followers_delta, d.rated_engagement, d.rated_by_reach, d.rated_by_views, d.rated_by_impressions,
                      case when d.content_count > 0 then d.computed_at end as "moved_at: Timestamp"
               from analytics.daily_rollups d
               where d.organization_id = $1 and d.scope_id = $2 and d.format = 'all' and d.date >= $3 and d.date <= $4
               order by d.date"#,
            organization.uuid(),
            scope,
            from as Date,
            to as Date,
        )
        .fetch_all(tx.conn())
        .await?
    } else {
        sqlx::query_as!(
            DayRow,
            r#"select d.date, sum(d.reach)::bigint as reach, sum(d.impressions)::bigint as impressions,
                      sum(d.views)::bigint as views, sum(d.engagement)::bigint as engagement,
                      sum(d.new_content_count) as "posts!", sum(d.followers_delta)::bigint as followers_delta,
                      sum(d.rated_engagement)::bigint as "rated_engagement!",
                      sum(d.rated_by_reach)::bigint as "rated_by_reach!", sum(d.rated_by_views)::bigint as "rated_by_views!",
                      sum(d.rated_by_impressions)::bigint as "rated_by_impressions!",
                      max(d.computed_at) filter (where d.content_count > 0) as "moved_at: Timestamp"
               from unnest($2::uuid[]) as s (id)
                    cross join lateral (
                        select * from analytics.daily_rollups d
                        where d.organization_id = $1 and d.scope_id = s.id and d.format = 'all'
                          and d.date >= $3 and d.date <= $4
                        offset 0) d
               group by d.date
               order by d.date"#,
            organization.uuid(),
            scopes,
            from as Date,
            to as Date,
        )
        .fetch_all(tx.conn())
        .await?
    };
    Ok(rows.into_iter().map(Day::from).collect())
}

/// What happened in these scopes together in a range, and in as many days directly before it: of a range that is not summed
/// beforehand.
pub(crate) async fn sums_beside(tx: &mut OrgTx, scopes: &[Uuid], range: Range) -> Result<(Day, Day), Error> {
    let previous = range.previous();
    let both = [(previous, parts_sums(tx, scopes, previous).await?), (range, parts_sums(tx, scopes, range).await?)];
    let [before, now] = both.map(|(range, sums)| {
        let days: Vec<Day> = sums.iter().map(|(_, sums)| sums.day(range.to)).collect();
        Day::sum(range.to, &days)
    });
    Ok((now, before))
}

struct DayRow {
    date: Date,
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    engagement: Option<i64>,
    posts: i64,
    followers_delta: Option<i64>,
    rated_engagement: i64,
    rated_by_reach: i64,
    rated_by_views: i64,
    rated_by_impressions: i64,
    moved_at: Option<Timestamp>,
}

impl From<DayRow> for Day {
    fn from(row: DayRow) -> Self {
        Self {
            date: row.date,
            reach: row.reach,
            impressions: row.impressions,
            views: row.views,
            engagement: row.engagement,
            posts: row.posts,
            followers_delta: row.followers_delta,
            rated: rated!(row),
            moved_at: row.moved_at,
        }
    }
}

/// What each tracked account, or those of them that are named, knows of a range; and whether these are all accounts that
/// have numbers.
pub(crate) async fn accounts(
    tx: &mut OrgTx,
    named: Option<&[Uuid]>,
    range: Range,
) -> Result<(Vec<AccountFacts>, bool), Error> {
    let organization = tx.organization_id();
    let (months, first, last) = cut(range);
    let rows = sqlx::query!(
        r#"with marked as materialized (
               select m.month
               from generate_series($5::date, $6::date - 1, interval '1 month') g
                    cross join lateral (select g::date as month) m
               where exists (select from analytics.rollup_marks k
                             where k.organization_id = $1
                               and (k.date is null or date_trunc('month', k.date)::date = m.month))
           )
           select t.integration_id, t.enabled,
                  (select m.followers from analytics.account_daily_metrics m
                   where m.organization_id = $1 and m.integration_id = t.integration_id and m.date <= $4
                     and m.followers is not null
                   order by m.date desc limit 1) as followers,
                  (select m.followers from analytics.account_daily_metrics m
                   where m.organization_id = $1 and m.integration_id = t.integration_id and m.date < $3
                     and m.followers is not null
                   order by m.date desc limit 1) as followers_before,
                  h.reach as "reach!", h.engagement as "engagement!", h.rate as "rate!", h.posts as "posts!", h.views as "views!",
                  h.impressions as "impressions!"
           from analytics.tracked_integrations t
                cross join lateral (
                    select coalesce(bool_or(p.reach is not null), false) as reach,
                           coalesce(bool_or(p.engagement is not null), false) as engagement,
                           coalesce(sum(p.rate_base) > 0, false) as rate, coalesce(bool_or(p.posts > 0), false) as posts,
                           coalesce(bool_or(p.views is not null), false) as views,
                           coalesce(bool_or(p.impressions is not null), false) as impressions
                    from (select m.reach, m.engagement, m.rated_by_reach + m.rated_by_views + m.rated_by_impressions as rate_base,
                                 m.new_content_count as posts, m.views, m.impressions
                          from analytics.monthly_rollups m
                          where m.organization_id = $1 and m.scope_id = t.integration_id and m.format = 'all'
                            and m.month >= $5 and m.month < $6 and m.month not in (select month from marked)
                          union all
                          select d.reach, d.engagement, d.rated_by_reach + d.rated_by_views + d.rated_by_impressions,
                                 d.new_content_count, d.views, d.impressions
                          from (select first, last from unnest($7::date[], $8::date[]) as e (first, last)
                                union all
                                select month, (month + interval '1 month' - interval '1 day')::date from marked) e
                               cross join lateral (
                                   select * from analytics.daily_rollups d
                                   where d.organization_id = $1 and d.scope_id = t.integration_id and d.format = 'all'
                                     and d.date >= e.first and d.date <= e.last
                                   offset 0) d) p) h
           where t.organization_id = $1 and ($2::uuid[] is null or t.integration_id = any($2))"#,
        organization.uuid(),
        named,
        range.from as Date,
        range.to as Date,
        months.from as Date,
        months.until as Date,
        &first as _,
        &last as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let is_all = named.is_none() && rows.iter().all(|row| row.enabled);
    let facts = rows.into_iter().filter(|row| row.enabled).map(|row| AccountFacts {
        integration_id: row.integration_id,
        followers: row.followers,
        followers_before: row.followers_before,
        has: Has {
            reach: row.reach,
            engagement: row.engagement,
            rate: row.rate,
            posts: row.posts,
            views: row.views,
            impressions: row.impressions,
        },
    });
    Ok((facts.collect(), is_all))
}

/// A range in whole months and the first and last days of what lies around them.
fn cut(range: Range) -> (Months, Vec<Date>, Vec<Date>) {
    let (months, edges) = range.whole_months();
    let (first, last) = edges.iter().map(|edge| (edge.from, edge.to)).unzip();
    (months, first, last)
}

/// What happened in a range in each of these scopes. What was summed before anybody asked is not summed again. Scopes without
/// anything are left out.
pub(crate) async fn period_sums(
    tx: &mut OrgTx,
    scopes: &[Uuid],
    range: Range,
) -> Result<Vec<(Uuid, PeriodSums)>, Error> {
    let ready = usual_queries::sums(tx, scopes, range).await?;
    if !ready.is_empty() {
        return Ok(ready);
    }
    parts_sums(tx, scopes, range).await
}

/// The same from the parts of the range: whole months from the sums of months, the days around them, and of months with
/// something marked, from the sums of days.
async fn parts_sums(tx: &mut OrgTx, scopes: &[Uuid], range: Range) -> Result<Vec<(Uuid, PeriodSums)>, Error> {
    let organization = tx.organization_id();
    let (months, first, last) = cut(range);
    let rows = sqlx::query!(
        r#"with marked as materialized (
               select m.month
               from generate_series($3::date, $4::date - 1, interval '1 month') g
                    cross join lateral (select g::date as month) m
               where exists (select from analytics.rollup_marks k
                             where k.organization_id = $1
                               and (k.date is null or date_trunc('month', k.date)::date = m.month))
           ), part as (
               select r.scope_id, r.new_content_count, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares,
                      r.clicks, r.saves, r.watch_time_ms, r.engagement, r.rated_engagement, r.rated_by_reach,
                      r.rated_by_views, r.rated_by_impressions
               from unnest($2::uuid[]) as s (id)
                    cross join lateral (
                        select * from analytics.monthly_rollups m
                        where m.organization_id = $1 and m.scope_id = s.id and m.format = 'all' and m.month >= $3 and m.month < $4
                        offset 0) r
               where r.month not in (select month from marked)
               union all
               select r.scope_id, r.new_content_count, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares,
                      r.clicks, r.saves, r.watch_time_ms, r.engagement, r.rated_engagement, r.rated_by_reach,
                      r.rated_by_views, r.rated_by_impressions
               from unnest($2::uuid[]) as s (id)
                    cross join (select first, last from unnest($5::date[], $6::date[]) as e (first, last)
                                union all
                                select month, (month + interval '1 month' - interval '1 day')::date from marked) t
                    cross join lateral (
                        select * from analytics.daily_rollups d
                        where d.organization_id = $1 and d.scope_id = s.id and d.format = 'all'
                          and d.date >= t.first and d.date <= t.last
                        offset 0) r
           )
           select scope_id as "scope_id!: Uuid", sum(new_content_count)::bigint as "posts!", sum(reach)::bigint as reach,
                  sum(impressions)::bigint as impressions, sum(views)::bigint as views, sum(reactions)::bigint as reactions,
                  sum(comments)::bigint as comments, sum(shares)::bigint as shares, sum(clicks)::bigint as clicks,
                  sum(saves)::bigint as saves, sum(watch_time_ms)::bigint as watch_time_ms,
                  sum(engagement)::bigint as engagement, sum(rated_engagement)::bigint as "rated_engagement!",
                  sum(rated_by_reach)::bigint as "rated_by_reach!", sum(rated_by_views)::bigint as "rated_by_views!",
                  sum(rated_by_impressions)::bigint as "rated_by_impressions!"
           from part
           group by scope_id"#,
        organization.uuid(),
        scopes,
        months.from as Date,
        months.until as Date,
        &first as _,
        &last as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let sums = rows.into_iter().map(|row| (row.scope_id, period!(row)));
    let mut sums: Vec<(Uuid, PeriodSums)> = sums.collect();
    sums.sort_unstable_by_key(|(scope, _)| *scope);
    Ok(sums)
}
