//! STR-40, STR-42: in the caller's transaction, and once.

use rookery_jobs::{Job, JobState, Outcome, PAYLOAD_BYTES_MAX, Registry, queues};
use rookery_kernel::Clock as _;
use serde::{Deserialize, Serialize};

use crate::support::{Bed, Mail, Notes, Publish};

#[tokio::test]
async fn the_same_key_twice_returns_the_first_id() {
    let bed = Bed::new().await;
    let first = bed.enqueue(&Publish { publication: 1 }).await;
    let second = bed.enqueue(&Publish { publication: 1 }).await;
    let other = bed.enqueue(&Publish { publication: 2 }).await;
    assert!(first.is_new && !second.is_new && other.is_new);
    assert_eq!(first.id, second.id);
    assert_eq!(bed.count().await, 2);

    let later = bed.enqueue_at(&Publish { publication: 1 }, bed.clock.now() + std::time::Duration::from_secs(60)).await;
    assert_eq!(later.id, first.id, "a scheduled job with the key of a waiting one is the same work");
}

#[tokio::test]
async fn a_key_is_free_again_when_its_job_ended() {
    let bed = Bed::new().await;
    let (jobs, db, seen) = (bed.jobs.clone(), bed.db.clone(), Notes::default());
    let notes = seen.clone();
    let registry = Registry::new().on(move |job: Publish, context| {
        let (jobs, db, notes) = (jobs.clone(), db.clone(), notes.clone());
        async move {
            let mut tx = db.system("a test").await?;
            let again = jobs.enqueue(tx.conn(), None, &job).await?;
            tx.commit().await?;
            notes.add((context.job_id, again));
            Ok(Outcome::Done)
        }
    });
    let first = bed.enqueue(&Publish { publication: 7 }).await;
    assert_eq!(bed.worker(registry).run_until_idle().await, 1);
    let (ran, again) = seen.all()[0];
    assert_eq!((ran, again.id, again.is_new), (first.id, first.id, false), "a running job still holds its key");
    assert!(bed.enqueue(&Publish { publication: 7 }).await.is_new);
}

#[tokio::test]
async fn concurrent_writers_of_one_key_agree_on_one_job() {
    let bed = Bed::new().await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (db, jobs) = (bed.db.clone(), bed.jobs.clone());
        writers.spawn(async move {
            let mut tx = db.system("a test").await.expect("a transaction");
            let enqueued = jobs.enqueue(tx.conn(), None, &Publish { publication: 3 }).await.expect("enqueued");
            tokio::task::yield_now().await;
            tx.commit().await.expect("committed");
            enqueued
        });
    }
    let all = writers.join_all().await;
    assert_eq!(all.iter().filter(|enqueued| enqueued.is_new).count(), 1);
    assert!(all.iter().all(|enqueued| enqueued.id == all[0].id));
    assert_eq!(bed.count().await, 1);
}

#[tokio::test]
async fn a_duplicate_leaves_the_callers_transaction_usable() {
    let bed = Bed::new().await;
    bed.enqueue(&Publish { publication: 1 }).await;
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    bed.jobs.enqueue(tx.conn(), None, &Publish { publication: 1 }).await.expect("no error");
    bed.jobs.enqueue(tx.conn(), None, &Mail { number: 1 }).await.expect("the transaction still works");
    tx.commit().await.expect("committed");
    assert_eq!(bed.count().await, 2);
}

#[tokio::test]
async fn a_roll_back_leaves_no_job() {
    let bed = Bed::new().await;
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    bed.jobs.enqueue(tx.conn(), None, &Publish { publication: 1 }).await.expect("enqueued");
    bed.jobs.enqueue_many(tx.conn(), None, &[(Mail { number: 1 }, bed.clock.now())]).await.expect("enqueued");
    tx.rollback().await;
    assert_eq!(bed.count().await, 0);
    assert!(bed.enqueue(&Publish { publication: 1 }).await.is_new);
}

#[tokio::test]
async fn people_enqueue_for_their_organization_and_the_job_remembers_them() {
    let bed = Bed::new().await;
    let org = bed.test.organization().await;
    let mut tx = bed.db.org(&org.scope).await.expect("a transaction");
    let jobs = bed.jobs.caused_by(&org.scope);
    let job = jobs.enqueue(tx.conn(), Some(org.organization_id), &Publish { publication: 1 }).await.expect("enqueued");
    tx.commit().await.expect("committed");
    assert_eq!(bed.job(job.id).await.job.organization, Some(org.organization_id));

    let seen = Notes::default();
    let notes = seen.clone();
    let registry = Registry::new().on(move |_: Publish, context| {
        notes.add(context.scope().map(|scope| (scope.organization_id, scope.actor.kind())));
        async { Ok(Outcome::Done) }
    });
    bed.worker(registry).run_until_idle().await;
    assert_eq!(seen.all(), [Some((org.organization_id, "worker"))]);
}

#[tokio::test]
async fn many_jobs_are_one_statement_and_doubles_are_left_out() {
    let bed = Bed::new().await;
    let (now, later) = (bed.clock.now(), bed.clock.now() + std::time::Duration::from_secs(5));
    bed.enqueue(&Publish { publication: 1 }).await;
    let rows = [1, 2, 2, 3].map(|publication| (Publish { publication }, if publication == 3 { later } else { now }));
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    assert_eq!(bed.jobs.enqueue_many(tx.conn(), None, &rows).await.expect("enqueued"), 2);
    assert_eq!(bed.jobs.enqueue_many::<Mail>(tx.conn(), None, &[]).await.expect("nothing"), 0);
    tx.commit().await.expect("committed");

    let done = Notes::default();
    let notes = done.clone();
    let registry = Registry::new().on(move |job: Publish, _| {
        notes.add(job.publication);
        async { Ok(Outcome::Done) }
    });
    let worker = bed.worker(registry);
    assert_eq!(worker.run_until_idle().await, 2);
    bed.advance(5);
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(done.all()[2], 3);
}

#[tokio::test]
async fn a_job_that_has_not_begun_can_be_withdrawn_and_given_another_time() {
    let bed = Bed::new().await;
    let job = Publish { publication: 1 };
    let first = bed.enqueue_at(&job, bed.clock.now() + std::time::Duration::from_secs(600)).await;
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    assert!(bed.jobs.withdraw(tx.conn(), &job).await.expect("withdrawn"));
    assert!(!bed.jobs.withdraw(tx.conn(), &job).await.expect("nothing left"));
    let second = bed.jobs.enqueue(tx.conn(), None, &job).await.expect("enqueued");
    tx.commit().await.expect("committed");
    assert!(second.is_new && second.id != first.id);
    assert_eq!(bed.job(first.id).await.job.state, JobState::Cancelled);
}

#[tokio::test]
async fn content_does_not_fit_into_a_payload() {
    #[derive(Serialize, Deserialize)]
    struct Fat {
        text: String,
    }
    impl Job for Fat {
        const KIND: &'static str = "test-fat";
        const QUEUE: &'static str = queues::SYSTEM;
    }
    let bed = Bed::new().await;
    let mut tx = bed.db.system("a test").await.expect("a transaction");
    let fat = Fat { text: "x".repeat(PAYLOAD_BYTES_MAX) };
    assert!(bed.jobs.enqueue(tx.conn(), None, &fat).await.is_err());
    let slim = Fat { text: "x".into() };
    bed.jobs.enqueue(tx.conn(), None, &slim).await.expect("the transaction still works");
}
