//! The same over HTTP, with the real connectors and the simulated networks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::{Accounts, NewAccount, Tokens, Vault};
use rookery_analytics::{
    Analytics, ContentFilter, FailureFilter, IngestErrorType, IngestKind, IngestStatus, IngestTrigger, KpiName, Range,
    RateBasis, Verdict,
};
use rookery_jobs::Jobs;
use rookery_kernel::{AccountId, Clock, Date, FixedClock, IdGen, Limit, Platform};
use rookery_platforms::{Connectors, HttpClient, HttpConfig};
use rookery_sandbox::{AccountOptions, Control, Effect, Endpoint, FaultRule, Sandbox, SandboxConfig, Silence};
use rookery_testkit::{TestDb, TestOrg};
use sqlx::PgConnection;

use crate::world::{at, day};

/// Two pages and a Mastodon account with a month behind them; it is the night after 2026-03-09.
struct Nets {
    db: TestDb,
    org: TestOrg,
    clock: FixedClock,
    control: Control,
    analytics: Analytics,
    accounts: Vec<AccountId>,
    owner: PgConnection,
    _sandbox: Sandbox,
    _keys: tempfile::TempDir,
}

const PEOPLE: [(Platform, &str, i64); 3] = [
    (Platform::Facebook, "fieldwork", 12_000),
    (Platform::Facebook, "harbour", 800),
    (Platform::Mastodon, "quill", 3_000),
];

impl Nets {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let org = db.organization().await;
        let owner = db.owner().await;
        let clock = FixedClock::at(at("2026-03-10T09:00:00Z"));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn IdGen> = rookery_testkit::ids_at(&clock);
        let addr = "127.0.0.1:0".parse().expect("an address");
        let config = SandboxConfig { addr, seed: 7, clock: shared.clone(), state_file: None };
        let sandbox = Sandbox::start(config).await.expect("started");
        let control = sandbox.control();
        let http = HttpClient::new(HttpConfig::local(), shared.clone()).expect("a client");
        let connectors = Arc::new(Connectors::standard(http));
        let keys = tempfile::tempdir().expect("a folder");
        let vault = Vault::create(&keys.path().join("keys"), ids.clone()).expect("a key file");
        let accounts =
            Accounts::new(db.db.clone(), shared.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
        let jobs = Jobs::new(shared.clone(), ids.clone());
        let analytics = Analytics::new(db.db.clone(), shared, ids, accounts.clone(), connectors, jobs);
        let mut connected = Vec::new();
        for (platform, handle, followers) in PEOPLE {
            let made = control
                .create_account(platform, handle, handle, followers, AccountOptions::default())
                .expect("an account");
            control.seed_history(&made.platform_user_id, 30, 4, &[]).expect("a past");
            let access = made.user_token.clone().unwrap_or_else(|| made.access_token.clone());
            let new = NewAccount {
                platform,
                base_url: Some(control.base_url(platform)),
                tokens: Tokens { access: access.into(), refresh: None, expires_at: None, scopes: Vec::new() },
                profile_id: Some(made.platform_user_id.clone()),
                is_sandbox: true,
            };
            connected.push(accounts.connect(&org.scope, new).await.expect("connected").id);
        }
        analytics.track(&org.scope, &connected).await.expect("tracked");
        Self { db, org, clock, control, analytics, accounts: connected, owner, _sandbox: sandbox, _keys: keys }
    }

    /// Collects a day of each account, one after the other.
    async fn collect(&self, date: Date) -> Vec<(IngestStatus, Verdict)> {
        let mut results = Vec::new();
        for account in &self.accounts {
            let report = self
                .analytics
                .ingest_day(&self.org.scope, *account, date, IngestTrigger::Manual)
                .await
                .expect("a report");
            results.push((report.status(), report.verdict));
        }
        results
    }

    fn network_id(&self, place: usize) -> String {
        let (platform, handle, followers) = PEOPLE[place];
        self.control
            .create_account(platform, handle, handle, followers, AccountOptions::default())
            .expect("found")
            .platform_user_id
    }

    fn fault(&self, place: usize, endpoint: Endpoint, effect: Effect) -> u64 {
        let rule = FaultRule::new(effect).on(PEOPLE[place].0).account(self.network_id(place)).endpoint(endpoint);
        self.control.add_fault(rule)
    }

