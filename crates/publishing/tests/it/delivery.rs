//! From the plan to the network.

use std::collections::BTreeSet;

use rookery_accounts::AccountStatus;
use rookery_kernel::Platform;
use rookery_publishing::{AttemptPhase, ErrorClass, PostOutcome, PostStatus, PublicationStatus, Reason, Schedule};

use crate::net::Fault;
use crate::world::{World, mins, secs};

#[tokio::test]
async fn a_scheduled_post_goes_out_on_both_networks_at_its_time() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    let at = w.now() + mins(10);
    let post = w.post("Hello #world from @ann", &[a.id, b.id], Schedule::At(at)).await;
    assert_eq!((post.post.status, post.post.scheduled_at), (PostStatus::Scheduled, Some(at)));
    assert_eq!(post.post.hashtags, serde_json::json!(["world"]));
    w.run().await;
    assert!(w.net.posts().is_empty(), "nothing leaves before its time");

    w.pass(mins(10)).await;

    let out = w.again(&post).await;
    assert_eq!((out.post.status, out.post.outcome), (PostStatus::Published, PostOutcome::Complete));
    assert_eq!(out.post.published_at, Some(at));
    for publication in &out.publications {
        let network = if publication.platform == Platform::Mastodon { &w.net } else { &w.other };
        let held = network.posts();
        assert_eq!(held.len(), 1);
        assert_eq!(publication.platform_post_id.as_deref(), Some(held[0].id.as_str()));
        assert!(publication.platform_post_url.is_some());
        assert_eq!(held[0].key, publication.idempotency_key);
        assert_eq!(publication.next_sync_at, Some(w.now() + mins(60)));
    }
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.reason, Reason::Published { at });
    assert_eq!(receipt.attempts.len(), 1);
    assert_eq!(receipt.attempts[0].phase, AttemptPhase::Confirmed);
    assert_eq!(receipt.account.last_posted_at, Some(at));
    let story: Vec<_> = receipt.story.iter().map(|l| l.headline.as_str()).collect();
    assert_eq!(story, ["The post was written for ann.", "Attempt 1: sent to Mastodon.", "Mastodon confirmed it."]);
}

#[tokio::test]
async fn each_change_of_state_is_audited_in_order() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    let mut owner = w.test.owner().await;
    let changes: Vec<serde_json::Value> = sqlx::query_scalar(
        "select changes -> 'status' from governance.audit_logs
         where resource = 'publishing.post_publications' order by id",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the log");
    let pairs: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(pairs, [r#"[null,"scheduled"]"#, r#"["scheduled","publishing"]"#, r#"["publishing","published"]"#]);
}

#[tokio::test]
async fn definite_failures_are_repeated_after_2_and_4_minutes_and_then_given_up() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.always(Some(Fault::Refuse));
    let begin = w.now();

    w.pass(mins(30)).await;

    let calls: Vec<_> = w.net.publish_calls().iter().map(|at| at.since(begin).as_secs_f64() / 60.0).collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    for (call, expected) in calls.iter().zip([0.0, 2.0, 6.0]) {
        assert!((call - expected).abs() < 0.7, "{calls:?}");
    }
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Failed);
    assert_eq!((receipt.attempts.len(), receipt.publication.attempt_count), (3, 3));
    assert_eq!(receipt.attempts[0].http_status, Some(503));
    assert_eq!(
        receipt.reason,
        Reason::Failed {
            class: Some(ErrorClass::Transient),
            message: "the network has a problem".to_owned(),
            attempts: 3
        }
    );
    let post = w.again(&post).await.post;
    assert_eq!((post.status, post.outcome), (PostStatus::Failed, PostOutcome::Failed));
    assert_eq!(post.error_message.as_deref(), Some("Mastodon: the network has a problem"));
    assert!(w.net.posts().is_empty());
}

#[tokio::test]
async fn a_dead_network_is_tried_again_and_the_post_arrives_once() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::Dead]);
    w.run().await;
    let receipt = w.receipt(&post).await;
    assert!(matches!(receipt.reason, Reason::Retrying { attempt: 2, of: 3, .. }), "{:?}", receipt.reason);

    w.pass(mins(3)).await;

    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!(w.net.posts().len(), 1);
}

