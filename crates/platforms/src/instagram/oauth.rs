//! Two logins, their tokens, and the accounts they open.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Instagram, caller};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::meta::{Caller, login, rows};
use crate::types::{Access, AppCredentials, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights of Instagram login: the account, publishing, comments, numbers.
const SCOPES: [&str; 4] = [
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
];

/// Rights of Facebook login: the same, and to see the pages behind which the accounts are.
const FACEBOOK_SCOPES: [&str; 7] = [
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
];

const PROFILE_FIELDS: &str = "user_id,username,name,profile_picture_url,followers_count,account_type";
const ACCOUNT_FIELDS: &str = "id,username,name,profile_picture_url,followers_count";

/// Pages of a listing of pages; nobody manages more than 100 × this.
const LIST_PAGES_MAX: usize = 20;

/// How an account was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Instagram,
    Facebook,
}

impl Login {
    /// The host decides; a simulated network has `…-facebook` for it.
    pub fn of(base: &Url) -> Self {
        let is_facebook =
            base.host_str() == Some("graph.facebook.com") || base.path().trim_end_matches('/').ends_with("-facebook");
        if is_facebook { Self::Facebook } else { Self::Instagram }
    }
}

/// Hosts beside the one of the API.
#[derive(Debug, Clone, Copy)]
enum Host {
    /// Where people consent.
    Site,
    /// Where codes become tokens.
    Codes,
}

/// The other hosts of the network, by that of the API.
fn host(base: &Url, host: Host) -> Result<Url, CallError> {
    let text = match (base.host_str(), host) {
        (Some("graph.instagram.com"), Host::Site) => "https://www.instagram.com".to_owned(),
        (Some("graph.instagram.com"), Host::Codes) => "https://api.instagram.com".to_owned(),
        (Some("graph.facebook.com"), Host::Site) => "https://www.facebook.com".to_owned(),
        (Some("graph.facebook.com"), Host::Codes) => base.to_string(),
        (_, _) if Login::of(base) == Login::Facebook => base.to_string(),
        (_, Host::Site) => format!("{}-www", base.as_str().trim_end_matches('/')),
        (_, Host::Codes) => format!("{}-api", base.as_str().trim_end_matches('/')),
    };
    text.parse().map_err(|_| CallError::not_sent("the network's address cannot be used"))
}

impl Instagram {
    pub(super) fn consent_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        let site = host(&request.base_url, Host::Site)?;
        Ok(match Login::of(&request.base_url) {
            Login::Instagram => login::consent(endpoint(&site, &["oauth", "authorize"])?, request, &SCOPES),
            Login::Facebook => login::consent(self.graph.url(&site, &["dialog", "oauth"])?, request, &FACEBOOK_SCOPES),
        })
    }

    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let base = &request.base_url;
        match Login::of(base) {
            Login::Instagram => {
                let code_url = endpoint(&host(base, Host::Codes)?, &["oauth", "access_token"])?;
                let long_url = endpoint(base, &["access_token"])?;
                login::exchange(&self.graph.http, code_url, long_url, "ig_exchange_token", request).await
            }
            Login::Facebook => {
                let url = self.graph.url(base, &["oauth", "access_token"])?;
                login::exchange_at_facebook(&self.graph.http, &url, request).await
            }
        }
    }

    /// With Instagram login the token renews itself; with Facebook login the page's token is read
    /// anew with the person's.
    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        if Login::of(&access.base_url) == Login::Instagram {
            let url = endpoint(&access.base_url, &["refresh_access_token"])?;
            return login::renew(&self.graph.http, url, "ig_refresh_token", &access.token).await;
        }
        let user = access.refresh_token.as_ref().ok_or_else(|| {
            CallError::not_sent("this account was connected with a page's own token, which cannot be renewed")
        })?;
        let found = self.behind_pages(&Caller { token: user, ..caller(access) }).await?;
        let token = found.into_iter().find(|p| p.id == access.platform_user_id).and_then(|p| p.token);
        let token = token.ok_or_else(|| {
            let message = "the person who connected this account no longer manages the page behind it";
            CallError::new(ErrorType::Permission, Delivery::Refused, message)
        })?;
        Ok(TokenSet { access: token, refresh: None, expires_in: None, scopes: Vec::new() })
    }

    pub(super) async fn accounts(
        &self,
        base_url: &Url,
        token: &SecretString,
        app: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        match Login::of(base_url) {
            Login::Instagram => {
                let caller = Caller { base_url, id: "me", token, app: None };
                let body = self.graph.fields(&caller, "me", PROFILE_FIELDS).await?;
                Ok(vec![profile(&body).ok_or_else(without_id)?])
            }
            Login::Facebook => self.behind_pages(&Caller { base_url, id: "me", token, app }).await,
        }
    }

    pub(super) async fn own_profile(&self, access: &Access) -> Result<Profile, CallError> {
        let (id, fields) = match Login::of(&access.base_url) {
            Login::Instagram => ("me", PROFILE_FIELDS),
            Login::Facebook => (access.platform_user_id.as_str(), ACCOUNT_FIELDS),
        };
        let body = self.graph.fields(&caller(access), id, fields).await?;
        profile(&body).ok_or_else(without_id)
    }

    /// The professional accounts behind a person's pages; each acts with its page's token.
    async fn behind_pages(&self, caller: &Caller<'_>) -> Result<Vec<Profile>, CallError> {
        let fields = format!("access_token,instagram_business_account{{{ACCOUNT_FIELDS}}}");
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..LIST_PAGES_MAX {
            let url = self.graph.url(caller.base_url, &["me", "accounts"])?;
            let mut request = Request::get(url).with("fields", &fields).with("limit", "100");
            if let Some(after) = &after {
                request = request.with("after", after);
            }
            let body = self.graph.call(request, caller).await?;
            found.extend(rows(&body).filter_map(|page| {
                let token = page.get("access_token")?.as_str().map(SecretString::from);
                Some(Profile { token, ..profile(page.get("instagram_business_account")?)? })
            }));
            let next = body.pointer("/paging/next").and(body.pointer("/paging/cursors/after"));
            match next.and_then(Value::as_str) {
                Some(cursor) if after.as_deref() != Some(cursor) => after = Some(cursor.to_owned()),
                _ => break,
            }
        }
        Ok(found)
    }
}

fn without_id() -> CallError {
    CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network described an account without an id")
}

/// With Instagram login `user_id` is the id that everything else needs; `id` belongs to the app.
fn profile(body: &Value) -> Option<Profile> {
    let text = |name: &str| match body.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let id = text("user_id").or_else(|| text("id"))?;
    let username = text("username").unwrap_or_else(|| id.clone());
    Some(Profile {
        display_name: text("name"),
        avatar_url: text("profile_picture_url"),
        profile_url: text("username").map(|name| format!("https://www.instagram.com/{name}/")),
        followers_count: body.get("followers_count").and_then(Value::as_i64),
        token: None,
        metadata: json!({ "username": username }),
        username,
        id,
    })
}
