//! The statements on snapshots.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, PublicationId, Timestamp};
use rookery_publishing::best_times::Sample;
use rookery_publishing::numbers::{self, LatestNumbers};
use uuid::Uuid;

use super::model::{LatestReading, SnapshotPoint, Taken};
use crate::daily::{Reading, lock, plan_for_growth};
use crate::kinds::Period;
use crate::kpi::Numbers;

/// Puts readings into their buckets and notes them on their publications; how many buckets were new or changed. A bucket
/// whose numbers would stay is not written, a known number is kept where the new reading has none, and an older reading
/// never replaces a newer one.
pub(crate) async fn write(tx: &mut OrgTx, taken: &[&Taken], now: Timestamp) -> Result<u64, Error> {
    // The newest reading of each publication, in one order for all.
    let mut newest: BTreeMap<PublicationId, &Taken> = BTreeMap::new();
    for &reading in taken {
        let slot = newest.entry(reading.publication.publication_id).or_insert(reading);
        if slot.read_at <= reading.read_at {
            *slot = reading;
        }
    }
    let taken: Vec<&Taken> = newest.into_values().collect();
    if taken.is_empty() {
        return Ok(0);
    }
    lock(tx).await?;
    plan_for_growth(tx).await?;
    let written = write_buckets(tx, &taken, now).await?;
    let latest: Vec<LatestNumbers> = taken.iter().map(|t| t.latest()).collect();
    numbers::record(tx, &latest).await?;
    Ok(written)
}

async fn write_buckets(tx: &mut OrgTx, taken: &[&Taken], now: Timestamp) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = taken.iter().map(|t| t.publication.publication_id.uuid()).collect();
    let posts: Vec<Uuid> = taken.iter().map(|t| t.publication.post_id.uuid()).collect();
    let accounts: Vec<Uuid> = taken.iter().map(|t| t.publication.account_id.uuid()).collect();
    let networks: Vec<String> = taken.iter().map(|t| t.publication.platform.label().to_owned()).collect();
    let born: Vec<Timestamp> = taken.iter().map(|t| t.publication.published_at).collect();
    let read_at: Vec<Timestamp> = taken.iter().map(|t| t.read_at).collect();
    let column = |f: fn(&Reading) -> Option<i64>| -> Vec<Option<i64>> { taken.iter().map(|t| f(&t.reading)).collect() };
    // The rate's base is the first of reach, views and impressions that is above zero; a rate beyond the column's width is
    // its largest value.
    let written = sqlx::query_scalar!(
        r#"with buckets as materialized (
               select u.*, b.period::analytics.period as period, b.at
               from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::bigint[],
                           $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
                        as u (publication, post, account, platform, born, read_at, likes, comments, shares, impressions, reach,
                              views, clicks, saves)
                    cross join lateral (values ('hourly', date_trunc('hour', u.read_at, 'UTC')),
                                               ('daily', date_trunc('day', u.read_at, 'UTC')),
                                               ('weekly', date_trunc('week', u.read_at, 'UTC')),
                                               ('monthly', date_trunc('month', u.read_at, 'UTC'))) as b (period, at)
               where b.period <> 'hourly' or u.read_at < u.born + interval '7 days'
           ), merged as materialized (
               select b.publication, b.post, b.account, b.platform, b.born, b.read_at, b.period, b.at,
                      coalesce(b.likes, s.likes_count) as likes, coalesce(b.comments, s.comments_count) as comments,
                      coalesce(b.shares, s.shares_count) as shares, coalesce(b.impressions, s.impressions_count) as impressions,
                      coalesce(b.reach, s.reach_count) as reach, coalesce(b.views, s.views_count) as views,
                      coalesce(b.clicks, s.clicks_count) as clicks, coalesce(b.saves, s.saves_count) as saves
               from buckets b
                    left join lateral (
                        -- Each bucket by its key: a plan made on an empty month would read all of it later.
                        select * from analytics.publication_snapshots t
                        where t.organization_id = $1 and t.publication_id = b.publication and t.recorded_at = b.at
                          and t.period = b.period
                        offset 0) s on true
               where s.publication_id is null
                  or (s.period_end <= b.read_at
                      and (coalesce(b.likes, s.likes_count), coalesce(b.comments, s.comments_count),
                           coalesce(b.shares, s.shares_count), coalesce(b.impressions, s.impressions_count),
                           coalesce(b.reach, s.reach_count), coalesce(b.views, s.views_count),
                           coalesce(b.clicks, s.clicks_count), coalesce(b.saves, s.saves_count))
                          is distinct from
                          (s.likes_count, s.comments_count, s.shares_count, s.impressions_count, s.reach_count, s.views_count,
                           s.clicks_count, s.saves_count))
           ), rated as (
               select m.*, e.engagement,
                      case when e.engagement is null then null when m.reach > 0 then 'reach' when m.views > 0 then 'views'
                           when m.impressions > 0 then 'impressions' end as basis
               from merged m
                    cross join lateral (
                        select case when coalesce(m.likes, m.comments, m.shares) is not null
                                    then coalesce(m.likes, 0) + coalesce(m.comments, 0) + coalesce(m.shares, 0) end
                                   as engagement) e
           ), written as (
               insert into analytics.publication_snapshots as t
                   (organization_id, publication_id, post_id, social_account_id, platform, period, recorded_at, period_start,
                    period_end, collected_at, likes_count, comments_count, shares_count, impressions_count, reach_count,
                    views_count, clicks_count, saves_count, engagement_rate, engagement_basis, ctr, created_at, updated_at)
               select $1, r.publication, r.post, r.account, r.platform::accounts.platform, r.period, r.at, r.born, r.read_at,
                      r.read_at, r.likes, r.comments, r.shares, r.impressions, r.reach, r.views, r.clicks, r.saves,
                      case when r.basis is not null
                           then least(round(100.0 * r.engagement
                                            / case r.basis when 'reach' then r.reach when 'views' then r.views
                                                           else r.impressions end, 2), 999999.99) end,
                      r.basis,
                      case when r.impressions > 0 and r.clicks is not null
                           then least(round(100.0 * r.clicks / r.impressions, 2), 999999.99) end,
                      $16, $16
               from rated r
               order by r.publication, r.period, r.at
               on conflict (organization_id, publication_id, period, recorded_at) do update set
                   period_start = excluded.period_start, period_end = excluded.period_end, collected_at = excluded.collected_at,
                   likes_count = excluded.likes_count, comments_count = excluded.comments_count,
                   shares_count = excluded.shares_count, impressions_count = excluded.impressions_count,
                   reach_count = excluded.reach_count, views_count = excluded.views_count, clicks_count = excluded.clicks_count,
                   saves_count = excluded.saves_count, engagement_rate = excluded.engagement_rate,
                   engagement_basis = excluded.engagement_basis, ctr = excluded.ctr, updated_at = excluded.updated_at
               returning t.publication_id
           )
           select count(*) as "written!" from written"#,
        organization.uuid(),
        &ids,
        &posts,
        &accounts,
        &networks,
        &born as _,
        &read_at as _,
        &column(|r| r.reactions) as &[Option<i64>],
        &column(|r| r.comments) as &[Option<i64>],
        &column(|r| r.shares) as &[Option<i64>],
        &column(|r| r.impressions) as &[Option<i64>],
        &column(|r| r.reach) as &[Option<i64>],
        &column(|r| r.views) as &[Option<i64>],
        &column(|r| r.clicks) as &[Option<i64>],
        &column(|r| r.saves) as &[Option<i64>],
        now as _,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(written.unsigned_abs())
}

