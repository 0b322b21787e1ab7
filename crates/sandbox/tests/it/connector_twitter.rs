//! X's connector against the simulated X.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{Ability, Access, Connector as _, Delivery, Draft, ErrorType, Found, ReplyTo, Search, Twitter};
use rookery_sandbox::{Effect, Endpoint, FaultRule, Format, SandboxAccount, TokenEnd};
use serde_json::Value;

use crate::connect::{access, http, picture, prepared, publish, sign_in, video};
use crate::house::{House, NOW, at};

async fn begin() -> (House, SandboxAccount, Twitter, Access) {
    let house = House::new().await;
    let me = house.account(Platform::Twitter, "fieldwork", 5_000);
    let (twitter, access) = (Twitter::new(http(&house)), access(&house, &me));
    (house, me, twitter, access)
}

fn rule(effect: Effect, endpoint: Endpoint) -> FaultRule {
    FaultRule::new(effect).on(Platform::Twitter).endpoint(endpoint)
}

#[tokio::test]
async fn an_account_is_connected_renewed_and_given_back() {
    let (house, me, twitter, mut access) = begin().await;
    let tokens = sign_in(&house, &twitter, &me).await;
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(2)));
    access.token = tokens.access;
    access.refresh_token = tokens.refresh;
    let profile = twitter.profiles(&access.base_url, &access.token, None).await.expect("a profile").remove(0);
    assert_eq!((profile.id.as_str(), profile.username.as_str()), (me.platform_user_id.as_str(), "fieldwork"));
    assert_eq!((profile.profile_url.as_deref(), profile.followers_count), (Some(me.profile_url.as_str()), Some(5_000)));

    house.clock.advance(Duration::from_hours(3));
    let error = twitter.check(&access).await.expect_err("two hours are over");
    assert_eq!(error.kind, ErrorType::TokenExpired);
    let renewed = twitter.refresh(&access).await.expect("renewed");
    let used = twitter.refresh(&access).await.expect_err("a refresh token works once");
    assert_eq!((used.kind, used.delivery), (ErrorType::TokenExpired, Delivery::Refused));
    access.token = renewed.access;
    access.refresh_token = renewed.refresh;
    assert_eq!(twitter.check(&access).await.expect("works again").id, me.platform_user_id);
    twitter.revoke(&access).await.expect("given back");
    assert_eq!(twitter.check(&access).await.expect_err("gone").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn every_ability_is_published_listed_and_found() {
    let (house, me, twitter, access) = begin().await;
    let text = |text: &str| Draft::of_text("k", text);
    let mut drafts = vec![
        text("Moss & <slate> 👍"),
        Draft { link: Some("https://a.example/long/path?x=1&y=2".into()), ..text("Read") },
        Draft { media: vec![picture("a.png")], ..text("One picture") },
        Draft { media: vec![video(5 * 1024 * 1024)], ..text("A video") },
        Draft { media: vec![picture("a.png"), picture("b.png"), picture("c.png")], ..text("Three pictures") },
    ];
    drafts[2].media[0].alt_text = Some("A harbour".into());
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(twitter.objections(draft).is_empty());
        house.clock.advance(Duration::from_secs(60));
        out.push(publish(&house, &twitter, &access, draft).await);
    }
    let reply_to = ReplyTo { external_id: out[0].external_id.clone(), root_id: out[0].external_id.clone() };
    drafts.push(Draft { reply_to: Some(reply_to), media: vec![picture("d.png")], ..text("Second part") });
    out.push(publish(&house, &twitter, &access, &drafts[5]).await);
    let needed: Vec<Ability> = drafts.iter().map(Draft::needs).collect();
    assert_eq!(needed, twitter.capabilities().publishes, "all of them");

    let held = house.control.posts(&me.platform_user_id);
    assert_eq!(held.iter().map(|p| p.media.len()).collect::<Vec<_>>(), [0, 0, 1, 1, 3, 1]);
    assert_eq!((held[2].media[0].alt.as_deref(), held[3].format), (Some("A harbour"), Format::Video));
    assert_eq!(held[5].reply_to.as_deref(), Some(out[0].external_id.as_str()));
    for (draft, published) in drafts.iter().zip(&out) {
        let search = Search::of(draft.clone(), at(NOW));
        assert_eq!(twitter.look_up(&access, &search).await.expect("looked"), Found::Post(published.clone()));
        let shown = house.get(published.permalink.as_deref().expect("an address"), "").await;
        assert_eq!(shown.status, 200);
    }
    let items = twitter.all_content(&access, at(NOW), 10).await.expect("a listing");
    let mut captions: Vec<&str> = items.iter().filter_map(|i| i.caption.as_deref()).collect();
    captions.reverse();
    let expected = [
        "Moss & <slate> 👍",
        "Read\n\nhttps://a.example/long/path?x=1&y=2",
        "One picture",
        "A video",
        "Three pictures",
        "Second part",
    ];
    assert_eq!(captions, expected);
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_never_sent_twice() {
    let (house, me, twitter, access) = begin().await;
    house.control.change_settings(|s| s.refuse_duplicates = true);
    let draft = Draft { link: Some("https://a.example/b".into()), ..Draft::of_text("k", "Only once") };
    for effect in [Effect::accept_then_drop(), Effect::AcceptThen500] {
        house.control.add_fault(rule(effect, Endpoint::Publish).once());
    }
    let error = twitter.publish(&access, &draft, &Value::Null).await.expect_err("no answer");
    assert_eq!(error.delivery, Delivery::Unknown);
    house.control.add_fault(rule(Effect::EmptyPage, Endpoint::List).once());
    let search = Search::of(draft.clone(), at(NOW));
    let Found::Post(found) = twitter.look_up(&access, &search).await.expect("looked") else { panic!("it is out") };
    assert_eq!(found.external_id, house.control.published(&me.platform_user_id)[0].external_id);
    house.control.clear_faults();
    let error = twitter.publish(&access, &draft, &Value::Null).await.expect_err("an equal post");
    assert_eq!((error.duplicate, error.delivery), (true, Delivery::Refused));
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let other = Search::of(Draft::of_text("k", "Never sent"), at(NOW));
    assert_eq!(twitter.look_up(&access, &other).await.expect("looked"), Found::Absent);
}

#[tokio::test]
async fn media_take_their_time_or_fail() {
    let (house, me, twitter, access) = begin().await;
    house.control.change_settings(|s| s.container_delay_secs = 60);
    let draft = Draft { media: vec![video(9 * 1024 * 1024)], ..Draft::of_text("k", "A video") };
    let (handles, pauses) = prepared(&house, &twitter, &access, &draft).await;
    assert!(pauses >= 3, "{pauses}");
    twitter.publish(&access, &draft, &handles).await.expect("out");
    let uploads = house.control.calls().iter().filter(|c| c.path.ends_with("/append")).count();
    assert_eq!(uploads, 3, "nine megabytes in pieces of four, once");

    let error = Effect::ContainerError { message: "unsupported codec".into() };
    house.control.add_fault(rule(error, Endpoint::Upload).once());
    let mut handles = Value::Null;
    let error = loop {
        match twitter.prepare(&access, &draft, &handles).await {
            Ok(rookery_platforms::Prepared::Wait { handles: kept, pause }) => {
                handles = kept;
                house.clock.advance(pause);
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(error.media && error.message.contains("unsupported codec"), "{error}");
    let mut lying = Draft { media: vec![picture("a.png")], ..Draft::of_text("k", "x") };
    lying.media[0].mime_type = "video/mp4".into();
    lying.media[0].kind = rookery_platforms::MediaKind::Video;
    let error = twitter.prepare(&access, &lying, &Value::Null).await.expect_err("a picture is no video");
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
}

#[tokio::test]
async fn numbers_grow_and_are_private_for_thirty_days() {
    let (house, me, twitter, access) = begin().await;
    let first = publish(&house, &twitter, &access, &Draft::of_text("k", "Old #one")).await.external_id;
    house.clock.advance(Duration::from_hours(24 * 31));
    let draft = Draft { media: vec![video(100)], ..Draft::of_text("k", "Young") };
    let second = publish(&house, &twitter, &access, &draft).await.external_id;
    house.clock.advance(Duration::from_hours(48));
    let today = "2026-04-04".parse().expect("a date");
    let ids = [first.clone(), second.clone(), "1".to_owned()];
    let batch = twitter.content_metrics(&access, &ids, today).await.expect("numbers");
    let row = |id: &str| batch.rows.iter().find(|r| r.external_id == id).expect("a row");
    assert!(row(&second).clicks.is_some() && row(&second).views > Some(0) && row(&second).impressions > Some(0));
    assert!(row(&first).clicks.is_none() && row(&first).impressions > Some(0));
    assert_eq!((batch.failures.len(), batch.failures[0].error.kind), (1, ErrorType::NotFound));
    house.control.add_fault(rule(Effect::MissingFields { fields: vec!["like_count".into()] }, Endpoint::Metrics));
    let sparse = twitter.content_metrics(&access, std::slice::from_ref(&second), today).await.expect("numbers");
    assert_eq!((sparse.rows[0].reactions, sparse.rows[0].comments.is_some()), (None, true));
    let account = twitter.account_metrics(&access, today, today).await.expect("numbers").remove(0);
    assert!(account.followers.is_some() && account.posts_count == Some(2));

    house.control.clear_faults();
    twitter.delete(&access, &second).await.expect("deleted");
    assert_eq!(twitter.delete(&access, &second).await.expect_err("gone").kind, ErrorType::NotFound);
    assert!(house.control.posts(&me.platform_user_id)[1].deleted.is_some());
}

#[tokio::test]
async fn a_full_quota_a_dead_token_and_a_missing_right_are_told_apart() {
    let (house, me, twitter, access) = begin().await;
    let draft = Draft::of_text("k", "Hello");
    house.control.add_fault(rule(Effect::rate_limit(), Endpoint::Publish).once());
    let error = twitter.publish(&access, &draft, &Value::Null).await.expect_err("full");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_secs(300))));
    assert_eq!(twitter.usage(&access).map(|u| u.percent), Some(100));
    house.control.add_fault(rule(Effect::Permission, Endpoint::Publish).once());
    let error = twitter.publish(&access, &draft, &Value::Null).await.expect_err("no right");
    assert_eq!((error.kind, error.delivery), (ErrorType::Permission, Delivery::Refused));
    let long = Draft::of_text("k", "x".repeat(281));
    let error = twitter.publish(&access, &long, &Value::Null).await.expect_err("too long");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::Refused));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Revoked).expect("known");
    let error = twitter.publish(&access, &draft, &Value::Null).await.expect_err("ended");
    assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::Refused));
    assert!(house.control.published(&me.platform_user_id).is_empty());
}
