//! STR-45: a stop loses no job and runs none twice.

use std::time::Duration;

use rookery_jobs::{JobError, JobState, Outcome, Registry, StopReport, Worker, WorkerConfig};
use rookery_kernel::Clock as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{Bed, Mail, Notes, PATIENCE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_during_50_running_jobs_loses_none_and_runs_none_twice() {
    let bed = Bed::new().await;
    let rows: Vec<_> = (0..50).map(|number| (Mail { number }, bed.clock.now())).collect();
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    bed.jobs.enqueue_many(tx.conn(), None, &rows).await.expect("enqueued");
    tx.commit().await.expect("committed");

    let (started, mut starts) = mpsc::unbounded_channel();
    let done: Notes<u32> = Notes::default();
    let notes = done.clone();
    let registry = Registry::new().on(move |mail: Mail, context| {
        let (started, notes) = (started.clone(), notes.clone());
        async move {
            started.send(mail.number).expect("the test listens");
            match mail.number % 5 {
                // Never looks at the signal: put back after the grace.
                0 => std::future::pending().await,
                // Leaves at a safe place: put back at once.
                1 => {
                    context.stop.cancelled().await;
                    Err(JobError::stopped())
                }
                // Finishes what it does.
                _ => {
                    context.stop.cancelled().await;
                    notes.add(mail.number);
                    Ok(Outcome::Done)
                }
            }
        }
    });
    let config = WorkerConfig {
        concurrency: Some(50),
        grace: Some(Duration::from_secs(2)),
        poll: Duration::from_millis(50),
        ..WorkerConfig::default()
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));
    for _ in 0..50 {
        timeout(PATIENCE, starts.recv()).await.expect("all 50 start").expect("the worker lives");
    }
    let late = bed.enqueue(&Mail { number: 99 }).await;
    stop.cancel();
    let report = timeout(PATIENCE, running).await.expect("stops in time").expect("no panic");
    assert_eq!(report, StopReport { finished: 30, released: 20, left: 0 });
    assert_eq!(done.len(), 30);

    let states: Vec<(JobState, i32, i64)> = sqlx::query_as(
        "select state, attempt, count(*) from jobs.jobs where id <> $1 group by state, attempt order by state",
    )
    .bind(late.id.uuid())
    .fetch_all(bed.db.worker_pool())
    .await
    .expect("counted");
    assert_eq!(states, [(JobState::Queued, 0, 20), (JobState::Succeeded, 1, 30)], "released attempts do not count");
    assert_eq!(bed.job(late.id).await.job.state, JobState::Queued, "nothing is claimed after the signal");

    let notes = done.clone();
    let registry = Registry::new().on(move |mail: Mail, context| {
        assert_eq!(context.attempt, 1);
        notes.add(mail.number);
        async { Ok(Outcome::Done) }
    });
    assert_eq!(bed.worker(registry).run_until_idle().await, 21);
    let mut all = done.all();
    all.sort_unstable();
    assert_eq!(all, (0..50).chain([99]).collect::<Vec<_>>(), "each exactly once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_stops_at_once_and_leaves_the_list_of_workers() {
    let bed = Bed::new().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Mail, _| {
        started.send(()).expect("the test listens");
        async { Ok(Outcome::Done) }
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(bed.worker(registry).run(stop.clone()));
    bed.enqueue(&Mail { number: 1 }).await;
    bed.jobs.wake();
    timeout(PATIENCE, starts.recv()).await.expect("it runs").expect("the worker lives");
    let workers = || async {
        let count: i64 = sqlx::query_scalar("select count(*) from jobs.workers")
            .fetch_one(bed.db.worker_pool())
            .await
            .expect("counted");
        count
    };
    assert_eq!(workers().await, 1);
    stop.cancel();
    timeout(PATIENCE, running).await.expect("stops").expect("no panic");
    assert_eq!(workers().await, 0);
}
