//! The night by itself: timetable, one job per account, waiting and trying again.

use std::sync::Arc;
use std::time::Duration;

use rookery_analytics::{FailureFilter, IngestStatus, IngestTrigger, RequestError};
use rookery_identity::{Config, Identity};
use rookery_jobs::{Registry, Worker, WorkerConfig};
use rookery_kernel::{Clock, Limit, RunId, Zone};
use rookery_platforms::ErrorType;
use sqlx::types::Uuid;

use crate::net::{error, numbers};
use crate::world::{World, at, day};

impl World {
    pub fn worker(&self) -> Worker {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let identity =
            Identity::new(self.db.db.clone(), clock, rookery_testkit::ids_at(&self.clock), Config::default());
        let registry = self.analytics.register_jobs(Registry::new(), &identity);
        Worker::new(self.db.db.clone(), self.jobs.clone(), registry, WorkerConfig::default())
    }

    async fn jobs_of(&mut self, kind: &str) -> Vec<(String, i32)> {
        sqlx::query_as("select state::text, attempt from jobs.jobs where kind = $1 order by created_at, id")
            .bind(kind)
            .fetch_all(&mut self.owner)
            .await
            .expect("rows")
    }
}

const INGEST: &str = "analytics.ingest_integration";

#[tokio::test]
async fn the_timetable_collects_yesterday_once() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    for name in ["ann", "bob"] {
        world.net.post(name, &format!("{name}1"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    let worker = world.worker();
    worker.run_until_idle().await;
    assert!(world.jobs_of(INGEST).await.is_empty(), "the timetable has only begun");
    world.clock.set(at("2026-03-10T03:06:00Z"));
    worker.run_until_idle().await;
    assert_eq!(world.rows(ann).await.len(), 1);
    assert_eq!(world.rows(bob).await.len(), 1);
    assert_eq!(world.rows(ann).await[0].date, "2026-03-09");
    world.clock.set(at("2026-03-10T04:06:00Z"));
    worker.run_until_idle().await;
    let succeeded = world.jobs_of(INGEST).await.iter().filter(|(state, _)| state == "succeeded").count();
    assert_eq!(succeeded, 2, "once per account, not once per hour");
}

#[tokio::test]
async fn a_day_is_planned_after_two_at_night_and_run_after_it_ended() {
    let world = World::new().await;
    world.account("ann").await;
    let plan = async |zone: &str, now: &str| {
        world.clock.set(at(now));
        let zone: Zone = zone.parse().expect("known");
        world.analytics.plan_for(&world.org.worker(), &zone).await.expect("planned")
    };
    assert_eq!(plan("Europe/Berlin", "2026-03-10T00:59:00Z").await, 0);
    assert_eq!(plan("Europe/Berlin", "2026-03-10T01:00:00Z").await, 1);
    assert_eq!(plan("Europe/Berlin", "2026-03-10T05:00:00Z").await, 0, "one live job per account and day");
    // 02:00 in Tokyo is 17:00 UTC of the day to collect: the job waits for that day's end.
    assert_eq!(plan("Asia/Tokyo", "2026-03-11T17:00:00Z").await, 1);
    let run_at: Vec<(String, sqlx::types::Json<serde_json::Value>)> =
        sqlx::query_as("select run_at::text, payload from jobs.jobs where kind = $1 order by run_at")
            .bind(INGEST)
            .fetch_all(&mut world.db.owner().await)
            .await
            .expect("rows");
    let last = run_at.last().expect("a job");
    assert!(last.0.starts_with("2026-03-12 00:00:00"), "{run_at:?}");
    assert_eq!(last.1["date"], "2026-03-11");
}

#[tokio::test]
async fn trouble_is_tried_again_and_only_what_is_missing_is_asked_for() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..5 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    let request = |world: &World| {
        let (analytics, scope) = (world.analytics.clone(), world.scope());
        async move { analytics.request_ingest(&scope, ann, day("2026-03-09"), IngestTrigger::Schedule).await }
    };
    // Listing, a batch, then the line breaks.
    world.net.fail_nth(3, error(ErrorType::Transient));
    let first = request(&world).await.expect("enqueued");
    assert!(first.is_new);
    let again = request(&world).await.expect("enqueued");
    assert_eq!((again.id, again.is_new), (first.id, false));
    let worker = world.worker();
    worker.run_until_idle().await;
    assert_eq!(world.jobs_of(INGEST).await, [("scheduled".to_owned(), 1)]);
    assert_eq!(world.rows(ann).await.len(), 2);
    world.net.page("ann", |page| page.asked.clear());
    world.clock.advance(Duration::from_secs(60));
    worker.run_until_idle().await;
    assert_eq!(world.jobs_of(INGEST).await, [("succeeded".to_owned(), 2)]);
    assert_eq!(world.rows(ann).await.len(), 5);
    assert_eq!(world.net.page("ann", |page| page.asked.concat().len()), 3);
}

#[tokio::test]
async fn a_rate_limit_uses_no_try_and_the_last_try_leaves_a_dead_letter() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.listing = Some(error(ErrorType::RateLimit)));
    let scope = world.scope();
    world.analytics.request_ingest(&scope, ann, day("2026-03-09"), IngestTrigger::Schedule).await.expect("enqueued");
    let worker = world.worker();
    for _ in 0..7 {
        worker.run_until_idle().await;
        assert_eq!(world.jobs_of(INGEST).await[0].0, "scheduled");
        world.clock.advance(Duration::from_secs(601));
    }
    world.net.page("ann", |page| page.listing = Some(error(ErrorType::Transient)));
    for _ in 0..5 {
        worker.run_until_idle().await;
        world.clock.advance(Duration::from_secs(3700));
    }
    worker.run_until_idle().await;
    assert_eq!(world.jobs_of(INGEST).await, [("failed".to_owned(), 5)]);
    let summary = world.analytics.account_summary(&scope).await.expect("read").remove(0);
    assert_eq!(summary.health, rookery_analytics::TrackingHealth::Degraded);
    assert_eq!(summary.last_run.map(|run| run.status), Some(IngestStatus::Failed));
}

