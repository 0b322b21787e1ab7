//! Each thing that goes wrong on request.

use std::time::Duration;

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::{CallOutcome, DeletedBy, Effect, Endpoint, FaultRule, Garbling, Silence};
use serde_json::{Value, json};

use crate::house::{Answer, House};

const POST: &[(&str, &str)] = &[("message", "Hello")];

fn feed(account: &rookery_sandbox::SandboxAccount) -> String {
    format!("/facebook/v25.0/{}/feed", account.platform_user_id)
}

#[tokio::test]
async fn accepted_and_then_silent_is_stored_exactly_once() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    house.control.add_fault(FaultRule::new(Effect::accept_then_drop()).endpoint(Endpoint::Publish).times(2));
    let broken = house.request(Method::POST, &feed(&page), &page.access_token).form(POST).send().await;
    assert!(broken.is_err_and(|e| !e.is_timeout()), "the connection breaks");
    assert!(house.status(&me, "Hello", "k").send().await.is_err());
    assert_eq!(house.control.published(&page.platform_user_id).len(), 1);
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    // The same key after the break gives the status that was stored.
    let again = house.send(house.status(&me, "Hello", "k")).await;
    assert_eq!(again.str("/id"), house.control.published(&me.platform_user_id)[0].external_id);
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let outcomes: Vec<CallOutcome> = house.control.calls().iter().map(|c| c.outcome).collect();
    assert_eq!(outcomes, [CallOutcome::Dropped, CallOutcome::Dropped, CallOutcome::Answered]);
}

#[tokio::test]
async fn a_silent_network_waits_until_the_client_gives_up() {
    let house = House::new().await;
    let page = house.page();
    house.control.add_fault(FaultRule::new(Effect::accept_then_hang()).once());
    let request = house.request(Method::POST, &feed(&page), &page.access_token).form(POST);
    let gave_up = request.timeout(Duration::from_millis(150)).send().await;
    assert!(gave_up.is_err_and(|e| e.is_timeout()));
    assert_eq!(house.control.published(&page.platform_user_id).len(), 1);
    assert_eq!(house.control.calls()[0].outcome, CallOutcome::Silent);
    house.sandbox.stop().await;
}

#[tokio::test]
async fn refused_and_lost_calls_store_nothing() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let rule = |effect| FaultRule::new(effect).endpoint(Endpoint::Publish).once();
    house.control.add_fault(rule(Effect::LoseRequest { silence: Silence::Drop }));
    assert!(house.request(Method::POST, &feed(&page), &page.access_token).form(POST).send().await.is_err());
    house.control.add_fault(rule(Effect::Refuse500));
    let refused = house.post(&feed(&page), &page.access_token, POST).await;
    assert_eq!(
        (refused.status, refused.code().0, refused.body["error"]["is_transient"].clone()),
        (500, 2, true.into())
    );
    house.control.add_fault(rule(Effect::Refuse500));
    assert_eq!(house.send(house.status(&me, "Hello", "")).await.status, 500);
    house.control.add_fault(rule(Effect::Status { code: 418, body: json!({"error": "teapot"}) }));
    assert_eq!(house.send(house.status(&me, "Hello", "")).await.str("/error"), "teapot");
    assert!(house.control.published(&page.platform_user_id).is_empty());
    assert!(house.control.published(&me.platform_user_id).is_empty());
    house.control.add_fault(rule(Effect::AcceptThen500));
    assert_eq!(house.post(&feed(&page), &page.access_token, POST).await.status, 500);
    assert_eq!(house.control.published(&page.platform_user_id).len(), 1);
}

#[tokio::test]
async fn used_up_quotas_come_with_and_without_headers() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let limit = |code, headers| Effect::RateLimit { code, headers, regain_secs: 600 };
    house.control.add_fault(FaultRule::new(limit(None, true)).once().on(Platform::Mastodon));
    let told = house.send(house.status(&me, "x", "")).await;
    assert_eq!((told.status, told.header("x-ratelimit-remaining")), (429, "0"));
    assert_eq!(told.header("x-ratelimit-reset"), "2026-03-02T09:10:00.000Z");
    house.control.add_fault(FaultRule::new(limit(None, false)).once().on(Platform::Mastodon));
    let untold = house.send(house.status(&me, "x", "")).await;
    assert!(untold.status == 429 && !untold.headers.contains_key("x-ratelimit-reset"));
    for code in [4, 32, 613] {
        house.control.add_fault(FaultRule::new(limit(Some(code), true)).once().on(Platform::Facebook));
        let told = house.post(&feed(&page), &page.access_token, POST).await;
        assert_eq!(told.code().0, code);
        let usage: Value = serde_json::from_str(told.header("x-business-use-case-usage")).expect("JSON");
        assert_eq!(usage[&page.platform_user_id][0]["estimated_time_to_regain_access"], 10);
    }
    house.control.add_fault(FaultRule::new(limit(Some(613), false)).once().on(Platform::Facebook));
    let untold = house.post(&feed(&page), &page.access_token, POST).await;
    assert!(untold.code().0 == 613 && !untold.headers.contains_key("x-business-use-case-usage"));
}

