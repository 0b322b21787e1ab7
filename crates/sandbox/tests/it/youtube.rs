//! YouTube over HTTP: the shapes and refusals that its connector never asks for.

use std::time::Duration;

use reqwest::Method;
use rookery_kernel::Platform;
use rookery_sandbox::{SandboxAccount, Topic};
use serde_json::{Value, json};

use crate::house::{Answer, House};
use crate::pictures::{JPEG, film};

const BACK: &str = "http://127.0.0.1:9/back";
const UPLOAD: &str = "/youtube/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status";
/// Chunks are multiples of this.
const STEP: usize = 256 * 1024;

fn me(house: &House) -> SandboxAccount {
    house.account(Platform::Youtube, "fieldwork", 2_400)
}

async fn get(house: &House, me: &SandboxAccount, path: &str) -> Answer {
    house.get(&format!("/youtube/youtube/v3/{path}"), &me.access_token).await
}

async fn send(house: &House, me: &SandboxAccount, method: Method, path: &str, body: &Value) -> Answer {
    house.send(house.request(method, &format!("/youtube/youtube/v3/{path}"), &me.access_token).json(body)).await
}

/// What went wrong, as the status and Google's reason tell it.
fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.str("/error/errors/0/reason"))
}

fn metadata(title: &str, description: &str) -> Value {
    json!({
        "snippet": { "title": title, "description": description, "categoryId": "22" },
        "status": { "privacyStatus": "private", "selfDeclaredMadeForKids": false },
    })
}

async fn begin(house: &House, me: &SandboxAccount, size: usize, body: &Value) -> Answer {
    let request = house.request(Method::POST, UPLOAD, &me.access_token).json(body);
    let request = request.header("X-Upload-Content-Type", "video/mp4");
    house.send(request.header("X-Upload-Content-Length", size)).await
}

async fn put(house: &House, me: &SandboxAccount, session: &str, range: &str, bytes: &[u8]) -> Answer {
    let request = house.request(Method::PUT, session, &me.access_token).header("Content-Range", range);
    house.send(request.header("Content-Type", "video/mp4").body(bytes.to_vec())).await
}

/// A private video; its id.
async fn uploaded(house: &House, me: &SandboxAccount, bytes: &[u8]) -> String {
    let session = begin(house, me, bytes.len(), &metadata("Bread", "")).await;
    let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
    let done = put(house, me, session.header("location"), &range, bytes).await;
    assert_eq!(done.status, 200, "{}", done.text);
    done.str("/id").to_owned()
}

async fn set_privacy(house: &House, me: &SandboxAccount, id: &str, privacy: &str) -> Answer {
    let body = json!({ "id": id, "status": { "privacyStatus": privacy } });
    send(house, me, Method::PUT, "videos?part=status", &body).await
}

async fn listed(house: &House, me: &SandboxAccount) -> usize {
    let channel = get(house, me, "channels?part=contentDetails&mine=true").await;
    let playlist = channel.str("/items/0/contentDetails/relatedPlaylists/uploads");
    assert_eq!(playlist.get(..2), Some("UU"));
    let page = get(house, me, &format!("playlistItems?part=contentDetails&maxResults=50&playlistId={playlist}")).await;
    page.body["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_refresh_token_stays_and_is_told_once() {
    let house = House::new().await;
    let me = me(&house);
    let scope = "https://www.googleapis.com/auth/youtube.readonly";
    let query = [
        ("client_id", me.client_id.as_str()),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "st"),
        ("access_type", "offline"),
    ];
    let online = house.request(Method::GET, "/youtube-accounts/o/oauth2/v2/auth", "").query(&query[..5]);
    assert_eq!(house.send(online).await.status, 400);
    let back = house.consent(&me, "/youtube-accounts/o/oauth2/v2/auth", &query).await;
    assert_eq!((back["state"].as_str(), back["scope"].as_str()), ("st", scope));
    let token = async |form: &[(&str, &str)]| {
        let app = [("client_id", me.client_id.as_str()), ("client_secret", me.client_secret.as_str())];
        house.post("/youtube-oauth2/token", "", &[&app[..], form].concat()).await
    };
    let code = [("grant_type", "authorization_code"), ("code", &back["code"]), ("redirect_uri", BACK)];
    let tokens = token(&code).await;
    assert_eq!((tokens.int("/expires_in"), tokens.str("/token_type")), (3_600, "Bearer"));
    assert_eq!(token(&code).await.str("/error"), "invalid_grant", "a code works once");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.str("/refresh_token"))];
    let renewed = token(&refresh).await;
    assert_eq!((renewed.status, renewed.body.get("refresh_token")), (200, None));
    let reader = SandboxAccount { access_token: renewed.str("/access_token").to_owned(), ..me.clone() };
    assert_eq!(get(&house, &reader, "channels?part=id&mine=true").await.str("/items/0/id"), me.platform_user_id);
    let denied = begin(&house, &reader, 1_000, &metadata("Bread", "")).await;
    assert_eq!(problem(&denied), (403, "insufficientPermissions"));
    let revoked = house.post("/youtube-oauth2/revoke", "", &[("token", tokens.str("/refresh_token"))]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(token(&refresh).await.str("/error"), "invalid_grant");
    let ended = get(&house, &reader, "channels?part=id&mine=true").await;
    assert_eq!((problem(&ended), ended.str("/error/status")), ((401, "authError"), "UNAUTHENTICATED"));
}

