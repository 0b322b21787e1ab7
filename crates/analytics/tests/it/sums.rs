//! The changes and sums that stand stored, against a plain, slow recomputation of everything.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{DailyReading, MetricBasis, Numbers};
use rookery_kernel::AccountId;
use sqlx::PgConnection;

use crate::world::{World, day};

/// Each number's change by the definition: less the last known one of 92 days, else the whole if the item is not older
/// than a day, else unknown. One row for each that stands there differently.
const WRONG_CHANGES: &str = "
    select format('%s of %s on %s: %s, not %s', n.name, d.content_key, d.date, n.stored, n.value - n.before)
    from analytics.content_daily_metrics d
         join analytics.content c using (organization_id, content_key)
         cross join lateral (
             select v.name, v.value, v.stored, case when d.basis = 'day' then 0 else coalesce((
                        select (to_jsonb(b) ->> v.name)::bigint from analytics.content_daily_metrics b
                        where b.organization_id = d.organization_id and b.content_key = d.content_key
                          and b.basis = 'lifetime' and b.date < d.date and b.date >= d.date - 92
                          and to_jsonb(b) ->> v.name is not null
                        order by b.date desc limit 1),
                        case when (c.published_at at time zone 'UTC')::date >= d.date - 1 then 0 end) end as before
             from (values ('reach', d.reach, d.reach_change),
                          ('impressions', d.impressions, d.impressions_change),
                          ('views', d.views, d.views_change),
                          ('reactions', d.reactions, d.reactions_change),
                          ('comments', d.comments, d.comments_change),
                          ('shares', d.shares, d.shares_change),
                          ('clicks', d.clicks, d.clicks_change),
                          ('saves', d.saves, d.saves_change),
                          ('watch_time_ms', d.watch_time_ms, d.watch_time_ms_change))
                      as v (name, value, stored)) n
    where n.stored is distinct from n.value - n.before";

/// The sums of the changes by the definition, and those that stand there differently.
const WRONG_SUMS: &str = "
    with item as (
        select d.*, c.integration_id, e.engagement,
               case when e.engagement is null then '' when d.reach_change > 0 then 'reach' when d.views_change > 0 then 'views'
                    when d.impressions_change > 0 then 'impressions' else '' end as rated_by
        from analytics.content_daily_metrics d
             join analytics.content c using (organization_id, content_key)
             cross join lateral (
                 select sum(part)::bigint as engagement
                 from (values (d.reactions_change), (d.comments_change), (d.shares_change)) as v (part)) e
    ), scope as (
        select organization_id, date, 'integration'::analytics.rollup_scope as scope_type, integration_id as scope_id, item
        from item
        union all
        select organization_id, date, 'org', organization_id, item from item
    ), expected as (
        select organization_id, date, scope_type, scope_id, jsonb_build_object('content_count', count(*),
                   'reach', sum((item).reach_change)::bigint, 'reach_items', count((item).reach_change),
                   'impressions', sum((item).impressions_change)::bigint, 'impressions_items', count((item).impressions_change),
                   'views', sum((item).views_change)::bigint, 'views_items', count((item).views_change),
                   'reactions', sum((item).reactions_change)::bigint, 'reactions_items', count((item).reactions_change),
                   'comments', sum((item).comments_change)::bigint, 'comments_items', count((item).comments_change),
                   'shares', sum((item).shares_change)::bigint, 'shares_items', count((item).shares_change),
                   'clicks', sum((item).clicks_change)::bigint, 'clicks_items', count((item).clicks_change),
                   'saves', sum((item).saves_change)::bigint, 'saves_items', count((item).saves_change),
                   'watch_time_ms', sum((item).watch_time_ms_change)::bigint, 'watch_time_ms_items', count((item).watch_time_ms_change),
                   'engagement', sum((item).engagement)::bigint, 'engagement_items', count((item).engagement),
                   'rated_engagement', coalesce(sum((item).engagement) filter (where (item).rated_by <> ''), 0)::bigint,
                   'rated_by_reach', coalesce(sum((item).reach_change) filter (where (item).rated_by = 'reach'), 0)::bigint,
                   'rated_by_views', coalesce(sum((item).views_change) filter (where (item).rated_by = 'views'), 0)::bigint,
                   'rated_by_impressions',
                   coalesce(sum((item).impressions_change) filter (where (item).rated_by = 'impressions'), 0)::bigint) as sums
        from scope group by 1, 2, 3, 4
    ), stored as (
        select organization_id, date, scope_type, scope_id,
               to_jsonb(r) - array['organization_id', 'date', 'scope_type', 'scope_id', 'format', 'new_content_count',
                                   'followers_delta', 'integrations_expected', 'integrations_ok', 'computed_at'] as sums
        from analytics.daily_rollups r
        where format = 'all' and scope_type in ('org', 'integration')
    )
    select format('%s %s on %s: %s, not %s', scope_type, scope_id, date, s.sums, e.sums)
    from expected e full join stored s using (organization_id, date, scope_type, scope_id)
    where s.sums is distinct from e.sums";

/// The stored changes are those of a recomputation.
pub async fn assert_changes(owner: &mut PgConnection) {
    let wrong: Vec<String> = sqlx::query_scalar(WRONG_CHANGES).fetch_all(&mut *owner).await.expect("rows");
    assert_eq!(wrong, [""; 0], "changes");
}

