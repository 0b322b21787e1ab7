//! The statement on an account's numbers.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp};
use serde_json::Value;

use super::model::AccountReading;

/// Stores an account's days by the same rules as an item's; returns how many rows were new or
/// changed. What a reading does not say is kept, or unknown from now on if it overwrites.
pub(crate) async fn upsert_account(
    tx: &mut OrgTx,
    account: AccountId,
    readings: &[AccountReading],
    fetched_at: Timestamp,
    overwrites: bool,
) -> Result<u64, Error> {
    if readings.is_empty() {
        return Ok(0);
    }
    let organization = tx.organization_id();
    let rows: BTreeMap<Date, &AccountReading> = readings.iter().map(|r| (r.date, r)).collect();
    let rows: Vec<&AccountReading> = rows.into_values().collect();
    let column =
        |f: fn(&AccountReading) -> Option<i64>| -> Vec<Option<i64>> { rows.iter().map(|row| f(row)).collect() };
    let dates: Vec<Date> = rows.iter().map(|r| r.date).collect();
    let followers = column(|r| r.followers);
    let gained = column(|r| r.followers_gained);
    let lost = column(|r| r.followers_lost);
    let reach = column(|r| r.reach);
    let impressions = column(|r| r.impressions);
    let views = column(|r| r.views);
    let engagements = column(|r| r.engagements);
    let profile_views = column(|r| r.profile_views);
    let clicks = column(|r| r.clicks);
    let posts = column(|r| r.posts_count);
    let extra: Vec<Value> = rows.iter().map(|r| r.extra.clone()).collect();
    let basis: Vec<String> = rows.iter().map(|r| r.basis.label().to_owned()).collect();
    let partial: Vec<bool> = rows.iter().map(|r| r.is_partial).collect();
    let written = sqlx::query_scalar!(
        r#"with written as (
         insert into analytics.account_daily_metrics as t
             (organization_id, integration_id, date, followers, followers_gained, followers_lost, reach, impressions,
              views, engagements, profile_views, clicks, posts_count, extra, basis, is_partial, fetched_at)
         select o.organization_id, $2, u.date, u.followers, u.gained, u.lost, u.reach, u.impressions, u.views,
                u.engagements, u.profile_views, u.clicks, u.posts, u.extra, u.basis::analytics.metric_basis, u.partial, $3
         from identity.organizations o
              cross join unnest($4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                                $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::jsonb[],
                                $16::text[], $17::boolean[])
                  as u (date, followers, gained, lost, reach, impressions, views, engagements, profile_views, clicks,
                        posts, extra, basis, partial)
              left join analytics.account_daily_metrics old
                  on old.organization_id = o.organization_id and old.integration_id = $2 and old.date = u.date
              -- What a new reading does not say and is kept: nothing if the days are overwritten.
              left join lateral (
                  select old.followers, old.followers_gained, old.followers_lost, old.reach, old.impressions, old.views,
                         old.engagements, old.profile_views, old.clicks, old.posts_count, old.extra
                  where not $18::boolean) k on true
         where o.organization_id = $1
           and (old.organization_id is null
                or (old.basis = u.basis::analytics.metric_basis and old.fetched_at <= $3
                    and (coalesce(u.followers, k.followers), coalesce(u.gained, k.followers_gained),
                         coalesce(u.lost, k.followers_lost), coalesce(u.reach, k.reach),
                         coalesce(u.impressions, k.impressions), coalesce(u.views, k.views),
                         coalesce(u.engagements, k.engagements), coalesce(u.profile_views, k.profile_views),
                         coalesce(u.clicks, k.clicks), coalesce(u.posts, k.posts_count), coalesce(k.extra, '{}') || u.extra,
                         old.is_partial and u.partial)
                        is distinct from
                        (old.followers, old.followers_gained, old.followers_lost, old.reach, old.impressions, old.views,
                         old.engagements, old.profile_views, old.clicks, old.posts_count, old.extra, old.is_partial)))
         on conflict (organization_id, integration_id, date) do update set
             followers = coalesce(excluded.followers, case when not $18 then t.followers end),
             followers_gained = coalesce(excluded.followers_gained, case when not $18 then t.followers_gained end),
             followers_lost = coalesce(excluded.followers_lost, case when not $18 then t.followers_lost end),
             reach = coalesce(excluded.reach, case when not $18 then t.reach end),
             impressions = coalesce(excluded.impressions, case when not $18 then t.impressions end),
             views = coalesce(excluded.views, case when not $18 then t.views end),
             engagements = coalesce(excluded.engagements, case when not $18 then t.engagements end),
             profile_views = coalesce(excluded.profile_views, case when not $18 then t.profile_views end),
             clicks = coalesce(excluded.clicks, case when not $18 then t.clicks end),
             posts_count = coalesce(excluded.posts_count, case when not $18 then t.posts_count end),
             extra = case when $18 then '{}' else t.extra end || excluded.extra,
             is_partial = t.is_partial and excluded.is_partial,
             fetched_at = excluded.fetched_at
         where t.basis = excluded.basis and t.fetched_at <= excluded.fetched_at
         returning t.date
         ), marked as (
             insert into analytics.rollup_marks (organization_id, kind, date)
             select $1, 'day'::analytics.rollup_mark_kind, date from written
             union
             -- The next day's growth leans on this day's followers.
             select $1, 'day', (select min(n.date) from analytics.account_daily_metrics n
                                where n.organization_id = $1 and n.integration_id = $2 and n.date > w.date
                                  and n.date <= w.date + 92 and n.followers is not null)
             from written w
             where exists (select from analytics.account_daily_metrics n
                           where n.organization_id = $1 and n.integration_id = $2 and n.date > w.date
                             and n.date <= w.date + 92 and n.followers is not null)
         )
         select count(*) as "written!" from written"#,
        organization.uuid(),
        account.uuid(),
        fetched_at as Timestamp,
        &dates as _,
        &followers as &[Option<i64>],
        &gained as &[Option<i64>],
        &lost as &[Option<i64>],
        &reach as &[Option<i64>],
        &impressions as &[Option<i64>],
        &views as &[Option<i64>],
        &engagements as &[Option<i64>],
        &profile_views as &[Option<i64>],
        &clicks as &[Option<i64>],
        &posts as &[Option<i64>],
        &extra,
        &basis,
        &partial,
        overwrites,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(written.unsigned_abs())
}
