//! What is summed beforehand, against a plain, slow recomputation of everything from the numbers and changes that stand
//! stored (whose own oracle is in `sums`).

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{BestTime, DailyReading, Filter, Heatmap, Kpi, KpiName, MetricBasis, Numbers, Range, RolledUp};
use rookery_kernel::{AccountId, Date};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sums;
use crate::world::{World, day};

const NUMBERS: [&str; 9] =
    ["reach", "impressions", "views", "reactions", "comments", "shares", "clicks", "saves", "watch_time_ms"];
const FORMATS: [&str; 3] = ["text", "video", "reel"];

type Key = (String, String, String, String);
type Sums = BTreeMap<String, Option<i64>>;

/// Rows as JSON objects.
async fn rows(owner: &mut PgConnection, sql: &'static str) -> Vec<Value> {
    sqlx::query_scalar(sql).fetch_all(owner).await.expect("rows")
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name} of {row}")).to_owned()
}

/// Every sum of a day (or, cut to seven characters, of a month) by the definitions.
async fn expected(owner: &mut PgConnection, date_length: usize) -> BTreeMap<Key, Sums> {
    let items = rows(
        owner,
        "select to_jsonb(c) || jsonb_build_object('published_on', (c.published_at at time zone o.timezone)::date)
         from analytics.content c join identity.organizations o using (organization_id)",
    )
    .await;
    let numbers = rows(owner, "select to_jsonb(d) from analytics.content_daily_metrics d").await;
    let tags = rows(owner, "select to_jsonb(t) from analytics.content_tags t").await;
    let members = rows(
        owner,
        "select jsonb_build_object('group', m.group_id, 'account', t.integration_id)
         from analytics.page_group_members m join analytics.tracked_integrations t on t.id = m.tracked_integration_id
              join analytics.page_groups g on g.id = m.group_id and g.deleted_at is null",
    )
    .await;
    let item_of: BTreeMap<i64, &Value> = items.iter().map(|i| (i["content_key"].as_i64().expect("a key"), i)).collect();
    let scopes = |item: &Value| {
        let (account, format) = (text(item, "integration_id"), text(item, "format"));
        let mut scopes = Vec::new();
        for slice in ["all", &format] {
            scopes.push(("org".to_owned(), text(item, "organization_id"), slice.to_owned()));
            scopes.push(("integration".to_owned(), account.clone(), slice.to_owned()));
            for m in members.iter().filter(|m| m["account"] == item["integration_id"]) {
                scopes.push(("group".to_owned(), text(m, "group"), slice.to_owned()));
            }
        }
        for tag in tags.iter().filter(|t| t["content_id"] == item["id"]) {
            scopes.push(("tag".to_owned(), text(tag, "tag_id"), "all".to_owned()));
        }
        scopes
    };
    let zero = || {
        let counts = NUMBERS.iter().map(|n| format!("{n}_items"));
        let more = [
            "engagement_items",
            "new_content_count",
            "rated_engagement",
            "rated_by_reach",
            "rated_by_views",
            "rated_by_impressions",
        ];
        let mut sums: Sums = counts.chain(more.map(str::to_owned)).map(|name| (name, Some(0))).collect();
        if date_length == 10 {
            sums.insert("content_count".to_owned(), Some(0));
        }
        sums.extend(NUMBERS.iter().chain(&["engagement"]).map(|n| ((*n).to_owned(), None)));
        sums
    };
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    let add = |sums: &mut Sums, name: &str, value: i64| {
        let old = sums.get(name).copied().flatten().unwrap_or(0);
        sums.insert(name.to_owned(), Some(old + value));
    };
    for row in &numbers {
        let item = item_of[&row["content_key"].as_i64().expect("a key")];
        let change = |name: &str| row[format!("{name}_change")].as_i64();
        let parts: Vec<i64> = ["reactions", "comments", "shares"].iter().filter_map(|n| change(n)).collect();
        let engagement = (!parts.is_empty()).then(|| parts.iter().sum::<i64>());
        let rated = engagement.and_then(|engagement| {
            let base = ["reach", "views", "impressions"].into_iter().find(|n| change(n).is_some_and(|v| v > 0))?;
            Some((engagement, base, change(base)?))
        });
        for (kind, id, format) in scopes(item) {
            let date = text(row, "date")[..date_length].to_owned();
            let sums = sums.entry((date, kind, id, format)).or_insert_with(zero);
            if date_length == 10 {
                add(sums, "content_count", 1);
            }
            for (name, value) in NUMBERS.iter().map(|n| (*n, change(n))).chain([("engagement", engagement)]) {
                if let Some(value) = value {
                    add(sums, name, value);
                    add(sums, &format!("{name}_items"), 1);
                }
            }
            if let Some((engagement, base, value)) = rated {
                add(sums, "rated_engagement", engagement);
                add(sums, &format!("rated_by_{base}"), value);
            }
        }
    }
    for item in &items {
        for (kind, id, format) in scopes(item) {
            let date = text(item, "published_on")[..date_length].to_owned();
            add(sums.entry((date, kind, id, format)).or_insert_with(zero), "new_content_count", 1);
        }
    }
    sums
}