    async fn count(&mut self, place: usize, what: &str) -> i64 {
        let sql = format!("select count(*) from analytics.daily_metrics where integration_id = $1 and {what}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(self.accounts[place].uuid())
            .fetch_one(&mut self.owner)
            .await
            .expect("a count")
    }

    async fn versions(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "select external_content_id || xmin::text || ctid::text from analytics.content
             union all select content_key || '' || date || xmin::text || ctid::text from analytics.content_daily_metrics
             union all select scope_id || '' || date || xmin::text || ctid::text from analytics.daily_rollups
             union all select integration_id || '' || date || xmin::text || ctid::text
                       from analytics.account_daily_metrics
             order by 1",
        )
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }
}

#[tokio::test]
async fn a_night_on_the_simulated_networks_and_the_same_night_again() {
    let mut nets = Nets::new().await;
    let results = nets.collect(day("2026-03-09")).await;
    assert!(results.iter().all(|result| *result == (IngestStatus::Success, Verdict::Done)), "{results:?}");
    for (place, (platform, ..)) in PEOPLE.into_iter().enumerate() {
        let posts = nets.control.posts(&nets.network_id(place)).len();
        assert!(posts > 5, "a month of four posts a week");
        let rows = nets.count(place, "true").await;
        assert!(rows > 0 && rows <= i64::try_from(posts).expect("few"), "{rows} of {posts}");
        let has_reach = platform == Platform::Facebook;
        assert_eq!(nets.count(place, "reach is not null").await, if has_reach { rows } else { 0 });
        assert_eq!(nets.count(place, "impressions is null and saves is null").await, rows);
        assert_eq!(nets.count(place, "reactions is not null and not is_partial").await, rows);
    }
    let versions = nets.versions().await;
    let again = nets.collect(day("2026-03-09")).await;
    assert!(again.iter().all(|(status, _)| *status == IngestStatus::Success));
    assert_eq!(nets.versions().await, versions, "no row was touched");

    let content = nets
        .analytics
        .content_list(&nets.org.scope, &ContentFilter::default(), None, Limit::new(100))
        .await
        .expect("read");
    let tagged = content.items.iter().filter(|row| !row.hashtags.is_empty()).count();
    assert!(tagged > 0, "hashtags are read out of captions");
    assert!(content.items.iter().all(|row| row.permalink.is_some() && row.caption.is_some()));
    let basis = content.items.iter().find(|row| row.integration_id == nets.accounts[0]).expect("a page's post");
    assert_eq!(basis.engagement_rate().basis, RateBasis::Reach);
}

#[tokio::test]
async fn whatever_one_network_answers_the_others_are_complete() {
    let lost = Effect::LoseRequest { silence: Silence::Drop };
    let classes = [
        (Effect::rate_limit(), IngestErrorType::RateLimit),
        (Effect::TokenExpired, IngestErrorType::TokenExpired),
        (Effect::TokenRevoked, IngestErrorType::TokenExpired),
        (Effect::Permission, IngestErrorType::Permission),
        (Effect::Refuse500, IngestErrorType::Transient),
        (lost, IngestErrorType::Transient),
    ];
    for (effect, kind) in classes {
        let mut nets = Nets::new().await;
        // The renewal of the page's token meets the same fault.
        nets.fault(1, Endpoint::Any, effect.clone());
        let results = nets.collect(day("2026-03-09")).await;
        assert_eq!(results[0].0, IngestStatus::Success, "{effect:?}");
        assert_eq!(results[1].0, IngestStatus::Failed, "{effect:?}");
        assert_eq!(results[2].0, IngestStatus::Success, "{effect:?}");
        assert!(nets.count(0, "true").await > 0 && nets.count(2, "true").await > 0);
        assert_eq!(nets.count(1, "true").await, 0);
        let errors = nets
            .analytics
            .errors(&nets.org.scope, &FailureFilter::default(), None, Limit::default())
            .await
            .expect("read")
            .items;
        assert_eq!(errors.len(), 1, "{effect:?}: {errors:?}");
        assert_eq!((errors[0].integration_id, errors[0].date), (nets.accounts[1], day("2026-03-09")));
        assert_eq!(errors[0].error_type, kind, "{effect:?}");
        assert!(!errors[0].message.contains("EAA"), "no token in words: {}", errors[0].message);
    }
}

