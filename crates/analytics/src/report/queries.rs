//! The statements behind pages.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PublicationId, Timestamp, Zone};
use uuid::Uuid;

use super::model::{AccountSummary, PublicationNumbers, TopContent, TrendPoint};
use crate::content::ContentFormat;
use crate::kpi::{Metric, Numbers, Range};
use crate::run::{IngestErrorType, IngestKind, IngestRun, IngestStatus, IngestTrigger};
use crate::tracking::TrackingHealth;

/// What was published in a range (days of `zone`), best first by its latest numbers up to the
/// range's end. Items without the number are left out.
pub(crate) async fn top(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    zone: &Zone,
    range: Range,
    metric: Metric,
    limit: i64,
) -> Result<Vec<TopContent>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select c.id, c.integration_id, c.external_content_id, c.platform, c.format, c.caption, c.hashtags, c.permalink,
                  c.thumbnail_url, c.published_at, c.post_id,
                  m.date as "date!", m.reach, m.impressions, m.views, m.reactions, m.comments, m.shares, m.clicks, m.saves
           from analytics.content c
                join lateral (
                    select b.*
                    from generate_series(0, $5 - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select d.date, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks,
                                    d.saves,
                                    case when coalesce(d.reactions, d.comments, d.shares) is not null
                                         then coalesce(d.reactions, 0) + coalesce(d.comments, 0) + coalesce(d.shares, 0)
                                    end as engagement
                             from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = $5 - n and d.content_key = c.content_key
                             offset 0) b
                    limit 1) m on true
                cross join lateral (
                    select case $6 when 'reach' then m.reach::float8
                                   when 'engagement' then m.engagement::float8
                                   when 'views' then m.views::float8
                                   when 'impressions' then m.impressions::float8
                                   else m.engagement::float8
                                        / coalesce(nullif(m.reach, 0), nullif(m.views, 0), nullif(m.impressions, 0))
                           end as value) rank
           where c.organization_id = $1 and c.integration_id = any($2)
             and c.published_at >= $3 and c.published_at < $4 and rank.value is not null
           order by rank.value desc, c.published_at desc, c.id
           limit $7"#,
        organization.uuid(),
        accounts,
        zone.start_of(range.from) as Timestamp,
        zone.start_of(range.to.plus_days(1)) as Timestamp,
        range.to as rookery_kernel::Date,
        metric.label(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let content = rows.into_iter().map(|row| TopContent {
        content_id: row.id,
        integration_id: row.integration_id,
        external_content_id: row.external_content_id,
        platform: row.platform,
        format: row.format as ContentFormat,
        caption: row.caption,
        hashtags: row.hashtags,
        permalink: row.permalink,
        thumbnail_url: row.thumbnail_url,
        published_at: row.published_at,
        post_id: row.post_id,
        numbers: Numbers {
            reach: row.reach,
            impressions: row.impressions,
            views: row.views,
            reactions: row.reactions,
            comments: row.comments,
            shares: row.shares,
            clicks: row.clicks,
            saves: row.saves,
        },
        numbers_date: row.date,
    });
    Ok(content.collect())
}

/// Engagement by weekday (1 is Monday) and hour of publishing: (weekday, hour, sum, items).
pub(crate) async fn by_hour(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    zone: &Zone,
    since: Timestamp,
) -> Result<Vec<(u8, u8, i64, i64)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select extract(isodow from c.published_at at time zone $3)::integer as "weekday!",
                  extract(hour from c.published_at at time zone $3)::integer as "hour!",
                  sum(m.engagement)::bigint as "sum!", count(*) as "samples!"
           from analytics.content c
                cross join (select max(e.date) as date from analytics.content_daily_metrics e
                            where e.organization_id = $1) newest
                join lateral (
                    select b.*
                    from generate_series(0, newest.date - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select case when coalesce(d.reactions, d.comments, d.shares) is not null
                                         then coalesce(d.reactions, 0) + coalesce(d.comments, 0) + coalesce(d.shares, 0)
                                    end as engagement
                             from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = newest.date - n and d.content_key = c.content_key
                             offset 0) b
                    limit 1) m on m.engagement is not null
           where c.organization_id = $1 and c.integration_id = any($2) and c.published_at >= $4
           group by 1, 2"#,
        organization.uuid(),
        accounts,
        zone.name(),
        since as Timestamp,
    )
    .fetch_all(tx.conn())
    .await?;
    let small = |n: i32| u8::try_from(n).unwrap_or(0);
    Ok(rows.into_iter().map(|row| (small(row.weekday), small(row.hour), row.sum, row.samples)).collect())
}

