//! Consent, tokens, and the accounts behind a token: the member and the pages the member manages.

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::rest::{METHOD_HEADER, address, elements, escaped, list, site};
use super::{LinkedIn, errors, is_page};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::oauth::token_set;
use crate::types::{Access, AuthorizeRequest, ExchangeRequest, Profile, TokenSet};

/// Rights we ask for: who it is; posting and numbers of the member; posts and numbers of pages.
const SCOPES: [&str; 8] = [
    "openid",
    "profile",
    "w_member_social",
    "r_member_postAnalytics",
    "r_member_profileAnalytics",
    "w_organization_social",
    "r_organization_social",
    "rw_organization_admin",
];

/// Pages that one member may connect at once.
const PAGES_MAX: &str = "100";

/// Where the person gives consent. The network has no proof key for apps with a secret.
pub(super) fn consent_url(request: &AuthorizeRequest) -> Result<Url, CallError> {
    let scopes = if request.scopes.is_empty() { SCOPES.join(" ") } else { request.scopes.join(" ") };
    let mut url = endpoint(&site(&request.base_url), &["oauth", "v2", "authorization"])?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &request.app.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("state", &request.state)
        .append_pair("scope", &scopes);
    Ok(url)
}

impl LinkedIn {
    pub(super) async fn exchange(&self, request: &ExchangeRequest) -> Result<TokenSet, CallError> {
        let call = Request::post(endpoint(&site(&request.base_url), &["oauth", "v2", "accessToken"])?)
            .with("grant_type", "authorization_code")
            .with("client_id", &request.app.client_id)
            .with_secret("client_secret", &request.app.client_secret)
            .with("redirect_uri", &request.redirect_uri)
            .with_secret("code", &request.code);
        self.tokens(call).await
    }

    /// Only approved apps get refresh tokens, and those end a year after consent however often they are used.
    pub(super) async fn renew(&self, access: &Access) -> Result<TokenSet, CallError> {
        let app = access.app.as_ref();
        let app = app.ok_or_else(|| {
            CallError::not_sent("a token of LinkedIn is renewed with the app's id and secret; set networks.linkedin")
        })?;
        let token = access.refresh_token.as_ref().ok_or_else(|| {
            let message = "LinkedIn gave this app no refresh token; connect the account again before its 60 days end";
            CallError::not_sent(message)
        })?;
        let call = Request::post(endpoint(&site(&access.base_url), &["oauth", "v2", "accessToken"])?)
            .with("grant_type", "refresh_token")
            .with("client_id", &app.client_id)
            .with_secret("client_secret", &app.client_secret)
            .with_secret("refresh_token", token);
        self.tokens(call).await.map_err(|mut error| {
            // What we ask never changes, so a request that is "invalid" has a token that is.
            if error.code.as_deref() == Some("invalid_request") {
                error.kind = ErrorType::TokenExpired;
            }
            error
        })
    }

    async fn tokens(&self, call: Request) -> Result<TokenSet, CallError> {
        let answer = errors::judge(self.http.send(call).await?)?;
        token_set(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    /// The member, then the pages. An app without the right to read pages connects members only.
    pub(super) async fn all_profiles(&self, base: &Url, token: &SecretString) -> Result<Vec<Profile>, CallError> {
        let mut profiles = vec![self.member(base, token).await?];
        match self.pages(base, token).await {
            Ok(pages) => profiles.extend(pages),
            Err(error) if matches!(error.kind, ErrorType::Permission | ErrorType::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(profiles)
    }

    pub(super) async fn current_profile(&self, access: &Access) -> Result<Profile, CallError> {
        let urn = access.platform_user_id.as_str();
        if !is_page(urn) {
            return self.member(&access.base_url, &access.token).await;
        }
        let pages = self.described(&access.base_url, &access.token, &[urn.to_owned()]).await?;
        let mut page = pages.into_iter().next().ok_or_else(|| {
            let message = "LinkedIn does not show this page to the member who connected it";
            CallError::new(ErrorType::Permission, Delivery::Refused, message)
        })?;
        // The page is there: failing to count its followers changes nothing about that.
        page.followers_count = self.followers(access).await.ok().flatten();
        Ok(page)
    }

    async fn member(&self, base: &Url, token: &SecretString) -> Result<Profile, CallError> {
        let answer = self.call(Request::get(address(base, "v2/userinfo", &[])?), token).await?;
        member(&answer.json().unwrap_or_default()).ok_or_else(|| answer.unstructured())
    }

    async fn pages(&self, base: &Url, token: &SecretString) -> Result<Vec<Profile>, CallError> {
        let query = [("q", "roleAssignee"), ("role", "ADMINISTRATOR"), ("state", "APPROVED"), ("count", PAGES_MAX)];
        let request = Request::get(address(base, "rest/organizationAcls", &query)?).header(METHOD_HEADER, "FINDER");
        let answer = self.call(request, token).await?;
        let body = answer.json().unwrap_or_default();
        let rows = elements(&body).ok_or_else(|| answer.unstructured())?;
        let mut urns: Vec<String> = rows
            .iter()
            .filter_map(|row| row.get("organization").or_else(|| row.get("organizationalTarget")))
            .filter_map(Value::as_str)
            .map(ToOwned::to_owned)
            .collect();
        urns.dedup();
        if urns.is_empty() { Ok(Vec::new()) } else { self.described(base, token, &urns).await }
    }

    async fn described(&self, base: &Url, token: &SecretString, urns: &[String]) -> Result<Vec<Profile>, CallError> {
        let ids = list(urns.iter().filter_map(|urn| urn.rsplit(':').next()));
        let request =
            Request::get(address(base, "rest/organizations", &[("ids", &ids)])?).header(METHOD_HEADER, "BATCH_GET");
        let answer = self.call(request, token).await?;
        let body = answer.json().unwrap_or_default();
        let found = body.get("results").and_then(Value::as_object).ok_or_else(|| answer.unstructured())?;
        let by_urn = |urn: &String| page(base, urn, found.get(urn.rsplit(':').next()?)?);
        Ok(urns.iter().filter_map(by_urn).collect())
    }

    /// Followers of a page now.
    pub(super) async fn followers(&self, access: &Access) -> Result<Option<i64>, CallError> {
        let path = format!("rest/networkSizes/{}", escaped(&access.platform_user_id));
        let url = address(&access.base_url, &path, &[("edgeType", "COMPANY_FOLLOWED_BY_MEMBER")])?;
        let body = self.call(Request::get(url), &access.token).await?.json().unwrap_or_default();
        Ok(body.get("firstDegreeSize").and_then(Value::as_i64))
    }
}

fn member(info: &Value) -> Option<Profile> {
    let text = |name: &str| info.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let id = text("sub")?;
    Some(Profile {
        username: id.clone(),
        id: format!("urn:li:person:{id}"),
        display_name: text("name"),
        avatar_url: text("picture"),
        profile_url: None,
        followers_count: None,
        token: None,
        metadata: json!({ "kind": "member" }),
    })
}

fn page(base: &Url, urn: &str, organization: &Value) -> Option<Profile> {
    let text = |name: &str| organization.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let id = urn.rsplit(':').next()?;
    let vanity = text("vanityName").unwrap_or_else(|| id.to_owned());
    Some(Profile {
        id: urn.to_owned(),
        display_name: text("localizedName"),
        avatar_url: None,
        profile_url: endpoint(&site(base), &["company", &vanity]).ok().map(Into::into),
        followers_count: None,
        token: None,
        metadata: json!({ "kind": "page", "vanity_name": vanity }),
        username: vanity,
    })
}
