//! LinkedIn's connector against the simulated LinkedIn.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{
    Ability, Access, Basis, Connector as _, Delivery, Draft, ErrorType, Found, LinkedIn, Media, MediaKind, Prepared,
    ReplyTo, Search,
};
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};
use serde_json::Value;

use crate::connect::{access, http, picture, prepared, publish, sign_in, video};
use crate::house::{House, NOW, at};

async fn begin(handle: &str) -> (House, SandboxAccount, LinkedIn, Access) {
    let house = House::new().await;
    let me = house.account(Platform::Linkedin, handle, 5_000);
    let (linkedin, access) = (LinkedIn::new(http(&house)), access(&house, &me));
    (house, me, linkedin, access)
}

fn rule(effect: Effect, endpoint: Endpoint) -> FaultRule {
    FaultRule::new(effect).on(Platform::Linkedin).endpoint(endpoint)
}

fn text(text: &str) -> Draft {
    Draft::of_text("k", text)
}

#[tokio::test]
async fn one_consent_connects_the_member_and_the_pages() {
    let (house, page, linkedin, mut access) = begin("fieldwork").await;
    let member = house.account(Platform::Linkedin, "in-ada", 300);
    let tokens = sign_in(&house, &linkedin, &page).await;
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(24 * 60)));
    access.token = tokens.access;
    access.refresh_token = tokens.refresh;
    let profiles = linkedin.profiles(&access.base_url, &access.token, None).await.expect("profiles");
    let ids: Vec<&str> = profiles.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, [&member.platform_user_id, &page.platform_user_id]);
    assert!(ids[0].starts_with("urn:li:person:") && ids[1].starts_with("urn:li:organization:"));
    assert_eq!(profiles[1].profile_url.as_deref(), Some(page.profile_url.as_str()));
    assert_eq!(linkedin.check(&access).await.expect("works").followers_count, Some(5_000));

    house.clock.advance(Duration::from_hours(24 * 61));
    assert_eq!(linkedin.check(&access).await.expect_err("sixty days").kind, ErrorType::TokenExpired);
    access.token = linkedin.refresh(&access).await.expect("renewed").access;
    assert_eq!(linkedin.check(&access).await.expect("works again").id, page.platform_user_id);
    house.control.end_tokens(&page.platform_user_id, TokenEnd::Revoked).expect("known");
    assert_eq!(linkedin.refresh(&access).await.expect_err("taken back").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn every_ability_is_published_listed_and_found() {
    let (house, me, linkedin, access) = begin("fieldwork").await;
    let mut drafts = vec![
        text("Moss (soft) & <slate> *2*: #HowTo #12 @me a_b ~ {x} \\ 👍"),
        Draft { link: Some("https://a.example/b_(c)?x=1".into()), title: Some("Read (this)".into()), ..text("Look") },
        Draft { media: vec![picture("a.png")], ..text("One picture") },
        Draft { media: vec![video(5 * 1024 * 1024)], ..text("A video") },
        Draft { media: vec![picture("a.png"), picture("b.png"), picture("c.png")], ..text("Three pictures") },
    ];
    drafts[2].media[0].alt_text = Some("A harbour".into());
    let mut out = Vec::new();
    for draft in &drafts {
        assert!(linkedin.objections(draft).is_empty(), "{:?}", linkedin.objections(draft));
        house.clock.advance(Duration::from_secs(60));
        out.push(publish(&house, &linkedin, &access, draft).await);
    }
    let root = out[0].external_id.clone();
    let reply_to = Some(ReplyTo { external_id: root.clone(), root_id: root.clone() });
    drafts.push(Draft { reply_to, ..text("First comment (plain) #tag") });
    out.push(publish(&house, &linkedin, &access, &drafts[5]).await);
    let needed: Vec<Ability> = drafts.iter().map(Draft::needs).collect();
    assert_eq!(needed, linkedin.capabilities().publishes, "all of them");
    let reply_to = Some(ReplyTo { external_id: out[5].external_id.clone(), root_id: root });
    drafts.push(Draft { reply_to, media: vec![picture("d.png")], ..text("An answer to it") });
    out.push(publish(&house, &linkedin, &access, &drafts[6]).await);

    let held = house.control.posts(&me.platform_user_id);
    let texts: Vec<&str> = held.iter().map(|p| p.text.as_str()).collect();
    let sent: Vec<&str> = drafts.iter().map(|d| d.text.as_str()).collect();
    assert_eq!(texts, sent, "nothing is cut and nothing is escaped twice");
    assert_eq!(held.iter().map(|p| p.media.len()).collect::<Vec<_>>(), [0, 0, 1, 1, 3, 0, 1]);
    assert_eq!(
        (held[1].link.as_deref(), held[1].title.as_deref()),
        (Some("https://a.example/b_(c)?x=1"), Some("Read (this)"))
    );
    assert_eq!(held[2].media[0].alt.as_deref(), Some("A harbour"));
    assert_eq!(held[6].reply_to.as_deref(), Some(out[5].external_id.as_str()));
    for (draft, published) in drafts.iter().zip(&out) {
        let search = Search::of(draft.clone(), at(NOW));
        assert_eq!(linkedin.look_up(&access, &search).await.expect("looked"), Found::Post(published.clone()));
        let shown = house.get(published.permalink.as_deref().expect("an address"), "").await;
        assert_eq!(shown.status, 200, "{published:?}");
    }
    let items = linkedin.all_content(&access, at(NOW), 10).await.expect("a listing");
    let mut captions: Vec<&str> = items.iter().filter_map(|i| i.caption.as_deref()).collect();
    captions.reverse();
    assert_eq!(captions, sent[..5], "comments are no posts");

    linkedin.delete(&access, &out[6].external_id).await.expect("a comment is deleted");
    linkedin.delete(&access, &out[0].external_id).await.expect("a post is deleted");
    let gone = house.control.posts(&me.platform_user_id).iter().filter(|p| p.deleted.is_some()).count();
    assert_eq!(gone, 2);
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_an_equal_one_is_refused_with_its_urn() {
    let (house, me, linkedin, access) = begin("fieldwork").await;
    house.control.change_settings(|s| s.refuse_duplicates = true);
    let draft = text("Only once (really)");
    house.control.add_fault(rule(Effect::accept_then_drop(), Endpoint::Publish).once());
    let error = linkedin.publish(&access, &draft, &Value::Null).await.expect_err("no answer");
    assert_eq!(error.delivery, Delivery::Unknown);
    house.control.add_fault(rule(Effect::EmptyPage, Endpoint::List).once());
    let search = Search::of(draft.clone(), at(NOW));
    let Found::Post(found) = linkedin.look_up(&access, &search).await.expect("looked") else { panic!("it is out") };
    let error = linkedin.publish(&access, &draft, &Value::Null).await.expect_err("an equal post");
    assert_eq!((error.duplicate, error.delivery), (true, Delivery::Refused));
    assert_eq!(error.subcode.as_deref(), Some(found.external_id.as_str()), "the network names the one that stands");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let other = Search::of(text("Never sent"), at(NOW));
    assert_eq!(linkedin.look_up(&access, &other).await.expect("looked"), Found::Absent);

    let reply_to = Some(ReplyTo { external_id: found.external_id.clone(), root_id: found.external_id });
    let comment = Draft { reply_to, ..text("A comment") };
    house.control.add_fault(rule(Effect::AcceptThen500, Endpoint::Publish).once());
    let error = linkedin.publish(&access, &comment, &Value::Null).await.expect_err("500");
    assert_eq!(error.delivery, Delivery::Unknown);
    let found = linkedin.look_up(&access, &Search::of(comment, at(NOW))).await.expect("looked");
    assert!(matches!(found, Found::Post(_)), "{found:?}");
}

#[tokio::test]
async fn a_member_can_post_but_not_read() {
    let (house, me, linkedin, access) = begin("in-ada").await;
    let out = publish(&house, &linkedin, &access, &text("From me")).await;
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let error = linkedin.look_up(&access, &Search::of(text("From me"), at(NOW))).await.expect_err("closed");
    assert_eq!(error.kind, ErrorType::Permission, "not seen is never absent");
    house.clock.advance(Duration::from_hours(72));
    let today = "2026-03-05".parse().expect("a date");
    let batch = linkedin.content_metrics(&access, &[out.external_id], today).await.expect("numbers");
    let row = &batch.rows[0];
    assert!(row.impressions > Some(0) && row.reach > Some(0) && row.saves.is_some() && row.clicks.is_none());
    let (from, to) = ("2026-03-02".parse().expect("a date"), "2026-03-04".parse().expect("a date"));
    let days = linkedin.account_metrics(&access, from, to).await.expect("numbers");
    assert_eq!(days.len(), 3);
    assert!(days.iter().all(|d| d.impressions > Some(0) && d.basis == Basis::Day && d.reach.is_none()));
    assert_eq!(days.iter().map(|d| d.followers.is_some()).collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test]
async fn media_take_their_time_or_fail() {
    let (house, me, linkedin, access) = begin("fieldwork").await;
    house.control.change_settings(|s| s.container_delay_secs = 60);
    let draft = Draft { media: vec![video(9 * 1024 * 1024)], ..text("A video") };
    let (handles, pauses) = prepared(&house, &linkedin, &access, &draft).await;
    assert!(pauses >= 6, "{pauses}");
    linkedin.publish(&access, &draft, &handles).await.expect("out");
    let parts = house.control.calls().iter().filter(|c| c.method == "PUT").count();
    assert_eq!(parts, 3, "nine megabytes in parts of four, once");

    house.control.change_settings(|s| s.container_delay_secs = 0);
    let document = Media::of_bytes(MediaKind::Image, "application/pdf", "plan.pdf", b"%PDF-1.7 x".to_vec().into());
    let out = publish(&house, &linkedin, &access, &Draft { media: vec![document], ..text("A document") }).await;
    assert!(out.external_id.starts_with("urn:li:ugcPost:"));
    assert_eq!(house.control.posts(&me.platform_user_id)[1].title.as_deref(), Some("plan.pdf"));

    let mut lying = Draft { media: vec![picture("a.png")], ..text("x") };
    lying.media[0] = Media::of_bytes(MediaKind::Image, "image/png", "a.png", b"<html>".to_vec().into());
    let error = linkedin.prepare(&access, &lying, &Value::Null).await.expect_err("no picture");
    assert_eq!((error.kind, error.media), (ErrorType::BadRequest, true));
    let fault = Effect::ContainerError { message: "unsupported codec".into() };
    house.control.add_fault(rule(fault, Endpoint::Upload).once());
    let error = linkedin.prepare(&access, &draft, &Value::Null).await.expect_err("failed");
    assert!(error.media && error.message.contains("unsupported codec"), "{error}");
    house.control.add_fault(rule(Effect::ContainerSlow { seconds: 30 }, Endpoint::Upload).once());
    let slow = linkedin.prepare(&access, &draft, &Value::Null).await.expect("works");
    assert!(matches!(slow, Prepared::Wait { pause, .. } if pause == Duration::from_secs(5)), "{slow:?}");
}

#[tokio::test]
async fn a_pages_numbers_are_told_by_post_and_by_day() {
    let (house, _, linkedin, access) = begin("fieldwork").await;
    let first = publish(&house, &linkedin, &access, &text("Seen #one")).await.external_id;
    let clip = Draft { media: vec![video(80 * 1024)], ..text("A video") };
    let second = publish(&house, &linkedin, &access, &clip).await.external_id;
    assert!(first.starts_with("urn:li:share:") && second.starts_with("urn:li:ugcPost:"));
    house.clock.advance(Duration::from_hours(96));
    let fresh = publish(&house, &linkedin, &access, &text("Not seen yet")).await.external_id;
    let today = "2026-03-06".parse().expect("a date");
    let batch =
        linkedin.content_metrics(&access, &[first.clone(), second, fresh.clone()], today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (3, 0));
    let row = |id: &str| batch.rows.iter().find(|r| r.external_id == id).expect("a row");
    assert!(row(&first).impressions > Some(0) && row(&first).reach > Some(0) && row(&first).clicks.is_some());
    assert_eq!((row(&fresh).impressions, row(&fresh).reactions), (None, None), "no traffic is not zero");
    linkedin.delete(&access, &fresh).await.expect("deleted");
    assert_eq!(linkedin.delete(&access, &fresh).await.expect_err("gone").kind, ErrorType::NotFound);
    let batch = linkedin.content_metrics(&access, &[first.clone(), fresh.clone()], today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures[0].error.kind), (1, ErrorType::NotFound), "and deleted is neither");
    let (from, to) = ("2026-03-01".parse().expect("a date"), "2026-03-05".parse().expect("a date"));
    let days = linkedin.account_metrics(&access, from, to).await.expect("numbers");
    assert_eq!(days.len(), 5);
    assert!(days.iter().all(|d| d.impressions.is_some() && d.followers_gained.is_some() && d.profile_views.is_some()));
    assert!(days[4].followers.is_some() && days[0].followers.is_none());
    house.control.add_fault(rule(Effect::MissingFields { fields: vec!["likeCount".into()] }, Endpoint::Metrics));
    let sparse = linkedin.content_metrics(&access, std::slice::from_ref(&first), today).await.expect("numbers");
    assert_eq!((sparse.rows[0].reactions, sparse.rows[0].comments.is_some()), (None, true));
}

#[tokio::test]
async fn a_full_quota_a_dead_token_an_old_version_and_a_long_text_are_told_apart() {
    let (house, me, linkedin, access) = begin("fieldwork").await;
    house.control.add_fault(rule(Effect::rate_limit(), Endpoint::Publish).once());
    let error = linkedin.publish(&access, &text("x"), &Value::Null).await.expect_err("full");
    let to_midnight = Duration::from_hours(15);
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(to_midnight)), "09:00 to midnight UTC");
    house.control.add_fault(rule(Effect::Permission, Endpoint::Publish).once());
    let error = linkedin.publish(&access, &text("x"), &Value::Null).await.expect_err("no right");
    assert_eq!((error.kind, error.delivery), (ErrorType::Permission, Delivery::Refused));
    let error = linkedin.publish(&access, &text(&"x".repeat(3_001)), &Value::Null).await.expect_err("too long");
    assert_eq!((error.kind, error.code.as_deref()), (ErrorType::BadRequest, Some("FIELD_LENGTH_TOO_LONG")));
    let old = LinkedIn::new(http(&house)).with_version("202401");
    let error = old.publish(&access, &text("x"), &Value::Null).await.expect_err("its year is over");
    assert_eq!((error.kind, error.code.as_deref()), (ErrorType::BadRequest, Some("NONEXISTENT_VERSION")));
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Expired).expect("known");
    let error = linkedin.publish(&access, &text("x"), &Value::Null).await.expect_err("ended");
    assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::Refused));
    assert!(house.control.published(&me.platform_user_id).is_empty());
}
