//! The statements on an item's numbers.
//!
//! A row's change is its number less the last known one before it (lifetime), or the number itself (day). The changes
//! stand in the row; their sums stand in `analytics.daily_rollups` for the account and the organization, and are moved by
//! the difference in the statement that writes the rows. Whoever writes holds the organization's lock, so that no second
//! writer sees a number that is about to change.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, Timestamp};
use serde_json::Value;
use sqlx::types::Uuid;

use super::model::{MetricBasis, Reading};

/// Most rows of one statement.
pub(crate) const ROWS_MAX: usize = 5_000;

/// One reading and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub account: AccountId,
    /// The day the numbers stand under.
    pub date: Date,
    /// Read before that day ended.
    pub is_partial: bool,
    /// When they were read.
    pub fetched_at: Timestamp,
    /// Connector and API version.
    pub source_version: String,
    /// The item came into being for this reading: no earlier one is looked for, day after day.
    pub is_first: bool,
    /// What the reading does not say is unknown from now on, instead of what it was (spec/analytics.md §4.2).
    pub overwrites: bool,
    pub reading: Reading,
}

/// What a batch changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Rows that were new or changed.
    pub rows: u64,
    /// Items that are stored with the other basis: not written.
    pub of_other_basis: Vec<(AccountId, String)>,
}

/// The columns of a batch, as arrays.
struct Columns<'a> {
    /// The days between which all rows lie: a bound that is known before the first row is read leaves out the months that
    /// cannot match, whose tables would each be opened otherwise.
    first: Option<Date>,
    last: Option<Date>,
    accounts: Vec<Uuid>,
    items: Vec<&'a str>,
    dates: Vec<Date>,
    is_partial: Vec<bool>,
    fetched_at: Vec<Timestamp>,
    sources: Vec<&'a str>,
    is_first: Vec<bool>,
    basis: Vec<&'static str>,
    numbers: [Vec<Option<i64>>; 10],
    completion: Vec<Option<f32>>,
    extra: Vec<Option<&'a Value>>,
}

impl<'a> Columns<'a> {
    fn of(rows: &[&'a Row]) -> Self {
        let number = |f: fn(&Reading) -> Option<i64>| rows.iter().map(|row| f(&row.reading)).collect();
        Self {
            first: rows.iter().map(|r| r.date).min(),
            last: rows.iter().map(|r| r.date).max(),
            accounts: rows.iter().map(|r| r.account.uuid()).collect(),
            items: rows.iter().map(|r| r.reading.external_id.as_str()).collect(),
            dates: rows.iter().map(|r| r.date).collect(),
            is_partial: rows.iter().map(|r| r.is_partial).collect(),
            fetched_at: rows.iter().map(|r| r.fetched_at).collect(),
            sources: rows.iter().map(|r| r.source_version.as_str()).collect(),
            is_first: rows.iter().map(|r| r.is_first).collect(),
            basis: rows.iter().map(|r| r.reading.basis.label()).collect(),
            numbers: [
                number(|r| r.reach),
                number(|r| r.impressions),
                number(|r| r.views),
                number(|r| r.reactions),
                number(|r| r.comments),
                number(|r| r.shares),
                number(|r| r.clicks),
                number(|r| r.saves),
                number(|r| r.watch_time_ms),
                number(|r| r.avg_watch_time_ms),
            ],
            completion: rows.iter().map(|r| r.reading.completion_rate).collect(),
            extra: rows
                .iter()
                .map(|r| Some(&r.reading.extra).filter(|e| e.as_object().is_some_and(|o| !o.is_empty())))
                .collect(),
        }
    }
}

/// Stores readings of any accounts of one organization, at most [`ROWS_MAX`] per statement. A row that would not change
/// is not written: not its time either. A known number is kept where the new reading has none, unless the row overwrites; a
/// partial row becomes final, never the reverse; an older reading never replaces a newer one; a lifetime row never becomes a day row. An item
/// that is not among the content is left out.
pub(crate) async fn write(tx: &mut OrgTx, rows: Vec<&Row>, now: Timestamp) -> Result<Written, Error> {
    let rows = distinct(rows);
    let mut written = Written::default();
    if rows.is_empty() {
        return Ok(written);
    }
    lock(tx).await?;
    plan_for_growth(tx).await?;
    for rows in statements(&rows) {
        let (part, has_later_days) = write_chunk(tx, &rows, now).await?;
        // The changes of later days lean on what was written now.
        if part.rows > 0 && has_later_days && rows.iter().any(|r| r.reading.basis == MetricBasis::Lifetime) {
            mend(tx, &rows, now).await?;
        }
        written.rows += part.rows;
        written.of_other_basis.extend(part.of_other_basis);
    }
    Ok(written)
}

/// One row per item and day, the last that was read, in one order for all: a statement cannot write a row twice.
fn distinct(mut rows: Vec<&Row>) -> Vec<&Row> {
    fn key(row: &Row) -> (AccountId, &str, Date) {
        (row.account, row.reading.external_id.as_str(), row.date)
    }
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut distinct: Vec<&Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match distinct.last_mut().filter(|last| key(last) == key(row)) {
            Some(last) => *last = row,
            None => distinct.push(row),
        }
    }
    distinct
}

