//! Receipts over HTTP: what they say, and what a person or a program does from there.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, SandboxPost};
use serde_json::{Value, json};

use crate::client::Client;
use crate::house::House;

const HOUR: Duration = Duration::from_secs(3600);

/// A post that is due at once, delivered as far as it goes; the path of its first publication's receipt.
async fn deliver(house: &House, owner: &Client, accounts: &[String], text: &str) -> (String, Vec<String>) {
    let body = json!({"content": text, "accountIds": accounts, "schedule": {"kind": "now"}});
    let made = owner.post("/posts", &body).await.expect(201);
    house.pass(Duration::from_secs(1)).await;
    let ids = made.json["publications"].as_array().expect("publications").iter();
    let receipts = ids.map(|p| format!("/publications/{}", p["id"].as_str().expect("an id"))).collect();
    (format!("/posts/{}", made.at("/id")), receipts)
}

/// Everything that a person reads in a receipt is there and is a sentence.
fn read(receipt: &Value) {
    let sentence = |at: &str| {
        let text = receipt.pointer(at).and_then(Value::as_str).unwrap_or_default();
        assert!(text.ends_with('.') && !text.contains('_'), "{at}: {text:?}");
    };
    sentence("/reason/sentence");
    sentence("/reason/nextStep");
    for n in 0..receipt["attempts"].as_array().expect("attempts").len() {
        sentence(&format!("/attempts/{n}/what"));
        sentence(&format!("/attempts/{n}/nextStep"));
    }
}

fn posts(house: &House, there: &SandboxAccount) -> Vec<SandboxPost> {
    house.control.published(&there.platform_user_id)
}

#[tokio::test]
async fn one_account_gets_other_words_and_only_it_is_tried_again() {
    let house = House::new().await;
    let (one, page) = house.connect(Platform::Facebook, "tidepage").await;
    let (two, toots) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let refuse = Effect::Status { code: 422, body: json!({"error": "Validation failed: text is not allowed"}) };
    house.control.add_fault(FaultRule::new(refuse).on(Platform::Mastodon).endpoint(Endpoint::Publish));
    let accounts = [one.id.to_string(), two.id.to_string()];
    let (post, receipts) = deliver(&house, &owner, &accounts, "High water at four!!!").await;
    let mut failed = None;
    for path in &receipts {
        let receipt = owner.get(path).await.expect(200);
        read(&receipt.json);
        if receipt.at("/publication/status") == "failed" {
            failed = Some((path.clone(), receipt));
        } else {
            assert_eq!(receipt.json["actions"]["publishAgainWarning"], "is_out");
        }
    }
    let (path, receipt) = failed.expect("one of them failed");
    assert_eq!(receipt.at("/attempts/0/said"), "Validation failed: text is not allowed");
    assert_eq!(receipt.json["actions"]["failedOfPost"], 1);
    assert_eq!(receipt.at("/elsewhere/0/status"), "published");

    owner.patch(&post, &json!({"content": "short"})).await.refused(409, "post_locked");
    owner.patch(&path, &json!({"text": "x".repeat(501)})).await.expect(422);
    house.control.clear_faults();
    owner.patch(&path, &json!({"text": "High water at four."})).await.expect(200);
    owner.act(&format!("{post}/retry")).await.expect(200);
    house.pass(Duration::from_secs(1)).await;
    let receipt = owner.get(&path).await.expect(200);
    read(&receipt.json);
    assert_eq!(
        (receipt.at("/publication/status"), receipt.at("/post/content")),
        ("published".into(), "High water at four.".into())
    );
    assert_eq!(posts(&house, &toots).iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["High water at four."]);
    assert_eq!(posts(&house, &page).iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["High water at four!!!"]);
}

/// The network took the post and never answered again: a person says where it is, and the network is asked.
#[tokio::test]
async fn where_a_post_is_online_is_checked_at_the_network() {
    let house = House::new().await;
    let (account, there) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let lost = Effect::AcceptThenTimeout { silence: rookery_sandbox::Silence::Drop };
    house.control.add_fault(FaultRule::new(lost).endpoint(Endpoint::Publish));
    house.control.add_fault(FaultRule::new(Effect::Refuse500).endpoint(Endpoint::List));
    let (_, receipts) = deliver(&house, &owner, &[account.id.to_string()], "Low water at noon").await;
    let path = &receipts[0];
    for _ in 0..30 {
        house.pass(HOUR).await;
    }
    // The session ended meanwhile.
    let owner = house.owner().await;
    let receipt = owner.get(path).await.expect(200);
    read(&receipt.json);
    assert_eq!(receipt.at("/reason/code"), "unknown_outcome");
    let page = owner.page(path).await;
    assert!(page.text.contains("look for the post") && page.text.contains("It is online at"), "{}", page.text);
    let say = |url: &str| {
        let (owner, body, path) = (&owner, json!({"url": url}), format!("{path}/mark-online"));
        async move { owner.post(&path, &body).await }
    };
    let url = receipt_url(&house, &there);
    say(&url).await.refused(409, "network_silent");
    house.control.clear_faults();
    say("https://elsewhere.example/@tide/1").await.expect(422);
    say(&format!("{url}99")).await.expect(422);
    assert_eq!(owner.get(path).await.at("/publication/status"), "failed", "nothing was believed so far");
    say(&url).await.expect(200);
    let receipt = owner.get(path).await.expect(200);
    assert_eq!(receipt.at("/publication/status"), "published");
    assert_eq!(receipt.at("/publication/externalContentId"), posts(&house, &there)[0].external_id);
    assert_eq!(posts(&house, &there).len(), 1);
}

