//! A sandbox with one account of one network, and the connector that acts for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use rookery_kernel::{FixedClock, Platform, Timestamp};
use rookery_platforms::{
    Ability, Access, AppCredentials, CallError, Capabilities, Connector, Connectors, Draft, DraftKind, Found, Handles,
    HttpClient, HttpConfig, Media, Prepared, Published, ReplyTo, Search, Sent,
};
use rookery_sandbox::{
    AccountOptions, Control, Effect, Endpoint, FaultRule, Sandbox, SandboxAccount, SandboxConfig, SandboxPost,
};
use serde_json::Value;
use url::Url;

use crate::files;
use crate::networks::Line;

/// A Monday, 10:00 in Berlin.
const NOW: &str = "2026-03-02T09:00:00Z";

/// Followers of the usual account.
const FOLLOWERS: i64 = 8_000;

/// Looks at unfinished media before it is given up.
const LOOKS_MAX: usize = 60;

pub struct House {
    pub line: &'static Line,
    pub control: Control,
    pub clock: FixedClock,
    pub connector: Arc<dyn Connector>,
    pub access: Access,
    pub account: SandboxAccount,
    files: Files,
    waited_ms: AtomicU64,
    keys: AtomicU64,
    _sandbox: Sandbox,
}

/// Sending failed; what had been prepared is kept.
#[derive(Debug)]
pub struct Failure {
    pub error: CallError,
    pub handles: Handles,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl House {
    pub async fn new(line: &'static Line) -> Self {
        Self::with(line, FOLLOWERS, AccountOptions::default().reach_rate).await
    }

    pub async fn with(line: &'static Line, followers: i64, reach_rate: f64) -> Self {
        let clock = FixedClock::at(at(NOW));
        let config = SandboxConfig {
            addr: ([127, 0, 0, 1], 0).into(),
            seed: 7,
            clock: Arc::new(clock.clone()),
            state_file: None,
        };
        let sandbox = Sandbox::start(config).await.expect("starts");
        let control = sandbox.control();
        let options = AccountOptions { reach_rate, ..AccountOptions::default() };
        let name = "Harbour Café";
        let account = control.create_account(line.platform, "harbour", name, followers, options).expect("simulated");
        let http = HttpClient::new(HttpConfig::local(), Arc::new(clock.clone())).expect("a client");
        let connector = Connectors::standard(http).get(line.platform).expect("a connector");
        let mut house = Self {
            line,
            access: access(&control, &account),
            control,
            clock,
            connector,
            account,
            files: serve_files().await,
            waited_ms: AtomicU64::new(0),
            keys: AtomicU64::new(0),
            _sandbox: sandbox,
        };
        // What the connector wants to know later is told when the account is connected.
        house.access.metadata = house.connector.check(&house.access).await.expect("the token works").metadata;
        house
    }

    pub fn platform(&self) -> Platform {
        self.line.platform
    }

    pub fn id(&self) -> &str {
        &self.account.platform_user_id
    }

    pub fn can(&self) -> Capabilities {
        self.connector.capabilities()
    }

    /// What came through the API and exists.
    pub fn held(&self) -> Vec<SandboxPost> {
        self.control.published(self.id())
    }

    /// How long the network made us wait for media.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_ms.load(Ordering::Relaxed))
    }

    /// One call of this kind is hit.
    pub fn fault(&self, endpoint: Endpoint, effect: Effect) {
        self.control.add_fault(FaultRule::new(effect).on(self.platform()).endpoint(endpoint).once());
    }

    /// Every such call is hit until the faults are cleared.
    pub fn fault_always(&self, endpoint: Endpoint, effect: Effect) {
        self.control.add_fault(FaultRule::new(effect).on(self.platform()).endpoint(endpoint));
    }

    /// How often the faults hit; a case whose fault hit nothing shows nothing.
    pub fn hits(&self) -> u32 {
        self.control.faults().iter().map(|f| f.hits).sum()
    }

    /// How many files the network has fetched.
    pub fn fetched(&self) -> usize {
        self.files.fetched.load(Ordering::Relaxed)
    }

    // ── drafts ──────────────────────────────────────────────────────────────────────────────────

    /// The first thing that the network publishes without an earlier post.
    pub fn plainest(&self) -> Ability {
        let publishes = self.can().publishes;
        Ability::ALL.into_iter().find(|a| publishes.contains(a)).expect("a network publishes something")
    }

    /// A draft of the plainest kind.
    pub fn plain(&self, text: &str) -> Draft {
        self.draft(self.plainest(), text)
    }

