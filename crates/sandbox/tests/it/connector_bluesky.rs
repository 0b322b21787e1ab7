//! The connector for Bluesky against the simulated network.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rookery_kernel::Platform;
use rookery_platforms::{
    Access, Bluesky, Connector as _, ContentFormat, Draft, ErrorType, Found, HttpClient, HttpConfig, Media, MediaKind,
    Pace, Prepared, Published, ReplyTo, Search, Sent,
};
use rookery_sandbox::{BLUESKY_APP_PASSWORD, Effect, Endpoint, FaultRule, Format, Silence, TokenEnd};
use serde_json::Value;

use crate::house::{House, at};

struct Bench {
    house: House,
    bluesky: Bluesky,
    access: Access,
}

/// A video as far as its first bytes tell.
const VIDEO: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
const GIF: &[u8] = b"GIF89a\x03\x00\x02\x00\x00\x00\x00";

impl Bench {
    /// Connected with handle and app password.
    async fn new() -> Self {
        let house = House::new().await;
        house.account(Platform::Bluesky, "fieldwork", 2_400);
        let http = HttpClient::new(HttpConfig::local(), Arc::new(house.clock.clone())).expect("a client");
        let bluesky = Bluesky::new(http);
        let base_url = house.control.base_url(Platform::Bluesky);
        let password = BLUESKY_APP_PASSWORD.to_owned().into();
        let signed_in = bluesky.sign_in(&base_url, "@fieldwork.sandbox.test", &password).await;
        let (tokens, profile) = signed_in.expect("signed in");
        assert_eq!(tokens.expires_in, Some(Duration::from_secs(7200)));
        assert_eq!(profile.followers_count, Some(2_400));
        let access = Access {
            base_url,
            platform_user_id: profile.id,
            token: tokens.access,
            refresh_token: tokens.refresh,
            app: None,
            metadata: profile.metadata,
        };
        Self { house, bluesky, access }
    }

    async fn send(&self, draft: &Draft) -> Result<Published, rookery_platforms::CallError> {
        let mut handles = Value::Null;
        loop {
            match self.bluesky.prepare(&self.access, draft, &handles).await? {
                Prepared::Ready(ready) => {
                    let sent = self.bluesky.publish(&self.access, draft, &ready).await?;
                    return Ok(sent.published().expect("told at once"));
                }
                Prepared::Wait { handles: waiting, pause } => {
                    self.house.clock.advance(pause);
                    handles = waiting;
                }
            }
        }
    }

    fn published(&self) -> Vec<rookery_sandbox::SandboxPost> {
        self.house.control.published(&self.access.platform_user_id)
    }

    fn fault(&self, effect: Effect, endpoint: Endpoint) {
        self.house.control.add_fault(FaultRule::new(effect).endpoint(endpoint).once());
    }
}

fn picture(name: &str) -> Media {
    Media {
        alt_text: Some("Small".into()),
        ..Media::of_bytes(MediaKind::Gif, "image/gif", name, Bytes::from_static(GIF))
    }
}

fn video() -> Media {
    Media::of_bytes(MediaKind::Video, "video/mp4", "v.mp4", Bytes::from_static(VIDEO))
}

