//! The test bed: a database, a clock that stands still, two networks, accounts, a worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::{Account, Accounts, NewAccount, Tokens, Vault};
use rookery_db::Db;
use rookery_identity::Identity;
use rookery_jobs::{Jobs, Registry, Worker, WorkerConfig};
use rookery_kernel::{AccountId, Clock as _, FixedClock, IdGen, Platform, Scope, Timestamp, Zone};
use rookery_platforms::{AppCredentials, Connectors};
use rookery_publishing::{NewPost, PhaseHook, PostDetail, PublicationStatus, Publishing, Receipt, Schedule};
use rookery_testkit::TestDb;
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::net::Net;

/// Everything a test needs.
pub struct World {
    pub test: TestDb,
    pub clock: FixedClock,
    pub scope: Scope,
    pub accounts: Accounts,
    pub publishing: Publishing,
    pub worker: Worker,
    /// The network of most tests.
    pub net: Net,
    /// Another one.
    pub other: Net,
    pub keys: TempDir,
}

/// The parts that another process would make for itself over the same database.
pub struct Parts {
    pub accounts: Accounts,
    pub publishing: Publishing,
    pub worker: Worker,
}

/// What a process is made of, besides its code.
pub struct Wiring {
    pub db: Db,
    pub clock: FixedClock,
    pub vault: Vault,
    pub connectors: Connectors,
    pub apps: BTreeMap<Platform, AppCredentials>,
    pub hook: Option<PhaseHook>,
}

