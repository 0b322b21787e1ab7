//! The connector of Threads against the simulated network.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{Access, Basis, Connector as _, Draft, ErrorType, Found, Pace, ReplyTo, Search, Threads};
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};
use secrecy::ExposeSecret as _;

use crate::connect::{access, http, prepared, publish, sign_in};
use crate::house::{House, NOW, at};
use crate::pictures::Pictures;

async fn begin() -> (House, SandboxAccount, Threads, Access) {
    let house = House::new().await;
    let me = house.account(Platform::Threads, "fieldwork", 5_000);
    let (threads, access) = (Threads::new(http(&house)), access(&house, &me));
    (house, me, threads, access)
}

fn rule(effect: Effect, endpoint: Endpoint) -> FaultRule {
    FaultRule::new(effect).on(Platform::Threads).endpoint(endpoint)
}

#[tokio::test]
async fn consent_gives_a_token_that_renews_itself_after_a_day() {
    let (house, me, threads, mut access) = begin().await;
    let tokens = sign_in(&house, &threads, &me).await;
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(60 * 24)));
    access.token = tokens.access;
    let profiles = threads.profiles(&access.base_url, &access.token, None).await.expect("an account");
    assert_eq!((profiles[0].id.as_str(), profiles[0].username.as_str()), (me.platform_user_id.as_str(), "fieldwork"));
    assert_eq!(threads.refresh(&access).await.expect_err("too young").kind, ErrorType::BadRequest);
    house.clock.advance(threads.capabilities().token_age_min.expect("an age"));
    let renewed = threads.refresh(&access).await.expect("renewed");
    let next = renewed.refresh.as_ref().expect("what the next renewal is asked with");
    assert_eq!(next.expose_secret(), renewed.access.expose_secret(), "the token is all there is");
    house.clock.advance(Duration::from_hours(60 * 24 - 1));
    assert_eq!(threads.check(&access).await.expect_err("its time is over").kind, ErrorType::TokenExpired);
    access.token = renewed.access;
    threads.check(&access).await.expect("the new one lives on");
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Revoked).expect("known");
    assert_eq!(threads.refresh(&access).await.expect_err("taken back").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn every_ability_is_published_listed_counted_and_deleted() {
    let (house, me, threads, access) = begin().await;
    let pictures = Pictures::start().await;
    house.control.change_settings(|s| s.container_delay_secs = 20);
    let mut drafts = vec![
        Draft::of_text("1", "Moss & <slate> #HowTo 👍"),
        Draft { link: Some("https://a.example/b?c=1".into()), ..Draft::of_text("2", "Look") },
        Draft { media: vec![pictures.medium("a.jpg")], ..Draft::of_text("3", "One picture") },
        Draft { media: vec![pictures.medium("clip.mp4")], ..Draft::of_text("4", "A video") },
        Draft { media: vec![pictures.medium("a.jpg"), pictures.medium("clip.mp4")], ..Draft::of_text("5", "Both") },
    ];
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(threads.objections(draft).is_empty(), "{:?}", threads.objections(draft));
        out.push(publish(&house, &threads, &access, draft).await);
    }
    let root = out[0].external_id.clone();
    let to = ReplyTo { external_id: root.clone(), root_id: root };
    drafts.push(Draft { reply_to: Some(to), ..Draft::of_text("6", "The next part") });
    out.push(publish(&house, &threads, &access, &drafts[5]).await);
    let needed: Vec<_> = drafts.iter().map(Draft::needs).collect();
    assert_eq!(needed, threads.capabilities().publishes, "all of them");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 6);
    let held = house.control.posts(&me.platform_user_id);
    assert_eq!(held[4].media.len(), 2);
    assert_eq!(held[5].reply_to.as_deref(), Some(out[0].external_id.as_str()));
    let items = threads.all_content(&access, at(NOW), 9).await.expect("listed");
    let formats: Vec<&str> = items.iter().map(|i| i.format.label()).collect();
    assert_eq!(formats, ["carousel", "video", "post", "link", "text"], "replies stand elsewhere");
    assert_eq!(items[4].permalink, out[0].permalink);
    house.clock.advance(Duration::from_hours(48));
    let ids: Vec<String> = out.iter().map(|p| p.external_id.clone()).collect();
    let date = "2026-03-04".parse().expect("a day");
    let batch = threads.content_metrics(&access, &ids, date).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (6, 0));
    assert!(batch.rows.iter().all(|r| r.views > Some(0) && r.reach.is_none() && r.saves.is_none()));
    let from = "2026-03-02".parse().expect("a day");
    let days = threads.account_metrics(&access, from, date).await.expect("days");
    assert_eq!(days.len(), 3);
    assert!(days.iter().all(|d| d.views.is_some() && d.basis == Basis::Day));
    assert_eq!((days[1].followers, days[2].followers.is_some()), (None, true), "followers are told as of now");
    threads.delete(&access, &ids[0]).await.expect("deleted");
    assert_eq!(threads.delete(&access, &ids[0]).await.expect_err("gone").kind, ErrorType::NotFound);
}

