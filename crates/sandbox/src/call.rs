//! A call as the simulated networks see it, and what they answer.

use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rookery_kernel::{Platform, Timestamp};
use serde_json::Value;
use url::form_urlencoded;

use crate::hooks::ReceivedPublish;
use crate::media::FetchedMedia;

/// A file of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadedFile {
    pub field: String,
    pub file_name: Option<String>,
    /// As the client says.
    pub mime: Option<String>,
    pub bytes: Bytes,
}

/// A call to one of the networks.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub platform: Platform,
    pub method: Method,
    /// `upload` if the path begins with `/youtube-upload`: another host of the same network.
    pub host_part: Option<String>,
    /// Decoded segments of the path below the network's prefix.
    pub path: Vec<String>,
    /// The whole path as it came.
    raw_path: String,
    /// Parameters of the query and of the body (form, JSON or multipart), in this order.
    pub params: Vec<(String, String)>,
    /// The body as it came.
    pub body: Bytes,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// Files of a multipart body.
    pub files: Vec<UploadedFile>,
    /// Name and password of `Authorization: Basic`.
    pub basic: Option<(String, String)>,
    /// What became of the addresses that the network wanted to fetch, in its order.
    pub fetched: Vec<Result<FetchedMedia, String>>,
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
    /// Set by a fault: the container of this call ends in error, with this reason.
    pub container_error: Option<String>,
    /// Set by a fault: the container of this call takes so much longer.
    pub container_slow_secs: u64,
}

impl Call {
    pub fn new(
        platform: Platform,
        host_part: Option<&str>,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: &Bytes,
        own: &str,
    ) -> Self {
        // Behind the prefix, which is the first segment.
        let path = uri.path().split('/').filter(|s| !s.is_empty()).skip(1).map(decode).collect();
        let mut params: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let in_query = params.iter().any(|(name, _)| name == "access_token");
        let json = json_body(&headers, body);
        params.extend(body_params(&headers, json.as_ref(), body));
        let header = |name: &HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let scheme =
            |text: &str| text.split_once(' ').map(|(kind, token)| (kind.to_ascii_lowercase(), token.trim().to_owned()));
        let by_header = header(&AUTHORIZATION).and_then(scheme);
        let basic = by_header.as_ref().filter(|(kind, _)| kind == "basic").and_then(|(_, text)| basic(text));
        let token = match by_header {
            Some((kind, token)) if kind == "bearer" || kind == "oauth" => Some(token),
            _ => params.iter().find(|(name, _)| name == "access_token").map(|(_, token)| token.clone()),
        };
        let origin = header(&HOST).map_or_else(|| own.to_owned(), |host| format!("http://{host}"));
        Self {
            platform,
            method,
            host_part: host_part.map(ToOwned::to_owned),
            path,
            raw_path: uri.path().to_owned(),
            params,
            body: body.clone(),
            json,
            files: Vec::new(),
            basic,
            fetched: Vec::new(),
            token_in_query: in_query,
            token: token.filter(|t| !t.is_empty()),
            headers,
            origin,
            now: Timestamp::from_secs(0),
            serial: 0,
            listing_lag_secs: 0,
            empty_page: false,
            container_error: None,
            container_slow_secs: 0,
        }
    }

    /// Reads a multipart body: files to `files`, texts to `params`. A broken body gives what could be
    /// read up to the break; the network then misses a parameter.
    pub async fn read_multipart(&mut self) {
        let Some(boundary) = self.header("content-type").and_then(|kind| multer::parse_boundary(kind).ok()) else {
            return;
        };
        let body = self.body.clone();
        let stream = futures::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
        let mut parts = multer::Multipart::new(stream, boundary);
        while let Ok(Some(part)) = parts.next_field().await {
            let field = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(ToOwned::to_owned);
            let mime = part.content_type().map(ToString::to_string);
            let is_text =
                mime.as_deref().is_none_or(|m| m.starts_with("text/plain") || m.starts_with("application/json"));
            let Ok(bytes) = part.bytes().await else { return };
            if file_name.is_none() && is_text {
                self.params.push((field, String::from_utf8_lossy(&bytes).into_owned()));
            } else {
                self.files.push(UploadedFile { field, file_name, mime, bytes });
            }
        }
        if self.token.is_none() {
            self.token = self.text("access_token").map(ToOwned::to_owned);
        }
    }

