//! A call as the simulated networks see it, and what they answer.

use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use rookery_kernel::{Platform, Timestamp};
use serde_json::Value;
use url::form_urlencoded;

use crate::hooks::ReceivedPublish;

/// A call to one of the networks.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub platform: Platform,
    pub method: Method,
    /// Decoded segments of the path below `/facebook` or `/mastodon`.
    pub path: Vec<String>,
    /// Parameters of the query and of the body, in this order.
    pub params: Vec<(String, String)>,
    pub headers: HeaderMap,
    /// The token of the header or of the parameter.
    pub token: Option<String>,
    /// Whether the token came as a parameter; then links in answers carry it too.
    pub token_in_query: bool,
    /// `http://host:port` as the client wrote it.
    pub origin: String,
    pub now: Timestamp,
    /// Number of the call since start; makes trace ids.
    pub serial: u64,
    /// Set by a fault: posts younger than this are not listed yet.
    pub listing_lag_secs: u64,
    /// Set by a fault: this page of a listing is empty and still has a next one.
    pub empty_page: bool,
}

impl Call {
    pub fn new(platform: Platform, method: Method, uri: &Uri, headers: HeaderMap, body: &Bytes, own: &str) -> Self {
        let prefix = format!("/{}", platform.label());
        let below = uri.path().strip_prefix(prefix.as_str()).unwrap_or_default();
        let path = below.split('/').filter(|s| !s.is_empty()).map(decode).collect();
        let mut params: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let in_query = params.iter().any(|(name, _)| name == "access_token");
        params.extend(body_params(&headers, body));
        let header = |name: &HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let scheme =
            |text: &str| text.split_once(' ').map(|(kind, token)| (kind.to_ascii_lowercase(), token.trim().to_owned()));
        let by_header = header(&AUTHORIZATION).and_then(scheme);
        let token = match by_header {
            Some((kind, token)) if kind == "bearer" || kind == "oauth" => Some(token),
            _ => params.iter().find(|(name, _)| name == "access_token").map(|(_, token)| token.clone()),
        };
        let origin = header(&HOST).map_or_else(|| own.to_owned(), |host| format!("http://{host}"));
        Self {
            platform,
            method,
            path,
            params,
            token_in_query: in_query,
            token: token.filter(|t| !t.is_empty()),
            headers,
            origin,
            now: Timestamp::from_secs(0),
            serial: 0,
            listing_lag_secs: 0,
            empty_page: false,
        }
    }

    /// A parameter; the last one wins, as in most servers.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that says something.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.param(name).map(str::trim).filter(|t| !t.is_empty())
    }

    /// All values of `name` and `name[]`.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let with_brackets = format!("{name}[]");
        self.params.iter().filter(|(key, _)| *key == name || *key == with_brackets).map(|(_, v)| v.as_str()).collect()
    }

    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1" | "on" | "t"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The segments as string slices, for matching.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// `http://host:port/facebook` or `…/mastodon`.
    pub fn base(&self) -> String {
        format!("{}/{}", self.origin, self.platform.label())
    }
}

fn decode(segment: &str) -> String {
    // A plus is a plus in a path.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn body_params(headers: &HeaderMap, body: &Bytes) -> Vec<(String, String)> {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        return value.as_object().into_iter().flatten().flat_map(|(k, v)| flat(k, v)).collect();
    }
    form_urlencoded::parse(body).into_owned().collect()
}

fn flat(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![(name.to_owned(), text.clone())],
        Value::Array(items) => items.iter().flat_map(|v| flat(&format!("{name}[]"), v)).collect(),
        other => vec![(name.to_owned(), other.to_string())],
    }
}

/// What stands in an answer.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Json(Value),
    Html(String),
    /// Any other text with its type.
    Raw(&'static str, String),
    Empty,
}

/// An answer in the making; faults may still change it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
    /// The post that this answer is about to acknowledge.
    pub published: Option<ReceivedPublish>,
}

impl Reply {
    pub fn new(status: u16, content: Content) -> Self {
        Self { status, headers: Vec::new(), content, published: None }
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::new(status, Content::Json(body))
    }

    pub fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, Content::Html(body))
    }

    pub fn redirect(to: &str) -> Self {
        Self::new(302, Content::Empty).header("location", to)
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Replaces a header or adds it.
    pub fn set_header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
    }

    pub fn into_response(self) -> Response<Body> {
        let (kind, body) = match self.content {
            Content::Json(value) => ("application/json; charset=utf-8", value.to_string()),
            Content::Html(text) => ("text/html; charset=utf-8", text),
            Content::Raw(kind, text) => (kind, text),
            Content::Empty => ("text/plain", String::new()),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        if response.headers().contains_key(LOCATION) {
            response.headers_mut().remove(CONTENT_TYPE);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_query_and_body_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        headers.insert(HOST, HeaderValue::from_static("sandbox:1"));
        let uri: Uri = "/mastodon/api/v1/accounts/a%2Fb+c?limit=2".parse().expect("uri");
        let call =
            Call::new(Platform::Mastodon, Method::POST, &uri, headers, &Bytes::from_static(b"a=1&a=2&b[]=x"), "");
        assert_eq!(call.segments(), ["api", "v1", "accounts", "a/b+c"]);
        assert_eq!((call.param("limit"), call.param("a")), (Some("2"), Some("2")));
        assert_eq!(call.list("b"), ["x"]);
        assert_eq!(call.token.as_deref(), Some("abc"));
        assert_eq!(call.base(), "http://sandbox:1/mastodon");
    }
}
