//! The statements on an item's numbers.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp};
use serde_json::Value;

use super::model::Reading;

/// Most rows of one statement.
pub(crate) const ROWS_MAX: usize = 1000;

/// Where a batch of readings stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stand<'a> {
    pub account: AccountId,
    /// The day the numbers stand under.
    pub date: Date,
    /// Read before that day ended.
    pub is_partial: bool,
    /// When they were read.
    pub fetched_at: Timestamp,
    /// Connector and API version.
    pub source_version: &'a str,
}

/// What a batch changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Upserted {
    /// Rows that were new or changed.
    pub written: u64,
    /// Items that are stored with the other basis: not written.
    pub of_other_basis: Vec<String>,
}

/// Stores readings, at most [`ROWS_MAX`] per statement. A row that would not change is not
/// written: not its time either. A known number is kept where the new reading has none; a partial
/// row becomes final, never the reverse; an older reading never replaces a newer one; a lifetime
/// row never becomes a day row.
pub(crate) async fn upsert(tx: &mut OrgTx, stand: Stand<'_>, readings: &[Reading]) -> Result<Upserted, Error> {
    // One row per item, in one order for all: a statement cannot write a row twice, and two runs
    // shall not wait for each other in a circle.
    let rows: BTreeMap<&str, &Reading> = readings.iter().map(|r| (r.external_id.as_str(), r)).collect();
    let rows: Vec<&Reading> = rows.into_values().collect();
    let mut upserted = Upserted::default();
    for rows in rows.chunks(ROWS_MAX) {
        let written = upsert_chunk(tx, stand, rows).await?;
        upserted.written += written;
        if written < rows.len() as u64 {
            upserted.of_other_basis.extend(of_other_basis(tx, stand, rows).await?);
        }
    }
    Ok(upserted)
}