    pub fn draft(&self, ability: Ability, text: &str) -> Draft {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        let (kind, media, link) = match ability {
            Ability::Text | Ability::Reply => (DraftKind::Post, Vec::new(), None),
            Ability::Link => (DraftKind::Post, Vec::new(), Some("https://harbour.example/bread")),
            Ability::Image => (DraftKind::Post, vec![self.picture(1)], None),
            Ability::Video => (DraftKind::Post, vec![self.video()], None),
            Ability::Carousel => (DraftKind::Carousel, vec![self.picture(1), self.picture(2)], None),
            Ability::Story => (DraftKind::Story, vec![self.picture(1)], None),
            Ability::Reel => (DraftKind::Reel, vec![self.video()], None),
            Ability::Short => (DraftKind::Short, vec![self.video()], None),
        };
        Draft {
            text: text.to_owned(),
            title: Some("Harbour news".to_owned()),
            link: link.map(ToOwned::to_owned),
            kind,
            media,
            reply_to: None,
            options: (self.line.options)(),
            idempotency_key: format!(
                "pub:0198c1f0-0000-7000-8000-00000000{number:04}:0198c1f0-1111-7000-8000-000000000000:1"
            ),
        }
    }

    /// A draft that answers this post.
    pub fn answer(&self, to: &str, root: &str, text: &str) -> Draft {
        let reply_to = Some(ReplyTo { external_id: to.to_owned(), root_id: root.to_owned() });
        Draft { reply_to, title: None, ..self.draft(Ability::Reply, text) }
    }

    fn picture(&self, number: u8) -> Media {
        let name = format!("picture{number}.jpg");
        Media { public_url: self.files.url.join(&name).ok(), ..files::picture(number, &name) }
    }

    fn video(&self) -> Media {
        Media { public_url: self.files.url.join("video.mp4").ok(), ..files::video("video.mp4") }
    }

    // ── the way of a publication ────────────────────────────────────────────────────────────────

    /// Prepares, publishes and waits until it is out, as the delivery engine does.
    pub async fn send(&self, draft: &Draft) -> Result<Published, Failure> {
        self.send_with(draft, Value::Null).await
    }

    /// The same with what an earlier attempt prepared.
    pub async fn send_with(&self, draft: &Draft, mut handles: Handles) -> Result<Published, Failure> {
        for _ in 0..LOOKS_MAX {
            match self.connector.prepare(&self.access, draft, &handles).await {
                Ok(Prepared::Ready(ready)) => return self.publish(draft, ready).await,
                Ok(Prepared::Wait { handles: so_far, pause }) => {
                    handles = so_far;
                    self.wait(pause);
                }
                Err(error) => return Err(Failure { error, handles }),
            }
        }
        panic!("the preparation never ends: {handles}");
    }

    async fn publish(&self, draft: &Draft, handles: Handles) -> Result<Published, Failure> {
        match self.connector.publish(&self.access, draft, &handles).await {
            Ok(Sent::Published(published)) => Ok(published),
            Ok(Sent::Accepted(handles)) => match self.look_up(draft, &handles).await {
                Ok(Found::Post(published)) => Ok(published),
                Ok(Found::Refused(error)) | Err(error) => Err(Failure { error, handles }),
                Ok(other) => panic!("accepted and then {other:?}"),
            },
            Err(error) => Err(Failure { error, handles }),
        }
    }

    /// Looks until the network is done with it.
    pub async fn look_up(&self, draft: &Draft, handles: &Handles) -> Result<Found, CallError> {
        let since = at(NOW) - Duration::from_mins(1);
        let search = Search { draft: draft.clone(), handles: handles.clone(), since };
        for _ in 0..LOOKS_MAX {
            match self.connector.look_up(&self.access, &search).await? {
                Found::Working => self.wait(Duration::from_secs(10)),
                found => return Ok(found),
            }
        }
        panic!("the network never finishes");
    }

    fn wait(&self, pause: Duration) {
        assert!(pause > Duration::ZERO, "waiting without a pause would be a hot loop");
        self.clock.advance(pause);
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.waited_ms.fetch_add(millis, Ordering::Relaxed);
    }
}

fn access(control: &Control, account: &SandboxAccount) -> Access {
    let app =
        AppCredentials { client_id: account.client_id.clone(), client_secret: account.client_secret.clone().into() };
    Access {
        base_url: control.base_url(account.platform),
        platform_user_id: account.platform_user_id.clone(),
        token: account.access_token.clone().into(),
        refresh_token: account.refresh_token.clone().map(Into::into),
        app: (!account.client_id.is_empty()).then_some(app),
        metadata: Value::Null,
    }
}

/// Where networks fetch media that they want to fetch themselves.
struct Files {
    url: Url,
    fetched: Arc<AtomicUsize>,
}

async fn serve_files() -> Files {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound")).parse().expect("an address");
    let fetched = Arc::new(AtomicUsize::new(0));
    let file = |kind: &'static str, bytes: Bytes| {
        let fetched = Arc::clone(&fetched);
        get(move || {
            fetched.fetch_add(1, Ordering::Relaxed);
            std::future::ready(([(CONTENT_TYPE, kind)], bytes))
        })
    };
    let router = Router::new()
        .route("/picture1.jpg", file("image/jpeg", files::picture_bytes(1)))
        .route("/picture2.jpg", file("image/jpeg", files::picture_bytes(2)))
        .route("/video.mp4", file("video/mp4", files::video_bytes()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Files { url, fetched }
}