/// The sums that stand stored.
async fn stored(owner: &mut PgConnection, sql: &'static str, date: &str, date_length: usize) -> BTreeMap<Key, Sums> {
    let mut found = BTreeMap::new();
    for row in rows(owner, sql).await {
        let key = (
            text(&row, date)[..date_length].to_owned(),
            text(&row, "scope_type"),
            text(&row, "scope_id"),
            text(&row, "format"),
        );
        let left = [
            "organization_id",
            "date",
            "month",
            "scope_type",
            "scope_id",
            "format",
            "computed_at",
            "followers_delta",
            "integrations_expected",
            "integrations_ok",
        ];
        let sums: Sums = row
            .as_object()
            .expect("a row")
            .iter()
            .filter(|(name, _)| !left.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.as_i64()))
            .collect();
        found.insert(key, sums);
    }
    found
}

/// The totals of content by the definition: the newest lifetime row, else the sum of the days.
async fn assert_totals(owner: &mut PgConnection) {
    let items = rows(
        owner,
        "select to_jsonb(c) || jsonb_build_object('published_on', l::date, 'weekday', extract(isodow from l)::int,
                                                  'hour', extract(hour from l)::int)
         from analytics.content c join identity.organizations o using (organization_id)
              cross join lateral (select c.published_at at time zone o.timezone as l) l",
    )
    .await;
    let numbers = rows(owner, "select to_jsonb(d) from analytics.content_daily_metrics d order by d.date").await;
    let mut expected = BTreeMap::new();
    for item in &items {
        let mine: Vec<&Value> = numbers.iter().filter(|d| d["content_key"] == item["content_key"]).collect();
        let newest = mine.iter().rfind(|d| d["basis"] == "lifetime");
        let mut total = json!({"integration_id": item["integration_id"], "format": item["format"],
            "published_on": item["published_on"], "weekday": item["weekday"], "hour": item["hour"],
            "numbers_date": newest.or(mine.last()).map(|d| d["date"].clone())});
        for name in NUMBERS {
            let sum = || {
                let known: Vec<i64> = mine.iter().filter_map(|d| d[name].as_i64()).collect();
                (!known.is_empty()).then(|| known.iter().sum::<i64>())
            };
            total[name] = json!(newest.map_or_else(sum, |d| d[name].as_i64()));
        }
        let parts: Vec<i64> = ["reactions", "comments", "shares"].iter().filter_map(|n| total[n].as_i64()).collect();
        let engagement = (!parts.is_empty()).then(|| parts.iter().sum::<i64>());
        let basis = ["reach", "views", "impressions"].into_iter().find(|n| total[n].as_i64().is_some_and(|v| v > 0));
        let basis = engagement.and(basis);
        total["engagement"] = json!(engagement);
        total["rate_basis"] = json!(basis);
        total["rate_base"] = json!(basis.map(|b| total[b].clone()));
        expected.insert(item["content_key"].as_i64().expect("a key"), total);
    }
    let stored: BTreeMap<i64, Value> =
        rows(owner, "select to_jsonb(t) - 'organization_id' from analytics.content_totals t")
            .await
            .into_iter()
            .map(|mut row| {
                (
                    row.as_object_mut().expect("a row").remove("content_key").and_then(|k| k.as_i64()).expect("a key"),
                    row,
                )
            })
            .collect();
    assert_eq!(stored, expected, "totals");
}

