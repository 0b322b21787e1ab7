//! The calendar: filters, what is late, clashes, days without a post, and moving one publication.

use rookery_kernel::{PublicationId, Zone};
use rookery_publishing::{
    CalendarFilter, CalendarState, CalendarView, ClashKind, Composition, NewPost, PostError, PublicationStatus,
    Schedule,
};
use uuid::Uuid;

use crate::world::{World, mins};

/// The first week of March 2026; the clock stands on Monday the 2nd, 09:00 UTC.
async fn week(w: &World, filter: CalendarFilter) -> CalendarView {
    let day = |text: &str| text.parse().expect("a date");
    let days = (day("2026-03-02"), day("2026-03-08"));
    w.publishing.calendar_view(&w.scope, days, &Zone::utc(), &filter).await.expect("read")
}

#[tokio::test]
async fn one_publication_moves_and_the_others_of_its_post_stay() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.account("bob").await);
    let (noon, later) = (w.now() + mins(180), w.now() + mins(60 * 24));
    let post = w.post("hi", &[a.id, b.id], Schedule::At(noon)).await;
    let moved = w.publishing.move_publication(&w.scope, post.publications[1].id, later).await.expect("moved");
    let times: Vec<_> = moved.publications.iter().map(|p| p.scheduled_for).collect();
    assert_eq!(times, [Some(noon), Some(later)]);
    w.pass(mins(181)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published, PublicationStatus::Scheduled]);
    let out = w.publishing.move_publication(&w.scope, post.publications[0].id, later).await;
    assert!(matches!(out, Err(PostError::NotAllowed(e)) if e.status == PublicationStatus::Published), "{out:?}");
    let past = w.publishing.move_publication(&w.scope, post.publications[1].id, w.now() - mins(60)).await;
    assert!(matches!(past, Err(PostError::Invalid(_))), "{past:?}");
    let nobody = PublicationId::from_uuid(Uuid::from_u128(9));
    let missing = w.publishing.move_publication(&w.scope, nobody, later).await;
    assert!(matches!(missing, Err(PostError::PublicationNotFound(id)) if id == nobody));
}

#[tokio::test]
async fn filters_narrow_the_entries_and_never_the_clashes() {
    let w = World::new().await;
    let (a, b) = (w.account("ann").await, w.other_account("bob").await);
    let composition = Composition { labels: vec!["spring".to_owned()], ..Composition::default() };
    let new = NewPost {
        content: "We open the doors at nine".to_owned(),
        title: None,
        account_ids: vec![a.id],
        schedule: Schedule::At(w.now() + mins(120)),
        timezone: Zone::utc(),
        composition,
    };
    let spring = w.publishing.create_post(&w.scope, new).await.expect("made");
    let other = w.post("We open the doors at ten", &[b.id], Schedule::At(w.now() + mins(240))).await;
    w.publishing
        .cancel(&w.scope, w.post("Off", &[b.id], Schedule::At(w.now() + mins(300))).await.post.id)
        .await
        .expect("off");

    let all = week(&w, CalendarFilter::default()).await;
    assert_eq!((all.entries.len(), all.labels.as_slice(), all.is_cut), (3, ["spring".to_owned()].as_slice(), false));
    let clash = &all.clashes[0];
    assert_eq!((all.clashes.len(), clash.kind, clash.publication_ids.len()), (1, ClashKind::SameWords, 2));
    let ids = |view: &CalendarView| view.entries.iter().map(|e| e.post_id).collect::<Vec<_>>();
    for filter in [
        CalendarFilter { account_id: Some(a.id), ..CalendarFilter::default() },
        CalendarFilter { platform: Some(a.platform), ..CalendarFilter::default() },
        CalendarFilter { label: Some("spring".to_owned()), ..CalendarFilter::default() },
    ] {
        let view = week(&w, filter).await;
        assert_eq!((ids(&view), &view.clashes), (vec![spring.post.id], &all.clashes));
    }
    let planned = CalendarFilter { state: Some(CalendarState::Planned), ..CalendarFilter::default() };
    assert_eq!(ids(&week(&w, planned).await), [spring.post.id, other.post.id]);
    let cancelled = CalendarFilter { state: Some(CalendarState::Cancelled), ..CalendarFilter::default() };
    assert_eq!(week(&w, cancelled).await.entries.len(), 1);
    let nothing = CalendarFilter { label: Some("Spring".to_owned()), ..CalendarFilter::default() };
    assert_eq!(ids(&week(&w, nothing).await), []);
}

#[tokio::test]
async fn what_should_have_begun_is_late_and_a_broken_habit_is_a_hole() {
    let w = World::new().await;
    let a = w.account("ann").await;
    // Out on a Monday; a week later nothing is planned for that day.
    w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    w.clock.set(w.now() + mins(60 * 24 * 7));
    let days = ("2026-03-09".parse().expect("a date"), "2026-03-22".parse().expect("a date"));
    let holes =
        w.publishing.calendar_view(&w.scope, days, &Zone::utc(), &CalendarFilter::default()).await.expect("read").holes;
    let named: Vec<_> = holes.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["2026-03-09", "2026-03-16"]);

    w.post("late", &[a.id], Schedule::At(w.now() + mins(1))).await;
    let late = CalendarFilter { state: Some(CalendarState::Late), ..CalendarFilter::default() };
    let count =
        async || w.publishing.calendar_view(&w.scope, days, &Zone::utc(), &late).await.expect("read").entries.len();
    w.clock.set(w.now() + mins(6));
    assert_eq!(count().await, 0, "five minutes are borne");
    w.clock.set(w.now() + mins(1));
    assert_eq!(count().await, 1);
}
