//! How fast the queue is on this machine, beside the least that any queue on this database does:
//! a bare loop that claims a batch with `for update skip locked`, does nothing, and completes it.
//!
//! Both run in turns in the same minutes on the same table, so that the ratio says something even
//! where the rates do not. The jobs live in a queue of their own that is removed at the end; run it
//! on a database whose load you do not mind.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::{SystemClock, SystemIds, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::enqueue::Jobs;
use crate::job::{Job, Outcome};
use crate::registry::Registry;
use crate::worker::{Worker, WorkerConfig};

/// The queue of the measurement.
const QUEUE: &str = "bench";
/// The kind that only the bare loop takes.
const BARE: &str = "bench-bare";
/// Rows per statement when a run is prepared.
const FILL_BATCH: usize = 1_000;

/// How the jobs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Most jobs in one claim.
    pub batch: usize,
    /// Batches at once: loops of the bare side; ours holds `batch × concurrency` jobs at once.
    pub concurrency: usize,
}

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Jobs per run.
    pub jobs: usize,
    /// Runs of each side per shape, in turns; medians are reported.
    pub runs: usize,
    /// How the jobs are taken.
    pub shapes: Vec<Shape>,
    /// Single jobs enqueued, for the enqueue rate; and a tenth of them timed from commit to start.
    pub singles: usize,
}

impl Default for BenchOptions {
    fn default() -> Self {
        let shapes = vec![Shape { batch: 500, concurrency: 1 }, Shape { batch: 20, concurrency: 10 }];
        Self { jobs: 20_000, runs: 3, shapes, singles: 2_000 }
    }
}

/// The rates of one shape, in jobs per second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShapeReport {
    /// Most jobs in one claim.
    pub batch: usize,
    /// Batches at once.
    pub concurrency: usize,
    /// The bare loop's runs.
    pub bare: Vec<f64>,
    /// Our worker's runs.
    pub ours: Vec<f64>,
    /// Median of the bare loop.
    pub bare_median: f64,
    /// Median of ours.
    pub ours_median: f64,
    /// Median of ours over median of the bare loop.
    pub ratio: f64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// Per shape.
    pub shapes: Vec<ShapeReport>,
    /// Jobs per second, one transaction each, ten writers.
    pub enqueue_rate: f64,
    /// Jobs per second, a thousand per statement.
    pub enqueue_many_rate: f64,
    /// From the commit of one job to its handler, an idle worker in the same process: median.
    pub start_median: Duration,
    /// The same, 95th percentile.
    pub start_p95: Duration,
}

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shape in &self.shapes {
            writeln!(
                f,
                "batches of {:>4} × {:>2}: bare loop {:>7.0} jobs/s, worker {:>7.0} jobs/s, ratio {:.2}",
                shape.batch, shape.concurrency, shape.bare_median, shape.ours_median, shape.ratio
            )?;
        }
        writeln!(f, "enqueue, one transaction each, 10 writers: {:.0} jobs/s", self.enqueue_rate)?;
        writeln!(f, "enqueue, {FILL_BATCH} per statement: {:.0} jobs/s", self.enqueue_many_rate)?;
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(f, "commit to start: median {:.1} ms, 95 % {:.1} ms", millis(self.start_median), millis(self.start_p95))
    }
}

/// A job that does nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Nothing {
    number: usize,
}

impl Job for Nothing {
    const KIND: &'static str = "bench-noop";
    const QUEUE: &'static str = QUEUE;
}

/// Measures the queue against the bare loop.
///
/// # Errors
/// The database's, for example if the role may not add the queue of the measurement.
pub async fn queue(db: &Db, options: &BenchOptions) -> Result<BenchReport, Error> {
    clean_up(db).await?;
    sqlx::query!("insert into jobs.queues (name) values ($1) on conflict (name) do nothing", QUEUE)
        .execute(db.worker_pool())
        .await?;
    let measured = measure(db, options).await;
    let cleaned = clean_up(db).await;
    let report = measured?;
    cleaned?;
    Ok(report)
}

