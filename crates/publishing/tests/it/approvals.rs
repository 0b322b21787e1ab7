//! Where reviews are required, nothing leaves that was not approved exactly as it stands: by no path, in two layers.

use std::collections::HashSet;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rookery_accounts::Account;
use rookery_kernel::{Actor, IdGen as _, Scope};
use rookery_publishing::{
    Composition, EditorialState, FollowUp, FollowUpKind, Judgement, LinkDecision, LinkState, NewPost, NewReviewLink,
    PostChange, PostDetail, PublicationStatus, Reason, ReviewAction, ReviewError, ReviewStatus, Schedule, Variant,
};
use secrecy::SecretString;
use sqlx::AssertSqlSafe;

use crate::world::{World, mins, secs};

/// A world that requires reviews, with an account.
async fn strict() -> (World, Account) {
    let w = World::new().await;
    w.force("update identity.organizations set review_required = true").await;
    let a = w.account("ann").await;
    (w, a)
}

fn text(words: &str) -> PostChange {
    PostChange { content: Some(words.to_owned()), ..PostChange::default() }
}

/// A statement as the application's own role, in the organization, without the application.
async fn as_application(w: &World, sql: &str) -> Result<u64, Option<String>> {
    let mut connection = w.test.as_worker().await;
    let all = format!("select identity.set_organization('{}'); {sql}", w.scope.organization_id);
    let begun = sqlx::raw_sql(AssertSqlSafe(format!("begin; {all}; commit"))).execute(&mut connection).await;
    begun
        .map(|done| done.rows_affected())
        .map_err(|e| e.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned))
}

async fn guards(w: &World, on: bool) {
    let what = if on { "enable" } else { "disable" };
    for table in ["post_publications", "publication_attempts"] {
        for name in ["guard_approval", "guard_approval_of_new"] {
            let sql = format!("alter table publishing.{table} {what} trigger {name}");
            let mut owner = w.test.owner().await;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut owner).await.expect("the trigger is there");
        }
    }
}

const CLAIM: &str =
    "update publishing.post_publications set status = 'publishing', attempt_count = 1, lease_owner = 'x',
                            lease_expires_at = '2026-03-02T09:01:00Z'";

#[tokio::test]
async fn by_no_path_does_an_unapproved_post_leave_with_or_without_the_guards() {
    for with_guards in [true, false] {
        let (w, a) = strict().await;
        guards(&w, with_guards).await;
        let post = w.post("hi", &[a.id], Schedule::Now).await;
        let id = post.post.id;
        // The job, the sweeper, people's "now", "move" and "retry".
        w.pass(mins(3)).await;
        w.publishing.publish_now(&w.scope, id).await.expect("planned, and held");
        w.pass(mins(3)).await;
        w.publishing.reschedule(&w.scope, id, w.now() + mins(1)).await.expect("moved, and held");
        w.pass(mins(3)).await;
        assert_eq!((w.net.calls(), w.receipt(&post).await.reason), (0, Reason::NeedsApproval));
        // A judgement that is no approval.
        w.publishing.submit(&w.scope, id, Some("please".into()), None).await.expect("asked");
        let why = Judgement { comment: Some("shorter".into()), ..Judgement::default() };
        w.publishing.judge(&w.scope, id, ReviewAction::RequestChanges, why).await.expect("sent back");
        w.pass(mins(3)).await;
        assert_eq!(w.net.calls(), 0, "guards: {with_guards}");
        w.publishing.approve(&w.scope, id).await.expect("approved");
        w.pass(secs(30)).await;
        assert_eq!(w.net.posts().len(), 1);
    }
}

