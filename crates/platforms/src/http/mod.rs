//! The way out: one HTTP client for all networks, with time-outs, a bound on answers, no
//! redirects, and nothing secret in an error.

mod address;
mod answer;
mod content;
mod redact;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use rookery_kernel::{Clock, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

pub use address::{PrivateAddresses, Resolver, is_private_literal, was_refused};
pub(crate) use answer::Answer;
pub(crate) use content::{Content, upload_time};
pub(crate) use redact::Redactor;

use crate::error::{CallError, Delivery, ErrorType};
use crate::types::{AppCredentials, Media, Usage};

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the whole answer.
    pub total_timeout: Duration,
    /// How we introduce ourselves.
    pub user_agent: String,
    /// Largest answer that is read.
    pub body_max_bytes: usize,
    /// Whether servers on private addresses may be called.
    pub private_addresses: PrivateAddresses,
}

impl Default for HttpConfig {
    /// Fit for the open internet: private addresses are refused.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            user_agent: concat!("Rookery/", env!("CARGO_PKG_VERSION")).to_owned(),
            body_max_bytes: 4 * 1024 * 1024,
            private_addresses: PrivateAddresses::Refuse,
        }
    }
}

impl HttpConfig {
    /// For simulated networks and servers on this machine or in this house.
    pub fn local() -> Self {
        Self { private_addresses: PrivateAddresses::Allow, ..Self::default() }
    }
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub struct HttpSetupError(#[source] reqwest::Error);

/// One HTTP client for all networks. Cheap to clone; clones share connections and usage notes.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    config: HttpConfig,
    clock: Arc<dyn Clock>,
    usage: Mutex<HashMap<(String, String), Usage>>,
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClient").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// The clock tells when quotas come back and how old a remembered refusal is.
    ///
    /// # Errors
    /// [`HttpSetupError`] if TLS cannot be set up or the user agent is no header text.
    pub fn new(config: HttpConfig, clock: Arc<dyn Clock>) -> Result<Self, HttpSetupError> {
        let client = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .user_agent(&config.user_agent)
            // APIs do not redirect. Following would carry a write elsewhere, or turn it into a read.
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(address::Resolver::new(config.private_addresses)))
            .build()
            .map_err(HttpSetupError)?;
        let usage = Mutex::new(HashMap::new());
        Ok(Self { inner: Arc::new(Inner { client, config, clock, usage }) })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Remembers what an answer said about an account's quota.
    pub(crate) fn note_usage(&self, base_url: &Url, account: &str, usage: Usage) {
        let mut notes = self.inner.usage.lock().expect("no holder of this lock panics");
        notes.insert(usage_key(base_url, account), usage);
    }

    /// What the last answer for an account said about its quota.
    pub(crate) fn usage(&self, base_url: &Url, account: &str) -> Option<Usage> {
        let notes = self.inner.usage.lock().expect("no holder of this lock panics");
        notes.get(&usage_key(base_url, account)).copied()
    }

    /// Sends a request and reads its whole answer, whatever its status.
    ///
    /// # Errors
    /// `NotSent` if no connection was made; `Unknown` delivery if it broke afterwards.
    #[tracing::instrument(skip_all, err(level = "warn"), fields(method = %request.method, place = %request.place()))]
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, CallError> {
        let place = request.place();
        let redactor = request.redactor();
        if self.inner.config.private_addresses == PrivateAddresses::Refuse && address::is_private_literal(&request.url)
        {
            return Err(CallError::not_sent(format!("{place} is a private address; this server may not call those")));
        }
        let built = request.build(&self.inner.client)?;
        let response = self.inner.client.execute(built).await.map_err(|e| broken(e, &place, &redactor))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = self.read(response, &place, &redactor).await?;
        Ok(Answer { status, headers, body, place, redactor, received_at: self.now() })
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        place: &str,
        redactor: &Redactor,
    ) -> Result<Vec<u8>, CallError> {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(body),
                Ok(Some(chunk)) if body.len() + chunk.len() <= self.inner.config.body_max_bytes => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let max = self.inner.config.body_max_bytes;
                    let message = format!("{place} answered with more than {max} bytes");
                    let mut error = CallError::new(ErrorType::Unknown, Delivery::of_status(status), message);
                    error.http_status = Some(status);
                    return Err(error);
                }
                Err(source) => {
                    let mut error = broken(source, place, redactor);
                    error.http_status = Some(status);
                    error.delivery = Delivery::of_status(status);
                    return Err(error);
                }
            }
        }
    }
}

