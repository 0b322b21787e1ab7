//! Consent, tokens, members and pages.

use rookery_platforms::{AuthorizeRequest, Connector as _, Delivery, ErrorType, ExchangeRequest, LinkedIn};
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::Url;

use super::{MEMBER, PAGE};
use crate::fake::{Fake, Reply, app, http};

const TOKEN: &str = "-www/oauth/v2/accessToken";

#[test]
fn consent_is_given_on_the_site() {
    let request = AuthorizeRequest {
        base_url: "https://api.linkedin.com/".parse().expect("an address"),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        state: "s".into(),
        code_verifier: Some("not used: the network has no proof key".into()),
        scopes: vec!["openid".into(), "w_member_social".into()],
    };
    let url = LinkedIn::new(http()).authorize_url(&request).expect("an address");
    assert_eq!(
        url.as_str(),
        "https://www.linkedin.com/oauth/v2/authorization?response_type=code&client_id=4711\
         &redirect_uri=https%3A%2F%2Frookery.example%2Fback&state=s&scope=openid+w_member_social"
    );
}

#[tokio::test]
async fn a_code_becomes_tokens_and_a_renewal_keeps_or_replaces_the_refresh_token() {
    let fake = Fake::start().await;
    let body = json!({"access_token": "one", "expires_in": 5_184_000, "refresh_token": "r1",
        "refresh_token_expires_in": 31_536_000, "scope": "openid,profile,w_member_social"});
    fake.on("POST", TOKEN, Reply::json(200, &body))
        .on("POST", TOKEN, Reply::json(200, &json!({"access_token": "two", "expires_in": 5_184_000})))
        .on("POST", TOKEN, Reply::json(400, &json!({"error": "invalid_request", "error_description": "expired"})));
    let linkedin = LinkedIn::new(http());
    let request = ExchangeRequest {
        base_url: fake.url(),
        app: app(),
        redirect_uri: "https://rookery.example/back".into(),
        code: "c0de".into(),
        code_verifier: None,
    };
    let first = linkedin.exchange_code(&request).await.expect("tokens");
    assert_eq!(first.scopes, ["openid", "profile", "w_member_social"]);
    assert_eq!(first.refresh.expect("one").expose_secret(), "r1");
    let second = linkedin.refresh(&fake.access(PAGE)).await.expect("tokens");
    assert!(second.access.expose_secret() == "two" && second.refresh.is_none(), "none keeps the old one");
    let error = linkedin.refresh(&fake.access(PAGE)).await.expect_err("over");
    assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::Refused));
    let mut access = fake.access(PAGE);
    access.refresh_token = None;
    let error = linkedin.refresh(&access).await.expect_err("not an approved app");
    assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent));
    assert_eq!(fake.asked().len(), 3);
}

fn roles() -> Reply {
    Reply::json(200, &json!({"elements": [{"role": "ADMINISTRATOR", "state": "APPROVED", "organization": PAGE}]}))
}

#[tokio::test]
async fn one_token_connects_the_member_and_the_pages() {
    let fake = Fake::start().await;
    let page = json!({"results": {"5515715": {"id": 5_515_715, "localizedName": "Harbour", "vanityName": "harbour"}}});
    fake.on(
        "GET",
        "/v2/userinfo",
        Reply::json(200, &json!({"sub": "yrZCpj2Z12", "name": "Ada Field", "picture": "https://p"})),
    )
    .on("GET", "/rest/organizationAcls", roles())
    .on("GET", "/rest/organizations", Reply::json(200, &page))
    .on(
        "GET",
        "/rest/networkSizes/urn%3Ali%3Aorganization%3A5515715",
        Reply::json(200, &json!({"firstDegreeSize": 3_000_000_001_i64})),
    );
    let linkedin = LinkedIn::new(http()).with_version("202606");
    let base: Url = fake.url();
    let profiles = linkedin.profiles(&base, &"tok".into(), None).await.expect("profiles");
    let seen: Vec<(&str, &str)> = profiles.iter().map(|p| (p.id.as_str(), p.username.as_str())).collect();
    assert_eq!(seen, [(MEMBER, "yrZCpj2Z12"), (PAGE, "harbour")]);
    let asked = fake.asked_for("/rest/organizationAcls");
    let header = |name: &str| asked[0].headers[name].as_str();
    assert_eq!((header("linkedin-version"), header("x-restli-protocol-version")), ("202606", "2.0.0"));
    let followers = linkedin.check(&fake.access(PAGE)).await.expect("works").followers_count;
    assert_eq!(followers, Some(3_000_000_001));
    assert_eq!(linkedin.check(&fake.access(MEMBER)).await.expect("works").id, MEMBER);
}

#[tokio::test]
async fn an_app_without_the_right_to_read_pages_connects_the_member() {
    let fake = Fake::start().await;
    let denied =
        json!({"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "Not enough permissions"});
    fake.on("GET", "/v2/userinfo", Reply::json(200, &json!({"sub": "yrZCpj2Z12"})))
        .on("GET", "/rest/organizationAcls", Reply::json(403, &denied))
        .on("GET", "/rest/organizationAcls", Reply::json(500, &json!({"status": 500, "message": "x"})));
    let linkedin = LinkedIn::new(http());
    assert_eq!(linkedin.profiles(&fake.url(), &"tok".into(), None).await.expect("one").len(), 1);
    let error = linkedin.profiles(&fake.url(), &"tok".into(), None).await.expect_err("trouble is no lack of pages");
    assert_eq!(error.kind, ErrorType::Transient);
}
