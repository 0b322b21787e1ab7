//! The statements behind pages.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, Date, Platform, PostId, PublicationId, Timestamp};
use uuid::Uuid;

use super::model::{AccountSummary, PublicationNumbers, TopContent, TrendPoint};
use crate::content::ContentFormat;
use crate::kpi::{Metric, Numbers, Range, numbers};
use crate::overview::in_scope;
use crate::run::{IngestErrorType, IngestKind, IngestRun, IngestStatus, IngestTrigger, Oddities};
use crate::tracking::TrackingHealth;

/// What was published in a range by the tracked accounts, or by those of them that are named, best first by its newest
/// numbers up to the range's end. Items without the number are left out.
pub(crate) async fn top(
    tx: &mut OrgTx,
    named: Option<&[AccountId]>,
    range: Range,
    metric: Metric,
    limit: i64,
) -> Result<Vec<TopContent>, Error> {
    top_by_first(tx, named, range, &[metric], limit).await
}

/// As [`top`], by the first of these metrics that anything has.
pub(crate) async fn top_by_first(
    tx: &mut OrgTx,
    named: Option<&[AccountId]>,
    range: Range,
    metrics: &[Metric],
    limit: i64,
) -> Result<Vec<TopContent>, Error> {
    let mut asked: Option<(Vec<Uuid>, bool)> = None;
    for metric in metrics.iter().copied() {
        let rows = if let Some(rows) = listed(tx, named, range, metric, limit).await? {
            rows
        } else {
            // The same for every metric, and not needed where a list answers.
            let (accounts, is_past) = match &asked {
                Some(asked) => asked,
                None => asked.insert((in_scope(tx, named).await?, is_past(tx, range).await?)),
            };
            // A list that was made beforehand is never one of a past range.
            if *is_past {
                let ranked = ranked_then(tx, accounts, range, metric, limit).await?;
                shown_then(tx, &ranked, range.to).await?
            } else {
                let ranked = ranked_now(tx, accounts, range, metric, limit).await?;
                shown_now(tx, &ranked).await?
            }
        };
        if !rows.is_empty() {
            return Ok(rows.into_iter().map(TopContent::from).collect());
        }
    }
    Ok(Vec::new())
}

/// Whether there are numbers of after the range: then those of its last day count, and not the newest.
async fn is_past(tx: &mut OrgTx, range: Range) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from analytics.daily_rollups
                          where organization_id = $1 and scope_id = $1 and format = 'all' and date > $2
                            and content_count > 0) as "is_past!""#,
        organization.uuid(),
        range.to as Date,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The best from the organization's list that was made beforehand, if one covers the range and holds enough of these
