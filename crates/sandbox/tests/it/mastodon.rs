//! Statuses and accounts of a server.

use std::time::Duration;

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::{DeletedBy, Topic};
use serde_json::{Value, json};

use crate::house::{Answer, House};

fn ids(answer: &Answer) -> Vec<&str> {
    answer.body.as_array().expect("a list").iter().map(|s| s["id"].as_str().expect("an id")).collect()
}

/// The address of a relation in the `Link` header.
fn link<'a>(answer: &'a Answer, rel: &str) -> Option<&'a str> {
    let wanted = format!("rel=\"{rel}\"");
    let part = answer.header("link").split(", ").find(|l| l.ends_with(&wanted))?;
    part.strip_prefix('<')?.split('>').next()
}

#[tokio::test]
async fn a_status_is_published_read_edited_shown_and_deleted() {
    let house = House::new().await;
    let me = house.masto();
    let text = "Moss & <slate>?\n\nSee https://a.example/long/path #HowTo";
    let posted = house.send(house.status(&me, text, "key-1")).await;
    assert_eq!(posted.status, 200);
    let id = posted.str("/id").to_owned();
    assert_eq!(posted.str("/created_at"), "2026-03-02T09:00:00.000Z");
    assert!(
        posted
            .str("/content")
            .starts_with("<p>Moss &amp; &lt;slate&gt;?</p><p>See <a href=\"https://a.example/long/path\"")
    );
    assert_eq!((posted.str("/tags/0/name"), posted.str("/card/type")), ("howto", "link"));
    assert_eq!(posted.str("/account/id"), me.platform_user_id);
    for count in ["replies_count", "reblogs_count", "favourites_count", "quotes_count"] {
        assert_eq!(posted.body[count], 0, "{count}");
    }
    let path = format!("/mastodon/api/v1/statuses/{id}");
    let shown = house.get(posted.str("/url"), "").await;
    assert!(shown.status == 200 && shown.text.contains("favourites"), "{}", shown.text);
    house.clock.advance(Duration::from_hours(48));
    let later = house.get(&path, &me.access_token).await;
    assert!(later.int("/favourites_count") > 0);
    let edit = house.request(Method::PUT, &path, &me.access_token).form(&[("status", "Changed")]);
    assert_eq!(house.send(edit).await.str("/content"), "<p>Changed</p>");
    let deleted = house.delete(&path, &me.access_token).await;
    assert_eq!(deleted.str("/text"), "Changed");
    let gone = house.get(&path, &me.access_token).await;
    assert_eq!((gone.status, gone.str("/error")), (404, "Record not found"));
    assert_eq!(house.control.posts(&me.platform_user_id)[0].deleted, Some(DeletedBy::Author));
}

#[tokio::test]
async fn the_same_key_gives_the_same_status_for_an_hour() {
    let house = House::new().await;
    let (me, other) = (house.masto(), house.account(Platform::Mastodon, "other", 100));
    let send =
        async |account, text: &str, key: &str| house.send(house.status(account, text, key)).await.str("/id").to_owned();
    let first = send(&me, "Hello", "k").await;
    assert_eq!(send(&me, "Hello", "k").await, first);
    assert_eq!(send(&me, "another text, same key", "k").await, first);
    assert_ne!(send(&me, "Hello", "k2").await, first);
    assert_ne!(send(&other, "Hello", "k").await, first, "keys belong to accounts");
    house.clock.advance(Duration::from_mins(59));
    assert_eq!(send(&me, "Hello", "k").await, first);
    house.clock.advance(Duration::from_mins(2));
    assert_ne!(send(&me, "Hello", "k").await, first, "after an hour the key is forgotten");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 3);
}

#[tokio::test]
async fn texts_are_limited_as_the_server_counts() {
    let house = House::new().await;
    let me = house.masto();
    let status = async |text: &str| house.send(house.status(&me, text, "")).await;
    assert_eq!(status(&"é".repeat(500)).await.status, 200);
    let long = status(&"x".repeat(501)).await;
    assert_eq!((long.status, long.str("/error")), (422, "Validation failed: Text character limit of 500 exceeded"));
    let address = format!("https://a.example/{}", "p".repeat(200));
    assert_eq!(status(&format!("{} {address}", "x".repeat(476))).await.status, 200, "an address counts 23");
    assert_eq!(status(&format!("{} {address}", "x".repeat(477))).await.status, 422);
    assert_eq!(status("  ").await.str("/error"), "Validation failed: Text can't be blank");
    house.control.change_settings(|s| s.mastodon_characters_max = 10);
    assert_eq!(status("more than ten").await.status, 422);
    let instance = house.get("/mastodon/api/v2/instance", "").await;
    assert_eq!(instance.int("/configuration/statuses/max_characters"), 10);
    assert_eq!(instance.int("/configuration/statuses/characters_reserved_per_url"), 23);
    let v1 = house.get("/mastodon/api/v1/instance", "").await;
    assert!(!v1.str("/version").is_empty() && !v1.str("/uri").is_empty());
}