#[tokio::test]
async fn absent_fields_are_null_and_never_erase_what_is_known() {
    let mut nets = Nets::new().await;
    let fields = ["post_total_media_view_unique", "post_clicks"].map(ToOwned::to_owned).to_vec();
    let rule = nets.fault(0, Endpoint::Metrics, Effect::MissingFields { fields: fields.clone() });
    let results = nets.collect(day("2026-03-09")).await;
    assert_eq!(results[0].0, IngestStatus::Success);
    let rows = nets.count(0, "true").await;
    assert_eq!(nets.count(0, "reach is null and clicks is null and reactions is not null").await, rows);

    nets.control.remove_fault(rule);
    nets.collect(day("2026-03-09")).await;
    assert_eq!(nets.count(0, "reach is not null and clicks is not null").await, rows);
    nets.fault(0, Endpoint::Metrics, Effect::MissingFields { fields });
    nets.collect(day("2026-03-09")).await;
    assert_eq!(nets.count(0, "reach is not null and clicks is not null").await, rows);

    // A metric that the network no longer knows is dropped, the others are read.
    nets.control.clear_faults();
    nets.fault(1, Endpoint::Metrics, Effect::UnsupportedMetric { name: "post_clicks".to_owned() });
    nets.clock.set(at("2026-03-11T09:00:00Z"));
    let results = nets.collect(day("2026-03-10")).await;
    assert_eq!(results[1].0, IngestStatus::Success);
    let fresh = nets.count(1, "date = '2026-03-10'").await;
    assert!(fresh > 0);
    assert_eq!(nets.count(1, "date = '2026-03-10' and clicks is null and reach is not null").await, fresh);
}

#[tokio::test]
async fn odd_listings_and_spoilt_answers_are_survived() {
    let mut nets = Nets::new().await;
    nets.fault(0, Endpoint::List, Effect::DuplicateListing);
    nets.fault(2, Endpoint::List, Effect::DuplicateListing);
    nets.control
        .add_fault(FaultRule::new(Effect::EmptyPage).endpoint(Endpoint::List).account(nets.network_id(1)).once());
    let results = nets.collect(day("2026-03-09")).await;
    assert!(results.iter().all(|(status, _)| *status == IngestStatus::Success), "{results:?}");
    for place in 0..3 {
        let seen: i64 = sqlx::query_scalar("select count(*) from analytics.content where integration_id = $1")
            .bind(nets.accounts[place].uuid())
            .fetch_one(&mut nets.owner)
            .await
            .expect("a count");
        let last_month = day("2026-03-09").plus_days(-30).start_utc();
        let held = nets.control.posts(&nets.network_id(place));
        let expected = held.iter().filter(|post| post.created_at >= last_month).count();
        assert_eq!(usize::try_from(seen), Ok(expected), "{place}");
    }

    // An answer that cannot be read: the listing fails, nothing is stored of it, the rest is.
    nets.control.clear_faults();
    nets.clock.set(at("2026-03-11T09:00:00Z"));
    nets.fault(0, Endpoint::List, Effect::Malformed { garbling: rookery_sandbox::Garbling::Truncated });
    let results = nets.collect(day("2026-03-10")).await;
    assert_ne!(results[0].0, IngestStatus::Success);
    assert_eq!((results[1].0, results[2].0), (IngestStatus::Success, IngestStatus::Success));

    // A moderator takes a post away between listing and reading.
    nets.control.clear_faults();
    nets.clock.set(at("2026-03-12T09:00:00Z"));
    let rule = FaultRule::new(Effect::DeletedByModerator)
        .on(Platform::Mastodon)
        .account(nets.network_id(2))
        .endpoint(Endpoint::Metrics)
        .once();
    nets.control.add_fault(rule);
    let account = nets.accounts[2];
    let report = nets
        .analytics
        .ingest_day(&nets.org.scope, account, day("2026-03-11"), IngestTrigger::Manual)
        .await
        .expect("a report");
    let metrics = report.step(IngestKind::Metrics).expect("a step");
    assert_eq!((metrics.status, metrics.items_failed), (IngestStatus::Success, 1));
    let gone: i64 = sqlx::query_scalar(
        "select count(*) from analytics.content where integration_id = $1 and is_deleted_on_platform",
    )
    .bind(account.uuid())
    .fetch_one(&mut nets.owner)
    .await
    .expect("a count");
    assert_eq!(gone, 1);
}

