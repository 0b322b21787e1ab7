//! A local server that answers from a script and remembers what it was asked.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use rookery_kernel::{FixedClock, Timestamp};
use rookery_platforms::{Access, AppCredentials, HttpClient, HttpConfig};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// 2026-03-02T09:00:00Z.
pub const NOW: i64 = 1_772_442_000;

/// A scripted answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body: body.to_string() }
    }

    /// 200 with a recorded body from `tests/fixtures`.
    pub fn fixture(name: &str) -> Self {
        Self::json(200, &fixture(name))
    }

    pub fn html(status: u16) -> Self {
        let body = "<!doctype html><title>Sorry</title>".to_owned();
        Self { status, headers: vec![("content-type".into(), "text/html".into())], body }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

/// A recorded body.
pub fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
    /// The body, if it is JSON.
    pub json: Value,
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct Book {
    script: HashMap<(String, String), VecDeque<Reply>>,
    asked: Vec<Asked>,
}

/// The server.
#[derive(Clone)]
pub struct Fake {
    addr: SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let fake = Self { addr: listener.local_addr().expect("bound"), book: Arc::default() };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn url(&self) -> Url {
        format!("http://{}/net", self.addr).parse().expect("an address")
    }

    /// The next answer for a call; the last one given stays.
    pub fn on(&self, method: &str, path: &str, reply: Reply) -> &Self {
        let key = (method.to_owned(), format!("/net{path}"));
        self.book.lock().expect("unpoisoned").script.entry(key).or_default().push_back(reply);
        self
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.book.lock().expect("unpoisoned").asked.clone()
    }

    /// The calls to one path, without the prefix.
    pub fn asked_for(&self, path: &str) -> Vec<Asked> {
        let path = format!("/net{path}");
        self.asked().into_iter().filter(|a| a.path == path).collect()
    }

    pub fn access(&self, id: &str) -> Access {
        access(self.url(), id)
    }
}

pub fn access(base_url: Url, id: &str) -> Access {
    Access {
        base_url,
        platform_user_id: id.to_owned(),
        token: "EAAsecret-token".into(),
        refresh_token: Some("EAAuser-token".into()),
        app: Some(app()),
        metadata: Value::Null,
    }
}

pub fn app() -> AppCredentials {
    AppCredentials { client_id: "4711".into(), client_secret: "app-secret".into() }
}

pub fn clock() -> FixedClock {
    FixedClock::at(Timestamp::from_secs(NOW))
}

pub fn http() -> HttpClient {
    http_with(HttpConfig::local(), clock())
}

pub fn http_with(config: HttpConfig, clock: FixedClock) -> HttpClient {
    HttpClient::new(config, Arc::new(clock)).expect("a client")
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 25).await.unwrap_or_default();
    let pairs = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        form: pairs(&body),
        json: serde_json::from_slice(&body).unwrap_or_default(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    let mut book = fake.book.lock().expect("unpoisoned");
    let reply = book.script.get_mut(&(asked.method.clone(), asked.path.clone())).map(|queue| {
        let last = queue.front().cloned().expect("scripts are never empty");
        if queue.len() > 1 { queue.pop_front().expect("two or more") } else { last }
    });
    let unknown = Value::String(format!("{} {} is not in the script", asked.method, asked.path));
    book.asked.push(asked);
    drop(book);
    let reply = reply.unwrap_or_else(|| Reply::json(404, &serde_json::json!({ "unscripted": unknown })));
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    for (name, value) in reply.headers {
        let name = axum::http::HeaderName::try_from(name).expect("a header name");
        response.headers_mut().append(name, value.parse().expect("a header value"));
    }
    response
}

/// What a server with bad manners does after it has read a whole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// Closes the connection without a word.
    HangsUp,
    /// Promises a body and breaks off in it.
    BreaksOff,
    /// Says nothing and keeps the connection.
    KeepsSilent,
}

/// A server with bad manners; the counter tells how many whole requests it has read.
pub async fn rude(manners: Manners) -> (Url, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound")).parse().expect("an address");
    let read = Arc::new(Mutex::new(0));
    let counter = read.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counter = counter.clone();
            tokio::spawn(async move {
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                while !is_whole(&text) {
                    match stream.read(&mut buffer).await {
                        Ok(n) if n > 0 => text.extend_from_slice(&buffer[..n]),
                        _ => return,
                    }
                }
                *counter.lock().expect("unpoisoned") += 1;
                match manners {
                    Manners::HangsUp => {}
                    Manners::BreaksOff => {
                        let head =
                            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"id\"";
                        stream.write_all(head).await.ok();
                    }
                    Manners::KeepsSilent => {
                        // The reader gives up first; this only keeps the connection open.
                        let _ = stream.read(&mut buffer).await;
                    }
                }
            });
        }
    });
    (url, read)
}

/// Head and announced body are there.
fn is_whole(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |l| l.parse().unwrap_or(0));
    body.len() >= length
}

/// Time-outs short enough for a test that waits for one.
pub fn impatient() -> HttpConfig {
    HttpConfig { total_timeout: Duration::from_millis(200), ..HttpConfig::local() }
}
