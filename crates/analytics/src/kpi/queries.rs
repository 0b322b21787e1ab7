//! The sums behind the figures: one statement per question, from what is summed beforehand.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp};
use uuid::Uuid;

use super::model::{Day, PeriodSums, Range};

/// What happened on each day from `from` to `to` in these scopes together: the organization by its own id, or accounts,
/// page groups, tags. `format` is a content format or `all`. Days without anything have no row.
pub(crate) async fn days(
    tx: &mut OrgTx,
    scopes: &[Uuid],
    format: &str,
    from: Date,
    to: Date,
) -> Result<Vec<Day>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select r.date, sum(r.reach)::bigint as reach, sum(r.impressions)::bigint as impressions,
                  sum(r.views)::bigint as views, sum(r.engagement)::bigint as engagement,
                  sum(r.new_content_count)::bigint as "posts!", sum(r.followers_delta)::bigint as followers_delta,
                  sum(r.rated_engagement)::bigint as "rated_engagement!", sum(r.rated_by_reach)::bigint as "rated_by_reach!",
                  sum(r.rated_by_views)::bigint as "rated_by_views!",
                  sum(r.rated_by_impressions)::bigint as "rated_by_impressions!"
           from unnest($2::uuid[]) as s (id)
                cross join lateral (
                    select * from analytics.daily_rollups d
                    where d.organization_id = $1 and d.scope_id = s.id and d.format = $3 and d.date >= $4 and d.date <= $5) r
           group by r.date
           order by r.date"#,
        organization.uuid(),
        scopes,
        format,
        from as Date,
        to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    let days = rows.into_iter().map(|row| Day {
        date: row.date,
        reach: row.reach,
        impressions: row.impressions,
        views: row.views,
        engagement: row.engagement,
        posts: row.posts,
        followers_delta: row.followers_delta,
        rated: rated!(row),
    });
    Ok(days.collect())
}

/// What one account knows of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountFacts {
    pub integration_id: AccountId,
    /// Followers at the end of the range.
    pub followers: Option<i64>,
    /// Followers at the end of the one before it.
    pub followers_before: Option<i64>,
    /// The newest day with numbers in the range, and when its sums last moved.
    pub last_date: Option<Date>,
    pub last_change: Option<Timestamp>,
}

/// What each tracked account, or those of them that are named, knows of a range; and whether these are all accounts that
/// have numbers.
pub(crate) async fn accounts(
    tx: &mut OrgTx,
    named: Option<&[Uuid]>,
    range: Range,
) -> Result<(Vec<AccountFacts>, bool), Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select t.integration_id, t.enabled,
                  (select m.followers from analytics.account_daily_metrics m
                   where m.organization_id = $1 and m.integration_id = t.integration_id and m.date <= $4
                     and m.followers is not null
                   order by m.date desc limit 1) as followers,
                  (select m.followers from analytics.account_daily_metrics m
                   where m.organization_id = $1 and m.integration_id = t.integration_id and m.date < $3
                     and m.followers is not null
                   order by m.date desc limit 1) as followers_before,
                  (select r.date from analytics.daily_rollups r
                   where r.organization_id = $1 and r.scope_id = t.integration_id and r.format = 'all'
                     and r.date >= $3 and r.date <= $4 and r.content_count > 0
                   order by r.date desc limit 1) as "last_date: Date",
                  (select r.computed_at from analytics.daily_rollups r
                   where r.organization_id = $1 and r.scope_id = t.integration_id and r.format = 'all'
                     and r.date >= $3 and r.date <= $4 and r.content_count > 0
                   order by r.date desc limit 1) as "last_change: Timestamp"
           from analytics.tracked_integrations t
           where t.organization_id = $1 and ($2::uuid[] is null or t.integration_id = any($2))"#,
        organization.uuid(),
        named,
        range.from as Date,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    let is_all = named.is_none() && rows.iter().all(|row| row.enabled);
    let facts = rows.into_iter().filter(|row| row.enabled).map(|row| AccountFacts {
        integration_id: row.integration_id,
        followers: row.followers,
        followers_before: row.followers_before,
        last_date: row.last_date,
        last_change: row.last_change,
    });
    Ok((facts.collect(), is_all))
}

/// What happened in a range in each of these scopes: whole months from the sums of months, the days around them, and of
/// months with something marked, from the sums of days. Scopes without anything are left out.
pub(crate) async fn period_sums(
    tx: &mut OrgTx,
    scopes: &[Uuid],
    format: &str,
    range: Range,
) -> Result<Vec<(Uuid, PeriodSums)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"with bound as (
               select date_trunc('month', $4::date + interval '1 month' - interval '1 day')::date as first,
                      date_trunc('month', $5::date + interval '1 day')::date as last
           ), month as materialized (
               select g::date as month,
                      exists (select from analytics.rollup_marks m
                              where m.organization_id = $1
                                and (m.date is null or date_trunc('month', m.date)::date = g::date)) as is_marked
               from bound b
                    cross join generate_series(b.first, b.last - interval '1 month', interval '1 month') g
           ), span as materialized (
               select $4::date as first, least(b.first - 1, $5::date) as last from bound b where $4::date < b.first
               union all
               select greatest(b.first, b.last), $5::date from bound b where greatest(b.first, b.last) <= $5::date
               union all
               select m.month, (m.month + interval '1 month' - interval '1 day')::date from month m where m.is_marked
           ), part as (
               select r.scope_id, r.new_content_count, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares,
                      r.clicks, r.saves, r.watch_time_ms, r.engagement, r.rated_engagement, r.rated_by_reach,
                      r.rated_by_views, r.rated_by_impressions
               from unnest($2::uuid[]) as s (id)
                    cross join month t
                    cross join lateral (
                        select * from analytics.monthly_rollups m
                        where m.organization_id = $1 and m.scope_id = s.id and m.format = $3 and m.month = t.month
                        offset 0) r
               where not t.is_marked
               union all
               select r.scope_id, r.new_content_count, r.reach, r.impressions, r.views, r.reactions, r.comments, r.shares,
                      r.clicks, r.saves, r.watch_time_ms, r.engagement, r.rated_engagement, r.rated_by_reach,
                      r.rated_by_views, r.rated_by_impressions
               from unnest($2::uuid[]) as s (id)
                    cross join span t
                    cross join lateral (
                        select * from analytics.daily_rollups d
                        where d.organization_id = $1 and d.scope_id = s.id and d.format = $3
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
           group by scope_id
           order by scope_id"#,
        organization.uuid(),
        scopes,
        format,
        range.from as Date,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    let sums = rows.into_iter().map(|row| {
        let sums = PeriodSums {
            posts: row.posts,
            numbers: numbers!(row),
            watch_time_ms: row.watch_time_ms,
            engagement: row.engagement,
            rated: rated!(row),
        };
        (row.scope_id, sums)
    });
    Ok(sums.collect())
}
