//! An organization whose accounts are on the network in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use rookery_accounts::{Accounts, NewAccount, Tokens, Vault};
use rookery_analytics::{Analytics, IngestTrigger, RunReport};
use rookery_jobs::Jobs;
use rookery_kernel::{AccountId, Clock, Date, FixedClock, IdGen, Platform, Scope, Timestamp};
use rookery_platforms::Connectors;
use rookery_testkit::{TestDb, TestOrg};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;

use crate::net::Net;

pub struct World {
    pub db: TestDb,
    pub org: TestOrg,
    pub clock: FixedClock,
    pub net: Net,
    pub accounts: Accounts,
    pub analytics: Analytics,
    pub jobs: Jobs,
    pub owner: PgConnection,
    ids: Arc<dyn IdGen>,
    connectors: Arc<Connectors>,
    _keys: tempfile::TempDir,
}

/// A row of numbers with the system's own mark of its version.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Row {
    pub external_content_id: String,
    pub date: String,
    pub reach: Option<i64>,
    pub impressions: Option<i64>,
    pub views: Option<i64>,
    pub reactions: Option<i64>,
    pub comments: Option<i64>,
    pub shares: Option<i64>,
    pub clicks: Option<i64>,
    pub is_partial: bool,
    pub version: String,
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl World {
    /// It is the night after 2026-03-09, 02:00 UTC.
    pub async fn new() -> Self {
        Self::with(Net::new(Platform::Mastodon)).await
    }

    pub async fn with(net: Net) -> Self {
        let db = TestDb::new().await;
        let org = db.organization().await;
        let clock = FixedClock::at(at("2026-03-10T02:00:00Z"));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn IdGen> = rookery_testkit::ids_at(&clock);
        let keys = tempfile::tempdir().expect("a folder");
        let vault = Vault::create(&keys.path().join("keys"), ids.clone()).expect("a key file");
        let connectors = Arc::new(Connectors::default().with(net.clone()));
        let accounts =
            Accounts::new(db.db.clone(), shared.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
        let jobs = Jobs::new(shared.clone(), ids.clone());
        let analytics =
            Analytics::new(db.db.clone(), shared, ids.clone(), accounts.clone(), connectors.clone(), jobs.clone());
        let owner = db.owner().await;
        Self { db, org, clock, net, accounts, analytics, jobs, owner, ids, connectors, _keys: keys }
    }

    /// The same operations as another process has them.
    pub fn another_process(&self) -> Analytics {
        let (clock, ids): (Arc<dyn Clock>, _) = (Arc::new(self.clock.clone()), self.ids.clone());
        let (accounts, connectors, jobs) = (self.accounts.clone(), self.connectors.clone(), self.jobs.clone());
        Analytics::new(self.db.db.clone(), clock, ids, accounts, connectors, jobs)
    }

    /// Goes on in a new organization, with an empty network, at the first night.
    pub async fn start_over(&mut self) {
        self.org = self.db.organization().await;
        self.net.clear();
        self.clock.set(at("2026-03-10T02:00:00Z"));
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn scope(&self) -> Scope {
        self.org.scope.clone()
    }

    /// Connects and tracks an account of the network.
    pub async fn account(&self, name: &str) -> AccountId {
        let id = self.connect(&self.scope(), name).await;
        self.analytics.track(&self.scope(), &[id]).await.expect("tracked");
        id
    }

    pub async fn connect(&self, scope: &Scope, name: &str) -> AccountId {
        let tokens = Tokens {
            access: SecretString::from(format!("{name}:1")),
            refresh: Some(SecretString::from(format!("{name}:2"))),
            expires_at: None,
            scopes: Vec::new(),
        };
        let new =
            NewAccount { platform: self.net.platform, base_url: None, tokens, profile_id: None, is_sandbox: true };
        self.accounts.connect(scope, new).await.expect("connected").id
    }

    pub async fn ingest(&self, account: AccountId, date: &str) -> RunReport {
        self.ingest_as(account, date, IngestTrigger::Manual).await
    }

    pub async fn ingest_as(&self, account: AccountId, date: &str, trigger: IngestTrigger) -> RunReport {
        self.analytics.ingest_day(&self.scope(), account, day(date), trigger).await.expect("the run is reported")
    }

    /// Goes to the night after `date` and collects it.
    pub async fn night_after(&self, account: AccountId, date: &str) -> RunReport {
        self.clock.set(day(date).plus_days(1).start_utc() + std::time::Duration::from_secs(7200));
        self.ingest(account, date).await
    }

    pub async fn rows(&mut self, account: AccountId) -> Vec<Row> {
        sqlx::query_as(
            "select c.external_content_id, d.date::text, d.reach, d.impressions, d.views, d.reactions, d.comments, d.shares,
                    d.clicks, d.is_partial, d.xmin::text || '/' || d.ctid::text as version
             from analytics.content_daily_metrics d join analytics.content c using (organization_id, content_key)
             where c.integration_id = $1 order by c.external_content_id, d.date",
        )
        .bind(account.uuid())
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }

    /// Moves the organization to other clocks.
    pub async fn set_zone(&mut self, zone: &str) {
        sqlx::query("update identity.organizations set timezone = $2 where organization_id = $1")
            .bind(self.org.organization_id.uuid())
            .bind(zone)
            .execute(&mut self.owner)
            .await
            .expect("changed");
    }

    /// Computes what the job would.
    pub async fn roll_up(&self) {
        self.analytics.roll_up(&self.scope()).await.expect("rolled up");
    }

    /// One value by plain SQL, as the superuser.
    pub async fn value<T>(&mut self, sql: &'static str, account: AccountId) -> T
    where
        T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).bind(account.uuid()).fetch_one(&mut self.owner).await.expect("a value")
    }

    /// The versions of all rows that collecting writes, but the diary's.
    pub async fn versions(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "select 'content ' || external_content_id || xmin::text || ctid::text from analytics.content
             union all
             select 'daily ' || content_key || date || xmin::text || ctid::text from analytics.content_daily_metrics
             union all
             select 'sum ' || scope_id || date || xmin::text || ctid::text from analytics.daily_rollups
             union all
             select 'account ' || integration_id || date || xmin::text || ctid::text
             from analytics.account_daily_metrics
             order by 1",
        )
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }
}

/// Collects the structured events of this thread while it lives.
pub struct Events {
    lines: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder of this lock panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Events {
    pub fn listen() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Sink(lines.clone());
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || sink.clone()).finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The fields of the events that carry an error type.
    pub fn failures(&self) -> Vec<Value> {
        let lines = self.lines.lock().expect("no holder of this lock panics");
        String::from_utf8_lossy(&lines)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| event["level"] == "WARN")
            .map(|event| event["fields"].clone())
            .filter(|fields| fields.get("errorType").is_some())
            .collect()
    }
}