async fn clean_up(db: &Db) -> Result<(), Error> {
    sqlx::query!("delete from jobs.jobs where queue = $1", QUEUE).execute(db.worker_pool()).await?;
    sqlx::query!("delete from jobs.queues where name = $1", QUEUE).execute(db.worker_pool()).await?;
    Ok(())
}

async fn measure(db: &Db, options: &BenchOptions) -> Result<BenchReport, Error> {
    let clock = Arc::new(SystemClock);
    let jobs = Jobs::new(clock.clone(), Arc::new(SystemIds::new(clock)));
    let mut shapes = Vec::with_capacity(options.shapes.len());
    let mut fill_rates = Vec::new();
    for &shape in &options.shapes {
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..options.runs.max(1) {
            fill_bare(db, &jobs, options.jobs).await?;
            bare.push(rate(options.jobs, bare_loop(db, &jobs, shape).await?));
            empty(db).await?;
            fill_rates.push(rate(options.jobs, fill_ours(db, &jobs, options.jobs).await?));
            ours.push(rate(options.jobs, our_worker(db, &jobs, shape, options.jobs).await));
            empty(db).await?;
        }
        let (bare_median, ours_median) = (median(&bare), median(&ours));
        let ratio = ours_median / bare_median;
        let Shape { batch, concurrency } = shape;
        shapes.push(ShapeReport { batch, concurrency, bare, ours, bare_median, ours_median, ratio });
    }
    let enqueue_rate = rate(options.singles, enqueue_singles(db, &jobs, options.singles).await?);
    empty(db).await?;
    let mut starts = start_delays(db, &jobs, (options.singles / 10).max(1)).await?;
    starts.sort_unstable();
    let at = |percent: usize| starts.get(starts.len() * percent / 100).copied().unwrap_or_default();
    Ok(BenchReport {
        shapes,
        enqueue_rate,
        enqueue_many_rate: median(&fill_rates),
        start_median: at(50),
        start_p95: at(95),
    })
}

