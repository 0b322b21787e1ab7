//! What people do to posts: plan, move, call off, retry, pause, approve, change, delete.

use rookery_kernel::{AccountId, Limit, PostId, PublicationId, Zone};
use rookery_publishing::{
    AttemptPhase, Draft, EditorialState, FindingCode, NewPost, PostChange, PostError, PostFilter, PostStatus,
    PublicationStatus, Reason, ReviewError, Schedule,
};

use crate::net::Fault;
use crate::world::{World, mins, secs};

#[tokio::test]
async fn ten_concurrent_wishes_are_one_plan_and_one_call() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let draft = w.post("hi", &[a.id], Schedule::Draft).await;
    assert_eq!(draft.post.status, PostStatus::Draft);
    let at = w.now() + mins(5);
    let wishes = (0..10).map(|_| w.publishing.schedule(&w.scope, draft.post.id, at));
    let answers = futures::future::join_all(wishes).await;
    let first = answers[0].as_ref().expect("planned");
    for answer in &answers {
        let answer = answer.as_ref().expect("planned");
        assert_eq!(answer.publications, first.publications);
    }
    assert_eq!(w.number("select count(*) from publishing.post_publications").await, 1);
    assert_eq!(w.number("select count(*) from jobs.jobs where kind = 'publishing.publish_publication'").await, 1);
    w.pass(mins(6)).await;
    assert_eq!(w.net.publish_calls().len(), 1);
}

#[tokio::test]
async fn moving_a_post_moves_its_delivery_both_ways() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let begin = w.now();
    let post = w.post("hi", &[a.id], Schedule::At(begin + mins(60))).await;
    w.publishing.reschedule(&w.scope, post.post.id, begin + mins(120)).await.expect("moved");
    w.pass(mins(90)).await;
    assert!(w.net.posts().is_empty());
    w.publishing.reschedule(&w.scope, post.post.id, begin + mins(95)).await.expect("moved");
    w.pass(mins(6)).await;
    assert_eq!(w.net.publish_calls(), [begin + mins(95)]);
    w.pass(mins(60)).await;
    assert_eq!(w.net.publish_calls().len(), 1, "the job of the old time finds nothing to do");
    let moved = w.publishing.reschedule(&w.scope, post.post.id, w.now() + mins(5)).await;
    assert!(matches!(moved, Err(PostError::NotAllowed(_))), "what is out does not move");
}

#[tokio::test]
async fn a_cancelled_post_stays_here_and_can_be_planned_again() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    let cancelled = w.publishing.cancel(&w.scope, post.post.id).await.expect("cancelled");
    assert_eq!(cancelled.post.status, PostStatus::Cancelled);
    w.pass(mins(10)).await;
    assert!(w.net.posts().is_empty());
    assert_eq!(w.receipt(&post).await.reason, Reason::Cancelled);
    assert!(matches!(w.publishing.cancel(&w.scope, post.post.id).await, Err(PostError::NotAllowed(_))));
    w.publishing.publish_now(&w.scope, post.post.id).await.expect("planned again");
    w.run().await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert!(matches!(w.publishing.cancel(&w.scope, post.post.id).await, Err(PostError::NotAllowed(_))));
}

#[tokio::test]
async fn while_nobody_knows_whether_it_is_out_it_is_too_late_to_cancel() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::LoseBeforeAccept]);
    w.run().await;
    assert!(matches!(w.publishing.cancel(&w.scope, post.post.id).await, Err(PostError::TooLate)));
    assert!(matches!(w.publishing.delete_post(&w.scope, post.post.id).await, Err(PostError::NotDeletable)));
}

#[tokio::test]
async fn a_claim_that_has_not_sent_yet_can_be_called_off() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    // A worker that claimed and then hangs: its claim is on record, its lease alive.
    w.force(
        "update publishing.post_publications set status = 'publishing', attempt_count = 1, lease_owner = 'x',
                lease_expires_at = '2026-03-02T09:01:00Z';
         insert into publishing.publication_attempts (organization_id, publication_id, attempt_no, phase, worker, post_revision)
         select organization_id, id, 1, 'preparing', 'x', 1 from publishing.post_publications",
    )
    .await;
    let id = post.publications[0].id;
    w.publishing.cancel_publication(&w.scope, id).await.expect("not sent yet");
    let receipt = w.receipt(&post).await;
    assert_eq!(
        (receipt.publication.status, receipt.attempts[0].phase),
        (PublicationStatus::Cancelled, AttemptPhase::Failed)
    );
    w.pass(mins(3)).await;
    assert!(w.net.posts().is_empty());
}

#[tokio::test]
async fn pausing_holds_everything_and_resuming_lets_it_go() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    let since = w.now();
    w.publishing.pause(&w.scope).await.expect("paused");
    w.pass(mins(60)).await;
    assert!(w.net.publish_calls().is_empty());
    assert_eq!(w.receipt(&post).await.reason, Reason::Paused { since });
    w.publishing.resume(&w.scope).await.expect("resumed");
    w.pass(secs(30)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert_eq!(
        w.number(
            "select count(*) from governance.audit_logs where resource = 'identity.organizations' and action = 'update'"
        )
        .await,
        2
    );
}