#[tokio::test]
async fn an_answer_that_is_lost_or_spoilt_never_means_a_second_post() {
    let (house, me, threads, access) = begin().await;
    for effect in [Effect::accept_then_drop(), Effect::AcceptThen500] {
        let draft = Draft::of_text("k", format!("Fresh {effect:?}"));
        let (handles, _) = prepared(&house, &threads, &access, &draft).await;
        house.control.add_fault(rule(effect.clone(), Endpoint::Publish).once());
        let error = threads.publish(&access, &draft, &handles).await.expect_err("no answer");
        assert!(error.is_doubtful(), "{effect:?}");
        let search = Search { handles, ..Search::of(draft, at(NOW)) };
        let found = threads.look_up(&access, &search).await.expect("looked");
        assert!(matches!(found, Found::Post(_)), "{effect:?}: {found:?}");
    }
    let draft = Draft::of_text("k", "Lost on the way");
    let (handles, _) = prepared(&house, &threads, &access, &draft).await;
    house.control.add_fault(rule(Effect::Refuse500, Endpoint::Publish).once());
    threads.publish(&access, &draft, &handles).await.expect_err("trouble");
    let search = Search { handles: handles.clone(), ..Search::of(draft.clone(), at(NOW)) };
    assert_eq!(threads.look_up(&access, &search).await.expect("looked"), Found::Absent);
    threads.publish(&access, &draft, &handles).await.expect("the container is still good");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 3);
}

#[tokio::test]
async fn media_trouble_limits_and_dead_tokens_are_told_apart() {
    let (house, me, threads, access) = begin().await;
    let pictures = Pictures::start().await;
    let draft = Draft { media: vec![pictures.medium("clip.mp4")], ..Draft::of_text("k", "A video") };
    let null = serde_json::Value::Null;
    house.control.add_fault(rule(Effect::MediaUnreachable, Endpoint::Upload).once());
    let error = threads.prepare(&access, &draft, &null).await.expect_err("unreachable");
    assert_eq!((error.kind, error.media), (ErrorType::Transient, true));
    let reason = Effect::ContainerError { message: "INVALID_DURATION".into() };
    house.control.add_fault(rule(reason, Endpoint::Upload).once());
    let error = threads.prepare(&access, &draft, &null).await.expect_err("too long");
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
    house.control.add_fault(rule(Effect::ContainerSlow { seconds: 60 }, Endpoint::Upload).once());
    let (_, pauses) = prepared(&house, &threads, &access, &draft).await;
    assert_eq!(pauses, 7, "5 s, 7.5 s, then every 10 s");
    house.control.add_fault(rule(Effect::rate_limit(), Endpoint::Account).once());
    let error = threads.check(&access).await.expect_err("a limit");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_mins(5))));
    assert_eq!(threads.usage(&access).map(|u| u.pace()), Some(Pace::Wait));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Expired).expect("known");
    let error = threads.prepare(&access, &draft, &null).await.expect_err("dead");
    assert_eq!(error.kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn listings_survive_empty_pages_and_repetitions() {
    let (house, _, threads, access) = begin().await;
    for n in 0..3 {
        publish(&house, &threads, &access, &Draft::of_text("k", format!("Post {n}"))).await;
        house.clock.advance(Duration::from_secs(1));
    }
    house.control.add_fault(rule(Effect::EmptyPage, Endpoint::List).once());
    assert_eq!(threads.all_content(&access, at(NOW), 9).await.expect("listed").len(), 3);
    house.control.add_fault(rule(Effect::DuplicateListing, Endpoint::List).once());
    let items = threads.all_content(&access, at(NOW), 9).await.expect("listed");
    assert_eq!(items.iter().map(|i| &i.external_id).collect::<std::collections::HashSet<_>>().len(), 3);
    let missing = Effect::MissingFields { fields: vec!["likes".into()] };
    house.control.add_fault(rule(missing, Endpoint::Metrics).once());
    let ids = [items[0].external_id.clone()];
    let batch = threads.content_metrics(&access, &ids, "2026-03-02".parse().expect("a day")).await.expect("numbers");
    assert_eq!((batch.rows[0].reactions, batch.rows[0].views.is_some()), (None, true));
}
