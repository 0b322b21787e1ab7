//! The same over HTTP: the real connectors against the simulated networks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::{Account, NewAccount, Tokens};
use rookery_kernel::{FixedClock, Platform};
use rookery_platforms::{AppCredentials, Connectors, HttpClient, HttpConfig};
use rookery_publishing::{Draft, FindingCode, LookUpResult, PostDetail, PublicationStatus, Reason, Schedule};
use rookery_sandbox::{
    AccountOptions, Effect, Endpoint, FACEBOOK_APP_ID, FACEBOOK_APP_SECRET, FaultRule, Garbling, Sandbox,
    SandboxAccount, SandboxConfig, SandboxPost, TokenEnd,
};

use crate::net::Net;
use crate::world::{World, mins, secs};

pub const NETWORKS: [Platform; 2] = [Platform::Facebook, Platform::Mastodon];

/// A world whose networks are simulated.
pub struct Sim {
    pub w: World,
    pub sandbox: Sandbox,
    state: tempfile::TempDir,
}

/// The connectors as the binary makes them, but impatient.
pub fn connectors(clock: &FixedClock) -> Connectors {
    let config = HttpConfig { total_timeout: Duration::from_secs(5), ..HttpConfig::local() };
    Connectors::standard(HttpClient::new(config, Arc::new(clock.clone())).expect("a client"))
}

/// The sandbox's registered app.
pub fn apps() -> BTreeMap<Platform, AppCredentials> {
    let app = AppCredentials { client_id: FACEBOOK_APP_ID.to_owned(), client_secret: FACEBOOK_APP_SECRET.into() };
    BTreeMap::from([(Platform::Facebook, app)])
}

async fn start(addr: SocketAddr, clock: &FixedClock, state_file: PathBuf) -> Sandbox {
    let config = SandboxConfig { addr, seed: 7, clock: Arc::new(clock.clone()), state_file: Some(state_file) };
    Sandbox::start(config).await.expect("the sandbox starts")
}

impl Sim {
    pub async fn new() -> Self {
        let clock = rookery_testkit::clock();
        let state = tempfile::tempdir().expect("a temporary folder");
        let sandbox = start(([127, 0, 0, 1], 0).into(), &clock, state.path().join("sandbox")).await;
        let net = Net::new(Platform::Mastodon, clock.clone());
        let w = World::over(clock.clone(), connectors(&clock), apps(), net.clone(), net).await;
        Self { w, sandbox, state }
    }

    /// An account at the network, connected here.
    pub async fn account(&self, platform: Platform, handle: &str) -> (Account, SandboxAccount) {
        let there = self
            .sandbox
            .control()
            .create_account(platform, handle, handle, 1_000, AccountOptions::default())
            .expect("an account");
        (self.connect(&there).await, there)
    }

    pub async fn connect(&self, there: &SandboxAccount) -> Account {
        let access = there.user_token.as_ref().unwrap_or(&there.access_token).clone();
        let tokens = Tokens { access: access.into(), refresh: None, expires_at: None, scopes: Vec::new() };
        let new = NewAccount {
            platform: there.platform,
            base_url: Some(self.sandbox.base_url(there.platform)),
            tokens,
            profile_id: Some(there.platform_user_id.clone()),
            is_sandbox: true,
        };
        self.w.accounts.connect(&self.w.scope, new).await.expect("connected")
    }

    pub fn posts(&self, there: &SandboxAccount) -> Vec<SandboxPost> {
        self.sandbox.control().published(&there.platform_user_id)
    }

    fn fault(&self, there: &SandboxAccount, endpoint: Endpoint, effect: Effect) {
        let rule = FaultRule::new(effect).on(there.platform).endpoint(endpoint).once();
        self.sandbox.control().add_fault(rule);
    }

    /// The publication is out, with the id of the one post there is.
    #[track_caller]
    fn check_once(&self, detail: &PostDetail, there: &SandboxAccount) {
        let publication = &detail.publications[0];
        let held = self.posts(there);
        assert_eq!(held.len(), 1, "{}: {held:?}", there.platform);
        assert_eq!(publication.status, PublicationStatus::Published, "{}", there.platform);
        assert_eq!(publication.platform_post_id.as_deref(), Some(held[0].external_id.as_str()));
    }
}

