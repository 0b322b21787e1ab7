//! The calendar by the API and as pages without script.

use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use serde_json::{Value, json};

use crate::client::Client;
use crate::house::House;

/// A post of one account, planned for a local time; gives the publication.
async fn planned(client: &Client, account: &str, text: &str, local: &str) -> String {
    let body = json!({"content": text, "accountIds": [account], "schedule": {"kind": "at", "localTime": local}});
    client.post("/posts", &body).await.expect(201).at("/publications/0/id")
}

#[tokio::test]
async fn a_publication_moves_by_local_time_with_the_rules_of_summer_time() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (account, _) = house.connect(Platform::Mastodon, "ann").await;
    let id = planned(&owner, &account.id.to_string(), "Tide", "2026-03-03T09:00").await;
    let to = format!("/publications/{id}/move");
    let moved = owner.post(&to, &json!({"localTime": "2026-03-29T02:30"})).await.expect(200);
    assert_eq!(moved.at("/publications/0/scheduledFor"), "2026-03-29T01:00:00Z");
    assert_eq!(moved.at("/timeNote"), "skipped");
    let moved = owner.post(&to, &json!({"at": "2026-03-05T08:00:00Z", "wholePost": true})).await.expect(200);
    assert_eq!(moved.at("/scheduledAt"), "2026-03-05T08:00:00Z");
    owner.post(&to, &json!({})).await.refused(422, "invalid");
    owner.post(&to, &json!({"localTime": "2020-01-01T09:00"})).await.refused(422, "invalid");
    let (stranger, _) = house.stranger().await;
    stranger.post(&to, &json!({"localTime": "2026-03-06T09:00"})).await.refused(404, "not_found");
    let viewer = house.member(MemberRole::Viewer).await;
    viewer.post(&to, &json!({"localTime": "2026-03-06T09:00"})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_calendar_tells_clashes_and_takes_filters() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let (bob, _) = house.connect(Platform::Facebook, "bob").await;
    planned(&owner, &ann.id.to_string(), "One", "2026-03-03T09:00").await;
    planned(&owner, &ann.id.to_string(), "Two", "2026-03-03T09:04").await;
    planned(&owner, &bob.id.to_string(), "Three", "2026-03-03T11:00").await;
    let days = "/calendar?from=2026-03-03&to=2026-03-03";
    let all = owner.get(days).await.expect(200);
    assert_eq!((all.at("/0/clashes/0/code"), all.at("/1/clashes/0/code")), ("too_close".into(), "too_close".into()));
    let entries: Value = serde_json::from_str(&all.text).expect("JSON");
    assert_eq!((entries.as_array().map(Vec::len), &entries[2]["clashes"]), (Some(3), &json!([])));
    let only = |query: String| {
        let (owner, days) = (&owner, days);
        async move {
            let answer = owner.get(&format!("{days}&{query}")).await.expect(200);
            serde_json::from_str::<Vec<Value>>(&answer.text).expect("a list").len()
        }
    };
    assert_eq!(only(format!("integrationId={}", bob.id)).await, 1);
    assert_eq!(only("platform=mastodon&status=planned".to_owned()).await, 2);
    assert_eq!(only("status=failed".to_owned()).await, 0);
    assert_eq!(only("label=none".to_owned()).await, 0);
    owner.get(&format!("{days}&status=odd")).await.refused(422, "invalid");
}

#[tokio::test]
async fn every_view_works_without_script() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let id = planned(&owner, &ann.id.to_string(), "Low <tide>", "2026-03-03T09:00").await;
    for view in ["month", "week", "day", "list"] {
        let page = owner.page(&format!("/calendar?view={view}&date=2026-03-03")).await.expect(200);
        assert!(page.text.contains("Low &#60;tide&#62;"), "{view}: {}", page.text);
        let empty = owner.page(&format!("/calendar?view={view}&date=2026-09-03")).await.expect(200);
        assert!(empty.text.contains("Nothing planned in"), "{view}");
    }
    // The form of the list, as a browser without script sends it.
    let form = |at: &str| format!("publication={id}&at={at}&here=view%3Dlist%0d%0aX%3A1");
    let done = owner.form("/calendar/move", &form("2026-03-04T10%3A30")).await.expect(303);
    let to = done.header("location").expect("a way back");
    assert!(to.starts_with("/calendar?view=listX") && to.contains("done=Moved"), "{to}");
    let page = owner.page("/calendar?view=day&date=2026-03-04").await.expect(200);
    assert!(page.text.contains("10:30"), "{}", page.text);
    let refused = owner.form("/calendar/move", &form("2020-03-04T10%3A30")).await.expect(303);
    assert!(refused.header("location").is_some_and(|to| to.contains("failed=")));
    let viewer = house.member(MemberRole::Viewer).await;
    assert_eq!(viewer.form("/calendar/move", &form("2026-03-05T10%3A30")).await.status, 403);
    assert!(!viewer.page("/calendar?view=list&date=2026-03-03").await.expect(200).text.contains("/calendar/move"));
}
