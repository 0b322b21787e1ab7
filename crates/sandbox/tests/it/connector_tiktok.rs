//! TikTok's connector against the simulated TikTok.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{
    Access, Connector as _, Delivery, Draft, ErrorType, Found, Prepared, Published, Search, Sent, TikTok,
};
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};
use serde_json::{Value, json};

use crate::connect::{access, http, prepared, sign_in, video};
use crate::house::{House, NOW, at};
use crate::pictures::Pictures;

async fn begin() -> (House, SandboxAccount, TikTok, Access) {
    let house = House::new().await;
    let me = house.account(Platform::Tiktok, "fieldwork", 5_000);
    let (tiktok, access) = (TikTok::new(http(&house)), access(&house, &me));
    (house, me, tiktok, access)
}

fn rule(effect: Effect, endpoint: Endpoint) -> FaultRule {
    FaultRule::new(effect).on(Platform::Tiktok).endpoint(endpoint)
}

/// A draft whose audience a person chose.
fn chosen(text: &str) -> Draft {
    Draft { options: json!({"privacy_level": "PUBLIC_TO_EVERYONE"}), ..Draft::of_text("k", text) }
}

fn film(text: &str, size: usize) -> Draft {
    Draft { media: vec![video(size)], ..chosen(text) }
}

/// Publishes and looks until the id is known.
async fn publish(house: &House, tiktok: &TikTok, access: &Access, draft: &Draft) -> Published {
    let (handles, _) = prepared(house, tiktok, access, draft).await;
    let sent = tiktok.publish(access, draft, &handles).await.expect("taken");
    let Sent::Accepted(handles) = sent else { panic!("the id comes later") };
    let search = Search { draft: draft.clone(), handles, since: at(NOW) };
    for _ in 0..200 {
        match tiktok.look_up(access, &search).await.expect("looked") {
            Found::Post(post) => return post,
            Found::Working => house.clock.advance(Duration::from_secs(10)),
            other => panic!("{other:?}"),
        }
    }
    panic!("the network never gets done")
}