/// All tracked accounts with their newest run and recent items.
pub(crate) async fn account_summaries(tx: &mut OrgTx, since: Timestamp) -> Result<Vec<AccountSummary>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select t.integration_id, t.enabled, t.health, t.last_content_at, t.last_metrics_at, t.last_error_type,
                  t.last_error_message, t.next_attempt_at,
                  r.id as "run_id?", r.kind as "kind?: IngestKind", r.date as "date?",
                  r.trigger as "trigger?: IngestTrigger", r.status as "status?: IngestStatus", r.attempt as "attempt?",
                  r.items_total as "items_total?", r.items_ok as "items_ok?", r.items_failed as "items_failed?",
                  r.api_calls as "api_calls?", r.error_type as "error_type?: IngestErrorType",
                  r.started_at as "started_at?", r.finished_at as "finished_at?", r.created_at as "created_at?",
                  (select count(*) from analytics.content c
                   where c.organization_id = $1 and c.integration_id = t.integration_id and c.published_at >= $2)
                      as "posts!"
           from analytics.tracked_integrations t
                left join lateral (
                    select * from analytics.ingest_runs i
                    where i.organization_id = $1 and i.integration_id = t.integration_id and i.status <> 'skipped'
                    order by i.created_at desc, i.id desc limit 1) r on true
           where t.organization_id = $1
           order by t.created_at, t.id"#,
        organization.uuid(),
        since as Timestamp,
    )
    .fetch_all(tx.conn())
    .await?;
    let summaries = rows.into_iter().map(|row| {
        let last_run = row.run_id.and_then(|id| {
            Some(IngestRun {
                id,
                integration_id: Some(row.integration_id),
                kind: row.kind?,
                date: row.date?,
                trigger: row.trigger?,
                status: row.status?,
                attempt: row.attempt?,
                items_total: row.items_total?,
                items_ok: row.items_ok?,
                items_failed: row.items_failed?,
                api_calls: row.api_calls?,
                error_type: row.error_type,
                started_at: row.started_at,
                finished_at: row.finished_at,
                created_at: row.created_at?,
            })
        });
        AccountSummary {
            integration_id: row.integration_id,
            enabled: row.enabled,
            health: row.health as TrackingHealth,
            last_content_at: row.last_content_at,
            last_metrics_at: row.last_metrics_at,
            last_error_type: row.last_error_type,
            last_error_message: row.last_error_message,
            next_attempt_at: row.next_attempt_at,
            last_run,
            posts_30_days: row.posts,
        }
    });
    Ok(summaries.collect())
}

