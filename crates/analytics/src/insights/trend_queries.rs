//! The statements about trends.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, Date};
use uuid::Uuid;

use super::brief::InsightFilter;
use super::trend::{Mentions, TrendPost};

/// What happened with a tag, and of how many posts numbers are known.
pub(super) struct TagRow {
    pub tag_id: Uuid,
    pub name: String,
    pub now: Mentions,
    pub before: Mentions,
    pub with_numbers: i64,
}

struct CountRow {
    tag_id: Uuid,
    name: String,
    count: i64,
    engagement: Option<i64>,
    count_before: i64,
    engagement_before: Option<i64>,
    with_numbers: i64,
}

impl From<CountRow> for TagRow {
    fn from(row: CountRow) -> Self {
        Self {
            tag_id: row.tag_id,
            name: row.name,
            now: Mentions { count: row.count, engagement: row.engagement },
            before: Mentions { count: row.count_before, engagement: row.engagement_before },
            with_numbers: row.with_numbers,
        }
    }
}

/// Every tag that was used in the window of `days` days up to `to`, beside the window before.
pub(super) async fn tags(tx: &mut OrgTx, to: Date, days: i64) -> Result<Vec<TagRow>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        CountRow,
        r#"select t.id as "tag_id!: Uuid", coalesce(nullif(t.label, ''), t.key)::text as "name!",
                coalesce(sum(r.new_content_count) filter (where r.is_now), 0)::bigint as "count!",
                (sum(r.engagement) filter (where r.is_now))::bigint as engagement,
                coalesce(sum(r.new_content_count) filter (where not r.is_now), 0)::bigint as "count_before!",
                (sum(r.engagement) filter (where not r.is_now))::bigint as engagement_before,
                coalesce(max(r.engagement_items) filter (where r.is_now), 0)::bigint as "with_numbers!"
         from analytics.tags t
              cross join lateral generate_series(0, 2 * $3::integer - 1) as n
              -- Row by row through the key.
              cross join lateral (
                  select d.new_content_count, d.engagement, d.engagement_items, n < $3::integer as is_now
                  from analytics.daily_rollups d
                  where d.organization_id = $1 and d.scope_id = t.id and d.format = 'all' and d.date = $2::date - n
                  offset 0) r
         where t.organization_id = $1 and t.deleted_at is null
         group by t.id, t.label, t.key
         having sum(r.new_content_count) filter (where r.is_now) > 0
         order by t.id"#,
        organization.uuid(),
        to as Date,
        i32::try_from(days).unwrap_or(i32::MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(TagRow::from).collect())
}

/// The same of a page group's accounts, or of some formats, counted from what was published and what changed: sums of tags
/// stand ready for the organization as a whole.
pub(super) async fn tags_within(
    tx: &mut OrgTx,
    to: Date,
    days: i64,
    filter: InsightFilter,
) -> Result<Vec<TagRow>, Error> {
    let organization = tx.organization_id();
    let formats = filter.filter().labels();
    let rows = sqlx::query_as!(
        CountRow,
        r#"with account as materialized (
             select t.integration_id
             from analytics.tracked_integrations t
             where t.organization_id = $1
               and ($4::uuid is null
                    or exists (select from analytics.page_group_members m
                               where m.organization_id = $1 and m.group_id = $4 and m.tracked_integration_id = t.id))
         ), day as (
             select ct.tag_id, t.published_on as date, count(*) as count, null::bigint as engagement, 0::bigint as items
             from analytics.content_totals t
                  join analytics.content c on c.organization_id = $1 and c.content_key = t.content_key
                  join analytics.content_tags ct on ct.organization_id = $1 and ct.content_id = c.id
             where t.organization_id = $1 and t.published_on > $2::date - 2 * $3::integer and t.published_on <= $2
               and t.integration_id in (select integration_id from account)
               and ($5::text[] is null or t.format = any($5))
             group by 1, 2
             union all
             select ct.tag_id, x.date, 0, sum(x.engagement)::bigint, count(x.engagement)
             -- From the days outward: by the tags first, every day of every content that bears one would be read.
             from (select x.content_id, x.date, x.engagement from analytics.content_changes x
                   where x.organization_id = $1 and x.date > $2::date - 2 * $3::integer and x.date <= $2
                     and x.integration_id in (select integration_id from account)
                     and ($5::text[] is null or x.format = any($5))
                   offset 0) x
                  cross join lateral (select ct.tag_id from analytics.content_tags ct
                                      where ct.organization_id = $1 and ct.content_id = x.content_id
                                      offset 0) ct
             group by 1, 2
         ), counted as (
             select d.tag_id, coalesce(sum(d.count) filter (where d.is_now), 0)::bigint as count,
                    (sum(d.engagement) filter (where d.is_now))::bigint as engagement,
                    coalesce(sum(d.count) filter (where not d.is_now), 0)::bigint as count_before,
                    (sum(d.engagement) filter (where not d.is_now))::bigint as engagement_before,
                    coalesce(max(d.items) filter (where d.is_now), 0)::bigint as with_numbers
             from (select *, date > $2::date - $3::integer as is_now from day) d
             group by d.tag_id
         )
         select g.id as "tag_id!: Uuid", coalesce(nullif(g.label, ''), g.key)::text as "name!", c.count as "count!",
                c.engagement, c.count_before as "count_before!", c.engagement_before, c.with_numbers as "with_numbers!"
         from counted c
              join analytics.tags g on g.organization_id = $1 and g.id = c.tag_id and g.deleted_at is null
         where c.count > 0
         order by g.id"#,
        organization.uuid(),
        to as Date,
        i32::try_from(days).unwrap_or(i32::MAX),
        filter.group,
        formats.as_deref(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(TagRow::from).collect())
}