/// The newest numbers of a publication. The bucket of a day holds whatever was read last, so one size is enough.
pub(crate) async fn latest(tx: &mut OrgTx, publication: PublicationId) -> Result<Option<LatestReading>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        r#"select s.likes_count, s.comments_count, s.shares_count, s.impressions_count, s.reach_count, s.views_count,
                  s.clicks_count, s.saves_count, s.collected_at,
                  (select u.last_synced_at from publishing.post_publications u
                   where u.organization_id = $1 and u.id = $2) as "synced_at?",
                  (select u.next_sync_at from publishing.post_publications u
                   where u.organization_id = $1 and u.id = $2) as "next?"
           from analytics.publication_snapshots s
           where s.organization_id = $1 and s.publication_id = $2 and s.period = 'daily'
           order by s.recorded_at desc
           limit 1"#,
        organization.uuid(),
        publication.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| LatestReading {
        numbers: Numbers {
            reach: row.reach_count,
            impressions: row.impressions_count,
            views: row.views_count,
            reactions: row.likes_count,
            comments: row.comments_count,
            shares: row.shares_count,
            clicks: row.clicks_count,
            saves: row.saves_count,
        },
        as_of: row.synced_at.map_or(row.collected_at, |at| at.max(row.collected_at)),
        next: row.next,
    }))
}