#[tokio::test]
async fn a_fortnight_adds_up_to_what_the_networks_say() {
    let mut nets = Nets::new().await;
    for n in 0..14 {
        let date = day("2026-02-24").plus_days(n);
        nets.clock.set(date.plus_days(1).start_utc() + Duration::from_secs(9 * 3600));
        let results = nets.collect(date).await;
        assert!(results.iter().all(|(status, _)| *status == IngestStatus::Success), "{date}: {results:?}");
    }
    // Of content published within the fortnight every change is known: they add up to the totals.
    let range = Range::new(day("2026-02-24"), day("2026-03-09")).expect("a range");
    let accounts = [nets.accounts[0], nets.accounts[1]];
    sqlx::query("delete from analytics.content where published_at < '2026-02-24'")
        .execute(&mut nets.owner)
        .await
        .expect("older content is left out");
    nets.analytics.roll_up(&nets.org.scope).await.expect("rolled up");
    let rebuilt = nets.analytics.rebuild_rollups(&nets.org.scope, |_, _| {}).await.expect("rebuilt");
    assert_eq!(rebuilt.rows, 0, "a rebuild finds what was kept all the while");
    let overview = nets.analytics.overview(&nets.org.scope, range, Some(&accounts)).await.expect("read");
    let ids: Vec<sqlx::types::Uuid> = accounts.iter().map(|id| id.uuid()).collect();
    let totals: i64 = sqlx::query_scalar(
        "select sum(reach)::bigint from (select distinct on (integration_id, external_content_id) reach
         from analytics.daily_metrics where integration_id = any($1)
         order by integration_id, external_content_id, date desc) latest",
    )
    .bind(&ids)
    .fetch_one(&mut nets.owner)
    .await
    .expect("a sum");
    let reach = overview.kpi(KpiName::Reach).expect("a figure");
    assert_eq!(reach.value, Some(totals as f64));
    assert_eq!((reach.coverage.with_data, reach.coverage.of), (2, 2));
    assert!(overview.kpi(KpiName::Followers).expect("a figure").value.is_some());
    assert!(!overview.top_content.is_empty());
    assert_eq!(overview.as_of, Some(day("2026-03-09")));
    let other = nets.db.organization().await;
    let foreign = nets.analytics.overview(&other.scope, range, None).await.expect("read");
    assert!(foreign.kpis.iter().all(|kpi| kpi.value.is_none()));
}

/// "Reduce the amount of data you're asking for": pages shrink until the network gives them, and nothing is missing.
#[tokio::test]
async fn a_listing_that_is_too_much_comes_in_smaller_pages() {
    let mut nets = Nets::new().await;
    for place in [0, 2] {
        nets.fault(place, Endpoint::List, Effect::TooMuchData { above: 6 });
    }
    let results = nets.collect(day("2026-03-09")).await;
    assert!(results.iter().all(|(status, _)| *status == IngestStatus::Success), "{results:?}");
    let hits: Vec<u32> = nets.control.faults().iter().map(|fault| fault.hits).collect();
    assert_eq!(hits, [4, 4], "100 or 40, 50, 25 and 12 are too much; then it is remembered");
    let last_month = day("2026-03-09").plus_days(-30).start_utc();
    for place in [0, 2] {
        let seen: i64 = sqlx::query_scalar("select count(*) from analytics.content where integration_id = $1")
            .bind(nets.accounts[place].uuid())
            .fetch_one(&mut nets.owner)
            .await
            .expect("a count");
        let held = nets.control.posts(&nets.network_id(place));
        let expected = held.iter().filter(|post| post.created_at >= last_month).count();
        assert_eq!(usize::try_from(seen), Ok(expected), "{place}");
        assert!(expected > 6, "more than a page");
    }
}