#[tokio::test]
async fn consent_with_tiktoks_proof_key_gives_tokens_that_rotate() {
    let (house, me, tiktok, mut access) = begin().await;
    let tokens = sign_in(&house, &tiktok, &me).await;
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(24)));
    let first = tokens.refresh.clone();
    (access.token, access.refresh_token) = (tokens.access, tokens.refresh);
    let profile = tiktok.check(&access).await.expect("works");
    assert_eq!((profile.id.as_str(), profile.username.as_str()), (me.platform_user_id.as_str(), "fieldwork"));
    assert_eq!(profile.profile_url.as_deref(), Some(me.profile_url.as_str()));

    house.clock.advance(Duration::from_hours(25));
    assert_eq!(tiktok.check(&access).await.expect_err("a day").kind, ErrorType::TokenExpired);
    let renewed = tiktok.refresh(&access).await.expect("renewed");
    let (old, new) = (access.clone(), renewed.refresh.clone());
    assert!(new.is_some());
    (access.token, access.refresh_token) = (renewed.access, renewed.refresh);
    tiktok.check(&access).await.expect("works again");
    assert_eq!(
        tiktok.refresh(&Access { refresh_token: first, ..old }).await.expect_err("used").kind,
        ErrorType::TokenExpired
    );
    tiktok.revoke(&access).await.expect("given back");
    assert_eq!(tiktok.check(&access).await.expect_err("given back").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn videos_and_pictures_are_published_found_and_listed() {
    let (house, me, tiktok, access) = begin().await;
    let pictures = Pictures::start().await;
    let drafts = [
        film("A small one #HowTo 👍", 80_000),
        film("Two chunks and a bit", 21_000_123),
        Draft { media: vec![pictures.medium("a.jpg")], ..chosen("One picture") },
        Draft {
            media: vec![pictures.medium("a.jpg"), pictures.medium("b.jpg")],
            title: Some("Two".into()),
            ..chosen("Two pictures")
        },
    ];
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(tiktok.objections(draft).is_empty(), "{:?}", tiktok.objections(draft));
        house.clock.advance(Duration::from_secs(60));
        out.push(publish(&house, &tiktok, &access, draft).await);
    }
    let held = house.control.posts(&me.platform_user_id);
    let texts: Vec<&str> = held.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(texts, ["A small one #HowTo 👍", "Two chunks and a bit", "One picture", "Two pictures"]);
    assert_eq!(held.iter().map(|p| p.media.len()).collect::<Vec<_>>(), [1, 1, 1, 2]);
    assert_eq!(held[1].media[0].bytes, 21_000_123, "every byte, once");
    let puts = house.control.calls().iter().filter(|c| c.method == "PUT").count();
    assert_eq!(puts, 1 + 2);
    for published in &out {
        let shown = house.get(published.permalink.as_deref().expect("an address"), "").await;
        assert_eq!(shown.status, 200, "{published:?}");
    }
    house.control.add_fault(rule(Effect::EmptyPage, Endpoint::List).once());
    let items = tiktok.all_content(&access, at(NOW), 10).await.expect("a listing");
    let listed: Vec<&str> = items.iter().rev().map(|i| i.external_id.as_str()).collect();
    assert_eq!(listed, out.iter().map(|p| p.external_id.as_str()).collect::<Vec<_>>());

    house.clock.advance(Duration::from_hours(48));
    let mut ids: Vec<String> = out.iter().map(|p| p.external_id.clone()).collect();
    ids.push("7000000000000000000".to_owned());
    let today = "2026-03-04".parse().expect("a date");
    let batch = tiktok.content_metrics(&access, &ids, today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (4, 1));
    assert!(batch.rows.iter().all(|r| r.views > Some(0) && r.reach.is_none()));
    house
        .control
        .add_fault(rule(Effect::MissingFields { fields: vec!["like_count".into()] }, Endpoint::Metrics).once());
    let sparse = tiktok.content_metrics(&access, &ids[..1], today).await.expect("numbers");
    assert_eq!((sparse.rows[0].reactions, sparse.rows[0].comments.is_some()), (None, true));
    let days = tiktok.account_metrics(&access, today, today).await.expect("numbers");
    assert!(days[0].followers > Some(0) && days[0].posts_count == Some(4));
}

#[tokio::test]
async fn a_last_chunk_whose_answer_was_lost_makes_one_video() {
    let (house, me, tiktok, access) = begin().await;
    let draft = film("Only once", 80_000);
    let (handles, _) = prepared(&house, &tiktok, &access, &draft).await;
    assert!(house.control.published(&me.platform_user_id).is_empty(), "nothing is public before the public call");
    let search = Search { draft: draft.clone(), handles: handles.clone(), since: at(NOW) };
    assert_eq!(tiktok.look_up(&access, &search).await.expect("looked"), Found::Absent, "the last chunk is missing");

    house.control.add_fault(rule(Effect::accept_then_drop(), Endpoint::Publish).once());
    let error = tiktok.publish(&access, &draft, &handles).await.expect_err("no answer");
    assert_eq!(error.delivery, Delivery::Unknown);
    let Found::Post(found) = tiktok.look_up(&access, &search).await.expect("looked") else { panic!("it is out") };
    let again = tiktok.publish(&access, &draft, &handles).await.expect_err("the bytes are there");
    assert_eq!(again.delivery, Delivery::Unknown, "so somebody looks");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);

    let pictures = Pictures::start().await;
    let draft = Draft { media: vec![pictures.medium("a.jpg")], ..chosen("A picture, once") };
    let (handles, _) = prepared(&house, &tiktok, &access, &draft).await;
    house.control.add_fault(rule(Effect::AcceptThen500, Endpoint::Publish).once());
    let error = tiktok.publish(&access, &draft, &handles).await.expect_err("500");
    assert_eq!(error.delivery, Delivery::Unknown);
    let search = Search { draft, handles, since: at(NOW) };
    let Found::Post(other) = tiktok.look_up(&access, &search).await.expect("looked") else { panic!("it is out") };
    assert_ne!(other.external_id, found.external_id);
}

