//! The questions about numbers that must be fast (PUB-50): which index answers, and how many rows it meets, with
//! 300,000 rows in each table. No clock is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rookery_accounts::{Accounts, Vault};
use rookery_analytics::{Analytics, ContentQuery, ContentSort, KpiName, Measure, Metric, Question, Range, Split};
use rookery_db::Db;
use rookery_jobs::Jobs;
use rookery_kernel::{AccountId, Clock, IdGen, Limit, OrganizationId, PublicationId, Scope, Zone};
use rookery_platforms::Connectors;
use rookery_testkit::{Plan, PlanCache, Plans, TestDb};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::world::day;

/// What `patterns.sql` calls the n-th thing of a kind.
fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128(kind << 96 | 0x7000 << 64 | 0x8000 << 48 | n)
}

fn analytics(db: Db) -> Analytics {
    let clock: Arc<dyn Clock> = Arc::new(rookery_testkit::clock());
    let ids: Arc<dyn IdGen> = rookery_testkit::ids();
    let keys = tempfile::tempdir().expect("a folder");
    let vault = Vault::create(&keys.path().join("keys"), ids.clone()).expect("a key file");
    let connectors = Arc::new(Connectors::default());
    let accounts = Accounts::new(db.clone(), clock.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
    let jobs = Jobs::new(clock.clone(), ids.clone());
    Analytics::new(db, clock, ids, accounts, connectors, jobs)
}

/// One of `indexes` (or a partition's copy) answered, nothing big was read from end to end, and at most `rows` rows
/// were met.
fn check(question: &str, plans: &[Plan], indexes: &[&str], rows: u64) {
    let shown: String = plans.iter().map(ToString::to_string).collect();
    let used: BTreeSet<_> = plans.iter().flat_map(Plan::indexes).collect();
    let whole: BTreeSet<_> = plans.iter().flat_map(Plan::read_whole).collect();
    let touched: u64 = plans.iter().map(Plan::rows_touched).sum();
    assert!(!plans.is_empty(), "{question}: the server explained no statement");
    assert!(whole.is_empty(), "{question} reads {whole:?} from end to end:\n{shown}");
    assert!(indexes.iter().any(|i| used.contains(*i)), "{question} uses {used:?}:\n{shown}");
    assert!(touched <= rows, "{question} meets {touched} rows, more than {rows}:\n{shown}");
    println!("{question}: {touched} rows of {rows}, {used:?}");
}

#[tokio::test]
async fn questions_about_numbers_use_an_index_and_meet_few_rows() {
    let test = TestDb::new().await;
    let mut owner = test.owner().await;
    sqlx::raw_sql(include_str!("patterns.sql")).execute(&mut owner).await.expect("the rows break no rule");
    owner.close().await.expect("closed");
    let scope = Scope::worker(OrganizationId::from_uuid(id(2, 7)));
    for cache in [PlanCache::Custom, PlanCache::Generic] {
        let analytics = analytics(test.explaining(cache).await);
        let plans = Plans::listen();
        println!("{cache:?}");

        // Q9: 30 days of ten accounts.
        let range = Range { from: day("2026-02-01"), to: day("2026-03-02") };
        let totals = analytics.platform_totals(&scope, range).await.expect("read");
        assert_eq!(totals.len(), 10);
        assert!(totals.iter().all(|t| t.numbers.reach == Some(300) && t.numbers.views.is_none()), "{totals:?}");
        // The sum of February for each account, and the two days of March.
        check("Q9 totals per network", &plans.take(), &["monthly_rollups_pkey"], 200);

        // Q10: seven of the ten days; a partition of this month and one of the month before.
        let trend = analytics.trend(&scope, PublicationId::from_uuid(id(5, 700))).await.expect("read");
        assert_eq!(
            trend.iter().map(|p| p.numbers.reactions).collect::<Vec<_>>(),
            (94..=100).map(Some).collect::<Vec<_>>()
        );
        let seen = plans.take();
        let partitions: BTreeSet<_> = seen.iter().flat_map(Plan::relations).collect();
        assert!(partitions.len() <= 2, "{partitions:?}");
        let indexes: Vec<_> = ["pkey", "publication_id_recorded_at_idx", "publication_id_idx"]
            .iter()
            .flat_map(|end| partitions.iter().map(move |table| format!("{table}_{end}")))
            .collect();
        // Without the values the server may take all of the organization's 200 rows of a month that has just begun.
        let rows = if cache == PlanCache::Custom { 20 } else { 250 };
        check("Q10 trend of a publication", &seen, &indexes.iter().map(String::as_str).collect::<Vec<_>>(), rows);

        // The same of a range within a month: no sum of a month helps.
        let part = Range { from: day("2026-02-02"), to: day("2026-02-27") };
        let totals = analytics.platform_totals(&scope, part).await.expect("read");
        assert!(totals.iter().all(|t| t.numbers.reach == Some(260)), "{totals:?}");
        let indexes = ["idx_daily_rollups_org_date", "daily_rollups_pkey"];
        check("totals per network within a month", &plans.take(), &indexes, 2 * 260 + 50);

        // Q12: what went out in a month, by its last reading.
        let top = analytics.top_content(&scope, range, Metric::Reach, None, 10).await.expect("read");
        assert_eq!(top.len(), 10);
        let indexes = ["top_content_pkey"];
        check("Q12 top posts", &plans.take(), &indexes, 900);

        let heat = analytics.heatmap(&scope, range.to, 90, None).await.expect("read");
        assert_eq!(heat.samples, 90);
        let totals_indexes = ["idx_content_totals_published", "content_totals_pkey"];
        check("best hours", &plans.take(), &totals_indexes, 250);

        let kpis = analytics.kpis(&scope, range, None).await.expect("read");
        assert_eq!(kpis.len(), 7);
        check("figures", &plans.take(), &["daily_rollups_pkey"], 600);

        // A usual range, which is summed beforehand: a row (and who is tracked), a row an account, a row a scope, a row of hours.
        let usual = Range { from: day("2025-03-03"), to: range.to };
        let kpis = analytics.kpis(&scope, usual, None).await.expect("read");
        let reach = kpis.iter().find(|kpi| kpi.name == KpiName::Reach).expect("one of the figures");
        assert_eq!(reach.value, Some(10_000.0), "{reach:?}");
        check("figures of a usual range", &plans.take(), &["period_rollups_pkey"], 25);
        let named: Vec<_> = (70..75).map(|n| AccountId::from_uuid(id(3, n))).collect();
        let kpis = analytics.kpis(&scope, usual, Some(&named)).await.expect("read");
        assert_eq!(kpis.iter().find(|kpi| kpi.name == KpiName::Reach).and_then(|kpi| kpi.value), Some(5_000.0));
        check("figures of some accounts in a usual range", &plans.take(), &["period_rollups_pkey"], 60);
        let scopes: Vec<_> = (70..75).map(|n| id(3, n)).collect();
        let sums = analytics.sums(&scope, &scopes, usual).await.expect("read");
        assert!(sums.len() == 5 && sums.iter().all(|(_, s)| s.numbers.reach == Some(1_000)), "{sums:?}");
        // One scan of the key: at most a row of each scope that the organization has.
        check("sums of a usual range", &plans.take(), &["period_rollups_pkey"], 11);
        let heat = analytics.heatmap(&scope, range.to, 365, None).await.expect("read");
        assert_eq!(heat.samples, 180);
        check("best hours of a usual range", &plans.take(), &["period_hours_pkey"], 60);

        // The pages: any figure by account beside the month before, by hour of publishing, and the list of content.
        let ask = |split| Question::new(range, Measure::Reach, split);
        let by_account = analytics.performance(&scope, &ask(Split::Account)).await.expect("read");
        assert!(
            by_account.lines.len() == 10 && by_account.lines.iter().all(|l| l.total == Some(300.0)),
            "{by_account:?}"
        );
        check("a figure by account", &plans.take(), &["daily_rollups_pkey"], 1_100);
        let by_hour = analytics.performance(&scope, &ask(Split::Hour)).await.expect("read");
        assert_eq!(by_hour.lines[0].items, Some(30));
        check("a figure by hour", &plans.take(), &totals_indexes, 300);
        for sort in [ContentSort::Reach, ContentSort::PublishedAt] {
            let query = ContentQuery { sort, limit: Limit::new(20), ..ContentQuery::new(range) };
            let table = analytics.content_table(&scope, &Zone::utc(), &query).await.expect("read");
            assert_eq!((table.rows.len(), table.next.is_some()), (20, true));
            let indexes =
                ["idx_content_totals_published", "content_totals_pkey", "idx_content_published", "content_key_key"];
            check("the list of content", &plans.take(), &indexes, 350);
        }
    }
}
