//! `rookery serve`: pages, API and background work until a signal, then the graceful stop (STR-45).

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use rookery_jobs::{StopReport, Worker, WorkerConfig};
use rookery_web::{App, AppParts, Readiness};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::cli::Role;
use crate::config::Config;
use crate::store::Store;
use crate::wiring::{Core, Parts};
use crate::{stop, telemetry};

/// Requests that run when the process stops have this long.
const HTTP_GRACE: Duration = Duration::from_secs(30);
/// The worker's own grace is 60 s; after this something hangs, and leases end by themselves.
const WORKER_GRACE: Duration = Duration::from_secs(65);

/// Serves until a signal.
pub(crate) async fn run(config: Config, role: Role) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let stopping = stop::on_signals().context("signals cannot be heard")?;
    // First, because it is what most often goes wrong, and nothing has to be undone then.
    let listener = if role == Role::Worker { None } else { Some(bind(config.server.listen).await?) };
    let store = tokio::select! {
        store = Store::open(&config) => store?,
        () = stopping.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    let core = tokio::select! {
        core = Core::start(&config, &store, Parts::system()) => core,
        () = stopping.cancelled() => {
            store.close().await;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let core = match core {
        Ok(core) => core,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    let running = match Running::start(&config, &core, listener, role) {
        Ok(running) => running,
        Err(error) => {
            core.close().await;
            store.close().await;
            return Err(error);
        }
    };
    announce(&core, &running, began).await;
    let ended = running.until(&stopping).await;
    core.close().await;
    store.close().await;
    tracing::info!("stopped");
    ended.map(|()| ExitCode::SUCCESS)
}

async fn announce(core: &Core, running: &Running, began: Instant) {
    let took = began.elapsed();
    match &running.public_url {
        Some(url) => println!("listening on {url} (ready after {} ms)", took.as_millis()),
        None => println!("working on jobs (ready after {} ms)", took.as_millis()),
    }
    match core.identity.needs_setup().await {
        Ok(true) => println!(
            "nobody can sign in yet; create the first person (an administrator) with\n  \
             echo 'a good password' | rookery user create --email you@example.org --name 'Your Name' --organization 'Your Team'"
        ),
        Ok(false) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "could not look for people"),
    }
}

/// Opens the port.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program; stop it, or choose another address in server.listen \
             (ROOKERY_SERVER_LISTEN)"
        ),
        Err(e) if e.kind() == std::io::ErrorKind::AddrNotAvailable => {
            bail!("{address} is no address of this machine; correct server.listen (ROOKERY_SERVER_LISTEN)")
        }
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
            bail!("this user may not open {address}; choose a port above 1023 in server.listen (ROOKERY_SERVER_LISTEN)")
        }
        Err(e) => Err(e).with_context(|| format!("cannot listen on {address} (server.listen)")),
    }
}

/// A process at work.
pub(crate) struct Running {
    /// Where people find it; `None` for a worker.
    pub public_url: Option<Url>,
    readiness: Readiness,
    http_stop: CancellationToken,
    http: Option<JoinHandle<std::io::Result<()>>>,
    worker_stop: CancellationToken,
    worker: Option<JoinHandle<StopReport>>,
}

impl Running {
    /// Starts the parts of a role.
    pub fn start(config: &Config, core: &Core, listener: Option<TcpListener>, role: Role) -> anyhow::Result<Self> {
        let readiness = Readiness::ready();
        // Before anything counts.
        let metrics = telemetry::metrics()?;
        let (http_stop, worker_stop) = (CancellationToken::new(), CancellationToken::new());
        let worker = (role != Role::Web).then(|| {
            let options = WorkerConfig {
                name: format!("{}@{}", std::process::id(), host()),
                poll: Duration::from_millis(config.jobs.poll_ms),
                ..WorkerConfig::default()
            };
            let worker = Worker::new(core.db.clone(), core.jobs.clone(), core.registry(), options);
            tokio::spawn(worker.run(worker_stop.clone()))
        });
        let mut running = Self { public_url: None, readiness, http_stop, http: None, worker_stop, worker };
        if let Some(listener) = listener {
            let public_url = public_url(config, listener.local_addr()?);
            let app = App::new(AppParts {
                db: core.db.clone(),
                jobs: core.jobs.clone(),
                identity: core.identity.clone(),
                accounts: core.accounts.clone(),
                publishing: core.publishing.clone(),
                media: core.media.clone(),
                analytics: core.analytics.clone(),
                clock: core.clock.clone(),
                ids: core.ids.clone(),
                public_url: public_url.clone(),
                readiness: running.readiness.clone(),
                render_metrics: Box::new(move || metrics.render()),
            });
            let router = rookery_web::router(app);
            let stop = running.http_stop.clone();
            running.http = Some(tokio::spawn(async move {
                // The caller's address, for limits and the audit log.
                let service = router.into_make_service_with_connect_info::<SocketAddr>();
                axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
            }));
            running.public_url = Some(public_url);
        }
        Ok(running)
    }

    /// Works until `stopping`, then stops in STR-45's order.
    ///
    /// # Errors
    /// If the web server ended by itself.
    pub async fn until(mut self, stopping: &CancellationToken) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            () = stopping.cancelled() => Ok(()),
            why = ended(&mut self.http) => Err(anyhow!("the web server ended by itself: {why}")),
        };
        self.readiness.stop();
        self.worker_stop.cancel();
        self.http_stop.cancel();
        // Handlers may enqueue while the worker leaves; both have their own time, at once.
        tokio::join!(drain(self.http), settle(self.worker));
        outcome
    }
}

/// The end of the web server; never, where there is none.
async fn ended(http: &mut Option<JoinHandle<std::io::Result<()>>>) -> String {
    let Some(handle) = http else { return std::future::pending().await };
    let result = handle.await;
    *http = None;
    match result {
        Ok(Ok(())) => "it was closed".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}

async fn drain(http: Option<JoinHandle<std::io::Result<()>>>) {
    let Some(mut http) = http else { return };
    if tokio::time::timeout(HTTP_GRACE, &mut http).await.is_err() {
        tracing::warn!("some requests did not end in {} s", HTTP_GRACE.as_secs());
        http.abort();
    }
}

async fn settle(worker: Option<JoinHandle<StopReport>>) {
    let Some(worker) = worker else { return };
    match tokio::time::timeout(WORKER_GRACE, worker).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "the worker ended badly; its jobs are rescued when their leases end"),
        Err(_) => tracing::warn!("the worker did not stop in {} s", WORKER_GRACE.as_secs()),
    }
}

/// The configured address; with port 0 the one that was opened.
fn public_url(config: &Config, opened: SocketAddr) -> Url {
    let mut url = config.server.public_url.clone();
    if config.server.listen.port() == 0 && url.port() == Some(0) {
        url.set_port(Some(opened.port())).ok();
    }
    url
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "host".to_owned() } else { name.trim().to_owned() }
}
