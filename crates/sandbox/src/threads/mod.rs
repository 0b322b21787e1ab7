//! Threads: the Graph API below `/threads/v1.0/`, tokens beside the version, consent below `/threads-www/`.

mod nodes;
mod protocol;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;
use url::Url;

pub(crate) use self::protocol::Threads;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::meta::containers::{self, Wish};
use crate::meta::{Shape, any_post, below, oauth};
use crate::network::Network;
use crate::world::{DeletedBy, Event, Token};

const SHAPE: Shape = Shape {
    platform: Platform::Threads,
    state: "status",
    reason: "error_message",
    exchange: "th_exchange_token",
    refresh: "th_refresh_token",
    scopes: &[
        "threads_basic",
        "threads_content_publish",
        "threads_manage_insights",
        "threads_manage_replies",
        "threads_read_replies",
        "threads_delete",
        "threads_keyword_search",
        "threads_manage_mentions",
        "threads_location_tagging",
        "threads_profile_discovery",
    ],
    publish_scope: "threads_content_publish",
    insights_scope: "threads_manage_insights",
    posts_per_day: 250,
    pictures: &["image/jpeg", "image/png"],
    carousel_max: 20,
    refuses_at_once: false,
    is_version: |segment| segment == "v1.0",
};

/// Longest text: characters, emoji by their bytes.
const TEXT_MAX: usize = 500;

const REPLY_CONTROLS: [&str; 5] =
    ["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"];

fn route(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let segments = call.segments();
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    let unknown = || Err(GraphError::unknown_path(&call.path.join("/")));
    match (call.host_part.as_deref(), segments.as_slice()) {
        (Some("www"), ["oauth", "authorize"]) if get || post => return Ok(oauth::authorize(net, call, &SHAPE)),
        (Some(_), _) => return unknown(),
        (None, ["oauth", "access_token"]) if post => return Ok(oauth::by_code(net, call, token_answer)),
        (None, ["access_token"]) if get => return oauth::lengthen(net, call, &SHAPE),
        (None, ["refresh_access_token"]) if get => return oauth::refresh(net, call, &SHAPE),
        (None, _) => {}
    }
    match below(&segments, &SHAPE) {
        ["me"] if get => nodes::account(net, call, "me"),
        [id, "threads"] if post => create(net, call, id),
        [id, "threads_publish"] if post => containers::publish(net, call, &SHAPE, id),
        [id, "threads_publishing_limit"] if get => containers::usage(net, call, &SHAPE, id),
        [id, "threads"] if get => nodes::posts(net, call, id, false),
        // An account's replies, or the replies to a post.
        [id, "replies" | "conversation"] if get => nodes::replies(net, call, id),
        [id, "threads_insights"] if get => nodes::account_insights(net, call, id),
        [id, "insights"] if get => nodes::post_insights(net, call, id),
        [id] if get => nodes::node(net, call, id),
        [id] if call.method == Method::DELETE => delete(net, call, id),
        _ => unknown(),
    }
}

fn token_answer(token: &Token, user: &str) -> Reply {
    Reply::ok(json!({ "access_token": token.secret, "user_id": user.parse::<u64>().unwrap_or_default() }))
}

/// The length as the network counts.
fn weight(text: &str) -> usize {
    let is_emoji = |c: char| matches!(u32::from(c), 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0x200D | 0xFE0F);
    text.chars().map(|c| if is_emoji(c) { c.len_utf8() } else { 1 }).sum()
}

/// `POST /{account}/threads`.
fn create(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let caller = containers::publisher(&net.world(), call, id, &SHAPE)?;
    let kind = call.text("media_type").unwrap_or_default();
    if !matches!(kind, "TEXT" | "IMAGE" | "VIDEO" | "CAROUSEL") {
        let message = "Param media_type must be one of {IMAGE, VIDEO, TEXT, CAROUSEL}";
        return Err(GraphError::parameter(message));
    }
    let text = call.param("text").unwrap_or_default().to_owned();
    let link = call.text("link_attachment").map(ToOwned::to_owned);
    if weight(&text) > TEXT_MAX {
        return Err(GraphError::parameter("Param text must be at most 500 characters long."));
    }
    if kind == "TEXT" && text.trim().is_empty() && link.is_none() {
        return Err(GraphError::parameter("The parameter text is required."));
    }
    if let Some(link) = &link
        && (kind != "TEXT" || !Url::parse(link).is_ok_and(|u| matches!(u.scheme(), "http" | "https")))
    {
        return Err(GraphError::parameter("Param link_attachment must be a web address, and of a text post."));
    }
    let needed = match kind {
        "IMAGE" => "image_url",
        "VIDEO" => "video_url",
        _ => "media_type",
    };
    if call.text(needed).is_none() {
        return Err(GraphError::parameter(&format!("The parameter {needed} is required.")));
    }
    if call.text("reply_control").is_some_and(|c| !REPLY_CONTROLS.contains(&c)) {
        return Err(GraphError::parameter("Param reply_control is none of its values."));
    }
    let reply_to = call.text("reply_to_id").map(ToOwned::to_owned);
    if let Some(id) = &reply_to
        && any_post(&net.world(), call, id).is_none()
    {
        return Err(GraphError::unknown_object(id, "post"));
    }
    let extra = json!({ "topic_tag": call.text("topic_tag"), "quoted": call.text("quote_post_id") });
    let wish = Wish { kind: kind.to_owned(), text, link, reply_to, extra };
    containers::create(net, call, &SHAPE, &caller, &wish)
}

/// `DELETE /{post}`.
fn delete(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let mut world = net.world();
    let (caller, post) = crate::meta::own_post(&world, call, id, "delete")?;
    caller.need("threads_delete")?;
    world.commit(Event::Deleted { id: post.id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::ok(json!({ "success": true, "deleted_id": post.id.to_string() })))
}
