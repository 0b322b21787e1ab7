//! Figures against a plain slow recomputation, and the pages' other readings.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{
    ContentFilter, DailyReading, KpiName, Metric, MetricBasis, Numbers, Overview, Range, RateBasis,
};
use rookery_kernel::{AccountId, Cursor, Date, Limit};

use crate::net::{item, numbers};
use crate::world::{World, at, day};

/// A number per metric: reach, impressions, views, reactions, comments, shares.
type Six = [Option<i64>; 6];

#[derive(Debug, Clone)]
struct Item {
    published: Date,
    is_day: bool,
    readings: BTreeMap<Date, Six>,
}

fn start() -> Date {
    day("2026-01-01")
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let number = || prop::option::weighted(0.7, 0_i64..500);
    let six =
        (number(), number(), number(), number(), number(), number()).prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]);
    // From the day before it went out on, which a network's own zone makes possible.
    let readings = prop::collection::btree_map(-1_i64..200, six, 0..14);
    let item = (0_i64..240, any::<bool>(), readings).prop_map(|(published, is_day, readings)| {
        let published = start().plus_days(published);
        let readings = readings.into_iter().map(|(n, six)| (published.plus_days(n), six)).collect();
        Item { published, is_day, readings }
    });
    prop::collection::vec(item, 1..8)
}

/// The changes of one item's metric, by the words of the rule.
fn changes(item: &Item, metric: usize) -> BTreeMap<Date, Option<i64>> {
    let known: Vec<(Date, i64)> = item.readings.iter().filter_map(|(date, six)| Some((*date, six[metric]?))).collect();
    let change = |n: usize| {
        let (date, value) = known[n];
        if item.is_day {
            return Some(value);
        }
        let earlier = n.checked_sub(1).map(|before| known[before]).filter(|(before, _)| date.days_since(*before) <= 92);
        match earlier {
            Some((_, before)) => Some(value - before),
            None => (item.published >= date.plus_days(-1)).then_some(value),
        }
    };
    (0..known.len()).map(|n| (known[n].0, change(n))).collect()
}

fn add(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
    }
}

#[derive(Debug, Default, PartialEq)]
struct Expected {
    sums: [Option<i64>; 3],
    engagement: Option<i64>,
    rate: Option<f64>,
    by_day: BTreeMap<Date, Option<i64>>,
}

fn expected(items: &[Item], range: Range) -> Expected {
    let mut expected = Expected::default();
    let (mut numerator, mut base) = (None, 0);
    for item in items {
        let of_day = |metric: usize, date: Date| changes(item, metric).get(&date).copied().flatten();
        let within = |metric: usize| {
            changes(item, metric).into_iter().filter(|(date, _)| range.contains(*date)).collect::<BTreeMap<_, _>>()
        };
        let sum = |metric: usize| within(metric).into_values().fold(None, add);
        for metric in 0..3 {
            expected.sums[metric] = add(expected.sums[metric], sum(metric));
        }
        let engagement = (3..6).map(sum).fold(None, add);
        expected.engagement = add(expected.engagement, engagement);
        for (date, change) in within(0) {
            let day = expected.by_day.entry(date).or_default();
            *day = add(*day, change);
        }
        for date in item.readings.keys().copied().filter(|date| range.contains(*date)) {
            let engagement = (3..6).map(|metric| of_day(metric, date)).fold(None, add);
            // Reach first, then views, then impressions.
            let denominator = [0, 2, 1].into_iter().filter_map(|metric| of_day(metric, date)).find(|n| *n > 0);
            if let (Some(engagement), Some(denominator)) = (engagement, denominator) {
                numerator = add(numerator, Some(engagement));
                base += denominator;
            }
        }
    }
    expected.rate = numerator.filter(|_| base > 0).map(|n| n as f64 / base as f64);
    expected
}

async fn store(world: &mut World, account: AccountId, items: &[Item]) {
    sqlx::raw_sql("delete from analytics.content; delete from analytics.daily_rollups")
        .execute(&mut world.owner)
        .await
        .expect("emptied");
    for (n, item) in items.iter().enumerate() {
        sqlx::query(
            "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                            published_at)
             values ($1, $2, $3, 'mastodon', 'text', $4)",
        )
        .bind(world.org.organization_id.uuid())
        .bind(account.uuid())
        .bind(format!("p{n}"))
        .bind(item.published.start_utc())
        .execute(&mut world.owner)
        .await
        .expect("stored");
        let basis = if item.is_day { MetricBasis::Day } else { MetricBasis::Lifetime };
        let mut readings: Vec<DailyReading> = item
            .readings
            .iter()
            .map(|(date, six)| DailyReading {
                account,
                external_content_id: format!("p{n}"),
                date: *date,
                basis,
                numbers: Numbers {
                    reach: six[0],
                    impressions: six[1],
                    views: six[2],
                    reactions: six[3],
                    comments: six[4],
                    shares: six[5],
                    ..Numbers::default()
                },
            })
            .collect();
        // In one go, day by day, or the newest first: the changes are the same.
        match n % 3 {
            0 => drop(world.analytics.store_readings(&world.scope(), "test", readings).await.expect("stored")),
            turn => {
                if turn == 1 {
                    readings.reverse();
                }
                for reading in readings {
                    world.analytics.store_readings(&world.scope(), "test", vec![reading]).await.expect("stored");
                }
            }
        }
    }
}

