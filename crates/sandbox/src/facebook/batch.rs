//! Several calls in one.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::GraphError;
use crate::call::{Call, Content, Reply};
use crate::network::Network;

const ITEMS_MAX: usize = 50;

pub(super) fn run(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let items: Vec<Value> = call
        .param("batch")
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| GraphError::parameter("param batch must be an array."))?;
    if items.len() > ITEMS_MAX {
        return Err(GraphError::new(100, "Too many requests in batch message. Maximum batch size is 50"));
    }
    let with_headers = call.param("include_headers") != Some("false");
    Ok(Reply::ok(items.iter().map(|item| one(net, call, item, with_headers)).collect()))
}

fn one(net: &Network, call: &Call, item: &Value, with_headers: bool) -> Value {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let method: Method = text("method").and_then(|m| m.parse().ok()).unwrap_or(Method::GET);
    let version = call.path.first().cloned().unwrap_or_else(|| "v25.0".to_owned());
    let relative = text("relative_url").unwrap_or_default().trim_start_matches('/');
    // An item may name its version itself.
    let below = if super::version_of(relative.split('/').next().unwrap_or_default()).is_some() {
        relative.to_owned()
    } else {
        format!("{version}/{relative}")
    };
    let Ok(uri) = format!("/facebook/{below}").parse::<Uri>() else {
        let error = GraphError::new(100, "(#100) relative_url is malformed");
        return json!({ "code": 400, "body": error.body(call).to_string() });
    };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let body = Bytes::from(text("body").unwrap_or_default().to_owned());
    let mut inner = Call::new(Platform::Facebook, None, method, &uri, headers, &body, &call.origin);
    inner.token = inner.token.or_else(|| call.token.clone());
    inner.now = call.now;
    inner.serial = call.serial;
    let reply = super::respond(net, &inner);
    let body = match &reply.content {
        Content::Json(value) => value.to_string(),
        _ => String::new(),
    };
    let mut answer = json!({ "code": reply.status, "body": body });
    if with_headers {
        answer["headers"] = json!([{ "name": "Content-Type", "value": "application/json; charset=utf-8" }]);
    }
    answer
}