#[tokio::test]
async fn an_upload_survives_an_interruption_and_chunks_have_their_size() {
    let house = House::new().await;
    let me = me(&house);
    for (what, body, reason) in [
        ("no title", metadata("", "x"), "invalidTitle"),
        ("101 characters", metadata(&"é".repeat(101), ""), "invalidTitle"),
        ("a bracket", metadata("a < b", ""), "invalidTitle"),
        ("5,001 bytes", metadata("Bread", &"x".repeat(5_001)), "invalidDescription"),
        ("no privacy", json!({ "snippet": { "title": "Bread" }, "status": {} }), "invalidVideoMetadata"),
    ] {
        assert_eq!(problem(&begin(&house, &me, 1_000, &body).await), (400, reason), "{what}");
    }
    let film = film(2 * STEP + 1_000);
    let whole = film.len();
    let begun = begin(&house, &me, whole, &metadata("Bread", "Fresh")).await;
    assert_eq!((begun.status, begun.text.as_str()), (200, ""));
    let session = begun.header("location");
    let asked = put(&house, &me, session, &format!("bytes */{whole}"), b"").await;
    assert_eq!((asked.status, asked.header("range")), (308, ""), "nothing is there yet");
    let odd = put(&house, &me, session, &format!("bytes 0-999/{whole}"), &film[..1_000]).await;
    assert_eq!(odd.status, 400, "no multiple of 256 KiB");
    let first = put(&house, &me, session, &format!("bytes 0-{}/{whole}", STEP - 1), &film[..STEP]).await;
    assert_eq!((first.status, first.header("range")), (308, "bytes=0-262143"));
    let asked = put(&house, &me, session, &format!("bytes */{whole}"), b"").await;
    assert_eq!((asked.status, asked.header("range")), (308, "bytes=0-262143"));
    let again = put(&house, &me, session, &format!("bytes 0-{}/{whole}", STEP - 1), &film[..STEP]).await;
    assert_eq!(again.status, 400, "these bytes are there");
    let rest = put(&house, &me, session, &format!("bytes {STEP}-{}/{whole}", whole - 1), &film[STEP..]).await;
    assert_eq!((rest.status, rest.str("/kind"), rest.str("/id").len()), (200, "youtube#video", 11), "{}", rest.text);
    let other = house.account(Platform::Youtube, "other", 10);
    assert_eq!(put(&house, &other, session, &format!("bytes */{whole}"), b"").await.status, 404);
    let lie = uploaded(&house, &me, JPEG).await;
    let told = get(&house, &me, &format!("videos?part=status&id={lie}")).await;
    assert_eq!(told.str("/items/0/status/uploadStatus"), "failed", "a picture is no video");
}

#[tokio::test]
async fn a_video_is_private_until_its_status_is_changed() {
    let house = House::new().await;
    let me = me(&house);
    house.control.change_settings(|s| s.container_delay_secs = 60);
    let id = uploaded(&house, &me, &film(1_000)).await;
    let state = async || {
        let told = get(&house, &me, &format!("videos?part=status&id={id}")).await;
        (told.str("/items/0/status/uploadStatus").to_owned(), told.str("/items/0/status/privacyStatus").to_owned())
    };
    assert_eq!(state().await, ("uploaded".to_owned(), "private".to_owned()));
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(state().await, ("processed".to_owned(), "private".to_owned()));
    assert_eq!((listed(&house, &me).await, house.control.published(&me.platform_user_id).len()), (0, 0));
    let other = house.account(Platform::Youtube, "other", 10);
    assert_eq!(get(&house, &other, &format!("videos?part=status&id={id}")).await.body["items"], json!([]));
    assert_eq!(problem(&set_privacy(&house, &other, &id, "public").await), (404, "videoNotFound"));
    assert_eq!(problem(&set_privacy(&house, &me, &id, "everybody").await), (400, "invalidVideoMetadata"));
    assert_eq!(set_privacy(&house, &me, &id, "public").await.str("/status/privacyStatus"), "public");
    assert_eq!((listed(&house, &me).await, house.control.published(&me.platform_user_id).len()), (1, 1));
    let shown = get(&house, &me, &format!("videos?part=snippet,statistics,contentDetails&id={id},AAAAAAAAAAA")).await;
    assert_eq!(shown.body["items"].as_array().map(Vec::len), Some(1), "what is not there is left out");
    assert_eq!(
        (shown.str("/items/0/snippet/title"), shown.str("/items/0/snippet/publishedAt")),
        ("Bread", "2026-03-02T09:01:00Z")
    );
    assert!(shown.str("/items/0/statistics/viewCount").parse::<i64>().is_ok(), "counts are texts: {}", shown.text);
    assert!(shown.str("/items/0/contentDetails/duration").starts_with("PT"), "{}", shown.text);
    let path = format!("/youtube/youtube/v3/videos?id={id}");
    assert_eq!(problem(&house.delete(&path, &other.access_token).await), (403, "forbidden"));
    assert_eq!(house.delete(&path, &me.access_token).await.status, 204);
    assert_eq!(problem(&house.delete(&path, &me.access_token).await), (404, "videoNotFound"));
}

