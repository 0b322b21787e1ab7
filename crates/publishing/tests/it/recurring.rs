//! Posts that come back: made once per day however often one asks, in line with template and rule, reviewed like others.

use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rookery_kernel::{AccountId, PostId, RecurringPostId};
use rookery_publishing::{
    EditorialState, End, Occurrence, OccurrenceState, PostChange, PostError, PublicationStatus, RecurringError,
    RecurringPost, RecurringState, Rhythm, Rule, Schedule,
};
use uuid::Uuid;

use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Every `every` days at 12:00; the clock stands on Monday 2026-03-02, 09:00 UTC.
fn daily(every: u16, end: End) -> Rule {
    let starts_on = "2026-03-02".parse().expect("a date");
    Rule { rhythm: Rhythm::Days { every }, minute: 720, starts_on, end, cool_down_days: 0 }
}

fn made(recurring: &RecurringPost) -> Vec<(String, PostId)> {
    let made = recurring.occurrences.iter().filter(|o| o.state == Some(OccurrenceState::Made));
    made.map(|o| (o.day.to_string(), o.post_id.expect("a post"))).collect()
}

fn days(recurring: &RecurringPost) -> Vec<String> {
    made(recurring).into_iter().map(|(day, _)| day).collect()
}

impl World {
    async fn recur(&self, text: &str, accounts: &[AccountId], rule: Rule) -> RecurringPost {
        let post = self.post(text, accounts, Schedule::Draft).await;
        self.publishing.create_recurring(&self.scope, post.post.id, rule).await.expect("a rule that fits")
    }

    async fn look(&self, id: RecurringPostId) -> RecurringPost {
        self.publishing.recurring(&self.scope, id).await.expect("it is there")
    }

    async fn rewrite(&self, post: PostId, text: &str) {
        let change = PostChange { content: Some(text.to_owned()), ..PostChange::default() };
        self.publishing.update_post(&self.scope, post, change).await.expect("changed");
    }
}

#[tokio::test]
async fn posts_are_made_fourteen_days_ahead_and_go_out_like_others() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    let recurring = w.recur("Low tide", &[ann], daily(5, End::Never)).await;
    assert_eq!(days(&recurring), ["2026-03-02", "2026-03-07", "2026-03-12"]);
    let to_come: Vec<_> =
        recurring.occurrences.iter().filter(|o| o.state.is_none()).map(|o| o.day.to_string()).collect();
    assert_eq!(to_come.first().map(String::as_str), Some("2026-03-17"));
    assert!(recurring.warning.as_deref().is_some_and(|w| w.contains("30 days")));
    let again = w.publishing.make_occurrences(&w.scope, recurring.id).await;
    assert!(again.is_ok());
    assert_eq!(w.look(recurring.id).await, recurring, "asking twice changes nothing");

    // The timetable's job makes the next ones; what is out stays.
    w.pass(DAY * 6).await;
    let later = w.look(recurring.id).await;
    assert_eq!(days(&later), ["2026-03-02", "2026-03-07", "2026-03-12", "2026-03-17", "2026-03-22"]);
    assert_eq!(made(&later)[..3], made(&recurring)[..]);
    let post = w.publishing.get(&w.scope, made(&later)[1].1).await.expect("there");
    assert_eq!(post.publications[0].status, PublicationStatus::Published);
    assert_eq!(post.post.recurring_post(), Some(recurring.id));
    assert_eq!(w.number("select count(*) from publishing.posts").await, 6, "the template and five");
}

