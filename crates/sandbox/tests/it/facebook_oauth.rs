//! Consent, tokens and pages.

use std::time::Duration;

use rookery_kernel::Platform;
use rookery_sandbox::{FACEBOOK_APP_ID, FACEBOOK_APP_SECRET, TokenEnd};
use url::Url;

use crate::house::House;

const BACK: &str = "http://127.0.0.1:9/back";

fn dialog() -> String {
    format!(
        "/facebook/v25.0/dialog/oauth?client_id={FACEBOOK_APP_ID}&redirect_uri={BACK}&state=s%261&scope=pages_show_list,pages_manage_posts,pages_read_engagement,read_insights&response_type=code"
    )
}

fn exchange(rest: &str) -> String {
    format!("/facebook/v25.0/oauth/access_token?client_id={FACEBOOK_APP_ID}&client_secret={FACEBOOK_APP_SECRET}&{rest}")
}

/// The parameters with which the person comes back.
fn came_back(location: &str) -> Vec<(String, String)> {
    let url: Url = location.parse().expect("an address");
    assert!(location.starts_with(BACK), "{location}");
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn consent_leads_to_pages_with_their_own_tokens() {
    let house = House::new().await;
    let page = house.page();
    let asked = house.get(&dialog(), "").await;
    assert!(asked.status == 200 && asked.text.contains(r#"value="allow""#) && asked.text.contains("Ada Field"));
    let form = [
        ("decision", "allow"),
        ("client_id", FACEBOOK_APP_ID),
        ("redirect_uri", BACK),
        ("state", "s&1"),
        ("scope", "pages_show_list,pages_manage_posts,pages_read_engagement,read_insights"),
    ];
    let sent = house.post("/facebook/v25.0/dialog/oauth", "", &form).await;
    let pairs = came_back(sent.header("location"));
    assert_eq!((sent.status, pairs[1].clone()), (302, ("state".into(), "s&1".into())));

    let by_code = exchange(&format!("redirect_uri={BACK}&code={}", pairs[0].1));
    let wrong_place = house.get(&exchange(&format!("redirect_uri={BACK}x&code={}", pairs[0].1)), "").await;
    assert_eq!(wrong_place.code(), (100, 36_008));
    let short = house.get(&by_code, "").await;
    assert_eq!(short.int("/expires_in"), 7_200);
    assert_eq!(house.get(&by_code, "").await.code(), (100, 36_009), "a code works once");
    let long = exchange(&format!("grant_type=fb_exchange_token&fb_exchange_token={}", short.str("/access_token")));
    let long = house.get(&long, "").await;
    assert_eq!(long.int("/expires_in"), 60 * 86_400);
    let user = long.str("/access_token");

    let pages =
        house.get("/facebook/v25.0/me/accounts?fields=id,name,username,access_token,tasks,followers_count", user).await;
    assert_eq!(pages.str("/data/0/id"), page.platform_user_id);
    let token = pages.str("/data/0/access_token");
    assert_eq!(house.get("/facebook/v25.0/me?fields=id,name", token).await.str("/id"), page.platform_user_id);
    assert_eq!(house.get("/facebook/v25.0/me", user).await.str("/name"), "Ada Field");

    let app = format!("{FACEBOOK_APP_ID}|{FACEBOOK_APP_SECRET}");
    let known = house.get(&format!("/facebook/v25.0/debug_token?input_token={token}"), &app).await;
    assert_eq!((known.str("/data/type"), known.int("/data/expires_at")), ("PAGE", 0));
    let granted = house.get("/facebook/v25.0/me/permissions", user).await;
    assert_eq!(granted.data().len(), 4);

    assert_eq!(house.delete("/facebook/v25.0/me/permissions", user).await.body["success"], true);
    assert_eq!(house.get("/facebook/v25.0/me", token).await.code(), (190, 458));
    let ended = house.get(&format!("/facebook/v25.0/debug_token?input_token={token}"), &app).await;
    assert_eq!((ended.body["data"]["is_valid"].as_bool(), ended.int("/data/error/subcode")), (Some(false), 458));
}

#[tokio::test]
async fn consent_can_be_refused_given_by_itself_and_wrong() {
    let house = House::new().await;
    house.page();
    let denied = house
        .post(
            "/facebook/v25.0/dialog/oauth",
            "",
            &[("decision", "deny"), ("client_id", FACEBOOK_APP_ID), ("redirect_uri", BACK)],
        )
        .await;
    assert!(denied.header("location").contains("error=access_denied"));
    house.control.change_settings(|s| s.auto_consent = true);
    let pairs = came_back(house.get(&dialog(), "").await.header("location"));
    let code = pairs[0].1.clone();
    let by_code = format!("redirect_uri={BACK}&code={code}");
    let bad_secret = exchange(&by_code).replace(FACEBOOK_APP_SECRET, "guess");
    assert_eq!(house.get(&bad_secret, "").await.code().0, 1);
    assert_eq!(house.get(&exchange(&by_code).replace(FACEBOOK_APP_ID, "1"), "").await.code().0, 101);
    house.clock.advance(Duration::from_mins(11));
    assert_eq!(house.get(&exchange(&by_code), "").await.code(), (100, 36_007), "codes die soon");
    assert_eq!(house.get("/facebook/v25.0/dialog/oauth?client_id=1", "").await.status, 400);
}

#[tokio::test]
async fn a_token_that_ended_says_why_and_an_expired_one_is_renewed() {
    let house = House::new().await;
    let page = house.page();
    let me = "/facebook/v25.0/me?fields=id";
    house.control.end_tokens(&page.platform_user_id, TokenEnd::Expired).expect("known");
    assert_eq!(house.get(me, &page.access_token).await.code(), (190, 463));
    let user = page.user_token.clone().expect("a person");
    let renewed = house.get("/facebook/v25.0/me/accounts?fields=access_token", &user).await;
    assert_eq!(house.get(me, renewed.str("/data/0/access_token")).await.status, 200);
    house.control.end_tokens(&page.platform_user_id, TokenEnd::PasswordChanged).expect("known");
    assert_eq!(house.get("/facebook/v25.0/me/accounts", &user).await.code(), (190, 460));
    let anew = house.control.account(&page.platform_user_id).expect("known");
    assert_eq!(house.get(me, &anew.access_token).await.status, 200);
    house.control.end_tokens(&page.platform_user_id, TokenEnd::RoleLost).expect("known");
    assert_eq!(house.get(me, &anew.access_token).await.code(), (190, 492));
}

#[tokio::test]
async fn the_proof_is_checked_where_it_is_sent() {
    let house = House::new().await;
    let page = house.page();
    let wrong = house.get("/facebook/v25.0/me?fields=id&appsecret_proof=abc", &page.access_token).await;
    assert_eq!(wrong.code().0, 100);
    assert_eq!(wrong.str("/error/type"), "GraphMethodException");
}

#[tokio::test]
async fn pages_of_one_person_are_listed_by_cursor() {
    let house = House::new().await;
    let first = house.page();
    for n in 0..3 {
        house.account(Platform::Facebook, &format!("page{n}"), 500);
    }
    let mut path = "/facebook/v25.0/me/accounts?fields=id&limit=3".to_owned();
    let mut seen = Vec::new();
    let user = first.user_token.expect("a person");
    while !path.is_empty() {
        let answer = house.get(&path, &user).await;
        seen.extend(answer.data().iter().map(|p| p["id"].to_string()));
        path = answer.str("/paging/next").to_owned();
    }
    seen.dedup();
    assert_eq!(seen.len(), 4);
}
