//! Time, chance, memory, hooks, control and pages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rookery_kernel::{Clock as _, FixedClock, Platform};
use rookery_sandbox::{AccountOptions, ControlError, JournalError, Sandbox, SandboxConfig, StartError, When};
use serde_json::json;

use crate::house::{House, NOW, at};

/// Everything a page tells after two days.
async fn story(seed: u64) -> Vec<String> {
    let house = House::with(seed, None).await;
    let (page, me) = (house.page(), house.masto());
    house.control.seed_history(&page.platform_user_id, 20, 7, &[]).expect("known");
    let id = house.feed(&page, "Hello").await;
    let status = house.toot(&me, "Hello").await;
    house.clock.advance(Duration::from_hours(50));
    let paths = [
        format!("/facebook/v25.0/{id}/insights?metric=post_media_view,post_total_media_view_unique,post_clicks"),
        format!(
            "/facebook/v25.0/{}/insights?metric=page_media_view,page_follows&since=2026-02-20&until=2026-03-02",
            page.platform_user_id
        ),
        format!("/mastodon/api/v1/statuses/{status}"),
    ];
    let tokens = [&page.access_token, &page.access_token, &me.access_token];
    let mut told = Vec::new();
    for (path, token) in paths.iter().zip(tokens) {
        let origin = house.control.origin().to_string();
        let once = house.get(path, token).await.text.replace(&origin, "/");
        assert_eq!(once, house.get(path, token).await.text.replace(&origin, "/"), "asked twice");
        // The host stands in some fields without a slash.
        let host = origin.trim_start_matches("http://").trim_end_matches('/').to_owned();
        told.push(once.replace(&host, ""));
    }
    told
}

#[tokio::test]
async fn the_same_seed_and_clock_tell_the_same_story() {
    let first = story(7).await;
    assert_eq!(first, story(7).await);
    assert_ne!(first, story(8).await);
}

#[tokio::test]
async fn totals_grow_with_the_clock_and_days_settle() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let (id, status) = (house.feed(&page, "Hello #howto").await, house.toot(&me, "Hello #howto").await);
    let (mut last, mut grew) = ((0, 0), 0);
    for _ in 0..60 {
        house.clock.advance(Duration::from_hours(3));
        let views =
            house.get(&format!("/facebook/v25.0/{id}/insights?metric=post_media_view"), &page.access_token).await;
        let views = views.int("/data/0/values/0/value");
        let favourites = house.get(&format!("/mastodon/api/v1/statuses/{status}"), "").await.int("/favourites_count");
        // A correction may take back a little, never much.
        assert!(views >= last.0 * 95 / 100 && favourites >= last.1, "{last:?} then {views}, {favourites}");
        grew += i32::from(views > last.0);
        last = (views, favourites);
    }
    assert!(grew > 25 && last.0 > 100, "{grew} {last:?}");
    // The day of publishing, told fresh and told later.
    let path = format!(
        "/facebook/v25.0/{}/insights?metric=page_media_view&since=2026-03-02&until=2026-03-03",
        page.platform_user_id
    );
    let mut told = Vec::new();
    for hours in [1, 20, 47, 48, 500] {
        house.control.clock().stand_at(at("2026-03-03T08:00:00Z") + Duration::from_hours(hours));
        told.push(house.get(&path, &page.access_token).await.int("/data/0/values/0/value"));
    }
    assert_ne!(told[0], told[3], "corrected");
    assert_eq!(told[3], told[4], "final after 48 hours");
}

#[tokio::test]
async fn set_back_the_clock_shows_the_world_as_it_was() {
    let house = House::new().await;
    let me = house.masto();
    house.control.seed_history(&me.platform_user_id, 60, 7, &[]).expect("known");
    let id = house.toot(&me, "Today").await;
    let list = format!("/mastodon/api/v1/accounts/{}/statuses?limit=40", me.platform_user_id);
    let newest = async || house.get(&list, "").await.str("/0/created_at").to_owned();
    assert!(newest().await.starts_with("2026-03-02"));
    let followers = async || {
        let path = format!("/mastodon/api/v1/accounts/{}", me.platform_user_id);
        house.get(&path, "").await.int("/followers_count")
    };
    let now = followers().await;
    let moved = house.post_json("/_control/clock", &json!({"now": "2026-02-01T22:00:00Z"})).await;
    assert_eq!((moved.str("/now"), moved.body["is_away"].as_bool()), ("2026-02-01T22:00:00Z", Some(true)));
    assert!(newest().await.as_str() < "2026-02-01T22");
    assert_eq!(house.get(&format!("/mastodon/api/v1/statuses/{id}"), "").await.status, 404, "not posted yet");
    assert!(followers().await < now);
    house.post_json("/_control/clock", &json!({"offset_seconds": -3600})).await;
    assert_eq!(house.control.clock().now(), at("2026-03-02T08:00:00Z"));
    let home = house.post_json("/_control/clock", &json!({"now": null})).await;
    assert_eq!(home.str("/now"), NOW);
    assert_eq!(house.get(&format!("/mastodon/api/v1/statuses/{id}"), "").await.status, 200);
}