#[tokio::test]
async fn usage_slowness_and_spoilt_answers_leave_the_call_alone() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let once = |effect| house.control.add_fault(FaultRule::new(effect).once());
    once(Effect::UsagePercent { percent: 85 });
    let busy = house.post(&feed(&page), &page.access_token, POST).await;
    let usage: Value = serde_json::from_str(busy.header("x-business-use-case-usage")).expect("JSON");
    assert_eq!((busy.status, usage[&page.platform_user_id][0]["call_count"].as_i64()), (200, Some(85)));
    once(Effect::UsagePercent { percent: 96 });
    let busy = house.send(house.status(&me, "a", "")).await;
    assert_eq!((busy.status, busy.header("x-ratelimit-remaining")), (200, "12"));
    once(Effect::Slow { ms: 1 });
    assert_eq!(house.send(house.status(&me, "b", "")).await.status, 200);
    once(Effect::Malformed { garbling: Garbling::Html });
    let page_for_people = house.send(house.status(&me, "c", "")).await;
    assert!(page_for_people.status == 200 && page_for_people.text.starts_with("<!doctype html>"));
    once(Effect::Malformed { garbling: Garbling::Truncated });
    let cut = house.send(house.status(&me, "d", "")).await;
    assert!(cut.status == 200 && cut.text.starts_with('{') && cut.body.is_null());
    assert_eq!(house.control.published(&me.platform_user_id).len(), 4);
}

#[tokio::test]
async fn tokens_and_rights_fail_as_at_the_network() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let cases = [
        (Effect::TokenExpired, (190, 463), (401, "The access token expired")),
        (Effect::TokenRevoked, (190, 458), (401, "The access token was revoked")),
        (Effect::Permission, (10, -1), (403, "This action is outside the authorized scopes")),
    ];
    for (effect, code, expected) in cases {
        house.control.add_fault(FaultRule::new(effect).times(2));
        assert_eq!(house.get("/facebook/v25.0/me", &page.access_token).await.code(), code);
        let answer = house.get("/mastodon/api/v1/accounts/verify_credentials", &me.access_token).await;
        assert_eq!((answer.status, answer.str("/error")), expected);
    }
}

