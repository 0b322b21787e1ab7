//! The test bed: a database, a clock that stands still, a door to the queue.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rookery_db::Db;
use rookery_jobs::admin::{self, JobDetail};
use rookery_jobs::{Enqueued, Job, Jobs, Registry, Worker, WorkerConfig, queues};
use rookery_kernel::{Clock as _, FixedClock, JobId, Timestamp};
use rookery_testkit::TestDb;
use serde::{Deserialize, Serialize};

/// Longest wait for something that happens at once; only a broken test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Bed {
    pub test: TestDb,
    pub db: Db,
    pub clock: FixedClock,
    pub jobs: Jobs,
}

impl Bed {
    pub async fn new() -> Self {
        let test = TestDb::new().await;
        let clock = rookery_testkit::clock();
        let jobs = Jobs::new(Arc::new(clock.clone()), rookery_testkit::ids());
        Self { db: test.db.clone(), test, clock, jobs }
    }

    /// Another process: its own door, the same database and clock.
    pub fn other_process(&self) -> Jobs {
        Jobs::new(Arc::new(self.clock.clone()), rookery_testkit::ids())
    }

    pub async fn enqueue<J: Job>(&self, job: &J) -> Enqueued {
        self.enqueue_at(job, self.clock.now()).await
    }

    pub async fn enqueue_at<J: Job>(&self, job: &J, at: Timestamp) -> Enqueued {
        let mut tx = self.db.system("a test").await.expect("a transaction");
        let enqueued = self.jobs.enqueue_at(tx.conn(), None, job, at).await.expect("enqueued");
        tx.commit().await.expect("committed");
        enqueued
    }

    pub fn worker(&self, registry: Registry) -> Worker {
        Worker::new(self.db.clone(), self.jobs.clone(), registry, WorkerConfig::default())
    }

    pub async fn job(&self, id: JobId) -> JobDetail {
        admin::get(&self.db, None, id).await.expect("the job exists")
    }

    pub async fn count(&self) -> i64 {
        sqlx::query_scalar("select count(*) from jobs.jobs").fetch_one(self.db.worker_pool()).await.expect("counted")
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// What handlers leave for the test to look at.
#[derive(Debug)]
pub struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Notes<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Notes<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Notes<T> {
    pub fn add(&self, note: T) {
        self.0.lock().expect("unpoisoned").push(note);
    }

    pub fn all(&self) -> Vec<T> {
        self.0.lock().expect("unpoisoned").clone()
    }

    pub fn len(&self) -> usize {
        self.all().len()
    }
}

/// Some mail. Five attempts, two seconds at first: the numbers of its queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    pub number: u32,
}

impl Job for Mail {
    const KIND: &'static str = "test-mail";
    const QUEUE: &'static str = queues::EMAIL;
}

/// A delivery; one live job per publication.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Publish {
    pub publication: u32,
}

impl Job for Publish {
    const KIND: &'static str = "test-publish";
    const QUEUE: &'static str = queues::PUBLISHING;
    fn dedupe_key(&self) -> Option<String> {
        Some(format!("publish:{}", self.publication))
    }
}

/// Slow work for a language model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Generate {
    pub number: u32,
}

impl Job for Generate {
    const KIND: &'static str = "test-generate";
    const QUEUE: &'static str = queues::CONTENT_GENERATION;
}

/// Housekeeping.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "test-sweep";
    const QUEUE: &'static str = queues::SYSTEM;
}