#[tokio::test]
async fn a_run_that_dies_anywhere_leaves_every_day_to_be_made_once() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    let recurring = w.recur("Low tide", &[ann], daily(3, End::Never)).await;
    let all = days(&recurring);
    // A run is dropped after its first, second, third … wait for the database; its connection is lost with it.
    let mut is_done = false;
    for polls in (1..900).step_by(3) {
        w.force("delete from publishing.recurring_occurrences; delete from publishing.posts where metadata ? 'recurringPostId'").await;
        let mut left = polls;
        {
            let mut run = pin!(w.publishing.make_occurrences(&w.scope, recurring.id));
            std::future::poll_fn(|cx: &mut Context<'_>| {
                let answer = run.as_mut().poll(cx);
                left -= 1;
                is_done = answer.is_ready();
                if answer.is_ready() || left == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        w.publishing.make_occurrences(&w.scope, recurring.id).await.expect("made");
        assert_eq!(days(&w.look(recurring.id).await), all, "after {polls} polls");
        let posts = w.number("select count(*) from publishing.posts where metadata ? 'recurringPostId'").await;
        assert_eq!(usize::try_from(posts), Ok(all.len()), "after {polls} polls");
        if is_done {
            break;
        }
    }
    assert!(is_done, "the last run was whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_that_meet_make_every_day_once() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    let recurring = w.recur("Low tide", &[ann], daily(2, End::Never)).await;
    w.force(
        "delete from publishing.recurring_occurrences; delete from publishing.posts where metadata ? 'recurringPostId'",
    )
    .await;
    let runs: Vec<_> = (0..6)
        .map(|_| {
            let (publishing, scope, id) = (w.another().publishing, w.scope.clone(), recurring.id);
            tokio::spawn(async move { publishing.make_occurrences(&scope, id).await })
        })
        .collect();
    for run in runs {
        run.await.expect("no panic").expect("made");
    }
    assert_eq!(days(&w.look(recurring.id).await), days(&recurring));
    assert_eq!(w.number("select count(*) from publishing.posts where metadata ? 'recurringPostId'").await, 8);
}

#[tokio::test]
async fn an_edit_reaches_what_waits_and_neither_what_is_out_nor_what_somebody_changed() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    let recurring = w.recur("Low tide", &[ann], daily(4, End::Never)).await;
    w.pass(DAY).await;
    let before = made(&recurring);
    assert_eq!(days(&recurring), ["2026-03-02", "2026-03-06", "2026-03-10", "2026-03-14"]);
    w.rewrite(before[1].1, "Low tide, by hand").await;
    w.publishing.cancel(&w.scope, before[2].1).await.expect("called off");
    w.rewrite(recurring.template_post_id, "High tide").await;

    let after = made(&w.look(recurring.id).await);
    assert_eq!(after[..3], before[..3], "out, changed and called off stay");
    assert_ne!(after[3], before[3], "what waited was made anew");
    let text = async |id| w.publishing.get(&w.scope, id).await.expect("there").post.content;
    assert_eq!(text(after[0].1).await, "Low tide");
    assert_eq!(text(after[1].1).await, "Low tide, by hand");
    assert_eq!(text(after[3].1).await, "High tide");

    // Another rule: its days only, what stays of the old one stays.
    let rule = Rule { minute: 13 * 60, ..daily(7, End::Never) };
    let changed = w.publishing.change_recurring(&w.scope, recurring.id, rule).await.expect("changed");
    assert_eq!(days(&changed), ["2026-03-02", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-16"]);
    // A post that a person deletes is not made again.
    let gone = made(&changed).into_iter().find(|(day, _)| day == "2026-03-09").expect("made").1;
    w.publishing.delete_post(&w.scope, gone).await.expect("deleted");
    w.publishing.make_occurrences(&w.scope, recurring.id).await.expect("asked");
    assert_eq!(made(&w.look(recurring.id).await), made(&changed));
    assert!(matches!(w.publishing.get(&w.scope, gone).await, Err(PostError::NotFound(_))));
}

#[tokio::test]
async fn it_is_paused_resumed_and_stopped_and_its_template_is_no_post() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    let recurring = w.recur("Low tide", &[ann], daily(1, End::After(3))).await;
    let (id, template) = (recurring.id, recurring.template_post_id);
    assert_eq!(days(&recurring), ["2026-03-02", "2026-03-03", "2026-03-04"]);
    let planned = w.publishing.schedule(&w.scope, template, w.now() + DAY).await;
    assert!(matches!(planned, Err(PostError::IsTemplate)), "{planned:?}");
    let deleted = w.publishing.delete_post(&w.scope, template).await;
    assert!(matches!(deleted, Err(PostError::IsTemplate)), "{deleted:?}");
    let twice = w.publishing.create_recurring(&w.scope, template, daily(1, End::Never)).await;
    assert!(matches!(twice, Err(RecurringError::Post(PostError::IsTemplate))), "{twice:?}");

    w.pass(DAY).await;
    let paused = w.publishing.set_recurring_state(&w.scope, id, RecurringState::Paused).await.expect("paused");
    assert_eq!(days(&paused), ["2026-03-02"], "what is out stays");
    w.pass(DAY).await;
    let resumed = w.publishing.set_recurring_state(&w.scope, id, RecurringState::Active).await.expect("resumed");
    assert_eq!(
        days(&resumed),
        ["2026-03-02", "2026-03-04"],
        "the day in the pause is over; days are counted by the rule"
    );
    let stopped = w.publishing.set_recurring_state(&w.scope, id, RecurringState::Stopped).await.expect("stopped");
    assert_eq!(days(&stopped), ["2026-03-02"]);
    let again = w.publishing.set_recurring_state(&w.scope, id, RecurringState::Active).await;
    assert!(matches!(again, Err(RecurringError::Stopped)), "{again:?}");
    w.publishing.delete_post(&w.scope, template).await.expect("it is a draft like any other now");
    let gone = w.publishing.recurring(&w.scope, id).await;
    assert!(matches!(gone, Err(RecurringError::NotFound(missing)) if missing == id));
    let audited = "select count(*) from governance.audit_logs where resource = 'publishing.recurring_posts'";
    assert_eq!(w.number(audited).await, 4);
}

#[tokio::test]
async fn the_cool_down_leaves_days_out_and_says_so() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    // Somebody said the same by hand, for the 9th.
    w.post("low  TIDE", &[ann], Schedule::At(w.now() + DAY * 7)).await;
    let rule = Rule { cool_down_days: 4, ..daily(2, End::Never) };
    let recurring = w.recur("Low tide", &[ann], rule).await;
    assert_eq!(days(&recurring), ["2026-03-02", "2026-03-14"]);
    let left_out: Vec<&Occurrence> =
        recurring.occurrences.iter().filter(|o| o.state == Some(OccurrenceState::CoolingDown)).collect();
    assert_eq!(left_out.len(), 6);
    assert!(left_out.iter().all(|o| o.message.as_deref().is_some_and(|m| m.contains("cool-down"))));
    assert!(recurring.warning.is_some(), "four days are fewer than thirty");
}

#[tokio::test]
async fn each_post_asks_for_the_approval_that_the_organization_demands() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    w.force("update identity.organizations set review_required = true").await;
    let recurring = w.recur("Low tide", &[ann], daily(7, End::Never)).await;
    let posts = made(&recurring);
    assert_eq!(posts.len(), 3);
    for (_, id) in &posts {
        let post = w.publishing.get(&w.scope, *id).await.expect("there").post;
        assert_eq!(post.editorial_state, EditorialState::PendingReview);
    }
    w.publishing.approve(&w.scope, posts[1].1).await.expect("approved");
    w.pass(DAY * 8).await;
    let states = async |n: usize| w.publishing.get(&w.scope, posts[n].1).await.expect("there").publications[0].status;
    assert_ne!(states(0).await, PublicationStatus::Published, "nobody approved it");
    assert_eq!(states(1).await, PublicationStatus::Published);
    // An edit of the template voids what was approved of what waits: it is another post.
    w.rewrite(recurring.template_post_id, "High tide").await;
    let last = made(&w.look(recurring.id).await).into_iter().find(|(day, _)| day == "2026-03-16").expect("made").1;
    assert_ne!(last, posts[2].1);
    let post = w.publishing.get(&w.scope, last).await.expect("there").post;
    assert_eq!((post.editorial_state, post.content.as_str()), (EditorialState::PendingReview, "High tide"));
}

