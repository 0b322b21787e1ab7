//! Instagram over HTTP: the shapes and refusals that its connector never asks for.

use rookery_kernel::Platform;

use crate::house::House;
use crate::pictures::Pictures;

type Form<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn what_is_missing_too_long_or_a_lie_is_refused() {
    let (house, pictures) = (House::new().await, Pictures::start().await);
    let me = house.account(Platform::Instagram, "fieldwork", 2_400);
    let path = format!("/instagram/v25.0/{}/media", me.platform_user_id);
    let (long, tags) = ("x".repeat(2_201), "#a ".repeat(31));
    let (good, lie, none) = (pictures.url("a.jpg"), pictures.url("lie.jpg"), pictures.url("none.jpg"));
    let table: [(Form<'_>, (i64, i64)); 8] = [
        (&[("caption", "no medium")], (100, 2_207_006)),
        (&[("image_url", &good), ("caption", &long)], (36_004, 2_207_010)),
        (&[("image_url", &good), ("caption", &tags)], (100, 2_207_040)),
        (&[("image_url", &none)], (9_004, 2_207_052)),
        (&[("image_url", &lie)], (36_001, 2_207_005)),
        (&[("video_url", &good), ("media_type", "VIDEO")], (100, 2_207_023)),
        (&[("media_type", "CAROUSEL"), ("children", "1")], (100, 2_207_028)),
        (&[("media_type", "CAROUSEL"), ("children", "1,2")], (100, 2_207_008)),
    ];
    for (form, code) in table {
        let answer = house.post(&path, &me.access_token, form).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{form:?}: {}", answer.text);
    }
    let reel = [("media_type", "REELS"), ("video_url", good.as_str())];
    let made = house.post(&path, &me.access_token, &reel).await;
    let state = format!("/instagram/v25.0/{}?fields=status_code,status", made.str("/id"));
    let state = house.get(&state, &me.access_token).await;
    assert_eq!(state.str("/status_code"), "ERROR");
    assert_eq!(state.str("/status"), "Error: Media upload has failed with error code 2207026", "a picture is no video");
}

#[tokio::test]
async fn a_comment_made_with_fields_stands_although_an_error_is_answered() {
    let (house, pictures) = (House::new().await, Pictures::start().await);
    let me = house.account(Platform::Instagram, "fieldwork", 2_400);
    let base = format!("/instagram/v25.0/{}", me.platform_user_id);
    let post = async |path: &str, form: &[(&str, &str)]| house.post(path, &me.access_token, form).await;
    let made = post(&format!("{base}/media"), &[("image_url", &pictures.url("a.jpg")), ("caption", "Fresh")]).await;
    let out = post(&format!("{base}/media_publish"), &[("creation_id", made.str("/id"))]).await;
    let comments = format!("/instagram/v25.0/{}/comments", out.str("/id"));
    assert_eq!(post(&comments, &[("message", "First"), ("fields", "id,text")]).await.code(), (20, 1_772_107));
    let listed = house.get(&format!("{comments}?fields=id,text,username"), &me.access_token).await;
    assert_eq!((listed.data().len(), listed.str("/data/0/username")), (1, "fieldwork"));
    let comment = listed.str("/data/0/id");
    let deleted = house.delete(&format!("/instagram/v25.0/{comment}"), &me.access_token).await;
    assert_eq!(deleted.body["success"], true);
    assert_eq!(house.delete(&format!("/instagram/v25.0/{}", out.str("/id")), &me.access_token).await.code(), (100, 33));
    let media =
        house.get(&format!("{base}/media?fields=id,caption,media_product_type,media_type"), &me.access_token).await;
    assert_eq!((media.data().len(), media.str("/data/0/media_product_type")), (1, "FEED"), "comments are no posts");
}