#[tokio::test]
async fn comments_stand_below_a_video_and_answers_below_comments() {
    let house = House::new().await;
    let me = me(&house);
    let id = uploaded(&house, &me, &film(1_000)).await;
    let comment = async |video: &str, text: &str| {
        let top = json!({ "snippet": { "textOriginal": text } });
        let body = json!({ "snippet": { "videoId": video, "topLevelComment": top } });
        send(&house, &me, Method::POST, "commentThreads?part=snippet", &body).await
    };
    let answer = async |parent: &str, text: &str| {
        let body = json!({ "snippet": { "parentId": parent, "textOriginal": text } });
        send(&house, &me, Method::POST, "comments?part=snippet", &body).await
    };
    assert_eq!(problem(&comment(&id, "Too early").await), (404, "videoNotFound"), "nobody sees the video");
    set_privacy(&house, &me, &id, "public").await;
    assert_eq!(problem(&comment(&id, " ").await), (400, "commentTextRequired"));
    assert_eq!(problem(&comment(&id, &"x".repeat(10_001)).await), (400, "commentTextTooLong"));
    let first = comment(&id, "First").await;
    let top = first.str("/snippet/topLevelComment/id");
    assert_eq!((first.str("/kind"), first.str("/id")), ("youtube#commentThread", top));
    let second = answer(top, "Second").await;
    assert_eq!((second.str("/kind"), second.str("/snippet/textOriginal")), ("youtube#comment", "Second"));
    assert_eq!(problem(&answer(second.str("/id"), "Third").await), (404, "parentCommentNotFound"), "two floors");
    let threads = get(&house, &me, &format!("commentThreads?part=snippet&videoId={id}")).await;
    assert_eq!(threads.body["items"].as_array().map(Vec::len), Some(1));
    let answers = get(&house, &me, &format!("comments?part=snippet&parentId={top}")).await;
    assert_eq!(answers.str("/items/0/id"), second.str("/id"));
}

#[tokio::test]
async fn the_playlist_of_uploads_is_walked_by_its_tokens() {
    let house = House::new().await;
    let me = me(&house);
    house.control.seed_history(&me.platform_user_id, 30, 7, &[Topic::ALL[0]]).expect("known");
    let playlist = me.platform_user_id.replacen("UC", "UU", 1);
    let base = format!("playlistItems?part=contentDetails&playlistId={playlist}&maxResults=7");
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page =
            get(&house, &me, &token.map_or_else(|| base.clone(), |t: String| format!("{base}&pageToken={t}"))).await;
        let items = page.body["items"].as_array().cloned().unwrap_or_default();
        seen.extend(items.iter().map(|i| i["contentDetails"]["videoId"].as_str().expect("an id").to_owned()));
        token = page.body["nextPageToken"].as_str().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    let mut newest_first: Vec<String> =
        house.control.posts(&me.platform_user_id).into_iter().map(|p| p.external_id).collect();
    newest_first.reverse();
    assert_eq!(seen, newest_first);
    let foreign = get(&house, &me, "playlistItems?part=contentDetails&playlistId=UUnobody").await;
    assert_eq!(problem(&foreign), (404, "playlistNotFound"));
    let wrong = get(&house, &me, &format!("{base}&pageToken=x")).await;
    assert_eq!(problem(&wrong), (400, "invalidPageToken"));
    let many = vec!["AAAAAAAAAAA"; 51].join(",");
    assert_eq!(get(&house, &me, &format!("videos?part=status&id={many}")).await.status, 400);
    let bare = get(&house, &me, "channels?mine=true").await;
    assert_eq!((problem(&bare), bare.str("/error/status")), ((400, "missingRequiredParameter"), "INVALID_ARGUMENT"));
}