/// accounts' content.
async fn listed(
    tx: &mut OrgTx,
    named: Option<&[AccountId]>,
    range: Range,
    metric: Metric,
    limit: i64,
) -> Result<Option<Vec<Ranked>>, Error> {
    let organization = tx.organization_id();
    let named: Option<Vec<Uuid>> = named.map(|ids| ids.iter().map(|id| id.uuid()).collect());
    // A list of more days holds the best of fewer of them, as long as enough of its places lie in the range. What was
    // published after the list's last day has no numbers yet.
    let rows = sqlx::query!(
        r#"select l.places as "places!", c.id as "id?: ContentId", c.integration_id as "integration_id?: AccountId",
                  c.external_content_id as "external_content_id?", c.platform as "platform?: Platform",
                  c.format as "format?: ContentFormat", c.caption, c.hashtags as "hashtags?", c.permalink, c.thumbnail_url,
                  c.published_at as "published_at?: Timestamp", c.post_id as "post_id?: PostId",
                  t.numbers_date as "date?: Date", t.reach, t.impressions, t.views, t.reactions, t.comments, t.shares,
                  t.clicks, t.saves
           from (select l.content_keys, l.published_on, l.integration_ids, cardinality(l.content_keys) as places
                 from analytics.top_content l
                 where l.organization_id = $1 and l.metric = $2 and l.as_of <= $4 and l.as_of - l.days < $3
                   and not exists (select from analytics.rollup_marks m where m.organization_id = $1)
                 order by l.days
                 limit 1) l
                cross join lateral (
                    select array(select k.content_key
                                 from unnest(l.content_keys, l.published_on, l.integration_ids)
                                          with ordinality as k (content_key, published_on, integration_id, place)
                                 where k.published_on >= $3 and ($6::uuid[] is null or k.integration_id = any($6))
                                   and k.integration_id = any(array(select x.integration_id
                                                                    from analytics.tracked_integrations x
                                                                    where x.organization_id = $1 and x.enabled))
                                 order by k.place
                                 limit $5) as keys
                    offset 0) chosen
                left join lateral (select * from analytics.content i
                                   where i.organization_id = $1 and i.content_key = any(chosen.keys)
                                   offset 0) c on true
                left join lateral (select * from analytics.content_totals o
                                   where o.organization_id = $1 and o.content_key = c.content_key
                                   offset 0) t on true
           order by array_position(chosen.keys, c.content_key)"#,
        organization.uuid(),
        metric.label(),
        range.from as Date,
        range.to as Date,
        limit,
        named.as_deref(),
    )
    .fetch_all(tx.conn())
    .await?;
    let Some(places) = rows.first().map(|row| row.places) else { return Ok(None) };
    let shown = rows.into_iter().filter_map(|row| {
        Some(Ranked {
            id: row.id?,
            integration_id: row.integration_id?,
            external_content_id: row.external_content_id?,
            platform: row.platform?,
            format: row.format?,
            caption: row.caption,
            hashtags: row.hashtags.unwrap_or_default(),
            permalink: row.permalink,
            thumbnail_url: row.thumbnail_url,
            published_at: row.published_at?,
            post_id: row.post_id,
            date: row.date?,
            reach: row.reach,
            impressions: row.impressions,
            views: row.views,
            reactions: row.reactions,
            comments: row.comments,
            shares: row.shares,
            clicks: row.clicks,
            saves: row.saves,
        })
    });
    let shown: Vec<Ranked> = shown.collect();
    let is_whole = i64::from(places) < crate::rollup::TOP_PLACES;
    let is_enough = i64::try_from(shown.len()).is_ok_and(|found| found >= limit);
    Ok((is_whole || is_enough).then_some(shown))
}