/// The lists of best content, by sorting everything.
async fn assert_tops(owner: &mut PgConnection) {
    let newest =
        rows(owner, "select to_jsonb(max(date)) from analytics.content_daily_metrics having count(*) > 0").await;
    let Some(newest) = newest.first().and_then(Value::as_str).map(day) else { return };
    let totals = rows(owner, "select to_jsonb(t) from analytics.content_totals t").await;
    let lists = rows(owner, "select to_jsonb(t) from analytics.top_content t").await;
    assert_eq!(lists.len(), 20, "four windows, five numbers");
    for list in lists {
        let (days, metric) = (list["days"].as_i64().expect("days"), text(&list, "metric"));
        assert_eq!(text(&list, "as_of"), newest.to_string());
        let mut best: Vec<(f64, String, i64)> = totals
            .iter()
            .filter(|t| {
                let published = day(&text(t, "published_on"));
                published <= newest && published > newest.plus_days(-days)
            })
            .filter_map(|t| {
                let value = if metric == "engagement_rate" {
                    t["engagement"].as_f64()? / t["rate_base"].as_f64()?
                } else {
                    t[&metric].as_f64()?
                };
                Some((value, text(t, "published_on"), t["content_key"].as_i64()?))
            })
            .collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        let best: Vec<i64> = best.into_iter().map(|(.., key)| key).collect();
        assert_eq!(list["content_keys"], json!(best), "{metric} of {days} days");
        for (column, of_each) in [("published_on", "published_on"), ("integration_ids", "integration_id")] {
            let of = |key: &i64| totals.iter().find(|t| t["content_key"].as_i64() == Some(*key)).map(|t| &t[of_each]);
            assert_eq!(list[column], json!(best.iter().map(of).collect::<Vec<_>>()), "{column} of {metric}");
        }
    }
}

/// The usual periods up to yesterday, with those before them, by adding up their days: what should stand, and what stands.
const WRONG_PERIODS: &str = "
    with asked as (
        select o.organization_id, d.days, y.yesterday as last_date
        from identity.organizations o
             cross join lateral (select ($1::timestamptz at time zone o.timezone)::date - 1 as yesterday) y
             cross join unnest(array[30, 90, 365]) as d (days)
    ), half as (
        select a.organization_id, a.days, a.last_date, r.date > a.last_date - a.days as is_now, r.scope_type, r.scope_id,
               sum(r.new_content_count) as new_content_count, sum(r.reach) as reach, sum(r.impressions) as impressions,
               sum(r.views) as views, sum(r.reactions) as reactions, sum(r.comments) as comments, sum(r.shares) as shares,
               sum(r.clicks) as clicks, sum(r.saves) as saves, sum(r.watch_time_ms) as watch_time_ms,
               sum(r.engagement) as engagement, sum(r.rated_engagement) as rated_engagement,
               sum(r.rated_by_reach) as rated_by_reach, sum(r.rated_by_views) as rated_by_views,
               sum(r.rated_by_impressions) as rated_by_impressions
        from asked a
             join analytics.daily_rollups r using (organization_id)
        where r.format = 'all' and r.date <= a.last_date and r.date > a.last_date - 2 * a.days
        group by 1, 2, 3, 4, 5, 6
    ), scope as (
        select organization_id, days, last_date, scope_type, scope_id from half
        union
        select organization_id, days, last_date, 'integration', integration_id
        from asked join analytics.tracked_integrations using (organization_id)
    ), alone as (
        select s.organization_id, s.days, s.last_date, s.scope_type, s.scope_id, jsonb_build_object(
                   'new_content_count', n.new_content_count, 'reach', n.reach, 'impressions', n.impressions, 'views', n.views,
                   'reactions', n.reactions, 'comments', n.comments, 'shares', n.shares, 'clicks', n.clicks, 'saves', n.saves,
                   'watch_time_ms', n.watch_time_ms, 'engagement', n.engagement,
                   'rated_engagement', coalesce(n.rated_engagement, 0), 'rated_by_reach', coalesce(n.rated_by_reach, 0),
                   'rated_by_views', coalesce(n.rated_by_views, 0),
                   'rated_by_impressions', coalesce(n.rated_by_impressions, 0),
                   'previous_new_content_count', b.new_content_count, 'previous_reach', b.reach,
                   'previous_impressions', b.impressions, 'previous_views', b.views, 'previous_engagement', b.engagement,
                   'previous_rated_engagement', coalesce(b.rated_engagement, 0),
                   'previous_rated_by_reach', coalesce(b.rated_by_reach, 0),
                   'previous_rated_by_views', coalesce(b.rated_by_views, 0),
                   'previous_rated_by_impressions', coalesce(b.rated_by_impressions, 0),
                   'followers', (select (array_agg(m.followers order by m.date desc))[1]
                                 from analytics.account_daily_metrics m
                                 where m.integration_id = s.scope_id and m.followers is not null
                                   and m.date <= s.last_date),
                   'previous_followers', (select (array_agg(m.followers order by m.date desc))[1]
                                          from analytics.account_daily_metrics m
                                          where m.integration_id = s.scope_id and m.followers is not null
                                            and m.date <= s.last_date - s.days)) as sums
        from scope s
             left join half n on n.is_now and (n.organization_id, n.days, n.scope_type, n.scope_id)
                                              = (s.organization_id, s.days, s.scope_type, s.scope_id)
             left join half b on not b.is_now and (b.organization_id, b.days, b.scope_type, b.scope_id)
                                                  = (s.organization_id, s.days, s.scope_type, s.scope_id)
    ), together as (
        select organization_id, days, last_date, jsonb_build_object(
                   'account_ids', jsonb_agg(scope_id order by scope_id),
                   'accounts_with_reach', count(sums ->> 'reach'), 'accounts_with_impressions', count(sums ->> 'impressions'),
                   'accounts_with_views', count(sums ->> 'views'), 'accounts_with_engagement', count(sums ->> 'engagement'),
                   'accounts_with_rate', count(*) filter (where
                       (sums ->> 'rated_by_reach')::bigint + (sums ->> 'rated_by_views')::bigint
                       + (sums ->> 'rated_by_impressions')::bigint > 0),
                   'accounts_with_content', count(*) filter (where (sums ->> 'new_content_count')::bigint > 0),
                   'accounts_with_followers', count(sums ->> 'followers'), 'followers', sum((sums ->> 'followers')::bigint),
                   'compared_followers', sum((sums ->> 'followers')::bigint) filter (where sums ->> 'previous_followers' is not null),
                   'previous_followers', sum((sums ->> 'previous_followers')::bigint) filter (where sums ->> 'followers' is not null)
               ) as sums
        from alone
        where scope_type = 'integration'
        group by 1, 2, 3
        having bool_and(exists (select from analytics.tracked_integrations t where t.integration_id = scope_id and t.enabled))
    ), expected as (
        select a.organization_id, a.days, a.last_date, a.scope_type, a.scope_id,
               jsonb_build_object('account_ids', null, 'accounts_with_reach', null, 'accounts_with_impressions', null,
                                  'accounts_with_views', null, 'accounts_with_engagement', null, 'accounts_with_rate', null,
                                  'accounts_with_content', null, 'accounts_with_followers', null, 'compared_followers', null)
                   || a.sums || coalesce(t.sums, '{}') as sums
        from alone a
             left join together t on a.scope_type = 'org' and (t.organization_id, t.days, t.last_date)
                                                            = (a.organization_id, a.days, a.last_date)
    ), stored as (
        select organization_id, days, last_date, scope_type, scope_id,
               to_jsonb(r) - array['organization_id', 'days', 'last_date', 'scope_type', 'scope_id'] as sums
        from analytics.period_rollups r
    )
    select format('%s days to %s of %s %s: %s, not %s', days, last_date, scope_type, scope_id, s.sums, e.sums)
    from expected e full join stored s using (organization_id, days, last_date, scope_type, scope_id)
    where s.sums is distinct from e.sums and organization_id = $2";

