//! YouTube's connector against the simulated YouTube.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{
    Access, Basis, Connector as _, Delivery, Draft, DraftKind, ErrorType, Found, Media, MediaKind, ReplyTo, Search,
    YouTube,
};
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};
use serde_json::Value;

use crate::connect::{access, http, prepared, publish, sign_in, video};
use crate::house::{House, NOW, at};

async fn begin() -> (House, SandboxAccount, YouTube, Access) {
    let house = House::new().await;
    let me = house.account(Platform::Youtube, "fieldwork", 5_000);
    let (youtube, access) = (YouTube::new(http(&house)), access(&house, &me));
    (house, me, youtube, access)
}

fn rule(effect: Effect, endpoint: Endpoint) -> FaultRule {
    FaultRule::new(effect).on(Platform::Youtube).endpoint(endpoint)
}

fn film(text: &str, size: usize) -> Draft {
    Draft { media: vec![video(size)], ..Draft::of_text("k", text) }
}

fn answer_to(external_id: &str, root_id: &str, text: &str) -> Draft {
    let reply_to = Some(ReplyTo { external_id: external_id.to_owned(), root_id: root_id.to_owned() });
    Draft { reply_to, ..Draft::of_text("k", text) }
}

#[tokio::test]
async fn consent_gives_an_hour_and_a_refresh_token_that_stays() {
    let (house, me, youtube, mut access) = begin().await;
    let tokens = sign_in(&house, &youtube, &me).await;
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(1)));
    (access.token, access.refresh_token) = (tokens.access, tokens.refresh);
    let channel = youtube.check(&access).await.expect("works");
    assert_eq!((channel.id.as_str(), channel.username.as_str()), (me.platform_user_id.as_str(), "fieldwork"));
    assert_eq!(channel.profile_url.as_deref(), Some(me.profile_url.as_str()));
    for _ in 0..2 {
        house.clock.advance(Duration::from_hours(2));
        assert_eq!(youtube.check(&access).await.expect_err("an hour").kind, ErrorType::TokenExpired);
        let renewed = youtube.refresh(&access).await.expect("renewed");
        assert!(renewed.refresh.is_none(), "the old one stays");
        access.token = renewed.access;
        youtube.check(&access).await.expect("works again");
    }
    youtube.revoke(&access).await.expect("given back");
    assert_eq!(youtube.check(&access).await.expect_err("given back").kind, ErrorType::TokenExpired);
    assert_eq!(youtube.refresh(&access).await.expect_err("given back").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn videos_shorts_and_comments_are_published_found_listed_and_deleted() {
    let (house, me, youtube, access) = begin().await;
    let drafts = [
        film("A tour #HowTo\nThrough the house 👍", 9 * 1024 * 1024 + 5),
        Draft { kind: DraftKind::Short, title: Some("Short".into()), ..film("Quick", 80_000) },
    ];
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(youtube.objections(draft).is_empty(), "{:?}", youtube.objections(draft));
        house.clock.advance(Duration::from_secs(60));
        out.push(publish(&house, &youtube, &access, draft).await);
    }
    let root = out[0].external_id.clone();
    let comment = answer_to(&root, &root, "First comment & more");
    out.push(publish(&house, &youtube, &access, &comment).await);
    let answer = answer_to(&out[2].external_id, &root, "An answer");
    out.push(publish(&house, &youtube, &access, &answer).await);
    let second = answer_to(&out[3].external_id, &root, "An answer to the answer");
    out.push(publish(&house, &youtube, &access, &second).await);

    let held = house.control.posts(&me.platform_user_id);
    assert_eq!(held.len(), 5);
    assert_eq!((held[0].title.as_deref(), held[1].title.as_deref()), (Some("A tour #HowTo"), Some("Short")));
    assert_eq!(held[0].media[0].bytes, 9 * 1024 * 1024 + 5, "every byte, once");
    for published in &out {
        let shown = house.get(published.permalink.as_deref().expect("an address"), "").await;
        assert_eq!(shown.status, 200, "{published:?}");
    }
    for (draft, published) in [(comment, &out[2]), (answer, &out[3]), (second, &out[4])] {
        let found = youtube.look_up(&access, &Search::of(draft, at(NOW))).await.expect("looked");
        assert_eq!(found, Found::Post(published.clone()));
    }
    house.control.add_fault(rule(Effect::EmptyPage, Endpoint::List).once());
    let items = youtube.all_content(&access, at(NOW), 10).await.expect("a listing");
    let listed: Vec<&str> = items.iter().rev().map(|i| i.external_id.as_str()).collect();
    assert_eq!(listed, [root.as_str(), out[1].external_id.as_str()], "comments are no videos");

    youtube.delete(&access, &out[4].external_id).await.expect("a comment is deleted");
    youtube.delete(&access, &root).await.expect("a video is deleted");
    assert_eq!(youtube.delete(&access, &root).await.expect_err("gone").kind, ErrorType::NotFound);
}

