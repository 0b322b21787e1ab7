//! The statements on content.

use rookery_db::{Error, ExportTable, OrgTx};
use rookery_kernel::{AccountId, ContentId, Cursor, Date, IdGen, Limit, Platform, PostId, Timestamp, Zone};
use serde_json::Value;
use uuid::Uuid;

use super::model::{ContentFilter, ContentFormat, ContentRow, Seen};
use crate::kpi::numbers;

/// Stores items of one account in one statement; an item that did not change is not written.
/// Returns how many rows were new or changed.
///
/// An item seen again is no longer taken for deleted, and what the network leaves out this time
/// keeps its known value.
pub(crate) async fn upsert(
    tx: &mut OrgTx,
    ids: &dyn IdGen,
    account: AccountId,
    platform: Platform,
    items: &[Seen],
    posts: &[(String, PostId)],
    now: Timestamp,
) -> Result<u64, Error> {
    if items.is_empty() {
        return Ok(0);
    }
    let organization = tx.organization_id();
    let mut items: Vec<&Seen> = items.iter().collect();
    // One order for all, so that two runs never wait for each other's rows in a circle.
    items.sort_unstable_by(|a, b| a.external_id.cmp(&b.external_id));
    let column = |f: fn(&Seen) -> Option<&String>| -> Vec<Option<String>> {
        items.iter().map(|item| f(item).cloned()).collect()
    };
    let new_ids: Vec<Uuid> = items.iter().map(|_| ids.uuid()).collect();
    let external: Vec<String> = items.iter().map(|i| i.external_id.clone()).collect();
    let parents = column(|i| i.external_parent_id.as_ref());
    let formats: Vec<String> = items.iter().map(|i| i.format.label().to_owned()).collect();
    let captions = column(|i| i.caption.as_ref());
    // An array of arrays cannot be ragged; hashtags hold no space.
    let hashtags: Vec<String> = items.iter().map(|i| i.hashtags.join(" ")).collect();
    let languages = column(|i| i.language.as_ref());
    let permalinks = column(|i| i.permalink.as_ref());
    let media = column(|i| i.media_url.as_ref());
    let thumbnails = column(|i| i.thumbnail_url.as_ref());
    let durations: Vec<Option<i32>> = items.iter().map(|i| i.duration_ms).collect();
    let published: Vec<Timestamp> = items.iter().map(|i| i.published_at).collect();
    let raws: Vec<Option<Value>> = items.iter().map(|i| i.raw.clone()).collect();
    let ours: Vec<Option<Uuid>> = items
        .iter()
        .map(|i| posts.iter().find(|(external, _)| *external == i.external_id).map(|(_, post)| post.uuid()))
        .collect();
    let written = sqlx::query_scalar!(
        r#"with before as (
             select old.external_content_id, old.format, old.published_at from analytics.content old
             where old.organization_id = $1 and old.integration_id = $2 and old.external_content_id = any($6)
         ), written as (
         insert into analytics.content as t
             (id, organization_id, integration_id, external_content_id, external_parent_id, platform, format, caption,
              hashtags, language, permalink, media_url, thumbnail_url, duration_ms, published_at, post_id, raw,
              first_seen_at, last_seen_at, created_at, updated_at)
         select u.id, o.organization_id, $2, u.external_id, u.parent, $3::accounts.platform,
                u.format::analytics.content_format, u.caption, coalesce(string_to_array(nullif(u.hashtags, ''), ' '), '{}'),
                u.language, u.permalink, u.media, u.thumbnail, u.duration, u.published_at, u.post_id, u.raw, $4, $4, $4, $4
         from identity.organizations o
              cross join unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                                $12::text[], $13::text[], $14::text[], $15::integer[], $16::timestamptz[], $17::uuid[],
                                $18::jsonb[])
                  as u (id, external_id, parent, format, caption, hashtags, language, permalink, media, thumbnail,
                        duration, published_at, post_id, raw)
              left join analytics.content old
                  on old.organization_id = o.organization_id and old.integration_id = $2
                     and old.external_content_id = u.external_id
         where o.organization_id = $1
           and (old.id is null
                or (coalesce(u.parent, old.external_parent_id), u.format::analytics.content_format,
                    coalesce(u.caption, old.caption), coalesce(string_to_array(nullif(u.hashtags, ''), ' '), '{}'),
                    coalesce(u.language, old.language), coalesce(u.permalink, old.permalink),
                    coalesce(u.media, old.media_url), coalesce(u.thumbnail, old.thumbnail_url),
                    coalesce(u.duration, old.duration_ms), u.published_at, coalesce(u.post_id, old.post_id),
                    coalesce(u.raw, old.raw), false)
                   is distinct from
                   (old.external_parent_id, old.format, old.caption, old.hashtags, old.language::text, old.permalink,
                    old.media_url, old.thumbnail_url, old.duration_ms, old.published_at, old.post_id, old.raw,
                    old.is_deleted_on_platform))
         on conflict (organization_id, integration_id, external_content_id) do update set
             external_parent_id = coalesce(excluded.external_parent_id, t.external_parent_id),
             format = excluded.format, caption = coalesce(excluded.caption, t.caption), hashtags = excluded.hashtags,
             language = coalesce(excluded.language, t.language), permalink = coalesce(excluded.permalink, t.permalink),
             media_url = coalesce(excluded.media_url, t.media_url),
             thumbnail_url = coalesce(excluded.thumbnail_url, t.thumbnail_url),
             duration_ms = coalesce(excluded.duration_ms, t.duration_ms), published_at = excluded.published_at,
             post_id = coalesce(excluded.post_id, t.post_id), raw = coalesce(excluded.raw, t.raw),
             is_deleted_on_platform = false, last_seen_at = excluded.last_seen_at, updated_at = excluded.updated_at
         where t.last_seen_at <= excluded.last_seen_at
         returning t.content_key, t.external_content_id, t.format, t.published_at
         ), marked as (
             -- Sums go by format and day of publishing; other words change none.
             insert into analytics.rollup_marks (organization_id, kind, content_keys)
             select $1, 'content', array_agg(w.content_key order by w.content_key)
             from written w
                  left join before b using (external_content_id)
             where (b.format, b.published_at) is distinct from (w.format, w.published_at)
             having count(*) > 0
         )
         select count(*) as "written!" from written"#,
        organization.uuid(),
        account.uuid(),
        platform.label() as _,
        now as _,
        &new_ids,
        &external,
        &parents as &[Option<String>],
        &formats,
        &captions as &[Option<String>],
        &hashtags,
        &languages as &[Option<String>],
        &permalinks as &[Option<String>],
        &media as &[Option<String>],
        &thumbnails as &[Option<String>],
        &durations as &[Option<i32>],
        &published as _,
        &ours as &[Option<Uuid>],
        &raws as &[Option<Value>],
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(written.unsigned_abs())
}

