//! A worker process is killed at each phase of a delivery; in the end there is one post (PUB-31).

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use rookery_accounts::Vault;
use rookery_db::{Db, Endpoints, PoolSizes};
use rookery_kernel::{FixedClock, Timestamp};
use rookery_publishing::{AttemptPhase, PhaseHook, PublicationStatus, Receipt, Schedule};
use rookery_sandbox::When;
use rustix::process::{Pid, Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions as _;

use crate::networks::{NETWORKS, Sim, apps, connectors};
use crate::world::{Wiring, mins, wire};

/// What the other process is told, as JSON in this variable.
const TASK: &str = "ROOKERY_CRASH_TASK";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Task {
    database: String,
    keys: PathBuf,
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
    let hook: Option<PhaseHook> = match task.die {
        Die::Accepted => None,
        Die::After(phase) => Some(Arc::new(move |reached, _| {
            if reached == phase {
                kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
            }
        })),
    };
    let connectors = connectors(&clock);
    wire(Wiring { db, clock, vault, connectors, apps: apps(), hook }).worker.run_until_idle().await;
    panic!("the worker lived to see the end");
}

/// Lets a worker die at `at` on each network and the next one go on: one post there is in the
/// end. Gives the receipts.
async fn crash(at: Die) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for platform in NETWORKS {
        let case = format!("{at:?} on {platform}");
        let sim = Sim::new().await;
        let (account, there) = sim.account(platform, "ann").await;
        let post = sim.w.post("Hello", &[account.id], Schedule::Now).await;
        let task = Task {
            database: sim.w.test.endpoints().owner.to_url_lossy().into(),
            keys: sim.w.keys.path().join("keys"),
            now: sim.w.now(),
            die: at,
        };
        let mut worker = tokio::process::Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", "crash::the_worker_that_gets_killed", "--nocapture"])
            .env(TASK, serde_json::to_string(&task).expect("plain data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the other process starts");
        if at == Die::Accepted {
            let pid = worker.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
            sim.sandbox.control().on_publish(move |_, when| {
                if when == When::AfterStore {
                    kill_process(pid, Signal::KILL).expect("it still waits for the answer");
                }
            });
        }
        let status = worker.wait().await.expect("it ends");
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{case}: {status}");
        sim.sandbox.control().clear_hooks();
        let receipt = sim.w.receipt(&post).await;
        assert_eq!(receipt.publication.status, PublicationStatus::Publishing, "{case}");

        // While the dead worker's lease lasts nobody touches it.
        sim.w.run().await;
        assert_eq!(sim.w.receipt(&post).await.publication.status, PublicationStatus::Publishing, "{case}");
        // In small steps: leases end and the sweeper comes without a job that says so.
        for _ in 0..45 {
            sim.w.pass(mins(1)).await;
        }

        let receipt = sim.w.receipt(&post).await;
        let held = sim.posts(&there);
        assert_eq!(held.len(), 1, "{case}: exactly one post");
        assert_eq!(receipt.publication.status, PublicationStatus::Published, "{case}");
        assert_eq!(receipt.publication.platform_post_id.as_deref(), Some(held[0].external_id.as_str()), "{case}");
        receipts.push(receipt);
    }
    receipts
}

fn phases(receipt: &Receipt) -> Vec<AttemptPhase> {
    receipt.attempts.iter().map(|a| a.phase).collect()
}

#[tokio::test]
async fn killed_after_the_claim() {
    for receipt in crash(Die::After(AttemptPhase::Claimed)).await {
        assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
        assert_eq!((receipt.publication.attempt_count, receipt.attempts[0].sent_at), (2, None));
    }
}

#[tokio::test]
async fn killed_while_preparing() {
    for receipt in crash(Die::After(AttemptPhase::Preparing)).await {
        assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
        assert_eq!((receipt.publication.attempt_count, receipt.attempts[0].sent_at), (2, None));
    }
}

#[tokio::test]
async fn killed_while_sending_before_the_network_had_it() {
    for receipt in crash(Die::After(AttemptPhase::Sending)).await {
        assert_eq!(phases(&receipt), [AttemptPhase::Failed, AttemptPhase::Confirmed]);
        assert_eq!((receipt.publication.attempt_count, receipt.attempts[0].look_ups().len()), (2, 4));
    }
}

#[tokio::test]
async fn killed_while_sending_after_the_network_had_it() {
    for receipt in crash(Die::Accepted).await {
        assert_eq!(phases(&receipt), [AttemptPhase::Confirmed]);
        assert_eq!((receipt.publication.attempt_count, receipt.attempts[0].look_ups().len()), (1, 1));
    }
}