fn check(overview: &Overview, items: &[Item], range: Range) {
    let now = expected(items, range);
    let before = expected(items, range.previous());
    let figure = |name| overview.kpi(name).expect("all figures are there");
    let counts = [
        (KpiName::Reach, now.sums[0], before.sums[0]),
        (KpiName::Impressions, now.sums[1], before.sums[1]),
        (KpiName::Views, now.sums[2], before.sums[2]),
        (KpiName::Engagement, now.engagement, before.engagement),
    ];
    for (name, now, before) in counts {
        let as_float = |n: Option<i64>| n.map(|n| n as f64);
        assert_eq!((figure(name).value, figure(name).previous), (as_float(now), as_float(before)), "{name:?}");
    }
    assert_eq!(figure(KpiName::EngagementRate).value, now.rate);
    assert_eq!(figure(KpiName::EngagementRate).previous, before.rate);
    for (line, expected) in [(&overview.reach_per_day.current, &now), (&overview.reach_per_day.previous, &before)] {
        for (date, reach) in line {
            assert_eq!(*reach, expected.by_day.get(date).copied().flatten(), "{date}");
        }
    }
}

#[tokio::test]
async fn figures_agree_with_a_plain_slow_recomputation() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..25 {
        let items = items().new_tree(&mut runner).expect("items").current();
        store(&mut world, ann, &items).await;
        crate::sums::assert_true(&mut world.owner).await;
        for (from, days) in [(100, 30), (120, 90), (200, 7), (150, 1)] {
            let from = start().plus_days(from);
            let range = Range::new(from, from.plus_days(days - 1)).expect("a range");
            let overview = world.analytics.overview(&world.scope(), range, None).await.expect("read");
            check(&overview, &items, range);
        }
    }
}

#[tokio::test]
async fn the_overview_says_what_it_stands_on() {
    let mut world = World::new().await;
    // Nothing is rolled up on the way: its job does it at the end.
    world.set_zone("Europe/Berlin").await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    world.account("idle").await;
    world.net.page("ann", |page| page.followers = Some(100));
    world.net.post("ann", "a1", at("2026-03-08T09:00:00Z"), numbers(200, 8, 2, 0));
    let views = rookery_platforms::ContentMetrics { reach: None, views: Some(300), ..numbers(0, 20, 0, 0) };
    world.net.post("bob", "b1", at("2026-03-08T23:30:00Z"), views);
    for date in ["2026-03-08", "2026-03-09"] {
        for account in [ann, bob] {
            world.night_after(account, date).await;
        }
        world.net.page("ann", |page| page.followers = Some(110));
        world.net.set_numbers("ann", "a1", numbers(260, 10, 2, 0));
    }
    world.roll_up().await;
    let range = Range::new(day("2026-03-09"), day("2026-03-10")).expect("a range");
    let overview = world.analytics.overview(&world.scope(), range, None).await.expect("read");
    let figure = |name| overview.kpi(name).expect("all figures are there");
    let reach = figure(KpiName::Reach);
    assert_eq!((reach.value, reach.previous, reach.change), (Some(60.0), Some(200.0), Some(-70.0)));
    assert_eq!((reach.coverage.with_data, reach.coverage.of), (1, 3), "bob's network knows no reach, idle has nothing");
    assert_eq!(reach.sparkline, [Some(60.0), None], "a gap is no zero");
    let followers = figure(KpiName::Followers);
    assert_eq!((followers.value, followers.previous), (Some(110.0), Some(100.0)));
    assert_eq!(followers.sparkline, [Some(110.0), Some(110.0)]);
    let posts = figure(KpiName::Posts);
    assert_eq!((posts.value, posts.previous), (Some(1.0), Some(1.0)), "23:30 UTC is the next day in Berlin");
    let rate = figure(KpiName::EngagementRate);
    assert_eq!((rate.value, rate.basis), (Some(2.0 / 60.0), Some(RateBasis::Reach)));
    assert_eq!(rate.difference(), Some(2.0 / 60.0 - 30.0 / 500.0), "(10 + 20) ÷ (200 + 300) before");

    let only_bob = world.analytics.overview(&world.scope(), range, Some(&[bob])).await.expect("read");
    assert_eq!((only_bob.accounts, only_bob.kpi(KpiName::Reach).expect("there").value), (1, None));
    let top: Vec<_> = only_bob.top_content.iter().map(|c| c.external_content_id.as_str()).collect();
    assert_eq!(top, ["b1"], "ranked by views: bob's network does not report reach");
    let top = world.analytics.top_content(&world.scope(), range, Metric::EngagementRate, None, 10).await.expect("read");
    let top: Vec<_> = top.iter().map(|c| (c.external_content_id.as_str(), c.engagement_rate().basis)).collect();
    assert_eq!(top, [("b1", RateBasis::Views)], "a1 was published before the range");

    let single = Range::new(day("2026-03-09"), day("2026-03-09")).expect("a range");
    let overview = world.analytics.overview(&world.scope(), single, None).await.expect("read");
    assert_eq!(overview.kpi(KpiName::Reach).expect("there").change, None, "a single day is no trend");
}