#[tokio::test]
async fn what_cannot_be_planned_says_why_and_is_tried_again() {
    let w = World::new().await;
    let ann = w.account("ann").await;
    let recurring = w.recur(&"tide ".repeat(2_000), &[ann.id], daily(7, End::Never)).await;
    assert_eq!(made(&recurring), []);
    let refused: Vec<_> = recurring.occurrences.iter().filter(|o| o.state == Some(OccurrenceState::Refused)).collect();
    assert_eq!(refused.len(), 3);
    assert!(refused[0].message.as_deref().is_some_and(|m| !m.is_empty()));
    w.rewrite(recurring.template_post_id, "tide").await;
    assert_eq!(made(&w.look(recurring.id).await).len(), 3);

    // A post that is out already is copied, and stays as it is.
    let out = w.post("Ebb", &[ann.id], Schedule::Now).await;
    w.run().await;
    let of_out = w.publishing.create_recurring(&w.scope, out.post.id, daily(7, End::After(1))).await.expect("made");
    assert_ne!(of_out.template_post_id, out.post.id);
    let nobody =
        w.publishing.create_recurring(&w.scope, PostId::from_uuid(Uuid::from_u128(9)), daily(1, End::Never)).await;
    assert!(matches!(nobody, Err(RecurringError::Post(PostError::NotFound(_)))), "{nobody:?}");
    let stranger = w.test.organization().await.scope;
    assert_eq!(w.publishing.recurring_posts(&stranger).await.expect("read"), []);
}