/// Whatever was written in whatever order, the stored changes and sums are those of a recomputation.
pub async fn assert_true(owner: &mut PgConnection) {
    assert_changes(owner).await;
    let wrong: Vec<String> = sqlx::query_scalar(WRONG_SUMS).fetch_all(&mut *owner).await.expect("rows");
    assert_eq!(wrong, [""; 0], "sums");
}

/// A reading of one of six items of two accounts, from the day before it went out on (which a network's own zone makes
/// possible); items 4 and 5 are read by the day.
fn reading() -> impl Strategy<Value = (usize, i64, Numbers)> {
    let number = || prop::option::weighted(0.7, 0_i64..50);
    let numbers = (number(), number(), number(), number(), number(), number()).prop_map(
        |(reach, impressions, views, reactions, comments, saves)| Numbers {
            reach,
            impressions,
            views,
            reactions,
            comments,
            saves,
            ..Numbers::default()
        },
    );
    (0_usize..6, prop_oneof![0_i64..12, 0_i64..200], numbers)
}

fn of(accounts: [AccountId; 2], (item, days, numbers): (usize, i64, Numbers)) -> DailyReading {
    DailyReading {
        account: accounts[item % 2],
        external_content_id: format!("p{item}"),
        date: day("2026-01-01").plus_days(i64::try_from(item).expect("small") + days),
        basis: if item < 4 { MetricBasis::Lifetime } else { MetricBasis::Day },
        numbers,
    }
}

#[tokio::test]
async fn sums_follow_gaps_corrections_and_late_days() {
    let mut world = World::new().await;
    let accounts = [world.account("ann").await, world.account("bob").await];
    let mut runner = TestRunner::deterministic();
    for _ in 0..15 {
        sqlx::raw_sql("delete from analytics.content; delete from analytics.daily_rollups")
            .execute(&mut world.owner)
            .await
            .expect("emptied");
        let left: i64 = sqlx::query_scalar("select count(*) from analytics.content_daily_metrics")
            .fetch_one(&mut world.owner)
            .await
            .expect("a count");
        assert_eq!(left, 0, "numbers go with their content");
        for item in 0..6 {
            sqlx::query(
                "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                                published_at)
                 values ($1, $2, 'p' || $3, 'mastodon', 'text', '2026-01-02T12:00:00Z'::timestamptz + $3 * interval '1 day')",
            )
            .bind(world.org.organization_id.uuid())
            .bind(accounts[item % 2].uuid())
            .bind(i32::try_from(item).expect("small"))
            .execute(&mut world.owner)
            .await
            .expect("stored");
        }
        let batches = prop::collection::vec(prop::collection::vec(reading(), 1..12), 1..8);
        for batch in batches.new_tree(&mut runner).expect("batches").current() {
            world.clock.advance(std::time::Duration::from_secs(60));
            let readings: Vec<DailyReading> = batch.into_iter().map(|r| of(accounts, r)).collect();
            // The last of several readings of one item and day counts; which one is the caller's to say.
            let readings: BTreeMap<_, _> =
                readings.into_iter().map(|r| ((r.external_content_id.clone(), r.date), r)).collect();
            let readings: Vec<DailyReading> = readings.into_values().collect();
            world.analytics.store_readings(&world.scope(), "test", readings.clone()).await.expect("stored");
            assert_true(&mut world.owner).await;
            let again = world.analytics.store_readings(&world.scope(), "test", readings).await.expect("stored");
            assert_eq!(again, 0, "the same numbers again write nothing");
        }
    }
}

#[tokio::test]
async fn many_that_write_at_once_lose_nothing() {
    let mut world = World::new().await;
    let accounts = [world.account("ann").await, world.account("bob").await];
    for n in 0..40 {
        sqlx::query(
            "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                            published_at)
             values ($1, $2, 'q' || $3, 'mastodon', 'text', '2026-01-01')",
        )
        .bind(world.org.organization_id.uuid())
        .bind(accounts[n % 2].uuid())
        .bind(i32::try_from(n).expect("small"))
        .execute(&mut world.owner)
        .await
        .expect("stored");
    }
    let reading = |n: usize, days: i64| DailyReading {
        account: accounts[n % 2],
        external_content_id: format!("q{n}"),
        date: day("2026-01-01").plus_days(days),
        basis: MetricBasis::Lifetime,
        numbers: Numbers { reach: Some(days * 10 + 1), reactions: Some(days), ..Numbers::default() },
    };
    // Another process has a writer of its own.
    let other = world.another_process();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        for days in [2, 0, 1, 3] {
            let analytics = if n % 3 == 0 { other.clone() } else { world.analytics.clone() };
            let (scope, reading) = (world.scope(), reading(n, days));
            tasks.spawn(async move { analytics.store_readings(&scope, "test", vec![reading]).await });
        }
    }
    let mut stored = 0;
    while let Some(done) = tasks.join_next().await {
        stored += done.expect("no panic").expect("stored");
    }
    assert_eq!(stored, 160);
    assert_true(&mut world.owner).await;
    let lines: i64 = sqlx::query_scalar(
        "select count(*) from governance.audit_logs where resource = 'analytics.content_daily_metrics'",
    )
    .fetch_one(&mut world.owner)
    .await
    .expect("a count");
    assert!((1..160).contains(&lines), "{lines} lines for 160 writes: fewer than one for each");
}
