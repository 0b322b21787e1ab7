//! A whole Rookery in this process: database, sandbox, server, worker, a clock that stands until moved, a browser.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_accounts::{Account, Accounts, NewAccount, Tokens, Vault};
use rookery_analytics::{Analytics, IngestTrigger};
use rookery_e2e::{Chromium, Tab, Theme};
use rookery_identity::{Identity, NewOrganization, NewUser, Origin};
use rookery_jobs::{Jobs, Registry, Worker, WorkerConfig};
use rookery_kernel::{AccountId, Actor, Clock, FixedClock, Platform, PostId, Scope};
use rookery_media::{FetchLimits, Fetcher, Links, Storage};
use rookery_platforms::{Connectors, HttpClient, HttpConfig, PrivateAddresses};
use rookery_publishing::{Composition, LibraryParts, MediaLibrary, MediaLimits, NewPost, Publishing, Schedule};
use rookery_sandbox::{AccountOptions, Control, Sandbox, SandboxAccount, SandboxConfig};
use rookery_testkit::TestDb;
use rookery_web::{App, AppParts, Readiness};

pub const EMAIL: &str = "mira@fieldwork.example";
pub const PASSWORD: &str = "Harbour-at-4-oclock";

pub struct House {
    pub clock: FixedClock,
    pub accounts: Accounts,
    pub analytics: Analytics,
    pub publishing: Publishing,
    pub scope: Scope,
    pub base: String,
    pub control: Control,
    worker: Worker,
    sandbox: Sandbox,
    chromium: Chromium,
    _keys: tempfile::TempDir,
    db: TestDb,
}

impl House {
    /// Everything running, one person with the organization "Fieldwork Studio" in Berlin, no account yet.
    pub async fn new() -> Result<Self> {
        tracing_subscriber::fmt().with_env_filter("warn").with_test_writer().try_init().ok();
        let db = TestDb::new().await;
        let clock = rookery_testkit::clock();
        let (time, ids): (Arc<dyn Clock>, _) = (Arc::new(clock.clone()), rookery_testkit::ids_at(&clock));
        let sandbox = Sandbox::start(SandboxConfig {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 7,
            clock: time.clone(),
            state_file: None,
        })
        .await?;
        let http = HttpClient::new(HttpConfig::local(), time.clone())?;
        let connectors = Arc::new(Connectors::standard(http));
        let keys = tempfile::tempdir()?;
        let vault = Vault::create(&keys.path().join("keys"), ids.clone())?;
        let jobs = Jobs::new(time.clone(), ids.clone());
        let identity = Identity::new(db.db.clone(), time.clone(), ids.clone(), rookery_identity::Config::default());
        let accounts =
            Accounts::new(db.db.clone(), time.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
        let publishing = Publishing::new(
            db.db.clone(),
            time.clone(),
            ids.clone(),
            identity.clone(),
            accounts.clone(),
            connectors.clone(),
            jobs.clone(),
        );
        let media = MediaLibrary::new(LibraryParts {
            db: db.db.clone(),
            clock: time.clone(),
            ids: ids.clone(),
            jobs: jobs.clone(),
            storage: Storage::folder(&keys.path().join("media"))?,
            fetcher: Fetcher::new(PrivateAddresses::Refuse, FetchLimits::default())?,
            links: Links::new([7; 32]),
            server: None,
            limits: MediaLimits::default(),
            work_folder: keys.path().join("work"),
        });
        let publishing = publishing.with_files(Arc::new(media.clone()));
        let analytics =
            Analytics::new(db.db.clone(), time.clone(), ids.clone(), accounts.clone(), connectors, jobs.clone());
        let registry = analytics.register_jobs(publishing.register_jobs(Registry::new()), &identity);
        let registry = media.register_jobs(registry, &identity);
        let worker = Worker::new(db.db.clone(), jobs.clone(), registry, WorkerConfig::default());

        let origin = Origin::new(Actor::System);
        let user = NewUser::new(EMAIL, PASSWORD).named("Mira Halloran");
        let user = identity.create_user(&origin, user).await?;
        // Whoever signs in first looks at the newest organization.
        clock.advance(Duration::from_secs(1));
        let studio = NewOrganization { name: "Fieldwork Studio".into(), timezone: "Europe/Berlin".parse()? };
        let studio = identity.create_organization(&origin, user.id, studio).await?;
        let scope = Scope::new(studio.id, Actor::User(user.id));
        identity.waive_review(&scope).await?;

        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let app = App::new(AppParts {
            db: db.db.clone(),
            jobs,
            identity: identity.clone(),
            accounts: accounts.clone(),
            publishing: publishing.clone(),
            media,
            analytics: analytics.clone(),
            clock: time,
            ids,
            public_url: base.parse()?,
            readiness: Readiness::ready(),
            render_metrics: Box::new(String::new),
        });
        let service = rookery_web::router(app).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let (control, chromium) = (sandbox.control(), Chromium::launch().await?);
        Ok(Self {
            clock,
            accounts,
            analytics,
            publishing,
            scope,
            base,
            control,
            worker,
            sandbox,
            chromium,
            _keys: keys,
            db,
        })
    }

    /// An account on the sandbox that is connected and tracked.
    pub async fn connect(&self, platform: Platform, handle: &str, name: &str) -> Result<(Account, SandboxAccount)> {
        let there = self.control.create_account(platform, handle, name, 4_000, AccountOptions::default())?;
        let tokens =
            Tokens { access: there.access_token.clone().into(), refresh: None, expires_at: None, scopes: Vec::new() };
        let new = NewAccount {
            platform,
            base_url: Some(self.control.base_url(platform)),
            tokens,
            profile_id: None,
            is_sandbox: true,
        };
        let account = self.accounts.connect(&self.scope, new).await?;
        self.analytics.track(&self.scope, &[account.id]).await?;
        Ok((account, there))
    }

    /// A post, written without the page.
    pub async fn write(&self, text: &str, accounts: &[AccountId], schedule: Schedule) -> Result<PostId> {
        let new = NewPost {
            content: text.to_owned(),
            title: None,
            account_ids: accounts.to_vec(),
            schedule,
            timezone: "Europe/Berlin".parse()?,
            composition: Composition::default(),
        };
        Ok(self.publishing.create_post(&self.scope, new).await?.post.id)
    }

    /// A picture in the library, whose bytes nobody reads.
    pub async fn asset(&self, name: &str) -> Result<String> {
        let insert = "insert into publishing.media_assets
             (organization_id, type, filename, original_name, mime_type, file_size, width, height, provider_key, processing_state,
              created_at)
             values ($1, 'image', $2, $2, 'image/png', 40000, 1200, 900, $2, 'completed', $3::timestamptz - interval '1 hour') returning id::text";
        let organization = self.scope.organization_id.uuid();
        let mut owner = self.db.owner().await;
        let asset = sqlx::query_scalar(insert).bind(organization).bind(name).bind(self.clock.now());
        Ok(asset.fetch_one(&mut owner).await?)
    }

    /// A connection that may do anything, for what no page does.
    pub async fn owner(&self) -> sqlx::PgConnection {
        self.db.owner().await
    }

    /// From now on posts need an approval.
    pub async fn require_review(&self) -> Result<()> {
        let sql = "update identity.organizations set review_required = true where organization_id = $1";
        sqlx::query(sql).bind(self.scope.organization_id.uuid()).execute(&mut self.db.owner().await).await?;
        Ok(())
    }

    /// Time passes and everything that is due is done.
    pub async fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.worker.run_until_idle().await;
    }