#[tokio::test]
async fn what_the_network_refuses_for_good_is_not_repeated() {
    for (fault, class) in [(Fault::Invalid, ErrorClass::Permanent), (Fault::Policy, ErrorClass::Policy)] {
        let w = World::new().await;
        let a = w.account("ann").await;
        let post = w.post("hi", &[a.id], Schedule::Now).await;
        w.net.on_publish(&[fault]);
        w.pass(mins(30)).await;
        let receipt = w.receipt(&post).await;
        assert_eq!(receipt.publication.status, PublicationStatus::Failed);
        assert_eq!((receipt.publication.error_class, receipt.attempts.len()), (Some(class), 1));
    }
}

#[tokio::test]
async fn too_fast_waits_as_long_as_asked_and_does_not_count() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::TooFast(900); 4]);
    w.run().await;
    let first = w.receipt(&post).await;
    assert_eq!(first.publication.attempt_count, 0);
    assert_eq!(first.reason, Reason::SlowedDown { until: w.now() + secs(900) });

    w.pass(mins(61)).await;

    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Published, "four refusals are no reason to give up");
    assert_eq!((receipt.publication.attempt_count, receipt.attempts.len()), (1, 5));
}

#[tokio::test]
async fn partial_success_touches_neither_side() {
    let w = World::new().await;
    let (a, b, c) = (w.account("ann").await, w.account("bob").await, w.other_account("shop").await);
    w.other.always(Some(Fault::Invalid));
    let post = w.post("hi", &[a.id, b.id, c.id], Schedule::Now).await;
    w.pass(mins(1)).await;
    let post = w.again(&post).await;
    let states: BTreeSet<_> = post.publications.iter().map(|p| (p.platform, p.status.label())).collect();
    assert_eq!(states, BTreeSet::from([(Platform::Facebook, "failed"), (Platform::Mastodon, "published")]));
    assert_eq!((post.post.status, post.post.outcome), (PostStatus::Published, PostOutcome::Partial));
    assert_eq!(w.net.posts().len(), 2);

    // "Retry failed only" leaves the others alone.
    w.other.always(None);
    w.publishing.retry(&w.scope, post.post.id).await.expect("something failed");
    w.run().await;
    let post = w.again(&post).await.post;
    assert_eq!((post.status, post.outcome), (PostStatus::Published, PostOutcome::Complete));
    assert_eq!((w.net.posts().len(), w.other.posts().len()), (2, 1));
}

#[tokio::test]
async fn an_ended_token_waits_for_the_account_and_leaves_within_a_minute_of_reconnecting() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.only_token("ann:2");
    w.run().await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Retrying);
    assert_eq!((receipt.publication.attempt_count, receipt.account.status), (0, AccountStatus::Expired));
    assert!(matches!(&receipt.reason, Reason::WaitingForAccount { account, .. } if account == "ann"));
    w.pass(mins(40)).await;
    assert_eq!(w.net.publish_calls().len(), 1, "an account known to be unusable is not called");

    w.connect(Platform::Mastodon, "ann", "2", None).await;
    w.pass(mins(1)).await;

    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!(w.net.posts().len(), 1);
}

#[tokio::test]
async fn an_ended_token_with_a_renewal_is_renewed_at_once() {
    let w = World::with(|net| crate::net::Net { refresh: true, ..net }).await;
    let a = w.connect(Platform::Mastodon, "ann", "1", Some("ann:2")).await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.only_token("ann:2");
    w.run().await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!((w.net.refreshes(), w.net.publish_calls().len()), (1, 2));
    let receipt = w.receipt(&post).await;
    assert_eq!((receipt.attempts.len(), receipt.publication.attempt_count), (2, 1));
}