/// The three posts of each tag in a window with most engagement, in the tags' order.
pub(super) async fn top_posts(
    tx: &mut OrgTx,
    tags: &[Uuid],
    from: Date,
    to: Date,
    filter: InsightFilter,
) -> Result<Vec<(Uuid, TrendPost)>, Error> {
    let organization = tx.organization_id();
    let formats = filter.filter().labels();
    let rows = sqlx::query!(
        r#"select a.tag_id as "tag_id!", p.id as "id!: ContentId", p.integration_id as "integration_id!: AccountId",
                p.caption, p.engagement
         from unnest($2::uuid[]) with ordinality as a (tag_id, place)
              cross join lateral (
                  select c.id, c.integration_id, left(c.caption, 80) as caption, t.engagement, c.content_key
                  from analytics.content_tags ct
                       join analytics.content c on c.organization_id = $1 and c.id = ct.content_id
                       join analytics.content_totals t on t.organization_id = $1 and t.content_key = c.content_key
                  where ct.organization_id = $1 and ct.tag_id = a.tag_id and t.published_on >= $3 and t.published_on <= $4
                    and ($5::uuid is null
                         or t.integration_id in (
                             select k.integration_id
                             from analytics.page_group_members m
                                  join analytics.tracked_integrations k
                                      on k.organization_id = $1 and k.id = m.tracked_integration_id
                             where m.organization_id = $1 and m.group_id = $5))
                    and ($6::text[] is null or t.format = any($6))
                  order by t.engagement desc nulls last, c.content_key
                  limit 3) p
         order by a.place, p.engagement desc nulls last, p.content_key"#,
        organization.uuid(),
        tags,
        from as Date,
        to as Date,
        filter.group,
        formats.as_deref(),
    )
    .fetch_all(tx.conn())
    .await?;
    let posts = rows.into_iter().map(|row| {
        let (id, integration_id) = (row.id, row.integration_id);
        (row.tag_id, TrendPost { id, integration_id, caption: row.caption, engagement: row.engagement })
    });
    Ok(posts.collect())
}

/// Whether four fifths of the days of the organization's accounts, or of a page group's, were reported in the `days` days up
/// to `to` and in as many before.
pub(super) async fn is_complete(tx: &mut OrgTx, to: Date, days: i64, group: Option<Uuid>) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select coalesce(bool_and(w.reported >= 0.8 * w.expected and w.expected > 0), false) as "is_complete!"
         from (select n < $3::integer as is_now, coalesce(sum(r.integrations_ok), 0) as reported,
                      sum(greatest(coalesce(r.integrations_expected, 0), a.accounts)) as expected
               from (select count(*) as accounts from analytics.tracked_integrations t
                     where t.organization_id = $1 and t.enabled
                       and ($4::uuid is null
                            or exists (select from analytics.page_group_members m
                                       where m.organization_id = $1 and m.group_id = $4
                                         and m.tracked_integration_id = t.id))) a
                    cross join generate_series(0, 2 * $3::integer - 1) as n
                    left join analytics.daily_rollups r
                        on r.organization_id = $1 and r.scope_id = coalesce($4, $1) and r.format = 'all' and r.date = $2::date - n
               group by is_now) w"#,
        organization.uuid(),
        to as Date,
        i32::try_from(days).unwrap_or(i32::MAX),
        group,
    )
    .fetch_one(tx.conn())
    .await?)
}
