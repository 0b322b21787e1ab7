//! Figures cut any way against a plain slow recomputation over random content, and what the pages rely on.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{
    AnnotationError, AskError, BadQuestion, Bucket, ContentFormat, ContentQuery, ContentSort, DailyReading, Filter,
    FormatChoice, Measure, MetricBasis, Mode, Numbers, PartKey, Question, RATE_REACH_MIN, Range, Split, Step,
};
use rookery_kernel::{AccountId, ContentId, Date, Limit, Platform, Timestamp, Zone};
use uuid::Uuid;

use crate::world::{World, at, day};

/// Reach, impressions, views, reactions, comments, shares, clicks, saves.
type Eight = [Option<i64>; 8];

#[derive(Debug, Clone)]
struct Item {
    account: usize,
    format: ContentFormat,
    published: Timestamp,
    is_day: bool,
    /// Of two tags.
    tags: [bool; 2],
    readings: BTreeMap<Date, Eight>,
}

const FORMATS: [ContentFormat; 4] =
    [ContentFormat::Post, ContentFormat::Reel, ContentFormat::Story, ContentFormat::Video];

fn items() -> impl Strategy<Value = Vec<Item>> {
    let number = || prop::option::weighted(0.75, 0_i64..400);
    let readings = prop::collection::btree_map(-1_i64..70, prop::array::uniform8(number()), 0..6);
    let kind = (0_usize..3, 0_usize..4, prop::bool::weighted(0.2), any::<[bool; 2]>());
    let item =
        (kind, 0_i64..100, 0_u64..24, readings).prop_map(|((account, format, is_day, tags), days, hour, readings)| {
            let date = day("2026-01-01").plus_days(days);
            let published = date.start_utc() + std::time::Duration::from_secs(hour * 3600);
            let readings = readings.into_iter().map(|(n, eight)| (date.plus_days(n), eight)).collect();
            Item { account, format: FORMATS[format], published, is_day, tags, readings }
        });
    prop::collection::vec(item, 3..25)
}

fn add(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
    }
}

impl Item {
    fn known(&self, metric: usize) -> Vec<(Date, i64)> {
        self.readings.iter().filter_map(|(date, eight)| Some((*date, eight[metric]?))).collect()
    }

    /// The changes of a metric, by the words of the rule.
    fn changes(&self, metric: usize) -> BTreeMap<Date, i64> {
        let known = self.known(metric);
        let change = |n: usize| {
            let (date, value) = known[n];
            let earlier = n.checked_sub(1).map(|before| known[before]).filter(|(b, _)| date.days_since(*b) <= 92);
            match earlier {
                _ if self.is_day => Some(value),
                Some((_, before)) => Some(value - before),
                None => (self.published.date_utc() >= date.plus_days(-1)).then_some(value),
            }
        };
        (0..known.len()).filter_map(|n| Some((known[n].0, change(n)?))).collect()
    }

    /// The total of a metric: what the newest reading says, or all days together.
    fn total(&self, metric: usize) -> Option<i64> {
        if self.is_day {
            return self.known(metric).into_iter().map(|(_, n)| n).reduce(|a, b| a + b);
        }
        self.readings.values().next_back().and_then(|eight| eight[metric])
    }
}

/// What a part and a step sum up to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    eight: Eight,
    engagement: Option<i64>,
    rated: i64,
    base: i64,
    items: i64,
}

impl Sum {
    /// One item's numbers, or one item's changes of a day.
    fn of(eight: Eight) -> Self {
        let engagement = add(add(eight[3], eight[4]), eight[5]);
        // Reach first, then views, then impressions.
        let base = [0, 2, 1].into_iter().filter_map(|n| eight[n]).find(|n| *n > 0);
        let rated = engagement.zip(base);
        Self { eight, engagement, rated: rated.map_or(0, |r| r.0), base: rated.map_or(0, |r| r.1), items: 1 }
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            eight: std::array::from_fn(|n| add(self.eight[n], other.eight[n])),
            engagement: add(self.engagement, other.engagement),
            rated: self.rated + other.rated,
            base: self.base + other.base,
            items: self.items + other.items,
        }
    }

    fn value(&self, measure: Measure) -> Option<f64> {
        let number = match measure {
            Measure::Reach => self.eight[0],
            Measure::Impressions => self.eight[1],
            Measure::Views => self.eight[2],
            Measure::Reactions => self.eight[3],
            Measure::Comments => self.eight[4],
            Measure::Shares => self.eight[5],
            Measure::Clicks => self.eight[6],
            Measure::Saves => self.eight[7],
            Measure::Engagement => self.engagement,
            Measure::Posts => Some(self.items),
            Measure::EngagementRate => return (self.base > 0).then(|| self.rated as f64 / self.base as f64),
            Measure::Followers => None,
        };
        number.map(|n| n as f64)
    }
}