#[tokio::test]
async fn the_world_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deep").join("sandbox.jsonl");
    let house = House::with(7, Some(file.clone())).await;
    let (page, me) = (house.page(), house.masto());
    house.control.seed_history(&page.platform_user_id, 10, 7, &[]).expect("known");
    let status = house.send(house.status(&me, "Keep me", "key")).await.str("/id").to_owned();
    let gone = house.feed(&page, "Gone").await;
    house.delete(&format!("/facebook/v25.0/{gone}"), &page.access_token).await;
    let before: Vec<_> =
        house.control.posts(&page.platform_user_id).into_iter().map(|p| (p.external_id, p.text, p.deleted)).collect();
    let in_use = Sandbox::start(SandboxConfig {
        addr: ([127, 0, 0, 1], 0).into(),
        seed: 7,
        clock: Arc::new(house.clock.clone()),
        state_file: Some(file.clone()),
    });
    assert!(matches!(in_use.await, Err(StartError::State(JournalError::InUse { .. }))));
    house.sandbox.stop().await;

    // A sudden end cut the last line off.
    let mut text = std::fs::read_to_string(&file).expect("the state");
    text.push_str("{\"event\":\"post\",\"id\":1,\"acc");
    std::fs::write(&file, &text).expect("written");
    let house = House::with(99, Some(file.clone())).await;
    assert_eq!(house.masto().access_token, me.access_token, "the seed of the state is kept, tokens too");
    let after: Vec<_> =
        house.control.posts(&page.platform_user_id).into_iter().map(|p| (p.external_id, p.text, p.deleted)).collect();
    assert_eq!(before, after);
    let again = house.send(house.status(&me, "Keep me", "key")).await;
    assert_eq!(again.str("/id"), status, "keys are remembered");
    let fresh = house.account(Platform::Mastodon, "later", 10);
    assert_ne!(fresh.access_token, me.access_token);
    house.sandbox.stop().await;

    std::fs::write(&file, "{\"event\":\"begun\",\"seed\":7,\"version\":1}\nnonsense\n").expect("written");
    let config = SandboxConfig {
        addr: ([127, 0, 0, 1], 0).into(),
        seed: 7,
        clock: Arc::new(FixedClock::at(at(NOW))),
        state_file: Some(file),
    };
    assert!(matches!(Sandbox::start(config).await, Err(StartError::State(JournalError::Broken { line: 2, .. }))));
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let house = House::new().await;
    let addr = house.sandbox.addr();
    let config = || SandboxConfig { addr, seed: 1, clock: Arc::new(house.clock.clone()), state_file: None };
    let error = Sandbox::start(config()).await.expect_err("taken");
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
    house.sandbox.stop().await;
    let clock = Arc::new(FixedClock::at(at(NOW)));
    let again = Sandbox::start(SandboxConfig { addr, seed: 1, clock, state_file: None }).await.expect("free again");
    again.stop().await;
}

#[tokio::test]
async fn hooks_see_every_moment_of_a_publication() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, control, id) = (Arc::clone(&seen), house.control.clone(), page.platform_user_id.clone());
    house.control.on_publish(move |publish, when| {
        let stored = control.published(&id).len();
        log.lock().expect("lock").push((when, publish.external_id.is_some(), publish.is_replay, stored));
    });
    house.feed(&page, "Hello").await;
    let moments = std::mem::take(&mut *seen.lock().expect("lock"));
    assert_eq!(
        moments,
        [
            (When::BeforeStore, false, false, 0),
            (When::AfterStore, true, false, 1),
            (When::BeforeAnswer, true, false, 1)
        ]
    );
    house.send(house.status(&me, "Hello", "k")).await;
    house.send(house.status(&me, "Hello", "k")).await;
    assert_eq!(seen.lock().expect("lock").iter().filter(|(.., is_replay, _)| *is_replay).count(), 3);
    house.control.clear_hooks();
    house.feed(&page, "Quiet").await;
    assert_eq!(seen.lock().expect("lock").len(), 6);
}