#[tokio::test]
async fn every_kind_is_published_listed_counted_and_deleted() {
    let bench = Bench::new().await;
    bench.house.control.change_settings(|s| s.container_delay_secs = 12);
    let draft = |key: &str, text: &str| Draft::of_text(key, text);
    let link = Some("https://a.example/menu".to_owned());
    let drafts = [
        (draft("k1", "Plain @fieldwork.sandbox.test #moss https://a.example/ü"), Format::Text, ContentFormat::Text),
        (Draft { link: link.clone(), ..draft("k2", "Read") }, Format::Link, ContentFormat::Link),
        (Draft { media: vec![picture("a.gif")], link, ..draft("k3", "One") }, Format::Photo, ContentFormat::Post),
        (
            Draft { media: vec![picture("a.gif"), picture("b.gif")], ..draft("k4", "Two") },
            Format::Photo,
            ContentFormat::Carousel,
        ),
        (Draft { media: vec![video()], ..draft("k5", "Moving") }, Format::Video, ContentFormat::Video),
    ];
    let mut ids = Vec::new();
    for (draft, format, _) in &drafts {
        let out = bench.send(draft).await.unwrap_or_else(|e| panic!("{}: {e:?}", draft.text));
        let post = bench.published().pop().expect("a post");
        assert_eq!((post.external_id.as_str(), post.format), (out.external_id.as_str(), *format), "{}", draft.text);
        assert_eq!(post.text, bench.bluesky.composed_text(draft));
        assert_eq!(post.media.len(), draft.media.len());
        ids.push(out.external_id);
    }
    let facets = bench.published()[0].extra["record"]["facets"].as_array().map(Vec::len);
    assert_eq!(facets, Some(3), "mention, hashtag, link");
    let listed = bench.bluesky.all_content(&bench.access, at("2026-03-02T08:00:00Z"), 10).await.expect("listed");
    let formats: Vec<_> = listed.iter().rev().map(|i| (i.external_id.clone(), i.format)).collect();
    let expected: Vec<_> = ids.iter().cloned().zip(drafts.iter().map(|d| d.2)).collect();
    assert_eq!(formats, expected);
    let mut asked = ids.clone();
    asked.push(format!("at://{}/app.bsky.feed.post/3mg3akcuvpk2z", bench.access.platform_user_id));
    bench.house.clock.advance(Duration::from_secs(3600));
    let batch = bench.bluesky.content_metrics(&bench.access, &asked, "2026-03-02".parse().expect("a date")).await;
    let batch = batch.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (5, 1));
    assert!(batch.rows.iter().all(|r| r.reactions.is_some() && r.reach.is_none()));
    bench.bluesky.delete(&bench.access, &ids[0]).await.expect("gone");
    let again = bench.bluesky.delete(&bench.access, &ids[0]).await.expect_err("gone already");
    assert_eq!((again.kind, bench.published().len()), (ErrorType::NotFound, 4));
}

#[tokio::test]
async fn replies_make_a_thread_with_one_root() {
    let bench = Bench::new().await;
    let first = bench.send(&Draft::of_text("k1", "One")).await.expect("out");
    let answer = |key: &str, parent: &Published| Draft {
        reply_to: Some(ReplyTo { external_id: parent.external_id.clone(), root_id: first.external_id.clone() }),
        ..Draft::of_text(key, "More")
    };
    let second = bench.send(&answer("k2", &first)).await.expect("out");
    bench.send(&answer("k3", &second)).await.expect("out");
    let posts = bench.published();
    assert_eq!(posts[2].reply_to.as_deref(), Some(second.external_id.as_str()));
    for post in &posts[1..] {
        assert_eq!(post.extra["record"]["reply"]["root"]["uri"], first.external_id.as_str());
    }
    let listed = bench.bluesky.all_content(&bench.access, at("2026-03-02T08:00:00Z"), 10).await.expect("listed");
    assert_eq!(listed.len(), 1, "answers are no posts of their own");
}

#[tokio::test]
async fn what_arrived_without_an_answer_is_found_and_not_made_twice() {
    for effect in [
        Effect::AcceptThenTimeout { silence: Silence::Drop },
        Effect::AcceptThen500,
        Effect::LoseRequest { silence: Silence::Drop },
        Effect::Refuse500,
    ] {
        let bench = Bench::new().await;
        let arrives = matches!(effect, Effect::AcceptThenTimeout { .. } | Effect::AcceptThen500);
        let draft = Draft::of_text("pub:017f22e2-79b0-7cc3-98c4-dc0c0c07398f:x:0", "Once");
        bench.fault(effect.clone(), Endpoint::Publish);
        let error = bench.send(&draft).await.expect_err("no answer");
        assert!(error.is_doubtful(), "{effect:?}");
        let found = bench.bluesky.look_up(&bench.access, &Search::of(draft.clone(), at("2026-03-02T08:00:00Z"))).await;
        assert_eq!(matches!(found, Ok(Found::Post(_))), arrives, "{effect:?}");
        assert_eq!(matches!(found, Ok(Found::Absent)), !arrives, "{effect:?}");
        // Even without looking, a second call with the same key makes no second post.
        let Sent::Published(out) = bench.bluesky.publish(&bench.access, &draft, &Value::Null).await.expect("out")
        else {
            panic!("told at once")
        };
        let posts = bench.published();
        assert_eq!((posts.len(), posts[0].external_id.as_str()), (1, out.external_id.as_str()), "{effect:?}");
    }
}

