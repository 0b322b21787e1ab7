//! The way every call to a network takes: recorded, hit by faults, answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::Value;

use crate::call::{Call, Content, Reply};
use crate::calls::{CallOutcome, CallRecord};
use crate::faults::{Effect, Endpoint, Garbling, Silence};
use crate::hooks::When;
use crate::network::Network;
use crate::pages;
use crate::protocol::{Protocol, UsedUp};
use crate::protocols;
use crate::routes;
use crate::world::{DeletedBy, Event, TokenEnd};

/// Largest body that is read: a medium, or a part of one.
const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated network broke off")]
pub(crate) struct BreakOff;

/// What a call ends in.
enum Ending {
    Answer(Reply),
    Silence(Silence),
}

/// Every path that is no page for people and no control: a network of the table, or nothing.
pub(crate) async fn network(State(net): State<Arc<Network>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    match protocols::by_path(&path) {
        Some((protocol, host_part)) => pass(&net, protocol, host_part, request).await,
        None => routes::not_here(),
    }
}

async fn pass(net: &Network, protocol: &dyn Protocol, host_part: Option<&str>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX_BYTES).await else {
        return Reply::new(413, Content::Empty).into_response();
    };
    let platform = protocol.platform();
    let mut call = Call::new(platform, host_part, parts.method, &parts.uri, parts.headers, &body, &net.origin);
    call.read_multipart().await;
    call.now = net.now();
    if let Some(page) = pages::public(net, protocol, &call) {
        return page.into_response();
    }
    call.serial = net.calls.next_serial();
    let endpoint = protocol.endpoint(&call);
    let account = protocol.account_of(net, &call);
    let effects = net.faults.hit(&call, endpoint, account.as_deref());
    net.calls.begin(CallRecord {
        serial: call.serial,
        at: call.now,
        method: call.method.to_string(),
        path: parts.uri.path().to_owned(),
        platform,
        endpoint,
        account: account.clone(),
        idempotency_key: call.header("idempotency-key").map(ToOwned::to_owned),
        status: None,
        outcome: CallOutcome::Open,
        faults: effects.len(),
    });
    for effect in &effects {
        if let Effect::Slow { ms } = effect {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let is_lost = effects.iter().any(|e| matches!(e, Effect::LoseRequest { .. }));
    if !is_lost {
        fetch_media(net, protocol, &mut call, &effects).await;
    }
    match carry_out(net, protocol, &mut call, endpoint, account.as_deref(), &effects) {
        Ending::Answer(reply) => {
            net.calls.end(call.serial, Some(reply.status), CallOutcome::Answered);
            reply.into_response()
        }
        Ending::Silence(Silence::Drop) => {
            net.calls.end(call.serial, None, CallOutcome::Dropped);
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(BreakOff);
            response
        }
        Ending::Silence(Silence::Hang) => {
            net.calls.end(call.serial, None, CallOutcome::Silent);
            // Ends when the client closes the connection, or with the sandbox.
            std::future::pending().await
        }
    }
}

/// Fetches what the network wants to have before it answers.
async fn fetch_media(net: &Network, protocol: &dyn Protocol, call: &mut Call, effects: &[Effect]) {
    for url in protocol.wants_media(call) {
        let is_out_of_reach = effects.contains(&Effect::MediaUnreachable);
        let fetched =
            if is_out_of_reach { Err(format!("{url} cannot be reached")) } else { net.fetch_media(&url).await };
        call.fetched.push(fetched);
    }
}

/// Faults that stop the call, the call itself, faults that spoil its answer: in this order.
fn carry_out(
    net: &Network,
    protocol: &dyn Protocol,
    call: &mut Call,
    endpoint: Endpoint,
    account: Option<&str>,
    effects: &[Effect],
) -> Ending {
    for effect in effects {
        if let Effect::LoseRequest { silence } = effect {
            return Ending::Silence(*silence);
        }
        if let Some(reply) = refusal(protocol, call, account, effect) {
            return Ending::Answer(reply);
        }
        prepare(net, protocol, call, endpoint, effect);
    }
    let mut reply = protocol.answer(net, call);
    if let Some(published) = &reply.published {
        if effects.contains(&Effect::DeletedByModerator) {
            take_away(net, call, published.external_id.as_deref().unwrap_or_default());
        }
        net.hooks.fire(published, When::BeforeAnswer);
    }
    for effect in effects {
        if let Effect::AcceptThenTimeout { silence } = effect {
            return Ending::Silence(*silence);
        }
        spoil(protocol, call, account, effect, &mut reply);
    }
    Ending::Answer(reply)
}

/// The answer of a fault that lets nothing happen.
fn refusal(protocol: &dyn Protocol, call: &Call, account: Option<&str>, effect: &Effect) -> Option<Reply> {
    Some(match effect {
        Effect::Refuse500 => protocol.trouble(call),
        Effect::Status { code, body: Value::String(text) } => Reply::html(*code, text.clone()),
        Effect::Status { code, body } => Reply::json(*code, body.clone()),
        Effect::RateLimit { code, headers, regain_secs } => {
            protocol.rate_limit(call, account, UsedUp { code: *code, headers: *headers, regain_secs: *regain_secs })
        }
        Effect::TokenExpired => protocol.ended_token(call, TokenEnd::Expired),
        Effect::TokenRevoked => protocol.ended_token(call, TokenEnd::Revoked),
        Effect::Permission => protocol.permission(call),
        Effect::TooMuchData { .. } => protocol.too_much(call),
        Effect::UnsupportedMetric { name } => protocol.unsupported_metric(call, name),
        _ => return None,
    })
}

/// Faults that change what the call will find.
fn prepare(net: &Network, protocol: &dyn Protocol, call: &mut Call, endpoint: Endpoint, effect: &Effect) {
    match effect {
        Effect::StaleListing { seconds } => call.listing_lag_secs = *seconds,
        Effect::EmptyPage => call.empty_page = true,
        Effect::DeletedByModerator if endpoint == Endpoint::Metrics || endpoint == Endpoint::Delete => {
            if let Some(id) = protocol.post_id_in(call) {
                take_away(net, call, &id);
            }
        }
        Effect::ContainerError { message } => call.container_error = Some(message.clone()),
        Effect::ContainerSlow { seconds } => call.container_slow_secs = *seconds,
        _ => {}
    }
}

/// A moderator deletes the post with this id of the network.
fn take_away(net: &Network, call: &Call, external_id: &str) {
    let mut world = net.world();
    let id = world.post_number(call.platform, external_id);
    if let Some(id) = id.filter(|id| world.post(*id, call.now).is_some()) {
        world.commit(Event::Deleted { id, at: call.now, by: DeletedBy::Moderator });
    }
}

/// Faults that spoil an answer.
fn spoil(protocol: &dyn Protocol, call: &Call, account: Option<&str>, effect: &Effect, reply: &mut Reply) {
    match effect {
        Effect::AcceptThen500 => *reply = protocol.trouble(call),
        Effect::UsagePercent { percent } => protocol.set_usage(call, account, *percent, reply),
        Effect::Malformed { garbling: Garbling::Html } => {
            let page = pages::message("One moment", "Checking your browser before you go on.");
            *reply = Reply::html(200, page);
        }
        Effect::Malformed { garbling: Garbling::Truncated } => {
            if let Content::Json(value) = &reply.content {
                let text = value.to_string();
                let mut cut = text.len() / 2;
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                reply.content = Content::Raw("application/json; charset=utf-8", text[..cut].to_owned());
            }
        }
        Effect::MissingFields { fields } => {
            if let Content::Json(value) = &mut reply.content {
                leave_out(value, fields);
            }
        }
        Effect::ReplacedFields { fields, with } => {
            if let Content::Json(value) = &mut reply.content {
                put_instead(value, fields, with);
            }
        }
        Effect::SecondId => {
            if let Content::Json(value) = &mut reply.content
                && let Some(items) = protocol.listed(value)
            {
                let again = items.iter().find_map(under_second_id);
                items.extend(again);
            }
        }
        Effect::DuplicateListing => {
            if let Content::Json(value) = &mut reply.content {
                let items = protocol.listed(value);
                if let Some((items, first)) = items.and_then(|items| items.first().cloned().map(|first| (items, first)))
                {
                    items.push(first);
                }
            }
        }
        _ => {}
    }
}

fn leave_out(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !names.contains(name));
            for value in object.values_mut() {
                leave_out(value, names);
            }
        }
        Value::Array(items) => {
            // A metric is an entry with its name in it.
            items
                .retain(|item| !item.get("name").and_then(Value::as_str).is_some_and(|n| names.iter().any(|m| m == n)));
            for item in items {
                leave_out(item, names);
            }
        }
        _ => {}
    }
}

