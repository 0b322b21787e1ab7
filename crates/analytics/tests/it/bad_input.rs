//! What arrives otherwise than it should: handled, counted, and told with the run.

use std::time::Duration;

use rookery_analytics::{
    IngestKind, IngestStatus, IngestTrigger, Oddities, Oddity, RunReport, TrackingHealth, Verdict,
};
use rookery_kernel::{AccountId, Limit, Platform};
use rookery_platforms::{ContentMetrics, ErrorType, OddField, OddItem, OddKind};

use crate::net::{Net, Paging, error, item, numbers};
use crate::world::{World, at};

fn odd(report: &RunReport, kind: IngestKind) -> &Oddities {
    &report.step(kind).expect("a step").odd
}

fn names(odd: &Oddities, wanted: Oddity) -> Vec<(String, u32)> {
    let of = odd.iter().filter(|(oddity, _)| *oddity == wanted);
    of.flat_map(|(_, names)| names.iter().map(|(name, n)| (name.clone(), *n))).collect()
}

fn named(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
    pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

/// What the diary keeps of a step.
async fn kept(world: &World, kind: IngestKind) -> Oddities {
    let runs = world.analytics.runs(&world.scope(), None, Limit::new(20)).await.expect("read").items;
    runs.into_iter().find(|run| run.kind == kind).expect("a run").oddities
}

async fn furnished() -> (World, AccountId) {
    let world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..4 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 2));
    }
    (world, ann)
}

#[tokio::test]
async fn numbers_that_are_none_are_unknown_and_counted_by_name() {
    let (mut world, ann) = furnished().await;
    let text = OddField { name: "favourites_count".to_owned(), kind: OddKind::Text };
    let unreadable = OddField { name: "reach".to_owned(), kind: OddKind::Unreadable };
    world.net.set_numbers("ann", "p1", ContentMetrics { comments: Some(-4), ..numbers(10, 1, 0, 2) });
    world.net.set_numbers("ann", "p2", ContentMetrics { reach: None, odd: vec![unreadable], ..numbers(0, 1, 0, 2) });
    world.net.set_numbers("ann", "p3", ContentMetrics { views: Some(5), odd: vec![text], ..numbers(10, 1, 0, 2) });
    world.net.page("ann", |page| page.followers = Some(-1));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!((report.status(), &report.verdict), (IngestStatus::Success, &Verdict::Done), "nothing failed");
    let rows = world.rows(ann).await;
    let stored: Vec<_> = rows.iter().map(|r| (r.reach, r.comments, r.views)).collect();
    let usual = (Some(10), Some(0), None);
    assert_eq!(stored, [usual, (Some(10), None, None), (None, Some(0), None), (Some(10), Some(0), Some(5))]);

    let of = odd(&report, IngestKind::Metrics);
    assert_eq!(names(of, Oddity::Impossible), named(&[("comments", 1)]));
    assert_eq!(names(of, Oddity::Unreadable), named(&[("reach", 1)]));
    assert_eq!(names(of, Oddity::Text), named(&[("favourites_count", 1)]));
    assert_eq!(names(of, Oddity::Absent), named(&[("views", 2)]), "where another item has them");
    assert_eq!(names(odd(&report, IngestKind::Account), Oddity::Impossible), named(&[("followers", 1)]));
    assert_eq!(&kept(&world, IngestKind::Metrics).await, of, "the diary has the same");

    // What the account had all the time and has no more is missed even if no item has it.
    for n in 0..4 {
        world.net.set_numbers("ann", &format!("p{n}"), ContentMetrics { shares: None, ..numbers(11, 2, 0, 0) });
    }
    let report = world.night_after(ann, "2026-03-10").await;
    assert_eq!(names(odd(&report, IngestKind::Metrics), Oddity::Absent), named(&[("shares", 4), ("views", 4)]));
}

#[tokio::test]
async fn listings_with_empty_pages_and_second_ids_are_read_whole_and_counted() {
    let (mut world, ann) = furnished().await;
    world.net.page("ann", |page| {
        page.paging = Paging::Detour;
        page.items[0].external_parent_id = Some("video".to_owned());
        page.items.push(item("video", at("2026-03-09T10:00:00Z")));
        let again = page.items[1].clone();
        page.items.push(again);
    });
    let report = world.ingest(ann, "2026-03-09").await;
    let content = report.step(IngestKind::Content).expect("a step");
    assert_eq!((content.status, content.items_total, content.api_calls), (IngestStatus::Success, 4, 2));
    assert_eq!((content.odd.count(Oddity::Twice), content.odd.count(Oddity::EmptyPage)), (2, 1));
    assert_eq!(kept(&world, IngestKind::Content).await, content.odd);
    assert_eq!(world.rows(ann).await.len(), 4);
}