/// Wires the contexts as the binary does.
pub fn wire(wiring: Wiring) -> Parts {
    let Wiring { db, clock, vault, connectors, apps, hook } = wiring;
    let ids: Arc<dyn IdGen> = rookery_testkit::ids_at(&clock);
    let clock: Arc<dyn rookery_kernel::Clock> = Arc::new(clock);
    let connectors = Arc::new(connectors);
    let jobs = Jobs::new(clock.clone(), ids.clone());
    let accounts = Accounts::new(db.clone(), clock.clone(), ids.clone(), vault, connectors.clone(), apps);
    let identity = Identity::new(db.clone(), clock.clone(), ids.clone(), rookery_identity::Config::default());
    let mut publishing = Publishing::new(db.clone(), clock, ids, identity, accounts.clone(), connectors, jobs.clone());
    if let Some(hook) = hook {
        publishing = publishing.with_phase_hook(hook);
    }
    let registry = publishing.register_jobs(Registry::new());
    let worker = Worker::new(db, jobs, registry, WorkerConfig::default());
    Parts { accounts, publishing, worker }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|net| net).await
    }

    /// With a main network of other abilities.
    pub async fn with(change: impl FnOnce(Net) -> Net) -> Self {
        let clock = rookery_testkit::clock();
        let net = change(Net::new(Platform::Mastodon, clock.clone()));
        let other = Net::new(Platform::Facebook, clock.clone());
        let connectors = Connectors::default().with(net.clone()).with(other.clone());
        Self::over(clock, connectors, BTreeMap::new(), net, other).await
    }

    /// Over other connectors; the two networks in memory are then connected to nothing.
    pub async fn over(
        clock: FixedClock,
        connectors: Connectors,
        apps: BTreeMap<Platform, AppCredentials>,
        net: Net,
        other: Net,
    ) -> Self {
        let test = TestDb::new().await;
        let org = test.organization().await;
        let keys = tempfile::tempdir().expect("a temporary folder");
        let vault = Vault::create(&keys.path().join("keys"), rookery_testkit::ids()).expect("a key file");
        let wiring = Wiring { db: test.db.clone(), clock: clock.clone(), vault, connectors, apps, hook: None };
        let Parts { accounts, publishing, worker } = wire(wiring);
        Self { scope: org.scope, test, clock, accounts, publishing, worker, net, other, keys }
    }

    /// Another worker process over the same database.
    pub fn another(&self) -> Parts {
        self.another_with(None)
    }

    /// The same with a hook on its phases.
    pub fn another_with(&self, hook: Option<PhaseHook>) -> Parts {
        let vault = Vault::open(&self.keys.path().join("keys"), rookery_testkit::ids()).expect("the key file");
        let connectors = Connectors::default().with(self.net.clone()).with(self.other.clone());
        wire(Wiring {
            db: self.test.db.clone(),
            clock: self.clock.clone(),
            vault,
            connectors,
            apps: BTreeMap::new(),
            hook,
        })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Connects an account on the main network; the token is `name:1`.
    pub async fn account(&self, name: &str) -> Account {
        self.connect(Platform::Mastodon, name, "1", None).await
    }

    /// Connects an account on the other network.
    pub async fn other_account(&self, name: &str) -> Account {
        self.connect(Platform::Facebook, name, "1", None).await
    }

    /// Connects, or repairs, an account with token number `n` and perhaps a refresh token.
    pub async fn connect(&self, platform: Platform, name: &str, n: &str, refresh: Option<&str>) -> Account {
        let tokens = Tokens {
            access: format!("{name}:{n}").into(),
            refresh: refresh.map(Into::into),
            expires_at: None,
            scopes: Vec::new(),
        };
        let new = NewAccount { platform, base_url: None, tokens, profile_id: None, is_sandbox: true };
        self.accounts.connect(&self.scope, new).await.expect("connected")
    }

    /// A post for these accounts.
    pub async fn post(&self, text: &str, accounts: &[AccountId], schedule: Schedule) -> PostDetail {
        let new = NewPost {
            content: text.to_owned(),
            title: None,
            account_ids: accounts.to_vec(),
            schedule,
            timezone: Zone::utc(),
            composition: rookery_publishing::Composition::default(),
        };
        self.publishing.create_post(&self.scope, new).await.expect("a post that fits")
    }

    /// The post as it is now.
    pub async fn again(&self, detail: &PostDetail) -> PostDetail {
        self.publishing.get(&self.scope, detail.post.id).await.expect("the post exists")
    }

    /// The receipt of the post's first publication.
    pub async fn receipt(&self, detail: &PostDetail) -> Receipt {
        let id = detail.publications[0].id;
        self.publishing.publication(&self.scope, id).await.expect("the publication exists")
    }

    /// The states of a post's publications.
    pub async fn states(&self, detail: &PostDetail) -> Vec<PublicationStatus> {
        self.again(detail).await.publications.iter().map(|p| p.status).collect()
    }

    /// Runs everything due.
    pub async fn run(&self) -> usize {
        self.worker.run_until_idle().await
    }

    /// Lets time pass, from one due job to the next, and runs everything on the way.
    pub async fn pass(&self, time: Duration) {
        let end = self.now() + time;
        loop {
            self.run().await;
            match self.next_job().await {
                Some(next) if next <= end => self.clock.set(next.max(self.now())),
                _ => break,
            }
        }
        self.clock.set(end);
        self.run().await;
    }

    async fn next_job(&self) -> Option<Timestamp> {
        let mut owner = self.test.owner().await;
        let next = sqlx::query_scalar("select min(run_at) from jobs.jobs where state = 'scheduled'")
            .fetch_one(&mut owner)
            .await
            .expect("the queue can be read");
        owner.close().await.expect("closed");
        next
    }

    /// A number from plain SQL.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut owner = self.test.owner().await;
        let n = sqlx::query_scalar(sql).fetch_one(&mut owner).await.expect("a number");
        owner.close().await.expect("closed");
        n
    }

    /// Plain SQL as nobody should use it.
    pub async fn force(&self, sql: &'static str) {
        let mut owner = self.test.owner().await;
        sqlx::raw_sql(sql).execute(&mut owner).await.expect("the statement runs");
        owner.close().await.expect("closed");
    }
}

pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub const fn mins(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}