#[tokio::test]
async fn a_lost_answer_makes_one_video_and_one_comment() {
    let (house, me, youtube, access) = begin().await;
    let draft = film("Only once", 80_000);
    let (handles, _) = prepared(&house, &youtube, &access, &draft).await;
    assert!(house.control.published(&me.platform_user_id).is_empty(), "private until the public call");
    let search = Search { draft: draft.clone(), handles: handles.clone(), since: at(NOW) };
    assert_eq!(youtube.look_up(&access, &search).await.expect("looked"), Found::Absent);
    house.control.add_fault(rule(Effect::accept_then_drop(), Endpoint::Publish).once());
    let error = youtube.publish(&access, &draft, &handles).await.expect_err("no answer");
    assert_eq!(error.delivery, Delivery::Unknown);
    let Found::Post(found) = youtube.look_up(&access, &search).await.expect("looked") else { panic!("it is out") };
    let again = youtube.publish(&access, &draft, &handles).await.expect("the same").published().expect("at once");
    assert_eq!(again, found);
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);

    let comment = answer_to(&found.external_id, &found.external_id, "A comment, once");
    house.control.add_fault(rule(Effect::AcceptThen500, Endpoint::Publish).once());
    let error = youtube.publish(&access, &comment, &Value::Null).await.expect_err("500");
    assert_eq!(error.delivery, Delivery::Unknown);
    let looked = youtube.look_up(&access, &Search::of(comment, at(NOW))).await.expect("looked");
    assert!(matches!(looked, Found::Post(_)), "{looked:?}");
    let other = answer_to(&found.external_id, &found.external_id, "Never sent");
    assert_eq!(youtube.look_up(&access, &Search::of(other, at(NOW))).await.expect("looked"), Found::Absent);
}

#[tokio::test]
async fn processing_takes_its_time_or_fails_and_nothing_of_it_is_public() {
    let (house, me, youtube, access) = begin().await;
    house.control.change_settings(|s| s.container_delay_secs = 60);
    let (_, pauses) = prepared(&house, &youtube, &access, &film("Slow", 80_000)).await;
    assert!(pauses >= 7, "{pauses}");
    house.control.change_settings(|s| s.container_delay_secs = 0);
    let mut lying = film("x", 80_000);
    lying.media[0] = Media::of_bytes(MediaKind::Video, "video/mp4", "a.mp4", b"<html>".to_vec().into());
    let mut handles = Value::Null;
    let error = loop {
        match youtube.prepare(&access, &lying, &handles).await {
            Ok(rookery_platforms::Prepared::Wait { handles: kept, .. }) => handles = kept,
            Ok(ready) => panic!("{ready:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
    assert!(house.control.posts(&me.platform_user_id).is_empty());
}

#[tokio::test]
async fn numbers_are_told_by_video_and_by_day() {
    let (house, me, youtube, access) = begin().await;
    let out = publish(&house, &youtube, &access, &film("Seen", 80_000)).await;
    house.clock.advance(Duration::from_hours(24 * 5));
    let today = "2026-03-07".parse().expect("a date");
    let ids = [out.external_id, "AAAAAAAAAAA".to_owned()];
    let batch = youtube.content_metrics(&access, &ids, today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures[0].error.kind), (1, ErrorType::NotFound));
    assert!(batch.rows[0].views > Some(0) && batch.rows[0].watch_time_ms.is_some() && batch.rows[0].reach.is_none());
    house.control.add_fault(rule(Effect::MissingFields { fields: vec!["likeCount".into()] }, Endpoint::Metrics));
    let sparse = youtube.content_metrics(&access, &ids[..1], today).await.expect("numbers");
    assert_eq!((sparse.rows[0].reactions, sparse.rows[0].comments.is_some()), (None, true));
    let days = youtube.account_metrics(&access, "2026-03-02".parse().expect("a date"), today).await.expect("numbers");
    let of_days = days.iter().filter(|d| d.basis == Basis::Day).count();
    assert_eq!((of_days, days.len()), (4, 5), "the last two days are not told yet");
    assert!(days[4].followers > Some(0) && days[0].views > Some(0));

    house.control.add_fault(rule(Effect::rate_limit(), Endpoint::Account).once());
    let error = youtube.check(&access).await.expect_err("used up");
    assert_eq!((error.kind, error.code.as_deref()), (ErrorType::RateLimit, Some("quotaExceeded")));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Revoked).expect("known");
    assert_eq!(youtube.check(&access).await.expect_err("taken back").kind, ErrorType::TokenExpired);
}