#[tokio::test]
async fn a_failed_run_is_asked_for_again_and_the_diary_is_paged() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let scope = world.scope();
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    world.net.page("ann", |page| page.listing = Some(error(ErrorType::Permission)));
    world.ingest(ann, "2026-03-09").await;
    let first = world.analytics.runs(&scope, None, Limit::new(2)).await.expect("read");
    assert_eq!(first.items.len(), 2);
    let rest = world.analytics.runs(&scope, first.next, Limit::new(2)).await.expect("read");
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let failed = first.items.iter().chain(&rest.items).find(|run| run.status == IngestStatus::Failed).expect("one");

    let other = world.db.organization().await;
    let foreign = world.analytics.retry_run(&other.scope, failed.id).await;
    assert!(matches!(foreign, Err(RequestError::NoSuchRun(_))));
    let unknown = world.analytics.retry_run(&scope, RunId::from_uuid(Uuid::nil())).await;
    assert!(matches!(unknown, Err(RequestError::NoSuchRun(_))));

    world.net.page("ann", |page| page.listing = None);
    // A person gave the right back and connected the account again.
    world.connect(&scope, "ann").await;
    world.analytics.retry_run(&scope, failed.id).await.expect("enqueued");
    world.worker().run_until_idle().await;
    assert_eq!(world.rows(ann).await.len(), 1);

    let filter = FailureFilter { run_id: Some(failed.id), ..FailureFilter::default() };
    let errors = world.analytics.errors(&scope, &filter, None, Limit::new(1)).await.expect("read");
    assert_eq!((errors.items.len(), errors.next), (1, None));
    assert!(
        world.analytics.errors(&other.scope, &filter, None, Limit::default()).await.expect("read").items.is_empty()
    );
}