    /// Collects the numbers of the day before the clock's.
    pub async fn collect(&self, account: &Account) -> Result<()> {
        let yesterday = self.clock.now().date_utc().plus_days(-1);
        self.analytics.ingest_day(&self.scope, account.id, yesterday, IngestTrigger::Manual).await?;
        self.analytics.roll_up(&self.scope).await?;
        Ok(())
    }

    /// A tab at the sign-in page.
    pub async fn tab(&self, width: u32) -> Result<Tab> {
        let tab = self.chromium.tab(width, Theme::Light).await?;
        tab.open(&format!("{}/", self.base)).await?;
        Ok(tab)
    }

    /// A tab that is signed in and shows the overview.
    pub async fn signed_in(&self, width: u32) -> Result<Tab> {
        let tab = self.tab(width).await?;
        sign_in(&tab, EMAIL, PASSWORD).await?;
        tab.until("location.pathname === '/' && document.querySelector('h1')?.innerText === 'Overview'").await?;
        Ok(tab)
    }

    /// From the page of accounts to Mastodon, where somebody says yes, and back.
    pub async fn sign_in_at_mastodon(&self, tab: &Tab) -> Result<()> {
        tab.fill("input[name=server]", self.control.base_url(Platform::Mastodon).as_str()).await?;
        tab.click("form[action='/accounts/connect/mastodon'] button").await?;
        tab.until("location.pathname.includes('/oauth/authorize')").await?;
        tab.click("button").await?;
        tab.until("location.pathname === '/accounts' && document.querySelector('.account')").await
    }

    /// Opens a page and refuses anything that somebody would stumble over.
    pub async fn walk(&self, tab: &Tab, path: &str) -> Result<()> {
        tab.open(&format!("{}{path}", self.base)).await?;
        tab.until("!document.querySelector('[aria-busy=true]')").await?;
        let obstacles = tab.obstacles().await?;
        ensure!(obstacles.is_empty(), "{path}: {obstacles:#?}");
        Ok(())
    }

    /// Ends everything.
    pub async fn end(self) -> Result<()> {
        self.chromium.close().await?;
        self.sandbox.stop().await;
        Ok(())
    }
}

/// A picture of the whole page, where `ROOKERY_PICTURES` names a folder.
pub async fn picture(tab: &Tab, name: &str) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
    let folder = std::env::var_os("ROOKERY_PICTURES").map(std::path::PathBuf::from);
    match folder {
        Some(folder) => tab.picture(&folder.join(format!("{name}.png"))).await,
        None => Ok(()),
    }
}

/// Fills the form and sends it.
pub async fn sign_in(tab: &Tab, email: &str, password: &str) -> Result<()> {
    tab.until("document.querySelector('input[name=password]')").await?;
    tab.fill("input[name=email]", email).await?;
    tab.fill("input[name=password]", password).await?;
    tab.click("button[type=submit]").await
}
