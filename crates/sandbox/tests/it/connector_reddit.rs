//! Reddit's connector against the simulated Reddit.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{
    Access, Connector as _, ContentFormat, Draft, ErrorType, Found, Media, Prepared, Published, Reddit, ReplyTo,
    Search, Sent,
};
use rookery_sandbox::{Effect, Endpoint, FaultRule, Format, TokenEnd};
use serde_json::{Value, json};

use crate::connect::{access, http, picture, sign_in, video};
use crate::house::{House, at};

struct Bench {
    house: House,
    reddit: Reddit,
    access: Access,
}

impl Bench {
    /// Connected by consent.
    async fn new() -> Self {
        let house = House::new().await;
        let me = house.account(Platform::Reddit, "fieldwork", 2_400);
        let reddit = Reddit::new(http(&house));
        let tokens = sign_in(&house, &reddit, &me).await;
        assert_eq!(tokens.expires_in, Some(Duration::from_hours(24)));
        let mut access = Access { token: tokens.access, refresh_token: tokens.refresh, ..access(&house, &me) };
        let profile = reddit.profiles(&access.base_url, &access.token, access.app.as_ref()).await.expect("a profile");
        assert_eq!((profile[0].id.as_str(), profile[0].followers_count), (me.platform_user_id.as_str(), Some(2_400)));
        access.metadata = profile[0].metadata.clone();
        Self { house, reddit, access }
    }

    fn search(draft: &Draft, handles: Value) -> Search {
        Search { draft: draft.clone(), handles, since: at("2026-03-02T08:59:00Z") }
    }

    /// As the delivery engine does it: what is told later is looked up.
    async fn send(&self, draft: &Draft) -> Result<Published, rookery_platforms::CallError> {
        let Prepared::Ready(handles) = self.reddit.prepare(&self.access, draft, &Value::Null).await? else {
            panic!("nothing to wait for")
        };
        let accepted = match self.reddit.publish(&self.access, draft, &handles).await? {
            Sent::Published(published) => return Ok(published),
            Sent::Accepted(handles) => handles,
        };
        for _ in 0..60 {
            match self.reddit.look_up(&self.access, &Self::search(draft, accepted.clone())).await? {
                Found::Post(published) => return Ok(published),
                Found::Working => self.house.clock.advance(Duration::from_secs(10)),
                other => panic!("accepted and then {other:?}"),
            }
        }
        panic!("never done")
    }

    fn published(&self) -> Vec<rookery_sandbox::SandboxPost> {
        self.house.control.published(&self.access.platform_user_id)
    }

    fn fault(&self, effect: Effect, endpoint: Endpoint) {
        self.house.control.add_fault(FaultRule::new(effect).endpoint(endpoint).once());
    }
}

fn draft(title: &str, media: Vec<Media>) -> Draft {
    Draft {
        title: Some(title.to_owned()),
        media,
        options: json!({ "subreddit": "r/bakers" }),
        ..Draft::of_text("k", "At **seven** & <later>")
    }
}

#[tokio::test]
async fn every_kind_is_published_listed_counted_and_deleted() {
    let bench = Bench::new().await;
    bench.house.control.change_settings(|s| s.container_delay_secs = 25);
    let link = Some("https://a.example/menu".to_owned());
    let drafts = [
        (draft("Text", Vec::new()), Format::Text, ContentFormat::Text),
        (Draft { link, ..draft("Link", Vec::new()) }, Format::Link, ContentFormat::Link),
        (draft("Image", vec![picture("a.png")]), Format::Photo, ContentFormat::Post),
        (draft("Video", vec![video(2_000)]), Format::Video, ContentFormat::Video),
        (draft("Gallery", vec![picture("a.png"), picture("b.png")]), Format::Photo, ContentFormat::Carousel),
    ];
    let mut ids = Vec::new();
    for (draft, format, _) in &drafts {
        bench.house.clock.advance(Duration::from_secs(1));
        let out = bench.send(draft).await.unwrap_or_else(|e| panic!("{:?}: {e:?}", draft.title));
        let post = bench.published().into_iter().find(|p| p.external_id == out.external_id).expect("held");
        assert_eq!((post.format, post.media.len()), (*format, draft.media.len()), "{:?}", draft.title);
        assert_eq!((post.text.as_str(), post.extra["sr"].as_str()), ("At **seven** & <later>", Some("bakers")));
        ids.push(out.external_id);
    }
    let listed = bench.reddit.all_content(&bench.access, at("2026-03-02T08:00:00Z"), 10).await.expect("listed");
    let formats: Vec<_> = listed.iter().rev().map(|i| (i.external_id.clone(), i.format)).collect();
    let expected: Vec<_> = ids.iter().cloned().zip(drafts.iter().map(|d| d.2)).collect();
    assert_eq!(formats, expected);
    let mut asked = ids.clone();
    asked.push("t3_zzz".to_owned());
    let today = "2026-03-02".parse().expect("a date");
    let batch = bench.reddit.content_metrics(&bench.access, &asked, today).await.expect("numbers");
    assert_eq!((batch.rows.len(), batch.failures.len()), (5, 1));
    bench.reddit.delete(&bench.access, &ids[0]).await.expect("gone");
    let again = bench.reddit.delete(&bench.access, &ids[0]).await.expect_err("gone already");
    assert_eq!((again.kind, bench.published().len()), (ErrorType::NotFound, 4));
}