#[tokio::test]
async fn items_without_a_readable_id_or_time_are_left_out_and_counted() {
    let (mut world, ann) = furnished().await;
    world.net.page("ann", |page| {
        page.paging = Paging::Detour;
        page.odd = vec![OddItem::NoTime, OddItem::NoId, OddItem::NoTime];
        // What is left of this id, once stored, is nothing.
        page.items.push(item("\0 ", at("2026-03-09T10:00:00Z")));
    });
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!((report.status(), &report.verdict), (IngestStatus::Success, &Verdict::Done), "nothing failed");
    let content = report.step(IngestKind::Content).expect("a step");
    assert_eq!((content.items_total, content.items_ok, content.items_failed), (4, 4, 0));
    assert_eq!(names(&content.odd, Oddity::UnreadableItem), named(&[("id", 3), ("time", 4)]), "on two pages");
    assert_eq!(content.odd.count(Oddity::EmptyPage), 0, "a page of such items is not empty");
    assert_eq!(kept(&world, IngestKind::Content).await, content.odd);
    assert_eq!(world.rows(ann).await.len(), 4, "the others are kept");
}

#[tokio::test]
async fn days_that_end_elsewhere_stand_under_the_networks_days_and_are_told() {
    let mut net = Net::new(Platform::Facebook);
    (net.past_days, net.day_zone) = (true, "America/Los_Angeles");
    let mut world = World::with(net).await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| (page.followers, page.stray_day) = (Some(100), true));
    let report = world.ingest(ann, "2026-03-09").await;
    let of = odd(&report, IngestKind::Account);
    assert_eq!(names(of, Oddity::OtherZone), named(&[("America/Los_Angeles", 5)]));
    assert_eq!(of.count(Oddity::StrayDay), 1, "the day after was not asked for");
    let days = "select string_agg(date || case when is_partial then ' partial' else '' end, ', ' order by date)
                from analytics.account_daily_metrics where integration_id = $1";
    // At two o'clock in London the ninth is not over in California.
    let expected = "2026-03-06, 2026-03-07, 2026-03-08, 2026-03-09 partial";
    assert_eq!(world.value::<String>(days, ann).await, expected);
}

#[tokio::test]
async fn an_account_that_vanished_is_told_and_its_items_are_not_taken_for_deleted() {
    let (mut world, ann) = furnished().await;
    world.ingest(ann, "2026-03-09").await;
    world.net.page("ann", |page| {
        page.listing = Some(error(ErrorType::NotFound));
        page.numbers.clear();
        page.asked.clear();
    });
    let report = world.night_after(ann, "2026-03-10").await;
    assert_eq!(report.status(), IngestStatus::Failed);
    let Verdict::GiveUp { kind: ErrorType::NotFound, reason, alarm: false } = &report.verdict else {
        panic!("{:?}", report.verdict)
    };
    assert!(reason.starts_with("the network does not know this account any more"), "{reason}");
    assert!(world.net.page("ann", |page| page.asked.is_empty()), "its items are not asked for one by one");
    let gone = "select count(*) from analytics.content where integration_id = $1 and is_deleted_on_platform";
    assert_eq!(world.value::<i64>(gone, ann).await, 0);
    let summary = world.analytics.account_summary(&world.scope()).await.expect("read").remove(0);
    assert_eq!(summary.health, TrackingHealth::Degraded);

    // It is asked for again the next night, and is back.
    world.net.page("ann", |page| page.listing = None);
    for n in 0..4 {
        world.net.set_numbers("ann", &format!("p{n}"), numbers(20, 1, 0, 2));
    }
    let report = world.night_after(ann, "2026-03-11").await;
    assert_eq!((report.status(), &report.verdict), (IngestStatus::Success, &Verdict::Done));
}

#[tokio::test]
async fn a_runs_page_has_all_steps_of_one_way_through_the_day() {
    let (world, ann) = furnished().await;
    let first = world.ingest(ann, "2026-03-09").await;
    world.clock.advance(Duration::from_secs(60));
    let second = world.ingest_as(ann, "2026-03-09", IngestTrigger::Retry).await;
    for report in [&first, &second] {
        let mut wanted: Vec<_> = report.steps.iter().map(|step| step.run_id).collect();
        wanted.sort_unstable();
        for step in &report.steps {
            let steps = world.analytics.run_steps(&world.scope(), step.run_id).await.expect("there");
            let mut found: Vec<_> = steps.iter().map(|run| run.id).collect();
            found.sort_unstable();
            assert_eq!(found, wanted, "from {}", step.kind);
            assert_eq!(steps[0].kind, IngestKind::Content);
        }
    }
    let (stranger, id) = (world.db.organization().await, first.steps[0].run_id);
    assert!(world.analytics.run_steps(&stranger.scope, id).await.is_err());
}
