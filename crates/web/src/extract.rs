//! Who calls, and what they may: the extractor in a handler's signature *is* the permission.

use std::net::IpAddr;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use rookery_identity::{Caller, Client, Right};
use rookery_kernel::Scope;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tower_http::request_id::RequestId;
use uuid::Uuid;

use crate::app::App;
use crate::problem::{FieldError, Problem};

/// The browser's session cookie.
pub const SESSION_COOKIE: &str = "rookery_session";

/// A right, as a type that handlers name.
pub trait Need: Send + Sync + 'static {
    /// The right.
    const RIGHT: Right;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Need for $name {
            const RIGHT: Right = Right::$name;
        }
    )+};
}
needs! {
    /// Read posts, calendar, numbers.
    Read,
    /// Create and edit drafts.
    Draft,
    /// Schedule, publish, cancel, retry.
    Publish,
    /// Submit for review, withdraw.
    SubmitReview,
    /// Approve or send back.
    Review,
    /// Connect and disconnect accounts.
    ManageAccounts,
    /// Members and API keys.
    ManageMembers,
}

/// A caller who has the right `N`, signed in by session cookie or API key.
#[derive(Debug, Clone)]
pub struct May<N: Need> {
    /// The caller.
    pub caller: Caller,
    right: std::marker::PhantomData<N>,
}

impl<N: Need> May<N> {
    /// For the operations of the contexts.
    pub fn scope(&self) -> &Scope {
        &self.caller.scope
    }
}

impl<N: Need> FromRequestParts<App> for May<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = authenticate(parts, app).await?;
        if !caller.allows(N::RIGHT) {
            let route = parts.extensions.get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
            app.identity.record_denial(&caller, N::RIGHT, &format!("{} {route}", parts.method)).await?;
            return Err(Problem::forbidden(format!(
                "Your role or key does not include this ({}). An owner or admin of the organization can change that.",
                N::RIGHT.label()
            )));
        }
        Ok(Self { caller, right: std::marker::PhantomData })
    }
}

/// Anybody who is signed in, whatever they may do: for "who am I".
#[derive(Debug, Clone)]
pub struct Known(pub Caller);

impl FromRequestParts<App> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        authenticate(parts, app).await.map(Self)
    }
}

/// [`May`] for pages: without a session one is sent to the sign-in page and back.
#[derive(Debug, Clone)]
pub struct Visitor<N: Need>(pub May<N>);

impl<N: Need> FromRequestParts<App> for Visitor<N> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match May::<N>::from_request_parts(parts, app).await {
            Ok(may) => {
                if parts.method == Method::GET {
                    crate::ui::banner::collect(app, &may.caller).await;
                }
                Ok(Self(may))
            }
            Err(problem) if problem.status == 401 => {
                let to = parts.uri.path_and_query().map_or("/", |p| p.as_str());
                let next = if parts.method == Method::GET { to } else { "/" };
                let query: String =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                Err(Redirect::to(&format!("/sign-in?{query}")).into_response())
            }
            Err(problem) => Err(crate::ui::error_page(&problem)),
        }
    }
}

async fn authenticate(parts: &Parts, app: &App) -> Result<Caller, Problem> {
    let mut caller = if let Some(key) = bearer(&parts.headers) {
        app.identity.authenticate_api_key(&key).await.map_err(Problem::from)?
    } else {
        let cookies = CookieJar::from_headers(&parts.headers);
        let token = cookies.get(SESSION_COOKIE).map(|c| SecretString::from(c.value().to_owned()));
        let token = token.ok_or_else(Problem::unauthorized)?;
        refuse_foreign_origin(parts)?;
        app.identity.authenticate_session(&token).await.map_err(Problem::from)?
    };
    caller.scope.request_id = request_id(parts);
    caller.scope.ip = client_ip(parts);
    caller.scope.user_agent = user_agent(&parts.headers);
    Ok(caller)
}

/// `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned().into())
}

/// A browser sends cookies along with what other sites make it do. Writes must come from our own pages.
pub(crate) fn refuse_foreign_origin(parts: &Parts) -> Result<(), Problem> {
    if parts.method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let foreign = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, from)| from != host),
        (None, None, _) => false,
        (None, Some(_), None) => true,
    };
    if foreign {
        return Err(Problem::forbidden("This request came from another site. Open Rookery itself and try again."));
    }
    Ok(())
}

/// The id that the request-id layer gave.
pub(crate) fn request_id(parts: &Parts) -> Option<Uuid> {
    let id = parts.extensions.get::<RequestId>()?.header_value().to_str().ok()?;
    Uuid::parse_str(id).ok()
}

/// The peer's address. Headers of proxies are not believed.
pub(crate) fn client_ip(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|c| c.0.ip())
}

/// Where a request without a caller comes from.
pub(crate) fn client(parts: &Parts) -> Client {
    Client { ip: client_ip(parts), user_agent: user_agent(&parts.headers), request_id: request_id(parts) }
}

pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(|v| v.chars().take(300).collect())
}

/// A JSON body whose shape was checked; faults are a problem that names each field.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T> FromRequest<App> for Body<T>
where
    T: DeserializeOwned + garde::Validate<Context = ()>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let axum::Json(body) =
            axum::Json::<T>::from_request(request, app).await.map_err(|e| Problem::bad_request(e.body_text()))?;
        body.validate().map_err(|report| misshapen(&report))?;
        Ok(Self(body))
    }
}

/// A problem that names each field.
pub(crate) fn misshapen(report: &garde::Report) -> Problem {
    let fault = |(path, error): &(garde::Path, garde::Error)| {
        // What stands in a struct of its own here stands beside the other fields in JSON.
        let path = path.to_string();
        let field = camel(path.strip_prefix("composition.").unwrap_or(&path));
        FieldError { message: format!("{field}: {error}."), field, code: "invalid".into(), suggestion: None }
    };
    Problem::invalid(report.iter().map(fault).collect())
}

/// The name of a field in JSON.
fn camel(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.extend(c.to_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// A part of the path; something that cannot be an id is simply not there.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T> FromRequestParts<App> for Path<T>
where
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, app)
            .await
            .map(|p| Self(p.0))
            .map_err(|_| Problem::not_found("thing"))
    }
}

/// The query; a value that cannot be read is a problem that says which.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> FromRequestParts<App> for Query<T>
where
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, app)
            .await
            .map(|q| Self(q.0))
            .map_err(|e| Problem::bad_request(e.body_text()))
    }
}
