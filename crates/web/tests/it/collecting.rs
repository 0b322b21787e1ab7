//! The pages of collecting: what failed and when it is tried again, and what arrived otherwise than it should.

use std::time::Duration;

use rookery_accounts::Account;
use rookery_analytics::{FailureFilter, IngestErrorType, IngestFailure, IngestStatus, TrackingHealth};
use rookery_kernel::{Limit, Platform, Zone};
use rookery_sandbox::{Effect, Endpoint, FaultRule, Garbling, SandboxAccount};
use serde_json::json;

use crate::client::Client;
use crate::house::House;

const TEN: [&str; 10] = ["ann", "bea", "cid", "dan", "eva", "fay", "gil", "hal", "ida", "jon"];
/// On Mastodon, as every second one.
const FAILING: usize = 4;

async fn furnished(platform: Platform, handle: &str, house: &House) -> (Account, SandboxAccount) {
    let (account, there) = house.connect(platform, handle).await;
    house.control.seed_history(&there.platform_user_id, 25, 7, &[]).expect("a past");
    (account, there)
}

/// Presses "Collect now" for each account and lets the worker do it.
async fn collect(house: &House, owner: &Client, accounts: &[(Account, SandboxAccount)]) {
    for (account, _) in accounts {
        assert_eq!(owner.form("/collecting/collect", &format!("account={}", account.id)).await.status, 303);
    }
    house.pass(Duration::ZERO).await;
}

async fn failures(house: &House) -> Vec<IngestFailure> {
    let found = house.analytics.errors(&house.scope, &FailureFilter::default(), None, Limit::default()).await;
    found.expect("read").items
}

