//! Posts, listings and numbers of a page.

use std::time::Duration;

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::Format;
use serde_json::{Value, json};

use crate::house::{Answer, House, at};

const FIELDS: &str = "id,message,created_time,permalink_url,status_type,shares,attachments{media_type,target},\
                      comments.limit(0).summary(true),reactions.limit(0).summary(true)";

fn ids(answer: &Answer) -> Vec<String> {
    answer.data().iter().map(|p| p["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_post_is_published_read_shown_and_deleted() {
    let house = House::new().await;
    let page = house.page();
    let path = format!("/facebook/v25.0/{}/feed", page.platform_user_id);
    let form = [("message", "Moss & <slate>?\nVote."), ("link", "https://a.example/x"), ("fields", "id,permalink_url")];
    let posted = house.post(&path, &page.access_token, &form).await;
    let id = posted.str("/id").to_owned();
    let permalink = posted.str("/permalink_url").to_owned();
    assert!(id.starts_with(&format!("{}_", page.platform_user_id)));

    let read = house.get(&format!("/facebook/v25.0/{id}?fields={FIELDS}"), &page.access_token).await;
    assert_eq!(read.str("/message"), "Moss & <slate>?\nVote.");
    assert_eq!(read.str("/created_time"), "2026-03-02T09:00:00+0000");
    assert_eq!(read.str("/attachments/data/0/media_type"), "link");
    assert_eq!(read.int("/comments/summary/total_count"), 0);
    assert_eq!(read.body.get("shares"), None, "nobody shared yet");

    let shown = house.get(&permalink, "").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("Moss &#38; &#60;slate&#62;?") || shown.text.contains("Moss &amp; &lt;slate&gt;?"));

    let held = house.control.published(&page.platform_user_id);
    assert_eq!((held.len(), held[0].external_id.as_str(), held[0].format), (1, id.as_str(), Format::Link));
    assert_eq!(held[0].permalink, permalink);

    let deleted = house.delete(&format!("/facebook/v25.0/{id}"), &page.access_token).await;
    assert_eq!(deleted.body, json!({ "success": true }));
    let gone = house.get(&format!("/facebook/v25.0/{id}"), &page.access_token).await;
    assert_eq!((gone.status, gone.code()), (400, (100, 33)));
    assert_eq!(gone.str("/error/type"), "GraphMethodException");
    assert_eq!(house.get(&permalink, "").await.status, 404);
    assert!(house.control.published(&page.platform_user_id).is_empty());
}

#[tokio::test]
async fn an_edit_changes_the_text() {
    let house = House::new().await;
    let page = house.page();
    let id = house.feed(&page, "First").await;
    let path = format!("/facebook/v25.0/{id}");
    assert_eq!(house.post(&path, &page.access_token, &[("message", "Second")]).await.body["success"], true);
    assert_eq!(house.get(&path, &page.access_token).await.str("/message"), "Second");
}

#[tokio::test]
async fn a_listing_is_paged_by_cursor_and_an_empty_page_can_have_a_next() {
    let house = House::new().await;
    let page = house.page();
    let mut posts = Vec::new();
    for n in 0..5 {
        house.clock.advance(Duration::from_secs(60));
        posts.push(house.feed(&page, &format!("Post {n}")).await);
    }
    for id in &posts[1..3] {
        house.delete(&format!("/facebook/v25.0/{id}"), &page.access_token).await;
    }
    let path = format!("/facebook/v25.0/{}/published_posts?fields=id&limit=2", page.platform_user_id);
    let first = house.get(&path, &page.access_token).await;
    assert_eq!(ids(&first), [posts[4].clone(), posts[3].clone()]);
    let second = house.get(first.str("/paging/next"), &page.access_token).await;
    assert!(ids(&second).is_empty(), "both posts of the page are gone");
    let third = house.get(second.str("/paging/next"), &page.access_token).await;
    assert_eq!(ids(&third), [posts[0].clone()]);
    assert_eq!(third.body.pointer("/paging/next"), None);
    assert!(!first.str("/paging/next").contains("access_token"), "the token came in a header");
    let since = at("2026-03-02T09:04:00Z").as_secs();
    let young = house.get(&format!("{path}&since={since}"), &page.access_token).await;
    assert_eq!(ids(&young), [posts[4].clone(), posts[3].clone()]);
    let wrong = house.get(&format!("{path}&after=nonsense"), &page.access_token).await;
    assert_eq!(wrong.code().0, 100);
}

#[tokio::test]
async fn post_insights_answer_known_names_and_refuse_the_call_for_one_unknown() {
    let house = House::new().await;
    let page = house.page();
    let id = house.feed(&page, "Numbers, please").await;
    house.clock.advance(Duration::from_hours(72));
    let names = "post_total_media_view_unique,post_media_view,post_clicks,post_reactions_by_type_total";
    let ask = async |version: &str, names: &str| {
        house.get(&format!("/facebook/{version}/{id}/insights?metric={names}"), &page.access_token).await
    };
    let told = ask("v25.0", names).await;
    assert_eq!(told.data().len(), 4);
    let value = |n: usize| &told.data()[n]["values"][0]["value"];
    assert_eq!(told.data()[0]["id"], format!("{id}/insights/post_total_media_view_unique/lifetime"));
    assert_eq!(told.data()[0]["period"], "lifetime");
    let (reach, views) = (value(0).as_i64().expect("reach"), value(1).as_i64().expect("views"));
    assert!(0 < reach && reach <= views, "{reach} of {views}");
    let reactions: i64 = value(3).as_object().expect("by type").values().filter_map(Value::as_i64).sum();
    let node = house.get(&format!("/facebook/v25.0/{id}?fields={FIELDS}"), &page.access_token).await;
    assert_eq!(node.int("/reactions/summary/total_count"), reactions);

    assert_eq!(ask("v25.0", &format!("{names},post_impressions")).await.code(), (100, -1));
    assert_eq!(ask("v22.0", "post_media_view").await.code().0, 100, "older versions do not know media views");
    assert_eq!(ask("v25.0", "").await.code(), (3001, 1_504_028));
}

#[tokio::test]
async fn page_insights_tell_whole_pacific_days() {
    let house = House::new().await;
    let page = house.page();
    house.control.seed_history(&page.platform_user_id, 30, 6, &[]).expect("a past");
    let ask = async |rest: &str| {
        let path =
            format!("/facebook/v25.0/{}/insights?metric=page_media_view,page_follows{rest}", page.platform_user_id);
        house.get(&path, &page.access_token).await
    };
    // 2 March 09:00 UTC is 01:00 of 2 March in California: 1 March is over, 2 March is not.
    let told = ask("&period=day&since=2026-02-27&until=2026-03-05").await;
    let values = told.data()[0]["values"].as_array().expect("values");
    let ends: Vec<&str> = values.iter().map(|v| v["end_time"].as_str().expect("an end")).collect();
    assert_eq!(ends, ["2026-02-28T08:00:00+0000", "2026-03-01T08:00:00+0000", "2026-03-02T08:00:00+0000"]);
    assert!(values.iter().all(|v| v["value"].as_i64().is_some_and(|n| n > 0)));
    assert!(told.body["paging"]["next"].is_string() && told.body["paging"]["previous"].is_string());

    let summer = ask("&since=2025-07-01&until=2025-07-02").await;
    assert_eq!(summer.str("/data/0/values/0/end_time"), "2025-07-02T07:00:00+0000");

    assert_eq!(ask("&since=2025-11-01&until=2026-01-31").await.code().0, 100, "91 days are too many");
    assert_eq!(ask("&since=2025-11-02&until=2026-01-31").await.data()[0]["values"].as_array().map(Vec::len), Some(90));
    assert_eq!(ask(",page_impressions&period=day").await.code().0, 100);
    let week = ask("&period=week&since=2026-03-01&until=2026-03-02").await;
    assert!(week.int("/data/0/values/0/value") > told.int("/data/0/values/2/value"));

    let small = house.account(Platform::Facebook, "tiny", 40);
    let path = format!("/facebook/v25.0/{}/insights?metric=page_follows", small.platform_user_id);
    assert!(house.get(&path, &small.access_token).await.data().is_empty(), "small pages are told nothing");
}

#[tokio::test]
async fn a_video_has_numbers_of_its_own() {
    let house = House::new().await;
    let page = house.page();
    house.control.seed_history(&page.platform_user_id, 60, 10, &[]).expect("a past");
    let posts = house.control.posts(&page.platform_user_id);
    let video = posts.iter().find(|p| p.format == Format::Video).expect("a video in two months");
    let read = house.get(&format!("/facebook/v25.0/{}?fields={FIELDS}", video.external_id), &page.access_token).await;
    let target = read.str("/attachments/data/0/target/id");
    let path = format!("/facebook/v25.0/{target}/video_insights?metric=total_video_views,post_video_avg_time_watched");
    let told = house.get(&path, &page.access_token).await;
    assert!(told.int("/data/0/values/0/value") >= 0 && told.data().len() == 2);
    let bare = house.get(&format!("/facebook/v25.0/{target}/insights?metric=post_clicks"), &page.access_token).await;
    assert_eq!(bare.code().0, 100, "the bare video has no post insights");
}

#[tokio::test]
async fn errors_have_the_networks_shape() {
    let house = House::new().await;
    let page = house.page();
    let me = format!("/facebook/v25.0/{}", page.platform_user_id);
    let cases: [(&str, &str, (i64, i64)); 6] = [
        (&me, "", (104, -1)),
        (&me, "EAAnonsense", (190, -1)),
        (&format!("{me}?fields=shoe_size"), &page.access_token, (100, -1)),
        (&format!("{me}?fields=id,picture{{url"), &page.access_token, (2500, -1)),
        ("/facebook/v3.0/me", &page.access_token, (2500, -1)),
        ("/facebook/v25.0/123/feed", &page.access_token, (100, 33)),
    ];
    for (path, token, expected) in cases {
        let answer = house.get(path, token).await;
        assert_eq!((answer.status, answer.code()), (400, expected), "{path}");
        assert!(!answer.str("/error/message").is_empty() && answer.str("/error/fbtrace_id").len() > 10, "{path}");
        assert_eq!(answer.body["error"]["is_transient"], false);
    }
    let feed = format!("{me}/feed");
    let refused = async |token: &str, form: &[(&str, &str)]| house.post(&feed, token, form).await;
    assert_eq!(refused(&page.access_token, &[]).await.code().0, 100);
    assert_eq!(refused(&page.access_token, &[("message", &"x".repeat(63_207))]).await.code().0, 100);
    assert_eq!(refused(&page.access_token, &[("message", "a"), ("link", "ftp://a")]).await.code().0, 1500);
    let as_person = refused(page.user_token.as_deref().expect("a person"), &[("message", "a")]).await;
    assert_eq!((as_person.status, as_person.code().0), (403, 200));
    assert!(house.control.published(&page.platform_user_id).is_empty());
}

#[tokio::test]
async fn a_repeated_text_is_refused_if_that_is_switched_on() {
    let house = House::new().await;
    let page = house.page();
    house.feed(&page, "Again").await;
    house.feed(&page, "Again").await;
    house.control.change_settings(|s| s.refuse_duplicates = true);
    let path = format!("/facebook/v25.0/{}/feed", page.platform_user_id);
    assert_eq!(house.post(&path, &page.access_token, &[("message", "Again")]).await.code().0, 506);
    house.clock.advance(Duration::from_mins(11));
    assert_eq!(house.post(&path, &page.access_token, &[("message", "Again")]).await.status, 200);
}

#[tokio::test]
async fn calls_can_travel_together() {
    let house = House::new().await;
    let page = house.page();
    let id = house.feed(&page, "One").await;
    let batch = json!([
        { "method": "GET", "relative_url": format!("{id}?fields=message") },
        { "method": "GET", "relative_url": "v25.0/404_404" },
        { "method": "POST", "relative_url": format!("{}/feed", page.platform_user_id), "body": "message=Two" },
    ]);
    let form = [("batch", batch.to_string()), ("include_headers", "false".into())];
    let answer = house.send(house.request(Method::POST, "/facebook/v25.0/", &page.access_token).form(&form)).await;
    let items = answer.body.as_array().expect("a list");
    assert_eq!(items.iter().map(|i| i["code"].as_i64()).collect::<Vec<_>>(), [Some(200), Some(400), Some(200)]);
    let first: Value = serde_json::from_str(items[0]["body"].as_str().expect("text")).expect("JSON in a string");
    assert_eq!(first["message"], "One");
    assert_eq!(house.control.published(&page.platform_user_id).len(), 2);
}

#[tokio::test]
async fn usage_is_told_and_enforced_on_request() {
    let house = House::new().await;
    let page = house.page();
    let path = format!("/facebook/v25.0/{}?fields=id", page.platform_user_id);
    let usage =
        |answer: &Answer| -> Value { serde_json::from_str(answer.header("x-business-use-case-usage")).expect("JSON") };
    let answer = house.get(&path, &page.access_token).await;
    assert_eq!(usage(&answer)[&page.platform_user_id][0]["type"], "pages");
    assert!(answer.headers.contains_key("x-app-usage"));
    house.control.change_settings(|s| {
        s.enforce_quotas = true;
        s.facebook_calls_per_day = 4;
    });
    for _ in 0..3 {
        assert_eq!(house.get(&path, &page.access_token).await.status, 200);
    }
    assert_eq!(usage(&house.get(&path, &page.access_token).await)[&page.platform_user_id][0]["call_count"], 125);
    let blocked = house.get(&path, &page.access_token).await;
    assert_eq!(blocked.code().0, 80_001);
    assert_eq!(usage(&blocked)[&page.platform_user_id][0]["estimated_time_to_regain_access"], 24 * 60);
    house.clock.advance(Duration::from_hours(25));
    assert_eq!(house.get(&path, &page.access_token).await.status, 200);
}
