//! The simulated networks of the demo and the studio's six accounts on them.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use rookery_accounts::{AccountStatus, NewAccount, Tokens};
use rookery_kernel::{AccountId, Actor, Clock, Platform, Scope};
use rookery_sandbox::{
    AccountOptions, Effect, Endpoint, FaultRule, Sandbox, SandboxAccount, SandboxConfig, StartError, TokenEnd, Topic,
    TravelClock,
};
use serde_json::json;
use url::Url;

use super::files::{Files, Ready};
use crate::wiring::Core;

/// The world is the same on every machine.
const SEED: u64 = 7;

/// An account as the studio would have made it.
struct Persona {
    platform: Platform,
    handle: &'static str,
    name: &'static str,
    bio: &'static str,
    followers: i64,
    posts_per_week: u32,
    topics: &'static [Topic],
}

const PERSONAS: [Persona; 6] = [
    Persona {
        platform: Platform::Facebook,
        handle: "fieldwork.studio",
        name: "Fieldwork Studio",
        bio: "Maps, notes and tools for people who work outside.",
        followers: 12_400,
        posts_per_week: 6,
        topics: &Topic::ALL,
    },
    Persona {
        platform: Platform::Facebook,
        handle: "fieldwork.maps",
        name: "Fieldwork Maps",
        bio: "Hand-drawn maps of places you can walk to.",
        followers: 5_850,
        posts_per_week: 4,
        topics: &[Topic::ProductNews, Topic::BehindTheScenes, Topic::Poll],
    },
    Persona {
        platform: Platform::Facebook,
        handle: "riverside.walks",
        name: "Riverside Walks",
        bio: "Guided walks on Saturdays, with tea.",
        followers: 2_130,
        posts_per_week: 3,
        topics: &[Topic::FieldNotes, Topic::BehindTheScenes],
    },
    Persona {
        platform: Platform::Mastodon,
        handle: "fieldwork",
        name: "Fieldwork Studio",
        bio: "Maps, notes and tools for people who work outside.",
        followers: 3_940,
        posts_per_week: 7,
        topics: &Topic::ALL,
    },
    Persona {
        platform: Platform::Mastodon,
        handle: "fieldnotes_daily",
        name: "Field Notes, Daily",
        bio: "One thing we saw today.",
        followers: 1_720,
        posts_per_week: 7,
        topics: &[Topic::FieldNotes, Topic::Poll],
    },
    Persona {
        platform: Platform::Mastodon,
        handle: "toolbench",
        name: "The Tool Bench",
        bio: "How things work and how to mend them.",
        followers: 860,
        posts_per_week: 3,
        topics: &[Topic::HowTo, Topic::ProductNews],
    },
];

/// The place of the account whose token ended.
pub(super) const BROKEN: usize = 5;

/// The running networks.
pub(super) struct Networks {
    sandbox: Sandbox,
}

impl Networks {
    /// Starts them on the demo's clock, with what they remember. Port 0 means where they listened `before`, because
    /// accounts know them by their address, or any port if another program has that one now.
    pub async fn start(
        wanted: SocketAddr,
        before: Option<SocketAddr>,
        files: &Files,
        clock: TravelClock,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let on = |addr| {
            Sandbox::start(SandboxConfig { addr, seed: SEED, clock: clock.clone(), state_file: Some(files.sandbox()) })
        };
        let started = match before.filter(|_| wanted.port() == 0) {
            Some(before) => match on(before).await {
                Err(StartError::Listen { .. }) => on(wanted).await,
                started => started,
            },
            None => on(wanted).await,
        };
        Ok(Self { sandbox: started.context("the simulated networks do not start (--sandbox-listen)")? })
    }

    /// Ends them.
    pub async fn stop(self) {
        self.sandbox.stop().await;
    }

    /// Their pages for people.
    pub fn address(&self) -> Url {
        self.sandbox.control().origin()
    }

