//! A worker outlives its database's bad moments.

use std::time::Duration;

use rookery_jobs::{JobState, Outcome, Registry, Worker, WorkerConfig};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{Bed, Mail, PATIENCE};

/// Cuts every connection of the application.
async fn cut(bed: &Bed) {
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut bed.test.owner().await)
    .await
    .expect("a superuser may");
}

/// As an application does: again, if the connection was cut.
async fn enqueue(bed: &Bed, number: u32) {
    for _ in 0..50 {
        let Ok(mut tx) = bed.db.system("a test").await else { continue };
        if bed.jobs.enqueue(tx.conn(), None, &Mail { number }).await.is_ok() && tx.commit().await.is_ok() {
            return;
        }
    }
    panic!("the database does not come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_end_neither_the_worker_nor_a_job() {
    let bed = Bed::new().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let go = CancellationToken::new();
    let gate = go.clone();
    let registry = Registry::new().on(move |mail: Mail, _| {
        let (started, gate) = (started.clone(), gate.clone());
        async move {
            started.send(mail.number).expect("the test listens");
            gate.cancelled().await;
            Ok(Outcome::Done)
        }
    });
    let config = WorkerConfig { poll: Duration::from_millis(20), ..WorkerConfig::default() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));

    enqueue(&bed, 1).await;
    assert_eq!(timeout(PATIENCE, starts.recv()).await.expect("runs"), Some(1));
    for number in 2..=4 {
        cut(&bed).await;
        enqueue(&bed, number).await;
        assert_eq!(timeout(PATIENCE, starts.recv()).await.expect("still claims"), Some(number));
    }
    // The four results meet cut connections as well.
    cut(&bed).await;
    go.cancel();
    stop.cancel();
    let report = timeout(PATIENCE, running).await.expect("stops").expect("no panic");
    assert_eq!(report.left + report.released, 0);
    let rows: Vec<(JobState, i32)> = sqlx::query_as("select state, attempt from jobs.jobs")
        .fetch_all(&mut bed.test.owner().await)
        .await
        .expect("read");
    assert_eq!(rows, [(JobState::Succeeded, 1); 4], "each ran once and is written down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_queue_table_is_waited_out() {
    let bed = Bed::new().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Mail, _| {
        started.send(()).expect("the test listens");
        async { Ok(Outcome::Done) }
    });
    let mut owner = bed.test.owner().await;
    sqlx::query("alter table jobs.jobs rename to mislaid").execute(&mut owner).await.expect("renamed");
    let config = WorkerConfig { poll: Duration::from_millis(20), ..WorkerConfig::default() };
    let worker = Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config);
    let pulse = worker.pulse();
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone()));
    // Its row among the workers shows that it began; its claims fail meanwhile.
    let begun = async {
        while sqlx::query("select from jobs.workers").fetch_all(&mut owner).await.expect("read").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, begun).await.expect("the worker begins");
    assert!(!pulse.is_healthy());
    sqlx::query("alter table jobs.mislaid rename to jobs").execute(&mut owner).await.expect("renamed");
    enqueue(&bed, 1).await;
    timeout(PATIENCE, starts.recv()).await.expect("claims again").expect("the worker lives");
    assert!(pulse.is_healthy());
    stop.cancel();
    timeout(PATIENCE, running).await.expect("stops").expect("no panic");
}
