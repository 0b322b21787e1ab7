//! The statements: sums first, names afterwards.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, AnnotationId, ContentId, Date, Timestamp, UserId, Zone};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::annotations::Annotation;
use super::curve::Reading;
use super::model::{Measure, Split, Sums};
use super::ops::{ContentTag, NamedGroup};
use super::table::{ContentCursor, ContentQuery, ContentSort, RATE_REACH_MIN};
use crate::content::{ContentFormat, ContentRow};
use crate::daily::MetricBasis;
use crate::kinds::TagType;
use crate::kpi::{self, HourOfWeek, Numbers, Range, Rated, numbers};

/// Sums of a part (its number in the list that was asked for), a format and a step (counted from 0).
pub(super) struct PartRow {
    pub part: usize,
    pub format: String,
    pub step: usize,
    pub sums: Sums,
}

#[derive(sqlx::FromRow)]
struct SumRow {
    part: i32,
    format: String,
    step: i32,
    #[sqlx(flatten)]
    numbers: Numbers,
    engagement: Option<i64>,
    #[sqlx(flatten)]
    rated: Rated,
    items: i64,
    with_data: i64,
}

impl From<SumRow> for PartRow {
    fn from(r: SumRow) -> Self {
        Self {
            part: usize::try_from(r.part).unwrap_or(usize::MAX),
            format: r.format,
            step: usize::try_from(r.step - 1).unwrap_or(usize::MAX),
            sums: Sums {
                numbers: r.numbers,
                engagement: r.engagement,
                rated: r.rated,
                items: r.items,
                with_data: r.with_data,
            },
        }
    }
}

/// Scope by scope, so that the key of the sums answers whether or not the values are known when it is planned.
const ACTIVITY: &str = "
    select p.part, case when $7 then r.format else '' end as format, width_bucket(r.date, $6::date[]) as step,
           sum(r.reach)::bigint as reach, sum(r.impressions)::bigint as impressions, sum(r.views)::bigint as views,
           sum(r.reactions)::bigint as reactions, sum(r.comments)::bigint as comments, sum(r.shares)::bigint as shares,
           sum(r.clicks)::bigint as clicks, sum(r.saves)::bigint as saves, sum(r.engagement)::bigint as engagement,
           sum(r.rated_engagement)::bigint as rated_engagement, sum(r.rated_by_reach)::bigint as rated_by_reach,
           sum(r.rated_by_views)::bigint as rated_by_views, sum(r.rated_by_impressions)::bigint as rated_by_impressions,
           0::bigint as items, 0::bigint as with_data
    from unnest($2::uuid[], $3::integer[]) as p (scope_id, part)
         cross join lateral (
             select * from analytics.daily_rollups d
             where d.organization_id = $1 and d.scope_id = p.scope_id and d.format = any($4) and d.date >= $5 and d.date <= $8
             offset 0) r
    group by 1, 2, 3";

/// Which daily sums.
pub(super) struct Scopes<'a> {
    /// Organization, accounts, groups or tags, each with the number of its part.
    pub pairs: &'a [(Uuid, i32)],
    /// Labels of formats; `all` alone is everything.
    pub formats: &'a [String],
    pub is_by_format: bool,
    /// First days of the steps, ascending.
    pub starts: &'a [Date],
    pub to: Date,
}

/// What happened: sums of changes, for each part and step.
pub(super) async fn activity(tx: &mut OrgTx, of: &Scopes<'_>) -> Result<Vec<PartRow>, Error> {
    let (ids, parts): (Vec<Uuid>, Vec<i32>) = of.pairs.iter().copied().unzip();
    let rows: Vec<SumRow> = sqlx::query_as(ACTIVITY)
        .bind(tx.organization_id().uuid())
        .bind(ids)
        .bind(parts)
        .bind(of.formats)
        .bind(of.starts.first().copied())
        .bind(of.starts)
        .bind(of.is_by_format)
        .bind(of.to)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(PartRow::from).collect())
}

/// Which published content; `None` is all.
#[derive(Clone, Copy)]
pub(super) struct Cohort<'a> {
    pub range: Range,
    pub accounts: Option<&'a [Uuid]>,
    pub formats: Option<&'a [String]>,
    pub tag: Option<Uuid>,
    pub weekday: Option<u8>,
}