#[tokio::test]
async fn a_scheduled_post_reaches_both_networks_once() {
    let sim = Sim::new().await;
    let (page, page_there) = sim.account(Platform::Facebook, "fieldwork").await;
    let (profile, profile_there) = sim.account(Platform::Mastodon, "ann").await;
    let at = sim.w.now() + mins(5);
    let post = sim.w.post("A walk with #friends", &[page.id, profile.id], Schedule::At(at)).await;
    sim.w.pass(mins(5)).await;
    let post = sim.w.again(&post).await;
    for there in [&page_there, &profile_there] {
        let held = sim.posts(there);
        assert_eq!((held.len(), held[0].text.as_str(), held[0].created_at), (1, "A walk with #friends", at));
        let publication = post.publications.iter().find(|p| p.platform == there.platform).expect("one per account");
        assert_eq!(publication.status, PublicationStatus::Published);
        assert_eq!(publication.platform_post_id.as_deref(), Some(held[0].external_id.as_str()));
        assert_eq!(publication.platform_post_url.as_deref(), Some(held[0].permalink.as_str()));
    }
    assert_eq!(sim.posts(&profile_there)[0].idempotency_key, Some(post.publications[1].idempotency_key.clone()));
}

/// What stands against a text on this account: what was measured, and what is allowed.
async fn too_long(sim: &Sim, account: &Account, characters: usize) -> Option<(Option<usize>, Option<usize>)> {
    let draft = Draft::of_text("x".repeat(characters), vec![account.id], Schedule::Draft);
    let checked = sim.w.publishing.check(&sim.w.scope, &draft).await.expect("checked");
    let found = checked.findings.into_iter().find(|f| f.code == FindingCode::TextTooLong)?;
    assert_eq!(found.limit, Some(checked.accounts[0].limit), "the counter shows the same limit");
    Some((found.actual, found.limit))
}

#[tokio::test]
async fn a_text_is_held_against_the_limit_of_the_accounts_own_server() {
    let sim = Sim::new().await;
    let (usual, _) = sim.account(Platform::Mastodon, "ann").await;
    assert_eq!(too_long(&sim, &usual, 501).await, Some((Some(501), Some(500))));
    // The server allows more, and the account is checked again.
    sim.sandbox.control().change_settings(|settings| settings.mastodon_characters_max = 5_000);
    let generous = sim.w.accounts.check(&sim.w.scope, usual.id).await.expect("it works");
    assert_eq!(too_long(&sim, &generous, 5_000).await, None);
    assert_eq!(too_long(&sim, &generous, 5_001).await, Some((Some(5_001), Some(5_000))));
    let post = sim.w.post(&"x".repeat(5_000), &[usual.id], Schedule::Now).await;
    sim.w.run().await;
    assert_eq!(sim.w.again(&post).await.publications[0].status, PublicationStatus::Published);
    // One that is connected there later is known from the beginning; the next day the server allows less.
    let (new, _) = sim.account(Platform::Mastodon, "bob").await;
    assert_eq!(too_long(&sim, &new, 5_000).await, None);
    sim.sandbox.control().change_settings(|settings| settings.mastodon_characters_max = 100);
    let strict = sim.w.accounts.check(&sim.w.scope, new.id).await.expect("it works");
    assert_eq!(too_long(&sim, &strict, 101).await, Some((Some(101), Some(100))));
}

#[tokio::test]
async fn accepted_without_an_answer_or_with_a_senseless_one_is_found() {
    let effects = [
        Effect::accept_then_drop(),
        Effect::AcceptThen500,
        Effect::Malformed { garbling: Garbling::Html },
        Effect::Malformed { garbling: Garbling::Truncated },
    ];
    let sim = Sim::new().await;
    for (n, effect) in effects.into_iter().enumerate() {
        for platform in NETWORKS {
            let (account, there) = sim.account(platform, &format!("account_{n}")).await;
            sim.fault(&there, Endpoint::Publish, effect.clone());
            let post = sim.w.post(&format!("Post {n}"), &[account.id], Schedule::Now).await;
            sim.w.run().await;
            assert!(matches!(sim.w.receipt(&post).await.reason, Reason::Checking { .. }), "{platform} {effect:?}");
            sim.w.pass(secs(10)).await;
            sim.check_once(&sim.w.again(&post).await, &there);
            let receipt = sim.w.receipt(&post).await;
            assert_eq!(receipt.attempts[0].look_ups()[0].result, LookUpResult::Found);
        }
    }
}