/// The usual periods are the sums of their days, and whoever asks gets the same from them as from the days.
async fn assert_periods(world: &mut World, scopes: &[Uuid]) {
    let (now, organization) = (world.clock_now(), world.org.organization_id.uuid());
    let wrong: Vec<String> =
        sqlx::query_scalar(WRONG_PERIODS).bind(now).bind(organization).fetch_all(&mut world.owner).await.expect("rows");
    assert_eq!(wrong, [""; 0], "periods");
    let yesterday: Date = sqlx::query_scalar(
        "select ($1::timestamptz at time zone timezone)::date - 1 from identity.organizations where organization_id = $2",
    )
    .bind(now)
    .bind(organization)
    .fetch_one(&mut world.owner)
    .await
    .expect("yesterday");
    let scope = world.scope();
    for days in [30, 90, 365] {
        let range = Range::last(days, yesterday).expect("a range");
        let ready = world.analytics.sums(&scope, scopes, range).await.expect("read");
        let figures = world.analytics.kpis(&scope, range, None).await.expect("read");
        let overview = world.analytics.overview(&scope, range, None).await.expect("read");
        let hours = hours(world, range).await;
        // What is marked may have changed: the days are read.
        mark(world, "insert into analytics.rollup_marks (organization_id, kind) values ($1, 'all')").await;
        assert_eq!(world.analytics.sums(&scope, scopes, range).await.expect("read"), ready, "{days} days");
        assert_eq!(world.analytics.kpis(&scope, range, None).await.expect("read"), figures, "{days} days");
        assert_eq!(world.analytics.overview(&scope, range, None).await.expect("read"), overview, "{days} days");
        assert_eq!(self::hours(world, range).await, hours, "{days} days");
        mark(world, "delete from analytics.rollup_marks where organization_id = $1").await;
        let without_lines = overview.kpis.into_iter().map(|kpi| Kpi { sparkline: Vec::new(), ..kpi });
        assert_eq!(without_lines.collect::<Vec<_>>(), figures, "{days} days");
    }
}

