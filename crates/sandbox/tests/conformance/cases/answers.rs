//! Answers that look like something else.

use rookery_platforms::ErrorType;
use rookery_sandbox::{Effect, Endpoint, Garbling};
use serde_json::{Value, json};

use super::Verdict;
use crate::house::{House, at};
use crate::networks::Line;

const WORDS: &str = "Post 190 of 429 (#368) says 401: invalid_token, 503";

pub async fn number_like_a_code(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    // No network's shape: only the status may decide.
    let body = json!({ "message": WORDS, "detail": WORDS, "reason": WORDS });
    house.fault_always(Endpoint::Publish, Effect::Status { code: 400, body });
    let failure = house.send(&house.plain(WORDS)).await.expect_err("refused");
    assert_eq!(failure.error.kind, ErrorType::BadRequest, "{:?}", failure.error);
    assert!(house.hits() > 0 && !failure.error.is_doubtful(), "{:?}", failure.error);
    Verdict::Passed
}

pub async fn success_with_an_error(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let sent = house.send(&house.plain("A post")).await.expect("it goes out");
    let body = json!({
        "error": { "code": "spam_risk", "message": "not today", "errors": [] },
        "errors": [{ "message": "not today", "title": "Not today", "type": "about:blank" }],
        "message": "not today",
    });
    let spoil = |endpoint| house.fault_always(endpoint, Effect::Status { code: 200, body: body.clone() });
    spoil(Endpoint::Publish);
    house.send(&house.plain("Another")).await.expect_err("a success that says error is none");
    house.control.clear_faults();
    spoil(Endpoint::Any);
    let listed = house.connector.list_content(&house.access, at("2026-01-01T00:00:00Z"), None, None).await;
    assert!(listed.is_err(), "no empty listing: {listed:?}");
    let ids = [sent.external_id];
    if let Ok(batch) = house.connector.content_metrics(&house.access, &ids, house.today()).await {
        assert_eq!((batch.rows.len(), batch.failures.len()), (0, 1), "no empty row: {batch:?}");
    }
    house.connector.check(&house.access).await.expect_err("no empty profile");
    Verdict::Passed
}

pub async fn html(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let body = Value::String("<!doctype html><title>502 Bad gateway</title>".to_owned());
    house.fault_always(Endpoint::Publish, Effect::Status { code: 502, body });
    let failure = house.send(&house.plain("Hello?")).await.expect_err("a proxy answered");
    assert_eq!(failure.error.kind, ErrorType::Transient, "{:?}", failure.error);
    assert!(failure.error.is_doubtful() && house.hits() == 1, "{:?}", failure.error);
    house.control.clear_faults();
    house.fault_always(Endpoint::Any, Effect::Malformed { garbling: Garbling::Html });
    let listed = house.connector.list_content(&house.access, at("2026-01-01T00:00:00Z"), None, None).await;
    let error = listed.expect_err("a page for people is no empty listing");
    assert_eq!(error.kind, ErrorType::Unknown, "{error:?}");
    Verdict::Passed
}
