//! STR-41: a job that kills its worker is not run for ever.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rookery_db::{Db, Endpoints, PoolSizes};
use rookery_jobs::{Job, JobState, Jobs, Outcome, Registry, Worker, WorkerConfig, queues};
use rookery_kernel::{Clock as _, FixedClock, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions as _;

use crate::support::{Bed, Mail, Notes, Publish};

/// Names the database and the time to the child process.
const CHILD: &str = "ROOKERY_TEST_POISON_CHILD";

#[derive(Serialize, Deserialize)]
struct Poison {}

impl Job for Poison {
    const KIND: &'static str = "test-poison";
    const QUEUE: &'static str = queues::SYSTEM;
    const ATTEMPTS_MAX: Option<i32> = Some(100);
}

#[tokio::test]
async fn a_job_that_kills_its_worker_is_not_run_for_ever() {
    if let Some(place) = place_of_child() {
        return work_until_killed(&place).await;
    }
    let bed = Bed::new().await;
    let job = bed.enqueue(&Poison {}).await;
    for deaths in 1..=2 {
        let died = child(&bed).status().expect("the test binary runs again");
        assert!(!died.success(), "the handler takes its process down");
        let row = bed.job(job.id).await;
        assert_eq!((row.job.state, row.job.attempt), (JobState::Running, deaths), "a lost run counts as an attempt");
        assert!(row.lease_owner.is_some_and(|owner| owner.starts_with("child")));
        bed.advance(61);
    }
    let handled = Notes::default();
    let notes = handled.clone();
    let registry = Registry::new().on(move |_: Poison, _| {
        notes.add(());
        async { Ok(Outcome::Done) }
    });
    assert_eq!(bed.worker(registry).run_until_idle().await, 0);
    assert_eq!(handled.len(), 0, "the third worker does not touch it");
    let row = bed.job(job.id).await;
    assert_eq!((row.job.state, row.job.error_class.as_deref()), (JobState::Failed, Some("stalled")));
    assert_eq!(row.runs.iter().filter(|run| run.outcome.as_deref() == Some("lost")).count(), 2);
}

#[expect(clippy::disallowed_methods, reason = "not a setting: how this test talks to its own child process")]
fn place_of_child() -> Option<String> {
    std::env::var(CHILD).ok()
}

fn child(bed: &Bed) -> Command {
    let url = bed.test.endpoints().owner.to_url_lossy();
    let mut child = Command::new(std::env::current_exe().expect("this test has a path"));
    child
        .args(["--exact", "poison::a_job_that_kills_its_worker_is_not_run_for_ever", "--nocapture"])
        .env(CHILD, format!("{} {url}", bed.clock.now().as_millis()));
    child
}

/// The child: rescues what the last one left, then runs the poison.
async fn work_until_killed(place: &str) {
    let (millis, url) = place.split_once(' ').expect("a time and a place");
    let clock = FixedClock::at(Timestamp::from_millis(millis.parse().expect("milliseconds")));
    let endpoints = Endpoints::from_url(url).expect("a URL");
    let db =
        Db::connect(&endpoints, PoolSizes { api: 1, worker: 2, publishing: 2, reading: 1 }).await.expect("connected");
    let jobs = Jobs::new(Arc::new(clock), rookery_testkit::ids());
    let registry = Registry::new().on(|_: Poison, _| async { std::process::abort() });
    let config = WorkerConfig { name: "child".into(), ..WorkerConfig::default() };
    Worker::new(db, jobs, registry, config).run_until_idle().await;
}

#[tokio::test]
async fn one_lost_lease_is_an_attempt_and_the_next_run_may_end_well() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Publish { publication: 1 }).await;
    lose(&bed, "the first worker").await;
    assert_eq!(bed.job(job.id).await.job.state, JobState::Running);
    let seen = Notes::default();
    let notes = seen.clone();
    let registry = Registry::new().on(move |_: Publish, context| {
        notes.add(context.attempt);
        async { Ok(Outcome::Done) }
    });
    let worker = bed.worker(registry);
    assert_eq!(worker.run_until_idle().await, 0, "the lease still holds");
    bed.advance(61);
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(seen.all(), [2]);
    let row = bed.job(job.id).await;
    assert_eq!(row.job.state, JobState::Succeeded);
    let outcomes: Vec<_> = row.runs.iter().map(|run| run.outcome.as_deref().unwrap_or("")).collect();
    assert_eq!(outcomes, ["lost", "succeeded"]);
}

#[tokio::test]
async fn losses_with_a_run_in_between_that_ended_by_itself_do_not_add_up() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Mail { number: 1 }).await;
    let fail = || Registry::new().on(|_: Mail, _| async { Err(rookery_jobs::JobError::transient("no")) });
    lose(&bed, "a").await;
    bed.advance(61);
    assert_eq!(bed.worker(fail()).run_until_idle().await, 1);
    bed.advance(10);
    sqlx::query("update jobs.jobs set state = 'queued'").execute(bed.db.worker_pool()).await.expect("promoted");
    lose(&bed, "b").await;
    bed.advance(61);
    assert_eq!(bed.worker(fail()).run_until_idle().await, 1);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.attempt), (JobState::Scheduled, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_run_keeps_its_lease() {
    let bed = Bed::new().await;
    let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Mail, context| {
        started.send(context.attempt).expect("the test listens");
        async move {
            context.stop.cancelled().await;
            Ok(Outcome::Done)
        }
    });
    let lease = Duration::from_millis(200);
    let config = WorkerConfig { lease: Some(lease), ..WorkerConfig::default() };
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));
    let job = bed.enqueue(&Mail { number: 1 }).await;
    bed.jobs.wake();
    let patience = crate::support::PATIENCE;
    assert_eq!(tokio::time::timeout(patience, starts.recv()).await.expect("it starts"), Some(1));
    // Half a lease at a time, much longer than a lease in all; rescuers are about.
    for _ in 0..6 {
        bed.clock.advance(lease / 2);
        let renewed = async {
            while bed.job(job.id).await.lease_expires_at != Some(bed.clock.now() + lease) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(patience, renewed).await.expect("the heartbeat renews");
    }
    stop.cancel();
    tokio::time::timeout(patience, running).await.expect("stops").expect("no panic");
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.attempt), (JobState::Succeeded, 1));
}

/// As a worker that claims everything and vanishes.
async fn lose(bed: &Bed, owner: &str) {
    sqlx::query(
        "update jobs.jobs set state = 'running', attempt = attempt + 1, lease_owner = $1, started_at = $2,
                              lease_expires_at = $3 where state = 'queued'",
    )
    .bind(owner)
    .bind(bed.clock.now())
    .bind(bed.clock.now() + Duration::from_secs(60))
    .execute(bed.db.worker_pool())
    .await
    .expect("claimed");
}