/// Three accounts on two networks, two groups that share one account, two tags.
struct Fixture {
    world: World,
    zone: Zone,
    accounts: [AccountId; 3],
    networks: [Platform; 3],
    groups: [Uuid; 2],
    tags: [Uuid; 2],
    items: Vec<Item>,
    ids: Vec<(ContentId, i64)>,
}

/// Who is in which group.
const MEMBERS: [&[usize]; 2] = [&[0, 1], &[1, 2]];

impl Fixture {
    async fn new() -> Self {
        let mut world = World::new().await;
        let organization = world.org.organization_id.uuid();
        sqlx::query("update identity.organizations set timezone = 'Europe/Berlin' where organization_id = $1")
            .bind(organization)
            .execute(&mut world.owner)
            .await
            .expect("a zone");
        let (ann, bob) = (world.account("ann").await, world.account("bob").await);
        let cid = AccountId::from_uuid(Uuid::from_u128(0xc1d));
        sqlx::query(
            "insert into accounts.social_accounts (organization_id, id, platform, platform_user_id, username, status)
             values ($1, $2, 'bluesky', 'cid', 'cid', 'active')",
        )
        .bind(organization)
        .bind(cid.uuid())
        .execute(&mut world.owner)
        .await
        .expect("an account");
        world.analytics.track(&world.scope(), &[cid]).await.expect("tracked");
        let accounts = [ann, bob, cid];
        let groups = [Uuid::from_u128(0x61), Uuid::from_u128(0x62)];
        for (n, group) in groups.iter().enumerate() {
            sqlx::query("insert into analytics.page_groups (organization_id, id, name) values ($1, $2, $3)")
                .bind(organization)
                .bind(group)
                .bind(["food", "travel"][n])
                .execute(&mut world.owner)
                .await
                .expect("a group");
            for member in MEMBERS[n] {
                sqlx::query(
                    "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
                     select organization_id, $2, id from analytics.tracked_integrations
                     where organization_id = $1 and integration_id = $3",
                )
                .bind(organization)
                .bind(group)
                .bind(accounts[*member].uuid())
                .execute(&mut world.owner)
                .await
                .expect("a member");
            }
        }
        let tags = [Uuid::from_u128(0x71), Uuid::from_u128(0x72)];
        for (n, tag) in tags.iter().enumerate() {
            sqlx::query("insert into analytics.tags (organization_id, id, key, type) values ($1, $2, $3, 'manual')")
                .bind(organization)
                .bind(tag)
                .bind(["harbour", "winter"][n])
                .execute(&mut world.owner)
                .await
                .expect("a tag");
        }
        Self {
            world,
            zone: "Europe/Berlin".parse().expect("a zone"),
            accounts,
            networks: [Platform::Mastodon, Platform::Mastodon, Platform::Bluesky],
            groups,
            tags,
            items: Vec::new(),
            ids: Vec::new(),
        }
    }

    async fn fill(&mut self, items: Vec<Item>) {
        let owner = &mut self.world.owner;
        sqlx::raw_sql("delete from analytics.content; delete from analytics.daily_rollups")
            .execute(&mut *owner)
            .await
            .expect("emptied");
        self.ids.clear();
        for (n, item) in items.iter().enumerate() {
            let (id, key): (Uuid, i64) = sqlx::query_as(
                "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                                published_at, caption)
                 values ($1, $2, $3, $4::accounts.platform, $5::analytics.content_format, $6, $7)
                 returning id, content_key",
            )
            .bind(self.world.org.organization_id.uuid())
            .bind(self.accounts[item.account].uuid())
            .bind(format!("p{n}"))
            .bind(self.networks[item.account].label())
            .bind(item.format.label())
            .bind(item.published)
            .bind(caption(n))
            .fetch_one(&mut *owner)
            .await
            .expect("stored");
            self.ids.push((ContentId::from_uuid(id), key));
            for (tag, _) in self.tags.iter().zip(item.tags).filter(|(_, has)| *has) {
                sqlx::query(
                    "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
                     values ($1, $2, $3, 'manual', 'user')",
                )
                .bind(self.world.org.organization_id.uuid())
                .bind(id)
                .bind(tag)
                .execute(&mut *owner)
                .await
                .expect("tagged");
            }
        }
        let readings = items.iter().enumerate().flat_map(|(n, item)| {
            let account = self.accounts[item.account];
            item.readings.iter().map(move |(date, eight)| DailyReading {
                account,
                external_content_id: format!("p{n}"),
                date: *date,
                basis: if item.is_day { MetricBasis::Day } else { MetricBasis::Lifetime },
                numbers: Numbers {
                    reach: eight[0],
                    impressions: eight[1],
                    views: eight[2],
                    reactions: eight[3],
                    comments: eight[4],
                    shares: eight[5],
                    clicks: eight[6],
                    saves: eight[7],
                },
            })
        });
        let readings: Vec<DailyReading> = readings.collect();
        self.world.analytics.store_readings(&self.world.scope(), "test", readings).await.expect("stored");
        // Members of groups, tags and content were written past the operations that leave marks.
        self.world.analytics.rebuild_rollups(&self.world.scope(), |_, _| {}).await.expect("summed");
        self.items = items;
    }