fn put_instead(value: &mut Value, names: &[String], with: &Value) {
    let is_meant = |name: &str| names.iter().any(|n| n == name);
    match value {
        Value::Object(object) => {
            // A metric is an entry with its name in it; its numbers are called values.
            if object.get("name").and_then(Value::as_str).is_some_and(is_meant) {
                object.iter_mut().for_each(|(_, inner)| put_instead(inner, &["value".to_owned()], with));
                return;
            }
            for (name, inner) in object.iter_mut() {
                if is_meant(name) {
                    *inner = with.clone();
                } else {
                    put_instead(inner, names, with);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_instead(item, names, with)),
        _ => {}
    }
}

/// A post that wraps a video, as the video.
fn under_second_id(post: &Value) -> Option<Value> {
    let attachment = post.pointer("/attachments/data/0").filter(|a| a["media_type"] == "video")?;
    let mut again = post.clone();
    again["id"] = attachment.pointer("/target/id")?.clone();
    Some(again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::Method;
    use axum::routing::get;
    use rookery_kernel::{FixedClock, Platform, Timestamp};
    use serde_json::json;
    use url::Url;

    use crate::audience::Audience;
    use crate::clock::TravelClock;
    use crate::container::Container;
    use crate::faults::FaultRule;
    use crate::network::Settings;
    use crate::world::World;

    /// A network that fetches the medium at `url` and makes a container of it.
    struct Fetching;

    impl Protocol for Fetching {
        fn platform(&self) -> Platform {
            Platform::Mastodon
        }

        fn answer(&self, net: &Network, call: &Call) -> Reply {
            let media: Vec<Value> = call.fetched.iter().map(|f| json!(f.as_ref().map(|m| &m.mime).ok())).collect();
            let container = Container::new("c1".to_owned(), call, 1, "image", Value::Null);
            net.world().commit(Event::Container(container.process(call, &net.settings())));
            Reply::ok(json!({ "host": call.host_part, "media": media, "path": call.path }))
        }

        fn endpoint(&self, call: &Call) -> Endpoint {
            if call.method == Method::POST { Endpoint::Upload } else { Endpoint::Other }
        }

        fn quota(&self, _settings: &Settings) -> (u32, Duration) {
            (1, Duration::from_hours(1))
        }

        fn trouble(&self, _call: &Call) -> Reply {
            Reply::new(500, Content::Empty)
        }

        fn rate_limit(&self, _call: &Call, _account: Option<&str>, _used_up: UsedUp) -> Reply {
            Reply::new(429, Content::Empty)
        }

        fn ended_token(&self, _call: &Call, _end: TokenEnd) -> Reply {
            Reply::new(401, Content::Empty)
        }

        fn permission(&self, _call: &Call) -> Reply {
            Reply::new(403, Content::Empty)
        }

        fn post_id_in(&self, _call: &Call) -> Option<String> {
            None
        }

        fn wants_media(&self, call: &Call) -> Vec<Url> {
            call.list("url").into_iter().filter_map(|u| u.parse().ok()).collect()
        }
    }

    /// A server with one picture.
    async fn pictures() -> String {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let router = Router::new().route("/a.gif", get(|| async { "GIF89a\u{3}\0\u{2}\0\0\0\0" }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{addr}")
    }

    #[tokio::test]
    async fn media_are_fetched_before_the_answer_and_faults_reach_the_container() {
        let audience = Audience::new(7, "America/Los_Angeles".parse().expect("zone"));
        let clock = TravelClock::new(Arc::new(FixedClock::at(Timestamp::from_secs(1_000))));
        let net = Network::new(World::new(7, None, Vec::new()), audience, clock, String::new());
        let pictures = pictures().await;
        let post = || async {
            let uri = format!("/mastodon-upload/media?url[]={pictures}/a.gif&url[]={pictures}/none");
            let request = Request::builder().method(Method::POST).uri(uri).body(Body::empty()).expect("a request");
            let response = pass(&net, &Fetching, Some("upload"), request).await;
            let body = to_bytes(response.into_body(), 10_000).await.expect("a body");
            serde_json::from_slice::<Value>(&body).expect("JSON")
        };
        let state = |at| net.world().container(Platform::Mastodon, "c1", Timestamp::from_secs(at));
        assert_eq!(post().await, json!({ "host": "upload", "media": ["image/gif", null], "path": ["media"] }));
        assert_eq!(state(1_000).map(|c| c.error), Some(None));

        for effect in [
            Effect::MediaUnreachable,
            Effect::ContainerError { message: "too short".to_owned() },
            Effect::ContainerSlow { seconds: 5 },
        ] {
            net.faults.add(FaultRule::new(effect).endpoint(Endpoint::Upload).once());
        }
        assert_eq!(post().await["media"], json!([null, null]));
        let container = state(1_004).expect("a container");
        assert_eq!((container.ready_at, container.error.as_deref()), (Timestamp::from_secs(1_005), Some("too short")));
        assert_eq!(post().await["media"], json!(["image/gif", null]));
    }
}