#[tokio::test]
async fn refused_or_lost_is_sent_again_once_it_is_certain() {
    let effects = [Effect::Refuse500, Effect::LoseRequest { silence: rookery_sandbox::Silence::Drop }];
    let sim = Sim::new().await;
    for (n, effect) in effects.into_iter().enumerate() {
        for platform in NETWORKS {
            let (account, there) = sim.account(platform, &format!("account_{n}")).await;
            sim.fault(&there, Endpoint::Publish, effect.clone());
            let post = sim.w.post(&format!("Post {n}"), &[account.id], Schedule::Now).await;
            sim.w.pass(mins(40)).await;
            sim.check_once(&sim.w.again(&post).await, &there);
            assert_eq!(sim.w.receipt(&post).await.attempts.len(), 2);
        }
    }
}

#[tokio::test]
async fn a_quota_is_waited_for() {
    let sim = Sim::new().await;
    for platform in NETWORKS {
        let (account, there) = sim.account(platform, "ann").await;
        sim.fault(&there, Endpoint::Publish, Effect::rate_limit());
        let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
        sim.w.run().await;
        let receipt = sim.w.receipt(&post).await;
        assert!(matches!(receipt.reason, Reason::SlowedDown { until } if until >= sim.w.now() + mins(4)), "{platform}");
        assert_eq!(receipt.publication.attempt_count, 0);
        sim.w.pass(mins(20)).await;
        sim.check_once(&sim.w.again(&post).await, &there);
    }
}

#[tokio::test]
async fn a_withdrawn_token_waits_for_the_person_to_connect_again() {
    let sim = Sim::new().await;
    for platform in NETWORKS {
        let (account, there) = sim.account(platform, "ann").await;
        sim.sandbox.control().end_tokens(&there.platform_user_id, TokenEnd::Revoked).expect("ended");
        let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
        sim.w.pass(mins(20)).await;
        let reason = sim.w.receipt(&post).await.reason;
        assert!(matches!(reason, Reason::WaitingForAccount { .. }), "{platform}: {reason:?}");
        assert!(sim.posts(&there).is_empty());
        let there = sim.sandbox.control().account(&there.platform_user_id).expect("new tokens");
        sim.connect(&there).await;
        sim.w.pass(mins(1)).await;
        sim.check_once(&sim.w.again(&post).await, &there);
    }
}

#[tokio::test]
async fn an_ended_page_token_is_renewed_without_anybody_noticing() {
    let sim = Sim::new().await;
    let (account, there) = sim.account(Platform::Facebook, "fieldwork").await;
    sim.sandbox.control().end_tokens(&there.platform_user_id, TokenEnd::Expired).expect("ended");
    let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
    sim.w.run().await;
    sim.check_once(&sim.w.again(&post).await, &there);
}

#[tokio::test]
async fn a_network_that_is_away_is_tried_again_when_it_is_back() {
    let Sim { w, sandbox, state } = Sim::new().await;
    let sim = Sim { w, sandbox, state };
    let (account, there) = sim.account(Platform::Mastodon, "ann").await;
    let addr = sim.sandbox.addr();
    sim.sandbox.stop().await;
    let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
    sim.w.run().await;
    let reason = sim.w.receipt(&post).await.reason;
    assert!(matches!(reason, Reason::Retrying { attempt: 2, .. }), "{reason:?}");
    let sandbox = start(addr, &sim.w.clock, sim.state.path().join("sandbox")).await;
    let sim = Sim { w: sim.w, sandbox, state: sim.state };
    sim.w.pass(mins(3)).await;
    sim.check_once(&sim.w.again(&post).await, &there);
}

#[tokio::test]
async fn a_stale_listing_does_not_make_a_second_post() {
    let sim = Sim::new().await;
    for platform in NETWORKS {
        let (account, there) = sim.account(platform, "ann").await;
        sim.fault(&there, Endpoint::Publish, Effect::accept_then_drop());
        let stale = FaultRule::new(Effect::StaleListing { seconds: 600 }).on(platform);
        let id = sim.sandbox.control().add_fault(stale);
        let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
        sim.w.pass(mins(40)).await;
        sim.check_once(&sim.w.again(&post).await, &there);
        sim.sandbox.control().remove_fault(id);
    }
}
