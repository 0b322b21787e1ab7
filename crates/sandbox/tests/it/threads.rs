//! Threads over HTTP: the shapes and refusals that its connector never asks for.

use std::time::Duration;

use rookery_kernel::Platform;
use serde_json::json;

use crate::house::House;
use crate::pictures::Pictures;

#[tokio::test]
async fn what_is_missing_too_long_or_a_lie_is_refused() {
    let (house, pictures) = (House::new().await, Pictures::start().await);
    let me = house.account(Platform::Threads, "fieldwork", 2_400);
    let path = format!("/threads/v1.0/{}/threads", me.platform_user_id);
    let long = "x".repeat(501);
    let emoji = "🍞".repeat(126);
    let table: [&[(&str, &str)]; 8] = [
        &[("text", "no type")],
        &[("media_type", "TEXT")],
        &[("media_type", "TEXT"), ("text", &long)],
        &[("media_type", "TEXT"), ("text", &emoji)],
        &[("media_type", "IMAGE"), ("text", "no address")],
        &[("media_type", "CAROUSEL"), ("children", "1")],
        &[("media_type", "TEXT"), ("text", "x"), ("reply_control", "nobody")],
        &[("media_type", "TEXT"), ("text", "x"), ("reply_to_id", "17")],
    ];
    for form in table {
        let answer = house.post(&path, &me.access_token, form).await;
        assert_eq!((answer.status, answer.code().0), (400, 100), "{form:?}: {}", answer.text);
    }
    let lie = pictures.url("lie.jpg");
    let made = house.post(&path, &me.access_token, &[("media_type", "IMAGE"), ("image_url", &lie)]).await;
    let state = format!("/threads/v1.0/{}?fields=status,error_message", made.str("/id"));
    let state = house.get(&state, &me.access_token).await;
    assert_eq!(state.body, json!({"id": made.str("/id"), "status": "ERROR", "error_message": "UNKNOWN"}));
    let other = house.account(Platform::Threads, "other", 10);
    assert_eq!(
        house.post(&path, &other.access_token, &[("media_type", "TEXT"), ("text", "x")]).await.code(),
        (100, 33)
    );
    assert_eq!(house.post(&path, "nonsense", &[]).await.status, 401);
}

#[tokio::test]
async fn a_container_is_published_once_when_it_is_ready_and_in_time() {
    let house = House::new().await;
    let me = house.account(Platform::Threads, "fieldwork", 2_400);
    house.control.change_settings(|s| s.container_delay_secs = 30);
    let base = format!("/threads/v1.0/{}", me.platform_user_id);
    let make = async || {
        let form = [("media_type", "TEXT"), ("text", "Fresh")];
        house.post(&format!("{base}/threads"), &me.access_token, &form).await.str("/id").to_owned()
    };
    let publish =
        async |id: &str| house.post(&format!("{base}/threads_publish"), &me.access_token, &[("creation_id", id)]).await;
    let first = make().await;
    assert_eq!(publish(&first).await.code(), (9_007, 2_207_027));
    house.clock.advance(Duration::from_secs(30));
    let out = publish(&first).await;
    assert_eq!(out.status, 200);
    assert_eq!(publish(&first).await.code(), (24, 2_207_006), "once");
    let late = make().await;
    house.clock.advance(Duration::from_hours(24));
    assert_eq!(publish(&late).await.code(), (24, 2_207_008), "a day at most");
    assert_eq!(house.control.published(&me.platform_user_id).len(), 1);
    let wrong = house.get(&format!("/threads/v1.0/{}?fields=id,message", out.str("/id")), &me.access_token).await;
    assert_eq!(wrong.code().0, 100, "a field of another network");
    let used = house.get(&format!("{base}/threads_publishing_limit?fields=quota_usage,config"), &me.access_token).await;
    assert_eq!(used.int("/data/0/config/quota_total"), 250);
}
