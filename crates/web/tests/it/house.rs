//! A whole server without a socket: database, simulated networks, contexts, worker, a clock that stands until
//! a test moves it, and people to call as.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rookery_accounts::{Account, Accounts, NewAccount, Tokens, Vault};
use rookery_analytics::Analytics;
use rookery_identity::{Identity, KeyScope, MemberRole, NewApiKey, NewOrganization, NewUser, Origin, User};
use rookery_jobs::{Jobs, Registry, Worker, WorkerConfig};
use rookery_kernel::{Actor, Clock, FixedClock, Platform, Scope, Zone};
use rookery_media::{FetchLimits, Fetcher, Links, Storage};
use rookery_platforms::{Connectors, HttpClient, HttpConfig, PrivateAddresses};
use rookery_publishing::{LibraryParts, MediaLibrary, MediaLimits, Publishing};
use rookery_sandbox::{AccountOptions, Control, Sandbox, SandboxAccount, SandboxConfig};
use rookery_testkit::TestDb;
use rookery_web::{App, AppParts, Readiness};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::client::Client;

pub const PASSWORD: &str = "Harbour-at-4-oclock";
pub const OWNER: &str = "mira@fieldwork.example";

/// Everything a test needs.
pub struct House {
    pub clock: FixedClock,
    pub identity: Identity,
    pub accounts: Accounts,
    pub publishing: Publishing,
    pub media: MediaLibrary,
    pub media_folder: tempfile::TempDir,
    pub analytics: Analytics,
    /// The owner of "Fieldwork Studio" (Berlin, no reviews) at work.
    pub scope: Scope,
    pub app: App,
    pub control: Control,
    pub test: TestDb,
    worker: Worker,
    _sandbox: Sandbox,
    _keys: tempfile::TempDir,
}

impl House {
    /// Everything running, the owner and no account yet.
    pub async fn new() -> Self {
        let test = TestDb::new().await;
        let db = &test.db;
        let clock = rookery_testkit::clock();
        let (time, ids): (Arc<dyn Clock>, _) = (Arc::new(clock.clone()), rookery_testkit::ids_at(&clock));
        let config = SandboxConfig {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 7,
            clock: time.clone(),
            state_file: None,
        };
        let sandbox = Sandbox::start(config).await.expect("a free port");
        let http = HttpClient::new(HttpConfig::local(), time.clone()).expect("an HTTP client");
        let connectors = Arc::new(Connectors::standard(http));
        let keys = tempfile::tempdir().expect("a temporary folder");
        let vault = Vault::create(&keys.path().join("keys"), ids.clone()).expect("a key file");
        let jobs = Jobs::new(time.clone(), ids.clone());
        let identity = Identity::new(db.clone(), time.clone(), ids.clone(), rookery_identity::Config::default());
        let accounts = Accounts::new(db.clone(), time.clone(), ids.clone(), vault, connectors.clone(), BTreeMap::new());
        let publishing = Publishing::new(
            db.clone(),
            time.clone(),
            ids.clone(),
            identity.clone(),
            accounts.clone(),
            connectors.clone(),
            jobs.clone(),
        );
        let media_folder = tempfile::tempdir().expect("a temporary folder");
        let media = MediaLibrary::new(LibraryParts {
            db: db.clone(),
            clock: time.clone(),
            ids: ids.clone(),
            jobs: jobs.clone(),
            storage: Storage::folder(media_folder.path()).expect("a folder"),
            fetcher: Fetcher::new(PrivateAddresses::Refuse, FetchLimits::default()).expect("an HTTP client"),
            links: Links::new([7; 32]),
            server: Some("https://media.example".parse().expect("an address")),
            limits: MediaLimits { direct: 20_000_000, file: 50_000_000, piece: 64 * 1024 },
            work_folder: keys.path().join("work"),
        });
        let publishing = publishing.with_files(Arc::new(media.clone()));
        let analytics =
            Analytics::new(db.clone(), time.clone(), ids.clone(), accounts.clone(), connectors, jobs.clone());
        let registry = analytics.register_jobs(publishing.register_jobs(Registry::new()), &identity);
        let registry = media.register_jobs(registry, &identity);
        let worker = Worker::new(db.clone(), jobs.clone(), registry, WorkerConfig::default());
        let app = App::new(AppParts {
            db: db.clone(),
            jobs,
            identity: identity.clone(),
            accounts: accounts.clone(),
            publishing: publishing.clone(),
            media: media.clone(),
            analytics: analytics.clone(),
            clock: time,
            ids,
            public_url: "http://localhost".parse().expect("an address"),
            readiness: Readiness::ready(),
            render_metrics: Box::new(String::new),
        });
        let (_, scope) = person_with_organization(&identity, OWNER, "Fieldwork Studio").await;
        let control = sandbox.control();
        Self {
            clock,
            identity,
            accounts,
            publishing,
            media,
            media_folder,
            analytics,
            scope,
            app,
            control,
            test,
            worker,
            _sandbox: sandbox,
            _keys: keys,
        }
    }

