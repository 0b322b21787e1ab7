//! The statements behind exports.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, Date, Timestamp, Zone};
use uuid::Uuid;

use super::model::Sums;
use crate::kpi::{Numbers, Range, Rated};

/// An item with its newest totals, as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct ItemRow {
    pub id: ContentId,
    pub integration_id: AccountId,
    pub external_content_id: String,
    pub format: String,
    pub published_at: Timestamp,
    pub caption: Option<String>,
    pub hashtags: Vec<String>,
    pub permalink: Option<String>,
    pub tags: Option<String>,
    pub date: Option<Date>,
    #[sqlx(flatten)]
    pub numbers: Numbers,
}

const ITEMS: &str = "
    select c.id, c.integration_id, c.external_content_id, c.format::text as format, c.published_at, c.caption, c.hashtags,
           c.permalink,
           (select string_agg(distinct coalesce(t.label, t.key), ', ')
            from analytics.content_tags b
                 join analytics.tags t on t.organization_id = $1 and t.id = b.tag_id and t.deleted_at is null
            where b.organization_id = $1 and b.content_id = c.id) as tags,
           m.date, m.reach, m.impressions, m.views, m.reactions, m.comments, m.shares, m.clicks, m.saves
    from (select * from analytics.content i
          where i.organization_id = $1 and i.published_at >= $2 and i.published_at < $3
            and ($4::uuid[] is null or i.integration_id = any($4))
            and ($5::timestamptz is null or (i.published_at, i.id) > ($5, $6))
          order by i.published_at, i.id limit $7) c
         cross join (select max(e.date) as date from analytics.content_daily_metrics e where e.organization_id = $1) newest
         left join lateral (
             -- Day by day backwards, by the primary key: what is read at all is read every thirty days.
             select b.*
             from generate_series(0, newest.date - (c.published_at at time zone 'UTC')::date + 1) n
                  cross join lateral (
                      select d.date, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves
                      from analytics.content_daily_metrics d
                      where d.organization_id = $1 and d.date = newest.date - n and d.content_key = c.content_key
                      offset 0) b
             limit 1) m on true
    order by c.published_at, c.id";

/// The items published in a range after a place, in order, with their newest totals.
pub(super) async fn items(
    tx: &mut OrgTx,
    (from, before): (Timestamp, Timestamp),
    accounts: Option<&[Uuid]>,
    after: Option<(Timestamp, ContentId)>,
    limit: i64,
) -> Result<Vec<ItemRow>, Error> {
    Ok(sqlx::query_as(ITEMS)
        .bind(tx.organization_id().uuid())
        .bind(from)
        .bind(before)
        .bind(accounts)
        .bind(after.map(|(at, _)| at))
        .bind(after.map(|(_, id)| id.uuid()))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

#[derive(sqlx::FromRow)]
struct DayRow {
    date: Date,
    items: i64,
    #[sqlx(flatten)]
    numbers: Numbers,
    engagement: Option<i64>,
    #[sqlx(flatten)]
    rated: Rated,
}

const DAYS: &str = "
    select date, sum(content_count)::bigint as items, sum(reach)::bigint as reach, sum(impressions)::bigint as impressions,
           sum(views)::bigint as views, sum(reactions)::bigint as reactions, sum(comments)::bigint as comments,
           sum(shares)::bigint as shares, sum(clicks)::bigint as clicks, sum(saves)::bigint as saves,
           sum(engagement)::bigint as engagement, sum(rated_engagement)::bigint as rated_engagement,
           sum(rated_by_reach)::bigint as rated_by_reach, sum(rated_by_views)::bigint as rated_by_views,
           sum(rated_by_impressions)::bigint as rated_by_impressions
    from analytics.daily_rollups
    where organization_id = $1 and scope_id = any($2) and format = 'all' and date >= $3 and date <= $4
    group by date order by date";

/// The sums of days of these scopes: the organization, or accounts.
pub(super) async fn days(tx: &mut OrgTx, scopes: &[Uuid], range: Range) -> Result<Vec<(Date, Sums)>, Error> {
    let rows: Vec<DayRow> = sqlx::query_as(DAYS)
        .bind(tx.organization_id().uuid())
        .bind(scopes)
        .bind(range.from)
        .bind(range.to)
        .fetch_all(tx.conn())
        .await?;
    let day = |r: DayRow| {
        (r.date, Sums { items: r.items, numbers: r.numbers, engagement: r.engagement, rate: r.rated.rate() })
    };
    Ok(rows.into_iter().map(day).collect())
}

/// Items published on each day of a zone.
pub(super) async fn published(
    tx: &mut OrgTx,
    zone: &Zone,
    (from, before): (Timestamp, Timestamp),
    accounts: Option<&[Uuid]>,
) -> Result<Vec<(Date, i64)>, Error> {
    let sql = "select (published_at at time zone $5)::date, count(*) from analytics.content
               where organization_id = $1 and published_at >= $2 and published_at < $3
                 and ($4::uuid[] is null or integration_id = any($4))
               group by 1";
    Ok(sqlx::query_as(sql)
        .bind(tx.organization_id().uuid())
        .bind(from)
        .bind(before)
        .bind(accounts)
        .bind(zone.name())
        .fetch_all(tx.conn())
        .await?)
}
