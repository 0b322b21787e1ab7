//! Storing by the rules, whatever comes in whatever order.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{IngestKind, IngestStatus, Oddity};
use rookery_platforms::{Basis, ContentMetrics};
use std::time::Duration;

use crate::net::{item, numbers};
use crate::world::{World, at};

fn reading() -> impl Strategy<Value = ContentMetrics> {
    let counter = || prop::option::weighted(0.6, prop_oneof![Just(0), 1_i64..1_000, Just(1_000_000_000_000_000)]);
    (counter(), counter(), counter(), counter(), counter(), counter()).prop_map(
        |(reach, impressions, views, reactions, comments, shares)| ContentMetrics {
            reach,
            impressions,
            views,
            reactions,
            comments,
            shares,
            ..ContentMetrics::default()
        },
    )
}

/// Any sequence of readings of one day ends as one row that holds, for each number, the newest
/// reading that had it; the last reading again changes nothing.
#[tokio::test]
async fn any_sequence_of_readings_is_folded_into_one_row() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let mut runner = TestRunner::deterministic();
    for case in 0..12 {
        let id = format!("p{case:02}");
        world.net.page("ann", |page| page.items = vec![item(&id, at("2026-03-09T10:00:00Z"))]);
        let readings = prop::collection::vec(reading(), 1..5).new_tree(&mut runner).expect("a sequence").current();
        let mut expected = ContentMetrics::default();
        for reading in readings {
            expected = ContentMetrics {
                reach: reading.reach.or(expected.reach),
                impressions: reading.impressions.or(expected.impressions),
                views: reading.views.or(expected.views),
                reactions: reading.reactions.or(expected.reactions),
                comments: reading.comments.or(expected.comments),
                shares: reading.shares.or(expected.shares),
                ..ContentMetrics::default()
            };
            world.net.set_numbers("ann", &id, reading);
            world.clock.advance(Duration::from_secs(60));
            assert_eq!(world.ingest(ann, "2026-03-09").await.status(), IngestStatus::Success);
        }
        let rows: Vec<_> = world.rows(ann).await.into_iter().filter(|row| row.external_content_id == id).collect();
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(
            (row.reach, row.impressions, row.views, row.reactions, row.comments, row.shares),
            (
                expected.reach,
                expected.impressions,
                expected.views,
                expected.reactions,
                expected.comments,
                expected.shares
            )
        );
        world.ingest(ann, "2026-03-09").await;
        let again: Vec<_> = world.rows(ann).await.into_iter().filter(|row| row.external_content_id == id).collect();
        assert_eq!(again, rows);
    }
}

#[tokio::test]
async fn an_older_reading_never_replaces_a_newer_one() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(100, 1, 0, 0));
    world.clock.set(at("2026-03-10T03:00:00Z"));
    world.ingest(ann, "2026-03-09").await;
    // A worker with a slow clock, or one that was stopped between reading and writing.
    world.clock.set(at("2026-03-10T02:00:00Z"));
    world.net.set_numbers("ann", "p1", numbers(90, 1, 0, 0));
    world.ingest(ann, "2026-03-09").await;
    assert_eq!(world.rows(ann).await[0].reach, Some(100));
}

#[tokio::test]
async fn a_lifetime_row_never_becomes_a_day_row() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(100, 1, 0, 0));
    world.net.post("ann", "p2", at("2026-03-09T11:00:00Z"), numbers(100, 1, 0, 0));
    world.ingest(ann, "2026-03-09").await;
    world.net.set_numbers("ann", "p1", ContentMetrics { basis: Basis::Day, ..numbers(5, 1, 0, 0) });
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Partial);
    assert_eq!(world.rows(ann).await[0].reach, Some(100));
    let kind: String =
        world.value("select error_type::text from analytics.ingest_errors where integration_id = $1", ann).await;
    assert_eq!(kind, "bad_request");
}

#[tokio::test]
async fn impossible_answers_are_stored_as_far_as_they_make_sense() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| {
        let mut odd = item("odd\0", at("2026-03-09T10:00:00Z"));
        odd.caption = Some(format!("a\0b {}", "x".repeat(70_000)));
        odd.raw = serde_json::json!({ "text": "a\u{0}b" });
        odd.duration_ms = Some(-5);
        page.items = vec![odd, item("", at("2026-03-09T10:00:00Z"))];
        let strange = ContentMetrics {
            external_id: "odd".to_owned(),
            reach: Some(-7),
            completion_rate: Some(7.5),
            extra: serde_json::json!("no object"),
            ..numbers(0, 3, 0, 0)
        };
        page.numbers.insert("odd".to_owned(), strange);
    });
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success, "what can be stored is stored");
    let odd = &report.step(IngestKind::Content).expect("a step").odd;
    assert_eq!(odd.count(Oddity::UnreadableItem), 1, "an item without a name is left out and counted");
    let rows = world.rows(ann).await;
    assert_eq!((rows.len(), rows[0].reach, rows[0].reactions), (1, None, Some(3)));
    let length: i32 = world.value("select length(caption) from analytics.content where integration_id = $1", ann).await;
    assert_eq!(length, 65_000);
}
