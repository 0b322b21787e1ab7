//! Tokens are renewed before they end, once, and a renewal never blanks one that works (PUB-13).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rookery_accounts::{Account, AccountStatus, NewAccount, Tokens};
use rookery_identity::Identity;
use rookery_jobs::{Jobs, Registry, Worker, WorkerConfig};
use rookery_kernel::{Clock as _, Timestamp};
use rookery_platforms::ErrorType;
use secrecy::ExposeSecret as _;
use tokio::sync::Barrier;

use crate::fake::Brought;
use crate::{House, new_account, server};

impl House {
    /// An account whose token lives so long from now.
    async fn connect_for(&self, life: Duration) -> Account {
        let given = new_account("tok-1", Some("ref-1"));
        let tokens = Tokens { expires_at: Some(self.clock.now() + life), ..given.tokens };
        let new = NewAccount { base_url: Some(server()), tokens, ..given };
        self.accounts.connect(self.scope(), new).await.expect("connected")
    }

    async fn tokens(&self, account: &Account) -> (String, Option<String>) {
        let access = self.accounts.access(self.scope(), account.id).await.expect("usable");
        let text = |t: &secrecy::SecretString| t.expose_secret().to_owned();
        (text(&access.token), access.refresh_token.as_ref().map(text))
    }

    async fn now_of(&self, account: &Account) -> Account {
        self.accounts.get(self.scope(), account.id).await.expect("there")
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.db.owner().await).await.expect("a number")
    }

    fn refuse(&self, kind: Option<ErrorType>) {
        *self.fake.refuses.lock().expect("not poisoned") = kind;
    }

    fn calls(&self) -> usize {
        self.fake.renewals.load(Ordering::SeqCst)
    }

    /// A worker with the jobs of accounts and nothing else.
    pub fn worker(&self) -> Worker {
        let clock = Arc::new(self.clock.clone());
        let ids = rookery_testkit::ids();
        let jobs = Jobs::new(clock.clone(), ids.clone());
        let config = rookery_identity::Config::default();
        let identity = Identity::new(self.db.db.clone(), clock, ids, config);
        let registry = self.accounts.register_jobs(Registry::new(), &identity, &jobs);
        Worker::new(self.db.db.clone(), jobs, registry, WorkerConfig::default())
    }
}

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn two_renewals_at_once_are_one_call() {
    let house = House::new().await;
    let account = house.connect_for(Duration::from_hours(2)).await;
    let barrier = Arc::new(Barrier::new(2));
    *house.fake.meet.lock().expect("not poisoned") = Some(barrier.clone());
    let second = async {
        // The first one is at the network now.
        barrier.wait().await;
        *house.fake.meet.lock().expect("not poisoned") = None;
        let waits = house.accounts.renew(house.scope(), account.id);
        let lets_go = async { barrier.wait().await };
        tokio::join!(waits, lets_go).0
    };
    let (a, b) = tokio::join!(house.accounts.renew(house.scope(), account.id), second);
    assert!(a.expect("renewed") && b.expect("renewed"));
    assert_eq!(house.calls(), 1);
    assert_eq!(house.tokens(&account).await, ("renewed-0".into(), Some("ref-1".into())), "no new one keeps the old");
    assert_eq!(house.number("select count(*) from accounts.account_events where kind = 'refreshed'").await, 1);
    assert_eq!(
        house.number("select count(*) from accounts.social_accounts where renewal_claimed_until is not null").await,
        0
    );
}

#[tokio::test]
async fn an_answer_without_a_token_blanks_nothing() {
    let house = House::new().await;
    let account = house.connect_for(Duration::from_hours(2)).await;
    let brings = |brought| *house.fake.brings.lock().expect("not poisoned") = brought;
    brings(Brought { is_blank: true, refresh: Some(""), ..Brought::default() });
    assert!(!house.accounts.renew(house.scope(), account.id).await.expect("asked"));
    assert_eq!(house.tokens(&account).await, ("tok-1".into(), Some("ref-1".into())));
    brings(Brought { refresh: Some(" "), ..Brought::default() });
    assert!(house.accounts.renew(house.scope(), account.id).await.expect("asked"));
    assert_eq!(house.tokens(&account).await, ("renewed-1".into(), Some("ref-1".into())));
    brings(Brought { refresh: Some("ref-2"), ..Brought::default() });
    assert!(house.accounts.renew(house.scope(), account.id).await.expect("asked"));
    assert_eq!(house.tokens(&account).await, ("renewed-2".into(), Some("ref-2".into())), "rotated");
}