#[tokio::test]
async fn nothing_collected_is_unknown_and_not_zero() {
    let world = World::new().await;
    let range = Range::last(30, day("2026-03-09")).expect("a range");
    let overview = world.analytics.overview(&world.scope(), range, None).await.expect("read");
    assert!(overview.kpis.iter().all(|kpi| kpi.value.is_none() && kpi.change.is_none()), "{:?}", overview.kpis);
    assert_eq!(overview.reach_per_day.current.len(), 30);
    let heatmap = world.analytics.heatmap(&world.scope(), day("2026-03-09"), 90, None).await.expect("read");
    assert_eq!((heatmap.samples, heatmap.mean, heatmap.best(3).len()), (0, None, 0));
}

#[tokio::test]
async fn hours_are_the_organizations_hours() {
    let mut world = World::new().await;
    world.set_zone("Europe/Berlin").await;
    let ann = world.account("ann").await;
    // Monday 23:30 UTC is Tuesday 00:30 in Berlin.
    world.net.post("ann", "late", at("2026-03-02T23:30:00Z"), numbers(10, 30, 0, 0));
    world.net.post("ann", "noon", at("2026-03-04T11:00:00Z"), numbers(10, 5, 1, 0));
    world.net.post("ann", "noon too", at("2026-03-04T11:20:00Z"), numbers(10, 2, 0, 0));
    world.ingest(ann, "2026-03-09").await;
    world.roll_up().await;
    let heatmap = world.analytics.heatmap(&world.scope(), day("2026-03-09"), 90, None).await.expect("read");
    let full: Vec<_> = heatmap
        .cells
        .iter()
        .filter(|cell| cell.samples > 0)
        .map(|cell| (cell.weekday, cell.hour, cell.mean, cell.samples))
        .collect();
    assert_eq!(full, [(2, 0, Some(30.0), 1), (3, 12, Some(4.0), 2)]);
}

#[tokio::test]
async fn content_is_listed_by_filter_and_page() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    for n in 0..5 {
        let published = at("2026-03-01T10:00:00Z") + std::time::Duration::from_secs(n * 86_400);
        world.net.post("ann", &format!("a{n}"), published, numbers(10, 1, 0, 0));
    }
    world.net.page("bob", |page| {
        let mut reel = item("reel", at("2026-03-03T10:00:00Z"));
        reel.format = rookery_platforms::ContentFormat::Reel;
        page.items.push(reel);
    });
    for account in [ann, bob] {
        world.ingest(account, "2026-03-09").await;
    }
    let list = async |filter: ContentFilter, after: Option<Cursor>, limit: u16| {
        let page = world.analytics.content_list(&world.scope(), &filter, after, Limit::new(limit)).await.expect("read");
        let ids: Vec<_> = page.items.iter().map(|row| row.external_content_id.clone()).collect();
        (ids, page.next)
    };
    let (first, next) = list(ContentFilter::default(), None, 4).await;
    assert_eq!((first.len(), first[0].as_str()), (4, "a4"));
    let (rest, end) = list(ContentFilter::default(), next, 4).await;
    assert_eq!((rest, end), (vec!["a1".to_owned(), "a0".to_owned()], None));
    let (of_bob, _) = list(ContentFilter { accounts: Some(vec![bob]), ..Default::default() }, None, 10).await;
    assert_eq!(of_bob, ["reel"]);
    let reels = ContentFilter { format: Some(rookery_analytics::ContentFormat::Reel), ..Default::default() };
    assert_eq!(list(reels, None, 10).await.0, ["reel"]);
    let span = ContentFilter {
        from: Some(at("2026-03-02T00:00:00Z")),
        before: Some(at("2026-03-03T00:00:00Z")),
        ..Default::default()
    };
    assert_eq!(list(span, None, 10).await.0, ["a1"]);
}
