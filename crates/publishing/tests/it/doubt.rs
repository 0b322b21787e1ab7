//! After a doubtful answer we look before we try again.

use rookery_publishing::{
    AttemptPhase, ErrorClass, LookUpResult, PostError, PublicationStatus, Reason, Schedule, Sighting,
};

use crate::net::{Fault, Net};
use crate::world::{World, mins, secs};

#[tokio::test]
async fn accepted_and_then_timed_out_ends_as_published_with_the_right_id() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::AcceptThenLose]);
    w.run().await;
    let now = w.now();
    assert_eq!(w.receipt(&post).await.reason, Reason::Checking { since: now, next: Some(now + secs(10)) });

    w.pass(secs(10)).await;

    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!(receipt.publication.platform_post_id.as_deref(), Some(w.net.posts()[0].id.as_str()));
    assert_eq!(receipt.publication.published_at, Some(now), "it came out when it was sent");
    assert_eq!((receipt.attempts.len(), receipt.attempts[0].phase), (1, AttemptPhase::Confirmed));
    assert_eq!(receipt.attempts[0].look_ups()[0].result, LookUpResult::Found);
    w.pass(mins(60)).await;
    assert_eq!((w.net.posts().len(), w.net.publish_calls().len()), (1, 1));
}

#[tokio::test]
async fn lost_before_it_was_accepted_is_looked_for_four_times_and_then_sent_again() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    let begin = w.now();
    w.pass(mins(29)).await;
    assert_eq!((w.net.look_ups(), w.net.publish_calls().len()), (3, 1), "nothing is sent while there is a doubt");
    assert!(matches!(w.receipt(&post).await.reason, Reason::Checking { .. }));

    w.pass(mins(10)).await;

    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!(receipt.attempts.len(), 2);
    let looks: Vec<_> = receipt.attempts[0].look_ups().iter().map(|l| l.at.since(begin).as_secs()).collect();
    assert_eq!(looks, [10, 60, 300, 1800]);
    assert_eq!(w.net.posts().len(), 1);
    // The fifth look came right before sending again.
    assert_eq!((w.net.look_ups(), w.net.publish_calls().len()), (5, 2));
}

#[tokio::test]
async fn a_post_that_shows_up_late_is_found_before_the_second_sending() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    w.pass(mins(30)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Retrying]);
    let id = w.net.plant("ann", "hi");
    w.pass(mins(10)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.platform_post_id, Some(id));
    assert_eq!((w.net.posts().len(), w.net.publish_calls().len()), (1, 1));
    assert_eq!(receipt.attempts[0].phase, AttemptPhase::Confirmed);
}

#[tokio::test]
async fn without_a_reliable_listing_nothing_is_sent_twice_and_a_person_is_asked() {
    let w = World::with(|net| Net { reliable: false, ..net }).await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    w.pass(mins(120)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Failed);
    assert_eq!(receipt.reason, Reason::UnknownOutcome);
    assert_eq!((receipt.attempts[0].phase, w.net.publish_calls().len()), (AttemptPhase::Unknown, 1));
    let attention = w.publishing.attention(&w.scope, 10).await.expect("read");
    assert_eq!(attention.len(), 1);

    // "Retry all" leaves it alone: the person has to look at it.
    assert!(matches!(w.publishing.retry(&w.scope, post.post.id).await, Err(PostError::NotAllowed(_))));
    let id = receipt.publication.id;
    let nothing = w.publishing.mark_online(&w.scope, id, Sighting::default()).await;
    assert!(matches!(nothing, Err(PostError::AddressUnreadable)));
    let sighting = Sighting { platform_post_id: None, url: Some("https://memory.invalid/@ann/77".to_owned()) };
    w.publishing.mark_online(&w.scope, id, sighting).await.expect("a person saw it");
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!(receipt.publication.platform_post_id.as_deref(), Some("77"));
}