#[tokio::test]
async fn an_old_refusal_does_not_blame_a_new_token() {
    let house = House::new().await;
    let account = house.connect_for(Duration::from_hours(2)).await;
    let barrier = Arc::new(Barrier::new(2));
    *house.fake.meet.lock().expect("not poisoned") = Some(barrier.clone());
    let reconnect = async {
        barrier.wait().await;
        // While the network still thinks, the person connects the account again.
        house.accounts.connect(house.scope(), new_account("tok-2", Some("ref-2"))).await.expect("repaired");
        house.refuse(Some(ErrorType::TokenExpired));
        barrier.wait().await;
    };
    let (renewed, ()) = tokio::join!(house.accounts.renew(house.scope(), account.id), reconnect);
    assert!(renewed.expect("there is a fresh token"));
    assert_eq!(house.now_of(&account).await.status, AccountStatus::Active);
    assert_eq!(house.tokens(&account).await, ("tok-2".into(), Some("ref-2".into())));
}

#[tokio::test]
async fn the_scan_renews_a_token_of_two_hours_before_it_ends() {
    let house = House::new().await;
    *house.fake.brings.lock().expect("not poisoned") = Brought { life: Duration::from_hours(2), ..Brought::default() };
    let account = house.connect_for(Duration::from_hours(2)).await;
    let worker = house.worker();
    let started = house.clock.now();
    let mut ends: Option<Timestamp> = house.now_of(&account).await.token_expires_at;
    // Six hours: it never ends, and is not renewed more often than needed.
    for _ in 0..6 * 12 {
        house.clock.advance(MINUTE * 5);
        worker.run_until_idle().await;
        let now = house.clock.now();
        let end = house.now_of(&account).await.token_expires_at.expect("an end");
        assert!(end > now, "an ended token after {:?}", now.since(started));
        assert!(ends <= Some(end));
        ends = Some(end);
    }
    assert!((3..=4).contains(&house.calls()), "{} calls", house.calls());
}

#[tokio::test]
async fn failures_are_tried_again_later_and_later_and_then_a_person_is_needed() {
    let house = House::new().await;
    let account = house.connect_for(Duration::from_hours(2)).await;
    let worker = house.worker();
    house.refuse(Some(ErrorType::Transient));
    let mut tried = Vec::new();
    for minute in (0..12 * 60).step_by(5) {
        let before = house.calls();
        worker.run_until_idle().await;
        if house.calls() > before {
            tried.push(minute);
        }
        house.clock.advance(MINUTE * 5);
    }
    let pauses: Vec<i64> = tried.windows(2).map(|pair| i64::from(pair[1] - pair[0])).collect();
    // The scan runs every five minutes and spreads what it finds over five.
    for (pause, least) in pauses.iter().zip([5, 15, 60, 240]) {
        assert!((least..=least + 15).contains(pause), "{pauses:?}");
    }
    assert_eq!((pauses.len(), house.now_of(&account).await.status), (4, AccountStatus::Error));
    // Connecting it again forgets all that.
    house.refuse(None);
    let again = house.connect_for(Duration::from_hours(2)).await;
    assert_eq!((again.id, again.status), (account.id, AccountStatus::Active));
    assert!(house.accounts.renew(house.scope(), account.id).await.expect("asked"));
}

#[tokio::test]
async fn a_refused_refresh_token_ends_the_connection_at_once() {
    let house = House::new().await;
    let account = house.connect_for(Duration::from_hours(2)).await;
    house.refuse(Some(ErrorType::TokenExpired));
    assert!(!house.accounts.renew(house.scope(), account.id).await.expect("asked"));
    assert_eq!(house.now_of(&account).await.status, AccountStatus::Expired);
    // The network changed its mind: an ended one is still tried.
    house.refuse(None);
    house.clock.advance(Duration::from_hours(3));
    house.worker().run_until_idle().await;
    house.clock.advance(MINUTE * 6);
    house.worker().run_until_idle().await;
    assert_eq!(house.now_of(&account).await.status, AccountStatus::Active);
}
