//! Accounts against a real database and a network that answers what the test says.

mod fake;
mod renewals;
mod rule_book;
mod servers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fake::Fake;
use rookery_accounts::{
    AccessError, Account, AccountHealth, AccountStatus, Accounts, AccountsError, Call, ConnectError, Connected,
    KeyCheckError, NewAccount, Tokens, Vault,
};
use rookery_kernel::{AccountId, Clock as _, FixedClock, Platform, Scope};
use rookery_platforms::{CallError, Connectors, Delivery, ErrorType, SignIn};
use rookery_testkit::{TestDb, TestOrg};
use secrecy::ExposeSecret as _;
use sqlx::Row as _;
use url::Url;

struct House {
    db: TestDb,
    org: TestOrg,
    accounts: Accounts,
    fake: Fake,
    clock: FixedClock,
    keys: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let org = db.organization().await;
        let (clock, fake) = (rookery_testkit::clock(), Fake::new());
        let keys = tempfile::tempdir().expect("a temporary folder");
        let vault = Vault::create(&keys.path().join("keys"), rookery_testkit::ids()).expect("a key file");
        let connectors = Arc::new(Connectors::default().with(fake.clone()));
        let clock_dyn = Arc::new(clock.clone());
        let accounts =
            Accounts::new(db.db.clone(), clock_dyn, rookery_testkit::ids(), vault, connectors, BTreeMap::new());
        Self { db, org, accounts, fake, clock, keys }
    }

    fn scope(&self) -> &Scope {
        &self.org.scope
    }

    async fn connect(&self) -> Account {
        self.accounts
            .connect(self.scope(), new_account("tok-canary-123", Some("ref-canary-456")))
            .await
            .expect("connected")
    }
}

fn server() -> Url {
    "https://social.example".parse().expect("an address")
}

fn new_account(token: &str, refresh: Option<&str>) -> NewAccount {
    let refresh = refresh.map(|r| r.to_owned().into());
    let tokens = Tokens { access: token.to_owned().into(), refresh, expires_at: None, scopes: Vec::new() };
    NewAccount { platform: Platform::Mastodon, base_url: Some(server()), tokens, profile_id: None, is_sandbox: false }
}

fn failed(kind: ErrorType) -> CallError {
    CallError::new(kind, Delivery::Refused, "no")
}

#[tokio::test]
async fn a_connected_account_gives_its_token_back_and_to_nobody_else() {
    let house = House::new().await;
    let account = house.connect().await;
    assert_eq!((account.status, account.health), (AccountStatus::Active, AccountHealth::Healthy));
    assert_eq!(account.followers_count, Some(10));
    let access = house.accounts.access(house.scope(), account.id).await.expect("usable");
    assert_eq!(access.token.expose_secret(), "tok-canary-123");
    assert_eq!(access.refresh_token.expect("kept").expose_secret(), "ref-canary-456");
    let stranger = house.db.organization().await;
    assert!(matches!(house.accounts.access(&stranger.scope, account.id).await, Err(AccessError::NotFound(_))));
    assert!(house.accounts.list(&stranger.scope).await.expect("listed").is_empty());
}

#[tokio::test]
async fn the_plain_token_is_in_no_table() {
    let house = House::new().await;
    house.connect().await;
    let mut owner = house.db.owner().await;
    let tables = sqlx::query("select format('%I.%I', schemaname, tablename) t from pg_tables where schemaname not in ('pg_catalog', 'information_schema')")
        .fetch_all(&mut owner)
        .await
        .expect("the tables");
    assert!(tables.len() > 20);
    for table in tables {
        let name: String = table.get("t");
        let sql =
            format!("select count(*) n from {name} x where x::text like '%canary%' or x::text like '%63616e617279%'");
        let found: i64 = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut owner).await.expect("counted").get("n");
        assert_eq!(found, 0, "a plain token stands in {name}");
    }
}

#[tokio::test]
async fn swapped_cipher_texts_fail_closed() {
    let house = House::new().await;
    let first = house.connect().await;
    *house.fake.profiles.lock().expect("not poisoned") = vec![("200", None)];
    let second = house.connect().await;
    let mut owner = house.db.owner().await;
    sqlx::query(
        "update accounts.social_accounts a set access_token_enc = b.access_token_enc
         from accounts.social_accounts b where a.id = $1 and b.id = $2",
    )
    .bind(first.id.uuid())
    .bind(second.id.uuid())
    .execute(&mut owner)
    .await
    .expect("swapped");
    assert!(matches!(house.accounts.access(house.scope(), first.id).await, Err(AccessError::Vault(_))));
}