/// Notes that items are gone from the network.
pub(crate) async fn mark_gone(
    tx: &mut OrgTx,
    account: AccountId,
    external_ids: &[String],
    now: Timestamp,
) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update analytics.content set is_deleted_on_platform = true, updated_at = $4
         where organization_id = $1 and integration_id = $2 and external_content_id = any($3)
           and not is_deleted_on_platform",
        organization.uuid(),
        account.uuid(),
        external_ids,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// What to read the numbers of for one day.
pub(crate) struct DueFor<'a> {
    pub account: AccountId,
    /// The day the numbers will stand under, and its end.
    pub date: Date,
    pub end: Timestamp,
    /// The zone of that day.
    pub zone: &'a Zone,
    /// Leave out items whose final numbers for the day are stored: a run that goes on where an
    /// earlier one was stopped.
    pub only_missing: bool,
    pub rows_max: i64,
}

/// The items whose numbers are due, newest first: every day for a week, every third day for a
/// month, every seventh for a quarter, every thirtieth after that, and always the twenty with the
/// most engagement. Counted from the last reading before the day, so that a missed night is made
/// up for, and so that the answer is the same however often it is asked for one day.
pub(crate) async fn due(tx: &mut OrgTx, due: &DueFor<'_>) -> Result<Vec<String>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select item.external_content_id
         from (select c.external_content_id, c.content_key, c.published_at, last.date as last_date,
                      $3 - (c.published_at at time zone $5)::date as age,
                      row_number() over (order by coalesce(last.reactions, 0) + coalesce(last.comments, 0)
                                                  + coalesce(last.shares, 0) desc, c.published_at desc, c.id) as place
               from analytics.content c
                    left join lateral (
                        -- Day by day backwards, by the primary key: what is read at all is read every thirty days.
                        select b.*
                        from generate_series(1, least(92, $3 - (c.published_at at time zone 'UTC')::date + 1)) n
                             cross join lateral (
                                 select m.date, m.reactions, m.comments, m.shares
                                 from analytics.content_daily_metrics m
                                 where m.organization_id = $1 and m.date = $3 - n and m.content_key = c.content_key
                                 offset 0) b
                        limit 1) last on true
               where c.organization_id = $1 and c.integration_id = $2 and not c.is_deleted_on_platform
                 and c.published_at < $4) item
         where (item.last_date is null or item.place <= 20
                or $3 - item.last_date >= case when item.age <= 7 then 1 when item.age <= 30 then 3
                                               when item.age <= 90 then 7 else 30 end)
           and not ($6 and exists (
                select from analytics.content_daily_metrics d
                where d.organization_id = $1 and d.date = $3 and d.content_key = item.content_key
                  and not d.is_partial))
         order by item.published_at desc, item.external_content_id
         limit $7",
        organization.uuid(),
        due.account.uuid(),
        due.date as Date,
        due.end as _,
        due.zone.name(),
        due.only_missing,
        due.rows_max,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The items of one account that went out in a span, newest first.
pub(crate) async fn published_between(
    tx: &mut OrgTx,
    account: AccountId,
    from: Timestamp,
    before: Timestamp,
    rows_max: i64,
) -> Result<Vec<String>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select external_content_id from analytics.content
         where organization_id = $1 and integration_id = $2 and published_at >= $3 and published_at < $4
           and not is_deleted_on_platform
         order by published_at desc, external_content_id
         limit $5",
        organization.uuid(),
        account.uuid(),
        from as _,
        before as _,
        rows_max,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// One page of content with its newest numbers, newest content first.
pub(crate) async fn page(
    tx: &mut OrgTx,
    filter: &ContentFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<ContentRow>, Error> {
    let organization = tx.organization_id();
    let accounts: Option<Vec<Uuid>> = filter.accounts.as_ref().map(|a| a.iter().map(|id| id.uuid()).collect());
    let rows = sqlx::query!(
        r#"select c.id, c.integration_id, c.external_content_id, c.platform, c.format, c.caption, c.hashtags, c.permalink,
                  c.thumbnail_url, c.published_at, c.post_id, c.is_deleted_on_platform,
                  m.date as "date?", m.reach as "reach?", m.impressions as "impressions?", m.views as "views?",
                  m.reactions as "reactions?", m.comments as "comments?", m.shares as "shares?", m.clicks as "clicks?",
                  m.saves as "saves?"
           from analytics.content c
                cross join (select max(e.date) as date from analytics.content_daily_metrics e
                            where e.organization_id = $1) newest
                left join lateral (
                    select b.*
                    from generate_series(0, newest.date - (c.published_at at time zone 'UTC')::date + 1) n
                         cross join lateral (
                             select d.date, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks,
                                    d.saves
                             from analytics.content_daily_metrics d
                             where d.organization_id = $1 and d.date = newest.date - n and d.content_key = c.content_key
                             offset 0) b
                    limit 1) m on true
           where c.organization_id = $1
             and ($2::uuid[] is null or c.integration_id = any($2))
             and ($3::analytics.content_format is null or c.format = $3)
             and ($4::timestamptz is null or c.published_at >= $4)
             and ($5::timestamptz is null or c.published_at < $5)
             and ($6::timestamptz is null or (c.published_at, c.id) < ($6, $7))
           order by c.published_at desc, c.id desc
           limit $8"#,
        organization.uuid(),
        accounts.as_deref(),
        filter.format as Option<ContentFormat>,
        filter.from as _,
        filter.before as _,
        after.map(|c| c.at) as _,
        after.map(|c| c.id),
        limit.probe(),
    )
    .fetch_all(tx.conn())
    .await?;
    let content = rows.into_iter().map(|row| ContentRow {
        id: ContentId::from_uuid(row.id.uuid()),
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
        is_deleted_on_platform: row.is_deleted_on_platform,
        numbers: numbers!(row),
        numbers_date: row.date,
    });
    Ok(content.collect())
}

/// Which of these items are our own posts. Reads the remote key of publications; their owner
/// offers no operation for it yet.
pub(crate) async fn our_posts(
    tx: &mut OrgTx,
    account: AccountId,
    external_ids: &[String],
) -> Result<Vec<(String, PostId)>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select platform_post_id as "external_id!", post_id from publishing.post_publications
           where organization_id = $1 and social_account_id = $2 and platform_post_id = any($3)"#,
        organization.uuid(),
        account.uuid(),
        external_ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.external_id, row.post_id)).collect())
}

