//! STR-39, STR-40: what a claim takes, and what it costs.

use std::time::Duration;

use rookery_jobs::{Job, JobState, Outcome, Registry, Worker, WorkerConfig, admin, queues};
use rookery_kernel::Clock as _;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{Bed, Generate, Mail, Notes, PATIENCE, Publish, Sweep};

const BEGIN: &str = include_str!("../../src/claim_begin.sql");
const CLAIM: &str = include_str!("../../src/claim.sql");

/// How the database would carry a claim of ten jobs out.
async fn plan_of_a_claim(bed: &Bed) -> String {
    let mut tx = bed.db.worker_pool().begin_with(BEGIN).await.expect("a transaction");
    let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain (analyze, buffers) {CLAIM}")))
        .bind("email")
        .bind(vec!["test-mail".to_owned()])
        .bind("a worker")
        .bind(bed.clock.now())
        .bind(bed.clock.now() + Duration::from_secs(60))
        .bind(10_i64)
        .fetch_all(&mut *tx)
        .await
        .expect("explained");
    tx.rollback().await.expect("rolled back");
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    plan.join("\n")
}

#[tokio::test]
async fn future_jobs_cost_a_claim_nothing() {
    let bed = Bed::new().await;
    bed.enqueue(&Mail { number: 1 }).await;
    let mut owner = bed.test.owner().await;
    sqlx::query(
        "insert into jobs.jobs (queue, kind, priority, state, run_at, max_attempts)
         select 'email', 'test-mail', 3, 'scheduled', $1 + n * interval '1 second', 3 from generate_series(1, 50000) n",
    )
    .bind(bed.clock.now())
    .execute(&mut owner)
    .await
    .expect("a busy month ahead");
    sqlx::query("analyze jobs.jobs").execute(&mut owner).await.expect("analyzed");

    let plan = plan_of_a_claim(&bed).await;
    assert!(plan.contains("idx_jobs_claim"), "{plan}");
    assert!(!plan.contains("Seq Scan on jobs"), "{plan}");

    let registry = Registry::new().on(|_: Mail, _| async { Ok(Outcome::Done) });
    let worker = bed.worker(registry);
    assert_eq!(worker.run_until_idle().await, 1);
    bed.advance(3);
    assert_eq!(worker.run_until_idle().await, 3);
}

#[tokio::test]
async fn a_burst_that_the_statistics_do_not_know_is_not_sorted_for_each_claim() {
    let bed = Bed::new().await;
    let mut owner = bed.test.owner().await;
    // The statistics of a quiet hour: everything succeeded, of another kind.
    let quiet = "insert into jobs.jobs (queue, kind, priority, state, run_at, max_attempts)
                 select 'email', 'test-other', 3, 'succeeded', $1 - n * interval '1 second', 3 from generate_series(1, 2000) n";
    sqlx::query(quiet).bind(bed.clock.now()).execute(&mut owner).await.expect("a quiet hour");
    sqlx::query("vacuum analyze jobs.jobs").execute(&mut owner).await.expect("analyzed");
    let burst = "insert into jobs.jobs (queue, kind, priority, state, run_at, max_attempts)
                 select 'email', 'test-mail', 3, 'queued', $1 - n * interval '1 second', 3 from generate_series(1, 20000) n";
    sqlx::query(burst).bind(bed.clock.now()).execute(&mut owner).await.expect("a burst");
    let plan = plan_of_a_claim(&bed).await;
    assert!(plan.contains("Index Scan using idx_jobs_claim"), "{plan}");
    assert!(!plan.contains("Sort") && !plan.contains("Bitmap") && !plan.contains("Seq Scan"), "{plan}");
}

#[tokio::test]
async fn the_smaller_priority_runs_first_then_the_older_job() {
    #[derive(Serialize, Deserialize)]
    struct Urgent {}
    impl Job for Urgent {
        const KIND: &'static str = "test-urgent";
        const QUEUE: &'static str = queues::EMAIL;
        const PRIORITY: Option<i16> = Some(1);
    }
    let bed = Bed::new().await;
    for number in [1, 2] {
        bed.enqueue(&Mail { number }).await;
        bed.advance(1);
    }
    bed.enqueue(&Urgent {}).await;
    let order: Notes<u32> = Notes::default();
    let (first, second) = (order.clone(), order.clone());
    let registry = Registry::new()
        .on(move |mail: Mail, _| {
            first.add(mail.number);
            async { Ok(Outcome::Done) }
        })
        .on(move |_: Urgent, _| {
            second.add(0);
            async { Ok(Outcome::Done) }
        });
    bed.worker(registry).run_until_idle().await;
    assert_eq!(order.all(), [0, 1, 2]);
}

