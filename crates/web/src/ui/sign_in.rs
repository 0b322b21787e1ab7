//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use rookery_identity::{SignIn, SignInError};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::PageResult;
use crate::app::App;
use crate::extract::{self, Query, SESSION_COOKIE};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    error: Option<String>,
    email: String,
    next: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Arrival {
    next: Option<String>,
}

/// The form.
pub(crate) async fn page(Query(arrival): Query<Arrival>) -> Response {
    show(StatusCode::OK, None, String::new(), own_path(arrival.next))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Fields {
    email: String,
    password: String,
    remember: Option<String>,
    next: Option<String>,
}

/// Signs in and goes where the visitor wanted to.
pub(crate) async fn submit(State(app): State<App>, cookies: CookieJar, request: Request) -> PageResult {
    let (parts, body) = request.into_parts();
    extract::refuse_foreign_origin(&parts)?;
    let client = extract::client(&parts);
    let Form(fields) = Form::<Fields>::from_request(Request::from_parts(parts, body), &app)
        .await
        .map_err(|e| Problem::bad_request(e.body_text()))?;
    let remember = fields.remember.is_some();
    let next = own_path(fields.next);
    let attempt = SignIn {
        email: fields.email.trim().to_owned(),
        password: SecretString::from(fields.password),
        remember,
        client,
    };
    match app.identity.sign_in(attempt).await {
        Ok(signed_in) => {
            let mut cookie = Cookie::build((SESSION_COOKIE, signed_in.token.expose_secret().to_owned()))
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .secure(app.secure_cookies());
            if remember {
                cookie = cookie.permanent();
            }
            Ok((cookies.add(cookie), Redirect::to(&next)).into_response())
        }
        Err(error) => {
            let (status, text) = sentence(&error);
            if let SignInError::Db(e) = &error {
                return Err(Problem::database(e).into());
            }
            Ok(show(status, Some(text), fields.email, next))
        }
    }
}

fn sentence(error: &SignInError) -> (StatusCode, String) {
    match error {
        SignInError::WrongCredentials => {
            (StatusCode::UNAUTHORIZED, "E-mail and password do not fit together. Try again.".to_owned())
        }
        SignInError::Locked { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many wrong passwords. Sign-in for this address is closed for a quarter of an hour.".to_owned(),
        ),
        SignInError::TooMany { retry_after } => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("Too many attempts. Try again in {} minutes.", retry_after.as_secs().div_ceil(60).max(1)),
        ),
        SignInError::Inactive => {
            (StatusCode::FORBIDDEN, "This account is switched off. Ask whoever runs this server.".to_owned())
        }
        SignInError::Db(_) => (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.".to_owned()),
    }
}

/// Ends the session here and in the browser.
pub(crate) async fn sign_out(State(app): State<App>, cookies: CookieJar, request: Request) -> PageResult {
    let (parts, _) = request.into_parts();
    extract::refuse_foreign_origin(&parts)?;
    if let Some(cookie) = cookies.get(SESSION_COOKIE) {
        let token = SecretString::from(cookie.value().to_owned());
        app.identity.sign_out(&token, &extract::client(&parts)).await?;
    }
    let gone = Cookie::build((SESSION_COOKIE, "")).path("/").build();
    Ok((cookies.remove(gone), Redirect::to("/sign-in")).into_response())
}

fn show(status: StatusCode, error: Option<String>, email: String, next: String) -> Response {
    let page = Page { error, email, next };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(e) => super::error_page(&Problem::internal(&e)),
    }
}

/// Only a path of ours: an address that leaves the site would make the sign-in page a trap.
fn own_path(next: Option<String>) -> String {
    next.filter(|n| n.starts_with('/') && !n.starts_with("//") && !n.contains(['\\', '\n', '\r']))
        .unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_on_never_leaves_the_site() {
        let path = |next: &str| own_path(Some(next.to_owned()));
        assert_eq!(path("/calendar?month=2026-03"), "/calendar?month=2026-03");
        for trap in
            ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(path(trap), "/", "{trap}");
        }
    }
}
