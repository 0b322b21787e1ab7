//! TikTok over HTTP: the shapes and refusals that its connector never asks for.

use std::time::Duration;

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::{SandboxAccount, Topic};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::house::{Answer, House};
use crate::pictures::{Pictures, film};

const BACK: &str = "http://127.0.0.1:9/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn me(house: &House) -> SandboxAccount {
    house.account(Platform::Tiktok, "fieldwork", 2_400)
}

async fn send(house: &House, me: &SandboxAccount, path: &str, body: &Value) -> Answer {
    house.send(house.request(Method::POST, &format!("/tiktok/v2/{path}"), &me.access_token).json(body)).await
}

/// What went wrong, as the status and the code tell it.
fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.str("/error/code"))
}

async fn chunk(house: &House, url: &str, range: &str, bytes: &[u8]) -> Answer {
    let request = house.request(Method::PUT, url, "").header("content-type", "video/mp4");
    house.send(request.header("content-range", range).body(bytes.to_vec())).await
}

async fn status(house: &House, me: &SandboxAccount, publish_id: &str) -> Answer {
    send(house, me, "post/publish/status/fetch/", &json!({ "publish_id": publish_id })).await
}

fn video(size: usize, chunk: usize, count: usize, level: &str) -> Value {
    let source =
        json!({ "source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count });
    json!({ "post_info": { "title": "Bread", "privacy_level": level }, "source_info": source })
}

#[tokio::test]
async fn a_code_is_proved_in_hexadecimal_and_refresh_tokens_rotate() {
    let house = House::new().await;
    let me = me(&house);
    let challenge = hex::encode(Sha256::digest(VERIFIER));
    let query = [
        ("client_key", me.client_id.as_str()),
        ("response_type", "code"),
        ("scope", "user.info.basic,video.list"),
        ("redirect_uri", BACK),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let back = house.consent(&me, "/tiktok-www/v2/auth/authorize/", &query).await;
    assert_eq!((back["state"].as_str(), back["scopes"].as_str()), ("st", "user.info.basic,video.list"));
    let token = async |form: &[(&str, &str)]| {
        let app = [("client_key", me.client_id.as_str()), ("client_secret", me.client_secret.as_str())];
        house.post("/tiktok/v2/oauth/token/", "", &[&app[..], form].concat()).await
    };
    let code = [
        ("grant_type", "authorization_code"),
        ("code", &back["code"]),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let wrong = token(&[&code[..3], &[("code_verifier", "guess")]].concat()).await;
    assert_eq!((wrong.status, wrong.str("/error")), (200, "invalid_grant"), "refusals are successes here");
    let tokens = token(&code).await;
    assert_eq!((tokens.int("/expires_in"), tokens.int("/refresh_expires_in")), (86_400, 31_536_000));
    assert_eq!((tokens.str("/open_id"), tokens.str("/token_type")), (me.platform_user_id.as_str(), "Bearer"));
    let info = async |fields: &str| {
        let path = format!("/tiktok/v2/user/info/?fields={fields}");
        house.get(&path, tokens.str("/access_token")).await
    };
    let own = info("open_id,display_name").await;
    assert_eq!((own.str("/data/user/open_id"), own.str("/error/code")), (me.platform_user_id.as_str(), "ok"));
    assert!(!own.str("/error/log_id").is_empty(), "every call has its name");
    assert_eq!(problem(&info("open_id,username").await), (401, "scope_not_authorized"));
    assert_eq!(problem(&info("").await), (400, "invalid_params"));
    assert_eq!(problem(&info("followers").await), (400, "invalid_params"));

    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.str("/refresh_token"))];
    let renewed = token(&refresh).await;
    assert_ne!(renewed.str("/refresh_token"), tokens.str("/refresh_token"));
    assert_eq!(token(&refresh).await.str("/error"), "invalid_grant", "it was used");
    house.clock.advance(Duration::from_hours(24));
    assert_eq!(problem(&info("open_id").await), (401, "access_token_invalid"));
}

#[tokio::test]
async fn a_video_comes_in_chunks_of_one_size_and_gets_its_id_when_it_is_looked_through() {
    let house = House::new().await;
    let me = me(&house);
    house.control.change_settings(|s| s.container_delay_secs = 30);
    let begin = async |body: Value| send(&house, &me, "post/publish/video/init/", &body).await;
    let public = "PUBLIC_TO_EVERYONE";
    for (what, body) in [
        ("chunks that are too small", video(11_000_000, 1_000_000, 11, public)),
        ("a count that does not fit", video(11_000_000, 5_000_000, 3, public)),
        ("no size", video(0, 0, 1, public)),
        ("no privacy level", json!({ "post_info": {}, "source_info": { "source": "FILE_UPLOAD" } })),
    ] {
        let refused = begin(body).await;
        assert_eq!(problem(&refused), (400, "invalid_params"), "{what}: {}", refused.text);
    }
    let friends = begin(video(80_000, 80_000, 1, "FRIENDS")).await;
    assert_eq!(problem(&friends), (403, "privacy_level_option_mismatch"));

    let begun = begin(video(11_000_000, 5_000_000, 2, public)).await;
    let (id, url) = (begun.str("/data/publish_id"), begun.str("/data/upload_url"));
    let film = film(11_000_000);
    let (first, last) = film.split_at(5_000_000);
    assert_eq!(chunk(&house, url, "bytes 5000000-10999999/11000000", last).await.status, 416, "not in its order");
    assert_eq!(chunk(&house, url, "bytes 0-4999999/11000001", first).await.status, 400, "another file");
    assert_eq!(chunk(&house, &url.replace("upload_token=", "upload_token=x"), "bytes 0-1/2", b"ab").await.status, 403);
    let sent = chunk(&house, url, "bytes 0-4999999/11000000", first).await;
    assert_eq!((sent.status, sent.header("content-range")), (206, "bytes 0-4999999/11000000"));
    let half = status(&house, &me, id).await;
    assert_eq!((half.str("/data/status"), half.int("/data/uploaded_bytes")), ("PROCESSING_UPLOAD", 5_000_000));
    assert!(house.control.published(&me.platform_user_id).is_empty());
    assert_eq!(chunk(&house, url, "bytes 5000000-10999999/11000000", last).await.status, 201);
    assert_eq!(status(&house, &me, id).await.str("/data/status"), "PROCESSING_UPLOAD");
    house.clock.advance(Duration::from_secs(30));
    let done = status(&house, &me, id).await;
    assert_eq!(done.str("/data/status"), "PUBLISH_COMPLETE");
    let post = &house.control.published(&me.platform_user_id)[0];
    assert_eq!(done.int("/data/publicaly_available_post_id/0").to_string(), post.external_id);

    let own = begin(video(80_000, 80_000, 1, "SELF_ONLY")).await;
    chunk(&house, own.str("/data/upload_url"), "bytes 0-79999/80000", &film[..80_000]).await;
    house.clock.advance(Duration::from_secs(30));
    let hidden = status(&house, &me, own.str("/data/publish_id")).await;
    assert_eq!(hidden.body["data"]["publicaly_available_post_id"], json!([]), "what is not public has no id");
    let other = house.account(Platform::Tiktok, "other", 10);
    assert_eq!(problem(&status(&house, &other, id).await), (400, "invalid_publish_id"));
    let late = begin(video(80_000, 80_000, 1, public)).await;
    house.clock.advance(Duration::from_hours(1));
    let gone = chunk(&house, late.str("/data/upload_url"), "bytes 0-79999/80000", &film[..80_000]).await;
    assert_eq!(gone.status, 403, "an address lives an hour");
}

#[tokio::test]
async fn pictures_are_fetched_and_a_lie_is_told_by_the_status() {
    let (house, pictures) = (House::new().await, Pictures::start().await);
    let me = me(&house);
    let init = async |urls: &[String], more: Value| {
        let mut body = json!({
            "media_type": "PHOTO", "post_mode": "DIRECT_POST",
            "post_info": { "title": "Two", "description": "Two pictures", "privacy_level": "PUBLIC_TO_EVERYONE" },
            "source_info": { "source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0 },
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        send(&house, &me, "post/publish/content/init/", &body).await
    };
    let good = [pictures.url("a.jpg"), pictures.url("b.jpg")];
    let long = json!({ "title": "x".repeat(91), "privacy_level": "PUBLIC_TO_EVERYONE" });
    for (what, urls, more) in [
        ("no picture", &good[..0], json!({})),
        ("36 pictures", &vec![pictures.url("a.jpg"); 36][..], json!({})),
        ("another mode", &good[..], json!({ "post_mode": "PULL" })),
        ("a long title", &good[..], json!({ "post_info": long })),
    ] {
        let refused = init(urls, more).await;
        assert_eq!(problem(&refused), (400, "invalid_params"), "{what}: {}", refused.text);
    }
    for (name, reason) in [("lie.jpg", "file_format_check_failed"), ("none.jpg", "photo_pull_failed")] {
        let taken = init(&[pictures.url("a.jpg"), pictures.url(name)], json!({})).await;
        let told = status(&house, &me, taken.str("/data/publish_id")).await;
        assert_eq!((told.str("/data/status"), told.str("/data/fail_reason")), ("FAILED", reason), "{name}");
    }
    assert!(house.control.published(&me.platform_user_id).is_empty());
    let taken = init(&good, json!({})).await;
    assert_eq!(status(&house, &me, taken.str("/data/publish_id")).await.str("/data/status"), "PUBLISH_COMPLETE");
    assert_eq!(house.control.published(&me.platform_user_id)[0].media.len(), 2);
}

#[tokio::test]
async fn a_listing_goes_on_behind_a_time_and_names_the_fields_that_were_asked_for() {
    let house = House::new().await;
    let me = me(&house);
    house.control.seed_history(&me.platform_user_id, 30, 7, &[Topic::ALL[0]]).expect("known");
    let (mut seen, mut cursor) = (Vec::new(), 0);
    loop {
        let body = json!({ "max_count": 6, "cursor": cursor });
        let page = send(&house, &me, "video/list/?fields=id,create_time", &body).await;
        let videos = page.body["data"]["videos"].as_array().cloned().unwrap_or_default();
        assert!(videos.iter().all(|v| v.as_object().is_some_and(|v| v.len() == 2)), "{}", page.text);
        seen.extend(videos.iter().map(|v| v["id"].as_str().expect("an id").to_owned()));
        cursor = page.int("/data/cursor");
        if page.body["data"]["has_more"] != true {
            break;
        }
    }
    let mut newest_first: Vec<String> =
        house.control.posts(&me.platform_user_id).into_iter().map(|p| p.external_id).collect();
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    for (path, body) in [
        ("video/list/", json!({})),
        ("video/list/?fields=id,likes", json!({})),
        ("video/list/?fields=id", json!({ "max_count": 21 })),
        ("video/query/?fields=id", json!({ "filters": { "video_ids": [] } })),
    ] {
        assert_eq!(problem(&send(&house, &me, path, &body).await), (400, "invalid_params"), "{path} {body}");
    }
    let ids = json!({ "filters": { "video_ids": [seen[0], "7000000000000000000"] } });
    let known = send(&house, &me, "video/query/?fields=id,view_count", &ids).await;
    assert_eq!(known.body["data"]["videos"].as_array().map(Vec::len), Some(1), "what is not there is left out");
}
