//! What the editor relies on: conflicts of two windows, repetitions, labels, free moments.

use std::time::Duration;

use rookery_kernel::{AccountId, Limit, PostId, Zone};
use rookery_publishing::{
    Composition, CompositionChange, Draft, FindingCode, NewPost, PostChange, PostDetail, PostError, PostFilter,
    Schedule, Variant,
};

use crate::world::{World, mins};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn change(content: &str, expected_revision: i32) -> PostChange {
    PostChange {
        content: Some(content.to_owned()),
        expected_revision: Some(expected_revision),
        ..PostChange::default()
    }
}

async fn composed(w: &World, text: &str, accounts: &[AccountId], composition: Composition) -> PostDetail {
    let new = NewPost {
        content: text.to_owned(),
        title: None,
        account_ids: accounts.to_vec(),
        schedule: Schedule::Draft,
        timezone: Zone::utc(),
        composition,
    };
    w.publishing.create_post(&w.scope, new).await.expect("a draft")
}

#[tokio::test]
async fn a_second_window_gets_both_texts_and_stores_nothing() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let id = w.post("first", &[a.id], Schedule::Draft).await.post.id;
    let saved = w.publishing.update_post(&w.scope, id, change("of one window", 1)).await.expect("saved");
    assert_eq!(saved.post.revision, 2);
    let refused = w.publishing.update_post(&w.scope, id, change("of the other", 1)).await;
    let Err(PostError::Conflict(conflict)) = refused else { panic!("{refused:?}") };
    assert_eq!((conflict.revision, conflict.theirs.as_str()), (2, "of one window"));
    assert_eq!(conflict.ours, "of the other");
    let now = w.publishing.get(&w.scope, id).await.expect("there");
    assert_eq!((now.post.content.as_str(), now.post.revision), ("of one window", 2));
    w.publishing.update_post(&w.scope, id, change("of the other", 2)).await.expect("after a look at both");
}

#[tokio::test]
async fn accounts_change_along_with_the_text_until_there_is_a_plan() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("bob").await);
    let id = w.post("hello", &[a.id], Schedule::Draft).await.post.id;
    let own = Variant { text: Some("hello, page".to_owned()), title: None };
    let both = PostChange {
        account_ids: Some(vec![b.id, a.id, b.id]),
        composition: CompositionChange { variants: Some([(b.id, own.clone())].into()), ..Default::default() },
        expected_revision: Some(1),
        ..PostChange::default()
    };
    let detail = w.publishing.update_post(&w.scope, id, both.clone()).await.expect("saved");
    assert_eq!((detail.publications.len(), detail.post.revision), (2, 2));
    let again = w.publishing.update_post(&w.scope, id, PostChange { expected_revision: None, ..both }).await;
    assert_eq!(again.expect("nothing new").post.revision, 2);
    let composition = w.publishing.composition(&w.scope, id).await.expect("there");
    assert_eq!(composition.variants, [(b.id, own)].into());

    w.publishing.schedule(&w.scope, id, w.now() + mins(60)).await.expect("planned");
    let fewer = PostChange { account_ids: Some(vec![a.id]), ..PostChange::default() };
    assert!(matches!(w.publishing.update_post(&w.scope, id, fewer).await, Err(PostError::Locked)));
    let same = PostChange { account_ids: Some(vec![b.id, a.id]), ..change("hello again", 2) };
    assert_eq!(w.publishing.update_post(&w.scope, id, same).await.expect("the same accounts").post.revision, 3);
    let foreign = AccountId::from_uuid(uuid::Uuid::from_u128(7));
    let unknown = PostChange { account_ids: Some(vec![foreign]), ..PostChange::default() };
    assert!(matches!(w.publishing.update_post(&w.scope, id, unknown).await, Err(PostError::Invalid(_))));
}

/// The posts that are named as repetitions, per account.
async fn twins(w: &World, draft: &Draft) -> Vec<(Option<AccountId>, Option<PostId>)> {
    let findings = w.publishing.check(&w.scope, draft).await.expect("checked").findings;
    let twins = findings.iter().filter(|f| f.code == FindingCode::DuplicateText);
    twins.map(|f| (f.account_id, f.post_id)).collect()
}

#[tokio::test]
async fn the_same_words_on_the_same_account_within_thirty_days_are_named() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("bob").await);
    let out = w.post("Low  tide\nat Noon", &[a.id], Schedule::Now).await.post.id;
    w.run().await;
    let draft = |text: &str| Draft::of_text(text, vec![a.id, b.id], Schedule::Draft);
    assert_eq!(twins(&w, &draft(" low tide at noon ")).await, [(Some(a.id), Some(out))]);
    assert_eq!(twins(&w, &draft("low tide at one")).await, []);
    assert_eq!(twins(&w, &draft("low tide at noon").of_post(out)).await, [], "not with itself");

    // What is planned counts too, and so do an account's own words.
    let own = Variant { text: Some("High water".to_owned()), title: None };
    let with_own = Composition { variants: [(b.id, own)].into(), ..Composition::default() };
    let planned = composed(&w, "Something else", &[b.id], with_own.clone()).await.post.id;
    assert_eq!(twins(&w, &draft("high water")).await, [], "a draft is no plan");
    w.publishing.schedule(&w.scope, planned, w.now() + mins(60)).await.expect("planned");
    assert_eq!(twins(&w, &draft("high water")).await, [(Some(b.id), Some(planned))]);
    let ours = Draft { composition: with_own, ..draft("LOW TIDE AT NOON") };
    assert_eq!(twins(&w, &ours).await, [(Some(a.id), Some(out)), (Some(b.id), Some(planned))]);

    w.clock.advance(DAY * 31);
    assert_eq!(twins(&w, &draft("low tide at noon")).await, []);
}