#[tokio::test]
async fn sql_as_the_applications_role_is_refused_by_the_guard() {
    let (w, a) = strict().await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(60))).await;
    assert_eq!(as_application(&w, CLAIM).await, Err(Some("RK009".into())), "nobody approved it");
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    // The same statement brings other words along.
    let sneaky = CLAIM.replace(" set ", " set content_override = '{\"text\": \"buy now\"}', ");
    assert_eq!(as_application(&w, &sneaky).await, Err(Some("RK009".into())), "it says something else");
    let insert = "insert into publishing.post_publications
            (organization_id, post_id, social_account_id, platform, status, occurrence, idempotency_key, lease_expires_at)
        select organization_id, post_id, social_account_id, platform, 'publishing', 2, 'again', '2026-03-02T09:01:00Z'
        from publishing.post_publications";
    assert_eq!(as_application(&w, insert).await, Err(Some("RK009".into())), "one more was not approved");
    as_application(&w, CLAIM).await.expect("this is what was approved");
    // Changed on its way: the point of no return is guarded as well.
    let attempt = "insert into publishing.publication_attempts
            (organization_id, publication_id, attempt_no, phase, worker, post_revision)
        select organization_id, id, 1, 'preparing', 'x', 1 from publishing.post_publications";
    as_application(&w, attempt).await.expect("an attempt");
    as_application(&w, "update publishing.posts set content = 'buy now'").await.expect("nothing forbids words");
    let send = "update publishing.publication_attempts set phase = 'sending'";
    assert_eq!(as_application(&w, send).await, Err(Some("RK009".into())));
    // Where nothing has to be reviewed the guard is silent.
    w.force("update identity.organizations set review_required = false").await;
    as_application(&w, send).await.expect("no review is required");
}

#[tokio::test]
async fn any_edit_by_sql_voids_the_approval_in_both_layers() {
    let edits = [
        "update publishing.posts set content = 'other'",
        "update publishing.posts set title = 'other'",
        "update publishing.posts set metadata = metadata || '{\"link\": \"https://example.org/\"}'",
        "update publishing.posts set metadata = metadata || '{\"followUps\": [{\"kind\": \"comment\", \"text\": \"x\", \"delayMinutes\": 0}]}'",
        "update publishing.posts set metadata = metadata || '{\"mastodon\": {\"visibility\": \"unlisted\"}}'",
        "update publishing.posts set revision = revision + 1",
        "update publishing.post_publications set content_override = '{\"text\": \"other\"}'",
        "update publishing.posts set editorial_state = 'not_required'",
        "insert into publishing.media (organization_id, post_id, type, url, mime_type, file_size, position, provider)
         select organization_id, id, 'image', 'https://example.org/x.png', 'image/png', 10, 0, 'local' from publishing.posts",
    ];
    for edit in edits {
        let (w, a) = strict().await;
        let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(5))).await;
        w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
        as_application(&w, edit).await.unwrap_or_else(|code| panic!("{edit}: {code:?}"));
        assert_eq!(as_application(&w, CLAIM).await, Err(Some("RK009".into())), "{edit}");
        guards(&w, false).await;
        w.pass(mins(10)).await;
        assert_eq!(w.net.calls(), 0, "{edit}");
        let reason = w.receipt(&post).await.reason;
        assert!(matches!(reason, Reason::ApprovalOutdated | Reason::NeedsApproval), "{edit}: {reason:?}");
        // Labels are for finding it; approving again lets it out.
        w.publishing.approve(&w.scope, post.post.id).await.expect("approved as it is now");
        as_application(&w, "update publishing.posts set metadata = metadata || '{\"labels\": [\"harbour\"]}'")
            .await
            .expect("labelled");
        if !edit.contains("media") {
            w.pass(secs(30)).await;
            assert!(!w.net.posts().is_empty(), "{edit}");
        }
    }
}

#[tokio::test]
async fn what_changes_between_the_claim_and_the_sending_is_taken_back() {
    let (w, a) = strict().await;
    guards(&w, false).await;
    // The network works on what was prepared, so the claim and the sending lie far apart.
    w.net.works_for(secs(25));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    w.run().await;
    let receipt = w.receipt(&post).await;
    assert!(matches!(receipt.reason, Reason::Processing { .. }), "{:?}", receipt.reason);
    w.force("update publishing.posts set content = 'buy now'").await;
    w.pass(mins(5)).await;
    let receipt = w.receipt(&post).await;
    assert_eq!(receipt.publication.status, PublicationStatus::Scheduled);
    assert_eq!((receipt.reason, w.net.publish_calls().len()), (Reason::ApprovalOutdated, 0));
}

/// The last look is right before the call: a hook changes the post when everything else has been looked at.
#[tokio::test]
async fn the_last_look_is_in_the_transaction_that_commits_sending() {
    let (w, a) = strict().await;
    guards(&w, false).await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    let url = w.test.endpoints().owner.clone();
    let hook: rookery_publishing::PhaseHook = std::sync::Arc::new(move |phase, _| {
        if phase == rookery_publishing::AttemptPhase::Preparing {
            let url = url.clone();
            let change = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let mut owner = sqlx::ConnectOptions::connect(&url).await.expect("the owner");
                    sqlx::raw_sql("update publishing.posts set content = 'buy now'").execute(&mut owner).await
                })
            };
            std::thread::spawn(change).join().expect("it ends").expect("changed");
        }
    });
    let worker = w.another_with(Some(hook)).worker;
    worker.run_until_idle().await;
    assert_eq!((w.net.publish_calls().len(), w.receipt(&post).await.reason), (0, Reason::ApprovalOutdated));
}