/// Ids are unique per network only, and one host may serve several (the sandbox does).
fn usage_key(base_url: &Url, account: &str) -> (String, String) {
    (base_url.as_str().trim_end_matches('/').to_owned(), account.to_owned())
}

/// No answer: was the request written or not?
fn broken(error: reqwest::Error, place: &str, redactor: &Redactor) -> CallError {
    if let Some(unread) = unread(&error) {
        return unread;
    }
    let (kind, delivery) = if error.is_builder() {
        (ErrorType::BadRequest, Delivery::NotSent)
    } else if address::was_refused(&error) {
        let message = format!("{place} has a private address; this server may not call those");
        return CallError::not_sent(message);
    } else if error.is_connect() {
        (ErrorType::Transient, Delivery::NotSent)
    } else {
        (ErrorType::Transient, Delivery::Unknown)
    };
    let what = match (delivery, error.is_timeout()) {
        (Delivery::NotSent, true) => "no connection in time",
        (Delivery::NotSent, false) => "no connection",
        (_, true) => "no answer in time",
        (_, false) => "the connection broke",
    };
    // The last cause is the one that says something ("connection refused"); the ones above repeat.
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    CallError::new(kind, delivery, redactor.clean(&format!("{place}: {what} ({cause})")))
}

/// A medium could not be read while it was sent: the network has no whole request, and the storage says why.
fn unread(error: &reqwest::Error) -> Option<CallError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(now) = cause {
        if let Some(own) = now.downcast_ref::<CallError>() {
            return Some(own.clone());
        }
        cause = now.source();
    }
    None
}

/// How a request proves who sends it.
enum Proof {
    /// The usual header; the word before the token differs on some hosts (Graph uploads: `OAuth`).
    Token(&'static str, SecretString),
    /// Name and password of this installation.
    Basic(String, SecretString),
}

/// What a request carries.
enum Body {
    None,
    Form(Vec<(String, String)>),
    Json(Value),
    Bytes(String, Content),
    Multipart(Vec<(String, String)>, Vec<Part>),
}

/// A file of a multipart request.
pub(crate) struct Part {
    pub field: String,
    pub file_name: String,
    pub mime_type: String,
    pub content: Content,
}

impl Part {
    /// A whole medium, read while it is sent.
    pub fn of(field: &str, media: &Media) -> Self {
        Self {
            field: field.to_owned(),
            file_name: media.file_name.clone(),
            mime_type: media.mime_type.clone(),
            content: media.into(),
        }
    }
}

/// A request in the making.
pub(crate) struct Request {
    method: Method,
    url: Url,
    proof: Option<Proof>,
    body: Body,
    headers: Vec<(HeaderName, String)>,
    hidden: Vec<SecretString>,
    timeout: Option<Duration>,
}

impl Request {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, proof: None, body: Body::None, headers: Vec::new(), hidden: Vec::new(), timeout: None }
    }

    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// With an empty form; [`Request::with`] fills it.
    pub fn post(url: Url) -> Self {
        Self { body: Body::Form(Vec::new()), ..Self::new(Method::POST, url) }
    }

    pub fn post_json(url: Url, body: Value) -> Self {
        Self { body: Body::Json(body), ..Self::new(Method::POST, url) }
    }

    pub fn put_bytes(url: Url, mime_type: &str, content: impl Into<Content>) -> Self {
        Self::new(Method::PUT, url).bytes(mime_type, content)
    }

    pub fn post_bytes(url: Url, mime_type: &str, content: impl Into<Content>) -> Self {
        Self::new(Method::POST, url).bytes(mime_type, content)
    }

    pub fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// The token goes into the `Authorization` header and nowhere else.
    pub fn bearer(self, token: &SecretString) -> Self {
        self.authorized("Bearer", token)
    }

    /// As [`Request::bearer`] with another word before the token.
    pub fn authorized(mut self, scheme: &'static str, token: &SecretString) -> Self {
        self.proof = Some(Proof::Token(scheme, token.clone()));
        self
    }

    /// This installation's name and password, in the `Authorization` header.
    pub fn basic(mut self, app: &AppCredentials) -> Self {
        self.proof = Some(Proof::Basic(app.client_id.clone(), app.client_secret.clone()));
        self
    }

    /// A parameter: in a form where there is one, else in the query.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match &mut self.body {
            Body::Form(form) | Body::Multipart(form, _) => form.push((name.to_owned(), value)),
            Body::None | Body::Json(_) | Body::Bytes(..) => {
                self.url.query_pairs_mut().append_pair(name, &value);
            }
        }
        self
    }

    /// A secret parameter: as [`Request::with`], and never shown in an error.
    pub fn with_secret(mut self, name: &str, value: &SecretString) -> Self {
        self.hidden.push(value.clone());
        self.with(name, value.expose_secret())
    }

    /// A parameter of the query, whatever the body is.
    pub fn in_query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Raw bytes instead of a form.
    pub fn bytes(mut self, mime_type: &str, content: impl Into<Content>) -> Self {
        self.body = Body::Bytes(mime_type.to_owned(), content.into());
        self
    }

    /// A file; the form becomes a multipart one.
    pub fn file(mut self, part: Part) -> Self {
        self.body = match self.body {
            Body::Form(form) => Body::Multipart(form, vec![part]),
            Body::Multipart(form, mut parts) => {
                parts.push(part);
                Body::Multipart(form, parts)
            }
            Body::None | Body::Json(_) | Body::Bytes(..) => Body::Multipart(Vec::new(), vec![part]),
        };
        self
    }

    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A value that stands in the request and must never be shown in an error.
    pub fn hide(mut self, value: &SecretString) -> Self {
        self.hidden.push(value.clone());
        self
    }

    /// Another longest wait than usual: large uploads take their time.
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = Some(longest);
        self
    }

    /// The address without query, user and fragment.
    fn place(&self) -> String {
        format!("{} {}://{}{}", self.method, self.url.scheme(), host_and_port(&self.url), self.url.path())
    }

    fn redactor(&self) -> Redactor {
        let proof = self.proof.iter().map(|proof| match proof {
            Proof::Token(_, secret) | Proof::Basic(_, secret) => secret,
        });
        Redactor::new(proof.chain(&self.hidden))
    }

    fn build(self, client: &reqwest::Client) -> Result<reqwest::Request, CallError> {
        let place = self.place();
        let mut builder = client.request(self.method, self.url);
        match &self.proof {
            Some(Proof::Token(scheme, token)) => {
                let mut value = HeaderValue::from_str(&format!("{scheme} {}", token.expose_secret()))
                    .map_err(|_| CallError::not_sent("the token holds characters that no header may carry"))?;
                value.set_sensitive(true);
                builder = builder.header(AUTHORIZATION, value);
            }
            Some(Proof::Basic(name, password)) => builder = builder.basic_auth(name, Some(password.expose_secret())),
            None => {}
        }
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| CallError::not_sent(format!("{name} holds characters that no header may carry")))?;
            builder = builder.header(name, value);
        }
        if let Some(longest) = self.timeout {
            builder = builder.timeout(longest);
        }
        builder = match self.body {
            Body::None => builder,
            Body::Form(form) => builder.form(&form),
            Body::Json(body) => builder.json(&body),
            Body::Bytes(mime_type, content) => builder.header(CONTENT_TYPE, mime_type).body(content),
            Body::Multipart(form, parts) => builder.multipart(multipart(form, parts)?),
        };
        builder.build().map_err(|e| CallError::not_sent(format!("{place}: {}", e.without_url())))
    }
}

