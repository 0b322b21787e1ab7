//! Threads and comments (PUB-21): each part follows what it answers, on the same account.

use rookery_kernel::{AccountId, Zone};
use rookery_publishing::{
    Composition, Draft, FindingCode, FollowUp, FollowUpKind, NewPost, PostDetail, PostError, PublicationStatus,
    Schedule, Variant,
};

use crate::net::{Fault, Held};
use crate::world::{World, mins};

fn part(kind: FollowUpKind, text: &str, delay_minutes: u32) -> FollowUp {
    FollowUp { kind, text: text.to_owned(), delay_minutes }
}

async fn compose(w: &World, accounts: &[AccountId], schedule: Schedule, composition: Composition) -> PostDetail {
    try_to_compose(w, accounts, schedule, composition).await.expect("a post that fits")
}

async fn try_to_compose(
    w: &World,
    accounts: &[AccountId],
    schedule: Schedule,
    composition: Composition,
) -> Result<PostDetail, PostError> {
    let new = NewPost {
        content: "one".to_owned(),
        title: None,
        account_ids: accounts.to_vec(),
        schedule,
        timezone: Zone::utc(),
        composition,
    };
    w.publishing.create_post(&w.scope, new).await
}

fn thread(texts: &[&str]) -> Composition {
    let follow_ups = texts.iter().map(|text| part(FollowUpKind::Thread, text, 0)).collect();
    Composition { follow_ups, ..Composition::default() }
}

/// Text and what it answers, by the texts.
fn tree(posts: &[Held]) -> Vec<(String, Option<String>)> {
    let text_of = |id: &String| posts.iter().find(|p| p.id == *id).map(|p| p.text.clone());
    posts.iter().map(|p| (p.text.clone(), p.answers.as_ref().and_then(|(id, _)| text_of(id)))).collect()
}

#[tokio::test]
async fn each_part_of_a_thread_answers_the_part_before_and_comments_answer_the_post() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let mut composition = thread(&["two", "three"]);
    composition.follow_ups.push(part(FollowUpKind::Comment, "links", 0));
    compose(&w, &[a.id], Schedule::Now, composition).await;
    w.pass(mins(5)).await;
    let posts = w.net.posts();
    let mut seen = tree(&posts);
    seen.sort();
    let of = |text: &str, answers: &str| (text.to_owned(), (!answers.is_empty()).then(|| answers.to_owned()));
    assert_eq!(seen, [of("links", "one"), of("one", ""), of("three", "two"), of("two", "one")]);
    let root = &posts[0].id;
    assert!(posts[1..].iter().all(|p| p.answers.as_ref().is_some_and(|(_, first)| first == root)));
}

#[tokio::test]
async fn a_delay_counts_from_the_real_publication() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let composition =
        Composition { follow_ups: vec![part(FollowUpKind::Comment, "links", 5)], ..Composition::default() };
    w.publishing.pause(&w.scope).await.expect("paused");
    let planned = w.now();
    compose(&w, &[a.id], Schedule::Now, composition).await;
    w.pass(mins(20)).await;
    w.publishing.resume(&w.scope).await.expect("resumed");
    w.pass(mins(10)).await;
    let at: Vec<_> = w.net.posts().iter().map(|p| p.at.since(planned).as_secs() / 60).collect();
    assert_eq!(at, [20, 25]);
}

#[tokio::test]
async fn nothing_follows_what_did_not_come_out() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.account("bob").await);
    w.net.on_publish(&[Fault::Invalid]);
    let post = compose(&w, &[a.id, b.id], Schedule::Now, thread(&["two"])).await;
    w.pass(mins(30)).await;
    let mut states = w.states(&post).await;
    states.sort_by_key(|s| s.label());
    assert_eq!(states, [PublicationStatus::Failed, PublicationStatus::Published]);
    assert_eq!(tree(&w.net.posts()).len(), 2, "one and two on one account, nothing on the other");
    assert_eq!(w.net.posts()[0].account, w.net.posts()[1].account);
}

#[tokio::test]
async fn a_doubtful_part_is_looked_for_and_never_doubled() {
    let w = World::new().await;
    let a = w.account("ann").await;
    compose(&w, &[a.id], Schedule::Now, thread(&["two", "three"])).await;
    w.net.fail_nth(2, Fault::AcceptThenLose);
    w.pass(mins(60)).await;
    let texts: Vec<_> = w.net.posts().into_iter().map(|p| p.text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_post_found_later_lets_its_parts_follow() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.on_publish(&[Fault::AcceptThenLose]);
    compose(&w, &[a.id], Schedule::Now, thread(&["two"])).await;
    w.pass(mins(5)).await;
    assert_eq!(tree(&w.net.posts()).last().expect("two").1.as_deref(), Some("one"));
}

#[tokio::test]
async fn ten_parts_are_the_most_and_empty_ones_are_named() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let eleven = thread(&["x"; 11]);
    let refused = try_to_compose(&w, &[a.id], Schedule::Now, eleven).await.expect_err("too many");
    let PostError::Invalid(findings) = refused else { panic!("{refused}") };
    assert_eq!(
        (findings[0].code, findings[0].limit, findings[0].actual),
        (FindingCode::TooManyParts, Some(10), Some(11))
    );
    let refused = try_to_compose(&w, &[a.id], Schedule::Now, thread(&["x", " "])).await.expect_err("empty");
    let PostError::Invalid(findings) = refused else { panic!("{refused}") };
    let named = "Part 3 of the thread has no text.";
    assert_eq!((findings[0].code, findings[0].message.as_str()), (FindingCode::PartEmpty, named));
}

#[tokio::test]
async fn an_account_with_its_own_words_sends_and_is_checked_by_these() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.account("bob").await);
    let own = |text: &str| Composition {
        variants: [(b.id, Variant { text: Some(text.to_owned()), title: None })].into(),
        ..Composition::default()
    };
    let draft = Draft { composition: own(&"x".repeat(501)), ..Draft::of_text("one", vec![a.id, b.id], Schedule::Now) };
    let findings = w.publishing.validate(&w.scope, &draft).await.expect("checked");
    let said: Vec<_> = findings.iter().map(|f| (f.code, f.account_id)).collect();
    assert_eq!(said, [(FindingCode::TextTooLong, Some(b.id))]);
    compose(&w, &[a.id, b.id], Schedule::Now, own("for bob")).await;
    w.pass(mins(5)).await;
    let mut sent: Vec<_> = w.net.posts().into_iter().map(|p| (p.account, p.text)).collect();
    sent.sort();
    assert_eq!(sent, [("ann".to_owned(), "one".to_owned()), ("bob".to_owned(), "for bob".to_owned())]);
}
