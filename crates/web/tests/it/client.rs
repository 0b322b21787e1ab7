//! Calls the router and reads answers.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;

/// Somebody who calls.
#[derive(Clone)]
pub struct Client {
    router: Router,
    credential: Option<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null if the answer is no JSON.
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The text at a JSON pointer.
    pub fn at(&self, pointer: &str) -> String {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer} in {}", self.text))
            .into()
    }

    /// Checks the status, and that a refusal is a problem document.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        if status >= 400 {
            assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
            assert_eq!(self.json["status"], status);
            for member in ["type", "code", "title", "detail", "requestId"] {
                assert!(self.json[member].is_string(), "{member} in {}", self.text);
            }
            assert_eq!(self.header("x-request-id"), self.json["requestId"].as_str());
        }
        self
    }

    /// As [`Answer::expect`], with the problem's code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.json["code"], code, "{}", answer.text);
        answer
    }
}

impl Client {
    pub fn new(router: Router, credential: Option<(&'static str, String)>) -> Self {
        Self { router, credential }
    }

    /// With another credential.
    pub fn with(&self, header: &'static str, value: impl Into<String>) -> Self {
        Self { credential: Some((header, value.into())), ..self.clone() }
    }

    /// The value of the header that signs in.
    pub fn credential(&self) -> String {
        self.credential.as_ref().map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The session's token.
    pub fn token(&self) -> SecretString {
        let (_, cookie) = self.credential.as_ref().expect("signed in");
        cookie.split_once('=').expect("name and value").1.to_owned().into()
    }

    /// Any call; the path is below `/api/v1`.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        self.send(method, &format!("/api/v1{path}"), headers, body).await
    }

    /// Any address outside the API.
    pub async fn page(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((name, value)) = &self.credential {
            request = request.header(*name, value);
        }
        if body.is_some() && headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.unwrap_or_default().to_owned())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &[], Some(&body.to_string())).await
    }

    /// A POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.call(Method::POST, path, &[], None).await
    }

    /// A form of a page, as a browser without script sends it.
    pub async fn form(&self, path: &str, body: &str) -> Answer {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &form, Some(body)).await
    }

    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &[("idempotency-key", key)], Some(&body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, &[], Some(&body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[], None).await
    }
}