async fn upsert_chunk(tx: &mut OrgTx, stand: Stand<'_>, rows: &[&Reading]) -> Result<u64, Error> {
    let organization = tx.organization_id();
    let column = |f: fn(&Reading) -> Option<i64>| -> Vec<Option<i64>> { rows.iter().map(|row| f(row)).collect() };
    let items: Vec<String> = rows.iter().map(|r| r.external_id.clone()).collect();
    let reach = column(|r| r.reach);
    let impressions = column(|r| r.impressions);
    let views = column(|r| r.views);
    let reactions = column(|r| r.reactions);
    let comments = column(|r| r.comments);
    let shares = column(|r| r.shares);
    let clicks = column(|r| r.clicks);
    let saves = column(|r| r.saves);
    let watch = column(|r| r.watch_time_ms);
    let average_watch = column(|r| r.avg_watch_time_ms);
    let completion: Vec<Option<f32>> = rows.iter().map(|r| r.completion_rate).collect();
    let extra: Vec<Value> = rows.iter().map(|r| r.extra.clone()).collect();
    let basis: Vec<String> = rows.iter().map(|r| r.basis.label().to_owned()).collect();
    let done = sqlx::query!(
        "insert into analytics.daily_metrics as t
             (organization_id, integration_id, external_content_id, date, reach, impressions, views, reactions, comments,
              shares, clicks, saves, watch_time_ms, avg_watch_time_ms, completion_rate, extra, basis, is_partial,
              fetched_at, source_version, created_at, updated_at)
         select o.organization_id, $2, u.item, $3, u.reach, u.impressions, u.views, u.reactions, u.comments, u.shares,
                u.clicks, u.saves, u.watch, u.average_watch, u.completion, u.extra, u.basis::analytics.metric_basis, $4,
                $5, $6, $5, $5
         from identity.organizations o
              cross join unnest($7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                                $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::real[],
                                $19::jsonb[], $20::text[])
                  as u (item, reach, impressions, views, reactions, comments, shares, clicks, saves, watch,
                        average_watch, completion, extra, basis)
              left join analytics.daily_metrics old
                  on old.organization_id = o.organization_id and old.integration_id = $2 and old.date = $3
                     and old.external_content_id = u.item
         where o.organization_id = $1
           and (old.organization_id is null
                or (old.basis = u.basis::analytics.metric_basis and old.fetched_at <= $5
                    and (coalesce(u.reach, old.reach), coalesce(u.impressions, old.impressions),
                         coalesce(u.views, old.views), coalesce(u.reactions, old.reactions),
                         coalesce(u.comments, old.comments), coalesce(u.shares, old.shares),
                         coalesce(u.clicks, old.clicks), coalesce(u.saves, old.saves),
                         coalesce(u.watch, old.watch_time_ms), coalesce(u.average_watch, old.avg_watch_time_ms),
                         coalesce(u.completion, old.completion_rate), old.extra || u.extra, old.is_partial and $4)
                        is distinct from
                        (old.reach, old.impressions, old.views, old.reactions, old.comments, old.shares, old.clicks,
                         old.saves, old.watch_time_ms, old.avg_watch_time_ms, old.completion_rate, old.extra,
                         old.is_partial)))
         on conflict (organization_id, integration_id, date, external_content_id) do update set
             reach = coalesce(excluded.reach, t.reach), impressions = coalesce(excluded.impressions, t.impressions),
             views = coalesce(excluded.views, t.views), reactions = coalesce(excluded.reactions, t.reactions),
             comments = coalesce(excluded.comments, t.comments), shares = coalesce(excluded.shares, t.shares),
             clicks = coalesce(excluded.clicks, t.clicks), saves = coalesce(excluded.saves, t.saves),
             watch_time_ms = coalesce(excluded.watch_time_ms, t.watch_time_ms),
             avg_watch_time_ms = coalesce(excluded.avg_watch_time_ms, t.avg_watch_time_ms),
             completion_rate = coalesce(excluded.completion_rate, t.completion_rate),
             extra = t.extra || excluded.extra, is_partial = t.is_partial and excluded.is_partial,
             fetched_at = excluded.fetched_at, source_version = excluded.source_version,
             updated_at = excluded.updated_at
         where t.basis = excluded.basis and t.fetched_at <= excluded.fetched_at",
        organization.uuid(),
        stand.account.uuid(),
        stand.date as Date,
        stand.is_partial,
        stand.fetched_at as Timestamp,
        stand.source_version,
        &items,
        &reach as &[Option<i64>],
        &impressions as &[Option<i64>],
        &views as &[Option<i64>],
        &reactions as &[Option<i64>],
        &comments as &[Option<i64>],
        &shares as &[Option<i64>],
        &clicks as &[Option<i64>],
        &saves as &[Option<i64>],
        &watch as &[Option<i64>],
        &average_watch as &[Option<i64>],
        &completion as &[Option<f32>],
        &extra,
        &basis,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The items of a batch that are stored with the other basis. Somebody changed a connector
/// without a migration; the run tells it.
async fn of_other_basis(tx: &mut OrgTx, stand: Stand<'_>, rows: &[&Reading]) -> Result<Vec<String>, Error> {
    let organization = tx.organization_id();
    let items: Vec<String> = rows.iter().map(|r| r.external_id.clone()).collect();
    let basis: Vec<String> = rows.iter().map(|r| r.basis.label().to_owned()).collect();
    Ok(sqlx::query_scalar!(
        "select d.external_content_id
         from analytics.daily_metrics d
              join unnest($4::text[], $5::text[]) as u (item, basis) on u.item = d.external_content_id
         where d.organization_id = $1 and d.integration_id = $2 and d.date = $3
           and d.basis <> u.basis::analytics.metric_basis
         order by 1",
        organization.uuid(),
        stand.account.uuid(),
        stand.date as Date,
        &items,
        &basis,
    )
    .fetch_all(tx.conn())
    .await?)
}
