//! STR-44, STR-46: what operators see and do.

use std::time::Duration;

use rookery_jobs::admin::{self, AdminError, Filter};
use rookery_jobs::{JobError, JobState, Outcome, Registry, Worker, WorkerConfig, clean, queues};
use rookery_kernel::{Clock as _, Limit};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{Bed, Mail, PATIENCE, Publish};

fn failing() -> Registry {
    Registry::new()
        .on(|_: Publish, _| async { Err(JobError::permanent("refused")) })
        .on(|_: Mail, _| async { Err(JobError::permanent("refused")) })
}

fn working() -> Registry {
    Registry::new().on(|_: Publish, _| async { Ok(Outcome::Done) }).on(|_: Mail, _| async { Ok(Outcome::Done) })
}

#[tokio::test]
async fn a_dead_letter_is_kept_and_can_be_retried() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Publish { publication: 1 }).await;
    assert!(matches!(
        admin::retry(&bed.db, &bed.clock, None, job.id).await,
        Err(AdminError::State { state: JobState::Queued, .. })
    ));
    bed.worker(failing()).run_until_idle().await;
    assert_eq!(bed.job(job.id).await.job.state, JobState::Failed);

    let twin = bed.enqueue(&Publish { publication: 1 }).await;
    let live = admin::retry(&bed.db, &bed.clock, None, job.id).await;
    assert!(matches!(live, Err(AdminError::Live(id)) if id == twin.id), "the same work already waits");
    admin::cancel(&bed.db, &bed.clock, None, twin.id).await.expect("cancelled");

    admin::retry(&bed.db, &bed.clock, None, job.id).await.expect("retried");
    assert_eq!(bed.worker(working()).run_until_idle().await, 1);
    let detail = bed.job(job.id).await;
    assert_eq!((detail.job.state, detail.job.attempt), (JobState::Succeeded, 1));
    assert_eq!(detail.runs.len(), 2, "the failed run stays on record");
}

#[tokio::test]
async fn all_dead_letters_of_a_queue_since_a_time_come_back() {
    let bed = Bed::new().await;
    bed.enqueue(&Mail { number: 0 }).await;
    bed.worker(failing()).run_until_idle().await;
    bed.advance(3_600);
    let since = bed.clock.now();
    for number in 1..=3 {
        bed.enqueue(&Mail { number }).await;
    }
    bed.enqueue(&Publish { publication: 1 }).await;
    bed.worker(failing()).run_until_idle().await;
    // Failed twice with one key: it comes back once.
    bed.enqueue(&Publish { publication: 1 }).await;
    bed.worker(failing()).run_until_idle().await;

    let retried = admin::retry_all(&bed.db, &bed.clock, None, Some(queues::EMAIL), since).await.expect("retried");
    assert_eq!(retried, 3);
    let retried = admin::retry_all(&bed.db, &bed.clock, None, None, since).await.expect("retried");
    assert_eq!(retried, 1);
    assert_eq!(bed.worker(working()).run_until_idle().await, 4);
}

#[tokio::test]
async fn an_organization_sees_and_touches_its_own_jobs_only() {
    let bed = Bed::new().await;
    let (ours, theirs) = (bed.test.organization().await, bed.test.organization().await);
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    let mut ids = Vec::new();
    for org in [&ours, &theirs] {
        let job = bed.jobs.enqueue(tx.conn(), Some(org.organization_id), &Mail { number: 1 }).await.expect("enqueued");
        ids.push(job.id);
    }
    tx.commit().await.expect("committed");
    let mine = Filter { organization: Some(ours.organization_id), ..Filter::default() };
    let page = admin::list(&bed.db, &mine, None, Limit::default()).await.expect("listed");
    assert_eq!(page.items.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[0]]);
    let foreign = admin::cancel(&bed.db, &bed.clock, Some(ours.organization_id), ids[1]).await;
    assert!(matches!(foreign, Err(AdminError::NotFound(_))));
    assert!(matches!(admin::get(&bed.db, Some(ours.organization_id), ids[1]).await, Err(AdminError::NotFound(_))));
    let stats = admin::stats(&bed.db, &bed.clock, Some(ours.organization_id)).await.expect("figures");
    assert_eq!(stats.iter().map(|queue| queue.waiting).sum::<i64>(), 1);
    admin::cancel(&bed.db, &bed.clock, Some(ours.organization_id), ids[0]).await.expect("its own");
    assert_eq!(bed.job(ids[0]).await.job.state, JobState::Cancelled);
}