/// The best hours of everything and of two accounts, and the map of the Overview page.
async fn hours(world: &World, range: Range) -> (BestTime, BestTime, Heatmap) {
    let tracked = world.analytics.tracked(&world.scope()).await.expect("read");
    let two = Filter { accounts: tracked.iter().take(2).map(|t| t.integration_id).collect(), ..Filter::default() };
    let scope = world.scope();
    let all = world.analytics.best_time(&scope, range, &Filter::default()).await.expect("read");
    let two = world.analytics.best_time(&scope, range, &two).await.expect("read");
    let days = u16::try_from(range.days()).expect("some days");
    (all, two, world.analytics.heatmap(&scope, range.to, days, None).await.expect("read"))
}

async fn mark(world: &mut World, sql: &'static str) {
    sqlx::query(sql).bind(world.org.organization_id.uuid()).execute(&mut world.owner).await.expect("marked");
}

async fn assert_all(world: &mut World) {
    let owner = &mut world.owner;
    sums::assert_changes(owner).await;
    let days = stored(owner, "select to_jsonb(r) from analytics.daily_rollups r", "date", 10).await;
    assert_same(&days, &expected(owner, 10).await);
    let months = stored(owner, "select to_jsonb(r) from analytics.monthly_rollups r", "month", 7).await;
    assert_same(&months, &expected(owner, 7).await);
    assert_totals(owner).await;
    assert_tops(owner).await;
}