#[tokio::test]
async fn where_reviews_are_required_nothing_leaves_unapproved() {
    let w = World::new().await;
    w.force("update identity.organizations set review_required = true").await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    assert_eq!(post.post.editorial_state, EditorialState::Draft);
    w.pass(mins(10)).await;
    assert_eq!(w.receipt(&post).await.reason, Reason::NeedsApproval);
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    // One changed character takes the approval back.
    let change = PostChange { content: Some("hi!".to_owned()), ..PostChange::default() };
    let changed = w.publishing.update_post(&w.scope, post.post.id, change).await.expect("changed");
    assert_eq!((changed.post.editorial_state, changed.post.revision), (EditorialState::PendingReview, 2));
    w.pass(mins(10)).await;
    assert!(w.net.posts().is_empty());
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    w.pass(secs(30)).await;
    assert_eq!(w.net.posts()[0].text, "hi!");
    assert_eq!(w.number("select count(*) from publishing.post_revisions").await, 2);
}

#[tokio::test]
async fn content_is_locked_once_it_is_out() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi #one", &[a.id], Schedule::At(w.now() + mins(5))).await;
    let change = |text: &str| PostChange { content: Some(text.to_owned()), ..PostChange::default() };
    let changed = w.publishing.update_post(&w.scope, post.post.id, change("ho #two")).await.expect("changed");
    assert_eq!(changed.post.hashtags, serde_json::json!(["two"]));
    let same = w.publishing.update_post(&w.scope, post.post.id, change("ho #two")).await.expect("nothing to do");
    assert_eq!(same.post.revision, 2);
    let long = w.publishing.update_post(&w.scope, post.post.id, change(&"x".repeat(501))).await;
    assert!(matches!(long, Err(PostError::Invalid(_))));
    w.pass(mins(5)).await;
    assert_eq!(w.net.posts()[0].text, "ho #two");
    let late = w.publishing.update_post(&w.scope, post.post.id, change("he")).await;
    assert!(matches!(late, Err(PostError::Locked)));
    assert!(matches!(w.publishing.delete_post(&w.scope, post.post.id).await, Err(PostError::NotDeletable)));
    w.publishing.archive_post(&w.scope, post.post.id).await.expect("archived");
    let list = w.publishing.list(&w.scope, PostFilter::default(), None, Limit::default()).await.expect("listed");
    assert!(list.items.is_empty());
}

#[tokio::test]
async fn a_deleted_draft_is_gone_with_everything_that_hangs_on_it() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    w.publishing.delete_post(&w.scope, post.post.id).await.expect("deleted");
    assert!(matches!(w.publishing.get(&w.scope, post.post.id).await, Err(PostError::NotFound(_))));
    w.pass(mins(10)).await;
    assert!(w.net.posts().is_empty());
    assert_eq!(w.number("select count(*) from publishing.post_publications").await, 0);
}

#[tokio::test]
async fn a_draft_chooses_its_accounts_until_it_is_planned() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    let draft = w.post("hi", &[], Schedule::Draft).await;
    let nobody = w.publishing.schedule(&w.scope, draft.post.id, w.now() + mins(5)).await;
    assert!(matches!(nobody, Err(PostError::Invalid(f)) if f[0].code == FindingCode::NoAccounts));
    w.publishing.set_accounts(&w.scope, draft.post.id, &[a.id, a.id]).await.expect("chosen");
    let both = w.publishing.set_accounts(&w.scope, draft.post.id, &[a.id, b.id]).await.expect("chosen");
    assert_eq!(both.publications.len(), 2);
    let one = w.publishing.set_accounts(&w.scope, draft.post.id, &[b.id]).await.expect("chosen");
    assert_eq!(one.publications.iter().map(|p| p.social_account_id).collect::<Vec<_>>(), [b.id]);
    let foreign = AccountId::from_uuid(draft.post.id.uuid());
    let foreign = w.publishing.set_accounts(&w.scope, draft.post.id, &[foreign]).await;
    assert!(matches!(foreign, Err(PostError::Invalid(_))));
    w.publishing.schedule(&w.scope, draft.post.id, w.now() + mins(5)).await.expect("planned");
    let late = w.publishing.set_accounts(&w.scope, draft.post.id, &[a.id]).await;
    assert!(matches!(late, Err(PostError::Locked)));
}

#[tokio::test]
async fn a_failed_one_gets_three_attempts_more_by_hand() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.net.on_publish(&[Fault::Dead; 5]);
    w.pass(mins(15)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Failed]);
    let retried = w.publishing.retry(&w.scope, post.post.id).await.expect("retried");
    assert_eq!(retried.publications[0].max_attempts, 6);
    w.pass(mins(60)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!((receipt.publication.status, receipt.attempts.len()), (PublicationStatus::Published, 6));
}