#[tokio::test]
async fn parts_of_a_thread_leave_as_they_stand_in_the_approved_post_and_not_otherwise() {
    let (w, a) = strict().await;
    let part = |text: &str| FollowUp { kind: FollowUpKind::Comment, text: text.into(), delay_minutes: 5 };
    let new = NewPost {
        content: "one".into(),
        title: None,
        account_ids: vec![a.id],
        schedule: Schedule::Now,
        timezone: rookery_kernel::Zone::utc(),
        composition: Composition { follow_ups: vec![part("two"), part("three")], ..Composition::default() },
    };
    let post = w.publishing.create_post(&w.scope, new).await.expect("a post");
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved");
    w.run().await;
    assert_eq!(w.net.posts().len(), 1);
    w.force("update publishing.posts set content = 'buy now' where content = 'three'").await;
    w.pass(mins(10)).await;
    let texts: Vec<_> = w.net.posts().into_iter().map(|p| p.text).collect();
    assert_eq!(texts, ["one", "two"]);
}

#[tokio::test]
async fn a_review_goes_its_way_and_is_written_down() {
    let (w, a) = strict().await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(60 * 48))).await;
    let id = post.post.id;
    let submitted = w.publishing.submit(&w.scope, id, Some("for the market".into()), None).await.expect("asked");
    assert_eq!(submitted.post.editorial_state, EditorialState::PendingReview);
    let twice = w.publishing.submit(&w.scope, id, None, None).await;
    assert!(matches!(twice, Err(ReviewError::NotAllowed(EditorialState::PendingReview))));
    let queue = w.publishing.review_queue(&w.scope, true).await.expect("the queue");
    assert_eq!((queue.mine.len(), queue.mine[0].review.due_at), (1, Some(w.now() + mins(24 * 60))));
    assert!(!queue.mine[0].is_late);
    w.clock.advance(mins(24 * 60));
    assert!(w.publishing.review_queue(&w.scope, true).await.expect("the queue").mine[0].is_late, "reminded");

    let silent = w.publishing.judge(&w.scope, id, ReviewAction::RequestChanges, Judgement::default()).await;
    assert!(matches!(silent, Err(ReviewError::CommentMissing)));
    let old = Judgement { revision: Some(7), ..Judgement::default() };
    let outdated = w.publishing.judge(&w.scope, id, ReviewAction::Approve, old).await;
    assert!(matches!(outdated, Err(ReviewError::Outdated(1))));
    let changes = Judgement { comment: Some("say where".into()), revision: Some(1), ..Judgement::default() };
    let back = w.publishing.judge(&w.scope, id, ReviewAction::RequestChanges, changes).await.expect("sent back");
    assert_eq!(back.post.editorial_state, EditorialState::NeedsChanges);
    w.publishing.update_post(&w.scope, id, text("hi from the quay")).await.expect("changed");
    w.publishing.submit(&w.scope, id, None, None).await.expect("asked again");
    let approved = w.publishing.approve(&w.scope, id).await.expect("approved");
    assert_eq!((approved.post.editorial_state, approved.post.approved_revision), (EditorialState::Approved, Some(2)));
    // One more edit: the diff is against what was approved, and a review is open again.
    w.publishing.update_post(&w.scope, id, text("hi from the old quay")).await.expect("changed");
    let history = w.publishing.review_history(&w.scope, id).await.expect("the history");
    assert!(!history.is_approved);
    assert_eq!(history.open.as_ref().map(|r| (r.revision, r.status)), Some((3, ReviewStatus::Pending)));
    let actions: Vec<_> = history.decisions.iter().map(|d| (d.action, d.revision)).collect();
    assert_eq!(actions, [(ReviewAction::RequestChanges, Some(1)), (ReviewAction::Approve, Some(2))]);
    let diff = history.diff.expect("it differs");
    assert_eq!((diff.from, diff.to, diff.text.len()), (2, 3, 3));
    w.publishing.withdraw(&w.scope, id).await.expect("withdrawn");
    let reject = w.publishing.judge(&w.scope, id, ReviewAction::Reject, Judgement::default()).await;
    assert!(matches!(reject, Err(ReviewError::NotAllowed(EditorialState::Draft))));
}

