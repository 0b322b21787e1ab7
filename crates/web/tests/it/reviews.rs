//! Approvals, client links, pauses and the watchdog over the API and the pages.

use axum::http::Method;
use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use rookery_publishing::{NewPost, OVERDUE_AFTER, Schedule};
use serde_json::json;

use crate::house::House;

/// A post, and the account at its network.
async fn post_at(house: &House, schedule: Schedule) -> (String, String) {
    let (account, there) = house.connect(Platform::Mastodon, "tide").await;
    let new = NewPost {
        content: "Low water at noon".into(),
        title: None,
        account_ids: vec![account.id],
        schedule,
        timezone: "Europe/Berlin".parse().expect("a zone"),
        composition: rookery_publishing::Composition::default(),
    };
    let post = house.publishing.create_post(&house.scope, new).await.expect("a post that fits");
    (post.post.id.to_string(), there.platform_user_id)
}

async fn strict() -> House {
    let house = House::new().await;
    house.identity.require_review(&house.scope).await.expect("reviews from now on");
    house
}

#[tokio::test]
async fn an_editor_submits_a_reviewer_judges_and_nothing_leaves_before() {
    let house = strict().await;
    let (post, there) = post_at(&house, Schedule::Now).await;
    let (editor, reviewer) = (house.member(MemberRole::Editor).await, house.member(MemberRole::Reviewer).await);
    editor.post(&format!("/posts/{post}/publish-now"), &json!({})).await.expect(200);
    house.pass(OVERDUE_AFTER).await;
    editor.post(&format!("/posts/{post}/approve"), &json!({})).await.refused(403, "forbidden");
    editor.post(&format!("/posts/{post}/submit"), &json!({"note": "for the market"})).await.expect(200);
    let queue = reviewer.get("/reviews").await.expect(200);
    assert_eq!(queue.at("/mine/0/review/note"), "for the market");
    let path = format!("/posts/{post}/reviews");
    reviewer.post(&path, &json!({"action": "request_changes"})).await.refused(422, "invalid");
    reviewer.post(&path, &json!({"action": "approve", "revision": 9})).await.refused(409, "review_outdated");
    let page = reviewer.page("/approvals").await;
    assert!(page.text.contains("Low water at noon") && page.text.contains("data-approve"), "{}", page.text);
    assert!(house.control.posts(&there).is_empty());
    reviewer.post(&path, &json!({"action": "approve", "revision": 1})).await.expect(200);
    house.pass(OVERDUE_AFTER).await;
    let history = reviewer.get(&path).await.expect(200);
    assert_eq!(history.json["isApproved"], true, "{}", history.text);
    assert_eq!(editor.get(&format!("/posts/{post}")).await.expect(200).at("/status"), "published");
}

#[tokio::test]
async fn a_client_link_opens_for_anybody_says_no_more_than_it_must_and_decides_once() {
    let house = strict().await;
    let (post, _) = post_at(&house, Schedule::At("2026-03-05T09:00:00Z".parse().expect("a time"))).await;
    let owner = house.owner().await;
    let made =
        owner.post(&format!("/posts/{post}/review-links"), &json!({"recipient": "Imke Brandt"})).await.expect(201);
    let url = made.at("/url");
    let path = url.strip_prefix("http://localhost").expect("our own address").to_owned();
    let nobody = house.nobody();
    let page = nobody.page(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Low water at noon") && page.text.contains("For Imke Brandt"), "{}", page.text);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow, noarchive"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let nameless = nobody.form(&path, "decision=approve&name=").await;
    assert!(nameless.text.contains("Please tell us your name"), "{}", nameless.text);
    let wordless = nobody.form(&path, "decision=changes&name=Imke").await;
    assert!(wordless.text.contains("Please say what should be changed"), "{}", wordless.text);
    let done = nobody.form(&path, "decision=approve&name=Imke+Brandt&comment=lovely").await;
    assert_eq!(done.status, 303, "{}", done.text);
    let later = nobody.page(&path).await;
    assert!(later.text.contains("Already decided") && !later.text.contains("Low water"), "{}", later.text);
    let links = owner.get(&format!("/posts/{post}/review-links")).await.expect(200);
    assert_eq!(links.at("/0/status"), "used");
    let shown = owner.page(&format!("/posts/{post}")).await;
    assert!(shown.text.contains("Imke Brandt (with a link) approved it"), "{}", shown.text);
    let unknown = nobody.page("/review/nothing-of-ours").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text.contains("We do not know this link"), "{}", unknown.text);
    let (stranger, _) = house.stranger().await;
    stranger
        .call(Method::DELETE, &format!("/review-links/{}", links.at("/0/id")), &[], None)
        .await
        .refused(404, "not_found");
    for _ in 0..120 {
        nobody.page("/review/guess").await;
    }
    assert_eq!(nobody.page("/review/guess").await.status, 429, "guessing is slowed down");
}

