//! The handle that moves the simulated world: accounts, history, faults, time, and what happened.

use std::sync::Arc;

use rookery_kernel::{Platform, Zone};
use url::Url;

use crate::calls::CallRecord;
use crate::clock::TravelClock;
use crate::credentials::{credentials, find, person};
use crate::faults::{FaultRule, FaultState};
use crate::history;
use crate::hooks::{ReceivedPublish, When};
use crate::network::{Network, Settings};
use crate::protocols::{self, protocol, protocols};
use crate::texts::Topic;
use crate::truth::Truth;
use crate::views::{AccountOptions, ControlError, SandboxAccount, SandboxPost, StateView};
use crate::world::{Account, App, DeletedBy, Event, Post, TokenEnd};

/// The handle. Clones move the same world.
#[derive(Debug, Clone)]
pub struct Control {
    net: Arc<Network>,
}

impl Control {
    pub(crate) fn new(net: Arc<Network>) -> Self {
        Self { net }
    }

    // ── addresses and time ──────────────────────────────────────────────────────────────────────

    /// Address of the pages for people.
    pub fn origin(&self) -> Url {
        self.net.origin.parse().expect("made from a socket address")
    }

    /// Base address of a network's API, with a slash at its end.
    pub fn base_url(&self, platform: Platform) -> Url {
        format!("{}/{}/", self.net.origin, platform.label()).parse().expect("made from a socket address")
    }

    /// The sandbox's clock: send it elsewhere, give it to others, call it back.
    pub fn clock(&self) -> TravelClock {
        self.net.clock.clone()
    }

    /// Lets the sandbox run some seconds ahead of its clock or, negative, behind it; 0 comes back.
    pub fn set_clock_offset(&self, seconds: i64) {
        if seconds == 0 { self.net.clock.come_back() } else { self.net.clock.shift_secs(seconds) }
    }

    // ── accounts ────────────────────────────────────────────────────────────────────────────────

    /// Makes the apps known that networks have from the start.
    pub(crate) fn register_apps(&self) {
        let seeds = protocols().filter_map(|p| Some((p.platform(), p.app()?)));
        let apps = seeds.zip(1..).map(|((platform, seed), id)| App {
            id,
            platform,
            name: "Rookery (sandbox)".to_owned(),
            website: None,
            client_id: seed.client_id.to_owned(),
            client_secret: seed.client_secret.to_owned(),
            redirect_uris: Vec::new(),
            scopes: seed.scopes.iter().copied().map(ToOwned::to_owned).collect(),
        });
        self.net.world().know_apps(apps.collect());
    }