impl Cohort<'_> {
    /// The conditions on `content_totals t`.
    fn push(&self, organization: Uuid, sql: &mut QueryBuilder<Postgres>) {
        sql.push(" where t.organization_id = ").push_bind(organization);
        sql.push(" and t.published_on >= ").push_bind(self.range.from);
        sql.push(" and t.published_on <= ").push_bind(self.range.to);
        if let Some(accounts) = self.accounts {
            sql.push(" and t.integration_id = any(").push_bind(accounts.to_vec()).push(")");
        }
        if let Some(formats) = self.formats {
            sql.push(" and t.format = any(").push_bind(formats.to_vec()).push(")");
        }
        if let Some(weekday) = self.weekday {
            sql.push(" and t.weekday = ").push_bind(i16::from(weekday));
        }
        if let Some(tag) = self.tag {
            sql.push(
                " and t.content_key in (select tagged.content_key from analytics.content_tags ct
                    join analytics.content tagged on tagged.organization_id = ct.organization_id and tagged.id = ct.content_id
                    where ct.organization_id = ",
            )
            .push_bind(organization)
            .push(" and ct.tag_id = ")
            .push_bind(tag)
            .push(")");
        }
    }
}

/// What was published, by its newest totals, for each part and step. `pairs` name accounts or tags with the numbers of
/// their parts, for splits that go by them.
pub(super) async fn cohort(
    tx: &mut OrgTx,
    of: &Cohort<'_>,
    split: Split,
    pairs: &[(Uuid, i32)],
    starts: &[Date],
    measure: Measure,
) -> Result<Vec<PartRow>, Error> {
    let organization = tx.organization_id().uuid();
    let part = match split {
        Split::None | Split::Format => "0",
        Split::Weekday => "t.weekday::integer",
        Split::Hour => "t.hour::integer",
        Split::Account | Split::Network | Split::Group | Split::Tag => "p.part",
    };
    let format = if split == Split::Format { "t.format" } else { "''::text" };
    let known = match measure {
        Measure::Reach => "count(t.reach)",
        Measure::Impressions => "count(t.impressions)",
        Measure::Views => "count(t.views)",
        Measure::Engagement => "count(t.engagement)",
        Measure::EngagementRate => "count(t.engagement) filter (where t.rate_base is not null)",
        Measure::Reactions => "count(t.reactions)",
        Measure::Comments => "count(t.comments)",
        Measure::Shares => "count(t.shares)",
        Measure::Clicks => "count(t.clicks)",
        Measure::Saves => "count(t.saves)",
        Measure::Posts | Measure::Followers => "count(*)",
    };
    let mut sql = QueryBuilder::new("select ");
    sql.push(part).push(" as part, ").push(format).push(" as format, width_bucket(t.published_on, ");
    sql.push_bind(starts.to_vec()).push(
        "::date[]) as step, sum(t.reach)::bigint as reach, sum(t.impressions)::bigint as impressions,
         sum(t.views)::bigint as views, sum(t.reactions)::bigint as reactions, sum(t.comments)::bigint as comments,
         sum(t.shares)::bigint as shares, sum(t.clicks)::bigint as clicks, sum(t.saves)::bigint as saves,
         sum(t.engagement)::bigint as engagement,
         coalesce(sum(t.engagement) filter (where t.rate_base is not null), 0)::bigint as rated_engagement,
         coalesce(sum(t.rate_base) filter (where t.rate_basis = 'reach' and t.engagement is not null), 0)::bigint
             as rated_by_reach,
         coalesce(sum(t.rate_base) filter (where t.rate_basis = 'views' and t.engagement is not null), 0)::bigint
             as rated_by_views,
         coalesce(sum(t.rate_base) filter (where t.rate_basis = 'impressions' and t.engagement is not null), 0)::bigint
             as rated_by_impressions,
         count(*) as items, ",
    );
    sql.push(known).push(" as with_data from analytics.content_totals t");
    if part == "p.part" {
        let (ids, parts): (Vec<Uuid>, Vec<i32>) = pairs.iter().copied().unzip();
        if split == Split::Tag {
            sql.push(
                " join analytics.content c on c.organization_id = t.organization_id and c.content_key = t.content_key
                  join analytics.content_tags ct on ct.organization_id = t.organization_id and ct.content_id = c.id",
            );
        }
        sql.push(" join unnest(")
            .push_bind(ids)
            .push("::uuid[], ")
            .push_bind(parts)
            .push("::integer[]) as p (id, part) on p.id = ");
        sql.push(if split == Split::Tag { "ct.tag_id" } else { "t.integration_id" });
    }
    of.push(organization, &mut sql);
    sql.push(" group by 1, 2, 3");
    let rows: Vec<SumRow> = sql.build_query_as().fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(PartRow::from).collect())
}

