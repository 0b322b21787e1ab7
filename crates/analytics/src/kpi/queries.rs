//! The sums behind the figures, as sets: one statement per figure, filtered by organization.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp, Zone};
use uuid::Uuid;

use super::model::{Day, Range};

/// The changes of each day from `from` to `current.to`, over all items of these accounts.
///
/// A lifetime reading's change is its difference to the last earlier reading *of that number*;
/// the first one counts whole if the item went out on the day before it or later, and is unknown
/// otherwise. So it is too after a gap of more than 92 days: growth of months is not booked to one
/// day. A day reading is its own change. Negative changes are real and stay.
///
/// An item's rate is divided by what it has in its period (current or before): reach, else views,
/// else impressions.
///
/// The earlier reading nearly always has the number too, so it is taken from the row before, in one
/// pass over the range and one row before it per item; only where that row lacks the number is the
/// last one that has it looked up. (Turning the six numbers into rows first reads simpler and takes
/// five times as long.)
pub(crate) async fn days(tx: &mut OrgTx, accounts: &[Uuid], from: Date, current: Range) -> Result<Vec<Day>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Day,
        r#"with inside as (
               select integration_id, external_content_id, date, basis, reach, impressions, views, reactions, comments,
                      shares
               from analytics.daily_metrics
               where organization_id = $1 and integration_id = any($2) and date >= $3 and date <= $5
           ), before as (
               select b.*
               from (select distinct integration_id, external_content_id from inside where basis = 'lifetime') i
                    cross join lateral (
                        select m.integration_id, m.external_content_id, m.date, m.basis, m.reach, m.impressions, m.views,
                               m.reactions, m.comments, m.shares
                        from analytics.daily_metrics m
                        where m.organization_id = $1 and m.integration_id = i.integration_id
                          and m.external_content_id = i.external_content_id and m.basis = 'lifetime'
                          and m.date < $3 and m.date >= $3::date - 92
                        order by m.date desc limit 1) b
           ), beside as (
               select r.*, lag(date) over past as last_date, lag(reach) over past as last_reach,
                      lag(impressions) over past as last_impressions, lag(views) over past as last_views,
                      lag(reactions) over past as last_reactions, lag(comments) over past as last_comments,
                      lag(shares) over past as last_shares
               from (select * from inside union all select * from before) r
               window past as (partition by integration_id, external_content_id, basis order by date)
           ), change as (
               select r.integration_id, r.external_content_id, r.date,
                      case when basis = 'day' or reach is null then reach
                           when is_near and last_reach is not null then reach - last_reach
                           else coalesce(reach - (
                               select m.reach from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.reach is not null
                               order by m.date desc limit 1), case when is_fresh then reach end)
                      end as reach,
                      case when basis = 'day' or impressions is null then impressions
                           when is_near and last_impressions is not null then impressions - last_impressions
                           else coalesce(impressions - (
                               select m.impressions from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.impressions is not null
                               order by m.date desc limit 1), case when is_fresh then impressions end)
                      end as impressions,
                      case when basis = 'day' or views is null then views
                           when is_near and last_views is not null then views - last_views
                           else coalesce(views - (
                               select m.views from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.views is not null
                               order by m.date desc limit 1), case when is_fresh then views end)
                      end as views,
                      case when basis = 'day' or reactions is null then reactions
                           when is_near and last_reactions is not null then reactions - last_reactions
                           else coalesce(reactions - (
                               select m.reactions from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.reactions is not null
                               order by m.date desc limit 1), case when is_fresh then reactions end)
                      end as reactions,
                      case when basis = 'day' or comments is null then comments
                           when is_near and last_comments is not null then comments - last_comments
                           else coalesce(comments - (
                               select m.comments from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.comments is not null
                               order by m.date desc limit 1), case when is_fresh then comments end)
                      end as comments,
                      case when basis = 'day' or shares is null then shares
                           when is_near and last_shares is not null then shares - last_shares
                           else coalesce(shares - (
                               select m.shares from analytics.daily_metrics m
                               where last_date is not null and m.organization_id = $1
                                 and m.integration_id = r.integration_id
                                 and m.external_content_id = r.external_content_id and m.basis = 'lifetime'
                                 and m.date < r.date and m.date >= r.date - 92 and m.shares is not null
                               order by m.date desc limit 1), case when is_fresh then shares end)
                      end as shares
               from (select b.*, b.last_date >= b.date - 92 as is_near,
                            (c.published_at at time zone 'UTC')::date >= b.date - 1 as is_fresh
                     from beside b
                          join analytics.content c
                              on c.organization_id = $1 and c.integration_id = b.integration_id
                                 and c.external_content_id = b.external_content_id
                     where b.date >= $3) r
           ), item as (
               select integration_id, external_content_id, date, date >= $4 as is_current, reach, impressions, views,
                      case when coalesce(reactions, comments, shares) is not null
                           then coalesce(reactions, 0) + coalesce(comments, 0) + coalesce(shares, 0) end as engagement
               from change
           ), based as (
               select item.*,
                      case when count(engagement) over period = 0 then null
                           when sum(reach) over period > 0 then 'reach'
                           when sum(views) over period > 0 then 'views'
                           when sum(impressions) over period > 0 then 'impressions'
                      end as base
               from item
               window period as (partition by integration_id, external_content_id, is_current)
           )
           select date as "date!", sum(reach)::bigint as reach, sum(impressions)::bigint as impressions,
                  sum(views)::bigint as views, sum(engagement)::bigint as engagement,
                  (sum(engagement) filter (where base is not null))::bigint as rate_engagement,
                  sum(case base when 'reach' then reach when 'views' then views when 'impressions' then impressions
                      end)::bigint as rate_base,
                  coalesce(bool_or(base = 'reach'), false) as "by_reach!",
                  coalesce(bool_or(base = 'views'), false) as "by_views!",
                  coalesce(bool_or(base = 'impressions'), false) as "by_impressions!"
           from based
           group by date
           order by date"#,
        organization.uuid(),
        accounts,
        from as Date,
        current.from as Date,
        current.to as Date,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// How many accounts reported what in a range, and how fresh it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub reach: i64,
    pub impressions: i64,
    pub views: i64,
    pub engagement: i64,
    pub rate: i64,
    pub last_date: Option<Date>,
    pub last_fetched_at: Option<Timestamp>,
}