fn assert_same(stored: &BTreeMap<Key, Sums>, expected: &BTreeMap<Key, Sums>) {
    // A row of nothing says how many accounts did not report.
    let is_something = |sums: &&Sums| sums.values().any(|value| value.is_some_and(|v| v != 0));
    for key in stored.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
        let (stored, expected) = (stored.get(key).filter(is_something), expected.get(key).filter(is_something));
        assert_eq!(stored, expected, "{key:?}");
    }
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    /// Readings of items: (item, days after its publishing, numbers).
    Read(Vec<(usize, i64, Numbers)>),
    /// An item vanishes and comes back with nothing.
    Delete(usize),
    /// The network says that it is something else, or was published at another time.
    Change(usize, usize, i64),
    /// A tag is put on an item or taken away.
    Tag(usize, usize),
    /// An account joins a group or leaves it.
    Group(usize, usize),
    /// The organization moves to other clocks.
    Clocks(usize),
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let number = || prop::option::weighted(0.7, 0_i64..50);
    (number(), number(), number(), number(), number(), number()).prop_map(
        |(reach, impressions, views, reactions, comments, saves)| Numbers {
            reach,
            impressions,
            views,
            reactions,
            comments,
            saves,
            ..Numbers::default()
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let reading = (0_usize..7, prop_oneof![3 => -1_i64..12, 1 => 0_i64..120], numbers());
    prop_oneof![
        6 => prop::collection::vec(reading, 1..10).prop_map(Step::Read),
        1 => (0_usize..7).prop_map(Step::Delete),
        1 => (0_usize..7, 0_usize..3, -40_i64..40).prop_map(|(item, format, hours)| Step::Change(item, format, hours)),
        2 => (0_usize..7, 0_usize..2).prop_map(|(item, tag)| Step::Tag(item, tag)),
        1 => (0_usize..3, 0_usize..2).prop_map(|(account, group)| Step::Group(account, group)),
        1 => (0_usize..3).prop_map(Step::Clocks),
    ]
}

struct Town {
    accounts: [AccountId; 3],
    tags: Vec<Uuid>,
    groups: Vec<Uuid>,
}

impl Town {
    /// Three accounts, two tags, two groups, seven items; those above 4 are read by the day.
    async fn found(world: &mut World) -> Self {
        let accounts = [world.account("ann").await, world.account("bob").await, world.account("cat").await];
        let organization = world.org.organization_id.uuid();
        let tags = sqlx::query_scalar(
            "insert into analytics.tags (organization_id, key, type) values ($1, 'spring', 'manual'), ($1, 'food', 'manual')
             returning id",
        )
        .bind(organization)
        .fetch_all(&mut world.owner)
        .await
        .expect("tags");
        let groups = sqlx::query_scalar(
            "insert into analytics.page_groups (organization_id, name) values ($1, 'North'), ($1, 'South') returning id",
        )
        .bind(organization)
        .fetch_all(&mut world.owner)
        .await
        .expect("groups");
        let town = Self { accounts, tags, groups };
        for item in 0..7 {
            town.publish(world, item).await;
        }
        town
    }

    fn scopes(&self) -> Vec<Uuid> {
        let accounts = self.accounts.iter().map(|account| account.uuid());
        accounts.chain(self.tags.iter().copied()).chain(self.groups.iter().copied()).collect()
    }

    async fn publish(&self, world: &mut World, item: usize) {
        sqlx::query(
            "with new as (
                 insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                                published_at)
                 values ($1, $2, 'p' || $3, 'mastodon', $4::analytics.content_format,
                         '2026-01-30T22:30:00Z'::timestamptz + $3 * interval '13 hours')
                 returning organization_id, content_key)
             insert into analytics.rollup_marks (organization_id, kind, content_keys)
             select organization_id, 'content', array[content_key] from new",
        )
        .bind(world.org.organization_id.uuid())
        .bind(self.accounts[item % 3].uuid())
        .bind(i32::try_from(item).expect("small"))
        .bind(FORMATS[item % 3])
        .execute(&mut world.owner)
        .await
        .expect("stored");
    }

    async fn run(&self, world: &mut World, sql: &'static str, item: usize, id: Uuid, word: &str, hours: i64) {
        sqlx::query(sql)
            .bind(world.org.organization_id.uuid())
            .bind(format!("p{item}"))
            .bind(id)
            .bind(word)
            .bind(hours)
            .execute(&mut world.owner)
            .await
            .expect("done");
    }

    async fn take(&self, world: &mut World, step: Step) {
        let nobody = Uuid::nil();
        match step {
            Step::Read(readings) => {
                world.clock.advance(std::time::Duration::from_secs(60));
                let readings: BTreeMap<(usize, i64), Numbers> =
                    readings.into_iter().map(|(item, days, numbers)| ((item, days), numbers)).collect();
                let readings = readings.into_iter().map(|((item, days), numbers)| DailyReading {
                    account: self.accounts[item % 3],
                    external_content_id: format!("p{item}"),
                    // From the day before it went out on, which a network's own zone makes possible.
                    date: day("2026-01-30").plus_days((45 + 26 * i64::try_from(item).expect("small")) / 48 + days),
                    basis: if item < 5 { MetricBasis::Lifetime } else { MetricBasis::Day },
                    numbers,
                });
                world.analytics.store_readings(&world.scope(), "test", readings.collect()).await.expect("stored");
            }
            Step::Delete(item) => {
                let sql = "delete from analytics.content where organization_id = $1 and external_content_id = $2
                           and ($3::uuid, $4::text, $5::bigint) is not null";
                self.run(world, sql, item, nobody, "", 0).await;
                self.publish(world, item).await;
            }
            Step::Change(item, format, hours) => {
                let sql = "with changed as (
                               update analytics.content set format = $4::analytics.content_format,
                                      published_at = published_at + $5 * interval '1 hour'
                               where organization_id = $1 and external_content_id = $2 and $3::uuid is not null
                               returning content_key)
                           insert into analytics.rollup_marks (organization_id, kind, content_keys)
                           select $1, 'content', array[content_key] from changed";
                // The day of a change leans on the day of publishing: content with numbers keeps it.
                let sql_format = "with changed as (
                               update analytics.content set format = $4::analytics.content_format
                               where organization_id = $1 and external_content_id = $2 and ($3::uuid, $5::bigint) is not null
                               returning content_key)
                           insert into analytics.rollup_marks (organization_id, kind, content_keys)
                           select $1, 'content', array[content_key] from changed";
                let has_numbers: bool = sqlx::query_scalar(
                    "select exists (select from analytics.daily_metrics where external_content_id = $1)",
                )
                .bind(format!("p{item}"))
                .fetch_one(&mut world.owner)
                .await
                .expect("known");
                self.run(world, if has_numbers { sql_format } else { sql }, item, nobody, FORMATS[format], hours).await;
            }
            Step::Tag(item, tag) => {
                let sql = "with gone as (
                               delete from analytics.content_tags t using analytics.content c
                               where c.id = t.content_id and c.organization_id = $1 and c.external_content_id = $2
                                 and t.tag_id = $3 returning 1
                           ), come as (
                               insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
                               select $1, id, $3, 'manual', 'user' from analytics.content
                               where organization_id = $1 and external_content_id = $2 and not exists (select from gone)
                                 and ($4::text, $5::bigint) is not null)
                           insert into analytics.rollup_marks (organization_id, kind, scope_id) values ($1, 'tag', $3)";
                self.run(world, sql, item, self.tags[tag], "", 0).await;
            }
            Step::Group(account, group) => {
                let sql = "with member as (
                               select id from analytics.tracked_integrations
                               where organization_id = $1 and integration_id = $4::uuid and ($2::text, $5::bigint) is not null
                           ), gone as (
                               delete from analytics.page_group_members m using member
                               where m.tracked_integration_id = member.id and m.group_id = $3 returning 1
                           ), come as (
                               insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
                               select $1, $3, id from member where not exists (select from gone))
                           insert into analytics.rollup_marks (organization_id, kind, scope_id) values ($1, 'group', $3)";
                let account = self.accounts[account].to_string();
                self.run(world, sql, 0, self.groups[group], &account, 0).await;
            }
            Step::Clocks(zone) => {
                let sql = "update identity.organizations set timezone = $4
                           where organization_id = $1 and ($2::text, $3::uuid, $5::bigint) is not null";
                let zone = ["UTC", "America/Los_Angeles", "Pacific/Auckland"][zone];
                self.run(world, sql, 0, nobody, zone, 0).await;
            }
        }
    }
}