/// How many accounts reported what, and the newest day with numbers.
#[derive(Debug, Clone, Default, sqlx::FromRow)]
pub(super) struct Reported {
    pub reach: i64,
    pub impressions: i64,
    pub views: i64,
    pub engagement: i64,
    pub rate: i64,
    pub reactions: i64,
    pub comments: i64,
    pub shares: i64,
    pub clicks: i64,
    pub saves: i64,
    pub posts: i64,
    pub last: Option<Date>,
}

const COUNTED: &str = "
    select count(*) filter (where a.reach) as reach, count(*) filter (where a.impressions) as impressions,
           count(*) filter (where a.views) as views, count(*) filter (where a.engagement) as engagement,
           count(*) filter (where a.rate) as rate, count(*) filter (where a.reactions) as reactions,
           count(*) filter (where a.comments) as comments, count(*) filter (where a.shares) as shares,
           count(*) filter (where a.clicks) as clicks, count(*) filter (where a.saves) as saves,
           count(*) filter (where a.posts) as posts, max(a.last) as last
    from (";

/// Over what happened in the range on these accounts.
pub(super) async fn reported_in(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    formats: &[String],
    range: Range,
) -> Result<Reported, Error> {
    let mut sql = QueryBuilder::new(COUNTED);
    sql.push(
        "select r.scope_id, bool_or(r.reach_items > 0) as reach, bool_or(r.impressions_items > 0) as impressions,
                bool_or(r.views_items > 0) as views, bool_or(r.engagement_items > 0) as engagement,
                bool_or(r.rated_by_reach + r.rated_by_views + r.rated_by_impressions > 0) as rate,
                bool_or(r.reactions_items > 0) as reactions, bool_or(r.comments_items > 0) as comments,
                bool_or(r.shares_items > 0) as shares, bool_or(r.clicks_items > 0) as clicks,
                bool_or(r.saves_items > 0) as saves, false as posts, max(r.date) as last
         from unnest(",
    );
    sql.push_bind(accounts.to_vec()).push(
        "::uuid[]) as s (id)
         cross join lateral (
             select * from analytics.daily_rollups d where d.scope_id = s.id and d.organization_id = ",
    );
    sql.push_bind(tx.organization_id().uuid()).push(" and d.format = any(").push_bind(formats.to_vec());
    sql.push(") and d.date >= ").push_bind(range.from).push(" and d.date <= ").push_bind(range.to);
    sql.push(" offset 0) r group by r.scope_id) a");
    Ok(sql.build_query_as().fetch_one(tx.conn()).await?)
}

/// Over what was published.
pub(super) async fn reported_of(tx: &mut OrgTx, of: &Cohort<'_>) -> Result<Reported, Error> {
    let mut sql = QueryBuilder::new(COUNTED);
    sql.push(
        "select t.integration_id, bool_or(t.reach is not null) as reach, bool_or(t.impressions is not null) as impressions,
                bool_or(t.views is not null) as views, bool_or(t.engagement is not null) as engagement,
                bool_or(t.rate_base is not null and t.engagement is not null) as rate,
                bool_or(t.reactions is not null) as reactions, bool_or(t.comments is not null) as comments,
                bool_or(t.shares is not null) as shares, bool_or(t.clicks is not null) as clicks,
                bool_or(t.saves is not null) as saves, true as posts, max(t.numbers_date) as last
         from analytics.content_totals t",
    );
    of.push(tx.organization_id().uuid(), &mut sql);
    sql.push(" group by t.integration_id) a");
    Ok(sql.build_query_as().fetch_one(tx.conn()).await?)
}

/// The last known followers of each account at the end of each step: (number of the account, number of the step,
/// followers); nothing where none are known yet.
pub(super) async fn followers(
    tx: &mut OrgTx,
    accounts: &[Uuid],
    ends: &[Date],
) -> Result<Vec<(usize, usize, i64)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select a.place as "account!", e.place as "step!", known.followers as "followers!"
           from unnest($2::uuid[]) with ordinality as a (id, place)
                cross join unnest($3::date[]) with ordinality as e (date, place)
                cross join lateral (
                    select m.followers from analytics.account_daily_metrics m
                    where m.organization_id = $1 and m.integration_id = a.id and m.date <= e.date
                      and m.followers is not null
                    order by m.date desc limit 1) known"#,
        organization.uuid(),
        accounts,
        ends as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let place = |n: i64| usize::try_from(n - 1).unwrap_or(usize::MAX);
    Ok(rows.into_iter().map(|row| (place(row.account), place(row.step), row.followers)).collect())
}

/// Engagement by weekday and hour of publishing.
pub(super) async fn hours(tx: &mut OrgTx, of: &Cohort<'_>) -> Result<Vec<HourOfWeek>, Error> {
    let is_plain = of.formats.is_none() && of.tag.is_none() && of.weekday.is_none();
    if is_plain && let Some(ready) = kpi::hours_of_usual(tx, of.accounts, of.range).await? {
        return Ok(ready);
    }
    let mut sql = QueryBuilder::new(
        "select t.weekday, t.hour, sum(t.engagement)::bigint, count(t.engagement) from analytics.content_totals t",
    );
    of.push(tx.organization_id().uuid(), &mut sql);
    sql.push(" and t.engagement is not null group by 1, 2 order by 1, 2");
    let rows: Vec<(i16, i16, i64, i64)> = sql.build_query_as().fetch_all(tx.conn()).await?;
    let small = |n: i16| u8::try_from(n).unwrap_or(0);
    Ok(rows.into_iter().map(|(day, hour, sum, items)| (small(day), small(hour), sum, items)).collect())
}

/// Engagement by weekday and hour of publishing, of what these accounts published in a range.
pub(crate) async fn hours_of(tx: &mut OrgTx, accounts: &[Uuid], range: Range) -> Result<Vec<HourOfWeek>, Error> {
    hours(tx, &Cohort { range, accounts: Some(accounts), formats: None, tag: None, weekday: None }).await
}

/// An account that is or was tracked.
pub(super) struct TrackedAccount {
    pub id: AccountId,
    pub enabled: bool,
    pub last_metrics_at: Option<Timestamp>,
}

/// All of them.
pub(super) async fn tracked(tx: &mut OrgTx) -> Result<Vec<TrackedAccount>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        TrackedAccount,
        "select integration_id as id, enabled, last_metrics_at
         from analytics.tracked_integrations where organization_id = $1 order by created_at, integration_id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The page groups by name.
pub(super) async fn groups(tx: &mut OrgTx) -> Result<Vec<NamedGroup>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        NamedGroup,
        "select id, name, niche from analytics.page_groups
         where organization_id = $1 and deleted_at is null order by lower(name), id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Which accounts are in which group.
pub(super) async fn members(tx: &mut OrgTx) -> Result<Vec<(Uuid, AccountId)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        "select m.group_id, t.integration_id
         from analytics.page_group_members m
              join analytics.tracked_integrations t
                  on t.organization_id = m.organization_id and t.id = m.tracked_integration_id
         where m.organization_id = $1
         order by m.group_id, t.integration_id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.group_id, row.integration_id)).collect())
}