#[tokio::test]
async fn the_whole_installation_stops_and_everybody_sees_why() {
    let house = House::new().await;
    let (owner, root) = (house.owner().await, house.instance_admin().await);
    let path = "/instance/publishing-pause";
    owner.call(Method::PUT, path, &[], Some("{}")).await.refused(403, "forbidden");
    let reason = json!({"reason": "incident 12"}).to_string();
    root.call(Method::PUT, path, &[], Some(&reason)).await.expect(200);
    let (_, there) = post_at(&house, Schedule::Now).await;
    house.pass(OVERDUE_AFTER).await;
    assert!(house.control.posts(&there).is_empty());
    let page = owner.page("/calendar").await;
    assert!(
        page.text.contains("stopped for the whole installation") && page.text.contains("incident 12"),
        "{}",
        page.text
    );
    root.call(Method::DELETE, path, &[], None).await.expect(204);
    house.pass(OVERDUE_AFTER).await;
    assert_eq!(house.control.posts(&there).len(), 1);
    owner.call(Method::PUT, "/publishing/pause", &[], None).await.expect(200);
    assert!(owner.page("/delivery").await.text.contains("Publish again"));
    owner.call(Method::DELETE, "/publishing/pause", &[], None).await.expect(204);
}

/// No worker comes: the alarm stands in the list, on every page and in both health endpoints, and falls when one does.
#[tokio::test]
async fn what_nobody_takes_is_an_alarm_everywhere_until_a_worker_comes() {
    let house = House::new().await;
    post_at(&house, Schedule::Now).await;
    let (owner, nobody) = (house.owner().await, house.nobody());
    let detail = |answer: &crate::client::Answer| {
        let parts = answer.json["parts"].as_array().expect("parts").clone();
        let part = parts.into_iter().find(|p| p["name"] == "publishing").expect("the part");
        (answer.status, part["ok"].as_bool(), part["detail"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(detail(&nobody.page("/readyz").await), (200, Some(true), String::new()));
    house.clock.advance(OVERDUE_AFTER + OVERDUE_AFTER);
    for path in ["/readyz", "/health"] {
        let (status, ok, words) = detail(&nobody.page(path).await);
        assert_eq!((status, ok), (200, Some(false)), "{path}");
        assert!(words.contains("1 publication is due for up to 2 minutes"), "{words}");
    }
    assert!(owner.page("/calendar").await.text.contains("1 post is due and nobody takes"));
    assert!(owner.page("/delivery").await.text.contains("Low water at noon"));
    assert_eq!(owner.get("/publishing/overdue").await.expect(200).json.as_array().map(Vec::len), Some(1));
    house.pass(OVERDUE_AFTER).await;
    assert_eq!(detail(&nobody.page("/readyz").await), (200, Some(true), String::new()));
    assert!(!owner.page("/calendar").await.text.contains("nobody takes"));
}