#[tokio::test]
async fn labels_are_suggested_by_use_and_find_their_posts() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let labelled = |labels: &[&str]| Composition {
        labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        ..Composition::default()
    };
    let first = composed(&w, "one", &[a.id], labelled(&["spring ", "Spring", "news"])).await;
    assert_eq!(first.post.labels(), ["spring", "news"]);
    composed(&w, "two", &[a.id], labelled(&["news"])).await;
    composed(&w, "three", &[a.id], Composition::default()).await;
    assert_eq!(w.publishing.labels_in_use(&w.scope).await.expect("read"), ["news", "spring"]);
    let with = |label: &str| PostFilter { label: Some(label.to_owned()), ..PostFilter::default() };
    let found = w.publishing.list(&w.scope, with("spring"), None, Limit::new(10)).await.expect("read");
    assert_eq!(found.items.iter().map(|p| p.id).collect::<Vec<_>>(), [first.post.id]);
    let none = w.publishing.list(&w.scope, with("summer"), None, Limit::new(10)).await.expect("read");
    assert!(none.items.is_empty());
}

#[tokio::test]
async fn the_next_free_moment_keeps_clear_of_what_is_planned_and_out() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("bob").await);
    let zone: Zone = "Europe/Berlin".parse().expect("known");
    let free = async |accounts: &[AccountId]| {
        let slot = w.publishing.next_free_slot(&w.scope, accounts, &zone, w.now()).await.expect("read");
        slot.expect("within 60 days").at.to_string()
    };
    // It is ten in Berlin; Mastodon is looked at from one to three in the afternoon.
    assert_eq!(free(&[a.id]).await, "2026-03-02T12:00:00Z");
    let at = "2026-03-02T12:02:00Z".parse().expect("a time");
    w.post("soon", &[a.id], Schedule::At(at)).await;
    assert_eq!(free(&[a.id]).await, "2026-03-02T12:30:00Z");
    assert_eq!(free(&[b.id]).await, "2026-03-02T10:00:00Z", "another account, another network's hours");
    w.pass(mins(240)).await;
    assert_eq!(free(&[a.id]).await, "2026-03-02T13:30:00Z");
}

async fn revisions(w: &World) -> i64 {
    w.number("select count(*) from publishing.post_revisions").await
}

#[tokio::test]
async fn what_one_person_writes_in_one_go_is_one_revision() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let id = w.post("one", &[a.id], Schedule::Draft).await.post.id;
    let on = async |words: &str, revision| {
        let change = PostChange { goes_on: true, ..change(words, revision) };
        w.publishing.update_post(&w.scope, id, change).await.expect("kept").post.revision
    };
    // Numbers rise, so that a second window still learns of every change.
    assert_eq!([on("one two", 1).await, on("one two three", 2).await], [2, 3]);
    assert_eq!(revisions(&w).await, 1);
    let stored = "select count(*) from publishing.post_revisions where revision = 3 and snapshot ->> 'content' = 'one two three'";
    assert_eq!(w.number(stored).await, 1);
    // The session ends after ten minutes, however often something was kept.
    w.clock.advance(mins(10));
    assert_eq!((on("four", 3).await, revisions(&w).await), (4, 2));
    // A change that does not go on is a revision of its own.
    w.publishing.update_post(&w.scope, id, change("by the interface", 4)).await.expect("saved");
    assert_eq!(revisions(&w).await, 3);
    // Somebody else's is never replaced.
    w.force("update publishing.post_revisions set editor_user_id = null where revision = 5").await;
    assert_eq!((on("after another", 5).await, revisions(&w).await), (6, 4));
}

#[tokio::test]
async fn what_was_judged_or_sent_stays_a_revision() {
    let w = World::new().await;
    w.force("update identity.organizations set review_required = true").await;
    let a = w.account("ann").await;
    let id = w.post("one", &[a.id], Schedule::Draft).await.post.id;
    w.publishing.approve(&w.scope, id).await.expect("approved");
    let on = |words: &str, revision| PostChange { goes_on: true, ..change(words, revision) };
    let changed = w.publishing.update_post(&w.scope, id, on("two", 1)).await.expect("kept");
    assert_eq!((changed.post.revision, changed.post.approved_revision), (2, Some(1)));
    assert_eq!(revisions(&w).await, 2, "the approved words stand beside the new ones");
    w.publishing.approve(&w.scope, id).await.expect("approved");
    assert_eq!(w.publishing.get(&w.scope, id).await.expect("there").post.approved_revision, Some(2));
    w.publishing.update_post(&w.scope, id, on("three", 2)).await.expect("kept");
    assert_eq!(revisions(&w).await, 3);
}