/// The id before all others.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// What an organization can take along of its numbers. What a network did not report is empty, never 0.
pub const EXPORTS: &[ExportTable] = &[
    ExportTable {
        name: "content",
        what: "What was seen on your accounts, ours or not",
        columns: &["id", "integration_id", "external_content_id", "external_parent_id", "platform", "format", "caption", "hashtags", "language", "permalink", "duration_ms", "published_at", "post_id", "is_deleted_on_platform", "first_seen_at", "last_seen_at"],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select c.id, c.integration_id, c.external_content_id, c.external_parent_id, c.platform, c.format, c.caption, c.hashtags, c.language, c.permalink, c.duration_ms, c.published_at, c.post_id, c.is_deleted_on_platform, c.first_seen_at, c.last_seen_at
                from analytics.content c
                where c.organization_id = $1 and c.id > ($2::text[])[1]::uuid order by c.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "content_metrics",
        what: "Numbers of content, day by day",
        columns: &["integration_id", "date", "external_content_id", "basis", "reach", "impressions", "views", "reactions", "comments", "shares", "clicks", "saves", "watch_time_ms", "avg_watch_time_ms", "completion_rate", "extra", "is_partial", "fetched_at"],
        start: &["0001-01-01", "0"],
        // By the primary key, so that a page costs its rows and not the organization's.
        statement: "
            select array[d.date::text, d.content_key::text] as key, to_json(x)::text as row
            from (select m.* from analytics.content_daily_metrics m
                  where m.organization_id = $1
                    and (m.date, m.content_key) > (($2::text[])[1]::date, ($2::text[])[2]::bigint)
                  order by m.date, m.content_key limit $3) d
                 join analytics.content c on c.organization_id = $1 and c.content_key = d.content_key
                 cross join lateral (
                     select c.integration_id, d.date, c.external_content_id, d.basis, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves, d.watch_time_ms, d.avg_watch_time_ms, d.completion_rate, coalesce(d.extra, '{}') as extra, d.is_partial, d.fetched_at) x
            order by d.date, d.content_key",
    },
    ExportTable {
        name: "account_metrics",
        what: "Numbers of accounts, day by day",
        columns: &["integration_id", "date", "basis", "followers", "followers_gained", "followers_lost", "reach", "impressions", "views", "engagements", "profile_views", "clicks", "posts_count", "extra", "is_partial", "fetched_at"],
        start: &[NO_ID, "0001-01-01"],
        statement: "
            select array[x.integration_id::text, x.date::text] as key, to_json(x)::text as row from (
                select m.integration_id, m.date, m.basis, m.followers, m.followers_gained, m.followers_lost, m.reach, m.impressions, m.views, m.engagements, m.profile_views, m.clicks, m.posts_count, m.extra, m.is_partial, m.fetched_at
                from analytics.account_daily_metrics m
                where m.organization_id = $1
                  and (m.integration_id, m.date) > (($2::text[])[1]::uuid, ($2::text[])[2]::date)
                order by m.integration_id, m.date limit $3) x order by x.integration_id, x.date",
    },
];