#[tokio::test]
async fn videos_that_fail_or_take_long_are_told() {
    let bench = Bench::new().await;
    let draft = Draft { media: vec![video()], ..Draft::of_text("k", "Moving") };
    let rule = FaultRule::new(Effect::ContainerError { message: "unsupported codec".to_owned() });
    bench.house.control.add_fault(rule.endpoint(Endpoint::Upload));
    let error = bench.send(&draft).await.expect_err("failed");
    assert!(error.media && error.message.contains("unsupported codec"), "{error:?}");
    bench.house.control.clear_faults();
    let slow = FaultRule::new(Effect::ContainerSlow { seconds: 60 });
    bench.house.control.add_fault(slow.endpoint(Endpoint::Upload));
    let before = bench.house.control.calls().len();
    bench.send(&draft).await.expect("out after a while");
    let calls = &bench.house.control.calls()[before..];
    let of = |name: &str| calls.iter().filter(|c| c.path.ends_with(name)).count();
    assert_eq!((of("uploadVideo"), of("putRecord")), (1, 1));
    assert!(of("getJobStatus") >= 5, "asked until it was ready");
}

#[tokio::test]
async fn a_dead_token_is_renewed_and_a_dead_session_is_not() {
    let mut bench = Bench::new().await;
    bench.house.clock.advance(Duration::from_secs(7201));
    let error = bench.bluesky.check(&bench.access).await.expect_err("too old");
    assert_eq!((error.kind, error.code.as_deref()), (ErrorType::TokenExpired, Some("ExpiredToken")));
    let renewed = bench.bluesky.refresh(&bench.access).await.expect("renewed");
    let old = bench.access.clone();
    bench.access = Access { token: renewed.access, refresh_token: renewed.refresh, ..old.clone() };
    assert_eq!(bench.bluesky.check(&bench.access).await.expect("works").username, "fieldwork.sandbox.test");
    assert_eq!(bench.bluesky.refresh(&old).await.expect_err("used up").kind, ErrorType::TokenExpired);
    bench.house.control.end_tokens(&bench.access.platform_user_id, TokenEnd::Revoked).expect("known");
    assert_eq!(bench.bluesky.refresh(&bench.access).await.expect_err("ended").kind, ErrorType::TokenExpired);
}

#[tokio::test]
async fn quotas_missing_fields_and_refusals_are_read() {
    let bench = Bench::new().await;
    bench.fault(Effect::RateLimit { code: None, headers: true, regain_secs: 90 }, Endpoint::Publish);
    let error = bench.send(&Draft::of_text("k", "Hi")).await.expect_err("used up");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_secs(90))));
    assert_eq!(bench.bluesky.usage(&bench.access).map(|u| u.pace()), Some(Pace::Wait));
    let long = bench.send(&Draft::of_text("k", "a".repeat(301))).await.expect_err("too long");
    assert_eq!((long.kind, long.is_doubtful()), (ErrorType::BadRequest, false));
    let out = bench.send(&Draft::of_text("k", "Hi")).await.expect("out");
    bench.fault(Effect::MissingFields { fields: vec!["likeCount".to_owned()] }, Endpoint::Metrics);
    let today = "2026-03-02".parse().expect("a date");
    let batch = bench.bluesky.content_metrics(&bench.access, &[out.external_id], today).await.expect("numbers");
    assert_eq!((batch.rows[0].reactions, batch.rows[0].comments), (None, Some(0)));
    bench.fault(Effect::Permission, Endpoint::Account);
    assert_eq!(bench.bluesky.check(&bench.access).await.expect_err("missing").kind, ErrorType::Permission);
}