#[tokio::test]
async fn a_person_s_retry_of_an_unknown_outcome_looks_first() {
    let w = World::with(|net| Net { reliable: false, ..net }).await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::AcceptThenLose]);
    w.run().await;
    // The network is away for more than a day.
    w.net.always(Some(Fault::Dead));
    w.pass(mins(25 * 60)).await;
    w.net.always(None);
    assert_eq!(w.receipt(&post).await.reason, Reason::UnknownOutcome);
    w.publishing.retry_publication(&w.scope, post.publications[0].id).await.expect("failed ones may be retried");
    w.pass(mins(1)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!((w.net.posts().len(), w.net.publish_calls().len()), (1, 1));
}

#[tokio::test]
async fn duplicate_counts_as_found_only_after_a_doubt() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let first = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::Duplicate]);
    w.pass(mins(1)).await;
    let receipt = w.receipt(&first).await;
    assert_eq!(
        (receipt.publication.status, receipt.publication.error_class),
        (PublicationStatus::Failed, Some(ErrorClass::Policy))
    );

    let second = w.post("ho", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept, Fault::Duplicate]);
    w.pass(mins(31)).await;
    // It becomes visible between the look and the second call.
    w.net.on_look_up(&[]);
    w.clock.advance(mins(5));
    w.run().await;
    assert!(matches!(w.receipt(&second).await.reason, Reason::Checking { .. }));
    w.net.plant("ann", "ho");
    w.pass(secs(10)).await;
    assert_eq!(w.states(&second).await, [PublicationStatus::Published]);
}

#[tokio::test]
async fn a_twin_s_post_is_not_taken_for_ours() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let twin = w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    w.pass(mins(60)).await;
    assert_eq!(w.states(&twin).await, [PublicationStatus::Published]);
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.reason, Reason::UnknownOutcome, "ours may stand beside it: only a person can tell");
    assert_eq!(w.net.publish_calls().len(), 2);
}

#[tokio::test]
async fn other_posts_of_the_account_leave_while_one_is_in_doubt() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let doubtful = w.post("one", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    w.run().await;
    let next = w.post("two", &[a.id], Schedule::Now).await;
    w.run().await;
    assert_eq!(w.states(&doubtful).await, [PublicationStatus::Publishing]);
    assert_eq!(w.states(&next).await, [PublicationStatus::Published]);
}

#[tokio::test]
async fn whichever_call_meets_a_dead_network_there_is_one_post_in_the_end() {
    fail_each_call(Fault::Dead).await;
}

#[tokio::test]
async fn whichever_answer_is_lost_there_is_one_post_in_the_end() {
    fail_each_call(Fault::AcceptThenLose).await;
}

#[tokio::test]
async fn whichever_request_is_lost_there_is_one_post_in_the_end() {
    fail_each_call(Fault::LoseBeforeAccept).await;
}

/// Fails the nth call to the network, for every n until a delivery has no nth call, from a calm
/// start and from a doubtful one: nothing is posted twice, nothing is lost.
async fn fail_each_call(fault: Fault) {
    let w = World::new().await;
    w.force("update accounts.platform_rules set hourly_limit = 1000, daily_limit = 1000").await;
    let a = w.account("ann").await;
    for first in [None, Some(Fault::AcceptThenLose), Some(Fault::LoseBeforeAccept)] {
        for n in 1.. {
            let case = format!("{fault:?} at call {n} after {first:?}");
            let calls = w.net.calls();
            let post = w.post(&case, &[a.id], Schedule::Now).await;
            w.net.on_publish(first.as_slice());
            w.net.fail_nth(n, fault);
            w.pass(mins(120)).await;
            assert_eq!(w.states(&post).await, [PublicationStatus::Published], "{case}");
            let held = w.net.posts().into_iter().filter(|p| p.text == case).count();
            assert_eq!(held, 1, "{case}");
            if w.net.calls() - calls < n {
                break;
            }
        }
    }
}
