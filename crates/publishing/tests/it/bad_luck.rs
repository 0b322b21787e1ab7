//! Clocks that jump, and tokens that die at the worst moment.

use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::AccountStatus;
use rookery_kernel::{Clock as _, Platform};
use rookery_publishing::{AttemptPhase, ErrorClass, PhaseHook, PublicationStatus, Reason, Schedule};

use crate::world::{World, mins};

const HOUR: Duration = Duration::from_secs(3600);

/// The clock of the machine is set while a post is on its way: forwards past the lease and the retries, or backwards.
#[tokio::test]
async fn a_clock_that_jumps_in_the_middle_of_a_delivery_makes_one_post() {
    for at in [AttemptPhase::Claimed, AttemptPhase::Preparing, AttemptPhase::Sending] {
        for is_forwards in [true, false] {
            let w = World::new().await;
            let a = w.account("ann").await;
            w.clock.advance(HOUR);
            let post = w.post("hi", &[a.id], Schedule::Now).await;
            let clock = w.clock.clone();
            let hook: PhaseHook = Arc::new(move |phase, _| {
                if phase == at {
                    clock.set(if is_forwards { clock.now() + 3 * HOUR } else { clock.now() - HOUR });
                }
            });
            w.another_with(Some(hook)).worker.run_until_idle().await;
            w.pass(2 * HOUR).await;
            let told = w.receipt(&post).await;
            let case = format!("{at:?}, forwards: {is_forwards}");
            assert_eq!(told.publication.status, PublicationStatus::Published, "{case}: {:?}", told.reason);
            assert_eq!((w.net.posts().len(), w.net.publish_calls().len()), (1, 1), "{case}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_between_the_plan_and_its_moment_loses_and_doubles_nothing() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let begin = w.now();
    let post = w.post("hi", &[a.id], Schedule::At(begin + mins(30))).await;
    // Set back: the post waits for its moment by the clock as it is now.
    w.clock.set(begin - 5 * HOUR);
    w.run().await;
    assert!(w.net.posts().is_empty());
    assert_eq!(w.receipt(&post).await.reason, Reason::Scheduled { at: begin + mins(30) });
    // Set right, and two hours too far: it leaves late, once. Back again: it stays out.
    w.clock.set(begin + 2 * HOUR);
    w.run().await;
    assert_eq!(w.net.posts().len(), 1);
    w.clock.set(begin);
    w.pass(3 * HOUR).await;
    assert_eq!((w.net.posts().len(), w.net.publish_calls().len()), (1, 1));
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    // A day too far: what was planned meanwhile is called off with the reason, not sent in a heap.
    let late = w.post("ho", &[a.id], Schedule::At(w.now() + mins(30))).await;
    w.clock.advance(30 * HOUR);
    w.run().await;
    assert!(matches!(w.receipt(&late).await.reason, Reason::Expired { .. }));
    assert_eq!(w.net.posts().len(), 1);
}

/// The network takes the token back after the worker has claimed the post: the call is refused, nothing counts, and the
/// post leaves once when the account is connected again.
#[tokio::test]
async fn a_token_that_the_network_ends_between_the_claim_and_the_call() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    let net = w.net.clone();
    let hook: PhaseHook = Arc::new(move |phase, _| {
        if phase == AttemptPhase::Sending {
            net.only_token("ann:2");
        }
    });
    w.another_with(Some(hook)).worker.run_until_idle().await;
    let told = w.receipt(&post).await;
    assert_eq!((told.publication.status, told.publication.attempt_count), (PublicationStatus::Retrying, 0));
    assert_eq!((told.attempts[0].error_class, told.account.status), (Some(ErrorClass::Auth), AccountStatus::Expired));
    assert!(told.explained[0].next.starts_with("Reconnect the account"), "{}", told.explained[0].next);
    w.connect(Platform::Mastodon, "ann", "2", None).await;
    w.pass(mins(1)).await;
    assert_eq!((w.states(&post).await, w.net.posts().len()), (vec![PublicationStatus::Published], 1));
}

/// Another process finds the account unusable after the claim: nothing is called at all.
#[tokio::test]
async fn an_account_that_ends_between_the_claim_and_the_call_is_not_called() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    let url = w.test.endpoints().owner.clone();
    let hook: PhaseHook = Arc::new(move |phase, _| {
        if phase == AttemptPhase::Claimed {
            let url = url.clone();
            let change = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let mut owner = sqlx::ConnectOptions::connect(&url).await.expect("the owner");
                    sqlx::raw_sql("update accounts.social_accounts set status = 'expired'").execute(&mut owner).await
                })
            };
            std::thread::spawn(change).join().expect("it ends").expect("changed");
        }
    });
    w.another_with(Some(hook)).worker.run_until_idle().await;
    let told = w.receipt(&post).await;
    assert_eq!((told.publication.status, w.net.publish_calls().len()), (PublicationStatus::Retrying, 0));
    assert!(matches!(told.reason, Reason::WaitingForAccount { .. }), "{:?}", told.reason);
    w.connect(Platform::Mastodon, "ann", "1", None).await;
    w.pass(mins(1)).await;
    assert_eq!((w.states(&post).await, w.net.posts().len()), (vec![PublicationStatus::Published], 1));
}