#[tokio::test]
async fn the_network_takes_its_time_and_refuses_what_it_cannot_use() {
    let (house, me, tiktok, access) = begin().await;
    let refused = async |draft: Draft| {
        let (handles, _) = prepared(&house, &tiktok, &access, &draft).await;
        let Sent::Accepted(handles) = tiktok.publish(&access, &draft, &handles).await.expect("taken") else {
            panic!("the id comes later")
        };
        match tiktok.look_up(&access, &Search { draft, handles, since: at(NOW) }).await.expect("looked") {
            Found::Refused(error) => (error.kind, error.media),
            other => panic!("{other:?}"),
        }
    };
    let pictures = Pictures::start().await;
    let mut lying = film("x", 80_000);
    lying.media[0] = rookery_platforms::Media::of_bytes(
        rookery_platforms::MediaKind::Video,
        "video/mp4",
        "a.mp4",
        b"<html>".to_vec().into(),
    );
    assert_eq!(refused(lying).await, (ErrorType::BadRequest, true));
    let lie = Draft { media: vec![pictures.medium("lie.jpg")], ..chosen("x") };
    assert_eq!(refused(lie).await, (ErrorType::BadRequest, true));
    let gone = Draft { media: vec![pictures.medium("none.jpg")], ..chosen("x") };
    assert_eq!(refused(gone).await, (ErrorType::Transient, true), "it may be reachable later");
    house.control.add_fault(rule(Effect::ContainerError { message: "codec".into() }, Endpoint::Publish).once());
    assert_eq!(refused(film("x", 80_000)).await, (ErrorType::BadRequest, true));
    assert!(house.control.posts(&me.platform_user_id).is_empty(), "nothing of it is public");

    house.control.change_settings(|s| s.container_delay_secs = 720);
    let started = house.clock.clone();
    publish(&house, &tiktok, &access, &film("Slow", 80_000)).await;
    let waited = rookery_kernel::Clock::now(&started).since(at(NOW));
    assert!(waited >= Duration::from_secs(720), "{waited:?}");
}

#[tokio::test]
async fn privacy_dead_tokens_quotas_and_long_texts_are_told_apart() {
    let (house, me, tiktok, access) = begin().await;
    let mut draft = film("For me", 80_000);
    draft.options = json!({"privacy_level": "SELF_ONLY"});
    let hidden = publish(&house, &tiktok, &access, &draft).await;
    assert!(hidden.external_id.starts_with("v_pub_file~") && hidden.permalink.is_none());
    assert!(tiktok.all_content(&access, at(NOW), 5).await.expect("a listing").is_empty());
    let ids = [hidden.external_id];
    let batch = tiktok.content_metrics(&access, &ids, "2026-03-02".parse().expect("a date")).await.expect("a batch");
    assert_eq!(batch.failures[0].error.kind, ErrorType::MetricUnsupported);

    let long = film(&"a".repeat(2201), 80_000);
    let error = tiktok.prepare(&access, &long, &Value::Null).await.expect_err("too long");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::Refused));
    house.control.add_fault(rule(Effect::rate_limit(), Endpoint::Upload).once());
    let error = tiktok.prepare(&access, &draft, &Value::Null).await.expect_err("full");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_mins(1))));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Revoked).expect("known");
    let error = tiktok.prepare(&access, &draft, &Value::Null).await.expect_err("taken back");
    assert_eq!(error.kind, ErrorType::TokenExpired);
    let ready = tiktok.prepare(&access, &draft, &json!({"post_info": {}})).await;
    assert!(!matches!(ready, Ok(Prepared::Ready(_))));
    let error = tiktok.delete(&access, "1").await.expect_err("not offered");
    assert_eq!(error.delivery, Delivery::NotSent);
}
