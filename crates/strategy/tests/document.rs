//! STR-5: broken documents and what is said of each; small slips and how they are put right.

use proptest::prelude::*;
use rookery_strategy::StrategyDocument;
use serde_json::{Value, json};

fn good() -> Value {
    let week = |no: u8| {
        json!({"week": no, "theme": "Rain", "entries": [
            {"day": 2, "platform": "linkedin", "pillar_key": "teach", "format": "post", "idea": "Paper that holds"}]})
    };
    json!({
        "positioning": {
            "brief": "Maps for people who work outside.",
            "unique_value_proposition": "They hold up in rain.",
            "messaging_hierarchy": {"primary": "Made for weather", "supporting": [], "proof_points": []},
            "key_differentiators": ["paper"],
            "value_props": ["less walking back"]
        },
        "audience_segments": [
            {"key": "rangers", "name": "Rangers", "share_percent": 60, "priority": "high"},
            {"key": "guides", "name": "Guides", "share_percent": 40, "priority": "low"}
        ],
        "content_pillars": [
            {"key": "teach", "name": "Teach", "percentage": 40},
            {"key": "show", "name": "Show", "percentage": 35},
            {"key": "tell", "name": "Tell", "percentage": 25}
        ],
        "channel_plan": [
            {"platform": "linkedin", "tier": "primary", "posts_per_week": 7, "formats": ["post"],
             "best_windows": [{"days": [1, 2], "start": "08:00", "end": "10:30"}]},
            {"platform": "x", "tier": "secondary", "posts_per_week": 14}
        ],
        "cadence": {"timezone": "Europe/Berlin", "per_week_total": 21, "by_platform": {"linkedin": 7, "twitter": 14}},
        "calendar_skeleton": {"horizon_days": 90, "weeks": (1..=13).map(week).collect::<Vec<_>>()}
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut document = good();
    *document.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
    document
}

fn check(document: &Value) -> Result<rookery_strategy::Checked, Vec<(&'static str, &'static str)>> {
    StrategyDocument::read(document).map_err(|found| found.into_iter().map(|f| (f.field, f.code)).collect())
}

#[test]
fn a_good_document_passes_untouched() {
    let checked = check(&good()).expect("good");
    assert_eq!(checked.repairs, Vec::<String>::new());
}

#[test]
fn slips_are_repaired_and_told() {
    let checked = check(&with("/cadence/per_week_total", json!(24))).expect("a slip");
    assert_eq!(checked.repairs.len(), 1);
    assert!((checked.document.cadence.per_week_total - 21.0).abs() < f64::EPSILON);

    let checked = check(&with("/content_pillars/0/percentage", json!(45))).expect("a slip");
    let sum: f64 = checked.document.content_pillars.iter().filter_map(|p| p.percentage).sum();
    assert!((sum - 100.0).abs() < 1e-9 && checked.repairs.len() == 1);

    let pillars = json!([{"key": "teach", "name": "A"}, {"key": "b", "name": "B"}, {"key": "c", "name": "C"}, {"key": "d", "name": "D"}]);
    let checked = check(&with("/content_pillars", pillars)).expect("an even split");
    assert!(checked.document.content_pillars.iter().all(|p| p.percentage == Some(25.0)));
}

#[test]
fn broken_documents_are_named() {
    let long = "x".repeat(2_001);
    let weeks = |n: u8| json!((1..=n).map(|week| json!({"week": week})).collect::<Vec<_>>());
    let broken: Vec<(&str, Value, (&str, &str))> = vec![
        ("/positioning/brief", json!(" "), ("positioning", "required")),
        ("/positioning/brief", json!(long), ("positioning", "too_long")),
        ("/positioning/unique_value_proposition", json!(""), ("positioning", "required")),
        ("/positioning/key_differentiators", json!([]), ("positioning", "count")),
        ("/positioning/key_differentiators", json!(["a", "b", "c", "d", "e", "f", "g", "h"]), ("positioning", "count")),
        ("/audience_segments", json!([]), ("audience_segments", "count")),
        ("/audience_segments/1/key", json!("rangers"), ("audience_segments", "duplicate")),
        ("/audience_segments/0/key", json!(""), ("audience_segments", "required")),
        ("/audience_segments/0/share_percent", json!(120), ("audience_segments", "range")),
        ("/audience_segments/0/share_percent", json!(70), ("audience_segments", "sum")),
        ("/content_pillars/0/percentage", json!(90), ("content_pillars", "sum")),
        ("/content_pillars/0/percentage", json!(null), ("content_pillars", "range")),
        ("/content_pillars/1/key", json!("tell"), ("content_pillars", "duplicate")),
        ("/channel_plan/1/platform", json!("linkedin"), ("channel_plan", "duplicate")),
        ("/channel_plan/0/posts_per_week", json!(-1), ("channel_plan", "range")),
        ("/channel_plan/0/formats", json!(["essay"]), ("document", "structure")),
        ("/channel_plan/0/best_windows/0/end", json!("07:00"), ("channel_plan", "window")),
        ("/channel_plan/0/best_windows/0/days", json!([8]), ("channel_plan", "window")),
        ("/cadence/by_platform", json!({"reddit": 3}), ("cadence", "unknown_platform")),
        ("/calendar_skeleton/horizon_days", json!(60), ("calendar_skeleton", "range")),
        ("/calendar_skeleton/weeks", weeks(12), ("calendar_skeleton", "count")),
        ("/calendar_skeleton/weeks/0/entries/0/pillar_key", json!("none"), ("calendar_skeleton", "unknown_pillar")),
        ("/calendar_skeleton/weeks/0/entries/0/platform", json!("reddit"), ("calendar_skeleton", "unknown_platform")),
        ("/calendar_skeleton/weeks/0/entries/0/day", json!(0), ("calendar_skeleton", "range")),
        ("/calendar_skeleton/weeks", json!("later"), ("document", "structure")),
    ];
    for (path, value, expected) in broken {
        let found = check(&with(path, value.clone())).expect_err(path);
        assert!(found.contains(&expected), "{path} = {value}: {found:?}");
    }
}

#[test]
fn everything_is_found_at_once() {
    let mut document = good();
    document["positioning"]["brief"] = json!("");
    document["audience_segments"] = json!([]);
    document["calendar_skeleton"]["weeks"] = json!([]);
    let found = check(&document).expect_err("broken");
    assert_eq!(found, [("positioning", "required"), ("audience_segments", "count"), ("calendar_skeleton", "count")]);
}

proptest! {
    /// Whatever the numbers, what passes adds up.
    #[test]
    fn what_passes_adds_up(shares in proptest::collection::vec(-10.0_f64..120.0, 3..7), posts in -5.0_f64..50.0) {
        let pillars: Vec<_> = shares.iter().enumerate()
            .map(|(n, share)| json!({"key": if n == 0 { "teach".to_owned() } else { format!("p{n}") }, "name": "P", "percentage": share}))
            .collect();
        let mut document = with("/content_pillars", json!(pillars));
        document["cadence"]["by_platform"]["linkedin"] = json!(posts);
        if let Ok(checked) = check(&document) {
            let sum: f64 = checked.document.content_pillars.iter().filter_map(|p| p.percentage).sum();
            prop_assert!((sum - 100.0).abs() <= 1.0);
            let total: f64 = checked.document.cadence.by_platform.values().sum();
            prop_assert!((total - checked.document.cadence.per_week_total).abs() < 1e-9);
            prop_assert!(posts >= 0.0);
        }
    }
}