    /// The server.
    pub fn router(&self) -> Router {
        rookery_web::router(self.app.clone())
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        Client::new(self.router(), None)
    }

    /// The owner, signed in and looking at the studio.
    pub async fn owner(&self) -> Client {
        self.sign_in_at(OWNER, &self.scope).await
    }

    /// Signs a person in who looks at one of their organizations.
    async fn sign_in_at(&self, email: &str, scope: &Scope) -> Client {
        let client = self.sign_in(email).await;
        let caller = self.identity.authenticate_session(&client.token()).await.expect("signed in");
        self.identity.switch_organization(&caller, scope.organization_id).await.expect("a member");
        client
    }

    /// Signs a person in by the API.
    pub async fn sign_in(&self, email: &str) -> Client {
        let answer = self.nobody().post("/session", &json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let cookie = answer.header("set-cookie").expect("a cookie");
        let cookie = cookie.split(';').next().expect("name and value").to_owned();
        Client::new(self.router(), Some(("cookie", cookie)))
    }

    /// A member of the owner's organization with a role, signed in and looking at it.
    pub async fn member(&self, role: MemberRole) -> Client {
        let email = format!("{}@fieldwork.example", role.label());
        let user = self.person(&email).await;
        self.identity.add_member(&self.scope, user.id, role).await.expect("a new member");
        self.sign_in_at(&email, &self.scope).await
    }

    /// The owner of another organization, signed in.
    pub async fn stranger(&self) -> (Client, Scope) {
        let (_, scope) = person_with_organization(&self.identity, "odd@elsewhere.example", "Elsewhere").await;
        (self.sign_in_at("odd@elsewhere.example", &scope).await, scope)
    }

    /// Somebody who runs the instance.
    pub async fn instance_admin(&self) -> Client {
        self.person("root@fieldwork.example").await;
        sqlx::query("update identity.users set role = 'admin' where email = 'root@fieldwork.example'")
            .execute(&mut self.test.owner().await)
            .await
            .expect("a role of the enum");
        self.sign_in("root@fieldwork.example").await
    }

    async fn person(&self, email: &str) -> User {
        let new = NewUser::new(email, PASSWORD);
        self.identity.create_user(&Origin::new(Actor::System), new).await.expect("a new person")
    }

    /// A program with a key of the owner's organization.
    pub async fn key(&self, scopes: &[KeyScope]) -> Client {
        let new = NewApiKey { name: "program".into(), scopes: scopes.to_vec(), expires_at: None };
        let (_, secret) = self.identity.create_api_key(&self.scope, new).await.expect("a key");
        Client::new(self.router(), Some(("authorization", format!("Bearer {}", secret.expose_secret()))))
    }

    /// An account on a simulated network, connected and tracked for the owner's organization.
    pub async fn connect(&self, platform: Platform, handle: &str) -> (Account, SandboxAccount) {
        let options = AccountOptions::default();
        let there = self.control.create_account(platform, handle, handle, 4_000, options).expect("simulated");
        let tokens =
            Tokens { access: there.access_token.clone().into(), refresh: None, expires_at: None, scopes: Vec::new() };
        let base_url = Some(self.control.base_url(platform));
        let new = NewAccount { platform, base_url, tokens, profile_id: None, is_sandbox: true };
        let account = self.accounts.connect(&self.scope, new).await.expect("connected");
        self.analytics.track(&self.scope, &[account.id]).await.expect("tracked");
        (account, there)
    }

    /// A picture in the library, whose bytes nobody reads.
    pub async fn asset(&self, name: &str) -> String {
        let insert = "insert into publishing.media_assets
             (organization_id, type, filename, original_name, mime_type, file_size, width, height, provider_key, processing_state)
             values ($1, 'image', $2, $2, 'image/png', 40000, 1200, 900, $2, 'completed') returning id";
        let id: uuid::Uuid = sqlx::query_scalar(insert)
            .bind(self.scope.organization_id.uuid())
            .bind(name)
            .fetch_one(&mut self.test.owner().await)
            .await
            .expect("a new row");
        id.to_string()
    }

    /// Time passes and everything that is due is done.
    pub async fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.worker.run_until_idle().await;
    }

    /// Rows of a table, of all organizations.
    pub async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut self.test.owner().await)
            .await
            .expect("a table")
    }
}

async fn person_with_organization(identity: &Identity, email: &str, name: &str) -> (User, Scope) {
    let origin = Origin::new(Actor::System);
    let user = identity.create_user(&origin, NewUser::new(email, PASSWORD)).await.expect("a new person");
    let timezone: Zone = "Europe/Berlin".parse().expect("a known zone");
    let new = NewOrganization { name: name.into(), timezone };
    let organization = identity.create_organization(&origin, user.id, new).await.expect("a new organization");
    let scope = Scope::new(organization.id, Actor::User(user.id));
    identity.waive_review(&scope).await.expect("no reviews");
    (user, scope)
}
