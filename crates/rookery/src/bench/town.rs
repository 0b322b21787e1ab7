//! A whole installation for one measurement: a folder, a database, simulated networks with accounts, posts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rookery_accounts::{NewAccount, Tokens};
use rookery_governance::audit::Origin;
use rookery_identity::{NewOrganization, NewUser};
use rookery_kernel::{
    AccountId, Actor, Clock as _, MediaAssetId, OrganizationId, Platform, Scope, SystemClock, Timestamp, UserId, Zone,
};
use rookery_platforms::{Ability, MediaKind};
use rookery_publishing::{Composition, MediaUse, NewPost, PostFormat, Schedule};
use rookery_sandbox::{AccountOptions, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::clock::FastClock;
use super::media::{self, BenchFiles, Server};
use super::queries::{self, Asset};
use super::worker::Crew;
use crate::config::{Config, Network, SETTINGS};
use crate::store::Store;
use crate::wiring::{Core, Parts};

/// Posts are made by so many tasks at once.
const WRITERS: usize = 4;
/// The chance of the measurement, the same in every run.
pub(super) const SEED: u64 = 20_260_401;

/// An account of the measurement.
#[derive(Debug, Clone)]
pub(super) struct Inhabitant {
    pub id: AccountId,
    pub platform: Platform,
    /// Its id at the network.
    pub remote: String,
}

/// The installation.
pub(super) struct Town {
    pub clock: FastClock,
    pub core: Core,
    pub scope: Scope,
    pub sandbox: Sandbox,
    pub accounts: Vec<Inhabitant>,
    pub crew: Crew,
    store: Store,
    files: Server,
    assets: BTreeMap<&'static str, MediaAssetId>,
    _folder: TempDir,
}

impl Town {
    /// With `accounts` on each network this program can talk to.
    pub async fn found(config: &Config, speed: u32, accounts: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let clock = FastClock { epoch: SystemClock.now(), speed };
        let sandbox = Sandbox::start(SandboxConfig {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: SEED,
            clock: Arc::new(clock),
            state_file: None,
        })
        .await?;
        let config = private(config, &folder);
        let apps = config.networks.iter().flat_map(|(platform, network)| variables(*platform, network)).collect();
        let store = Store::open(&config).await?;
        let core = Core::start(&config, &store, Parts::on(Arc::new(clock))).await?;
        let scope = organization(&core).await?;
        let files = Server::start().await?;
        let crew = Crew {
            database: store.endpoints.owner.to_url_lossy().into(),
            data_dir: folder.path().to_owned(),
            key_file: config.key_file.clone(),
            clock,
            media: files.origin().clone(),
            apps,
        };
        let mut town = Self {
            clock,
            core,
            scope,
            sandbox,
            accounts: Vec::new(),
            crew,
            store,
            files,
            assets: BTreeMap::new(),
            _folder: folder,
        };
        let mut owner = town.owner().await?;
        queries::lift_pace(&mut owner).await?;
        town.stock(&mut owner).await?;
        town.settle(accounts).await?;
        Ok(town)
    }

    /// A connection past the operations.
    pub async fn owner(&self) -> anyhow::Result<sqlx::PgConnection> {
        Ok(self.store.endpoints.owner.connect().await?)
    }

    async fn stock(&mut self, owner: &mut sqlx::PgConnection) -> anyhow::Result<()> {
        for (kind, label) in [(MediaKind::Image, "image"), (MediaKind::Video, "video")] {
            let (mime_type, width, height, seconds) = BenchFiles::facts(kind);
            let asset = Asset {
                id: MediaAssetId::generate(&*self.core.ids),
                kind: label,
                mime_type,
                name: media::name(kind),
                size: i64::try_from(self.files.files.bytes(kind).len())?,
                width,
                height,
                seconds,
            };
            queries::insert_asset(owner, self.scope.organization_id, &asset, self.clock.now()).await?;
            self.assets.insert(label, asset.id);
        }
        Ok(())
    }

    async fn settle(&mut self, accounts: usize) -> anyhow::Result<()> {
        let control = self.sandbox.control();
        let simulated = control.state().base_urls;
        for platform in self.core.connectors.platforms().filter(|p| simulated.contains_key(p)) {
            for n in 0..accounts {
                let handle = format!("bench{}{n}", platform.label());
                let made = control.create_account(platform, &handle, &handle, 1_000, AccountOptions::default())?;
                let tokens = Tokens {
                    access: made.user_token.clone().unwrap_or_else(|| made.access_token.clone()).into(),
                    refresh: made.refresh_token.clone().map(Into::into),
                    expires_at: None,
                    scopes: Vec::new(),
                };
                let new = NewAccount {
                    platform,
                    base_url: Some(self.sandbox.base_url(platform)),
                    tokens,
                    profile_id: Some(made.platform_user_id.clone()),
                    is_sandbox: true,
                };
                let account = self.core.accounts.connect(&self.scope, new).await;
                let account = account.with_context(|| format!("{handle} cannot be connected"))?;
                self.accounts.push(Inhabitant { id: account.id, platform, remote: account.platform_user_id });
            }
        }
        Ok(())
    }

    /// Plans `count` posts, one account each in turn; the n-th at `at(n)`. Each text is its own.
    pub async fn plan(&self, count: usize, at: impl Fn(usize) -> Timestamp) -> anyhow::Result<()> {
        let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
        for n in 0..count {
            let account = &self.accounts[n % self.accounts.len()];
            let new = NewPost {
                content: text(n),
                title: Some(text(n)),
                account_ids: vec![account.id],
                schedule: Schedule::At(at(n)),
                timezone: Zone::utc(),
                composition: self.composition(account.platform),
            };
            let (publishing, scope) = (self.core.publishing.clone(), self.scope.clone());
            if tasks.len() >= WRITERS
                && let Some(done) = tasks.join_next().await
            {
                done??;
            }
            tasks.spawn(async move {
                publishing.create_post(&scope, new).await?;
                Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    /// The plainest post that a network takes.
    fn composition(&self, platform: Platform) -> Composition {
        let publishes = self.core.connectors.get(platform).map_or(&[][..], |c| c.capabilities().publishes);
        let plain = [Ability::Text, Ability::Image, Ability::Video, Ability::Reel, Ability::Short, Ability::Link];
        let ability = plain.into_iter().find(|a| publishes.contains(a)).unwrap_or(Ability::Text);
        let of = |label: &str| vec![MediaUse { asset_id: self.assets[label], alt_text: None }];
        let (format, media) = match ability {
            Ability::Image => (PostFormat::Post, of("image")),
            Ability::Video => (PostFormat::Post, of("video")),
            Ability::Reel => (PostFormat::Reel, of("video")),
            Ability::Short => (PostFormat::Short, of("video")),
            _ => (PostFormat::Post, Vec::new()),
        };
        let options = options(platform).map(|options| (platform, options)).into_iter().collect();
        Composition { format, media, options, ..Composition::default() }
    }

    /// Ends everything.
    pub async fn close(self) {
        self.core.close().await;
        self.sandbox.stop().await;
        self.store.close().await;
    }
}

/// What some networks want to be told with every post.
fn options(platform: Platform) -> Option<Value> {
    match platform {
        Platform::Reddit => Some(json!({"subreddit": "rookery"})),
        Platform::Tiktok => Some(json!({"privacy_level": "PUBLIC_TO_EVERYONE"})),
        _ => None,
    }
}

/// The n-th text: told apart by its number, which stands between signs that no other number holds.
pub(super) fn text(n: usize) -> String {
    format!("Post number [{n}] of the measurement")
}

async fn organization(core: &Core) -> anyhow::Result<Scope> {
    let (user, organizations) = organizations(core, 1).await?;
    let scope = Scope::new(organizations[0], Actor::User(user));
    core.identity.waive_review(&scope).await?;
    Ok(scope)
}

/// A person and so many organizations of theirs.
pub(super) async fn organizations(core: &Core, count: usize) -> anyhow::Result<(UserId, Vec<OrganizationId>)> {
    let by = Origin::new(Actor::System);
    let password = crate::password::make(&*core.ids);
    let user = core.identity.create_first_user(&by, NewUser::new("bench@rookery.local", password)).await?;
    let mut organizations = Vec::new();
    for n in 0..count {
        let new = NewOrganization { name: format!("Measurement {n}"), timezone: Zone::utc() };
        organizations.push(core.identity.create_organization(&by, user.id, new).await?.id);
    }
    Ok((user.id, organizations))
}

/// The configuration with a folder, a database and keys of its own, and the simulated networks' registrations.
pub(super) fn private(config: &Config, folder: &TempDir) -> Config {
    let mut config = config.clone();
    folder.path().clone_into(&mut config.data_dir);
    config.key_file = folder.path().join("keys");
    config.archive.nightly = false;
    config.database.url = None;
    config.allow_private = true;
    config.networks = Platform::ALL
        .iter()
        .filter_map(|platform| {
            let (id, secret) = rookery_sandbox::sandbox_app(*platform)?;
            let network = Network { client_id: Some(id.to_owned()), client_secret: Some(secret.to_owned().into()) };
            Some((*platform, network))
        })
        .collect();
    config
}

/// The same registrations for another process.
fn variables(platform: Platform, network: &Network) -> Vec<(String, String)> {
    use secrecy::ExposeSecret as _;
    let path = format!("networks.{platform}.client_id");
    if !SETTINGS.iter().any(|setting| setting.path == path) {
        return Vec::new();
    }
    let name = |what: &str| format!("ROOKERY_NETWORKS_{}_{what}", platform.label().to_uppercase());
    let id = network.client_id.clone().map(|id| (name("CLIENT_ID"), id));
    let secret = network.client_secret.as_ref().map(|s| (name("CLIENT_SECRET"), s.expose_secret().to_owned()));
    id.into_iter().chain(secret).collect()
}

/// A pause of the measurement itself: it waits for processes, not for a moment.
pub(super) async fn breathe(time: Duration) {
    tokio::time::sleep(time).await;
}
