//! The connector of Instagram against the simulated network.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{Access, Connector as _, Draft, DraftKind, ErrorType, Found, Instagram, ReplyTo, Search};
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};
use serde_json::Value;

use crate::connect::{access, http, prepared, publish, sign_in};
use crate::house::{House, NOW, at};
use crate::pictures::Pictures;

struct Bench {
    house: House,
    me: SandboxAccount,
    instagram: Instagram,
    access: Access,
    pictures: Pictures,
}

impl Bench {
    async fn new() -> Self {
        let house = House::new().await;
        let me = house.account(Platform::Instagram, "fieldwork", 5_000);
        let (instagram, access) = (Instagram::new(http(&house)), access(&house, &me));
        Self { house, me, instagram, access, pictures: Pictures::start().await }
    }

    fn draft(&self, kind: DraftKind, text: &str, files: &[&str]) -> Draft {
        let media = files.iter().map(|name| self.pictures.medium(name)).collect();
        Draft { kind, media, ..Draft::of_text(text, text) }
    }

    fn fault(&self, effect: Effect, endpoint: Endpoint) {
        self.house.control.add_fault(FaultRule::new(effect).on(Platform::Instagram).endpoint(endpoint).once());
    }
}

#[tokio::test]
async fn consent_gives_a_token_that_renews_itself_after_a_day() {
    let Bench { house, me, instagram, mut access, .. } = Bench::new().await;
    let tokens = sign_in(&house, &instagram, &me).await;
    assert_eq!((tokens.expires_in, tokens.scopes.len()), (Some(Duration::from_hours(60 * 24)), 4));
    access.token = tokens.access;
    let profile = instagram.check(&access).await.expect("an account");
    assert_eq!((profile.id.as_str(), profile.followers_count), (me.platform_user_id.as_str(), Some(5_000)));
    assert_eq!(instagram.refresh(&access).await.expect_err("too young").kind, ErrorType::BadRequest);
    house.clock.advance(Duration::from_hours(24));
    access.token = instagram.refresh(&access).await.expect("renewed").access;
    house.clock.advance(Duration::from_hours(60 * 24));
    assert_eq!(instagram.refresh(&access).await.expect_err("too old").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn every_ability_is_published_listed_and_counted() {
    let bench = Bench::new().await;
    let Bench { house, me, instagram, access, .. } = &bench;
    house.control.change_settings(|s| s.container_delay_secs = 20);
    let mut drafts = vec![
        bench.draft(DraftKind::Post, "One picture #HowTo", &["a.jpg"]),
        bench.draft(DraftKind::Post, "A video", &["clip.mp4"]),
        bench.draft(DraftKind::Carousel, "Both", &["a.jpg", "clip.mp4"]),
        bench.draft(DraftKind::Story, "", &["b.jpg"]),
        bench.draft(DraftKind::Reel, "A reel", &["clip.mp4"]),
    ];
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(instagram.objections(draft).is_empty(), "{:?}", instagram.objections(draft));
        out.push(publish(house, instagram, access, draft).await);
    }
    let root = out[0].external_id.clone();
    let to = ReplyTo { external_id: root.clone(), root_id: root.clone() };
    drafts.push(Draft { reply_to: Some(to), ..Draft::of_text("k", "First comment #tags") });
    out.push(publish(house, instagram, access, &drafts[5]).await);
    let needed: Vec<_> = drafts.iter().map(Draft::needs).collect();
    assert_eq!(needed, instagram.capabilities().publishes, "all of them");
    let to = ReplyTo { external_id: out[5].external_id.clone(), root_id: root.clone() };
    let answer =
        publish(house, instagram, access, &Draft { reply_to: Some(to), ..Draft::of_text("k", "Thanks") }).await;
    let held = house.control.posts(&me.platform_user_id);
    assert_eq!(held.len(), 7);
    assert_eq!(held[5].reply_to.as_deref(), Some(root.as_str()));
    assert_eq!(held[6].external_id, answer.external_id);
    let items = instagram.all_content(access, at(NOW), 9).await.expect("listed");
    let formats: Vec<&str> = items.iter().map(|i| i.format.label()).collect();
    assert_eq!(formats, ["reel", "story", "carousel", "reel", "post"], "comments are no posts");
    house.clock.advance(Duration::from_hours(48));
    let ids: Vec<String> = items.iter().map(|i| i.external_id.clone()).collect();
    let date = "2026-03-04".parse().expect("a day");
    let batch = instagram.content_metrics(access, &ids, date).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.unsupported.len()), (5, 0));
    assert!(batch.rows.iter().all(|r| r.views > Some(0) && r.reach > Some(0) && r.impressions.is_none()));
    assert!(batch.rows[0].watch_time_ms.is_some() && batch.rows[4].watch_time_ms.is_none());
    let days = instagram.account_metrics(access, "2026-03-02".parse().expect("a day"), date).await.expect("days");
    assert_eq!(days.len(), 3);
    assert!(days.iter().all(|d| d.views.is_some() && d.reach.is_some() && d.followers_gained.is_some()));
    assert!(days[1].followers.is_none() && days[2].followers.is_some());
}

