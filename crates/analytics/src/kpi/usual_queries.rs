//! Reading what is summed before anybody asks: the periods that pages ask for most, up to yesterday.
//!
//! Such sums stand for the whole organization or not at all, and they are not read while anything is marked.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date};
use uuid::Uuid;

use super::coverage::{AccountFacts, Followers, Has, Reporting};
use super::model::{Day, PeriodSums, Range, Rated};

/// What happened in a range and in as many days directly before it, of a checked statement's row, which has them under the
/// columns' names, each of them possibly absent.
macro_rules! beside {
    ($row:expr, $range:expr) => {{
        let now = Day {
            date: $range.to,
            reach: $row.reach,
            impressions: $row.impressions,
            views: $row.views,
            engagement: $row.engagement,
            posts: $row.posts.unwrap_or(0),
            followers_delta: None,
            rated: Rated {
                engagement: $row.rated_engagement.unwrap_or(0),
                by_reach: $row.rated_by_reach.unwrap_or(0),
                by_views: $row.rated_by_views.unwrap_or(0),
                by_impressions: $row.rated_by_impressions.unwrap_or(0),
            },
            moved_at: None,
        };
        let before = Day {
            date: $range.previous().to,
            reach: $row.previous_reach,
            impressions: $row.previous_impressions,
            views: $row.previous_views,
            engagement: $row.previous_engagement,
            posts: $row.previous_posts.unwrap_or(0),
            followers_delta: None,
            rated: Rated {
                engagement: $row.previous_rated_engagement.unwrap_or(0),
                by_reach: $row.previous_rated_by_reach.unwrap_or(0),
                by_views: $row.previous_rated_by_views.unwrap_or(0),
                by_impressions: $row.previous_rated_by_impressions.unwrap_or(0),
            },
            moved_at: None,
        };
        (now, before)
    }};
}

/// Weekday (1 is Monday), hour, sum of engagement, items that report it.
pub(crate) type HourOfWeek = (u8, u8, i64, i64);

/// What happened in a range in each of these scopes; nothing if that is not summed beforehand. Scopes without anything are
/// left out.
pub(super) async fn sums(tx: &mut OrgTx, scopes: &[Uuid], range: Range) -> Result<Vec<(Uuid, PeriodSums)>, Error> {
    let Some(days) = range.usual_days() else { return Ok(Vec::new()) };
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select p.scope_id, p.new_content_count::bigint as "posts!", p.reach, p.impressions, p.views, p.reactions, p.comments,
                  p.shares, p.clicks, p.saves, p.watch_time_ms, p.engagement, p.rated_engagement, p.rated_by_reach,
                  p.rated_by_views, p.rated_by_impressions
           from analytics.period_rollups p
           where p.organization_id = $1 and p.days = $3 and p.last_date = $4 and p.scope_id = any($2)
             and p.new_content_count is not null
             and not exists (select from analytics.rollup_marks m where m.organization_id = $1)
           order by p.scope_id"#,
        organization.uuid(),
        scopes,
        days,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.scope_id, period!(row))).collect())
}

/// What the tracked accounts of the organization say together, and its sums.
pub(crate) struct UsualOrganization {
    pub reporting: Reporting,
    pub followers: Followers,
    /// In the range, and in as many days directly before it.
    pub now: Day,
    pub before: Day,
}