/// The newest numbers of items of one account.
pub(crate) async fn newest(
    tx: &mut OrgTx,
    account: AccountId,
    external_ids: &[String],
) -> Result<Vec<PublicationNumbers>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select c.id, c.external_content_id, c.is_deleted_on_platform, m.date as "date!",
                  m.is_partial as "is_partial!", m.fetched_at as "fetched_at!", m.reach, m.impressions, m.views,
                  m.reactions, m.comments, m.shares, m.clicks, m.saves
           from analytics.content c
                cross join (select max(e.date) as date from analytics.content_daily_metrics e
                            where e.organization_id = $1) newest
                join lateral (
                    select b.*
                    from generate_series(0, newest.date - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select * from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = newest.date - n and d.content_key = c.content_key
                             offset 0) b
                    limit 1) m on true
           where c.organization_id = $1 and c.integration_id = $2 and c.external_content_id = any($3)
           order by c.external_content_id"#,
        organization.uuid(),
        account.uuid(),
        external_ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let numbers = rows.into_iter().map(|row| PublicationNumbers {
        external_content_id: row.external_content_id,
        content_id: row.id,
        numbers: Numbers {
            reach: row.reach,
            impressions: row.impressions,
            views: row.views,
            reactions: row.reactions,
            comments: row.comments,
            shares: row.shares,
            clicks: row.clicks,
            saves: row.saves,
        },
        date: row.date,
        is_partial: row.is_partial,
        fetched_at: row.fetched_at,
        is_deleted_on_platform: row.is_deleted_on_platform,
    });
    Ok(numbers.collect())
}

/// Eight numbers as stored, under the names of [`Numbers`].
#[derive(sqlx::FromRow)]
struct Row {
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    reactions: Option<i64>,
    comments: Option<i64>,
    shares: Option<i64>,
    clicks: Option<i64>,
    saves: Option<i64>,
}

impl From<Row> for Numbers {
    fn from(r: Row) -> Self {
        Self {
            reach: r.reach,
            impressions: r.impressions,
            views: r.views,
            reactions: r.reactions,
            comments: r.comments,
            shares: r.shares,
            clicks: r.clicks,
            saves: r.saves,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Total {
    scope_id: AccountId,
    #[sqlx(flatten)]
    numbers: Row,
}

const TOTALS: &str = "select scope_id, sum(reach)::bigint as reach, sum(impressions)::bigint as impressions,
            sum(views)::bigint as views, sum(reactions)::bigint as reactions, sum(comments)::bigint as comments,
            sum(shares)::bigint as shares, sum(clicks)::bigint as clicks, sum(saves)::bigint as saves
     from analytics.daily_rollups
     where organization_id = $1 and date >= $2 and date <= $3 and scope_type = 'integration' and format = 'all'
     group by scope_id";

/// What happened on each account in a range, from the daily sums (Q9 of PUB-50).
pub(crate) async fn totals(tx: &mut OrgTx, range: Range) -> Result<Vec<(AccountId, Numbers)>, Error> {
    let rows: Vec<Total> = sqlx::query_as(TOTALS)
        .bind(tx.organization_id().uuid())
        .bind(range.from)
        .bind(range.to)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.scope_id, row.numbers.into())).collect())
}

#[derive(sqlx::FromRow)]
struct Snapshot {
    recorded_at: Timestamp,
    #[sqlx(flatten)]
    numbers: Row,
}

const TREND: &str = "select recorded_at, reach_count as reach, impressions_count as impressions, views_count as views,
            likes_count as reactions, comments_count as comments, shares_count as shares, clicks_count as clicks,
            saves_count as saves
     from analytics.publication_snapshots
     where organization_id = $1 and publication_id = $2 and recorded_at > $3 and recorded_at <= $4
       and period = 'daily'
     order by recorded_at";

/// The daily readings of a publication after `since`, up to `until` (Q10). Both ends are named, so that only the
/// partitions between them are opened.
pub(crate) async fn trend(
    tx: &mut OrgTx,
    publication: PublicationId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<TrendPoint>, Error> {
    let rows: Vec<Snapshot> = sqlx::query_as(TREND)
        .bind(tx.organization_id().uuid())
        .bind(publication.uuid())
        .bind(since)
        .bind(until)
        .fetch_all(tx.conn())
        .await?;
    let points = rows.into_iter().map(|row| TrendPoint { recorded_at: row.recorded_at, numbers: row.numbers.into() });
    Ok(points.collect())
}
