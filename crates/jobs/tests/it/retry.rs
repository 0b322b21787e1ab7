//! STR-41: retries and their delays, kept in the row.

use std::time::Duration;

use rookery_jobs::{Job, JobError, JobState, Outcome, Registry, queues};
use rookery_kernel::{Clock as _, Timestamp};
use serde::{Deserialize, Serialize};

use crate::support::{Bed, Mail, Notes, Publish, Sweep};

#[tokio::test]
async fn mail_server_down_tries_at_0_2_6_14_30_seconds_then_fails() {
    let bed = Bed::new().await;
    let start = bed.clock.now();
    let tries: Notes<Timestamp> = Notes::default();
    let job = bed.enqueue(&Mail { number: 1 }).await;
    loop {
        // A new worker each time: what is waited for is in the row, not in the process.
        let (notes, clock) = (tries.clone(), bed.clock.clone());
        let registry = Registry::new().on(move |_: Mail, _| {
            notes.add(clock.now());
            async { Err(JobError::transient("connection refused").class("smtp")) }
        });
        let worker = bed.worker(registry);
        assert_eq!(worker.run_until_idle().await, 1);
        assert_eq!(worker.run_until_idle().await, 0, "not before its time");
        let row = bed.job(job.id).await.job;
        assert_eq!(row.error_class.as_deref(), Some("smtp"));
        match row.state {
            JobState::Scheduled => bed.clock.set(row.run_at),
            state => break assert_eq!(state, JobState::Failed),
        }
    }
    let tries = tries.all();
    assert_eq!(tries.len(), 5);
    let mut delay = 2.0;
    for pair in tries.windows(2) {
        let waited = pair[1].since(pair[0]).as_secs_f64();
        assert!((waited - delay).abs() <= delay * 0.1 + 1e-6, "{waited} s instead of {delay} s ± 10 %");
        delay *= 2.0;
    }
    assert!((tries[4].since(start).as_secs_f64() - 30.0).abs() <= 3.0);
    let runs = bed.job(job.id).await.runs;
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(runs.iter().all(|run| run.outcome.as_deref() == Some("failed")));
    bed.advance(3_600);
    let again = Registry::new().on(|_: Mail, _| async { Ok(Outcome::Done) });
    assert_eq!(bed.worker(again).run_until_idle().await, 0, "a dead letter stays dead");
}

#[tokio::test]
async fn a_permanent_error_is_not_tried_again() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Mail { number: 1 }).await;
    let registry =
        Registry::new().on(|_: Mail, _| async { Err(JobError::permanent("no such mailbox").class("rejected")) });
    assert_eq!(bed.worker(registry).run_until_idle().await, 1);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.attempt), (JobState::Failed, 1));
    assert_eq!(row.error_message.as_deref(), Some("no such mailbox"));
    assert!(row.finished_at.is_some());
}

#[tokio::test]
async fn a_snooze_gives_the_attempt_back() {
    #[derive(Serialize, Deserialize)]
    struct Once {}
    impl Job for Once {
        const KIND: &'static str = "test-once";
        const QUEUE: &'static str = queues::ANALYTICS;
        const ATTEMPTS_MAX: Option<i32> = Some(1);
    }
    let bed = Bed::new().await;
    let job = bed.enqueue(&Once {}).await;
    let seen = Notes::default();
    let (notes, clock) = (seen.clone(), bed.clock.clone());
    let registry = Registry::new().on(move |_: Once, context| {
        notes.add(context.attempt);
        let outcome = match notes.len() {
            1..4 => Outcome::SnoozeUntil(clock.now() + Duration::from_secs(600)),
            _ => Outcome::Done,
        };
        async { Ok(outcome) }
    });
    let worker = bed.worker(registry);
    for _ in 0..3 {
        assert_eq!(worker.run_until_idle().await, 1);
        let row = bed.job(job.id).await.job;
        assert_eq!((row.state, row.attempt), (JobState::Scheduled, 0));
        bed.advance(600);
    }
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(seen.all(), [1; 4], "rate limits use no attempts up");
    assert_eq!(bed.job(job.id).await.job.state, JobState::Succeeded);
}

#[tokio::test]
async fn retry_after_waits_as_long_as_it_says() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Mail { number: 1 }).await;
    let registry = Registry::new().on(|_: Mail, _| async {
        Ok(Outcome::RetryAfter(Duration::from_secs(90), "the server asked for patience".into()))
    });
    let worker = bed.worker(registry);
    assert_eq!(worker.run_until_idle().await, 1);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.attempt), (JobState::Scheduled, 1));
    assert_eq!(row.run_at, bed.clock.now() + Duration::from_secs(90));
    bed.advance(89);
    assert_eq!(worker.run_until_idle().await, 0);
    bed.advance(1);
    assert_eq!(worker.run_until_idle().await, 1);
}

#[tokio::test]
async fn a_discarded_job_is_neither_done_nor_a_dead_letter() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Publish { publication: 1 }).await;
    let registry = Registry::new().on(|_: Publish, _| async { Ok(Outcome::Discard("already published".into())) });
    bed.worker(registry).run_until_idle().await;
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.error_message.as_deref()), (JobState::Cancelled, Some("already published")));
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_job_only() {
    let bed = Bed::new().await;
    let bad = bed.enqueue(&Mail { number: 13 }).await;
    let good = bed.enqueue(&Mail { number: 1 }).await;
    let registry = Registry::new().on(|mail: Mail, _| async move {
        assert_ne!(mail.number, 13, "superstition");
        Ok(Outcome::Done)
    });
    assert_eq!(bed.worker(registry).run_until_idle().await, 2);
    let row = bed.job(bad.id).await.job;
    assert_eq!((row.state, row.error_class.as_deref()), (JobState::Scheduled, Some("panic")));
    assert!(row.error_message.is_some_and(|message| message.contains("superstition")));
    assert_eq!(bed.job(good.id).await.job.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_run_over_its_time_limit_is_ended() {
    #[derive(Serialize, Deserialize)]
    struct Endless {}
    impl Job for Endless {
        const KIND: &'static str = "test-endless";
        const QUEUE: &'static str = queues::SYSTEM;
        const TIMEOUT: Option<Duration> = Some(Duration::from_millis(1));
    }
    let bed = Bed::new().await;
    let job = bed.enqueue(&Endless {}).await;
    let registry = Registry::new().on(|_: Endless, _| std::future::pending());
    assert_eq!(bed.worker(registry).run_until_idle().await, 1);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.error_class.as_deref()), (JobState::Scheduled, Some("timeout")));
}

#[tokio::test]
async fn an_unreadable_payload_is_a_dead_letter_at_once() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Sweep {}).await;
    sqlx::query("update jobs.jobs set kind = 'test-mail', queue = 'email'")
        .execute(&mut bed.test.owner().await)
        .await
        .expect("a row of another age");
    let registry = Registry::new().on(|_: Mail, _| async { Ok(Outcome::Done) });
    assert_eq!(bed.worker(registry).run_until_idle().await, 1);
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.error_class.as_deref()), (JobState::Failed, Some("payload")));
}