#[tokio::test]
async fn an_answer_that_is_lost_never_means_a_second_post() {
    let bench = Bench::new().await;
    let Bench { house, me, instagram, access, .. } = &bench;
    let first = publish(house, instagram, access, &bench.draft(DraftKind::Post, "First", &["a.jpg"])).await;
    let to = ReplyTo { external_id: first.external_id.clone(), root_id: first.external_id };
    let drafts = [
        bench.draft(DraftKind::Post, "Fresh", &["a.jpg"]),
        bench.draft(DraftKind::Story, "", &["a.jpg"]),
        bench.draft(DraftKind::Carousel, "Fresh", &["a.jpg", "b.jpg"]),
        Draft { reply_to: Some(to), ..Draft::of_text("k", "Fresh") },
    ];
    for draft in drafts {
        let (handles, _) = prepared(house, instagram, access, &draft).await;
        let search = Search { handles: handles.clone(), ..Search::of(draft.clone(), at(NOW)) };
        assert_eq!(instagram.look_up(access, &search).await.expect("looked"), Found::Absent, "{:?}", draft.needs());
        bench.fault(Effect::accept_then_drop(), Endpoint::Publish);
        let error = instagram.publish(access, &draft, &handles).await.expect_err("no answer");
        assert!(error.is_doubtful());
        let newest = house.control.posts(&me.platform_user_id).last().map(|p| p.external_id.clone());
        let Found::Post(found) = instagram.look_up(access, &search).await.expect("looked") else {
            panic!("{:?} is not found", draft.needs())
        };
        assert_eq!(Some(found.external_id), newest);
    }
    assert_eq!(house.control.published(&me.platform_user_id).len(), 5);
}

#[tokio::test]
async fn media_trouble_limits_and_dead_tokens_are_told_apart() {
    let bench = Bench::new().await;
    let Bench { house, me, instagram, access, .. } = &bench;
    let draft = bench.draft(DraftKind::Reel, "A reel", &["clip.mp4"]);
    bench.fault(Effect::MediaUnreachable, Endpoint::Upload);
    let error = instagram.prepare(access, &draft, &Value::Null).await.expect_err("unreachable");
    assert_eq!((error.kind, error.media, error.subcode.as_deref()), (ErrorType::BadRequest, true, Some("2207052")));
    let message = "Error: Media upload has failed with error code 2207053".to_owned();
    bench.fault(Effect::ContainerError { message }, Endpoint::Upload);
    let error = instagram.prepare(access, &draft, &Value::Null).await.expect_err("try again");
    assert_eq!((error.kind, error.media), (ErrorType::Transient, true));
    bench.fault(Effect::ContainerSlow { seconds: 25 }, Endpoint::Upload);
    let (handles, pauses) = prepared(house, instagram, access, &draft).await;
    assert_eq!(pauses, 4, "5 s, 7.5 s, then every 10 s");
    bench.fault(Effect::Permission, Endpoint::Publish);
    let error = instagram.publish(access, &draft, &handles).await.expect_err("no right");
    assert_eq!((error.kind, error.is_doubtful()), (ErrorType::Permission, false));
    bench.fault(Effect::rate_limit(), Endpoint::Account);
    let error = instagram.check(access).await.expect_err("a limit");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_mins(5))));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Revoked).expect("known");
    let error = instagram.publish(access, &draft, &handles).await.expect_err("dead");
    assert_eq!(error.kind, ErrorType::TokenExpired);
}