    /// Creates an account, or finds the one with this handle, and gives working tokens for it.
    /// `followers` is the number now; earlier and later ones follow from the model.
    ///
    /// # Errors
    /// [`ControlError`] if the network is not simulated, or the handle or zone is no such thing.
    pub fn create_account(
        &self,
        platform: Platform,
        handle: &str,
        name: &str,
        followers: i64,
        options: AccountOptions,
    ) -> Result<SandboxAccount, ControlError> {
        let Some(network) = protocol(platform) else {
            return Err(ControlError::NotSimulated(platform));
        };
        let is_letter = |c: char| network.is_handle_char(c);
        if handle.is_empty() || !handle.chars().all(is_letter) || handle.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ControlError::BadHandle(handle.to_owned()));
        }
        options.zone.parse::<Zone>().map_err(|_| ControlError::UnknownZone(options.zone.clone()))?;
        let now = self.net.now();
        let mut world = self.net.world();
        if let Some(known) = world.account_by_handle(platform, handle).cloned() {
            return Ok(credentials(&mut world, &known, now, &self.net.origin));
        }
        let owner = person(&mut world, &options.owner);
        let id = world.new_account_id(network.account_id_base());
        let account = Account {
            id,
            native_id: network.native_account_id(id, handle),
            platform,
            handle: handle.to_owned(),
            name: name.to_owned(),
            bio: options.bio,
            category: options.category,
            zone: options.zone,
            followers: followers.max(0),
            reach_rate: options.reach_rate.clamp(0.0, 10.0),
            created_at: now,
            owner,
        };
        world.commit(Event::Account(account.clone()));
        Ok(credentials(&mut world, &account, now, &self.net.origin))
    }

    /// Working tokens for an account; new ones if the old ones ended.
    ///
    /// # Errors
    /// [`ControlError::UnknownAccount`].
    pub fn account(&self, platform_user_id: &str) -> Result<SandboxAccount, ControlError> {
        let now = self.net.now();
        let mut world = self.net.world();
        let account = find(&world, platform_user_id)?;
        Ok(credentials(&mut world, &account, now, &self.net.origin))
    }

    /// Fills the past of an account: about `posts_per_week` posts a week over the last `days` days,
    /// about these topics (all, if none is named). Gives how many were made.
    ///
    /// # Errors
    /// [`ControlError::UnknownAccount`].
    pub fn seed_history(
        &self,
        platform_user_id: &str,
        days: u32,
        posts_per_week: u32,
        topics: &[Topic],
    ) -> Result<usize, ControlError> {
        let account = find(&self.net.world(), platform_user_id)?;
        Ok(history::seed(&self.net, &account, days, posts_per_week, topics))
    }

    /// Ends an account's tokens. `Expired` ends the account's own only, so that a renewal works;
    /// every other reason ends the token of the person who manages a page as well.
    ///
    /// # Errors
    /// [`ControlError::UnknownAccount`].
    pub fn end_tokens(&self, platform_user_id: &str, end: TokenEnd) -> Result<(), ControlError> {
        let mut world = self.net.world();
        let account = find(&world, platform_user_id)?;
        protocols::of(account.platform).end_tokens(&mut world, &account, end);
        Ok(())
    }

    // ── posts ───────────────────────────────────────────────────────────────────────────────────

    /// All posts of an account, oldest first: the invented past, what came in, what was deleted.
    pub fn posts(&self, platform_user_id: &str) -> Vec<SandboxPost> {
        let world = self.net.world();
        let Ok(account) = find(&world, platform_user_id) else { return Vec::new() };
        let mine = world.posts.values().filter(|p| p.account == account.id);
        mine.map(|p| SandboxPost::new(&world, &account, p, &self.net.origin)).collect()
    }

    /// The posts that came through the API and still exist, oldest first.
    pub fn published(&self, platform_user_id: &str) -> Vec<SandboxPost> {
        let posts = self.posts(platform_user_id);
        posts.into_iter().filter(|p| !p.is_history && p.deleted.is_none()).collect()
    }

    /// A moderator takes a post away.
    ///
    /// # Errors
    /// [`ControlError::UnknownPost`].
    pub fn delete_post(&self, external_id: &str) -> Result<(), ControlError> {
        let now = self.net.now();
        let mut world = self.net.world();
        let id = protocols().find_map(|p| world.post_number(p.platform(), external_id));
        let id = id.ok_or_else(|| ControlError::UnknownPost(external_id.to_owned()))?;
        world.commit(Event::Deleted { id, at: now, by: DeletedBy::Moderator });
        Ok(())
    }

    /// Calls `hook` at moments of every publication, on the thread that serves it.
    pub fn on_publish(&self, hook: impl Fn(&ReceivedPublish, When) + Send + Sync + 'static) {
        self.net.hooks.add(Arc::new(hook));
    }

    /// Takes all hooks away.
    pub fn clear_hooks(&self) {
        self.net.hooks.clear();
    }

    // ── faults and records ──────────────────────────────────────────────────────────────────────

    /// Adds a rule and gives its number.
    pub fn add_fault(&self, rule: FaultRule) -> u64 {
        self.net.faults.add(rule)
    }

    /// All rules and how often they hit.
    pub fn faults(&self) -> Vec<FaultState> {
        self.net.faults.list()
    }

    /// Takes a rule away; `false` if there is none.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.net.faults.remove(id)
    }

    /// Takes all rules away.
    pub fn clear_faults(&self) {
        self.net.faults.clear();
    }

    /// The calls so far, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.net.calls.list()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.net.calls.clear();
    }

    // ── switches, truth, overview ───────────────────────────────────────────────────────────────

    /// The switches as they are.
    pub fn settings(&self) -> Settings {
        self.net.settings()
    }

    /// Changes switches.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.net.change_settings(change);
    }

    /// The true model and every post in it, for judging a learner.
    pub fn truth(&self) -> Truth {
        let world = self.net.world();
        let of = |p: &Post| world.accounts.get(&p.account).map(|a| self.net.audience.truth(a, p));
        Truth::new(self.net.audience.seed, world.posts.values().filter_map(of).collect())
    }

    /// A glance at everything.
    pub fn state(&self) -> StateView {
        let now = self.net.now();
        let mut world = self.net.world();
        let accounts: Vec<Account> = world.accounts.values().cloned().collect();
        let count = |a: &Account| (a.network_id(), world.posts_of(a.id, now).filter(|p| !p.is_deleted(now)).count());
        let posts = accounts.iter().map(count).collect();
        let accounts = accounts.iter().map(|a| credentials(&mut world, a, now, &self.net.origin)).collect();
        StateView {
            now,
            is_away: self.net.clock.is_away(),
            base_urls: protocols().map(|p| (p.platform(), self.base_url(p.platform()))).collect(),
            accounts,
            posts,
            calls: self.net.calls.counts(),
            faults: self.net.faults.list(),
            settings: self.net.settings(),
        }
    }
}