#[tokio::test]
async fn one_of_ten_fails_in_each_class_and_the_page_says_what_and_when_again() {
    let answer = |code, body| Effect::Status { code, body };
    let classes = [
        (Effect::Refuse500, IngestErrorType::Transient, "disturbed", None),
        (Effect::rate_limit(), IngestErrorType::RateLimit, "quota used up", None),
        (
            Effect::TokenRevoked,
            IngestErrorType::TokenExpired,
            "sign in again",
            Some("once the account is connected anew"),
        ),
        (Effect::Permission, IngestErrorType::Permission, "a right is missing", Some("connected anew with this right")),
        (
            answer(404, json!({"error": "Record not found"})),
            IngestErrorType::NotFound,
            "not found there",
            Some("Tue 3 Mar 2026, 02:00"),
        ),
        (
            answer(422, json!({"error": "limit is invalid"})),
            IngestErrorType::BadRequest,
            "not understood there",
            Some("Tue 3 Mar 2026, 02:00"),
        ),
        (Effect::Malformed { garbling: Garbling::Truncated }, IngestErrorType::Unknown, "unclear", None),
    ];
    for (effect, kind, words, again) in classes {
        let house = House::new().await;
        let owner = house.owner().await;
        let mut accounts = Vec::new();
        for (n, handle) in TEN.into_iter().enumerate() {
            let platform = if n % 2 == 0 { Platform::Mastodon } else { Platform::Facebook };
            accounts.push(furnished(platform, handle, &house).await);
        }
        let failing = &accounts[FAILING];
        house.control.add_fault(FaultRule::new(effect).account(failing.1.platform_user_id.clone()));
        collect(&house, &owner, &accounts).await;

        let summaries = house.analytics.account_summary(&house.scope).await.expect("read");
        for (place, (account, _)) in accounts.iter().enumerate().filter(|(place, _)| *place != FAILING) {
            let summary = summaries.iter().find(|s| s.integration_id == account.id).expect("tracked");
            let run = summary.last_run.as_ref().expect("collected");
            assert_eq!((summary.health, run.status), (TrackingHealth::Ok, IngestStatus::Success), "{words} {place}");
            let items = house.analytics.runs(&house.scope, None, Limit::new(100)).await.expect("read").items;
            let items: i32 = items.iter().filter(|r| r.integration_id == Some(account.id)).map(|r| r.items_ok).sum();
            assert!(items > 10, "{words} {place}: {items}");
        }
        let found = failures(&house).await;
        assert!(!found.is_empty() && found.iter().all(|f| f.integration_id == failing.0.id), "{words}: {found:?}");
        assert_eq!(found[0].error_type, kind, "{words}");

        // Either the page names the moment, or what has to happen first.
        let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
        let again = match (again, found[0].retry_at) {
            (Some(text), None) => text.to_owned(),
            (None, Some(at)) => berlin.local(at).strftime("tried again %a %-d %b %Y, %H:%M").to_string(),
            other => panic!("{words}: {other:?}"),
        };
        let page = owner.page("/collecting").await;
        assert_eq!((page.status, page.text.matches(">Works<").count()), (200, 9), "{words}: {}", page.text);
        let run = format!("/collecting/runs/{}", found[0].run_id);
        assert!(page.text.contains(&format!("href=\"{run}\"")), "{words}");
        for text in [page.text, owner.page(&run).await.text] {
            for said in ["eva", "on Mastodon", words, &again] {
                assert!(text.contains(said), "{words}: {said:?} is missing: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_runs_page_counts_what_was_odd() {
    let house = House::new().await;
    let owner = house.owner().await;
    let accounts = [
        furnished(Platform::Mastodon, "ann", &house).await,
        furnished(Platform::Facebook, "bea", &house).await,
        furnished(Platform::Mastodon, "cid", &house).await,
        furnished(Platform::Mastodon, "dan", &house).await,
    ];
    let on = |place: usize, effect, endpoint| {
        FaultRule::new(effect).account(accounts[place].1.platform_user_id.clone()).endpoint(endpoint)
    };
    let instead = |field: &str, with| Effect::ReplacedFields { fields: vec![field.to_owned()], with };
    let missing = |field: &str| Effect::MissingFields { fields: vec![field.to_owned()] };
    for fault in [
        on(0, instead("favourites_count", json!("many")), Endpoint::Metrics).once(),
        on(0, instead("favourites_count", json!("7")), Endpoint::Metrics).skip(1).once(),
        on(0, instead("replies_count", json!(-3)), Endpoint::Metrics).skip(2).times(2),
        on(0, missing("replies_count"), Endpoint::Metrics).skip(4).once(),
        on(0, Effect::EmptyPage, Endpoint::List).once(),
        on(0, Effect::DuplicateListing, Endpoint::List).skip(1),
        on(1, Effect::SecondId, Endpoint::List),
        on(2, Effect::EmptyPage, Endpoint::List),
        on(3, instead("created_at", json!("soon")), Endpoint::List),
    ] {
        house.control.add_fault(fault);
    }
    collect(&house, &owner, &accounts).await;
    let runs = house.analytics.runs(&house.scope, None, Limit::new(50)).await.expect("read").items;
    let page = async |place: usize| {
        let run = runs.iter().find(|run| run.integration_id == Some(accounts[place].0.id)).expect("collected");
        let page = owner.page(&format!("/collecting/runs/{}", run.id)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.text
    };
    let holds = |text: &str, sentences: &[&str]| {
        for said in sentences {
            assert!(text.contains(said), "{said:?} is missing: {text}");
        }
    };
    let ann = page(0).await;
    holds(
        &ann,
        &[
            "1 number could not be read and is left unknown: favourites_count.",
            "1 number came as text and was read all the same: favourites_count.",
            "2 counts below zero or beyond all measure are left unknown: comments 2.",
            "Not reported, and left unknown, 1 time: comments.",
            "1 page of the listing was empty and had a next one, which was asked for.",
            "1 item stood in the listing twice and is kept once.",
            "numbers of content",
        ],
    );
    let bea = page(1).await;
    holds(&bea, &["1 item stood in the listing twice and is kept once.", "America/Los_Angeles 4."]);
    // The listing that leads to itself ends with a failure, which the page names with its next try.
    holds(&page(2).await, &["runs in a circle", "tried again"]);

    holds(&page(3).await, &["items of the listing were left out, because this could not be read: time "]);

    let api = owner.get("/analytics/runs").await.expect(200);
    let oddities: Vec<_> =
        api.json["items"].as_array().expect("runs").iter().filter_map(|r| r["oddities"].as_array()).flatten().collect();
    assert!(oddities.contains(&&json!({"kind": "impossible", "name": "comments", "count": 2})), "{oddities:?}");
    assert!(oddities.contains(&&json!({"kind": "empty_page", "name": null, "count": 1})), "{oddities:?}");
    let is_left_out = |odd: &&&serde_json::Value| odd["kind"] == "unreadable_item" && odd["name"] == "time";
    assert_eq!(oddities.iter().filter(is_left_out).count(), 1, "{oddities:?}");
    let (stranger, _) = house.stranger().await;
    let run = runs.first().expect("a run").id;
    assert_eq!(stranger.page(&format!("/collecting/runs/{run}")).await.status, 404);
}
