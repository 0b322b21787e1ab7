//! The statements about trends.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{ContentId, Date};
use uuid::Uuid;

use super::trend::{Mentions, TrendPost};

/// What happened with a tag, and of how many posts numbers are known.
pub(super) struct TagRow {
    pub tag_id: Uuid,
    pub name: String,
    pub now: Mentions,
    pub before: Mentions,
    pub with_numbers: i64,
}

/// Every tag that was used in the window of `days` days up to `to`, beside the window before.
pub(super) async fn tags(tx: &mut OrgTx, to: Date, days: i64) -> Result<Vec<TagRow>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        tag_id: Uuid,
        name: String,
        count: i64,
        engagement: Option<i64>,
        count_before: i64,
        engagement_before: Option<i64>,
        with_numbers: i64,
    }
    let organization = tx.organization_id();
    let rows: Vec<Row> = sqlx::query_as(
        "select t.id as tag_id, coalesce(nullif(t.label, ''), t.key)::text as name,
                coalesce(sum(r.new_content_count) filter (where r.is_now), 0)::bigint as count,
                (sum(r.engagement) filter (where r.is_now))::bigint as engagement,
                coalesce(sum(r.new_content_count) filter (where not r.is_now), 0)::bigint as count_before,
                (sum(r.engagement) filter (where not r.is_now))::bigint as engagement_before,
                coalesce(max(r.engagement_items) filter (where r.is_now), 0)::bigint as with_numbers
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
         order by t.id",
    )
    .bind(organization.uuid())
    .bind(to)
    .bind(i32::try_from(days).unwrap_or(i32::MAX))
    .fetch_all(tx.conn())
    .await?;
    let tags = rows.into_iter().map(|row| TagRow {
        tag_id: row.tag_id,
        name: row.name,
        now: Mentions { count: row.count, engagement: row.engagement },
        before: Mentions { count: row.count_before, engagement: row.engagement_before },
        with_numbers: row.with_numbers,
    });
    Ok(tags.collect())
}

/// The three posts of each tag in a window with most engagement, in the tags' order.
pub(super) async fn top_posts(
    tx: &mut OrgTx,
    tags: &[Uuid],
    from: Date,
    to: Date,
) -> Result<Vec<(Uuid, TrendPost)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        tag_id: Uuid,
        id: ContentId,
        caption: Option<String>,
        engagement: Option<i64>,
    }
    let organization = tx.organization_id();
    let rows: Vec<Row> = sqlx::query_as(
        "select a.tag_id, p.id, p.caption, p.engagement
         from unnest($2::uuid[]) with ordinality as a (tag_id, place)
              cross join lateral (
                  select c.id, left(c.caption, 80) as caption, t.engagement, c.content_key
                  from analytics.content_tags ct
                       join analytics.content c on c.organization_id = $1 and c.id = ct.content_id
                       join analytics.content_totals t on t.organization_id = $1 and t.content_key = c.content_key
                  where ct.organization_id = $1 and ct.tag_id = a.tag_id and t.published_on >= $3 and t.published_on <= $4
                  order by t.engagement desc nulls last, c.content_key
                  limit 3) p
         order by a.place, p.engagement desc nulls last, p.content_key",
    )
    .bind(organization.uuid())
    .bind(tags)
    .bind(from)
    .bind(to)
    .fetch_all(tx.conn())
    .await?;
    let posts = rows
        .into_iter()
        .map(|row| (row.tag_id, TrendPost { id: row.id, caption: row.caption, engagement: row.engagement }));
    Ok(posts.collect())
}

/// Whether four fifths of the accounts' days were reported in the `days` days up to `to` and in as many before.
pub(super) async fn is_complete(tx: &mut OrgTx, to: Date, days: i64) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar(
        "select coalesce(bool_and(w.reported >= 0.8 * w.expected and w.expected > 0), false)
         from (select n < $3::integer as is_now, coalesce(sum(r.integrations_ok), 0) as reported,
                      sum(greatest(coalesce(r.integrations_expected, 0), a.accounts)) as expected
               from (select count(*) as accounts from analytics.tracked_integrations
                     where organization_id = $1 and enabled) a
                    cross join generate_series(0, 2 * $3::integer - 1) as n
                    left join analytics.daily_rollups r
                        on r.organization_id = $1 and r.scope_id = $1 and r.format = 'all' and r.date = $2::date - n
               group by is_now) w",
    )
    .bind(organization.uuid())
    .bind(to)
    .bind(i32::try_from(days).unwrap_or(i32::MAX))
    .fetch_one(tx.conn())
    .await?)
}