/// Followers of an account so many days before yesterday, 1,000 less those days.
async fn follow(world: &mut World, account: AccountId, ago: &[i32]) {
    sqlx::query(
        "with known as (
             insert into analytics.account_daily_metrics (organization_id, integration_id, date, followers)
             select $1, $2, ($3::timestamptz at time zone o.timezone)::date - 1 - ago, 1000 - ago
             from identity.organizations o cross join unnest($4::integer[]) as ago
             where o.organization_id = $1
             returning date)
         insert into analytics.rollup_marks (organization_id, kind, date) select $1, 'day', date from known",
    )
    .bind(world.org.organization_id.uuid())
    .bind(account.uuid())
    .bind(world.clock_now())
    .bind(ago)
    .execute(&mut world.owner)
    .await
    .expect("stored");
}

/// Followers at the end of the last 30 days up to yesterday, and at the end of the 30 before.
/// How many rows of the organization say what its accounts say together.
async fn rows_of_accounts(world: &mut World) -> i64 {
    let sql = "select count(*) from analytics.period_rollups where account_ids is not null and organization_id = $1";
    sqlx::query_scalar(sql).bind(world.org.organization_id.uuid()).fetch_one(&mut world.owner).await.expect("a number")
}

async fn followers_of_30_days(world: &World) -> (Option<f64>, Option<f64>) {
    let yesterday = world.clock_now().date_utc().plus_days(-1);
    let range = Range::last(30, yesterday).expect("a range");
    let figures = world.analytics.kpis(&world.scope(), range, None).await.expect("read");
    let followers = figures.iter().find(|kpi| kpi.name == KpiName::Followers).expect("followers");
    (followers.value, followers.previous)
}

