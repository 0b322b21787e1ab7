//! The calendar by the API and as pages without script.

use icalendar::Component as _;
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
        assert!(empty.text.contains(if view == "day" { "Nothing planned on" } else { "Nothing planned in" }), "{view}");
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

/// The events of an iCalendar file, by somebody else's reading of RFC 5545.
fn events(file: &str) -> Vec<icalendar::Event> {
    assert!(file.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{file}");
    let calendar: icalendar::Calendar = file.parse().expect("a calendar");
    calendar.events().cloned().collect()
}

/// The address that the page shows once.
fn address(page: &str) -> String {
    let begin = page.find("/calendar/feed/").expect("an address");
    page[begin..].split('"').next().expect("its end").to_owned()
}

#[tokio::test]
async fn a_feed_is_read_by_its_address_until_it_is_renewed_or_ended() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let (bob, _) = house.connect(Platform::Facebook, "bob").await;
    let words = format!("Tide; low, at \\noon {}", "ü".repeat(60));
    let id = planned(&owner, &ann.id.to_string(), &words, "2026-03-03T09:00").await;
    planned(&owner, &bob.id.to_string(), "Other", "2026-03-04T09:00").await;
    let made = owner.form("/calendar/feed", "").await.expect(200);
    let first = address(&made.text);
    let nobody = house.nobody();
    let answer = nobody.page(&first).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert!(answer.header("last-modified").is_some_and(|at| at.ends_with("GMT")));
    let read = events(&answer.text);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].property_value("DTSTART"), Some("20260303T080000Z"));
    assert_eq!(read[0].get_uid(), Some(format!("{id}@rookery").as_str()));
    let summary = read[0].get_summary().expect("a summary");
    assert!(summary.starts_with(&words[..20]), "{summary}");
    let etag = answer.header("etag").expect("an entity tag").to_owned();
    nobody.with("if-none-match", etag).page(&first).await.expect(304);

    // A new address ends the one before; a filter narrows it.
    let made = owner.form("/calendar/feed", &format!("account={}&network=&status=&label=", bob.id)).await.expect(200);
    let second = address(&made.text);
    assert_eq!(nobody.page(&first).await.status, 404);
    assert_eq!(events(&nobody.page(&second).await.expect(200).text).len(), 1);
    assert!(!owner.page("/calendar/feed").await.expect(200).text.contains(&second), "it is shown once");
    // Everybody has their own; it ends with the membership, and with a click.
    let editor = house.member(MemberRole::Editor).await;
    let theirs = address(&editor.form("/calendar/feed", "").await.expect(200).text);
    nobody.page(&theirs).await.expect(200);
    let members = house.identity.members(&house.scope).await.expect("read");
    let them = members.iter().find(|m| m.role == MemberRole::Editor).expect("the editor").user_id;
    house.identity.remove_member(&house.scope, them).await.expect("removed");
    assert_eq!(nobody.page(&theirs).await.status, 404);
    owner.form("/calendar/feed/end", "").await.expect(303);
    assert_eq!(nobody.page(&second).await.status, 404);
    assert_eq!(nobody.page("/calendar/feed/none.ics").await.status, 404);
}

#[tokio::test]
async fn another_organizations_feed_holds_nothing_of_ours() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    planned(&owner, &ann.id.to_string(), "Ours", "2026-03-03T09:00").await;
    let (stranger, _) = house.stranger().await;
    let theirs = address(&stranger.form("/calendar/feed", &format!("account={}", ann.id)).await.expect(200).text);
    assert_eq!(events(&house.nobody().page(&theirs).await.expect(200).text).len(), 0);
}

#[tokio::test]
async fn slots_are_added_removed_paused_and_shown_as_holes() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let change = |day: &str, time: &str, wish: &str| {
        let fields = format!("account={}&day={day}&time={time}&wish={wish}", ann.id);
        let owner = &owner;
        async move {
            let answer = owner.form("/calendar/slots", &fields).await.expect(303);
            answer.header("location").expect("a way").to_owned()
        }
    };
    assert!(owner.page("/calendar/slots").await.expect(200).text.contains("no slots yet"));
    assert!(change("workdays", "06%3A15", "add").await.contains("done="));
    assert!(change("6", "25%3A00", "add").await.contains("failed="));
    assert!(change("1", "06%3A15", "remove").await.contains("done="));
    let page = owner.page("/calendar/slots").await.expect(200).text;
    assert!(page.contains("4 slots a week") && page.contains("Remove Tue 06:15"), "{page}");

    // It is Monday, 10:00 in Berlin. The calendar shows what is open; a taken slot is none.
    let count = |day: &str| {
        let path = format!("/calendar?view=day&date={day}");
        let owner = &owner;
        async move { owner.page(&path).await.expect(200).text.matches("slot open").count() }
    };
    assert_eq!((count("2026-03-02").await, count("2026-03-03").await, count("2026-03-07").await), (0, 1, 0));
    let body = json!({"content": "Tide", "accountIds": [ann.id.to_string()], "schedule": {"kind": "draft"}});
    let post = owner.post("/posts", &body).await.expect(201).at("/id");
    let queued = owner.act(&format!("/posts/{post}/queue")).await.expect(200);
    assert_eq!(queued.at("/scheduledAt"), "2026-03-03T05:15:00Z");
    assert_eq!((count("2026-03-03").await, count("2026-03-04").await), (0, 1));
    let form = format!("content=Ebb&account={}&schedule=queue&do=save", ann.id);
    let to = owner.form("/compose", &form).await.expect(303).header("location").expect("a way").to_owned();
    assert!(to.contains("queue") && to.contains("4+Mar"), "{to}");

    assert!(change("", "", "pause").await.contains("done="));
    assert_eq!(count("2026-03-05").await, 0);
    let post = owner.post("/posts", &body).await.expect(201).at("/id");
    owner.act(&format!("/posts/{post}/queue")).await.refused(409, "queue_paused");
    let slots = owner.get(&format!("/accounts/{}/slots", ann.id)).await.expect(200);
    assert_eq!(slots.json["slots"][0], json!({"weekday": 2, "time": "06:15", "isPaused": true}));

    let viewer = house.member(MemberRole::Viewer).await;
    let fields = format!("account={}&day=1&time=09%3A00&wish=add", ann.id);
    assert_eq!(viewer.form("/calendar/slots", &fields).await.status, 403);
    assert!(
        !viewer.page("/calendar/slots").await.expect(200).text.contains("<form method=\"post\" action=\"/calendar")
    );
    let (stranger, _) = house.stranger().await;
    let theirs = stranger.form("/calendar/slots", &fields).await.expect(303);
    assert!(theirs.header("location").is_some_and(|to| to.contains("failed=")));
}
