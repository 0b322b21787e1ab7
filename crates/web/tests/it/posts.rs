//! Writing, changing, listing and planning posts.

use rookery_kernel::Platform;
use serde_json::{Value, json};

use crate::client::Client;
use crate::house::House;

/// A house with the owner and two accounts.
async fn desk() -> (House, Client, Vec<String>) {
    let house = House::new().await;
    let (one, _) = house.connect(Platform::Mastodon, "tide").await;
    let (two, _) = house.connect(Platform::Facebook, "tidepage").await;
    let owner = house.owner().await;
    (house, owner, vec![one.id.to_string(), two.id.to_string()])
}

fn post(content: &str, accounts: &[String], schedule: &Value) -> Value {
    json!({"content": content, "accountIds": accounts, "schedule": schedule})
}

#[tokio::test]
async fn a_draft_is_written_changed_scheduled_called_off_and_deleted() {
    let (_house, owner, accounts) = desk().await;
    let draft = post("Low water #tide", &accounts, &json!({"kind": "draft"}));
    let made = owner.post("/posts", &draft).await.expect(201);
    assert_eq!((made.at("/status"), made.json["hashtags"].clone()), ("draft".into(), json!(["tide"])));
    assert_eq!(made.json["publications"].as_array().expect("publications").len(), 2);
    let path = format!("/posts/{}", made.at("/id"));

    let changed = owner.patch(&path, &json!({"content": "High water", "title": "Tides"})).await.expect(200);
    assert_eq!((changed.at("/content"), changed.at("/title")), ("High water".into(), "Tides".into()));
    assert_eq!(changed.json["revision"], 2);
    assert!(owner.patch(&path, &json!({"title": null})).await.expect(200).json["title"].is_null());

    let planned = owner.post(&format!("{path}/schedule"), &json!({"localTime": "2026-03-03T10:00"})).await.expect(200);
    assert_eq!(planned.at("/scheduledAt"), "2026-03-03T09:00:00Z", "ten in Berlin");
    let entries = owner.get("/calendar?from=2026-03-03&to=2026-03-03").await.expect(200);
    assert_eq!(entries.json.as_array().expect("entries").len(), 2);
    assert_eq!(entries.at("/0/at"), "2026-03-03T09:00:00Z");

    let off = owner.act(&format!("{path}/cancel")).await.expect(200);
    assert_eq!(off.at("/status"), "cancelled");
    owner.act(&format!("{path}/cancel")).await.refused(409, "state");
    owner.act(&format!("{path}/retry")).await.refused(409, "state");
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_local_time_that_clocks_jump_over_is_moved_and_said() {
    let (_house, owner, accounts) = desk().await;
    let plan = json!({"kind": "at", "localTime": "2026-03-29T02:30"});
    let made = owner.post("/posts", &post("Spring", &accounts, &plan)).await.expect(201);
    assert_eq!((made.at("/timeNote"), made.at("/scheduledAt")), ("skipped".into(), "2026-03-29T01:00:00Z".into()));
    assert_eq!(made.at("/timeZone"), "Europe/Berlin");
}

#[tokio::test]
async fn one_publication_of_several_is_called_off() {
    let (_house, owner, accounts) = desk().await;
    let plan = json!({"kind": "at", "at": "2026-03-03T09:00:00Z"});
    let made = owner.post("/posts", &post("Soon", &accounts, &plan)).await.expect(201);
    let id = made.at("/publications/0/id");
    let publication = format!("/publications/{id}");
    let after = owner.act(&format!("{publication}/cancel")).await.expect(200);
    assert_eq!(after.at("/status"), "scheduled");
    for one in after.json["publications"].as_array().expect("publications") {
        assert_eq!(one["status"], if one["id"] == id.as_str() { "cancelled" } else { "scheduled" });
    }
    let receipt = owner.get(&publication).await.expect(200);
    assert_eq!(receipt.at("/reason/code"), "cancelled");
    owner.act(&format!("{publication}/retry")).await.refused(409, "state");
    let sighting = json!({"externalContentId": "1"});
    owner.post(&format!("{publication}/mark-online"), &sighting).await.refused(409, "state");
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let (house, owner, accounts) = desk().await;
    for n in 0..5 {
        house.clock.advance(std::time::Duration::from_secs(1));
        let to = if n < 3 { &accounts[..1] } else { &accounts[1..] };
        owner.post("/posts", &post(&format!("Post {n}"), to, &json!({"kind": "draft"}))).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = owner.get(&format!("/posts?limit=2&after={next}")).await.expect(200);
        seen.extend(page.json["items"].as_array().expect("items").iter().map(|p| p["excerpt"].clone()));
        match page.json["next"].as_str() {
            Some(cursor) => cursor.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(seen, ["Post 4", "Post 3", "Post 2", "Post 1", "Post 0"]);
    let one = owner.get(&format!("/posts?integrationId={}", accounts[1])).await.expect(200);
    assert_eq!(one.json["items"].as_array().expect("items").len(), 2);
    let none = owner.get("/posts?status=published").await.expect(200);
    assert_eq!(none.json, json!({"items": [], "next": null}));
    owner.get("/posts?after=nonsense").await.refused(400, "bad_request");
    owner.get("/posts?status=sent").await.refused(400, "bad_request");
}

#[tokio::test]
async fn an_unchanged_thing_is_not_sent_again() {
    let (_house, owner, accounts) = desk().await;
    let made = owner.post("/posts", &post("Tagged", &accounts, &json!({"kind": "draft"}))).await.expect(201);
    let (post, publication) = (format!("/posts/{}", made.at("/id")), made.at("/publications/0/id"));
    for path in [post.clone(), format!("/publications/{publication}"), format!("/accounts/{}", accounts[0])] {
        let first = owner.get(&path).await.expect(200);
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = owner.call(axum::http::Method::GET, &path, &[("if-none-match", &tag)], None).await;
        assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", Some(tag.as_str())), "{path}");
    }
    let tag = owner.get(&post).await.header("etag").expect("a tag").to_owned();
    owner.patch(&post, &json!({"content": "Changed"})).await.expect(200);
    owner.call(axum::http::Method::GET, &post, &[("if-none-match", &tag)], None).await.expect(200);
}

#[tokio::test]
async fn an_approval_is_asked_for_and_given() {
    let (house, owner, accounts) = desk().await;
    house.identity.require_review(&house.scope).await.expect("reviews");
    let made = owner.post("/posts", &post("Look", &accounts[..1], &json!({"kind": "now"}))).await.expect(201);
    house.pass(std::time::Duration::from_secs(1)).await;
    let receipt = owner.get(&format!("/publications/{}", made.at("/publications/0/id"))).await.expect(200);
    assert_eq!(receipt.at("/reason/code"), "needs_approval");
    let approved = owner.act(&format!("/posts/{}/approve", made.at("/id"))).await.expect(200);
    assert_eq!((approved.at("/editorialState"), &approved.json["approvedRevision"]), ("approved".into(), &json!(1)));
    house.pass(std::time::Duration::from_secs(60)).await;
    assert_eq!(owner.get(&format!("/posts/{}", made.at("/id"))).await.expect(200).at("/status"), "published");
}

#[tokio::test]
async fn a_check_tells_everything_and_stores_nothing() {
    let (house, owner, accounts) = desk().await;
    let long = "x".repeat(501);
    let plan = json!({"kind": "at", "at": "2026-03-01T09:00:00Z"});
    let answer = owner.post("/posts/validate", &post(&long, &accounts, &plan)).await.expect(200);
    assert_eq!(answer.json["isValid"], false);
    let found: Vec<_> =
        answer.json["findings"].as_array().expect("findings").iter().map(|f| f["code"].clone()).collect();
    assert_eq!(found, ["text_too_long", "time_in_past"]);
    assert_eq!(answer.json["findings"][0]["integrationId"], accounts[0].as_str());
    assert_eq!(
        (&answer.json["findings"][0]["limit"], &answer.json["findings"][0]["actual"]),
        (&json!(500), &json!(501))
    );
    assert_eq!(house.count("publishing.posts").await, 0);
}
