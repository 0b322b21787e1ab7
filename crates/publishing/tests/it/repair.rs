//! What a person does about a delivery that went wrong, and what the receipt says about it.

use rookery_kernel::PublicationId;
use rookery_publishing::{
    AttemptPhase, Composition, ErrorClass, FollowUp, FollowUpKind, NewPost, PostChange, PostDetail, PostError,
    PublicationStatus, Reason, Receipt, Republish, Schedule, Sighting, Warning,
};

use crate::net::{FAULTS, Fault, Net};
use crate::world::{World, mins, secs};

async fn receipt(w: &World, id: PublicationId) -> Receipt {
    w.publishing.publication(&w.scope, id).await.expect("the publication exists")
}

fn id_of(detail: &PostDetail, status: PublicationStatus) -> PublicationId {
    detail.publications.iter().find(|p| p.status == status).expect("one in this state").id
}

fn at(url: &str) -> Sighting {
    Sighting { platform_post_id: None, url: Some(url.to_owned()) }
}

/// A post on two accounts: out on one, refused by the other.
async fn half_out(w: &World) -> PostDetail {
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    let post = w.post("a text that one of them does not take", &[a.id, b.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::Invalid]);
    w.run().await;
    w.again(&post).await
}

#[tokio::test]
async fn other_words_and_a_retry_repair_the_failed_one_and_touch_no_other() {
    let w = World::new().await;
    let post = half_out(&w).await;
    let (failed, out) = (id_of(&post, PublicationStatus::Failed), id_of(&post, PublicationStatus::Published));
    let told = receipt(&w, failed).await;
    assert_eq!(told.explained[0].what, "Mastodon refused the request.");
    assert_eq!(told.explained[0].said.as_deref(), Some("the text is invalid"));
    assert!(told.explained[0].next.contains("change it and try again"), "{}", told.explained[0].next);
    assert!(told.actions.retry && told.actions.reword && told.actions.publish_again.is_none());
    assert_eq!((told.elsewhere.len(), told.elsewhere[0].publication_id), (1, out));
    let after = receipt(&w, out).await;
    assert_eq!(
        (after.actions.retry, after.actions.reword, after.actions.publish_again),
        (false, false, Some(Warning::IsOut))
    );

    // The post's own words stay as they are where it is out.
    let change = PostChange { content: Some("short".into()), ..PostChange::default() };
    assert!(matches!(w.publishing.update_post(&w.scope, post.post.id, change).await, Err(PostError::Locked)));
    assert!(matches!(w.publishing.reword(&w.scope, out, Some("short".into())).await, Err(PostError::Locked)));
    let long = w.publishing.reword(&w.scope, failed, Some("x".repeat(501))).await;
    assert!(matches!(long, Err(PostError::Invalid(_))), "{long:?}");
    let reworded = w.publishing.reword(&w.scope, failed, Some("short".into())).await.expect("other words");
    assert_eq!((reworded.post.revision, reworded.post.content.as_str()), (2, "a text that one of them does not take"));
    w.publishing.reword(&w.scope, failed, Some("short".into())).await.expect("nothing to do");
    w.publishing.retry(&w.scope, post.post.id).await.expect("only what failed");
    w.pass(mins(10)).await;

    assert_eq!(w.states(&post).await, [PublicationStatus::Published; 2]);
    assert_eq!((w.other.publish_calls().len(), w.other.posts().len()), (1, 1), "the other one was not sent again");
    assert_eq!(w.net.posts().iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["short"]);
    let told = receipt(&w, failed).await;
    assert_eq!(told.attempts.iter().map(|a| a.post_revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((told.intent.text.as_str(), told.intent.has_own_words), ("short", true));
    assert_eq!(told.explained[0].next, "Attempt 2 followed.");
}

#[tokio::test]
async fn other_words_end_an_approval() {
    let w = World::new().await;
    w.force("update identity.organizations set review_required = true").await;
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    let post = w.post("hi", &[a.id, b.id], Schedule::Now).await;
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    w.net.on_publish(&[Fault::Policy]);
    w.run().await;
    let failed = id_of(&w.again(&post).await, PublicationStatus::Failed);
    w.publishing.reword(&w.scope, failed, Some("ho".into())).await.expect("other words");
    w.publishing.retry_publication(&w.scope, failed).await.expect("planned, and held");
    w.pass(mins(10)).await;
    let told = receipt(&w, failed).await;
    assert!(matches!(told.reason, Reason::NeedsApproval | Reason::ApprovalOutdated), "{:?}", told.reason);
    assert!(w.net.posts().is_empty());
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved as it is now");
    w.pass(secs(30)).await;
    assert_eq!(w.net.posts()[0].text, "ho");
    assert_eq!(w.other.posts().len(), 1);
}

/// A post whose fate nobody could find out.
async fn unknown(w: &World, fault: Fault) -> PublicationId {
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[fault]);
    w.run().await;
    w.net.always(Some(Fault::Dead));
    w.pass(mins(25 * 60)).await;
    w.net.always(None);
    let told = w.receipt(&post).await;
    assert_eq!(
        (told.reason.clone(), told.publication.error_class),
        (Reason::UnknownOutcome, Some(ErrorClass::UnknownOutcome))
    );
    assert!(told.actions.mark_online && told.actions.retry);
    assert!(told.reason.next_step("Mastodon").contains("look for the post"), "what to check is said");
    told.publication.id
}

#[tokio::test]
async fn where_it_is_online_is_asked_at_the_network() {
    let w = World::with(|net| Net { reliable: false, ..net }).await;
    w.net.lists();
    let id = unknown(&w, Fault::AcceptThenLose).await;
    let there = w.net.posts()[0].id.clone();
    let say = |url: String| {
        let w = &w;
        async move { w.publishing.mark_online(&w.scope, id, at(&url)).await }
    };
    for nothing in ["", "hello", "ftp://memory.invalid/@ann/1", "https://memory.invalid/"] {
        assert!(matches!(say(nothing.to_owned()).await, Err(PostError::AddressUnreadable)), "{nothing}");
    }
    let elsewhere = say("https://example.org/@ann/1".to_owned()).await;
    assert!(matches!(elsewhere, Err(PostError::AddressElsewhere("Mastodon"))), "{elsewhere:?}");
    let other = say("https://memory.invalid/@ann/mastodon-99".to_owned()).await;
    assert!(matches!(other, Err(PostError::NotOnAccount("Mastodon"))), "{other:?}");
    w.net.always(Some(Fault::Dead));
    let silent = say(format!("https://memory.invalid/@ann/{there}")).await;
    assert!(matches!(silent, Err(PostError::NetworkSilent { .. })), "{silent:?}");
    w.net.always(Some(Fault::Expired));
    let ended = say(format!("https://memory.invalid/@ann/{there}")).await;
    assert!(
        matches!(&ended, Err(PostError::NetworkSilent { advice, .. }) if advice.contains("reconnect")),
        "{ended:?}"
    );
    w.net.always(None);
    assert_eq!(receipt(&w, id).await.publication.status, PublicationStatus::Failed, "nothing was believed so far");

    say(format!("https://memory.invalid/@ann/{there}/?utm=1")).await.expect("it is there");
    let told = receipt(&w, id).await;
    assert_eq!(
        (told.publication.status, told.publication.platform_post_id),
        (PublicationStatus::Published, Some(there))
    );
    assert_eq!(told.publication.platform_post_url.as_deref(), Some("https://memory.invalid/@ann/mastodon-1"));
    assert_eq!(told.attempts[0].phase, AttemptPhase::Confirmed);
    let again = say("https://memory.invalid/@ann/mastodon-1".to_owned()).await;
    assert!(matches!(again, Err(PostError::NotAllowed(_))), "{again:?}");
}

#[tokio::test]
async fn the_id_of_another_post_is_not_taken() {
    let w = World::with(|net| Net { reliable: false, ..net }).await;
    w.net.lists();
    let a = w.account("ann").await;
    w.post("another", &[a.id], Schedule::Now).await;
    w.run().await;
    let id = unknown(&w, Fault::LoseBeforeAccept).await;
    let seen = Sighting { platform_post_id: Some("mastodon-1".into()), url: None };
    let taken = w.publishing.mark_online(&w.scope, id, seen).await;
    assert!(matches!(taken, Err(PostError::AddressTaken | PostError::NotOnAccount(_))), "{taken:?}");
}

#[tokio::test]
async fn publishing_again_is_a_second_post_with_a_key_of_its_own_and_a_clear_word() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let part = |text: &str| FollowUp { kind: FollowUpKind::Thread, text: text.into(), delay_minutes: 0 };
    let new = NewPost {
        content: "one".into(),
        title: None,
        account_ids: vec![a.id],
        schedule: Schedule::Now,
        timezone: rookery_kernel::Zone::utc(),
        composition: Composition { follow_ups: vec![part("two"), part("three")], ..Composition::default() },
    };
    let post = w.publishing.create_post(&w.scope, new).await.expect("a thread");
    let first = post.publications[0].id;
    let early = w.publishing.publish_again(&w.scope, first, Republish { although_out: true }).await;
    assert!(matches!(early, Err(PostError::NotAllowed(_))), "it is not out yet: {early:?}");
    w.pass(mins(5)).await;
    let told = receipt(&w, first).await;
    assert_eq!(told.parts.iter().filter(|p| p.place.is_some()).count(), 2);
    let part = receipt(&w, told.parts[0].place.as_ref().expect("out").publication_id).await;
    assert_eq!((part.part_of, part.actions.publish_again), (Some(first), None));

    let careless = w.publishing.publish_again(&w.scope, first, Republish::default()).await;
    assert!(matches!(&careless, Err(PostError::SecondPost(why)) if why.contains("already")), "{careless:?}");
    let wish = Republish { although_out: true };
    let again = w.publishing.publish_again(&w.scope, first, wish).await.expect("a second one");
    let second = again.publications.iter().find(|p| p.occurrence == 1).expect("the next occurrence").id;
    let twice = w.publishing.publish_again(&w.scope, first, wish).await;
    assert!(matches!(twice, Err(PostError::NotAllowed(_))), "a second click makes no third post: {twice:?}");
    w.pass(mins(5)).await;

    let posts = w.net.posts();
    let roots: Vec<_> = posts.iter().filter(|p| p.text == "one").collect();
    assert_eq!((posts.len(), roots.len()), (6, 2));
    assert_ne!(roots[0].key, roots[1].key);
    let of = |root: &str| posts.iter().filter(|p| p.answers.as_ref().is_some_and(|(_, r)| r == root)).count();
    assert_eq!((of(&roots[0].id), of(&roots[1].id)), (2, 2), "each post has its own parts below it");
    let told = receipt(&w, second).await;
    assert_eq!((told.publication.status, told.parts.len()), (PublicationStatus::Published, 2));
    assert!(told.parts.iter().all(|p| p.place.as_ref().is_some_and(|p| p.status == PublicationStatus::Published)));
    assert_eq!(receipt(&w, first).await.publication.platform_post_id.as_deref(), Some(roots[0].id.as_str()));
}