/// Snapshots of a publication of one size, newest first.
pub(crate) async fn of_publication(
    tx: &mut OrgTx,
    publication: PublicationId,
    period: Period,
    limit: i64,
) -> Result<Vec<SnapshotPoint>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select s.recorded_at, s.period_end, s.likes_count, s.comments_count, s.shares_count, s.impressions_count,
                  s.reach_count, s.views_count, s.clicks_count, s.saves_count, s.engagement_rate::double precision as "rate"
           from analytics.publication_snapshots s
           where s.organization_id = $1 and s.publication_id = $2 and s.period::text = $3
           order by s.recorded_at desc
           limit $4"#,
        organization.uuid(),
        publication.uuid(),
        period.label(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let points = rows.into_iter().map(|row| SnapshotPoint {
        period,
        recorded_at: row.recorded_at,
        period_end: row.period_end,
        numbers: Numbers {
            reach: row.reach_count,
            impressions: row.impressions_count,
            views: row.views_count,
            reactions: row.likes_count,
            comments: row.comments_count,
            shares: row.shares_count,
            clicks: row.clicks_count,
            saves: row.saves_count,
        },
        engagement_rate: row.rate,
    });
    Ok(points.collect())
}

/// An account's size on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountSize {
    /// The day, UTC.
    pub day: Date,
    pub followers: Option<i64>,
    pub following: Option<i64>,
    pub posts: Option<i64>,
}

/// Stores an account's sizes, a row a day; how many rows were new or changed. The same sizes again write nothing.
pub(crate) async fn write_account(
    tx: &mut OrgTx,
    account: AccountId,
    sizes: &[AccountSize],
    read_at: Timestamp,
) -> Result<u64, Error> {
    let by_day: BTreeMap<Date, &AccountSize> = sizes.iter().map(|size| (size.day, size)).collect();
    if by_day.is_empty() {
        return Ok(0);
    }
    let organization = tx.organization_id();
    let days: Vec<Date> = by_day.keys().copied().collect();
    let column = |f: fn(&AccountSize) -> Option<i64>| -> Vec<Option<i64>> { by_day.values().map(|s| f(s)).collect() };
    let done = sqlx::query!(
        "insert into analytics.account_snapshots as t
             (organization_id, account_id, recorded_on, followers_count, following_count, posts_count, collected_at)
         select o.organization_id, $2, u.day, u.followers, u.following, u.posts, $7
         from identity.organizations o
              cross join unnest($3::date[], $4::bigint[], $5::bigint[], $6::bigint[]) as u (day, followers, following, posts)
              left join analytics.account_snapshots old
                  on old.organization_id = $1 and old.account_id = $2 and old.recorded_on = u.day
         where o.organization_id = $1
           and (old.account_id is null
                or (old.collected_at <= $7
                    and (coalesce(u.followers, old.followers_count), coalesce(u.following, old.following_count),
                         coalesce(u.posts, old.posts_count))
                        is distinct from (old.followers_count, old.following_count, old.posts_count)))
         on conflict (organization_id, account_id, recorded_on) do update set
             followers_count = coalesce(excluded.followers_count, t.followers_count),
             following_count = coalesce(excluded.following_count, t.following_count),
             posts_count = coalesce(excluded.posts_count, t.posts_count), collected_at = excluded.collected_at",
        organization.uuid(),
        account.uuid(),
        &days as &[Date],
        &column(|s| s.followers) as &[Option<i64>],
        &column(|s| s.following) as &[Option<i64>],
        &column(|s| s.posts) as &[Option<i64>],
        read_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// What came out in a span, with its newest numbers; publications that were never read are left out.
pub(crate) async fn samples(tx: &mut OrgTx, since: Timestamp, before: Timestamp) -> Result<Vec<Sample>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select u.platform, u.published_at as "published_at!", s.engagement_rate::double precision as "rate?",
                  s.likes_count as "likes?", s.comments_count as "comments?", s.shares_count as "shares?",
                  s.reach_count as "reach?", s.clicks_count as "clicks?"
           from publishing.post_publications u
                cross join lateral (
                    select * from analytics.publication_snapshots t
                    where t.organization_id = $1 and t.publication_id = u.id and t.period = 'daily'
                      and t.recorded_at > $2::timestamptz - interval '1 day'
                    order by t.recorded_at desc
                    limit 1) s
           where u.organization_id = $1 and u.status = 'published' and u.published_at >= $2 and u.published_at < $3
           order by u.published_at, u.id"#,
        organization.uuid(),
        since as _,
        before as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let sample = rows.into_iter().map(|row| Sample {
        platform: row.platform,
        published_at: row.published_at,
        engagement_rate: row.rate,
        engagement: crate::kpi::engagement(row.likes, row.comments, row.shares),
        reach: row.reach,
        clicks: row.clicks,
    });
    Ok(sample.collect())
}