/// Counts accounts with readings in a range.
pub(crate) async fn reported(tx: &mut OrgTx, accounts: &[Uuid], range: Range) -> Result<Reported, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Reported,
        r#"select count(distinct integration_id) filter (where reach is not null) as "reach!",
                  count(distinct integration_id) filter (where impressions is not null) as "impressions!",
                  count(distinct integration_id) filter (where views is not null) as "views!",
                  count(distinct integration_id) filter (where coalesce(reactions, comments, shares) is not null)
                      as "engagement!",
                  count(distinct integration_id) filter (where coalesce(reactions, comments, shares) is not null
                      and greatest(reach, views, impressions) > 0) as "rate!",
                  max(date) as last_date, max(fetched_at) as last_fetched_at
           from analytics.daily_metrics
           where organization_id = $1 and integration_id = any($2) and date >= $3 and date <= $4"#,
        organization.uuid(),
        accounts,
        range.from as Date,
        range.to as Date,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Followers of one account at the end of the range and of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountFollowers {
    pub now: Option<i64>,
    pub before: Option<i64>,
}

/// The last known followers of each account at the ends of both ranges.
pub(crate) async fn followers(tx: &mut OrgTx, accounts: &[Uuid], range: Range) -> Result<Vec<AccountFollowers>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        AccountFollowers,
        r#"select now.followers as "now?", before.followers as "before?"
           from unnest($2::uuid[]) as a (id)
                left join lateral (
                    select m.followers from analytics.account_daily_metrics m
                    where m.organization_id = $1 and m.integration_id = a.id and m.date <= $4 and m.followers is not null
                    order by m.date desc limit 1) now on true
                left join lateral (
                    select m.followers from analytics.account_daily_metrics m
                    where m.organization_id = $1 and m.integration_id = a.id and m.date < $3 and m.followers is not null
                    order by m.date desc limit 1) before on true"#,
        organization.uuid(),
        accounts,
        range.from as Date,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The sum of last known followers on each day of a range; no row for a day on which none is known.
pub(crate) async fn followers_by_day(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    range: Range,
) -> Result<Vec<(Date, i64)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select d.date as "date!", sum(known.followers)::bigint as "followers!"
           from (select ($3::date + n) as date from generate_series(0, $4::date - $3::date) n) d
                cross join unnest($2::uuid[]) as a (id)
                join lateral (
                    select m.followers from analytics.account_daily_metrics m
                    where m.organization_id = $1 and m.integration_id = a.id and m.date <= d.date
                      and m.followers is not null
                    order by m.date desc limit 1) known on true
           group by d.date
           order by d.date"#,
        organization.uuid(),
        accounts,
        range.from as Date,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.date, row.followers)).collect())
}

/// Items published per local day, from the first day of `from` to the last of `to`.
pub(crate) async fn posts_by_day(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    zone: &Zone,
    from: Date,
    to: Date,
) -> Result<Vec<(Date, AccountId, i64)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select (published_at at time zone $3)::date as "date!", integration_id, count(*) as "posts!"
           from analytics.content
           where organization_id = $1 and integration_id = any($2) and published_at >= $4 and published_at < $5
           group by 1, 2
           order by 1, 2"#,
        organization.uuid(),
        accounts,
        zone.name(),
        zone.start_of(from) as Timestamp,
        zone.start_of(to.plus_days(1)) as Timestamp,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.date, row.integration_id, row.posts)).collect())
}