    fn matches(&self, item: &Item, filter: &Filter) -> bool {
        let account = self.accounts[item.account];
        let in_accounts = match (filter.accounts.is_empty(), filter.group) {
            (false, _) => filter.accounts.contains(&account),
            (true, Some(group)) => self.groups_of(item.account).contains(&group),
            (true, None) => true,
        };
        in_accounts
            && filter.network.is_none_or(|network| self.networks[item.account] == network)
            && filter.tag.is_none_or(|tag| self.tags_of(item).contains(&tag))
            && filter.format.is_none_or(|choice| choice.formats().contains(&item.format))
            && filter.weekday.is_none_or(|weekday| self.local(item).0 == weekday)
    }

    fn groups_of(&self, account: usize) -> Vec<Uuid> {
        (0..2).filter(|n| MEMBERS[*n].contains(&account)).map(|n| self.groups[n]).collect()
    }

    fn tags_of(&self, item: &Item) -> Vec<Uuid> {
        (0..2).filter(|n| item.tags[*n]).map(|n| self.tags[n]).collect()
    }

    /// Weekday and hour of publishing in the organization's zone.
    fn local(&self, item: &Item) -> (u8, u8) {
        let local = self.zone.local(item.published);
        let small = |n: i8| u8::try_from(n).expect("small");
        (small(local.weekday().to_monday_one_offset()), small(local.hour()))
    }

    fn parts(&self, item: &Item, question: &Question) -> Vec<PartKey> {
        match question.split {
            Split::None => vec![PartKey::All],
            Split::Account => vec![PartKey::Account(self.accounts[item.account])],
            Split::Network => vec![PartKey::Network(self.networks[item.account])],
            Split::Format => vec![PartKey::Format(item.format)],
            Split::Group => {
                let groups = self.groups_of(item.account).into_iter();
                groups.filter(|id| question.filter.group.is_none_or(|group| group == *id)).map(PartKey::Group).collect()
            }
            Split::Tag => self.tags_of(item).into_iter().map(PartKey::Tag).collect(),
            Split::Weekday => vec![PartKey::Weekday(self.local(item).0)],
            Split::Hour => vec![PartKey::Hour(self.local(item).1)],
        }
    }

    /// Everything that counts, with the day it counts on.
    fn counted(&self, question: &Question, mode: Mode) -> Vec<(PartKey, Date, Sum)> {
        let items = self.items.iter().filter(|item| self.matches(item, &question.filter));
        items
            .flat_map(|item| {
                let sums = self.sums(item, mode);
                let parts = self.parts(item, question);
                parts
                    .into_iter()
                    .flat_map(move |part| sums.clone().into_iter().map(move |(date, sum)| (part, date, sum)))
            })
            .collect()
    }

    async fn check(&self, question: &Question) {
        let answer = self.world.analytics.performance(&self.world.scope(), question).await.expect("an answer");
        let counted = self.counted(question, answer.mode);
        let sum = |part: PartKey, from: Date, to: Date| {
            let within = counted.iter().filter(|(key, date, _)| *key == part && (from..=to).contains(date));
            within.map(|(.., sum)| *sum).reduce(|a, b| a.and(&b))
        };
        let value = |part: PartKey, from: Date, to: Date| {
            let none = (question.measure == Measure::Posts).then_some(0.0);
            sum(part, from, to).map_or(none, |sum| sum.value(question.measure))
        };
        let days = question.range.days();
        for line in &answer.lines {
            let values = |shift: i64| -> Vec<_> {
                let shifted = |b: &Bucket| value(line.key, b.from.plus_days(shift), b.to.plus_days(shift));
                answer.buckets.iter().map(shifted).collect()
            };
            assert_eq!(line.values, values(0), "{:?} of {question:?}", line.key);
            assert_eq!(line.previous, values(-days), "{:?} before {question:?}", line.key);
            let (now, before) = (question.range, question.range.previous());
            assert_eq!(line.total, value(line.key, now.from, now.to), "{question:?}");
            assert_eq!(line.previous_total, value(line.key, before.from, before.to), "{question:?}");
            if answer.mode == Mode::Cohort {
                let items = sum(line.key, now.from, now.to).map_or(0, |sum| sum.items);
                assert_eq!(line.items, Some(items), "{question:?}");
            }
        }
        let shown: BTreeSet<PartKey> = answer.lines.iter().map(|line| line.key).collect();
        for (part, date, _) in &counted {
            assert!(!question.range.contains(*date) || shown.contains(part), "{part:?} is missing: {question:?}");
        }
        let reports = |item: &&Item| {
            // When what happened is counted, an account reports what its items bring, whatever tags they bear.
            let tag = question.filter.tag.filter(|_| answer.mode == Mode::Cohort);
            let filter = Filter { tag, ..question.filter.clone() };
            let counts =
                |(date, sum): (Date, Sum)| question.range.contains(date) && sum.value(question.measure).is_some();
            self.matches(item, &filter) && self.sums(item, answer.mode).into_iter().any(counts)
        };
        let reporting: BTreeSet<usize> = self.items.iter().filter(reports).map(|item| item.account).collect();
        assert_eq!(answer.coverage.with_data, reporting.len(), "{question:?}");
    }

