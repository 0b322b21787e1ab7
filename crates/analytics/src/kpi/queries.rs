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
/// The changes stand beside the numbers; they are only added up here.
pub(crate) async fn days(tx: &mut OrgTx, accounts: &[Uuid], from: Date, current: Range) -> Result<Vec<Day>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Day,
        r#"with item as (
               select d.content_key, d.date, d.date >= $4 as is_current, d.reach_change as reach,
                      d.impressions_change as impressions, d.views_change as views,
                      case when coalesce(d.reactions_change, d.comments_change, d.shares_change) is not null
                           then coalesce(d.reactions_change, 0) + coalesce(d.comments_change, 0)
                                + coalesce(d.shares_change, 0) end as engagement
               from analytics.content_daily_metrics d
                    join analytics.content c on c.organization_id = $1 and c.content_key = d.content_key
               where d.organization_id = $1 and d.date >= $3 and d.date <= $5 and c.integration_id = any($2)
           ), based as (
               select item.*,
                      case when count(engagement) over period = 0 then null
                           when sum(reach) over period > 0 then 'reach'
                           when sum(views) over period > 0 then 'views'
                           when sum(impressions) over period > 0 then 'impressions'
                      end as base
               from item
               window period as (partition by content_key, is_current)
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