/// Whether there is such a tag that is not deleted.
pub(super) async fn has_tag(tx: &mut OrgTx, id: Uuid) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from analytics.tags
                          where organization_id = $1 and id = $2 and deleted_at is null) as "there!""#,
        organization.uuid(),
        id,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The tags of content, by name.
pub(super) async fn tags_of(tx: &mut OrgTx, content: &[Uuid]) -> Result<Vec<(ContentId, ContentTag)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select ct.content_id, t.id, coalesce(t.label, t.key) as "name!", t.type as "kind: TagType", t.color
           from analytics.content_tags ct
                join analytics.tags t on t.organization_id = ct.organization_id and t.id = ct.tag_id
           where ct.organization_id = $1 and ct.content_id = any($2) and t.deleted_at is null
           order by lower(coalesce(t.label, t.key)), t.id"#,
        organization.uuid(),
        content,
    )
    .fetch_all(tx.conn())
    .await?;
    let tag = |id, name, kind, color| ContentTag { id, name, kind, color };
    Ok(rows
        .into_iter()
        .map(|row| (ContentId::from_uuid(row.content_id), tag(row.id, row.name, row.kind, row.color)))
        .collect())
}

#[derive(sqlx::FromRow)]
struct ContentDbRow {
    id: Uuid,
    content_key: i64,
    sort_value: f64,
    integration_id: AccountId,
    external_content_id: String,
    platform: rookery_kernel::Platform,
    format: ContentFormat,
    caption: Option<String>,
    hashtags: Vec<String>,
    permalink: Option<String>,
    thumbnail_url: Option<String>,
    published_at: Timestamp,
    post_id: Option<Uuid>,
    is_deleted_on_platform: bool,
    numbers_date: Option<Date>,
    #[sqlx(flatten)]
    numbers: Numbers,
}

