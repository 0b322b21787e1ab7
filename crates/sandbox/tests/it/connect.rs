//! Connectors that act for accounts of the sandbox.

use std::sync::Arc;

use reqwest::Method;
use rookery_platforms::{
    Access, AppCredentials, AuthorizeRequest, Connector, Draft, ExchangeRequest, HttpClient, HttpConfig, Media,
    MediaKind, Prepared, Published, TokenSet,
};
use rookery_sandbox::SandboxAccount;
use serde_json::Value;
use url::Url;

use crate::house::House;

/// The way out, with the sandbox's standing clock.
pub fn http(house: &House) -> HttpClient {
    HttpClient::new(HttpConfig::local(), Arc::new(house.clock.clone())).expect("a client")
}

/// What it takes to act for an account.
pub fn access(house: &House, account: &SandboxAccount) -> Access {
    Access {
        base_url: house.control.base_url(account.platform),
        platform_user_id: account.platform_user_id.clone(),
        token: account.access_token.clone().into(),
        refresh_token: None,
        app: Some(app(account)),
        metadata: serde_json::json!({ "username": account.handle }),
    }
}

pub fn app(account: &SandboxAccount) -> AppCredentials {
    AppCredentials { client_id: account.client_id.clone(), client_secret: account.client_secret.clone().into() }
}

/// Consent, code, tokens: the whole way a person goes.
pub async fn sign_in(house: &House, connector: &dyn Connector, account: &SandboxAccount) -> TokenSet {
    const BACK: &str = "http://127.0.0.1:9/back";
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    house.control.change_settings(|s| {
        s.auto_consent = true;
        s.consent_as = Some(account.platform_user_id.clone());
    });
    let base_url = house.control.base_url(account.platform);
    let request = AuthorizeRequest {
        base_url: base_url.clone(),
        app: app(account),
        redirect_uri: BACK.into(),
        state: "st".into(),
        code_verifier: Some(VERIFIER.into()),
        scopes: Vec::new(),
    };
    let url = connector.authorize_url(&request).expect("an address");
    let answer = house.send(house.request(Method::GET, url.as_str(), "")).await;
    let back: Url = answer.header("location").parse().unwrap_or_else(|_| panic!("sent back: {}", answer.text));
    let value = |wanted: &str| {
        back.query_pairs().find(|(name, _)| name == wanted).map(|(_, v)| v.into_owned()).unwrap_or_default()
    };
    assert_eq!(value("state"), "st");
    let request = ExchangeRequest {
        base_url,
        app: app(account),
        redirect_uri: BACK.into(),
        code: value("code").into(),
        code_verifier: Some(VERIFIER.into()),
    };
    connector.exchange_code(&request).await.expect("tokens")
}

/// Prepares as long as the network works, moving the clock by each pause. The number of pauses is told too.
pub async fn prepared(house: &House, connector: &dyn Connector, access: &Access, draft: &Draft) -> (Value, usize) {
    let mut handles = Value::Null;
    for pauses in 0..200 {
        match connector.prepare(access, draft, &handles).await.expect("prepares") {
            Prepared::Ready(handles) => return (handles, pauses),
            Prepared::Wait { handles: kept, pause } => {
                handles = kept;
                house.clock.advance(pause);
            }
        }
    }
    panic!("the network never gets done")
}

/// Prepares and publishes.
pub async fn publish(house: &House, connector: &dyn Connector, access: &Access, draft: &Draft) -> Published {
    let (handles, _) = prepared(house, connector, access, draft).await;
    connector.publish(access, draft, &handles).await.expect("out").published().expect("at once")
}

/// A picture of 1024 × 512, as far as its head tells.
pub fn picture(name: &str) -> Media {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend([0, 0, 4, 0, 0, 0, 2, 0, 8, 2, 0, 0, 0]);
    bytes.extend(name.as_bytes());
    Media::of_bytes(MediaKind::Image, "image/png", name, bytes.into())
}

/// A video of so many bytes, as far as its head tells.
pub fn video(size: usize) -> Media {
    let mut bytes = b"\0\0\0\x10ftypisomxxxx".to_vec();
    bytes.resize(size.max(16), 7);
    Media::of_bytes(MediaKind::Video, "video/mp4", "clip.mp4", bytes.into())
}