fn rate(jobs: usize, took: Duration) -> f64 {
    jobs as f64 / took.as_secs_f64().max(1e-9)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

async fn empty(db: &Db) -> Result<(), Error> {
    sqlx::query!("delete from jobs.jobs where queue = $1", QUEUE).execute(db.worker_pool()).await?;
    Ok(())
}

async fn fill_bare(db: &Db, jobs: &Jobs, count: usize) -> Result<(), Error> {
    let ids: Vec<_> = (0..count).map(|_| jobs.ids.uuid()).collect();
    for ids in ids.chunks(FILL_BATCH) {
        sqlx::query!(
            "insert into jobs.jobs (id, queue, kind, priority, run_at, max_attempts, created_at, updated_at)
             select id, $2, $3, 3, $4, 3, $4, $4 from unnest($1::uuid[]) as u (id)",
            ids,
            QUEUE,
            BARE,
            jobs.clock.now() as _,
        )
        .execute(db.worker_pool())
        .await?;
    }
    Ok(())
}

async fn fill_ours(db: &Db, jobs: &Jobs, count: usize) -> Result<Duration, Error> {
    let start = Instant::now();
    let numbers: Vec<_> = (0..count).collect();
    for numbers in numbers.chunks(FILL_BATCH) {
        let now = jobs.clock.now();
        let rows: Vec<_> = numbers.iter().map(|&number| (Nothing { number }, now)).collect();
        let mut tx = db.system("measuring the queue").await?;
        jobs.enqueue_many(tx.conn(), None, &rows).await?;
        tx.commit().await?;
    }
    Ok(start.elapsed())
}

/// The least a queue does: claim, nothing, complete.
async fn bare_loop(db: &Db, jobs: &Jobs, shape: Shape) -> Result<Duration, Error> {
    let start = Instant::now();
    let mut loops = JoinSet::new();
    for _ in 0..shape.concurrency.max(1) {
        let (db, now) = (db.clone(), jobs.clock.now());
        let batch = i64::try_from(shape.batch).unwrap_or(i64::MAX);
        loops.spawn(async move {
            while bare_batch(&db, now, batch).await? > 0 {}
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended.map_err(|error| sqlx::Error::Protocol(error.to_string()))??;
    }
    Ok(start.elapsed())
}

async fn bare_batch(db: &Db, now: Timestamp, batch: i64) -> Result<usize, Error> {
    let claimed = sqlx::query_scalar!(
        "update jobs.jobs j
         set state = 'running', attempt = j.attempt + 1, lease_owner = 'bare', lease_expires_at = $3, started_at = $2
         where j.id = any (array(
             select d.id from jobs.jobs d
             where d.queue = $1 and d.state = 'queued' and d.run_at <= $2
             order by d.priority, d.run_at, d.id
             limit $4
             for update skip locked))
         returning j.id as \"id: uuid::Uuid\"",
        QUEUE,
        now as _,
        (now + Duration::from_secs(60)) as _,
        batch,
    )
    .fetch_all(db.worker_pool())
    .await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    sqlx::query!(
        "update jobs.jobs set state = 'succeeded', lease_owner = null, lease_expires_at = null, finished_at = $2
         where id = any ($1)",
        &claimed,
        now as _,
    )
    .execute(db.worker_pool())
    .await?;
    Ok(claimed.len())
}

/// From the worker's start to its stop, when every job is run and written down.
async fn our_worker(db: &Db, jobs: &Jobs, shape: Shape, count: usize) -> Duration {
    let (runs, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counter, done) = (Arc::clone(&runs), Arc::clone(&all));
    let registry = Registry::new().on(move |_: Nothing, _| {
        if counter.fetch_add(1, Ordering::Relaxed) + 1 == count {
            done.notify_one();
        }
        async { Ok(Outcome::Done) }
    });
    let config = WorkerConfig {
        name: QUEUE.into(),
        concurrency: Some(shape.batch * shape.concurrency.max(1)),
        claim_batch: shape.batch,
        ..WorkerConfig::default()
    };
    let worker = Worker::new(db.clone(), jobs.clone(), registry, config);
    let stop = CancellationToken::new();
    let start = Instant::now();
    let running = tokio::spawn(worker.run(stop.clone()));
    all.notified().await;
    stop.cancel();
    if let Err(error) = running.await {
        tracing::error!(%error, "the measured worker ended badly");
    }
    start.elapsed()
}

async fn enqueue_singles(db: &Db, jobs: &Jobs, count: usize) -> Result<Duration, Error> {
    const WRITERS: usize = 10;
    let start = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (db, jobs) = (db.clone(), jobs.clone());
        writers.spawn(async move {
            for number in (writer..count).step_by(WRITERS) {
                enqueue_one(&db, &jobs, number).await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.map_err(|error| sqlx::Error::Protocol(error.to_string()))??;
    }
    Ok(start.elapsed())
}

async fn enqueue_one(db: &Db, jobs: &Jobs, number: usize) -> Result<(), Error> {
    let mut tx = db.system("measuring the queue").await?;
    jobs.enqueue(tx.conn(), None, &Nothing { number }).await?;
    tx.commit().await?;
    jobs.wake();
    Ok(())
}

/// How long one job takes from its commit to its handler while nothing else happens.
async fn start_delays(db: &Db, jobs: &Jobs, count: usize) -> Result<Vec<Duration>, Error> {
    let (started, mut starts) = mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Nothing, _| {
        // The receiver lives as long as the worker.
        let _ = started.send(Instant::now());
        async { Ok(Outcome::Done) }
    });
    let config = WorkerConfig { name: QUEUE.into(), ..WorkerConfig::default() };
    let worker = Worker::new(db.clone(), jobs.clone(), registry, config);
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone()));
    let mut delays = Vec::with_capacity(count);
    for number in 0..count {
        enqueue_one(db, jobs, number).await?;
        let committed = Instant::now();
        if let Some(at) = starts.recv().await {
            delays.push(at.saturating_duration_since(committed));
        }
    }
    stop.cancel();
    if let Err(error) = running.await {
        tracing::error!(%error, "the measured worker ended badly");
    }
    Ok(delays)
}