    /// What an item brings, with the day it counts on.
    fn sums(&self, item: &Item, mode: Mode) -> Vec<(Date, Sum)> {
        match mode {
            Mode::Cohort => vec![(self.zone.date(item.published), Sum::of(std::array::from_fn(|n| item.total(n))))],
            Mode::Activity => {
                let changes: Vec<_> = (0..8).map(|n| item.changes(n)).collect();
                let on = |date: &Date| Sum::of(std::array::from_fn(|n| changes[n].get(date).copied()));
                item.readings.keys().map(|date| (*date, on(date))).collect()
            }
        }
    }

    fn filters(&self) -> Vec<Filter> {
        let none = Filter::default;
        vec![
            none(),
            Filter { accounts: vec![self.accounts[0], self.accounts[2]], ..none() },
            Filter { network: Some(Platform::Mastodon), ..none() },
            Filter { group: Some(self.groups[0]), ..none() },
            Filter { group: Some(self.groups[1]), network: Some(Platform::Bluesky), ..none() },
            Filter { tag: Some(self.tags[0]), ..none() },
            Filter { tag: Some(self.tags[1]), group: Some(self.groups[0]), ..none() },
            Filter { format: Some(FormatChoice::Posts), ..none() },
            Filter { format: Some(FormatChoice::Reel), group: Some(self.groups[1]), ..none() },
            Filter { weekday: Some(4), group: Some(self.groups[0]), ..none() },
        ]
    }
}

fn caption(n: usize) -> String {
    ["Low tide at noon", "The 100% wreck", "Bread and butter", "low_tide again"][n % 4].to_owned()
}

fn range(from: &str, days: i64) -> Range {
    Range::new(day(from), day(from).plus_days(days - 1)).expect("a range")
}