/// A row with its place in an order.
pub(super) struct Placed {
    pub row: ContentRow,
    pub value: f64,
    pub key: i64,
}

impl From<ContentDbRow> for Placed {
    fn from(r: ContentDbRow) -> Self {
        let row = ContentRow {
            id: ContentId::from_uuid(r.id),
            integration_id: r.integration_id,
            external_content_id: r.external_content_id,
            platform: r.platform,
            format: r.format,
            caption: r.caption,
            hashtags: r.hashtags,
            permalink: r.permalink,
            thumbnail_url: r.thumbnail_url,
            published_at: r.published_at,
            post_id: r.post_id.map(rookery_kernel::PostId::from_uuid),
            is_deleted_on_platform: r.is_deleted_on_platform,
            numbers: r.numbers,
            numbers_date: r.numbers_date,
        };
        Self { row, value: r.sort_value, key: r.content_key }
    }
}

const CONTENT_COLUMNS: &str = "c.id, c.content_key, c.integration_id, c.external_content_id, c.platform, c.format, c.caption,
    c.hashtags, c.permalink, c.thumbnail_url, c.published_at, c.post_id, c.is_deleted_on_platform, t.numbers_date, t.reach,
    t.impressions, t.views, t.reactions, t.comments, t.shares, t.clicks, t.saves";

/// Microseconds since 1970, exact below the year 2255.
const PUBLISHED: &str = "(extract(epoch from c.published_at) * 1000000)::float8";

/// A page of content and one row more.
///
/// By number, the totals alone are ordered and only the page's rows are looked up; by date, the index on the time of
/// publishing gives the order.
pub(super) async fn table(
    tx: &mut OrgTx,
    query: &ContentQuery,
    of: &Cohort<'_>,
    zone: &Zone,
) -> Result<Vec<Placed>, Error> {
    let rate_order =
        format!("case when t.reach >= {RATE_REACH_MIN} then t.engagement::float8 / t.rate_base else '-Infinity' end");
    let number = match query.sort {
        ContentSort::PublishedAt => return newest(tx, query, of, zone).await,
        ContentSort::Reach => "t.reach::float8",
        ContentSort::Views => "t.views::float8",
        ContentSort::Impressions => "t.impressions::float8",
        ContentSort::Engagement => "t.engagement::float8",
        ContentSort::EngagementRate => &rate_order,
    };
    let number = format!("coalesce({number}, '-Infinity')");
    let organization = tx.organization_id().uuid();
    let mut sql = QueryBuilder::new("select picked.value as sort_value, ");
    sql.push(CONTENT_COLUMNS).push(" from (select t.content_key, ").push(&number);
    sql.push(" as value from analytics.content_totals t");
    if query.search.is_some() || query.is_ours {
        sql.push(
            " join analytics.content c on c.organization_id = t.organization_id and c.content_key = t.content_key",
        );
    }
    of.push(organization, &mut sql);
    push_words(query, &mut sql);
    if let Some(after) = query.after {
        sql.push(" and (").push(&number).push(", t.content_key) < (").push_bind(after.value).push(", ");
        sql.push_bind(after.key).push(")");
    }
    sql.push(" order by 2 desc, 1 desc limit ").push_bind(query.limit.probe());
    sql.push(
        ") picked
         join analytics.content_totals t on t.content_key = picked.content_key
         join analytics.content c on c.organization_id = t.organization_id and c.content_key = t.content_key
         where t.organization_id = ",
    );
    sql.push_bind(organization).push(" order by picked.value desc, picked.content_key desc");
    let rows: Vec<ContentDbRow> = sql.build_query_as().fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(Placed::from).collect())
}