#[tokio::test]
async fn lists_page_and_filter() {
    let bed = Bed::new().await;
    for number in 0..5 {
        bed.enqueue(&Mail { number }).await;
    }
    bed.advance(1);
    bed.enqueue(&Publish { publication: 1 }).await;
    let all = Filter::default();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = admin::list(&bed.db, &all, after, Limit::new(4)).await.expect("listed");
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(seen[0].queue, queues::PUBLISHING, "newest first");
    let count =
        async |filter: Filter| admin::list(&bed.db, &filter, None, Limit::default()).await.expect("listed").items.len();
    assert_eq!(count(Filter { queue: Some(queues::EMAIL.into()), ..Filter::default() }).await, 5);
    assert_eq!(count(Filter { kind: Some("test-publish".into()), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { state: Some(JobState::Queued), ..Filter::default() }).await, 6);
    assert_eq!(count(Filter { state: Some(JobState::Failed), ..Filter::default() }).await, 0);
}

#[tokio::test]
async fn the_figures_say_what_is_wrong() {
    let bed = Bed::new().await;
    let figures = async |queue: &str| {
        let all = admin::stats(&bed.db, &bed.clock, None).await.expect("figures");
        all.into_iter().find(|stats| stats.queue == queue).expect("the queue exists")
    };
    assert_eq!(figures(queues::EMAIL).await.health, admin::Health::Ok);
    for number in 0..10 {
        bed.enqueue(&Mail { number }).await;
    }
    bed.worker(failing()).run_until_idle().await;
    let email = figures(queues::EMAIL).await;
    assert_eq!((email.failed, email.failed_last_hour, email.runs_last_minute), (10, 10, 10));
    assert_eq!((email.mean_run, email.health), (Some(Duration::ZERO), admin::Health::Warning));
    bed.advance(3_700);
    let email = figures(queues::EMAIL).await;
    assert_eq!((email.failed, email.failed_last_hour, email.runs_last_hour), (10, 0, 0));
    assert_eq!(email.health, admin::Health::Ok);

    bed.enqueue_at(&Mail { number: 1 }, bed.clock.now() + Duration::from_secs(60)).await;
    bed.enqueue(&Publish { publication: 1 }).await;
    bed.advance(61);
    let publishing = figures(queues::PUBLISHING).await;
    assert_eq!(publishing.oldest_waiting, Some(Duration::from_secs(61)));
    assert_eq!(publishing.health, admin::Health::Warning);
    assert_eq!(figures(queues::EMAIL).await.scheduled, 1);
}

#[tokio::test]
async fn old_jobs_are_cleaned_and_the_newest_kept() {
    let bed = Bed::new().await;
    let left = async || {
        let states: Vec<(JobState, i64)> =
            sqlx::query_as("select state, count(*) from jobs.jobs group by state order by state")
                .fetch_all(bed.db.worker_pool())
                .await
                .expect("counted");
        states
    };
    for number in 0..60 {
        bed.enqueue(&Mail { number }).await;
    }
    bed.worker(failing()).run_until_idle().await;
    for publication in 0..15 {
        bed.enqueue(&Publish { publication }).await;
    }
    bed.worker(working()).run_until_idle().await;
    let waiting = bed.enqueue_at(&Mail { number: 99 }, bed.clock.now() + Duration::from_secs(100 * 86_400)).await;

    let cleaned = clean(&bed.db, bed.clock.now()).await.expect("cleaned");
    assert_eq!(cleaned.jobs, 0, "the health figures still look at all of them");
    bed.advance(2 * 3_600);
    // Rows of the same instant count as equally new, so the tie is broken by hand.
    sqlx::query(
        "update jobs.jobs j set finished_at = finished_at + n * interval '1 ms'
         from (select id, row_number() over (order by id) as n from jobs.jobs) as o where o.id = j.id",
    )
    .execute(bed.db.worker_pool())
    .await
    .expect("ordered");
    clean(&bed.db, bed.clock.now()).await.expect("cleaned");
    assert_eq!(left().await, [(JobState::Scheduled, 1), (JobState::Succeeded, 10), (JobState::Failed, 60)]);
    bed.advance(23 * 3_600);
    clean(&bed.db, bed.clock.now()).await.expect("cleaned");
    assert_eq!(left().await, [(JobState::Scheduled, 1), (JobState::Failed, 50)]);
    bed.advance(7 * 86_400);
    clean(&bed.db, bed.clock.now()).await.expect("cleaned");
    assert_eq!(left().await, [(JobState::Scheduled, 1)]);
    assert_eq!(bed.job(waiting.id).await.runs.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_a_running_job_tells_its_handler() {
    let bed = Bed::new().await;
    let (said, mut says) = mpsc::unbounded_channel();
    let registry = Registry::new().on(move |_: Mail, context| {
        let said = said.clone();
        async move {
            said.send("started").expect("the test listens");
            context.stop.cancelled().await;
            said.send("told").expect("the test listens");
            Ok(Outcome::Done)
        }
    });
    // A heartbeat each 50 ms by the wall clock; by the fixed clock the lease never ends.
    let config = WorkerConfig { lease: Some(Duration::from_millis(200)), ..WorkerConfig::default() };
    let stop = CancellationToken::new();
    let running = tokio::spawn(Worker::new(bed.db.clone(), bed.jobs.clone(), registry, config).run(stop.clone()));
    let job = bed.enqueue(&Mail { number: 1 }).await;
    bed.jobs.wake();
    assert_eq!(timeout(PATIENCE, says.recv()).await.expect("it starts"), Some("started"));
    admin::cancel(&bed.db, &bed.clock, None, job.id).await.expect("cancelled");
    assert_eq!(timeout(PATIENCE, says.recv()).await.expect("it is told"), Some("told"));
    stop.cancel();
    timeout(PATIENCE, running).await.expect("stops").expect("no panic");
    assert_eq!(bed.job(job.id).await.job.state, JobState::Cancelled, "its late answer changes nothing");
}