#[tokio::test]
async fn connecting_again_repairs_and_keeps_the_id() {
    let house = House::new().await;
    let first = house.connect().await;
    house.accounts.disconnect(house.scope(), first.id).await.expect("disconnected");
    assert!(
        house.accounts.list(house.scope()).await.expect("listed").is_empty(),
        "disconnected ones are out of the list"
    );
    assert!(matches!(
        house.accounts.access(house.scope(), first.id).await,
        Err(AccessError::NotUsable(AccountStatus::Revoked))
    ));
    let mut owner = house.db.owner().await;
    let kept: i64 = sqlx::query("select count(*) n from accounts.social_accounts where access_token_enc is not null or refresh_token_enc is not null")
        .fetch_one(&mut owner)
        .await
        .expect("counted")
        .get("n");
    assert_eq!(kept, 0, "both tokens are emptied");
    let again = house.connect().await;
    assert_eq!((again.id, again.status), (first.id, AccountStatus::Active));
}

#[tokio::test]
async fn a_token_for_several_profiles_asks_which() {
    let house = House::new().await;
    *house.fake.profiles.lock().expect("not poisoned") = vec![("1", Some("page-1")), ("2", Some("page-2"))];
    let refused = house.accounts.connect(house.scope(), new_account("person", None)).await;
    assert!(matches!(refused, Err(AccountsError::ChooseProfile(p)) if p.len() == 2));
    let chosen = NewAccount { profile_id: Some("2".into()), ..new_account("person", None) };
    let account = house.accounts.connect(house.scope(), chosen).await.expect("connected");
    let access = house.accounts.access(house.scope(), account.id).await.expect("usable");
    assert_eq!(access.token.expose_secret(), "page-2", "a page has a token of its own");
    assert_eq!(access.refresh_token.expect("the person's").expose_secret(), "person");
}

#[tokio::test]
async fn a_refused_token_stores_nothing() {
    let house = House::new().await;
    *house.fake.refuses.lock().expect("not poisoned") = Some(ErrorType::TokenExpired);
    let refused = house.accounts.connect(house.scope(), new_account("bad", None)).await;
    assert!(matches!(refused, Err(AccountsError::Network(_))));
    assert!(house.accounts.list_with_revoked(house.scope()).await.expect("listed").is_empty());
    let nowhere = NewAccount { base_url: None, ..new_account("x", None) };
    assert!(matches!(house.accounts.connect(house.scope(), nowhere).await, Err(AccountsError::AddressNeeded(_))));
    let foreign = NewAccount { platform: Platform::Tiktok, base_url: Some(server()), ..new_account("x", None) };
    assert!(matches!(house.accounts.connect(house.scope(), foreign).await, Err(AccountsError::NoConnector(_))));
}

#[tokio::test]
async fn calls_move_status_and_health_and_leave_events_and_audit() {
    let house = House::new().await;
    let account = house.connect().await;
    let record =
        async |call: Call<'_>| house.accounts.record_call(house.scope(), account.id, call).await.expect("noted");
    let effect = record(Call::Failed(&failed(ErrorType::TokenExpired))).await;
    assert_eq!(
        (effect.status, effect.health, effect.status_changed),
        (AccountStatus::Expired, AccountHealth::Unhealthy, true)
    );
    let now = house.accounts.get(house.scope(), account.id).await.expect("there");
    assert_eq!(now.last_error_code.as_deref(), Some("token_expired"));
    let effect = record(Call::Ok).await;
    assert_eq!((effect.status, effect.health), (AccountStatus::Active, AccountHealth::Healthy));
    let mut owner = house.db.owner().await;
    let kinds: Vec<String> = sqlx::query_scalar("select kind from accounts.account_events order by id")
        .fetch_all(&mut owner)
        .await
        .expect("events");
    assert_eq!(kinds, ["connected", "status_changed", "health_changed", "status_changed", "health_changed"]);
    let audited: i64 =
        sqlx::query_scalar("select count(*) from governance.audit_logs where resource = 'accounts.social_accounts'")
            .fetch_one(&mut owner)
            .await
            .expect("counted");
    assert_eq!(audited, 3, "connected, expired, active again");
}

#[tokio::test]
async fn an_app_password_brings_tokens_and_is_itself_nowhere() {
    let house = House::new().await;
    let sign_in = async |password: &str| {
        let password = password.to_owned().into();
        house.accounts.sign_in(house.scope(), Platform::Mastodon, Some(&server()), "ana", &password, false).await
    };
    assert!(matches!(sign_in("right").await, Err(AccountsError::NoPasswords(Platform::Mastodon))));
    *house.fake.signs_in.lock().expect("not poisoned") = SignIn::AppPassword;
    assert!(matches!(sign_in("wrong").await, Err(AccountsError::SignInRefused(_))));
    assert!(house.accounts.list(house.scope()).await.expect("read").is_empty());
    *house.fake.refuses.lock().expect("not poisoned") = Some(ErrorType::Transient);
    assert!(matches!(sign_in("right").await, Err(AccountsError::Network(_))), "trouble is no refusal");
    *house.fake.refuses.lock().expect("not poisoned") = None;
    let account = sign_in("right").await.expect("connected");
    assert_eq!(account.token_expires_at, Some(rookery_testkit::clock().now() + Duration::from_secs(7200)));
    let access = house.accounts.access(house.scope(), account.id).await.expect("usable");
    assert_eq!(access.token.expose_secret(), "session-of-ana");
    assert_eq!(access.refresh_token.expect("kept").expose_secret(), "refresh-1");
    assert_eq!(sign_in("right").await.expect("repaired").id, account.id);
}

