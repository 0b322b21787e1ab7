//! Consent, tokens, the account they open.

use serde_json::{Value, json};
use url::Url;

use super::Threads;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::endpoint;
use crate::meta::{Caller, login};
use crate::types::{Access, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for: the account, publishing, numbers, replies, deletion.
const SCOPES: [&str; 6] = [
    "threads_basic",
    "threads_content_publish",
    "threads_manage_insights",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_delete",
];

const PROFILE_FIELDS: &str = "id,username,name,threads_profile_picture_url,threads_biography";

/// People consent on the site; a simulated network has a part of its own for it.
fn site(base: &Url) -> Result<Url, CallError> {
    if matches!(base.host_str(), Some("graph.threads.net" | "graph.threads.com")) {
        return Ok("https://threads.net".parse().expect("a constant address"));
    }
    format!("{}-www", base.as_str().trim_end_matches('/'))
        .parse()
        .map_err(|_| CallError::not_sent("the network's address cannot be used"))
}

pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let page = endpoint(&site(&request.base_url)?, &["oauth", "authorize"])?;
    Ok(login::consent(page, request, &SCOPES))
}

impl Threads {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let code_url = endpoint(&request.base_url, &["oauth", "access_token"])?;
        let long_url = endpoint(&request.base_url, &["access_token"])?;
        login::exchange(&self.graph.http, code_url, long_url, "th_exchange_token", request).await
    }

    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let url = endpoint(&access.base_url, &["refresh_access_token"])?;
        login::renew(&self.graph.http, url, "th_refresh_token", &access.token).await
    }

    pub(super) async fn profile(&self, caller: &Caller<'_>) -> Result<Profile, CallError> {
        let body = self.graph.fields(caller, "me", PROFILE_FIELDS).await?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let id = text("id").ok_or_else(|| {
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network described an account without an id")
        })?;
        let username = text("username").unwrap_or_else(|| id.clone());
        Ok(Profile {
            display_name: text("name"),
            avatar_url: text("threads_profile_picture_url"),
            profile_url: text("username").map(|name| format!("https://www.threads.net/@{name}")),
            followers_count: None,
            token: None,
            metadata: json!({ "username": username }),
            username,
            id,
        })
    }
}