/// The rows as they go into statements. A lifetime reading leans on those of the days before, which have to stand there
/// already: days go one after the other, the earliest first. Readings that overwrite go by themselves.
fn statements<'a>(rows: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    let mut days: BTreeMap<(Option<Date>, bool), Vec<&'a Row>> = BTreeMap::new();
    for row in rows {
        let day = (row.reading.basis == MetricBasis::Lifetime).then_some(row.date);
        days.entry((day, row.overwrites)).or_default().push(row);
    }
    days.into_values().flat_map(|rows| rows.chunks(ROWS_MAX).map(<[&Row]>::to_vec).collect::<Vec<_>>()).collect()
}

/// Keeps other writers of the organization's numbers and their sums away until the end of the transaction. Whoever writes
/// for several organizations takes them in order, so that no two wait for each other in a circle. A lock on rows would
/// write to the log even where no number changed.
pub(crate) async fn lock(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        r#"select pg_advisory_xact_lock(hashtextextended('analytics.numbers' || $1::uuid, 0)) as "locked""#,
        organization.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// A month's partition is empty when the plan is made and holds millions of rows when it is used: reading it from end to end
/// is never right, and planning anew for each statement costs as much as a thousand rows.
pub(crate) async fn plan_for_growth(tx: &mut OrgTx) -> Result<(), Error> {
    sqlx::query!(
        r#"select set_config('enable_seqscan', 'off', true) as "scan",
                  set_config('plan_cache_mode', 'force_generic_plan', true) as "cache""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// One statement's rows: what they changed, and whether the organization has rows of later days.
async fn write_chunk(tx: &mut OrgTx, rows: &[&Row], now: Timestamp) -> Result<(Written, bool), Error> {
    let organization = tx.organization_id();
    let c = Columns::of(rows);
    let overwrites = rows.first().is_some_and(|row| row.overwrites);
    let [reach, impressions, views, reactions, comments, shares, clicks, saves, watch_time_ms, avg_watch_time_ms] =
        &c.numbers;
    let done = sqlx::query!(
        r#"with input as materialized (
               select c.content_key, c.integration_id as account, (c.published_at at time zone 'UTC')::date as born, u.date,
                      u.is_partial, u.fetched_at, u.source, u.basis::analytics.metric_basis as basis, u.reach, u.impressions, u.views,
                      u.reactions, u.comments, u.shares, u.clicks, u.saves, u.watch_time_ms, u.avg_watch_time_ms, u.completion_rate,
                      u.extra, u.is_first
               from unnest($2::uuid[], $3::text[], $4::date[], $5::boolean[], $6::timestamptz[], $7::text[], $8::text[], $9::bigint[],
                           $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
                           $17::bigint[], $18::bigint[], $19::real[], $20::jsonb[], $24::boolean[])
                        as u (account, item, date, is_partial, fetched_at, source, basis, reach, impressions, views, reactions,
                              comments, shares, clicks, saves, watch_time_ms, avg_watch_time_ms, completion_rate, extra,
                              is_first)
                    join analytics.content c
                        on c.organization_id = $1 and c.integration_id = u.account and c.external_content_id = u.item
           ), beside as materialized (
               select i.content_key, i.account, i.born, i.date, i.basis, i.fetched_at, i.source, i.is_first,
                      d.content_key is null as is_new,
                      d.basis <> i.basis as is_other_basis, i.is_partial and coalesce(d.is_partial, true) as is_partial,
                      coalesce(i.reach, k.reach) as reach, coalesce(i.impressions, k.impressions) as impressions,
                      coalesce(i.views, k.views) as views, coalesce(i.reactions, k.reactions) as reactions,
                      coalesce(i.comments, k.comments) as comments, coalesce(i.shares, k.shares) as shares,
                      coalesce(i.clicks, k.clicks) as clicks, coalesce(i.saves, k.saves) as saves,
                      coalesce(i.watch_time_ms, k.watch_time_ms) as watch_time_ms, coalesce(i.avg_watch_time_ms, k.avg_watch_time_ms) as avg_watch_time_ms,
                      coalesce(i.completion_rate, k.completion_rate) as completion_rate, nullif(coalesce(k.extra, '{}') ||
                      coalesce(i.extra, '{}'), '{}') as extra,
                      d.reach_change as old_reach, d.impressions_change as old_impressions, d.views_change as old_views,
                      d.reactions_change as old_reactions, d.comments_change as old_comments, d.shares_change as old_shares,
                      d.clicks_change as old_clicks, d.saves_change as old_saves, d.watch_time_ms_change as old_watch_time_ms,
                      d.content_key is null or (d.basis = i.basis and d.fetched_at <= i.fetched_at and
                          (coalesce(i.reach, k.reach), coalesce(i.impressions, k.impressions), coalesce(i.views, k.views),
                          coalesce(i.reactions, k.reactions), coalesce(i.comments, k.comments), coalesce(i.shares, k.shares),
                          coalesce(i.clicks, k.clicks), coalesce(i.saves, k.saves), coalesce(i.watch_time_ms, k.watch_time_ms),
                          coalesce(i.avg_watch_time_ms, k.avg_watch_time_ms), coalesce(i.completion_rate, k.completion_rate),
                          coalesce(k.extra, '{}') || coalesce(i.extra, '{}'), d.is_partial and i.is_partial)
                          is distinct from
                          (d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves,
                          d.watch_time_ms, d.avg_watch_time_ms, d.completion_rate, coalesce(d.extra, '{}'), d.is_partial)) as is_due
               from input i
                    left join analytics.content_daily_metrics d
                        on d.organization_id = $1 and d.date = i.date and d.content_key = i.content_key
                           and d.date >= $22 and d.date <= $23
                    -- What a new reading does not say and is kept: nothing if the day is overwritten.
                    left join lateral (
                        select d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves,
                               d.watch_time_ms, d.avg_watch_time_ms, d.completion_rate, d.extra
                        where not $25::boolean) k on true
           ), valued as materialized (
               select m.*,
                  case when m.reach is null or m.basis = 'day' then m.reach
                       else m.reach - coalesce(y.reach, p.reach, o.older[1], case when m.born >= m.date - 1 then 0 end) end as reach_change,
                  case when m.impressions is null or m.basis = 'day' then m.impressions
                       else m.impressions - coalesce(y.impressions, p.impressions, o.older[2], case when m.born >= m.date - 1 then 0 end) end as impressions_change,
                  case when m.views is null or m.basis = 'day' then m.views
                       else m.views - coalesce(y.views, p.views, o.older[3], case when m.born >= m.date - 1 then 0 end) end as views_change,
                  case when m.reactions is null or m.basis = 'day' then m.reactions
                       else m.reactions - coalesce(y.reactions, p.reactions, o.older[4], case when m.born >= m.date - 1 then 0 end) end as reactions_change,
                  case when m.comments is null or m.basis = 'day' then m.comments
                       else m.comments - coalesce(y.comments, p.comments, o.older[5], case when m.born >= m.date - 1 then 0 end) end as comments_change,
                  case when m.shares is null or m.basis = 'day' then m.shares
                       else m.shares - coalesce(y.shares, p.shares, o.older[6], case when m.born >= m.date - 1 then 0 end) end as shares_change,
                  case when m.clicks is null or m.basis = 'day' then m.clicks
                       else m.clicks - coalesce(y.clicks, p.clicks, o.older[7], case when m.born >= m.date - 1 then 0 end) end as clicks_change,
                  case when m.saves is null or m.basis = 'day' then m.saves
                       else m.saves - coalesce(y.saves, p.saves, o.older[8], case when m.born >= m.date - 1 then 0 end) end as saves_change,
                  case when m.watch_time_ms is null or m.basis = 'day' then m.watch_time_ms
                       else m.watch_time_ms - coalesce(y.watch_time_ms, p.watch_time_ms, o.older[9], case when m.born >= m.date - 1 then 0 end) end as watch_time_ms_change
               from beside m
                    left join analytics.content_daily_metrics y
                        on y.organization_id = $1 and y.date = $23::date - 1 and y.content_key = m.content_key
                           and y.basis = 'lifetime' and m.basis = 'lifetime'
                    left join lateral (
                        select b.*
                        from generate_series(2, least(92, m.date - m.born + 1)) n
                             cross join lateral (
                                 select * from analytics.content_daily_metrics e
                                 where e.organization_id = $1 and e.date = m.date - n and e.content_key = m.content_key
                                   and e.basis = 'lifetime' and e.date >= $22::date - 92 and e.date <= $23::date - 2
                                 offset 0) b
                        where y.content_key is null and m.basis = 'lifetime' and m.born < m.date and not m.is_first
                        limit 1) p on true
                    -- Numbers that neither of them has, in the order of the columns; looked for only where one is missing.
                    cross join lateral (
                        select case when m.basis = 'lifetime' and coalesce(y.content_key, p.content_key) is not null and (
                                       (m.reach is not null and coalesce(y.reach, p.reach) is null) or
                                       (m.impressions is not null and coalesce(y.impressions, p.impressions) is null) or
                                       (m.views is not null and coalesce(y.views, p.views) is null) or
                                       (m.reactions is not null and coalesce(y.reactions, p.reactions) is null) or
                                       (m.comments is not null and coalesce(y.comments, p.comments) is null) or
                                       (m.shares is not null and coalesce(y.shares, p.shares) is null) or
                                       (m.clicks is not null and coalesce(y.clicks, p.clicks) is null) or
                                       (m.saves is not null and coalesce(y.saves, p.saves) is null) or
                                       (m.watch_time_ms is not null and coalesce(y.watch_time_ms, p.watch_time_ms) is null))
                               then (select array[
                                       (array_agg(b.reach order by n) filter (where b.reach is not null))[1],
                                       (array_agg(b.impressions order by n) filter (where b.impressions is not null))[1],
                                       (array_agg(b.views order by n) filter (where b.views is not null))[1],
                                       (array_agg(b.reactions order by n) filter (where b.reactions is not null))[1],
                                       (array_agg(b.comments order by n) filter (where b.comments is not null))[1],
                                       (array_agg(b.shares order by n) filter (where b.shares is not null))[1],
                                       (array_agg(b.clicks order by n) filter (where b.clicks is not null))[1],
                                       (array_agg(b.saves order by n) filter (where b.saves is not null))[1],
                                       (array_agg(b.watch_time_ms order by n) filter (where b.watch_time_ms is not null))[1]]
                                     from generate_series(2, 92) n
                                          join analytics.content_daily_metrics b
                                              on b.organization_id = $1 and b.date = m.date - n
                                                 and b.content_key = m.content_key and b.basis = 'lifetime'
                                                 and b.date >= $22::date - 92 and b.date <= $23::date - 2)
                               end as older
                        offset 0) o
               where m.is_due
           -- Whoever writes holds the organization's lock: what was not there is not there, and nothing needs to be tried first.
           ), written as (
               insert into analytics.content_daily_metrics
                   (organization_id, content_key, date, basis, is_partial, fetched_at, reach, impressions, views, reactions,
                   comments, shares, clicks, saves, watch_time_ms, reach_change, impressions_change, views_change,
                   reactions_change, comments_change, shares_change, clicks_change, saves_change, watch_time_ms_change,
                   avg_watch_time_ms, completion_rate, source_version, extra)
               select $1, content_key, date, basis, is_partial, fetched_at, reach, impressions, views, reactions, comments,
               shares, clicks, saves, watch_time_ms, reach_change, impressions_change, views_change, reactions_change,
               comments_change, shares_change, clicks_change, saves_change, watch_time_ms_change, avg_watch_time_ms,
               completion_rate, source, extra
               from valued
               where is_new
               order by date, content_key
           ), renewed as (
               update analytics.content_daily_metrics t set
                   is_partial = v.is_partial, fetched_at = v.fetched_at, source_version = v.source,
                   reach = v.reach, reach_change = v.reach_change, impressions = v.impressions,
                   impressions_change = v.impressions_change, views = v.views, views_change =
                   v.views_change, reactions = v.reactions, reactions_change = v.reactions_change,
                   comments = v.comments, comments_change = v.comments_change, shares = v.shares,
                   shares_change = v.shares_change, clicks = v.clicks, clicks_change = v.clicks_change,
                   saves = v.saves, saves_change = v.saves_change, watch_time_ms = v.watch_time_ms,
                   watch_time_ms_change = v.watch_time_ms_change, avg_watch_time_ms = v.avg_watch_time_ms,
                   completion_rate = v.completion_rate, extra = v.extra
               from valued v
               where not v.is_new and t.organization_id = $1 and t.date = v.date and t.content_key = v.content_key
                 and t.date >= $22 and t.date <= $23
           ), summed as (
               insert into analytics.daily_rollups as t
                   (organization_id, date, scope_type, scope_id, content_count, reach, impressions, views, reactions, comments,
                   shares, clicks, saves, watch_time_ms, engagement, reach_items, impressions_items, views_items, reactions_items,
                   comments_items, shares_items, clicks_items, saves_items, watch_time_ms_items, engagement_items,
                   rated_engagement, rated_by_reach, rated_by_views, rated_by_impressions, computed_at)
               select $1, s.date, s.scope_type::analytics.rollup_scope, s.scope_id, s.content_count,
                      case when s.reach_items <> 0 or s.reach <> 0 then s.reach end, case when s.impressions_items <> 0 or
                      s.impressions <> 0 then s.impressions end, case when s.views_items <> 0 or s.views <> 0 then s.views end,
                      case when s.reactions_items <> 0 or s.reactions <> 0 then s.reactions end, case when s.comments_items <> 0 or
                      s.comments <> 0 then s.comments end, case when s.shares_items <> 0 or s.shares <> 0 then s.shares end, case
                      when s.clicks_items <> 0 or s.clicks <> 0 then s.clicks end, case when s.saves_items <> 0 or s.saves <> 0
                      then s.saves end, case when s.watch_time_ms_items <> 0 or s.watch_time_ms <> 0 then s.watch_time_ms end, case
                      when s.engagement_items <> 0 or s.engagement <> 0 then s.engagement end,
                      s.reach_items, s.impressions_items, s.views_items, s.reactions_items, s.comments_items, s.shares_items,
                      s.clicks_items, s.saves_items, s.watch_time_ms_items, s.engagement_items, s.rated_engagement,
                      s.rated_by_reach, s.rated_by_views, s.rated_by_impressions, $21
               from (select v.date, case when grouping(v.account) = 0 then 'integration' else 'org' end as scope_type,
                            coalesce(v.account, $1) as scope_id, sum(v.is_new::integer)::integer as content_count,
                            sum(coalesce(v.reach_change, 0) - coalesce(v.old_reach, 0))::bigint as reach,
                            sum(coalesce(v.impressions_change, 0) - coalesce(v.old_impressions, 0))::bigint as impressions,
                            sum(coalesce(v.views_change, 0) - coalesce(v.old_views, 0))::bigint as views,
                            sum(coalesce(v.reactions_change, 0) - coalesce(v.old_reactions, 0))::bigint as reactions,
                            sum(coalesce(v.comments_change, 0) - coalesce(v.old_comments, 0))::bigint as comments,
                            sum(coalesce(v.shares_change, 0) - coalesce(v.old_shares, 0))::bigint as shares,
                            sum(coalesce(v.clicks_change, 0) - coalesce(v.old_clicks, 0))::bigint as clicks,
                            sum(coalesce(v.saves_change, 0) - coalesce(v.old_saves, 0))::bigint as saves,
                            sum(coalesce(v.watch_time_ms_change, 0) - coalesce(v.old_watch_time_ms, 0))::bigint as watch_time_ms,
                            sum(coalesce(e.newer, 0) - coalesce(e.older, 0))::bigint as engagement,
                            (count(v.reach_change) - count(v.old_reach))::integer as reach_items, (count(v.impressions_change) -
                            count(v.old_impressions))::integer as impressions_items, (count(v.views_change) -
                            count(v.old_views))::integer as views_items, (count(v.reactions_change) -
                            count(v.old_reactions))::integer as reactions_items, (count(v.comments_change) -
                            count(v.old_comments))::integer as comments_items, (count(v.shares_change) -
                            count(v.old_shares))::integer as shares_items, (count(v.clicks_change) - count(v.old_clicks))::integer
                            as clicks_items, (count(v.saves_change) - count(v.old_saves))::integer as saves_items,
                            (count(v.watch_time_ms_change) - count(v.old_watch_time_ms))::integer as watch_time_ms_items,
                            (count(e.newer) - count(e.older))::integer as engagement_items,
                            sum(coalesce(case when r.now_by <> '' then e.newer end, 0) - coalesce(case when r.old_by <> '' then e.older end, 0))::bigint as rated_engagement,
                            sum(case when r.now_by = 'reach' then v.reach_change else 0 end - case when r.old_by = 'reach' then v.old_reach else 0 end)::bigint as rated_by_reach,
                            sum(case when r.now_by = 'views' then v.views_change else 0 end - case when r.old_by = 'views' then v.old_views else 0 end)::bigint as rated_by_views,
                            sum(case when r.now_by = 'impressions' then v.impressions_change else 0 end - case when r.old_by = 'impressions' then v.old_impressions else 0 end)::bigint as rated_by_impressions
                     from valued v
                          cross join lateral (
                              select case when coalesce(v.reactions_change, v.comments_change, v.shares_change) is not null
                                          then coalesce(v.reactions_change, 0) + coalesce(v.comments_change, 0)
                                               + coalesce(v.shares_change, 0) end as newer,
                                     case when coalesce(v.old_reactions, v.old_comments, v.old_shares) is not null
                                          then coalesce(v.old_reactions, 0) + coalesce(v.old_comments, 0)
                                               + coalesce(v.old_shares, 0) end as older) e
                          cross join lateral (
                              select case when e.newer is null then '' when v.reach_change > 0 then 'reach'
                                          when v.views_change > 0 then 'views' when v.impressions_change > 0 then 'impressions'
                                          else '' end as now_by,
                                     case when e.older is null then '' when v.old_reach > 0 then 'reach' when v.old_views > 0 then 'views'
                                          when v.old_impressions > 0 then 'impressions' else '' end as old_by) r
                     group by grouping sets ((v.date, v.account), (v.date))) s
               order by s.date, s.scope_type, s.scope_id
               on conflict (organization_id, scope_type, scope_id, format, date) do update set
                   content_count = t.content_count + excluded.content_count,
                   reach = case when t.reach_items + excluded.reach_items > 0
                             then coalesce(t.reach, 0) + coalesce(excluded.reach, 0) end,
                   impressions = case when t.impressions_items + excluded.impressions_items > 0
                             then coalesce(t.impressions, 0) + coalesce(excluded.impressions, 0) end,
                   views = case when t.views_items + excluded.views_items > 0
                             then coalesce(t.views, 0) + coalesce(excluded.views, 0) end,
                   reactions = case when t.reactions_items + excluded.reactions_items > 0
                             then coalesce(t.reactions, 0) + coalesce(excluded.reactions, 0) end,
                   comments = case when t.comments_items + excluded.comments_items > 0
                             then coalesce(t.comments, 0) + coalesce(excluded.comments, 0) end,
                   shares = case when t.shares_items + excluded.shares_items > 0
                             then coalesce(t.shares, 0) + coalesce(excluded.shares, 0) end,
                   clicks = case when t.clicks_items + excluded.clicks_items > 0
                             then coalesce(t.clicks, 0) + coalesce(excluded.clicks, 0) end,
                   saves = case when t.saves_items + excluded.saves_items > 0
                             then coalesce(t.saves, 0) + coalesce(excluded.saves, 0) end,
                   watch_time_ms = case when t.watch_time_ms_items + excluded.watch_time_ms_items > 0
                             then coalesce(t.watch_time_ms, 0) + coalesce(excluded.watch_time_ms, 0) end,
                   engagement = case when t.engagement_items + excluded.engagement_items > 0
                             then coalesce(t.engagement, 0) + coalesce(excluded.engagement, 0) end,
                   reach_items = t.reach_items + excluded.reach_items,
                   impressions_items = t.impressions_items + excluded.impressions_items,
                   views_items = t.views_items + excluded.views_items,
                   reactions_items = t.reactions_items + excluded.reactions_items,
                   comments_items = t.comments_items + excluded.comments_items,
                   shares_items = t.shares_items + excluded.shares_items,
                   clicks_items = t.clicks_items + excluded.clicks_items,
                   saves_items = t.saves_items + excluded.saves_items,
                   watch_time_ms_items = t.watch_time_ms_items + excluded.watch_time_ms_items,
                   engagement_items = t.engagement_items + excluded.engagement_items,
                   rated_engagement = t.rated_engagement + excluded.rated_engagement,
                   rated_by_reach = t.rated_by_reach + excluded.rated_by_reach,
                   rated_by_views = t.rated_by_views + excluded.rated_by_views,
                   rated_by_impressions = t.rated_by_impressions + excluded.rated_by_impressions,
                   computed_at = excluded.computed_at
           ), marked as (
               insert into analytics.rollup_marks (organization_id, kind, date)
               select distinct $1, 'day'::analytics.rollup_mark_kind, date from valued
           )
           select (select count(*) from valued) as "written!",
                  exists (select from analytics.daily_rollups r where r.organization_id = $1 and r.date > $22 and r.content_count > 0)
                      as "has_later_days!",
                  array(select b.account from beside b where b.is_other_basis order by b.content_key)
                      as "other_accounts!",
                  array(select c.external_content_id
                        from beside b
                             join analytics.content c on c.organization_id = $1 and c.content_key = b.content_key
                        where b.is_other_basis order by b.content_key) as "other_items!""#,
        organization.uuid(),
        &c.accounts,
        &c.items as &[&str],
        &c.dates as &[Date],
        &c.is_partial,
        &c.fetched_at as &[Timestamp],
        &c.sources as &[&str],
        &c.basis as &[&str],
        reach as &[Option<i64>],
        impressions as &[Option<i64>],
        views as &[Option<i64>],
        reactions as &[Option<i64>],
        comments as &[Option<i64>],
        shares as &[Option<i64>],
        clicks as &[Option<i64>],
        saves as &[Option<i64>],
        watch_time_ms as &[Option<i64>],
        avg_watch_time_ms as &[Option<i64>],
        &c.completion as &[Option<f32>],
        &c.extra as &[Option<&Value>],
        now as Timestamp,
        c.first as Option<Date>,
        c.last as Option<Date>,
        &c.is_first,
        overwrites,
    )
    .fetch_one(tx.conn())
    .await?;
    let of_other_basis = done.other_accounts.into_iter().map(AccountId::from).zip(done.other_items).collect();
    Ok((Written { rows: done.written.unsigned_abs(), of_other_basis }, done.has_later_days))
}

/// Computes the changes of the days after some rows anew, and moves the sums.
async fn mend(tx: &mut OrgTx, rows: &[&Row], now: Timestamp) -> Result<i64, Error> {
    let organization = tx.organization_id();
    let c = Columns::of(rows);
    Ok(sqlx::query_scalar!(
        r#"with touched as (
               select distinct d.date, c.content_key, c.integration_id as account, (c.published_at at time zone 'UTC')::date as born
               from unnest($2::uuid[], $3::text[], $4::date[]) as u (account, item, date)
                    join analytics.content c
                        on c.organization_id = $1 and c.integration_id = u.account and c.external_content_id = u.item
                    cross join generate_series(1, 92) n
                    join analytics.content_daily_metrics d
                        on d.organization_id = $1 and d.date = u.date + n and d.content_key = c.content_key
                           and d.basis = 'lifetime' and d.date > $6 and d.date <= $7::date + 92
           ), valued as materialized (
               select m.*, false as is_new,
                      m.reach - coalesce(o.reach, case when m.born >= m.date - 1 then 0 end) as reach_change, m.impressions -
                      coalesce(o.impressions, case when m.born >= m.date - 1 then 0 end) as impressions_change, m.views -
                      coalesce(o.views, case when m.born >= m.date - 1 then 0 end) as views_change, m.reactions -
                      coalesce(o.reactions, case when m.born >= m.date - 1 then 0 end) as reactions_change, m.comments -
                      coalesce(o.comments, case when m.born >= m.date - 1 then 0 end) as comments_change, m.shares -
                      coalesce(o.shares, case when m.born >= m.date - 1 then 0 end) as shares_change, m.clicks -
                      coalesce(o.clicks, case when m.born >= m.date - 1 then 0 end) as clicks_change, m.saves -
                      coalesce(o.saves, case when m.born >= m.date - 1 then 0 end) as saves_change, m.watch_time_ms -
                      coalesce(o.watch_time_ms, case when m.born >= m.date - 1 then 0 end) as watch_time_ms_change
               from (select t.account, t.born, d.content_key, d.date, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares, d.clicks, d.saves, d.watch_time_ms, d.reach_change as old_reach, d.impressions_change as old_impressions, d.views_change as old_views, d.reactions_change as old_reactions, d.comments_change as old_comments, d.shares_change as old_shares, d.clicks_change as old_clicks, d.saves_change as old_saves, d.watch_time_ms_change as old_watch_time_ms
                     from touched t
                          join analytics.content_daily_metrics d
                              on d.organization_id = $1 and d.date = t.date and d.content_key = t.content_key
                                 and d.date > $6 and d.date <= $7::date + 92) m
                    cross join lateral (
                        select (array_agg(b.reach order by n) filter (where b.reach is not null))[1] as reach, (array_agg(b.impressions order by n) filter (where b.impressions is not null))[1] as impressions, (array_agg(b.views order by n) filter (where b.views is not null))[1] as views, (array_agg(b.reactions order by n) filter (where b.reactions is not null))[1] as reactions, (array_agg(b.comments order by n) filter (where b.comments is not null))[1] as comments, (array_agg(b.shares order by n) filter (where b.shares is not null))[1] as shares, (array_agg(b.clicks order by n) filter (where b.clicks is not null))[1] as clicks, (array_agg(b.saves order by n) filter (where b.saves is not null))[1] as saves, (array_agg(b.watch_time_ms order by n) filter (where b.watch_time_ms is not null))[1] as watch_time_ms
                        from generate_series(1, 92) n
                             join analytics.content_daily_metrics b
                                 on b.organization_id = $1 and b.date = m.date - n and b.content_key = m.content_key
                                    and b.basis = 'lifetime' and b.date > $6::date - 92 and b.date <= $7::date + 91) o
           ), mended as (
               update analytics.content_daily_metrics t
               set reach_change = v.reach_change, impressions_change = v.impressions_change, views_change = v.views_change, reactions_change = v.reactions_change, comments_change = v.comments_change, shares_change = v.shares_change, clicks_change = v.clicks_change, saves_change = v.saves_change, watch_time_ms_change = v.watch_time_ms_change
               from valued v
               where t.organization_id = $1 and t.date = v.date and t.content_key = v.content_key
                 and t.date > $6 and t.date <= $7::date + 92
                 and (v.reach_change, v.impressions_change, v.views_change, v.reactions_change, v.comments_change, v.shares_change, v.clicks_change, v.saves_change, v.watch_time_ms_change) is distinct from (v.old_reach, v.old_impressions, v.old_views, v.old_reactions, v.old_comments, v.old_shares, v.old_clicks, v.old_saves, v.old_watch_time_ms)
           ), summed as (
               insert into analytics.daily_rollups as t
                   (organization_id, date, scope_type, scope_id, content_count, reach, impressions, views, reactions, comments,
                   shares, clicks, saves, watch_time_ms, engagement, reach_items, impressions_items, views_items, reactions_items,
                   comments_items, shares_items, clicks_items, saves_items, watch_time_ms_items, engagement_items,
                   rated_engagement, rated_by_reach, rated_by_views, rated_by_impressions, computed_at)
               select $1, s.date, s.scope_type::analytics.rollup_scope, s.scope_id, s.content_count,
                      case when s.reach_items <> 0 or s.reach <> 0 then s.reach end, case when s.impressions_items <> 0 or
                      s.impressions <> 0 then s.impressions end, case when s.views_items <> 0 or s.views <> 0 then s.views end,
                      case when s.reactions_items <> 0 or s.reactions <> 0 then s.reactions end, case when s.comments_items <> 0 or
                      s.comments <> 0 then s.comments end, case when s.shares_items <> 0 or s.shares <> 0 then s.shares end, case
                      when s.clicks_items <> 0 or s.clicks <> 0 then s.clicks end, case when s.saves_items <> 0 or s.saves <> 0
                      then s.saves end, case when s.watch_time_ms_items <> 0 or s.watch_time_ms <> 0 then s.watch_time_ms end, case
                      when s.engagement_items <> 0 or s.engagement <> 0 then s.engagement end,
                      s.reach_items, s.impressions_items, s.views_items, s.reactions_items, s.comments_items, s.shares_items,
                      s.clicks_items, s.saves_items, s.watch_time_ms_items, s.engagement_items, s.rated_engagement,
                      s.rated_by_reach, s.rated_by_views, s.rated_by_impressions, $5
               from (select v.date, case when grouping(v.account) = 0 then 'integration' else 'org' end as scope_type,
                            coalesce(v.account, $1) as scope_id, sum(v.is_new::integer)::integer as content_count,
                            sum(coalesce(v.reach_change, 0) - coalesce(v.old_reach, 0))::bigint as reach,
                            sum(coalesce(v.impressions_change, 0) - coalesce(v.old_impressions, 0))::bigint as impressions,
                            sum(coalesce(v.views_change, 0) - coalesce(v.old_views, 0))::bigint as views,
                            sum(coalesce(v.reactions_change, 0) - coalesce(v.old_reactions, 0))::bigint as reactions,
                            sum(coalesce(v.comments_change, 0) - coalesce(v.old_comments, 0))::bigint as comments,
                            sum(coalesce(v.shares_change, 0) - coalesce(v.old_shares, 0))::bigint as shares,
                            sum(coalesce(v.clicks_change, 0) - coalesce(v.old_clicks, 0))::bigint as clicks,
                            sum(coalesce(v.saves_change, 0) - coalesce(v.old_saves, 0))::bigint as saves,
                            sum(coalesce(v.watch_time_ms_change, 0) - coalesce(v.old_watch_time_ms, 0))::bigint as watch_time_ms,
                            sum(coalesce(e.newer, 0) - coalesce(e.older, 0))::bigint as engagement,
                            (count(v.reach_change) - count(v.old_reach))::integer as reach_items, (count(v.impressions_change) -
                            count(v.old_impressions))::integer as impressions_items, (count(v.views_change) -
                            count(v.old_views))::integer as views_items, (count(v.reactions_change) -
                            count(v.old_reactions))::integer as reactions_items, (count(v.comments_change) -
                            count(v.old_comments))::integer as comments_items, (count(v.shares_change) -
                            count(v.old_shares))::integer as shares_items, (count(v.clicks_change) - count(v.old_clicks))::integer
                            as clicks_items, (count(v.saves_change) - count(v.old_saves))::integer as saves_items,
                            (count(v.watch_time_ms_change) - count(v.old_watch_time_ms))::integer as watch_time_ms_items,
                            (count(e.newer) - count(e.older))::integer as engagement_items,
                            sum(coalesce(case when r.now_by <> '' then e.newer end, 0) - coalesce(case when r.old_by <> '' then e.older end, 0))::bigint as rated_engagement,
                            sum(case when r.now_by = 'reach' then v.reach_change else 0 end - case when r.old_by = 'reach' then v.old_reach else 0 end)::bigint as rated_by_reach,
                            sum(case when r.now_by = 'views' then v.views_change else 0 end - case when r.old_by = 'views' then v.old_views else 0 end)::bigint as rated_by_views,
                            sum(case when r.now_by = 'impressions' then v.impressions_change else 0 end - case when r.old_by = 'impressions' then v.old_impressions else 0 end)::bigint as rated_by_impressions
                     from (select * from valued v where (v.reach_change, v.impressions_change, v.views_change, v.reactions_change, v.comments_change, v.shares_change, v.clicks_change, v.saves_change, v.watch_time_ms_change) is distinct from (v.old_reach, v.old_impressions, v.old_views, v.old_reactions, v.old_comments, v.old_shares, v.old_clicks, v.old_saves, v.old_watch_time_ms)) v
                          cross join lateral (
                              select case when coalesce(v.reactions_change, v.comments_change, v.shares_change) is not null
                                          then coalesce(v.reactions_change, 0) + coalesce(v.comments_change, 0)
                                               + coalesce(v.shares_change, 0) end as newer,
                                     case when coalesce(v.old_reactions, v.old_comments, v.old_shares) is not null
                                          then coalesce(v.old_reactions, 0) + coalesce(v.old_comments, 0)
                                               + coalesce(v.old_shares, 0) end as older) e
                          cross join lateral (
                              select case when e.newer is null then '' when v.reach_change > 0 then 'reach'
                                          when v.views_change > 0 then 'views' when v.impressions_change > 0 then 'impressions'
                                          else '' end as now_by,
                                     case when e.older is null then '' when v.old_reach > 0 then 'reach' when v.old_views > 0 then 'views'
                                          when v.old_impressions > 0 then 'impressions' else '' end as old_by) r
                     group by grouping sets ((v.date, v.account), (v.date))) s
               order by s.date, s.scope_type, s.scope_id
               on conflict (organization_id, scope_type, scope_id, format, date) do update set
                   content_count = t.content_count + excluded.content_count,
                   reach = case when t.reach_items + excluded.reach_items > 0
                             then coalesce(t.reach, 0) + coalesce(excluded.reach, 0) end,
                   impressions = case when t.impressions_items + excluded.impressions_items > 0
                             then coalesce(t.impressions, 0) + coalesce(excluded.impressions, 0) end,
                   views = case when t.views_items + excluded.views_items > 0
                             then coalesce(t.views, 0) + coalesce(excluded.views, 0) end,
                   reactions = case when t.reactions_items + excluded.reactions_items > 0
                             then coalesce(t.reactions, 0) + coalesce(excluded.reactions, 0) end,
                   comments = case when t.comments_items + excluded.comments_items > 0
                             then coalesce(t.comments, 0) + coalesce(excluded.comments, 0) end,
                   shares = case when t.shares_items + excluded.shares_items > 0
                             then coalesce(t.shares, 0) + coalesce(excluded.shares, 0) end,
                   clicks = case when t.clicks_items + excluded.clicks_items > 0
                             then coalesce(t.clicks, 0) + coalesce(excluded.clicks, 0) end,
                   saves = case when t.saves_items + excluded.saves_items > 0
                             then coalesce(t.saves, 0) + coalesce(excluded.saves, 0) end,
                   watch_time_ms = case when t.watch_time_ms_items + excluded.watch_time_ms_items > 0
                             then coalesce(t.watch_time_ms, 0) + coalesce(excluded.watch_time_ms, 0) end,
                   engagement = case when t.engagement_items + excluded.engagement_items > 0
                             then coalesce(t.engagement, 0) + coalesce(excluded.engagement, 0) end,
                   reach_items = t.reach_items + excluded.reach_items,
                   impressions_items = t.impressions_items + excluded.impressions_items,
                   views_items = t.views_items + excluded.views_items,
                   reactions_items = t.reactions_items + excluded.reactions_items,
                   comments_items = t.comments_items + excluded.comments_items,
                   shares_items = t.shares_items + excluded.shares_items,
                   clicks_items = t.clicks_items + excluded.clicks_items,
                   saves_items = t.saves_items + excluded.saves_items,
                   watch_time_ms_items = t.watch_time_ms_items + excluded.watch_time_ms_items,
                   engagement_items = t.engagement_items + excluded.engagement_items,
                   rated_engagement = t.rated_engagement + excluded.rated_engagement,
                   rated_by_reach = t.rated_by_reach + excluded.rated_by_reach,
                   rated_by_views = t.rated_by_views + excluded.rated_by_views,
                   rated_by_impressions = t.rated_by_impressions + excluded.rated_by_impressions,
                   computed_at = excluded.computed_at
           ), marked as (
               insert into analytics.rollup_marks (organization_id, kind, date)
               select distinct $1, 'day'::analytics.rollup_mark_kind, v.date from valued v
               where (v.reach_change, v.impressions_change, v.views_change, v.reactions_change, v.comments_change, v.shares_change, v.clicks_change, v.saves_change, v.watch_time_ms_change) is distinct from (v.old_reach, v.old_impressions, v.old_views, v.old_reactions, v.old_comments, v.old_shares, v.old_clicks, v.old_saves, v.old_watch_time_ms)
           )
           select count(*) as "mended!" from valued v
           where (v.reach_change, v.impressions_change, v.views_change, v.reactions_change, v.comments_change, v.shares_change, v.clicks_change, v.saves_change, v.watch_time_ms_change) is distinct from (v.old_reach, v.old_impressions, v.old_views, v.old_reactions, v.old_comments, v.old_shares, v.old_clicks, v.old_saves, v.old_watch_time_ms)"#,
        organization.uuid(),
        &c.accounts,
        &c.items as &[&str],
        &c.dates as &[Date],
        now as Timestamp,
        c.first as Option<Date>,
        c.last as Option<Date>,
    )
    .fetch_one(tx.conn())
    .await?)
}
