//! Consent, tokens and the pages they open.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Caller, Facebook};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::errors::{self, Asking};
use crate::meta::rows;
use crate::types::{Access, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for: show pages, publish, read own content, comments and numbers.
const SCOPES: [&str; 7] = [
    "pages_show_list",
    "business_management",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "read_insights",
];

/// What a page tells about itself. Only a listing of pages knows `access_token` and `tasks`; asked
/// of the page they are an error.
const PAGE_FIELDS: &str = "id,name,username,link,picture{url},followers_count,category";

/// Pages of a listing of pages; nobody manages more than 100 × this.
const LIST_PAGES_MAX: usize = 20;

impl Facebook {
    /// People consent on the site, not on the API host; a simulated network has one host for both.
    pub(super) fn dialog_url(&self, request: &AuthorizeRequest) -> Result<Url, CallError> {
        let mut base = request.base_url.clone();
        if base.host_str() == Some("graph.facebook.com") {
            base.set_host(Some("www.facebook.com")).map_err(|e| CallError::not_sent(e.to_string()))?;
        }
        let mut url = self.url(&base, &["dialog", "oauth"])?;
        let own: Vec<String> = SCOPES.iter().map(ToString::to_string).collect();
        let scopes = if request.scopes.is_empty() { &own } else { &request.scopes };
        url.query_pairs_mut()
            .append_pair("client_id", &request.app.client_id)
            .append_pair("redirect_uri", &request.redirect_uri)
            .append_pair("state", &request.state)
            .append_pair("scope", &scopes.join(","))
            .append_pair("response_type", "code");
        Ok(url)
    }

    /// Code → short token → long one: only pages asked for with a long one have lasting tokens.
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let url = self.url(&request.base_url, &["oauth", "access_token"])?;
        let of_app = |r: Request| {
            r.with("client_id", &request.app.client_id).with_secret("client_secret", &request.app.client_secret)
        };
        let by_code = of_app(Request::get(url.clone()))
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        let (short, _) = self.token(by_code).await?;
        let by_token =
            of_app(Request::get(url)).with("grant_type", "fb_exchange_token").with_secret("fb_exchange_token", &short);
        let (access, expires_in) = self.token(by_token).await?;
        let caller = Caller { base_url: &request.base_url, id: "me", token: &access, app: Some(&request.app) };
        let scopes = self.granted(&caller).await;
        Ok(TokenSet { access, refresh: None, expires_in, scopes })
    }

    async fn token(&self, request: Request) -> Result<(SecretString, Option<Duration>), CallError> {
        let answer = self.http.send(request).await?;
        let body = errors::judge(&answer, Asking::Other, None)?;
        let token = body.get("access_token").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
        let life = body.get("expires_in").and_then(Value::as_u64).filter(|s| *s > 0).map(Duration::from_secs);
        Ok((SecretString::from(token), life))
    }

    /// Granted rights. Good to know, and no reason to fail: the token works without.
    async fn granted(&self, caller: &Caller<'_>) -> Vec<String> {
        let Ok(url) = self.url(caller.base_url, &["me", "permissions"]) else { return Vec::new() };
        let body = self.call(Request::get(url), caller, Asking::Other).await.unwrap_or_default();
        rows(&body)
            .filter(|p| p.get("status").and_then(Value::as_str) == Some("granted"))
            .filter_map(|p| p.get("permission")?.as_str().map(ToOwned::to_owned))
            .collect()
    }

    /// The pages a person's token opens: their own and, where granted, those of their businesses.
    /// A page's own token opens that page.
    pub(super) async fn pages(&self, caller: &Caller<'_>) -> Result<Vec<Profile>, CallError> {
        let mut pages = match self.list_pages(caller, &["me", "accounts"]).await {
            Ok(pages) => pages,
            // "me" is a page then, and pages have no accounts.
            Err(e) if matches!(e.kind, ErrorType::BadRequest | ErrorType::NotFound) => {
                return Ok(vec![self.page(caller, "me").await?]);
            }
            Err(e) => return Err(e),
        };
        for page in self.business_pages(caller).await.unwrap_or_default() {
            if pages.iter().all(|known| known.id != page.id) {
                pages.push(page);
            }
        }
        Ok(pages)
    }

    /// Needs a right that many do not grant; without it the person's own pages are all there is.
    async fn business_pages(&self, caller: &Caller<'_>) -> Result<Vec<Profile>, CallError> {
        let url = self.url(caller.base_url, &["me", "businesses"])?;
        let businesses = self.call(Request::get(url).with("fields", "id"), caller, Asking::Other).await?;
        let mut pages = Vec::new();
        for business in rows(&businesses).filter_map(|b| b.get("id")?.as_str()) {
            for edge in ["owned_pages", "client_pages"] {
                pages.extend(self.list_pages(caller, &[business, edge]).await?);
            }
        }
        // Without a token of its own we cannot act for a page.
        pages.retain(|p| p.token.is_some());
        Ok(pages)
    }

    async fn list_pages(&self, caller: &Caller<'_>, path: &[&str]) -> Result<Vec<Profile>, CallError> {
        let mut pages = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..LIST_PAGES_MAX {
            let fields = format!("{PAGE_FIELDS},access_token,tasks");
            let mut request =
                Request::get(self.url(caller.base_url, path)?).with("fields", fields).with("limit", "100");
            if let Some(after) = &after {
                request = request.with("after", after);
            }
            let body = self.call(request, caller, Asking::Other).await?;
            pages.extend(rows(&body).filter_map(profile));
            let next = body.pointer("/paging/next").and(body.pointer("/paging/cursors/after"));
            match next.and_then(Value::as_str) {
                Some(cursor) if after.as_deref() != Some(cursor) => after = Some(cursor.to_owned()),
                _ => break,
            }
        }
        Ok(pages)
    }

    /// One page by its id, or `me` with a page's own token.
    pub(super) async fn page(&self, caller: &Caller<'_>, id: &str) -> Result<Profile, CallError> {
        let url = self.url(caller.base_url, &[id])?;
        let body = self.call(Request::get(url).with("fields", PAGE_FIELDS), caller, Asking::Other).await?;
        profile(&body).ok_or_else(|| {
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network described a page without an id")
        })
    }

    /// A page's token does not end by time; it is read anew with the person's token.
    pub(super) async fn renew_page_token(&self, access: &Access) -> Result<TokenSet, CallError> {
        let user = access.refresh_token.as_ref().ok_or_else(|| {
            CallError::not_sent("this page was connected with its own token, which cannot be renewed")
        })?;
        let caller = Caller { token: user, ..Caller::from(access) };
        let page = self.pages(&caller).await?.into_iter().find(|p| p.id == access.platform_user_id);
        let token = page.and_then(|p| p.token).ok_or_else(|| {
            CallError::new(
                ErrorType::Permission,
                Delivery::Refused,
                "the person who connected this page no longer manages it",
            )
        })?;
        Ok(TokenSet { access: token, refresh: None, expires_in: None, scopes: Vec::new() })
    }
}

fn profile(page: &Value) -> Option<Profile> {
    let text = |name: &str| page.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let id = text("id")?;
    Some(Profile {
        username: text("username").unwrap_or_else(|| id.clone()),
        display_name: text("name"),
        avatar_url: page.pointer("/picture/data/url").and_then(Value::as_str).map(ToOwned::to_owned),
        profile_url: text("link"),
        followers_count: page.get("followers_count").and_then(Value::as_i64),
        token: text("access_token").map(SecretString::from),
        metadata: json!({ "category": page.get("category"), "tasks": page.get("tasks") }),
        id,
    })
}
