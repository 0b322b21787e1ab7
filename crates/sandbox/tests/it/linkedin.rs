//! LinkedIn over HTTP: the shapes and refusals that its connector never asks for.

use reqwest::{Method, RequestBuilder};
use rookery_kernel::Platform;
use rookery_sandbox::{SandboxAccount, Topic};
use serde_json::{Value, json};

use crate::house::{Answer, House};
use crate::pictures::{JPEG, film};

const BACK: &str = "http://127.0.0.1:9/back";

fn page(house: &House) -> SandboxAccount {
    house.account(Platform::Linkedin, "fieldwork", 2_400)
}

/// With the headers that every call below `rest` needs.
fn request(house: &House, method: Method, path: &str, token: &str) -> RequestBuilder {
    let request = house.request(method, &format!("/linkedin/rest/{path}"), token);
    request.header("LinkedIn-Version", "202607").header("X-Restli-Protocol-Version", "2.0.0")
}

async fn get(house: &House, me: &SandboxAccount, path: &str) -> Answer {
    house.send(request(house, Method::GET, path, &me.access_token)).await
}

async fn send(house: &House, me: &SandboxAccount, path: &str, body: &Value) -> Answer {
    house.send(request(house, Method::POST, path, &me.access_token).json(body)).await
}

fn draft(me: &SandboxAccount, commentary: &str) -> Value {
    json!({
        "author": me.platform_user_id,
        "commentary": commentary,
        "visibility": "PUBLIC",
        "distribution": { "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": false,
    })
}

/// A URN as a segment of a path.
fn escaped(urn: &str) -> String {
    urn.replace(':', "%3A").replace('(', "%28").replace(')', "%29").replace(',', "%2C")
}

#[tokio::test]
async fn a_consent_gives_tokens_whose_year_does_not_begin_anew() {
    let house = House::new().await;
    let me = page(&house);
    let ask = async |scope: &str| {
        let query = [
            ("response_type", "code"),
            ("client_id", me.client_id.as_str()),
            ("redirect_uri", BACK),
            ("state", "st"),
            ("scope", scope),
        ];
        house.consent(&me, "/linkedin-www/oauth/v2/authorization", &query).await
    };
    let closed = ask("w_member_social r_member_social").await;
    assert_eq!((closed["error"].as_str(), closed["state"].as_str()), ("unauthorized_scope_error", "st"));
    let back = ask("openid profile w_organization_social").await;
    let token = async |form: &[(&str, &str)]| {
        let app = [("client_id", me.client_id.as_str()), ("client_secret", me.client_secret.as_str())];
        house.post("/linkedin-www/oauth/v2/accessToken", "", &[&app[..], form].concat()).await
    };
    let code = [("grant_type", "authorization_code"), ("code", &back["code"]), ("redirect_uri", BACK)];
    let tokens = token(&code).await;
    assert_eq!((tokens.int("/expires_in"), tokens.int("/refresh_token_expires_in")), (5_184_000, 31_536_000));
    assert_eq!(tokens.str("/scope"), "openid,profile,w_organization_social");
    assert_eq!((token(&code).await.status, token(&[]).await.status), (400, 400), "a code works once");
    let who = house.get("/linkedin/v2/userinfo", tokens.str("/access_token")).await;
    assert!(who.status == 200 && !who.str("/sub").is_empty(), "{}", who.text);

    house.clock.advance(std::time::Duration::from_hours(24 * 60));
    let late = house.get("/linkedin/v2/userinfo", tokens.str("/access_token")).await;
    assert_eq!((late.status, late.str("/code"), late.int("/serviceErrorCode")), (401, "EXPIRED_ACCESS_TOKEN", 65_602));
    let renewed = token(&[("grant_type", "refresh_token"), ("refresh_token", tokens.str("/refresh_token"))]).await;
    assert_eq!(renewed.str("/refresh_token"), tokens.str("/refresh_token"));
    assert_eq!(renewed.int("/refresh_token_expires_in"), 31_536_000 - 5_184_000);
}

#[tokio::test]
async fn calls_without_their_headers_and_posts_without_their_fields_are_refused() {
    let house = House::new().await;
    let me = page(&house);
    let bare = |name: &'static str, value: &'static str| {
        let request = house.request(Method::GET, "/linkedin/rest/posts?q=author", &me.access_token);
        house.send(request.header(name, value))
    };
    let version = bare("X-Restli-Protocol-Version", "2.0.0").await;
    assert_eq!((version.status, version.str("/code")), (400, "VERSION_MISSING"));
    assert_eq!(bare("LinkedIn-Version", "202401").await.status, 426);
    assert_eq!(bare("LinkedIn-Version", "202607").await.str("/code"), "ILLEGAL_ARGUMENT");
    let without = |name: &str| {
        let mut body = draft(&me, "Bread");
        body.as_object_mut().expect("an object").remove(name);
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = draft(&me, "Bread");
        body[name] = value;
        body
    };
    let image = |id: &str| json!({ "media": { "id": id } });
    let table = [
        ("no author", without("author"), 400),
        ("no text", without("commentary"), 400),
        ("no visibility", without("visibility"), 400),
        ("no distribution", without("distribution"), 400),
        ("a draft", with("lifecycleState", json!("DRAFT")), 400),
        ("3,001 characters", draft(&me, &"x".repeat(3_001)), 400),
        ("an empty text", draft(&me, " "), 400),
        ("an unknown picture", with("content", image("urn:li:image:none")), 400),
        (
            "a gallery of one",
            with("content", json!({ "multiImage": { "images": [{ "id": "urn:li:image:none" }] } })),
            400,
        ),
        ("an article without a title", with("content", json!({ "article": { "source": "https://a.example" } })), 400),
        ("somebody else's page", with("author", json!("urn:li:organization:1")), 403),
    ];
    for (what, body, status) in table {
        let refused = send(&house, &me, "posts", &body).await;
        assert_eq!((refused.status, refused.int("/status")), (status, i64::from(status)), "{what}: {}", refused.text);
    }
    assert!(house.control.published(&me.platform_user_id).is_empty());
    let member = house.account(Platform::Linkedin, "in-ann", 100);
    assert_eq!(send(&house, &member, "posts", &draft(&member, "Hello")).await.status, 201);
    let closed = get(&house, &member, &format!("posts?q=author&author={}", escaped(&member.platform_user_id))).await;
    assert_eq!((closed.status, closed.str("/code")), (403, "ACCESS_DENIED"), "reading members is closed");
}

#[tokio::test]
async fn a_post_has_its_id_in_a_header_and_is_read_changed_and_deleted_by_it() {
    let house = House::new().await;
    let me = page(&house);
    let made = send(&house, &me, "posts", &draft(&me, "Bread \\(fresh\\) {hashtag|\\#|Rye} (cut")).await;
    assert_eq!((made.status, made.text.as_str()), (201, ""));
    let urn = made.header("x-restli-id").to_owned();
    assert!(urn.starts_with("urn:li:share:"), "{urn}");
    assert_eq!(house.control.published(&me.platform_user_id)[0].text, "Bread (fresh) #Rye ", "cut at the bracket");
    let path = format!("posts/{}", escaped(&urn));
    let read = get(&house, &me, &path).await;
    assert_eq!((read.str("/id"), read.str("/lifecycleState")), (urn.as_str(), "PUBLISHED"));
    assert_eq!((read.int("/publishedAt"), read.str("/author")), (1_772_442_000_000, me.platform_user_id.as_str()));

    let patch = json!({ "patch": { "$set": { "commentary": "Bread" } } });
    let edit = request(&house, Method::POST, &path, &me.access_token).header("X-RestLi-Method", "PARTIAL_UPDATE");
    assert_eq!(house.send(edit.json(&patch)).await.status, 204);
    let ids = format!("posts?ids=List({},urn%3Ali%3Ashare%3A17)", escaped(&urn));
    let both = get(&house, &me, &ids).await;
    assert_eq!(both.body["results"][&urn]["commentary"], "Bread");
    assert_eq!((&both.body["statuses"][&urn], &both.body["statuses"]["urn:li:share:17"]), (&json!(200), &json!(404)));

    let comments = format!("socialActions/{}/comments", escaped(&urn));
    let comment = json!({ "actor": me.platform_user_id, "object": urn, "message": { "text": "First" } });
    let first = send(&house, &me, &comments, &comment).await;
    assert_eq!((first.status, first.str("/message/text")), (201, "First"));
    assert_eq!(first.header("x-restli-id"), first.str("/id"));
    let nested = json!({
        "actor": me.platform_user_id, "object": urn, "message": { "text": "Second" },
        "parentComment": first.str("/commentUrn"),
    });
    let second = send(&house, &me, &comments, &nested).await;
    assert_eq!(second.str("/parentComment"), first.str("/commentUrn"));
    let listed = get(&house, &me, &comments).await;
    assert_eq!(listed.body["elements"].as_array().map(Vec::len), Some(1), "answers stand below their comment");

    let delete = || house.send(request(&house, Method::DELETE, &path, &me.access_token));
    assert_eq!((delete().await.status, delete().await.status), (204, 204), "deleting again changes nothing");
    assert_eq!(get(&house, &me, &path).await.status, 404);
}

#[tokio::test]
async fn files_go_to_the_addresses_that_were_given_out() {
    let house = House::new().await;
    let me = page(&house);
    let begin = async |kind: &str, size: usize| {
        let wanted = json!({ "owner": me.platform_user_id, "fileSizeBytes": size });
        let body = json!({ "initializeUploadRequest": wanted });
        send(&house, &me, &format!("{kind}?action=initializeUpload"), &body).await
    };
    let put = async |url: &str, bytes: &[u8]| {
        house.send(house.request(Method::PUT, url, &me.access_token).body(bytes.to_vec())).await
    };
    let state = async |kind: &str, urn: &str| get(&house, &me, &format!("{kind}/{}", escaped(urn))).await;

    for (bytes, status) in [(JPEG, "AVAILABLE"), (b"<html>".as_slice(), "PROCESSING_FAILED")] {
        let begun = begin("images", 0).await;
        let urn = begun.str("/value/image");
        assert_eq!(state("images", urn).await.str("/status"), "WAITING_UPLOAD");
        assert_eq!(put(begun.str("/value/uploadUrl"), bytes).await.status, 201);
        assert_eq!(state("images", urn).await.str("/status"), status);
        let mut body = draft(&me, "Look");
        body["content"] = json!({ "media": { "id": urn, "altText": "A harbour" } });
        let made = send(&house, &me, "posts", &body).await;
        assert_eq!(made.status, if status == "AVAILABLE" { 201 } else { 400 }, "{}", made.text);
    }

    assert_eq!(begin("videos", 1_000).await.status, 400, "smaller than 75 KB");
    let film = film(4 * 1024 * 1024 + 100_000);
    let begun = begin("videos", film.len()).await;
    let parts = begun.body["value"]["uploadInstructions"].as_array().cloned().unwrap_or_default();
    assert_eq!(parts.len(), 2);
    let mut etags = Vec::new();
    for part in &parts {
        let place = |name: &str| usize::try_from(part[name].as_u64().expect("a place")).expect("small");
        let bytes = &film[place("firstByte")..=place("lastByte")];
        let sent = put(part["uploadUrl"].as_str().expect("an address"), bytes).await;
        etags.push(sent.header("etag").to_owned());
    }
    let finish = async |ids: &[String]| {
        let wanted = json!({
            "video": begun.str("/value/video"), "uploadToken": begun.str("/value/uploadToken"), "uploadedPartIds": ids,
        });
        send(&house, &me, "videos?action=finalizeUpload", &json!({ "finalizeUploadRequest": wanted })).await.status
    };
    let swapped: Vec<String> = etags.iter().rev().cloned().collect();
    assert_eq!((finish(&swapped).await, finish(&etags).await), (400, 200), "the parts in their order");
    assert_eq!(state("videos", begun.str("/value/video")).await.str("/status"), "AVAILABLE");
}

#[tokio::test]
async fn posts_are_paged_by_start_and_count() {
    let house = House::new().await;
    let me = page(&house);
    house.control.seed_history(&me.platform_user_id, 30, 7, &[Topic::ALL[0]]).expect("known");
    let author = escaped(&me.platform_user_id);
    let (mut seen, mut next) = (Vec::new(), Some(format!("/rest/posts?q=author&author={author}&start=0&count=7")));
    while let Some(path) = next {
        let (_, query) = path.split_once('?').expect("a query");
        let query = if query.contains("q=") { query.to_owned() } else { format!("q=author&author={author}&{query}") };
        let answer = get(&house, &me, &format!("posts?{query}")).await;
        let elements = answer.body["elements"].as_array().cloned().unwrap_or_default();
        assert!(elements.len() <= 7, "{}", answer.text);
        seen.extend(elements.iter().map(|e| e["id"].as_str().expect("an id").to_owned()));
        next = answer.body["paging"]["links"][0]["href"].as_str().map(ToOwned::to_owned);
    }
    let mut newest_first: Vec<String> =
        house.control.posts(&me.platform_user_id).into_iter().map(|p| p.external_id).collect();
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    let many = get(&house, &me, &format!("posts?q=author&author={author}&count=101")).await;
    assert_eq!((many.status, many.str("/code")), (400, "ILLEGAL_ARGUMENT"));
    assert_eq!(get(&house, &me, &format!("posts?author={author}")).await.status, 400, "the finder is missing");
}
