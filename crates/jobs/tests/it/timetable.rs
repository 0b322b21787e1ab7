//! STR-43: entries fire once.

use rookery_jobs::{Outcome, Registry, TimetableEntry, admin};
use rookery_kernel::Clock as _;

use crate::support::{Bed, Notes, Sweep};

fn registry(fired: &Notes<String>, bed: &Bed) -> Registry {
    let (notes, clock) = (fired.clone(), bed.clock.clone());
    Registry::new()
        .on(move |_: Sweep, _| {
            notes.add(clock.now().to_string());
            async { Ok(Outcome::Done) }
        })
        .every(TimetableEntry::new("test.sweep", "*/5 * * * *", &Sweep {}))
}

#[tokio::test]
async fn two_workers_step_over_an_entry_and_it_fires_once() {
    let bed = Bed::new().await;
    let fired = Notes::default();
    let (one, two) = (bed.worker(registry(&fired, &bed)), bed.worker(registry(&fired, &bed)));
    let both = || async {
        let (a, b) = tokio::join!(one.run_until_idle(), two.run_until_idle());
        a + b
    };
    assert_eq!(both().await, 0, "nothing is due at the start");
    bed.advance(299);
    assert_eq!(both().await, 0);
    bed.advance(2);
    assert_eq!(both().await, 1);
    assert_eq!(both().await, 0);

    // Down for three hours: 36 times passed, one run follows.
    bed.advance(3 * 3_600);
    assert_eq!(both().await, 1);
    assert_eq!(both().await, 0);
    bed.advance(300);
    assert_eq!(both().await, 1);
    assert_eq!(fired.all(), ["2026-03-02T09:05:01Z", "2026-03-02T12:05:01Z", "2026-03-02T12:10:01Z"]);
}

#[tokio::test]
async fn a_new_process_keeps_the_next_time_and_an_operator_can_bring_it_forward() {
    let bed = Bed::new().await;
    let fired = Notes::default();
    bed.worker(registry(&fired, &bed)).run_until_idle().await;
    bed.advance(400);
    assert_eq!(bed.worker(registry(&fired, &bed)).run_until_idle().await, 1, "missed while nobody was there");
    admin::run_now(&bed.db, &bed.clock, "test.sweep").await.expect("it exists");
    assert_eq!(bed.worker(registry(&fired, &bed)).run_until_idle().await, 1);
    assert!(admin::run_now(&bed.db, &bed.clock, "no such entry").await.is_err());
}

#[tokio::test]
async fn a_disabled_entry_stays_disabled_over_restarts() {
    let bed = Bed::new().await;
    let fired = Notes::default();
    bed.worker(registry(&fired, &bed)).run_until_idle().await;
    sqlx::query("update jobs.timetables set enabled = false")
        .execute(bed.db.worker_pool())
        .await
        .expect("an operator may");
    bed.advance(3_600);
    assert_eq!(bed.worker(registry(&fired, &bed)).run_until_idle().await, 0);
}
