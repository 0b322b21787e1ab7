//! Waking workers early. Polling is the truth; a lost wake-up costs one poll interval.
//!
//! The business transaction never sends a notification itself: `NOTIFY` takes a lock that all
//! committing writers share, which cost two thirds of the enqueue rate at ten writers. Instead
//! the caller says [`crate::Jobs::wake`] after its commit, and one task per process sends at most
//! one notification in 50 ms however often that was said.

use std::time::Duration;

use rookery_db::Db;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel's name.
const CHANNEL: &str = "rookery_jobs";
/// Least time between two notifications of a process.
const COALESCE: Duration = Duration::from_millis(50);
/// Wait before a broken listener is made anew.
const RECONNECT: Duration = Duration::from_secs(2);

/// The wake-up lines of one process. Level-triggered: a wake-up between two looks is not lost.
#[derive(Debug)]
pub(crate) struct Wake {
    /// Rung for the workers of this process.
    here: watch::Sender<u64>,
    /// Rung for the workers of other processes.
    elsewhere: watch::Sender<u64>,
    /// Tells our own notifications apart.
    process: Uuid,
}

impl Wake {
    pub(crate) fn new(process: Uuid) -> Self {
        Self { here: watch::Sender::new(0), elsewhere: watch::Sender::new(0), process }
    }

    /// Wakes everybody.
    pub(crate) fn ring(&self) {
        self.ring_here();
        self.elsewhere.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Wakes the workers of this process.
    pub(crate) fn ring_here(&self) {
        self.here.send_modify(|n| *n = n.wrapping_add(1));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.here.subscribe()
    }

    /// Tells other processes, until stopped.
    pub(crate) async fn notify_others(&self, db: &Db, stop: CancellationToken) {
        let mut rung = self.elsewhere.subscribe();
        let process = self.process.to_string();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = rung.changed() => if changed.is_err() { return },
            }
            let sent = sqlx::query!("select pg_notify($1, $2)", CHANNEL, process).execute(db.worker_pool()).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "could not notify the other workers; they poll");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(COALESCE) => {}
            }
        }
    }

    /// Hears other processes, until stopped. Has a connection of its own, so that it takes none
    /// from the pool.
    pub(crate) async fn listen(&self, db: &Db, stop: CancellationToken) {
        loop {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                ended = self.hear(db) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "the wake-up connection broke; polling goes on");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(RECONNECT) => {}
            }
        }
    }

    async fn hear(&self, db: &Db) -> Result<(), sqlx::Error> {
        let options = db.worker_pool().connect_options();
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.as_ref().clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await?;
        let process = self.process.to_string();
        while let Some(notification) = listener.try_recv().await? {
            if notification.payload() != process {
                self.ring_here();
            }
        }
        // The connection was lost and made anew: something may have been missed.
        self.ring_here();
        Ok(())
    }
}