/// What all tracked accounts know of a range together. `None` if that is not summed beforehand, or of other accounts: one was
/// added since, or is tracked no longer.
pub(crate) async fn organization(tx: &mut OrgTx, range: Range) -> Result<Option<UsualOrganization>, Error> {
    let Some(days) = range.usual_days() else { return Ok(None) };
    let organization = tx.organization_id();
    let row = sqlx::query!(
        r#"select cardinality(p.account_ids) as "accounts!", p.accounts_with_reach as "with_reach!",
                  p.accounts_with_impressions as "with_impressions!", p.accounts_with_views as "with_views!",
                  p.accounts_with_engagement as "with_engagement!", p.accounts_with_rate as "with_rate!",
                  p.accounts_with_content as "with_content!", p.accounts_with_followers as "with_followers!", p.followers,
                  p.compared_followers, p.previous_followers, p.reach, p.impressions, p.views, p.engagement,
                  p.new_content_count::bigint as posts, p.rated_engagement as "rated_engagement?",
                  p.rated_by_reach as "rated_by_reach?", p.rated_by_views as "rated_by_views?",
                  p.rated_by_impressions as "rated_by_impressions?", p.previous_reach, p.previous_impressions, p.previous_views,
                  p.previous_engagement, p.previous_new_content_count::bigint as previous_posts,
                  p.previous_rated_engagement as "previous_rated_engagement?",
                  p.previous_rated_by_reach as "previous_rated_by_reach?",
                  p.previous_rated_by_views as "previous_rated_by_views?",
                  p.previous_rated_by_impressions as "previous_rated_by_impressions?"
           from analytics.period_rollups p
           where p.organization_id = $1 and p.days = $2 and p.last_date = $3 and p.scope_id = $1
             and p.account_ids = (select array_agg(t.integration_id order by t.integration_id)
                                  from analytics.tracked_integrations t
                                  where t.organization_id = $1
                                  having bool_and(t.enabled))
             and not exists (select from analytics.rollup_marks m where m.organization_id = $1)"#,
        organization.uuid(),
        days,
        range.to as Date,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let count = |n: i32| usize::try_from(n).unwrap_or(0);
    let reporting = Reporting {
        accounts: count(row.accounts),
        reach: count(row.with_reach),
        engagement: count(row.with_engagement),
        rate: count(row.with_rate),
        posts: count(row.with_content),
        views: count(row.with_views),
        impressions: count(row.with_impressions),
        followers: count(row.with_followers),
    };
    let followers = Followers { now: row.followers, compared: row.compared_followers, before: row.previous_followers };
    let (now, before) = beside!(row, range);
    Ok(Some(UsualOrganization { reporting, followers, now, before }))
}

/// What is known of an account, and its sums.
pub(crate) struct UsualAccount {
    pub facts: AccountFacts,
    /// In the range, and in as many days directly before it.
    pub now: Day,
    pub before: Day,
}

/// What each tracked account, or those of them that are named, knows of a range, and whether these are all accounts that
/// have numbers. `None` if that is not summed beforehand.
pub(crate) async fn accounts(
    tx: &mut OrgTx,
    named: Option<&[Uuid]>,
    range: Range,
) -> Result<Option<(Vec<UsualAccount>, bool)>, Error> {
    let Some(days) = range.usual_days() else { return Ok(None) };
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select t.integration_id as "account: AccountId", t.enabled, p.scope_id is not null as "is_ready!", p.followers, p.reach,
                  p.impressions, p.views, p.engagement, p.new_content_count::bigint as posts,
                  p.rated_engagement as "rated_engagement?", p.rated_by_reach as "rated_by_reach?",
                  p.rated_by_views as "rated_by_views?", p.rated_by_impressions as "rated_by_impressions?",
                  p.previous_followers, p.previous_reach, p.previous_impressions, p.previous_views, p.previous_engagement,
                  p.previous_new_content_count::bigint as previous_posts,
                  p.previous_rated_engagement as "previous_rated_engagement?",
                  p.previous_rated_by_reach as "previous_rated_by_reach?",
                  p.previous_rated_by_views as "previous_rated_by_views?",
                  p.previous_rated_by_impressions as "previous_rated_by_impressions?"
           from analytics.tracked_integrations t
                left join lateral (
                    select * from analytics.period_rollups r
                    where r.organization_id = $1 and r.days = $3 and r.last_date = $4 and r.scope_id = t.integration_id
                    offset 0) p on true
           where t.organization_id = $1 and ($2::uuid[] is null or t.integration_id = any($2))
             and not exists (select from analytics.rollup_marks m where m.organization_id = $1)
           order by t.integration_id"#,
        organization.uuid(),
        named,
        days,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    // Rows of another day, after midnight, are none; an account without one has to be looked up with all the others.
    if rows.is_empty() || rows.iter().any(|row| row.enabled && !row.is_ready) {
        return Ok(None);
    }
    let is_all = named.is_none() && rows.iter().all(|row| row.enabled);
    let accounts = rows.into_iter().filter(|row| row.enabled).map(|row| {
        let (now, before) = beside!(row, range);
        let facts = AccountFacts {
            integration_id: row.account,
            followers: row.followers,
            followers_before: row.previous_followers,
            has: Has::of(&now),
        };
        UsualAccount { facts, now, before }
    });
    Ok(Some((accounts.collect(), is_all)))
}

/// Engagement of what these accounts (`None` is the whole organization) published in a range, by hour of the week: (weekday,
/// hour, sum, items that report it). `None` if that is not summed beforehand.
pub(crate) async fn hours(
    tx: &mut OrgTx,
    accounts: Option<&[Uuid]>,
    range: Range,
) -> Result<Option<Vec<HourOfWeek>>, Error> {
    let Some(days) = range.usual_days() else { return Ok(None) };
    let organization = tx.organization_id();
    let whole = [organization.uuid()];
    let rows = sqlx::query!(
        r#"select h.slots, h.engagement, h.items
           from unnest($2::uuid[]) as s (id)
                cross join lateral (
                    select * from analytics.period_hours r
                    where r.organization_id = $1 and r.days = $3 and r.last_date = $4 and r.scope_id = s.id
                    offset 0) h
           where not exists (select from analytics.rollup_marks m where m.organization_id = $1)"#,
        organization.uuid(),
        accounts.unwrap_or(&whole),
        days,
        range.to as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut slots: BTreeMap<i16, (i64, i64)> = BTreeMap::new();
    for row in rows {
        for ((slot, engagement), items) in row.slots.into_iter().zip(row.engagement).zip(row.items) {
            let sum = slots.entry(slot).or_default();
            *sum = (sum.0.saturating_add(engagement), sum.1 + i64::from(items));
        }
    }
    let small = |n: i16| u8::try_from(n).unwrap_or(0);
    let hours = slots.into_iter().map(|(slot, (sum, items))| (small(slot / 24 + 1), small(slot % 24), sum, items));
    Ok(Some(hours.collect()))
}
