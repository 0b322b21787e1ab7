//! The listener and its connections.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rookery_kernel::{Clock, Platform, Zone};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;
use tracing::{debug, info, warn};
use url::Url;

use crate::audience::Audience;
use crate::clock::TravelClock;
use crate::control::Control;
use crate::gate::BreakOff;
use crate::journal::{Journal, JournalError};
use crate::network::Network;
use crate::routes;
use crate::world::World;

/// How to start.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Decides about everything random. A state file keeps its own.
    pub seed: u64,
    /// Tells the time; the sandbox can be sent elsewhere with [`Control::clock`].
    pub clock: Arc<dyn Clock>,
    /// Keeps the world over restarts.
    pub state_file: Option<PathBuf>,
}

/// The sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error(
        "the sandbox cannot listen on {addr}; is another one running? Choose another port, or port 0 for a free one"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] JournalError),
    /// Facebook's days end at midnight in California, and this machine does not know where that is.
    #[error("the time zone table of this machine lacks America/Los_Angeles; install tzdata")]
    NoZones,
}

/// Running simulated networks. They end with [`Sandbox::stop`], or when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    control: Control,
    task: JoinHandle<()>,
    stop: DropGuard,
}

impl Sandbox {
    /// Opens the state, binds the address and serves.
    ///
    /// # Errors
    /// [`StartError`] says which of the three failed.
    #[tracing::instrument(skip_all, err, fields(addr = %config.addr))]
    pub async fn start(config: SandboxConfig) -> Result<Self, StartError> {
        let pacific: Zone = "America/Los_Angeles".parse().map_err(|_| StartError::NoZones)?;
        let listen = |source| StartError::Listen { addr: config.addr, source };
        let listener = TcpListener::bind(config.addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let (journal, events) = match &config.state_file {
            None => (None, Vec::new()),
            Some(path) => {
                let (journal, events) = Journal::open(path)?;
                (Some(journal), events)
            }
        };
        let world = World::new(config.seed, journal, events);
        if world.seed != config.seed {
            warn!(seed = world.seed, "the state file was made with another seed, which is kept");
        }
        let audience = Audience::new(world.seed, pacific);
        let network = Network::new(world, audience, TravelClock::new(config.clock), origin(addr));
        let network = Arc::new(network);
        let control = Control::new(Arc::clone(&network));
        control.register_apps();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, network, stop.clone()));
        info!(%addr, "the sandbox is ready");
        Ok(Self { addr, control, task, stop: stop.drop_guard() })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base address of a network's API, with a slash at its end.
    pub fn base_url(&self, platform: Platform) -> Url {
        self.control.base_url(platform)
    }

    /// The handle that moves the world.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Ends all connections at once and waits until the port is free.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(e) = self.task.await {
            warn!(error = %e, "the sandbox did not end cleanly");
        }
    }
}

/// How others reach the listener: "all addresses" is no address to call.
fn origin(addr: SocketAddr) -> String {
    let host = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, addr.port()))
}

async fn serve(listener: TcpListener, network: Arc<Network>, stop: CancellationToken) {
    let router = routes::router(Arc::clone(&network));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, router.clone()))),
                // Out of file handles or the like: others end, and the next one gets through.
                Err(e) => {
                    warn!(error = %e, "a connection to the sandbox could not be accepted");
                    tokio::task::yield_now().await;
                }
            },
        }
    }
    connections.shutdown().await;
    // Handles of the control may live on; the state file must be free for the next start.
    network.world().close_journal();
}

/// Serves one connection. A service that fails makes hyper close it without an answer, which is how
/// a network breaks off.
async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let answered: Result<Response<Body>, Infallible> = router.oneshot(request).await;
            let response = answered.unwrap_or_else(|never| match never {});
            if response.extensions().get::<BreakOff>().is_some() { Err(BreakOff) } else { Ok(response) }
        }
    });
    if let Err(e) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        debug!(error = %e, "a connection to the sandbox ended early");
    }
}