    /// The first file of this field.
    pub fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|f| f.field == field)
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

    /// `http://host:port/youtube-upload`: another host of the same network.
    pub fn base_of(&self, host_part: &str) -> String {
        format!("{}/{}-{host_part}", self.origin, self.platform.label())
    }

    /// The whole path as it came, prefix included.
    pub fn own_path(&self) -> &str {
        &self.raw_path
    }
}

fn decode(segment: &str) -> String {
    // A plus is a plus in a path.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn basic(text: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn json_body(headers: &HeaderMap, body: &Bytes) -> Option<Value> {
    let kind = content_type(headers).split(';').next().unwrap_or_default().trim();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    is_json.then(|| serde_json::from_slice(body).ok()).flatten()
}

fn body_params(headers: &HeaderMap, json: Option<&Value>, body: &Bytes) -> Vec<(String, String)> {
    if let Some(value) = json {
        return value.as_object().into_iter().flatten().flat_map(|(k, v)| flat(k, v)).collect();
    }
    let kind = content_type(headers);
    // Clients that post nothing send no type; bytes of media are no form.
    if kind.is_empty() || kind.starts_with("application/x-www-form-urlencoded") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    Vec::new()
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
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let body = Bytes::from_static(b"a=1&a=2&b[]=x");
        let call = Call::new(Platform::Mastodon, None, Method::POST, &uri, headers, &body, "");
        assert_eq!(call.segments(), ["api", "v1", "accounts", "a/b+c"]);
        assert_eq!((call.param("limit"), call.param("a")), (Some("2"), Some("2")));
        assert_eq!(call.list("b"), ["x"]);
        assert_eq!(call.token.as_deref(), Some("abc"));
        assert_eq!(call.base(), "http://sandbox:1/mastodon");
    }

    fn posted(kind: &'static str, authorization: &'static str, body: &'static str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(AUTHORIZATION, HeaderValue::from_static(authorization));
        let uri: Uri = "/mastodon-upload/media?a=1".parse().expect("uri");
        Call::new(Platform::Mastodon, Some("upload"), Method::POST, &uri, headers, &Bytes::from(body), "http://own")
    }

    #[tokio::test]
    async fn a_multipart_body_gives_texts_and_files() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nA harbour\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\nabc\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                    Content-Type: image/png\r\n\r\n\u{1}\u{2}\r\n--x--\r\n";
        let mut call = posted("multipart/form-data; boundary=x", "DPoP z", body);
        call.read_multipart().await;
        assert_eq!((call.param("a"), call.param("description")), (Some("1"), Some("A harbour")));
        let file = call.file("file").expect("a file");
        assert_eq!((file.file_name.as_deref(), file.mime.as_deref()), (Some("a.png"), Some("image/png")));
        assert_eq!(&file.bytes[..], [1, 2]);
        assert_eq!((call.files.len(), call.token.as_deref()), (1, Some("abc")));
        assert_eq!((call.segments(), call.host_part.as_deref()), (vec!["media"], Some("upload")));
        assert_eq!(call.base_of("upload"), "http://own/mastodon-upload");

        let mut broken = posted("multipart/form-data; boundary=x", "DPoP z", &body[..90]);
        broken.read_multipart().await;
        assert!(broken.files.is_empty() && broken.token.is_none());
    }

    #[test]
    fn nested_json_bytes_and_basic_credentials_are_kept() {
        let call = posted("application/json; charset=utf-8", "Basic aWQ6c2U6Y3JldA==", r#"{"b":{"c":[1]},"d":"e"}"#);
        assert_eq!(call.json.as_ref().and_then(|v| v.pointer("/b/c/0")), Some(&Value::from(1)));
        assert_eq!((call.param("b"), call.param("d")), (Some(r#"{"c":[1]}"#), Some("e")));
        assert_eq!(call.basic, Some(("id".to_owned(), "se:cret".to_owned())));
        assert_eq!(call.token, None);
        let call = posted("video/mp4", "Bearer t", "a=2&x=3");
        assert_eq!((&call.body[..], call.param("a"), call.param("x")), (&b"a=2&x=3"[..], Some("1"), None));
        assert!(call.basic.is_none() && call.json.is_none());
    }
}