#[tokio::test]
async fn after_an_unknown_outcome_publishing_again_warns_and_the_audit_names_it() {
    let w = World::with(|net| Net { reliable: false, ..net }).await;
    let id = unknown(&w, Fault::LoseBeforeAccept).await;
    let careless = w.publishing.publish_again(&w.scope, id, Republish::default()).await;
    assert!(matches!(&careless, Err(PostError::SecondPost(why)) if why.contains("may be")), "{careless:?}");
    w.publishing.publish_again(&w.scope, id, Republish { although_out: true }).await.expect("a second one");
    w.pass(mins(1)).await;
    assert_eq!(w.net.posts().len(), 1);
    assert_eq!(receipt(&w, id).await.publication.status, PublicationStatus::Failed, "the first one stays as it is");
    let inserted = "select count(*) from governance.audit_logs
        where resource = 'publishing.post_publications' and action = 'insert'";
    assert_eq!(w.number(inserted).await, 2);
}

/// Every way a call can end is told in words, by the page's and the program's receipt alike.
#[tokio::test]
async fn whatever_a_network_answers_the_receipt_says_it_in_words() {
    for fault in FAULTS {
        let w = World::new().await;
        let a = w.account("ann").await;
        let post = w.post("hi", &[a.id], Schedule::Now).await;
        w.net.on_publish(&[fault; 6]);
        for step in 0..6 {
            w.pass(mins(step * step)).await;
            let told = w.receipt(&post).await;
            assert_eq!(told.explained.len(), told.attempts.len());
            for one in &told.explained {
                for text in [&one.what, &one.next] {
                    assert!(text.ends_with('.') && !text.contains('_'), "{fault:?}: {text:?}");
                }
            }
            let sentence = told.reason.sentence(&rookery_kernel::Zone::utc());
            assert!(sentence.ends_with('.') && !told.reason.next_step("Mastodon").is_empty(), "{fault:?}: {sentence}");
            assert!(told.story.iter().all(|line| line.headline.ends_with('.')), "{fault:?}: {:?}", told.story);
        }
    }
}