#[tokio::test]
async fn a_paused_queue_is_not_claimed() {
    let bed = Bed::new().await;
    bed.enqueue(&Mail { number: 1 }).await;
    let other = bed.enqueue(&Sweep {}).await;
    let registry =
        Registry::new().on(|_: Mail, _| async { Ok(Outcome::Done) }).on(|_: Sweep, _| async { Ok(Outcome::Done) });
    let worker = bed.worker(registry);
    admin::pause(&bed.db, &bed.clock, queues::EMAIL).await.expect("paused");
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(bed.job(other.id).await.job.state, JobState::Succeeded);
    let stats = admin::stats(&bed.db, &bed.clock, None).await.expect("figures");
    let email = stats.iter().find(|queue| queue.queue == queues::EMAIL).expect("the queue exists");
    assert!(email.paused && email.waiting == 1);
    admin::resume(&bed.db, &bed.clock, queues::EMAIL).await.expect("resumed");
    assert_eq!(worker.run_until_idle().await, 1);
    assert!(admin::pause(&bed.db, &bed.clock, "no-such-queue").await.is_err());
}

#[tokio::test]
async fn a_kind_without_a_handler_waits_for_a_process_that_knows_it() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Publish { publication: 1 }).await;
    let registry = Registry::new().on(|_: Mail, _| async { Ok(Outcome::Done) });
    assert_eq!(bed.worker(registry).run_until_idle().await, 0);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.attempt), (JobState::Queued, 0));
    bed.advance(60);
    let stats = admin::stats(&bed.db, &bed.clock, None).await.expect("figures");
    let publishing = stats.iter().find(|queue| queue.queue == queues::PUBLISHING).expect("the queue exists");
    assert_eq!((publishing.waiting, publishing.health), (1, admin::Health::Warning));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_ai_jobs_do_not_delay_publishing() {
    let bed = Bed::new().await;
    let rows: Vec<_> = (0..1_000).map(|number| (Generate { number }, bed.clock.now())).collect();
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    bed.jobs.enqueue_many(tx.conn(), None, &rows).await.expect("enqueued");
    tx.commit().await.expect("committed");

    let (slow, mut slow_starts) = mpsc::unbounded_channel();
    let (quick, mut quick_starts) = mpsc::unbounded_channel();
    let db = bed.db.clone();
    let registry = Registry::new()
        .on(move |_: Generate, context| {
            let (db, slow) = (db.clone(), slow.clone());
            async move {
                // The worst neighbour: each holds a connection while its model thinks.
                let held = db.system("thinking").await;
                slow.send(()).expect("the test listens");
                context.stop.cancelled().await;
                drop(held);
                Ok(Outcome::Done)
            }
        })
        .on(move |publish: Publish, _| {
            quick.send(publish.publication).expect("the test listens");
            async { Ok(Outcome::Done) }
        });
    // More handlers at once than the worker pool has connections.
    let config = WorkerConfig { concurrency: Some(30), ..WorkerConfig::default() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));
    timeout(PATIENCE, slow_starts.recv()).await.expect("AI jobs run").expect("the worker lives");
    let soon = bed.clock.now() + Duration::from_secs(5);
    let mut tx = bed.db.reserved_for_publishing().system("a test").await.expect("a transaction");
    bed.jobs.enqueue(tx.conn(), None, &Publish { publication: 1 }).await.expect("enqueued");
    bed.jobs.enqueue_at(tx.conn(), None, &Publish { publication: 2 }, soon).await.expect("enqueued");
    tx.commit().await.expect("committed");
    bed.jobs.wake();
    let limit = Duration::from_secs(5);
    assert_eq!(timeout(limit, quick_starts.recv()).await.expect("starts within 5 s"), Some(1));
    bed.clock.set(soon);
    assert_eq!(timeout(limit, quick_starts.recv()).await.expect("promoted and started within 5 s"), Some(2));
    stop.cancel();
    timeout(PATIENCE, running).await.expect("stops").expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_wakes_a_worker_that_hardly_polls() {
    let bed = Bed::new().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Mail, _| {
        started.send(()).expect("the test listens");
        async { Ok(Outcome::Done) }
    });
    let config = WorkerConfig { poll: Duration::from_secs(3_600), ..WorkerConfig::default() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));
    let other = bed.other_process();
    let (notifier, db, stopped) = (other.clone(), bed.db.clone(), stop.clone());
    let notifying = tokio::spawn(async move { notifier.notify_others(&db, stopped).await });

    bed.enqueue(&Mail { number: 1 }).await;
    // The worker may not listen yet, so the bell is rung until it is heard.
    let heard = async {
        loop {
            other.wake();
            if timeout(Duration::from_millis(200), starts.recv()).await.is_ok() {
                break;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("the other process is heard");
    stop.cancel();
    timeout(PATIENCE, running).await.expect("stops").expect("no panic");
    timeout(PATIENCE, notifying).await.expect("stops").expect("no panic");
}
