//! Registration, consent and tokens of a server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_sandbox::TokenEnd;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::house::{Answer, House};

const BACK: &str = "http://127.0.0.1:9/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn register(house: &House) -> Answer {
    let form =
        [("client_name", "Rookery"), ("redirect_uris", BACK), ("scopes", "read:accounts read:statuses write:statuses")];
    house.post("/mastodon/api/v1/apps", "", &form).await
}

fn authorize(app: &Answer, scope: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    format!(
        "/mastodon/oauth/authorize?response_type=code&client_id={}&redirect_uri={BACK}&scope={scope}&state=st&code_challenge={challenge}&code_challenge_method=S256",
        app.str("/client_id")
    )
}

async fn exchange(house: &House, app: &Answer, code: &str, verifier: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app.str("/client_id")),
        ("client_secret", app.str("/client_secret")),
        ("redirect_uri", BACK),
        ("code", code),
        ("code_verifier", verifier),
    ];
    house.post("/mastodon/oauth/token", "", &form).await
}

fn code(answer: &Answer) -> String {
    let url: Url = answer.header("location").parse().expect("an address");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs[1], ("state".into(), "st".into()));
    assert_eq!(pairs[0].0, "code");
    pairs[0].1.clone()
}

#[tokio::test]
async fn a_registered_client_gets_a_token_with_a_proof_key() {
    let house = House::new().await;
    let me = house.masto();
    let app = register(&house).await;
    assert_eq!(app.body["redirect_uris"][0], BACK);
    let asked = house.get(&authorize(&app, "read:accounts+write:statuses"), "").await;
    assert!(asked.text.contains("Rookery would like") && asked.text.contains("@fieldwork"), "{}", asked.text);
    let path = authorize(&app, "read:accounts+write:statuses");
    let (path, query) = path.split_once('?').expect("a query");
    let allowed =
        house.post(&format!("{path}?{query}"), "", &[("decision", "allow"), ("as", &me.platform_user_id)]).await;
    let code = code(&allowed);
    assert_eq!(exchange(&house, &app, &code, "wrong").await.str("/error"), "invalid_grant");
    let token = exchange(&house, &app, &code, VERIFIER).await;
    assert_eq!((token.str("/token_type"), token.str("/scope")), ("Bearer", "read:accounts write:statuses"));
    let again = exchange(&house, &app, &code, VERIFIER).await;
    assert_eq!((again.status, again.str("/error")), (400, "invalid_grant"));

    let secret = token.str("/access_token").to_owned();
    let own = house.get("/mastodon/api/v1/accounts/verify_credentials", &secret).await;
    assert_eq!(own.str("/id"), me.platform_user_id);
    let revoke =
        [("client_id", app.str("/client_id")), ("client_secret", app.str("/client_secret")), ("token", &secret)];
    assert_eq!(house.post("/mastodon/oauth/revoke", "", &revoke).await.status, 200);
    let ended = house.get("/mastodon/api/v1/accounts/verify_credentials", &secret).await;
    assert_eq!((ended.status, ended.str("/error")), (401, "The access token was revoked"));
}

#[tokio::test]
async fn wrong_requests_are_refused_in_the_servers_words() {
    let house = House::new().await;
    let me = house.masto();
    house.control.change_settings(|s| s.auto_consent = true);
    assert_eq!(house.post("/mastodon/api/v1/apps", "", &[("client_name", "x")]).await.status, 422);
    let app = register(&house).await;
    let elsewhere = authorize(&app, "read:accounts").replace("back", "elsewhere");
    assert_eq!(house.get(&elsewhere, "").await.status, 400, "an unknown address gets no code");
    let too_much = house.get(&authorize(&app, "admin:write"), "").await;
    assert!(too_much.header("location").contains("error=invalid_scope"));
    let read_only = house.get(&authorize(&app, "read:accounts"), "").await;
    let token = exchange(&house, &app, &code(&read_only), VERIFIER).await;
    let post = house.post("/mastodon/api/v1/statuses", token.str("/access_token"), &[("status", "x")]).await;
    assert_eq!((post.status, post.str("/error")), (403, "This action is outside the authorized scopes"));
    let stranger = [("grant_type", "client_credentials"), ("client_id", "a"), ("client_secret", "b")];
    let stranger = house.post("/mastodon/oauth/token", "", &stranger).await;
    assert_eq!((stranger.status, stranger.str("/error")), (401, "invalid_client"));
    let me_path = "/mastodon/api/v1/accounts/verify_credentials";
    assert_eq!(house.get(me_path, "").await.status, 401);
    assert_eq!(house.get(me_path, "nonsense").await.str("/error"), "The access token is invalid");
    house.control.end_tokens(&me.platform_user_id, TokenEnd::Expired).expect("known");
    assert_eq!(house.get(me_path, &me.access_token).await.str("/error"), "The access token expired");
}

#[tokio::test]
async fn an_app_has_a_token_of_its_own_and_the_server_describes_itself() {
    let house = House::new().await;
    let app = register(&house).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app.str("/client_id")),
        ("client_secret", app.str("/client_secret")),
        ("scope", "read:accounts"),
    ];
    let token = house.post("/mastodon/oauth/token", "", &form).await;
    let known = house.get("/mastodon/api/v1/apps/verify_credentials", token.str("/access_token")).await;
    assert_eq!(known.str("/name"), "Rookery");
    let described = house.get("/mastodon/.well-known/oauth-authorization-server", "").await;
    assert!(described.str("/token_endpoint").ends_with("/mastodon/oauth/token"));
}