/// The address under which people find the account's post.
fn receipt_url(house: &House, there: &SandboxAccount) -> String {
    format!("{}/{}", there.profile_url.trim_end_matches('/'), posts(house, there)[0].external_id)
}

#[tokio::test]
async fn a_second_post_wants_a_clear_word_and_has_its_own_key() {
    let house = House::new().await;
    let (account, there) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let (_, receipts) = deliver(&house, &owner, &[account.id.to_string()], "Low water at noon").await;
    let again = format!("{}/publish-again", receipts[0]);
    owner.post(&again, &json!({})).await.refused(409, "second_post");
    owner.form(&again, "").await;
    house.pass(Duration::from_secs(1)).await;
    assert_eq!(posts(&house, &there).len(), 1, "without the word nothing happens, by the page neither");
    let made = owner.post(&again, &json!({"althoughOut": true})).await.expect(200);
    assert_eq!(made.json["publications"].as_array().map(Vec::len), Some(2));
    owner.post(&again, &json!({"althoughOut": true})).await.refused(409, "state");
    house.pass(Duration::from_secs(1)).await;
    let out = posts(&house, &there);
    assert_eq!(out.len(), 2);
    assert_ne!(out[0].idempotency_key, out[1].idempotency_key);
    let list = owner.get("/publications?status=published").await.expect(200);
    let occurrences: Vec<_> =
        list.json["items"].as_array().expect("items").iter().map(|p| p["occurrence"].clone()).collect();
    assert_eq!(occurrences.len(), 2, "{}", list.text);
    assert!(owner.page("/delivery").await.text.contains("published again"));
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_and_says_what_went_wrong() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let empty = owner.page("/delivery").await;
    assert!(empty.text.contains("Nothing was planned yet"), "{}", empty.text);
    let refuse = Effect::Status { code: 422, body: json!({"error": "no"}) };
    house.control.add_fault(FaultRule::new(refuse).endpoint(Endpoint::Publish).once());
    for n in 0..4 {
        deliver(&house, &owner, &[account.id.to_string()], &format!("Tide table {n}")).await;
    }
    let first = owner.get("/publications?limit=3").await.expect(200);
    assert_eq!(first.json["items"].as_array().map(Vec::len), Some(3));
    let rest = owner.get(&format!("/publications?limit=3&after={}", first.at("/next"))).await.expect(200);
    assert_eq!((rest.at("/items/0/excerpt"), rest.json["next"].is_null()), ("Tide table 0".into(), true));
    let failed = owner.get("/publications?status=failed").await.expect(200);
    assert_eq!(failed.json["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(failed.at("/items/0/trouble"), "Mastodon refused the request.");
    let page = owner.page("/delivery?show=failed").await;
    assert!(page.text.contains("Tide table 0") && !page.text.contains("Tide table 1"), "{}", page.text);
}

#[tokio::test]
async fn the_newest_numbers_come_by_the_hour_and_at_a_click() {
    let house = House::new().await;
    let (one, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let (_, receipts) = deliver(&house, &owner, &[one.id.to_string()], "High water at four").await;
    let path = &receipts[0];
    assert_eq!(owner.get(path).await.expect(200).json["latestReading"], Value::Null, "nothing was read yet");
    let read_now = format!("{path}/read-numbers");
    assert_eq!(owner.get(&format!("{path}/snapshots")).await.expect(200).json, json!([]));

    // Past the hour, at the next of the timetable's looks.
    house.pass(HOUR).await;
    house.pass(Duration::from_secs(660)).await;
    let receipt = owner.get(path).await.expect(200).json;
    let reading = &receipt["latestReading"];
    let numbers = &reading["numbers"];
    assert!(numbers["reactions"].is_i64() && numbers["reach"].is_null(), "what the network tells: {numbers}");
    assert!(reading["asOf"].is_string() && reading["nextReadingAt"].is_string(), "{reading}");
    let hours = owner.get(&format!("{path}/snapshots?period=hourly")).await.expect(200).json;
    assert_eq!(hours.as_array().map(Vec::len), Some(1), "{hours}");
    assert_eq!(hours[0]["numbers"], *numbers);
    owner.get(&format!("{path}/snapshots?period=yearly")).await.refused(400, "bad_request");

    assert_eq!(owner.post(&read_now, &json!({})).await.expect(202).json["isAsked"], false, "read within the hour");
    house.clock.advance(HOUR);
    assert_eq!(owner.post(&read_now, &json!({})).await.expect(202).json["isAsked"], true);
    house.pass(Duration::ZERO).await;
    let hours = owner.get(&format!("{path}/snapshots?period=hourly")).await.expect(200).json;
    assert_eq!(hours.as_array().map(Vec::len), Some(2), "{hours}");
}