#[tokio::test]
async fn own_words_and_accounts_are_part_of_what_is_approved() {
    let (w, a) = strict().await;
    let b = w.other_account("shop").await;
    let draft = w.post("hi", &[a.id], Schedule::Draft).await;
    let id = draft.post.id;
    w.publishing.approve(&w.scope, id).await.expect("approved");
    let wider = w.publishing.set_accounts(&w.scope, id, &[a.id, b.id]).await.expect("one more account");
    assert_eq!(wider.post.editorial_state, EditorialState::PendingReview);
    w.publishing.approve(&w.scope, id).await.expect("approved");
    let own = Variant { text: Some("moin".into()), title: None };
    let composition = Composition { variants: [(b.id, own)].into(), ..Composition::default() };
    let change = PostChange { composition: composition.into(), ..PostChange::default() };
    let changed = w.publishing.update_post(&w.scope, id, change).await.expect("own words");
    assert_eq!(changed.post.editorial_state, EditorialState::PendingReview);
    w.publishing.publish_now(&w.scope, id).await.expect("planned");
    w.pass(mins(2)).await;
    assert_eq!(w.net.calls() + w.other.calls(), 0);
    w.publishing.approve(&w.scope, id).await.expect("approved");
    w.pass(mins(2)).await;
    assert_eq!((w.net.posts()[0].text.as_str(), w.other.posts()[0].text.as_str()), ("hi", "moin"));
}

/// The request of somebody without a session.
fn nobody(w: &World) -> Scope {
    Scope::new(w.scope.organization_id, Actor::Guest)
}

async fn link(w: &World, post: &PostDetail) -> (rookery_publishing::ReviewLink, SecretString) {
    let new = NewReviewLink { recipient: "Harbour office".into(), days: 7 };
    w.publishing.create_review_link(&w.scope, post.post.id, new).await.expect("a link")
}

fn yes(name: &str) -> LinkDecision {
    LinkDecision { approve: true, name: name.into(), comment: None }
}

#[tokio::test]
async fn a_client_approves_once_through_a_link() {
    let (w, a) = strict().await;
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    let (_, token) = link(&w, &post).await;
    let stored = w.number("select count(*) from publishing.review_link_directory").await;
    assert_eq!(stored, 1);
    let opened = w.publishing.open_review_link(&token, &nobody(&w)).await.expect("it opens");
    assert_eq!((opened.state, opened.previews.len(), opened.previews[0].text.as_str()), (LinkState::Open, 1, "hi"));
    let nameless = w.publishing.decide_by_link(&token, &nobody(&w), yes("  ")).await;
    assert!(matches!(nameless, Err(ReviewError::NameMissing)));
    // Two clicks at the same moment are one decision.
    let guest = nobody(&w);
    let clicks = (0..2).map(|_| w.publishing.decide_by_link(&token, &guest, yes("Imke Brandt")));
    let done = futures::future::join_all(clicks).await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1, "{done:?}");
    w.pass(secs(30)).await;
    assert_eq!(w.net.posts().len(), 1);
    let later = w.publishing.open_review_link(&token, &nobody(&w)).await.expect("it says so");
    assert_eq!((later.state, later.previews.len()), (LinkState::Used, 0), "nothing is shown any more");
    let history = w.publishing.review_history(&w.scope, post.post.id).await.expect("the history");
    assert_eq!(history.decisions[0].reviewer_name.as_deref(), Some("Imke Brandt"));
    let audited = "select count(*) from governance.audit_logs where actor_kind = 'guest'
                   and changes::text like '%Imke Brandt%' and resource = 'publishing.review_links'";
    assert_eq!(w.number(audited).await, 1);
    let leaked = format!("select count(*) from governance.audit_logs where changes::text like '%{}%'", {
        use secrecy::ExposeSecret as _;
        token.expose_secret().to_owned()
    });
    let mut owner = w.test.owner().await;
    let leaked: i64 = sqlx::query_scalar(AssertSqlSafe(leaked)).fetch_one(&mut owner).await.expect("a number");
    assert_eq!(leaked, 0);
}

