//! The queue: slots of the week, taken by one post each.

use rookery_kernel::{AccountId, Timestamp, Zone};
use rookery_publishing::{PostDetail, PostError, Schedule, SlotChange, SlotsError, WeeklyTime};
use uuid::Uuid;

use crate::world::World;

fn times(days: &[u8], clock: &str) -> Vec<WeeklyTime> {
    days.iter().map(|day| WeeklyTime::read(*day, clock).expect("a time")).collect()
}

fn planned(detail: &PostDetail) -> Vec<String> {
    detail.publications.iter().filter_map(|p| p.scheduled_for).map(|at| at.to_string()).collect()
}

impl World {
    async fn add_slots(&self, account: AccountId, days: &[u8], clock: &str) {
        let change = SlotChange::Add(times(days, clock));
        self.publishing.change_posting_slots(&self.scope, account, change).await.expect("added");
    }

    async fn queue(&self, text: &str, accounts: &[AccountId]) -> Result<PostDetail, PostError> {
        let post = self.post(text, accounts, Schedule::Draft).await;
        self.publishing.add_to_queue(&self.scope, post.post.id).await
    }
}

/// The clock stands on Monday 2026-03-02, 09:00 UTC, 10:00 where the organization is if that is Berlin.
async fn in_berlin(w: &World) {
    w.force("update identity.organizations set timezone = 'Europe/Berlin'").await;
}

#[tokio::test]
async fn each_account_takes_its_own_next_free_slot() {
    let w = World::new().await;
    in_berlin(&w).await;
    let (ann, bob) = (w.account("ann").await.id, w.other_account("bob").await.id);
    w.add_slots(ann, &[1, 2], "10:03").await;
    w.add_slots(ann, &[1], "10:05").await;
    w.add_slots(bob, &[3], "18:00").await;
    // 10:03 and 10:05 are too soon to read it over.
    let first = w.queue("one", &[ann, bob]).await.expect("queued");
    assert_eq!(planned(&first), ["2026-03-03T09:03:00Z", "2026-03-04T17:00:00Z"]);
    let second = w.queue("two", &[ann]).await.expect("queued");
    assert_eq!(planned(&second), ["2026-03-09T09:03:00Z"]);
    // A slot two minutes beside a planned post is taken.
    let third = w.queue("three", &[ann]).await.expect("queued");
    assert_eq!(planned(&third), ["2026-03-10T09:03:00Z"]);
    // What the whole post suits is offered, too.
    let zone: Zone = "Europe/Berlin".parse().expect("known");
    let offered = w.publishing.next_free_slot(&w.scope, &[bob], &zone, w.now()).await.expect("read");
    assert_eq!(offered.map(|slot| slot.at.to_string()).as_deref(), Some("2026-03-11T17:00:00Z"));
}

#[tokio::test]
async fn clocks_that_jump_move_a_slot_and_clocks_that_go_back_take_the_first() {
    let w = World::new().await;
    in_berlin(&w).await;
    let ann = w.account("ann").await.id;
    w.add_slots(ann, &[0], "02:30").await;
    for (day, expected) in [
        ("2026-03-23T00:00:00Z", "2026-03-29T01:00:00Z"),
        ("2026-03-30T00:00:00Z", "2026-04-05T00:30:00Z"),
        ("2026-10-20T00:00:00Z", "2026-10-25T00:30:00Z"),
    ] {
        w.clock.set(day.parse::<Timestamp>().expect("a time"));
        let queued = w.queue(day, &[ann]).await.expect("queued");
        assert_eq!(planned(&queued), [expected]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slot_that_many_want_at_once_goes_to_one() {
    let w = World::new().await;
    let (ann, bob) = (w.account("ann").await.id, w.other_account("bob").await.id);
    w.add_slots(ann, &[0, 1, 2, 3, 4, 5, 6], "12:00").await;
    w.add_slots(bob, &[0, 1, 2, 3, 4, 5, 6], "12:00").await;
    let mut drafts = Vec::new();
    for n in 0..8 {
        // In both orders, so that locks taken in no order would meet crosswise.
        let accounts = if n % 2 == 0 { [ann, bob] } else { [bob, ann] };
        drafts.push(w.post(&format!("post {n}"), &accounts, Schedule::Draft).await.post.id);
    }
    let tasks: Vec<_> = drafts
        .into_iter()
        .map(|id| {
            let (publishing, scope) = (w.another().publishing, w.scope.clone());
            tokio::spawn(async move { publishing.add_to_queue(&scope, id).await })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(planned(&task.await.expect("no panic").expect("queued")));
    }
    taken.sort();
    let expected: Vec<_> = (2..10)
        .flat_map(|day| [format!("2026-03-{day:02}T12:00:00Z"), format!("2026-03-{day:02}T12:00:00Z")])
        .collect();
    assert_eq!(taken, expected, "every slot once per account");
}

#[tokio::test]
async fn a_paused_queue_takes_nothing_and_an_account_without_slots_takes_a_good_hour() {
    let w = World::new().await;
    let (ann, bob) = (w.account("ann").await.id, w.other_account("bob").await.id);
    w.add_slots(ann, &[2], "12:00").await;
    w.publishing.change_posting_slots(&w.scope, ann, SlotChange::Pause).await.expect("paused");
    let refused = w.queue("one", &[ann]).await;
    assert!(matches!(refused, Err(PostError::QueuePaused(id)) if id == ann), "{refused:?}");
    let usual = w.queue("two", &[bob]).await.expect("queued");
    assert_eq!(planned(&usual), ["2026-03-02T11:00:00Z"], "Facebook from eleven");
    w.publishing.change_posting_slots(&w.scope, ann, SlotChange::Resume).await.expect("resumed");
    assert_eq!(planned(&w.queue("three", &[ann]).await.expect("queued")), ["2026-03-03T12:00:00Z"]);
    let audited = "select count(*) from governance.audit_logs where resource = 'publishing.posting_slots'";
    assert_eq!(w.number(audited).await, 3);
}

#[tokio::test]
async fn a_queue_that_is_full_says_so_and_slots_are_of_our_own_accounts() {
    let w = World::new().await;
    let ann = w.account("ann").await.id;
    w.add_slots(ann, &[1], "12:00").await;
    // Nine Mondays lie within 60 days.
    for n in 0..9 {
        w.queue(&format!("post {n}"), &[ann]).await.expect("queued");
    }
    let full = w.queue("one more", &[ann]).await;
    assert!(matches!(full, Err(PostError::QueueFull(id)) if id == ann), "{full:?}");
    let nobody = AccountId::from_uuid(Uuid::from_u128(9));
    let foreign = w.publishing.change_posting_slots(&w.scope, nobody, SlotChange::Pause).await;
    assert!(matches!(foreign, Err(SlotsError::AccountNotFound(id)) if id == nobody), "{foreign:?}");
}