#[tokio::test]
async fn another_organization_s_things_do_not_exist() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
    let stranger = w.test.organization().await.scope;
    let (p, id) = (post.publications[0].id, post.post.id);
    let at = w.now() + mins(9);
    assert!(matches!(w.publishing.get(&stranger, id).await, Err(PostError::NotFound(_))));
    assert!(matches!(w.publishing.schedule(&stranger, id, at).await, Err(PostError::NotFound(_))));
    assert!(matches!(w.publishing.cancel(&stranger, id).await, Err(PostError::NotFound(_))));
    assert!(matches!(w.publishing.delete_post(&stranger, id).await, Err(PostError::NotFound(_))));
    assert!(matches!(w.publishing.approve(&stranger, id).await, Err(ReviewError::NotFound(_))));
    assert!(matches!(w.publishing.publication(&stranger, p).await, Err(PostError::PublicationNotFound(_))));
    assert!(matches!(w.publishing.retry_publication(&stranger, p).await, Err(PostError::PublicationNotFound(_))));
    let new = NewPost {
        content: "hi".to_owned(),
        title: None,
        account_ids: vec![a.id],
        schedule: Schedule::Draft,
        timezone: Zone::utc(),
        composition: rookery_publishing::Composition::default(),
    };
    let foreign = w.publishing.create_post(&stranger, new).await;
    assert!(matches!(&foreign, Err(PostError::Invalid(f)) if f[0].code == FindingCode::AccountUnknown));
    let nowhere = w.publishing.get(&w.scope, PostId::from_uuid(p.uuid())).await;
    assert!(matches!(nowhere, Err(PostError::NotFound(_))));
    let nowhere = w.publishing.publication(&w.scope, PublicationId::from_uuid(id.uuid())).await;
    assert!(matches!(nowhere, Err(PostError::PublicationNotFound(_))));
}

#[tokio::test]
async fn the_list_pages_and_filters_and_the_calendar_shows_a_span() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    let begin = w.now();
    for n in 0..5 {
        w.clock.advance(secs(1));
        let account = if n % 2 == 0 { a.id } else { b.id };
        w.post(&format!("post {n}"), &[account], Schedule::At(begin + mins(10 + n))).await;
    }
    w.clock.advance(secs(1));
    w.post("a draft", &[a.id], Schedule::Draft).await;
    let list = async |filter, after| w.publishing.list(&w.scope, filter, after, Limit::new(2)).await.expect("listed");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list(PostFilter::default(), after).await;
        seen.extend(page.items.iter().map(|p| p.excerpt.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a draft", "post 4", "post 3", "post 2", "post 1", "post 0"]);
    let drafts = list(PostFilter { status: Some(PostStatus::Draft), ..PostFilter::default() }, None).await;
    assert_eq!(drafts.items.len(), 1);
    let shop = list(PostFilter { account_id: Some(b.id), ..PostFilter::default() }, None).await;
    assert_eq!(shop.items.iter().map(|p| p.excerpt.as_str()).collect::<Vec<_>>(), ["post 3", "post 1"]);

    let entries = w.publishing.calendar(&w.scope, begin + mins(11), begin + mins(13)).await.expect("read");
    assert_eq!(entries.iter().map(|e| e.excerpt.as_str()).collect::<Vec<_>>(), ["post 1", "post 2"]);
}

#[tokio::test]
async fn all_that_stands_against_a_draft_is_said_at_once() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("shop").await);
    w.force("update accounts.platform_rules set hashtags_max = 1 where platform = 'facebook'").await;
    w.accounts.disconnect(&w.scope, b.id).await.expect("disconnected");
    let at = Schedule::At(w.now() - mins(24 * 60));
    let draft = Draft::of_text(format!("#one #two {}", "x".repeat(500)), vec![a.id, b.id, a.id], at);
    let findings = w.publishing.validate(&w.scope, &draft).await.expect("checked");
    let said: Vec<_> = findings.iter().map(|f| (f.code.label(), f.account_id, f.limit, f.actual)).collect();
    assert_eq!(
        said,
        [
            ("text_too_long", Some(a.id), Some(500), Some(510)),
            ("account_not_usable", Some(b.id), None, None),
            ("too_many_hashtags", Some(b.id), Some(1), Some(2)),
            ("time_in_past", None, None, None),
        ]
    );
    assert_eq!(findings, w.publishing.validate(&w.scope, &draft).await.expect("checked"), "the same every time");
    let empty = Draft::of_text(" ", vec![], Schedule::Now);
    let codes: Vec<_> =
        w.publishing.validate(&w.scope, &empty).await.expect("checked").iter().map(|f| f.code).collect();
    assert_eq!(codes, [FindingCode::TextEmpty, FindingCode::NoAccounts]);

    let new = NewPost {
        content: draft.content.clone(),
        title: None,
        account_ids: draft.account_ids.clone(),
        schedule: draft.schedule,
        timezone: Zone::utc(),
        composition: rookery_publishing::Composition::default(),
    };
    let refused = w.publishing.create_post(&w.scope, new).await;
    assert!(matches!(refused, Err(PostError::Invalid(all)) if all == findings));
    assert_eq!(w.number("select count(*) from publishing.posts").await, 0, "nothing half-made");
}