#[tokio::test]
async fn followers_stand_at_both_ends_of_the_usual_periods() {
    let mut world = World::new().await;
    let town = Town::found(&mut world).await;
    mark(&mut world, "update identity.organizations set timezone = 'UTC' where organization_id = $1").await;
    let [ann, bob, _] = town.accounts;
    follow(&mut world, ann, &[0, 29, 30, 31, 59, 60, 89, 90, 91, 364, 365, 366]).await;
    follow(&mut world, bob, &[31, 91, 300]).await;
    world.analytics.roll_up(&world.scope()).await.expect("rolled up");
    assert_periods(&mut world, &town.scopes()).await;
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0 + 969.0), Some(970.0 + 969.0)));

    // The network corrects the last of the days before.
    let sql = "with known as (
                   update analytics.account_daily_metrics set followers = 500
                   where organization_id = $1 and followers = 970 returning date)
               insert into analytics.rollup_marks (organization_id, kind, date) select $1, 'day', date from known";
    mark(&mut world, sql).await;
    world.analytics.roll_up(&world.scope()).await.expect("rolled up");
    assert_periods(&mut world, &town.scopes()).await;
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0 + 969.0), Some(500.0 + 969.0)));

    world.analytics.untrack(&world.scope(), &[bob]).await.expect("untracked");
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0), Some(500.0)), "from the days");
    world.analytics.roll_up(&world.scope()).await.expect("rolled up");
    assert_periods(&mut world, &town.scopes()).await;
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0), Some(500.0)), "from the periods");

    // Its numbers are still in the organization's sums, so these are not the figures of the accounts that are left.
    assert_eq!(rows_of_accounts(&mut world).await, 0);
    world.analytics.track(&world.scope(), &[bob]).await.expect("tracked again");
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0 + 969.0), Some(500.0 + 969.0)), "before the job ran");
    world.analytics.roll_up(&world.scope()).await.expect("rolled up");
    assert_periods(&mut world, &town.scopes()).await;
    assert_eq!(rows_of_accounts(&mut world).await, 3);
    assert_eq!(followers_of_30_days(&world).await, (Some(1000.0 + 969.0), Some(500.0 + 969.0)));

    // What the organization's row says of its accounts is not believed of any others, even while nothing is marked.
    mark(&mut world, "update analytics.tracked_integrations set enabled = integration_id <> (
                          select max(integration_id::text)::uuid from analytics.tracked_integrations where organization_id = $1)
                      where organization_id = $1").await;
    let tracked = world.analytics.tracked(&world.scope()).await.expect("read").iter().filter(|t| t.enabled).count();
    let yesterday = world.clock_now().date_utc().plus_days(-1);
    let range = Range::last(30, yesterday).expect("a range");
    let figures = world.analytics.kpis(&world.scope(), range, None).await.expect("read");
    assert_eq!(figures[0].coverage.of, tracked);
}

#[tokio::test]
async fn sums_follow_whatever_happens_and_a_rebuild_finds_nothing_to_do() {
    let mut world = World::new().await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..6 {
        world.start_over().await;
        sqlx::raw_sql(
            "delete from analytics.content; delete from analytics.daily_rollups; delete from analytics.top_content",
        )
        .execute(&mut world.owner)
        .await
        .expect("emptied");
        sqlx::raw_sql(
            "delete from analytics.monthly_rollups; delete from analytics.period_rollups; delete from analytics.period_hours;
             delete from analytics.rollup_marks",
        )
        .execute(&mut world.owner)
        .await
        .expect("emptied");
        let town = Town::found(&mut world).await;
        let steps = prop::collection::vec(prop::collection::vec(step(), 1..4), 6..12);
        for steps in steps.new_tree(&mut runner).expect("steps").current() {
            for step in steps {
                town.take(&mut world, step).await;
            }
            world.analytics.roll_up(&world.scope()).await.expect("rolled up");
            assert_all(&mut world).await;
            assert_periods(&mut world, &town.scopes()).await;
            let rebuilt = world.analytics.rebuild_rollups(&world.scope(), |_, _| {}).await.expect("rebuilt");
            assert_eq!(rebuilt.rows, 0, "a rebuild finds what was kept all the while");
        }
        // From nothing the same comes out.
        let kept = rows(&mut world.owner, EVERYTHING).await;
        sqlx::raw_sql(
            "delete from analytics.daily_rollups; delete from analytics.monthly_rollups; delete from analytics.content_totals;
             delete from analytics.top_content; delete from analytics.period_rollups; delete from analytics.period_hours",
        )
        .execute(&mut world.owner)
        .await
        .expect("emptied");
        world.analytics.rebuild_rollups(&world.scope(), |_, _| {}).await.expect("rebuilt");
        assert_eq!(rows(&mut world.owner, EVERYTHING).await, kept);
        assert_all(&mut world).await;
        assert_periods(&mut world, &town.scopes()).await;
    }
}

const EVERYTHING: &str = "
    select to_jsonb(r) - 'computed_at' as row from analytics.daily_rollups r
    union all select to_jsonb(r) from analytics.monthly_rollups r
    union all select to_jsonb(r) from analytics.period_rollups r
    union all select to_jsonb(r) from analytics.period_hours r
    union all select to_jsonb(r) from analytics.content_totals r
    union all select to_jsonb(r) from analytics.top_content r
    order by 1";

#[tokio::test]
async fn nothing_marked_is_nothing_done() {
    let world = World::new().await;
    let scope = world.scope();
    assert_eq!(world.analytics.roll_up(&scope).await.expect("rolled up"), RolledUp::default());
    world.account("ann").await;
    let first = world.analytics.roll_up(&scope).await.expect("rolled up");
    assert_eq!(first.marks, 1, "an account more that should report");
    assert_eq!(world.analytics.roll_up(&scope).await.expect("rolled up"), RolledUp::default());
}
