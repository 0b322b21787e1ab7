//! Snapshots from all ten networks, with the real connectors and the simulated networks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rookery_accounts::{Accounts, NewAccount, Tokens, Vault};
use rookery_analytics::{Analytics, IngestStatus, Verdict};
use rookery_jobs::Jobs;
use rookery_kernel::{AccountId, Clock, FixedClock, IdGen, Platform};
use rookery_platforms::{Connectors, HttpClient, HttpConfig};
use rookery_sandbox::{AccountOptions, Control, Effect, Endpoint, FaultRule, Sandbox, SandboxConfig};
use rookery_testkit::{TestDb, TestOrg};
use sqlx::PgConnection;
use sqlx::types::Uuid;

use crate::world::at;

/// Publications of each account.
const PUBLICATIONS: usize = 3;

struct Town {
    _db: TestDb,
    org: TestOrg,
    control: Control,
    analytics: Analytics,
    owner: PgConnection,
    accounts: Vec<(Platform, AccountId, String)>,
    _sandbox: Sandbox,
    _keys: tempfile::TempDir,
}

impl Town {
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
        let http = HttpClient::new(HttpConfig::local(), shared.clone()).expect("a client");
        let connectors = Arc::new(Connectors::standard(http));
        let keys = tempfile::tempdir().expect("a folder");
        let vault = Vault::create(&keys.path().join("keys"), ids.clone()).expect("a key file");
        let accounts =
            Accounts::new(db.db.clone(), shared.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
        let jobs = Jobs::new(shared.clone(), ids.clone());
        let analytics = Analytics::new(db.db.clone(), shared, ids, accounts.clone(), connectors.clone(), jobs);
        let control = sandbox.control();
        let mut town =
            Self { _db: db, org, control, analytics, owner, accounts: Vec::new(), _sandbox: sandbox, _keys: keys };
        for platform in connectors.platforms() {
            town.settle(&accounts, platform).await;
        }
        town
    }

    /// An account with ten days behind it, whose newest posts are ours.
    async fn settle(&mut self, accounts: &Accounts, platform: Platform) {
        let made = self.control.create_account(platform, "harbour", "Harbour", 5_000, AccountOptions::default());
        let made = made.expect("simulated");
        self.control.seed_history(&made.platform_user_id, 10, 7, &[]).expect("a past");
        let tokens = Tokens {
            access: made.user_token.clone().unwrap_or_else(|| made.access_token.clone()).into(),
            refresh: made.refresh_token.clone().map(Into::into),
            expires_at: None,
            scopes: Vec::new(),
        };
        let new = NewAccount {
            platform,
            base_url: Some(self.control.base_url(platform)),
            tokens,
            profile_id: Some(made.platform_user_id.clone()),
            is_sandbox: true,
        };
        let account = accounts.connect(&self.org.scope, new).await.expect("connected");
        let mut posts = self.control.posts(&made.platform_user_id);
        posts.sort_by_key(|post| std::cmp::Reverse(post.created_at));
        for post in posts.iter().take(PUBLICATIONS) {
            sqlx::query(
                "with post as (
                     insert into publishing.posts (id, organization_id, content, status, timezone)
                     values (gen_random_uuid(), $1, 'ours', 'published', 'UTC') returning id)
                 insert into publishing.post_publications
                     (organization_id, id, post_id, social_account_id, platform, status, idempotency_key, platform_post_id,
                      published_at, next_sync_at)
                 select $1, gen_random_uuid(), p.id, a.id, a.platform, 'published', $3 || a.id, $3, $4, '2026-03-10T09:00:00Z'
                 from post p join accounts.social_accounts a on a.organization_id = $1 and a.id = $2",
            )
            .bind(self.org.organization_id.uuid())
            .bind(account.id.uuid())
            .bind(&post.external_id)
            .bind(post.created_at)
            .execute(&mut self.owner)
            .await
            .expect("a publication");
        }
        self.accounts.push((platform, account.id, made.platform_user_id));
    }

    async fn counts(&mut self) -> BTreeMap<Uuid, (i64, i64)> {
        let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(
            "select social_account_id, count(distinct publication_id), count(*) filter (where period = 'monthly'
                        and coalesce(likes_count, comments_count, shares_count, views_count) is not null)
             from analytics.publication_snapshots group by 1",
        )
        .fetch_all(&mut self.owner)
        .await
        .expect("rows");
        rows.into_iter().map(|(account, publications, known)| (account, (publications, known))).collect()
    }
}

#[tokio::test]
async fn all_ten_networks_are_read_in_batches_and_one_that_fails_writes_nothing() {
    let mut town = Town::new().await;
    assert_eq!(town.accounts.len(), 10);
    let (_, _, failing) = town.accounts[3].clone();
    let rule = FaultRule::new(Effect::Refuse500).account(failing).endpoint(Endpoint::Metrics);
    let rule = town.control.add_fault(rule);
    let mut failed = None;
    for (place, (platform, account, _)) in town.accounts.clone().into_iter().enumerate() {
        let report = town.analytics.read_publications(&town.org.scope, account).await.expect("a report");
        let step = &report.steps[0];
        assert_eq!(step.items_total, PUBLICATIONS, "{platform:?}");
        assert_eq!(step.api_calls, 1, "{platform:?}: one call of the connector for all of them");
        if place == 3 {
            assert!(matches!(report.verdict, Verdict::GiveUp { .. }), "{platform:?}: {report:?}");
            failed = Some(account);
        } else {
            assert_eq!((step.status, step.items_ok), (IngestStatus::Success, PUBLICATIONS), "{platform:?}: {report:?}");
        }
    }
    let counts = town.counts().await;
    let failed = failed.expect("the fourth").uuid();
    let all = i64::try_from(PUBLICATIONS).expect("few");
    for (platform, account, _) in &town.accounts {
        let expected = (account.uuid() != failed).then_some((all, all));
        assert_eq!(counts.get(&account.uuid()).copied(), expected, "{platform:?}");
    }

    // Its turn comes again.
    town.control.remove_fault(rule);
    sqlx::query(
        "update publishing.post_publications set next_sync_at = '2026-03-10T09:00:00Z' where social_account_id = $1",
    )
    .bind(failed)
    .execute(&mut town.owner)
    .await
    .expect("due again");
    let report =
        town.analytics.read_publications(&town.org.scope, AccountId::from_uuid(failed)).await.expect("a report");
    assert_eq!(report.status(), IngestStatus::Success, "{report:?}");
    assert_eq!(town.counts().await.len(), 10);
}