#[tokio::test]
async fn ten_workers_make_one_call() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    let others: Vec<_> = (0..10).map(|_| w.another()).collect();
    // The same job ten times, as if the queue had lost its mind: the row decides.
    w.force("update jobs.jobs set dedupe_key = null").await;
    for _ in 0..9 {
        w.force(
            "insert into jobs.jobs (id, queue, kind, organization_id, payload, priority, state, run_at, max_attempts,
                                    created_at, updated_at)
             select gen_random_uuid(), queue, kind, organization_id, payload, priority, state, run_at, max_attempts,
                    created_at, updated_at from jobs.jobs limit 1",
        )
        .await;
    }
    futures::future::join_all(others.iter().map(|p| p.worker.run_until_idle())).await;
    assert_eq!(w.net.publish_calls().len(), 1);
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
}

#[tokio::test]
async fn one_account_delivers_one_post_at_a_time_in_the_end_all() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.account("bob").await);
    for n in 0..2 {
        w.post(&format!("post {n}"), &[a.id, b.id], Schedule::Now).await;
    }
    let others: Vec<_> = (0..4).map(|_| w.another()).collect();
    futures::future::join_all(others.iter().map(|p| p.worker.run_until_idle())).await;
    w.pass(mins(1)).await;
    assert_eq!(w.net.posts().len(), 4);
}

#[tokio::test]
async fn the_account_s_pace_postpones_and_says_until_when() {
    let w = World::new().await;
    w.force("update accounts.platform_rules set hourly_limit = 2, daily_limit = 4 where platform = 'mastodon'").await;
    let a = w.account("ann").await;
    let mut posts = Vec::new();
    for n in 0..6 {
        posts.push(w.post(&format!("post {n}"), &[a.id], Schedule::Now).await);
    }
    let begin = w.now();
    w.pass(secs(10)).await;
    assert_eq!(w.net.posts().len(), 2);
    let mut paced = 0;
    for post in &posts {
        if let Reason::Paced { until } = w.receipt(post).await.reason {
            assert_eq!(until, begin + mins(60));
            paced += 1;
        }
    }
    assert_eq!(paced, 4);
    w.pass(mins(61)).await;
    assert_eq!(w.net.posts().len(), 4);
    w.pass(mins(23 * 60)).await;
    assert_eq!(w.net.posts().len(), 6, "the day's limit gives way after a day; the grace forgives the wait");
    assert_eq!(w.number("select count(*) from publishing.post_publications where status = 'failed'").await, 0);
}

#[tokio::test]
async fn due_work_that_lost_its_job_is_found_by_the_sweeper() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    w.force("delete from jobs.jobs").await;
    w.pass(mins(4)).await;
    assert!(w.net.posts().is_empty());
    w.clock.advance(mins(2));
    w.run().await;
    w.clock.advance(mins(1));
    w.run().await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
}

#[tokio::test]
async fn two_hours_late_still_leaves_and_25_hours_late_does_not() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let at = w.now() + mins(5);
    let early = w.post("first", &[a.id], Schedule::At(at)).await;
    // The server was off: nothing ran meanwhile.
    w.clock.advance(mins(125));
    assert_eq!(w.receipt(&early).await.reason, Reason::Missed { since: at });
    w.run().await;
    assert_eq!(w.states(&early).await, [PublicationStatus::Published]);

    let at = w.now() + mins(5);
    let late = w.post("second", &[a.id], Schedule::At(at)).await;
    w.clock.advance(mins(25 * 60));
    w.run().await;
    let receipt = w.receipt(&late).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Cancelled);
    assert_eq!(receipt.publication.error_class, Some(ErrorClass::Expired));
    assert_eq!(receipt.reason, Reason::Expired { planned: Some(at) });
    assert_eq!(w.again(&late).await.post.status, PostStatus::Cancelled);
    assert_eq!(w.net.posts().len(), 1);
}

#[tokio::test]
async fn a_shorter_grace_is_kept() {
    let w = World::new().await;
    w.force(r#"update identity.organizations set settings = '{"late_grace_hours": 1}'"#).await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    w.clock.advance(mins(70));
    w.run().await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Cancelled]);
}