#[tokio::test]
async fn listings_are_paged_by_the_link_header() {
    let house = House::new().await;
    let me = house.masto();
    let mut all = Vec::new();
    for n in 0..45 {
        house.clock.advance(Duration::from_secs(1));
        all.push(house.toot(&me, &format!("Status {n}")).await);
    }
    all.reverse();
    let path = format!("/mastodon/api/v1/accounts/{}/statuses?limit=80&exclude_reblogs=true", me.platform_user_id);
    let first = house.get(&path, &me.access_token).await;
    assert_eq!(ids(&first), all[..40], "at most forty");
    let second = house.get(link(&first, "next").expect("a next page"), &me.access_token).await;
    assert_eq!(ids(&second), all[40..]);
    assert_eq!(link(&second, "next"), None);
    let newer = house.get(&format!("{path}&min_id={}&limit=3", all[10]), &me.access_token).await;
    assert_eq!(ids(&newer), all[7..10], "min_id: those right above");
    let since = house.get(&format!("{path}&since_id={}&limit=3", all[10]), &me.access_token).await;
    assert_eq!(ids(&since), all[..3], "since_id: the newest");
    let several = house.get(&format!("/mastodon/api/v1/statuses?id[]={}&id[]=1&id[]={}", all[3], all[1]), "").await;
    assert_eq!(ids(&several), [&all[3], &all[1]]);
    assert_eq!(house.get("/mastodon/api/v1/accounts/1/statuses", "").await.status, 404);
}

#[tokio::test]
async fn accounts_tell_who_they_are() {
    let house = House::new().await;
    let me = house.masto();
    house.toot(&me, "Hello").await;
    let own = house.get("/mastodon/api/v1/accounts/verify_credentials", &me.access_token).await;
    assert_eq!(own.str("/id"), me.platform_user_id);
    assert_eq!(
        (own.str("/username"), own.int("/followers_count"), own.int("/statuses_count")),
        ("fieldwork", 2_400, 1)
    );
    assert_eq!(own.str("/note"), "<p>Notes &amp; tools</p>");
    let public = house.get(&format!("/mastodon/api/v1/accounts/{}", me.platform_user_id), "").await;
    assert!(public.body.get("source").is_none() && public.str("/url") == me.profile_url);
    assert_eq!(house.get("/mastodon/api/v1/accounts/lookup?acct=fieldwork", "").await.str("/id"), me.platform_user_id);
    assert!(house.get(&me.profile_url, "").await.text.contains("Fieldwork Studio"));
    assert_eq!(house.get("/mastodon/@nobody", "").await.status, 404);
    assert_eq!(house.get("/mastodon/api/v1/elsewhere", "").await.status, 404);
}

#[tokio::test]
async fn quotas_are_told_and_enforced_on_request() {
    let house = House::new().await;
    let me = house.masto();
    let path = "/mastodon/api/v1/accounts/verify_credentials";
    let calm = house.get(path, &me.access_token).await;
    assert_eq!((calm.header("x-ratelimit-limit"), calm.header("x-ratelimit-remaining")), ("300", "299"));
    assert_eq!(calm.header("x-ratelimit-reset"), "2026-03-02T09:05:00.000Z");
    house.post_json("/_control/settings", &json!({"enforce_quotas": true, "mastodon_calls_per_five_minutes": 2})).await;
    assert_eq!(house.get(path, &me.access_token).await.header("x-ratelimit-remaining"), "0");
    let blocked = house.get(path, &me.access_token).await;
    assert_eq!((blocked.status, blocked.str("/error")), (429, "Too many requests"));
    house.clock.advance(Duration::from_mins(6));
    assert_eq!(house.get(path, &me.access_token).await.status, 200);
}

#[tokio::test]
async fn an_invented_past_looks_like_a_studio() {
    let house = House::new().await;
    let me = house.masto();
    let count =
        house.control.seed_history(&me.platform_user_id, 120, 5, &[Topic::FieldNotes, Topic::HowTo]).expect("known");
    assert!((60..120).contains(&count), "{count}");
    let posts = house.control.posts(&me.platform_user_id);
    let mut texts: Vec<&str> = posts.iter().map(|p| p.text.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), count, "no text twice");
    assert!(posts.iter().all(|p| p.is_history && (p.text.contains("#FieldNotes") || p.text.contains("#HowTo"))));
    assert!(posts.is_sorted_by_key(|p| p.created_at));
    let berlin: rookery_kernel::Zone = "Europe/Berlin".parse().expect("a zone");
    assert!(posts.iter().all(|p| (6..=22).contains(&berlin.local(p.created_at).hour())));
    assert!(house.control.published(&me.platform_user_id).is_empty());
    let listed = house.get(&format!("/mastodon/api/v1/accounts/{}/statuses?limit=40", me.platform_user_id), "").await;
    let favourites: Vec<i64> =
        listed.body.as_array().expect("a list").iter().filter_map(|s| s["favourites_count"].as_i64()).collect();
    assert!(favourites.iter().max() > favourites.iter().min(), "posts differ");
    let media = |s: &Value| s["media_attachments"].as_array().is_some_and(|m| !m.is_empty());
    assert!(listed.body.as_array().expect("a list").iter().any(media));
}
