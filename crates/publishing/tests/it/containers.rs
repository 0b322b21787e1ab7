//! Networks that work on what was prepared before it can be published (PUB-37), and those that tell a post's
//! id later.

use rookery_publishing::{AttemptPhase, ErrorClass, LookUpResult, PublicationStatus, Schedule};

use crate::net::Fault;
use crate::world::{World, mins, secs};

#[tokio::test]
async fn a_container_that_takes_its_time_is_one_attempt_and_one_container() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(secs(25));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    let parked = w.receipt(&post).await.publication;
    assert_eq!((parked.status, parked.lease_owner), (PublicationStatus::Publishing, None));
    assert_eq!(parked.next_attempt_at, Some(w.now() + secs(5)), "the network is asked again, by a job");

    w.pass(secs(26)).await;

    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!((receipt.attempts.len(), receipt.attempts[0].phase), (1, AttemptPhase::Confirmed));
    assert_eq!((w.net.containers().0, w.net.publish_calls().len(), w.net.posts().len()), (1, 1, 1));
}

#[tokio::test]
async fn a_container_that_never_ends_fails_as_media_and_is_made_anew_once() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(mins(600));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.pass(mins(30)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(
        (receipt.publication.status, receipt.publication.error_class),
        (PublicationStatus::Failed, Some(ErrorClass::Media))
    );
    assert_eq!(receipt.attempts.len(), 2);
    assert_eq!((w.net.containers().0, w.net.publish_calls().len()), (2, 0), "nothing was sent");
}

#[tokio::test]
async fn a_spoilt_container_is_prepared_anew() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(secs(4));
    w.net.spoil(&[Fault::Invalid]);
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.pass(mins(10)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    let classes: Vec<_> = receipt.attempts.iter().map(|a| a.error_class).collect();
    assert_eq!(classes, [Some(ErrorClass::Media), None]);
    assert_eq!((w.net.containers().0, w.net.posts().len()), (2, 1));
}

#[tokio::test]
async fn a_worker_that_dies_while_the_network_works_loses_nothing() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(secs(20));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    // The job that would have asked again is gone with its worker; the sweeper finds the parked attempt.
    w.force("delete from jobs.jobs where kind = 'publishing.publish_publication'").await;
    w.pass(mins(6)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!(w.net.posts().len(), 1);
}

#[tokio::test]
async fn a_pause_takes_a_parked_post_back() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(secs(20));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    w.publishing.pause(&w.scope).await.expect("paused");
    w.pass(mins(5)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Scheduled]);
    assert_eq!(w.net.publish_calls().len(), 0);
    w.publishing.resume(&w.scope).await.expect("resumed");
    w.pass(mins(1)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!((w.net.containers().0, w.net.posts().len()), (1, 1), "what stood at the network was used");
}

#[tokio::test]
async fn a_post_whose_id_is_told_later_is_found_by_its_ticket() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.tells_after(mins(3), false);
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.pass(mins(20)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published);
    assert_eq!((receipt.attempts.len(), w.net.publish_calls().len(), w.net.posts().len()), (1, 1, 1));
    let looks: Vec<_> = receipt.attempts[0].look_ups().iter().map(|l| l.result).collect();
    assert_eq!(looks.last(), Some(&LookUpResult::Found));
    assert!(looks[..looks.len() - 1].iter().all(|l| *l == LookUpResult::Working), "{looks:?}");
}

#[tokio::test]
async fn a_post_that_is_refused_after_it_was_taken_fails_with_the_networks_words() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.tells_after(mins(2), true);
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.pass(mins(20)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(
        (receipt.publication.status, receipt.publication.error_class),
        (PublicationStatus::Failed, Some(ErrorClass::Policy))
    );
    assert_eq!(w.net.publish_calls().len(), 1);
}