/// Search and ownership, on `content c`.
fn push_words(query: &ContentQuery, sql: &mut QueryBuilder<Postgres>) {
    let patterns = query.patterns();
    if !patterns.is_empty() {
        sql.push(" and c.caption ilike all(").push_bind(patterns).push("::text[])");
    }
    if query.is_ours {
        sql.push(" and c.post_id is not null");
    }
}

/// What a query lets through, on `content c`.
pub(super) fn push_published(
    organization: Uuid,
    query: &ContentQuery,
    of: &Cohort<'_>,
    zone: &Zone,
    sql: &mut QueryBuilder<Postgres>,
) {
    sql.push(" and c.published_at >= ").push_bind(zone.start_of(of.range.from));
    sql.push(" and c.published_at < ").push_bind(zone.start_of(of.range.to.plus_days(1)));
    if let Some(accounts) = of.accounts {
        sql.push(" and c.integration_id = any(").push_bind(accounts.to_vec()).push(")");
    }
    if let Some(formats) = of.formats {
        sql.push(" and c.format::text = any(").push_bind(formats.to_vec()).push(")");
    }
    if let Some(weekday) = of.weekday {
        sql.push(" and extract(isodow from c.published_at at time zone ").push_bind(zone.name().to_owned());
        sql.push(")::integer = ").push_bind(i32::from(weekday));
    }
    if let Some(tag) = of.tag {
        sql.push(" and c.id in (select ct.content_id from analytics.content_tags ct where ct.organization_id = ");
        sql.push_bind(organization).push(" and ct.tag_id = ").push_bind(tag).push(")");
    }
    push_words(query, sql);
}

/// As [`table`], newest first; content whose totals are not summed yet is there too, without numbers.
async fn newest(tx: &mut OrgTx, query: &ContentQuery, of: &Cohort<'_>, zone: &Zone) -> Result<Vec<Placed>, Error> {
    let organization = tx.organization_id().uuid();
    let mut sql = QueryBuilder::new("select ");
    sql.push(PUBLISHED).push(" as sort_value, ").push(CONTENT_COLUMNS);
    sql.push(
        " from analytics.content c
         left join analytics.content_totals t on t.organization_id = c.organization_id and t.content_key = c.content_key
         where c.organization_id = ",
    );
    sql.push_bind(organization);
    push_published(organization, query, of, zone, &mut sql);
    if let Some(ContentCursor { value, key, .. }) = query.after {
        #[expect(clippy::cast_possible_truncation, reason = "the number came from whole microseconds")]
        let micros = value as i64;
        sql.push(" and (c.published_at, c.content_key) < (timestamptz 'epoch' + ").push_bind(micros);
        sql.push(" * interval '1 microsecond', ").push_bind(key).push(")");
    }
    sql.push(" order by c.published_at desc, c.content_key desc limit ").push_bind(query.limit.probe());
    let rows: Vec<ContentDbRow> = sql.build_query_as().fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(Placed::from).collect())
}