    /// Where they listen.
    pub fn listens_at(&self) -> SocketAddr {
        self.sandbox.addr()
    }

    /// Makes the accounts and their past up to now.
    pub fn populate(&self, days: u16) -> anyhow::Result<Vec<SandboxAccount>> {
        let control = self.sandbox.control();
        let made = PERSONAS.iter().map(|p| {
            let options = AccountOptions { bio: p.bio.into(), owner: "Dana Feld".into(), ..AccountOptions::default() };
            let account = control.create_account(p.platform, p.handle, p.name, p.followers, options)?;
            control.seed_history(&account.platform_user_id, days.into(), p.posts_per_week, p.topics)?;
            Ok(account)
        });
        made.collect()
    }

    /// Connects the accounts the way a person with tokens would.
    pub async fn connect_all(
        &self,
        core: &Core,
        scope: &Scope,
        accounts: &[SandboxAccount],
    ) -> anyhow::Result<Vec<AccountId>> {
        let mut ids = Vec::with_capacity(accounts.len());
        for account in accounts {
            ids.push(self.connect(core, scope, account).await?);
        }
        Ok(ids)
    }

    async fn connect(&self, core: &Core, scope: &Scope, account: &SandboxAccount) -> anyhow::Result<AccountId> {
        // A page is connected with the token of the person who manages it, so that its own can be renewed.
        let access = account.user_token.clone().unwrap_or_else(|| account.access_token.clone());
        let new = NewAccount {
            platform: account.platform,
            base_url: Some(self.sandbox.base_url(account.platform)),
            tokens: Tokens {
                access: access.into(),
                refresh: account.refresh_token.clone().map(Into::into),
                expires_at: None,
                scopes: Vec::new(),
            },
            profile_id: Some(account.platform_user_id.clone()),
            is_sandbox: true,
        };
        let connected = core.accounts.connect(scope, new).await;
        Ok(connected.with_context(|| format!("{} on {} cannot be connected", account.name, account.platform))?.id)
    }

    /// After a change of the networks' address: tells the accounts.
    pub async fn move_accounts(&self, core: &Core, ready: &Ready) -> anyhow::Result<()> {
        let scope = Scope::new(ready.organization_id, Actor::User(ready.user_id));
        for (place, id) in ready.accounts.iter().enumerate() {
            let known = core.accounts.get(&scope, *id).await?;
            if known.status == AccountStatus::Revoked {
                continue;
            }
            let account = self.sandbox.control().account(&known.platform_user_id)?;
            self.connect(core, &scope, &account).await?;
            if place == BROKEN && known.status != AccountStatus::Active {
                self.end_token(core, &scope, *id).await?;
            }
        }
        Ok(())
    }

    /// Ends an account's token and lets Rookery find out.
    pub async fn end_token(&self, core: &Core, scope: &Scope, id: AccountId) -> anyhow::Result<()> {
        let account = core.accounts.get(scope, id).await?;
        self.sandbox.control().end_tokens(&account.platform_user_id, TokenEnd::Revoked)?;
        anyhow::ensure!(
            core.accounts.check(scope, id).await.is_err(),
            "the simulated network still accepts a token that has ended"
        );
        Ok(())
    }

    /// The next post on this account is against the network's rules.
    pub async fn refuse_next_post(&self, core: &Core, scope: &Scope, id: AccountId) -> anyhow::Result<()> {
        let account = core.accounts.get(scope, id).await?;
        let body = json!({"error": {
            "message": "Your content couldn't be shared because it goes against our Community Standards on spam.",
            "type": "OAuthException", "code": 368, "error_subcode": 1_404_102, "is_transient": false, "fbtrace_id": "Ademo368",
        }});
        let rule = FaultRule::new(Effect::Status { code: 400, body })
            .on(account.platform)
            .account(account.platform_user_id)
            .endpoint(Endpoint::Publish)
            .once();
        self.sandbox.control().add_fault(rule);
        Ok(())
    }
}