#[tokio::test]
async fn everything_can_be_asked_over_http() {
    let house = House::new().await;
    let new = json!({"platform": "mastodon", "handle": "fieldwork", "name": "Fieldwork", "followers": 900, "zone": "Europe/Paris"});
    let made = house.post_json("/_control/accounts", &new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.str("/platform_user_id").to_owned();
    let past = house
        .post_json(
            &format!("/_control/accounts/{id}/history"),
            &json!({"days": 30, "posts_per_week": 7, "topics": ["poll"]}),
        )
        .await;
    assert!(past.int("/posts") > 15);
    let form = [("status", "Over HTTP")];
    house.post("/mastodon/api/v1/statuses", made.str("/access_token"), &form).await;
    let posts = house.get(&format!("/_control/accounts/{id}/posts"), "").await;
    assert_eq!(posts.body.as_array().and_then(|p| p.last()).map(|p| p["text"].clone()), Some("Over HTTP".into()));
    let state = house.get("/_control/state", "").await;
    assert_eq!(state.str("/accounts/0/handle"), "fieldwork");
    assert_eq!(state.int("/calls/mastodon.publish"), 1);
    assert!(state.str("/base_urls/mastodon").ends_with("/mastodon/"));
    let calls = house.get(&format!("/_control/calls?account={id}"), "").await;
    assert_eq!(
        (calls.str("/0/endpoint"), calls.str("/0/outcome"), calls.int("/0/status")),
        ("publish", "answered", 200)
    );
    let end = house.post_json(&format!("/_control/accounts/{id}/end-tokens"), &json!({"reason": "revoked"})).await;
    assert_eq!(end.status, 204);
    assert_eq!(house.get("/mastodon/api/v1/accounts/verify_credentials", made.str("/access_token")).await.status, 401);
    let truth = house.get("/_control/truth", "").await;
    assert!(
        truth.body["posts"].as_array().is_some_and(|p| p.len() > 15)
            && truth.body["by_hour"].as_array().map(Vec::len) == Some(24)
    );
    assert_eq!(house.get("/_control/accounts/1", "").await.status, 404);
    assert_eq!(
        house.post_json("/_control/accounts", &json!({"platform": "myspace", "handle": "a", "name": "A"})).await.status,
        422
    );
    assert_eq!(house.post_json("/_control/settings", &json!({"auto_consent": "maybe"})).await.status, 422);
}

#[tokio::test]
async fn wrong_accounts_are_refused_and_known_ones_found() {
    let house = House::new().await;
    let make = |platform, handle: &str, zone: &str| {
        let options = AccountOptions { zone: zone.into(), ..AccountOptions::default() };
        house.control.create_account(platform, handle, "Name", 1, options)
    };
    let simulated = house.control.state().base_urls;
    assert!(simulated.contains_key(&Platform::Facebook) && simulated.contains_key(&Platform::Mastodon));
    for platform in Platform::ALL {
        let made = make(platform, "b", "UTC");
        assert_eq!(made.is_ok(), simulated.contains_key(&platform), "{made:?}");
        assert!(made.is_ok() || made == Err(ControlError::NotSimulated(platform)));
    }
    assert!(ControlError::NotSimulated(Platform::Threads).to_string().contains("facebook, "));
    assert_eq!(make(Platform::Mastodon, "a b", "UTC"), Err(ControlError::BadHandle("a b".into())));
    assert_eq!(make(Platform::Mastodon, "a", "Mars/Base"), Err(ControlError::UnknownZone("Mars/Base".into())));
    assert_eq!(make(Platform::Mastodon, "a", "UTC"), make(Platform::Mastodon, "A", "UTC"));
    assert!(matches!(house.control.seed_history("5", 1, 1, &[]), Err(ControlError::UnknownAccount(_))));
    assert!(matches!(house.control.delete_post("5"), Err(ControlError::UnknownPost(_))));
}

#[tokio::test]
async fn people_see_accounts_posts_and_drawings() {
    let house = House::new().await;
    assert!(house.get("/", "").await.text.contains("There are no accounts yet"));
    let (page, me) = (house.page(), house.masto());
    house.feed(&page, "<script>alert(1)</script>").await;
    house.toot(&me, "On Mastodon").await;
    let home = house.get("/", "").await;
    assert!(
        home.text.contains("On Mastodon") && home.text.contains("Fieldwork Studio") && !home.text.contains("<script>")
    );
    assert!(house.get(&format!("/facebook/pages/{}", page.platform_user_id), "").await.status == 200);
    let drawing = house.get(&format!("/media/avatar/{}.svg", me.platform_user_id), "").await;
    assert_eq!((drawing.status, drawing.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(house.get("/media/avatar/x.svg", "").await.status, 404);
    assert_eq!(house.get("/elsewhere", "").await.status, 404);
    assert_eq!(house.get("/facebook/pages/1/posts/2", "").await.status, 404);
}

#[tokio::test]
async fn a_network_answers_below_its_hosts_too() {
    let house = House::new().await;
    let path = "api/v2/instance";
    assert_eq!(house.get(&format!("/mastodon/{path}"), "").await.status, 200);
    assert_eq!(house.get(&format!("/mastodon-upload/{path}"), "").await.status, 200);
    assert_eq!(house.get(&format!("/mastodon-/{path}"), "").await.status, 404);
    assert_eq!(house.get(&format!("/mastodonx/{path}"), "").await.status, 404);
    let calls = house.control.calls();
    assert_eq!(
        calls.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(),
        ["/mastodon/api/v2/instance", "/mastodon-upload/api/v2/instance"]
    );
    assert_eq!(rookery_sandbox::sandbox_app(Platform::Mastodon), None);
    let app = (rookery_sandbox::FACEBOOK_APP_ID, rookery_sandbox::FACEBOOK_APP_SECRET);
    assert_eq!(rookery_sandbox::sandbox_app(Platform::Facebook), Some(app));
}