/// The best by the newest totals.
async fn ranked_now(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    range: Range,
    metric: Metric,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select t.content_key
           from analytics.content_totals t
                cross join lateral (
                    select case $5 when 'reach' then t.reach::float8 when 'engagement' then t.engagement::float8
                                   when 'views' then t.views::float8 when 'impressions' then t.impressions::float8
                                   else t.engagement::float8 / t.rate_base end as value) rank
           where t.organization_id = $1 and t.integration_id = any($2) and t.published_on >= $3 and t.published_on <= $4
             and rank.value is not null
           order by rank.value desc, t.published_on desc, t.content_key
           limit $6"#,
        organization.uuid(),
        accounts,
        range.from as Date,
        range.to as Date,
        metric.label(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The best by the newest numbers up to the range's end: for a range whose content has grown since.
async fn ranked_then(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    range: Range,
    metric: Metric,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select t.content_key
           from analytics.content_totals t
                join analytics.content c on c.organization_id = $1 and c.content_key = t.content_key
                join lateral (
                    select b.*
                    from generate_series(0, $4 - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select d.reach, d.impressions, d.views,
                                    case when coalesce(d.reactions, d.comments, d.shares) is not null
                                         then coalesce(d.reactions, 0) + coalesce(d.comments, 0) + coalesce(d.shares, 0)
                                    end as engagement
                             from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = $4 - n and d.content_key = t.content_key
                             offset 0) b
                    limit 1) m on true
                cross join lateral (
                    select case $5 when 'reach' then m.reach::float8 when 'engagement' then m.engagement::float8
                                   when 'views' then m.views::float8 when 'impressions' then m.impressions::float8
                                   else m.engagement::float8
                                        / coalesce(nullif(m.reach, 0), nullif(m.views, 0), nullif(m.impressions, 0))
                           end as value) rank
           where t.organization_id = $1 and t.integration_id = any($2) and t.published_on >= $3 and t.published_on <= $4
             and rank.value is not null
           order by rank.value desc, t.published_on desc, t.content_key
           limit $6"#,
        organization.uuid(),
        accounts,
        range.from as Date,
        range.to as Date,
        metric.label(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// An item of a ranking as it is read.
struct Ranked {
    id: ContentId,
    integration_id: AccountId,
    external_content_id: String,
    platform: Platform,
    format: ContentFormat,
    caption: Option<String>,
    hashtags: Vec<String>,
    permalink: Option<String>,
    thumbnail_url: Option<String>,
    published_at: Timestamp,
    post_id: Option<PostId>,
    date: Date,
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    reactions: Option<i64>,
    comments: Option<i64>,
    shares: Option<i64>,
    clicks: Option<i64>,
    saves: Option<i64>,
}

impl From<Ranked> for TopContent {
    fn from(row: Ranked) -> Self {
        Self {
            content_id: row.id,
            integration_id: row.integration_id,
            external_content_id: row.external_content_id,
            platform: row.platform,
            format: row.format,
            caption: row.caption,
            hashtags: row.hashtags,
            permalink: row.permalink,
            thumbnail_url: row.thumbnail_url,
            published_at: row.published_at,
            post_id: row.post_id,
            numbers: numbers!(row),
            numbers_date: row.date,
        }
    }
}

/// These items in this order, with their newest numbers.
async fn shown_now(tx: &mut OrgTx, keys: &[i64]) -> Result<Vec<Ranked>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Ranked,
        r#"select c.id, c.integration_id, c.external_content_id, c.platform, c.format as "format: ContentFormat", c.caption,
                  c.hashtags, c.permalink, c.thumbnail_url, c.published_at, c.post_id, t.numbers_date as "date!", t.reach,
                  t.impressions, t.views, t.reactions, t.comments, t.shares, t.clicks, t.saves
           from unnest($2::bigint[]) with ordinality as k (content_key, place)
                join analytics.content c on c.organization_id = $1 and c.content_key = k.content_key
                join analytics.content_totals t
                    on t.organization_id = $1 and t.content_key = k.content_key and t.numbers_date is not null
           order by k.place"#,
        organization.uuid(),
        keys,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// These items in this order, with their newest numbers up to a day.
async fn shown_then(tx: &mut OrgTx, keys: &[i64], until: Date) -> Result<Vec<Ranked>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Ranked,
        r#"select c.id, c.integration_id, c.external_content_id, c.platform, c.format as "format: ContentFormat", c.caption,
                  c.hashtags, c.permalink, c.thumbnail_url, c.published_at, c.post_id, m.date as "date!", m.reach,
                  m.impressions, m.views, m.reactions, m.comments, m.shares, m.clicks, m.saves
           from unnest($2::bigint[]) with ordinality as k (content_key, place)
                join analytics.content c on c.organization_id = $1 and c.content_key = k.content_key
                join lateral (
                    select b.*
                    from generate_series(0, $3 - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select d.date, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks,
                                    d.saves
                             from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = $3 - n and d.content_key = c.content_key
                             offset 0) b
                    limit 1) m on true
           order by k.place"#,
        organization.uuid(),
        keys,
        until as Date,
    )
    .fetch_all(tx.conn())
    .await?)
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
                  r.oddities as "oddities?: Oddities", r.started_at as "started_at?", r.finished_at as "finished_at?", r.created_at as "created_at?",
                  (select count(*) from analytics.content c
                   where c.organization_id = $1 and c.integration_id = t.integration_id and c.published_at >= $2)
                      as "posts!"
           from analytics.tracked_integrations t
                left join lateral (
                    select * from analytics.ingest_runs i
                    where i.organization_id = $1 and i.integration_id = t.integration_id and i.status <> 'skipped'
                      and i.kind <> 'snapshots'
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
                oddities: row.oddities.unwrap_or_default(),
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
        numbers: numbers!(row),
        date: row.date,
        is_partial: row.is_partial,
        fetched_at: row.fetched_at,
        is_deleted_on_platform: row.is_deleted_on_platform,
    });
    Ok(numbers.collect())
}

#[derive(sqlx::FromRow)]
struct Snapshot {
    recorded_at: Timestamp,
    #[sqlx(flatten)]
    numbers: Numbers,
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
    let points = rows.into_iter().map(|row| TrendPoint { recorded_at: row.recorded_at, numbers: row.numbers });
    Ok(points.collect())
}