/// One content with its totals.
pub(super) async fn find(tx: &mut OrgTx, id: ContentId) -> Result<Option<Placed>, Error> {
    let mut sql = QueryBuilder::new("select ");
    sql.push(PUBLISHED).push(" as sort_value, ").push(CONTENT_COLUMNS);
    sql.push(
        " from analytics.content c
         left join analytics.content_totals t on t.organization_id = c.organization_id and t.content_key = c.content_key
         where c.organization_id = ",
    );
    sql.push_bind(tx.organization_id().uuid()).push(" and c.id = ").push_bind(id.uuid());
    let row: Option<ContentDbRow> = sql.build_query_as().fetch_optional(tx.conn()).await?;
    Ok(row.map(Placed::from))
}

/// The numbers of one content on each of its days up to an age, oldest first.
pub(super) async fn readings(
    tx: &mut OrgTx,
    key: i64,
    published: Date,
    days: i64,
) -> Result<Vec<(i64, MetricBasis, Numbers)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select d.date, d.basis, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves
           from generate_series(-1, $4::integer) n
                cross join lateral (
                    select * from analytics.content_daily_metrics m
                    where m.organization_id = $1 and m.date = $3::date + n and m.content_key = $2
                    offset 0) d
           order by d.date"#,
        organization.uuid(),
        key,
        published as Date,
        i32::try_from(days).unwrap_or(i32::MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    let readings = rows.into_iter().map(|row| (row.date.days_since(published), row.basis, numbers!(row)));
    Ok(readings.collect())
}

/// Readings of the account's content of the 90 days before, one list for each.
pub(super) async fn peers(
    tx: &mut OrgTx,
    account: AccountId,
    published: Date,
    days: i64,
    measure: Measure,
) -> Result<Vec<Vec<Reading>>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"with peer as (
               select content_key, published_on from analytics.content_totals
               where organization_id = $1 and integration_id = $2 and published_on >= $3::date - 90
                 and published_on < $3::date
           )
           select p.content_key, d.date - p.published_on as "age!", d.basis,
                  case $5 when 'reach' then d.reach when 'impressions' then d.impressions when 'views' then d.views
                          when 'reactions' then d.reactions when 'comments' then d.comments when 'shares' then d.shares
                          when 'clicks' then d.clicks when 'saves' then d.saves
                          else case when coalesce(d.reactions, d.comments, d.shares) is not null
                                    then coalesce(d.reactions, 0) + coalesce(d.comments, 0) + coalesce(d.shares, 0) end
                  end as value
           from peer p
                join analytics.content_daily_metrics d
                    on d.organization_id = $1 and d.content_key = p.content_key
                       and d.date between p.published_on - 1 and p.published_on + $4::integer
           where d.date >= $3::date - 91 and d.date < $3::date + $4::integer
           order by p.content_key, d.date"#,
        organization.uuid(),
        account.uuid(),
        published as Date,
        i32::try_from(days).unwrap_or(i32::MAX),
        measure.label(),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut peers: Vec<(i64, Vec<Reading>)> = Vec::new();
    for row in rows {
        let reading = (i64::from(row.age), row.basis, row.value);
        match peers.last_mut() {
            Some((key, readings)) if *key == row.content_key => readings.push(reading),
            _ => peers.push((row.content_key, vec![reading])),
        }
    }
    Ok(peers.into_iter().map(|(_, readings)| readings).collect())
}

/// The notes of a range, oldest first.
pub(super) async fn annotations(tx: &mut OrgTx, range: Range) -> Result<Vec<Annotation>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Annotation,
        r#"select id as "id: AnnotationId", date, text, created_by as "created_by: UserId", created_at
           from analytics.annotations
           where organization_id = $1 and date >= $2 and date <= $3
           order by date, created_at, id
           limit 500"#,
        organization.uuid(),
        range.from as Date,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Stores a note.
pub(super) async fn annotate(tx: &mut OrgTx, note: &Annotation) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.annotations (organization_id, id, date, text, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        organization.uuid(),
        note.id.uuid(),
        note.date as _,
        note.text,
        note.created_by.map(UserId::uuid),
        note.created_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a note; whether there was one.
pub(super) async fn remove_annotation(tx: &mut OrgTx, id: AnnotationId) -> Result<Option<(Date, String)>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        "delete from analytics.annotations where organization_id = $1 and id = $2 returning date, text",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.date, row.text)))
}