fn multipart(form: Vec<(String, String)>, parts: Vec<Part>) -> Result<reqwest::multipart::Form, CallError> {
    let mut whole = reqwest::multipart::Form::new();
    for (name, value) in form {
        whole = whole.text(name, value);
    }
    for part in parts {
        let length = part.content.size();
        let file = reqwest::multipart::Part::stream_with_length(part.content, length)
            .file_name(part.file_name)
            .mime_str(&part.mime_type)
            .map_err(|_| CallError::not_sent(format!("{} is no media type", part.mime_type)))?;
        whole = whole.part(part.field, file);
    }
    Ok(whole)
}

/// `base` and the path segments below it, each escaped: an id with a slash stays one segment.
pub(crate) fn endpoint(base: &Url, segments: &[&str]) -> Result<Url, CallError> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| CallError::not_sent(format!("{}: is no web address", base.scheme())))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_lies_below_the_base_with_or_without_its_slash() {
        for base in ["http://127.0.0.1:4000/facebook", "http://127.0.0.1:4000/facebook/"] {
            let url = endpoint(&base.parse().expect("url"), &["v25.0", "1/2?x", "feed"]).expect("joins");
            assert_eq!(url.as_str(), "http://127.0.0.1:4000/facebook/v25.0/1%2F2%3Fx/feed");
        }
        let root = endpoint(&"https://a.example".parse().expect("url"), &["oauth", "token"]).expect("joins");
        assert_eq!(root.as_str(), "https://a.example/oauth/token");
    }

    #[test]
    fn what_an_error_names_has_neither_query_nor_user() {
        let request = Request::get("https://me:pw@a.example/x?access_token=1".parse().expect("url"));
        assert_eq!(request.place(), "GET https://a.example/x");
    }
}