#[tokio::test]
async fn figures_cut_any_way_agree_with_a_plain_slow_recomputation() {
    let mut fixture = Fixture::new().await;
    let mut runner = TestRunner::deterministic();
    let measures: Vec<Measure> = Measure::ALL.iter().copied().filter(|m| *m != Measure::Followers).collect();
    let mut turn = 0_usize;
    for _ in 0..8 {
        let items = items().new_tree(&mut runner).expect("items").current();
        fixture.fill(items).await;
        for range in
            [range("2026-02-01", 28), range("2026-01-20", 100), range("2026-01-05", 300), range("2026-02-11", 1)]
        {
            for filter in fixture.filters() {
                // Every split and every measure gets its turn with every filter.
                for _ in 0..3 {
                    turn += 1;
                    let question = Question {
                        range,
                        filter: filter.clone(),
                        measure: measures[turn % measures.len()],
                        split: Split::ALL[turn % Split::ALL.len()],
                        is_cohort: turn.is_multiple_of(5),
                    };
                    fixture.check(&question).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn all_figures_at_once_are_those_asked_for_one_by_one() {
    let mut fixture = Fixture::new().await;
    let items = items().new_tree(&mut TestRunner::deterministic()).expect("items").current();
    fixture.fill(items).await;
    let (scope, range) = (fixture.world.scope(), range("2026-01-10", 60));
    for filter in fixture.filters() {
        let figures = fixture.world.analytics.figures(&scope, range, &filter, false).await.expect("figures");
        for (measure, line, coverage) in &figures.lines {
            let question = Question { filter: filter.clone(), ..Question::new(range, *measure, Split::None) };
            let alone = fixture.world.analytics.performance(&scope, &question).await.expect("an answer");
            let one = &alone.lines[0];
            let shown = (line.total, line.previous_total, line.change, *coverage);
            assert_eq!(shown, (one.total, one.previous_total, one.change, alone.coverage), "{measure:?} {filter:?}");
        }
    }
}

#[tokio::test]
async fn formats_and_hours_agree_with_a_plain_slow_recomputation() {
    let mut fixture = Fixture::new().await;
    let mut runner = TestRunner::deterministic();
    let (scope, range) = (fixture.world.scope(), range("2026-01-01", 100));
    for _ in 0..6 {
        let items = items().new_tree(&mut runner).expect("items").current();
        fixture.fill(items).await;
        for filter in fixture.filters() {
            let question =
                Question { filter: filter.clone(), ..Question::new(range, Measure::EngagementRate, Split::Format) };
            let published: Vec<_> = fixture
                .counted(&question, Mode::Cohort)
                .into_iter()
                .filter(|(_, date, _)| range.contains(*date))
                .collect();
            let comparison = fixture.world.analytics.format_comparison(&scope, range, &filter).await.expect("read");
            let mut best: Option<f64> = None;
            for row in &comparison.rows {
                let of_format = published.iter().filter(|(key, ..)| *key == PartKey::Format(row.format));
                let sum = of_format.map(|(.., sum)| *sum).reduce(|a, b| a.and(&b)).expect("a format with content");
                assert_eq!((row.items, row.engagement, row.numbers.reach), (sum.items, sum.engagement, sum.eight[0]));
                assert_eq!(row.rate.value, sum.value(Measure::EngagementRate));
                best = best.into_iter().chain(row.rate.value).reduce(f64::max);
            }
            let formats: BTreeSet<_> = published.iter().map(|(key, ..)| *key).collect();
            assert_eq!(comparison.rows.len(), formats.len(), "every format that was published");
            if let Some(winner) = comparison.winner {
                let row = comparison.rows.iter().find(|row| row.format == winner).expect("the winner is a row");
                assert_eq!(row.rate.value, best);
            } else {
                assert!(best.is_none() || comparison.is_tie);
            }
            let times = fixture.world.analytics.best_time(&scope, range, &filter).await.expect("read");
            for cell in &times.heatmap.cells {
                let then = fixture.items.iter().filter(|item| {
                    fixture.matches(item, &filter)
                        && range.contains(fixture.zone.date(item.published))
                        && fixture.local(item) == (cell.weekday, cell.hour)
                });
                let known: Vec<i64> = then.filter_map(|i| add(add(i.total(3), i.total(4)), i.total(5))).collect();
                assert_eq!(cell.samples, i64::try_from(known.len()).expect("few"));
                let mean = (!known.is_empty()).then(|| known.iter().sum::<i64>() as f64 / known.len() as f64);
                assert_eq!(cell.mean, mean);
            }
            assert!(times.is_enough() || times.slots.is_empty());
            assert!(times.slots.iter().all(|slot| slot.samples >= 2 && slot.score <= 1.0));
        }
    }
}

#[tokio::test]
async fn pages_of_content_put_together_are_the_whole_list_in_order() {
    let mut fixture = Fixture::new().await;
    let mut runner = TestRunner::deterministic();
    let (scope, range) = (fixture.world.scope(), range("2026-01-10", 80));
    for _ in 0..5 {
        let items = items().new_tree(&mut runner).expect("items").current();
        fixture.fill(items).await;
        for (turn, filter) in fixture.filters().into_iter().enumerate() {
            for sort in ContentSort::ALL.iter().copied() {
                let search = [None, Some("TIDE"), Some("100%"), Some("w_tide low")][turn % 4].map(str::to_owned);
                let mut query = ContentQuery {
                    filter: filter.clone(),
                    search: search.clone(),
                    sort,
                    limit: Limit::new(3),
                    ..ContentQuery::new(range)
                };
                let mut listed = Vec::new();
                loop {
                    let page =
                        fixture.world.analytics.content_table(&scope, &fixture.zone, &query).await.expect("read");
                    listed.extend(page.rows.iter().map(|row| row.content.id));
                    assert!(page.rows.len() <= 3);
                    let Some(next) = page.next else { break };
                    query.after = Some(next.to_string().parse().expect("a cursor"));
                }
                let number = |item: &Item| -> f64 {
                    let sum = Sum::of(std::array::from_fn(|n| item.total(n)));
                    let reaches = item.total(0).is_some_and(|reach| reach >= RATE_REACH_MIN);
                    let known = match sort {
                        ContentSort::PublishedAt => {
                            return item.published.since(day("1990-01-01").start_utc()).as_secs_f64();
                        }
                        ContentSort::Reach => sum.value(Measure::Reach),
                        ContentSort::Views => sum.value(Measure::Views),
                        ContentSort::Impressions => sum.value(Measure::Impressions),
                        ContentSort::Engagement => sum.value(Measure::Engagement),
                        ContentSort::EngagementRate => sum.value(Measure::EngagementRate).filter(|_| reaches),
                    };
                    known.unwrap_or(f64::NEG_INFINITY)
                };
                let words: Vec<String> =
                    search.iter().flat_map(|s| s.split_whitespace()).map(str::to_lowercase).collect();
                let mut expected: Vec<(f64, i64, ContentId)> = (0..fixture.items.len())
                    .filter(|n| {
                        let item = &fixture.items[*n];
                        fixture.matches(item, &filter)
                            && range.contains(fixture.zone.date(item.published))
                            && words.iter().all(|word| caption(*n).to_lowercase().contains(word))
                    })
                    .map(|n| (number(&fixture.items[n]), fixture.ids[n].1, fixture.ids[n].0))
                    .collect();
                expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
                let expected: Vec<ContentId> = expected.into_iter().map(|row| row.2).collect();
                assert_eq!(listed, expected, "{sort:?} {filter:?} {search:?}");
            }
        }
    }
}

#[tokio::test]
async fn followers_stand_and_are_not_added_up() {
    let fixture = Fixture::new().await;
    let mut owner = fixture.world.db.owner().await;
    for (account, date, followers) in
        [(0, "2026-01-10", 100), (0, "2026-02-03", 130), (1, "2026-02-05", 50), (2, "2026-01-01", 7)]
    {
        sqlx::query(
            "insert into analytics.account_daily_metrics (organization_id, integration_id, date, followers)
             values ($1, $2, $3, $4)",
        )
        .bind(fixture.world.org.organization_id.uuid())
        .bind(fixture.accounts[account].uuid())
        .bind(day(date))
        .bind(i64::from(followers))
        .execute(&mut owner)
        .await
        .expect("stored");
    }
    let (scope, range) = (fixture.world.scope(), range("2026-02-01", 7));
    let ask = |split| Question::new(range, Measure::Followers, split);
    let all = fixture.world.analytics.performance(&scope, &ask(Split::None)).await.expect("read");
    let line = &all.lines[0];
    assert_eq!(line.values, [107.0, 107.0, 137.0, 137.0, 187.0, 187.0, 187.0].map(Some));
    assert_eq!((line.total, line.previous_total), (Some(187.0), Some(107.0)));
    // Whoever is new is no growth: 137 of 107.
    assert!((line.change.expect("known before") - 28.037).abs() < 0.001);
    assert_eq!((all.coverage.with_data, all.coverage.of, all.step), (3, 3, Step::Day));
    let groups = fixture.world.analytics.performance(&scope, &ask(Split::Group)).await.expect("read");
    let totals: Vec<_> = groups.lines.iter().map(|line| (line.name.as_str(), line.total)).collect();
    assert_eq!(totals, [("food", Some(180.0)), ("travel", Some(57.0))]);
    assert_eq!(groups.lines[1].values[0], Some(7.0), "bob was not known yet");
    let wrong = fixture.world.analytics.performance(&scope, &ask(Split::Hour)).await;
    assert!(matches!(wrong, Err(AskError::Bad(BadQuestion::Followers))), "{wrong:?}");
}

#[tokio::test]
async fn what_is_not_there_is_said_and_another_organization_sees_nothing() {
    let mut fixture = Fixture::new().await;
    let items = items().new_tree(&mut TestRunner::deterministic()).expect("items").current();
    fixture.fill(items).await;
    let (scope, range) = (fixture.world.scope(), range("2026-01-10", 60));
    let strange = Uuid::from_u128(9);
    let filters = [
        (Filter { accounts: vec![AccountId::from_uuid(strange)], ..Filter::default() }, "account"),
        (Filter { group: Some(strange), ..Filter::default() }, "page group"),
        (Filter { tag: Some(strange), ..Filter::default() }, "tag"),
    ];
    for (filter, what) in filters {
        let question = Question { filter, ..Question::new(range, Measure::Reach, Split::None) };
        let answer = fixture.world.analytics.performance(&scope, &question).await;
        assert!(matches!(&answer, Err(AskError::NotFound(missing)) if *missing == what), "{answer:?}");
    }
    let (id, _) = fixture.ids[0];
    let detail = fixture.world.analytics.content_detail(&scope, &fixture.zone, id, None).await.expect("read");
    assert_eq!(detail.row.content.id, id);
    let elsewhere = fixture.world.db.organization().await;
    let answer = fixture.world.analytics.content_detail(&elsewhere.scope, &fixture.zone, id, None).await;
    assert!(matches!(answer, Err(AskError::NotFound("content"))), "{answer:?}");
    let nothing = Question::new(range, Measure::Reach, Split::Account);
    let answer = fixture.world.analytics.performance(&elsewhere.scope, &nothing).await.expect("an empty answer");
    assert!(answer.lines.is_empty());
    assert_eq!((answer.coverage.with_data, answer.coverage.of), (0, 0));
}

#[tokio::test]
async fn a_curve_stands_beside_what_is_usual() {
    let mut fixture = Fixture::new().await;
    let item = |published: &str, account: usize, readings: &[(i64, i64)]| Item {
        account,
        format: ContentFormat::Post,
        published: published.parse().expect("a time"),
        is_day: false,
        tags: [true, false],
        readings: readings
            .iter()
            .map(|(age, reach)| {
                let date = day(&published[..10]).plus_days(*age);
                (date, [Some(*reach), None, None, None, None, None, None, None])
            })
            .collect(),
    };
    let mut items = vec![item("2026-03-01T10:00:00Z", 0, &[(0, 90), (1, 140), (3, 150)])];
    // Five of the account in the 90 days before, one older, one younger, one of another account.
    for n in 1..=5 {
        items.push(item(&format!("2026-02-{:02}T10:00:00Z", n * 4), 0, &[(0, n * 10), (3, n * 20)]));
    }
    items.push(item("2025-11-01T10:00:00Z", 0, &[(0, 9_000), (3, 9_000)]));
    items.push(item("2026-03-02T10:00:00Z", 0, &[(0, 9_000), (3, 9_000)]));
    items.push(item("2026-02-10T10:00:00Z", 1, &[(0, 9_000), (3, 9_000)]));
    fixture.fill(items).await;
    let (scope, analytics) = (fixture.world.scope(), &fixture.world.analytics);
    let (id, _) = fixture.ids[0];
    let detail = analytics.content_detail(&scope, &fixture.zone, id, Some(Measure::Reach)).await.expect("read");
    assert_eq!(detail.curve.values, [Some(90), Some(140), None, Some(150)]);
    let usual: Vec<_> = detail.curve.usual.iter().map(|point| (point.median, point.items)).collect();
    assert_eq!(usual, [(Some(30.0), 5), (Some(30.0), 5), (Some(30.0), 5), (Some(60.0), 5)]);
    assert_eq!((detail.curve.peers, detail.row.tags.len()), (5, 1));
    assert_eq!(detail.row.content.numbers.reach, Some(150));
    let views = analytics.content_detail(&scope, &fixture.zone, id, Some(Measure::Views)).await.expect("read");
    assert!(views.curve.values.iter().all(Option::is_none) && views.curve.usual.iter().all(|p| p.median.is_none()));
}

#[tokio::test]
async fn a_curve_opens_with_what_the_network_reports() {
    let mut fixture = Fixture::new().await;
    let item = |later: Eight| Item {
        account: 0,
        format: ContentFormat::Text,
        published: at("2026-03-01T10:00:00Z"),
        is_day: false,
        tags: [false; 2],
        // Nothing is told on the first day.
        readings: BTreeMap::from([(day("2026-03-01"), [None; 8]), (day("2026-03-02"), later)]),
    };
    let none = [None; 8];
    let items = [
        [Some(0), None, Some(7), Some(1), None, None, None, None],
        [None, Some(9), Some(7), Some(1), None, None, None, None],
        [None, None, Some(7), Some(1), None, None, None, None],
        [None, None, None, None, Some(0), None, Some(2), None],
        [None, None, None, None, None, None, Some(2), Some(1)],
        none,
    ];
    fixture.fill(items.map(item).to_vec()).await;
    let (scope, analytics) = (fixture.world.scope(), &fixture.world.analytics);
    let mut opened = Vec::new();
    for (id, _) in &fixture.ids {
        opened.push(analytics.content_detail(&scope, &fixture.zone, *id, None).await.expect("read").measure);
    }
    let (reach, views) = (Measure::Reach, Measure::Views);
    assert_eq!(opened, [reach, Measure::Impressions, views, Measure::Engagement, Measure::Clicks, reach]);
    // Whoever asks gets what was asked for, known or not; a rate has no curve.
    let asked = async |measure| {
        analytics.content_detail(&scope, &fixture.zone, fixture.ids[2].0, Some(measure)).await.expect("read")
    };
    let saves = asked(Measure::Saves).await;
    assert_eq!((saves.measure, saves.curve.values.iter().flatten().count()), (Measure::Saves, 0));
    let rate = asked(Measure::EngagementRate).await;
    assert_eq!((rate.measure, rate.curve.values), (views, vec![None, Some(7)]));
}

#[tokio::test]
async fn a_split_by_tag_shows_made_tags_and_the_words_used_most_and_counts_the_others() {
    let mut fixture = Fixture::new().await;
    let (scope, organization) = (fixture.world.scope(), fixture.world.org.organization_id.uuid());
    // 60 words with reach in February: word 0 was used most there; the last ten were used more in January, and reach most.
    let words = "with word as (
             insert into analytics.tags (organization_id, id, key, type)
             select $1, gen_random_uuid(), 'word' || to_char(n, 'FM00'), 'auto' from generate_series(0, 59) n
             returning id, key, right(key, 2)::integer as n),
         month as (
             insert into analytics.monthly_rollups (organization_id, month, scope_type, scope_id, new_content_count)
             select $1, m.month, 'tag', w.id, case when m.month = '2026-02-01' then 100 - w.n else w.n * 100 end
             from word w cross join (values (date '2026-01-01'), (date '2026-02-01')) m (month))
         insert into analytics.daily_rollups (organization_id, date, scope_type, scope_id, format, reach, reach_items)
         select $1, date '2026-02-10', 'tag', id, 'all', 1000 + n, 1 from word";
    sqlx::query(words).bind(organization).execute(&mut fixture.world.owner).await.expect("words");
    let rule = "insert into analytics.tag_rules (organization_id, id, tag_id, match_kind, pattern)
                select $1, gen_random_uuid(), id, 'keyword', 'x' from analytics.tags where key = 'word58'";
    sqlx::query(rule).bind(organization).execute(&mut fixture.world.owner).await.expect("a rule");
    let ask = async |from: &str, days: i64, filter: Filter| {
        let question = Question { filter, ..Question::new(range(from, days), Measure::Reach, Split::Tag) };
        fixture.world.analytics.performance(&scope, &question).await.expect("an answer")
    };
    let february = ask("2026-02-05", 20, Filter::default()).await;
    let names: Vec<&str> = february.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!((names.len(), february.left_out, february.mode), (51, 9, Mode::Activity), "{names:?}");
    assert_eq!(names[..3], ["word58", "word49", "word48"], "by their figure; tags by hand without one are no lines");
    // In other months other words are used most.
    let january = ask("2026-01-31", 20, Filter::default()).await;
    assert!(january.lines.iter().any(|line| line.name == "word59"));
    assert!(january.lines.iter().all(|line| line.name != "word00"));
    // Filtered by a tag, what bears it is counted, and the tag is among the parts.
    let rare = "select id from analytics.tags where key = 'word59'";
    let rare: Uuid = sqlx::query_scalar(rare).fetch_one(&mut fixture.world.db.owner().await).await.expect("there");
    let filtered = ask("2026-02-05", 20, Filter { tag: Some(rare), ..Filter::default() }).await;
    assert_eq!((filtered.left_out, filtered.mode), (8, Mode::Cohort));
    let by_account = Question::new(range("2026-02-05", 20), Measure::Reach, Split::Account);
    assert_eq!(fixture.world.analytics.performance(&scope, &by_account).await.expect("an answer").left_out, 0);
}

#[tokio::test]
async fn notes_are_kept_shown_in_their_range_and_told_to_the_log() {
    let fixture = Fixture::new().await;
    let (scope, analytics) = (fixture.world.scope(), &fixture.world.analytics);
    let note = analytics.annotate(&scope, day("2026-02-10"), "  The wreck was on television  ").await.expect("kept");
    assert_eq!(note.text, "The wreck was on television");
    let long = analytics.annotate(&scope, day("2026-02-10"), &"ä".repeat(201)).await;
    assert!(matches!(long, Err(AnnotationError::TooLong(201))), "{long:?}");
    assert!(matches!(analytics.annotate(&scope, day("2026-02-10"), " ").await, Err(AnnotationError::Empty)));
    let read = analytics.annotations(&scope, range("2026-02-01", 28)).await.expect("read");
    assert_eq!(read, std::slice::from_ref(&note));
    assert!(analytics.annotations(&scope, range("2026-02-11", 28)).await.expect("read").is_empty());
    let elsewhere = fixture.world.db.organization().await;
    let removed = analytics.remove_annotation(&elsewhere.scope, note.id).await;
    assert!(matches!(removed, Err(AnnotationError::NotFound(_))), "{removed:?}");
    analytics.remove_annotation(&scope, note.id).await.expect("removed");
    assert!(analytics.annotations(&scope, range("2026-02-01", 28)).await.expect("read").is_empty());
    let mut owner = fixture.world.db.owner().await;
    let actions: Vec<String> = sqlx::query_scalar(
        "select action from governance.audit_logs where resource = 'analytics.annotations' order by action desc",
    )
    .fetch_all(&mut owner)
    .await
    .expect("rows");
    assert_eq!(actions, ["insert", "delete"]);
}
