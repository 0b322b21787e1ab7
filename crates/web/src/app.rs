//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rookery_accounts::Accounts;
use rookery_analytics::Analytics;
use rookery_db::Db;
use rookery_identity::Identity;
use rookery_jobs::Jobs;
use rookery_kernel::{Clock, IdGen};
use rookery_publishing::{MediaLibrary, Publishing};
use url::Url;

use crate::limit::Limiter;

/// Everything a handler may use.
pub struct AppParts {
    /// The pools, for the health endpoints.
    pub db: Db,
    /// The queue, to wake workers after a commit and for its pages.
    pub jobs: Jobs,
    /// People and organizations.
    pub identity: Identity,
    /// Connected accounts.
    pub accounts: Accounts,
    /// Posts and their delivery.
    pub publishing: Publishing,
    /// Pictures and videos.
    pub media: MediaLibrary,
    /// Numbers.
    pub analytics: Analytics,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of requests.
    pub ids: Arc<dyn IdGen>,
    /// The address people type.
    pub public_url: Url,
    /// Whether this process takes requests; false while it stops.
    pub readiness: Readiness,
    /// Renders the metrics in Prometheus' text format.
    pub render_metrics: Box<dyn Fn() -> String + Send + Sync>,
}

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    parts: AppParts,
    review_visits: Limiter,
    feed_visits: Limiter,
}

impl App {
    /// Wraps the parts.
    pub fn new(parts: AppParts) -> Self {
        Self(Arc::new(Shared { parts, review_visits: Limiter::default(), feed_visits: Limiter::default() }))
    }

    /// How often strangers may ask for the pages behind review links.
    pub(crate) fn may_visit_reviews(&self, ip: Option<std::net::IpAddr>) -> bool {
        self.0.review_visits.admit(ip, self.clock.now())
    }

    /// How often strangers may ask for calendar feeds.
    pub(crate) fn may_visit_feeds(&self, ip: Option<std::net::IpAddr>) -> bool {
        self.0.feed_visits.admit(ip, self.clock.now())
    }

    /// Whether cookies must travel over TLS only.
    pub(crate) fn secure_cookies(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl Deref for App {
    type Target = AppParts;
    fn deref(&self) -> &AppParts {
        &self.0.parts
    }
}

/// Whether the process takes requests. Turned off first when it stops, so that a balancer looks elsewhere.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Ready.
    pub fn ready() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// From now on `/readyz` answers 503.
    pub fn stop(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether requests are taken.
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