#[tokio::test]
async fn a_sign_in_works_once_for_its_person_and_not_for_ever() {
    let house = House::new().await;
    let user = house.org.user_id;
    let start = async || {
        let redirect = "http://127.0.0.1/accounts/callback";
        let started =
            house.accounts.start(house.scope(), user, Platform::Mastodon, Some(server()), redirect, false).await;
        let url = started.expect("started").authorize_url;
        url.query_pairs().find(|(k, _)| k == "state").expect("a state").1.into_owned()
    };
    let invalid = |r: Result<Connected, ConnectError>| matches!(r, Err(ConnectError::InvalidState));
    let state = start().await;
    let stranger = house.db.organization().await;
    assert!(invalid(house.accounts.finish(&stranger.scope, stranger.user_id, &state, "c").await), "somebody else's");
    let connected = house.accounts.finish(house.scope(), user, &state, "abc").await.expect("connected");
    let Connected::Account(account) = connected else { panic!("one profile needs no choice") };
    assert_eq!(
        house.accounts.access(house.scope(), account.id).await.expect("usable").token.expose_secret(),
        "tok-abc"
    );
    assert!(invalid(house.accounts.finish(house.scope(), user, &state, "abc").await), "used");
    assert!(invalid(house.accounts.finish(house.scope(), user, "made-up", "abc").await), "unknown");
    let state = start().await;
    house.clock.advance(Duration::from_secs(601));
    assert!(invalid(house.accounts.finish(house.scope(), user, &state, "abc").await), "too old");
    assert_eq!(house.accounts.purge_states().await.expect("purged"), 2);
}

#[tokio::test]
async fn a_sign_in_for_several_pages_is_finished_by_a_choice() {
    let house = House::new().await;
    let user = house.org.user_id;
    *house.fake.profiles.lock().expect("not poisoned") = vec![("1", Some("page-1")), ("2", Some("page-2"))];
    let redirect = "http://127.0.0.1/accounts/callback";
    let started = house.accounts.start(house.scope(), user, Platform::Mastodon, Some(server()), redirect, false).await;
    let url = started.expect("started").authorize_url;
    let state = url.query_pairs().find(|(k, _)| k == "state").expect("a state").1.into_owned();
    let Connected::Choose { state, profiles } =
        house.accounts.finish(house.scope(), user, &state, "c").await.expect("asked")
    else {
        panic!("two pages need a choice")
    };
    assert_eq!(profiles.len(), 2);
    assert!(matches!(house.accounts.choose(house.scope(), user, &state, "3").await, Err(ConnectError::NoProfile)));
    let account = house.accounts.choose(house.scope(), user, &state, "2").await.expect("connected");
    assert_eq!(house.accounts.access(house.scope(), account.id).await.expect("usable").token.expose_secret(), "page-2");
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_found_before_anything_is_decrypted() {
    let house = House::new().await;
    let vault = Vault::open(&house.keys.path().join("keys"), rookery_testkit::ids()).expect("there");
    assert!(!Vault::database_has_keys(&house.db.db).await.expect("asked"));
    assert_eq!(vault.check_against(&house.db.db).await.expect("first use"), 0);
    assert_eq!(vault.check_against(&house.db.db).await.expect("same key"), 1);
    assert!(Vault::database_has_keys(&house.db.db).await.expect("asked"));
    let other = Vault::create(&house.keys.path().join("other"), rookery_testkit::ids()).expect("another key 1");
    assert!(matches!(other.check_against(&house.db.db).await, Err(KeyCheckError::Wrong(1))));
    Vault::add_key(&house.keys.path().join("keys"), &(rookery_testkit::ids() as _)).expect("rotated");
    let rotated = Vault::open(&house.keys.path().join("keys"), rookery_testkit::ids()).expect("there");
    rotated.check_against(&house.db.db).await.expect("both keys");
    assert!(matches!(vault.check_against(&house.db.db).await, Err(KeyCheckError::Unknown(2))));
}

#[tokio::test]
async fn the_rule_book_has_every_network_and_counts_as_they_do() {
    let house = House::new().await;
    let rules = house.accounts.all_rules().await.expect("read");
    assert_eq!(rules.len(), Platform::ALL.len());
    let mastodon = house.accounts.rules(Platform::Mastodon).await.expect("read");
    assert_eq!(mastodon.text_limit, 500);
    let long_link = format!("see https://example.org/{}", "x".repeat(300));
    assert_eq!(mastodon.count(&long_link), 4 + 23);
    let missing = house.accounts.get(house.scope(), AccountId::from_uuid(uuid::Uuid::from_u128(9))).await;
    assert!(matches!(missing, Err(AccountsError::NotFound(_))));
}
