//! A worker process is killed at each phase of a delivery; in the end there is one post (PUB-31).

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use rookery_accounts::Vault;
use rookery_db::{Db, Endpoints, PoolSizes};
use rookery_kernel::{FixedClock, Platform, Timestamp};
use rookery_platforms::Connectors;
use rookery_publishing::{AttemptPhase, PhaseHook, PublicationStatus, Receipt, Schedule};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions as _;

use crate::net::Net;
use crate::world::{World, mins, wire};

/// What the other process is told, as JSON in this variable.
const TASK: &str = "ROOKERY_CRASH_TASK";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Task {
    database: String,
    keys: PathBuf,
    network: PathBuf,
    now: Timestamp,
    die: Die,
}

/// Where the worker dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Die {
    /// Right after this phase is committed.
    After(AttemptPhase),
    /// When the network has the post and has not answered yet.
    Accepted,
}

fn die() {
    kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
}

/// Not a test of its own: the process that the others start and that gets killed.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how one process of a test tells the other")]
async fn the_worker_that_gets_killed() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).expect("a task");
    let endpoints = Endpoints::from_url(&task.database).expect("an address");
    let db = Db::connect(&endpoints, PoolSizes::default()).await.expect("the parent's database");
    let clock = FixedClock::at(task.now);
    let vault = Vault::open(&task.keys, rookery_testkit::ids()).expect("the parent's keys");
    let mut net = Net { file: Some(task.network), ..Net::new(Platform::Mastodon, clock.clone()) };
    let hook: Option<PhaseHook> = match task.die {
        Die::Accepted => {
            net.accepted = Some(Arc::new(die));
            None
        }
        Die::After(phase) => Some(Arc::new(move |reached, _| {
            if reached == phase {
                die();
            }
        })),
    };
    let parts = wire(&db, &clock, vault, Connectors::default().with(net), hook);
    parts.worker.run_until_idle().await;
    panic!("the worker lived to see the end");
}

/// Lets a worker die at `at` and the next one go on; the receipt in the end.
async fn crash(at: Die) -> (World, Receipt) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let network = folder.path().join("network");
    let w = World::with(|net| Net { file: Some(network.clone()), ..net }).await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    let task = Task {
        database: w.test.endpoints().owner.to_url_lossy().into(),
        keys: w.keys.path().join("keys"),
        network,
        now: w.now(),
        die: at,
    };
    let status = tokio::process::Command::new(std::env::current_exe().expect("a program"))
        .args(["--exact", "crash::the_worker_that_gets_killed", "--nocapture"])
        .env(TASK, serde_json::to_string(&task).expect("plain data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .expect("the other process starts");
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{at:?}: {status}");
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Publishing, "{at:?}");

    // While the dead worker's lease lasts nobody touches it.
    w.run().await;
    assert_eq!(w.receipt(&post).await.publication.status, PublicationStatus::Publishing, "{at:?}");
    // In small steps: leases end and the sweeper comes without a job that says so.
    for _ in 0..50 {
        w.pass(mins(1)).await;
    }

    let receipt = w.receipt(&post).await;
    let held = w.net.posts();
    assert_eq!(held.len(), 1, "{at:?}: exactly one post");
    assert_eq!(receipt.publication.status, PublicationStatus::Published, "{at:?}");
    assert_eq!(receipt.publication.platform_post_id.as_deref(), Some(held[0].id.as_str()), "{at:?}");
    (w, receipt)
}

fn phases(receipt: &Receipt) -> Vec<AttemptPhase> {
    receipt.attempts.iter().map(|a| a.phase).collect()
}

#[tokio::test]
async fn killed_after_the_claim() {
    let (w, receipt) = crash(Die::After(AttemptPhase::Claimed)).await;
    assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
    assert_eq!((receipt.publication.attempt_count, w.net.look_ups()), (2, 0));
}

#[tokio::test]
async fn killed_while_preparing() {
    let (w, receipt) = crash(Die::After(AttemptPhase::Preparing)).await;
    assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
    assert_eq!((receipt.publication.attempt_count, w.net.look_ups()), (2, 0));
}

#[tokio::test]
async fn killed_while_sending_before_the_network_had_it() {
    let (w, receipt) = crash(Die::After(AttemptPhase::Sending)).await;
    assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
    assert_eq!((receipt.publication.attempt_count, w.net.look_ups()), (2, 5));
}

#[tokio::test]
async fn killed_while_sending_after_the_network_had_it() {
    let (w, receipt) = crash(Die::Accepted).await;
    assert_eq!(phases(&receipt), [AttemptPhase::Confirmed]);
    assert_eq!((receipt.publication.attempt_count, w.net.look_ups()), (1, 1));
    assert!(w.net.publish_calls().is_empty(), "the second worker only looked");
}