#[tokio::test]
async fn fields_and_metrics_go_missing() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let id = house.feed(&page, "Hello").await;
    let status = house.toot(&me, "Hello").await;
    house.clock.advance(Duration::from_hours(30));
    let fields = vec!["post_clicks".to_owned(), "reactions".to_owned(), "favourites_count".to_owned()];
    let rule = house.control.add_fault(FaultRule::new(Effect::MissingFields { fields }).endpoint(Endpoint::Metrics));
    let insights = format!("/facebook/v25.0/{id}/insights?metric=post_clicks,post_media_view");
    let told = house.get(&insights, &page.access_token).await;
    assert_eq!(told.data().iter().map(|m| m["name"].as_str()).collect::<Vec<_>>(), [Some("post_media_view")]);
    let node = house
        .get(
            &format!("/facebook/v25.0/{id}?fields=id,comments.summary(true),reactions.summary(true)"),
            &page.access_token,
        )
        .await;
    assert!(node.body.get("reactions").is_none() && node.body.get("comments").is_some());
    let node = house.get(&format!("/mastodon/api/v1/statuses/{status}"), &me.access_token).await;
    assert!(node.body.get("favourites_count").is_none() && node.body.get("reblogs_count").is_some());
    assert!(house.control.remove_fault(rule));
    let instead = |fields: &[&str], with| {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        house.control.add_fault(FaultRule::new(Effect::ReplacedFields { fields, with }))
    };
    let rules = [instead(&["post_clicks"], json!("many")), instead(&["favourites_count"], json!(-3))];
    let told = house.get(&insights, &page.access_token).await;
    let told: Vec<_> = told.data().iter().map(|m| (m["name"].clone(), m["values"][0]["value"].is_number())).collect();
    assert_eq!(told, [(json!("post_clicks"), false), (json!("post_media_view"), true)]);
    let node = house.get(&format!("/mastodon/api/v1/statuses/{status}"), &me.access_token).await;
    assert_eq!((&node.body["favourites_count"], node.body["reblogs_count"].is_u64()), (&json!(-3), true));
    assert!(rules.into_iter().all(|rule| house.control.remove_fault(rule)));
    house.control.add_fault(FaultRule::new(Effect::UnsupportedMetric { name: "post_clicks".into() }));
    assert_eq!(house.get(&insights, &page.access_token).await.code().0, 100);
    let other = house.get(&format!("/facebook/v25.0/{id}/insights?metric=post_media_view"), &page.access_token).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn listings_repeat_lag_and_have_empty_pages() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    for n in 0..3 {
        house.feed(&page, &format!("Post {n}")).await;
        house.toot(&me, &format!("Post {n}")).await;
        house.clock.advance(Duration::from_mins(4));
    }
    let facebook = format!("/facebook/v25.0/{}/published_posts?fields=id", page.platform_user_id);
    let mastodon = format!("/mastodon/api/v1/accounts/{}/statuses?limit=20", me.platform_user_id);
    let lists = async || {
        let (f, m) = (house.get(&facebook, &page.access_token).await, house.get(&mastodon, &me.access_token).await);
        (f.data().len(), m.body.as_array().map_or(0, Vec::len))
    };
    let once = |effect| house.control.add_fault(FaultRule::new(effect).times(2));
    assert_eq!(lists().await, (3, 3));
    once(Effect::DuplicateListing);
    assert_eq!(lists().await, (4, 4));
    once(Effect::StaleListing { seconds: 300 });
    assert_eq!(lists().await, (2, 2), "the youngest is four minutes old");
    once(Effect::EmptyPage);
    let empty = house.get(&facebook, &page.access_token).await;
    assert!(empty.data().is_empty());
    let next = house.get(empty.str("/paging/next"), &page.access_token).await;
    assert!(next.data().is_empty(), "the second hit");
    assert_eq!(house.get(next.str("/paging/next"), &page.access_token).await.data().len(), 3, "nothing is lost");
    house.control.clear_faults();
    house.control.add_fault(FaultRule::new(Effect::EmptyPage).once());
    let empty: Answer = house.get(&mastodon, &me.access_token).await;
    assert_eq!(empty.body, json!([]));
    let next = empty.header("link").trim_start_matches('<').split('>').next().expect("a link").to_owned();
    assert_eq!(house.get(&next, &me.access_token).await.body.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_moderator_takes_posts_away() {
    let house = House::new().await;
    let (page, me) = (house.page(), house.masto());
    let id = house.feed(&page, "Fine").await;
    house.control.add_fault(FaultRule::new(Effect::DeletedByModerator).endpoint(Endpoint::Metrics).once());
    assert_eq!(house.get(&format!("/facebook/v25.0/{id}"), &page.access_token).await.code(), (100, 33));
    house.control.add_fault(FaultRule::new(Effect::DeletedByModerator).endpoint(Endpoint::Publish).once());
    let status = house.toot(&me, "Gone at once").await;
    assert_eq!(house.get(&format!("/mastodon/api/v1/statuses/{status}"), "").await.status, 404);
    let status = house.toot(&me, "Gone by hand").await;
    house.control.delete_post(&status).expect("known");
    let deleted: Vec<_> = house.control.posts(&me.platform_user_id).into_iter().map(|p| p.deleted).collect();
    assert_eq!(deleted, [Some(DeletedBy::Moderator); 2]);
}

#[tokio::test]
async fn rules_are_narrow_and_can_be_set_over_http() {
    let house = House::new().await;
    let (me, other) = (house.masto(), house.account(Platform::Mastodon, "other", 10));
    let rule = json!({
        "platform": "mastodon", "account": me.platform_user_id, "endpoint": "publish", "skip": 1, "times": 1,
        "kind": "refuse_500",
    });
    let made = house.post_json("/_control/faults", &rule).await;
    assert_eq!(made.status, 201);
    let status = async |account| house.send(house.status(account, "x", "")).await.status;
    assert_eq!((status(&me).await, status(&other).await, status(&other).await), (200, 200, 200));
    assert_eq!(house.get("/mastodon/api/v1/accounts/verify_credentials", &me.access_token).await.status, 200);
    assert_eq!((status(&me).await, status(&me).await), (500, 200));
    let listed = house.get("/_control/faults", "").await;
    assert_eq!((listed.int("/0/hits"), listed.int("/0/seen"), listed.str("/0/kind")), (1, 3, "refuse_500"));
    assert_eq!(house.delete(&format!("/_control/faults/{}", made.int("/id")), "").await.status, 204);
    assert_eq!(house.delete("/_control/faults/99", "").await.status, 404);
    assert_eq!(house.delete("/_control/faults", "").await.status, 204);
    assert_eq!(house.post_json("/_control/faults", &json!({"kind": "earthquake"})).await.status, 422);
}
