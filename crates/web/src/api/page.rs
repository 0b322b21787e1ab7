//! Lists by cursor, and single things that need not be sent again.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rookery_kernel::{Cursor, Limit, Page};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::problem::Problem;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageView<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it as `after` for the next page; null on the last.
    pub next: Option<String>,
}

impl<T> PageView<T> {
    /// A page of views.
    pub(crate) fn of<D>(page: Page<D>, view: impl FnMut(D) -> T) -> Self {
        let page = page.map(view);
        Self { items: page.items, next: page.next.map(|cursor| cursor.to_string()) }
    }

    /// The only page there is.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// `after` and `limit` of a query; a limit outside 1–100 becomes the nearest that is possible.
pub(crate) fn place(after: Option<&str>, limit: Option<u16>) -> Result<(Option<Cursor>, Limit), Problem> {
    let after = after.filter(|text| !text.is_empty()).map(str::parse).transpose()?;
    Ok((after, limit.map_or_else(Limit::default, Limit::new)))
}

/// What the client has already (`If-None-Match`).
#[derive(Debug)]
pub(crate) struct Has(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for Has {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}

impl Has {
    /// The thing with its tag, or 304 if the client has it. The tag is weak, because an answer may be compressed.
    pub(crate) fn or<T: Serialize>(&self, view: &T) -> Response {
        let bytes = match serde_json::to_vec(view) {
            Ok(bytes) => bytes,
            Err(e) => return Problem::internal(&e).into_response(),
        };
        let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&bytes)[..16]));
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("quotes and hex digits"));
        if self.matches(&tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (headers, bytes).into_response()
    }

    fn matches(&self, tag: &str) -> bool {
        let opaque = tag.trim_start_matches("W/");
        let named = self.0.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        named.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == opaque)
    }
}

/// 201 with the new thing.
pub(crate) fn created<T: Serialize>(view: T) -> Response {
    (StatusCode::CREATED, Json(view)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        let has = |value: &'static str| Has(Some(HeaderValue::from_static(value))).matches("W/\"a\"");
        assert!(has("W/\"a\"") && has("\"a\"") && has("\"b\", W/\"a\"") && has("*"));
        assert!(!has("\"b\"") && !has("a") && !Has(None).matches("W/\"a\""));
    }

    #[test]
    fn a_strange_cursor_is_a_problem_and_a_strange_limit_is_clamped() {
        assert_eq!(place(Some("nonsense"), None).expect_err("no cursor").status, 400);
        assert_eq!(place(None, Some(1000)).expect("clamped").1.rows(), 100);
        assert_eq!(place(Some(""), None).expect("first page"), (None, Limit::default()));
    }
}