#[tokio::test]
async fn a_link_ends_by_time_by_hand_by_an_edit_and_by_another_decision() {
    let (w, a) = strict().await;
    let post = w.post("hi", &[a.id], Schedule::At(w.now() + mins(60 * 24 * 20))).await;
    let state =
        async |token: &SecretString| w.publishing.open_review_link(token, &nobody(&w)).await.expect("a link").state;
    let (revoked, revoked_token) = link(&w, &post).await;
    w.publishing.revoke_review_link(&w.scope, revoked.id).await.expect("taken back");
    assert_eq!(state(&revoked_token).await, LinkState::Revoked);
    let (_, edited) = link(&w, &post).await;
    w.publishing.update_post(&w.scope, post.post.id, text("ho")).await.expect("changed");
    assert_eq!(state(&edited).await, LinkState::Outdated);
    let (_, settled) = link(&w, &post).await;
    let (_, late) = link(&w, &post).await;
    w.clock.advance(mins(60 * 24 * 7));
    assert_eq!(state(&late).await, LinkState::Expired);
    let (_, other) = link(&w, &post).await;
    w.publishing.approve(&w.scope, post.post.id).await.expect("approved by a colleague");
    assert_eq!(state(&other).await, LinkState::Settled);
    for token in [revoked_token, edited, settled, late, other] {
        let done = w.publishing.decide_by_link(&token, &nobody(&w), yes("Imke")).await;
        assert!(matches!(done, Err(ReviewError::LinkClosed(_))), "{done:?}");
    }
    let mut bytes = [0; 32];
    rookery_testkit::ids().fill(&mut bytes);
    let guess = SecretString::from(format!("{bytes:?}"));
    assert!(matches!(w.publishing.open_review_link(&guess, &nobody(&w)).await, Err(ReviewError::LinkNotFound)));
    let stranger = w.test.organization().await.scope;
    let foreign = w.publishing.revoke_review_link(&stranger, revoked.id).await;
    assert!(matches!(foreign, Err(ReviewError::LinkNotFound)));
}

/// Random deeds of authors, reviewers, clients, jobs and plain SQL: every text at the network was approved as it is.
#[tokio::test]
async fn random_events_never_publish_an_unapproved_revision() {
    let mut published = 0;
    for seed in 0..8 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (w, a) = strict().await;
        guards(&w, seed % 2 == 0).await;
        let mut post = w.post("v0", &[a.id], Schedule::Now).await;
        let mut approved = HashSet::new();
        let mut links: Vec<(SecretString, String)> = Vec::new();
        let mut version = 0;
        for _ in 0..60 {
            let id = post.post.id;
            let now = w.again(&post).await.post.content;
            // Each of these may be refused; what counts is what comes out.
            match random.random_range(0..14) {
                0 | 1 => {
                    version += 1;
                    let _ = w.publishing.update_post(&w.scope, id, text(&format!("v{version}"))).await;
                }
                2 => {
                    version += 1;
                    let sql = format!("update publishing.posts set content = 'v{version}' where id = '{id}'");
                    let _ = as_application(&w, &sql).await;
                }
                3 | 12 => {
                    if w.publishing.approve(&w.scope, id).await.is_ok() {
                        approved.insert(now);
                    }
                }
                4 => drop(w.publishing.submit(&w.scope, id, None, None).await),
                5 => drop(w.publishing.withdraw(&w.scope, id).await),
                6 => drop(w.publishing.judge(&w.scope, id, ReviewAction::Reject, Judgement::default()).await),
                7 => {
                    let new = NewReviewLink { recipient: "client".into(), days: 1 };
                    if let Ok((_, token)) = w.publishing.create_review_link(&w.scope, id, new).await {
                        links.push((token, now));
                    }
                }
                8 => {
                    if let Some((token, shown)) = links.pop()
                        && w.publishing.decide_by_link(&token, &nobody(&w), yes("client")).await.is_ok()
                    {
                        approved.insert(shown);
                    }
                }
                9 => drop(w.publishing.publish_now(&w.scope, id).await),
                10 => w.net.works_for(secs(random.random_range(0..20))),
                11 => w.pass(secs(random.random_range(0..90))).await,
                _ => {
                    w.run().await;
                    if w.states(&post).await == [PublicationStatus::Published] {
                        version += 1;
                        post = w.post(&format!("v{version}"), &[a.id], Schedule::Now).await;
                    }
                }
            }
            for sent in w.net.posts() {
                assert!(approved.contains(&sent.text), "seed {seed}: {} was never approved", sent.text);
            }
        }
        published += w.net.posts().len();
    }
    assert!(published > 3, "the walk gets somewhere: {published}");
}