#[tokio::test]
async fn comments_answer_and_are_found() {
    let bench = Bench::new().await;
    let first = bench.send(&draft("Text", Vec::new())).await.expect("out");
    let reply_to = Some(ReplyTo { external_id: first.external_id.clone(), root_id: first.external_id.clone() });
    let comment = Draft { reply_to, ..Draft::of_text("k", "At **seven** & <later>") };
    bench.fault(Effect::accept_then_drop(), Endpoint::Publish);
    assert!(bench.send(&comment).await.expect_err("no answer").is_doubtful());
    let found = bench.reddit.look_up(&bench.access, &Bench::search(&comment, Value::Null)).await;
    let Ok(Found::Post(found)) = found else { panic!("{found:?}") };
    let posts = bench.published();
    assert_eq!((posts.len(), posts[1].external_id.as_str()), (2, found.external_id.as_str()));
    assert_eq!(posts[1].reply_to.as_deref(), Some(first.external_id.as_str()));
}

#[tokio::test]
async fn what_arrived_without_an_answer_is_found_and_what_was_lost_is_not() {
    for (effect, arrives) in
        [(Effect::accept_then_drop(), true), (Effect::AcceptThen500, true), (Effect::Refuse500, false)]
    {
        for media in [Vec::new(), vec![picture("a.png")]] {
            let bench = Bench::new().await;
            let draft = draft("Once", media);
            bench.fault(effect.clone(), Endpoint::Publish);
            assert!(bench.send(&draft).await.expect_err("no answer").is_doubtful(), "{effect:?}");
            let found = bench.reddit.look_up(&bench.access, &Bench::search(&draft, Value::Null)).await;
            assert_eq!(matches!(found, Ok(Found::Post(_))), arrives, "{effect:?} {found:?}");
            assert_eq!(matches!(found, Ok(Found::Absent)), !arrives, "{effect:?} {found:?}");
            assert_eq!(bench.published().len(), usize::from(arrives));
        }
    }
}

#[tokio::test]
async fn refusals_quotas_and_tokens_are_read() {
    let mut bench = Bench::new().await;
    let nowhere = Draft { options: json!({ "subreddit": "nosuchplace" }), ..draft("Text", Vec::new()) };
    let error = bench.send(&nowhere).await.expect_err("no such community");
    assert_eq!(
        (error.kind, error.code.as_deref(), error.http_status),
        (ErrorType::NotFound, Some("SUBREDDIT_NOEXIST"), Some(200))
    );
    let long = bench.send(&draft(&"a".repeat(301), Vec::new())).await.expect_err("too long");
    assert_eq!((long.kind, long.is_doubtful()), (ErrorType::BadRequest, false));
    bench.fault(Effect::RateLimit { code: None, headers: true, regain_secs: 90 }, Endpoint::Publish);
    let error = bench.send(&draft("Text", Vec::new())).await.expect_err("used up");
    assert_eq!((error.kind, error.retry_after), (ErrorType::RateLimit, Some(Duration::from_secs(90))));
    // The lease and the storage are both hit; the storage tells.
    let unreadable = FaultRule::new(Effect::ContainerError { message: "Unreadable".to_owned() });
    bench.house.control.add_fault(unreadable.endpoint(Endpoint::Upload));
    let error = bench.send(&draft("Image", vec![picture("a.png")])).await.expect_err("refused");
    assert!(error.media && error.message.contains("Unreadable"), "{error:?}");

    bench.house.clock.advance(Duration::from_hours(25));
    assert_eq!(bench.reddit.check(&bench.access).await.expect_err("too old").kind, ErrorType::TokenExpired);
    let renewed = bench.reddit.refresh(&bench.access).await.expect("renewed");
    bench.access.token = renewed.access;
    bench.reddit.check(&bench.access).await.expect("works again");
    bench.house.control.end_tokens(&bench.access.platform_user_id, TokenEnd::Revoked).expect("known");
    assert_eq!(bench.reddit.refresh(&bench.access).await.expect_err("taken back").kind, ErrorType::TokenExpired);
    assert!(bench.published().is_empty());
}
